# Tasks are shown by their ids.

load test_helper
load records

@test "task-show: prints tasks by id, or its first characters, in the order asked for" {
	a=$(task-add --ids a) b=$(task-add --ids b)
	run -0 task-show "${b:0:8}" "$a"
	assert_jq --arg a "$a" --arg b "$b" 'map(.id) == [$b, $a]'
}

@test "task-show: an unknown id is named (66), the others are shown" {
	id=$(task-add --ids one)
	run -66 --separate-stderr task-show deadbeef "$id"
	assert_jq --arg id "$id" 'map(.id) == [$id]'
	assert_equal "$stderr" 'task-show: task deadbeef: no such task'
}

@test "task-show: an ambiguous prefix, a short one and no id at all are refused (66)" {
	for tail in 1 2; do
		printf '{"id":"abcdef00-0000-4000-8000-00000000000%s","instruction":"%s"}\n' $tail $tail
	done | task-add >/dev/null
	run -66 --separate-stderr task-show abcdef00
	assert_equal "$stderr" 'task-show: task abcdef00: ambiguous: more than one task id begins with that'
	run -0 task-show abcdef00-0000-4000-8000-000000000002
	run -0 task-show ABCDEF00-0000-4000-8000-000000000002
	for id in abc '' 'abc*' ../../x abcdef00-0000-4000-8000-0000000000021 $'abcd\n'; do
		run -66 task-show "$id"
	done
}

@test "task-show: the id of a chat is no task's (66)" {
	run -66 task-show "$(chat-new --ids)"
}

@test "task-show: no operand is misuse (64)" {
	run -64 task-show
}
