# A task asks, a person decides.

load test_helper
load records

@test "task-approve: lets a task go on, and says so in its chat" {
	asking
	run -0 --separate-stderr task-approve "$id"
	assert_equal "$stderr" ''
	assert_jq --arg id "$id" '.[0] | .id == $id and .status == "pending" and (has("waiting") | not) and
		(.approval | .decision == "approved" and .by == "ada" and .request_id == "r1" and has("at"))'
	assert_equal "$(task-list --ready --ids)" "$id"
	run -0 chat-show --jq 'select(.type == "status") | [.user_id, .data.message, .data.request_id, .data.task_id] | tojson' "$chat"
	assert_output '["ada","ada approved: May I?","r1",null]'
}

@test "task-approve: --deny says no, with a reason" {
	asking
	LEGWORK_USER=bob run -0 task-approve --deny "${id:0:8}" 'not today'
	assert_jq '.[0].approval | .decision == "denied" and .by == "bob" and .reason == "not today"'
	assert_equal "$(task-list --ready --ids)" "$id"
	run -0 chat-show --jq 'select(.type == "status") | .data.message' "$chat"
	assert_output 'bob denied: May I?: not today'
}

@test "task-approve: rings who waits for ready tasks" {
	asking
	task-watch >out 3>&- &
	pid=$!
	wait_until 5 fifo_is_there
	task-approve "$id" >/dev/null
	wait_until 5 grep -qF "$id" out
	kill -TERM "$pid"
	await_exit "$pid" || true
}

fifo_is_there() { compgen -G "$LEGWORK_STORE/watch/tasks/*" >/dev/null; }

@test "task-approve: a request is decided once (65)" {
	asking
	task-approve "$id" >/dev/null
	run -65 --separate-stderr task-approve --deny "$id"
	assert_equal "$stderr" "task-approve: task ${id:0:8}: was approved by ada already"
	run -0 chat-show --jq 'select(.type == "status") | .data.message' "$chat"
	assert_output 'ada approved: May I?'
}

@test "task-approve: there is nothing to decide where nothing is asked (65), or no such task (66)" {
	id=$(task-add --ids x)
	run -65 --separate-stderr task-approve "$id"
	assert_equal "$stderr" "task-approve: task ${id:0:8}: waits for no approval"
	run -66 task-approve ffffffff
	asking
	task-rm "$id" >/dev/null
	run -66 task-approve "$id"
}

@test "task-approve: an agent approves nothing (77)" {
	asking
	LEGWORK_TASK_ID=$id run -77 --separate-stderr task-approve "$id"
	assert_equal "$stderr" 'task-approve: LEGWORK_TASK_ID is set: an agent approves nothing'
	is_field "$id" .waiting approval
}

@test "task-approve: wants one task, and at most one reason (64)" {
	run -64 task-approve
	run -64 task-approve ffffffff it is late
}

@test "task-approve: a chat that is gone takes no decision away" {
	asking
	chat-rm "$chat" >/dev/null || chat-rm --force "$chat" >/dev/null
	run -0 task-approve "$id"
	assert_equal "$(task-list --ready --ids)" "$id"
}

@test "task-approve: on a journal that now and then says AGAIN it decides once" {
	for i in 1 2 3 4 5 6; do
		asking
		LEGWORK_JOURNAL=again:$i task-approve "$id" >/dev/null
		is_field "$id" .approval.decision approved
		assert_equal "$(chat-show --jq 'select(.type == "status") | .seq' "$chat" | wc -l)" 1
	done
}

@test "who asks is neither handed out nor waited for, and is seen" {
	asking
	run -0 timeout 10 task-watch --drain
	assert_output ''
	assert_equal "$(task-list --ready --count)" 0
	run -0 task-list --format tsv
	assert_output --regexp $'^[0-9a-f-]{36}\tpending:approval\t'
	run -0 task-why --jq .why "$id"
	assert_output "it waits for ada's approval: May I?"
	run -0 task-show --format text "$id"
	assert_output --regexp "status +waiting: it waits for ada's approval: May I?"
	run -0 store-status --jq '[.pending.approval, .pending.waiting, .asking[0].why] | tojson'
	assert_output "[1,0,\"it waits for ada's approval: May I?\"]"
	run -0 store-status --format text
	assert_line 'Waiting for approval'
	task-approve "$id" 'but once' >/dev/null
	run -0 task-show --format text "$id"
	assert_output --regexp 'approval +approved by ada: May I\?: but once'
}

@test "who asks can be edited, which takes the question back; retried, it asks on" {
	asking
	task-retry "$id" >/dev/null
	is_field "$id" .waiting approval
	task-edit --priority high "$id" >/dev/null
	is_field "$id" .waiting approval
	task-edit --instruction 'something else' "$id" >/dev/null
	is_field "$id" '[.waiting, .approval] | tojson' '[null,null]'
	run -65 task-approve "$id"
}
