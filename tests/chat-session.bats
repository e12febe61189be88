# One connection of one user: what is typed goes in, what is said comes out.

load test_helper
load records

# A fresh chat of ann's with these texts in it; $chat.
chat_with() {
	chat=$(chat-new --user ann --ids)
	(($# == 0)) || printf '%s\n' "$@" | chat-post --user bob "$chat" >/dev/null
}

# join OUT [ARGUMENT ...] - ann's session in the background, until it is ready; typed to through
# descriptor 7; $pid
join() {
	rm -f in
	mkfifo in
	chat-session --user ann "${@:2}" <in >"$1" 3>&- 5>&- 8>&- &
	pid=$!
	exec 7>in
	wait_until 30 grep -q '"session_info"' "$1"
	[[ ! $2 || $2 = -* ]] || wait_until 30 grep -q '"chat_ready"' "$1"
}

# The same for bob, through descriptor 8.
join_bob() {
	rm -f in_bob
	mkfifo in_bob
	chat-session --user bob "${@:2}" <in_bob >"$1" 3>&- 5>&- 7>&- &
	bob=$!
	exec 8>in_bob
	wait_until 30 grep -q '"chat_ready"' "$1"
}

type_line() { printf '%s\n' "$@" >&7; }

# session [ARGUMENT ...] - the same of what is on standard input, to its end; $output
session() { run -0 chat-session --user ann "$@"; }

leave() { # ends ann's session
	exec 7>&-
	await_exit "$pid"
}

# answer LINE FILE - the answer to a line; answered waits for it
answer() { jq -c --argjson n "$1" 'select(.data.line == $n)' "$2"; }
is_answered() { [[ $(answer "$1" "$2") ]]; }
answered() { wait_until 30 is_answered "$1" "$2"; }

events() { jq -c 'select(has("seq"))' "$@"; }
texts() { events "$@" | jq -r .data.text | paste -sd' '; }
is_told() { [[ $(texts "$1") = "$2" ]]; } # FILE TEXTS

bells() { find "$LEGWORK_STORE/watch" -type p ! -name '.*' 2>/dev/null | wc -l; }

# --- what comes out

@test "chat-session: first itself, then the past, then that it is ready, then what comes" {
	chat_with one two
	join out "$chat" --since 1
	chat-post --user bob "$chat" three >/dev/null
	wait_until 30 is_told out 'two three'
	leave
	run -0 cat out
	assert_jq --arg chat "$chat" 'map(.type) == ["session_info", "message", "chat_ready", "message"] and
		(.[0] | .user_id == "ann" and .session_id and .at and .data.heartbeat_ms == 30000) and
		(.[2] | .chat_id == $chat and .data.last_seq == 2 and .data.chat.user_id == "ann") and
		(map(.session_id | values) | unique | length) == 1'
	assert_equal "$(events out)" "$(chat-show "$chat" | tail -n 2)"
}

@test "chat-session: begins with what is new, or with --last COUNT" {
	chat_with one two
	session "$chat" </dev/null
	assert_jq 'map(.type) == ["session_info", "chat_ready"]'
	session "$chat" --last 1 </dev/null
	assert_equal "$(texts <<<"$output")" two
}

@test "chat-session: two in one chat see the same events in the same order, while others post" {
	chat_with before
	join out "$chat" --since 0
	join_bob out_bob "$chat" --since 0
	for i in 1 2; do
		seq 1 20 | chat-post --user "u$i" "$chat" >/dev/null 3>&- 7>&- 8>&- &
		posters+=($!)
	done
	for i in {1..20}; do
		echo "ann $i" >&7
		echo "bob $i" >&8
	done
	await_all "${posters[@]}"
	wait_until 30 eval '[[ $(events out | wc -l) = 81 && $(events out_bob | wc -l) = 81 ]]'
	exec 7>&- 8>&-
	await_all "$pid" "$bob"
	chat-show "$chat" >all
	assert_equal "$(events out)" "$(<all)"
	assert_equal "$(events out_bob)" "$(<all)"
	assert_equal "$(jq -r 'select(.user_id == "bob" and .seq > 1).data.text' all | head -n 2 | paste -sd,)" 'bob 1,bob 2'
}

@test "chat-session: who comes back with --since has missed nothing, and got nothing twice" {
	chat_with
	join out "$chat" --since 0
	chat-post --user bob "$chat" one >/dev/null
	wait_until 30 is_told out one
	keep_fifos=1
	kill -KILL "$pid"
	await_exit "$pid" || [[ $? = 137 ]]
	chat-post --user bob "$chat" two >/dev/null
	join again "$chat" --since "$(events out | jq .seq | tail -n 1)"
	chat-post --user bob "$chat" three >/dev/null
	wait_until 30 is_told again 'two three'
	leave
}

@test "chat-session: a session that nobody reads, one stopped and one killed delay no poster" {
	chat_with
	mkfifo idle pipe
	exec 5<>pipe
	join out "$chat"
	chat-session --user bob "$chat" >pipe 3>&- 5>&- 7>&- <>idle &
	unread=$!
	chat-session --user eve "$chat" >/dev/null 3>&- 5>&- 7>&- <>idle &
	killed=$!
	wait_until 30 eval '(($(bells) == 3))'
	stop_idle "$pid"
	keep_fifos=1
	kill -KILL "$killed"
	for i in {1..100}; do printf '%s %01000d\n' "$i" 0; done | timeout 60 chat-post "$chat" >/dev/null
	kill -CONT "$pid"
	wait_until 30 eval '[[ $(events out | wc -l) = 100 ]]'
	assert_equal "$(events out)" "$(chat-show "$chat")"
	leave
	exec 5<&-
	await_exit "$unread"
}

beats() { grep -c 'heartbeat"' out; }
has_beats() { (($(beats) >= $1)); }

@test "chat-session: a heartbeat comes as often as --heartbeat says, and tells the last seq" {
	chat_with one
	join out "$chat" --since 0 --heartbeat 100ms
	wait_until 30 has_beats 3
	session "$chat" --heartbeat 0 < <(wait_until 30 has_beats $(($(beats) + 3)))
	assert_jq 'all(.type != "heartbeat")'
	leave
	run -0 jq -c 'select(.type == "heartbeat")' out
	assert_jq --arg chat "$chat" 'all(.chat_id == $chat and .data == {last_seq: 1} and (has("seq") | not))'
}

@test "chat-session: --partial: what an agent says comes while it says it; then the message" {
	chat_with
	mkfifo go
	exec 6<>go
	worker teller 'read -r piece <go; printf "%s" "$piece"; read -r piece <go; printf "%s" "$piece"'
	id=$(task-add --ids -c "$chat" -a teller 'tell me')
	join out "$chat" --partial
	agent-run "$id" 3>&- 6>&- 7>&- > >(exec chat-post 3>&- 6>&- 7>&- >/dev/null) &
	agent=$!
	echo half >&6
	wait_until 30 eval '[[ $(jq -r "select(.type == \"delta\").data.text" out) = half ]]'
	echo way >&6
	await_exit "$agent"
	wait_until 30 eval '[[ $(events out | jq -r "select(.type == \"message\").data.text") = halfway ]]'
	leave
}

# --- messages

@test "chat-session: a text is a message of the user's, and so is an object" {
	chat_with
	session "$chat" <<<$'hello  there\n\n{"type":"message","text":"two\\nlines"}\n{"type":"message","data":{"text":"three","metadata":{"a":1}}}'
	assert_jq 'map(select(.type == "posted").data | [.line, .seq]) == [[1, 1], [3, 2], [4, 3]]'
	run -0 chat-show "$chat"
	assert_jq 'map(.data) == [{text: "hello  there"}, {text: "two\nlines"}, {text: "three", metadata: {a: 1}}] and
		all(.type == "message" and .user_id == "ann")'
}

@test "chat-session: a message that comes again with its id is not stored again, and answered alike" {
	chat_with
	id=$(uuid)
	line=$(jq -nc --arg id "$id" '{type: "message", text: "once", $id}')
	session "$chat" <<<"$line"
	first=$(jq -c 'select(.type == "posted").data' <<<"$output")
	assert_equal "$first" "{\"id\":\"$id\",\"seq\":1,\"line\":1}"
	session "$chat" --since 1 <<<"$line"
	assert_equal "$(jq -c 'select(.type == "posted").data' <<<"$output")" "$first"
	assert_equal "$(chat-show "$chat" | wc -l)" 1
}

@test "chat-session: an id that something else has, or that is none, is refused" {
	chat_with
	id=$(uuid)
	jq -nc --arg id "$id" --arg chat "$chat" '{type: "message", $id, user_id: "bob", chat_id: $chat, data: {text: "his"}}' |
		chat-post >/dev/null
	session "$chat" <<<'{"type":"message","text":"mine","id":"'"$id"'"}
{"type":"message","text":"his","id":"'"$id"'"}
{"type":"message","text":"x","id":"7"}
{"type":"message","text":"x","id":7}'
	assert_jq 'map(select(.type == "error").data | [.line, .code]) == [[1, 65], [2, 65], [3, 65], [4, 65]]'
	assert_equal "$(chat-show "$chat" | wc -l)" 1
}

@test "chat-session: the user is the one it was started with, whatever a line or LEGWORK_USER says" {
	chat_with
	LEGWORK_USER=root LOGNAME=root session "$chat" <<<'{"type":"message","text":"x","user_id":"bob","n":5,"session_id":"y","seq":9}
{"type":"message","data":{"text":"I am a task","task_id":"z"}}'
	assert_jq 'any(.type == "error" and .data.line == 2)'
	run -0 chat-show "$chat"
	assert_jq 'length == 1 and (.[0] | .user_id == "ann" and .seq == 1 and (has("n") or has("session_id") | not))'
}

@test "chat-session: what cannot be read is an error with its line's number, and costs nothing else" {
	chat_with
	{
		echo one
		echo '{"type":"message"'
		printf 'a\xffb\n{"type":"message","text":"\xff"}\na\0b\n'
		head -c 17000000 /dev/zero | tr '\0' x
		echo
		echo '{"type":"dance"}'
		echo '{"text":"x"}'
		echo '{"type":"message"}'
		echo '{"type":"message","text":""}'
		echo '{"type":"message","text":7}'
		echo '{"type":["message"]}'
		echo two
	} >lines
	session "$chat" <lines
	assert_jq 'map(select(.type == "error").data.line) == [range(2; 13)]'
	assert_jq 'map(select(.type == "error").data) | all(.code == 65 and (.message | length > 5))'
	assert_jq 'map(select(.type == "posted").data.line) == [1, 13]'
	assert_equal "$(chat-show "$chat" | jq -r .data.text | paste -sd' ')" 'one two'
}

@test "chat-session: a line of 17 MB of JSON, then what can be read" {
	chat_with
	{
		printf '{"type":"message","text":"'
		head -c 17000000 /dev/zero | tr '\0' x
		printf '"}\nlast'
	} >lines
	session "$chat" <lines
	assert_jq 'map(select(.data.line) | [.type, .data.line]) == [["error", 1], ["posted", 2]]'
}

@test "chat-session: what is answered must be there" {
	chat_with one
	session "$chat" <<<'{"type":"message","data":{"text":"so?","reply_to":"nope"}}
{"type":"message","data":{"text":"so!","reply_to":"'"$(chat-show --ids "$chat")"'"}}'
	assert_jq 'map(select(.data.line) | [.type, .data.code]) == [["error", 66], ["posted", null]]'
}

@test "chat-session: every line has one answer" {
	chat_with
	session "$chat" < <(seq 1 300)
	assert_jq 'map(.data.line | values) == [range(1; 301)]'
	assert_equal "$(texts <<<"$output")" "$(seq -s' ' 1 300)"
}

# --- chats

@test "chat-session: without a chat it waits for one, start_chat makes it" {
	session <<<'hello
{"type":"start_chat","title":"Mine"}
hello'
	assert_jq 'map([.type, .data.line]) == [["session_info", null], ["error", 1], ["chat_ready", 2], ["posted", 3], ["message", null]]'
	run -0 chat-list
	assert_jq 'length == 1 and (.[0] | .title == "Mine" and .user_id == "ann")'
}

@test "chat-session: start_chat with an id of the client's makes one chat, however often it is sent" {
	id=$(uuid)
	for i in 1 2; do
		session <<<'{"type":"start_chat","title":"Mine","id":"'"$id"'"}
hello'
		assert_jq --arg id "$id" '.[] | select(.type == "chat_ready") | .chat_id == $id and .data.chat.title == "Mine"'
	done
	assert_equal "$(chat-list --ids)" "$id"
	assert_equal "$(chat-show "$id" | wc -l)" 2
	run -0 chat-session --user bob <<<'{"type":"start_chat","id":"'"$id"'"}
{"type":"start_chat","id":"7"}
{"type":"start_chat","id":7}
{"type":"start_chat","id":"cf0f9ed5-31e7-5ac2-9a9b-8e4f6a4dd2aa"}'
	assert_jq 'map(.data.code) == [null, 65, 65, 65, 65]'
	assert_equal "$(chat-list --ids | wc -l)" 1
}

@test "chat-session: switch_chat goes to another chat, from the event that it names on" {
	chat_with one two
	first=$chat
	chat_with three
	session "$chat" --since 0 <<<'here
{"type":"switch_chat","chat_id":"'"${first:0:8}"'","since":1}
there
{"type":"switch_chat","chat_id":"'"$chat"'","last":1}
{"type":"switch_chat","chat_id":"zzzz"}
{"type":"switch_chat"}'
	assert_equal "$(texts <<<"$output")" 'three here two there here'
	assert_jq --arg a "$first" --arg b "$chat" 'map(select(.type == "chat_ready").chat_id) == [$b, $a, $b]'
	assert_jq 'map(select(.type == "error").data | [.line, .code]) == [[5, 66], [6, 65]]'
}

@test "chat-session: a message may name another chat" {
	chat_with
	first=$chat
	chat_with
	session "$chat" <<<'{"type":"message","text":"x","chat_id":"'"$first"'"}'
	assert_equal "$(chat-show "$first" | wc -l) $(chat-show "$chat" | wc -l)" '1 0'
}

@test "chat-session: list_chats tells the newest chats, and how far each is" {
	chat_with one two
	first=$chat
	chat_with
	session <<<$'{"type":"list_chats"}\n{"type":"list_chats","limit":1}\n{"type":"list_chats","limit":0}'
	assert_jq --arg a "$first" --arg b "$chat" '.[1].data.chats |
		map([.id, .last_seq, .running, .asking]) == [[$b, 0, 0, 0], [$a, 2, 0, 0]]'
	assert_jq --arg b "$chat" '(.[2].data.chats | map(.id) == [$b]) and .[3].data.code == 65'
}

@test "chat-session: a chat that is deleted is left with an error, and another can be entered" {
	chat_with one
	join out "$chat"
	chat-rm "$chat" >/dev/null
	wait_until 30 eval '[[ $(jq "select(.type == \"error\").data.code" out) = 66 ]]'
	type_line 'hello?' '{"type":"start_chat"}'
	answered 2 out
	leave
	run -0 cat out
	assert_jq 'map(select(.data.line) | .type) == ["error", "chat_ready"]'
}

# --- tasks

@test "chat-session: tasks tells those of the chat, task one of them and why it is so" {
	chat_with
	a=$(task-add --ids -c "$chat" one) b=$(task-add --ids -c "$chat" -d "$a" two)
	task-add elsewhere >/dev/null
	session "$chat" <<<'{"type":"tasks"}
{"type":"tasks","status":"completed"}
{"type":"task","task_id":"'"${b:0:8}"'"}
{"type":"task","task_id":"ffff"}
{"type":"task"}'
	assert_jq --arg a "$a" --arg b "$b" '.[2:] | (.[0].data.tasks | map([.id, .title, .status]) == [[$b, "two", "pending"], [$a, "one", "pending"]]) and
		.[1].data.tasks == [] and
		(.[2].data | .task.instruction == "two" and .task.id == $b and (.why.why | contains("waits for"))) and
		(.[3:] | map(.data.code) == [66, 65])'
}

@test "chat-session: tasks of some statuses only, and behind those that were told" {
	chat_with
	for i in 1 2 3 4 5; do jq -nc --arg i "$i" --arg c "$chat" '{instruction: "count \($i)", chat_id: $c}'; done | task-add --ids >ids
	agent-cancel "$(sed -n 2p ids)" "$(sed -n 4p ids)" >/dev/null
	session "$chat" <<<'{"type":"tasks","limit":2}
{"type":"tasks","limit":2,"status":["pending","in_progress"]}
{"type":"tasks","status":["cancelled","completed"]}
{"type":"tasks","status":["pending",7]}
{"type":"tasks","status":"done"}
{"type":"tasks","cursor":"x"}
{"type":"tasks","cursor":5}
{"type":"tasks","cursor":"99999999999999999999"}'
	assert_jq '.[2:] | map([.data.code // .data.more, [.data.tasks[]?.title[6:]]]) ==
		[[true, ["5", "4"]], [true, ["5", "3"]], [false, ["4", "2"]], [65, []], [65, []], [65, []], [65, []], [65, []]]'
	cursor=$(jq -c 'select(.data.line == 2).data.cursor' <<<"$output")
	session "$chat" <<<'{"type":"tasks","limit":2,"status":["pending","in_progress"],"cursor":'"$cursor"'}'
	assert_jq '.[2].data | [.more, has("cursor"), [.tasks[].title[6:]]] == [false, false, ["1"]]'
}

@test "chat-session: what may not be read any more when it is entered is not (77)" {
	command -v strace >/dev/null || skip 'there is no strace'
	[[ $(command -v chat-session) != */san/* ]] || skip 'the leak detector does not work under strace'
	chat_with one
	mkfifo in
	# it is stopped between the question whether bob may, and the look that follows
	strace -qq -o trace -e trace=mknodat -e inject=mknodat:signal=STOP:when=1 chat-session --user bob <in >out 3>&- &
	pid=$!
	exec 7>in
	wait_until 30 grep -q session_info out
	type_line '{"type":"switch_chat","chat_id":"'"$chat"'","since":0}'
	wait_until 30 grep -q 'stopped by SIGSTOP' trace
	stopped=$(pgrep -x -P "$pid" chat-session)
	LEGWORK_USER=ann chat-edit --may read=owner "$chat" >/dev/null
	kill -CONT "$stopped"
	wait_until 30 grep -q '"code":77' out
	chat-post --user ann "$chat" secret >/dev/null
	exec 7>&-
	await_exit "$pid"
	assert_equal "$(jq -c '[.type, .data.line]' out | paste -sd,)" '["session_info",null],["error",1]'
}

changes() { jq -c 'select(.type == "tasks_changed")' out; }
has_changes() { [[ $(changes | wc -l) -ge $1 ]]; } # COUNT

@test "chat-session: --tasks: that a task of the chat was added, has changed or is gone comes at once" {
	chat_with
	join out "$chat" --tasks --heartbeat 0
	other=$(LEGWORK_USER=ann task-add --ids elsewhere)
	run ! has_changes 1
	id=$(task-add --ids -c "$chat" one)
	wait_until 30 has_changes 1
	task-edit "$id" --priority high >/dev/null
	wait_until 30 has_changes 2
	agent-cancel "$id" "$other" >/dev/null
	wait_until 30 has_changes 3
	task-rm "$id" >/dev/null
	wait_until 30 has_changes 4
	leave
	run -0 changes
	assert_jq --arg chat "$chat" 'all(.chat_id == $chat and (has("seq") | not) and .session_id and .at)'
}

@test "chat-session: --tasks: many changes are few lines, and without it there are none" {
	chat_with
	join out "$chat" --tasks
	join_bob out_bob "$chat"
	SECONDS=0
	for i in {1..50}; do task-add -c "$chat" "$i" >/dev/null; done
	wait_until 30 has_changes 1
	type_line '{"type":"tasks"}'
	answered 1 out
	exec 8>&-
	leave
	await_exit "$bob"
	(($(changes | wc -l) <= 4 * (SECONDS + 1)))
	run ! grep -q tasks_changed out_bob
}

@test "chat-session: a task that is in no chat is for who has added it" {
	chat_with
	mine=$(LEGWORK_USER=ann task-add --ids one) his=$(LEGWORK_USER=bob task-add --ids two)
	session <<<'{"type":"task","task_id":"'"$mine"'"}
{"type":"task","task_id":"'"$his"'"}
{"type":"cancel","task_id":"'"$his"'"}'
	assert_jq '.[1:] | map([.type, .data.code]) == [["task", null], ["error", 77], ["error", 77]]'
	is_field "$his" .status pending
}

@test "chat-session: events tells those that stand before a seq" {
	chat_with one two three four
	session "$chat" <<<'{"type":"events","before":4,"limit":2}
{"type":"events","before":1}
{"type":"events","before":99,"limit":1}
{"type":"events","before":0}
{"type":"events"}
{"type":"events","before":4,"limit":0}'
	assert_jq 'map(select(.type == "events").data.events | map([.seq, .data.text])) ==
		[[[2, "two"], [3, "three"]], [], [[4, "four"]], []]'
	assert_jq 'map(select(.type == "error").data | [.line, .code]) == [[5, 65], [6, 65]]'
	assert_equal "$(jq -c 'select(.data.line == 3).data.events[]' <<<"$output")" "$(chat-show "$chat" | tail -n 1)"
}

@test "chat-session: earlier events that are large come some at a time" {
	chat_with
	for i in 1 2 3 4; do jq -nc --argjson i "$i" '"\($i)" + "x" * 400000'; done | jq -r . | chat-post --user bob "$chat" >/dev/null
	session "$chat" <<<'{"type":"events","before":5}'
	assert_jq 'map(select(.type == "events").data.events | map(.seq)) == [[2, 3, 4]]'
}

@test "chat-session: what only asks waits for no disk, and a refusal is written down" {
	command -v strace >/dev/null || skip 'there is no strace'
	ruled '{"may":{"read":"members"}}'
	closed=$chat
	chat_with one two
	id=$(task-add --ids -c "$chat" x)
	ASAN_OPTIONS=detect_leaks=0 run -0 strace -qq -f -e trace=fsync,fdatasync -o trace chat-session --user bob "$chat" <<<'{"type":"tasks"}
{"type":"list_chats"}
{"type":"events","before":9}
{"type":"task","task_id":"'"$id"'"}
{"type":"switch_chat","chat_id":"'"$chat"'"}
{"type":"events","before":9,"chat_id":"ffff"}'
	assert_jq 'map(select(.data.line).type) == ["tasks", "chats", "events", "task", "chat_ready", "error"]'
	assert_equal "$(<trace)" ''
	ASAN_OPTIONS=detect_leaks=0 run -0 strace -qq -f -e trace=fdatasync -o trace chat-session --user bob "$chat" <<<'{"type":"tasks","chat_id":"'"$closed"'"}'
	assert_equal "$(wc -l <trace)" 1
	assert_equal "$(refusals)" 'read_refused bob'
}

@test "chat-session: what only asks does not wait for others who read" {
	chat_with one
	join out "$chat"
	exec 9<"$LEGWORK_STORE/lock"
	flock -sn 9
	type_line '{"type":"events","before":9}' '{"type":"tasks"}'
	answered 2 out
	exec 9<&-
	leave
}

@test "chat-session: start_task adds a task of the user's to the chat" {
	chat_with
	session "$chat" <<<'{"type":"start_task","text":"count them","title":"Counting"}
{"type":"start_task","text":"count them"}
{"type":"start_task"}
{"type":"start_task","text":" "}
{"type":"start_task","text":"x","title":7}
{"type":"start_task","text":"x","chat_id":"ffff"}'
	assert_jq 'map(.data.is_new | values) == [true, false]'
	assert_jq '.[2:] | map([.type, .data.code, .data.state, .data.duplicate]) ==
		[["started", null, "pending", null], ["started", null, "pending", true],
		["error", 65, null, null], ["error", 65, null, null], ["error", 65, null, null], ["error", 66, null, null]]'
	id=$(jq -r 'select(.data.line == 1).data.task_id' <<<"$output")
	run -0 task-list
	assert_jq --arg id "$id" --arg chat "$chat" 'length == 1 and (.[0] | .id == $id and .chat_id == $chat and
		.created_by == "ann" and .title == "Counting" and .instruction == "count them")'
}

@test "chat-session: start_task says who shall do it and how much it matters, as task-add does" {
	chat_with
	worker slow true
	session "$chat" <<<'{"type":"start_task","text":"count them","agent":"Slow","priority":"high","title":null}
{"type":"start_task","text":"x","agent":"nobody"}
{"type":"start_task","text":"x","priority":"huge"}'
	assert_jq '.[2:] | map(.data.code) == [null, 66, 65]'
	run -0 task-list
	assert_jq 'map([.agent, .priority, .title]) == [["slow", "high", "count them"]]'
}

@test "chat-session: a member that start_task or start_chat does not know, or of another kind, is refused by its name" {
	chat_with
	session "$chat" <<<'{"type":"start_task","text":"x","crew":"wc"}
{"type":"start_task","text":"x","agent":7}
{"type":"start_task","text":["x"]}
{"type":"start_chat","member":["bob"]}
{"type":"start_chat","title":7}'
	assert_jq '.[2:] | map([.data.code, .data.message]) == [
		[65, "start_task: crew: there is no such member"],
		[65, "start_task: agent: want string, got number"],
		[65, "start_task: text: want string, got array"],
		[65, "start_chat: member: there is no such member"],
		[65, "start_chat: title: want string, got number"]]'
	assert_equal "$(task-list --count) $(chat-list --ids | wc -l)" "0 1"
}

@test "chat-session: a title has 200 characters at most, and a reason 1000 (65)" {
	chat_with
	id=$(LEGWORK_USER=ann task-add --ids -c "$chat" one)
	long=$(printf '\303\244%.0s' {1..200})
	why=$(printf 'x%.0s' {1..1000})
	session "$chat" <<<'{"type":"start_task","text":"x","title":"'"$long"'!"}
{"type":"start_chat","title":"'"$long"'!"}
{"type":"cancel","task_id":"'"$id"'","reason":"'"$why"'!"}
{"type":"start_task","text":"x","title":"'"$long"'"}
{"type":"cancel","task_id":"'"$id"'","reason":"'"$why"'"}
{"type":"start_chat","title":"'"$long"'"}'
	assert_jq 'map(select(.type == "error").data) | map([.line, .code, .message]) == [
		[1, 65, "title: longer than 200 characters"],
		[2, 65, "title: longer than 200 characters"],
		[3, 65, "reason: longer than 1000 characters"]]'
	assert_jq '[.[].type] | (index("started") and index("cancelled")) and (map(select(. == "chat_ready")) | length) == 2'
}

@test "chat-session: a task with an id of the client's is added once" {
	chat_with
	id=$(uuid) line='{"type":"start_task","text":"work","id":"'"$id"'"}'
	session "$chat" <<<"$line"
	agent-cancel "$id" >/dev/null
	other=$(chat-new --user bob --ids)
	session "$chat" <<<"$line"'
{"type":"start_task","text":"other work","id":"'"$id"'"}
{"type":"start_task","text":"work","id":"'"$id"'","chat_id":"'"$other"'"}
{"type":"start_task","text":"work","id":"7"}
{"type":"start_task","text":"work","id":"cf0f9ed5-31e7-5ac2-9a9b-8e4f6a4dd2aa"}'
	assert_jq 'map(.data.is_new | values) == [false]'
	assert_jq --arg id "$id" '.[2:] | map([.type, .data.task_id, .data.state, .data.code]) ==
		[["started", $id, "cancelled", null], (range(4) | ["error", null, null, 65])]'
	run -0 chat-session --user bob "$chat" <<<"$line"
	assert_jq '.[2].data.code == 65'
	assert_equal "$(task-list --count)" 1
}

@test "chat-session: what was answered with a duplicate is that when it is sent again, also after its end" {
	chat_with
	first=$(task-add --ids --chat "$chat" work) line='{"type":"start_task","text":"work","id":"'"$(uuid)"'"}'
	session "$chat" <<<"$line"
	assert_jq --arg id "$first" '.[2].data | .task_id == $id and .duplicate'
	task-edit "$first" --priority high >/dev/null
	agent-cancel "$first" >/dev/null
	session "$chat" <<<"$line"
	assert_jq --arg id "$first" '.[2].data | .task_id == $id and .duplicate and .state == "cancelled"'
	session "$chat" <<<'{"type":"start_task","text":"work"}'
	assert_jq '.[2].data.is_new'
	assert_equal "$(task-list --count)" 2
}

@test "chat-session: a task's subtasks, and what it has spawned, are told with it" {
	chat_with
	worker none true
	id=$(task-add --ids -c "$chat" $'Do\n- one\n- two')
	task-list | task-plan --planner rules | task-split >/dev/null
	session "$chat" <<<'{"type":"task","task_id":"'"$id"'"}
{"type":"tasks"}'
	assert_jq --arg id "$id" '.[2].data | (.children | map([.title, .status, .parent_id]) ==
		[["one", "pending", $id], ["two", "pending", $id]]) and
		.task.subtasks.total == 2 and .task.plan and .may == {cancel: true, retry: true, approve: true}'
	assert_jq --arg id "$id" '.[3].data.tasks | map([.parent_id, .subtasks.total]) == [[$id, null], [$id, null], [null, 2]]'
}

# busy SCRIPT - a task of the chat that runs; $id, $agent
busy() {
	worker busy "$1"
	id=$(task-add --ids -c "$chat" -a busy work)
	agent-run "$id" >/dev/null 3>&- 5>&- 7>&- 8>&- &
	agent=$!
	wait_until 30 test -e begun
}

@test "chat-session: cancel ends a running task, and is answered when nothing is left of it" {
	chat_with
	busy 'touch begun; sleep 60'
	join out "$chat"
	type_line '{"type":"cancel","task_id":"'"${id:0:8}"'","reason":"enough"}'
	answered 1 out
	await_exit "$agent" || true
	assert_equal "$(answer 1 out | jq -c '[.type, .data.tasks]')" "[\"cancelled\",[{\"task_id\":\"$id\",\"state\":\"cancelled\"}]]"
	leave
	run -0 field "$id" '[.status, .error.message] | tojson'
	assert_output '["cancelled","ann has cancelled it: enough"]'
	assert_none_left
}

@test "chat-session: while a task takes its time to end, others are heard and lines are answered" {
	chat_with
	busy 'trap "" TERM; touch begun; while ! [[ -e go ]]; do read -rt 0.1 <> <(:); done'
	other=$(chat-new --ids)
	join out "$chat" --tasks
	SECONDS=0
	type_line '{"type":"cancel","task_id":"'"$id"'"}' 'still here'
	answered 2 out
	wait_until 30 has_changes 1
	seen=$(changes | wc -l)
	task-add -c "$chat" 'another one' >/dev/null
	wait_until 30 has_changes $((seen + 1))
	chat-post --user bob "$chat" me too >/dev/null
	wait_until 30 is_told out 'still here me too'
	type_line '{"type":"switch_chat","chat_id":"'"$other"'"}'
	answered 3 out
	run is_answered 1 out
	((status != 0 || SECONDS >= 10)) # after that time it is killed
	touch go
	answered 1 out
	assert_equal "$(answer 1 out | jq -r .chat_id)" "$chat"
	leave
	await_exit "$agent" || true
	is_field "$id" .status cancelled
}

@test "chat-session: cancel with all ends what the chat has, and nothing else" {
	chat_with
	a=$(task-add --ids -c "$chat" one) b=$(task-add --ids -c "$chat" two) other=$(task-add --ids three)
	session "$chat" <<<'{"type":"cancel"}
{"type":"cancel","all":true,"task_id":"'"$a"'"}
{"type":"cancel","all":true}
{"type":"cancel","all":true}
{"type":"cancel","task_id":"'"$a"'"}'
	run -0 jq -c 'select(.data.line) | [.type, .data.code, (.data.tasks // [] | length)]' <<<"$output"
	assert_output '["error",65,0]
["error",65,0]
["cancelled",null,2]
["cancelled",null,0]
["cancelled",null,1]'
	for id in "$a" "$b"; do is_field "$id" .status cancelled; done
	is_field "$other" .status pending
}

@test "chat-session: retry puts a task back" {
	chat_with
	id=$(task-add --ids -c "$chat" one)
	agent-cancel "$id" >/dev/null
	session "$chat" <<<'{"type":"retry","task_id":"'"$id"'"}'
	assert_jq --arg id "$id" '.[2] | .type == "retried" and .data == {task_id: $id, state: "pending", line: 1}'
	is_field "$id" .status pending
}

@test "chat-session: approve and deny decide, for whom is asked only" {
	asking
	run -0 chat-session --user bob "$chat" <<<'{"type":"approve","task_id":"'"$id"'"}
{"type":"tasks"}
{"type":"task","task_id":"'"$id"'"}
{"type":"list_chats"}'
	assert_jq '.[3].data.tasks[0].may == {approve: false} and .[4].data.may == {cancel: true, retry: true, approve: false} and
		(.[5].data.chats[0] | [.running, .asking]) == [0, 1]'
	assert_jq '.[2] | .type == "error" and .data.code == 77 and (.data.message | endswith("asks ada, not bob"))'
	run -0 store-log --audit
	assert_jq --arg chat "$chat" 'map([.kind, .user_id, .chat_id]) == [["approve_refused", "bob", $chat]]'
	is_field "$id" .waiting approval
	run -0 chat-session --user ada "$chat" <<<'{"type":"deny","task_id":"'"$id"'","reason":"not today","request_id":"r0"}
{"type":"tasks"}
{"type":"deny","task_id":"'"$id"'","reason":"not today","request_id":"r1"}
{"type":"approve","task_id":"'"$id"'"}'
	assert_jq 'any(.type == "tasks" and .data.tasks[0].may == {approve: true})'
	assert_jq 'map(select(.data.line).type) == ["error", "tasks", "denied", "error"]'
	is_field "$id" '[.approval.decision, .approval.by, .approval.reason] | tojson' '["denied","ada","not today"]'
}

@test "chat-session: a yes of somebody else is said, and decides nothing" {
	asking
	run -0 chat-session --user bob "$chat" <<<'yes
{"type":"message","data":{"text":"yes","reply_to":"r1"}}'
	assert_jq 'map(select(.data.line).type) == ["posted", "posted"]'
	is_field "$id" .waiting approval
	run -0 chat-session --user ada "$chat" <<<'yes'
	is_field "$id" .approval.decision approved
}

# --- rules

# ruled POLICY - a chat of ann's with that policy, in which she has said one; $chat
ruled() {
	chat=$(uuid)
	jq -nc --arg id "$chat" --argjson policy "$1" '{key: "chat/\($id)", sets: ["chats", "chats.ruled"], names: [],
		value: {id: $id, user_id: "ann", members: [{user_id: "ann", kind: "person"}], policy: $policy,
			created_at: "2026-11-20T12:00:00.000Z"}}' | store-load
	chat-post --user ann "$chat" one >/dev/null
}

refusals() { store-log --audit | jq -r '"\(.kind) \(.user_id)"' | paste -sd,; }

@test "chat-session: who may not read a chat does not get in (77), and is told nothing of it" {
	ruled '{"may":{"read":"members"}}'
	id=$(LEGWORK_USER=ann task-add --ids -c "$chat" x)
	run -77 --separate-stderr chat-session --user bob "$chat" --since 0 </dev/null
	assert_jq 'map(.type) == ["session_info", "error"] and .[1].data.code == 77'
	run -0 chat-session --user bob <<<'{"type":"switch_chat","chat_id":"'"$chat"'","since":0}
{"type":"list_chats"}
{"type":"tasks","chat_id":"'"$chat"'"}
{"type":"task","task_id":"'"$id"'"}
{"type":"events","before":9,"chat_id":"'"$chat"'"}
{"type":"start_task","text":"x","chat_id":"'"$chat"'"}
{"type":"cancel","all":true,"chat_id":"'"$chat"'"}
{"type":"cancel","task_id":"'"$id"'"}
{"type":"retry","task_id":"'"$id"'"}'
	assert_jq '.[1:] | map([.type, .data.code]) == [["error", 77], ["chats", null], (range(7) | ["error", 77])]'
	assert_jq '.[2].data.chats == []'
	assert_equal "$(refusals | tr , '\n' | sort | uniq -c | xargs)" '9 read_refused bob'
	session "$chat" --since 0 </dev/null
	assert_equal "$(texts <<<"$output")" one
}

@test "chat-session: who may read only, posts, cancels and puts back nothing (77)" {
	ruled '{"may":{"post":"owner","add":"owner","cancel":"owner"}}'
	id=$(LEGWORK_USER=ann task-add --ids -c "$chat" x)
	run -0 chat-session --user bob "$chat" --since 0 <<<'hello
{"type":"cancel","task_id":"'"$id"'"}
{"type":"cancel","all":true}
{"type":"retry","task_id":"'"$id"'"}
{"type":"start_task","text":"x"}'
	assert_equal "$(texts <<<"$output")" one
	assert_jq 'any(.type == "chat_ready" and .data.may == {post: false, add: false, cancel: false, approve: false})'
	assert_jq 'map(select(.data.line).data.code) == [77, 77, 77, 77, 77]'
	assert_equal "$(task-list --count)" 1
	assert_equal "$(chat-show "$chat" | wc -l)" 1
	is_field "$id" .status pending
	assert_equal "$(refusals)" 'post_refused bob,cancel_refused bob,cancel_refused bob,add_refused bob,add_refused bob'
}

@test "chat-session: who says too much is told to wait (75), and one that comes again is not counted" {
	ruled '{"rate":{"messages":2}}'
	line=$(jq -nc --arg id "$(uuid)" '{type: "message", text: "x", $id}')
	run -0 chat-session --user bob "$chat" <<<"$line"$'\n'"$line"$'\ny\nz'
	assert_jq 'map(select(.data.line) | .data.code // .type) == ["posted", "posted", "posted", 75]'
	assert_equal "$(chat-show "$chat" | wc -l)" 3
}

# --- its end

# Whether the session waits to write.
is_full() { grep -q pipe_write "/proc/$pid/wchan" || [[ $(cut -d' ' -f1 "/proc/$pid/syscall") = 1 ]]; }

@test "chat-session: who types has the answer before those who watch are woken" {
	[[ $(command -v chat-session) != */san/* ]] || skip 'the leak detector does not work under strace'
	chat_with
	join_bob seen "$chat"
	strace -qq -y -s 4096 -e trace=write -o trace chat-session --user ann --partial "$chat" >out <<<hello
	run -0 sed -En 's/^write\(1[<,].*"line\\":1.*/answered/p; s/^write\([0-9]+<[^>]*watch.*/rung/p' trace
	assert_line --index 0 answered
	assert_line rung
	wait_until 30 is_told seen hello
	exec 8>&-
	await_exit "$bob"
}

@test "chat-session: while much is said, it does not look at each of it by itself" {
	[[ $(command -v chat-session) != */san/* ]] || skip 'the leak detector does not work under strace'
	chat_with
	mkfifo typed
	strace -qq -e trace=poll -o trace chat-session --user ann "$chat" <typed >out 3>&- 7>&- &
	pid=$!
	exec 7>typed
	wait_until 30 grep -q '"chat_ready"' out
	mkfifo texts said
	LEGWORK_USER=bob chat-post "$chat" <texts >said 3>&- 7>&- &
	poster=$! posted=0
	exec 8>texts 9<said
	wait_until 60 eval 'post_some; has_rested' # it may take a while until that is much at once
	wait_until 30 eval '(($(events out | wc -l) == posted))'
	exec 8>&-
	await_exit "$poster"
	exec 9<&-
	leave
}

post_some() {
	local i
	for i in {1..100}; do
		echo "$i" >&8
		read -rt 30 <&9
	done
	posted=$((posted + 100))
}

# Whether it has slept for a moment without listening to what rings, more than three times.
has_rested() { (($(grep -cE '^poll\(\[\{fd=0, events=POLLIN\}\], 1, [1-9]' trace) > 3)); }

@test "chat-session: ends with its input (0), and nothing rings for it any more" {
	chat_with
	join out "$chat"
	printf 'no newline' >&7
	leave
	assert_equal "$(texts out)" 'no newline'
	assert_equal "$(bells)" 0
}

@test "chat-session: ends when nobody reads it any more (0)" {
	chat_with one
	rm -f in && mkfifo in pipe
	chat-session --user ann "$chat" --since 0 <in >pipe 3>&- &
	pid=$!
	exec 7>in
	head -n 3 pipe >/dev/null
	await_exit "$pid"
	exec 7>&-
}

@test "chat-session: TERM ends it with 143, also where nobody reads, and its FIFO is gone" {
	chat_with
	join out "$chat"
	kill -TERM "$pid"
	status=0
	await_exit "$pid" || status=$?
	assert_equal "$status" 143
	mkfifo idle pipe
	exec 5<>pipe 7>&-
	for i in {1..100}; do printf '%s %01000d\n' "$i" 0; done | chat-post "$chat" >/dev/null
	chat-session --user ann "$chat" --since 0 >&5 3>&- <>idle &
	pid=$!
	wait_until 30 is_full
	kill -TERM "$pid"
	status=0
	await_exit "$pid" || status=$?
	assert_equal "$status" 143
	exec 5<&-
	assert_equal "$(bells)" 0
}

@test "chat-session: kill -9: what was answered is there, what was not is there whole or not at all" {
	chat_with
	join out "$chat"
	for i in {1..200}; do type_line "message $i"; done
	wait_until 30 eval '[[ $(grep -c posted\" out) -ge 20 ]]'
	keep_fifos=1
	kill -KILL "$pid"
	await_exit "$pid" || [[ $? = 137 ]]
	exec 7>&-
	count=$(grep -c '"posted".*}$' out)
	chat-show "$chat" >all
	assert_equal "$(jq -r .data.text all)" "$(head -n "$(wc -l <all)" < <(seq -f 'message %g' 1 200))"
	(($(wc -l <all) >= count))
	store-check >/dev/null
	timeout 30 chat-post "$chat" after >/dev/null
}

@test "chat-session: a full disk under stdout is an I/O error (74)" {
	chat_with one
	run -74 --separate-stderr bash -c 'chat-session --user ann "$0" --since 0 </dev/null >/dev/full' "$chat"
	assert_equal "$stderr" 'chat-session: stdout: No space left on device'
}

# --- misuse

@test "chat-session: wants a user, one chat at most, and times (64)" {
	chat_with
	run -64 chat-session "$chat"
	run -64 chat-session --user '' "$chat"
	run -64 chat-session --user $'a\nb' "$chat"
	run -64 chat-session --user ann "$chat" "$chat"
	run -64 chat-session --user ann "$chat" --heartbeat often
	run -64 chat-session --user ann "$chat" --since -1
}

@test "chat-session: an unknown chat ends it (66), an error says so on both sides" {
	run -66 --separate-stderr chat-session --user ann deadbeef </dev/null
	assert_jq 'map(.type) == ["session_info", "error"] and .[1].data.code == 66'
	assert_equal "$stderr" 'chat-session: chat deadbeef: no such chat'
}

@test "chat-session: a store that cannot be opened is told on both sides" {
	touch file
	LEGWORK_STORE=$PWD/file run --separate-stderr chat-session --user ann </dev/null
	assert_equal "$status" "$(LEGWORK_STORE=$PWD/file chat-list >/dev/null 2>&1 || echo $?)"
	assert_jq --argjson status "$status" 'map(.type) == ["session_info", "error"] and .[1].data.code == $status'
	assert_regex "$stderr" '^chat-session: .*file'
}

@test "chat-session: is not for agents (77), and the audit has their task" {
	chat_with
	LEGWORK_TASK_ID=x run -77 --separate-stderr chat-session --user ann "$chat" </dev/null
	assert_jq 'map(.type) == ["session_info", "error"] and .[1].data.code == 77'
	assert_equal "$stderr" 'chat-session: LEGWORK_TASK_ID is set: an agent speaks as nobody else'
	run -0 store-log --audit --jq 'select(.task_id == "x")'
	assert_jq 'map(.kind) == ["post_refused"]'
}
