# Chats are listed.

load test_helper
load records

@test "chat-list: prints the chats in the order in which they were made" {
	for title in c a b; do chat-new --title $title; done >made
	run -0 chat-list
	assert_output "$(<made)"
}

@test "chat-list: an empty store has none" {
	run -0 chat-list
	assert_output ''
}

@test "chat-list: --user prints only those that the user owns" {
	chat-new -u ada --title a >/dev/null
	chat-new -u bob --member ada --title b >/dev/null
	assert_equal "$(chat-list --user ada | jq -r .title)" a
	assert_equal "$(chat-list -u nobody)" ''
}

@test "chat-list: a user whose name needs escapes is found" {
	chat-new -u 'a"b\c' --title a >/dev/null
	assert_equal "$(chat-list --user 'a"b\c' | jq -r .title)" a
}

@test "chat-list: --ids prints only the ids" {
	chat-new >/dev/null
	assert_equal "$(chat-list --ids)" "$(chat-list | jq -r .id)"
}

@test "chat-list: a chat that was made for a task is among them" {
	worker quick cat
	agent-run "$(task-add --ids x)" >/dev/null
	assert_equal "$(chat-list --user agent | wc -l)" 1
}

@test "chat-list: operands are misuse (64)" {
	run -64 chat-list x
}
