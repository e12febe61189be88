# Tools of MCP servers, from a shell.

load test_helper
load records

setup() {
	common_setup
	export NAME=ada
	mkdir -p "$XDG_CONFIG_HOME/legwork"
	printf '#!/bin/sh\nexec jq -nc --unbuffered --arg era "$1" -f %s/tests/mcp/server.jq\n' \
		"$ROOT" >server
	chmod +x server
	jq -n --arg server "$PWD/server" '{mcpServers: {
		old: {command: $server, args: ["legacy"], env: {GREETING: "${WORD:-hello} ${NAME}"}},
		new: {type: "stdio", command: $server, args: ["modern"], cwd: "/"},
		far: {type: "http", url: "https://127.0.0.1/"}, odd: {args: []}}}' \
		>"$XDG_CONFIG_HOME/legwork/mcp.json"
}

teardown() { common_teardown; }

@test "mcp-call: calls a tool, in both eras of the protocol, and prints its text" {
	for server in old new; do
		run -0 --separate-stderr mcp-call "$server" echo '{"text":"hi\nthere"}'
		assert_output $'hi\nthere'
		assert_equal "$stderr" ''
		run -0 mcp-call "$server" echo - <<<'{"text":"from stdin"}'
		assert_output 'from stdin'
	done
}

@test "mcp-call: shakes hands before anything else, where the server wants that" {
	run -0 mcp-call old told
	assert_output '["initialize","notifications/initialized"]'
	run -0 mcp-call new told
	assert_output '[]'
}

@test "mcp-call: a server that ends of anything but a handshake is started once more, for that" {
	printf '#!/bin/sh\necho x >>%q/begun\nexec %q/server strict\n' "$PWD" "$PWD" >strict
	chmod +x strict
	run -0 --separate-stderr mcp-call ./strict told
	assert_output '["initialize","notifications/initialized"]'
	assert_equal "$stderr" ''
	assert_equal "$(wc -l <begun)" 2
	run -0 mcp-call --list ./strict
	assert_jq 'length == 14'
}

@test "mcp-call: a server may be given as a command line" {
	run -0 mcp-call "$PWD/server legacy" echo '{"text":"hi"}'
	assert_output hi
	run -0 mcp-call './server "modern"' echo '{"text":"hi"}'
	assert_output hi
	run -0 mcp-call "sh -c 'cd / && GREETING=hello $PWD/server modern'" env
	assert_jq '.[0] | .PWD == "/" and .GREETING == "hello"'
	run -69 --separate-stderr mcp-call 'nosuch command' echo
	assert_regex "$stderr" '^mcp-call: server: the server has ended \(exit status 127\): .*not found'
}

@test "mcp-call: what it prints and nobody can get is an I/O error (74)" {
	run -74 --separate-stderr bash -c 'mcp-call "./server modern" echo "{\"text\":\"hi\"}" >&-'
	assert_equal "$stderr" 'mcp-call: stdout: Bad file descriptor'
}

@test "mcp-call: a tool that fails says why on stdout, and the answer is no (1)" {
	run -1 --separate-stderr mcp-call new fail
	assert_output 'no such luck'
	assert_equal "$stderr" ''
}

@test "mcp-call: what the server refuses is told in its words (65)" {
	run -65 --separate-stderr mcp-call new nothing
	assert_output ''
	assert_equal "$stderr" 'mcp-call: new: nothing: Tool nothing not found'
}

@test "mcp-call: --list prints every page of what servers offer, and who cannot is named" {
	run -0 mcp-call --list old new
	assert_jq 'length == 28 and (map(.server) | unique) == ["new", "old"] and
		.[0].name == "echo" and .[13].name == "flood" and (.[0].inputSchema | type) == "object"'
	run -0 mcp-call --list --format text old
	assert_line --index 1 --regexp '^old +echo +Says it again\.$'
	run -78 --separate-stderr mcp-call --list
	assert_jq 'length == 28'
	assert_equal "$stderr" "mcp-call: $XDG_CONFIG_HOME/legwork/mcp.json: far: want a server of type stdio, got http
mcp-call: $XDG_CONFIG_HOME/legwork/mcp.json: odd: want a string command, and an array args of strings"
}

@test "mcp-call: what is no text is named, and all of it can be had as JSON" {
	run -0 mcp-call new image
	assert_output $'see\n[image image/png, 6 bytes]\n[file:///a]\nwithin'
	run -0 mcp-call --format json new image
	assert_jq '.[0].content[1].data == "QUJDRA=="'
	run -0 mcp-call new data
	assert_output '{"n":1}'
}

@test "mcp-call: what would drive a terminal is kept from it, and only from it" {
	local answer=$'\e[31mred\e]0;title\a\u009b1m\tend\nline'
	run -0 mcp-call new echo "$(jq -n --arg text "$answer" '{$text}')"
	assert_output "$answer"
	jq -n --arg text "$answer" '{$text}' >args
	run -0 script -qec 'stty -opost; mcp-call new echo - <args' /dev/null </dev/null
	assert_output $'red]0;title end\nline'
}

@test "mcp-call: says on stderr how far a tool has come" {
	run -0 --separate-stderr mcp-call new steps
	assert_output 'done'
	assert_equal "$stderr" $'mcp-call: 0.5 of 2\nmcp-call: 1\nmcp-call: two'
}

@test "mcp-call: a server may chatter, ping and ask; it gets a pong and an answer" {
	run -0 --separate-stderr mcp-call old noise
	assert_output heard
	run -0 mcp-call old flood
	assert_output over
}

# answering WORDS - a server that says that, with its id for ID, when a tool is called
answering() {
	printf '%b\n' "$1" >words
	cat >answers <<-'END'
		#!/bin/sh
		while IFS= read -r line; do
			id=$(printf '%s\n' "$line" | jq .id)
			case $line in
			*'"server/discover"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"supportedVersions":["2026-07-28"]}}\n' "$id" ;;
			*'"tools/call"'*) sed "s/ID/$id/" words ;;
			esac
		done
	END
	chmod +x answers
}

@test "mcp-call: what is no UTF-8 in an answer is replaced, and so is a NUL" {
	answering '{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"a\xffb\\u0000c"}]}}'
	run -0 mcp-call ./answers t
	assert_output $'a\ufffdb\ufffdc'
}

@test "mcp-call: the first answer with the request's id counts, whatever else is said" {
	answering '{"jsonrpc":"2.0","id":99,"result":{"content":[{"type":"text","text":"wrong"}]}}\n{"jsonrpc":"2.0","id":"ID","result":{}}
{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"first"}]}}
{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"second"}]}}'
	run -0 mcp-call ./answers t
	assert_output first
}

@test "mcp-call: an answer that says nothing is one (69), and is not waited for longer" {
	answering '{"jsonrpc":"2.0","id":ID}'
	run -69 --separate-stderr mcp-call ./answers t
	assert_equal "$stderr" 'mcp-call: server: t: an answer without a result'
	answering '{"jsonrpc":"2.0","id":ID,"result":[1]}'
	run -69 mcp-call ./answers t
}

@test "mcp-call: a server that closes its stdout, or says a line without end, is ended (69)" {
	printf '#!/bin/sh\necho $$ >pid\nexec >&-\nexec sleep 1000\n' >shy
	printf '#!/bin/sh\necho $$ >pid\nexec cat /dev/zero\n' >endless
	chmod +x shy endless
	export LEGWORK_MAX_LINE=1000000
	for server in shy endless; do
		run -69 --separate-stderr mcp-call ./$server t
		run ! kill -0 "$(cat pid)"
	done
	assert_equal "$stderr" 'mcp-call: server: it said a line without end'
}

@test "mcp-call: a server that does not end with its stdin is ended" {
	printf '#!/bin/sh\n./answers\necho $$ >pid\nexec sleep 1000\n' >stays
	chmod +x stays
	answering '{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"done"}]}}'
	run -0 mcp-call ./stays t
	assert_output done
	run ! kill -0 "$(cat pid)"
}

@test "mcp-call: the environment of a server holds what its description says, and no keys" {
	export OPENAI_API_KEY=sk-secret
	run -0 mcp-call old env
	run -0 jq -c '[.GREETING, .OPENAI_API_KEY, .HOME]' <<<"$output"
	assert_output '["hello ada",null,"'"$HOME"'"]'
	WORD=bye run -0 mcp-call old env
	run -0 jq -r .GREETING <<<"$output"
	assert_output 'bye ada'
	run -0 mcp-call new folder
	assert_output /
}

@test "mcp-call: a file may have the form that editors use, and values that are no strings" {
	jq -n --arg server "$PWD/server" '{inputs: [], servers: {here: {type: "stdio", command: $server, args: ["modern"],
		env: {GREETING: "hi ${env:NAME}", PORT: 8080, LOUD: true, NONE: null}}}}' >mine.json
	run -0 mcp-call --config mine.json here env
	run -0 jq -c '[.GREETING, .PORT, .LOUD, has("NONE")]' <<<"$output"
	assert_output '["hi ada","8080","true",false]'
}

@test "mcp-call: a variable that is not set is named, and not taken for an empty one (78)" {
	jq -n --arg server "$PWD/server" '{mcpServers: {args: {command: $server, args: ["${NOT_SET}/x"]}, cwd: {command: $server, cwd: "${NOT_SET}"},
		env: {command: $server, env: {KEY: "${input:key}"}}, odd: {command: $server, env: {KEY: []}}}}' >mine.json
	for server in args cwd; do
		run -78 --separate-stderr mcp-call --config mine.json $server env
		assert_equal "$stderr" "mcp-call: mine.json: $server: \${NOT_SET} is not set in the environment"
	done
	run -78 --separate-stderr mcp-call --config mine.json env env
	assert_equal "$stderr" 'mcp-call: mine.json: env: env: KEY: ${input:key} is asked of a person, which is not done here; ${NAME} is the environment'"'s"
	run -78 --separate-stderr mcp-call --config mine.json odd env
	assert_equal "$stderr" 'mcp-call: mine.json: odd: env: KEY: want a string'
	NOT_SET='' run -0 mcp-call --config mine.json args env
}

@test "mcp-call: a file may name the home, the folder of work and slashes, as editors do" {
	jq -n '{servers: {here: {command: "${workspaceFolder}${/}server", args: ["modern"], cwd: "${userHome}",
		env: {AT: "${workspaceFolder}${pathSeparator}${workspaceFolderBasename}", OR: "${NOT_SET:-or}${env:NOT_SET:-else}"}}}}' >mine.json
	run -0 mcp-call --config mine.json here folder
	assert_output "$HOME"
	run -0 mcp-call --config mine.json here env
	run -0 jq -r '.AT, .OR' <<<"$output"
	assert_output "$PWD/${PWD##*/}"$'\norelse'
}

@test "mcp-call: of a file, what is of no use here is refused by name, and all else is called" {
	jq -n --arg server "$PWD/server" '{inputs: [{id: "key", type: "promptString"}], mcpServers: {far: {serverUrl: "https://127.0.0.1/"},
		asks: {command: $server, args: ["${input:key}"]}, here: {command: $server, args: ["modern"]}}}' >mine.json
	run -0 mcp-call --config mine.json here echo '{"text":"hi"}'
	assert_output hi
	run -78 --separate-stderr mcp-call --config mine.json --list
	assert_jq 'length == 14 and (map(.server) | unique) == ["here"]'
	assert_equal "$stderr" 'mcp-call: mine.json: far: want a server of type stdio, got a url
mcp-call: mine.json: asks: ${input:key} is asked of a person, which is not done here; ${NAME} is the environment'"'s"
	run -78 mcp-call --config mine.json far echo
}

@test "mcp-call: a server finds what an agent's tools do, and what --env gives it, and nothing else" {
	export LEGWORK_TASK_ID=t LEGWORK_WEB_KEY=k OPENAI_API_KEY=sk WORD=w EMPTY=''
	run -0 mcp-call new env
	run -0 jq -c '[.LEGWORK_STORE, .LEGWORK_TASK_ID, .XDG_DATA_HOME, .LEGWORK_WEB_KEY, .OPENAI_API_KEY, .WORD]' <<<"$output"
	assert_output "[\"$LEGWORK_STORE\",\"t\",\"$XDG_DATA_HOME\",null,null,null]"
	run -0 mcp-call --env WORD -e EMPTY --env OTHER=a=b --env GREETING=mine old env
	run -0 jq -c '[.WORD, .EMPTY, .OTHER, .GREETING]' <<<"$output"
	assert_output '["w","","a=b","mine"]'
	run -64 --separate-stderr mcp-call --env NOT_SET new env
	assert_regex "$stderr" '^mcp-call: --env: NOT_SET is not set'
	run -64 mcp-call --env =x new env
}

@test "mcp-call: a name in the file is never a command line, whatever is in it" {
	jq -n --arg c "$PWD/said" '{mcpServers: {"a/$(echo >\($c))": {command: "/no/such"}, "two words": {command: "/no/such"}}}' >mine.json
	run -78 --separate-stderr mcp-call --config mine.json --list
	assert_not_exist said
	assert_regex "$stderr" 'two words: /no/such: No such file'
}

@test "mcp-call: what a server's entry says of store and user is so, of whose task it is not" {
	jq --arg s "$PWD/other" '.mcpServers.new.env += {LEGWORK_STORE: $s, LEGWORK_USER: "bot", LEGWORK_TASK_ID: "mine"}' \
		"$XDG_CONFIG_HOME/legwork/mcp.json" >mine.json
	run -0 env LEGWORK_USER=ada LEGWORK_TASK_ID=t "$(command -v mcp-call)" --config mine.json new env
	run -0 jq -c '[.LEGWORK_STORE, .LEGWORK_USER, .LEGWORK_TASK_ID]' <<<"$output"
	assert_output "[\"$PWD/other\",\"bot\",\"t\"]"
}

@test "mcp-call: mcp-serve has the caller's store, and approves nothing for a task" {
	task=$(LEGWORK_USER=ada task-add --ids 'count the words')
	run -0 mcp-call 'mcp-serve --user ada' task_list
	assert_output --partial "$task"
	run -1 env LEGWORK_TASK_ID="$task" "$(command -v mcp-call)" 'mcp-serve --user ada' task_approve "{\"task_id\":\"$task\",\"approve\":true}"
	assert_output 'LEGWORK_TASK_ID is set: an agent approves nothing'
}

@test "mcp-call: a server that ends says why (69)" {
	run -69 --separate-stderr mcp-call new crash
	assert_equal "$stderr" 'mcp-call: new: the server has ended: "it is broken\n"'
	run -69 --separate-stderr mcp-call "sh -c 'exit 3'" echo
	assert_equal "$stderr" 'mcp-call: server: the server has ended (exit status 3)'
}

@test "mcp-call: a server that cannot be started is named (78)" {
	jq -n '{mcpServers: {gone: {command: "/no/such/program"}}}' >mine.json
	run -78 --separate-stderr mcp-call --config mine.json gone echo
	assert_equal "$stderr" 'mcp-call: gone: /no/such/program: No such file or directory'
}

@test "mcp-call: gives up after --timeout (124), and nothing is left of the server" {
	run -124 --separate-stderr mcp-call -t 6s new silent
	assert_equal "$stderr" 'mcp-call: new: tools/call: not answered in time'
	wait_until 30 no_process_left
}

@test "mcp-call: SIGTERM ends it and the server (143)" {
	mcp-call new silent 3>&- &
	pid=$!
	wait_until 30 pgrep -f -P "$pid" server.jq
	kill "$pid"
	status=0
	await_exit "$pid" || status=$?
	assert_equal "$status" 143
	wait_until 30 no_process_left
}

@test "mcp-call: what a server has started ends with it, wherever that has gone" {
	printf '#!/bin/sh\nsetsid sleep 77 3>&- &\nexec %q/server modern\n' "$PWD" >stray
	chmod +x stray
	run -0 mcp-call ./stray echo '{"text":"hi"}'
	wait_until 30 no_process_left
	run -0 mcp-call --list ./stray
	wait_until 30 no_process_left
	LEGWORK_RUN=a LEGWORK_CALL=b run -0 mcp-call new env
	run -0 jq -r '[.LEGWORK_RUN, .LEGWORK_CALL] | join(" ")' <<<"$output"
	assert_output 'a b'
}

@test "mcp-call: a version that nobody knows, or a result of another kind, is refused (69)" {
	run -69 --separate-stderr mcp-call './server ancient' echo
	assert_equal "$stderr" 'mcp-call: server: it speaks version 1999-01-01 of MCP, which is not known here'
	run -69 --separate-stderr mcp-call new later
	assert_equal "$stderr" 'mcp-call: new: later: a result of type task, which was not asked for'
}

@test "mcp-call: a server, a file and arguments that are none are refused" {
	run -66 --separate-stderr mcp-call nobody echo
	assert_equal "$stderr" "mcp-call: 'nobody' names a server; a command line has a blank or a slash in it: $XDG_CONFIG_HOME/legwork/mcp.json: there is no server nobody"
	run -66 --separate-stderr mcp-call --list --config nothing.json mcp-serve
	assert_equal "$stderr" "mcp-call: 'mcp-serve' names a server; a command line has a blank or a slash in it: nothing.json: No such file or directory"
	echo '{"servers":1}' >odd.json
	run -78 --separate-stderr mcp-call --config odd.json old echo
	assert_equal "$stderr" 'mcp-call: odd.json: want an object mcpServers, or servers'
	run -65 --separate-stderr mcp-call old echo '[1]'
	assert_equal "$stderr" 'mcp-call: arguments: not a JSON object'
	run -64 mcp-call old
	run -64 mcp-call -t soon old echo
}

# offers - a server whose list has the pages on stdin
offers() {
	cat >pages
	printf '#!/bin/sh\nexec jq -nc --unbuffered --slurpfile pages %q/pages -f %s/tests/mcp/list.jq\n' "$PWD" "$ROOT" >list
	chmod +x list
}

@test "mcp-call: a list that has no end, or too many tools, or is too long, is not believed (69)" {
	offers <<<'{"tools":[{"name":"a"}],"nextCursor":"1"} {"tools":[{"name":"b"}]}'
	run -0 mcp-call --list ./list
	assert_jq 'map(.name) == ["a", "b"]'
	jq -nc '{tools: [range(1000) | {name: "t"}]}' | offers
	run -0 mcp-call --list ./list
	assert_jq 'length == 1000'
	offers <<<'{"tools":[{"name":"a"}],"nextCursor":"1"} {"tools":[],"nextCursor":"0"}'
	run -69 mcp-call --list ./list
	assert_output 'mcp-call: server: its list of tools has no end'
	jq -nc '{tools: [range(600) | {name: "t\(.)"}], nextCursor: "1"}, {tools: [range(600) | {name: "u"}]}' | offers
	run -69 mcp-call --list ./list
	assert_output 'mcp-call: server: it offers more than 1000 tools'
	jq -nc '{tools: [{name: "t", description: ("x" * 3000000)}], nextCursor: "1"}, {tools: [{name: "u", description: ("x" * 3000000)}]}' | offers
	run -69 mcp-call --list ./list
	assert_output 'mcp-call: server: tools/list: it says too much'
}

@test "mcp-call: an answer that would be a hundred times as large in memory is not looked at (69)" {
	printf '{"tools":[{"name":"a","x":[%s{}]}]}' "$(printf '{},%.0s' {1..250000})" | offers
	run -69 mcp-call --list ./list
	assert_output 'mcp-call: server: tools/list: it says too much'
	printf '{"tools":[{"name":"a","x":"%s"}]}' "$(printf '\\"[{%.0s' {1..300000})" | offers
	run -0 mcp-call --list ./list
	assert_jq '.[0].name == "a"'
}

@test "mcp-call: a server that asks without end and reads no answer is ended (69)" {
	run -69 mcp-call -t 60s "yes '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}'" echo
	assert_output 'mcp-call: server: it asks on and on, and reads no answer'
	cat >shout.jq <<-'END'
		. as $m | select(.method) | if .method == "tools/call" then
			({jsonrpc: "2.0", id: ("x" * 2000), method: "ping"}, {jsonrpc: "2.0", id: 7, method: "ping"},
			{jsonrpc: "2.0", id: $m.id, result: {resultType: "complete",
				content: [{type: "text", text: "\(input.id)"}]}})
		else {jsonrpc: "2.0", id, result: {supportedVersions: ["2026-07-28"], resultType: "complete"}} end
	END
	run -0 mcp-call 'jq -c --unbuffered -f shout.jq' echo
	assert_output 7
}
