# Who runs, and since when.

load test_helper
load records
load llm

begin() { # ROLE SCRIPT - a task that this agent does: id, runner
	worker "$1" "$2"
	id=$(task-add --agent "$1" --ids "work of $1")
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_field "$id" .status in_progress
}

says() { # FILTER - whether it holds for the array of what agent-ps prints
	agent-ps | jq -es "$1" >/dev/null
}

end_all() { agent-cancel --all >/dev/null; }

@test "agent-ps: nothing runs, nothing is printed" {
	worker quick ':'
	agent-run "$(task-add --ids x)" >/dev/null
	task-add waits >/dev/null
	run -0 agent-ps
	assert_output ''
}

@test "agent-ps: who does what, in which process, since when, and what it said last" {
	begin talker 'echo "{\"type\":\"tool_use\",\"data\":{\"name\":\"ls\",\"args\":{}}}"
		echo "{\"type\":\"token_usage\",\"data\":{\"input_tokens\":3,\"output_tokens\":4,\"total_tokens\":7}}"; exec sleep 1000'
	wait_until 30 says '.[0].tokens == 7'
	run -0 agent-ps
	assert_jq --arg id "$id" --argjson pid "$runner" --arg chat "$(field "$id" .chat_id)" 'length == 1 and (.[0] |
		.task_id == $id and .title == "work of talker" and .agent == "talker" and .chat_id == $chat and
		.state == "running" and .pid == $pid and .attempt == 1 and .age_ms >= 0 and .age_ms < 60000 and
		.turns == 0 and .last_event.type == "tool_use" and .last_event.text == "ls" and (.begun_at | length) == 24)'
	end_all
}

@test "agent-ps: turns and tokens of a model" {
	script_llm <<-'END'
		{"type":"text","delta":"Let me see."}
		{"type":"tool_call","call":{"id":"c1","name":"run","arguments":{"command":"true"}}}
		{"type":"usage","input_tokens":10,"output_tokens":5,"total_tokens":15}
		{"type":"stop","reason":"tool_calls","model":"m","ms":1}

		hang
	END
	agent-add thinker --model m --tool run >/dev/null
	id=$(task-add --agent thinker --ids think)
	agent-run "$id" >/dev/null 3>&- &
	wait_until 30 says '.[0].turns == 1 and .[0].last_event.type == "tool_result"'
	run -0 agent-ps
	assert_jq '.[0] | .tokens == 15 and .turns == 1'
	end_all
}

@test "agent-ps: one that is being stopped, and one whose runner is dead, are shown as such" {
	begin stubborn 'trap "" TERM; while :; do sleep 1000; done'
	agent-cancel --grace 100 "$id" >/dev/null 3>&- &
	canceller=$!
	wait_until 30 says '.[0].state == "stopping"'
	kill -KILL "$canceller" "$runner"
	await_exit "$runner" || true
	run -0 agent-ps
	assert_jq '.[0].state == "dead" and (.[0] | has("pid") | not)'
	on_terminal 100 agent-ps
	assert_line --index 1 --partial ' dead '
	agent-cancel --grace 0 --all >/dev/null
}

@test "agent-ps: a table for a person" {
	begin sleeper 'exec sleep 1000'
	wait_until 30 says '.[0].last_event.text | test("Executing")'
	on_terminal 100 agent-ps
	assert_line --index 0 --regexp '^TASK +AGENT +CHAT +PID +AGE +TURNS +TOKENS +LAST$'
	assert_line --index 1 --regexp "^${id::8} +sleeper +[0-9a-f]{8} +$runner +[0-9]+[a-z]+ +status: Executing task: work of sleeper...$"
	on_terminal 40 agent-ps
	assert_fits 40
	run -0 agent-ps --format tsv
	assert_line --regexp "^$id"$'\tsleeper\t[0-9a-f-]{36}\t'"$runner"$'\t[0-9TZ:.-]+\t0\t0\tstatus'
	end_all
}

@test "agent-ps: --watch prints a line where something changes, and at the end" {
	agent-ps --watch >seen 3>&- &
	watcher=$!
	begin talker 'until [[ -e go ]]; do sleep 0.02; done; echo "{\"type\":\"thought\",\"data\":{\"text\":\"hm\"}}"; until [[ -e end ]]; do sleep 0.02; done'
	wait_until 30 grep -q Executing seen
	touch go
	wait_until 30 grep -q '"thought"' seen
	touch end
	wait_until 30 grep -q '"completed"' seen
	kill "$watcher"
	await_stopped "$watcher"
	output=$(<seen)
	assert_jq --arg id "$id" 'all(.task_id == $id) and .[-1] == {task_id: $id, state: "completed"} and
		(map(del(.age_ms)) | [range(1; length) as $i | .[$i] != .[$i - 1]] | all)'
	await_exit "$runner"
}

@test "agent-ps: --watch on a terminal shows the table in place, and leaves the terminal as it was" {
	begin sleeper 'exec sleep 1000'
	env TERM=xterm script -qec "stty rows 5 cols 100; exec agent-ps --watch" /dev/null </dev/null >screen 3>&- &
	shell=$!
	wait_until 30 grep -q Executing screen
	agent-cancel --all >/dev/null
	wait_until 30 grep -q 'nothing runs' screen
	kill "$(pgrep_watch)"
	await_exit "$shell" || true
	grep -q $'^\e\[?1049h' screen
	[[ $(<screen) = *$'\e[?25h\e[?1049l'* ]]
}

@test "agent-ps: --watch leaves the terminal as it was, and no bell, also when it cannot go on" {
	worker sleeper true
	env TERM=xterm LEGWORK_LOCK_WAIT=1 script -qec "stty rows 5 cols 100; exec agent-ps --watch" /dev/null \
		</dev/null >screen 3>&- &
	shell=$!
	wait_until 30 grep -q 'nothing runs' screen
	exec 9<"$LEGWORK_STORE/lock"
	flock 9
	await_exit "$shell" || true
	[[ $(<screen) = *$'\e[?25h\e[?1049l'*agent-ps:\ *lock* ]]
	exec 9<&-
	run -0 find "$LEGWORK_STORE/watch" -type p
	assert_output ''
}

# The process of agent-ps, which script has started in a session of its own.
pgrep_watch() {
	local left pid
	find_left
	for pid in "${left[@]}"; do
		[[ $(</proc/"$pid"/comm) != agent-ps ]] || echo "$pid"
	done 2>/dev/null
}

@test "agent-ps: --watch ends when nobody reads" {
	agent-ps --watch | true
	assert_equal "${PIPESTATUS[0]}" 74
	begin sleeper 'exec sleep 1000'
	mkfifo pipe
	exec 8<>pipe 9>pipe
	exec 8<&-
	run -74 bash -c 'agent-ps --watch >&9'
	assert_output ''
	exec 9>&-
	agent-cancel --all >/dev/null
	await_exit "$runner" || true
}

@test "agent-ps: --metrics sums up what was measured" {
	run -0 agent-ps --metrics
	assert_output ''
	for i in {1..100}; do
		jq -nc --arg id "$(printf '%08x-0000-4000-8000-000000000000' "$i")" --argjson i "$i" '{key: "task/\($id)",
			sets: ["tasks", "status.completed"], names: [], value: {id: $id, title: "x", instruction: "x", status: "completed",
			priority: "medium", created_by: "ada", attempt: 1, posted: 0, revision: 0, spawned: true,
			created_at: "2026-11-20T12:00:00.000Z", updated_at: "2026-11-20T12:00:00.000Z",
			performance: {validation_us: $i, total_us: (1000 * $i)}}}'
	done | store-load
	task-add unmeasured >/dev/null
	run -0 agent-ps --metrics
	assert_jq '. == [{phase: "validation", count: 100, p50_us: 50, p99_us: 99},
		{phase: "total", count: 100, p50_us: 50000, p99_us: 99000}]'
	on_terminal 80 'agent-ps --metrics'
	assert_line --index 1 --regexp '^validation +100 +50 +99$'
}

@test "agent-ps: misuse (64)" {
	run -64 agent-ps x
	run -64 agent-ps --watch --metrics
	run -64 agent-ps --format xml
}
