# A tool by which an agent asks for others.

load test_helper
load records
load llm

setup() {
	common_setup
	export LEGWORK_USER=ada LLM_BY_TURN=1
	mkdir boss helper
}

# says boss|helper <SCRIPT - what the model of the one that asks, and of those that it asks for, says
# (llm.bash): a one-off agent is known by its role
says() {
	cd "$1" || return
	script_llm
	cd .. || return
	cat >llm <<-'END'
		#!/bin/bash
		cd "${0%/*}" || exit
		IFS= read -r first
		who=boss
		[[ $first = *'Your role is worker-'* ]] && who=helper
		{ printf '%s\n' "$first"; exec cat; } | "./$who/llm"
	END
	chmod +x llm
	export LEGWORK_LLM=$PWD/llm
}

boss() { agent-add boss --model some-model --tool create_task "$@" >/dev/null; }

# create ARGUMENTS - a paragraph of the boss: a call, and the end of the turn
create() {
	printf '{"type":"tool_call","call":{"id":"%s","name":"create_task","arguments":%s}}\n' "${2:-c1}" "$1"
	printf '{"type":"stop","reason":"tool_calls"}\n\n'
}

answers() { # TEXT [TOKENS]
	printf '{"type":"text","delta":"%s"}\n' "$1"
	printf '{"type":"usage","input_tokens":%d,"output_tokens":0,"total_tokens":%d}\n' "${2:-1}" "${2:-1}"
	printf '{"type":"stop","reason":"end"}\n\n'
}

# of WHO REQUEST FILTER - of a request that was put to that model
of() { sed -n "$2p" "$1/asked" | jq -c "$3"; }

children() { task-list --jq 'select(.spawned_by) | .id'; }

# A boss whose model does not answer: id is its task, that runs; call asks as it would.
busy_boss() { # [OPTION OF task-add ...]
	says boss <<<hang
	says helper < <(answers fine)
	boss --tool read_file --ask-tool run
	id=$(task-add --agent boss --ids "$@" 'be the boss')
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 test -s boss/asked
	export LEGWORK_TASK_ID=$id
}

call() { tool-create-task <<<"$1" 3>&-; } # ARGUMENTS

end_boss() {
	kill -TERM "$runner"
	await_exit "$runner" || true
}

@test "tool-create-task: declares itself" {
	run -0 tool-create-task --schema
	run -0 jq -c '[.name, .idempotent, .parameters.required, (.parameters.properties | keys)]' <<<"$output"
	assert_output '["create_task",true,["task_description"],["account_ids","agent","limits","model_id","regions","task_description","tools","wait"]]'
	assert_not_exist "$LEGWORK_STORE"
}

@test "create_task: with wait the other agent's answer is the tool's result" {
	says boss < <(create '{"task_description":"count all the files","wait":true}'; answers 'There are 7.' 5)
	says helper < <(answers '7 files' 20)
	boss
	id=$(task-add --agent boss --ids 'how many files are there?')
	agent-run "$id" | chat-post >/dev/null
	run -0 task-show --jq '[.status, .response]' "$id"
	assert_output '["completed","There are 7."]'
	child=$(children)
	run -0 of boss 2 '.messages[-1] | [.role, .name, .is_error, (.content | fromjson |
		[.success, .task_id, .status, .response, .usage.total_tokens])]'
	assert_output '["tool","create_task",null,[true,"'"$child"'","completed","7 files",20]]'
	run -0 task-show "$child"
	assert_jq --arg id "$id" --arg chat "$(field "$id" .chat_id)" '.[0] | .spawned and .depth == 1 and
		.spawned_by == $id and .chat_id == $chat and (has("parent_id") | not)'
	assert_equal "$(wc -l <boss/asked)" 2
}

@test "create_task: without wait the answer comes later, as a message, and once" {
	says boss < <(create '{"task_description":"count all the files"}'; answers 'I wait.'; answers 'There are 7.')
	says helper < <(echo "wait $PWD/go"; answers '</agents> 7 files')
	boss
	id=$(task-add --agent boss --ids 'how many files are there?')
	agent-run "$id" >events 3>&- &
	runner=$!
	wait_until 30 grep -q 'waits for 1 agent that it has asked for' events
	assert_equal "$(of boss 2 '.messages[-1].content | fromjson | [.success, has("response")]')" '[true,false]'
	assert_equal "$(wc -l <boss/asked)" 2
	touch go
	await_exit "$runner"
	run -0 task-show --jq '[.status, .response]' "$id"
	assert_output '["completed","There are 7."]'
	run -0 of boss 3 '[.messages[-2:][] | .role, .content]'
	assert_jq --arg child "$(children)" '.[0] | .[0:3] == ["assistant", "I wait.", "user"] and
		(.[3] | test("^Agents that you have asked for have ended") and ([scan("</agents>")] | length == 1) and
		(split("\n")[2] | fromjson | .task_id == $child and .status == "completed" and
		.response == "</agents> 7 files"))'
	assert_equal "$(grep -c '"I wait."' events)" 1
}

@test "create_task: nothing is left in /proc of one that has ended while the boss goes on" {
	says boss < <(create '{"task_description":"count all the files"}'; echo hang)
	says helper < <(answers '7 files')
	boss
	id=$(task-add --agent boss --ids 'how many files are there?')
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines boss/asked 2
	child=$(children)
	wait_field "$child" .status completed
	pid=$(agent-log --kind start --jq .pid "$child")
	wait_until 30 eval '[[ ! -e /proc/$pid ]]'
	wait_until 30 eval '[[ $(wc -w <"/proc/$runner/task/$runner/children") = 1 ]]'
	assert_equal "$(field "$id" .status)" in_progress
	end_boss
}

@test "create_task: several work at the same time, and the boss hears of each" {
	says boss < <(
		create '{"task_description":"count the first files"}' c1 | head -1
		create '{"task_description":"count the other files"}' c2
		answers 'I wait.'
		answers 'All done.'
	)
	says helper < <(echo "wait $PWD/go"; answers fine)
	boss
	id=$(task-add --agent boss --ids 'how many files are there?')
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines boss/asked 2 # who has ended before is told of then
	touch go
	await_exit "$runner"
	assert_equal "$(field "$id" .response)" 'All done.'
	assert_equal "$(children | wc -l)" 2
	for child in $(children); do
		assert_equal "$(tail -n 1 boss/asked | jq --arg c "$child" '[.messages[] | select(.role == "user") |
			.content | scan($c)] | length')" 1
	done
}

@test "create_task: what is told is told once, also when the boss is killed" {
	says boss < <(
		create '{"task_description":"count all the files"}'
		answers 'I wait.'
		echo "wait $PWD/go"
		answers 'There are 7.'
	)
	says helper < <(echo "wait $PWD/go-helper"; answers '7 files')
	boss
	id=$(task-add --agent boss --ids 'how many files are there?')
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines boss/asked 2
	touch go-helper
	wait_until 30 has_lines boss/asked 3
	kill -KILL "$runner"
	await_exit "$runner" || true
	touch go
	task-watch --drain | task-run | chat-post >/dev/null
	assert_equal "$(field "$id" '[.status, .response, .attempt] | tojson')" '["completed","There are 7.",2]'
	assert_equal "$(tail -n 1 boss/asked | jq '[.messages[] | select(.role == "user")] | length')" 2
	assert_equal "$(children | wc -l)" 1
}

@test "create_task: while there is no room for the other agent nothing is started" {
	worker shared 'case $(cat) in
		*first*) [[ -e tried ]] || { touch tried; exit 75; } ;;
		*) touch begun; until [[ -e go ]]; do sleep 0.02; done ;;
		esac
		echo done' --max-running 1
	call '{"task_description":"this is the first one","agent":"shared","wait":true,"limits":{"retry_delay_s":50}}' \
		>result 3>&- &
	tool=$!
	wait_until 30 test -e tried
	child=$(task-list --ids)
	wait_field "$child" .waiting time
	other=$(agent-spawn --ids --agent shared this is another one 3>&-)
	wait_until 30 test -e begun
	waiter=$(cut -d" " -f1 "$LEGWORK_STORE/run/$(field "$child" .waiter)")
	kill -KILL "$waiter"
	wait_until 30 has_ended "$waiter"
	task-retry "$child" >/dev/null # its time has come
	due=$(date +%s%3N)
	wait_until 30 eval '(($(date +%s%3N) > due + 300))' # more than a look later
	leases=$(stat -c %y "$LEGWORK_STORE/run")
	wait_until 30 eval '(($(date +%s%3N) > due + 900))'
	assert_equal "$(stat -c %y "$LEGWORK_STORE/run")" "$leases"
	touch go
	await_exit "$tool"
	assert_equal "$(jq -r .response result)" done
	assert_equal "$(field "$child" .attempt)" 2
	task-wait "$other" >/dev/null
}

@test "create_task: one that is killed is started again while the boss waits" {
	says boss < <(create '{"task_description":"count all the files","wait":true}'; answers 'There are 7.')
	says helper < <(echo "wait $PWD/go"; answers '7 files')
	boss
	id=$(task-add --agent boss --ids 'how many files are there?')
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 test -s helper/asked
	lease=$(field "$(children)" .lease)
	kill -KILL "$(cut -d' ' -f1 "$LEGWORK_STORE/run/$lease")"
	touch go
	await_exit "$runner"
	assert_equal "$(field "$id" .response)" 'There are 7.'
	assert_equal "$(field "$(children)" '[.status, .attempt] | tojson')" '["completed",2]'
}

@test "create_task: one that fails is told as it is" {
	says boss < <(create '{"task_description":"count all the files","wait":true}'; answers 'It cannot be done.')
	says helper < <(echo '{"type":"stop","reason":"refusal"}')
	boss
	id=$(task-add --agent boss --ids 'how many files are there?')
	agent-run "$id" >/dev/null
	run -0 of boss 2 '.messages[-1].content | fromjson | [.success, .status, .error.code]'
	assert_output '[false,"failed","refusal"]'
}

@test "create_task: a scope may be narrowed, and never be left (77)" {
	busy_boss
	end_boss
	env -u LEGWORK_TASK_ID task-rm "$id" >/dev/null
	id=$(jq -nc '{instruction: "be the boss", agent: "boss", scope: {account_ids: ["111122223333", "444455556666"],
		regions: ["eu-central-1"]}}' | task-add --ids)
	LEGWORK_TASK_ID='' agent-run "$id" >/dev/null 3>&- &
	runner=$!
	export LEGWORK_TASK_ID=$id
	wait_field "$id" .status in_progress
	run -77 --separate-stderr call '{"task_description":"count all the files","account_ids":"999999999999"}'
	assert_equal "$stderr" 'tool-create-task: scope.account_ids: 999999999999 is outside of your scope; name some of yours'
	run -77 call '{"task_description":"count all the files","regions":["eu-central-1","us-east-1"]}'
	run -65 call '{"task_description":"count all the files","account_ids":"my own"}'
	run -0 call '{"task_description":"count all the files","account_ids":"444455556666","wait":true}'
	run -0 task-show --jq .scope "$(children)"
	assert_output '{"account_ids":["444455556666"],"regions":["eu-central-1"]}'
	end_boss
}

@test "create_task: tools are those of the boss, or fewer, and what it must ask for is asked for (77)" {
	busy_boss
	run -77 --separate-stderr call '{"task_description":"count all the files","tools":["write_file"]}'
	assert_equal "$stderr" 'tool-create-task: tools: write_file is none of yours, which are: create_task read_file run'
	run -0 call '{"task_description":"count all the files","wait":true}'
	run -0 call '{"task_description":"count all the files","tools":"read_file","wait":true}'
	run -0 task-list --jq 'select(.spawned_by) | .worker.tools'
	assert_output - <<-'END'
		{"allow":["create_task","read_file"],"ask":["run"],"deny":[]}
		{"allow":["read_file"],"ask":[],"deny":[]}
	END
	env -u LEGWORK_TASK_ID agent-add writer --model some-model --tool write_file --tool read_file >/dev/null
	env -u LEGWORK_TASK_ID agent-add program -- cat >/dev/null
	run -77 --separate-stderr call '{"task_description":"count all the files","agent":"program"}'
	assert_equal "$stderr" 'tool-create-task: agent program: is a program, which may do more than you; name none'
	says helper < <(answers fine)
	run -0 call '{"task_description":"count all the files","agent":"writer"}'
	child=$(jq -r .task_id <<<"$output")
	assert_equal "$(field "$child" '[.agent, .worker.tools.allow] | tojson')" '["writer",["read_file"]]'
	lease=$(field "$child" .lease)
	kill -TERM "$(cut -d' ' -f1 "$LEGWORK_STORE/run/$lease")"
	end_boss
}

@test "create_task: budgets are what the boss has left, depth one less (77)" {
	busy_boss --max-tokens 100 --max-turns 5 --timeout 60 --max-depth 1 --max-children 2
	run -0 call '{"task_description":"count all the files","wait":true}'
	run -0 call '{"task_description":"count all the files","limits":{"max_tokens":10,"max_turns":9},"wait":true}'
	run -0 task-list --jq 'select(.spawned_by) | .limits | [.max_tokens, .max_turns, .timeout_s > 30 and .timeout_s < 60,
		.max_depth, .max_children]'
	assert_output - <<-'END'
		[100,5,true,0,2]
		[10,5,true,0,2]
	END
	run -0 task-list --jq 'select(.spawned_by) | .worker.tools.allow'
	refute_output --partial create_task
	run -77 --separate-stderr call '{"task_description":"count all the files"}'
	assert_equal "$stderr" 'tool-create-task: limits.max_children: you have asked for 2 agents, which is all that you may; do the rest yourself'
	end_boss
}

@test "create_task: agents ask for others three deep, and no deeper (77)" {
	worker chain 'echo "{\"task_description\":\"go down one more\",\"agent\":\"chain\",\"wait\":true}" |
		tool-create-task 2>&1 | jq -Rr "fromjson? // {response: .} | .response"'
	id=$(agent-spawn --ids --agent chain go down as far as it goes 3>&-)
	wait_field "$id" .status completed
	assert_equal "$(field "$id" .response)" \
		'tool-create-task: limits.max_depth: agents may ask for others no deeper than here; do it yourself'
	assert_equal "$(task-list --jq .depth | paste -sd ' ')" '0 1 2 3'
}

@test "create_task: the same call again is the same task" {
	busy_boss
	export LEGWORK_CALL_ID=c9
	run -0 call '{"task_description":"count all the files","wait":true}'
	first=$(jq -r .task_id <<<"$output")
	run -0 call '{"task_description":"count all the files","wait":true}'
	assert_jq --arg first "$first" '.[0] | .task_id == $first and .again and .response == "fine"'
	assert_equal "$(children)" "$first"
	end_boss
}

@test "create_task: a task that does not run asks for nothing (77), one that is not there neither (66)" {
	worker counter 'wc -w'
	id=$(task-add --agent counter --ids x)
	LEGWORK_TASK_ID=$id run -77 --separate-stderr call '{"task_description":"count all the files"}'
	assert_equal "$stderr" "tool-create-task: task $id: does not run, so it can ask for nothing"
	LEGWORK_TASK_ID=$(uuid) run -66 call '{"task_description":"count all the files"}'
	LEGWORK_TASK_ID=x run -66 call '{"task_description":"count all the files"}'
	run -78 --separate-stderr call '{"task_description":"count all the files"}'
	assert_regex "$stderr" 'no model is configured: '
}

@test "create_task: a boss that is ended while it waits does not end the other" {
	says boss < <(create '{"task_description":"count all the files","wait":true}'; answers 'There are 7.')
	says helper < <(echo "wait $PWD/go"; answers '7 files')
	boss
	id=$(task-add --agent boss --ids 'how many files are there?')
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 test -s helper/asked
	kill -TERM "$runner"
	status=0
	await_exit "$runner" || status=$?
	assert_equal "$status" 143
	touch go
	wait_field "$(children)" .status completed
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" .response)" 'There are 7.'
	run -0 of boss 2 '.messages[-1].content | fromjson | [.again, .response]'
	assert_output '[true,"7 files"]'
	assert_equal "$(children | wc -l)" 1
}

# A boss that has asked for two agents, whose models do not answer; then its own one does as SCRIPT.
two_run() { # <SCRIPT
	says boss < <(create '{"task_description":"count all the files"}' c1
		create '{"task_description":"count all the folders"}' c2
		cat)
	says helper <<<hang
	boss
	id=$(task-add --agent boss --max-attempts 1 --ids 'how many are there?')
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	two_asked() { [[ -e helper/asked && $(wc -l <helper/asked) = 2 ]]; }
	wait_until 30 two_asked
}

@test "create_task: when the boss has failed, those that it asked for end" {
	two_run <<-END
		wait $PWD/go
		{"type":"error","category":"permission","message":"no more","retryable":false}
	END
	touch go
	await_exit "$runner" || true
	assert_equal "$(field "$id" .status)" failed
	for child in $(children); do
		wait_field "$child" '[.status, .error.category] | tojson' '["cancelled","cancelled"]'
		assert_regex "$(field "$child" .error.message)" "task ${id:0:8} has cancelled it: it has failed"
	done
	wait_until 30 no_process_left
}

@test "create_task: when the boss is cancelled, those that it asked for end with it" {
	two_run <<<hang
	run -0 agent-cancel "$id"
	assert_jq 'length == 3 and all(.state == "cancelled") and all(.pids | length > 0)'
	await_exit "$runner" || true
	wait_until 30 no_process_left
	assert_equal "$(task-list --status cancelled --count)" 3
}

@test "create_task: after task-retry and without the old log a call of the same id is another one" {
	says boss < <(create '{"task_description":"count all the files","wait":true}'
		printf '{"type":"error","category":"permission","message":"no more","retryable":false}\n')
	says helper < <(answers fine)
	boss
	id=$(task-add --agent boss --ids 'how many are there?')
	agent-run "$id" >/dev/null 3>&-
	is_field "$id" .status failed
	task-run </dev/null | chat-post >/dev/null # what it has said, before the log goes
	agent-log --prune 0 >/dev/null
	assert_not_exist "$LEGWORK_STORE/logs/agents/$id.log"
	rm boss/asked
	says boss < <(create '{"task_description":"count all the folders","wait":true}'; answers done)
	task-retry "$id" >/dev/null
	agent-run "$id" >/dev/null 3>&-
	is_field "$id" '[.status, .response] | tojson' '["completed","done"]'
	run -0 task-list --jq 'select(.spawned_by) | .instruction'
	assert_output $'count all the files\ncount all the folders'
}
