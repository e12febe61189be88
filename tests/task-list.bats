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

# --- ways to print

@test "task-list: --format text is a table, with short ids" {
	LEGWORK_NOW=2026-11-20T00:00:00Z arrange
	LEGWORK_NOW=2099-01-01T00:00:00Z run -0 task-list --format text --status pending
	assert_equal "${lines[0]}" 'ID        STATUS   PRIO  AGE  AGENT  TITLE'
	assert_regex "${lines[1]}" "^${d:0:8}  pending        72y         d\$"
	assert_regex "${lines[2]}" '^[0-9a-f]{8}  waiting        72y         c$'
	assert_regex "${lines[3]}" '^[0-9a-f]{8}  pending        72y  smith  e$'
	assert_regex "${lines[4]}" '^[0-9a-f]{8}  pending  low   72y         f$'
	assert_equal "${#lines[@]}" 5
}

@test "task-list: --format tsv is for cut: whole ids and times, no heading" {
	arrange
	run -0 task-list --format tsv
	assert_output "$(task-list | jq -r '[.id, .status + (if .waiting then ":" + .waiting else "" end),
		.priority, .created_at, .agent // "", .title] | join("\t")')"
}

@test "task-list: tabs, newlines and escapes in a title break no table" {
	task-add $'tab\there\x1b[31m red\nand more' >/dev/null
	run -0 task-list --format tsv
	assert_equal "${#lines[@]}" 1
	assert_equal "$(cut -f 6 <<<"$output")" 'tab here red'
	run -0 task-list --format text
	assert_equal "${#lines[@]}" 2
	refute_output --partial $'\x1b'
}

@test "task-list: on a terminal it is a table, and no line is wider" {
	worker "$(printf 'a%.0s' {1..64})" cat
	task-add "$(printf '中文字%.0s' {1..30})" >/dev/null
	task-add -a "$(printf 'a%.0s' {1..64})" "$(printf 'words and %.0s' {1..30})" >/dev/null
	for columns in 60 25 120; do
		on_terminal $columns task-list
		assert_equal "${#lines[@]}" 3
		assert_fits $columns
	done
	assert_output --partial …
	assert_regex "${lines[0]}" '^ID +STATUS +PRIO +AGE +AGENT'
}

@test "task-list: colours are for terminals, or for who wants them" {
	task-add one >/dev/null
	keep_colours=1
	on_terminal 60 task-list
	assert_output --partial $'\x1b['
	on_terminal 60 'NO_COLOR=1 task-list'
	refute_output --partial $'\x1b'
	run -0 task-list --format text
	refute_output --partial $'\x1b'
	run -0 task-list --format text --color always
	assert_output --partial $'\x1b['
	run -0 task-list --format tsv --color auto
	refute_output --partial $'\x1b'
	run -0 task-list --color always
	refute_output --partial $'\x1b'
}

@test "task-list: COLUMNS says how wide, where it is no terminal" {
	task-add "$(printf 'word %.0s' {1..30})" >/dev/null
	COLUMNS=50 run -0 task-list --format text
	assert_fits 50
	run -0 task-list --format text
	refute_output --partial …
}

@test "task-list: --jq prints what a program makes of each, strings as they are" {
	arrange
	run -0 task-list --jq .instruction
	assert_output $'a\nb\nd\nc\ne\nf'
	run -0 task-list --status completed --jq '{status}, [.attempt], null, empty, "x\ty"'
	assert_output $'{"status":"completed"}\n[1]\nnull\nx\ty'
	run -0 task-list --jq 'select(.priority == "low") | .id'
	assert_output "$(task-list | jq -r 'select(.priority == "low") | .id')"
}

@test "task-list: a jq program that fails ends it (65), behind what was good" {
	for i in {1..600}; do echo "{\"instruction\":\"$i\"}"; done | task-add >/dev/null
	run -65 --separate-stderr task-list --jq 'if .instruction == "500" then error("no") else .instruction end'
	assert_output "$(seq 499)"
	assert_equal "$stderr" 'task-list: --jq: no'
}

@test "task-list: a jq program that is none is misuse (64), with what jq says" {
	while IFS='|' read -r program why; do
		run -64 --separate-stderr task-list --jq "$program"
		assert_output ''
		assert_equal "${stderr_lines[0]}" "task-list: --jq: $why"
	done <<-'END'
		.[|syntax error, unexpected $end (Unix shell quoting issues?) at <top-level>, line 1:
		nofunction|nofunction/0 is not defined at <top-level>, line 1:
		import "none" as none; .|module not found: none
	END
}

@test "task-list: --null ends ids, results and records with a NUL" {
	for name in one $'two\nlines' three; do task-add "$name" >/dev/null; done
	assert_equal "$(task-list --ids --null | xargs -0 -n 1)" "$(task-list --ids)"
	assert_equal "$(task-list --jq .instruction -0 | xargs -0 printf '<%s>')" $'<one><two\nlines><three>'
	assert_equal "$(task-list --null | tr '\0' '\n')" "$(task-list)"
}

@test "task-list: ways to print exclude each other (64)" {
	for options in '--ids --jq .' '--ids --format json' '--format tsv --jq .' '--null --format text' \
		'--null --format tsv' '--format xml' '--color blue' '--tree --count'; do
		# shellcheck disable=SC2086 # words are wanted
		run -64 --separate-stderr task-list $options
		assert_regex "${stderr_lines[0]}" '^task-list: '
	done
}

@test "task-list: --newest prints the newest first" {
	arrange
	assert_equal "$(task-list --newest | names)" 'f e c d b a'
	assert_equal "$(task-list --newest -n 2 | names)" 'f e'
	assert_equal "$(task-list --newest --status pending --agent smith | names)" e
	assert_equal "$(task-list --newest --ids | tac)" "$(task-list --ids)"
}

# --- the tree

# x (a (c d) b) y
plant() {
	x=$(task-add --ids -- $'- a\n- b')
	task-add y >/dev/null
	task-show "$x" | task-plan | task-split --print | jq -r .id >children
	task-show "$(sed -n 1p children)" | jq -c '.instruction = "- c\n- d"' | task-plan | task-split
}

@test "task-list: --tree prints subtasks below the tasks that were split into them" {
	plant
	run -0 task-list --tree --jq .title
	assert_output $'- a\na\nc\nd\nb\ny'
	run -0 task-list --tree --format text
	assert_equal "$(sed 1d <<<"$output" | cut -c"$(($(head -n 1 <<<"$output" | grep -bo TITLE | cut -d: -f1) + 1))"-)" \
		'- a
├─ a
│  ├─ c
│  └─ d
└─ b
y'
	assert_equal "$(task-list --tree | jq -r .title)" "$(task-list --tree --jq .title)"
	assert_equal "$(task-list --tree --format tsv | cut -f 6)" "$(task-list --tree --jq .title)"
}

@test "task-list: --tree --limit counts those at the top, --newest turns only them" {
	plant
	assert_equal "$(task-list --tree -n 1 --jq .title | paste -sd,)" '- a,a,c,d,b'
	assert_equal "$(task-list --tree -n 1 --newest --jq .title)" y
	assert_equal "$(task-list --tree --newest --jq .title | paste -sd,)" 'y,- a,a,c,d,b'
	assert_equal "$(task-list --tree -n 0)" ''
	assert_equal "$(task-list --tree --parent "$x" --jq .title | paste -sd,)" a,c,d,b
}

@test "task-list: --tree prints on a terminal what fits" {
	plant
	on_terminal 60 'task-list --tree'
	assert_fits 60
	assert_output --partial '│  └─ d'
}

@test "task-list: --status given twice means either" {
	agent-add quick -- true >/dev/null
	agent-run "$(task-add --ids a)" >/dev/null
	task-add b >/dev/null
	assert_equal "$(task-list -s pending -s completed --count)" 2
	assert_equal "$(task-list -s pending -s failed --jq .title)" b
	run -64 --separate-stderr task-list -s pending -s nonsense
	assert_regex "$stderr" "^task-list: --status 'nonsense': want pending,"
}
