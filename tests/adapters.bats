# Programs that print the lines of other agents, and what becomes of these.

load test_helper
load records

# program NAME - a program of that name in PATH that reads its stdin into NAME.read, runs the shell
# lines on our stdin, and has the function `say FILE`: prints it in pieces that cut lines
program() {
	mkdir -p bin
	{
		cat <<-'EOF'
			#!/bin/bash
			here=$(cd "${0%/*}/.." && pwd)
			cat >"$here/${0##*/}.read"
			printf '%s\n' "$@" >"$here/${0##*/}.args"
			say() {
				local rest piece
				rest=$(<"$here/$1")
				while [[ $rest ]]; do
					piece=${rest:0:97}
					printf %s "$piece"
					rest=${rest:${#piece}}
				done
				echo
			}
		EOF
		cat
	} >"bin/$1"
	chmod +x "bin/$1"
	PATH=$PWD/bin:$PATH
}

# events ID - what the task's chat holds from it, without the kit's own status events
events() {
	chat-show "$(field "$1" .chat_id)" --format json |
		jq -c 'select((.data.message // "") | test("^(Task |Executing)") | not) | [.type, (.data | del(.task_id))]'
}

# do_task ROLE INSTRUCTION - by the pipeline; its id in $id
do_task() {
	id=$(task-add --ids --agent "$1" "$2")
	task-show "$id" --format json | task-run | chat-post >/dev/null
}

claude_lines() {
	cat <<-'EOF'
		{"type":"system","subtype":"init","cwd":"/w","session_id":"s-1","tools":["Bash"],"mcp_servers":[],"model":"claude-x","permissionMode":"default","apiKeySource":"none","uuid":"u1"}
		{"type":"assistant","message":{"id":"m1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"thinking","thinking":"I count the lines.","signature":"abc"}],"stop_reason":null,"usage":{"input_tokens":4,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"s-1","uuid":"u2"}
		{"type":"assistant","message":{"id":"m1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Let me look — ä."}],"stop_reason":null,"usage":{"input_tokens":4,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"s-1","uuid":"u3"}
		{"type":"assistant","message":{"id":"m1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"wc -l a"}}],"stop_reason":null,"usage":{"input_tokens":4,"output_tokens":9}},"parent_tool_use_id":null,"session_id":"s-1","uuid":"u4"}
		{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_1","type":"tool_result","content":"2 a","is_error":false}]},"parent_tool_use_id":null,"session_id":"s-1","uuid":"u5","tool_use_result":{"stdout":"2 a"}}
		{"type":"assistant","message":{"id":"m2","type":"message","role":"assistant","model":"claude-x","content":[{"type":"tool_use","id":"toolu_2","name":"Read","input":{"file_path":"/no"}}],"stop_reason":null},"parent_tool_use_id":null,"session_id":"s-1","uuid":"u6"}
		{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_2","type":"tool_result","content":[{"type":"text","text":"no such file"},{"type":"image","source":{}}],"is_error":true}]},"parent_tool_use_id":null,"session_id":"s-1","uuid":"u7"}
		{"type":"rate_limit_event","rate_limit_info":{"status":"allowed","resetsAt":1790000000,"rateLimitType":"five_hour"},"session_id":"s-1","uuid":"u8"}
		{"type":"assistant","message":{"id":"m3","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Two lines."}],"stop_reason":null},"parent_tool_use_id":null,"session_id":"s-1","uuid":"u9"}
		{"type":"result","subtype":"success","is_error":false,"duration_ms":5120,"duration_api_ms":4100,"num_turns":3,"result":"Two lines.","stop_reason":"end_turn","session_id":"s-1","total_cost_usd":0.01,"usage":{"input_tokens":10,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,"output_tokens":25,"service_tier":"standard"},"modelUsage":{},"permission_denials":[],"uuid":"u10"}
	EOF
}

@test "adapters: what claude does is seen in the chat, and its result is the answer" {
	claude_lines >lines
	program claude <<<'say lines'
	agent-add --adapter claude coder >/dev/null
	do_task coder 'Count the lines of a'
	assert_equal "$(field "$id" '[.status, .response] | tojson')" '["completed","Two lines."]'
	assert_equal "$(cat claude.read)" 'Count the lines of a'
	assert_equal "$(paste -sd ' ' claude.args)" '-p --output-format stream-json --verbose'
	run -0 events "$id"
	assert_output - <<-'EOF'
		["status",{"message":"Session s-1 of claude-x"}]
		["thought",{"text":"I count the lines."}]
		["message",{"text":"Let me look — ä."}]
		["tool_use",{"name":"Bash","args":{"command":"wc -l a"},"call_id":"toolu_1"}]
		["tool_result",{"call_id":"toolu_1","result":"2 a","status":"ok","name":"Bash"}]
		["tool_use",{"name":"Read","args":{"file_path":"/no"},"call_id":"toolu_2"}]
		["tool_result",{"call_id":"toolu_2","result":"no such file\n(image)","status":"error","name":"Read"}]
		["token_usage",{"input_tokens":1110,"output_tokens":25,"total_tokens":1135,"cached_tokens":1000}]
		["message",{"text":"Two lines."}]
	EOF
}

@test "adapters: the tokens that were used are in the task" {
	claude_lines >lines
	program claude <<<'say lines'
	agent-add --adapter claude coder >/dev/null
	do_task coder 'Count'
	assert_equal "$(field "$id" '.usage | tojson')" \
		'{"input_tokens":1110,"output_tokens":25,"total_tokens":1135,"calls":1}'
}

@test "adapters: claude's errors fail the task, though it exits 0" {
	program claude <<<'say lines'
	agent-add --adapter claude coder >/dev/null
	while IFS=$'\t' read -r category line; do
		echo "$line" >lines
		id=$(task-add --ids --agent coder --max-attempts 1 "Try $category")
		agent-run "$id" >/dev/null
		assert_equal "$(field "$id" '.status, .error.category, .error.code')" $'failed\n'"$category"$'\nagent_failed'
	done <<-'EOF'
		rate_limit	{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"API Error: Request rejected (429)","num_turns":1}
		rate_limit	{"type":"result","subtype":"success","is_error":true,"result":"You've hit your session limit · resets 3:45pm"}
		service	{"type":"result","subtype":"success","is_error":true,"api_error_status":529,"result":"API Error: Overloaded"}
		permission	{"type":"result","subtype":"success","is_error":true,"result":"Invalid API key · Please run /login"}
		budget	{"type":"result","subtype":"error_max_turns","is_error":true,"num_turns":9}
		tool	{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["No conversation found","x"]}
	EOF
	assert_equal "$(field "$id" .error.message)" 'No conversation found; x'
}

@test "adapters: a rate limit is tried again, and what the program says goes before its stderr" {
	program claude <<-'EOF'
		if [[ -e $here/again ]]; then
			echo '{"type":"result","subtype":"success","is_error":false,"result":"done"}'
		else
			touch "$here/again"
			echo '{"type":"system","subtype":"api_retry","attempt":1,"max_retries":2,"retry_delay_ms":5,"error_status":429,"error":"rate_limit"}'
			echo '{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"Too many"}'
			echo 'noise' >&2
			exit 1
		fi
	EOF
	agent-add --adapter claude coder >/dev/null
	echo '{"instruction":"Try","agent":"coder","limits":{"retry_delay_s":0.001}}' | task-add >/dev/null
	id=$(task-list --ids)
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" '[.status, .error.category, .error.message] | tojson')" '["pending","rate_limit","Too many"]'
	task-watch --drain | task-run | chat-post >/dev/null
	assert_equal "$(field "$id" '[.status, .response, .attempt] | tojson')" '["completed","done",2]'
	run -0 events "$id"
	assert_line --index 0 '["status",{"message":"Asking again (1 of 2): rate_limit"}]'
}

@test "adapters: what codex does is seen in the chat, and its last message is the answer" {
	cat >lines <<-'EOF'
		{"type":"thread.started","thread_id":"t-1"}
		{"type":"turn.started"}
		{"type":"item.completed","item":{"id":"item_0","type":"reasoning","text":"**Looking**"}}
		{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"I look."}}
		{"type":"item.started","item":{"id":"item_2","type":"command_execution","command":"bash -lc 'wc -l a'","aggregated_output":"","exit_code":null,"status":"in_progress"}}
		{"type":"item.completed","item":{"id":"item_2","type":"command_execution","command":"bash -lc 'wc -l a'","aggregated_output":"2 a\n","exit_code":0,"status":"completed"}}
		{"type":"item.completed","item":{"id":"item_3","type":"file_change","changes":[{"path":"a","kind":"update"}],"status":"completed"}}
		{"type":"item.started","item":{"id":"item_4","type":"mcp_tool_call","server":"docs","tool":"find","arguments":{"q":"x"},"result":null,"error":null,"status":"in_progress"}}
		{"type":"item.completed","item":{"id":"item_4","type":"mcp_tool_call","server":"docs","tool":"find","arguments":{"q":"x"},"result":null,"error":{"message":"gone"},"status":"failed"}}
		{"type":"item.updated","item":{"id":"item_5","type":"todo_list","items":[{"text":"count","completed":true}]}}
		{"type":"error","message":"Reconnecting... 1/5"}
		{"type":"item.completed","item":{"id":"item_6","type":"agent_message","text":"Two lines."}}
		{"type":"turn.completed","usage":{"input_tokens":200,"cached_input_tokens":150,"output_tokens":30}}
	EOF
	program codex <<<'say lines'
	agent-add --adapter codex coder >/dev/null
	do_task coder 'Count the lines of a'
	assert_equal "$(field "$id" '[.status, .response] | tojson')" '["completed","Two lines."]'
	run -0 events "$id"
	assert_output - <<-'EOF'
		["status",{"message":"Session t-1"}]
		["thought",{"text":"**Looking**"}]
		["message",{"text":"I look."}]
		["tool_use",{"name":"command","args":{"command":"bash -lc 'wc -l a'"},"call_id":"item_2"}]
		["tool_result",{"name":"command","call_id":"item_2","result":"2 a\n","status":"ok"}]
		["tool_use",{"name":"file_change","args":{"changes":[{"path":"a","kind":"update"}]},"call_id":"item_3"}]
		["tool_result",{"name":"file_change","call_id":"item_3","result":"update a","status":"ok"}]
		["tool_use",{"name":"docs.find","args":{"q":"x"},"call_id":"item_4"}]
		["tool_result",{"name":"docs.find","call_id":"item_4","result":"gone","status":"error"}]
		["status",{"message":"Reconnecting... 1/5"}]
		["token_usage",{"input_tokens":200,"output_tokens":30,"total_tokens":230,"cached_tokens":150}]
		["message",{"text":"Two lines."}]
	EOF
}

@test "adapters: a turn of codex that fails fails the task, and keeps what was said" {
	cat >lines <<-'EOF'
		{"type":"thread.started","thread_id":"t-1"}
		{"type":"item.completed","item":{"id":"item_0","type":"agent_message","text":"Half of it."}}
		{"type":"error","message":"exceeded retry limit, last status: 429 Too Many Requests"}
		{"type":"turn.failed","error":{"message":"exceeded retry limit, last status: 429 Too Many Requests"}}
	EOF
	program codex <<<$'say lines\nexit 1'
	agent-add --adapter codex coder >/dev/null
	id=$(task-add --ids --agent coder --max-attempts 1 'Try')
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" '[.status, .response, .error.category, .error.message] | tojson')" \
		'["failed","Half of it.","rate_limit","exceeded retry limit, last status: 429 Too Many Requests"]'
}

@test "adapters: what an adapter does not know how to say is noted in the log" {
	cat >mine.jq <<-'EOF'
		# command: ./mine
		if .say then {response: .say} elif .odd then {odd} else error("what is this") end
	EOF
	program mine <<-'EOF'
		echo 'a line of its own'
		echo '{"odd":1}'
		echo '{"more":1}'
		echo '{"torn":'
		echo '[1]'
		echo '{"say":"yes"}'
	EOF
	agent-add --adapter ./mine.jq coder -- mine >/dev/null
	do_task coder 'Try'
	assert_equal "$(field "$id" .response)" yes
	run -0 jq -c 'select(.kind == "adapter") | [.error, .result]' "$LEGWORK_STORE/logs/agents/$id.log"
	assert_line --index 0 '["want an event, a response or failed","{\"odd\":1}"]'
	assert_line --index 1 '["what is this",null]'
	assert_line --index 2 --partial 'torn'
	assert_equal "${#lines[@]}" 3
}

@test "adapters: without a word of its adapter its lines are the answer" {
	printf '%s\n' '# command: mine' empty >mine.jq
	program mine <<<'echo one; echo "{}"; echo two'
	agent-add --adapter ./mine.jq coder >/dev/null
	do_task coder 'Try'
	assert_equal "$(field "$id" .response)" $'one\ntwo'
}

@test "adapters: an adapter that is gone by the time fails the task (configuration)" {
	printf '%s\n' '# command: true' empty >mine.jq
	agent-add --adapter ./mine.jq coder >/dev/null
	rm mine.jq
	do_task coder 'Try'
	assert_equal "$(field "$id" '[.status, .error.category, .error.message] | tojson')" \
		"[\"failed\",\"configuration\",\"adapter $PWD/mine.jq: No such file or directory\"]"
}

@test "adapters: what the answer has to be is said, and why the last one was not accepted" {
	program claude <<-'EOF'
		if [[ -e $here/again ]]; then
			cp "$here/claude.read" "$here/second"
			echo '{"type":"result","subtype":"success","is_error":false,"result":"{\"n\": 2}","usage":{"input_tokens":1,"output_tokens":2}}'
		else
			cp "$here/claude.read" "$here/again"
			echo '{"type":"result","subtype":"success","is_error":false,"result":"Two.","usage":{"input_tokens":10,"output_tokens":20}}'
		fi
	EOF
	agent-add --adapter claude coder >/dev/null
	id=$(echo '{"instruction":"Count","agent":"coder","output":{"expected":"a number","format":"json","check":{"jq":".n == 2"}}}' |
		task-add --ids)
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" '[.status, .response, .attempt] | tojson')" '["completed","{\"n\":2}",1]'
	run -0 cat again
	assert_output - <<-'EOF'
		Count

		What is expected of your answer: a number
		Your last message has to be one JSON value and nothing else: no explanation before or after it, no code fence.
	EOF
	run -0 cat second
	assert_line --partial 'Your last answer was not accepted: the answer has to be JSON: '
	assert_equal "$(field "$id" '.usage | tojson')" '{"input_tokens":11,"output_tokens":22,"total_tokens":33,"calls":2}'
}
