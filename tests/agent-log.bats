load test_helper
load records
load llm

log_of() { printf %s "$LEGWORK_STORE/logs/agents/$1.log"; }

# done_task INSTRUCTION - the id of a task that agent-run has done, with all that it said posted
done_task() {
	local id
	id=$(task-add --ids "$1")
	agent-run "$id" | chat-post >/dev/null
	printf %s "$id"
}

# thinker - an agent that is a model, and its tool look
thinker() {
	mkdir -p tools
	export LEGWORK_TOOLS=$PWD/tools
	cat >tools/look <<-'END'
		#!/bin/bash
		if [[ $1 = --schema ]]; then
			echo '{"name":"look","description":"looks","parameters":{"type":"object"}}'
		else
			read -r arguments
			printf 'seen %s with %s\n' "$arguments" "$(cat "${0%/*}/secret" 2>/dev/null)"
			[[ $arguments != *fail* ]] || exit 3
		fi
	END
	chmod +x tools/look
	agent-add thinker --model some-model --tool look "$@" >/dev/null
}

@test "agent-log: prints the log's lines as they are" {
	agent-add counter -- wc -w >/dev/null
	id=$(done_task 'count it')
	agent-log "$id" | cmp - "$(log_of "$id")"
	run -0 agent-log "${id:0:8}"
	assert_jq 'map(.kind) == ["start", "event", "event", "command", "exit", "end"]'
	assert_jq '.[0] | .attempt == 1 and .agent.role == "counter" and .version and .host and .pid > 1'
	assert_jq '.[3].command == ["wc", "-w"] and .[3].input_bytes == 9'
	assert_jq '.[4] | .status == 0 and .ms >= 0'
	assert_jq '.[5] | .reason == "completed" and .ms >= 0 and (has("error") | not)'
}

@test "agent-log: an attempt that fails says why, and whether another follows" {
	agent-add weak -- sh -c 'echo no luck >&2; exit 75' >/dev/null
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	run -0 agent-log --kind stderr,exit,end "$id"
	assert_jq '.[0].text == "no luck" and .[1].status == 75'
	assert_jq '.[2] | .reason == "failed" and .will_retry and .error.category == "tool" and
		.error.message == "no luck"'
}

@test "agent-log: of a model all is told: prompt, requests, turns, tools, what it cost" {
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"a","name":"look","arguments":{"at":"this"}}}
		{"type":"tool_call","call":{"id":"b","name":"look","arguments":{"at":"fail"}}}
		{"type":"usage","input_tokens":7,"output_tokens":2,"total_tokens":9}
		{"type":"stop","reason":"tool_calls","model":"some-model"}

		{"type":"text","delta":"Fine."}
		{"type":"stop","reason":"end","model":"some-model"}
	END
	thinker
	id=$(done_task 'look around')
	run -0 agent-log --jq 'select(.kind != "event").kind' "$id"
	assert_output "$(printf '%s\n' start prompt request turn tool_start tool_end tool_start tool_end \
		request turn end)"
	run -0 agent-log "$id"
	assert_jq 'map(select(.kind == "request")) | map([.model, .messages, .tools]) ==
		[["some-model", 2, 1], ["some-model", 5, 1]]'
	assert_jq 'map(select(.kind == "request").bytes) | .[0] > 100 and .[1] > .[0]'
	assert_jq 'map(select(.kind == "turn")) | .[0].stop == "tool_calls" and .[0].usage.total_tokens == 9'
	assert_jq 'map(select(.kind == "tool_end") | [.status, .exit_status, .ms >= 0]) ==
		[["success", 0, true], ["error", 3, true]]'
	assert_jq '.[-1] | .reason == "completed" and .turns == 2 and .tool_calls == 2 and
		.tool_failures == 1 and .usage.total_tokens == 9'
	assert_jq '.[0].model == "some-model"'
	run -0 agent-log --format text "$id"
	assert_line --regexp '^[0-9:]{8} tool_start   look$'
	assert_line --regexp '^ {22}at: this$'
	assert_line --regexp 'tool_end     look: error, [0-9]+ ms, exit status 3$'
	refute_line --regexp 'event +tool_'
	run -0 agent-log --format text --kind event "$id"
	assert_line --regexp 'event +tool_use:'
	assert_line --regexp '^ {22}args: .*"this"'
}

@test "agent-log: the text has a command as a shell would want it" {
	agent-add counter -- sh -c 'wc -w; echo a' >/dev/null
	run -0 agent-log --format text "$(done_task 'count one')"
	assert_line --regexp "command +sh -c 'wc -w; echo a' \\(reads [0-9]+ bytes\\)"
}

@test "agent-log: of what is long the text shows a beginning" {
	id=$(task-add --ids something)
	mkdir -p "$LEGWORK_STORE/logs/agents"
	jq -nc '{at: "2026-01-01T00:00:00.000Z", kind: "tool_start", name: "write", args: {path: "a", text: ([range(12) | "line \(.)\n"] | add)}},
		{at: "2026-01-01T00:00:00.000Z", kind: "tool_end", name: "write", status: "success", content: ("é" * 1500)},
		{at: "2026-01-01T00:00:00.000Z", kind: "novel", what: {is: [1, 2]}, said: "so"}' >"$LEGWORK_STORE/logs/agents/$id.log"
	run -0 agent-log --format text "$id"
	assert_line --regexp '^ {22}path: a$'
	assert_line --regexp '^ {22}text:$'
	assert_line --regexp '^ {22}line 9$'
	refute_line --regexp 'line 10'
	assert_line --regexp '^ {22}\(2 more lines\)$'
	assert_equal "$(grep -o é <<<"$output" | wc -l)" 1000
	assert_output --partial '(1000 more bytes)'
	assert_line --regexp '^ {22}what: \{"is":\[1,2\]\}$'
	assert_line --regexp '^ {22}said: so$'
}

@test "agent-log: a model that fails is told with its error, though it has cost nothing" {
	script_llm <<-'END'
		{"type":"error","category":"permission","code":"key","message":"no entry","retryable":false}
	END
	thinker
	id=$(done_task 'look around')
	run -0 agent-log --kind turn_failed,end "$id"
	assert_jq '.[0] | .error.message == "no entry" and .ms >= 0 and (has("usage") | not)'
	assert_jq '.[1] | .reason == "failed" and .error.category == "permission"'
	assert_equal "$(field "$id" '.usage.calls // 0')" 0
}

@test "agent-log: no secret of the environment is in the log, the chat or the record" {
	export DB_PASSWORD='s3cret"pass\word/1' GITHUB_TOKEN=ghp_0123456789abcdef
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"a","name":"look","arguments":{"at":"this"}}}
		{"type":"stop","reason":"tool_calls"}

		{"type":"thought","delta":"It is ghp_0123456789abcdef then."}
		{"type":"text","delta":"{\"answer\":\"s3cret\\\"pass\\\\word\\/1\"}"}
		{"type":"stop","reason":"end"}
	END
	thinker
	printf %s "$DB_PASSWORD" >tools/secret
	id=$(done_task 'look around')
	run -0 agent-log --kind tool_end --jq .content "$id"
	assert_output 'seen {"at":"this"} with ***'
	assert_equal "$(field "$id" .response)" '{"answer":"***"}'
	agent-add teller --skill tell -- sh -c 'echo "$GITHUB_TOKEN"; echo "$DB_PASSWORD" >&2; exit 1' >/dev/null
	other=$(task-add --ids --agent teller 'tell me')
	agent-run "$other" | chat-post >/dev/null
	assert_equal "$(field "$other" '[.response, .error.message] | join(" ")')" '*** ***'
	! grep -rqE 'ghp_0123|s3cret' "$LEGWORK_STORE" || { grep -rE 'ghp_0123|s3cret' "$LEGWORK_STORE"; false; }
}

@test "agent-log: nor a password of a URL, or what MCP servers are given" {
	export DATABASE_URL=postgres://ada:horse%2Fbattery@127.0.0.1/main
	mkdir -p "$XDG_CONFIG_HOME/legwork"
	jq -n '{mcpServers: {a: {command: "x", env: {API_KEY: "key-of-a-server"}},
		b: {url: "http://x", headers: {Authorization: "Bearer bearer-of-a-server"}}}}' \
		>"$XDG_CONFIG_HOME/legwork/mcp.json"
	cat >say <<<'echo "$DATABASE_URL horse/battery key-of-a-server Bearer bearer-of-a-server"'
	agent-add teller -- sh "$PWD/say" >/dev/null
	id=$(done_task 'tell me')
	assert_equal "$(field "$id" .response)" 'postgres://ada:***@127.0.0.1/main *** *** Bearer ***'
	run ! grep -rE 'horse|of-a-server' "$LEGWORK_STORE"
}

@test "agent-log: nor what an agent's own MCP servers are given" {
	jq -n '{mcpServers: {a: {command: "true", env: {API_KEY: "key-of-its-own"}, disabled: true}}}' >own.json
	script_llm <<-'END'
		{"type":"text","delta":"It is key-of-its-own."}
		{"type":"stop","reason":"end"}
	END
	thinker --mcp-file "$PWD/own.json"
	id=$(done_task 'look around')
	assert_equal "$(field "$id" .response)" 'It is ***.'
	run ! grep -r key-of-its-own "$LEGWORK_STORE"
}

@test "agent-log: a secret that a long line of stderr is cut at is found" {
	export LONG_TOKEN=0123456789abcdefghij
	agent-add long -- sh -c 'head -c 65526 /dev/zero | tr "\0" x >&2; echo "$LONG_TOKEN" >&2' >/dev/null
	id=$(done_task x)
	agent-log --kind stderr --jq .text "$id" | tr -d '\n' >text
	[ "$(wc -c <text)" = 65529 ]
	[ "$(tail -c 4 text)" = 'x***' ]
}

@test "agent-log: a question that needs an approval is for the same call, secrets or not" {
	export SOME_TOKEN=0123456789abcdef
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"a","name":"look","arguments":{"at":"0123456789abcdef"}}}
		{"type":"stop","reason":"tool_calls"}

		{"type":"text","delta":"Fine."}
		{"type":"stop","reason":"end"}
	END
	thinker --ask-tool look
	id=$(done_task 'look around')
	run -0 agent-log --kind end "$id"
	assert_jq '.[0] | .reason == "asked" and (.question | test("call look with .*\\*\\*\\*"))'
	task-approve "$id" >/dev/null
	agent-run "$id" | chat-post >/dev/null
	assert_equal "$(field "$id" .status)" completed
}

@test "agent-log: --since begins with an attempt, or the last" {
	agent-add weak -- sh -c 'exit 75' >/dev/null
	id=$(task-add --ids x)
	for now in 2026-01-01 2026-01-02 2026-01-03; do
		LEGWORK_NOW=${now}T00:00:00Z agent-run "$id" >/dev/null
	done
	run -0 agent-log --kind start --jq .attempt "$id"
	assert_output $'1\n2\n3'
	run -0 agent-log --since 2 --kind start,end --jq .kind "$id"
	assert_output $'start\nend\nstart\nend'
	agent-log --since 2 "$id" | head -n 1 | grep -q '"attempt":2'
	run -0 agent-log --since last --jq '.attempt // empty' --kind start "$id"
	assert_output 3
	run -66 --separate-stderr agent-log --since 4 "$id"
	assert_equal "$stderr" "agent-log: task $id: no attempt 4 is in its log"
}

@test "agent-log: half a line is not printed, nor what is no line" {
	agent-add counter -- wc -w >/dev/null
	id=$(done_task 'count it')
	agent-log "$id" >whole
	printf '\0\0\0\n{"at":"x"}\n{"kind":"x"\n{"at":"2026-01-01T00:00:00Z","kind":"x"' >>"$(log_of "$id")"
	agent-log "$id" | cmp - whole
}

@test "agent-log: an attempt without an end is told in the text" {
	agent-add counter -- wc -w >/dev/null
	id=$(done_task 'count it')
	sed '$d' "$(log_of "$id")" >shorter
	cat shorter shorter >"$(log_of "$id")"
	run -0 agent-log --format text "$id"
	assert_equal "$(grep -c 'the attempt before was killed' <<<"$output")" 1
}

@test "agent-log: --follow waits for the start, shows what happens, and ends with the task" {
	agent-add slow -- sh -c 'echo one >&2; until [ -e go ]; do sleep 0.02; done; echo two >&2' >/dev/null
	id=$(task-add --ids x)
	agent-log --follow --kind stderr,end --jq '.text // .reason' "$id" >seen 3>&- &
	follower=$!
	wait_until 30 test -d "$LEGWORK_STORE/watch/task-$id"
	[ ! -s seen ]
	agent-run "$id" >events 3>&- &
	runner=$!
	wait_until 30 grep -q one seen
	touch go
	await_exit "$runner"
	await_exit "$follower"
	assert_equal "$(<seen)" $'one\ntwo\ncompleted'
	run -0 agent-log -f --kind end --jq .reason "$id"
	assert_output completed
}

@test "agent-log: --follow is woken by the bell, at every line" {
	agent-add slow -- sh -c 'for i in 1 2 3 4 5 6 7 8; do echo $i >&2; until [ -e go$i ]; do sleep 0.02; done; done' >/dev/null
	id=$(task-add --ids x)
	agent-log --follow --kind stderr --jq .text "$id" >seen 3>&- &
	follower=$!
	wait_until 30 test -d "$LEGWORK_STORE/watch/task-$id"
	agent-run "$id" >events 3>&- &
	runner=$!
	SECONDS=0
	for i in {1..8}; do
		wait_until 30 grep -qx "$i" seen
		touch "go$i"
	done
	await_exit "$runner"
	await_exit "$follower"
	((SECONDS < 10)) # waiting for its poll would take sixteen
}

@test "agent-log: --follow goes through attempts, and what the next one cuts off" {
	agent-add weak -- sh -c 'exit 75' >/dev/null
	id=$(task-add --ids x)
	LEGWORK_NOW=2026-01-01T00:00:00Z agent-run "$id" >/dev/null
	printf '{"at":"2026-01-01T00:00:00Z","kind":"spawned' >>"$(log_of "$id")"
	agent-log --follow --kind start,end,spawned --jq '[.kind, .attempt]' "$id" >seen 3>&- &
	follower=$!
	wait_until 30 grep -q end seen
	LEGWORK_NOW=2026-01-02T00:00:00Z agent-run "$id" >/dev/null
	LEGWORK_NOW=2026-01-03T00:00:00Z agent-run "$id" >/dev/null
	await_exit "$follower"
	assert_equal "$(<seen)" "$(printf '["start",%d]\n["end",null]\n' 1 2 3)"
}

@test "agent-log: --follow ends when the task is deleted (66), or a signal comes" {
	id=$(task-add --ids x)
	agent-log --follow "$id" >seen 2>err 3>&- &
	follower=$!
	wait_until 30 test -d "$LEGWORK_STORE/watch/task-$id"
	task-rm "$id"
	status=0
	await_exit "$follower" || status=$?
	assert_equal "$status $(<err)" "66 agent-log: task $id: was deleted"
	id=$(task-add --ids y)
	agent-log --follow "$id" >seen 3>&- &
	follower=$!
	wait_until 30 test -d "$LEGWORK_STORE/watch/task-$id"
	kill "$follower"
	status=0
	await_exit "$follower" || status=$?
	assert_equal "$status" 143
}

@test "agent-log: --prune deletes the logs of tasks that ended longer ago, and says whose" {
	agent-add counter -- wc -w >/dev/null
	export LEGWORK_NOW=2026-01-01T00:00:00Z
	old=$(done_task 'count one')
	LEGWORK_NOW=2026-01-20T00:00:00Z new=$(LEGWORK_NOW=2026-01-20T00:00:00Z done_task 'count two')
	unposted=$(task-add --ids 'count three')
	agent-run "$unposted" >/dev/null
	agent-add weak --skill w -- sh -c 'exit 75' >/dev/null
	again=$(task-add --ids --agent weak 'count four')
	agent-run "$again" | chat-post >/dev/null
	export LEGWORK_NOW=2026-02-01T00:00:00Z
	run -0 agent-log --prune 30d --dry-run
	assert_output "$old"
	[ -e "$(log_of "$old")" ]
	run -0 agent-log --prune 30d
	assert_output "$old"
	[ ! -e "$(log_of "$old")" ]
	for id in "$new" "$unposted" "$again"; do [ -e "$(log_of "$id")" ]; done
	run -0 agent-log --prune 30d
	assert_output ''
	for follow in '' --follow; do
		run -66 --separate-stderr agent-log $follow "$old"
		assert_equal "$stderr" "agent-log: task $old: has no log"
	done
	run -66 agent-log --follow --since 2 "$new"
	jq -nc --arg id "$old" '{jsonrpc: "2.0", id: 1, method: "resources/read", params: {uri: "legwork://task/\($id)/log"}}' >line
	run -0 mcp-serve <line
	assert_jq --arg id "$old" '.[0].error.message == "task \($id): has no log"'
}

@test "agent-log: --prune also deletes logs that belong to no task, and nothing else" {
	task-list
	lost=deadbeef-0000-4000-8000-000000000000
	echo >"$(log_of "$lost")"
	touch -d '40 days ago' "$(log_of "$lost")"
	echo >"$(log_of "${lost/dead/beef}")"
	echo >"$LEGWORK_STORE/logs/agents/notes.txt"
	touch -d '40 days ago' "$LEGWORK_STORE/logs/agents/notes.txt"
	run -0 agent-log --prune 30d
	assert_output "$lost"
	[ -e "$(log_of "${lost/dead/beef}")" ]
	[ -e "$LEGWORK_STORE/logs/agents/notes.txt" ]
}

@test "agent-log: refuses what it does not understand (64), and an unknown task (66)" {
	id=$(task-add --ids x)
	for arguments in '' "$id $id" "$id --prune 1d" '--prune x' '--prune 1d --follow' "$id --dry-run" \
		"$id --since 0" "$id --since x" "$id --kind ," "$id --kind a,,b" "$id --kind A"; do
		# shellcheck disable=SC2086 # several words
		run -64 agent-log $arguments
	done
	run -66 --separate-stderr agent-log deadbeef
	assert_equal "$stderr" 'agent-log: task deadbeef: no such task'
	run -66 --separate-stderr agent-log "$id"
	assert_equal "$stderr" "agent-log: task $id: has no log"
}

@test "agent-log: a kind that is not there is told with those that are (64)" {
	run -64 agent-log --kind start,bogus deadbeef
	assert_line --index 0 --partial "agent-log: --kind: there is no 'bogus', but create_task_start, start, end, event, stderr,"
}

@test "agent-log: --kind knows each kind that the page lists" {
	agent-add odd -- true >/dev/null
	id=$(done_task 'count it')
	while read -r kind; do
		agent-log --kind "$kind" "$id" >/dev/null
	done < <(sed -n '/^\.Sh AGENT LOG/,/^\.Sh/s/^\.It Cm //p' "$ROOT/man/legwork-record.5" | sed 's/ .*//')
}

@test "agent-log: on a terminal no line is too wide, and nothing drives it" {
	agent-add odd -- sh -c 'printf "\033[2Jone\007 two three four five six seven eight nine ten\n" >&2' >/dev/null
	id=$(done_task 'count it')
	on_terminal 60 "agent-log --kind stderr,end $id"
	assert_fits 60
	assert_line --regexp '^[0-9:]{8} stderr +one two three four five six'
	refute_output --partial $'\a'
	[ "$(agent-log "$id" --format text | tr -dc '\033\007' | wc -c)" = 0 ]
	keep_colours=1 on_terminal 60 "agent-log --kind end $id"
	assert_output --partial $'\e['
}

@test "agent-log: a long log is shown in as much memory as a short one" {
	agent-add counter -- wc -w >/dev/null
	id=$(done_task 'count it')
	log=$(log_of "$id")
	text=$(printf '%0900d' 0)
	yes "{\"at\":\"2026-01-01T00:00:00.000Z\",\"kind\":\"stderr\",\"text\":\"$text\"}" |
		head -n 20000 >>"$log"
	for format in json text; do
		run -0 python3 - "$format" "$id" <<-'END'
			import resource, subprocess, sys
			with open("/dev/null", "w") as null:
			    subprocess.run(["agent-log", "--format", sys.argv[1], sys.argv[2]], stdout=null, check=True)
			print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
		END
		[[ $(command -v agent-log) = */san/* ]] || ((output < 20000)) || { echo "$format: $output KiB"; false; }
	done
}
