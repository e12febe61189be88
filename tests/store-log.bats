load test_helper
load records

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
	wait_until 30 test -s log
	task-add two >/dev/null
	wait_until 30 grep -q two log
	store-compact >/dev/null
	task-add three >/dev/null
	wait_until 30 grep -q three log
	kill "$follower"
	await_stopped "$follower"
	[ "$(grep -c '"instruction":"two"' log)" = 1 ]
}

@test "store-log: takes no operands (64)" {
	run -64 store-log x
}

@test "store-log: --format text is a table of who changed what" {
	id=$(task-add --ids one)
	run -0 store-log --format text
	[[ ${lines[0]} =~ ^REVISION\ +TIME\ +BY\ +CHANGES$ ]]
	[[ ${lines[2]} =~ ^\ +2\ +[0-9-]{10}\ [0-9:]{8}\ +task-add.*task/$id ]]
	run -0 store-log --format tsv --since 1
	assert_equal "$(cut -f 1 <<<"$output")" 2
	assert_regex "$(cut -f 2 <<<"$output")" 'Z$'
	run -0 env COLUMNS=60 store-log --format text
	[ "$(wc -L <<<"$output")" -le 60 ]
}

@test "store-log: --jq, also as they happen; where it fails that is the end (65)" {
	task-add one >/dev/null
	run -0 store-log --jq .rev
	assert_output $'1\n2'
	assert_equal "$(store-log --jq .rev --null | xargs -0)" '1 2'
	store-log --follow --jq 'if .rev == 4 then error("four") else .rev end' >log 2>err 3>&- &
	follower=$!
	wait_until 30 test -s log
	task-add two >/dev/null
	wait_until 30 grep -q 3 log
	task-add three >/dev/null
	status=0
	await_exit "$follower" || status=$?
	assert_equal "$status" 65
	assert_equal "$(cat log err)" $'1\n2\n3\nstore-log: --jq: four'
	run -64 store-log --jq . --format json
}

@test "store-log --audit: each attempt at a task of a chat, once, and what is left of it after a compaction" {
	worker fails '[[ -e ok ]] && echo 1 || { touch ok; exit 75; }'
	chat=$(chat-new --user ann --ids)
	id=$(LEGWORK_USER=bob task-add --agent fails --chat "$chat" --retry-delay 0.1 --ids 'try hard')
	other=$(task-add --agent fails --ids 'try again')
	legwork run --once >/dev/null 2>&1
	run -0 store-log --audit
	assert_jq --arg id "$id" --arg chat "$chat" 'map(select(.task_id == $id) | del(.at, .revision)) ==
		[(1, 2) | {kind: "task_run", task_id: $id, chat_id: $chat, user_id: "ann", created_by: "bob", agent: "fails",
			title: "try hard", attempt: .}]'
	assert_jq --arg id "$other" 'map(select(.task_id == $id) | .user_id) == ["agent"]'
	assert_jq 'length == 3 and all(.at and .revision)'
	middle=$(jq -s '.[0].revision' <<<"$output")
	run -0 store-log --audit --since "$middle"
	assert_equal "${#lines[@]}" 2
	run -0 store-log --audit --format text
	assert_line --regexp "fails +task_run ${id:0:8} +try hard\$"
	store-compact >/dev/null
	run -0 store-log --audit
	assert_jq 'map([.title, .attempt]) == [["try hard", 2], ["try again", 1]]'
}
