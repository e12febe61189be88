# What was exported is imported.

load test_helper
load records

# A store with all kinds of records.
arrange() {
	worker quick 'echo done' --skill speed
	chat=$(chat-new --ids --title garden --member bob)
	seq 1 5 | chat-post "$chat" >/dev/null
	chat-watch "$chat" --cursor me --since 0 --count 2 | task-draft | task-add >/dev/null
	task-add -c "$chat" --key k -p high -- $'- a\n- b' >/dev/null
	task-watch --drain | task-plan | task-split | task-run | chat-post >/dev/null
	after=$(task-add --ids waits)
	task-add -d "$after" dependent >/dev/null
}

elsewhere() { export LEGWORK_STORE=$BATS_TEST_TMPDIR/store.other; }

@test "store-load: brings back all that store-dump has written" {
	arrange
	store-dump >dump
	tasks=$(task-list) chats=$(chat-list) agents=$(agent-list) events=$(chat-show "$chat")
	elsewhere
	run -0 --separate-stderr store-load <dump
	assert_equal "$output$stderr" ''
	assert_equal "$(task-list)" "$tasks"
	assert_equal "$(chat-list)" "$chats"
	assert_equal "$(agent-list)" "$agents"
	assert_equal "$(chat-show "$chat")" "$events"
	store-dump | cmp - dump
	run -0 store-check
	assert_jq '.[0] | .journal == "ok" and .index == "ok"'
}

@test "store-load: what was loaded goes on: keys, cursors, seqs, dependencies" {
	arrange
	last=$(chat-show "$chat" | wc -l)
	store-dump >dump
	elsewhere
	store-load <dump
	assert_equal "$(task-add --key k other | jq .duplicate)" true
	assert_equal "$(chat-post "$chat" more | jq .seq)" $((last + 1))
	assert_equal "$(chat-watch "$chat" --cursor me --count 1 | jq .seq)" 3
	task-watch --drain | task-run >/dev/null
	assert_equal "$(task-list | jq -r .status | sort -u)" completed
}

@test "store-load: the same again changes nothing" {
	arrange
	store-dump >dump
	run -0 --separate-stderr store-load <dump
	assert_equal "$stderr" ''
	store-dump | cmp - dump
}

@test "store-load: a record that is there and another one stays, is named, 65; the others are loaded" {
	task-add --ids one >id
	store-dump >dump
	{ echo '{"key":"a","sets":[],"names":[],"value":{"n":1}}'
	jq -c '.value.instruction = "changed"' dump
	echo '{"key":"b","sets":[],"names":[],"value":{"n":2}}'; } >in
	run -65 --separate-stderr store-load <in
	assert_equal "$stderr" "store-load: stdin:2: task/$(<id): the store has another record of that key"
	assert_equal "$(field "$(<id)" .instruction)" one
	assert_equal "$(store-dump | jq -r .key)" "task/$(<id)"$'\na\nb'
}

@test "store-load: what is no record is named, with what was expected (65)" {
	while IFS='|' read -r line why; do
		run -65 --separate-stderr store-load <<<"$line"
		assert_equal "$stderr" "store-load: stdin:1: $why"
	done <<-'END'
		{}|key: want one of 1 to 400 bytes
		{"key":"","value":{},"sets":[],"names":[]}|key: want one of 1 to 400 bytes
		{"key":5,"value":{},"sets":[],"names":[]}|key: want one of 1 to 400 bytes
		{"key":"store","value":{},"sets":[],"names":[]}|key: who a store is, is not loaded
		{"key":"agent/x","value":{"role":"y"},"sets":[],"names":[]}|agent/x: role: want that of the key
		{"key":"task/x","value":{"id":"../x"},"sets":[],"names":[]}|task/x: id: want that of the key
		{"key":"a","sets":[],"names":[]}|value: want an object
		{"key":"a","value":[],"sets":[],"names":[]}|value: want an object
		{"key":"a","value":{},"names":[]}|sets: want an array of names
		{"key":"a","value":{},"sets":[],"names":"x"}|names: want an array of names
		{"key":"a","value":{},"sets":[5],"names":[]}|sets[0]: want a name of at most 400 bytes
	END
	assert_equal "$(store-dump)" ''
}

@test "store-load: rings who waits" {
	task-add one >/dev/null
	store-dump >dump
	elsewhere
	task-watch >out 3>&- &
	wait_until 30 test -d "$LEGWORK_STORE/watch/tasks"
	store-load <dump
	wait_until 30 has_lines out 1
	kill $!
	await_exit $! || true
}

@test "store-load: thousands of records" {
	for i in {1..2000}; do echo "{\"instruction\":\"$i\"}"; done | task-add >/dev/null
	store-dump >dump
	elsewhere
	store-load <dump
	store-dump | cmp - dump
}

@test "store-load: operands are misuse (64)" {
	run -64 store-load x </dev/null
}

@test "store-load: what is no task is in no set of tasks (65)" {
	run -65 --separate-stderr store-load <<<'{"key":"x/1","value":{},"sets":["tasks"],"names":[]}'
	assert_equal "$stderr" 'store-load: stdin:1: sets: tasks holds only keys that begin with task/'
	run -65 store-load <<<'{"key":"x/1","value":{},"sets":["crew.a"],"names":[]}'
	run -0 store-dump
	assert_output ''
}

@test "store-load: a task that waits for an approval which nobody asked for is refused (65)" {
	asking
	store-dump >dump
	for change in 'del(.value.approval)' '.value.approval = {}' '.value.approval.decision = "approved"' \
		'.value.approval.request_id = 7' '.value.approval.question = null'; do
		jq -c --arg id "$id" "select(.key == \"task/\(\$id)\") | $change" dump >bad
		[[ -s bad ]]
		LEGWORK_STORE=$PWD/other run -65 store-load <bad
	done
	LEGWORK_STORE=$PWD/other run -0 store-load <dump
	LEGWORK_STORE=$PWD/other run -0 task-approve "$id"
}
