# A chat gets another title.

load test_helper
load records

@test "chat-edit: changes a title, and prints the chat" {
	chat=$(chat-new --title one --user ann --member bob --ids)
	run -0 chat-edit --title two "${chat:0:8}"
	assert_jq --arg id "$chat" '.[0] | .id == $id and .title == "two" and .user_id == "ann" and (.members | length) == 2'
	assert_output "$(chat-list)"
	run -0 chat-edit --title three --ids "$chat"
	assert_output "$chat"
	store-check
}

@test "chat-edit: an empty title is none" {
	chat=$(chat-new --title one --ids)
	run -0 chat-edit --title '' "$chat"
	assert_jq '.[0] | has("title") | not'
}

@test "chat-edit: an unknown chat is named (66)" {
	run -66 --separate-stderr chat-edit --title x deadbeef
	assert_equal "$stderr" 'chat-edit: chat deadbeef: no such chat'
}

@test "chat-edit: nothing to change, or no chat, is misuse (64)" {
	chat=$(chat-new --ids)
	run -64 --separate-stderr chat-edit "$chat"
	assert_equal "${stderr_lines[0]}" 'chat-edit: nothing to change'
	run -64 chat-edit --title x
	run -64 chat-edit --title x "$chat" "$chat"
}

@test "chat-edit: --approve says what waits for the owner; none clears it" {
	chat=$(chat-new --ids)
	run -0 chat-edit --approve tasks,agents "$chat"
	assert_jq '.[0] | .policy == {approve: ["tasks", "agents"]}'
	run -0 chat-edit --approve none --title x "$chat"
	assert_jq '.[0] | .title == "x" and (has("policy") | not)'
	run -64 --separate-stderr chat-edit --approve people "$chat"
	assert_equal "${stderr_lines[0]}" "chat-edit: --approve: want agents, tasks, agents,tasks or none, got 'people'"
	run -66 chat-edit --approve agents deadbeef
}
