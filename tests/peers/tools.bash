# What others have written as MCP servers, as tools of an agent in a whole task: sourced by run.
#
# The model is a script (llm.bash); the servers are the file system's, which keeps to a folder, the
# memory's, which keeps a file, the one that has everything, and one of the protocol's stateless
# version (modern.mjs).

: "${root:?}" "${peers:?}" # run has set them

# shellcheck source=tests/llm.bash
. "$root/tests/llm.bash"

write_servers() {
	jq -n --arg here "$PWD" --arg peers "$peers" '{mcpServers: {
		files: {command: "mcp-server-filesystem", args: ["\($here)/place"]},
		memory: {command: "mcp-server-memory", env: {MEMORY_FILE_PATH: "\($here)/memory.jsonl"}},
		modern: {command: "node", args: ["\($peers)/modern.mjs"]},
		every: {type: "stdio", command: "mcp-server-everything"}}}' >mcp.json
}

# The calls, a line each: a name and arguments.  A turn each, but for the last, which is the answer.
write_calls() {
	local name args n=0
	while read -r name args; do
		n=$((n + 1))
		printf '{"type":"tool_call","call":{"id":"c%d","name":"%s","arguments":%s}}\n{"type":"stop"}\n\n' "$n" "$name" "${args:-{\}}"
	done
	printf '{"type":"text","delta":"It is written."}\n{"type":"stop"}\n'
}

# The task; what the model got of each call is in results, a line each, its name, status and content.
do_task() {
	local id
	id=$(task-add --ids 'write it down') || return
	timeout 40 agent-run "$id" >events
	jq -c 'select(.kind == "tool_end") | [.name, .status, .content]' "$LEGWORK_STORE/logs/agents/$id.log" >results
	[[ $(task-show "$id" | jq -r '[.status, .response] | join(" ")') = 'completed It is written.' ]] && return
	task-show "$id" | jq -c .error | sed 's/^/# /'
	return 1
}

# gave N NAME STATUS PATTERN - what the N-th call gave
gave() {
	jq -es --argjson n "$(($1 - 1))" --arg name "$2" --arg status "$3" --arg pattern "$4" \
		'.[$n] | .[0] == $name and .[1] == $status and (.[2] | test($pattern))' results >/dev/null && return
	sed -n "$1s/^/# /p" results | head -c 500
	return 1
}

ask_servers() {
	mkdir place && write_servers || return
	write_calls >script.in <<-'END'
		files__write_file {"path":"notes.txt","content":"to be\nor not\n"}
		files__read_text_file {"path":"notes.txt","head":1}
		files__read_text_file {"path":"/etc/passwd"}
		files__read_text_file {"path":7}
		memory__create_entities {"entities":[{"name":"ada","entityType":"person","observations":["she counts"]}]}
		memory__search_nodes {"query":"counts"}
		every__echo {"message":"hello"}
		every__trigger-long-running-operation {"duration":1,"steps":4}
		every__get-tiny-image
		every__get-env
		modern__add {"a":2,"b":40}
		modern__count {"to":3}
		modern__fail
		modern__add {"a":"two","b":40}
	END
	script_llm <script.in
	agent-add clerk --model some-model --mcp-file mcp.json --folder "$PWD/place" --deny-tool 'files__move*' >/dev/null
	do_task
	tell $? 'an agent uses the tools of four servers of others'
	jq -e '[.tools[].name] | contains(["files__edit_file", "memory__read_graph", "every__get-sum", "modern__count"]) and
		(any(.[]; . == "files__move_file") | not) and all(.[]; test("^[a-zA-Z0-9_-]{1,64}$"))' \
		<<<"$(sed -n 1p asked)" >/dev/null
	tell $? 'the model is told of all that it may use'
	gave 1 files__write_file success '^Successfully wrote' && [[ $(<place/notes.txt) = $'to be\nor not' ]] &&
		gave 2 files__read_text_file success '^to be$'
	tell $? 'files: what is written is read'
	gave 3 files__read_text_file error 'Access denied' && gave 4 files__read_text_file error '^arguments: /path: want string'
	tell $? 'files: what is outside, or no path, is an error'
	gave 5 memory__create_entities success 'ada' && gave 6 memory__search_nodes success 'she counts' &&
		jq -es 'any(.[]; .name == "ada")' memory.jsonl >/dev/null
	tell $? 'memory: what is remembered is found, and is in its file'
	gave 7 every__echo success 'hello' && gave 8 every__trigger-long-running-operation success 'completed' &&
		gave 9 every__get-tiny-image success 'image/png, [0-9]+ bytes'
	tell $? 'everything: text, progress, an image'
	gave 10 every__get-env success 'LEGWORK_TASK_ID' && ! grep -q key-of-the-peers results
	tell $? 'everything: its environment has no keys'
	gave 11 modern__add success '^2 and 40 are 42$' && gave 12 modern__count success '^counted to 3$'
	tell $? 'modern: text, progress'
	gave 13 modern__fail error 'it does not count' && gave 14 modern__add error '^arguments: /a: want number'
	tell $? 'modern: what fails, or does not fit, is an error'
}

# call STATUS TOOL [JSON] - what the modern one answers to a person is in said, progress in progress
call() {
	local status=0
	timeout 20 mcp-call --config mcp.json modern "${@:2}" >said 2>progress </dev/null || status=$?
	[[ $status = "$1" ]] || { sed 's/^/# /' said progress; return 1; }
}

call_modern() {
	timeout 20 mcp-call --config mcp.json --list modern >said 2>&1 && [[ $(jq -r .name said) = $'add\ncount\nfail' ]]
	tell $? 'mcp-call: lists what a server of the stateless version has'
	call 0 add '{"a":1,"b":2}' && [[ $(<said) = '1 and 2 are 3' ]] &&
		call 0 --format json add '{"a":1,"b":2}' && jq -e '.structuredContent == {sum: 3}' said >/dev/null
	tell $? 'mcp-call: calls a tool of it'
	call 0 count '{"to":3}' && [[ $(<said) = 'counted to 3' ]] &&
		[[ $(<progress) = $'mcp-call: 1 of 3\nmcp-call: 2 of 3\nmcp-call: 3 of 3' ]]
	tell $? 'mcp-call: tells how far it is'
	call 1 fail && call 65 nothing
	tell $? 'mcp-call: a tool that fails (1), and one that there is not (65)'
}

ask_servers
call_modern
