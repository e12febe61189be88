# The model of the tests says what its script wants, in two dialects, and does what goes wrong.

load test_helper
load model

# answers LINE ... - a model with this script
answers() { printf '%s\n' "$@" >script && start_model script; }

# ask PATH BODY [OPTION ...] - what curl gets; its options come last
ask() { curl -sS -m 20 --noproxy '*' "${@:3}" -d "$2" "http://127.0.0.1:$MODEL_PORT$1"; }

chat() { ask /v1/chat/completions "$@"; }
messages() { ask /v1/messages "$@"; }

# The data of a stream of events on stdin, one a line; what is no JSON is left out.
data() { tr -d '\r' | sed -n 's/^data: \({.*\)/\1/p'; }

stream='{"model":"m","stream":true,"stream_options":{"include_usage":true}}'

# raw BYTES ... - all that comes back on a connection where printf has written this
raw() {
	exec 7<>"/dev/tcp/127.0.0.1/$MODEL_PORT"
	# shellcheck disable=SC2059 # it is the format
	printf "$@" >&7
	timeout 10 cat <&7
	exec 7>&-
}

says='{"text":"Grüße an alle","thought":"hm, ja","tool_calls":[{"name":"run","arguments":{"command":"echo \"ü\""}},
{"id":"mine","name":"now","arguments":{}}],"usage":{"input":100,"output":7,"cached":20},"repeat":true}'

@test "model-server: says it as a chat completion" {
	answers "${says//$'\n'/}"
	run -0 chat '{"model":"m"}'
	[[ $(jq -c '.choices[0].message | [.content, .reasoning_content, (.tool_calls[] | .id, .function.name,
		(.function.arguments | fromjson.command))]' <<<"$output") = \
		'["Grüße an alle","hm, ja","call_1_1","run","echo \"ü\"","mine","now",null]' ]]
	[[ $(jq -c '[.object, .model, .choices[0].finish_reason, .usage]' <<<"$output") = \
		'["chat.completion","m","tool_calls",{"prompt_tokens":100,"completion_tokens":7,"total_tokens":107,"prompt_tokens_details":{"cached_tokens":20}}]' ]]
}

@test "model-server: says the same as a stream of chunks" {
	answers "${says//$'\n'/}"
	run -0 chat "$stream"
	assert_line --index -1 'data: [DONE]'
	data <<<"$output" >chunks
	[[ $(jq -js '[.[].choices[0].delta // {}] | ([.[].content // ""] | add), "|", ([.[].reasoning_content // ""] | add)' \
		<chunks) = 'Grüße an alle|hm, ja' ]]
	[[ $(jq -s '[.[].choices[0].delta.content // "" | select(. != "")] | length' <chunks) = 3 ]]
	[[ $(jq -sc '[.[].choices[0].delta.tool_calls // [] | .[]] | group_by(.index)[] |
		[.[0].id, .[0].function.name, ([.[].function.arguments] | add)]' <chunks) = \
		$'["call_1_1","run","{\\"command\\":\\"echo \\\\\\"ü\\\\\\"\\"}"]\n["mine","now","{}"]' ]]
	[[ $(jq -sc '[.[-2].choices[0].finish_reason, .[-1].choices, .[-1].usage.total_tokens]' <chunks) = \
		'["tool_calls",[],107]' ]]
}

@test "model-server: tells a stream's tokens only if they are asked for" {
	answers '{"text":"a","repeat":true}'
	run -0 chat '{"stream":true}'
	refute_output --partial usage
	run -0 chat "$stream"
	assert_output --partial '"usage":{"prompt_tokens":10,'
}

@test "model-server: says it as a message" {
	answers "${says//$'\n'/}"
	run -0 messages '{"model":"m"}'
	[[ $(jq -c '[.content[] | .type]' <<<"$output") = '["thinking","text","tool_use","tool_use"]' ]]
	[[ $(jq -c '.content[2:]' <<<"$output") = '[{"type":"tool_use","id":"toolu_1_1","name":"run","input":{"command":"echo \"ü\""}},{"type":"tool_use","id":"mine","name":"now","input":{}}]' ]]
	[[ $(jq -c '[.stop_reason, .usage.input_tokens, .usage.cache_read_input_tokens, .usage.output_tokens]' \
		<<<"$output") = '["tool_use",80,20,7]' ]]
}

@test "model-server: says the same as the events of a message" {
	answers "${says//$'\n'/}"
	messages "$stream" >events
	[[ $(grep -c '^event: ' events) = $(grep -c '^data: ' events) ]]
	data <events >got
	diff <(sed -n 's/^event: //p' events) <(jq -r .type got)
	[[ $(jq -r .type got | sed -n '1p;$p' | tr '\n' ' ') = 'message_start message_stop ' ]]
	[[ $(jq -sc '[.[] | select(.type == "content_block_start") | [.index, .content_block.type]]' got) = \
		'[[0,"thinking"],[1,"text"],[2,"tool_use"],[3,"tool_use"]]' ]]
	[[ $(jq -sc '[.[] | select(.delta.type) | .delta + {index}] | group_by(.index)[] |
		[.[] | .thinking // .text // .partial_json // .signature] | add' got) = \
		$'"hm, jasigned"\n"Grüße an alle"\n"{\\"command\\":\\"echo \\\\\\"ü\\\\\\"\\"}"\n""' ]]
	[[ $(jq -c 'select(.type == "message_delta") | [.delta.stop_reason, .usage.output_tokens]' got) = '["tool_use",7]' ]]
}

@test "model-server: a signature makes a thinking block, redacted one of its own" {
	answers '{"signature":"sss","redacted":"xxx","repeat":true}'
	run -0 messages '{}'
	[[ $(jq -c .content <<<"$output") = '[{"type":"thinking","thinking":"","signature":"sss"},{"type":"redacted_thinking","data":"xxx"}]' ]]
	[[ $(messages "$stream" | data | jq -c 'select(.content_block.type == "redacted_thinking").content_block.data') = '"xxx"' ]]
}

@test "model-server: names the reason to stop as the dialect does" {
	answers '{"stop":"end"}' '{"stop":"end"}' '{"stop":"length"}' '{"stop":"length"}' \
		'{"stop":"refusal"}' '{"stop":"refusal"}' '{"stop":"paused"}' '{"stop":"error"}'
	for reason in stop,end_turn length,max_tokens content_filter,refusal; do
		[[ $(chat '{}' | jq -r '.choices[0].finish_reason') = "${reason%,*}" ]]
		[[ $(messages '{}' | jq -r .stop_reason) = "${reason#*,}" ]]
	done
	[[ $(messages '{}' | jq -r .stop_reason) = pause_turn ]]
	[[ $(chat '{}' | jq -r '.choices[0].finish_reason') = error ]]
}

@test "model-server: hands out answers in their order, by what they match, again where they repeat" {
	answers '{"text":"b","match":{"model":"b"}}' '{"text":"c","match":{"contains":"\"see me\""}}' \
		'{"text":"list","match":{"path":"/v1/models"}}' '{"text":"1"}' '{"text":"2","repeat":true}'
	said() { jq -r '.choices[0].message.content'; }
	[[ $(chat '{"model":"m"}' | said) = 1 ]]
	[[ $(chat '{"model":"m"}' | said) = 2 ]]
	[[ $(chat '{"model":"m","x":"see me"}' | said) = c ]]
	[[ $(chat '{"model":"b"}' | said) = b ]]
	[[ $(chat '{"model":"b"}' | said) = 2 ]]
	[[ $(curl -sS --noproxy '*' "http://127.0.0.1:$MODEL_PORT/v1/models" | said) = list ]]
	[[ $(asked '[.n, .answer]' | tr '\n' ' ') = '[1,4] [2,5] [3,2] [4,1] [5,5] [6,3] ' ]]
}

@test "model-server: says so when no answer is left (500), and to other paths (404)" {
	answers '{"text":"1"}'
	run -0 ask /v1/embeddings '{}' -w '%{http_code}'
	assert_output --regexp '"no such path".*404$'
	chat '{}'
	run -0 chat '{}' -w '%{http_code}'
	assert_output --partial 'the script has no answer left for request 3, POST /v1/chat/completions'
	assert_output --regexp '500$'
	run -0 messages '{}'
	[[ $(jq -c '[.type, .error.type]' <<<"$output") = '["error","api_error"]' ]]
	[[ $(asked .answer | tr '\n' ' ') = 'null 1 null null ' ]]
}

@test "model-server: logs what it was asked, before it answers" {
	answers '{"gate":"open","text":"there"}'
	chat '{"a":[1,"ü"]}' -H 'X-Thing: a' -H 'x-thing:  b ' >got 3>&- &
	pid=$!
	wait_until 30 was_asked 1
	[[ ! -s got ]]
	[[ $(asked '[.n, .connection, .method, .path, .headers["x-thing"], .body]') = \
		'[1,1,"POST","/v1/chat/completions","a, b",{"a":[1,"ü"]}]' ]]
	touch open
	await_exit "$pid"
	assert_file_contains got there
}

@test "model-server: keeps a connection, and serves several at once" {
	answers '{"gate":"open","match":{"contains":"slow"}}' '{"repeat":true,"text":"x"}'
	chat '{"slow":1}' >slow 3>&- &
	pid=$!
	wait_until 30 was_asked 1
	url=http://127.0.0.1:$MODEL_PORT/v1/messages
	curl -sS --noproxy '*' -d '{"stream":true}' "$url" --next -sS --noproxy '*' -d '{}' "$url" \
		--next -sS --noproxy '*' -d '{}' "$url" >fast
	[[ $(asked .connection | tr '\n' ' ') = '1 2 2 2 ' ]]
	touch open
	await_exit "$pid"
	[[ -s slow ]]
}

@test "model-server: takes requests in chunks, in pieces, several at once, and large ones" {
	answers '{"repeat":true,"text":"x"}'
	ask /v1/messages '{"a":1}' -H 'Transfer-Encoding: chunked' >/dev/null
	raw 'POST /messages HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"a": 21}POST /messages HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n005\r\n": 22\r\n1\r\n}\r\n0\r\n\r\n' >two
	[[ $(grep -c 'HTTP/1.1 200' two) = 2 ]]
	head -c 3000000 /dev/zero | tr '\0' x | sed 's/.*/{"a":"&"}/' >big
	curl -sS --noproxy '*' -m 20 --data-binary @big -H 'Expect: 100-continue' "http://127.0.0.1:$MODEL_PORT/messages" >/dev/null
	[[ $(asked '.body.a | if type == "string" then length else . end' | tr '\n' ' ') = '1 21 22 3000000 ' ]]
}

@test "model-server: what is no request gets 400, and nothing else is lost" {
	answers '{"text":"x"}'
	for bad in 'hello\r\n\r\n' 'POST / HTTP/1.1\r\nno header\r\n\r\n' 'GET x HTTP/1.1\r\n\r\n' \
		'POST /messages HTTP/1.1\r\nContent-Length: -1\r\n\r\n' \
		'POST /messages HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n' \
		'POST /messages HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n' \
		'POST /messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n' \
		'POST /messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n' \
		'POST /messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n[]' \
		'POST /messages HTTP/1.1\r\nContent-Length: 4\r\n\r\n\377{}\001'; do
		raw "$bad" >got
		[[ $(head -n 1 got) = $'HTTP/1.1 400 Bad Request\r' ]] || { echo "$bad"; cat got; false; }
	done
	[[ $(asked '.answer' | sort | uniq -c | tr -s ' ') = ' 10 null' ]]
	assert [ "$(messages '{}' | jq -r '.content[0].text')" = x ]
}

@test "model-server: errors have a status, headers, and the dialect's object" {
	answers '{"status":429,"headers":{"Retry-After":"1","retry-after-ms":"20"}}' \
		'{"status":529,"error":{"message":"too much"}}' '{"status":401,"error":{"message":"no","code":"invalid_api_key"}}'
	run -0 chat "$stream" -i
	assert_line $'HTTP/1.1 429 Too Many Requests\r'
	assert_line $'Retry-After: 1\r'
	assert_line $'retry-after-ms: 20\r'
	[[ $(tail -n 1 <<<"$output" | jq -c '.error | [.type, .code, has("param")]') = '["rate_limit_exceeded",null,true]' ]]
	run -0 messages '{}'
	[[ $(jq -c '[.type, .error, .request_id]' <<<"$output") = \
		'["error",{"message":"too much","type":"overloaded_error"},"req_2"]' ]]
	[[ $(chat '{}' | jq -r .error.code) = invalid_api_key ]]
}

@test "model-server: an error may come in the middle of a stream, or be all there is" {
	answers '{"text":"a b c","error":{"type":"overloaded_error","message":"sorry"},"error_after":3}' \
		'{"text":"a b","error":{"message":"sorry"}}' '{"text":"a","error":{"message":"sorry"},"repeat":true}'
	run -0 messages "$stream"
	[[ $(data <<<"$output" | jq -r .type | tr '\n' ' ') = 'message_start content_block_start content_block_delta error ' ]]
	run -0 chat "$stream"
	refute_output --partial DONE
	[[ $(data <<<"$output" | jq -sc '[length, .[-1].error.message]') = '[4,"sorry"]' ]]
	[[ $(chat '{}' | jq -c 'keys') = '["error"]' ]]
}

@test "model-server: a body of one's own is sent as it stands" {
	answers '{"status":502,"body":"<html>bad gateway"}' '{"body":{"a":1}}' \
		'{"body":"data: x\n\n","headers":{"content-type":"text/event-stream"},"chunked":true}'
	run -0 chat '{}' -i
	assert_line $'HTTP/1.1 502 Bad Gateway\r'
	assert_line $'Content-Length: 17\r'
	assert_line --index -1 '<html>bad gateway'
	[[ $(messages '{}') = '{"a":1}' ]]
	run -0 chat '{}' -i
	[[ $(grep -ic '^content-type: text/event-stream' <<<"$output") = 1 ]]
	assert_line $'Transfer-Encoding: chunked\r'
}

@test "model-server: cuts a stream into pieces of so many bytes, and an event a chunk otherwise" {
	answers '{"text":"Grüße","cut":1}' '{"text":"Grüße"}' '{"text":"a b","crlf":true}'
	body='{"stream":true}'
	for i in 1 2 3; do
		raw 'POST /messages HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' "${#body}" "$body" >"got$i"
	done
	[[ $(grep -cE $'^1\r$' got1) -gt 300 ]]
	run ! grep -qE $'^[0-9a-f]{2,}\r$' got1
	[[ $(grep -cE $'^[0-9a-f]+\r$' got2) = 7 ]]
	[[ $(grep -cE $'^[0-9a-f]+\r$' got3) = 8 ]]
}

@test "model-server: comments, pings, line ends, and what is left out at the end" {
	answers '{"text":"a","comments":true,"crlf":true,"no_done":true,"choices_null":true}' \
		'{"text":"a","pings":true}' '{"text":"a","no_done":true}'
	chat "$stream" >got
	[[ $(grep -c $'^: OPENROUTER PROCESSING\r$' got) = 4 ]]
	run ! grep -qv $'\r$' got
	run ! grep -q DONE got
	[[ $(data <got | tail -n 1 | jq -c .choices) = null ]]
	[[ $(messages "$stream" | grep -c '^event: ping$') = 5 ]]
	[[ $(messages "$stream" | data | tail -n 1 | jq -r .type) = message_delta ]]
}

@test "model-server: arguments come in pieces, whole, without an index, or are none" {
	call='"tool_calls":[{"name":"f","arguments":{"text":"üüüü"}},{"name":"g","arguments":"{\"broken"}]'
	answers "{$call,\"args_pieces\":5}" "{$call,\"whole_arguments\":true,\"index_missing\":true}" "{$call}"
	pieces() { data | jq -c '.choices[0].delta.tool_calls // empty | .[] | [.index, .function.arguments]'; }
	chat "$stream" | pieces >got
	[[ $(grep -c '^\[0,' got) = 6 ]]
	[[ $(jq -sr 'map(select(.[0] == 0)[1]) | add' got) = '{"text":"üüüü"}' ]]
	[[ $(jq -sr 'map(select(.[0] == 1)[1]) | add' got) = '{"broken' ]]
	[[ $(chat "$stream" | pieces) = $'[null,"{\\"text\\":\\"üüüü\\"}"]\n[null,"{\\"broken"]' ]]
	[[ $(messages '{}' | jq -c '[.content[].input]') = '[{"text":"üüüü"},"{\"broken"]' ]]
}

@test "model-server: drops the connection before, within and after an answer" {
	answers '{"drop":true}' '{"text":"a","drop_after":10}' '{"text":"a","drop_after":10}' \
		'{"text":"a","hang_up":true}' '{"text":"a"}'
	run -52 chat '{}'
	run chat "$stream" -D head
	[[ $status = @(18|56) ]]
	assert_output --partial 'data: {"id'
	assert_file_contains head '200 OK'
	run chat '{}'
	[[ $status = @(18|56) ]]
	url=http://127.0.0.1:$MODEL_PORT/v1/messages
	curl -sS --noproxy '*' -d '{}' "$url" --next -sS --noproxy '*' -d '{}' "$url" >got
	[[ $(asked .connection | tr '\n' ' ') = '1 2 3 4 5 ' ]]
}

@test "model-server: stalls in the middle, and ends all the same" {
	answers '{"text":"a","stall_after":20}'
	chat "$stream" -N >got 3>&- &
	pid=$!
	has_twenty() { [[ $(wc -c <got) = 20 ]]; }
	wait_until 30 has_twenty
	stop_model
	await_exit "$pid" || [[ $? = @(18|56) ]]
	has_twenty
}

@test "model-server: a gate within a stream holds back the rest" {
	answers '{"text":"a","gate":"open","gate_after":20}'
	chat "$stream" -N >got 3>&- &
	pid=$!
	has_twenty() { [[ $(wc -c <got) = 20 ]]; }
	wait_until 30 has_twenty
	touch open
	await_exit "$pid"
	assert_file_contains got DONE
}

@test "model-server: begins later where it is told to" {
	answers '{"text":"a","delay_ms":300}'
	begun=${EPOCHREALTIME//[!0-9]/}
	chat '{}'
	((${EPOCHREALTIME//[!0-9]/} - begun >= 300000))
}

@test "model-server: a client that goes away does no harm" {
	answers '{"gate":"never"}' '{"text":"a","repeat":true}'
	curl -sS -m 20 --noproxy '*' -d '{}' "http://127.0.0.1:$MODEL_PORT/v1/chat/completions" >/dev/null 2>&1 3>&- &
	pid=$!
	wait_until 30 was_asked 1
	kill -KILL "$pid"
	await_exit "$pid" || [[ $? = 137 ]]
	chat '{}'
}

@test "model-server: refuses a script that says what nobody reads (65)" {
	for line in '{"txet":"a"}' '{"match":{"modl":"a"}}' '{"tool_calls":[{"nam":"x"}]}' '[]' '{'; do
		printf '{}\n%s\n' "$line" >script
		run -65 model-server script log port
		assert_output --regexp '^model-server: script:2: '
	done
	run -66 model-server nowhere log port
	run -64 model-server script log
	assert_file_not_exists port
}

@test "model-server: ends with its stdin, if told to" {
	: >script
	mkfifo in
	model-server -i script log port <in 3>&- &
	pid=$!
	exec 8>in
	wait_until 30 test -s port
	exec 8>&-
	await_exit "$pid"
}
