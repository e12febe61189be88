# A chat is changed.

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

@test "chat-edit: a member becomes a bot or a person, a stranger a member" {
	chat=$(chat-new --user ann --member bob --ids)
	run -0 chat-edit --bot bob --bot weather --person carl "$chat"
	assert_jq '.[0].members == [{user_id: "ann", kind: "person"}, {user_id: "bob", kind: "bot"},
		{user_id: "weather", kind: "bot"}, {user_id: "carl", kind: "person"}]'
	run -0 chat-edit --person bob "$chat"
	assert_jq '.[0].members | length == 4 and .[1] == {user_id: "bob", kind: "person"}'
	run -65 --separate-stderr chat-edit --title new --bot $'a\tb' "$chat"
	assert_equal "$stderr" 'chat-edit: user: a control character in the name'
	run -0 chat-list
	assert_jq '.[0] | (has("title") | not) and (.members | length == 4)'
}

@test "chat-edit: what a bot writes makes no task, unless that is asked for" {
	chat=$(chat-new --user ann --ids)
	chat-edit --bot Weather "$chat" >/dev/null
	chat-post --user weather "$chat" 'it rains' >/dev/null
	run -0 bash -c 'chat-show "$1" | task-draft' . "$chat"
	assert_jq '.[0].skip.reason == "a bot said it"'
	run -0 bash -c 'chat-show "$1" | task-draft --any-author' . "$chat"
	assert_jq '.[0].instruction == "it rains"'
	chat-edit --person weather "$chat" >/dev/null
	run -0 bash -c 'chat-show "$1" | task-draft' . "$chat"
	assert_jq '.[0].instruction == "it rains"'
}

@test "chat-edit: --one-at-a-time and back" {
	chat=$(chat-new --ids)
	run -0 chat-edit --one-at-a-time "$chat"
	assert_jq '.[0].policy == {one_at_a_time: true}'
	run -0 store-dump
	assert_jq 'map(select(.key | startswith("chat/")).sets) == [["chats", "chats.limited"]]'
	run -0 chat-edit --many-at-a-time "$chat"
	assert_jq '.[0] | has("policy") | not'
	run -64 chat-edit --one-at-a-time --many-at-a-time "$chat"
	run -0 chat-new --one-at-a-time
	assert_jq '.[0].policy == {one_at_a_time: true}'
}
