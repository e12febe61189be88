# The inspector's command line as a client of mcp-serve, in each era: sourced by run.

: "${root:?}" # run has set it

# shellcheck source=tests/llm.bash
. "$root/tests/llm.bash"

# inspect METHOD [OPTION ...] - what it prints is in answer, what it complains of in complaint
inspect() {
	timeout 60 inspector --cli mcp-serve --store "$LEGWORK_STORE" --user ada --protocol-era "$era" --format json \
		--method "$@" >answer 2>complaint </dev/null
}

# holds STATUS WHAT [FILTER] - the status is 0, and FILTER holds for the answer's result
holds() {
	local status=$1
	[[ $status != 0 ]] || jq -e ".result | ${3:-true}" answer >/dev/null 2>&1 || status=1
	((status == 0)) || sed 's/^/# /' answer complaint | cut -c 1-500
	tell "$status" "inspector, $era: $2"
}

# call TOOL ARGUMENTS FILTER - it may be called, and FILTER holds for what it returns
call() {
	inspect tools/call --tool-name "$1" --tool-args-json "$2"
	holds $? "$1" "(.isError | not) and (.structuredContent | $3)"
}

field() { jq -r ".result.structuredContent | $1" answer; }

# A crew: one that counts words, and one with a model that asks before it uses its tool.
hire() {
	agent-add counter -- wc -w >/dev/null
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"c1","name":"run","arguments":{"command":"true"}}}
		{"type":"stop"}
	END
	agent-add clerk --model some-model --ask-tool run --allow-unscoped >/dev/null
}

list_all() {
	inspect tools/list --strict
	holds $? 'tools/list has nothing that its lint complains of' '.tools | length == 10'
	! grep -E 'error|warning' complaint | sed 's/^/# /' | grep .
	tell $? "inspector, $era: not even a warning"
}

call_all() {
	local id chat
	call task_add '{"instruction":"count these words"}' '.status == "pending"'
	id=$(field .task_id)
	call task_list '{"status":"pending"}' "[.tasks[].task_id] == [\"$id\"]"
	call task_show "{\"task_id\":\"${id:0:10}\"}" ".task.id == \"$id\""
	call task_wait "{\"task_ids\":[\"$id\"],\"wait_s\":1}" '.all_ended == false'
	call task_cancel "{\"task_ids\":[\"$id\"]}" '.tasks[0].state == "cancelled"'
	call task_wait "{\"task_ids\":[\"$id\"]}" '.all_ended and .tasks[0].status == "cancelled"'
	id=$(task-add --ids --agent clerk 'do what you may')
	agent-run "$id" >/dev/null 2>&1
	call task_approve "{\"task_id\":\"$id\",\"approve\":false}" ".task_id == \"$id\""
	chat=$(chat-new --ids)
	call chat_post "{\"chat_id\":\"$chat\",\"text\":\"8 € für ein Frühstück\"}" '.seq == 1'
	call chat_read "{\"chat_id\":\"$chat\"}" '.events[0].data.text == "8 € für ein Frühstück"'
	call agent_list '{}' '(.agents | length) == 2'
	call create_task '{"task_description":"count these four words","agent":"counter","wait":true}' '.response == "4"'
	call create_task '{"task_description":"count these four words","agent":"counter"}' "$at_once"
}

list_all_resources() {
	local id chat
	chat=$(chat-list --ids | tail -n 1)
	id=$(task-list --ids --status completed | tail -n 1)
	inspect resources/list
	holds $? 'resources/list' "[.resources[].uri] | contains([\"legwork://chat/$chat\"])"
	inspect resources/templates/list
	holds $? 'resources/templates/list' '.resourceTemplates | length == 2'
	inspect resources/read --uri "legwork://task/$id/log"
	holds $? 'resources/read' '.contents[0].text | split("\n")[0] | fromjson | .kind'
}

fail_all() {
	inspect tools/call --tool-name task_show --tool-args-json '{"task_id":"deadbeef"}'
	tell "$(($? != 5))" "inspector, $era: a tool that fails"
	inspect tools/call --tool-name task_show --tool-args-json '{"task":"deadbeef"}'
	tell "$(($? != 5))" "inspector, $era: arguments that do not fit"
	inspect tools/call --tool-name no_tool --tool-args-json '{}'
	tell "$(($? != 5))" "inspector, $era: a tool that there is not"
}

# Eight calls at a time: none may fail; how fast they are is told, and is what it is.
load() {
	inspect tools/call --tool-name task_list --load --load-requests 1000 --load-concurrency 8
	holds $? "$(jq -r '.result | "\(.requests) calls, \(.throughput | floor) a second, half of them within \(.latencyMs.p50) ms, 99% within \(.latencyMs.p99)"' answer)" \
		'.ok == 1000 and .errors == 0 and .toolErrors == 0'
}

# Who takes tasks of MCP's polls one to its end; others have its id at once.
inspect_era() {
	local at_once='.response == "4"'
	[[ $era != legacy ]] || at_once='.status == "in_progress"'
	enter "$era" && hire && list_all && call_all && list_all_resources
	fail_all
	load
}

eras=(legacy auto modern)
for era in "${eras[@]}"; do
	inspect_era >"told-$era" 2>&1 &
	servers+=($!)
done
for pid in "${servers[@]}"; do
	wait "$pid"
done
servers=()
cat "${eras[@]/#/told-}"
