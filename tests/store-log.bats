load test_helper

@test "store-log: prints every transaction, with its revision, writer and changes" {
	task-add one >/dev/null
	chat-new >/dev/null
	store-log >log
	run -0 jq -r '.by | split("[")[0]' log
	assert_output $'task-add\ntask-add\nchat-new'
	run -0 jq -es 'map(.rev) == [1, 2, 3]' log
	run -0 jq -r '.set[0].value.instruction' <(sed -n 2p log)
	assert_output one
}

@test "store-log: --since prints only what came after a revision" {
	task-add one >/dev/null
	task-add two >/dev/null
	run -0 store-log --since 2
	[ "${#lines[@]}" = 1 ]
	run -0 jq -r '.set[0].value.instruction' <<<"$output"
	assert_output two
}

@test "store-log: --follow goes on with new ones, also through a compaction" {
	task-add one >/dev/null
	store-log --follow >log 3>&- &
	follower=$!
	wait_until 5 test -s log
	task-add two >/dev/null
	wait_until 5 grep -q two log
	store-compact >/dev/null
	task-add three >/dev/null
	wait_until 5 grep -q three log
	kill "$follower"
	await_exit "$follower" || [ $? = 143 ]
	[ "$(grep -c '"instruction":"two"' log)" = 1 ]
}

@test "store-log: takes no operands (64)" {
	run -64 store-log x
}
