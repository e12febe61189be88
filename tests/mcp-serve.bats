# A client of MCP does things with tasks and chats.

load test_helper
load records
load llm

setup() {
	common_setup
	export LEGWORK_USER=ada
	agent-add --skill counting counter -- wc -w >/dev/null
}

# The server as clients have it: a command line, of which mcp-call starts it in an environment that
# has nothing of ours.
call() { mcp-call "mcp-serve --store $LEGWORK_STORE --user ada" "$@"; }

# talk [OPTION ...] - what the server answers to the lines of stdin, by the time that it ends
talk() { timeout 20 mcp-serve "$@" 3>&-; }

# A request's line, legacy or modern.
old() { jq -nc --argjson i "$1" --arg m "$2" --argjson p "${3:-{\}}" '{jsonrpc: "2.0", id: $i, method: $m, params: $p}'; }
new() { # ID METHOD [PARAMS [CAPABILITIES]]
	old "$1" "$2" "$(jq -nc --argjson p "${3:-{\}}" --argjson c "${4:-{\}}" '$p + {_meta: (($p._meta // {}) + {
		"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": $c,
		"io.modelcontextprotocol/clientInfo": {name: "test", version: "0"}})}')"
}
tool() { jq -nc --arg n "$1" --argjson a "${2:-{\}}" '{name: $n, arguments: $a}'; } # NAME [ARGUMENTS]
TASKS='{"extensions":{"io.modelcontextprotocol/tasks":{}}}'

# A server that runs: what is sent to it, and the answer with an id.
start() {
	mkfifo to
	mcp-serve <to >from 2>errors 3>&- &
	server=$!
	exec 7>to
}
send() { printf '%s\n' "$@" >&7; }
has_answer() { jq -es --argjson i "$1" 'any(.id == $i)' from >/dev/null; }
answer() { # ID [FILTER] - in $output
	wait_until 10 has_answer "$1"
	run -0 jq -c --argjson i "$1" "select(.id == \$i) | ${2:-.}" from
}
stop() { exec 7>&-; await_exit "$server"; }

teardown() {
	exec 7>&-
	common_teardown
}

@test "mcp-serve: a client of either era calls its tools" {
	run -0 mcp-call --list "mcp-serve --store $LEGWORK_STORE"
	assert_jq 'map(.name) == ["create_task", "task_add", "task_list", "task_show", "task_wait", "task_cancel",
		"task_approve", "chat_post", "chat_read", "agent_list"] and
		all(.title and .description and .inputSchema.additionalProperties == false and
			(.inputSchema.properties | all(.description)) and .outputSchema.type == "object" and
			(.annotations | has("readOnlyHint") and has("destructiveHint") and has("idempotentHint")))'
	run -0 call task_add '{"instruction":"count these words"}'
	assert_jq '.[0] | .status == "pending" and (.task_id | length) == 36'
	id=$(jq -r .task_id <<<"$output")
	run -0 task-show "$id"
	assert_jq '.[0] | .created_by == "ada" and .instruction == "count these words"'
	run -0 talk < <(old 0 initialize '{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"0"}}'
		echo '{"jsonrpc":"2.0","method":"notifications/initialized"}'
		old 1 tools/call "$(tool task_show "{\"task_id\":\"${id:0:8}\"}")")
	assert_jq 'length == 2 and .[0].result.protocolVersion == "2025-06-18" and .[0].result.serverInfo.name == "legwork" and
		.[0].result.capabilities == {tools: {}, resources: {}} and (.[1].result | .structuredContent.task.id as $id |
		(.content[0].text | fromjson) == .structuredContent and (has("isError") or has("resultType") | not))'
}

@test "mcp-serve: shakes hands in the client's version, or says its newest; none is needed" {
	run -0 talk < <(old 1 initialize '{"protocolVersion":"1999-01-01"}'; old 2 initialize; old 3 ping; old '"x"' tools/list)
	assert_jq 'map(.result.protocolVersion)[:2] == ["2025-11-25", "2025-11-25"] and .[2].result == {} and
		.[3].id == "x" and (.[3].result.tools | length) == 10'
}

@test "mcp-serve: speaks the stateless version, and says so" {
	run -0 talk < <(new 1 server/discover; new 2 tools/list; new 3 tools/call "$(tool agent_list)"; new 4 ping
		new 5 tools/list | sed s/2026-07-28/2031-01-01/; old 6 server/discover
		old 7 tools/list '{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}')
	assert_jq '(.[0].result | .supportedVersions == ["2026-07-28"] and .cacheScope == "private" and .ttlMs > 0 and
			.capabilities.extensions == {"io.modelcontextprotocol/tasks": {}}) and
		(.[1].result | (.tools | length) == 10 and has("ttlMs")) and
		(.[2].result | .structuredContent.agents[0].role == "counter" and (has("ttlMs") | not)) and
		all(.[:3][].result; .resultType == "complete" and ._meta["io.modelcontextprotocol/serverInfo"].name == "legwork") and
		.[3].error.code == -32601 and
		(.[4].error | .code == -32022 and .data == {supported: ["2026-07-28"], requested: "2031-01-01"}) and
		.[5].error.code == -32602 and .[6].error.code == -32602'
}

@test "mcp-serve: a tool or a method that there is not is an error of the protocol" {
	for era in old new; do
		run -0 talk < <("$era" 1 tools/call "$(tool nope)"; "$era" 2 no/such; "$era" 3 tools/call '{"name":1}'
			"$era" 4 tools/call '{"name":"agent_list","arguments":[]}'; "$era" 5 prompts/list
			"$era" 6 subscriptions/listen; "$era" 7 resources/read '{"uri":"legwork://no"}'
			"$era" 8 resources/list '{"cursor":"x1"}')
		assert_jq 'map(.error.code) == [-32602, -32601, -32602, -32602, -32601, -32601, -32602, -32602] and
			.[0].error.message == "there is no tool nope; tools/list tells which there are"'
	done
	run -0 talk < <(old 1 tasks/get '{"taskId":"x"}'; new 2 initialize)
	assert_jq 'map(.error.code) == [-32601, -32601]'
}

@test "mcp-serve: arguments that do not fit are results that say what to mend" {
	while IFS='|' read -r name args why; do
		run -1 call "$name" "$args"
		[[ $output = *"$why"* ]] || { echo "$name $args: $output, want $why"; false; }
	done <<-'END'
		task_add|{}|instruction
		task_add|{"instruction":"x","priorty":"high"}|priorty
		task_add|{"instruction":"x","priority":"urgent"}|/priority
		task_add|{"instruction":"x","limits":{"turns":1}}|turns
		task_add|{"instruction":"x","depends_on":["deadbeef"]}|no such task
		task_add|{"instruction":"a\u0000b"}|U+0000
		task_show|{"task_id":"deadbeef"}|no such task; task_list tells which tasks there are
		task_wait|{"task_ids":[]}|/task_ids: want at least 1
		task_wait|{"task_ids":["deadbeef"],"wait_s":0}|/wait_s
		create_task|{"task_description":"short"}|/task_description
		create_task|{"task_description":"count the words","agent":"nobody"}|agent nobody: no such role
		create_task|{"task_description":"count the words","account_ids":["1"],"agent":"counter"}|account_ids
		create_task|{"task_description":"count the words"}|no model is configured
		chat_post|{"text":"hi"}|chat_id: is missing
		chat_post|{"text":"hi","chat_id":"deadbeef"}|no such chat; the resources tell which chats there are
		chat_read|{"chat_id":"deadbeef","since":-1}|/since
	END
}

@test "mcp-serve: what is no message is answered with an error, and the next one as ever" {
	run -0 talk < <(echo 'not json'; echo '[{"jsonrpc":"2.0","id":1,"method":"ping"}]'; echo '{"id":1,"method":"ping"}'
		echo '{"jsonrpc":"2.0","id":null,"method":"ping"}'; echo; printf '\xff\n'; echo '{"jsonrpc":"2.0","id":1.5,"method":"ping"}'
		echo '{"jsonrpc":"2.0","id":7,"result":{}}'; echo '{"jsonrpc":"2.0","id":8,"method":"ping","params":[1]}'; old 9 ping)
	assert_jq 'map([.id, .error.code]) == [[null, -32700], [null, -32600], [null, -32600], [null, -32600], [null, -32700],
		[null, -32600], [8, -32602], [9, null]]'
}

@test "mcp-serve: a line that is too long is refused, and costs nothing else" {
	export LEGWORK_MAX_LINE=10000
	run -0 talk < <(head -c 3000000 /dev/zero | tr '\0' x; echo; old 1 ping)
	assert_jq 'map([.id, .error.code]) == [[null, -32700], [1, null]] and (.[0].error.message | test("longer than 10000 bytes"))'
}

@test "mcp-serve: answers what is quick while a wait goes on, and tells how that stands" {
	id=$(task-add --ids count these words)
	start
	send "$(old 1 tools/call "$(tool task_wait "{\"task_ids\":[\"$id\"]}" | jq -c '._meta = {progressToken: "p"}')")" "$(old 2 ping)"
	answer 2 .result
	assert_output '{}'
	refute has_answer 1
	task-watch --drain 3>&- | task-run >/dev/null 3>&-
	answer 1 .result.structuredContent
	assert_jq '.[0] | .all_ended and (.tasks | length) == 1 and (.tasks[0] | .status == "completed" and .response == "3")'
	run -0 jq -c 'select(.method == "notifications/progress") | .params' from
	assert_jq 'length > 0 and all(.progressToken == "p") and (map(.progress) | . == unique) and
		(.[0].message | test("^task '"${id:0:8}"': pending, 0 events$"))'
	stop
}

@test "mcp-serve: a wait has an end, and says then how the tasks stand" {
	id=$(task-add --ids count these words) other=$(task-add --ids count those words)
	run -0 --separate-stderr call task_wait "{\"task_ids\":[\"$id\",\"${other:0:10}\"],\"wait_s\":1}"
	assert_equal "$stderr" 'mcp-call: 0 of 2 tasks have ended'
	assert_jq '.[0] | .all_ended == false and (.tasks | map(.status)) == ["pending", "pending"]'
}

@test "mcp-serve: a wait that is cancelled is not answered, and its task goes on" {
	id=$(task-add --ids count these words)
	start
	send "$(new 1 tools/call "$(tool task_wait "{\"task_ids\":[\"$id\"]}")")" "$(new 1 tools/list)" \
		'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"enough"}}' \
		'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}' \
		'{"jsonrpc":"2.0","method":"notifications/cancelled"}' "$(new 2 tools/list)"
	answer 2 '.result.tools | length'
	assert_output 10
	answer 1 .error.code
	assert_output -- -32600
	assert_equal "$(field "$id" .status)" pending
	stop
	assert_equal "$(wc -l <from)" 2
}

@test "mcp-serve: create_task returns at once, and its task is done" {
	start
	send "$(old 1 tools/call "$(tool create_task '{"task_description":"count these four words","agent":"counter"}')")"
	answer 1 .result.structuredContent
	assert_jq '.[0] | .success and .status == "in_progress" and .agent_id == "counter"'
	id=$(jq -r .task_id <<<"$output")
	wait_field "$id" .status completed
	assert_equal "$(field "$id" '.response + .created_by')" 4ada
	send "$(old 2 tools/call "$(tool create_task '{"task_description":"count these four words","agent":"counter","wait":true}')")"
	answer 2 .result
	assert_jq '.[0] | .structuredContent.status == "completed" and .structuredContent.response == "4" and (has("isError") | not)'
	stop
}

@test "mcp-serve: a new agent does it with a model; a failure is one of the call that waits" {
	export LEGWORK_MODEL=some-model
	script_llm <<-'END'
		{"type":"text","delta":"It is done."}
		{"type":"stop","reason":"end","model":"some-model"}
	END
	run -0 talk < <(old 1 tools/call "$(tool create_task '{"task_description":"count all the files","wait":true}')"
		old 2 tools/call "$(tool create_task '{"task_description":"count all the files","wait":true}')")
	assert_jq 'map(.result) | any(.structuredContent.response == "It is done.") and
		any(.isError and .structuredContent.status == "failed" and .structuredContent.error.category == "validation")'
}

@test "mcp-serve: a client that takes tasks gets a handle, and polls it to the end" {
	start
	send "$(new 1 tools/call "$(tool create_task '{"task_description":"count these four words","agent":"counter"}')" "$TASKS")"
	answer 1 .result
	assert_jq '.[0] | .resultType == "task" and .status == "working" and .ttlMs == null and .pollIntervalMs > 0 and
		.createdAt == .lastUpdatedAt and (has("content") | not)'
	id=$(jq -r .taskId <<<"$output")
	wait_field "$id" .status completed
	send "$(new 2 tasks/get "{\"taskId\":\"$id\"}" "$TASKS")" "$(new 3 tasks/cancel "{\"taskId\":\"$id\"}" "$TASKS")" \
		"$(new 4 tasks/get '{"taskId":"deadbeef"}' "$TASKS")"
	answer 2 .result
	assert_jq '.[0] | .resultType == "complete" and .status == "completed" and .result.structuredContent.response == "4"'
	answer 3 '.result | del(._meta)'
	assert_output '{"resultType":"complete"}'
	answer 4 .error.code
	assert_output -- -32602
	stop
}

@test "mcp-serve: tasks/cancel, and giving up the call that waits, end what was asked for" {
	worker sleeper 'echo $$ >pid; exec sleep 1000'
	start
	send "$(new 1 tools/call "$(tool create_task '{"task_description":"sleep until the end","agent":"sleeper"}')" "$TASKS")"
	answer 1 .result.taskId
	id=${output//\"/}
	send "$(new 2 tasks/cancel "{\"taskId\":\"$id\"}" "$TASKS")"
	wait_field "$id" .status cancelled
	send "$(new 3 tasks/get "{\"taskId\":\"$id\"}" "$TASKS")"
	answer 3 .result.status
	assert_output '"cancelled"'
	send "$(old 4 tools/call "$(tool create_task '{"task_description":"sleep until the end","agent":"sleeper","wait":true}')")"
	wait_until 10 running_one
	id=$(task-list --ids --status in_progress)
	send '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4}}'
	wait_field "$id" .status cancelled
	stop
	refute has_answer 4
}
running_one() { [[ $(task-list --count --status in_progress) = 1 ]]; }

@test "mcp-serve: task_cancel ends what runs, and others are answered meanwhile" {
	worker stubborn 'trap "" TERM; echo here; while :; do sleep 0.1; done'
	start
	send "$(old 1 tools/call "$(tool create_task '{"task_description":"stay where you are","agent":"stubborn"}')")"
	answer 1 .result.structuredContent.task_id
	id=${output//\"/}
	wait_field "$id" .status in_progress
	waiting=$(task-add --ids count these)
	send "$(old 2 tools/call "$(tool task_cancel "{\"task_ids\":[\"$waiting\",\"$id\"],\"reason\":\"--enough\"}")")" "$(old 3 ping)"
	answer 3 .result
	refute has_answer 2
	wait_until 20 has_answer 2
	answer 2 .result.structuredContent.tasks
	assert_jq 'map(.[] | .state) == ["cancelled", "cancelled"]'
	assert_equal "$(field "$id" .cancel.by)" ada
	stop
	assert_none_left
}

@test "mcp-serve: people and agents meet in chats, as tools and as resources" {
	chat=$(chat-new --title Work --ids)
	run -0 talk --user bob --chat "${chat:0:8}" < <(
		old 1 tools/call "$(tool chat_post '{"text":"Hello\nthere"}')"; old 2 tools/call "$(tool chat_post "{\"text\":\"again\",\"chat_id\":\"$chat\"}")"
		old 3 tools/call "$(tool chat_read '{"since":1}')"; old 4 tools/call "$(tool chat_read '{"limit":1}')"
		old 5 resources/list; old 6 resources/read "{\"uri\":\"legwork://chat/$chat\"}"; old 7 resources/templates/list
		old 8 tools/call "$(tool task_add '{"instruction":"count these"}')")
	assert_jq --arg c "$chat" '.[0].result.structuredContent.seq == 1 and .[2].result.structuredContent.last_seq == 2 and
		all(.[2, 3].result.structuredContent.events; map(.data.text) == ["again"] and .[0].user_id == "bob") and
		.[4].result.resources == [{uri: "legwork://chat/\($c)", name: $c, title: "Work",
			description: "what was said in a chat", mimeType: "application/x-ndjson"}] and
		(.[5].result.contents[0].text | split("\n")[:-1] | map(fromjson.data.text)) == ["Hello\nthere", "again"] and
		(.[6].result.resourceTemplates | length) == 2 and .[7].result.structuredContent.chat_id == $c'
}

@test "mcp-serve: what agents did is a resource; lists of them have pages" {
	for i in {1..120}; do chat-new --title "chat $i"; done >/dev/null
	id=$(task-add --ids count these words)
	task-watch --drain 3>&- | task-run >/dev/null 3>&-
	run -0 talk < <(old 1 resources/read "{\"uri\":\"legwork://task/$id/log\"}"; old 2 resources/list)
	assert_jq '(.[0].result.contents[0].text | split("\n")[:-1] | map(fromjson.kind) | index("start")) != null and
		(.[1].result.resources | length) == 100'
	cursor=$(jq -r 'select(.id == 2).result.nextCursor' <<<"$output")
	run -0 talk < <(old 3 resources/list "{\"cursor\":\"$cursor\"}")
	assert_jq --arg id "$id" '.[0].result | (has("nextCursor") | not) and (.resources | length) == 22 and
		.resources[-1].uri == "legwork://task/\($id)/log"'
}

@test "mcp-serve: task_list has the newest first, and goes on where it ended" {
	for i in 1 2 3; do jq -nc --arg i "$i" '{instruction: "count \($i)"}'; done | task-add >/dev/null
	run -0 call task_list '{"limit":2,"status":"pending"}'
	assert_jq '.[0] | .more and (.tasks | map(.title)) == ["count 3", "count 2"]'
	run -0 call task_list "{\"before\":$(jq '.tasks[1].task_id' <<<"$output")}"
	assert_jq '.[0] | (.more | not) and (.tasks | map(.title)) == ["count 1"]'
}

@test "mcp-serve: who is asked answers, and nobody else" {
	asking
	run -1 mcp-call "mcp-serve --store $LEGWORK_STORE --user bob" task_approve "{\"task_id\":\"$id\",\"approve\":true}"
	assert_output --partial 'asks ada, and not bob'
	LEGWORK_TASK_ID=$id run -0 talk < <(old 1 tools/call "$(tool task_approve "{\"task_id\":\"$id\",\"approve\":true}")")
	assert_jq '.[0].result | .isError and (.content[0].text | test("an agent approves nothing"))'
	assert_equal "$(field "$id" .waiting)" approval
	run -0 call task_approve "{\"task_id\":\"$id\",\"approve\":true,\"reason\":\"go on\"}"
	assert_equal "$(field "$id" '.approval | .decision + .by + .reason')" 'approvedadago on'
}

@test "mcp-serve: what a task asks is an input that it requires, of a client that can ask a person" {
	asking
	run -0 talk < <(new 1 tasks/get "{\"taskId\":\"$id\"}" "$TASKS"
		new 2 tasks/get "{\"taskId\":\"$id\"}" "$(jq -c '.elicitation = {}' <<<"$TASKS")"
		new 3 tasks/update "{\"taskId\":\"$id\",\"inputResponses\":{\"r1\":{\"action\":\"cancel\"}}}" "$TASKS"
		new 4 tasks/update "{\"taskId\":\"$id\",\"inputResponses\":{\"r1\":{\"action\":\"accept\",\"content\":{\"approve\":true}}}}" "$TASKS"
		new 5 tasks/update "{\"taskId\":\"$id\",\"inputResponses\":{\"r9\":{\"action\":\"decline\"}}}" "$TASKS")
	assert_jq '.[0].result.status == "working" and (.[1].result | .status == "input_required" and
		.inputRequests.r1.method == "elicitation/create" and .inputRequests.r1.params.message == "May I?") and
		(.[2, 3] | .result.resultType == "complete") and .[4].error.code == -32602'
	assert_equal "$(field "$id" '.approval | .decision + .by')" approvedada
}

@test "mcp-serve: what was read is answered before the end of stdin ends it" {
	id=$(task-add --ids count these words)
	start
	send "$(old 1 tools/call "$(tool task_wait "{\"task_ids\":[\"$id\"]}")")"
	exec 7>&-
	task-watch --drain 3>&- | task-run >/dev/null 3>&-
	answer 1 '.result.structuredContent.tasks[0].response'
	assert_output '"3"'
	await_exit "$server"
	assert_equal "$(wc -l <from)" 1
}

@test "mcp-serve: makes no store, and does nothing, before a tool needs one" {
	export LEGWORK_STORE=$PWD/fresh
	run -0 talk < <(old 1 initialize; old 2 tools/list; old 3 resources/templates/list; new 4 server/discover)
	assert_jq 'length == 4'
	run -0 talk </dev/null
	assert_output ''
	assert_not_exists fresh
	run -0 talk < <(old 1 tools/call "$(tool agent_list)")
	assert_exists fresh
}

@test "mcp-serve: finds its store in the little that clients tell it" {
	run -0 env -i HOME="$HOME" PATH="$PATH" USER=eve LOGNAME=eve SHELL=/bin/sh TERM=dumb mcp-serve < <(
		old 1 tools/call "$(tool task_add '{"instruction":"count these"}')")
	assert_exists "$HOME/.local/share/legwork/journal"
	LEGWORK_STORE=$HOME/.local/share/legwork run -0 task-list
	assert_jq '.[0].created_by == "eve"'
}

@test "mcp-serve: SIGTERM ends it in the middle of a wait (143), and leaves no bell" {
	id=$(task-add --ids count these words)
	start
	send "$(old 1 tools/call "$(tool task_wait "{\"task_ids\":[\"$id\"]}")")" "$(old 2 ping)"
	answer 2
	kill "$server"
	status=0
	await_exit "$server" || status=$?
	assert_equal "$status" 143
}

@test "mcp-serve: ends when nobody reads its answers (74)" {
	id=$(task-add --ids count these words)
	old 1 tools/call "$(tool task_wait "{\"task_ids\":[\"$id\"]}")" >line
	mkfifo to
	exec 7<>to
	cat line >&7
	{ mcp-serve <to 2>errors 3>&- 7>&- || echo $? >status; } | :
	assert_equal "$(cat status)" 74
	assert_equal "$(cat errors)" 'mcp-serve: stdout: nobody reads it'
}

@test "mcp-serve: a client that does not read is not listened to, and costs little memory" {
	mkfifo to out
	mcp-serve <to >out 3>&- 7>&- &
	server=$!
	exec 7<>to 8<out
	old 1 tools/list >line
	{ for ((i = 0; i < 2000; i++)); do cat line; done >to; } 3>&- 7>&- 8>&- &
	writer=$!
	wait_until 10 is_full
	run -0 awk '/VmHWM/ { print ($2 < 20000) }' "/proc/$server/status"
	assert_output 1
	refute has_ended "$writer"
	exec 8>&- 7>&-
	status=0
	await_exit "$server" || status=$?
	assert_equal "$status" 74
	kill "$writer" 2>/dev/null || true
	await_exit "$writer" || true
}
# What was said and is not read yet fills the pipe, and our own room.
is_full() { [[ $(awk '/VmRSS/ { print ($2 > 3000) }' "/proc/$server/status") = 1 ]]; }

@test "mcp-serve: takes no operands, and no name that cannot be one (64)" {
	run -64 mcp-serve here
	run -64 mcp-serve --user $'a\nb'
}

@test "mcp-serve: what the chat's rules do not let the user do the tools do not do" {
	chat=$(chat-new --ids)
	chat-edit --may read=owner --may post=owner --may add=owner --may cancel=owner "$chat" >/dev/null
	id=$(task-add --ids --chat "$chat" count these)
	run -0 talk --user bob --chat "$chat" < <(old 1 tools/call "$(tool chat_post '{"text":"hi"}')"
		old 2 tools/call "$(tool chat_read)"; old 3 tools/call "$(tool task_add '{"instruction":"x"}')"
		old 4 tools/call "$(tool task_show "{\"task_id\":\"$id\"}")"; old 5 tools/call "$(tool task_cancel "{\"task_ids\":[\"$id\"]}")"
		old 6 tools/call "$(tool task_list)"; old 7 resources/list; old 8 resources/read "{\"uri\":\"legwork://chat/$chat\"}")
	assert_jq 'all(.[:5][]; .result.isError) and .[5].result.structuredContent.tasks == [] and
		.[6].result.resources == [] and .[7].error.code == -32602'
	assert_equal "$(field "$id" .status)" pending
}
