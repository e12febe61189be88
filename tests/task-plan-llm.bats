# Which tasks need subtasks, and which these are, is decided by a model.

load test_helper
load records
load llm

setup() {
	common_setup
	export LEGWORK_MODEL=some
}

# says JSON - the event lines of an answer
says() { jq -nc --arg text "$1" '{type: "text", delta: $text}, {type: "stop", reason: "end"}'; }

# decision NEEDS SCORE - the model's
decision() { says "{\"needs_subtasks\":$1,\"reasoning\":\"so it is\",\"complexity_score\":$2,\"required_skills\":[\"x\"]}"; }

# a plan of SUBTASKS and CREATIONS, both JSON
plan_text() {
	jq -nc --argjson subtasks "$1" --argjson creations "${2:-[]}" '{analysis_summary: "a", subtasks: ($subtasks |
		map({description: .title, priority: "medium", estimated_hours: 1, dependencies: [], required_skills: []} + .)),
		agent_creations: $creations, recommended_approach: "b", estimated_total_hours: 2, risk_assessment: "c"}'
}

task() { jq -nc --arg id "$1" --arg text "$2" '{id: $id, title: $text, instruction: $text, priority: "high", status: "pending"}'; }

@test "task-plan llm: is asked where a model is configured; the task passes with its decision" {
	worker smith cat --description 'bends iron' --skill iron --skill fire
	script_llm < <(decision false 2)
	run -0 task-plan < <(task t1 $'do:\n- this\n- that')
	assert_jq '. == [{id: "t1", title: "do:\n- this\n- that", instruction: "do:\n- this\n- that", priority: "high",
		status: "pending", decision: {needs_subtasks: false, reasoning: "so it is", complexity_score: 2,
		required_skills: ["x"]}}]'
	run -0 asked 1 '[.messages[].role, .response_schema.name], (.messages[0].content | contains("- smith: bends iron; skills: iron, fire")),
		(.messages[1].content | [contains("<task>\ndo:\n- this\n- that\n</task>"), contains("priority: high"), contains("status: pending")])'
	assert_output $'["system","user","decision"]\ntrue\n[true,true,true]'
	run -0 task-plan --planner rules < <(task t1 $'do:\n- this\n- that')
	assert_jq '.[0].plan.subtasks | length == 2'
	assert_equal "$(wc -l <asked)" 1
}

@test "task-plan llm: LEGWORK_MODEL, config.json and --model say that there is one" {
	unset LEGWORK_MODEL
	LEGWORK_LLM=/bin/cat run -0 --separate-stderr task-plan < <(task t1 x) # says who is asked, not what
	assert_jq '.[0].decision | has("error") | not'
	LEGWORK_MODEL=m run -0 --separate-stderr task-plan < <(task t1 x)
	assert_jq '.[0].decision.error.category == "configuration"'
	run -0 --separate-stderr task-plan --model m < <(task t1 x)
	assert_jq '.[0].decision.error.category == "configuration"'
	mkdir -p "$XDG_CONFIG_HOME/legwork"
	echo '{"model":"m"}' >"$XDG_CONFIG_HOME/legwork/config.json"
	run -0 --separate-stderr task-plan < <(task t1 x)
	assert_jq '.[0].decision.error.category == "configuration"'
	assert_regex "$stderr" '^task-plan: task t1: not planned: '
}

@test "task-plan llm: a task that needs subtasks becomes a plan line, as the model gave it" {
	script_llm < <(decision true 8; echo; says "$(plan_text '[{"title":"one","assigned_to":"smith"},{"title":"two","assigned_to":"new","dependencies":[0]}]' \
		'[{"role":"new","skills":["s"],"description":"d","justification":"j"}]')")
	run -0 task-plan --model some < <(task t1 all | jq -c '.revision = 7')
	assert_jq 'length == 1 and (.[0] | .task_id == "t1" and .task_revision == 7 and (has("id") | not) and
		.decision.complexity_score == 8 and .plan.agent_creations[0].role == "new" and
		(.plan.subtasks | map([.title, .assigned_to, .dependencies])) == [["one", "smith", []], ["two", "new", [0]]] and
		.plan.estimated_total_hours == 2 and (.plan | has("computed_total_hours") | not))'
	run -0 asked 2 '[.model, .response_schema.name, (.messages[1].content | contains("so it is"))]'
	assert_output '["some","plan",true]'
}

# using IN OUT - what is said in stdin, with what it has used
using() { jq -c --argjson in "$1" --argjson out "$2" 'if .type == "stop" then {type: "usage", input_tokens: $in, output_tokens: $out, total_tokens: ($in + $out)}, . else . end'; }

@test "task-plan llm: what planning has used is the task's, and of its tokens the subtasks share the rest" {
	worker smith cat
	plan=$(plan_text '[{"title":"one","assigned_to":"smith"},{"title":"two","assigned_to":"smith"}]')
	script_llm < <(says 'not readable' | using 10 1; echo; decision true 8 | using 20 2; echo; says "$plan" | using 60 7)
	id=$(task-add --ids --max-tokens 1000 --max-turns 8 all)
	run -0 bash -c "task-show $id | task-plan | tee plan | task-split --print"
	assert_jq 'map(.limits | [.max_tokens, .max_turns]) == [[450, 4], [450, 4]]'
	is_field "$id" '.usage | tojson' '{"input_tokens":90,"output_tokens":10,"total_tokens":100,"calls":3}'
	assert_equal "$(jq -c .decision.usage plan)" "$(task-show --jq '.usage | tojson' "$id")"
}

@test "task-plan llm: what planning has used counts with what the work itself uses" {
	agent-add --model some thinker >/dev/null
	script_llm < <(decision false 1 | using 20 2; echo; says 'It is done.' | using 100 10)
	id=$(task-add --ids --agent thinker all)
	run -0 bash -c "task-show $id | task-plan | task-run >/dev/null"
	is_field "$id" '.usage | [.input_tokens, .output_tokens, .total_tokens, .calls] | tojson' '[120,12,132,2]'
	worker smith 'exit 1'
	script_llm < <(decision false 1 | using 20 2)
	id=$(task-add --ids --agent smith --max-attempts 1 everything)
	run -0 bash -c "task-show $id | task-plan | task-run >/dev/null"
	is_field "$id" '[.status, .usage.total_tokens, .usage.calls] | tojson' '["failed",22,1]'
}

@test "task-plan llm: with --threshold the score decides" {
	script_llm < <(decision true 5; echo; decision false 6; echo; says "$(plan_text '[{"title":"one","assigned_to":"a"}]')")
	run -0 task-plan -j1 --threshold 6 < <(task t1 a; task t2 b)
	assert_jq '(.[0] | .id == "t1" and .decision.needs_subtasks == false and .decision.threshold == 6) and
		(.[1] | .task_id == "t2" and .decision.needs_subtasks == true and (.plan.subtasks | length == 1))'
}

@test "task-plan llm: JSON is found in what stands around it" {
	script_llm < <(says $'<think>maybe {"needs_subtasks":true}</think>Well:\n```json\n{"needs_subtasks":false,"reasoning":"r","complexity_score":1,"required_skills":[]}\n```\nDone.')
	run -0 task-plan < <(task t1 a)
	assert_jq '.[0].decision == {needs_subtasks: false, reasoning: "r", complexity_score: 1, required_skills: []}'
}

@test "task-plan llm: what cannot be read goes back with the reason, twice" {
	script_llm < <(says 'I cannot say.'; echo; decision false 11; echo; decision false 3)
	run -0 --separate-stderr task-plan < <(task t1 a)
	assert_jq '.[0].decision.complexity_score == 3 and (.[0].decision | has("error") | not)'
	assert_equal "$stderr" ''
	run -0 asked 2 '.messages[2:] | map(.role), (.[0].content == "I cannot say."), (.[1].content | contains("no JSON"))'
	assert_output $'["assistant","user"]\ntrue\ntrue'
	run -0 asked 3 '.messages | length, (.[5].content | contains("/complexity_score"))'
	assert_output $'6\ntrue'
}

@test "task-plan llm: without a readable plan the task goes on whole, with the reason and no invented subtasks" {
	script_llm < <(decision true 9; for _ in 1 2 3; do echo; says "$(plan_text '[]')"; done)
	worker doer cat
	id=$(task-add --ids 'all of it')
	run -0 --separate-stderr task-plan < <(task-show "$id")
	assert_equal "$stderr" "task-plan: task ${id:0:8}: not planned: the model's plan cannot be used: /subtasks: want at least 1 items, got 0"
	assert_jq 'length == 1 and (.[0] | .id and (has("plan") | not) and .decision.needs_subtasks == true and
		.decision.error.category == "validation")'
	echo "$output" | task-split | task-run >/dev/null
	is_field "$id" '[.status, .decision.error.code, .subtasks] | tojson' '["completed","no_plan",null]'
	run -0 task-why "$id"
	assert_jq '.[0].decision.error.message | startswith("the model")'
}

@test "task-plan llm: --on-error fail: the task fails with that reason when its turn comes" {
	script_llm <<<'{"type":"error","category":"service","code":"c","message":"it is down","retryable":true}'
	worker doer cat
	id=$(task-add --ids x)
	task-show "$id" | task-plan --on-error fail 2>/dev/null | task-split | task-run >/dev/null
	is_field "$id" '[.status, .error.category, .error.message, .decision] | tojson' '["failed","service","it is down",null]'
}

@test "task-plan llm: a server that does not take the schema is asked without" {
	script_llm < <(echo '{"type":"error","category":"validation","code":"c","message":"response_format?","retryable":false}'
	  echo; decision false 1)
	run -0 task-plan < <(task t1 a)
	assert_jq '.[0].decision.complexity_score == 1'
	run -0 jq -c 'has("response_schema")' asked
	assert_output $'true\nfalse'
}

@test "task-plan llm: -j tasks are asked about at once; a slow answer holds nobody else up" {
	cat >slow <<-'END'
		#!/bin/bash
		while IFS= read -r request; do
			[[ $request =~ \"id\":\"(r[0-9]+)\" ]]
			id=${BASH_REMATCH[1]}
			if [[ $request = *'slow one'* ]]; then until [[ -e go ]]; do read -rt 0.01 <> <(:); done; fi
			text='{\"needs_subtasks\":false,\"reasoning\":\"r\",\"complexity_score\":1,\"required_skills\":[]}'
			printf '{"id":"%s","type":"text","delta":"%s"}\n{"id":"%s","type":"stop","reason":"end"}\n' "$id" "$text" "$id"
		done
	END
	chmod +x slow
	mkfifo in
	LEGWORK_LLM=$PWD/slow task-plan -j2 <in >out 3>&- &
	pid=$!
	exec 5>in
	{ task t1 'slow one'; task t2 b; task t3 c; echo '{"skip":1}'; } >&5
	wait_until 30 has_lines out 3
	assert_equal "$(jq -rc '.id // "-"' out | paste -sd,)" t2,t3,-
	touch go
	wait_until 30 has_lines out 4
	exec 5>&-
	await_exit "$pid"
	assert_equal "$(jq -r '.id // "-"' out | tail -n 1)" t1
}

@test "task-plan llm: writes nothing to the store, and ends its models when it is told to" {
	task-add x >tasks
	script_llm <<<hang
	before=$(store-dump)
	task-plan <tasks >out 3>&- &
	wait_until 30 has_lines asked 1
	kill -TERM $!
	await_stopped $!
	assert_equal "$(store-dump)" "$before"
	assert_equal "$(<out)" ''
}

@test "task-plan llm: a task that may not be divided, or creates an agent, costs no question" {
	script_llm < <(decision true 9)
	run -0 task-plan < <(task t1 a | jq -c '.limits.max_depth = 0'; task t2 b | jq -c '.creates = {role: "x"}')
	assert_jq '(.[0].decision | .needs_subtasks == false and .reasoning == "limits.max_depth is 0") and
		(.[1] | has("decision") | not)'
	run -0 task-plan < <(task t1 a | jq -c '.limits.max_children = 1')
	assert_jq '.[0].decision | .needs_subtasks == false and .reasoning == "limits.max_children is 1"'
	assert_equal "$(wc -l <asked)" 0
}

@test "task-plan llm: a plan for which a task has no room goes back to the model" {
	new='[{"role":"new","skills":["s"],"description":"d","justification":"j"}]'
	script_llm < <(decision true 9; echo
		says "$(plan_text '[{"title":"one","assigned_to":"new"},{"title":"two","assigned_to":"new"}]' "$new")"; echo
		says "$(plan_text '[{"title":"one","assigned_to":"new"}]' "$new")")
	run -0 task-plan < <(task t1 a | jq -c '.limits.max_children = 2')
	assert_jq '.[0].plan.subtasks | length == 1'
	run -0 asked 2 '.messages[0].content | contains("At most 2 subtasks may be planned")'
	assert_output true
	run -0 asked 3 '.messages[-1].content | contains("it has 3 subtasks and new agents, and at most 2 may be planned")'
	assert_output true
	script_llm < <(decision true 9; echo; says "$(plan_text '[{"title":"one","assigned_to":"a"}]')")
	task-plan < <(task t1 a) >/dev/null
	run -0 asked 2 '.messages[0].content | contains("At most")'
	assert_output false
}

@test "task-plan llm: with --on-error fail a task fails, too, whose plan is refused later" {
	worker boss cat
	id=$(task-add --ids x)
	script_llm < <(decision true 9; echo; says "$(plan_text '[{"title":"one","assigned_to":"boss","dependencies":["5"]}]')")
	task-watch --drain | task-plan --on-error fail | { task-split 2>err || true; } | task-run >/dev/null
	is_field "$id" '[.status, .error.message] | tojson' \
		'["failed","the plan cannot be used: subtask 0: dependency 5: out of range 0 to 0"]'
}

@test "task-plan llm: a model is told of those agents only who may do the task" {
	script_llm < <(decision false 1)
	worker outsider cat
	worker smith cat --crew desk
	task-add --chat "$(chat-new --ids --crew desk)" x | task-plan >/dev/null
	run -0 asked 1 '.messages[0].content | [contains("- smith"), contains("- outsider")]'
	assert_output '[true,false]'
}

@test "task-plan llm: prompts of one's own stand in place of ours" {
	script_llm < <(decision false 1)
	mkdir -p "$XDG_CONFIG_HOME/legwork/prompts"
	echo 'Toss a coin. {{crew}}' >"$XDG_CONFIG_HOME/legwork/prompts/plan-decision.md"
	worker smith cat
	run -0 task-plan < <(task t1 a)
	run -0 asked 1 '.messages[0].content'
	assert_output '"Toss a coin. - smith"'
}

@test "task-plan llm: from the chat to a new agent, its work, and the answer in the chat" {
	worker boss cat
	cat >plans <<-END
		make it safe	$(decision true 8 | jq -r '.delta // empty')
		make it safe	$(plan_text '[{"title":"look","description":"look at it","assigned_to":"boss"},{"title":"audit","description":"audit it","assigned_to":"security_specialist","dependencies":["0"]}]' \
			'[{"role":"security_specialist","skills":["security_audit"],"description":"finds holes","justification":"nobody does"}]')
	END
	cat >llm <<-'END'
		#!/bin/bash
		while IFS= read -r request; do
			printf '%s\n' "$request" >>asked
			case $request in
			*'"name":"plan"'*) text=$(sed -n 's/^make it safe\t//;2p' plans) ;;
			*'make it safe'*'"name":"decision"'*) text=$(sed -n 's/^make it safe\t//;1p' plans) ;;
			*'"name":"decision"'*) text='{"needs_subtasks":false,"reasoning":"r","complexity_score":1,"required_skills":[]}' ;;
			*'You write the instructions'*) text='You find holes, carefully.' ;;
			*'you make the one answer'*) text='It is safe.' ;;
			*) text='No holes.' ;;
			esac
			jq -c --arg text "$text" '{id, type: "text", delta: $text}, {id, type: "stop", reason: "end"}' <<<"$request"
		done
	END
	chmod +x llm
	export LEGWORK_LLM=$PWD/llm
	chat=$(chat-new --ids)
	chat-post "$chat" 'make it safe' >/dev/null
	id=$(chat-show "$chat" | task-draft | task-add --ids)
	task-show "$id" | task-plan | task-split --print >children
	assert_equal "$(jq -r .title children | paste -sd,)" 'Create Security_specialist Agent,look,audit'
	run -0 task-why "$(jq -r 'select(.title == "audit") | .id' children)"
	assert_jq --slurpfile children children '.[0].waiting_for == ($children | map(.id))[:2]'
	run -0 bash -c 'task-watch --drain | task-plan | task-split | task-run -j2 | chat-post >/dev/null'
	run -0 agent-list
	assert_jq 'map(select(.role == "security_specialist")) | length == 1 and (.[0] | .kind == "llm" and
		.status == "active" and .skills == ["security_audit"] and .description == "finds holes" and
		.system_prompt == "You find holes, carefully.")'
	run -0 task-list --parent "$id"
	assert_jq 'map([.title, .agent, .status, .response]) == [
		["Create Security_specialist Agent", "ceo", "completed", "The agent security_specialist is there."],
		["look", "boss", "completed", "look at it"], ["audit", "security_specialist", "completed", "No holes."]]'
	is_field "$id" .status completed
	run -0 chat-show "$chat"
	assert_jq '[.[] | select(.type == "message") | .data.text] | first == "make it safe" and last == "It is safe."'
	run -0 jq -r 'select(.messages[0].content | contains("you make the one answer")) | .messages[1].content' asked
	assert_output --partial '"response":"No holes."'
	assert_output --partial '"response":"look at it"'
}

# creating - sets id to a subtask that creates the agent smith
creating() {
	id=$(task-add --ids x)
	id=$(jq -nc --arg id "$id" '{task_id: $id, plan: {subtasks: [{title: "a", priority: "low", assigned_to: "smith"}],
		agent_creations: [{role: "smith", skills: ["iron"], description: "bends iron"}]}}' |
		task-split --print | jq -r .id | head -n 1)
}

@test "task-plan llm: TERM while an agent is made gives its task back, and makes none" {
	creating
	script_llm <<<hang
	agent-run "$id" >/dev/null 3>&- &
	wait_until 30 has_lines asked 1
	kill -TERM $!
	await_exit $! || true
	is_field "$id" '[.status, has("response")] | tojson' '["pending",false]'
	assert_equal "$(agent-list --jq .role)" ''
	assert_none_left
}

# split_done - sets id to a task that was split in two, which have ended
split_done() {
	worker doer cat
	id=$(task-add --ids $'both:\n- one\n- two')
	task-show "$id" | task-plan --planner rules | task-split --print | jq -r .id >children
	agent-run "$(sed -n 1p children)" >/dev/null
	agent-run "$(sed -n 2p children)" >/dev/null
}

@test "task-plan llm: where the model makes no answer of the subtasks', they stand under their titles" {
	split_done
	script_llm <<<'{"type":"error","category":"permission","code":"c","message":"no key","retryable":false}'
	run -0 agent-run "$id"
	assert_output --partial 'The model made no answer of the subtasks'"', which stand under their titles: no key"
	is_field "$id" '[.status, .response] | tojson' '["completed","## one\n\none\n\n## two\n\ntwo"]'
}

@test "task-plan llm: where the model writes no instructions for a new agent, the template's are, with a warning" {
	worker smith cat
	id=$(task-add --ids x)
	jq -nc --arg id "$id" '{task_id: $id, plan: {subtasks: [{title: "a", priority: "low", assigned_to: "smith"}],
		agent_creations: [{role: "miller", skills: ["grain"], description: "You grind.", justification: "Bread."}]}}' >plan
	script_llm <<<'{"type":"error","category":"service","code":"c","message":"it is down","retryable":false}'
	creation=$(task-split --print <plan | sed -n 1p | jq -r .id)
	run -0 agent-run "$creation"
	assert_jq 'map(select(.type == "status") | .data.message) | any(endswith("which has the usual ones of a new one: it is down"))'
	is_field "$creation" .status completed
	assert_equal "$(wc -l <asked)" 1
	run -0 agent-list
	assert_jq '.[1] | .role == "miller" and .status == "active" and (.system_prompt | startswith("You grind."))'
}

@test "task-plan llm: what making an agent has used is told in the chat, and is its task's" {
	creating
	script_llm < <(says 'You bend iron.' | using 30 3)
	run -0 agent-run "$id"
	assert_jq 'map(select(.type == "token_usage") | .data | [.input_tokens, .output_tokens, .total_tokens]) == [[30, 3, 33]]'
	is_field "$id" '[.status, .usage.total_tokens, .usage.calls] | tojson' '["completed",33,1]'
}

@test "task-plan llm: a long reason for an agent is cut between characters in the question" {
	worker smith cat
	unset LEGWORK_MODEL
	chat=$(chat-new --ids)
	chat-edit --approve agents "$chat" >/dev/null
	id=$(task-add --ids --chat "$chat" x)
	printf -v long 'a%.0s' {1..499}
	jq -nc --arg id "$id" --arg why "${long}éé" '{task_id: $id, plan: {subtasks: [{title: "a", priority: "low", assigned_to: "smith"}],
		agent_creations: [{role: "miller", skills: [], description: "You grind.", justification: $why}]}}' >plan
	creation=$(task-split --print <plan | sed -n 1p | jq -r .id)
	run -0 agent-run "$creation"
	is_field "$creation" .approval.question "May the agent miller join the crew? $long"
}

@test "task-plan llm: without a model an agent is made by the template; one that is there stays as it is" {
	worker smith cat
	id=$(task-add --ids x)
	cat >plan <<-END
		{"task_id":"$id","plan":{"subtasks":[{"title":"a","priority":"low","assigned_to":"smith"}],
		"agent_creations":[{"role":"miller","skills":["grain"],"description":"You grind.","justification":"Bread."}]}}
	END
	jq -c . plan | task-split --print | sed -n 1p | agent-run >/dev/null
	run -0 agent-list
	assert_jq '.[1] | .role == "miller" and (.system_prompt | startswith("You grind.\n\nYou are good at: grain.\n\nYou were added to the crew for this reason: Bread."))'
	before=$(agent-list)
	task-add --ids y >other
	jq -c --arg id "$(<other)" '.task_id = $id' plan | task-split --print 2>/dev/null | jq -r .title >titles
	assert_equal "$(<titles)" a
	assert_equal "$(agent-list)" "$before"
}

@test "task-plan llm: a decision and an analysis whose figures are known" {
	for role in backend frontend qa ceo; do worker $role cat; done
	decision='{"needs_subtasks":true,"reasoning":"it takes several skills","complexity_score":8,"required_skills":["backend","frontend","database"]}'
	analysis='{"analysis_summary":"a service and a page","subtasks":[
		{"title":"Backend Development","description":"the service","priority":"high","assigned_to":"backend","estimated_hours":16,
		"dependencies":[],"required_skills":["go","api_development"]},
		{"title":"Frontend Development","description":"the page","priority":"medium","assigned_to":"frontend","estimated_hours":12,
		"dependencies":["0"],"required_skills":["react","typescript"]}],
		"agent_creations":[{"role":"security_specialist","skills":["security_audit","penetration_testing"],
		"description":"looks for holes","justification":"logins have to be safe"}],
		"recommended_approach":"the service first","estimated_total_hours":28,"risk_assessment":"few"}'
	script_llm < <(says "Here it is: $decision"; echo; says "$analysis")
	id=$(task-add --ids 'build a login')
	task-show "$id" | task-plan >plan
	run -0 cat plan
	assert_jq --argjson decision "$decision" --argjson analysis "$analysis" \
		'.[0] | .decision == $decision and .plan == $analysis and (.decision.required_skills | length) == 3'
	run -0 task-split --dry-run <plan
	assert_jq '.[0].plan | .estimated_total_hours == 28 and .computed_total_hours == 32 and (.agent_creations | length) == 1 and
		(.subtasks | map([.title, .assigned_to, .priority, .estimated_hours, .dependencies, (.required_skills | length)]) == [
			["Create Security_specialist Agent", "ceo", "high", 4, [], 2],
			["Backend Development", "backend", "high", 16, [], 2],
			["Frontend Development", "frontend", "medium", 12, ["1"], 2]])'
}
