# The protocol's conformance suite with mcp-serve, over HTTP and a bridge: sourced by run.
#
# All scenarios for servers run, those of the dated versions and those of extensions.  What does not
# apply is in conformance.txt; standins.mjs says what stands for the tools that the suite wants.

: "${root:?}" "${here:?}" "${peers:?}" # run has set them

# shellcheck source=tests/llm.bash
. "$root/tests/llm.bash"
# shellcheck source=tests/peers/judge.bash
. "$here/judge.bash"

# Who does what the suite wants to have done; what there is to be read.
# shellcheck disable=SC2016 # the agents expand it
hire() {
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"c1","name":"run","arguments":{"command":"true"}}}
		{"type":"stop"}

		{"type":"text","delta":"It is done."}
		{"type":"stop"}
	END
	export LLM_BY_TURN=1
	agent-add asking --model some-model --ask-tool run --allow-unscoped
	agent-add sleeper -- bash -c 'read -r _ n _; exec sleep "$n"'
	agent-add failing -- bash -c 'echo "it does not work" >&2; exit 1'
	agent-add telling -- bash -c 'for i in 1 2 3; do
		printf "{\"type\":\"message\",\"data\":{\"text\":\"step %d\"}}\n" "$i"; sleep 0.7; done'
	agent-add counter -- wc -w
	CHAT=$(chat-new --ids)
	chat-post "$CHAT" 'Hello.'
	TASK=$(task-add --ids --agent counter 'count to 123')
	agent-run "$TASK"
	export CHAT TASK
}

suite() { # FOLDER OPTION ... - each scenario leaves a folder there, with checks.json in it
	timeout 120 conformance server --url "$url" -o "$1" "${@:2}" </dev/null >>"$1.log" 2>&1
}

extensions() {
	local scenario
	while read -r scenario; do
		suite extension --scenario "$scenario"
	done < <(sed -n 's/^ *- \(.*\) \[extension\]$/\1/p' scenarios)
}

run_all() {
	local version runs=()
	conformance list 2>/dev/null </dev/null | sed -n '/^Server scenarios/,/^$/p' >scenarios
	for version in 2025-11-25 2026-07-28; do
		suite "$version" --suite all --spec-version "$version" &
		runs+=($!)
	done
	extensions
	wait "${runs[@]}"
}

judge_all() {
	local folder scenario
	for folder in 2025-11-25/* 2026-07-28/* extension/*; do
		scenario=${folder#*/server-}
		scenario=${scenario%-20[0-9][0-9]-*}
		passes_by "${folder%%/*}" "$scenario" || judge "${folder%%/*}" "$scenario" "$folder"
	done
	is_all "$(grep -oE '2025-11-25|2026-07-28|extension' scenarios | wc -l)"
}

# Whatever it has begun and not ended.
end_tasks() { task-list --ids --status in_progress | xargs -r agent-cancel; }

hire >/dev/null
node "$peers/bridge.mjs" "$peers/standins.mjs" port mcp-serve --store "$LEGWORK_STORE" --user ada 2>bridge.log &
servers+=($!)
wait_until test -s port
tell $? 'the bridge listens'
url=http://127.0.0.1:$(<port)/mcp
run_all
end_tasks >/dev/null
read_patterns '!(client:*)'
judge_all
tell $? 'conformance: that is all that the suite has'
sed 's/^/# /' bridge.log
