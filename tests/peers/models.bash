# Models that aimock plays, asked by llm-chat in both dialects: sourced by run.
#
# The bodies that llm-chat sends are held against schemas (check.cjs).

: "${here:?}" "${peers:?}" # run has set them

point_to() { # URL
	export OPENAI_BASE_URL=$1/v1 ANTHROPIC_BASE_URL=$1
}

declare -A model=([openai]=gpt-4o [anthropic]=claude-sonnet-4-5)
tools='[{"name":"run","description":"run a command","parameters":{"type":"object","properties":
{"command":{"type":"string"}},"required":["command"]}},
{"name":"now","description":"tell the time","parameters":{"type":"object","properties":{}}}]'

# ask QUESTION [FILTER [OPTION ...]] - what llm-chat prints about it goes to events; FILTER makes
# its request of the plain one
ask() {
	jq -nc --arg provider "$provider" --arg model "${model[$provider]}" --arg question "$1" \
		--argjson stream "$stream" "{id: \"r\", \$provider, \$model, \$stream, max_tokens: 200, messages: [
			{role: \"system\", content: \"be short\"}, {role: \"user\", content: \$question}]} | ${2:-.}" \
		>request || return
	cat request >>requests
	timeout 20 llm-chat "${@:3}" <request >events 2>errors
}

# holds WHAT FILTER - FILTER holds for all that llm-chat has printed
holds() {
	local status=0
	jq -es "$2" events >/dev/null || status=1
	((status == 0)) || sed 's/^/# /' request events errors
	tell "$status" "$provider, $form: $1"
}

text='([.[] | select(.type == "text").delta] | add)'
calls='[.[] | select(.type == "tool_call").call]'

ask_aimock() {
	ask 'greet me'
	holds 'text' "$text == \"Grüße aus Köln, wo 8 € für ein Frühstück nicht viel sind.\" and
		.[-1].type == \"stop\" and .[-1].reason == \"end\" and (map(select(.type == \"text\")) | length) $pieces"
	ask 'list the folder' ".tools = $tools"
	holds 'tool calls' "($calls | map(.name)) == [\"run\", \"now\"] and
		($calls | map(.arguments)) == [{command: \"printf '%s\\\\n' \\\"ä b\\\"\"}, {}] and
		.[-1].reason == \"tool_calls\""
	jq -sc "{tools: $tools, more: [{role: \"assistant\", content: $text, tool_calls: $calls,
		thinking: [.[] | select(.type == \"thinking\").block]}, (${calls}[] |
		{role: \"tool\", tool_call_id: .id, name, content: \"a\\nb\", is_error: (.name == \"now\")})]}" \
		events >turn
	ask 'list the folder' "$(cat turn) as \$turn | .messages += \$turn.more | .tools = \$turn.tools"
	holds 'results of tool calls' "$text == \"There are two files.\" and .[-1].reason == \"end\""
	ask 'answer as JSON' '.response_schema = {name: "a", schema: {type: "object", properties: {answer:
		{type: "integer"}}, required: ["answer"], additionalProperties: false}}'
	holds 'an answer by a schema' "($text | fromjson) == {answer: 42}"
	ask forbidden
	holds 'a key that is not taken' '.[-1] |
		.type == "error" and .category == "permission" and .status == 401 and (.retryable | not)'
}

ask_faults() {
	ask "too often, $provider"
	holds '429 with Retry-After, then an answer' "
		(.[0] | .type == \"retry\" and .status == 429 and .delay_ms >= 1000) and
		$text == \"now it works\" and .[-1].type == \"stop\""
	ask 'break off' . --retries 0
	holds 'a connection that breaks off' '.[-1] | .type == "error" and .category == "network"'
}

check() { NODE_PATH=$peers/node_modules node "$here/check.cjs"; }

# Requests that an answer of aimock's would say nothing about.
write_more_requests() {
	local filter
	while read -r filter; do
		jq -c "select(.messages | length > 2) | $filter" requests
	done >requests.more <<-'END'
		.tool_choice = "auto"
		.tool_choice = "none"
		.tool_choice = "required"
		.tool_choice = {name: "run"}
		.effort = "low"
		.effort = "high"
		.stop = ["a", "b"]
		.temperature = 0.5
		del(.max_tokens)
		del(.messages[0])
		.messages += [{role: "user", content: "go on"}]
		.messages += [{role: "user", content: "go on"}, {role: "user", content: "do"}]
		.messages += [{role: "assistant", content: "no"}, {role: "user", content: "do"}]
		.messages = [.messages[0], {role: "system", content: "be kind"}] + .messages[1:]
		.messages[2].content = ""
		.messages[3].content = ""
		.messages += [.messages[2:][]]
	END
	cat requests.more >>requests
}

# What has been asked is asked of our own model, which keeps it as it came.
check_bodies() {
	write_more_requests
	printf '{"repeat":true,"text":"x"}\n' >script
	model-server script log port &
	servers+=($!)
	wait_for port '([0-9]+)' >/dev/null || return
	point_to "http://127.0.0.1:$(<port)"
	timeout 20 llm-chat <requests >events 2>errors
	sed 's/^/# /' errors
	[[ $(wc -l <log) = $(wc -l <requests) ]] && check <log >checked
}

# A check that takes everything says nothing: what is spoiled must be found bad.
check_spoiled() {
	local path filter
	while read -r path filter; do
		jq -sc "map(select((.path | endswith(\"$path\")) and (.body.messages | length > 2)))[0] |
			$filter" log
	done >spoiled <<-'END'
		/completions .body.messages[0].role = "toolx"
		/completions .body.messages[1].content = 5
		/completions del(.body.messages[-1])
		/completions .body.tools[0].function.name = "a b"
		/completions .body.surprise = 1
		/messages del(.body.max_tokens)
		/messages .body.temperature = 1
		/messages .body.messages[0].role = "system"
		/messages .body.messages[-1].content |= [{type: "text", text: "x"}] + .
		/messages del(.body.messages[-1].content[0])
		/messages del(.headers["anthropic-version"])
	END
	check <spoiled >checked
	[[ $(grep -c '^bad ' checked) = 11 ]] || { sed 's/^/# /' checked; return 1; }
}

node "$peers/node_modules/@copilotkit/aimock/dist/cli.js" --port 0 --host 127.0.0.1 --strict \
	--fixtures "$here/fixtures.json" >aimock.log 2>&1 </dev/null &
servers+=($!)
url=$(wait_for aimock.log 'listening on (http://127\.0\.0\.1:[0-9]+)')
tell $? 'aimock listens' # what follows says why, where not
[[ $url ]] || sed 's/^/# /' aimock.log
point_to "$url"

for provider in openai anthropic; do
	stream=false form='at once' pieces='== 1'
	ask_aimock
	stream=true form='as a stream' pieces='> 1'
	ask_aimock
	ask_faults
done
check_bodies
status=$?
grep '^bad' checked 2>/dev/null | sed 's/^/# /'
tell "$status" "the bodies of $(grep -c . log) requests are what the APIs take"
check_spoiled
tell $? 'bodies that are spoiled are not'
