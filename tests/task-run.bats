# Agents do tasks, and their events come out.

load test_helper
load records

# feed TASK ... - their lines
feed() { task-show "$@"; }

@test "task-run: does the tasks on its stdin and prints their events" {
	worker upper 'tr a-z A-Z'
	task-add --ids <<<'{"instruction":"one"}
{"instruction":"two"}' >ids
	mapfile -t ids <ids
	feed "${ids[@]}" >tasks
	run -0 --separate-stderr task-run <tasks
	assert_equal "$stderr" ''
	assert_jq 'group_by(.data.task_id) | length == 2 and all(map(.n) == [1, 2, 3, 4])'
	assert_equal "$(task-list | jq -r '.status + " " + .response')" $'completed ONE\ncompleted TWO'
}

@test "task-run: prints an event as soon as there is one" {
	mkfifo gate
	worker slow 'echo "{\"type\":\"status\",\"data\":{\"message\":\"half way\"}}"; read -r _ <gate'
	feed "$(task-add --ids x)" | task-run >events 3>&- &
	wait_until 30 grep -q 'half way' events
	echo go >gate
	await_exit $!
	assert_equal "$(wc -l <events)" 4
}

@test "task-run: one task at a time unless told" {
	worker counter 'mkdir "run.$LEGWORK_TASK_ID"; ls -d run.* | wc -l; rmdir "run.$LEGWORK_TASK_ID"'
	for i in {1..5}; do task-add "$i"; done >tasks
	task-run <tasks >/dev/null
	assert_equal "$(task-list | jq -r .response | sort -u)" 1
}

@test "task-run: -j does so many at once, and never more" {
	# each waits until another one has come, and counts who is there
	worker meeter 'touch "come.$LEGWORK_TASK_ID" "here.$LEGWORK_TASK_ID"
		for i in {1..1500}; do
			set -- come.*; (($# > 1)) && break
			read -rt 0.02 _ <> <(:)
		done
		(($# > 1)) || exit 1
		set -- here.*; echo $#
		rm "here.$LEGWORK_TASK_ID"'
	for i in {1..6}; do task-add "$i"; done >tasks
	task-run -j 2 <tasks >/dev/null
	run -0 task-list
	assert_jq 'all(.status == "completed") and (map(.response | tonumber) | max <= 2)'
}

@test "task-run: reads a line only when it has a free slot" {
	mkfifo gate tasks
	worker slow 'echo >>started; read -r _ <gate'
	task-run <tasks >/dev/null 3>&- &
	exec 5>tasks
	feed "$(task-add --ids one)" >&5
	wait_until 30 has_lines started 1
	{ feed "$(task-add --ids two)"; head -c 200000 /dev/zero | tr '\0' ' '; } >&5 3>&- &
	writer=$!
	run ! await_exit "$writer" 1
	exec 5>&-
	echo go >gate
	wait_until 30 has_lines started 2
	echo go >gate
	await_all "$writer"
	wait_until 30 no_process_left
}

@test "task-run: a line whose task was claimed or has finished is skipped silently" {
	worker echo 'echo x >>runs'
	feed "$(task-add --ids one)" >tasks
	task-run <tasks | chat-post >/dev/null
	run -0 --separate-stderr task-run <tasks
	assert_output ''
	assert_equal "$stderr" ''
	assert_equal "$(wc -l <runs)" 1
}

@test "task-run: its own bad lines are named, the good ones done (65)" {
	worker echo cat
	{
		task-add one
		printf '%s\n' '{"id":"abc"}' '{}' nonsense
		task-add two
	} >tasks
	run -65 --separate-stderr task-run <tasks
	assert_equal "$stderr" 'task-run: stdin:2: id: want a task id
task-run: stdin:3: id: want a task id
task-run: stdin:4: byte 1: not a JSON value'
	assert_equal "$(task-list --status completed --count)" 2
}

@test "task-run: the id of no task is named (65), the others are done" {
	worker echo cat
	{ echo '{"id":"deadbeef-0000-4000-8000-000000000000"}'; task-add one; } >tasks
	run -65 --separate-stderr task-run <tasks
	assert_regex "$stderr" 'deadbeef-0000-4000-8000-000000000000: no such task'
	assert_equal "$(task-list --status completed --count)" 1
}

@test "task-run: the decision on a line is kept with its task" {
	worker echo cat
	task-add one | task-plan | task-run >/dev/null
	assert_equal "$(task-list | jq -r .decision.reasoning)" 'the instruction holds no list'
}

@test "task-run: a failed task is no failure of task-run" {
	worker bad 'exit 3'
	task-add one >tasks
	run -0 task-run <tasks
	assert_jq '.[-1].type == "error"'
}

@test "task-run: events go to the chat once, in order, and the task knows how many" {
	worker talker 'for i in 1 2 3; do echo "{\"type\":\"thought\",\"data\":{\"text\":\"$i\"}}"; done; echo done'
	chat=$(chat-new --ids)
	task-add -c "$chat" one | task-run | chat-post >/dev/null
	run -0 chat-show "$chat"
	assert_jq 'map(.seq) == [range(1; 8)] and map(.n) == [range(1; 8)]'
	run -0 task-list
	assert_jq '.[0] | .events == 7 and .posted == 7'
}

@test "task-run: what another task-run had no time to print is printed" {
	worker quick 'echo done'
	chat=$(chat-new --ids)
	agent-run "$(task-add --ids -c "$chat" one)" >/dev/null
	task-run </dev/null | chat-post >/dev/null
	run -0 chat-show "$chat"
	assert_jq 'map(.n) == [1, 2, 3, 4] and .[2].data.text == "done"'
	run -0 task-run </dev/null
	assert_output ''
}

@test "task-run: goes on behind what is posted" {
	worker quick 'echo done'
	chat=$(chat-new --ids)
	agent-run "$(task-add --ids -c "$chat" one)" | head -n 2 | chat-post >/dev/null
	run -0 task-run </dev/null
	assert_jq 'map(.n) == [3, 4]'
}

@test "task-run: does not print again what a living one will" {
	mkfifo gate
	worker slow 'echo "{\"type\":\"status\",\"data\":{\"message\":\"half way\"}}"; read -r _ <gate'
	task-add one >tasks
	task-run <tasks >events 3>&- &
	wait_until 30 grep -q 'half way' events
	run -0 task-run </dev/null
	assert_output ''
	echo go >gate
	await_exit $!
}

@test "task-run: killed, another one prints the rest and nothing twice" {
	mkfifo gate
	worker slow 'echo "{\"type\":\"status\",\"data\":{\"message\":\"half way\"}}"; read -r _ <gate; echo done'
	chat=$(chat-new --ids)
	task-add -c "$chat" one >tasks
	task-run <tasks >first 3>&- &
	wait_until 30 grep -q 'half way' first
	chat-post <first >/dev/null
	kill -KILL $!
	wait_until 30 has_ended $!
	keep_fifos=1
	task-run </dev/null >second 3>&- &
	echo go >gate # the agent lives on, or another attempt is made
	await_exit $!
	chat-post <second >/dev/null
	assert_equal "$(chat-show "$chat" | jq -c .n | paste -sd,)" 1,2,3,4,5
	assert_equal "$(task-list | jq -r .status)" completed
}

@test "task-run: on TERM takes no more, and lets what runs finish within --grace" {
	mkfifo gate
	worker slow 'echo >>started; read -r _ <gate; echo done'
	{ task-add one; task-add two; } >tasks
	task-run --grace 60 <tasks >/dev/null 3>&- &
	pid=$!
	wait_until 30 has_lines started 1
	kill -TERM $pid
	echo go >gate
	status=0
	await_exit $pid || status=$?
	assert_equal "$status" 143
	assert_equal "$(task-list | jq -r .status)" $'completed\npending'
}

@test "task-run: when --grace is over its tasks go back, uncounted, and nothing is left" {
	worker slow 'echo >>started; setsid sleep 61 & sleep 62'
	{ task-add one; task-add two; task-add three; } >tasks
	task-run -j 2 --grace 200ms <tasks >/dev/null 3>&- &
	pid=$!
	wait_until 30 has_lines started 2
	kill -TERM $pid
	status=0
	await_exit $pid || status=$?
	assert_equal "$status" 143
	assert_none_left
	assert_equal "$(task-list | jq -r '"\(.status) \(.attempt) \(.lease)"' | sort -u)" 'pending 0 null'
}

@test "task-run: a second TERM ends the patience" {
	worker slow 'echo >>started; sleep 62'
	task-add one >tasks
	task-run --grace 60 <tasks >/dev/null 3>&- &
	pid=$!
	wait_until 30 has_lines started 1
	kill -TERM $pid
	wait_until 30 eval 'kill -TERM $pid; has_ended $pid'
	status=0
	await_exit $pid || status=$?
	assert_equal "$status" 143
	assert_equal "$(task-list | jq -r '"\(.status) \(.attempt)"')" 'pending 0'
}

@test "task-run: its reader is gone: what runs is finished, nothing is begun, 74" {
	mkfifo gate pipe
	worker slow 'echo >>started; read -r _ <gate; echo done'
	{ task-add one; task-add two; } >tasks
	task-run <tasks >pipe 3>&- &
	pid=$!
	exec 5<pipe
	wait_until 30 has_lines started 1
	exec 5<&-
	echo go >gate
	status=0
	await_exit $pid || status=$?
	assert_equal "$status" 74
	assert_equal "$(task-list | jq -r .status)" $'completed\npending'
}

@test "task-run: what nobody read is printed by the next one" {
	mkfifo gate pipe
	worker slow 'echo >>started; read -r _ <gate; echo done'
	task-add one >tasks
	task-run <tasks >pipe 3>&- &
	pid=$!
	exec 5<pipe
	wait_until 30 has_lines started 1
	exec 5<&-
	echo go >gate
	await_exit $pid || true
	run -0 task-run </dev/null
	assert_jq 'map(.n) == [1, 2, 3, 4]'
}

@test "task-run: a full disk under stdout: the work is done, 74" {
	worker quick 'echo done'
	task-add one >tasks
	run -74 --separate-stderr bash -c 'task-run <tasks >/dev/full'
	assert_regex "$stderr" '^task-run: stdout: No space left on device'
	wait_field "$(task-list --ids)" .status completed
}

@test "task-run: a reader that stands still delays no agent" {
	mkfifo pipe
	worker much 'for i in {1..1500}; do echo "{\"type\":\"status\",\"data\":{\"message\":\"$i\"}}"; done'
	for i in 1 2 3; do task-add "$i"; done >tasks
	task-run <tasks >pipe 3>&- &
	exec 5<pipe
	for id in $(task-list --ids); do wait_field "$id" .status completed; done
	assert_equal "$(wc -l <&5)" $((3 * 1503))
	exec 5<&-
	await_exit $!
}

@test "task-run: an agent that writes much does not mix its lines with another's" {
	worker much 'for i in {1..200}; do printf "{\"type\":\"thought\",\"data\":{\"text\":\"%0500d\"}}\n" "$i"; done'
	for i in 1 2 3 4; do task-add "$i"; done >tasks
	task-run -j 4 <tasks >events
	run -0 jq -s 'group_by(.data.task_id) | map(map(.n) == [range(1; 204)]) | all' events
	assert_output true
}

@test "task-run: bad option values are misuse (64)" {
	for option in -j0 -jx --jobs=-1 --jobs=2000 --grace=soon; do
		run -64 task-run "$option" </dev/null
	done
	run -64 task-run operand </dev/null
}

@test "task-run: an empty input is no error" {
	run -0 task-run </dev/null
	assert_output ''
}

@test "task-run: waits for events that come while its own input is open" {
	mkfifo tasks
	worker quick 'echo done'
	task-run <tasks >events 3>&- &
	exec 5>tasks
	task-add one >&5
	wait_until 30 has_lines events 4
	task-add two >&5
	wait_until 30 has_lines events 8
	exec 5>&-
	await_exit $!
}

@test "task-run: the whole pipeline brings a message with a list to its answer" {
	worker upper 'tr a-z A-Z'
	chat=$(chat-new --ids --user ada)
	chat-post --user ada "$chat" $'please:\n1. first\n2. second' >/dev/null
	chat-watch --since 0 --count 1 "$chat" | task-draft | task-add >/dev/null
	task-watch --drain | task-plan | task-split | task-run -j 2 | chat-post >/dev/null
	run -0 task-list
	assert_jq 'length == 3 and all(.status == "completed" and .posted == .events) and
		.[0].response == "## first\n\nFIRST\n\n## second\n\nSECOND" and
		.[2].depends_on == [.[1].id]'
	run -0 chat-show "$chat"
	assert_jq 'map(.seq) == [range(1; length + 1)] and (.[0] | .data | has("task_id") | not) and
		(.[-1].data.message | endswith("completed successfully"))'
}

@test "task-run: what a task has said before it asked is printed, though its task-run is dead" {
	asking
	store-dump | jq -c --arg id "$id" 'if .key == "task/\($id)" then .value.events = 2 | .value.posted = 1 |
		.sets += ["outbox"] | .value.runner = "00000000-0000-4000-8000-000000000000" else . end' >dump
	export LEGWORK_STORE=$PWD/other
	store-load <dump
	for n in 1 2; do
		jq -nc --argjson n "$n" --arg id "$id" --arg chat "$chat" '{at: "2026-11-20T12:00:00.000Z", kind: "event", n: $n,
			event: {id: "00000000-0000-4000-8000-00000000000\($n)", at: "2026-11-20T12:00:00.000Z", type: "status",
				data: {message: "word \($n)", task_id: $id}, user_id: "ada", chat_id: $chat}}'
	done >"$LEGWORK_STORE/logs/agents/$id.log"
	run -0 timeout 10 bash -c 'task-run </dev/null | chat-post --ids'
	run -0 chat-show --jq .data.message "$chat"
	assert_line 'word 2'
	refute_line 'word 1'
	is_field "$id" '[.posted, .waiting] | tojson' '[2,"approval"]'
	run -0 timeout 10 task-run </dev/null
	assert_output ''
	assert_equal "$(store-status --jq .outbox)" 0
}
