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

@test "chat-list: --limit and --newest" {
	for title in c a b; do chat-new -u ada --title $title >/dev/null; done
	chat-new -u bob --title d >/dev/null
	assert_equal "$(chat-list -n 2 --jq .title | paste -sd,)" c,a
	assert_equal "$(chat-list --limit 0)" ''
	assert_equal "$(chat-list --newest --jq .title | paste -sd,)" d,b,a,c
	assert_equal "$(chat-list --newest -n 1 -u ada --jq .title)" b
	run -64 chat-list -n x
}

@test "chat-list: --format text counts the events" {
	chat=$(LEGWORK_NOW=2026-11-20T00:00:00Z chat-new --ids -u ada --title 'The garden')
	seq 1 12 | chat-post "$chat" >/dev/null
	LEGWORK_NOW=2099-01-01T00:00:00Z run -0 chat-list --format text
	assert_output "ID        AGE  EVENTS  OWNER  TITLE
${chat:0:8}  72y      12  ada    The garden"
	run -0 chat-list --format tsv
	assert_output "$chat"$'\t'"$(chat-list --jq .created_at)"$'\t12\tada\tThe garden'
}

@test "chat-list: on a terminal it is a table, and no line is wider" {
	chat-new -u "$(printf 'u%.0s' {1..100})" --title "$(printf '中%.0s' {1..50})" >/dev/null
	chat-new --title "$(printf '中%.0s' {1..50})" >/dev/null
	on_terminal 60 chat-list
	assert_equal "${#lines[@]}" 3
	assert_fits 60
}

@test "chat-list: --null, and what excludes each other (64)" {
	chat-new --title one >/dev/null
	chat-new --title two >/dev/null
	assert_equal "$(chat-list --jq .title --null | xargs -0)" 'one two'
	run -64 chat-list --ids --jq .
	run -64 chat-list --null --format tsv
}
