# A tool that says something in the chat of a task.

load test_helper
load records

call() { tool-post-message <<<"$1"; } # ARGUMENTS

@test "tool-post-message: declares itself" {
	run -0 tool-post-message --schema
	run -0 jq -c '[.name, .idempotent, .parameters.required]' <<<"$output"
	assert_output '["post_message",false,["text"]]'
	assert_not_exist "$LEGWORK_STORE"
}

@test "tool-post-message: posts a message that is the agent's, whoever's chat it is" {
	chat=$(chat-new --user ann --ids)
	task=$(task-add --ids --chat "$chat" x)
	export LEGWORK_CHAT_ID=$chat LEGWORK_TASK_ID=$task LEGWORK_USER=ann LEGWORK_RUN=the-lease
	run -0 call '{"text":"half done"}'
	assert_output posted
	run -0 chat-show --format json "$chat"
	assert_jq --arg c "$chat" --arg t "$task" 'length == 1 and (.[0] |
		.type == "message" and .data == {text: "half done", task_id: $t} and .chat_id == $c and
		.user_id == "ann" and .session_id == "the-lease" and .seq == 1)'
	store-check
}

@test "tool-post-message: without a chat it says which variable is missing (78)" {
	run -78 --separate-stderr call '{"text":"x"}'
	assert_equal "$stderr" 'tool-post-message: LEGWORK_CHAT_ID names no chat to say it in'
	LEGWORK_CHAT_ID=deadbeef run -66 --separate-stderr call '{"text":"x"}'
	assert_equal "$stderr" 'tool-post-message: chat deadbeef: no such chat'
}

@test "tool-post-message: a text that is none is told in one line (65)" {
	LEGWORK_CHAT_ID=$(chat-new --ids)
	export LEGWORK_CHAT_ID
	run -65 --separate-stderr call '{}'
	assert_equal "$stderr" 'tool-post-message: text: is missing'
	run -65 --separate-stderr call '{"text":""}'
	assert_equal "$stderr" 'tool-post-message: event: the text is empty'
	run -65 --separate-stderr call '{"text":"x","chat":"y"}'
	assert_equal "$stderr" 'tool-post-message: chat: there is no such argument; there are: text'
	run -0 chat-show --format json "$LEGWORK_CHAT_ID"
	assert_output ''
}

@test "tool-post-message: a store of somebody else is refused (77)" {
	mkdir -m 0777 open
	chmod 0777 open
	LEGWORK_CHAT_ID=abcdef LEGWORK_STORE=$PWD/open run -77 --separate-stderr call '{"text":"x"}'
	assert_regex "$stderr" '^tool-post-message: .*/open: others may write to it'
}
