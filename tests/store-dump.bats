# All records are exported.

load test_helper
load records

@test "store-dump: prints each record once, with key, sets, names and value" {
	id=$(task-add --ids --key k one)
	chat=$(chat-new --ids)
	chat-post "$chat" hello >/dev/null
	worker smith cat
	run -0 --separate-stderr store-dump
	assert_equal "$stderr" ''
	assert_jq --arg id "$id" --arg chat "$chat" --argjson task "$(task-show "$id")" '
		map(.key) == ["task/\($id)", "chat/\($chat)", "event/\($chat)/1", "agent/smith"] and
		all(keys == ["key", "names", "sets", "value"]) and .[0].value == $task and
		(.[0].names | index("key/k")) != null and (.[0].sets | index("tasks")) != null'
}

@test "store-dump: of a record that changed the newest version" {
	worker quick cat
	id=$(task-add --ids one)
	agent-run "$id" >/dev/null
	assert_equal "$(store-dump | jq -r 'select(.key | startswith("task/")).value.status')" completed
}

@test "store-dump: what was removed is not in it" {
	worker a cat
	worker b cat
	agent-rm a
	assert_equal "$(store-dump | jq -r .key)" agent/b
}

@test "store-dump: an empty store prints nothing: who it is stays with it" {
	run -0 store-dump
	assert_output ''
	task-add one >/dev/null
	run ! grep -q '"key":"store"' <(store-dump)
}

@test "store-dump: is one state, though writers go on, and holds nobody up" {
	chat=$(chat-new --ids)
	seq 1 2000 | chat-post "$chat" >/dev/null
	mkfifo pipe
	store-dump >pipe 3>&- &
	exec 5<pipe
	read -r _ <&5
	timeout 10 chat-post "$chat" later >/dev/null # its reader stands still meanwhile
	run ! grep -q '"later"' <&5
	exec 5<&-
	await_exit $! || true
}

@test "store-dump: nothing is left in the store's folder" {
	task-add one >/dev/null
	before=$(ls -A "$LEGWORK_STORE")
	store-dump >/dev/null
	assert_equal "$(ls -A "$LEGWORK_STORE")" "$before"
}

@test "store-dump: operands are misuse (64)" {
	run -64 store-dump x
}
