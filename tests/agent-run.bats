# One task is claimed and done.

load test_helper
load records

@test "agent-run: the program reads the instruction, its output is the response" {
	worker upper 'tr a-z A-Z'
	id=$(task-add --ids 'make it loud')
	run -0 --separate-stderr agent-run "$id"
	assert_equal "$stderr" ''
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "completed" and .response == "MAKE IT LOUD" and .attempt == 1 and
		.agent == "upper" and .started_at != null and .finished_at != null and
		(has("lease") or has("error") or has("reservation") | not)'
}

@test "agent-run: by hand it prints its events, in the form of the chat" {
	worker quick 'echo done'
	chat=$(chat-new --ids --user ada)
	id=$(task-add --ids -c "$chat" 'do it')
	run -0 --separate-stderr agent-run "$id"
	assert_jq --arg id "$id" --arg chat "$chat" '
		map(.data.message // .data.text) == ["Task \($id[0:8]): Starting execution...",
			"Executing task: do it...", "done", "Task \($id[0:8]) completed successfully"] and
		map(.type) == ["status", "status", "message", "status"] and map(.n) == [1, 2, 3, 4] and
		all(.data.task_id == $id and .chat_id == $chat and .user_id == "ada") and
		(map(.id) | unique | length == 4)'
	assert_equal "$(field "$id" .events)" 4
}

@test "agent-run: what it prints can be posted" {
	worker quick 'echo done'
	id=$(task-add --ids 'do it')
	agent-run "$id" | chat-post >/dev/null
	assert_equal "$(field "$id" .posted)" 4
	run -0 chat-show "$(field "$id" .chat_id)"
	assert_jq 'map(.seq) == [1, 2, 3, 4]'
}

@test "agent-run: an answer without text has no message" {
	worker quiet ':'
	id=$(task-add --ids 'do it')
	run -0 agent-run "$id"
	assert_jq 'map(.type) == ["status", "status", "status"]'
	assert_equal "$(field "$id" '.response, .events')" $'\n3'
}

@test "agent-run: the executing text holds the first 80 characters of the first line" {
	worker quiet ':'
	id=$(task-add --ids "$(printf 'ä%.0s' {1..100})"$'\nmore')
	run -0 agent-run "$id"
	assert_jq '.[1].data.message == "Executing task: " + ("ä" * 80) + "..."'
}

@test "agent-run: lines that are events become events, the others are the response" {
	worker talker '
		echo first
		echo "{\"type\":\"thought\",\"data\":{\"text\":\"hm\"}}"
		echo "{\"type\":\"tool_use\",\"data\":{\"name\":\"ls\",\"args\":{}}}"
		echo "{\"type\":\"nonsense\",\"data\":{}}"
		echo "{\"type\":\"status\"}"
		echo "{\"some\":\"json\"}"
		echo "{broken"
		printf "{\"type\":\"status\",\"data\":{\"message\":\"no newline\"}}"'
	id=$(task-add --ids talk)
	run -0 agent-run "$id"
	assert_jq --arg id "$id" 'map(.type) ==
			["status", "status", "thought", "tool_use", "status", "message", "status"] and
		.[2].data == {text: "hm", task_id: $id} and .[4].data.message == "no newline"'
	assert_equal "$(field "$id" .response)" 'first
{"type":"nonsense","data":{}}
{"type":"status"}
{"some":"json"}
{broken'
}

@test "agent-run: an event cannot say who it is from" {
	chat=$(chat-new --ids --user ada) other=$(chat-new --ids)
	worker liar "echo '{\"type\":\"message\",\"id\":\"11111111-2222-4333-8444-555555555555\",\"user_id\":\"eve\",\"session_id\":\"x\",\"chat_id\":\"$other\",\"seq\":7,\"n\":99,\"data\":{\"text\":\"hi\",\"task_id\":\"none\"}}'"
	id=$(task-add --ids -c "$chat" lie)
	run -0 agent-run "$id"
	assert_jq --arg id "$id" --arg chat "$chat" '.[2] | .data == {text: "hi", task_id: $id} and
		.user_id == "ada" and .chat_id == $chat and .n == 3 and .session_id != "x" and
		.id != "11111111-2222-4333-8444-555555555555"'
}

@test "agent-run: events are there while the program runs" {
	mkfifo gate
	worker slow 'echo "{\"type\":\"status\",\"data\":{\"message\":\"half way\"}}"; read -r _ <gate'
	id=$(task-add --ids slow)
	agent-run "$id" >events 3>&- &
	wait_until 30 grep -q 'half way' events
	assert_equal "$(field "$id" .status)" in_progress
	echo go >gate
	await_exit $!
}

@test "agent-run: an answer of any bytes becomes valid text" {
	worker raw 'printf "a\377b\001c\n\n"'
	id=$(task-add --ids raw)
	agent-run "$id" >/dev/null
	assert_equal "$(task-show "$id" | jq .response)" '"a�b\u0001c"'
}

@test "agent-run: the JSON request holds instruction, attempt, task, agent, dependencies" {
	worker asker 'jq -c .' --input json --skill asking
	chat=$(chat-new --ids)
	id=$(task-add --ids -c "$chat" -m color=red 'line one
line two')
	agent-run "$id" >/dev/null
	output=$(field "$id" .response)
	assert_jq --arg id "$id" --arg chat "$chat" 'length == 1 and (.[0] |
		.instruction == "line one\nline two" and .attempt == 1 and .dependencies == [] and
		.task.id == $id and .task.chat_id == $chat and .task.metadata == {color: "red"} and
		.agent.role == "asker" and .agent.skills == ["asking"])'
}

@test "agent-run: the JSON request is one line" {
	worker counter 'wc -l' --input json
	id=$(task-add --ids $'line one\nline two')
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" .response)" 1
}

@test "agent-run: what dependencies answered is in the JSON request" {
	worker quick 'echo result of "$(cat)"'
	worker asker 'jq -c .dependencies' --input json
	a=$(task-add --ids -a quick first)
	b=$(task-add --ids -a asker -d "$a" second)
	agent-run "$a" >/dev/null
	agent-run "$b" >/dev/null
	output=$(field "$b" .response)
	assert_jq --arg a "$a" \
		'.[0] == [{id: $a, title: "first", status: "completed", response: "result of first"}]'
}

@test "agent-run: the environment tells task, chat, user, scope, run and store" {
	worker env 'env | grep ^LEGWORK_ | sort'
	chat=$(chat-new --ids --user ada)
	id=$(task-add --ids <<-END
		{"instruction":"x","chat_id":"$chat","scope":{"account_ids":["1","2"],"regions":["eu-1"]}}
	END
	)
	export LEGWORK_USER=eve
	agent-run "$id" >events
	run field "$id" .response
	for line in "LEGWORK_TASK_ID=$id" "LEGWORK_CHAT_ID=$chat" LEGWORK_USER=ada \
		LEGWORK_ACCOUNT_IDS=1,2 LEGWORK_REGIONS=eu-1 "LEGWORK_STORE=$LEGWORK_STORE" \
		"LEGWORK_RUN=$(jq -rn 'input | .session_id' events)"; do
		assert_line "$line"
	done
}

@test "agent-run: without a scope the variables are empty" {
	worker env 'echo "[$LEGWORK_ACCOUNT_IDS][$LEGWORK_REGIONS]"'
	id=$(task-add --ids x)
	LEGWORK_REGIONS=us agent-run "$id" >/dev/null
	assert_equal "$(field "$id" .response)" '[][]'
}

@test "agent-run: a task without a chat gets one at the claim, and the user agent" {
	worker env 'echo "$LEGWORK_USER"'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	run -0 chat-list
	assert_jq --arg title "Task: ${id:0:8}" \
		'length == 1 and .[0].title == $title and .[0].user_id == "agent"'
	assert_equal "$(field "$id" '.chat_id, .user_id, .response')" \
		"$(chat-list --ids)"$'\nagent\nagent'
}

@test "agent-run: what the program posts itself is stamped as its task's" {
	worker poster 'chat-post --user ada "$LEGWORK_CHAT_ID" I am a person >/dev/null'
	chat=$(chat-new --ids --user bob)
	id=$(task-add --ids -c "$chat" x)
	agent-run "$id" >/dev/null
	run -0 chat-show "$chat"
	assert_jq --arg id "$id" 'length == 1 and .[0].data == {text: "I am a person", task_id: $id} and
		.[0].user_id == "bob" and .[0].session_id != null'
}

# --- how it ends

@test "agent-run: exit 0 completes, whatever is on stderr" {
	worker noisy 'echo careful >&2; echo done'
	id=$(task-add --ids x)
	run -0 --separate-stderr agent-run "$id"
	assert_equal "$(field "$id" '.status, .response')" $'completed\ndone'
	assert_equal "$stderr" ''
}

@test "agent-run: another exit status fails at once, the end of stderr tells why" {
	worker bad 'echo half an answer; echo first >&2; echo "no such thing" >&2; exit 3'
	id=$(task-add --ids x)
	run -0 agent-run "$id"
	assert_jq --arg id "$id" '.[-1] | .type == "error" and
		.data.message == "Task \($id[0:8]) failed: first\nno such thing"'
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "failed" and .attempt == 1 and .response == "half an answer" and
		.error == {category: "tool", code: "exit_status", message: "first\nno such thing",
			retryable: false, exit_status: 3}'
}

@test "agent-run: of a long stderr the end is kept" {
	worker bad 'head -c 100000 /dev/zero | tr "\0" x >&2; echo the end >&2; exit 1'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	run -0 task-show "$id"
	assert_jq '.[0].error.message | endswith("xthe end") and length <= 500'
}

@test "agent-run: without words the exit status is the reason" {
	worker bad 'exit 42'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" .error.message)" 'exit status 42'
}

@test "agent-run: stderr is in the log, line by line" {
	worker noisy 'echo one >&2; echo two >&2'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	run -0 jq -r 'select(.kind == "stderr").text' "$LEGWORK_STORE/logs/agents/$id.log"
	assert_output $'one\ntwo'
}

@test "agent-run: exit 75 asks for another attempt, after a delay" {
	worker later 'echo busy >&2; exit 75'
	id=$(task-add --ids x)
	run -0 agent-run "$id"
	assert_jq --arg id "$id" '.[-1].data.message ==
		"Task \($id[0:8]): attempt 1 failed and will be tried again: busy"'
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "pending" and .waiting == "time" and .attempt == 1 and
		.not_before > .updated_at and .error.retryable and .error.message == "busy" and
		(has("lease") | not)'
}

@test "agent-run: the delay doubles, a quarter more or less" {
	worker later 'exit 75'
	for i in {1..8}; do
		jq -nc --argjson i "$i" '{instruction: "\($i)", limits: {retry_delay_s: 100, max_attempts: 9}}'
	done | task-add --ids >ids
	jq -nc '{instruction: "short", limits: {retry_delay_s: 20, max_attempts: 9}}' | task-add --ids >>ids
	while read -r id; do agent-run "$id" >/dev/null; done <ids
	run -0 task-list
	assert_jq 'def ms: .[0:19] + "Z" | fromdate;
		map((.not_before | ms) - (.updated_at | ms)) |
		(.[0:8] | all(44 <= . and . <= 76)) and (.[8] >= 14 and .[8] <= 26)'
}

@test "agent-run: a task that waits for its time is not run" {
	worker later 'echo x >>runs; exit 75'
	id=$(task-add --ids --retry-delay 60 x)
	agent-run "$id" >/dev/null
	run -0 agent-run "$id"
	assert_output ''
	assert_equal "$(wc -l <runs)" 1
}

@test "agent-run: after three attempts the task fails" {
	worker later 'echo busy >&2; exit 75'
	id=$(task-add --ids <<<'{"instruction":"x","limits":{"retry_delay_s":0.001}}')
	for _ in 1 2 3; do
		wait_until 30 bash -c '[[ -n $(task-list --ready) ]]'
		agent-run "$id" >/dev/null
	done
	assert_equal "$(field "$id" '.status, .attempt, .error.message')" $'failed\n3\nbusy'
}

@test "agent-run: --max-attempts 1 means that there is no other" {
	worker later 'exit 75'
	id=$(task-add --ids --max-attempts 1 x)
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" '.status, .attempt')" $'failed\n1'
}

@test "agent-run: events of all attempts are numbered on" {
	worker later '[[ -e again ]] || { touch again; exit 75; }; echo done'
	id=$(task-add --ids <<<'{"instruction":"x","limits":{"retry_delay_s":0.001}}')
	agent-run "$id" >events
	wait_until 30 bash -c '[[ -n $(task-list --ready) ]]'
	chat-post <events >/dev/null
	agent-run "$id" >>events
	run -0 jq -s 'map(.n)' -c events
	assert_output '[1,2,3,4,5,6,7]'
}

@test "agent-run: a program that cannot be started is a matter of configuration, and final" {
	agent-add lost -- /no/such/program >/dev/null
	id=$(task-add --ids x)
	run -0 agent-run "$id"
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "failed" and .attempt == 1 and .error.category == "configuration" and
		(.error.retryable | not) and (.error.message | contains("/no/such/program"))'
}

@test "agent-run: a task that no agent can do fails at once" {
	id=$(task-add --ids x)
	run -0 agent-run "$id"
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "failed" and .error.category == "configuration" and
		.error.message == "there are no agents; add one with agent-add"'
}

@test "agent-run: a task whose role was removed fails at once, named" {
	worker smith 'cat'
	worker other 'cat'
	id=$(task-add --ids -a smith x)
	agent-rm smith
	agent-run "$id"
	assert_equal "$(field "$id" '.error.category, .error.message')" \
		$'configuration\nno agent has the role smith'
}

@test "agent-run: the agent is chosen by its skills, else it is the first" {
	worker first 'cat'
	worker painter 'cat' --skill painting --skill 'oil colors'
	a=$(task-add --ids 'a work in oil COLORS please')
	b=$(task-add --ids 'something else')
	agent-run "$a" >/dev/null
	agent-run "$b" >/dev/null
	assert_equal "$(field "$a" .agent) $(field "$b" .agent)" 'painter first'
}

@test "agent-run: an agent that is killed is tried again" {
	worker suicidal 'kill -9 $$'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" '.status, .waiting, .error.code')" $'pending\ntime\nagent_killed'
}

@test "agent-run: a program that does not read its input may do so" {
	worker deaf 'exec <&-; echo done'
	head -c 1000000 /dev/zero | tr '\0' x | jq -Rc '{instruction: .}' | task-add --ids >id
	run -0 agent-run "$(<id)"
	assert_equal "$(field "$(<id)" .response)" 'done'
}

@test "agent-run: a large answer is read while a large request is written" {
	worker echo 'cat'
	head -c 1000000 /dev/zero | tr '\0' x | jq -Rc '{instruction: .}' | task-add --ids >id
	agent-run "$(<id)" >/dev/null
	assert_equal "$(field "$(<id)" '.response | length')" 1000000
}

@test "agent-run: of an endless answer four megabytes are kept, and that is said" {
	worker endless 'head -c 6000000 /dev/zero | tr "\0" x | fold -w 1000'
	id=$(task-add --ids x)
	agent-run "$id" >events
	grep -q 'only the first 4 MiB of its answer are kept' events
	run -0 field "$id" '.status, (.response | utf8bytelength)'
	assert_output $'completed\n4194304'
	assert_equal "$(jq -c 'select(.kind == "cut").kept' "$LEGWORK_STORE/logs/agents/$id.log")" 4194304
}

@test "agent-run: a time-out ends the program and is tried again" {
	worker slow 'echo half; exec sleep 60'
	id=$(task-add --ids --timeout 200ms x)
	run -0 agent-run "$id"
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "pending" and .waiting == "time" and .error.category == "timeout" and
		.error.message == "no answer within 0.2 s"'
}

@test "agent-run: a time-out in the last attempt fails the task" {
	worker slow 'exec sleep 60'
	id=$(task-add --ids --timeout 200ms --max-attempts 1 x)
	run -0 agent-run "$id"
	assert_jq '.[-1].type == "error"'
	assert_equal "$(field "$id" '.status, .error.category')" $'failed\ntimeout'
}

@test "agent-run: a time-out ends the whole tree, children with a session of their own, too" {
	worker tree 'sleep 61 &
		setsid sleep 62 &
		(setsid sleep 63 &)
		setsid bash -c "sleep 64 & exec sleep 65" &
		sleep 66'
	id=$(task-add --ids --timeout 300ms --max-attempts 1 x)
	run -0 agent-run "$id"
	assert_none_left
	assert_equal "$(field "$id" .error.category)" timeout
}

@test "agent-run: who does not hear TERM gets KILL" {
	worker stubborn 'trap "" TERM; setsid bash -c "trap \"\" TERM; sleep 61; sleep 62" & sleep 63; sleep 64'
	id=$(task-add --ids --timeout 100ms --max-attempts 1 x)
	run -0 agent-run "$id"
	assert_none_left
}

@test "agent-run: what a program leaves behind is ended with it" {
	worker daemon 'setsid sleep 61 </dev/null >/dev/null 2>&1 & (setsid sleep 62 >/dev/null 2>&1 &); echo started'
	id=$(task-add --ids x)
	run -0 agent-run "$id"
	assert_none_left
	assert_equal "$(field "$id" '.status, .response')" $'completed\nstarted'
}

@test "agent-run: a child that keeps the output open does not hold it up" {
	worker daemon 'setsid sleep 61 & echo started'
	id=$(task-add --ids x)
	run -0 timeout 40 agent-run "$id"
	assert_none_left
	assert_equal "$(field "$id" .response)" started
}

# --- subtasks

@test "agent-run: a parent's answer is joined of its subtasks' under their titles" {
	worker echo 'echo "did: $(cat)"'
	id=$(task-add --ids -- $'- first\n- second')
	task-show "$id" | task-plan | task-split --print | jq -r .id >children
	while read -r child; do agent-run "$child" >/dev/null; done <children
	run -0 agent-run "$id"
	assert_jq '.[-1].data.message | endswith("completed successfully")'
	assert_equal "$(field "$id" .response)" '## first

did: first

## second

did: second'
}

@test "agent-run: a parent's joined answer is held against its output" {
	worker echo cat
	while IFS='|' read -r output ended; do
		id=$(task-add --ids <<<"{\"instruction\":\"- first\\n- second\",\"output\":$output}")
		task-show "$id" | task-plan | task-split --print | jq -r .id >children
		while read -r child; do agent-run "$child" >/dev/null; done <children
		agent-run "$id" >/dev/null || true
		assert_equal "$(field "$id" '[.status, .error.category, .error.code] | map(select(.)) | join(" ")')" "$ended"
		assert_equal "$(field "$id" .response)" $'## first\n\nfirst\n\n## second\n\nsecond'
	done <<-'END'
		{"format":"json","schema":{"type":"object"}}|failed validation contract
		{"check":{"command":"grep -q third"}}|failed validation contract
		{"check":{"jq":"("}}|failed configuration contract
		{"check":{"command":"grep -q second"}}|completed
	END
}

@test "agent-run: a parent's own agent is not run for the joining" {
	worker echo 'echo x >>runs'
	id=$(task-add --ids -- $'- first\n- second')
	task-show "$id" | task-plan | task-split --print | jq -r .id >children
	while read -r child; do agent-run "$child" >/dev/null; done <children
	agent-run "$id" >/dev/null
	assert_equal "$(wc -l <runs)" 2
	assert_equal "$(field "$id" '.status, .subtasks.done')" $'completed\n2'
}

@test "agent-run: a task whose spec names a parent that was not split can be done" {
	worker echo 'cat'
	parent=$(task-add --ids parent)
	child=$(task-add --ids <<<"{\"instruction\":\"child\",\"parent_id\":\"$parent\"}") || skip 'such a spec is refused'
	run -0 agent-run "$child"
	assert_equal "$(field "$child" .status)" completed
}

# --- the claim

@test "agent-run: passes over a task that is not ready, and says nothing" {
	worker echo 'echo x >>runs'
	done=$(task-add --ids one)
	agent-run "$done" >/dev/null
	waiting=$(task-add --ids two)
	waiting=$(task-add --ids -d "$waiting" three)
	for id in "$done" "$waiting"; do
		run -0 agent-run "$id"
		assert_output ''
	done
	assert_equal "$(wc -l <runs)" 1
}

@test "agent-run: of ten that want the same task one has it" {
	worker echo 'echo x >>runs; cat'
	id=$(task-add --ids one)
	for _ in {1..10}; do
		agent-run "$id" >>events 3>&- &
		pids+=($!)
	done
	await_all "${pids[@]}"
	assert_equal "$(wc -l <runs)" 1
	assert_equal "$(wc -l <events)" 4
}

@test "agent-run: the task may come as a line on stdin, with its decision" {
	worker echo 'cat'
	id=$(task-add --ids one)
	task-show "$id" | jq -c '.decision = {needs_subtasks: false, reasoning: "small"}' >line
	run -0 agent-run <line
	assert_equal "$(field "$id" '.status, .decision.reasoning')" $'completed\nsmall'
}

@test "agent-run: tasks on stdin are done in their order, bad lines between them named (66)" {
	worker quick 'cat'
	for text in one two three; do
		task-add --ids "$text"
	done >ids
	{
		jq -Rc '{id: .}' ids | head -n 2
		echo '{"id":"deadbeef"}'
		jq -Rc '{id: .}' ids | tail -n 1
	} >lines
	run -66 --separate-stderr agent-run <lines
	assert_equal "$stderr" 'agent-run: stdin:3: task deadbeef: no such task'
	assert_jq 'map(select(.type == "message").data.text) == ["one", "two", "three"]'
}

@test "agent-run: a task whose end cannot be stored is put back, while others are done" {
	worker quick 'cat'
	one=$(task-add --ids one) two=$(task-add --ids two)
	mkfifo lines
	# the first sync is the claim's, the second the log's
	ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e trace=fdatasync \
		-e inject=fdatasync:error=EIO:when=2 \
		agent-run <lines >/dev/null 2>err 3>&- &
	runner=$!
	exec 5>lines
	echo "{\"id\":\"$one\"}" >&5
	wait_until 30 grep -q '^agent-run: logs/agents/' err
	assert_equal "$(field "$one" .status)" in_progress
	echo "{\"id\":\"$two\"}" >&5
	wait_field "$two" .status completed
	task-watch --drain 5>&- | task-run >/dev/null 5>&-
	assert_equal "$(field "$one" .status) $(field "$one" .response)" 'completed one'
	kill -0 "$runner"
	exec 5>&-
	await_exit "$runner" || [ $? = 74 ]
}

@test "agent-run: the first characters of an id will do; unknown ones are refused (66)" {
	worker echo 'cat'
	id=$(task-add --ids one)
	run -66 --separate-stderr agent-run deadbeef
	assert_equal "$stderr" 'agent-run: task deadbeef: no such task'
	run -66 agent-run "${id:0:3}"
	run -0 agent-run "${id:0:8}"
	assert_equal "$(field "$id" .status)" completed
}

@test "agent-run: what is on stdin must be a task (65)" {
	for line in '[]' '{}' '{"id":5}' 'x'; do
		run -65 --separate-stderr agent-run <<<"$line"
		assert_regex "$stderr" '^agent-run: stdin:'
	done
	run -66 agent-run <<<'{"id":"deadbeef-0000-4000-8000-000000000000"}'
}

@test "agent-run: two operands are misuse (64)" {
	run -64 agent-run a b
}

@test "agent-run: on TERM its task goes back, uncounted, and nothing is left" {
	worker slow 'echo >started; setsid sleep 61 & sleep 62'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null 3>&- &
	wait_until 30 test -e started
	kill -TERM $!
	status=0
	await_exit $! || status=$?
	assert_equal "$status" 143
	assert_none_left
	assert_equal "$(field "$id" '.status, .attempt, .lease')" $'pending\n0\nnull'
}

@test "agent-run: nobody reads its output: the work goes on" {
	mkfifo gate pipe
	worker slow 'echo "{\"type\":\"status\",\"data\":{\"message\":\"1\"}}"; read -r _ <gate
		echo "{\"type\":\"status\",\"data\":{\"message\":\"2\"}}"; echo done'
	id=$(task-add --ids x)
	agent-run "$id" >pipe 3>&- &
	pid=$!
	exec 5<pipe
	read -r _ <&5
	exec 5<&-
	echo go >gate
	await_exit $pid
	assert_equal "$(field "$id" '.status, .response, .events')" $'completed\ndone\n6'
}

@test "agent-run: a reader that stands still does not hold the work up" {
	mkfifo pipe
	worker much 'for i in {1..3000}; do echo "{\"type\":\"status\",\"data\":{\"message\":\"$i\"}}"; done'
	id=$(task-add --ids x)
	agent-run "$id" >pipe 3>&- &
	exec 5<pipe
	wait_field "$id" .status completed
	assert_equal "$(wc -l <&5)" 3003
	exec 5<&-
	await_exit $!
}

@test "agent-run: a full disk under stdout does not fail the task" {
	worker quick 'echo done'
	id=$(task-add --ids x)
	run agent-run "$id" >/dev/full
	assert_equal "$(field "$id" .status)" completed
}

@test "agent-run: when it is killed its task is put back by the next task-watch" {
	worker slow '[[ -e started ]] && exit; echo >started; setsid sleep 61 & exec sleep 62'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null 3>&- &
	wait_until 30 test -s started
	kill -KILL $!
	wait_until 30 has_ended $!
	keep_fifos=1
	run -0 --separate-stderr bash -c 'task-watch --drain | tee handed | task-run >/dev/null'
	assert_equal "$(jq -r .id handed)" "$id"
	assert_equal "$(field "$id" '.status, .attempt')" $'completed\n2'
	assert_none_left
}
