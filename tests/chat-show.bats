# What was said in a chat is printed.

load test_helper
load records

seqs() { jq -r .seq | paste -sd,; }

arrange() {
	chat=$(chat-new --ids)
	seq 1 9 | chat-post -u ada "$chat" >posted
}

@test "chat-show: prints all events unless told" {
	arrange
	run -0 chat-show "$chat"
	assert_output "$(<posted)"
}

@test "chat-show: a chat without events prints nothing" {
	run -0 chat-show "$(chat-new --ids)"
	assert_output ''
}

@test "chat-show: --since SEQ prints what comes after it" {
	arrange
	assert_equal "$(chat-show "$chat" --since 7 | seqs)" 8,9
	assert_equal "$(chat-show "$chat" --since 0 | seqs)" 1,2,3,4,5,6,7,8,9
	assert_equal "$(chat-show "$chat" --since 9 | seqs)" ''
	assert_equal "$(chat-show "$chat" --since 99 | seqs)" ''
}

@test "chat-show: --limit prints the last ones, with --since the first behind it" {
	arrange
	assert_equal "$(chat-show "$chat" --limit 2 | seqs)" 8,9
	assert_equal "$(chat-show "$chat" -n 2 --since 3 | seqs)" 4,5
	assert_equal "$(chat-show "$chat" --limit 0 | seqs)" ''
	assert_equal "$(chat-show "$chat" --limit 99 | seqs)" 1,2,3,4,5,6,7,8,9
}

@test "chat-show: thousands come in their order" {
	chat=$(chat-new --ids)
	seq 1 3000 | chat-post "$chat" >/dev/null
	assert_equal "$(chat-show "$chat" | jq -r .data.text)" "$(seq 3000)"
}

@test "chat-show: of a chat where seqs are missing it prints what there is, at once" {
	chat=$(chat-new --ids)
	seq 2 | chat-post "$chat" >/dev/null
	store-dump | jq -c 'if .value.seq == 2 then .value.seq = 9007199254740990 |
		.key |= sub("2$"; "9007199254740990") else . end' >dump
	export LEGWORK_STORE=$PWD/other
	store-load <dump
	run -0 timeout 30 chat-show "$chat" --format json
	assert_equal "$(seqs <<<"$output")" 1,9007199254740990
	assert_equal "$(timeout 30 chat-show "$chat" --since 1 -n 1 | jq -r .data.text)" 2
}

@test "chat-show: what is said elsewhere is not shown" {
	arrange
	other=$(chat-new --ids)
	chat-post "$other" elsewhere >/dev/null
	assert_equal "$(chat-show "$other" | jq -r .data.text)" elsewhere
	assert_equal "$(chat-show "$chat" | wc -l)" 9
}

@test "chat-show: --format text is for people, json for programs" {
	chat=$(chat-new --ids)
	chat-post <<<'{"type":"message","at":"2026-01-02T03:04:05Z","user_id":"ada","data":{"text":"hel\u001blo"},"chat_id":"'"$chat"'"}' >posted
	TZ=UTC run -0 chat-show "$chat" --format text
	assert_output $'--- Friday, 2026-01-02\n03:04:05 ada: hello'
	run -0 chat-show "$chat" --format json
	assert_output "$(<posted)"
}

@test "chat-show: the text format is that of chat-watch" {
	arrange
	assert_equal "$(chat-show "$chat" --format text)" \
		"$(chat-watch "$chat" --since 0 --count 9 --format text)"
}

@test "chat-show: on a terminal the format is text" {
	arrange
	on_terminal 60 "chat-show $chat --limit 1"
	assert_regex "${lines[0]}" '^--- [A-Z][a-z]+day, [0-9-]{10}$'
	assert_regex "${lines[1]}" '^[0-9:]{8} ada: 9$'
	assert_equal "${#lines[@]}" 2
}

@test "chat-show: no line is wider than the terminal, and nothing is lost" {
	chat=$(chat-new --ids)
	text='word 中文字 🤖 https://example.org/a/rather/long/path/to/something and_a_word_that_is_wider_than_any_line_of_sixty_columns'
	chat-post -u ada "$chat" "$text" >/dev/null
	on_terminal 60 "chat-show $chat"
	assert_fits 60
	assert_equal "$(sed 1d <<<"${output//ada: /}" | cut -c9- | tr -d ' \n')" "${text// /}"
	on_terminal 30 "chat-show $chat"
	assert_fits 30
}

@test "chat-show: colours are for terminals, or for who wants them" {
	arrange
	keep_colours=1
	on_terminal 60 "chat-show $chat"
	assert_regex "$output" $'\x1b\\[1mada\x1b\\[m: 9'
	on_terminal 60 "NO_COLOR=1 chat-show $chat"
	refute_output --partial $'\x1b'
	on_terminal 60 "TERM=dumb chat-show $chat"
	refute_output --partial $'\x1b'
	on_terminal 60 "chat-show --color never $chat"
	refute_output --partial $'\x1b'
	run -0 chat-show --format text "$chat"
	refute_output --partial $'\x1b'
	run -0 chat-show --format text --color always "$chat"
	assert_output --partial $'\x1b[1mada\x1b[m: 9'
}

@test "chat-show: a date stands before each day's first event" {
	chat=$(chat-new --ids)
	for at in 2026-01-02T03:04:05Z 2026-01-02T23:00:00Z 2026-01-03T00:00:00Z; do
		echo '{"type":"message","at":"'$at'","user_id":"ada","data":{"text":"x"},"chat_id":"'"$chat"'"}'
	done | chat-post >/dev/null
	TZ=UTC run -0 chat-show "$chat" --format text
	assert_output '--- Friday, 2026-01-02
03:04:05 ada: x
23:00:00 ada: x
--- Saturday, 2026-01-03
00:00:00 ada: x'
	TZ=UTC-2 run -0 chat-show "$chat" --format text
	assert_line --index 2 '--- Saturday, 2026-01-03'
}

@test "chat-show: --jq prints what a program makes of each event, strings as they are" {
	arrange
	run -0 chat-show "$chat" --jq '.data.text, .seq' -n 2
	assert_output $'8\n8\n9\n9'
	run -0 chat-show "$chat" --jq 'select(.seq > 7) | {seq}'
	assert_output $'{"seq":8}\n{"seq":9}'
	run -65 --separate-stderr chat-show "$chat" --jq 'if .seq == 3 then error("three") else .seq end'
	assert_output $'1\n2'
	assert_equal "$stderr" 'chat-show: --jq: three'
	run -64 --separate-stderr chat-show "$chat" --jq '.['
	assert_regex "${stderr_lines[0]}" '^chat-show: --jq: syntax error'
}

@test "chat-show: --ids prints the ids, --null ends each with a NUL" {
	arrange
	run -0 chat-show "$chat" --ids
	assert_output "$(jq -r .id posted)"
	assert_equal "$(chat-show "$chat" --jq .data.text --null | xargs -0 -n 3)" $'1 2 3\n4 5 6\n7 8 9'
	assert_equal "$(chat-show "$chat" --null | tr '\0' '\n')" "$(<posted)"
}

@test "chat-show: ways to print exclude each other (64)" {
	arrange
	for options in '--ids --jq .' '--ids --format json' '--format text --jq .' '--null --format text' \
		'--format tsv' '--color blue'; do
		# shellcheck disable=SC2086 # words are wanted
		run -64 chat-show "$chat" $options
	done
}

@test "chat-show: an unknown chat is refused (66), the first characters will do" {
	arrange
	run -66 --separate-stderr chat-show deadbeef
	assert_equal "$stderr" 'chat-show: chat deadbeef: no such chat'
	run -66 chat-show "${chat:0:3}"
	run -0 chat-show "${chat:0:4}"
	assert_output "$(<posted)"
}

@test "chat-show: bad option values and operands are misuse (64)" {
	arrange
	for option in --since=-1 --since=x --limit=-1 --format=xml; do
		run -64 chat-show "$chat" "$option"
	done
	run -64 chat-show
	run -64 chat-show "$chat" "$chat"
}

# --- what is wanted of it

# What ada and bob have said, and tasks of theirs with a program's answers.  Sets chat, mine, other,
# mine's subtask sub.
arrange_tasks() {
	worker echo cat
	worker fails 'echo why >&2; exit 1'
	export LEGWORK_USER=ada
	chat=$(chat-new --ids)
	chat-post "$chat" 'from ada' >/dev/null
	mine=$(task-add --ids -c "$chat" -a echo 'say this')
	other=$(LEGWORK_USER=bob task-add --ids -c "$chat" -a fails 'break it')
	agent-run "$other" | chat-post >/dev/null
	chat-post --user bob "$chat" 'from bob' >/dev/null
	agent-run "$mine" | chat-post >/dev/null
}

said() { jq -r '.data | (.text // .message) | sub("Task [0-9a-f]{8}"; "T")' | paste -sd'|'; }

@test "chat-show: --no-tasks leaves out what tasks say" {
	arrange_tasks
	run -0 chat-show "$chat" --no-tasks
	assert_equal "$(said <<<"$output")" 'from ada|from bob'
}

@test "chat-show: --mine prints my messages, and what tasks say that I asked for" {
	arrange_tasks
	run -0 chat-show "$chat" --mine
	assert_jq --arg id "$mine" 'length == 5 and map(.data.task_id) == [null, $id, $id, $id, $id]'
	LEGWORK_USER=bob run -0 chat-show "$chat" --mine
	assert_jq --arg id "$other" 'length == 4 and map(.data.task_id) == [$id, $id, $id, null]'
	LEGWORK_USER=bob run -0 chat-show "$chat" --mine --no-tasks
	assert_equal "$(said <<<"$output")" 'from bob'
	LEGWORK_USER=carl run -0 chat-show "$chat" --mine
	assert_output ''
}

@test "chat-show: --task prints what a task and its subtasks say" {
	arrange_tasks
	run -0 chat-show "$chat" --task "${mine:0:6}"
	assert_jq --arg id "$mine" 'length == 4 and all(.data.task_id == $id)'
	parent=$(task-add --ids -c "$chat" $'both:\n- @echo one\n- @echo two')
	task-watch --drain | task-plan | task-split | agent-run | chat-post >/dev/null
	run -0 chat-show "$chat" --task "$parent"
	assert_jq --arg id "$parent" 'map(select(.type == "message").data.text)[0:2] == ["one", "two"] and
		(map(.data.task_id) | unique | length == 3) and (map(.data.task_id) | index([$id]) != null)'
	run -66 --separate-stderr chat-show "$chat" --task deadbeef
	assert_equal "$stderr" 'chat-show: task deadbeef: no such task'
	run -64 chat-show "$chat" --task "$mine" --no-tasks
}

@test "chat-show: --limit counts what is wanted" {
	arrange_tasks
	seq 300 | chat-post --user bob "$chat" >/dev/null
	run -0 chat-show "$chat" --mine --limit 2
	assert_equal "$(said <<<"$output")" 'say this|T completed successfully'
	run -0 chat-show "$chat" --mine --limit 99
	assert_jq 'length == 5'
	run -0 chat-show "$chat" --no-tasks --limit 2 --since 0
	assert_equal "$(said <<<"$output")" 'from ada|from bob'
}

@test "chat-show: --group folds what a task says into one record, where its last event stands" {
	arrange_tasks
	run -0 chat-show "$chat" --group
	assert_jq --arg mine "$mine" --arg other "$other" --arg chat "$chat" '
		map(.task_id // .data.text) == ["from ada", $other, "from bob", $mine] and
		(.[3] | .type == "task" and .chat_id == $chat and .status == "completed" and .events == 4 and
			.counts == {status: 3, message: 1} and .title == "say this" and .answer == "say this" and
			.agent == "echo" and .elapsed_ms >= 0 and .last.type == "status" and .seq == .last.seq) and
		(.[1] | .status == "failed" and .counts == {status: 2, error: 1})'
	run -0 chat-show "$chat" --group --limit 2
	assert_jq --arg id "$mine" 'map(.task_id // .data.text) == ["from bob", $id]'
	run -0 chat-show "$chat" --group --limit 2 --since 1
	assert_jq --arg id "$other" 'map(.task_id // .data.text) == [$id, "from bob"]'
	run -64 chat-show "$chat" --group --ids
}

@test "chat-show: --group as text tells each task's state in a line" {
	arrange_tasks
	asks=$(task-add --ids -c "$chat" 'never begun')
	run -0 chat-show "$chat" --group --format text
	assert_line --regexp "^.{8} ❌ Task ${other:0:8} failed after [0-9.]+s \(3 events\): break it: why\$"
	assert_line --regexp "^.{8} ✅ Task ${mine:0:8} completed in [0-9.]+s \(4 events\): say this: say this\$"
	assert_equal "$(grep -vc '^---' <<<"$output")" 4
	on_terminal 40 "chat-show $chat --group"
	assert_fits 40
	task-rm "$mine" "$other" >/dev/null
	run -0 chat-show "$chat" --group
	assert_jq 'map(.status // empty) == ["failed", "completed"]'
}

@test "chat-show: --group tells the first line of an answer, and that there are more" {
	chat=$(chat-new --user ada --ids)
	worker poet "printf 'roses\nviolets\n'"
	worker clerk "printf 'done\n\n'"
	for role in poet clerk; do
		task-add --ids --chat "$chat" --agent "$role" "go on, $role" | xargs -n1 agent-run
	done | chat-post >/dev/null
	run -0 chat-show "$chat" --group --format text
	assert_line --regexp 'go on, poet: roses…$'
	assert_line --regexp 'go on, clerk: done$'
}

@test "chat-show: --group tells of a task that runs, and of one that asks" {
	asking
	run -0 chat-show "$chat" --group
	assert_jq 'length == 1 and (.[0] | .status == "pending" and .waiting == "approval")'
	run -0 chat-show "$chat" --group --format text
	assert_line --regexp "✋ Task ${id:0:8} asks \(1 event\): x: May I\?\$"
	worker sleeper 'read -r _ <hold'
	mkfifo hold
	runs=$(task-add --ids -c "$chat" -a sleeper 'take a while')
	agent-run "$runs" > >(exec chat-post 3>&- >/dev/null) 3>&- &
	wait_until 30 eval '[[ $(chat-show "$chat" | wc -l) = 3 ]]'
	run -0 chat-show "$chat" --group --task "$runs" --format text
	assert_line --regexp "⏳ Task ${runs:0:8} running for [0-9.]+s \(2 events\): take a while\$"
	echo >hold
	await_exit $!
}
