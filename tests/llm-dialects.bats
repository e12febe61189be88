# A whole task of an agent that thinks, over HTTP, in both dialects: agent-run, llm-chat, a server.

load test_helper
load records
load model

# A tool that says what it was asked for, and one that counts.
setup() {
	common_setup
	LEGWORK_USER=ada LEGWORK_TOOLS=$PWD/tools
	export LEGWORK_USER LEGWORK_TOOLS
	mkdir tools
	for name in look count; do
		cat >"tools/$name" <<-END
			#!/bin/sh
			if [ "\$1" = --schema ]; then
				echo '{"name":"$name","description":"a tool","parameters":{"type":"object"}}'
				exit
			fi
			printf '$name: '
			cat
		END
		chmod +x "tools/$name"
	done
}

# Two tools, three turns; the stream is cut into pieces of five bytes.
three_turns() {
	cat <<-'END'
		{"thought":"I should look.","text":"Ich schaue nach: über ☃.","tool_calls":[{"id":"call_1","name":"look","arguments":{"at":"größe"}},{"id":"call_2","name":"count","arguments":{}}],"usage":{"input":100,"output":20},"cut":5}
		{"tool_calls":[{"id":"call_3","name":"count","arguments":{"of":[1,2,{"x":null}]}}],"usage":{"input":150,"output":10},"cut":5,"comments":true}
		{"text":"Es sind drei ☃.","usage":{"input":200,"output":5},"cut":5,"crlf":true}
	END
}

# What was said of the task, without what differs between any two tasks.
story() {
	chat-show "$(task-show "$1" | jq -r .chat_id)" | jq -c '[.type, .n, (.data | del(.task_id, .elapsed_ms))]' |
		sed -E 's/Task [0-9a-f]{8}/Task/'
}

# think PROVIDER - add the agent and its task, and do it: $id
think() {
	agent-add "$1" --model some-model --provider "$1" --tool look --tool count >/dev/null
	id=$(task-add --agent "$1" --ids --allow-duplicates 'How many are there?')
	agent-run "$id" >events
	chat-post <events >/dev/null
}

@test "llm dialects: two tools in three turns are the same events in both dialects" {
	for provider in openai anthropic; do
		three_turns >script
		start_model script
		think "$provider"
		assert_equal "$(task-show "$id" | jq -c '[.status, .response, .usage]')" \
			'["completed","Es sind drei ☃.",{"input_tokens":450,"output_tokens":35,"total_tokens":485,"calls":3}]'
		assert_equal "$(asked .path | wc -l)" 3
		assert_equal "$(asked .connection | sort -u | wc -l)" 1 # one connection for all turns
		story "$id" >"$provider"
	done
	diff openai anthropic
	grep -q '^\["thought",3,{"text":"I should look."}\]$' openai
	grep -qF '"result":"look: {\"at\":\"größe\"}\n"' openai
	assert_equal "$(wc -l <openai)" 15
}

@test "llm dialects: a server that is busy is asked again, and the task goes on where it was" {
	for provider in openai anthropic; do
		{
			three_turns | head -n 1
			echo '{"status":429,"headers":{"retry-after-ms":"1"},"error":{"type":"rate_limit_error","message":"slow down"}}'
			three_turns | tail -n 2
		} >script
		start_model script
		think "$provider"
		assert_equal "$(task-show "$id" | jq -c '[.status, .attempt]')" '["completed",1]'
		assert_equal "$(asked .path | wc -l)" 4
		grep -q '"kind":"model_retry"' "$LEGWORK_STORE/logs/agents/$id.log"
	done
}

@test "llm dialects: a stream that breaks off fails the attempt; the next one asks only for that turn" {
	for provider in openai anthropic; do
		{
			three_turns | head -n 2
			echo '{"text":"Es sind drei, glaube ich, oder doch mehr, wer weiss das schon","drop_after":900}'
			three_turns | tail -n 1
		} >script
		start_model script
		think "$provider"
		assert_equal "$(task-show "$id" | jq -c '[.status, .waiting, .error.category, .error.retryable]')" \
			'["pending","time","network",true]'
		task-retry "$id" >/dev/null
		agent-run "$id" >/dev/null
		assert_equal "$(task-show "$id" | jq -c '[.status, .response]')" '["completed","Es sind drei ☃."]'
		assert_equal "$(asked '.body.messages | length' | sort -n | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" '1 1 2 '
	done
}

@test "llm dialects: no key is seen in the log, the journal, or an error" {
	echo '{"status":401,"error":{"type":"authentication_error","message":"wrong key: sk-very-secret"}}' >script
	for provider in openai anthropic; do
		start_model script
		export OPENAI_API_KEY=sk-very-secret ANTHROPIC_API_KEY=sk-very-secret
		think "$provider"
		assert_equal "$(task-show "$id" | jq -c '[.status, .error.category]')" '["failed","permission"]'
		run ! grep -rq very-secret "$LEGWORK_STORE"
	done
}

@test "llm dialects: a decision and a plan are asked for by a schema, and read, in both dialects" {
	decision='{"needs_subtasks":true,"reasoning":"two parts","complexity_score":7,"required_skills":["a"]}'
	plan='{"analysis_summary":"s","subtasks":[{"title":"one","description":"do one","priority":"high","assigned_to":"smith","estimated_hours":1,"dependencies":[],"required_skills":[]},{"title":"two","description":"do two","priority":"low","assigned_to":"smith","estimated_hours":2,"dependencies":["0"],"required_skills":[]}],"agent_creations":[],"recommended_approach":"r","estimated_total_hours":3,"risk_assessment":"none"}'
	for provider in openai anthropic; do
		jq -nc --arg a "$decision" --arg b "Here it is: $plan" '{text: "no JSON"}, {text: $a, cut: 5}, {text: $b}' >script
		start_model script
		run -0 task-plan --model "$provider/some-model" <<<'{"id":"t1","title":"both","instruction":"do both"}'
		assert_equal "$(jq -c '(.decision | del(.usage)), .plan' <<<"$output")" "$decision"$'\n'"$plan"
		assert_equal "$(jq -c .decision.usage.calls <<<"$output")" 3
		assert_equal "$(asked .path | wc -l)" 3
		assert_equal "$(asked '.body | .response_format.json_schema.schema // .output_config.format.schema | .required[0]' | paste -sd,)" \
			'"needs_subtasks","needs_subtasks","analysis_summary"'
	done
}
