# Chat messages become specs of tasks.

load test_helper
load records

message='{"id":"11111111-2222-4333-8444-555555555555","seq":3,"at":"2026-01-02T03:04:05.678Z","type":"message","data":{"text":"do it"},"user_id":"ada","chat_id":"c1"}'

# say TEXT - a message of ada's in $chat; its id goes to $said
say() { said=$(chat-post --user ada --ids "$chat" "$1"); }

# drafted [OPTION ...] - the line of the chat's last event
drafted() { chat-show "$chat" | tail -n 1 | task-draft "$@"; }

# answered - what was posted because of $said
answered() { chat-show "$chat" | jq -r --arg id "$said" 'select(.data.reply_to == $id) | "\(.type) \(.data.message)"'; }

steer() { chat-show "$chat" | task-draft --commands | task-add; }

# with METADATA - $message with these
with() { jq -c ".data.metadata = $1" <<<"$message"; }

@test "task-draft: text becomes the instruction; id, place and person are carried over" {
	run -0 --separate-stderr task-draft <<<"$message"
	assert_equal "$stderr" ''
	assert_jq 'map(del(.validation, .output)) == [{instruction: "do it", chat_id: "c1", created_by: "ada",
		key: "message:11111111-2222-4333-8444-555555555555",
		source: {message_id: "11111111-2222-4333-8444-555555555555", seq: 3, chat_id: "c1"}}]'
}

@test "task-draft: metadata that mean nothing to it are carried over" {
	run -0 task-draft < <(with '{a: 1, b: ["x"], c: null}')
	assert_jq '.[0].metadata == {a: 1, b: ["x"]}'
}

@test "task-draft: without a word about the answer, a useful one is expected, and a word suggested" {
	run -0 task-draft <<<"$message"
	assert_jq '.[0] | .output.expected != "" and (.output | keys == ["expected"]) and
		(.validation.suggestions | length == 1)'
}

@test "task-draft: an output line or block is a format, a schema, or words, and no part of the instruction" {
	while IFS='|' read -r text want; do
		run -0 task-draft < <(jq -c --argjson t "\"$text\"" '.data.text = $t' <<<"$message")
		assert_jq --argjson want "$want" '.[0] | .instruction == "count the files" and .output == $want'
	done <<-'END'
		count the files\nOutput: json|{"format": "json"}
		output: CSV\ncount the files|{"format": "csv"}
		count the files\n```output\nmarkdown\n```|{"format": "markdown"}
		count the files\n  OUTPUT:  a number, no more |{"expected": "a number, no more"}
		count the files\n```output\none line\nper file\n```|{"expected": "one line\nper file"}
		count the files\n````output\na ``` is no end\n````|{"expected": "a ``` is no end"}
		count the files\nOutput: {\"type\": \"object\"}|{"format": "json", "schema": {"type": "object"}}
		count the files\n```output\n{\"type\":\n\"array\"}|{"format": "json", "schema": {"type": "array"}}
	END
}

@test "task-draft: what is quoted says nothing of the answer" {
	text=$'why?\n```\nOutput: 5\n```\nthe output: is wrong\nOutput:'
	run -0 task-draft < <(jq -c --arg t "$text" '.data.text = $t' <<<"$message")
	assert_jq --arg t "$text" '.[0] | .instruction == $t and (.output | has("format") | not)'
}

@test "task-draft: metadata win over the text" {
	worker wc 'cat'
	worker sum 'cat'
	run -0 task-draft < <(with '{output: "csv", agent: "SUM", priority: "high", depends_on: "1f3c", model_id: "m",
		timeout_s: 5, max_attempts: 2, scope: {regions: ["eu-1"]}, labels: ["a"], required_skills: ["b"],
		ticket: 7}' | jq -c '.data.text = "@wc do it\nOutput: json"')
	assert_jq '.[0] | .instruction == "do it" and .output == {format: "csv"} and .agent == "sum" and
		.priority == "high" and .depends_on == ["1f3c"] and .model_id == "m" and
		.limits == {timeout_s: 5, max_attempts: 2} and .scope == {regions: ["eu-1"]} and .labels == ["a"] and
		.required_skills == ["b"] and .metadata == {ticket: 7}'
	run -0 task-draft < <(with '{agent: null, priority: null}' | jq -c '.data.text = "@wc do it"')
	assert_jq '.[0] | .agent == "wc" and (has("priority") | not)'
	run -0 task-draft < <(with '{output_schema: {type: "array"}}' | jq -c '.data.text += "\nOutput: csv"')
	assert_jq '.[0].output == {format: "json", schema: {type: "array"}}'
	run -0 task-draft < <(with '{output: {expected: "a poem", tries: 1}, format: "markdown"}')
	assert_jq '.[0].output == {expected: "a poem", tries: 1, format: "markdown"}'
}

@test "task-draft: metadata of a wrong kind are errors, all of them" {
	while IFS='|' read -r metadata count; do
		run -0 task-draft < <(with "$metadata")
		assert_jq --argjson n "$count" '.[0] | has("skip") and (.validation | .is_valid == false and
			(.errors | length == $n))'
	done <<-'END'
		"x"|1
		{priority: "urgent"}|1
		{priority: 5, timeout_s: -1, agent: 7, labels: [1], depends_on: {}}|5
		{output: 5, output_schema: "x", format: "xml"}|3
		{output: ""}|1
		{output_schema: {type: 5}}|1
		{max_attempts: 1.5}|1
		{scope: "eu"}|1
	END
}

@test "task-draft: a mention names the agent, wherever it stands, in any case" {
	worker wc 'cat'
	worker Adder 'cat'
	while IFS='|' read -r text want role; do
		run -0 task-draft < <(jq -c --arg t "$text" '.data.text = $t' <<<"$message")
		assert_jq --arg want "$want" --arg role "$role" '.[0] | .instruction == $want and .agent == $role and
			.validation.warnings == []'
	done <<-'END'
		@adder, sum the column|sum the column|Adder
		sum the column (@ADDER)|sum the column|Adder
		sum the column @adder and @wc|sum the column and @wc|Adder
		@ada wants @wc to do it|@ada wants to do it|wc
		`@adder` is not meant, @wc|`@adder` is not meant,|wc
	END
}

@test "task-draft: who is not there is warned of, and the first agent does it" {
	worker wc 'cat'
	worker sum 'cat'
	chat=$(chat-new --ids --user ada --member bob)
	while IFS='|' read -r text role warnings; do
		say "$text"
		run -0 drafted
		assert_jq --arg role "$role" --argjson n "$warnings" '.[0] | (.agent // "") == $role and
			(.validation.warnings | length == $n)'
	done <<-'END'
		@nobody do the sums|wc|1
		ask @bob for the sums||0
		ask me@nobody.org for the sums||0
		what does `@property` do here||0
		@bob and @nobody, do the sums|wc|1
	END
	agent-rm wc
	agent-rm sum
	say '@nobody do the sums'
	run -0 drafted
	assert_jq '.[0] | (has("agent") | not) and (.validation.warnings | length == 1)'
}

@test "task-draft: who does it for want of who was named is told in the chat, and is not named by the task" {
	worker first true
	worker second true
	chat=$(chat-new --ids --user ada)
	chat-post --user ada "$chat" '@nobody do the sums' >/dev/null
	chat-show "$chat" >said
	for ((i = 0; i < 2; i++)); do
		id=$(task-draft <said | task-add --ids)
	done
	run -0 chat-show -n 9 "$chat"
	assert_jq 'map(select(.type == "status").data.message) == ["no agent has the role nobody: first, the first one, does it"]'
	agent-run "$id" >/dev/null
	run -0 field "$id" '[.agent, .assignment.reason, .assignment.named] | @json'
	assert_output '["first","no agent had the role nobody: it was the first",null]'
	id=$(jq -nc '{instruction: "do more", agent: "first", instead_of: "nobody"}' | task-add --ids)
	task-edit "$id" --agent second >/dev/null
	run -0 field "$id" '.instead_of'
	assert_output null
}

@test "task-draft: lengths are judged in characters" {
	letters() { printf "%$1s" '' | sed 's/ /é/g'; }
	while IFS='|' read -r text output errors warnings; do
		run -0 task-draft < <(jq -c --arg t "$(letters "$text")" --arg o "$(letters "$output")" \
			'.data.text = $t | .data.metadata.output = $o' <<<"$message")
		assert_jq --argjson e "$errors" --argjson w "$warnings" '.[0].validation |
			(.errors | length) == $e and (.warnings | length) == $w and .is_valid == ($e == 0)'
	done <<-'END'
		9|10|0|1
		10|5|0|0
		2000|500|0|0
		2001|500|0|1
		10000|500|0|1
		10001|500|1|0
		10|4|0|1
		10|501|0|1
		10|1000|0|1
		10|1001|1|0
	END
}

@test "task-draft: a message that is no task is an error in its chat, said once" {
	chat=$(chat-new --ids --user ada)
	for text in $' \n\t' '/task' 'Output: json' '/cancel 1f3c'; do
		say "$text"
		run -0 bash -c 'chat-show "$0" | task-draft | task-add; chat-show "$0" | task-draft | task-add' "$chat"
		assert_output ''
		run -0 answered
		assert_equal "${#lines[@]}" 1
		assert_output --regexp '^error no task was made of a message: '
	done
	run -0 task-list
	assert_output ''
}

@test "task-draft: what the store refuses is an error in the chat, too" {
	chat=$(chat-new --ids --user ada)
	said=$(jq -nc --arg c "$chat" '{type: "message", chat_id: $c, user_id: "ada",
		data: {text: "do the sums", metadata: {depends_on: "abcd"}}}' | chat-post --ids)
	for i in 1 2; do
		run -65 bash -c 'chat-show "$0" | task-draft | task-add' "$chat"
	done
	run -0 answered
	assert_output 'error no task was made of a message: task abcd: no such task'
}

@test "task-draft: --validate prints what is right and wrong, and only that (1)" {
	run -0 task-draft --validate < <(jq -c '.data.text = "count the files\nOutput: json"' <<<"$message")
	assert_output '{"is_valid":true,"errors":[],"warnings":[],"suggestions":[]}'
	run -1 task-draft --validate < <(with '{format: 5}'; jq -c '.type = "status"' <<<"$message"; echo "$message")
	assert_jq 'map(.is_valid) == [false, true]'
}

@test "task-draft: --only-addressed takes what begins with /task or names an agent" {
	worker wc 'cat'
	while IFS='|' read -r text want; do
		run -0 task-draft --only-addressed < <(jq -c --arg t "$text" '.data.text = $t' <<<"$message")
		assert_jq --arg want "$want" '.[0] | (.instruction // .skip.reason) == $want'
	done <<-'END'
		good morning|it addresses nobody
		@nobody, good morning|it addresses nobody
		/tasks are many|it addresses nobody
		 |it addresses nobody
		/task sweep the floor|sweep the floor
		/TASK sweep the floor|sweep the floor
		@wc count these words|count these words
	END
	run -0 task-draft --only-addressed < <(with '{agent: "wc"}')
	assert_jq '.[0].agent == "wc"'
}

@test "task-draft: what a bot says is no task, unless asked for" {
	chat=$(uuid)
	jq -nc --arg chat "$chat" '{key: "chat/\($chat)", sets: ["chats"], names: [], value: {id: $chat, user_id: "ada",
		members: [{user_id: "ada", kind: "person"}, {user_id: "hal", kind: "bot"}],
		created_at: "2026-11-20T12:00:00.000Z"}}' | store-load
	chat-post --user hal "$chat" 'open the doors' >/dev/null
	run -0 drafted
	assert_jq '.[0].skip.reason == "a bot said it"'
	run -0 drafted --any-author
	assert_jq '.[0].instruction == "open the doors"'
	run -0 task-draft < <(jq -c '.data.bot = true' <<<"$message")
	assert_jq '.[0].skip.reason == "a bot said it"'
	run -0 task-draft --any-author < <(jq -c '.data.task_id = "t"' <<<"$message")
	assert_jq '.[0].instruction == "do it"'
}

@test "task-draft: one task of a message, however often and by however many it is read" {
	chat=$(chat-new --ids --user ada)
	say 'count the files'
	pids=()
	# who comes when its cursor has moved on finds nothing, and waits in vain
	for i in 1 2 3; do
		for name in a b; do
			chat-watch --cursor $name --since 0 --count 1 --timeout 1 "$chat" 3>&- | task-draft | task-add >/dev/null 3>&- &
			pids+=($!)
		done
	done
	await_all "${pids[@]}"
	run -0 task-list
	assert_jq 'length == 1'
}

@test "task-draft: --commands: /status tells how things stand" {
	chat=$(chat-new --ids --user ada)
	say /status
	steer
	run -0 answered
	assert_output 'status nothing waits or runs here'
	id=$(task-add --chat "$chat" --ids count the files)
	task-add elsewhere >/dev/null
	say /Status
	steer
	run -0 answered
	assert_output "status ${id::8} pending (count the files): it is ready: no pipeline has taken it yet"
	say "/status ${id::6}"
	steer
	run -0 answered
	assert_output --partial "${id::8} pending"
}

@test "task-draft: --commands: /status finds what waits behind many that have ended" {
	chat=$(chat-new --ids --user ada)
	id=$(task-add --chat "$chat" --ids the oldest one)
	jq -nc --arg c "$chat" 'range(250) | {instruction: "\(.)", chat_id: $c}' | task-add --ids >others
	xargs agent-cancel <others >/dev/null
	say /status
	steer
	run -0 answered
	assert_output "status ${id::8} pending (the oldest one): it is ready: no pipeline has taken it yet"
}

@test "task-draft: --commands: /cancel ends what waits, and says what it cannot" {
	chat=$(chat-new --ids --user ada)
	id=$(task-add --chat "$chat" --ids count the files)
	say "/cancel $id not now"
	steer
	run -0 answered
	assert_output "status ${id::8} cancelled (count the files)"
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "cancelled" and .error.message == "ada has cancelled it: not now"'
	say "/cancel $id"
	steer
	run -0 answered
	assert_output "error task ${id::8}: has ended already (cancelled)"
	say /cancel
	steer
	run -0 answered
	assert_output 'error /cancel: want a task: /cancel ID'
}

@test "task-draft: --commands: /cancel ends what runs, too" {
	worker slow 'sleep 1000 & setsid sleep 1000 & touch begun; exec sleep 1000'
	chat=$(chat-new --ids --user ada)
	id=$(task-add --chat "$chat" --ids go on)
	task-show "$id" | task-run 3>&- | chat-post >/dev/null 3>&- &
	pid=$!
	wait_until 30 test -e begun
	say "/cancel $id enough"
	steer
	run -0 answered
	assert_output "status ${id::8} is being stopped (go on)"
	await_exit $pid
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "cancelled" and .error.message == "ada has cancelled it: enough" and .cancel.by == "ada"'
	run -0 chat-show "$chat"
	assert_jq --arg text "Task ${id::8} cancelled: ada has cancelled it: enough" '[.[] | select(.data.message == $text)] | length == 1'
	wait_until 30 no_process_left
}

@test "task-draft: --commands: /cancel says what else it ends" {
	chat=$(chat-new --ids --user ada)
	id=$(task-add --chat "$chat" --ids split me)
	jq -nc --arg id "$id" '{task_id: $id, decision: {needs_subtasks: true}, plan: {subtasks:
		["a", "b"] | map({title: ., description: .})}}' | task-split
	say "/cancel $id"
	steer
	run -0 answered
	assert_output "status ${id::8} cancelled (split me); with it 2 below it"
}

@test "task-draft: --commands: /retry puts back, once for each message" {
	worker bad 'exit 1'
	chat=$(chat-new --ids --user ada)
	id=$(task-add --chat "$chat" --ids go on)
	task-show "$id" | task-run >/dev/null
	say "/retry $id"
	steer
	run -0 answered
	assert_output --partial "${id::8} pending (go on)"
	task-show "$id" | task-run >/dev/null
	steer
	run -0 field "$id" .status
	assert_output failed
}

@test "task-draft: --commands: /approve lets a task go on, in the name of who said it" {
	asking
	chat-post --user ada "$chat" "/approve $id fine" >/dev/null
	steer
	run -0 field "$id" '.approval | "\(.decision) \(.by) \(.reason)"'
	assert_output 'approved ada fine'
}

@test "task-draft: --commands: another chat's tasks, and unknown ones, are out of reach" {
	chat=$(chat-new --ids --user ada)
	id=$(task-add --chat "$(chat-new --ids)" --ids elsewhere)
	for task in "$id" abcd; do
		for command in cancel status retry approve; do
			say "/$command $task"
			steer
			run -0 answered
			assert_output --regexp "^error task $task: no such task"
		done
	done
	run -0 field "$id" .status
	assert_output pending
}

@test "task-draft: --commands: an agent steers nothing" {
	chat=$(chat-new --ids --user ada)
	id=$(task-add --chat "$chat" --ids count the files)
	say "/cancel $id"
	line=$(drafted --commands)
	LEGWORK_TASK_ID=$id run -65 task-add <<<"$line"
	assert_output --partial 'an agent commands nothing'
	run -0 store-log --audit --jq 'select(.kind == "command_refused")'
	assert_jq --arg t "$id" 'map([.task_id, .user_id]) == [[$t, "ada"]]'
	run -0 field "$id" .status
	assert_output pending
}

@test "task-draft: --commands: what agents and bots say is no command, also with --any-author" {
	for change in '.data.task_id = "t"' '.data.bot = true'; do
		run -0 task-draft --any-author --commands < <(jq -c "$change | .data.text = \"/cancel 1234\"" <<<"$message")
		assert_jq 'length == 1 and (.[0] | .skip.reason == "only people command" and (has("command") | not))'
	done
	run -0 task-draft --any-author --commands < <(jq -c '.data.text = "/cancel 1234"' <<<"$message")
	assert_jq '.[0].command == {name: "cancel", task: "1234", by: "ada"}'
}

@test "task-draft: the name of a cursor is carried over" {
	run -0 task-draft < <(jq -c '.cursor = "me"' <<<"$message")
	assert_jq '.[0].source.cursor == "me"'
}

@test "task-draft: space around the text is cut off, lines in it stay" {
	run -0 task-draft < <(jq -c '.data.text = "\n  one\n- two \n\n"' <<<"$message")
	assert_jq '.[0].instruction == "one\n- two"'
}

@test "task-draft: what is no person's message passes as a skip line, with its cursor" {
	while IFS='|' read -r change why; do
		run -0 task-draft < <(jq -c ".cursor = \"me\" | $change" <<<"$message")
		assert_jq --arg why "$why" 'length == 1 and (.[0] | has("skip") and .skip.reason == $why and
			.skip.cursor == "me" and .skip.seq == 3 and .skip.chat_id == "c1")'
	done <<-'END'
		.type = "status"|no message
		.type = "error"|no message
		del(.type)|no message
		.data.task_id = "t"|a task said it
		.data += {reply_to: "e", text: "Yes, do"}|a decision
		.data += {reply_to: "e", text: "no"}|a decision
		.data.text = ""|the message is empty
		.data.text = " \n\t"|the message is empty
		del(.data.text)|the message is empty
		.data.text = 5|the message is empty
		.data = "text"|the message is empty
	END
}

@test "task-draft: a reply to what is no request is a message as any other" {
	run -0 task-draft < <(jq -c '.data += {reply_to: "e", text: "look at this"}' <<<"$message")
	assert_jq '.[0].instruction == "look at this"'
}

@test "task-draft: a reply to a request that says neither yes nor no is no task, and the chat tells how to answer" {
	asking
	for to in r1 "$event"; do
		before=$(task-list --count)
		chat-post --user ada --reply-to "$to" "$chat" 'Perhaps not' >/dev/null
		run -0 eval 'chat-show -n 1 "$chat" | task-draft | tee drafted | task-add'
		refute_output
		assert_equal "$(jq -r .skip.reason drafted)" \
			'a reply to what a task asks begins with yes or no, and why may follow; this decides nothing'
		assert_equal "$(task-list --count)" "$before"
		run -0 chat-show -n 1 "$chat"
		assert_jq '.[0] | .type == "error" and (.data.message | contains("begins with yes or no"))'
	done
	run -0 field "$id" .waiting
	assert_output approval
	chat-post --user ada --reply-to r1 "$chat" '/task count the words of it' >/dev/null
	run -0 eval 'chat-show -n 1 "$chat" | task-draft'
	assert_jq '.[0].instruction == "count the words of it"'
}

@test "task-draft: a reply to a request is no task either when it was decided before anybody looked" {
	asking
	for to in r1 "$event"; do chat-post --reply-to "$to" "$chat" 'maybe later, what is it?' >/dev/null; done
	chat-post --reply-to r1 "$chat" yes >/dev/null
	run -0 eval 'chat-show "$chat" | task-draft'
	assert_jq 'length == 5 and all(has("skip")) and (map(select(.event)) | length) == 2'
	agent-add counter -- wc -w >/dev/null
	legwork run --once --chat "$chat"
	assert_equal "$(task-list --chat "$chat" --count)" 1
	is_field "$id" .status completed
}

@test "task-draft: --commands: a reason to cancel has 1000 characters at most, which the chat is told" {
	chat=$(chat-new --ids)
	id=$(task-add -c "$chat" --ids one)
	said=$(chat-post --ids "$chat" "/cancel $id $(printf 'x%.0s' {1..1001})")
	run -0 eval 'chat-show -n 1 "$chat" | task-draft --commands | task-add'
	assert_equal "$(answered)" 'error reason: longer than 1000 characters'
	is_field "$id" .status pending
}

@test "task-draft: an answer of a task is never drafted again" {
	worker echo 'cat'
	chat=$(chat-new --ids)
	task-add -c "$chat" hello | task-run | chat-post >/dev/null
	run -0 task-draft < <(chat-show "$chat")
	assert_jq 'length == 4 and all(has("skip"))'
}

@test "task-draft: one line for each line, in their order" {
	for i in 1 2 3; do jq -c --argjson i $i '.seq = $i' <<<"$message"; done >in
	jq -c '.seq = 4 | .type = "status"' <<<"$message" >>in
	run -0 task-draft <in
	assert_jq 'map((.source // .skip).seq) == [1, 2, 3, 4]'
}

@test "task-draft: needs no store" {
	LEGWORK_STORE=/dev/null/none run -0 task-draft <<<"$message"
	assert_jq 'length == 1'
}

@test "task-draft: answers at once, and goes when its reader is gone" {
	mkfifo in out
	task-draft <in >out 3>&- &
	pid=$!
	exec 5>in 6<out
	echo "$message" >&5
	read -rt 10 line <&6
	exec 6<&-
	wait_until 30 has_ended $pid
	exec 5>&-
}

@test "task-draft: a message that was drafted becomes a task of its chat and person" {
	chat=$(chat-new --ids)
	chat-post --user ada "$chat" 'do it' >/dev/null
	run -0 bash -c 'chat-show "$0" | task-draft | task-add' "$chat"
	assert_jq --arg chat "$chat" '.[0] | .chat_id == $chat and .created_by == "ada" and
		.instruction == "do it" and .source.seq == 1'
}

@test "task-draft: takes no operands (64)" {
	run -64 task-draft x </dev/null
}

@test "task-draft: in a chat with a crew only its agents are mentioned" {
	worker wc cat
	worker adder cat --crew sums
	chat=$(chat-new --ids --user ada --crew sums)
	say '@wc add the numbers'
	run -0 drafted
	assert_jq '.[0] | .agent == "adder" and .validation.warnings == ["no agent has the role wc: adder, the first one, does it"]'
}

# A crew with one agent and two tasks, on stdin of agent-import.
crew_of_two() {
	cat <<-'END'
		{"nodes": [{"id": "c", "type": "crew", "data": {"name": "x"}},
		  {"id": "a", "type": "agent", "data": {"role": "a", "command": ["cat"]}},
		  {"id": "1", "type": "task", "data": {"description": "first"}},
		  {"id": "2", "type": "task", "data": {"description": "second"}}], "edges": []}
	END
}

@test "task-draft: --append has a message's task wait for those of the chat's crew, and get their answers" {
	chat=$(chat-new --crew X --ids) other=$(chat-new --ids)
	crew_of_two | agent-import --tasks --chat "$chat" - >/dev/null
	chat-post "$chat" 'and then this'
	chat-post "$other" 'not in the crew'
	tasks=$(task-list --jq .id)
	run -0 task-draft < <(chat-show "$chat" --format json)
	assert_jq '.[0] | has("depends_on") | not'
	run -0 task-draft --append < <(chat-show "$chat" --format json)
	assert_jq --arg ids "$tasks" '.[0].depends_on == ($ids / "\n")'
	run -0 task-draft --append < <(chat-show "$other" --format json)
	assert_jq '.[0] | has("depends_on") | not'
	agent-add a --crew x --input json -- jq -r '"\(.instruction) after \([.dependencies[].response] | join(", "))"' >/dev/null
	chat-show "$chat" --format json | task-draft --append | task-add >/dev/null
	task-watch --drain | task-run >/dev/null
	assert_equal "$(task-list --jq .response | tail -n 1)" 'and then this after first after , second after first after '
}

@test "task-draft: --append waits for none of the crew's tasks that have failed, and says so" {
	chat=$(chat-new --crew X --ids)
	crew_of_two | agent-import --tasks --chat "$chat" - >/dev/null
	task-list --jq .id >ids
	agent-cancel "$(tail -n 1 ids)" >/dev/null
	chat-post "$chat" 'and then this'
	run -0 task-draft --append < <(chat-show "$chat" --format json)
	assert_jq --arg id "$(head -n 1 ids)" '.[0] | .depends_on == [$id] and
		(.validation.warnings | contains(["1 of the crew'\''s tasks failed or was cancelled, and is not waited for"]))'
	agent-cancel "$(head -n 1 ids)" >/dev/null
	run -0 task-draft --append < <(chat-show "$chat" --format json)
	assert_jq '.[0] | has("depends_on") == false and
		(.validation.warnings | contains(["2 of the crew'\''s tasks failed or were cancelled, and are not waited for"]))'
}

@test "task-draft: --append leaves what the metadata say, and those of the crew in other chats" {
	chat=$(chat-new --crew x --ids) other=$(chat-new --crew x --ids) own=$(task-add --ids own)
	crew_of_two | agent-import --tasks --chat "$other" - >/dev/null
	event() {
		jq -nc --arg chat "$chat" --arg id "$own" '{type: "message", user_id: "ann", chat_id: $chat,
			data: {text: "a longer text", metadata: {depends_on: $id}}}'
	}
	run -0 task-draft --append < <(event)
	assert_jq --arg id "$own" '.[0].depends_on == [$id]'
	crew_of_two | agent-import --tasks - >/dev/null
	run -0 task-draft --append < <(event)
	assert_jq --arg id "$own" '.[0].depends_on | length == 3 and .[0] == $id'
}
