# From chat messages to answers: what people write becomes tasks, and nothing else does.

load test_helper
load records

# talk USER TEXT - a message in $chat
talk() { chat-post --user "$1" "$chat" "$2" >/dev/null; }

# work - both pipelines, for what there is now
work() {
	chat-watch --cursor maker --since 0 --timeout 0 "$chat" | task-draft | task-add >/dev/null
	task-watch --drain | task-plan | task-split | task-run | chat-post >/dev/null
}

answers() { chat-show "$chat" | jq -r 'select(.type == "message" and .data.task_id) | .data.text'; }

@test "messages: a simple message without a word about the output is answered" {
	worker echo cat
	chat=$(chat-new --ids --user ada)
	talk ada 'hello there, agents'
	work
	run -0 answers
	assert_output 'hello there, agents'
	run -0 task-list
	assert_jq '.[0] | .status == "completed" and .output.expected != ""'
}

@test "messages: an output format is applied to the answer, and kept out of the instruction" {
	worker echo cat
	chat=$(chat-new --ids --user ada)
	talk ada $'{"a": 1}\nOutput: json'
	talk ada $'no json here\n```output\n{"type": "object"}\n```'
	work
	run -0 answers
	assert_output '{"a":1}'
	run -0 task-list
	assert_jq 'map([.status, .error.category]) == [["completed", null], ["failed", "validation"]]'
	run -0 chat-show "$chat"
	assert_jq 'map(select(.type == "error")) | length == 1'
}

@test "messages: among several agents the one that is named, or fits, does it" {
	worker first 'echo first'
	worker adder 'echo adder' --skill sums
	worker writer 'echo writer' --skill letters
	chat=$(chat-new --ids --user ada)
	talk ada 'please do my sums'
	talk ada '@WRITER, please do my sums'
	talk ada 'anything else at all'
	work
	run -0 answers
	assert_output $'adder\nwriter\nfirst'
}

@test "messages: what is no task is an error in the chat, and the rest goes on" {
	worker echo cat
	chat=$(chat-new --ids --user ada)
	talk ada $' \t'
	talk ada 'this one is good'
	talk ada "$(printf '%10001s' x | tr ' ' x)"
	work
	run -0 answers
	assert_output 'this one is good'
	run -0 chat-show "$chat"
	assert_jq 'map(select(.type == "error").data.message) == [
		"no task was made of a message: the message is empty",
		"no task was made of a message: the instruction is longer than 10000 characters"]'
}

@test "messages: a crew of the chat's does its tasks, to the end" {
	worker outsider 'echo outsider' --skill sums
	worker adder 'echo adder' --crew desk
	chat=$(chat-new --ids --user ada --crew desk)
	talk ada 'please do my sums'
	work
	run -0 answers
	assert_output adder
	run -0 task-list
	assert_jq '.[0].assignment == {role: "adder", reason: "it is the first: nobody'\''s skills fit"}'
}

# conversation - 200 events of $chat as JSON lines, ten of each kind
conversation() {
	for i in {1..10}; do
		jq -nc --arg i "$i" --arg c "$chat" '
			def event(t; d): {type: t, chat_id: $c, user_id: "ada", data: d};
			def message(t): event("message"; {text: t});
			message("please count the files \($i)"), message("@adder add the numbers \($i)"),
			message("@nobody wants this \($i)"), message("ask @bob about it \($i)"),
			message("/task sweep the floor \($i)"), message("make a table \($i)\nOutput: csv"),
			message("- one \($i)\n- two"), message("x\($i)"), message("  \($i) — ünïcode ✓ and more  "),
			message("```\n@adder \($i)\n/cancel\n```"),
			(message("with metadata \($i)") | .data.metadata = {priority: "high", ticket: $i}),
			message("/status"), message("/cancel 0000"), message(" \n "), message("/task"),
			message("Output: json"), (message("bad metadata \($i)") | .data.metadata = {priority: 5}),
			(message("I am a bot \($i)") | .data.bot = true),
			(message("my own answer \($i)") | .data.task_id = "t\($i)"), event("status"; {message: "busy \($i)"})'
	done
}

@test "messages: of a conversation of 200 exactly the expected tasks are made, once" {
	worker first cat
	worker adder cat
	chat=$(chat-new --ids --user ada --member bob)
	conversation >said
	[[ $(wc -l <said) = 200 ]]
	chat-post <said >/dev/null
	chat-show "$chat" >events
	# Twice at the same time, and once again.
	pids=()
	for name in a b; do
		task-draft --commands <events 3>&- | task-add >/dev/null 3>&- &
		pids+=($!)
	done
	await_all "${pids[@]}"
	task-draft --commands <events | task-add >/dev/null
	run -0 task-list
	assert_jq 'length == 110 and (map(.source.seq) | unique | length == 110)'
	assert_jq 'map(.source.seq % 20) | group_by(.) | map([.[0], length]) == [range(1; 12) | [., 10]]'
	assert_jq 'map(select(.source.seq % 20 == 2)) | all(.agent == "adder" and (.instruction | startswith("add")))'
	assert_jq 'map(select(.source.seq % 20 == 3)) | all(.agent == "first")'
	assert_jq 'map(select(.source.seq % 20 == 6)) | all(.output.format == "csv")'
	assert_jq 'map(select(.source.seq % 20 == 11)) | all(.priority == "high" and (.metadata | keys == ["ticket"]))'
	run -0 chat-show --since 200 "$chat"
	assert_jq 'map(.type) | (map(select(. == "error")) | length == 50) and (map(select(. == "status")) | length == 20)'
	assert_jq 'map(select(.data.message // "" | startswith("no agent has the role nobody"))) | length == 10'
}
