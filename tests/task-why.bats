# Why a task is not running, or ended as it did.

load test_helper
load records

@test "task-why: a ready task waits for a pipeline" {
	run -0 task-why "$(task-add --ids a)"
	assert_jq '.[0] | .status == "pending" and .why == "it is ready: no pipeline has taken it yet" and .attempt == 0'
}

@test "task-why: a reserved task was handed to a pipeline" {
	id=$(task-add --ids a)
	task-watch >out 3>&- &
	wait_until 30 has_lines out 1
	run -0 task-why "$id"
	assert_jq '.[0] | .why == "it was handed to a pipeline that has not begun it" and
		(.reserved_until | endswith("Z"))'
	kill $!
	await_exit $! || true
	run -0 task-why "$id"
	assert_jq '.[0].why == "it is ready: no pipeline has taken it yet"'
}

@test "task-why: a task that waits for others names them" {
	worker quick cat
	a=$(task-add --ids a) b=$(task-add --ids b)
	id=$(task-add --ids -d "$a" -d "$b" c)
	run -0 task-why "$id"
	assert_jq --arg a "$a" --arg b "$b" '.[0] | .waiting == "dependencies" and
		.why == "it waits for \($a[:8]) and 1 more" and .waiting_for == [$a, $b]'
	agent-run "$a" >/dev/null
	run -0 task-why "$id"
	assert_jq --arg b "$b" '.[0].waiting_for == [$b]'
}

@test "task-why: a split task waits for its subtasks, and tells why it was split" {
	worker quick cat
	id=$(task-add --ids -- $'- a\n- b')
	task-show "$id" | task-plan | task-split --print | jq -r .id >children
	agent-run "$(sed -n 1p children)" >/dev/null
	run -0 task-why "$id"
	assert_jq --arg b "$(sed -n 2p children)" '.[0] | .waiting == "subtasks" and
		.why == "it waits for its subtasks: 1 of 2 have ended" and .waiting_for == [$b] and
		.subtasks == {total: 2, done: 1, failed: 0} and
		.decision.reasoning == "the instruction holds a list of 2 bulleted items"'
}

@test "task-why: a task between two attempts says until when, and what went wrong" {
	worker later 'echo busy >&2; exit 75'
	id=$(task-add --ids a)
	agent-run "$id" >/dev/null
	run -0 task-why "$id"
	assert_jq '.[0] | .waiting == "time" and .why == "it waits before it is tried again" and
		(.not_before | endswith("Z")) and .error.message == "busy" and .attempt == 1 and .agent == "later"'
}

@test "task-why: a running task runs" {
	mkfifo gate
	worker slow 'echo >started; read -r _ <gate'
	id=$(task-add --ids a)
	agent-run "$id" >/dev/null 3>&- &
	wait_until 30 test -e started
	run -0 task-why "$id"
	echo go >gate
	await_exit $!
	assert_jq '.[0] | .status == "in_progress" and .why == "it is running"'
}

@test "task-why: a task whose runner died says so" {
	worker slow 'echo >started; exec sleep 61'
	id=$(task-add --ids a)
	agent-run "$id" >/dev/null 3>&- &
	wait_until 30 test -e started
	kill -KILL $!
	await_exit $! || true
	keep_fifos=1
	run -0 task-why "$id"
	task-watch >out 3>&- & # puts it back, and ends what is left
	wait_until 30 has_lines out 1
	kill $!
	await_exit $! || true
	assert_jq '.[0] | .status == "in_progress" and .why == "its runner died; the next task-watch puts it back"'
}

@test "task-why: a completed task completed, a failed one says with what error" {
	worker picky 'read -r text; [[ $text != b ]] || exit 9'
	a=$(task-add --ids a) b=$(task-add --ids b)
	for id in "$a" "$b"; do agent-run "$id" >/dev/null; done
	run -0 task-why "$a" "$b"
	assert_jq '(.[0] | .status == "completed" and .why == "it completed") and
		(.[1] | .status == "failed" and .why == "it ended with an error" and .error.exit_status == 9)'
}

@test "task-why: an unknown id is named (66), the others are explained" {
	id=$(task-add --ids a)
	run -66 --separate-stderr task-why deadbeef "${id:0:8}"
	assert_jq --arg id "$id" 'map(.id) == [$id]'
	assert_equal "$stderr" 'task-why: task deadbeef: no such task'
}

@test "task-why: no operand is misuse (64)" {
	run -64 task-why
}

@test "task-why: --format text shows the tasks that one waits for" {
	a=$(task-add --ids a)
	id=$(task-add --ids -d "$a" b)
	run -0 task-why --format text "$id"
	assert_output "b
  id           ${id:0:8}
  status       waiting: it waits for ${a:0:8}
  waits for    ${a:0:8} pending  a"
	on_terminal 60 "task-why $id"
	assert_fits 60
	assert_equal "${lines[0]}" b
}

@test "task-why: --format text says when it is tried again" {
	worker later 'echo busy >&2; exit 75'
	id=$(task-add --ids a)
	agent-run "$id" >/dev/null
	LEGWORK_NOW=2000-01-01T00:00:00Z run -0 task-why --format text "$id"
	assert_line --regexp '^  again at     [0-9-]{10} [0-9:]{8} \(in [0-9]+y\)$'
}

@test "task-why: --jq, --ids, --null" {
	id=$(task-add --ids a)
	run -0 task-why --jq .why "$id"
	assert_output 'it is ready: no pipeline has taken it yet'
	assert_equal "$(task-why --ids --null "$id" | xargs -0)" "$id"
	run -64 task-why --ids --jq . "$id"
}

# why_agent TASK - "role: reason"
why_agent() { task-why --agent "$1" | jq -r '"\(.agent): \(.why)"'; }

@test "task-why: --agent tells who would do a task, and why that one" {
	worker wc cat
	worker adder cat --skill 'add numbers'
	worker writer cat --skill 'write letters'
	while IFS='|' read -r spec want; do
		run -0 why_agent "$(jq -nc "$spec" | task-add --ids)"
		assert_output "$want"
	done <<-'END'
		{instruction: "x", agent: "Writer"}|writer: the task names it
		{instruction: "@adder, write"}|adder: the instruction mentions it
		{instruction: "write two letters"}|writer: 2 words of its skills fit the instruction
		{instruction: "add letters"}|adder: 1 word of its skills fit the instruction, as do those of 2; it is the least busy
		{instruction: "write letters", required_skills: ["numbers"]}|adder: 1 word of its skills fit the required ones
		{instruction: "sing"}|wc: it is the first: nobody's skills fit
	END
}

@test "task-why: --agent: of equals the least busy one does it, and that stays said" {
	mkfifo go
	worker a 'cat go' --skill sums
	worker b 'cat' --skill sums
	one=$(task-add --ids sums one)
	task-show "$one" | task-run >out 3>&- &
	pid=$!
	wait_field "$one" .status in_progress
	two=$(task-add --ids sums two)
	run -0 why_agent "$two"
	assert_output 'b: 1 word of its skills fit the instruction, as do those of 2; it is the least busy'
	task-show "$two" | task-run >/dev/null
	echo >go
	await_exit $pid
	run -0 why_agent "$two"
	assert_output 'b: 1 word of its skills fit the instruction, as do those of 2; it is the least busy'
	run -0 field "$two" .assignment.role
	assert_output b
}

@test "task-why: --agent: nobody is nobody, and why" {
	id=$(task-add --ids x)
	run -0 task-why --agent "$id"
	assert_jq '.[0] | has("agent") | not'
	assert_jq '.[0].why == "there are no agents; add one with agent-add"'
}

@test "task-why: --agent: a chat's crew does its tasks, and nobody else" {
	worker wc cat
	worker adder cat --crew Sums --skill add
	worker taker cat --crew sums --crew other --skill take
	chat=$(chat-new --crew sums --ids)
	while IFS='|' read -r spec want; do
		run -0 why_agent "$(jq -nc --arg c "$chat" "$spec | .chat_id = \$c" | task-add --ids)"
		assert_output "$want"
	done <<-'END'
		{instruction: "sing"}|adder: it is the first: nobody's skills fit
		{instruction: "take"}|taker: 1 word of its skills fit the instruction
		{instruction: "@wc sing"}|adder: it is the first: nobody's skills fit
		{instruction: "x", agent: "wc"}|null: no agent of the crew sums has the role wc
	END
	id=$(task-add --ids --chat "$chat" --agent wc y)
	task-show "$id" | task-run >/dev/null
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "failed" and .error.code == "no_agent" and
		.error.message == "no agent of the crew sums has the role wc"'
	run -0 why_agent "$(task-add --ids --chat "$(chat-new --crew none --ids)" z)"
	assert_output 'null: the crew none has no agents'
}

@test "task-why: --agent: a subtask that was planned for another crew's agent goes to this one's" {
	worker wc cat
	worker adder cat --crew sums
	chat=$(chat-new --crew sums --ids)
	id=$(task-add --ids --chat "$chat" -- $'- @wc a\n- b')
	task-show "$id" | task-plan | task-split --print >children
	task-run <children >/dev/null
	run -0 jq -r .id children
	for child in "${lines[@]}"; do
		run -0 field "$child" '"\(.status) \(.agent)"'
		assert_output 'completed adder'
	done
}

@test "task-why: who waits for an agent's creation says so, and tells how the task was planned" {
	worker smith cat
	id=$(task-add --ids x)
	jq -nc --arg id "$id" '{task_id: $id, decision: {needs_subtasks: true, reasoning: "two kinds of work",
		complexity_score: 8, required_skills: ["care"]}, plan: {subtasks: [
		{title: "sweep", priority: "low", assigned_to: "smith"},
		{title: "audit", priority: "low", assigned_to: "auditor", dependencies: [0]}], agent_creations: [{role: "auditor"}]}}' |
		task-split --print >out
	mapfile -t children < <(jq -r .id out)
	run -0 task-why --jq .why "${children[2]}"
	assert_output "it waits for ${children[0]:0:8} (creates the agent auditor) and 1 more"
	agent-run "${children[0]}" >/dev/null
	run -0 task-why --jq .why "${children[2]}"
	assert_output "it waits for ${children[1]:0:8}"
	run -0 task-why --format text "$id"
	assert_line '  planned      two kinds of work'
	assert_line '  complexity   8 of 10; takes care'
	assert_line "  waits for    ${children[1]:0:8} pending  sweep"
}
