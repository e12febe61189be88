# Tasks in chats, as people see them: who watches sees the same, in the same order, whatever becomes
# of others who watch.
#
# VIEWERS, EVENTS  how many watch, and how much each of four tasks says there (50 and 1000)

load test_helper
load records

VIEWERS=${VIEWERS:-50} EVENTS=${EVENTS:-1000}

# view FILE USER - USER watches $chat from its beginning, in the background: $!
view() { LEGWORK_USER=$2 chat-watch "$chat" --since 0 --format json >"$1" 3>&- 4>&- 5>&- & }

# work - all that there is to do
work() { task-watch --drain | task-plan | task-split | task-run -j4 | chat-post >/dev/null; }

stop() { # PID ...
	local pid
	kill -TERM "$@"
	for pid; do await_stopped "$pid" 30; done
}

# A program as in the seed of the kit: it searches, thinks, and answers.
researcher() {
	worker researcher 'cat <<-"LINES"
		{"type":"tool_use","data":{"name":"search","args":{"query":"topic X"}}}
		{"type":"tool_result","data":{"name":"search","result":"Found 10 results","status":"success"}}
		{"type":"thought","data":{"text":"I will summarize the key findings"}}
		Here is what I found
	LINES'
}

@test "chats: a task that is added to a chat is done there, as its owner, marked as a task's" {
	worker adder 'echo 4'
	chat=$(chat-new --user ann --ids)
	view seen bob
	id=$(task-add --ids --chat "$chat" 'What is 2+2?')
	work
	wait_until 30 has_lines seen 4
	stop $!
	run -0 cat seen
	assert_jq --arg id "$id" --arg chat "$chat" 'map(.type) == ["status", "status", "message", "status"] and
		all(.data.task_id == $id and .user_id == "ann" and .chat_id == $chat) and .[2].data.text == "4" and
		(map(.session_id) | unique | length == 1 and (.[0] | length == 36))'
	run -0 chat-show "$chat" --format text
	assert_equal "$(sed 1d <<<"$output" | cut -c10-)" "🤖 Task ${id:0:8}: Starting execution...
🤖 Task ${id:0:8}: Executing task: What is 2+2?...
🤖 Task ${id:0:8}: 4
✅ Task ${id:0:8} completed successfully"
}

@test "chats: a task that is added to none is done in one of its own, which agent owns" {
	worker echo cat
	chat=$(chat-new --user ann --ids)
	id=$(task-add --ids 'Background research')
	work
	assert_equal "$(chat-show "$chat")" ''
	own=$(field "$id" .chat_id)
	assert_equal "$(chat-list --user agent --ids)" "$own"
	run -0 chat-show "$own"
	assert_jq --arg id "$id" 'length == 4 and all(.user_id == "agent" and .data.task_id == $id)'
}

@test "chats: tasks of a schedule are done in one chat, which stays" {
	worker echo cat
	for slot in 01 02 03; do
		LEGWORK_NOW=2026-11-20T$slot:10:00Z task-add --schedule hourly --every 1h "look at $slot" >/dev/null
		work
	done
	run -0 chat-list --user agent
	assert_jq 'length == 1 and .[0].schedule == "hourly"'
	run -0 chat-show "$(chat-list --ids)" --jq 'select(.type == "message").data.text'
	assert_output $'look at 01\nlook at 02\nlook at 03'
}

@test "chats: what a person asks for in a chat is searched, thought about and answered there" {
	researcher
	chat=$(chat-new --user ann --ids)
	chat-post --user ann "$chat" 'Can you research topic X for me?' >/dev/null
	id=$(chat-watch "$chat" --since 0 --count 1 | task-draft | task-add --ids)
	chat-post --user bot "$chat" "I'll create a task for that." >/dev/null
	work
	run -0 chat-show "$chat" --format text
	assert_equal "$(sed 1d <<<"$output" | cut -c10-)" "ann: Can you research topic X for me?
bot: I'll create a task for that.
🤖 Task ${id:0:8}: Starting execution...
🤖 Task ${id:0:8}: Executing task: Can you research topic X for me?...
🔧 Task ${id:0:8}: Uses search: topic X
🔧 Task ${id:0:8}: search says: Found 10 results
💭 Task ${id:0:8}: I will summarize the key findings
🤖 Task ${id:0:8}: Here is what I found
✅ Task ${id:0:8} completed successfully"
}

@test "chats: what an agent starts by itself is no person's, and seen in no chat of theirs" {
	worker keeper 'task-add --agent checker "Validate the records" >/dev/null; echo started'
	worker checker 'echo valid'
	chat=$(chat-new --user ann --ids)
	view seen ann
	task-add --agent keeper 'Keep house' >/dev/null
	work
	work
	assert_equal "$(task-list --status completed --count)" 2
	stop $!
	assert_equal "$(<seen)" ''
	run -0 task-list --agent checker
	assert_jq --arg chat "$chat" 'length == 1 and (.[0] | .user_id == "agent" and .chat_id != $chat)'
}

@test "chats: all who watch a chat see what its tasks do, whoever they are, while it happens" {
	worker slow 'echo "{\"type\":\"thought\",\"data\":{\"text\":\"hm\"}}"; read -r _ <hold; echo done'
	mkfifo hold
	chat=$(chat-new --user ann --ids)
	view ann ann
	viewers=($!)
	view bob bob
	viewers+=($!)
	task-add --chat "$chat" 'take your time' >/dev/null
	work 3>&- &
	worker=$!
	for name in ann bob; do wait_until 30 eval '[[ $(jq -r .type $name 2>/dev/null | tail -n 1) = thought ]]'; done
	view late carl
	viewers+=($!)
	wait_until 30 has_lines late 3
	echo >hold
	await_exit $worker
	for name in ann bob late; do wait_until 30 eval '[[ $(chat-show "$chat") = "$(<$name)" ]]'; done
	stop "${viewers[@]}"
}

@test "chats: many watch while four tasks and a person speak: all see the same, whatever becomes of others" {
	worker talker 'for ((i = 0; i < '"$EVENTS"'; i++)); do echo "{\"type\":\"thought\",\"data\":{\"text\":\"$i\"}}"; done'
	chat=$(chat-new --user ann --ids)
	for ((i = 0; i < VIEWERS; i++)); do
		view "seen.$i" "u$i"
		viewers+=($!)
	done
	view killed k
	killed=$!
	view stopped s
	stopped=$!
	chat-watch "$chat" --since 0 --format json >/dev/full 2>full 3>&- &
	full=$!
	mkfifo pipe
	exec 4<>pipe
	chat-watch "$chat" --since 0 --format json >pipe 3>&- 4>&- & # nobody reads it
	unread=$!
	wait_until 60 eval '(($(find "$LEGWORK_STORE/watch" -type p ! -name ".*" | wc -l) == VIEWERS + 4))'
	for i in 1 2 3 4; do task-add --chat "$chat" "talk $i" >/dev/null; done
	stop_idle "$stopped"
	work 3>&- 4>&- &
	worker=$!
	said=0
	until has_ended $worker && ((said >= 3)); do
		timeout 60 chat-post --user ann "$chat" "word $((++said))" >/dev/null
		[[ $said != 3 ]] || kill -KILL "$killed"
	done
	await_exit $worker
	await_exit "$full" || assert_equal $? 74
	assert_equal "$(<full)" 'chat-watch: stdout: No space left on device'
	chat-show "$chat" --format json >all
	run -0 jq -es --argjson events "$EVENTS" --argjson said "$said" 'map(.seq) == [range(1; length + 1)] and
		(map(select(.type == "thought")) | group_by(.data.task_id) | length == 4 and
			all(map(.data.text) == [range($events) | tostring])) and
		(map(select(.user_id == "ann" and (.data | has("task_id") | not)).data.text) == [range($said) | "word \(. + 1)"])' all
	kill -CONT "$stopped"
	for file in stopped seen.*; do wait_until 60 cmp -s all "$file"; done
	exec 4<&-
	stop "${viewers[@]}" "$stopped"
	wait_until 30 has_ended "$unread"
	keep_fifos=1 # of the one that was killed
}
