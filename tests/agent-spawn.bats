# Agents in the background, each for a task of its own.

load test_helper
load records
load llm

setup() {
	common_setup
	export LEGWORK_USER=ada LEGWORK_MODEL=some-model
}

# The model answers, once the file go is there if it is to wait for that.
answer() { # [wait]
	script_llm <<-END
		${1:+wait $PWD/go}
		{"type":"text","delta":"It is done."}
		{"type":"usage","input_tokens":11,"output_tokens":3,"total_tokens":14}
		{"type":"stop","reason":"end","model":"some-model"}
	END
	sed -i '/^$/d' script
}

spawn() { agent-spawn --ids "$@" 3>&-; }

pipeline() { task-watch "$@" | task-run | chat-post >/dev/null; }

# Ends one that was begun as a job.
end_pipeline() { # PID
	wait_until 30 pkill -TERM -P "$1" task-watch
	await_exit "$1" || true
}

says() { chat-show "$1" | jq -es --arg t "$2" 'any(.data.text == $t)' >/dev/null; } # CHAT TEXT

# notes TASK KIND - those of its log
notes() { jq -c --arg kind "$2" 'select(.kind == $kind)' "$LEGWORK_STORE/logs/agents/$1.log"; }

@test "agent-spawn: a one-off agent does the task, and its answer is in the chat" {
	answer
	chat=$(chat-new --ids)
	run -0 --separate-stderr agent-spawn --chat "$chat" --account 111122223333 --region eu-central-1 \
		count all the files 3>&-
	assert_equal "$stderr" ''
	assert_jq --arg c "$chat" 'length == 1 and (.[0] | .task_id as $id | .success and .chat_id == $c and
		.agent_id == "worker-\($id[:8])" and (.created_at | test("Z$")) and
		(.log | startswith("/") and endswith("/logs/agents/\($id).log")))'
	id=$(jq -r .task_id <<<"$output")
	wait_until 30 says "$chat" 'It is done.'
	assert_equal "$(notes "$id" start | jq -r .model)" some-model
	wait_field "$id" .status completed
	run -0 task-show "$id"
	assert_jq '.[0] | .spawned and .depth == 0 and (has("spawned_by") | not) and .agent == .worker.role and
		.response == "It is done." and .instruction == "count all the files" and .attempt == 1 and
		.scope == {account_ids: ["111122223333"], regions: ["eu-central-1"]} and .created_by == "ada"'
	run -0 agent-list
	assert_output ''
}

@test "agent-spawn: the agent is told of its task, accounts, regions, and how to work" {
	answer
	id=$(spawn --account 111122223333 --account 444455556666 --region eu-central-1 count all the files)
	wait_field "$id" .status completed
	run -0 asked 1 '.messages[0].content'
	assert_output --partial 'Account IDs: 111122223333, 444455556666'
	assert_output --partial 'There are several accounts'
	assert_output --partial 'Region: eu-central-1'
	refute_output --partial 'There are several regions'
	refute_output --partial 'Account ID:'
	assert_equal "$(asked 1 '.messages[1].content | contains("count all the files")')" true
	assert_equal "$(asked 1 '[.tools[].name] | sort')" '["aws","post_message","read_file","write_file"]'
}

@test "agent-spawn: a member of the crew does it, with the scope in its environment" {
	worker lister 'echo "$LEGWORK_ACCOUNT_IDS $LEGWORK_REGIONS"'
	unset LEGWORK_MODEL
	id=$(spawn --agent LISTER --account 111122223333 --region us-gov-west-1 list all you have)
	wait_field "$id" .response '111122223333 us-gov-west-1'
	assert_equal "$(field "$id" '[.agent, has("worker"), .assignment.named] | tojson')" '["lister",false,true]'
}

@test "agent-spawn: it returns before the agent has asked its model, and the agent goes on without it" {
	answer wait
	chat=$(chat-new --ids)
	id=$(spawn --chat "$chat" count all the files)
	assert_equal "$(field "$id" .status)" in_progress
	touch go
	wait_until 30 says "$chat" 'It is done.'
	wait_field "$id" .status completed
}

@test "agent-spawn: the end of its terminal's session does not end the agent" {
	answer wait
	chat=$(chat-new --ids)
	setsid bash -c 'agent-spawn --ids --chat "$1" count all the files >id; exec sleep 1000' - "$chat" 3>&- &
	shell=$!
	wait_until 30 test -s id
	id=$(<id)
	wait_until 30 test -s asked
	kill -HUP -- -"$shell"
	await_exit "$shell" || true
	touch go
	wait_until 30 says "$chat" 'It is done.'
	wait_field "$id" .status completed
	assert_equal "$(field "$id" .attempt)" 1
}

@test "agent-spawn: nothing of what started it is with the agent" {
	worker snoop 'env | grep -E "^LEGWORK_(CALL|RUN|CALL_ID)=" | wc -l; ls -l /proc/$PPID/fd | grep -c secret; ps -o sess= -p $PPID'
	exec 7>secret
	here=$(ps -o sess= -p $$)
	id=$(LEGWORK_RUN=other LEGWORK_CALL=x LEGWORK_CALL_ID=y spawn --agent snoop look around you)
	exec 7>&-
	wait_field "$id" .status completed
	run -0 field "$id" .response
	assert_line -n 0 1 # its own LEGWORK_RUN
	assert_line -n 1 0
	[[ ${lines[2]} != "$here" ]]
}

@test "agent-spawn: what creation took is measured, in the result, the record and the log" {
	answer
	run -0 agent-spawn count all the files 3>&-
	id=$(jq -r .task_id <<<"$output")
	performance=$(jq -c .performance <<<"$output")
	assert_jq '.[0].performance | ([.validation_us, .configuration_us, .building_us, .spawning_us] |
		all(. > 0)) and .total_us == .validation_us + .configuration_us + .building_us + .spawning_us'
	wait_field "$id" .status completed
	assert_equal "$(field "$id" '.performance | tojson')" "$performance"
	run -0 notes "$id" agent_creation_metrics
	assert_jq --argjson p "$performance" 'length == 1 and (.[0] | contains($p))'
}

@test "agent-spawn: on a terminal a person reads what has begun, how to look on, and how to end it" {
	worker counter 'wc -w'
	on_terminal 100 'agent-spawn --agent counter count these four words'
	id=$(task-list --ids)
	chat=$(field "$id" .chat_id)
	assert_output - <<-END
		${id::8}  counter has begun
		  agent-log -f     ${id::8}   $LEGWORK_STORE/logs/agents/$id.log
		  chat-watch       ${chat::8}   what it says
		  agent-cancel     ${id::8}   ends it
	END
	run -0 agent-log -f "${id::8}"
	wait_field "$id" .status completed
	on_terminal 100 'echo "{\"task_description\":\"count these words\",\"agent\":\"counter\"}" | agent-spawn --format json'
	assert_jq 'length == 1 and .[0].success'
	task-wait "$(jq -r .task_id <<<"$output")" >/dev/null
}

@test "agent-spawn: in the tree of tasks, what an agent has spawned stands below its task" {
	worker child 'echo fine'
	worker boss 'for what in "the first of two" "another of two"; do
		task-wait --quiet "$(agent-spawn --ids --agent child "$what")"
	done'
	top=$(task-add --agent boss --ids 'have others do it')
	agent-run "$top" >/dev/null
	run -0 task-list --tree --format text
	assert_line -n 1 --regexp " boss +have others do it"
	assert_line -n 2 --regexp " child +├─ the first of two"
	assert_line -n 3 --regexp " child +└─ another of two"
	assert_equal "${#lines[@]}" 4
	task-rm "$top" >/dev/null
	run -0 task-list --tree --format text
	assert_line -n 1 --regexp " child +the first of two"
	assert_equal "${#lines[@]}" 3
}

@test "agent-spawn: a request that is wrong is refused with what to do next (65)" {
	run -65 --separate-stderr agent-spawn short
	assert_equal "$stderr" 'agent-spawn: task_description: has 5 characters, want 10 or more; say what is to be done, and what the answer shall be'
	run -65 --separate-stderr agent-spawn '   ünicode    '
	assert_regex "$stderr" 'task_description: has 7 characters'
	for account in 12345678901 1234567890123 12345678901a current; do
		run -65 --separate-stderr agent-spawn --account "$account" count all the files
		assert_regex "$stderr" "account_ids: account $account: an account id is 12 digits; "
	done
	run -65 --separate-stderr agent-spawn --region nowhere count all the files
	assert_regex "$stderr" 'regions: region nowhere: a region is written like us-east-1; '
	for line in '{}' '{"task_description":7}' '{"task_description":"do it right now","accounts":[]}' \
		'{"task_description":"do it right now","account_ids":[]}' \
		'{"task_description":"do it right now","account_ids":7}' \
		'{"task_description":"do it right now","regions":["us-east-1",7]}' \
		'{"task_description":"do it right now","tools":"run"}' \
		'{"task_description":"do it right now","limits":{"max_turns":0}}' \
		'{"task_description":"do it right now","model_id":{}}' '[]' 'x'; do
		run -65 --separate-stderr agent-spawn <<<"$line"
		assert_regex "$stderr" '^agent-spawn: stdin:1: [^ ]+[: ]'
		assert_jq 'length == 1 and (.[0] | .success == false and .error.code == 65)'
	done
	assert_equal "$stderr" 'agent-spawn: stdin:1: byte 1: not a JSON value; write a request to a line: {"task_description":"..."}'
	run -0 task-list
	assert_output ''
}

@test "agent-spawn: accounts and regions of another world are taken as they are, if that is said" {
	worker lister 'echo "$LEGWORK_ACCOUNT_IDS $LEGWORK_REGIONS"'
	id=$(spawn --agent lister --any-scope --account acme --region moon list all you have)
	wait_field "$id" .response 'acme moon'
	run -65 agent-spawn --any-scope --account 'a b' --region ',' list all you have
}

@test "agent-spawn: each line of standard input has its result, in their order (65)" {
	worker counter 'wc -w'
	run -65 --separate-stderr agent-spawn --agent counter --region us-east-1 3>&- <<-'END'
		{"task_description":"one two three"}
		{"task_description":"one"}
		{"task_description":"one two three four","regions":"eu-west-1, eu-west-2"}
	END
	assert_equal "$stderr" 'agent-spawn: stdin:2: task_description: has 3 characters, want 10 or more; say what is to be done, and what the answer shall be'
	assert_jq '[.[].success] == [true, false, true]'
	mapfile -t ids < <(jq -r '.task_id // empty' <<<"$output")
	run -0 task-wait --jq '[.response, .scope.regions]' "${ids[@]}"
	assert_output - <<-'END'
		["3",["us-east-1"]]
		["4",["eu-west-1","eu-west-2"]]
	END
}

@test "agent-spawn: without a model it says what to set, and nothing is made (78)" {
	unset LEGWORK_MODEL
	run -78 --separate-stderr agent-spawn count all the files
	assert_equal "$stderr" 'agent-spawn: no model is configured: set LEGWORK_MODEL, or name a model, or an agent of the crew'
	run -0 task-list
	assert_output ''
	run -0 ls "$LEGWORK_STORE/run"
	assert_output ''
	answer
	id=$(spawn --model other-model count all the files)
	wait_field "$id" .status completed
	assert_equal "$(asked 1 .model)" '"other-model"'
}

@test "agent-spawn: who and where must be there (66), and the tools (78)" {
	run -66 --separate-stderr agent-spawn --agent nobody count all the files
	assert_regex "$stderr" '^agent-spawn: agent nobody: no such role; '
	run -66 --separate-stderr agent-spawn --chat deadbeef count all the files
	assert_equal "$stderr" 'agent-spawn: chat deadbeef: no such chat'
	run -78 --separate-stderr agent-spawn --tool no_such count all the files
	assert_regex "$stderr" '^agent-spawn: tool no_such: there is none'
	worker other cat --crew elsewhere
	worker ours cat --crew here
	chat=$(chat-new --crew here --ids)
	run -78 --separate-stderr agent-spawn --chat "$chat" --agent other count all the files
	assert_equal "$stderr" 'agent-spawn: no agent of the crew here has the role other'
	run -0 task-list
	assert_output ''
	run -64 agent-spawn --agent ours --tool run count all the files
}

@test "agent-spawn: what would not be so of an agent of the crew is refused, wherever it is said (65)" {
	agent-add thinker --model m --tool run --tool read_file >/dev/null
	worker counter 'wc -w'
	run -65 --separate-stderr agent-spawn <<-'END'
		{"task_description":"use the tools that you have","agent":"thinker","tools":["read_file"]}
		{"task_description":"use the tools that you have","agent":"thinker","tools":["nonexistent"]}
		{"task_description":"use the tools that you have","agent":"counter","model_id":"x"}
		{"task_description":"use the tools that you have","limits":{"max_turn":1,"max_token":3}}
	END
	assert_jq 'map(.error.message | split(";")[0]) == ["tools: agent thinker is one of the crew, and has its own",
		"tools: agent thinker is one of the crew, and has its own",
		"model_id: agent counter is a program, which has no model", "limits.max_token: there is no such limit"]'
	run -65 --separate-stderr agent-spawn --tool read_file <<<'{"task_description":"count the files","agent":"thinker"}'
	run -65 --separate-stderr agent-spawn --agent counter --model x count the files
	run -65 --separate-stderr agent-spawn --model '' count the files
	assert_equal "$stderr" 'agent-spawn: model_id: is empty; name one, or none'
	keep_fifos=1 # mcp-call ends what its server has started, the agent that is accepted here, too
	run -0 mcp-call "mcp-serve --store $LEGWORK_STORE" create_task '{"task_description":"count the files","agent":"counter"}'
	run -1 --separate-stderr mcp-call "mcp-serve --store $LEGWORK_STORE" create_task \
		'{"task_description":"count the files","agent":"thinker","tools":["read_file"]}'
	assert_regex "$output$stderr" 'tools: agent thinker is one of the crew'
	run -0 task-list --count
	assert_output 1
}

@test "agent-spawn: no more than so many run at once (75)" {
	worker waiter 'until [[ -e go ]]; do sleep 0.02; done'
	for _ in 1 2; do ids+=("$(spawn --agent waiter wait for the file)"); done
	run -75 --separate-stderr agent-spawn --agent waiter --max-running 2 wait for the file
	assert_equal "$stderr" 'agent-spawn: 2 agents that were spawned run already, which is all that may; wait until one has ended'
	for _ in 3 4 5; do ids+=("$(spawn --agent waiter wait for the file)"); done
	run -75 agent-spawn --agent waiter wait for the file
	assert_equal "$(task-list --ids | wc -l)" 5
	touch go
	task-wait "${ids[@]}" >/dev/null
	id=$(spawn --agent waiter wait for the file)
	wait_field "$id" .status completed
}

@test "agent-spawn: an agent that was killed does not count, and is put back" {
	worker waiter 'echo $PPID >runner; until [[ -e go ]]; do sleep 0.02; done'
	id=$(spawn --agent waiter wait for the file)
	wait_until 30 test -s runner
	kill -KILL "$(<runner)"
	wait_until 30 has_ended "$(<runner)"
	touch go
	other=$(spawn --agent waiter --max-running 1 wait for the file)
	wait_field "$id" '[.status, .error.code] | tojson' '["pending","runner_died"]'
	wait_field "$other" .status completed
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" '[.status, .attempt] | tojson')" '["completed",2]'
}

@test "agent-spawn: a pipeline puts back the task of an agent that was killed, and goes on with it" {
	worker waiter 'echo $PPID >runner; until [[ -e go ]]; do sleep 0.02; done; echo done'
	id=$(spawn --agent waiter wait for the file)
	wait_until 30 test -s runner
	kill -KILL "$(<runner)"
	touch go
	wait_until 30 has_ended "$(<runner)"
	task-watch --drain | task-run | chat-post >/dev/null
	assert_equal "$(field "$id" '[.status, .response, .attempt] | tojson')" '["completed","done",2]'
}

@test "agent-spawn: a pipeline that is to end does not wait for spawned agents" {
	worker waiter 'until [[ -e go ]]; do sleep 0.02; done'
	id=$(spawn --agent waiter wait for the file)
	timeout 10 task-watch --drain
	assert_equal "$(field "$id" .status)" in_progress
	touch go
	wait_field "$id" .status completed
}

@test "agent-spawn: the agent stays for another attempt, and for what a person has to allow" {
	worker flaky '[[ -e again ]] && echo fine || { touch again; exit 75; }'
	id=$(agent-spawn --ids 3>&- <<<'{"task_description":"try it, and again","agent":"flaky","limits":{"retry_delay_s":0.01}}')
	wait_field "$id" '[.status, .response, .attempt] | tojson' '["completed","fine",2]'
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"c1","name":"post_message","arguments":{"text":"hear me"}}}
		{"type":"stop","reason":"tool_calls"}

		{"type":"text","delta":"It is done."}
		{"type":"stop","reason":"end"}
	END
	agent-add shy --model some-model --ask-tool post_message >/dev/null
	id=$(spawn --agent shy say something in there)
	wait_field "$id" .waiting approval
	task-approve "$id" >/dev/null
	wait_field "$id" '[.status, .response] | tojson' '["completed","It is done."]'
	wait_until 30 says "$(field "$id" .chat_id)" 'hear me'
	wait_until 30 says "$(field "$id" .chat_id)" 'It is done.'
}

# asks [COUNT] - a task whose agent calls so many tools that have to be allowed, and then answers;
# sets id, and runner, its process, which waits
asks() {
	script_llm < <(
		for ((i = 0; i < ${1:-1}; i++)); do
			printf '%s\n' '{"type":"tool_call","call":{"id":"c'$i'","name":"post_message","arguments":{"text":"hear me"}}}' \
				'{"type":"stop","reason":"tool_calls"}' ''
		done
		printf '%s\n' '{"type":"text","delta":"It is done."}' '{"type":"stop","reason":"end"}'
	)
	agent-add shy --model some-model --ask-tool post_message >/dev/null
	id=$(spawn --agent shy say something in there)
	wait_field "$id" .waiting approval
	runner=$(cut -d' ' -f1 "$LEGWORK_STORE/run/$(field "$id" .waiter)")
}

@test "agent-spawn: while its agent lives, no pipeline takes a task that was allowed to go on" {
	asks
	stop_idle "$runner"
	task-approve "$id" >/dev/null
	LEGWORK_LLM=$PWD/none pipeline --drain
	agent-run "$id"
	assert_equal "$(field "$id" '[.status, .attempt, has("reservation")] | tojson')" '["pending",0,false]'
	assert_equal "$(task-why "$id" | jq -r .why)" 'it is ready: the agent that was spawned for it goes on with it'
	kill -CONT "$runner"
	wait_field "$id" '[.status, .response, .attempt] | tojson' '["completed","It is done.",1]'
	await_exit "$runner"
}

@test "agent-spawn: beside a pipeline its agent goes on after each answer, be it no" {
	LEGWORK_LLM=$PWD/none pipeline 3>&- &
	keeper=$!
	asks 3
	task-approve "$id" >/dev/null
	for n in 1 2; do
		wait_until 30 is_field "$id" '[.waiting, .approval.call_id, has("waiter")] | tojson' "[\"approval\",\"c$n\",true]"
		task-approve --deny "$id" >/dev/null
	done
	wait_field "$id" '[.status, .response, .attempt] | tojson' '["completed","It is done.",1]'
	end_pipeline "$keeper"
}

@test "agent-spawn: when an agent is killed that waits, whoever is there goes on with its task" {
	asks
	pipeline 3>&- &
	keeper=$!
	stop_idle "$runner"
	task-approve "$id" >/dev/null
	kill -KILL "$runner"
	wait_field "$id" '[.status, .response, has("waiter")] | tojson' '["completed","It is done.",false]'
	end_pipeline "$keeper"
}

@test "agent-spawn: cancelled while it waits, beside a pipeline, it is gone" {
	LEGWORK_LLM=$PWD/none pipeline 3>&- &
	keeper=$!
	asks
	run -0 agent-cancel "$id"
	assert_jq --argjson p "$runner" 'length == 1 and (.[0] | .state == "cancelled" and .pids == [$p])'
	assert_equal "$(field "$id" '[.status, has("waiter")] | tojson')" '["cancelled",false]'
	has_ended "$runner"
	end_pipeline "$keeper"
}

@test "agent-spawn: the same request twice is two tasks, and no duplicate of others" {
	worker waiter 'until [[ -e go ]]; do sleep 0.02; done'
	a=$(spawn --agent waiter wait for the file)
	b=$(spawn --agent waiter wait for the file)
	[[ $a != "$b" ]]
	run -0 task-add --agent waiter wait for the file
	assert_jq '.[0] | has("duplicate") | not'
	touch go
	task-wait "$a" "$b" >/dev/null
}

@test "agent-spawn: a full disk where the result should go is told (74)" {
	worker counter 'wc -w'
	run -74 --separate-stderr bash -c 'agent-spawn --agent counter one two three >/dev/full' 3>&-
	assert_regex "$stderr" 'agent-spawn: stdout: '
	id=$(task-list --ids)
	wait_field "$id" .status completed
}

@test "agent-run: --claimed needs the lease on descriptor 3 (77)" {
	worker counter 'wc -w'
	id=$(task-add --agent counter --ids x)
	run -77 --separate-stderr agent-run --claimed "$(uuid)" "$id" 3</dev/null
	assert_regex "$stderr" 'descriptor 3 does not hold it'
	run -64 agent-run --claimed "$(uuid)"
	run -64 agent-run --claimed "$(uuid)" --runner x "$id"
	assert_equal "$(field "$id" .status)" pending
}

@test "agent-spawn: in a chat whose owner is asked before tasks begin it is refused (77), and nothing is stored" {
	worker boss cat
	chat=$(chat-new --ids --approve tasks)
	run -77 --separate-stderr agent-spawn -a boss --chat "$chat" 'look around for a while'
	assert_equal "$output$stderr" "agent-spawn: the chat's owner wants to be asked before a task of it begins: add it with task-add"
	assert_equal "$(task-list --count)$(chat-show "$chat")" 0
}

@test "agent-spawn: what could not be posted is posted by the next pipeline" {
	worker waiter 'until [[ -e go ]]; do sleep 0.02; done; echo fine'
	id=$(spawn --agent waiter wait for the file)
	runner=$(cut -d' ' -f1 "$LEGWORK_STORE/run/$(field "$id" .lease)")
	wait_until 30 pgrep -x -P "$runner" chat-post >poster # it is started when agent-spawn has its answer
	kill -KILL "$(<poster)"
	touch go
	wait_field "$id" .status completed
	await_exit "$runner"
	run ! says "$(field "$id" .chat_id)" fine
	task-watch --drain | task-run | chat-post >/dev/null
	says "$(field "$id" .chat_id)" fine
	assert_equal "$(field "$id" '.events == .posted')" true
}

@test "agent-spawn: one that waits for another attempt counts, and goes on when there is room for its agent again" {
	worker waiter '[[ -e tried ]] || { touch tried; exit 75; }; cat'
	id=$(spawn --agent waiter <<<'{"task_description":"come back to it later","limits":{"retry_delay_s":50}}')
	wait_field "$id" '[.status, .waiting] | tojson' '["pending","time"]'
	run -75 --separate-stderr agent-spawn --max-running 1 --agent waiter 'one that is too many'
	assert_regex "$stderr" '1 agents that were spawned run already'
	task-retry "$id" >/dev/null # its time has come
	wait_field "$id" '[.status, .attempt] | tojson' '["completed",2]'
}

@test "agent-spawn: one whose agent has no room for another attempt waits for that" {
	worker waiter 'case $(cat) in
		*first*) [[ -e tried ]] || { touch tried; exit 75; } ;;
		*) touch begun; until [[ -e go ]]; do sleep 0.02; done ;;
		esac
		echo done' --max-running 1
	id=$(spawn --agent waiter <<<'{"task_description":"this is the first one","limits":{"retry_delay_s":50}}')
	wait_field "$id" '[.status, .waiting] | tojson' '["pending","time"]'
	other=$(spawn --agent waiter this is another one)
	wait_until 30 test -e begun
	task-retry "$id" >/dev/null # its time has come
	due=$(date +%s%3N)
	wait_until 30 eval '(($(date +%s%3N) > due + 500))'
	is_field "$id" .status pending
	touch go
	wait_until 30 is_field "$id" '[.status, .attempt] | tojson' '["completed",2]'
	is_field "$other" .status completed
}
