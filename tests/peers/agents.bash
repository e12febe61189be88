# An agent of another kit has us do a task, and goes on with what comes of it: sourced by run.
#
# Its model and ours are played by model-server, over HTTP; who is asked for which is in its log.

: "${peers:?}" # run has set it

write_script() {
	cat >script <<-'END'
		{"match":{"model":"theirs"},"tool_calls":[{"name":"create_task","arguments":{"task_description":"How many legs has a spider?","wait":true}}]}
		{"match":{"model":"ours"},"text":"It has eight."}
		{"match":{"model":"theirs","contains":"It has eight."},"tool_calls":[{"name":"create_task","arguments":{"task_description":"short"}}]}
		{"match":{"model":"theirs","contains":"task_description"},"text":"Eight legs, they say."}
	END
}

# All that our side is told: the store on its command line, the model in its home's configuration.
write_config() { # URL
	mkdir -p .config/legwork && jq -n --arg url "$1" '{model: "ours", models: {ours: "lab"},
		providers: {lab: {dialect: "openai", base_url: $url}}}' >.config/legwork/config.json
}

# asked FILTER - it holds for the requests that the models got
asked() {
	jq -es "$1" log >/dev/null && return
	jq -c '[.body.model, .body.messages[-1], .answer]' log | sed 's/^/# /' | cut -c 1-500
	return 1
}

ask_agent() {
	timeout 60 node "$peers/foreign.mjs" "$1" theirs 'How many legs has a spider?' \
		mcp-serve --store "$LEGWORK_STORE" --user ada >answer 2>errors </dev/null
	[[ $(<answer) = 'Eight legs, they say.' ]] || { sed 's/^/# /' answer errors | head -20; return 1; }
}

write_script
model-server script log port </dev/null &
servers+=($!)
wait_until test -s port
url=http://127.0.0.1:$(<port)/v1
write_config "$url"
ask_agent "$url"
tell $? 'agents: an agent of another kit answers with what it has had done'
asked 'map(.body.model) == ["theirs", "ours", "theirs", "theirs"] and
	([.[0].body.tools[].function.name] | length == 10 and contains(["create_task", "task_wait"]))'
tell $? 'agents: its model is told of our tools, and ours is asked for the task'
asked '.[2].body.messages[-1] | .role == "tool" and (.content | tostring | contains("It has eight."))'
tell $? 'agents: what our agent says is the result of its call'
asked '.[3].body.messages[-1] | .role == "tool" and (.content | tostring | contains("/task_description: want at least 10"))'
tell $? 'agents: its model is told what is wrong with a call'
[[ $(task-list --format json | jq -r '[.status, .created_by, .response] | join(" ")') = 'completed ada It has eight.' ]]
tell $? 'agents: the task is in the store'
