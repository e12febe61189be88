# Chat messages become specs of tasks.

load test_helper
load records

message='{"id":"11111111-2222-4333-8444-555555555555","seq":3,"at":"2026-01-02T03:04:05.678Z","type":"message","data":{"text":"do it"},"user_id":"ada","chat_id":"c1"}'

@test "task-draft: text becomes the instruction; id, place and person are carried over" {
	run -0 --separate-stderr task-draft <<<"$message"
	assert_equal "$stderr" ''
	assert_jq '. == [{instruction: "do it", chat_id: "c1", created_by: "ada",
		key: "message:11111111-2222-4333-8444-555555555555",
		source: {message_id: "11111111-2222-4333-8444-555555555555", seq: 3, chat_id: "c1"}}]'
}

@test "task-draft: metadata is carried over" {
	run -0 task-draft < <(jq -c '.data.metadata = {a: 1, b: ["x"]}' <<<"$message")
	assert_jq '.[0].metadata == {a: 1, b: ["x"]}'
}

@test "task-draft: the name of a cursor is carried over" {
	run -0 task-draft < <(jq -c '.cursor = "me"' <<<"$message")
	assert_jq '.[0].source.cursor == "me"'
}

@test "task-draft: space around the text is cut off, lines in it stay" {
	run -0 task-draft < <(jq -c '.data.text = "\n  one\n- two \n\n"' <<<"$message")
	assert_jq '.[0].instruction == "one\n- two"'
}

@test "task-draft: what is no person's message passes as a skip line, with its cursor" {
	while IFS='|' read -r change why; do
		run -0 task-draft < <(jq -c ".cursor = \"me\" | $change" <<<"$message")
		assert_jq --arg why "$why" 'length == 1 and (.[0] | keys == ["skip"] and .skip.reason == $why and
			.skip.cursor == "me" and .skip.seq == 3 and .skip.chat_id == "c1")'
	done <<-'END'
		.type = "status"|no message
		.type = "error"|no message
		del(.type)|no message
		.data.task_id = "t"|a task said it
		.data.text = ""|no text
		.data.text = " \n\t"|no text
		del(.data.text)|no text
		.data.text = 5|no text
		.data = "text"|no text
	END
}

@test "task-draft: an answer of a task is never drafted again" {
	worker echo 'cat'
	chat=$(chat-new --ids)
	task-add -c "$chat" hello | task-run | chat-post >/dev/null
	run -0 task-draft < <(chat-show "$chat")
	assert_jq 'length == 4 and all(has("skip"))'
}

@test "task-draft: one line for each line, in their order" {
	for i in 1 2 3; do jq -c --argjson i $i '.seq = $i' <<<"$message"; done >in
	jq -c '.seq = 4 | .type = "status"' <<<"$message" >>in
	run -0 task-draft <in
	assert_jq 'map((.source // .skip).seq) == [1, 2, 3, 4]'
}

@test "task-draft: needs no store" {
	LEGWORK_STORE=/dev/null/none run -0 task-draft <<<"$message"
	assert_jq 'length == 1'
}

@test "task-draft: answers at once, and goes when its reader is gone" {
	mkfifo in out
	task-draft <in >out 3>&- &
	pid=$!
	exec 5>in 6<out
	echo "$message" >&5
	read -rt 10 line <&6
	exec 6<&-
	wait_until 5 has_ended $pid
	exec 5>&-
}

@test "task-draft: a message that was drafted becomes a task of its chat and person" {
	chat=$(chat-new --ids)
	chat-post --user ada "$chat" 'do it' >/dev/null
	run -0 bash -c 'chat-show "$0" | task-draft | task-add' "$chat"
	assert_jq --arg chat "$chat" '.[0] | .chat_id == $chat and .created_by == "ada" and
		.instruction == "do it" and .source.seq == 1'
}

@test "task-draft: takes no operands (64)" {
	run -64 task-draft x </dev/null
}
