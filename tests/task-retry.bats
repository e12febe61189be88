# What failed or was cancelled is tried again.

load test_helper
load records

pipeline() { task-watch --drain | task-plan | task-split | task-run | chat-post >/dev/null; }

said() { chat-show "$(field "$1" .chat_id)" --format json | jq -r '.data.text // .data.message'; } # TASK

# A worker that fails until there is a file "go".
fussy() { worker fussy 'read -r line; [[ -e go ]] || { echo "no go" >&2; exit 1; }; echo "did $line"'; }

@test "task-retry: a failed task is done again, with what it said at its first end" {
	fussy
	id=$(task-add --ids x)
	pipeline
	is_field "$id" '.status, .error.message' $'failed\nno go'
	touch go
	run -0 task-retry "$id"
	assert_jq --arg id "$id" '.[0] | .id == $id and .status == "pending" and .retries == 1 and
		.attempt == 1 and .attempts_forgiven == 1 and (has("error") or has("events") | not)'
	pipeline
	is_field "$id" '.status, .response, .attempt, .events, .posted' $'completed\ndid x\n2\n7\n7'
	short=${id:0:8}
	assert_equal "$(said "$id")" "Task $short: Starting execution...
Executing task: x...
Task $short failed: no go
Task $short: Starting execution...
Executing task: x...
did x
Task $short completed successfully"
}

@test "task-retry: what was not posted yet is not lost, and printed by the next runner" {
	fussy
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	is_field "$id" '.status, .events, .posted' $'failed\n3\n0'
	task-retry "$id" >/dev/null
	touch go
	pipeline
	is_field "$id" '.status, .events, .posted' $'completed\n7\n7'
	assert_equal "$(said "$id" | sed -n 3p)" "Task ${id:0:8} failed: no go"
	assert_equal "$(said "$id" | wc -l)" 7
}

# killed_retry TASK - with its last event in the log, and the record as it was
killed_retry() {
	ASAN_OPTIONS=detect_leaks=0 run -137 strace -qq -o /dev/null -e trace=fdatasync \
		-e inject=fdatasync:signal=KILL:when=1 task-retry "$1"
	is_field "$1" '.status, .events, .posted' $'failed\n3\n0'
	assert_equal "$(jq -r 'select(.kind == "event").n' "$LEGWORK_STORE/logs/agents/$1.log")" $'1\n2\n3'
}

@test "task-retry: killed between the log and the record it can be done again" {
	fussy
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	killed_retry "$id"
	task-retry "$id" >/dev/null
	touch go
	pipeline
	is_field "$id" '.status, .events, .posted' $'completed\n7\n7'
	assert_equal "$(said "$id" | sed -n 3p)" "Task ${id:0:8} failed: no go"
	assert_equal "$(said "$id" | wc -l)" 7
}

@test "task-retry: killed between the log and the record, the task has said the same" {
	fussy
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	killed_retry "$id"
	pipeline
	is_field "$id" '.status, .events, .posted' $'failed\n3\n3'
	assert_equal "$(said "$id" | wc -l)" 3
	assert_equal "$(said "$id" | tail -n 1)" "Task ${id:0:8} failed: no go"
	store-check
}

@test "task-retry: all attempts are anew" {
	worker bad 'exit 75'
	id=$(printf '{"instruction":"x","limits":{"max_attempts":2,"retry_delay_s":0.01}}\n' | task-add --ids)
	pipeline
	is_field "$id" '.status, .attempt' $'failed\n2'
	task-retry "$id" >/dev/null
	pipeline
	is_field "$id" '.status, .attempt, .attempts_forgiven' $'failed\n4\n2'
}

@test "task-retry: a task that waits for its next attempt is ready at once" {
	worker bad 'exit 75'
	id=$(printf '{"instruction":"x","limits":{"retry_delay_s":60}}\n' | task-add --ids)
	agent-run "$id" >/dev/null
	is_field "$id" .waiting time
	run -0 task-retry "$id"
	assert_jq '.[0] | .status == "pending" and (has("waiting") or has("not_before") | not)'
	is_field "$id" .attempts_forgiven null
}

@test "task-retry: another pending task is printed as it is" {
	id=$(task-add --ids x)
	before=$(task-show "$id")
	run -0 task-retry "$id"
	assert_output "$before"
	run -0 task-retry --ids "$id" "${id:0:8}"
	assert_output "$id
$id"
}

@test "task-retry: one that runs or has completed is refused (65), the others are put back" {
	worker wait 'read -r -d "" _ <gate || :'
	mkfifo gate
	worker ok 'echo ok'
	fussy
	done=$(task-add --ids --agent ok a)
	failed=$(task-add --ids --agent fussy b)
	running=$(task-add --ids --agent wait c)
	agent-run "$done" >/dev/null
	agent-run "$failed" >/dev/null
	agent-run "$running" >/dev/null 3>&- &
	wait_field "$running" .status in_progress
	run -65 --separate-stderr task-retry --ids "$done" "$failed" "$running"
	assert_output "$failed"
	assert_equal "$stderr" "task-retry: task ${done:0:8}: has completed
task-retry: task ${running:0:8}: is running"
	run -66 --separate-stderr task-retry --ids "$running" "$failed" deadbeef
	assert_output "$failed"
	assert_equal "${stderr_lines[1]}" 'task-retry: task deadbeef: no such task'
	: >gate
	await_exit $!
}

@test "task-retry: dependents follow, and cannot go ahead (75)" {
	fussy
	a=$(task-add --ids a) b=$(task-add --ids -d "$a" b) c=$(task-add --ids -d "$b" c)
	agent-run "$a" >/dev/null
	is_field "$c" .status failed
	run -75 --separate-stderr task-retry "$c"
	assert_output ''
	assert_equal "$stderr" "task-retry: task ${c:0:8}: dependency ${b:0:8} failed: task-retry it, this one follows"
	run -0 task-retry --ids "$c" "$b" "$a"
	assert_output "$c
$b
$a"
	assert_equal "$(task-list | jq -r '.waiting // .status')" 'pending
dependencies
dependencies'
	touch go
	pipeline
	assert_equal "$(task-list | jq -r .status | uniq)" completed
}

@test "task-retry: all that failed, by way of xargs" {
	fussy
	a=$(task-add --ids a)
	for i in 1 2 3 4 5; do task-add -d "$a" "b$i"; done >/dev/null
	agent-run "$a" >/dev/null
	task-list -s failed --ids >failed
	run -0 bash -c 'xargs task-retry --ids <failed'
	assert_output "$(cat failed)"
	assert_equal "$(task-list -s failed --count)" 0
}

@test "task-retry: a split task is put back with its subtasks, and a subtask with all" {
	fussy
	id=$(task-add --ids $'do\n- one\n- two\n')
	task-show "$id" | task-plan | task-split
	sub=$(task-list | jq -r 'select(.instruction == "one").id')
	agent-run "$sub" >/dev/null
	assert_equal "$(task-list | jq -r .status)" $'failed\nfailed\ncancelled'
	task-retry "$id" >/dev/null
	assert_equal "$(task-list | jq -r '.waiting // .status')" $'subtasks\npending\npending'
	agent-run "$sub" >/dev/null
	task-retry "$sub" >/dev/null
	assert_equal "$(task-list | jq -r '.waiting // .status')" $'subtasks\npending\npending'
	touch go
	pipeline
	is_field "$id" '.status, .response' $'completed\n## one\n\ndid one\n\n## two\n\ndid two'
}

# runs TASK - hand it to the task-run that lives
runs() { task-show "$1" >&4; }

@test "task-retry: who fails again because of another says so again, while the same task-run lives" {
	fussy
	chat=$(chat-new --ids)
	a=$(task-add --ids a) d=$(task-add --ids -c "$chat" -d "$a" d)
	mkfifo given
	{ task-run <given | chat-post >posted; } 3>&- &
	pipe=$!
	exec 4>given
	runs "$a"
	wait_field "$d" '.status, .events, .posted' $'failed\n1\n1'
	task-retry "$a" >/dev/null
	is_field "$d" '.status, .waiting' $'pending\ndependencies'
	runs "$a"
	wait_field "$d" '.status, .events, .posted' $'failed\n2\n2'
	wait_until 0 kill -0 "$pipe"
	exec 4>&-
	await_exit "$pipe"
	said "$d" >words
	sort -u words >kinds
	assert_equal "$(wc -l <words) $(wc -l <kinds)" '2 1'
	assert_equal "$(<kinds)" "Task ${d:0:8} failed: dependency ${a:0:8} failed: no go"
}

@test "task-retry: a subtask that waits for its retry and is cancelled says so to the same task-run" {
	worker torn 'read -r line; case $line in *one*) exit 75;; *) exit 1;; esac'
	id=$(printf '{"instruction":"do\\n- one\\n- two"}\n' | task-add --ids)
	pipeline
	sub=$(task-list | jq -r 'select(.instruction == "one").id')
	is_field "$sub" '.status, .attempt, .error.code' $'cancelled\n1\nparent_ended'
	assert_equal "$(task-list | jq -r 'select(.chat_id and .events != .posted).id')" ''
	assert_equal "$(said "$sub" | grep -c "^Task ${sub:0:8} cancelled: a sibling failed")" 1
}

@test "task-retry: a task-watch that waits hands it out" {
	fussy
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	task-watch >handed 3>&- &
	watcher=$!
	wait_until 30 compgen -G "$LEGWORK_STORE/watch/tasks/*" >/dev/null
	task-retry "$id" >/dev/null
	wait_until 30 has_lines handed 1
	assert_equal "$(jq -r .id handed)" "$id"
	kill "$watcher"
	await_stopped "$watcher"
}

@test "task-retry: no operand is misuse (64)" {
	run -64 task-retry
}
