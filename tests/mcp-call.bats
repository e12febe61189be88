# Tools of MCP servers, from a shell.

load test_helper
load records

setup() {
	common_setup
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

@test "mcp-call: a server may be given as a command line" {
	run -0 mcp-call "$PWD/server legacy" echo '{"text":"hi"}'
	assert_output hi
	run -0 mcp-call './server "modern"' echo '{"text":"hi"}'
	assert_output hi
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

@test "mcp-call: says on stderr how far a tool has come" {
	run -0 --separate-stderr mcp-call new steps
	assert_output 'done'
	assert_equal "$stderr" $'mcp-call: one\nmcp-call: two'
}

@test "mcp-call: a server may chatter, ping and ask; it gets a pong and an answer" {
	run -0 --separate-stderr mcp-call old noise
	assert_output heard
	run -0 mcp-call old flood
	assert_output over
}

@test "mcp-call: the environment of a server holds what its description says, and no keys" {
	export OPENAI_API_KEY=sk-secret NAME=ada
	run -0 mcp-call old env
	run -0 jq -c '[.GREETING, .OPENAI_API_KEY, .HOME]' <<<"$output"
	assert_output '["hello ada",null,"'"$HOME"'"]'
	WORD=bye run -0 mcp-call old env
	run -0 jq -r .GREETING <<<"$output"
	assert_output 'bye ada'
	run -0 mcp-call new folder
	assert_output /
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
	run -124 --separate-stderr mcp-call -t 2s new silent
	assert_equal "$stderr" 'mcp-call: new: tools/call: not answered in time'
	wait_until 2 no_process_left
}

@test "mcp-call: SIGTERM ends it and the server (143)" {
	mcp-call new silent 3>&- &
	pid=$!
	wait_until 5 pgrep -f -P "$pid" server.jq
	kill "$pid"
	status=0
	await_exit "$pid" || status=$?
	assert_equal "$status" 143
	wait_until 2 no_process_left
}

@test "mcp-call: a version that nobody knows, or a result of another kind, is refused (69)" {
	run -69 --separate-stderr mcp-call './server ancient' echo
	assert_equal "$stderr" 'mcp-call: server: it speaks version 1999-01-01 of MCP, which is not known here'
	run -69 --separate-stderr mcp-call new later
	assert_equal "$stderr" 'mcp-call: new: later: a result of type task, which was not asked for'
}

@test "mcp-call: a server, a file and arguments that are none are refused" {
	run -66 --separate-stderr mcp-call nobody echo
	assert_equal "$stderr" "mcp-call: $XDG_CONFIG_HOME/legwork/mcp.json: there is no server nobody"
	run -66 --separate-stderr mcp-call --config nothing.json old echo
	assert_equal "$stderr" 'mcp-call: nothing.json: No such file or directory'
	echo '{"servers":1}' >odd.json
	run -78 --separate-stderr mcp-call --config odd.json old echo
	assert_equal "$stderr" 'mcp-call: odd.json: want an object mcpServers'
	run -65 --separate-stderr mcp-call old echo '[1]'
	assert_equal "$stderr" 'mcp-call: arguments: not a JSON object'
	run -64 mcp-call old
	run -64 mcp-call -t soon old echo
}
