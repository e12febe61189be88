# A client of MCP does things with tasks and chats.

# shellcheck disable=SC2119,SC2120 # run calls talk with options, too

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
	wait_until 30 has_answer "$1"
	run -0 jq -c --argjson i "$1" "select(.id == \$i) | ${2:-.}" from
}
stop() { exec 7>&-; await_exit "$server"; }

# What the audit says was refused: kind and user, the oldest first.
audited() {
	run -0 store-log --audit
	assert_jq "map(select(.kind | endswith(\"refused\")) | [.kind, .user_id]) == $1"
}

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

# returned TOOL [ARGUMENTS] - its result is kept, with the tool's name; it is in $output, too
returned() {
	run -0 --separate-stderr jq -c .result < <(old 1 tools/call "$(tool "$@")" | talk)
	jq -c --arg tool "$1" '{tool: $tool, data: .structuredContent}' <<<"$output" >>results
}

@test "mcp-serve: what each tool returns is what its schema says" {
	asking
	returned task_approve "{\"task_id\":\"$id\",\"approve\":false}"
	returned create_task '{"task_description":"count these four words","agent":"counter","wait":true}'
	done=$(jq -r .structuredContent.task_id <<<"$output")
	worker broken 'exit 1'
	returned create_task '{"task_description":"count these four words","agent":"broken","wait":true}'
	assert_jq '.[0].isError'
	returned create_task '{"task_description":"count these four words","agent":"counter"}'
	last=$(jq -r .structuredContent.task_id <<<"$output")
	wait_field "$last" .status completed
	returned task_add '{"instruction":"count these words","output":{"format":"json"},"limits":{"timeout_s":9}}'
	id=$(jq -r .structuredContent.task_id <<<"$output")
	returned task_add '{"instruction":"count these words"}'
	returned task_list '{"limit":2}'
	returned task_list '{"status":"failed","agent":"broken"}'
	returned task_show "{\"task_id\":\"$id\"}"
	returned task_show "{\"task_id\":\"$done\"}"
	returned task_wait "{\"task_ids\":[\"$done\",\"$id\"],\"wait_s\":1}"
	returned task_cancel "{\"task_ids\":[\"$id\"]}"
	returned chat_post "{\"chat_id\":\"$chat\",\"text\":\"hello\"}"
	returned chat_read "{\"chat_id\":\"$chat\"}"
	returned agent_list
	old 1 tools/list | talk >tools
	# Each result as a test of its tool's schema; and that one without its members is no result.
	jq -s --slurpfile tools tools '[group_by(.tool)[] | . as $results | {description: .[0].tool,
		schema: ($tools[0].result.tools[] | select(.name == $results[0].tool).outputSchema),
		tests: ([$results[] | {description: "what it returns", data: .data, valid: true}] +
			[{description: "nothing", data: {}, valid: false}])}]' results >suite.json
	run -0 schema-suite suite.json
	assert_equal "$(grep -c '^pass' <<<"$output")" 25
	refute_line --regexp '^(fail|refused)'
}

@test "mcp-serve: shakes hands in the client's version, or says its newest; none is needed" {
	run -0 talk < <(old 1 initialize '{"protocolVersion":"1999-01-01"}'; old 2 initialize; old 3 ping; old '"x"' tools/list)
	assert_jq '.[0].result.protocolVersion == "2025-11-25" and .[1].error.code == -32602 and .[2].result == {} and
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
			"$era" 8 resources/list '{"cursor":"x1"}'; "$era" 9 tools/list '{"cursor":"x1"}')
		assert_jq --arg era "$era" 'map(.error.code) == [-32602, -32601, -32602, -32602, -32601, -32601,
			{old: -32002, new: -32602}[$era], -32602, -32602] and
			.[0].error.message == "there is no tool nope; tools/list tells which there are" and
			.[6].error.data == {uri: "legwork://no"}'
	done
	run -0 talk < <(old 1 tasks/get '{"taskId":"x"}'; new 2 initialize)
	assert_jq 'map(.error.code) == [-32601, -32601]'
	run -0 talk < <(for method in get update cancel; do new 1 "tasks/$method" '{"taskId":"x"}'; done)
	assert_jq "length == 3 and all(.[].error; .code == -32021 and .data == {requiredCapabilities: $TASKS})"
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
	run -0 talk < <(echo 'not json'; echo '[]'; echo '{"id":1,"method":"ping"}'
		echo '{"jsonrpc":"2.0","id":null,"method":"ping"}'; echo; printf '\xff\n'; echo '{"jsonrpc":"2.0","id":1.5,"method":"ping"}'
		echo '{"jsonrpc":"2.0","id":7,"result":{}}'; echo '{"jsonrpc":"2.0","id":8,"method":"ping","params":[1]}'; old 9 ping)
	assert_jq 'map([.id, .error.code]) == [[null, -32700], [null, -32600], [1, -32600], [null, -32600], [null, -32700],
		[null, -32600], [8, -32602], [9, null]]'
}

@test "mcp-serve: each of a batch is answered as if it had come alone" {
	run -0 talk < <({ old 1 ping; new 2 tools/list; echo '{"jsonrpc":"2.0","method":"notifications/initialized"}'; echo 7; echo '[]'; old '"x"' nope; } | jq -sc .
		for i in {1..51}; do old "$i" ping; done | jq -sc .; old 3 ping)
	assert_jq 'map([.id, .error.code]) == [[1, null], [2, null], [null, -32600], [null, -32600], ["x", -32601], [null, -32600], [3, null]] and
		.[5].error.message == "want 1 to 50 messages in a batch"'
}

@test "mcp-serve: what is too much in a request is told under its id, of a tool to the model" {
	run -0 talk < <(old 1 ping | sed 's/}$/,"x":9007199254740993}/'; old 2 tools/call "$(tool task_add '{"instruction":"x"}')" | sed 's/"x"/1e999/'
		new 3 tools/call "$(tool task_add '{"instruction":"x"}')" | sed 's/"x"/"\\ud800"/'; old 9 ping | sed 's/9/12345678901234567890/'
		echo '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9007199254740993}}'
		echo '[1e999]'; echo '{"jsonrpc":"2.0","id":4,"result":1e999}'; echo '{"jsonrpc":"2.0","id":5,"method":"ping"'; old 6 ping)
	assert_jq 'map([.id, .error.code]) == [[1, -32602], [2, null], [3, null]] + [range(5) | [null, -32700]] + [[6, null]] and
		(.[0].error.message | test("beyond 2\\^53")) and all(.[1, 2].result; .isError) and
		(.[1].result.content[0].text | test("too large")) and .[2].result.resultType == "complete"'
	run -0 task-list
	assert_output ''
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

@test "mcp-serve: progress tells how much a task has said so far" {
	worker talker 'for i in 1 2; do echo "{\"type\":\"message\",\"data\":{\"text\":\"step $i\"}}"; done
		until [[ -e go ]]; do sleep 0.05; done'
	start
	send "$(old 1 tools/call "$(tool create_task '{"task_description":"say two things","agent":"talker","wait":true}' |
		jq -c '._meta = {progressToken: 7}')")"
	wait_until 30 grep -q '"progressToken":7.*: in_progress, 4 events' from
	touch go
	answer 1 .result.structuredContent.status
	assert_output '"completed"'
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
	send "$(new 5 tasks/get '{}' "$TASKS")"
	answer 5 .error.message
	assert_output '"taskId: is missing, or no string"'
	stop
}

@test "mcp-serve: tasks/cancel, and giving up the call that waits, end what was asked for" {
	worker sleeper 'echo $$ >pid; exec sleep 1000'
	start
	send "$(new 1 tools/call "$(tool create_task '{"task_description":"sleep until the end","agent":"sleeper"}')" "$TASKS")"
	answer 1 .result.taskId
	id=${output//\"/}
	wait_until 30 test -s pid
	send "$(new 2 tasks/cancel "{\"taskId\":\"$id\"}" "$TASKS")"
	wait_field "$id" .status cancelled
	wait_until 30 has_ended "$(<pid)"
	send "$(new 3 tasks/get "{\"taskId\":\"$id\"}" "$TASKS")"
	answer 3 .result.status
	assert_output '"cancelled"'
	send "$(old 4 tools/call "$(tool create_task '{"task_description":"sleep until the end","agent":"sleeper","wait":true}')")"
	wait_until 30 running_one
	id=$(task-list --ids --status in_progress)
	send '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4}}'
	wait_field "$id" .status cancelled
	stop
	refute has_answer 4
}
running_one() { [[ $(task-list --count --status in_progress) = 1 ]]; }

@test "mcp-serve: what was asked for ends with the client that waits for it, stopped (143) or deaf (74)" {
	worker sleeper 'exec sleep 1000'
	for end in stopped deaf; do
		mkfifo "to.$end" "from.$end"
		mcp-serve <"to.$end" >"from.$end" 2>errors 3>&- 7>&- 8>&- &
		server=$!
		exec 7>"to.$end" 8<"from.$end"
		send "$(old 1 tools/call "$(tool create_task '{"task_description":"sleep until the end","agent":"sleeper","wait":true}')")"
		wait_until 30 running_one
		id=$(task-list --ids --status in_progress)
		if [[ $end = stopped ]]; then kill "$server"; else exec 8<&-; fi
		status=0
		await_exit "$server" || status=$?
		[[ $end:$status = stopped:143 || $end:$status = deaf:74 ]]
		wait_field "$id" .status cancelled
		exec 7>&-
	done
	wait_until 30 no_process_left
}

@test "mcp-serve: create_task waits also where no bell can be had" {
	start
	send "$(old 1 tools/call "$(tool agent_list)")"
	answer 1
	rm -r "$LEGWORK_STORE/watch"
	send "$(old 2 tools/call "$(tool create_task '{"task_description":"count these four words","agent":"counter","wait":true}')")"
	answer 2 .result
	assert_jq '.[0] | .structuredContent.response == "4" and (has("isError") | not)'
	stop
}

@test "mcp-serve: task_wait puts back what has lost its process" {
	worker waiter 'echo $PPID >runner.part; mv runner.part runner; until [[ -e go ]]; do sleep 0.02; done; echo done'
	start
	send "$(old 1 tools/call "$(tool create_task '{"task_description":"wait until you may go","agent":"waiter","limits":{"max_attempts":2}}')")"
	answer 1 .result.structuredContent.task_id
	id=${output//\"/}
	wait_until 30 test -s runner
	runner=$(<runner)
	rm runner
	kill -KILL "$runner"
	wait_until 30 has_ended "$runner"
	touch go
	send "$(old 2 tools/call "$(tool task_wait "{\"task_ids\":[\"$id\"],\"wait_s\":50}")")"
	wait_until 50 has_answer 2
	answer 2 .result.structuredContent
	assert_jq '.[0] | .all_ended and .tasks[0].status == "completed" and .tasks[0].response == "done"'
	assert_equal "$(field "$id" .attempt)" 2
	stop
}

@test "mcp-serve: task_cancel ends what runs, and others are answered meanwhile" {
	worker stubborn 'trap "" TERM; echo here; touch begun; while :; do sleep 0.1; done'
	start
	send "$(old 1 tools/call "$(tool create_task '{"task_description":"stay where you are","agent":"stubborn"}')")"
	answer 1 .result.structuredContent.task_id
	id=${output//\"/}
	wait_until 30 test -e begun
	waiting=$(task-add --ids count these)
	send "$(old 2 tools/call "$(tool task_cancel "{\"task_ids\":[\"$waiting\",\"$id\"],\"reason\":\"--enough\"}")")" "$(old 3 ping)"
	answer 3 .result
	refute has_answer 2
	wait_until 30 has_answer 2
	answer 2 .result.structuredContent.tasks
	assert_jq 'map(.[] | .state) == ["cancelled", "cancelled"]'
	assert_equal "$(field "$id" .cancel.by)" ada
	stop
	assert_none_left
}

@test "mcp-serve: task_cancel says what it could not end; what had ended before is no failure" {
	parent=$(task-add --ids count these words)
	task-split >/dev/null <<<'{"task_id":"'"$parent"'","plan":{"subtasks":[{"id":"a","title":"A","instruction":"count these"}]}}'
	child=$(task-list --ids --parent "$parent")
	other=$(task-add --ids count those words)
	LEGWORK_TASK_ID=$parent run -0 talk < <(old 1 tools/call "$(tool task_cancel "{\"task_ids\":[\"$other\",\"$child\"]}")")
	assert_jq --arg c "$child" '.[0].result | .isError and (.structuredContent | (.tasks | map([.task_id, .state])) == [[$c, "cancelled"]] and
		(.why | test("exit status 77.*an agent ends only what is below its task")))'
	assert_equal "$(field "$other" .status)" pending
	run -0 talk < <(old 1 tools/call "$(tool task_cancel "{\"task_ids\":[\"$other\",\"$child\"]}")")
	assert_jq '.[0].result | (has("isError") | not) and (.structuredContent | (.tasks | length) == 2 and (has("why") | not))'
}

@test "mcp-serve: task_show tells what is known of a task, but not how its agent is made, nor who runs it" {
	export LEGWORK_MODEL=some-model
	script_llm <<<hang
	start
	send "$(old 1 tools/call "$(tool create_task '{"task_description":"count all the files"}')")"
	answer 1 .result.structuredContent.task_id
	id=${output//\"/}
	wait_field "$id" '.worker.kind + .status' llmin_progress
	send "$(old 2 tools/call "$(tool task_show "{\"task_id\":\"$id\"}")")"
	answer 2 .result.structuredContent.task
	assert_jq --arg id "$id" '.[0] | .id == $id and .status == "in_progress" and .spawned and
		(has("worker") or has("lease") or has("runner") | not)'
	run -0 chat-session --user ada "$(field "$id" .chat_id)" <<<"{\"type\":\"task\",\"task_id\":\"$id\"}"
	assert_jq --arg id "$id" 'map(select(.type == "task")) | length == 1 and
		(.[0].data.task | .id == $id and (has("worker") or has("lease") or has("runner") | not))'
	send "$(old 3 tools/call "$(tool task_cancel "{\"task_ids\":[\"$id\"]}")")"
	answer 3
	stop
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

@test "mcp-serve: of a log of any length the last lines are read, and no more" {
	id=$(task-add --ids count these words)
	task-watch --drain 3>&- | task-run >/dev/null 3>&-
	log=$LEGWORK_STORE/logs/agents/$id.log
	jq -nc 'range(40000) | {n: ., text: "so that the log becomes longer than a megabyte"}' >>"$log"
	[[ $(stat -c %s "$log") -gt 2500000 ]]
	old 1 resources/read "{\"uri\":\"legwork://task/$id/log\"}" >line
	run -0 talk <line
	assert_jq '.[0].result.contents[0].text | (length | . > 1000000 and . <= 1048576) and
		(split("\n")[:-1] | map(fromjson.n) | . == [range(.[0]; 40000)])'
	ASAN_OPTIONS=detect_leaks=0 run -0 strace -qq -f -e trace=pread64,read -o trace mcp-serve <line
	run -0 awk -F'= ' '/(read|pread64)\(/ { n += $NF } END { print (n < 2000000) }' trace
	assert_output 1
}

@test "mcp-serve: task_list has the newest first, and goes on where it ended" {
	for i in 1 2 3; do jq -nc --arg i "$i" '{instruction: "count \($i)"}'; done | task-add >/dev/null
	run -0 call task_list '{"limit":2,"status":"pending"}'
	assert_jq '.[0] | .more and (.tasks | map(.title)) == ["count 3", "count 2"]'
	run -0 call task_list "{\"before\":$(jq '.tasks[1].task_id' <<<"$output")}"
	assert_jq '.[0] | (.more | not) and (.tasks | map(.title)) == ["count 1"]'
	run -0 call task_list '{"limit":1}'
	run -0 call task_list "{\"limit\":1,\"cursor\":$(jq .cursor <<<"$output")}"
	assert_jq '.[0] | .more and (.tasks | map(.title)) == ["count 2"]'
	run -1 call task_list '{"cursor":"x"}'
	assert_output --partial 'cursor: is none that task_list has told'
}

@test "mcp-serve: behind however many tasks of others one's own are found" {
	LEGWORK_USER=bob task-add count what is old >/dev/null
	jq -nc 'range(10001) | {instruction: "count \(.)"}' | task-add >/dev/null
	bob() { run -0 mcp-call "mcp-serve --store $LEGWORK_STORE --user bob" task_list "$@"; }
	bob '{}'
	assert_jq '.[0] | .more and .tasks == []'
	bob "{\"cursor\":$(jq .cursor <<<"$output")}"
	assert_jq '.[0] | (.more or has("cursor") | not) and (.tasks | map(.title)) == ["count what is old"]'
}

@test "mcp-serve: who is asked answers, and nobody else" {
	asking
	run -1 mcp-call "mcp-serve --store $LEGWORK_STORE --user bob" task_approve "{\"task_id\":\"$id\",\"approve\":true}"
	assert_output --partial 'asks ada, not bob'
	run -0 talk --user bob < <(old 1 tools/call "$(tool chat_post "{\"chat_id\":\"$chat\",\"text\":\"yes\",\"reply_to\":\"r1\"}")")
	audited '[["approve_refused", "bob"], ["approve_refused", "bob"]]'
	assert_equal "$(field "$id" .waiting)" approval
	LEGWORK_TASK_ID=$id run -0 talk < <(old 1 tools/call "$(tool task_approve "{\"task_id\":\"$id\",\"approve\":true}")")
	assert_jq '.[0].result | .isError and (.content[0].text | test("an agent approves nothing"))'
	audited '[["approve_refused", "bob"], ["approve_refused", "bob"], ["approve_refused", "ada"]]'
	run -0 store-log --audit --jq 'select(has("task_id")).task_id'
	assert_output "$id"
	assert_equal "$(field "$id" .waiting)" approval
	run -0 call task_approve "{\"task_id\":\"$id\",\"approve\":true,\"reason\":\"go on\"}"
	assert_equal "$(field "$id" '.approval | .decision + .by + .reason')" 'approvedadago on'
}

@test "mcp-serve: what a task asks is an input that it requires, of a client that can ask a person" {
	asking
	run -0 talk < <(new 1 tasks/get "{\"taskId\":\"$id\"}" "$TASKS"
		new 2 tasks/get "{\"taskId\":\"$id\"}" "$(jq -c '.elicitation = {}' <<<"$TASKS")"
		new 3 tasks/update "{\"taskId\":\"$id\",\"inputResponses\":{\"r1\":{\"action\":\"cancel\"},\"r9\":{\"action\":\"decline\"}}}" "$TASKS"
		new 4 tasks/update "{\"taskId\":\"$id\",\"inputResponses\":{\"r1\":{\"action\":\"accept\",\"content\":{\"approve\":true}}}}" "$TASKS"
		new 5 tasks/update "{\"taskId\":\"$id\",\"inputResponses\":{\"r1\":{\"action\":\"decline\"}}}" "$TASKS")
	assert_jq '.[0].result.status == "working" and (.[1].result | .status == "input_required" and
		.inputRequests.r1.method == "elicitation/create" and .inputRequests.r1.params.message == "May I?") and
		all(.[2:][]; .result.resultType == "complete")'
	assert_equal "$(field "$id" '.approval | .decision + .by')" approvedada
}

@test "mcp-serve: an agent answers nothing of what a task asks" {
	asking
	LEGWORK_TASK_ID=$id run -0 talk < <(new 1 tasks/update \
		"{\"taskId\":\"$id\",\"inputResponses\":{\"r1\":{\"action\":\"accept\",\"content\":{\"approve\":true}}}}" "$TASKS")
	assert_jq '.[0].error.message | test("an agent approves nothing")'
	audited '[["approve_refused", "ada"]]'
	assert_equal "$(field "$id" .waiting)" approval
}

@test "mcp-serve: an answer that is none is refused, and decides nothing" {
	asking
	i=0
	for response in '{}' 7 '{"action":"bogus"}' '{"action":"accept"}' '{"action":"accept","content":{"approve":"true"}}' \
		'{"action":"accept","content":{"approve":1}}'; do
		new $((++i)) tasks/update "{\"taskId\":\"$id\",\"inputResponses\":{\"r1\":$response}}" "$TASKS"
	done >lines
	run -0 talk <lines
	assert_jq 'length == 6 and all(.error.code == -32602)'
	assert_jq '.[2].error.message == "inputResponses.r1: action: want accept, decline or cancel" and
		.[5].error.message == "inputResponses.r1: content.approve: want true or false"'
	assert_equal "$(field "$id" .waiting)" approval
	run -0 talk < <(new 1 tasks/update \
		"{\"taskId\":\"$id\",\"inputResponses\":{\"r1\":{\"action\":\"accept\",\"content\":{\"approve\":false}}}}" "$TASKS")
	assert_equal "$(field "$id" '.approval | .decision + .by')" deniedada
}

@test "mcp-serve: what came with a request is answered, however long the answer to that one is" {
	id=$(task-add --ids count these words)
	task-watch --drain 3>&- | task-run >/dev/null 3>&-
	jq -nc 'range(40000) | {n: ., text: "so that the log becomes longer than a megabyte"}' \
		>>"$LEGWORK_STORE/logs/agents/$id.log"
	{ old 1 resources/read "{\"uri\":\"legwork://task/$id/log\"}"; old 2 ping; } >both
	start
	cat both >&7 # in one write
	answer 2 .result
	assert_output '{}'
	stop
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
	run -0 talk < <(old 1 ping; old 2 tools/list; old 3 resources/templates/list; new 4 server/discover)
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
	run -0 find "$LEGWORK_STORE/watch" -type p
	assert_equal "${#lines[@]}" 1
	kill "$server"
	status=0
	await_exit "$server" || status=$?
	assert_equal "$status" 143
	run -0 find "$LEGWORK_STORE/watch" -type p
	assert_output ''
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
	wait_until 30 is_full
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

@test "mcp-serve: what the chat's rules do not let the user do the tools do not do; the audit has it" {
	chat=$(chat-new --ids)
	chat-edit --may read=owner --may post=owner --may add=owner --may cancel=owner "$chat" >/dev/null
	id=$(task-add --ids --chat "$chat" count these)
	run -0 talk --user bob --chat "$chat" < <(old 1 tools/call "$(tool chat_post '{"text":"hi"}')"
		old 2 tools/call "$(tool chat_read)"; old 3 tools/call "$(tool task_add '{"instruction":"x"}')"
		old 4 tools/call "$(tool task_show "{\"task_id\":\"$id\"}")"; old 5 tools/call "$(tool task_cancel "{\"task_ids\":[\"$id\"]}")"
		old 6 tools/call "$(tool create_task '{"task_description":"count these words for me, please"}')"
		old 7 tools/call "$(tool task_wait "{\"task_ids\":[\"$id\"]}")"
		old 8 tools/call "$(tool task_list)"; old 9 resources/list; old 10 resources/read "{\"uri\":\"legwork://chat/$chat\"}")
	assert_jq 'all(.[:7][]; .result.isError) and .[7].result.structuredContent.tasks == [] and
		.[8].result.resources == [] and .[9].error.code == -32602'
	assert_equal "$(field "$id" .status)" pending
	run -0 chat-show "$chat"
	assert_output ''
	audited '(["post", "read", "add", "read", "cancel", "add", "read", "read"] | map(["\(.)_refused", "bob"]))'
}

@test "mcp-serve: who waits for a task is told no more of it when that is forbidden; the audit has it" {
	chat=$(chat-new --ids)
	id=$(task-add --ids --chat "$chat" count these)
	LEGWORK_USER=bob start
	send "$(old 1 tools/call "$(tool task_wait "{\"task_ids\":[\"$id\"]}" | jq -c '._meta = {progressToken: "p"}')")"
	wait_until 30 grep -q '"progressToken":"p"' from
	chat-edit --may read=owner "$chat" >/dev/null
	answer 1 '.result | [.isError, .content[0].text]'
	assert_output --partial '[true,'
	assert_output --partial 'bob may not read'
	stop
	audited '[["read_refused", "bob"]]'
}

@test "mcp-serve: a rate binds the tools, and what was too much is in the audit" {
	chat=$(chat-new --ids)
	chat-edit --rate messages=1 --rate tasks=1 "$chat" >/dev/null
	run -0 talk --user bob --chat "$chat" < <(old 1 tools/call "$(tool chat_post '{"text":"hi"}')"
		old 2 tools/call "$(tool chat_post '{"text":"hi again"}')"; old 3 tools/call "$(tool task_add '{"instruction":"count x"}')"
		old 4 tools/call "$(tool task_add '{"instruction":"count y"}')")
	assert_jq 'map(.result.isError // false) == [false, true, false, true]'
	audited '[["post_refused", "bob"], ["add_refused", "bob"]]'
}

@test "mcp-serve: without a chat, a task is the business of who has added it" {
	id=$(task-add --ids count these)
	run -0 talk --user bob < <(old 1 tools/call "$(tool task_show "{\"task_id\":\"$id\"}")"; old 2 tools/call "$(tool task_list)")
	assert_jq '(.[0].result | .isError and (.content[0].text | endswith("is in no chat, and bob has not added it"))) and
		.[1].result.structuredContent.tasks == []'
	audited '[["read_refused", "bob"]]'
	run -0 call task_show "{\"task_id\":\"$id\"}"
	assert_jq '.[0].task.created_by == "ada"'
}

@test "mcp-serve: where a rule says who may approve, they do, and nobody else, by whatever tool" {
	asking
	yes() { tool task_approve "{\"task_id\":\"$id\",\"approve\":true}"; }
	chat-edit --person bob --may approve=members "$chat" >/dev/null
	run -0 talk --user eve < <(old 1 tools/call "$(yes)"
		old 2 tools/call "$(tool chat_post "{\"chat_id\":\"$chat\",\"text\":\"yes\",\"reply_to\":\"r1\"}")"
		new 3 tasks/update "{\"taskId\":\"$id\",\"inputResponses\":{\"r1\":{\"action\":\"accept\",\"content\":{\"approve\":true}}}}" "$TASKS")
	assert_jq '(.[0].result | .isError and (.content[0].text | endswith("eve may not approve: only its members may"))) and
		(.[1].result | has("isError") | not) and .[2].error.code == -32602'
	audited '[["approve_refused", "eve"], ["approve_refused", "eve"], ["approve_refused", "eve"]]'
	assert_equal "$(field "$id" .waiting)" approval
	run -0 talk --user bob < <(old 1 tools/call "$(yes)")
	assert_equal "$(field "$id" '.approval | .decision + .by')" approvedbob
}

@test "mcp-serve: nothing is learned of another's task by waiting for it, by its key, or by adding it again" {
	chat=$(chat-new --ids)
	chat-edit --may read=owner "$chat" >/dev/null
	secret=$(task-add --ids --chat "$chat" --key nightly count the gold)
	mine=$(task-add --ids --key mine count the silver)
	run -0 talk --user bob < <(old 1 tools/call "$(tool task_add "{\"instruction\":\"x\",\"depends_on\":[\"$secret\"]}")"
		old 2 tools/call "$(tool task_add "{\"instruction\":\"x\",\"depends_on\":[\"${mine:0:8}\"]}")"
		old 3 tools/call "$(tool task_add '{"instruction":"x","key":"nightly"}')"; old 4 tools/call "$(tool task_add '{"instruction":"x","key":"mine"}')"
		old 5 tools/call "$(tool task_add '{"instruction":"count the silver"}')")
	assert_jq --arg s "$secret" --arg m "$mine" '(map(.result.isError // false) == [true, true, true, true, false]) and
		(map(.result.content[0].text)[:4] == ["task \($s): no such task", "task \($m[:8]): no such task"] +
			["key: is somebody else'"'"'s; use another" | ., .]) and
		(.[4].result.structuredContent | .task_id != $m and (has("duplicate") | not))'
	audited '[range(4) | ["read_refused", "bob"]]'
	assert_equal "$(task-list --count)" 3
}

@test "mcp-serve: another's task that is in no chat is not cancelled either" {
	id=$(task-add --ids count these)
	run -0 talk --user bob < <(old 1 tools/call "$(tool task_cancel "{\"task_ids\":[\"$id\"]}")"; new 2 tasks/cancel "{\"taskId\":\"$id\"}" "$TASKS")
	assert_jq '.[0].result.isError and .[1].error.code == -32602'
	audited '[["cancel_refused", "bob"], ["cancel_refused", "bob"]]'
	assert_equal "$(field "$id" .status)" pending
}
