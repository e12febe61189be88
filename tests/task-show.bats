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

# --- for people

@test "task-show: --format text is a card: what the task is, how it stands, what it said" {
	export LEGWORK_USER=ada
	worker wc 'echo 42'
	chat=$(chat-new --ids --title 'The garden')
	id=$(task-add --ids -c "$chat" -p high -k k1 -m a=1 -- $'Count the files\n\nin /tmp')
	agent-run "$id" >/dev/null
	run -0 task-show --format text "$id"
	assert_equal "${lines[0]}" 'Count the files'
	assert_line "  id           $id"
	assert_line '  status       completed'
	assert_line '  priority     high'
	assert_line '  agent        wc'
	assert_line "  chat         ${chat:0:8}  The garden"
	assert_line --regexp '^  added        [0-9-]{10} [0-9:]{8} \([0-9]+s ago\) by ada$'
	assert_line --regexp '^  took         [0-9.]+m?s$'
	assert_line '  attempts     1 of 3'
	assert_line '  key          k1'
	assert_line '  metadata     a=1'
	assert_equal "$(sed -n '/^Instruction$/,$p' <<<"$output")" $'Instruction\n  Count the files\n\n  in /tmp\n\nAnswer\n  42'
}

@test "task-show: an empty line stands between cards" {
	a=$(task-add --ids a) b=$(task-add --ids b)
	run -0 task-show --format text "$a" "$b"
	assert_equal "$(grep -c '^$' <<<"$output")" 1
}

@test "task-show: on a terminal it is a card, and no line is wider" {
	id=$(task-add --ids "$(printf 'word 中文 %.0s' {1..60}) $(printf 'x%.0s' {1..100})")
	on_terminal 60 "task-show $id"
	assert_fits 60
	assert_line --regexp '^  status       pending: it is ready'
	assert_equal "$(sed -n '/^Instruction/,$p' <<<"$output" | grep -o word | wc -l)" 60
}

@test "task-show: what others wrote drives no terminal" {
	worker evil 'printf "\033[2J\033]0;x\007\302\2331m" | tee /dev/stderr; exit 1'
	id=$(task-add --ids -m $'a=\x1b[2J' $'x\x1b[31m\r\x08')
	agent-run "$id" >/dev/null
	run -0 task-show --format text --color never "$id"
	LC_ALL=C run ! grep -aP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' <<<"$output"
}

@test "task-show: a status that was loaded drives no terminal" {
	id=$(task-add --ids x)
	store-dump | jq -c '(.. | objects | select(.status? == "pending")) |= . + {waiting: "\u001b[2J"}' >dump
	LEGWORK_STORE=$PWD/other run -0 store-load <dump
	LEGWORK_STORE=$PWD/other run -0 task-show --format text "$id"
	assert_line --regexp '^  status       waiting:'
	refute_output --partial $'\x1b'
}

@test "task-show: --jq, --ids and --null" {
	a=$(task-add --ids a) b=$(task-add --ids b)
	run -0 task-show --jq .instruction "$b" "$a"
	assert_output $'b\na'
	run -0 task-show --ids "${a:0:8}"
	assert_output "$a"
	assert_equal "$(task-show --null --ids "$a" "$b" | xargs -0)" "$a $b"
	run -65 --separate-stderr task-show --jq 'if .title == "b" then error("no") else .title end' "$a" "$b"
	assert_output a
	assert_equal "$stderr" 'task-show: --jq: no'
	run -64 task-show --jq '(' "$a"
	run -64 task-show --jq . --ids "$a"
	run -64 task-show --format tsv "$a"
}

@test "task-show: tells why each attempt failed, also after a task-retry" {
	worker flaky '[[ -e again ]] && exit 3; touch again; echo busy >&2; exit 75'
	id=$(task-add --ids --retry-delay 0.001 x)
	agent-run "$id" >/dev/null
	run -0 task-show --format text "$id"
	assert_output --regexp $'\n  failures +1: tool: busy\n'
	wait_until 30 task_is_ready "$id"
	agent-run "$id" >/dev/null
	is_field "$id" '.failures | map([.attempt, .category, .code, .message]) | tojson' \
		'[[1,"tool","exit_status","busy"],[2,"tool","exit_status","exit status 3"]]'
	run -0 task-show --format text "$id"
	assert_output --regexp $'\n  status +failed: exit status 3\n'
	assert_output --regexp $'\n  failures +1: tool: busy\n'
	refute_output --partial '2: tool'
	task-retry "$id" >/dev/null
	is_field "$id" '.failures | length' 2
	run -0 task-why --jq '.failures | length' "$id"
	assert_output 2
}

task_is_ready() { [[ $(task-list --ready --ids) = "$1" ]]; }

# planned DECISION - sets id to a task that was split by a plan with that decision, which has an agent
# created, and creation to the subtask that does that
planned() {
	worker smith cat
	id=$(task-add --ids 'make it safe')
	jq -nc --arg id "$id" --argjson decision "$1" '{task_id: $id, $decision, plan: {
		subtasks: [{title: "audit", priority: "low", assigned_to: "auditor"}], agent_creations: [{role: "auditor"}]}}' |
		task-split --print >out
	creation=$(sed -n 1p out | jq -r .id)
}

@test "task-show: --format text tells what was decided, and what came of the plan" {
	planned '{"needs_subtasks":true,"reasoning":"two kinds of work","complexity_score":8,"required_skills":["care","iron"]}'
	run -0 task-show --format text "$id"
	assert_line '  planned      two kinds of work'
	assert_line '  complexity   8 of 10; takes care, iron'
	assert_line --regexp "^  status +waiting: it waits for its subtasks: 0 of 2 have ended$"
	assert_line "  subtasks     ${creation:0:8} pending  Create Auditor Agent"
	assert_line --regexp '^               [0-9a-f]{8} waiting  audit$'
	refute_line --partial 'no plan'
	run -0 task-show --format text "$creation"
	assert_line '  creates      auditor'
	run -0 task-show "$id"
	assert_jq '.[0] | .decision.complexity_score == 8 and (.plan.subtasks | length) == 2 and .plan.agent_creations[0].role == "auditor"'
}

@test "task-show: --format text tells why there is no plan" {
	worker smith cat
	id=$(task-add --ids x)
	task-show "$id" | jq -c '.decision = {needs_subtasks: true, reasoning: "big", complexity_score: 9,
		error: {category: "validation", code: "no_plan", message: "it makes no sense"}}' | agent-run >/dev/null
	run -0 task-show --format text "$id"
	assert_line '  planned      big'
	assert_line '  complexity   9 of 10'
	assert_line '  no plan      it makes no sense'
	run -0 task-why --format text "$id"
	assert_line '  planned      big'
	assert_line '  no plan      it makes no sense'
	run -0 task-why --jq '.decision.error.message' "$id"
	assert_output 'it makes no sense'
}
