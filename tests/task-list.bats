# Tasks are listed.

load test_helper
load records

names() { jq -r .instruction | paste -sd' '; }

# Tasks a to f; of them: a completed, b failed, c waits for d, e of smith in $chat, f low.
arrange() {
	worker miller 'read -r text; [[ $text != b ]]'
	worker smith cat
	chat=$(chat-new --ids)
	for name in a b; do agent-run "$(task-add --ids $name)" >/dev/null; done
	d=$(task-add --ids -- d)
	task-add -d "$d" c >/dev/null
	task-add -a smith -c "$chat" e >/dev/null
	task-add -p low f >/dev/null
}

@test "task-list: prints whole records of all tasks in order of creation" {
	arrange
	run -0 task-list
	assert_equal "$(names <<<"$output")" 'a b d c e f'
	assert_jq --arg d "$d" '.[2].id == $d and .[0].status == "completed" and .[0].response == ""'
	while read -r line; do
		assert_equal "$(task-show "$(jq -r .id <<<"$line")")" "$line"
	done <<<"$output"
}

@test "task-list: an empty store has no tasks" {
	run -0 task-list
	assert_output ''
	run -0 task-list --count
	assert_output 0
}

@test "task-list: --status" {
	arrange
	assert_equal "$(task-list --status completed | names)" a
	assert_equal "$(task-list -s failed | names)" b
	assert_equal "$(task-list --status pending | names)" 'd c e f'
	assert_equal "$(task-list --status cancelled | names)" ''
	assert_equal "$(task-list --status in_progress | names)" ''
}

@test "task-list: --chat, by the first characters, too" {
	arrange
	assert_equal "$(task-list --chat "$chat" | names)" e
	assert_equal "$(task-list -c "${chat:0:8}" | names)" e
}

@test "task-list: --agent" {
	arrange
	assert_equal "$(task-list --agent smith | names)" e
	assert_equal "$(task-list -a miller | names)" 'a b'
	assert_equal "$(task-list -a nobody | names)" ''
}

@test "task-list: --agent takes the role in any case, as task-add does" {
	arrange
	assert_equal "$(task-list --agent SMITH | names)" e
}

@test "task-list: --parent" {
	id=$(task-add --ids -- $'- x\n- y')
	task-add other >/dev/null
	task-show "$id" | task-plan | task-split
	assert_equal "$(task-list --parent "$id" | names)" 'x y'
	assert_equal "$(task-list --parent "${id:0:8}" --count)" 2
}

@test "task-list: --ready are those that may run now" {
	arrange
	assert_equal "$(task-list --ready | names)" 'd e f'
	assert_equal "$(task-list -r --count)" 3
}

@test "task-list: --ready shows a delayed one when its time has come" {
	worker later 'exit 75'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	assert_equal "$(task-list --ready --count)" 0
	assert_equal "$(LEGWORK_NOW=2099-01-01T00:00:00Z task-list --ready --ids)" "$id"
}

@test "task-list: filters together hold together" {
	arrange
	assert_equal "$(task-list --status pending --agent smith --chat "$chat" --ready | names)" e
	assert_equal "$(task-list --status failed --agent smith | names)" ''
	assert_equal "$(task-list --status failed --agent miller --count)" 1
}

@test "task-list: --limit prints at most so many, after the filters" {
	arrange
	assert_equal "$(task-list --limit 2 | names)" 'a b'
	assert_equal "$(task-list -n 2 --status pending | names)" 'd c'
	assert_equal "$(task-list -n0 | names)" ''
	assert_equal "$(task-list --limit 100 | wc -l)" 6
}

@test "task-list: --count prints how many" {
	arrange
	assert_equal "$(task-list --count)" 6
	assert_equal "$(task-list --count --status pending)" 4
	assert_equal "$(task-list --count --limit 3)" 3
}

@test "task-list: --ids prints only the ids" {
	arrange
	assert_equal "$(task-list --ids)" "$(task-list | jq -r .id)"
}

@test "task-list: thousands come in their order" {
	for i in {1..2000}; do echo "{\"instruction\":\"$i\"}"; done | task-add >/dev/null
	assert_equal "$(task-list | jq -r .instruction)" "$(seq 2000)"
}

@test "task-list: an unknown chat or parent is refused (66)" {
	run -66 --separate-stderr task-list --chat deadbeef
	assert_equal "$stderr" 'task-list: chat deadbeef: no such chat'
	run -66 --separate-stderr task-list --parent deadbeef
	assert_equal "$stderr" 'task-list: task deadbeef: no such task'
}

@test "task-list: bad option values are misuse (64)" {
	for option in --status=done --limit=x --limit=-1 --count=3; do
		run -64 task-list "$option"
	done
	run -64 task-list operand
}

@test "task-list: ends quietly when its reader has enough" {
	for i in {1..2000}; do echo "{\"instruction\":\"$i\"}"; done | task-add >/dev/null
	run -0 --separate-stderr bash -c 'task-list | head -n 1 | wc -l'
	assert_output 1
	assert_equal "$stderr" ''
}

