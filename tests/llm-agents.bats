# Agents that think: the loop of model turns and tool calls in agent-run.

load test_helper
load records
load llm

export BATS_TEST_TIMEOUT=400 # to be killed at every call takes its time where others work, too

setup() {
	common_setup
	LEGWORK_USER=ada
	export LEGWORK_USER
}

# tool NAME [DECLARATION-MEMBERS] <SCRIPT - a tool of this test: bash that reads its arguments on stdin
tool() {
	mkdir -p tools
	export LEGWORK_TOOLS=$PWD/tools
	cat >"tools/$1.body"
	cat >"tools/$1" <<-END
		#!/bin/bash
		if [[ \$1 = --schema ]]; then
			echo '{"name":"$1","description":"a tool","parameters":{"type":"object"}${2:+,$2}}'
			exit
		fi
		here=$PWD
		. "$PWD/tools/$1.body"
	END
	chmod +x "tools/$1"
}

thinker() { agent-add thinker --model some-model "$@" >/dev/null; }

# What the task has said, a line each: its type and what it is about.
said() {
	chat-show "$(task-show "$1" | jq -r .chat_id)" | jq -r '[.type, (.data |
		.text // .message // (if .args then "\(.name) \(.args | tojson)" else null end) //
		(if .result then "\(.status) \(.result)" else null end) // .question // .total_tokens)] |
		join(": ")' | sed -E 's/Task [0-9a-f]{8}/Task/'
}

# Runs the task, and posts what it says.
do_task() { agent-run "$1" >events && chat-post <events >/dev/null; }

@test "llm agent: what the model says is the answer" {
	script_llm <<-'END'
		{"type":"thought","delta":"Hm. "}
		{"type":"text","delta":"It is "}
		{"type":"text","delta":"42."}
		{"type":"usage","input_tokens":11,"output_tokens":3,"total_tokens":14}
		{"type":"stop","reason":"end","model":"some-model"}
	END
	thinker --description 'thinks about it'
	id=$(task-add --ids 'What is six by seven?')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response, .usage]')" \
		'["completed","It is 42.",{"input_tokens":11,"output_tokens":3,"total_tokens":14,"calls":1}]'
	run -0 said "$id"
	assert_output - <<-'END'
		status: Task: Starting execution...
		status: Executing task: What is six by seven?...
		thought: Hm. 
		token_usage: 14
		message: It is 42.
		status: Task completed successfully
	END
	assert_equal "$(asked 1 '[.model, .stream, [.messages[].role]]')" '["some-model",true,["system","user"]]'
	assert_equal "$(asked 1 '.messages[1].content')" '"The task:\n\nWhat is six by seven?"'
	asked 1 '.messages[0].content' | grep -q 'Your role is thinker: thinks about it'
}

@test "llm agent: odd events harm nothing, and no text is lost" {
	tool look <<<'cat'
	script_llm <<-'END'
		{"type":"text","delta":"a\u0000b"}
		{"type":"text","delta":7}
		{"type":"thought"}
		{"type":"thinking","block":"x"}
		{"type":"usage","input_tokens":-1,"output_tokens":"x","total_tokens":1.5}
		{"type":"usage","input_tokens":2,"total_tokens":null}
		{"type":"news","delta":"x"}
		{"type":7}
		{"type":"tool_call","call":[]}
		{"type":"tool_call","call":{"id":7,"name":"look","arguments":[]}}
		{"type":"tool_call","call":{"name":"a\u0000b","arguments":{}}}
		{"type":"tool_call","call":{"id":"x"}}
		{"type":"stop","reason":7}

		{"type":"text","delta":"done"}
		{"type":"stop"}
	END
	thinker --tool look
	id=$(task-add --ids 'look')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response]')" '["completed","done"]'
	assert_equal "$(asked 2 '.messages[2].content')" '"a�b"'
	assert_equal "$(asked 2 '[.messages[] | select(.role == "tool") | .content]')" \
		'["{}\n","the call names no tool","the call names no tool"]'
}

@test "llm agent: calls tools, two in one turn, and goes on with what they say" {
	tool look <<<'jq -r .at; pwd | grep -c "/work/$LEGWORK_TASK_ID$"'
	tool count <<<'echo no >&2; exit 3'
	script_llm <<-'END'
		{"type":"text","delta":"Let me look."}
		{"type":"tool_call","call":{"id":"a","name":"look","arguments":{"at":"here"}}}
		{"type":"tool_call","call":{"id":"b","name":"count","arguments":{}}}
		{"type":"usage","input_tokens":10,"output_tokens":5,"total_tokens":15}
		{"type":"stop","reason":"tool_calls"}

		{"type":"text","delta":"done"}
		{"type":"usage","input_tokens":20,"output_tokens":1,"total_tokens":21}
		{"type":"stop","reason":"end"}
	END
	thinker --tool look --tool count
	id=$(task-add --ids 'look')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response, .usage.total_tokens, .usage.calls]')" \
		'["completed","done",36,2]'
	run -0 said "$id"
	assert_line 'message: Let me look.'
	assert_line 'tool_use: look {"at":"here"}'
	assert_line 'tool_use: count {}'
	assert_line --partial 'tool_result: success here'
	assert_line --partial 'tool_result: error '
	assert_equal "$(asked 1 '[.tools[].name]')" '["look","count"]'
	assert_equal "$(asked 2 '[.messages[2:][] | [.role, .tool_call_id, .is_error]]')" \
		'[["assistant",null,null],["tool","a",null],["tool","b",true]]'
	asked 2 '.messages[3].content' | grep -qF '"here\n1'
	asked 2 '.messages[4].content' | grep -q no
}

@test "llm agent: a tool that is unknown, denied or called wrongly is told to the model" {
	tool look <<<'echo looked'
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"a","name":"fly","arguments":{}}}
		{"type":"tool_call","call":{"id":"b","name":"look","arguments_text":"{\"at\":","fault":"it ends too early"}}
		{"type":"stop","reason":"tool_calls"}

		{"type":"text","delta":"I give up"}
		{"type":"stop","reason":"end"}
	END
	thinker --tool look
	id=$(task-add --ids 'look')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -r .status)" completed
	asked 2 '[.messages[] | select(.role == "tool") | .content]' >results
	grep -qF 'there is no tool fly; there are: look' results
	grep -qF 'it ends too early' results
}

@test "llm agent: an answer that is empty or cut off is asked for again, twice" {
	script_llm <<-'END'
		{"type":"text","delta":" "}
		{"type":"stop","reason":"end"}

		{"type":"text","delta":"a long"}
		{"type":"stop","reason":"length"}

		{"type":"text","delta":"short"}
		{"type":"stop","reason":"end"}
	END
	thinker
	id=$(task-add --ids 'say it')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response]')" '["completed","short"]'
	asked 3 '[.messages[].content]' | grep -qF 'it was empty'
	asked 3 '[.messages[].content]' | grep -qF 'it was cut off'
	run -0 said "$id"
	assert_line --partial 'status: Task: its answer was not accepted: it was empty'
}

@test "llm agent: an answer that never keeps the contract fails: validation, with the answer kept" {
	script_llm <<-'END'
		{"type":"text","delta":"one"}
		{"type":"stop","reason":"end"}

		{"type":"text","delta":"{\"n\":\"x\"}"}
		{"type":"stop","reason":"end"}

		{"type":"text","delta":"three"}
		{"type":"stop","reason":"end"}
	END
	thinker
	id=$(task-add --ids <<<'{"instruction":"count","output":{"format":"json","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response, .error.category, .error.code, .error.retryable]')" \
		'["failed","three","validation","contract",false]'
	assert_equal "$(wc -l <asked)" 3
	asked 1 .response_schema.schema.type | grep -q object
	asked 3 '.messages[-1].content' | grep -qF '/n: want integer, got string'
}

@test "llm agent: what a check leaves running is ended, but not the model's process" {
	script_llm <<-'END'
		{"type":"text","delta":"bad"}
		{"type":"stop","reason":"end"}

		{"type":"text","delta":"good"}
		{"type":"stop","reason":"end"}
	END
	sed -i '2i echo started >>${0%/*}/starts' llm
	thinker
	id=$(task-add --ids --check "setsid bash -c 'echo \$\$ >$PWD/stray; exec sleep 1000' >/dev/null 2>&1 &
		until [ -s $PWD/stray ]; do :; done; grep -q good" 'answer')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response, .usage.calls]')" '["completed","good",2]'
	assert_equal "$(<starts)" started
	run ! kill -0 "$(<stray)"
}

@test "llm agent: JSON is taken out of what stands around it" {
	script_llm <<-'END'
		{"type":"text","delta":"Here:\n```json\n{ \"n\": 3 }\n```"}
		{"type":"stop","reason":"end"}
	END
	thinker
	id=$(task-add --ids <<<'{"instruction":"count","output":{"format":"json"}}')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response]')" '["completed","{\"n\":3}"]'
}

@test "llm agent: budgets of turns and tokens are kept, and what was said is" {
	tool look <<<'echo looked'
	for i in 1 2 3 4; do
		cat <<-'END'
			{"type":"text","delta":"I look"}
			{"type":"tool_call","call":{"id":"a","name":"look","arguments":{}}}
			{"type":"usage","input_tokens":10,"output_tokens":5,"total_tokens":15}
			{"type":"stop","reason":"tool_calls"}

		END
	done >endless
	script_llm <endless
	thinker --tool look --max-turns 3
	id=$(task-add --ids 'look')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response, .error.category, .error.code, .error.message]')" \
		'["failed","I look","budget","max_turns","no answer within 3 turns"]'
	assert_equal "$(wc -l <asked)" 3
	script_llm <endless
	id=$(task-add --ids <<<'{"instruction":"look","limits":{"max_tokens":20}}')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.error.code, .usage.total_tokens]')" '["max_tokens",30]'
	# what is put back by a person may use as much again, and goes on where it stood
	task-retry "$id" >/dev/null
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.error.code, .usage.total_tokens]')" '["max_tokens",60]'
	assert_equal "$(asked 3 '.messages | length')" 6
}

@test "llm agent: no answer in time is a time-out, and the model's process is ended" {
	script_llm <<<'hang'
	thinker
	id=$(task-add --ids <<<'{"instruction":"wait","limits":{"timeout_s":0.2,"max_attempts":1}}')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .error.category, .error.code]')" \
		'["failed","timeout","timeout"]'
	assert_none_left
}

@test "llm agent: a tool does not take longer than the attempt may" {
	tool wait <<<'exec sleep 60'
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"a","name":"wait","arguments":{}}}
		{"type":"stop","reason":"tool_calls"}
	END
	thinker --tool wait
	id=$(task-add --ids --timeout 5 'wait')
	agent-run "$id" | chat-post >/dev/null
	assert_equal "$(task-show "$id" | jq -c '[.status, .error.category]')" '["pending","timeout"]'
	[[ $(task-show "$id" | jq '(.failures[0].at | sub("\\..*"; "Z") | fromdate) -
		(.started_at | sub("\\..*"; "Z") | fromdate)') -lt 20 ]]
	said "$id" | grep -q '^tool_result: error no answer within '
}

@test "llm agent: a model's process that ends or talks rubbish is a network error, tried again" {
	script_llm <<-'END'
		{"type":"text","delta":"half"}
		exit 3

		{"type":"text","delta":"whole"}
		{"type":"stop","reason":"end"}
	END
	thinker
	id=$(task-add --ids 'say it')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .waiting, .error.category, .error.code, .error.message]')" \
		'["pending","time","network","llm_ended","llm-chat ended in the middle of an answer (exit status 3)"]'
	task-retry "$id" >/dev/null
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response]')" '["completed","whole"]'
}

@test "llm agent: a request that is too long for llm-chat fails, and is not waited for" {
	thinker
	id=$(task-add --ids "$(printf 'word %.0s' {1..400})")
	OPENAI_API_KEY=x LEGWORK_MAX_LINE=1500 timeout 20 agent-run "$id" >/dev/null
	assert_equal "$(task-show "$id" | jq -c '[.status, .error.category]')" '["failed","validation"]'
	task-show "$id" | jq -r .error.message | grep -q 'longer than 1500 bytes'
}

@test "llm agent: a model's process that ended between two questions is started anew" {
	tool look <<<'kill -9 "$(<"$here/llm.pid")"; until grep -q "^State:.Z" "/proc/$(<"$here/llm.pid")/status"; do :; done; echo looked'
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"a","name":"look","arguments":{}}}
		{"type":"stop","reason":"tool_calls"}

		{"type":"text","delta":"done"}
		{"type":"stop","reason":"end"}
	END
	thinker --tool look
	id=$(task-add --ids 'look')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response, .usage.calls]')" '["completed","done",2]'
}

@test "llm agent: what an answer has cost that broke off counts" {
	script_llm <<-'END'
		{"type":"text","delta":"half"}
		{"type":"usage","input_tokens":100,"output_tokens":50,"total_tokens":150}
		{"type":"error","category":"network","message":"cut","retryable":true}

		{"type":"text","delta":"whole"}
		{"type":"usage","input_tokens":100,"output_tokens":60,"total_tokens":160}
		{"type":"stop","reason":"end"}
	END
	thinker
	id=$(task-add --ids --retry-delay 0.001 'say it')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .usage.total_tokens, .usage.calls]')" '["pending",150,1]'
	wait_until 30 run_again "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .usage.total_tokens, .usage.calls]')" '["completed",310,2]'
	assert_equal "$(said "$id" | grep -c '^token_usage')" 2
}

run_again() { do_task "$1" && [[ $(task-show "$1" | jq -r .status) = completed ]]; }

@test "llm agent: an error of the model is the task's, with its category" {
	script_llm <<-'END'
		{"type":"error","category":"permission","status":401,"code":"authentication_error","message":"bad key","retryable":false}
	END
	thinker
	id=$(task-add --ids 'say it')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .error]')" \
		'["failed",{"category":"permission","status":401,"code":"authentication_error","message":"bad key","retryable":false}]'
	assert_equal "$(task-show "$id" | jq -c '[.failures[].category]')" '["permission"]'
}

@test "llm agent: where no model is configured it fails at once, and says what to set" {
	unset LEGWORK_LLM OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN OLLAMA_HOST
	thinker
	id=$(task-add --ids 'say it')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .error.category]')" '["failed","configuration"]'
	task-show "$id" | jq -r .error.message | grep -q OPENAI_API_KEY
}

# What a model that pays says.
paying() {
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"a","name":"pay","arguments":{"sum":3}}}
		{"type":"stop","reason":"tool_calls"}

		{"type":"text","delta":"done"}
		{"type":"stop","reason":"end"}
	END
}

@test "llm agent: a tool to be asked for waits for a person, and goes on from there" {
	tool pay <<<'jq -r .sum >>"$here/paid"; echo paid'
	paying
	thinker --ask-tool pay
	id=$(task-add --ids 'pay it')
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .waiting, .attempt, .approval.tool, .approval.args]')" \
		'["pending","approval",0,"pay",{"sum":3}]'
	run -0 said "$id"
	assert_line 'approval_request: May thinker call pay with {"sum":3}?'
	[[ ! -e paid ]]
	do_task "$id" # it waits
	assert_equal "$(wc -l <asked)" 1
	task-approve "$id" >/dev/null
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c '[.status, .response, .attempt]')" '["completed","done",1]'
	assert_equal "$(cat paid)" 3
	assert_equal "$(wc -l <asked)" 2
}

@test "llm agent: what a person does not allow is told to the model, with the reason" {
	tool pay <<<'echo >>"$here/paid"'
	paying
	thinker --ask-tool pay
	id=$(task-add --ids 'pay it')
	do_task "$id"
	chat=$(task-show "$id" | jq -r .chat_id)
	event=$(chat-show "$chat" | jq -r 'select(.type == "approval_request") | .id')
	chat-post --reply-to "$event" "$chat" 'no, too much' >/dev/null
	do_task "$id"
	assert_equal "$(task-show "$id" | jq -c .status)" '"completed"'
	asked 2 '.messages[-1].content' | grep -qF 'ada does not allow this: too much'
	[[ ! -e paid ]]
	# the reply is no wish
	run -0 bash -c 'chat-show "$1" | task-draft | jq -c .skip.reason | sort | uniq -c' - "$chat"
	assert_line --regexp '^ *1 "a decision"$'
}

@test "llm agent: what was allowed is this one call, whatever id the next one has" {
	tool pay <<<'jq -r .sum >>"$here/paid"; echo paid'
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"call_0","name":"pay","arguments":{"sum":1}}}
		{"type":"stop","reason":"tool_calls"}

		{"type":"tool_call","call":{"id":"call_0","name":"pay","arguments":{"sum":1000}}}
		{"type":"stop","reason":"tool_calls"}
	END
	thinker --ask-tool pay
	id=$(task-add --ids 'Pay')
	do_task "$id"
	task-approve "$id" >/dev/null
	do_task "$id"
	assert_equal "$(<paid)" 1
	assert_equal "$(task-show "$id" | jq -c '[.waiting, .approval.args.sum]')" '["approval",1000]'
	# nor does the decision hold for a conversation that begins anew with the same id
	task-approve "$id" >/dev/null
	task-edit --instruction 'Pay again' "$id" >/dev/null
	echo 0 >used
	do_task "$id"
	assert_equal "$(<paid)" 1
	assert_equal "$(task-show "$id" | jq -c '[.waiting, .approval.args.sum]')" '["approval",1]'
}

@test "llm agent: calls with the same id, or an empty one, are all made and answered" {
	tool look <<<'jq -r .at'
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"a","name":"look","arguments":{"at":"here"}}}
		{"type":"tool_call","call":{"id":"a","name":"look","arguments":{"at":"there"}}}
		{"type":"tool_call","call":{"id":"","name":"look","arguments":{"at":"up"}}}
		{"type":"stop","reason":"tool_calls"}

		{"type":"text","delta":"done"}
		{"type":"stop","reason":"end"}
	END
	thinker --tool look
	id=$(task-add --ids 'look')
	do_task "$id"
	assert_equal "$(asked 2 '[.messages[] | select(.role == "tool") | .content]')" \
		'["here\n","there\n","up\n"]'
	asked 2 '[.messages[2].tool_calls[].id] == [.messages[3:][].tool_call_id] and
		(.messages[2].tool_calls | unique_by(.id) | length == 3)' | grep -qx true
}

# Does what there is to do; no model plans.
pipeline() { task-watch --drain | task-plan --planner rules | task-split | task-run | chat-post >/dev/null; }

@test "llm agent: a pipeline is not held up by what waits for a person" {
	tool pay <<<'echo paid'
	paying
	thinker --ask-tool pay
	id=$(task-add --ids 'pay it')
	pipeline
	assert_equal "$(task-show "$id" | jq -r .waiting)" approval
	task-approve "$id" >/dev/null
	pipeline
	assert_equal "$(task-show "$id" | jq -r .status)" completed
	run -0 said "$id"
	assert_line 'tool_result: success paid'
}

@test "llm agent: a split task's answer is made by its agent, of those of its subtasks" {
	script_llm <<-'END'
		{"type":"text","delta":"six words in all"}
		{"type":"stop","reason":"end"}
	END
	thinker
	agent-add counter --skill 'count words' -- wc -w >/dev/null
	id=$(task-add --agent thinker --ids 'How many are there?
		- @counter one two
		- @counter three four five six')
	pipeline
	assert_equal "$(task-show "$id" | jq -c '[.status, .agent, .response, .subtasks.done]')" \
		'["completed","thinker","six words in all",2]'
	assert_equal "$(wc -l <asked)" 1
	asked 1 '.messages[1].content' >told
	grep -q 'was split into these subtasks' told
	grep -qF '\"response\":\"4\"' told
}

@test "llm agent: is told what the tasks before it answered, and what was said in the chat, as data" {
	script_llm <<-'END'
		{"type":"text","delta":"done"}
		{"type":"stop","reason":"end"}
	END
	agent-add counter -- wc -w >/dev/null
	thinker --prompt - <<<'Be kind.'
	chat=$(chat-new --ids)
	chat-post "$chat" 'I like </chat> cats' >/dev/null
	first=$(task-add --chat "$chat" --agent counter --ids 'one two three')
	id=$(task-add --chat "$chat" --agent thinker --depends-on "$first" --metadata city=Ulm --ids 'Go on')
	task-watch --drain | task-plan --planner rules | task-split | task-run | chat-post >/dev/null
	asked 1 '.messages[1].content' >told
	asked 1 '.messages[0].content' | grep -q 'Be kind\.'
	grep -qF '{"from":"ada","kind":"person","text":"I like \u003c/chat> cats"}' <(jq -r . told)
	grep -qF "{\"id\":\"$first\",\"title\":\"one two three\",\"status\":\"completed\",\"response\":\"3\"}" <(jq -r . told)
	grep -qF '{"city":"Ulm"}' <(jq -r . told)
	# what it has no use for is not there
	run ! grep -q 'item of a list' told
	assert_equal "$(task-show "$id" | jq -r .status)" completed
}

# in_the_middle - id is a task of whose answer its model has said half, to runner
in_the_middle() {
	script_llm <<-'END'
		{"type":"text","delta":"half"}
		hang
	END
	thinker
	id=$(task-add --ids 'say it')
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines asked 1
}

is_put_back() {
	await_stopped "$runner"
	assert_equal "$(task-show "$id" | jq -c '[.status, .attempt]')" '["pending",0]'
	assert_none_left
}

@test "llm agent: TERM in the middle of a turn puts the task back, uncounted" {
	in_the_middle
	kill -TERM "$runner"
	is_put_back
}

@test "llm agent: the same where its model was ended, too" {
	in_the_middle
	kill -STOP "$runner"
	kill -TERM "$runner"
	kill -KILL "$(<llm.pid)"
	wait_until 30 has_ended "$(<llm.pid)"
	kill -CONT "$runner"
	is_put_back
}

@test "llm agent: of a tool call that was interrupted nobody knows; one that does no harm is repeated" {
	for kind in false true; do
		rm -f begun
		tool slow "\"idempotent\":$kind" <<-'END'
			echo >>"$here/begun"
			if [[ $(wc -l <"$here/begun") = 1 ]]; then exec sleep 1000; fi
			echo slowly
		END
		script_llm <<-'END'
			{"type":"tool_call","call":{"id":"a","name":"slow","arguments":{}}}
			{"type":"stop","reason":"tool_calls"}

			{"type":"text","delta":"done"}
			{"type":"stop","reason":"end"}
		END
		thinker --tool slow
		id=$(task-add --ids --allow-duplicates 'be slow')
		agent-run "$id" >/dev/null 3>&- &
		runner=$!
		wait_until 30 has_lines begun 1
		kill -KILL "$runner"
		await_exit "$runner" || [ $? = 137 ]
		task-watch --drain | agent-run >/dev/null # puts the task back, and does it
		assert_equal "$(task-show "$id" | jq -r .status)" completed
		asked 2 '.messages[-1].content' >result
		if [[ $kind = true ]]; then
			grep -q slowly result
		else
			grep -q 'nobody knows whether this was done' result
		fi
		wait_until 30 no_process_left
	done
}

# noting - a task of two tool calls, three turns; a prefix of its log, as after a kill there
noting() {
	tool note <<<'jq -r .at >>"$here/notes"; echo noted'
	script_llm <<-'END'
		{"type":"text","delta":"first"}
		{"type":"tool_call","call":{"id":"a","name":"note","arguments":{"at":"one"}}}
		{"type":"usage","input_tokens":5,"output_tokens":1,"total_tokens":6}
		{"type":"stop","reason":"tool_calls"}

		{"type":"tool_call","call":{"id":"b","name":"note","arguments":{"at":"two"}}}
		{"type":"usage","input_tokens":5,"output_tokens":1,"total_tokens":6}
		{"type":"stop","reason":"tool_calls"}

		{"type":"text","delta":"noted both"}
		{"type":"usage","input_tokens":5,"output_tokens":1,"total_tokens":6}
		{"type":"stop","reason":"end"}
	END
	: >notes
	id=$(task-add --ids --allow-duplicates 'note it')
}

@test "llm agent: killed at every call that writes or syncs, and run again, no turn is asked twice" {
	command -v strace >/dev/null || skip 'there is no strace'
	[[ $(command -v agent-run) != */san/* ]] || skip 'the leak detector does not work under strace'
	export LLM_BY_TURN=1
	thinker --tool note
	again=0
	for call in fdatasync write; do
		step=1
		[[ $call = fdatasync ]] || step=4
		for ((n = 1 + RANDOM % step; n < 200; n += step)); do
			noting
			{
				strace -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n \
					agent-run "$id" >/dev/null 3>&- && break
			} 2>/dev/null
			wait_until 30 is_done "$id"
			# Who was killed between an answer and its note has to ask again: that one turn.
			asks=$(wc -l <asked)
			assert_equal "$(jq '.messages | length' asked | sort -u | wc -l)" 3
			((asks <= 4)) || { echo "$call $n: $asks questions"; false; }
			((asks == 3)) || again=$((again + 1))
			assert_equal "$(sort -u notes)" "$(sort notes)"
			assert_equal "$(task-show "$id" | jq -c '[.response, .usage.total_tokens]')" '["noted both",18]'
		done
		((n > 10 && n < 200))
	done
	((again < 10)) || { echo "asked again $again times"; false; }
}

# Puts back what was killed, and does it to its end.
is_done() {
	task-watch --drain | agent-run >/dev/null
	[[ $(task-show "$1" | jq -r .status) = completed ]]
}

# watch - a viewer of all chats that asks for partial texts, writes seen; $viewer
watch() {
	chat-watch --all --partial >seen 3>&- &
	viewer=$!
	wait_until 30 eval '[[ $(find "$LEGWORK_STORE/watch" -type p ! -name ".*" | wc -l) = 2 ]]'
}

is_seen() { [[ $(jq -r 'select(.type == "delta").data | "\(.kind) \(.offset) \(.text)"' seen) = "$1" ]]; }

@test "llm agent: what the model says is shown while it says it, and then told once, whole" {
	tool look <<<'echo looked'
	script_llm <<-'END'
		{"type":"thought","delta":"Hm"}
		wait one
		{"type":"thought","delta":"."}
		{"type":"text","delta":"I "}
		wait two
		{"type":"text","delta":"look"}
		wait three
		{"type":"tool_call","call":{"id":"a","name":"look","arguments":{}}}
		{"type":"stop","reason":"tool_calls"}

		{"type":"text","delta":"Do"}
		wait four
		{"type":"text","delta":"ne"}
		{"type":"stop","reason":"end"}
	END
	thinker --tool look
	watch
	id=$(task-add --ids 'look')
	agent-run "$id" > >(exec chat-post 3>&- >/dev/null) 3>&- &
	agent=$!
	wait_until 30 is_seen 'thought 0 Hm'
	touch one
	wait_until 30 is_seen $'thought 0 Hm\nthought 2 .\ntext 0 I '
	touch two
	wait_until 30 is_seen $'thought 0 Hm\nthought 2 .\ntext 0 I \ntext 2 look'
	touch three
	wait_until 30 is_seen $'thought 0 Hm\nthought 2 .\ntext 0 I \ntext 2 look\ntext 0 Do'
	touch four
	await_exit "$agent"
	wait_until 30 grep -q 'completed successfully' seen
	kill "$viewer"
	await_stopped "$viewer"
	# each text is told by the first event of its kind behind the one that it names
	run -0 jq -sr '[.[] | select(.seq)] as $events | .[] | select(.type == "delta" and .data.offset == 0).data as $d |
		$events | map(select(.n > $d.after and .type == {text: "message", thought: "thought"}[$d.kind]))[0].data.text' seen
	assert_output $'Hm.\nI look\nDone'
	run -0 said "$id"
	assert_equal "$(grep -cE '^(thought|message): ' <<<"$output")" 3
	run ! grep -l delta "$LEGWORK_STORE"/logs/agents/*
	assert_equal "$(find "$LEGWORK_STORE/run" -type f)" ''
}

@test "llm agent: what was shown of an answer that breaks off is taken back; it is an error, no message" {
	script_llm <<-'END'
		{"type":"text","delta":"half an answer"}
		wait one
		{"type":"error","category":"service","status":500,"code":"x","message":"the model is ill","retryable":false}
	END
	thinker
	watch
	id=$(task-add --ids 'say it')
	agent-run "$id" > >(exec chat-post 3>&- >/dev/null) 3>&- &
	agent=$!
	wait_until 30 is_seen 'text 0 half an answer'
	touch one
	await_exit "$agent"
	wait_until 30 is_seen $'text 0 half an answer\ntext 0 '
	wait_until 30 grep -q '"error"' seen
	kill "$viewer"
	await_stopped "$viewer"
	assert_equal "$(task-show "$id" | jq -c '[.status, .error.message, .response]')" \
		'["failed","the model is ill","half an answer"]'
	run -0 said "$id"
	assert_line 'error: Task failed: the model is ill'
	refute_output --regexp 'message: |completed'
}

@test "llm agent: an answer that is refused is a message; what it says then is shown anew" {
	script_llm <<-'END'
		{"type":"text","delta":"forty-two"}
		{"type":"stop","reason":"end"}

		{"type":"text","delta":"42"}
		wait one
		{"type":"stop","reason":"end"}
	END
	thinker
	watch
	id=$(task-add --ids <<<'{"instruction":"say it","output":{"schema":{"type":"integer"}}}')
	agent-run "$id" > >(exec chat-post 3>&- >/dev/null) 3>&- &
	agent=$!
	wait_until 30 eval 'jq -c .data.text seen | grep -qx "\"42\""'
	touch one
	await_exit "$agent"
	wait_until 30 grep -q 'completed successfully' seen
	kill "$viewer"
	await_stopped "$viewer"
	run -0 jq -sr '.[] | select(.type == "message").data.text' seen
	assert_output $'forty-two\n42'
	assert_equal "$(jq -c 'select(.type == "delta" and .data.text == "")' seen)" ''
}

@test "llm agent: whatever fails, its text is no message and its end an error" {
	for ending in '{"type":"stop","reason":"refusal"}' '{"type":"stop","reason":"length"}' 'exit 3' \
		'{"type":"error","category":"rate_limit","status":429,"message":"too many","retryable":false}'; do
		script_llm <<-END
			{"type":"text","delta":"I am sorry: error 500"}
			$ending
		END
		thinker
		id=$(task-add --ids --allow-duplicates --max-attempts 1 'say it')
		do_task "$id"
		assert_equal "$(task-show "$id" | jq -r .status)" failed
		run -0 said "$id"
		assert_equal "$(tail -n 1 <<<"$output" | cut -d: -f1)" error
		refute_line --partial completed
		# what was cut off is said, as an answer that was not accepted
		[[ $ending = *length* ]] || refute_line --regexp '^message: '
	done
}
