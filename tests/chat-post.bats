# Texts and events are appended to chats.

load test_helper
load records

@test "chat-post: the operands behind the chat are one message" {
	chat=$(chat-new --ids)
	run -0 --separate-stderr chat-post --user ada "$chat" hello big world
	assert_equal "$stderr" ''
	assert_jq --arg chat "$chat" 'length == 1 and (.[0] | .type == "message" and
		.data == {text: "hello big world"} and .user_id == "ada" and .chat_id == $chat and .seq == 1 and
		(.id | length == 36) and (.at | endswith("Z")) and (has("session_id") | not))'
	assert_equal "$(chat-show "$chat")" "$output"
}

@test "chat-post: a person is LEGWORK_USER, or the login name" {
	chat=$(chat-new --ids)
	LEGWORK_USER=bob chat-post "$chat" one >/dev/null
	chat-post "$chat" two >/dev/null
	assert_equal "$(chat-show "$chat" | jq -r .user_id)" "bob
$(id -un)"
}

@test "chat-post: with a chat alone, each line is a message" {
	chat=$(chat-new --ids)
	run -0 chat-post -u ada "$chat" <<'END'
one
{"type":"error","data":{}}

  three  
END
	assert_jq 'map(.data.text) == ["one", "{\"type\":\"error\",\"data\":{}}", "  three  "] and
		all(.type == "message" and .user_id == "ada") and map(.seq) == [1, 2, 3]'
}

@test "chat-post: the last line may lack its newline" {
	chat=$(chat-new --ids)
	run -0 chat-post "$chat" < <(printf 'one\ntwo')
	assert_jq 'map(.data.text) == ["one", "two"]'
}

@test "chat-post: a line is posted at once, not when the input ends" {
	chat=$(chat-new --ids)
	mkfifo texts
	chat-post "$chat" <texts >out 3>&- &
	exec 5>texts
	echo one >&5
	wait_until 30 has_lines out 1
	exec 5>&-
	await_exit $!
}

# listen - have a bell at the chat, which is rung at any time: who views it is not, while he rests
listen() {
	bell=$LEGWORK_STORE/watch/chat-$chat/$(uuid)
	mkdir -p "${bell%/*}"
	mkfifo "$bell"
	exec 6<>"$bell"
}

stop_listening() {
	exec 6>&-
	rm "$bell"
}

# A line for each write to standard output (said) and to a bell (rung).
order() { sed -En 's/.*write\(1[<,].*/said/p; s/.*write\([0-9]+<[^>]*watch.*/rung/p' trace | uniq; }

@test "chat-post: who posts has its word before those who watch are woken" {
	[[ $(command -v chat-post) != */san/* ]] || skip 'the leak detector does not work under strace'
	chat=$(chat-new --ids)
	listen
	strace -qq -y -e trace=write -o trace chat-post "$chat" hello >out
	assert_equal "$(order)" $'said\nrung'
	strace -qq -y -e trace=write -o trace chat-post "$chat" <<<hello | cat >out
	assert_equal "$(order)" $'said\nrung'
	stop_listening
}

@test "chat-post: who does not take its word holds up nobody who watches" {
	[[ $(command -v chat-post) != */san/* ]] || skip 'the leak detector does not work under strace'
	chat=$(chat-new --ids)
	listen
	mkfifo pipe
	exec 5<>pipe
	head -c 65536 /dev/zero >&5
	strace -qq -y -e trace=write -o trace chat-post "$chat" hello >&5 3>&- &
	poster=$!
	wait_until 30 eval '[[ $(order) ]]'
	run -0 order
	assert_line --index 0 rung
	head -c 65536 <&5 >/dev/null
	await_exit $poster
	exec 5>&-
	strace -qq -y -e trace=write -o trace chat-post "$chat" hello >/dev/full 2>err || assert_equal $? 74
	run order
	assert_line rung
	stop_listening
}

@test "chat-post: without operands lines are events" {
	chat=$(chat-new --ids)
	run -0 chat-post <<-END
		{"type":"status","data":{"message":"m"},"chat_id":"$chat","user_id":"ada","session_id":"s","x_more":[1]}
		{"id":"11111111-2222-4333-8444-555555555555","at":"2026-01-02T03:04:05.678Z","type":"thought","data":{"text":"t"},"chat_id":"${chat:0:8}"}
	END
	assert_jq --arg chat "$chat" 'map(.seq) == [1, 2] and all(.chat_id == $chat) and
		(.[0] | .user_id == "ada" and .session_id == "s" and .x_more == [1] and (.id | length == 36)) and
		(.[1] | .id == "11111111-2222-4333-8444-555555555555" and .at == "2026-01-02T03:04:05.678Z")'
}

@test "chat-post: --user is for events that name nobody" {
	chat=$(chat-new --ids)
	run -0 chat-post --user bob <<-END
		{"type":"status","data":{"message":"m"},"chat_id":"$chat","user_id":"ada"}
		{"type":"status","data":{"message":"m"},"chat_id":"$chat"}
	END
	assert_jq 'map(.user_id) == ["ada", "bob"]'
}

@test "chat-post: all types of events are taken" {
	chat=$(chat-new --ids)
	while read -r type data; do
		echo "{\"type\":\"$type\",\"data\":$data,\"chat_id\":\"$chat\"}"
	done >events <<-'END'
		message {"text":"t"}
		status {"message":"m"}
		error {"message":"m"}
		tool_use {"name":"n","args":{}}
		tool_result {"name":"n","result":1,"status":"success"}
		thought {"text":"t"}
		token_usage {"input_tokens":1}
		approval_request {"question":"q"}
	END
	run -0 chat-post <events
	assert_equal "${#lines[@]}" 8
}

@test "chat-post: an event whose id is there is not stored twice, nor printed" {
	chat=$(chat-new --ids) other=$(chat-new --ids)
	event='{"id":"11111111-2222-4333-8444-555555555555","type":"status","data":{"message":"m"},"chat_id":"'
	run -0 chat-post <<<"$event$chat\"}
$event$chat\"}"
	assert_equal "${#lines[@]}" 1
	run -0 chat-post <<<"$event$chat\"}
$event$other\"}"
	assert_output ''
	assert_equal "$(chat-show "$chat" | wc -l) $(chat-show "$other" | wc -l)" '1 0'
}

@test "chat-post: what is posted again leaves no gap" {
	chat=$(chat-new --ids)
	chat-post "$chat" <<<$'one\ntwo' >events
	{ cat events; echo '{"type":"status","data":{"message":"m"},"chat_id":"'"$chat"'"}'; cat events; } | chat-post >/dev/null
	chat-post "$chat" last >/dev/null
	assert_equal "$(chat-show "$chat" | jq -c .seq | paste -sd,)" 1,2,3,4
}

@test "chat-post: the seq of an event is the store's to say" {
	chat=$(chat-new --ids)
	run -0 chat-post <<<"{\"type\":\"status\",\"data\":{\"message\":\"m\"},\"chat_id\":\"$chat\",\"seq\":99}"
	assert_jq '.[0].seq == 1'
}

@test "chat-post: chats count for themselves" {
	a=$(chat-new --ids) b=$(chat-new --ids)
	for chat in "$a" "$b" "$a" "$b" "$b"; do
		echo "{\"type\":\"status\",\"data\":{\"message\":\"m\"},\"chat_id\":\"$chat\"}"
	done >events
	run -0 chat-post <events
	assert_jq 'map(.seq) == [1, 1, 2, 2, 3]'
}

@test "chat-post: eight at once leave no gap and keep the order of each" {
	chat=$(chat-new --ids)
	for i in {1..8}; do
		seq 1 20 | chat-post --user "u$i" "$chat" >/dev/null 3>&- &
		pids+=($!)
	done
	await_all "${pids[@]}"
	run -0 chat-show "$chat"
	assert_jq 'map(.seq) == [range(1; 161)] and
		(group_by(.user_id) | length == 8 and all(map(.data.text | tonumber) == [range(1; 21)]))'
}

@test "chat-post: a bad line between two good ones: both are stored, it is named, 65" {
	chat=$(chat-new --ids)
	run -65 --separate-stderr chat-post <<-END
		{"type":"status","data":{"message":"1"},"chat_id":"$chat"}
		{"type":"status"}
		{"type":"status","data":{"message":"3"},"chat_id":"$chat"}
	END
	assert_jq 'map(.data.message) == ["1", "3"] and map(.seq) == [1, 2]'
	assert_equal "$stderr" 'chat-post: stdin:2: event: data is no object'
}

@test "chat-post: what is no event is refused, each with what was expected (65)" {
	chat=$(chat-new --ids)
	while IFS='|' read -r event why; do
		run -65 --separate-stderr chat-post <<<"${event//CHAT/$chat}"
		assert_output ''
		assert_equal "$stderr" "chat-post: stdin:1: $why"
	done <<-'END'
		{}|event: type is missing, want message, status, error ...
		{"type":"shout","data":{},"chat_id":"CHAT"}|event: type is shout, want message, status, error ...
		{"type":5,"data":{},"chat_id":"CHAT"}|event: type is missing, want message, status, error ...
		{"type":"status","chat_id":"CHAT"}|event: data is no object
		{"type":"status","data":"x","chat_id":"CHAT"}|event: data is no object
		{"type":"message","data":{},"chat_id":"CHAT"}|event: a message wants text in its data
		{"type":"message","data":{"text":5},"chat_id":"CHAT"}|event: data.text is no string
		{"type":"message","data":{"text":"t"},"user_id":"","chat_id":"CHAT"}|user: want 1 to 100 bytes, got 0
		{"type":"status","data":{"message":"m"},"chat_id":"CHAT","id":"x"}|event: id is no UUID
		{"type":"status","data":{"message":"m"},"chat_id":"CHAT","id":7}|event: id is no UUID
		{"type":"status","data":{"message":"m"}}|event: chat_id is missing
		{"type":"status","data":{"message":"m"},"chat_id":"deadbeef"}|chat deadbeef: no such chat
	END
	assert_equal "$(chat-show "$chat")" ''
}

@test "chat-post: a text that is no UTF-8, or holds a NUL, is named (65), the others are posted" {
	chat=$(chat-new --ids)
	printf 'one\nt\377o\nth\0ree\nfour\n' >texts
	run -65 --separate-stderr chat-post "$chat" <texts
	assert_jq 'map(.data.text) == ["one", "four"]'
	assert_equal "$stderr" 'chat-post: stdin:2: not UTF-8, or a NUL in it
chat-post: stdin:3: not UTF-8, or a NUL in it'
}

@test "chat-post: an unknown chat is refused (66), also before any text has come" {
	run -66 --separate-stderr chat-post deadbeef hello
	assert_equal "$stderr" 'chat-post: chat deadbeef: no such chat'
	run -66 --separate-stderr chat-post deadbeef <<<'hello'
	assert_equal "$stderr" 'chat-post: chat deadbeef: no such chat'
	run -66 --separate-stderr chat-post deadbeef </dev/null
}

@test "chat-post: the first characters of a chat will do, less than four will not" {
	chat=$(chat-new --ids)
	chat-post "${chat:0:6}" hello >/dev/null
	assert_equal "$(chat-show "$chat" | jq -r .data.text)" hello
	run -66 chat-post "${chat:0:3}" hello
}

@test "chat-post: --ids prints only the ids of what was stored" {
	chat=$(chat-new --ids)
	run -0 chat-post --ids "$chat" <<<$'one\ntwo'
	assert_output "$(chat-show "$chat" | jq -r .id)"
}

@test "chat-post: a name with control characters, none, or one too long is misuse (64)" {
	chat=$(chat-new --ids)
	for user in '' $'a\nb' $'a\x7f' "$(printf 'x%.0s' {1..101})"; do
		run -64 chat-post --user "$user" "$chat" hello
	done
}

@test "chat-post: under LEGWORK_TASK_ID everything is stamped as that task's" {
	chat=$(chat-new --ids)
	export LEGWORK_TASK_ID=11111111-2222-4333-8444-555555555555 LEGWORK_RUN=run-1 LEGWORK_USER=owner
	chat-post --user ada "$chat" one >/dev/null
	chat-post --user ada "$chat" <<<two >/dev/null
	chat-post --user ada <<<'{"type":"status","data":{"message":"m","task_id":"other"},"chat_id":"'"$chat"'","user_id":"ada","session_id":"x"}' >/dev/null
	run -0 chat-show "$chat"
	assert_jq --arg task "$LEGWORK_TASK_ID" 'length == 3 and
		all(.data.task_id == $task and .user_id == "owner" and .session_id == "run-1")'
}

@test "chat-post: a program of a task cannot make the task's own events unheard" {
	worker sly 'echo "{\"type\":\"status\",\"data\":{\"message\":\"sly\"},\"chat_id\":\"$LEGWORK_CHAT_ID\",\"n\":1000}" | chat-post >/dev/null; echo done'
	chat=$(chat-new --ids)
	task-add -c "$chat" one | task-run | chat-post >/dev/null
	run -0 chat-show "$chat"
	assert_jq 'map(select(.data.message != "sly")) | length == 4'
}

@test "chat-post: the events of a task raise its count of posted ones" {
	worker quick 'echo done'
	id=$(task-add --ids one)
	agent-run "$id" >events
	head -n 2 events | chat-post >/dev/null
	assert_equal "$(field "$id" .posted)" 2
	chat-post <events >/dev/null
	assert_equal "$(field "$id" .posted)" 4
	assert_equal "$(chat-show "$(field "$id" .chat_id)" | wc -l)" 4
}

@test "chat-post: a closing event that was made again is known by its id" {
	worker quick 'echo done'
	id=$(task-add --ids one)
	agent-run "$id" | chat-post >/dev/null
	task-show "$id" | jq -c '.posted = 0' >line
	task-run <line | chat-post >/dev/null
	assert_equal "$(chat-show "$(field "$id" .chat_id)" | wc -l)" 4
}

@test "chat-post: control characters that are escaped are data" {
	chat=$(chat-new --ids)
	chat-post "$chat" $'a\x1b[31mb\tc\nd' >/dev/null
	assert_equal "$(chat-show "$chat" | jq -r .data.text)" $'a\x1b[31mb\tc\nd'
}

@test "chat-post: what can be read at once is one transaction" {
	chat=$(chat-new --ids)
	seq 1 50 >texts
	chat-post "$chat" <texts >/dev/null
	run jq -c 'select([.set[].key | select(startswith("event/"))] | length == 50)' "$LEGWORK_STORE"/journal/*.jsonl
	assert_equal "${#lines[@]}" 1
}

@test "chat-post: prints what was stored as one likes" {
	chat=$(chat-new --ids)
	run -0 chat-post --format text -u ada "$chat" hello
	assert_regex "$output" '^[0-9:]{8} ada: hello$'
	assert_equal "$(printf '%s\n' one two | chat-post --ids --null "$chat" | xargs -0 -n 1)" \
		"$(chat-show -n 2 --ids "$chat")"
	run -64 chat-post --ids --format text "$chat" no
	run -64 chat-post --format tsv "$chat" no
	assert_equal "$(chat-show "$chat" | wc -l)" 3
}

@test "chat-post: a dash reads one text of several lines from stdin" {
	chat=$(chat-new --ids)
	printf 'Please\n- one\n- two\n' | chat-post "$chat" - >/dev/null
	run -0 chat-show "$chat" --jq .data.text
	assert_output $'Please\n- one\n- two'
	assert_equal "$(chat-show "$chat" --jq .seq)" 1
}

@test "chat-post: a reply to a request approves or denies it, in the transaction that stores it" {
	asking
	chat-edit --may approve=anyone "$chat" >/dev/null
	run -0 chat-post --reply-to "$event" --user bob "$chat" 'yes, once'
	assert_jq --arg event "$event" 'length == 1 and .[0].data == {text: "yes, once", reply_to: $event}'
	is_field "$id" '[.waiting, .approval.decision, .approval.by, .approval.reason] | tojson' \
		'[null,"approved","bob","once"]'
	run -0 chat-show --jq 'select(.type != "approval_request") | "\(.user_id) \(.type) \(.data.text // .data.message)"' "$chat"
	assert_output $'bob message yes, once\nbob status bob approved: May I?: once'
	assert_equal "$(store-log | tail -n 1 | grep -c 'bob approved')" 1
	asking
	chat-post --reply-to r1 "$chat" 'No: it is late' >/dev/null
	is_field "$id" '[.approval.decision, .approval.reason] | tojson' '["denied","it is late"]'
}

@test "chat-post: other words, other places and agents decide nothing" {
	asking
	chat-post --user bob "$chat" yes >/dev/null
	chat-post "$chat" 'yes, it is late' >/dev/null
	chat-post --reply-to "$event" "$chat" 'what for?' >/dev/null
	LEGWORK_TASK_ID=$id chat-post --reply-to "$event" "$chat" yes >/dev/null
	chat-post --reply-to "$event" "$(chat-new --ids)" yes >/dev/null
	is_field "$id" .waiting approval
	jq -nc --arg chat "$chat" --arg event "$event" \
		'{type: "message", chat_id: $chat, data: {text: "yes", reply_to: $event}}' | chat-post >/dev/null
	is_field "$id" .approval.decision approved
}

@test "chat-post: a plain yes or no of who is asked answers the only open request, and becomes no task" {
	asking
	run -0 chat-post "$chat" 'Yes!'
	assert_jq '.[0].data == {text: "Yes!", reply_to: "r1"}'
	is_field "$id" '[.waiting, .approval.decision, .approval.by] | tojson' '[null,"approved","ada"]'
	run -0 bash -c 'chat-show "$1" | task-draft' . "$chat"
	assert_jq 'map(.skip.reason) == ["no message", "a decision", "no message"]'
	asking
	echo no | chat-post "$chat" >/dev/null
	is_field "$id" .approval.decision denied
	chat-post "$chat" no >/dev/null
	run -0 bash -c 'chat-show "$1" | task-draft' . "$chat"
	assert_jq '.[-1].skip.reason == "a decision"'
}

@test "chat-post: who answers what was decided already is told so, by whatever he names it" {
	asking
	chat-post --reply-to r1 "$chat" yes >/dev/null
	for to in r1 "$event"; do
		run -0 chat-post --user bob --reply-to "$to" --ids "$chat" no
		run -0 --separate-stderr chat-show -n 1 --jq '[.type, .user_id, .data.message, .data.reply_to] | tojson' "$chat"
		assert_output "[\"error\",\"legwork\",\"task ${id:0:8}: was approved by ada already\",\"$(chat-show --ids -n 2 "$chat" | head -n 1)\"]"
	done
	is_field "$id" .approval.decision approved
}

@test "chat-post: of two open requests a plain yes means neither" {
	asking
	store-dump | jq -c --arg id "$(uuid)" 'select(.key | startswith("task/")) | .key = "task/\($id)" | .names = ["request/r2"] |
		.value += {id: $id} | .value.approval.request_id = "r2"' | store-load
	run -0 chat-post "$chat" yes
	assert_jq '.[0].data == {text: "yes"}'
	assert_equal "$(task-list --jq .waiting)" $'approval\napproval'
}

@test "chat-post: --reply-to wants something that is there (66), and a chat (64)" {
	asking
	run -66 --separate-stderr chat-post --reply-to nothing "$chat" yes
	assert_equal "$stderr" 'chat-post: event nothing: no such event'
	run -64 chat-post --reply-to "$event" </dev/null
	is_field "$id" .waiting approval
}

@test "chat-post: an event whose time is none is refused (65), and one that was stored so is shown" {
	chat=$(chat-new --ids)
	for at in '"yesterday"' 7 '""' '"2026-02-30T00:00:00Z"'; do
		run -65 --separate-stderr chat-post <<<'{"type":"message","at":'"$at"',"data":{"text":"x"},"chat_id":"'"$chat"'"}'
		assert_regex "$stderr" '^chat-post: stdin:1: event: at is no time'
	done
	run -0 chat-show "$chat"
	assert_output ''
	id=$(cat /proc/sys/kernel/random/uuid)
	jq -nc --arg id "$id" --arg chat "$chat" '{key: "event/\($chat)/1", sets: ["events.\($chat)"], names: ["eid/\($id)"],
		value: {$id, seq: 1, at: "yesterday", type: "message", data: {text: "odd"}, user_id: "bob", chat_id: $chat}}' | store-load
	chat-post "$chat" next >/dev/null
	run -0 chat-show --format text "$chat"
	assert_output --partial 'bob: odd'
	run -0 jq -sc 'map(.seq)' < <(chat-show "$chat")
	assert_output '[1,2]'
}
