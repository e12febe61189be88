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
	chat-edit --may approve=anyone "$chat" >/dev/null
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
	wait_until 30 fifo_is_there
	task-approve "$id" >/dev/null
	wait_until 30 grep -qF "$id" out
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

# --- what the owner of a chat wants to be asked

@test "a chat that approves tasks: each waits before it begins; denied, it is cancelled" {
	export LEGWORK_USER=ada
	worker doer cat
	chat=$(chat-new --ids --approve tasks)
	first=$(LEGWORK_USER=bob task-add --ids -c "$chat" sweep)
	second=$(task-add --ids -c "$chat" -d "$first" dust)
	elsewhere=$(task-add --ids -d "$second" rest)
	run -0 task-watch --drain
	assert_output ''
	run -0 task-why --jq .why "$first" "$elsewhere"
	assert_output "it waits for ada's approval: May this be done: sweep?
it waits for ${second:0:8} (waits for ada's approval: May this be done: dust?)"
	run -0 chat-show --jq '[.type, .user_id, .data.question, .data.task_id] | tojson' "$chat"
	assert_line --index 0 "[\"approval_request\",\"ada\",\"May this be done: sweep?\",\"$first\"]"
	task-approve "$second" >/dev/null
	is_field "$second" .waiting dependencies
	task-approve "$first" >/dev/null
	is_field "$first" '[.waiting, .approval.decision] | tojson' '[null,"approved"]'
	third=$(task-add --ids -c "$chat" -d "$first" burn)
	last=$(task-add --ids -d "$third" cool)
	task-approve --deny "$third" 'not that' >/dev/null
	is_field "$third" '[.status, .error.message] | tojson' '["cancelled","ada has denied it: not that"]'
	is_field "$last" '[.status, .error.category] | tojson' '["failed","dependency"]'
	task-watch --drain | task-run | chat-post >/dev/null
	is_field "$elsewhere" .status completed
	run -0 chat-show --jq '.data.message // empty' "$chat"
	assert_line "Task ${third:0:8} cancelled: ada has denied it: not that"
}

@test "a chat that approves tasks: an edit and a retry ask anew, unless it was approved" {
	export LEGWORK_USER=ada
	chat=$(chat-new --ids --approve tasks)
	id=$(task-add --ids -c "$chat" sweep)
	event=$(chat-show --ids "$chat")
	task-edit --priority high "$id" >/dev/null
	assert_equal "$(chat-show --ids "$chat")" "$event"
	task-edit --instruction burn "$id" >/dev/null
	is_field "$id" '[.waiting, .approval.question] | tojson' '["approval","May this be done: burn?"]'
	jq -nc --arg event "$event" --arg chat "$chat" '{type: "message", chat_id: $chat, data: {text: "yes", reply_to: $event}}' |
		chat-post >/dev/null
	is_field "$id" .waiting approval
	task-edit --depends-on "$(task-add --ids first)" "$id" >/dev/null
	is_field "$id" .waiting approval
	task-approve --deny "$id" >/dev/null
	task-retry "$id" >/dev/null
	is_field "$id" '[.status, .waiting, .approval.decision] | tojson' '["pending","approval",null]'
	task-approve "$id" >/dev/null
	is_field "$id" .waiting dependencies
	chat-edit --approve none "$chat" >/dev/null
	is_field "$(task-add --ids -c "$chat" more)" .waiting null
}

@test "a chat that approves tasks: subtasks of what was approved are not asked about" {
	worker doer cat
	chat=$(chat-new --ids --approve tasks)
	id=$(task-add --ids -c "$chat" $'- one\n- two')
	task-approve "$id" >/dev/null
	task-watch --drain | task-plan | task-split | task-run | chat-post >/dev/null
	is_field "$id" .status completed
	assert_equal "$(chat-show --jq 'select(.type == "approval_request") | .seq' "$chat" | wc -l)" 1
}

# planned - sets id to a task of ada's in chat, which approves agents; it was split, and children are
# its subtasks: one that creates an auditor, and one for it
planned() {
	export LEGWORK_USER=ada
	worker doer cat
	chat=$(chat-new --ids --approve agents)
	id=$(task-add --ids -c "$chat" 'make it safe')
	jq -nc --arg id "$id" '{task_id: $id, plan: {subtasks: [{title: "audit", priority: "low", assigned_to: "auditor"}],
		agent_creations: [{role: "auditor", skills: ["care"], description: "You look.", justification: "Nobody does."}]}}' |
		task-split --print >out
	mapfile -t children < <(jq -r .id out)
}

pipeline() { task-watch --drain | task-run | chat-post >/dev/null; }

@test "a chat that approves agents: one is proposed until its owner says yes" {
	planned
	pipeline
	question='May the agent auditor join the crew? It is good at: care. Nobody does.'
	run -0 agent-list
	assert_jq '.[1] | .role == "auditor" and .status == "proposed" and (.system_prompt | startswith("You look."))'
	run -0 agent-list --format text
	assert_output --partial 'auditor (proposed)'
	run -0 task-why --jq .why "${children[@]}"
	assert_output "it waits for ada's approval: $question
it waits for ${children[0]:0:8} (creates the agent auditor; waits for ada's approval: $question)"
	run -0 chat-show --jq 'select(.type == "approval_request") | [.user_id, .data.question, .data.task_id] | tojson' "$chat"
	assert_output "[\"ada\",\"$question\",\"${children[0]}\"]"
	run -0 task-approve "${children[0]}"
	assert_jq '.[0] | .status == "completed" and .response == "The agent auditor is there."'
	assert_equal "$(agent-list --jq .status | paste -sd,)" active,active
	assert_equal "$(task-list --ready --ids)" "${children[1]}"
	agent-add auditor -- cat >/dev/null
	pipeline
	is_field "$id" '[.status, .response] | tojson' '["completed","## Create Auditor Agent\n\nThe agent auditor is there.\n\n## audit\n\naudit"]'
	run -0 chat-show --jq '.data.message // .data.text // empty' "$chat"
	assert_line "Task ${children[0]:0:8} completed successfully"
}

@test "a chat that approves agents: no fails the creation, what waits for it, and the parent" {
	planned
	pipeline
	event=$(chat-show --jq 'select(.type == "approval_request") | .id' "$chat")
	jq -nc --arg event "$event" --arg chat "$chat" '{type: "message", chat_id: $chat, data: {text: "no: too dear", reply_to: $event}}' |
		chat-post >/dev/null
	is_field "${children[0]}" '[.status, .error.category, .error.message] | tojson' '["failed","permission","ada has denied it: too dear"]'
	is_field "${children[1]}" '[.status, .error.category] | tojson' '["failed","dependency"]'
	is_field "$id" .status failed
	assert_equal "$(agent-list --ids)" doer
	task-retry "${children[0]}" >/dev/null
	pipeline
	is_field "${children[0]}" '[.waiting, .approval.decision] | tojson' '["approval",null]'
	assert_equal "$(agent-list --ids | paste -sd,)" doer,auditor
}

@test "a chat that approves agents: one that a person has added meanwhile stays; one that is gone is not approved" {
	planned
	pipeline
	agent-add auditor -- cat >/dev/null
	task-approve --deny "${children[0]}" >/dev/null
	assert_equal "$(agent-list --ids | paste -sd,)" doer,auditor
	agent-rm auditor >/dev/null
	task-retry "${children[0]}" >/dev/null
	pipeline
	agent-rm auditor >/dev/null
	run -65 --separate-stderr task-approve "${children[0]}"
	assert_equal "$stderr" "task-approve: task ${children[0]:0:8}: the agent that it made is gone: deny it"
	is_field "${children[0]}" .waiting approval
	task-approve --deny "${children[0]}" >/dev/null
	is_field "${children[0]}" .status failed
}

@test "a chat that approves tasks: what was allowed and is changed then, is asked about anew" {
	export LEGWORK_USER=ada
	worker doer 'jq -r .instruction; exit 1'
	chat=$(chat-new --ids --approve tasks)
	id=$(LEGWORK_USER=bob task-add --ids -c "$chat" sweep)
	task-approve "$id" >/dev/null
	LEGWORK_USER=bob task-edit --priority high "$id" >/dev/null
	is_field "$id" '[.waiting, .approval.decision] | tojson' '[null,"approved"]'
	LEGWORK_USER=bob task-edit --instruction 'sell the house' "$id" >/dev/null
	is_field "$id" '[.waiting, .approval.decision] | tojson' '["approval",null]'
	task-approve "$id" >/dev/null
	agent-run "$id" >/dev/null || true
	is_field "$id" .status failed
	LEGWORK_USER=bob task-edit --instruction 'sell the car' "$id" >/dev/null
	task-retry "$id" >/dev/null
	is_field "$id" '[.waiting, .approval.decision] | tojson' '["approval",null]'
	store-check
}
