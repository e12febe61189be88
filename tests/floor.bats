# Chats in which people may not speak while a task runs.

load test_helper
load records

setup() {
	common_setup
	export LEGWORK_USER=ada
	chat=$(chat-new --ids)
	mkfifo gate
	worker w 'echo "$LEGWORK_TASK_ID" >>began; read -r _ <>gate; echo done'
}

# begin [OPTION ...] - sets id to a task of the chat that runs until a line is written to gate, and
# runner to its agent-run
begin() {
	id=$(task-add -c "$chat" --ids "$@" work)
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
}

end() {
	echo >gate
	await_exit $runner
}

@test "floor: people may not speak while a task with --lock runs (75), and may afterwards" {
	begin --lock
	run -75 --separate-stderr chat-post "$chat" hello
	assert_output ''
	assert_equal "$stderr" "chat-post: chat ${chat:0:8}: locked while task ${id:0:8} runs"
	run -0 store-log --audit
	assert_jq --arg c "$chat" --arg t "$id" 'map(select(.kind == "post_refused")) | length == 1 and (.[0] | .chat_id == $c and
		.task_id == $t and .user_id == "ada" and (.reason | test("locked while")))'
	end
	run -0 chat-post "$chat" hello
	assert_equal "$(chat-show "$chat" --jq 'select(.data.text == "hello").seq' | wc -l)" 1
}

@test "floor: before it runs, and where it has no --lock, people may speak" {
	task-add -c "$chat" --lock later >/dev/null
	run -0 chat-post "$chat" hello
	begin
	run -0 chat-post "$chat" hello
	end
}

@test "floor: a task that has not begun can be given the lock, and rid of it" {
	id=$(task-add -c "$chat" --ids work)
	run -0 task-edit --lock "$id"
	assert_jq '.[0].lock == true'
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
	run -75 chat-post "$chat" hello
	end
	: >began
	id=$(task-add -c "$chat" --lock --ids work again)
	run -0 task-edit --unlock "$id"
	assert_jq '.[0].lock == false'
	run -64 --separate-stderr task-edit --lock --unlock "$id"
	assert_equal "${stderr_lines[0]}" 'task-edit: --lock and --unlock: want one of them'
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
	run -0 chat-post "$chat" hello
	end
}

@test "floor: a chat's policy locks it for each of its tasks" {
	run -0 chat-edit --lock "$chat"
	assert_jq '.[0].policy == {lock: true}'
	begin
	run -75 chat-post "$chat" hello
	run -0 chat-post "$(chat-new --ids)" hello
	run -0 chat-edit --unlock "$chat"
	assert_jq '.[0] | has("policy") | not'
	run -0 chat-post "$chat" hello
	end
	run -0 chat-new --lock
	assert_jq '.[0].policy == {lock: true}'
	run -64 chat-edit --lock --unlock "$chat"
}

@test "floor: what tasks and bots say goes through" {
	chat-edit --bot weather "$chat" >/dev/null
	begin --lock
	run -0 chat-post --user weather "$chat" rain
	LEGWORK_TASK_ID=$id run -0 chat-post "$chat" working
	run -0 chat-post <<<'{"type":"status","chat_id":"'"$chat"'","data":{"message":"x"}}'
	end
}

@test "floor: people can stop a task that has locked its chat" {
	begin --lock
	run -75 chat-post "$chat" stop it
	run -0 chat-post "$chat" "/cancel $id enough"
	run -0 bash -c 'chat-show "$1" | task-draft --commands | task-add' . "$chat"
	await_stopped $runner
	assert_equal "$(field "$id" .status)" cancelled
	assert_none_left
	run -0 chat-post "$chat" thanks
}

@test "floor: agent-cancel stops it" {
	begin --lock
	run -0 agent-cancel "$id"
	await_stopped $runner
	run -0 chat-post "$chat" thanks
}

# asking CHAT REQUEST - sets asked to a task of the chat that waits for an approval
asking() {
	asked=$(uuid)
	jq -nc --arg id "$asked" --arg chat "$1" --arg request "$2" '{key: "task/\($id)",
		sets: ["tasks", "status.pending", "approval", "approval.\($chat)", "chat.\($chat)"], names: ["request/\($request)"],
		value: {id: $id, title: "x", instruction: "x", status: "pending", priority: "medium", created_by: "ada",
			chat_id: $chat, user_id: "ada", attempt: 0, posted: 0, revision: 0, waiting: "approval",
			created_at: "2026-11-20T12:00:00.000Z", updated_at: "2026-11-20T12:00:00.000Z",
			approval: {request_id: $request, question: "May I?", tool: "run", asked_at: "2026-11-20T12:00:00.000Z"}}}' |
		store-load
}

@test "floor: what another task of the chat has asked can be answered" {
	begin --lock
	lock=$id
	asking "$chat" r1
	run -0 chat-post "$chat" yes
	assert_equal "$(field "$asked" .approval.decision)" approved
	run -75 chat-post "$chat" yes
	id=$lock
	end
}

@test "floor: ... also by a plain yes, where the chat has rules" {
	begin --lock
	lock=$id
	chat-edit --may post=members --lock "$chat" >/dev/null
	asking "$chat" r1
	run -0 chat-post "$chat" yes
	assert_equal "$(field "$asked" .approval.decision)" approved
	assert_equal "$(store-log --audit --jq 'select(.kind == "post_refused")')" ''
	id=$lock
	end
}

@test "floor: of lines, those are refused and named, and the others are stored (75)" {
	begin --lock
	run -75 --separate-stderr chat-post "$chat" <<<$'one\n/status\ntwo'
	assert_equal "${#stderr_lines[@]}" 2
	assert_equal "${stderr_lines[1]}" "chat-post: stdin:3: chat ${chat:0:8}: locked while task ${id:0:8} runs"
	assert_equal "$(jq -r .data.text <<<"$output")" /status
	run -65 chat-post "$chat" <<<$'one\n\xff'
	end
}

@test "floor: an event that is there already is passed over, not refused" {
	event=$(chat-post "$chat" hello | jq -c 'del(.seq)')
	begin --lock
	run -0 chat-post <<<"$event"
	assert_output ''
	end
}

@test "floor: the task of a dead runner locks nothing" {
	begin --lock
	kill -KILL $runner
	await_exit $runner || [[ $? = 137 ]]
	run -0 chat-post "$chat" hello
	keep_fifos=1
	bash -c 'task-watch --drain | task-run >/dev/null' 3>&- &
	runner=$!
	wait_until 30 has_lines began 2
	run -75 chat-post "$chat" hello
	end
}

@test "floor: subtasks have the lock of what was split" {
	id=$(task-add -c "$chat" --lock --ids both)
	jq -nc --arg id "$id" '{task_id: $id, decision: {needs_subtasks: true}, plan: {subtasks: [
		{title: "a", description: "a"}, {title: "b", description: "b"}]}}' | task-split >/dev/null
	id=$(task-list --jq 'select(.parent_id) | .id' | head -n 1)
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
	run -75 chat-post "$chat" hello
	end
}

@test "floor: the request of another chat lets nobody speak" {
	other=$(chat-new --ids)
	asking "$other" r2
	begin --lock
	run -75 --separate-stderr chat-post --reply-to r2 "$chat" chatter
	assert_equal "$stderr" "chat-post: chat ${chat:0:8}: locked while task ${id:0:8} runs"
	run -0 chat-post --reply-to r2 "$other" no
	end
}
