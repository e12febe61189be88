# What others have written as MCP servers, as tools of an agent in a whole task: sourced by run.
#
# The model is a script (llm.bash); the servers are the file system's, which keeps to a folder, the
# memory's, which keeps a file, and the one that has everything.

: "${peers:?}" "${work:?}" # run has set them

# shellcheck source=tests/llm.bash
. tests/llm.bash

write_servers() {
	jq -n --arg bin "$peers/node_modules/.bin" --arg work "$work" '{mcpServers: {
		files: {command: "\($bin)/mcp-server-filesystem", args: ["\($work)/place"]},
		memory: {command: "\($bin)/mcp-server-memory", env: {MEMORY_FILE_PATH: "\($work)/memory.jsonl"}},
		every: {type: "stdio", command: "\($bin)/mcp-server-everything"}}}' >mcp.json
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

no_server_left() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		LEGWORK_STORE='' grep -qlzE "^LEGWORK_STORE=$work/" /proc/[0-9]*/environ 2>/dev/null || return 0
		sleep 0.02
	done
	return 1
}

ask_servers() {
	export LEGWORK_STORE=$work/tools/store
	mkdir -p "$work/tools" "$work/place" && cd "$work/tools" || return
	write_servers
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
	END
	script_llm <script.in
	agent-add clerk --model some-model --mcp-file mcp.json --folder "$work/place" --deny-tool 'files__move*' >/dev/null
	do_task
	tell $? 'an agent uses the tools of three servers of others'
	jq -e '[.tools[].name] | contains(["files__edit_file", "memory__read_graph", "every__get-sum"]) and
		(any(.[]; . == "files__move_file") | not) and all(.[]; test("^[a-zA-Z0-9_-]{1,64}$"))' \
		<<<"$(sed -n 1p asked)" >/dev/null
	tell $? 'the model is told of all that it may use'
	gave 1 files__write_file success '^Successfully wrote' && [[ $(<"$work/place/notes.txt") = $'to be\nor not' ]] &&
		gave 2 files__read_text_file success '^to be$'
	tell $? 'files: what is written is read'
	gave 3 files__read_text_file error 'Access denied' && gave 4 files__read_text_file error '^arguments: /path: want string'
	tell $? 'files: what is outside, or no path, is an error'
	gave 5 memory__create_entities success 'ada' && gave 6 memory__search_nodes success 'she counts' &&
		jq -es 'any(.[]; .name == "ada")' "$work/memory.jsonl" >/dev/null
	tell $? 'memory: what is remembered is found, and is in its file'
	gave 7 every__echo success 'hello' && gave 8 every__trigger-long-running-operation success 'completed' &&
		gave 9 every__get-tiny-image success 'image/png, [0-9]+ bytes'
	tell $? 'everything: text, progress, an image'
	gave 10 every__get-env success 'LEGWORK_TASK_ID' && ! grep -q key-of-the-peers results
	tell $? 'everything: its environment has no keys'
	no_server_left
	tell $? 'nothing is left of them'
	cd - >/dev/null || return
}

ask_servers
