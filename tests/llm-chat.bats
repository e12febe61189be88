# llm-chat, against a model that says what a script wants.

load test_helper
load records
load model

setup() {
	common_setup
	local name
	for name in ${!OPENAI_*} ${!ANTHROPIC_*} ${!OLLAMA_*} ${!OPENROUTER_*} http_proxy https_proxy \
		HTTPS_PROXY all_proxy ALL_PROXY; do
		unset "$name"
	done
	hello='{"id":"r1","messages":[{"role":"user","content":"hello"}]}'
	both='gpt-test claude-test'
}

# answers LINE ... - a model with this script
answers() { printf '%s\n' "$@" >script && start_model script; }

# chat MODEL REQUEST [OPTION ...] - what llm-chat makes of one request
chat() { run --separate-stderr timeout 20 llm-chat --model "$1" "${@:3}" <<<"$2"; }

# said - all text together
said() { jq -js 'map(select(.type == "text").delta) | add' <<<"$output"; }

@test "llm-chat: an answer is a text, the tokens, and the reason to stop, in both dialects" {
	for model in $both; do
		answers '{"text":"Grüße an alle","usage":{"input":9,"output":4,"cached":3}}'
		chat "$model" "$hello"
		[ "$status" = 0 ]
		assert_jq --arg m "$model" '[.[] | del(.ms)] == [
			{id:"r1",type:"text",delta:"Grüße an alle"},
			{id:"r1",type:"usage",input_tokens:9,output_tokens:4,total_tokens:13,cached_tokens:3},
			{id:"r1",type:"stop",reason:"end",model:$m}]'
		assert_equal "$stderr" ''
	done
}

@test "llm-chat: sends what the API of each dialect wants" {
	cat >request <<'EOF'
{"id":"r1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"go"},{"role":"assistant","content":"","thinking":[{"type":"thinking","thinking":"t","signature":"s"}],"tool_calls":[{"id":"c1","name":"run","arguments":{"a":1}},{"id":"c2","name":"run","arguments":{}}]},{"role":"tool","tool_call_id":"c1","name":"run","content":"one"},{"role":"tool","tool_call_id":"c2","name":"run","content":"no","is_error":true},{"role":"user","content":"on"}],"tools":[{"name":"run","description":"d","parameters":{"type":"object"}}],"tool_choice":"required","response_schema":{"name":"a b","schema":{"type":"object"}},"max_tokens":7,"temperature":0.5,"effort":"low","stop":["x"],"extra":{"seed":3}}
EOF
	answers '{"text":"x","repeat":true}'
	for model in $both; do
		chat "$model" "$(<request)"
		[ "$status" = 0 ]
	done
	run -0 asked .body
	assert_line -n 0 '{"model":"gpt-test","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"go"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"run","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"run","arguments":"{}"}}]},{"role":"tool","content":"one","tool_call_id":"c1"},{"role":"tool","content":"no","tool_call_id":"c2"},{"role":"user","content":"on"}],"tools":[{"type":"function","function":{"name":"run","description":"d","parameters":{"type":"object"}}}],"tool_choice":"required","response_format":{"type":"json_schema","json_schema":{"name":"a_b","schema":{"type":"object"}}},"max_tokens":7,"temperature":0.5,"reasoning_effort":"low","stop":["x"],"seed":3}'
	assert_line -n 1 '{"model":"claude-test","max_tokens":7,"system":"Be brief.","messages":[{"role":"user","content":[{"type":"text","text":"go"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","id":"c1","name":"run","input":{"a":1}},{"type":"tool_use","id":"c2","name":"run","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"one"},{"type":"tool_result","tool_use_id":"c2","content":"no","is_error":true},{"type":"text","text":"on"}]}],"tools":[{"name":"run","description":"d","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}},"stop_sequences":["x"],"seed":3}'
	[[ $(asked '[.headers | .authorization, ."x-api-key", ."anthropic-version"]') = \
		$'["Bearer test",null,null]\n[null,"test","2026-10-21"]' ]]
}

@test "llm-chat: a stream may be cut anywhere, have comments, pings and CR LF" {
	for model in $both; do
		for cut in 1 2 3 5 7 16; do
			answers "{\"text\":\"Grüße 🎉 \\\"an\\\" alle\",\"cut\":$cut,\"comments\":true,\"pings\":true,\"crlf\":true,\"choices_null\":true}"
			chat "$model" "$hello" --stream
			[ "$status" = 0 ]
			assert_equal "$(said)" 'Grüße 🎉 "an" alle'
			assert_jq '.[-1].reason == "end" and .[-2].total_tokens == 15 and length > 4'
		done
	done
}

@test "llm-chat: a request says itself whether it wants a stream" {
	answers '{"text":"a b","repeat":true}'
	chat gpt-test "${hello/%\}/,\"stream\":true\}}"
	chat gpt-test "${hello/%\}/,\"stream\":false\}}" --stream
	chat gpt-test "${hello/%\}/,\"stream\":null\}}" --stream
	[[ $(asked .body.stream | tr '\n' ' ') = 'true null true ' ]]
}

@test "llm-chat: thoughts and tool calls are the same events in both dialects, streamed or not" {
	says='{"text":"so","thought":"hm, ja","signature":"sig","tool_calls":[{"name":"run","arguments":{"command":"echo \"ü\""}},{"name":"now","arguments":{}}],"repeat":true}'
	answers "$says"
	for model in $both; do
		for option in --stream --retries=1; do
			chat "$model" "$hello" "$option"
			[ "$status" = 0 ]
			assert_jq '[.[] | select(.type == "thought").delta] | add == "hm, ja"'
			assert_jq '[.[] | select(.type == "tool_call").call | [.name, .arguments]] ==
				[["run", {command: "echo \"ü\""}], ["now", {}]]'
			assert_jq '[.[] | select(.type == "tool_call").call.id] | unique | length == 2'
			assert_jq '.[-1].reason == "tool_calls"'
			assert_equal "$(said)" so
		done
	done
	assert_jq '[.[] | select(.type == "thinking").block] == [{type:"thinking",thinking:"hm, ja",signature:"sig"}]'
}

@test "llm-chat: tool calls come in any number of pieces, without an index, or whole" {
	call='"tool_calls":[{"name":"run","arguments":{"a":"one two three"}},{"name":"run","arguments":{"a":"four"}}]'
	answers "{$call,\"args_pieces\":5}" "{$call,\"whole_arguments\":true}" "{$call,\"index_missing\":true,\"args_pieces\":3}" \
		"{$call,\"args_pieces\":9,\"cut\":3}"
	for _ in 1 2 3 4; do
		chat gpt-test "$hello" --stream
		assert_jq '[.[] | select(.type == "tool_call").call.arguments.a] == ["one two three", "four"]'
	done
}

@test "llm-chat: arguments that are no JSON object are handed on as they are, with the fault" {
	answers '{"tool_calls":[{"name":"run","arguments":"{\"a\": oops"},{"name":"run","arguments":"[1]"},{"name":"run","arguments":""}],"repeat":true}'
	chat gpt-test "$hello" --stream
	[ "$status" = 0 ]
	assert_jq '[.[] | select(.type == "tool_call").call] |
		(.[0] | .arguments_text == "{\"a\": oops" and (.fault | test("no JSON:")) and (has("arguments") | not)) and
		.[1].arguments_text == "[1]" and .[1].fault == "the arguments are no JSON object" and
		.[2].arguments == {} and (.[2] | has("fault") | not)'
}

@test "llm-chat: reasons to stop are told in the same words" {
	answers '{"stop":"length","text":"a"}' '{"stop":"refusal"}' '{"stop":"paused"}' '{"stop":"length","text":"a"}' '{"stop":"refusal"}'
	reasons=
	for model in claude-test claude-test claude-test gpt-test gpt-test; do
		chat "$model" "$hello"
		reasons+="$(jq -r 'select(.type == "stop").reason' <<<"$output") "
	done
	assert_equal "$reasons" 'length refusal paused length refusal '
}

@test "llm-chat: errors have a category, the server's words, and an exit status" {
	cases='400 validation 65
401 permission 77
403 permission 77
404 configuration 78
413 validation 65
429 rate_limit 75
500 service 69
529 service 69'
	for model in $both; do
		while read -r code category wanted; do
			answers "{\"status\":$code,\"error\":{\"type\":\"some_error\",\"message\":\"because ü\"}}"
			chat "$model" "$hello" --retries 0
			assert_equal "$status" "$wanted"
			assert_jq --arg c "$category" --argjson s "$code" 'length == 1 and (.[0] | .type == "error" and .id == "r1" and
				.category == $c and .status == $s and (.message | endswith("because ü")) and
				.retryable == ($s == 429 or $s >= 500))'
		done <<<"$cases"
	done
}

@test "llm-chat: what is no JSON is told by its beginning" {
	answers '{"status":502,"body":"<html>bad gateway"}' '{"body":"<html>welcome"}' '{"body":{"a":1}}'
	chat gpt-test "$hello" --retries 0
	assert_jq '.[0] | .category == "service" and .message == "<html>bad gateway" and .status == 502'
	chat gpt-test "$hello" --retries 0
	assert_jq '.[0] | .category == "service" and .message == "<html>welcome" and .code == "no_json"'
	chat gpt-test "$hello" --retries 0
	assert_jq '.[0] | .category == "service" and (.message | test("no choices"))'
	answers '{"body":"<html>hello","headers":{"Content-Type":"text/html; charset=utf-8"}}' '{"status":404,"body":""}'
	chat gpt-test "$hello" --retries 0 --stream
	assert_jq '.[0].message == "<html>hello"'
	chat gpt-test "$hello" --retries 0
	assert_jq '.[0] | .category == "configuration" and (.message | test("/v1/chat/completions: "))'
}

@test "llm-chat: tries again as the server asks, and says so" {
	for model in $both; do
		answers '{"status":429,"headers":{"Retry-After":"9","retry-after-ms":"20"}}' '{"status":503,"headers":{"Retry-After":"0"}}' '{"text":"there"}'
		chat "$model" "$hello"
		[ "$status" = 0 ]
		assert_jq '(.[0] | .type == "retry" and .attempt == 2 and .delay_ms == 20 and .status == 429) and
			(.[1] | .type == "retry" and .attempt == 3 and .delay_ms == 0 and .status == 503)'
		assert_equal "$(said)" there
	done
}

@test "llm-chat: tries again after half a second where the server does not say when" {
	answers '{"status":500}' '{"text":"there"}'
	chat gpt-test "$hello"
	assert_jq '.[0].delay_ms >= 375 and .[0].delay_ms <= 500 and .[-1].type == "stop"'
}

@test "llm-chat: tries no more often than it may, nor what the server says is in vain" {
	answers '{"status":500,"headers":{"retry-after-ms":"1"},"repeat":true}'
	chat gpt-test "$hello" --retries 1
	assert_equal "$status" 69
	assert_jq 'map(.type) == ["retry", "error"] and .[-1].retry_after_ms == 1'
	answers '{"status":500,"headers":{"x-should-retry":"false"},"repeat":true}'
	chat gpt-test "$hello"
	assert_jq 'map(.type) == ["error"] and .[0].retryable == false'
	answers '{"status":400,"headers":{"x-should-retry":"true","retry-after-ms":"1"}}' '{"text":"x"}'
	chat gpt-test "$hello"
	assert_jq 'map(.type) == ["retry", "text", "usage", "stop"]'
}

@test "llm-chat: an answer that is cut off is tried again only if nothing of it was told" {
	for model in $both; do
		answers '{"text":"one two three","drop_after":1,"repeat":true}'
		chat "$model" "$hello" --stream --retries 1
		assert_equal "$status" 69
		assert_jq 'map(.type) == ["retry", "error"] and .[-1].category == "network"'
		answers '{"text":"one two three four five six","drop_after":700}' '{"text":"never"}'
		chat "$model" "$hello" --stream
		assert_equal "$status" 69
		assert_jq 'any(.[]; .type == "text") and all(.[]; .type != "retry" and .type != "stop") and
			(.[-1] | .type == "error" and .category == "network" and .retryable)'
		[[ $(asked .n | wc -l) = 1 ]]
	done
}

@test "llm-chat: a stream that ends without its end is a network error" {
	answers '{"body":"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n","headers":{"Content-Type":"text/event-stream"}}'
	chat gpt-test "$hello" --stream
	assert_equal "$status" 69
	assert_jq '.[-1] | .category == "network" and .code == "cut_off"'
	answers '{"text":"a","no_done":true}'
	chat gpt-test "$hello" --stream
	assert_equal "$status" 0
}

@test "llm-chat: an error in a stream of status 200 is an error" {
	for model in $both; do
		answers '{"text":"a b c","error":{"type":"overloaded_error","message":"sorry"},"error_after":4}' '{"text":"never"}'
		chat "$model" "$hello" --stream
		assert_equal "$status" 69
		assert_jq '.[-1] | .type == "error" and .category == "service" and .message == "sorry" and .retryable'
		answers '{"error":{"type":"invalid_request_error","message":"no"}}'
		chat "$model" "$hello" --stream
		assert_equal "$status" 65
		assert_jq 'length == 1 and .[0].category == "validation"'
	done
}

@test "llm-chat: a server that falls silent is given up" {
	answers '{"text":"one two three","stall_after":1,"repeat":true}'
	chat gpt-test "$hello" --stream --timeout 300ms --retries 0
	assert_equal "$status" 69
	assert_jq 'length == 1 and (.[0] | .category == "timeout" and .retryable and (.message | test("0\\.3 s")))'
}

@test "llm-chat: nobody there is a network error" {
	OPENAI_BASE_URL=http://127.0.0.1:1/v1 chat gpt-test "$hello" --retries 0
	assert_equal "$status" 69
	assert_jq '.[0] | .category == "network" and .status == null and (.message | startswith("http://127.0.0.1:1/v1: "))'
}

@test "llm-chat: keeps its connection for all requests, and through errors" {
	for model in $both; do
		answers '{"text":"x"}' '{"status":500,"headers":{"retry-after-ms":"1"}}' '{"text":"x","repeat":true}'
		run -0 llm-chat --model "$model" --stream <<<"$hello"$'\n'"$hello"$'\n'"$hello"
		[[ $(asked .connection | tr '\n' ' ') = '1 1 1 1 ' ]]
	done
}

@test "llm-chat: a connection that was closed meanwhile is made anew, without a word" {
	answers '{"text":"x","hang_up":true,"repeat":true}'
	run -0 llm-chat --model gpt-test <<<"$hello"$'\n'"$hello"
	assert_jq 'map(.type) == ["text", "usage", "stop", "text", "usage", "stop"]'
}

@test "llm-chat: what was used up before an answer broke off is told" {
	answers '{"text":"one two three four five six","usage":{"input":7,"output":9},"drop_after":900}'
	chat claude-test "$hello" --stream
	assert_equal "$status" 69
	assert_jq '(.[-2] | .type == "usage" and .input_tokens == 7) and .[-1].type == "error"'
}

@test "llm-chat: goes through the proxy that the environment names" {
	answers
	unset no_proxy NO_PROXY
	http_proxy=http://127.0.0.1:$MODEL_PORT OPENAI_BASE_URL=http://model.invalid/v1 chat gpt-test "$hello" --retries 0
	[[ $(asked .path) = '"http://model.invalid/v1/chat/completions"' ]]
}

@test "llm-chat: answers a request while its input stays open" {
	answers '{"text":"x","repeat":true}'
	mkfifo in
	llm-chat --model gpt-test <in >out 3>&- &
	pid=$!
	exec 7>in
	echo "$hello" >&7
	wait_until 30 has_lines out 3
	echo "${hello/r1/r2}" >&7
	wait_until 30 has_lines out 6
	exec 7>&-
	await_exit "$pid"
	[[ $(jq -r 'select(.type == "stop").id' out | tr '\n' ' ') = 'r1 r2 ' ]]
}

@test "llm-chat: -j asks several at once, and the fast ones need not wait" {
	answers '{"gate":"open","text":"late","match":{"contains":"slow"}}' '{"repeat":true,"text":"soon"}'
	jq -nc 'range(4) | {id: "r\(.)", messages: [{role: "user", content: (if . == 0 then "slow" else "fast" end)}]}' >in
	llm-chat --model gpt-test -j4 <in >out 3>&- &
	pid=$!
	wait_until 30 has_lines out 9
	[[ $(jq -r 'select(.type == "stop").id' out | sort | tr '\n' ' ') = 'r1 r2 r3 ' ]]
	touch open
	await_exit "$pid"
	[[ $(jq -r 'select(.type == "stop").id' out | tail -n 1) = r0 ]]
}

@test "llm-chat: a signal ends it at once, in the middle of a transfer" {
	for signal in TERM,143 INT,130; do
		answers '{"text":"one two three","stall_after":400}'
		env --default-signal=INT llm-chat --model gpt-test --stream <<<"$hello" >out 3>&- &
		pid=$!
		wait_until 30 was_asked 1
		kill -s "${signal%,*}" "$pid"
		status=0
		await_exit "$pid" || status=$?
		assert_equal "$status" "${signal#*,}"
	done
}

@test "llm-chat: ends when nobody reads its output (74)" {
	answers '{"gate":"never"}'
	mkfifo in out
	llm-chat --model gpt-test <in >out 2>err 3>&- &
	pid=$!
	exec 7>in 8<out
	echo "$hello" >&7
	wait_until 30 was_asked 1
	exec 8<&-
	status=0
	await_exit "$pid" || status=$?
	exec 7>&-
	assert_equal "$status" 74
}

@test "llm-chat: what is no request is answered with its id, and told on stderr (65)" {
	answers '{"text":"x","repeat":true}'
	cat >in <<'EOF'
nonsense
{"id":"a"}
{"id":"b","messages":[]}
{"id":"c","messages":[{"role":"king","content":"x"}]}
{"id":"d","messages":[{"role":"user","content":1}]}
{"id":"e","messages":[{"role":"assistant","tool_calls":[{"id":"x"}]}]}
{"id":"f","messages":[{"role":"user","content":"x"}],"tools":[{}]}
{"id":"g","messages":[{"role":"user","content":"x"}],"max_tokens":0}
{"id":"h","messages":[{"role":"user","content":"x"}],"tool_choice":"maybe"}
{"id":"i","messages":[{"role":"user","content":"x"}],"response_schema":{"name":"x"}}
{"id":7,"messages":[{"role":"user","content":"x"}]}
{"id":"z","messages":[{"role":"user","content":"x"}]}
EOF
	run -65 --separate-stderr llm-chat --model gpt-test <in
	assert_jq 'map(select(.type == "error")) | length == 11 and all(.[]; .category == "validation" and .status == null) and
		map(.id) == [null, "a", "b", "c", "d", "e", "f", "g", "h", "i", null]'
	assert_jq 'map(select(.type == "stop").id) == ["z"]'
	assert_equal "${#stderr_lines[@]}" 11
	assert_equal "${stderr_lines[4]}" 'llm-chat: stdin:5: messages[0]: content: want a string'
	assert_equal "${stderr_lines[8]}" 'llm-chat: stdin:9: tool_choice: want auto, none, required or {"name": TOOL}'
}

@test "llm-chat: where nothing is configured, it says what to set (78)" {
	run -78 llm-chat <<<"$hello"
	assert_jq 'length == 1 and (.[0] | .category == "configuration" and .id == "r1" and
		(.message | test("LEGWORK_MODEL") and test("OPENAI_API_KEY") and test("ANTHROPIC_API_KEY")))'
	for pair in gpt-x,OPENAI_API_KEY claude-x,ANTHROPIC_API_KEY openrouter/x,OPENAI_API_KEY; do
		chat "${pair%,*}" "$hello"
		assert_equal "$status" 78
		assert_jq --arg v "set ${pair#*,} or ${pair#*,}_FILE" '.[0].message | contains($v)'
	done
	chat x "$hello" --provider nowhere
	assert_jq '.[0].message | startswith("provider nowhere: no such provider")'
}

@test "llm-chat: keys come out of files, too, and tokens are bearers" {
	answers '{"text":"x","repeat":true}'
	unset OPENAI_API_KEY ANTHROPIC_API_KEY
	printf 'from-a-file\n' >key
	OPENAI_API_KEY_FILE=key chat gpt-x "$hello"
	ANTHROPIC_API_KEY_FILE=$PWD/key chat claude-x "$hello"
	ANTHROPIC_AUTH_TOKEN=a-token chat claude-x "$hello"
	OPENAI_API_KEY=k OPENAI_ORG_ID=org OPENAI_PROJECT_ID=proj chat gpt-x "$hello"
	[[ $(asked '[.headers | .authorization, ."x-api-key", ."openai-organization", ."openai-project"]' | tr '\n' ' ') = \
		'["Bearer from-a-file",null,null,null] [null,"from-a-file",null,null] ["Bearer a-token",null,null,null] ["Bearer k",null,"org","proj"] ' ]]
	OPENAI_API_KEY_FILE=nowhere chat gpt-x "$hello"
	assert_equal "$status" 78
	assert_jq '.[0].message == "provider openai: OPENAI_API_KEY_FILE: nowhere: No such file or directory"'
}

@test "llm-chat: the configuration file names providers and models" {
	answers '{"text":"x","repeat":true}'
	mkdir "$XDG_CONFIG_HOME/legwork"
	printf lab-key-of-a-file >"$XDG_CONFIG_HOME/legwork/lab.key"
	cat >"$XDG_CONFIG_HOME/legwork/config.json" <<EOF
{"model":"lab/small","providers":{
	"lab":{"dialect":"openai","base_url":"http://127.0.0.1:$MODEL_PORT/lab/","key_file":"lab.key",
		"headers":{"X-Team":"blue"},"extra":{"seed":1}},
	"anthropic":{"version":"2023-06-01"}},
 "models":{"fast":"lab/tiny","big":"lab"}}
EOF
	run -0 llm-chat <<<"$hello"
	for model in fast big lab/a/b claude-x; do
		chat "$model" "${hello/%\}/,\"temperature\":0.5\}}"
		[ "$status" = 0 ]
	done
	[[ $(asked '[.path, .body.model, .body.seed, .body.temperature, .headers["x-team"], .headers.authorization]' | head -n 4) = \
		'["/lab/chat/completions","small",1,null,"blue","Bearer lab-key-of-a-file"]
["/lab/chat/completions","tiny",1,0.5,"blue","Bearer lab-key-of-a-file"]
["/lab/chat/completions","big",1,0.5,"blue","Bearer lab-key-of-a-file"]
["/lab/chat/completions","a/b",1,0.5,"blue","Bearer lab-key-of-a-file"]' ]]
	[[ $(asked '[.path, .body.temperature, .headers["anthropic-version"]]' | tail -n 1) = '["/v1/messages",0.5,"2023-06-01"]' ]]
	echo '{' >"$XDG_CONFIG_HOME/legwork/config.json"
	chat gpt-x "$hello"
	assert_equal "$status" 78
	assert_jq '.[0] | .category == "configuration" and (.message | test("config.json: "))'
}

@test "llm-chat: Ollama is asked where OLLAMA_HOST says, without a key" {
	answers '{"text":"x","repeat":true}'
	unset OPENAI_BASE_URL OPENAI_API_KEY
	OLLAMA_HOST=0.0.0.0:$MODEL_PORT chat qwen "$hello"
	[ "$status" = 0 ]
	OLLAMA_HOST=http://127.0.0.1:$MODEL_PORT/ chat ollama/qwen "$hello"
	[ "$status" = 0 ]
	[[ $(asked '[.path, .body.model, .headers.authorization]' | tr '\n' ' ') = \
		'["/v1/chat/completions","qwen",null] ["/v1/chat/completions","qwen",null] ' ]]
}

@test "llm-chat: redirects are not followed, as the key would be" {
	answers '{"status":302,"headers":{"Location":"/v1/chat/completions"}}' '{"text":"x"}'
	chat gpt-test "$hello" --retries 0
	assert_equal "$status" 78
	[[ $(asked .n | wc -l) = 1 ]]
}

@test "llm-chat: records exchanges, and replays them with no server and no key" {
	answers '{"text":"Grüße","thought":"hm","signature":"s","tool_calls":[{"name":"run","arguments":{"a":1}}],"cut":3,"comments":true,"repeat":true}'
	for model in $both; do
		for option in --stream --retries=2; do
			chat "$model" "$hello" "$option" --record tapes
			[ "$status" = 0 ]
			jq -c 'del(.ms)' <<<"$output" >"live$model$option"
		done
	done
	stop_model
	unset OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_BASE_URL
	for model in $both; do
		for option in --stream --retries=2; do
			chat "$model" "$hello" "$option" --replay tapes
			[ "$status" = 0 ]
			diff "live$model$option" <(jq -c 'del(.ms)' <<<"$output")
		done
	done
	run -0 find tapes ! -perm 0600 ! -perm 0700
	assert_output ''
	[[ $(jq -s 'map(select(.request.body and .response.status == 200)) | length' tapes/*.json) = 4 ]]
	[[ $(jq -r 'select(.request.body.stream).response.body' tapes/*.json | grep -c '^: ') -gt 8 ]]
}

@test "llm-chat: what was not recorded is an error, and nobody is asked (78)" {
	answers '{"text":"x","repeat":true}'
	mkdir tapes
	chat gpt-test "$hello" --replay tapes
	assert_equal "$status" 78
	assert_jq 'length == 1 and (.[0] | .code == "not_recorded" and (.message | startswith("tapes/")))'
	run ! was_asked 1
	chat gpt-test "$hello" --record tapes
	file=$(ls tapes)
	sed -i 's/hello/other/' "tapes/$file"
	chat gpt-test "$hello" --replay tapes
	assert_jq '.[0].message == "tapes/'"$file"': is of another request"'
}

@test "llm-chat: errors are recorded, too, the last one" {
	answers '{"status":429,"headers":{"retry-after-ms":"1"}}' '{"status":400,"error":{"message":"no"}}'
	chat gpt-test "$hello" --record tapes
	chat gpt-test "$hello" --replay tapes
	assert_equal "$status" 65
	assert_jq 'length == 1 and .[0].status == 400 and .[0].message == "no"'
}

@test "llm-chat: a key is nowhere to be seen" {
	key=sk-very-secret-0123456789
	answers "{\"status\":401,\"error\":{\"message\":\"wrong key $key given\"}}" \
		"{\"text\":\"your key is $key\"}" "{\"status\":500,\"headers\":{\"retry-after-ms\":\"1\"},\"error\":{\"message\":\"$key\",\"code\":\"$key\"}}" \
		'{"gate":"open","text":"x"}'
	export OPENAI_API_KEY=$key
	chat gpt-test "$hello" --record tapes
	assert_equal "$status" 77
	assert_jq '.[0].message == "wrong key *** given"'
	chat gpt-test "$hello" --record tapes
	run ! grep -r "$key" tapes
	llm-chat --model gpt-test <<<"$hello" >out 2>err 3>&- &
	pid=$!
	wait_until 30 was_asked 4
	run ! grep -aq "$key" "/proc/$pid/cmdline"
	touch open
	await_exit "$pid"
	run ! grep -q "$key" out err
	jq -se '.[0].message == "***"' out
}

@test "llm-chat: refuses --record with --replay, operands, and times that are none (64)" {
	run -64 llm-chat --record a --replay b
	run -64 llm-chat hello
	run -64 llm-chat --timeout soon
	run -64 llm-chat --timeout 0
	run -64 llm-chat -j 0
}

@test "llm-chat: a full disk is an I/O error (74)" {
	answers '{"text":"x"}'
	run -74 bash -c 'llm-chat --model gpt-test <<<"$0" >/dev/full' "$hello"
	assert_output 'llm-chat: stdout: No space left on device'
}

@test "llm-chat: an answer that is too long is an error, and does not fill the memory" {
	head -c 20000000 /dev/zero | tr '\0' a >long
	jq -nRc 'input as $t | {body: "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\($t)\"}}]}\n\n", headers: {"Content-Type": "text/event-stream"}}' <long >script
	LEGWORK_MAX_LINE=40000000 start_model script
	chat gpt-test "$hello" --stream --retries 0
	assert_equal "$status" 69
	assert_jq 'length == 1 and .[0].message == "the answer is too long" and .[0].retryable == false'
}
