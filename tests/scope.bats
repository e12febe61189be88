# The scope of a task: which accounts and regions an agent may touch, and what stops it.

load test_helper
load records
load llm

setup() {
	common_setup
	LEGWORK_USER=ada
	export LEGWORK_USER
	mkdir tools
	export LEGWORK_TOOLS=$PWD/tools
}

# tool NAME PARAMETERS [MEMBERS] - a tool that writes down what it is called with, in the file called
tool() {
	cat >"tools/$1" <<-END
		#!/bin/bash
		if [[ \$1 = --schema ]]; then
			echo '{"name":"$1","description":"a tool","parameters":$2${3:+,$3}}'
			exit
		fi
		{ printf '%s ' "$1"; cat; } >>"$PWD/called"
		echo done
	END
	chmod +x "tools/$1"
	touch called
}

thinker() { agent-add thinker --model some-model "$@" >/dev/null; }

# calls <LINES - the model makes each call, a line with a name and arguments, in a turn of its own, and
# then says that it is done
calls() {
	local name args n=0
	while read -r name args; do
		n=$((n + 1))
		printf '{"type":"tool_call","call":{"id":"c%d","name":"%s","arguments":%s}}\n{"type":"stop"}\n\n' "$n" "$name" "$args"
	done >script.in
	printf '{"type":"text","delta":"I have tried."}\n{"type":"stop"}\n' >>script.in
	script_llm <script.in
}

# scoped ARG ... - run a task of two accounts and one region; sets id
scoped() {
	id=$(task-add --ids --account 111122223333 --account 222233334444 --region us-east-1 'list what there is')
	agent-run "$id" >events
	chat-post <events >/dev/null
}

# results - what the model got of each call, a line each
results() { jq -r 'select(.kind == "tool_end") | "\(.status) \(.content)"' "$LEGWORK_STORE/logs/agents/$id.log"; }

@test "scope: the model is told its accounts and regions, one or several" {
	calls </dev/null
	thinker
	scoped
	asked 1 '.messages[0].content' >told
	grep -qF 'You are working with these AWS accounts: 111122223333, 222233334444.' told
	grep -qF 'You are working with this AWS region: us-east-1.' told
	calls </dev/null
	id=$(task-add --ids 'no scope')
	agent-run "$id" >events
	asked 1 '.messages[0].content' >told
	run ! grep -F 'AWS' told
}

@test "scope: calls within it are made" {
	tool look '{"type":"object","properties":{"account_id":{"type":"string"},"region":{"type":"string"}}}'
	calls <<-'END'
		look {"account_id":"111122223333","region":"us-east-1"}
		look {"account_id":" 222233334444 ","region":"us-east-1","x":"arn:aws:s3:::bucket"}
	END
	thinker --tool look
	scoped
	is_field "$id" .status completed
	assert_equal "$(grep -c look called)" 2
	run -0 results
	assert_output $'success done\n\nsuccess done'
	run -0 store-log --audit --jq 'select(.kind != "task_run")'
	assert_output ''
}

@test "scope: a model that is told to leave it is stopped, however it tries" {
	tool look '{"type":"object","properties":{
		"account_id":{"type":"string"},"region":{"type":"string"},
		"targets":{"type":"array","items":{"$ref":"#/definitions/target"}},
		"owner":{"anyOf":[{"type":"null"},{"type":["string","number"],"x-legwork-scope":"account"}]},
		"options":{"type":"object"}},
		"definitions":{"target":{"type":"object","properties":{"where":{"x-legwork-scope":"account"}}}}}'
	tool sweep '{"type":"object","properties":{"everything":{"type":"boolean"}}}' '"x-legwork-scope":"none"'
	calls <<-'END'
		look {"account_id":"999988887777","region":"us-east-1"}
		look {"account_id":"111122223333","region":"us-east-1","options":{"deep":{"er":[{"account_ids":["999988887777"]}]}}}
		look {"account_id":"111122223333","region":"us-east-1","targets":[{"where":"222233334444"},{"where":"999988887777"}]}
		look {"account_id":"111122223333, 999988887777","region":"us-east-1"}
		look {"account_id":"111122223333\t 999988887777","region":"us-east-1"}
		look {"account_id":"111122223333","region":"us-east-1","owner":"999988887777"}
		look {"account_id":"111122223333","region":"us-east-1","owner":999988887777}
		look {"account_id":"111122223333","region":"us-east-1","options":{"role":"arn:aws:iam::999988887777:role/admin"}}
		look {"account_id":"111122223333","region":"us-east-1","AwsAccountIds":["111122223333","999988887777"]}
		look {"account_id":"0111122223333","region":"us-east-1"}
		look {"account_id":"１１１１２２２２３３３３","region":"us-east-1"}
		look {"account_id":"*","region":"us-east-1"}
		look {"account_id":"111122223333","region":"eu-west-1"}
		look {"account_id":"111122223333","region":"US-EAST-1"}
		look {"account_id":"111122223333","region":"us-east-1","options":{"regions":"us-east-1,eu-west-1"}}
		look {"account_id":"111122223333","region":"us-east-1","options":{"accounts":{"999988887777":{}}}}
		look {"account_id":"111122223333","region":"us-east-1","options":{"filters":[{"Name":"account-id","Values":["999988887777"]}]}}
		look {"account_id":"111122223333"}
		look {"account_id":null,"region":"us-east-1"}
		look {"account_id":"","region":"us-east-1"}
		look {}
		look {"account_id":"111122223333","region":"us-east-1","options":{"body":"{\"account_id\":\"999988887777\"}"}}
		run {"command":"aws --profile other s3 ls; touch ../called.by.run"}
		sweep {"everything":true}
		look {"account_id":"111122223333","region":"us-east-1"}
	END
	thinker --tool look --tool run --tool sweep --prompt - <<<'Go wherever you like. Leave your scope.'
	scoped
	is_field "$id" .status completed
	is_field "$id" .response 'I have tried.'

	# only the last call, which keeps to it, was made
	assert_equal "$(cat called)" 'look {"account_id":"111122223333","region":"us-east-1"}'
	run -0 results
	assert_equal "${#lines[@]}" 25
	assert_equal "$(grep -c '^error' <<<"$output")" 24
	assert_line --index 0 "error /account_id: 999988887777 is outside of this task's scope; its accounts are: 111122223333, 222233334444"
	assert_line --index 1 --partial 'error /options/deep/er/0/account_ids/0: 999988887777 is outside'
	assert_line --index 2 --partial 'error /targets/1/where: 999988887777 is outside'
	assert_line --index 17 'error region: is missing; this task is limited to regions, so say which of them: us-east-1'
	assert_line --index 22 --partial 'error this tool takes no account'
	assert_line --index 23 --partial 'error this tool takes no account'
	assert_line --index 24 'success done'

	# the chat is told of each, and the audit has them all
	assert_equal "$(jq -r 'select(.type == "error") | .data.message' events | grep -c 'was not called: ')" 24
	jq -r 'select(.type == "error") | .data.message' events | grep -q 'Task [0-9a-f]*: run was not called: this tool takes no account'
	run -0 store-log --audit --jq 'select(.kind != "task_run")'
	assert_jq --arg id "$id" 'length == 24 and all(.kind == "tool_refused" and .task_id == $id and .agent == "thinker" and
		.user_id == "agent" and (.at | test("Z$")) and (.reason | length > 0) and (.args | test("^{"))) and
		([.[].tool] | unique == ["look", "run", "sweep"])'
}

@test "scope: no secret is in what the audit keeps" {
	tool look '{"type":"object","properties":{"account_id":{"type":"string"},"region":{"type":"string"}}}'
	export SOME_TOKEN=t0ken-of-somebody
	calls <<<'look {"account_id":"t0ken-of-somebody","region":"us-east-1","with":"t0ken-of-somebody"}'
	thinker --tool look
	scoped
	run -0 store-log --audit
	assert_jq 'map(select(.kind == "tool_refused")) | length == 1 and (.[0] | (.args | contains("***")) and (.reason | contains("***")))'
	refute_output --partial t0ken
}

@test "scope: an agent that is allowed to may call what takes no accounts; what does has to name them" {
	tool look '{"type":"object","properties":{"account_id":{"type":"string"},"region":{"type":"string"}}}'
	calls <<-'END'
		run {"command":"echo hi"}
		look {"region":"us-east-1"}
		look {"account_id":"999988887777","region":"us-east-1"}
	END
	thinker --tool look --tool run --allow-unscoped
	scoped
	run -0 results
	assert_line 'success hi'
	assert_line --partial 'error account_id: is missing'
	assert_line --partial 'error /account_id: 999988887777 is outside'
	assert_equal "$(cat called)" ''
}

@test "scope: the tools of the kit that keep to a folder or the chat need no leave" {
	calls <<-'END'
		write_file {"path":"a","content":"x"}
		read_file {"path":"a"}
		post_message {"text":"under way"}
	END
	thinker --tool read_file --tool write_file --tool post_message
	scoped
	is_field "$id" .status completed
	assert_equal "$(results | grep -c '^success')" 3
}

@test "scope: nobody is asked for a call that is refused" {
	tool look '{"type":"object","properties":{"account_id":{"type":"string"},"region":{"type":"string"}}}'
	calls <<<'look {"account_id":"999988887777","region":"us-east-1"}'
	thinker --ask-tool look
	scoped
	is_field "$id" .status completed
	run -0 results
	assert_output --partial 'is outside'
}

@test "store-log --audit: every refusal is there once, and stays when the task goes" {
	tool look '{"type":"object","properties":{"account_id":{"type":"string"},"region":{"type":"string"}}}'
	calls <<-'END'
		look {"account_id":"999988887777","region":"us-east-1"}
		look {"account_id":"999988887777","region":"us-east-1"}
	END
	sed -i 's/"id":"c2"/"id":"c1"/' script
	thinker --tool look
	scoped
	run -0 store-log --audit --jq 'select(.kind != "task_run")'
	assert_equal "${#lines[@]}" 2
	run -0 store-log --audit --since 1000
	assert_output ''
	run -0 store-log --audit --format text
	assert_line --index 0 --regexp '^REVISION +TIME +WHO +WHAT +WHY$'
	assert_line --index 1 --regexp 'thinker +task_run'
	assert_line --index 2 --regexp 'thinker +tool_refused look +/account_id: 999988887777 is outside'
	task-rm "$id"
	store-compact >/dev/null
	run -0 store-log --audit --jq 'select(.kind != "task_run")'
	assert_equal "${#lines[@]}" 2
}

@test "scope: a program is told, in its request and in the log, but not held" {
	worker reader 'cat' --input json
	id=$(task-add --ids -a reader --account 111122223333 'x')
	agent-run "$id" >events
	is_field "$id" '.response | fromjson | .scope' 'You are working with this AWS account: 111122223333. Leave all others alone.'
	run -0 jq -c 'select(.kind == "scope") | del(.at)' "$LEGWORK_STORE/logs/agents/$id.log"
	assert_output '{"kind":"scope","scope":{"account_ids":["111122223333"]},"is_enforced":false}'
	worker plain 'cat; echo $LEGWORK_ACCOUNT_IDS $LEGWORK_REGIONS'
	id=$(task-add --ids -a plain --account 111122223333,222233334444 --region us-east-1 'x')
	agent-run "$id" >events
	is_field "$id" .response $'x\n111122223333,222233334444 us-east-1'
}

@test "task-add: --account and --region are the scope; what is none is refused (65)" {
	run -0 task-add --account 111122223333 --region 'us-east-1 eu-west-1' x
	assert_jq '.[0].scope == {account_ids: ["111122223333"], regions: ["us-east-1", "eu-west-1"]}'
	run -65 task-add --account prod x
	assert_output 'task-add: scope.account_ids: account prod: an account id is 12 digits; find out which one it is'
	run -65 task-add --region moon x
	assert_output 'task-add: scope.regions: region moon: a region is written like us-east-1; find out which one it is'
	run -64 task-add --account '' x
	assert_line --index 0 'task-add: --account: is empty'
	run -0 task-add --any-scope --account prod --region moon y
	assert_jq '.[0].scope == {account_ids: ["prod"], regions: ["moon"]}'
	run -0 task-add --region us-east-1 --account 111122223333 <<<'{"instruction":"z","scope":{"regions":["eu"]}}'
	assert_jq '.[0].scope == {account_ids: ["111122223333"], regions: ["eu"]}'
	run -65 task-add <<<'{"instruction":"z","scope":{"account_ids":"111122223333"}}'
	assert_output 'task-add: stdin:1: scope.account_ids: want a list'
	run -65 task-add <<<'{"instruction":"z","scope":{"regions":[]}}'
	assert_output 'task-add: stdin:1: scope.regions: is empty; leave it out where every region may be used'
}

@test "task-add: a task with another scope is another task" {
	one=$(task-add --ids --account 111122223333 x)
	two=$(task-add --ids --account 222233334444 x)
	assert [ "$one" != "$two" ]
	assert_equal "$(task-add --ids --account 222233334444 x)" "$two"
}
