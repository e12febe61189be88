# What an answer has to be: agents that are programs.

load test_helper
load records

# contract OUTPUT [AGENT] - a task with that output; its id in $id
contract() {
	id=$(jq -cn --argjson output "$1" --arg agent "${2:-worker}" \
		'{instruction: "Answer", $agent, $output}' | task-add --ids)
}

@test "contract: an answer that keeps it completes, and JSON is taken out of what stands around it" {
	worker worker 'echo "Here: {\"n\": 7} - as you see"'
	contract '{"format":"json","check":{"jq":".n > 5"}}'
	run -0 agent-run "$id"
	assert_equal "$(field "$id" '[.status, .response] | tojson')" '["completed","{\"n\":7}"]'
}

@test "contract: one that does not fails, with the reason, and is kept" {
	worker worker 'echo "I will not."'
	contract '{"format":"json"}'
	run -0 agent-run "$id"
	assert_equal "$(field "$id" '[.status, .response, .error.category, .error.code, .attempt] | tojson')" \
		'["failed","I will not.","validation","contract",1]'
	assert_equal "$(field "$id" '.error.message | startswith("the answer has to be JSON: ")')" true
	assert_equal "$(jq -r 'select(.kind == "contract") | .error' "$LEGWORK_STORE/logs/agents/$id.log")" \
		"$(field "$id" .error.message)"
}

@test "contract: a check command sees the answer and the task, and may replace it" {
	worker worker 'echo abc'
	contract '{"check":{"command":"tr a-z A-Z; echo $LEGWORK_TASK_ID"}}'
	run -0 agent-run "$id"
	assert_equal "$(field "$id" .response)" $'ABC\n'"$id"
}

@test "contract: what a check command says is the reason" {
	worker worker 'echo abc'
	contract '{"check":{"command":"echo too short >&2; exit 1"}}'
	run -0 agent-run "$id"
	assert_equal "$(field "$id" .error.message)" \
		'the answer does not pass the check `echo too short >&2; exit 1`: exit status 1: too short'
}

@test "contract: a check command that takes too long says no, and nothing of it is left" {
	worker worker 'echo abc'
	# a busy machine may need the time for the answer alone
	for limit in 0.5 5 50; do
		id=$(jq -nc --argjson limit "$limit" '{instruction: "x", agent: "worker", limits: {timeout_s: $limit},
			output: {check: {command: "(setsid sleep 60 &); sleep 60"}}}' | task-add --ids)
		run -0 agent-run "$id"
		[[ $(field "$id" .error.code) = timeout ]] || break
	done
	assert_equal "$(field "$id" '[.status, .error.code] | tojson')" '["failed","contract"]'
	field "$id" .error.message | jq -Re --argjson limit "$limit" \
		'capture("no verdict within (?<s>[0-9.]+) s").s | tonumber | . > 0 and . <= $limit'
}

@test "contract: a broken one is a matter of configuration" {
	worker worker 'echo abc'
	for broken in '{"check":{"jq":".["}}' '{"check":{"command":"no-such-command"}}' '{"check":{"command":"/"}}'; do
		contract "$broken"
		run -0 agent-run "$id"
		assert_equal "$(field "$id" '[.status, .error.category, .error.code] | tojson')" '["failed","configuration","contract"]'
	done
}

@test "contract: a program that reads JSON is told why, and asked again" {
	worker worker 'jq -r "if .fault then \"2 now\" else \"1\" end"' --input json
	contract '{"check":{"jq":"startswith(\"2\")"}}'
	run -0 agent-run "$id"
	assert_equal "$(field "$id" '[.status, .response, .attempt] | tojson')" '["completed","2 now",1]'
}

@test "contract: it is asked as often as the contract says, two times unless it does" {
	worker worker 'echo x >>count; echo no' --input json
	for tries in '' ',"tries":0' ',"tries":4'; do
		rm -f count
		contract "{\"check\":{\"jq\":\"false\"}$tries}"
		run -0 agent-run "$id"
		assert_equal "$(field "$id" .error.category)" validation
		wc -l <count >>counts
	done
	assert_equal "$(paste -sd ' ' counts)" '3 1 5'
}

@test "contract: a program that reads text only is run once" {
	worker worker 'echo x >>count; echo no'
	contract '{"check":{"jq":"false"}}'
	run -0 agent-run "$id"
	assert_equal "$(wc -l <count)" 1
}
