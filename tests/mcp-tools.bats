# Agents that use MCP servers: what these offer are tools.

load test_helper
load records
load llm

setup() {
	common_setup
	export LEGWORK_USER=ada
	printf '#!/bin/sh\necho "$$" >>%q/begun\nexec jq -nc --unbuffered -f %s/tests/mcp/notes.jq\n' \
		"$PWD" "$ROOT" >notes
	printf '#!/bin/sh\necho "$$" >>%q/begun\nexec jq -nc --unbuffered --arg era "$1" -f %s/tests/mcp/server.jq\n' \
		"$PWD" "$ROOT" >server
	chmod +x notes server
	touch begun
}

thinker() { agent-add thinker --model some-model "$@" >/dev/null; }

# with_notes OPTION ... - the agent has the server of notes
with_notes() { thinker --mcp "notes=$PWD/notes" "$@"; }

# offers OPTION ... - the agent has a server, "list", whose list has the pages on stdin
offers() {
	cat >pages
	printf '#!/bin/sh\nexec jq -nc --unbuffered --slurpfile pages %q/pages -f %s/tests/mcp/list.jq\n' "$PWD" "$ROOT" >list
	chmod +x list
	thinker --mcp "list=$PWD/list" "$@"
}

# calls <LINES - the model makes each call, a line with a name and arguments, in a turn of its own, and
# then says that it is done
calls() {
	local name args n=0
	while read -r name args; do
		n=$((n + 1))
		printf '{"type":"tool_call","call":{"id":"c%d","name":"%s","arguments":%s}}\n{"type":"stop"}\n\n' "$n" "$name" "${args:-{\}}"
	done >script.in
	printf '{"type":"text","delta":"done"}\n{"type":"stop"}\n' >>script.in
	script_llm <script.in
}

# does ARG ... - run a task; sets id
does() {
	id=$(task-add --ids --allow-duplicates "$@" 'do it')
	agent-run "$id" >events
	wait_until 30 no_process_left
}

# results - what the model got of each call, a line each
results() { jq -r 'select(.kind == "tool_end") | "\(.status) \(.content)"' "$LEGWORK_STORE/logs/agents/$id.log"; }

# is_refused TEXT - the task has failed before anything was asked of the model
is_refused() {
	assert_equal "$(field "$id" '[.status, .error.category, .error.message] | join(" ")')" \
		"failed configuration $1"
	assert_equal "$(<asked)" ''
}

@test "mcp tools: an agent uses those of two servers in a task, and each server runs once" {
	calls <<-'END'
		notes__add_note {"text":"milk"}
		new__echo {"text":"hi\nthere"}
		notes__add_note {"text":"bread"}
		notes__all_notes
		new__image
	END
	with_notes --mcp "new='$PWD/server' modern"
	does
	assert_equal "$(field "$id" '.status, .response, .usage.calls')" $'completed\ndone\n6'
	run -0 results
	assert_output - <<-'END'
		success 1 notes
		success hi
		there
		success 2 notes
		success milk, bread
		success see
		[image image/png, 6 bytes]
		[file:///a]
		within
	END
	assert_equal "$(wc -l <begun)" 2
	run -0 jq -r 'select(.type == "tool_use") | .data | "\(.name) \(.args | tojson)"' events
	assert_line 'notes__add_note {"text":"bread"}'
}

@test "mcp tools: the model is told of them as of others, by names that it can say" {
	calls </dev/null
	with_notes --tool read_file --tool '*__*'
	does
	long=$(printf 'x%.0s' {1..70})
	assert_equal "$(asked 1 '[.tools[].name]')" "$(jq -nc --arg long "$long" '["notes__add_note",
		"notes__all_notes", "notes__odd", "notes__zone", "notes__wait", "notes__big",
		"notes__\($long[:57])", "notes__\($long[:55])_2", "notes___", "read_file"]')"
	asked 1 '.tools[] | select(.name == "notes__add_note")' >told
	assert_equal "$(<told)" '{"name":"notes__add_note","description":"Add a note","parameters":{"type":"object","properties":{"text":{"type":"string"}}}}'
	assert_equal "$(asked 1 '[.tools[] | .parameters.type] | unique')" '["object"]'
	asked 1 '.messages[0].content' | grep -q 'notes__add_note'
}

@test "mcp tools: wrong arguments are told; where a schema cannot be read, the server looks itself" {
	calls <<-'END'
		notes__add_note {"text":7}
		notes__odd {"x":[7]}
		notes__nothing
	END
	with_notes
	does
	run -0 results
	assert_line --index 0 'error arguments: /text: want string, got number'
	assert_line --index 1 'success odd: {"x":[7]}'
	assert_line --index 2 --partial 'error there is no tool notes__nothing; there are: notes__add_note '
}

@test "mcp tools: what fails says why, and a server that has ended is started anew" {
	calls <<-'END'
		old__fail
		old__crash
		old__echo {"text":"back"}
		old__noise
		old__flood
	END
	thinker --mcp "old=$PWD/server legacy"
	does
	run -0 results
	assert_output - <<-'END'
		error no such luck
		error old: the server has ended: "it is broken\n"
		success back
		success heard
		success over
	END
	assert_equal "$(wc -l <begun)" 2
	assert_equal "$(field "$id" '[.status, .response] | join(" ")')" 'completed done'
}

@test "mcp tools: a server that wants a handshake first, and has ended, is not asked anything else again" {
	calls <<-'END'
		strict__crash
		strict__told
	END
	thinker --mcp "strict=$PWD/server strict"
	does
	run -0 results
	assert_output - <<-'END'
		error strict: the server has ended: "it is broken\n"
		success ["initialize","notifications/initialized"]
	END
	assert_equal "$(wc -l <begun)" 3
}

@test "mcp tools: a server that is silent does not outlive the time of its task" {
	calls <<<'notes__wait'
	with_notes
	id=$(task-add --ids <<<'{"instruction":"wait","limits":{"timeout_s":6,"max_attempts":1}}')
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" '[.status, .error.category] | join(" ")')" 'failed timeout'
	run -0 results
	assert_output --regexp '^error no answer within ([0-5](\.[0-9]+)?|6) s, so it was cancelled$'
	assert_none_left
}

@test "mcp tools: a long answer goes to a file, as that of other tools" {
	mkdir place
	calls <<<'notes__big'
	with_notes --folder place
	does
	run -0 results
	assert_output --regexp 'all of it is in the file \.legwork/notes__big-[0-9a-f]{8}\.txt'
	assert_equal "$(wc -w <place/.legwork/notes__big-*.txt)" 20000
}

@test "mcp tools: they start in the work folder, without keys, and find what other tools find" {
	export OPENAI_API_KEY=sk-secret
	mkdir place
	thinker --mcp "old=$PWD/server legacy" --folder place --allow-unscoped
	calls <<-'END'
		old__env
		old__folder
	END
	does --account 111122223333
	run -0 results
	assert_line --index 1 "success $PWD/place"
	run -0 jq -c '[.OPENAI_API_KEY, .LEGWORK_TASK_ID, .LEGWORK_ACCOUNT_IDS, (.LEGWORK_RUN | length)]' \
		<<<"${lines[0]#success }"
	assert_output "[null,\"$id\",\"111122223333\",36]"
}

@test "mcp tools: a call keeps within the scope of its task" {
	calls <<-'END'
		notes__zone {"region":"us-east-1"}
		notes__zone {"region":"eu-west-1"}
		notes__odd {"x":["a"],"region":"eu-west-1"}
		notes__odd {"x":["a"],"region":"us-east-1"}
		notes__all_notes
	END
	with_notes
	does --region us-east-1
	run -0 results
	assert_line --index 0 'success zone: {"region":"us-east-1"}'
	assert_line --index 1 --partial "error /region: eu-west-1 is outside of this task's scope"
	assert_line --index 2 --partial "error /region: eu-west-1 is outside of this task's scope"
	assert_line --index 3 'success odd: {"x":["a"],"region":"us-east-1"}'
	assert_line --index 4 --partial 'error this tool takes no region'
}

@test "mcp tools: all are allowed, or those that --tool names, but for those that are denied" {
	calls <<-'END'
		notes__add_note {"text":"a"}
		notes__zone
		notes__odd
	END
	with_notes --tool 'notes__a*' --tool notes__zone --deny-tool '*__zone' --deny-tool notes__all_notes
	does
	assert_equal "$(asked 1 '[.tools[].name]')" '["notes__add_note"]'
	run -0 results
	assert_line --index 0 'success 1 notes'
	assert_line --index 1 'error this tool is not allowed here: do without it'
	assert_line --index 2 'error there is no tool notes__odd; there are: notes__add_note'
	calls </dev/null
	with_notes --deny-tool '*note*' --deny-tool '*x*'
	does
	assert_equal "$(asked 1 '[.tools[].name]')" '[]'
}

@test "mcp tools: one that must be asked for waits for a person" {
	calls <<<'notes__add_note {"text":"a"}'
	with_notes --ask-tool 'notes__add*'
	does
	assert_equal "$(field "$id" '[.waiting, .approval.tool] | join(" ")')" 'approval notes__add_note'
	task-approve "$id" >/dev/null
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" .status)" completed
	run -0 results
	assert_output 'success 1 notes'
}

@test "mcp tools: after kill -9 nothing is left, and only a call that does no harm is made again" {
	for tool in notes__wait old__silent; do
		calls <<<"$tool"
		with_notes --mcp "old=$PWD/server legacy"
		id=$(task-add --ids --allow-duplicates 'be slow')
		agent-run "$id" >events 3>&- &
		runner=$!
		wait_until 30 was_called "$tool"
		kill -KILL "$runner"
		await_exit "$runner" || [ $? = 137 ]
		wait_until 30 no_process_left
		agent-add thinker --model some-model --mcp "notes=$PWD/server modern" --mcp "old=$PWD/server legacy" >/dev/null
		[[ $tool = old__silent ]] || with_notes --mcp "old=$PWD/server legacy"
		if [[ $tool = notes__wait ]]; then
			sed 's/"wait" then empty/"wait" then text("waited")/' "$ROOT/tests/mcp/notes.jq" >quick.jq
			printf '#!/bin/sh\nexec jq -nc --unbuffered -f %q/quick.jq\n' "$PWD" >notes
		fi
		task-watch --drain | agent-run >/dev/null # puts the task back, and does it
		assert_equal "$(field "$id" .status)" completed
		run -0 results
		if [[ $tool = notes__wait ]]; then
			assert_output 'success waited'
		else
			assert_output --partial 'error nobody knows whether this was done'
		fi
	done
	wait_until 30 no_process_left
}

was_called() { jq -e --arg tool "$1" 'select(.type == "tool_use" and .data.name == $tool)' events >/dev/null; }

@test "mcp tools: agent-cancel finds the server, and so does the end of agent-run" {
	for signal in cancel TERM; do
		calls <<<'notes__wait'
		with_notes
		id=$(task-add --ids --allow-duplicates 'wait')
		agent-run "$id" >events 3>&- &
		runner=$!
		wait_until 30 was_called notes__wait
		if [[ $signal = cancel ]]; then
			run -0 agent-cancel "$id"
			assert_jq '.[0].state == "cancelled"'
		else
			kill "$runner"
		fi
		await_exit "$runner" || true
		assert_none_left
	done
}

@test "mcp tools: a server that cannot be had fails the task before a token is spent" {
	calls </dev/null
	thinker --mcp 'notes=/no/such/program'
	does
	assert_equal "$(field "$id" '[.status, .error.category] | join(" ")')" 'failed configuration'
	field "$id" .error.message | grep -q '^MCP server notes: the server has ended (exit status 127): .*/no/such/program'
	assert_equal "$(<asked)" ''
	thinker --mcp 'notes=true'
	does
	is_refused 'MCP server notes: the server has ended'
	with_notes --tool notes__nothing
	does
	is_refused 'tool notes__nothing: no MCP server of the agent has it'
	with_notes --ask-tool 'notes__nothing*'
	does
	is_refused 'tool notes__nothing*: the agent has none like this'
	echo '{"mcpServers":{}}' >mine.json
	with_notes --mcp-file mine.json
	jq -n '{mcpServers: {notes: {command: "true"}}}' >mine.json
	does
	is_refused 'MCP servers: there are two servers of the name notes'
	rm mine.json
	does
	is_refused "MCP servers: $PWD/mine.json: No such file or directory"
}

@test "mcp tools: a file of servers is read at each run, whatever they are called" {
	jq -n --arg notes "$PWD/notes" --arg server "$PWD/server" '{mcpServers: {
		"lab.my notes": {command: $notes},
		off: {command: "/no/such/program", disabled: true},
		old: {type: "stdio", command: "${WHERE}/server", args: ["legacy"], env: {WORD: "${WORD}"}, cwd: "/"}}}' >mine.json
	calls <<-'END'
		lab_my_notes__add_note {"text":"a"}
		old__folder
		old__env
	END
	WHERE=$PWD WORD=hello thinker --mcp-file mine.json
	WHERE=$PWD WORD=hello does
	run -0 results
	assert_line --index 0 'success 1 notes'
	assert_line --index 1 'success /'
	assert_equal "$(jq -r .WORD <<<"${lines[2]#success }")" hello
	jq 'del(.mcpServers.old)' mine.json >other
	mv other mine.json
	calls </dev/null
	does
	assert_equal "$(asked 1 '[.tools[].name | split("__")[0]] | unique')" '["lab_my_notes"]'
}

@test "mcp tools: of a file, what is of no use here is passed over and told of, and the others are there" {
	jq -n --arg notes "$PWD/notes" '{servers: {far: {type: "http", url: "https://127.0.0.1/"},
		asks: {command: $notes, env: {KEY: "${input:key}"}},
		notes: {command: "${workspaceFolder}/../notes"}}}' >mine.json
	mkdir place
	calls <<<'notes__add_note {"text":"a"}'
	run -0 --separate-stderr agent-add thinker --model some-model --folder place --mcp-file mine.json
	assert_equal "$stderr" "agent-add: MCP server passed over: $PWD/mine.json: far: want a server of type stdio, got http
agent-add: MCP server passed over: $PWD/mine.json: asks: env: KEY: \${input:key} is asked of a person, which is not done here; \${NAME} is the environment's"
	does
	run -0 results
	assert_output 'success 1 notes'
	run -0 jq -r 'select(.data.message | strings | contains("warning")) | .data.message' events
	assert_line --index 0 "Task ${id:0:8}: warning: MCP server passed over: $PWD/mine.json: far: want a server of type stdio, got http"
	assert_line --index 1 --partial "$PWD/mine.json: asks: "
	calls </dev/null
	thinker --folder place --mcp-file mine.json --tool far__x
	does
	is_refused 'tool far__x: no MCP server of the agent has it'
}

@test "mcp tools: the servers of an agent in a sandbox are in it" {
	bwrap --unshare-all --ro-bind / / true || skip 'bwrap does not work here'
	mkdir place away
	cp "$ROOT/tests/mcp/server.jq" place
	calls <<-'END'
		old__env
		old__folder
	END
	thinker --sandbox --folder place \
		--mcp "old=sh -c 'echo x >in; echo x >$PWD/away/out; ls -A \"\$LEGWORK_STORE\" >seen; exec jq -nc --unbuffered --arg era legacy -f server.jq'"
	does
	assert_equal "$(field "$id" .status)" completed
	assert_file_exist place/in
	assert_file_not_exist away/out
	assert_equal "$(<place/seen)" ''
	mkdir bin
	for name in sh env; do ln -s "$(command -v "$name")" bin; done
	calls </dev/null
	id=$(task-add --ids --allow-duplicates 'do it')
	run -0 env PATH="$PWD/bin" "$(command -v agent-run)" "$id"
	assert_equal "$(field "$id" '[.status, .error.category] | join(" ")')" 'failed configuration'
	field "$id" .error.message | grep -q '^no sandbox: '
	assert_equal "$(<asked)" ''
}

@test "mcp tools: an agent that asks for another gives it its servers, but a member of the crew none" {
	export LLM_BY_TURN=1
	script_llm <<<hang
	agent-add member --model m --mcp "notes=$PWD/notes" --tool read_file --tool notes__zone >/dev/null
	with_notes --tool create_task --tool read_file --tool 'notes__a*' --ask-tool notes__all_notes --deny-tool notes__big
	id=$(task-add --ids --agent thinker 'ask for others')
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 test -s asked
	while read -r more; do
		echo "{\"task_description\":\"go and do $RANDOM\"$more}" | LEGWORK_TASK_ID=$id tool-create-task 3>&- >>ids || true
	done <<-'END'

		,"tools":["notes__all_notes","read_file"]
		,"tools":["read_file"]
		,"agent":"member"
	END
	run -0 task-list --jq 'select(.spawned_by) | .worker | [.tools.allow, .tools.ask, .tools.deny, (.mcp | length)]'
	assert_output - <<-'END'
		[["create_task","read_file","notes__a*"],["notes__all_notes"],["notes__big"],1]
		[["read_file"],["notes__all_notes"],["notes__big"],1]
		[["read_file"],[],["notes__big"],0]
		[["read_file"],[],["notes__big"],0]
	END
	for name in notes__zone 'notes__a*' notes__big; do
		run -77 --separate-stderr env LEGWORK_TASK_ID="$id" tool-create-task \
			<<<"{\"task_description\":\"go and do something else\",\"tools\":[\"$name\"]}"
		assert_regex "$stderr" 'is none of yours'
	done
	agent-cancel "$id" >/dev/null
	await_exit "$runner" || true
	wait_until 30 no_process_left
}

@test "mcp tools: a thousand of the same name are soon told apart, and more are refused" {
	calls <<<'list__t_1000'
	jq -nc '{tools: [range(1000) | {name: "t"}]}' | offers
	id=$(task-add --ids --allow-duplicates 'do it')
	run -0 timeout 60 agent-run "$id"
	assert_equal "$(asked 1 '.tools | [length, (map(.name) | unique | length), .[0].name, .[1].name, .[999].name]')" \
		'[1000,1000,"list__t","list__t_2","list__t_1000"]'
	run -0 results
	assert_output 'success t'
	calls </dev/null
	jq -nc '{tools: [range(2000) | {name: "t\(.)"}]}' | offers
	does
	is_refused 'MCP server list: it offers more than 1000 tools'
}

@test "mcp tools: what no model takes is left out or cut, and who watches is told" {
	calls <<<'list__good'
	jq -nc '{tools: [{name: "good", description: ("\u00e4" * 2048)}, {name: "wide.r", description: ("x\("\u00e4" * 2048)")},
		{name: "bad", inputSchema: {type: "object", properties: 5, required: "x"}}, {name: "none", inputSchema: 7},
		{name: "huge", inputSchema: {properties: {a: {description: ("x" * 70000)}}}}, {name: "denied", inputSchema: 7},
		{name: "other", inputSchema: {properties: {a: {prefixItems: [{type: "string"}], pattern: "("}}}}]}' |
		offers --tool list__huge --tool 'list__[!h]*' --deny-tool list__denied
	does
	assert_equal "$(asked 1 '[.tools[] | [.name, (.description | utf8bytelength)]]')" \
		'[["list__good",4096],["list__wide_r",4098],["list__other",5]]'
	assert_equal "$(asked 1 '.tools[1].description[-5:]')" '"ää..."'
	assert_equal "$(asked 1 '.tools[2].parameters.properties.a.pattern')" '"("'
	run -0 jq -r --arg id "${id:0:8}" 'select(.data.message | strings | contains("warning")) | .data.message' events
	assert_output - <<-END
		Task ${id:0:8}: warning: tool list__wide_r has a description of 4097 bytes, which was cut
		Task ${id:0:8}: warning: tool list__bad cannot be used: inputSchema: /properties: want an object, got number
		Task ${id:0:8}: warning: tool list__none cannot be used: inputSchema: want an object
		Task ${id:0:8}: warning: tool list__huge cannot be used: inputSchema: 70039 bytes are too many
	END
	run -0 results
	assert_output 'success good'
	calls </dev/null
	jq -nc '{tools: [range(30) | {name: "t\(.)", inputSchema: []}]}' | offers
	does
	run -0 jq -r 'select(.data.message | strings | contains("warning")) | .data.message' events
	assert_equal "${#lines[@]}" 21
	assert_line --index 20 "Task ${id:0:8}: warning: and other tools of MCP servers, too"
}

@test "mcp tools: they are allowed, asked for and denied as the server spells them, too" {
	local tools='{"tools":[{"name":"delete.file"},{"name":"read/file"},{"name":"move file"},{"name":"x"}]}'
	calls <<<'list__delete_file'
	offers --deny-tool list__delete.file --ask-tool 'list__move file' <<<"$tools"
	does
	assert_equal "$(asked 1 '[.tools[].name]')" '["list__read_file","list__move_file","list__x"]'
	calls <<<'list__move_file'
	offers --deny-tool 'list__*.f*' --tool list__read/file --ask-tool 'list__move file' <<<"$tools"
	does
	assert_equal "$(asked 1 '[.tools[].name]')" '["list__read_file","list__move_file"]'
	assert_equal "$(field "$id" '[.waiting, .approval.tool] | join(" ")')" 'approval list__move_file'
	calls </dev/null
	offers --deny-tool list__delete_all --deny-tool other__x --deny-tool '*drop*' <<<"$tools"
	does
	is_refused 'tool list__delete_all: the agent has none like this'
	offers --deny-tool other__x --deny-tool '*drop*' <<<"$tools"
	does
	assert_equal "$(field "$id" .status)" completed
}
