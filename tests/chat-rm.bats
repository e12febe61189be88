# Chats are deleted.

load test_helper
load records

posts() { seq "$2" | jq -c --arg c "$1" '{type: "message", chat_id: $c, data: {text: "event \(.)"}}' | chat-post --ids >/dev/null; } # CHAT COUNT

@test "chat-rm: deletes chats with their events and cursors" {
	a=$(chat-new --ids) b=$(chat-new --ids) c=$(chat-new --ids)
	posts "$a" 3
	posts "$b" 2
	chat-watch --cursor reader --since 0 --count 3 "$a" >/dev/null
	run -0 chat-rm "${a:0:8}" "$c"
	assert_output ''
	assert_equal "$(chat-list --ids)" "$b"
	assert_equal "$(store-dump | jq -r .key | grep -cF -e "$a" -e "$c")" 0
	assert_equal "$(chat-show "$b" --format json | wc -l)" 2
	run -66 chat-show "$a"
	run -66 chat-post "$a" hello
	run -66 task-list -c "$a"
	store-check
}

@test "chat-rm: one that is not there is named (66), and none is deleted" {
	a=$(chat-new --ids)
	run -66 --separate-stderr chat-rm "$a" deadbeef
	assert_equal "$stderr" 'chat-rm: chat deadbeef: no such chat'
	assert_equal "$(chat-list --ids)" "$a"
	run -0 chat-rm "$a" "$a"
}

@test "chat-rm: with a task that has not ended it is refused (75), unless by force" {
	worker echo cat
	chat=$(chat-new --user ann --ids)
	posts "$chat" 1
	id=$(task-add --ids -c "$chat" x)
	run -75 --separate-stderr chat-rm "$chat"
	assert_equal "$stderr" "chat-rm: chat ${chat:0:8}: its task ${id:0:8} has not ended"
	chat-rm --force "$chat"
	task-watch --drain | task-run | chat-post >/dev/null
	is_field "$id" '.status, .user_id, .own_chat' $'completed\nagent\ntrue'
	own=$(field "$id" .chat_id)
	[[ $own != "$chat" ]]
	assert_equal "$(chat-list | jq -r --arg c "$own" 'select(.id == $c).title')" "Task: ${id:0:8}"
	assert_equal "$(chat-show "$own" --format json | wc -l)" 5 # the first says why it is there
}

@test "chat-rm: a task that loses its chat and then never runs has nothing to say" {
	chat=$(chat-new --ids)
	a=$(task-add --ids a) b=$(task-add --ids -c "$chat" -d "$a" b)
	chat-rm --force "$chat"
	is_field "$b" '.status, .chat_id' $'pending\nnull'
	task-rm --force "$a"
	is_field "$b" '.status, .events // 0' $'failed\n0'
	run -0 --separate-stderr bash -c 'set -o pipefail; task-watch --drain | task-run | chat-post'
	assert_output ''
	assert_equal "$stderr" ''
	store-check
}

@test "chat-rm: with a task that runs it is refused (75), also by force" {
	mkfifo gate
	worker wait 'read -r _ <gate; echo ok'
	chat=$(chat-new --ids)
	id=$(task-add --ids -c "$chat" x)
	agent-run "$id" >/dev/null 3>&- &
	wait_field "$id" .status in_progress
	for option in '' --force; do
		run -75 --separate-stderr chat-rm $option "$chat"
		assert_equal "$stderr" "chat-rm: chat ${chat:0:8}: its task ${id:0:8} is running"
	done
	echo go >gate
	await_exit $!
	chat-rm "$chat"
}

@test "chat-rm: tasks that have ended stay, and what they did not say is forgotten" {
	worker echo cat
	chat=$(chat-new --ids)
	id=$(task-add --ids -c "$chat" x)
	agent-run "$id" >/dev/null
	is_field "$id" '.posted, .events' $'0\n4'
	chat-rm "$chat"
	is_field "$id" '.status, .chat_id, .posted' "completed
$chat
4"
	run -0 --separate-stderr bash -c 'task-run </dev/null'
	assert_output ''
}

@test "chat-rm: a retry of a task whose chat is gone is one in a chat of its own" {
	worker bad 'exit 1'
	chat=$(chat-new --ids)
	id=$(task-add --ids -c "$chat" x)
	agent-run "$id" >/dev/null
	chat-rm "$chat"
	task-retry "$id" >/dev/null
	run -0 bash -c 'task-watch --drain | task-run | chat-post'
	is_field "$id" '.status, .own_chat, .events == .posted' $'failed\ntrue\ntrue'
}

@test "chat-rm: whose right is taken after it was asked for deletes nothing (77)" {
	chat=$(chat-new --ids)
	posts "$chat" 2
	# it stops where it has looked, and let the lock go
	n=$(cp -a "$LEGWORK_STORE" copy && ASAN_OPTIONS=detect_leaks=0 LEGWORK_STORE=$PWD/copy strace -qq -e trace=flock chat-rm "$chat" 2>&1 |
		grep -n LOCK_UN | tail -n 1 | cut -d: -f1)
	ASAN_OPTIONS=detect_leaks=0 LEGWORK_USER=eve strace -qq -o trace -e trace=flock \
		-e "inject=flock:signal=STOP:when=$((n - 4))" chat-rm "$chat" 2>errors 3>&- &
	tracer=$!
	wait_until 30 grep -q 'stopped by SIGSTOP' trace
	pid=$(pgrep -x -P "$tracer" chat-rm)
	chat-edit --may post=members "$chat" >/dev/null
	kill -CONT "$pid"
	status=0
	await_exit "$tracer" || status=$?
	assert_equal "$status" 77
	assert_equal "$(<errors)" "chat-rm: chat ${chat:0:8}: eve may not remove it: only its owner may"
	assert_equal "$(chat-show --jq .seq "$chat")" $'1\n2'
	assert_equal "$(store-log --audit --jq 'select(.user_id == "eve").kind')" remove_refused
}

@test "chat-rm: killed half-way it leaves a chat with fewer old events, and then finishes" {
	chat=$(chat-new --ids)
	posts "$chat" 5000
	# the second transaction's line is not written
	n=$(cp -a "$LEGWORK_STORE" copy && ASAN_OPTIONS=detect_leaks=0 LEGWORK_STORE=$PWD/copy strace -qq -e trace=flock chat-rm "$chat" 2>&1 |
		grep -n LOCK_UN | tail -n 1 | cut -d: -f1)
	ASAN_OPTIONS=detect_leaks=0 run -137 strace -qq -o /dev/null -e trace=flock \
		-e "inject=flock:signal=KILL:when=$((n - 1))" chat-rm "$chat"
	run -0 chat-show "$chat" --format json
	assert_jq 'length == 904 and .[0].seq == 4097 and .[-1].seq == 5000'
	assert_equal "$(store-log --audit --jq .kind)" chat_removed
	assert_equal "$(chat-show "$chat" --since 2 -n 1 --format json | jq .seq)" 4097
	assert_equal "$(chat-post "$chat" more | jq .seq)" 5001
	assert_equal "$(chat-watch "$chat" --since 0 --count 2 --format json | jq .seq)" $'4097\n4098'
	chat-rm "$chat"
	assert_equal "$(chat-list)" ''
	assert_equal "$(store-dump | jq -r .key | grep -vc "^audit/")" 0
	store-check
}

@test "chat-rm: a chat-watch ends (66)" {
	for option in --format=json --cursor=reader; do
		chat=$(chat-new --ids)
		posts "$chat" 2
		chat-watch "$option" --since 0 "$chat" >seen 2>err 3>&- &
		watcher=$!
		wait_until 30 has_lines seen 2
		chat-rm "$chat"
		status=0
		await_exit $watcher || status=$?
		assert_equal "$status" 66
		assert_equal "$(cat err)" "chat-watch: chat $chat: was deleted"
	done
}

@test "chat-rm: who watches all chats goes on" {
	chat=$(chat-new --ids)
	posts "$chat" 1
	chat-watch --all --since 0 --count 2 --format json >seen 3>&- &
	watcher=$!
	wait_until 30 has_lines seen 1
	chat-rm "$chat"
	other=$(chat-new --ids)
	posts "$other" 1
	await_exit $watcher
	assert_equal "$(jq -r .chat_id seen)" "$chat
$other"
}

@test "chat-rm: no operand is misuse (64)" {
	run -64 chat-rm
}
