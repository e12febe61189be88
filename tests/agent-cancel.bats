# What was begun is ended, whatever it does and wherever it is.

load test_helper
load records
load llm
load model

export BATS_TEST_TIMEOUT=400 # two hundred take their time where others work, too

# started TASK NAME - its program has said so, by making the file NAME
started() { wait_until 30 test -e "$1"; }

# in_progress COMMAND - a task whose agent runs this script, by agent-run: id, runner
# Where its processes are counted it says so by `: >begun`: a touch may still be there.
in_progress() {
	worker busy "$1"
	id=$(task-add --agent busy --ids work)
	agent-run "$id" >events 3>&- &
	runner=$!
	started begun
}

# nothing_left - no process of the test, no lease, no FIFO, and a store in order
nothing_left() {
	wait_until 30 no_process_left || { end_processes; return 1; }
	assert_equal "$(ls "$LEGWORK_STORE/run")" ''
	no_fifo_left
	run -0 store-check
}

@test "agent-cancel: a task that waits in any way ends at once, without a process" {
	worker nobody 'exit 75'
	ready=$(task-add --ids ready)
	waits=$(task-add --depends-on "$ready" --ids waits)
	later=$(task-add --ids --agent nobody later)
	agent-run "$later" >/dev/null
	is_field "$later" .waiting time
	run -0 agent-cancel "$ready" "$waits" "$later"
	assert_jq --arg a "$ready" --arg b "$waits" --arg c "$later" 'map(.task_id) == [$a, $b, $c] and
		all(.state == "cancelled" and .pids == [] and .signal == null and .ms >= 0)'
	for id in "$ready" "$waits" "$later"; do
		is_field "$id" '[.status, .error.category, .error.code, has("waiting"), has("not_before")] | join(" ")' \
			'cancelled cancelled cancelled false false'
	done
	nothing_left
}

@test "agent-cancel: says who and why" {
	id=$(task-add --ids x)
	LEGWORK_USER=ann agent-cancel --reason 'not today' "$id" >/dev/null
	is_field "$id" .error.message 'ann has cancelled it: not today'
	in_progress 'touch begun; exec sleep 1000'
	LEGWORK_USER=ann agent-cancel --reason 'not today' "$id" >/dev/null
	is_field "$id" '.error.message, .cancel.by, .cancel.reason' $'ann has cancelled it: not today\nann\nnot today'
	run jq -r .data.message events
	assert_line --index -1 "Task ${id::8} cancelled: ann has cancelled it: not today"
}

@test "agent-cancel: one that waits for a person's approval" {
	asking
	run -0 agent-cancel "$id"
	assert_jq '.[0].state == "cancelled"'
	is_field "$id" '[.status, (.approval | has("decision"))] | join(" ")' 'cancelled false'
	run -65 task-approve "$id"
	nothing_left
}

@test "agent-cancel: one that a task-watch has reserved is not begun by its pipeline" {
	worker quick 'touch done'
	id=$(task-add --ids x)
	mkfifo lines
	task-watch --drain >lines 3>&- &
	watch=$!
	exec 5<lines
	read -r line <&5
	is_field "$id" 'has("reservation")' true
	run -0 agent-cancel "$id"
	run -0 task-run <<<"$line"
	assert_output ''
	exec 5<&-
	await_exit "$watch" || true
	assert_not_exists done
	is_field "$id" '[.status, has("reservation")] | join(" ")' 'cancelled false'
	nothing_left
}

@test "agent-cancel: a running task ends with what there is of an answer, its runner first of all that ended" {
	in_progress 'echo half; : >begun; exec sleep 1000'
	run -0 agent-cancel "$id"
	assert_jq --argjson runner "$runner" '.[0] | .state == "cancelled" and .signal == "TERM" and
		.pids[0] == $runner and (.pids | length == 2) and (has("left") | not)'
	await_stopped "$runner"
	is_field "$id" '[.status, .response, .error.code, has("lease")] | join(" ")' 'cancelled half cancelled false'
	run jq -r .type events
	assert_output $'status\nstatus\nstatus'
	nothing_left
}

@test "agent-cancel: task-wait sees the end at once" {
	in_progress 'touch begun; exec sleep 1000'
	task-wait "$id" >waited 3>&- &
	waiter=$!
	agent-cancel "$id" >/dev/null
	status=0
	await_exit "$waiter" || status=$?
	assert_equal "$status" 1
	assert_equal "$(jq -r .status waited)" cancelled
}

@test "agent-cancel: a whole tree of processes that obey" {
	in_progress 'for i in 1 2 3; do bash -c "sleep 1000 & sleep 1000 & wait" & done; touch begun; wait'
	run -0 agent-cancel "$id"
	assert_jq '.[0] | .signal == "TERM" and (.pids | length) >= 5'
	nothing_left
}

@test "agent-cancel: a tree that ignores TERM is killed when the grace is over" {
	in_progress 'trap "" TERM; sleep 1000 & touch begun; while :; do sleep 1000; done'
	begun=${EPOCHREALTIME//[!0-9]/}
	run -0 agent-cancel --grace 300ms "$id"
	took=$(((${EPOCHREALTIME//[!0-9]/} - begun) / 1000))
	assert_jq '.[0] | .state == "cancelled" and .signal and .ms >= 300' # its runner may be first to kill
	((took < 10000)) || { echo "$took ms"; false; } # which is the usual grace
	nothing_left
}

@test "agent-cancel: who obeys within the grace is not killed, also where that is longer than agent-run's own" {
	# what it starts meanwhile is found, too, and gets its own TERM
	in_progress 'trap "trap \"\" TERM; sleep 2.5; touch tidied; exit" TERM; touch begun
		while :; do sleep 0.1; done'
	run -0 agent-cancel --grace 20 "$id"
	assert_jq '.[0].signal == "TERM"'
	assert_exists tidied
	nothing_left
}

@test "agent-cancel: what runs in sessions of its own, by setsid and double forks, is found" {
	in_progress 'setsid sleep 1000 & (setsid bash -c "trap \"\" TERM; (sleep 1000 &) ; touch inner; while :; do sleep 1000; done" &)
		until [[ -e inner ]]; do read -rt 0.01 <> <(:); done; touch begun; exec sleep 1000'
	run -0 agent-cancel --grace 200ms "$id"
	assert_jq '.[0] | .state == "cancelled" and .signal and (.pids | length) >= 5'
	nothing_left
}

@test "agent-cancel: also after agent-run was killed, which is told nothing any more" {
	in_progress 'setsid sleep 1000 & : >begun; exec sleep 1000'
	kill -KILL "$runner"
	await_exit "$runner" || true
	run -0 agent-cancel "$id"
	assert_jq '.[0] | .state == "cancelled" and .signal == "TERM" and (.pids | length) == 2'
	is_field "$id" '[.status, has("lease"), has("runner")] | join(" ")' 'cancelled false false'
	nothing_left
	task-run </dev/null >said # its last words are there to be printed
	run jq -r .data.message said
	assert_line --index -1 --partial cancelled
}

# other_user COMMAND ... - as a user who may not look into what others run
other_user() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }

# in_other_hands SCRIPT - in_progress, of a user whose agent has become_root, a program that makes
# root of who calls it, and makes the file of_root once something has
in_other_hands() {
	[[ $EUID = 0 ]] || skip 'it takes root to have two users'
	cp "$(command -v setpriv)" become_root
	chmod u+s become_root
	chmod o+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}"
	chown -R nobody "$BATS_TEST_TMPDIR"
	chown root become_root
	chmod u+s become_root
	[[ $(other_user ./become_root --reuid 0 id -u) = 0 ]] || skip 'nobody may become root here'
	other_user agent-add busy -- bash -c "$1" >/dev/null 2>&1 || skip 'another user may not run the commands'
	id=$(other_user task-add --agent busy --ids work)
	other_user agent-run "$id" >events 3>&- &
	runner=$!
	started begun
	wait_until 30 test -s of_root
}

@test "agent-cancel: what another user runs is named, is left, and is no end (1)" {
	in_other_hands './become_root --reuid 0 bash -c "echo \$\$ >of_root; : >begun; exec sleep 1000" & wait'
	run -1 --separate-stderr other_user agent-cancel "$id"
	assert_equal "$stderr" "agent-cancel: process $(<of_root): Operation not permitted"
	assert_jq --argjson pid "$(<of_root)" '.[0] | .state == "cancelled" and
		.left == [$pid] and (.pids | length == 2 and (index($pid) | not))'
	kill -KILL "$(<of_root)"
	wait_until 30 has_ended "$(<of_root)"
	await_exit "$runner" || true
}

@test "agent-cancel: also where it has left its parent and its session, as long as its runner is there" {
	in_other_hands './become_root --reuid 0 setsid -f bash -c "echo \$\$ >of_root; : >begun; exec sleep 1000"
		exec sleep 1000'
	run -1 --separate-stderr other_user agent-cancel "$id"
	assert_equal "$stderr" "agent-cancel: process $(<of_root): Operation not permitted"
	assert_jq --argjson pid "$(<of_root)" '.[0] | .state == "cancelled" and .left == [$pid]'
	kill -KILL "$(<of_root)"
	wait_until 30 has_ended "$(<of_root)"
	await_exit "$runner" || true
}

@test "agent-cancel: what hides its environment, but is ours, ends" {
	in_other_hands 'cp /bin/sleep slow; ./become_root --reuid 0 bash -c "chown root slow; chmod u+s slow"
		./slow 1000 & echo $! >of_root; : >begun; wait'
	pid=$(<of_root)
	wait_until 30 eval '! other_user cat /proc/$pid/environ >/dev/null 2>&1'
	run -0 other_user agent-cancel "$id"
	assert_jq --argjson pid "$pid" '.[0] | .state == "cancelled" and (.pids | index($pid)) and (has("left") | not)'
	has_ended "$pid"
	await_exit "$runner" || true
}

@test "agent-cancel: a runner that is stopped is woken, and one that does not end is killed" {
	in_progress 'touch begun; exec sleep 1000'
	stop_idle "$runner"
	run -0 agent-cancel "$id"
	assert_jq '.[0] | .state == "cancelled" and .signal == "TERM"'
	nothing_left
}

@test "agent-cancel: between the claim and the start nothing is begun" {
	worker busy 'touch begun'
	chat=$(chat-new --ids)
	for i in {1..20}; do
		id=$(task-add --chat "$chat" --ids "work $i")
		agent-run "$id" >/dev/null 3>&- &
		runner=$!
		wait_until 30 is_begun_or_over "$id"
		agent-cancel "$id" >/dev/null || true
		await_exit "$runner" || true
		run field "$id" .status
		assert_output --regexp '^(cancelled|completed)$'
	done
	nothing_left
}

is_begun_or_over() { [[ $(field "$1" .status) != pending ]]; }

@test "agent-cancel: twice is once; the second says what state it is in (1)" {
	in_progress 'touch begun; exec sleep 1000'
	agent-cancel "$id" >/dev/null
	LEGWORK_USER=bob run -1 agent-cancel "$id"
	assert_jq --arg id "$id" '.[0] | .task_id == $id and .state == "cancelled" and .pids == [] and .signal == null'
	is_field "$id" .cancel.by "$(id -un)"
	worker quick 'echo done'
	done=$(task-add --agent quick --ids work)
	agent-run "$done" >/dev/null
	run -1 agent-cancel "$done"
	assert_jq '.[0].state == "completed"'
}

@test "agent-cancel: two at the same time both see the end" {
	in_progress 'trap "" TERM; touch begun; while :; do sleep 1000; done'
	LEGWORK_USER=ann agent-cancel --grace 3 "$id" >first 3>&- &
	first=$!
	wait_field "$id" 'has("cancel")' true
	LEGWORK_USER=bob run -0 agent-cancel --grace 3 "$id"
	assert_jq '.[0].state == "cancelled"'
	await_exit "$first"
	is_field "$id" .cancel.by ann
	nothing_left
}

@test "agent-cancel: one that is killed in the middle can be run again" {
	in_progress 'trap "" TERM; touch begun; while :; do sleep 1000; done'
	agent-cancel --grace 100 "$id" >/dev/null 3>&- &
	first=$!
	wait_field "$id" 'has("cancel")' true
	kill -KILL "$first" "$runner" # else it may be the runner that kills
	await_exit "$first" || true
	await_exit "$runner" || true
	run -0 agent-cancel --grace 100ms "$id"
	assert_jq '.[0] | .state == "cancelled" and .signal == "KILL"'
	nothing_left
}

@test "agent-cancel: a task that is just ending ends once, and its events arrive once" {
	worker quick 'echo done'
	for i in {1..15}; do
		id=$(task-add --agent quick --ids "work $i")
		agent-run "$id" >events 3>&- &
		runner=$!
		wait_until 30 is_begun_or_over "$id"
		agent-cancel "$id" >/dev/null || true
		await_exit "$runner" || true
		run jq -r .data.message events
		assert_equal "$(grep -cE 'cancelled|completed successfully' <<<"$output")" 1
	done
	nothing_left
}

@test "agent-cancel: a parent ends with its subtasks, those that run and those that wait" {
	worker busy 'touch begun.$LEGWORK_TASK_ID; exec sleep 1000'
	parent=$(task-add --ids split me)
	jq -nc --arg id "$parent" '{task_id: $id, decision: {needs_subtasks: true}, plan: {subtasks:
		["a", "b", "c"] | map({title: ., description: ., dependencies: (if . == "c" then ["0"] else [] end)})}}' |
		task-split
	task-watch --drain 3>&- | task-run -j4 >events 3>&- &
	two_begun() { [[ $(task-list --status in_progress --count) = 2 ]]; }
	wait_until 30 two_begun
	run -0 agent-cancel "$parent"
	assert_jq 'length == 4 and all(.state == "cancelled") and (map(select(.signal == "TERM")) | length) == 2'
	await_exit $!
	assert_equal "$(task-list --status cancelled --count)" 4
	assert_equal "$(jq -r 'select(.data.message // "" | test(" cancelled: ")) | .data.task_id' events | sort | uniq -c |
		awk '{ print $1 }' | sort | uniq -c | tr -s ' ')" ' 4 1' # the parent, too
	nothing_left
}

@test "agent-cancel: --parent ends what is below a task, and leaves itself" {
	parent=$(task-add --ids split me)
	jq -nc --arg id "$parent" '{task_id: $id, decision: {needs_subtasks: true}, plan: {subtasks:
		["a", "b"] | map({title: ., description: .})}}' | task-split --keep-going
	run -0 agent-cancel --parent "$parent"
	assert_jq 'length == 2 and all(.state == "cancelled")'
	is_field "$parent" .status pending
}

@test "agent-cancel: what an agent has spawned is below its task" {
	id=$(task-add --ids caller)
	other=$(uuid)
	jq -nc --arg id "$other" --arg by "$id" '{key: "task/\($id)", sets: ["tasks", "status.pending", "ready.1", "spawned.\($by)"],
		names: [], value: {id: $id, title: "x", instruction: "x", status: "pending", priority: "medium",
			created_by: "ada", attempt: 0, posted: 0, revision: 0, spawned_by: $by, spawned: true,
			created_at: "2026-11-20T12:00:00.000Z", updated_at: "2026-11-20T12:00:00.000Z"}}' | store-load
	run -0 agent-cancel "$id"
	assert_jq --arg other "$other" 'length == 2 and .[1].task_id == $other and all(.state == "cancelled")'
}

@test "agent-cancel: --chat and --all end what has not ended, and name nothing else" {
	worker quick ':'
	chat=$(chat-new --ids)
	over=$(task-add --chat "$chat" --ids over)
	agent-run "$over" >/dev/null
	here=$(task-add --chat "$chat" --ids here)
	there=$(task-add --ids there)
	run -0 agent-cancel --chat "${chat::8}"
	assert_jq --arg id "$here" 'map(.task_id) == [$id]'
	run -0 agent-cancel --all
	assert_jq --arg id "$there" 'map(.task_id) == [$id]'
	run -0 agent-cancel --all
	assert_output ''
}

@test "agent-cancel: hundreds that wait for each other end as cancelled, in one transaction" {
	jq -nc '[range(300)] | map("00000000-0000-4000-8000-" + ("00000000000\(. + 100000000000)" | .[-12:])) as $ids |
		range(300) | {instruction: "work \(.)", id: $ids[.], depends_on: (if . > 0 then [$ids[. - 1]] else [] end)}' |
		task-add >/dev/null
	before=$(store-check | jq .revision)
	run -0 agent-cancel --all
	assert_jq 'length == 300 and all(.state == "cancelled")'
	assert_equal "$(store-check | jq .revision)" $((before + 1))
}

# cost COUNT - ms: milliseconds of the processor that it takes to end so many that wait
cost() {
	local TIMEFORMAT=%U ids
	seq "$1" | jq -c '{instruction: "x \(.)"}' | task-add --ids >ids
	mapfile -t ids <ids
	{ time agent-cancel "${ids[@]}" >lines; } 2>spent
	assert_equal "$(jq -r .state lines | sort | uniq -c | xargs)" "$1 cancelled"
	ms=$((10#$(tr -d . <spent)))
}

@test "agent-cancel: 2,000 that are named cost eight times what 250 cost, or little more" {
	cost 250
	few=$ms
	cost 2000
	((ms < 20 * (few + 10))) || fail "250: $few ms, 2,000: $ms ms"
}

@test "agent-cancel: task-run goes on with its other tasks, and with those that come" {
	worker busy 'touch begun; exec sleep 1000'
	worker quick 'until [[ -e go ]]; do sleep 0.02; done; echo done'
	chat=$(chat-new --ids)
	busy=$(task-add --chat "$chat" --agent busy --ids one)
	quick=$(task-add --chat "$chat" --agent quick --ids two)
	mkfifo lines
	task-run -j2 <lines 3>&- 2>err | chat-post >/dev/null 3>&- &
	pipeline=$!
	exec 5>lines
	task-show "$busy" "$quick" >&5
	started begun
	run -0 agent-cancel "$busy"
	rm begun
	again=$(task-add --chat "$chat" --agent busy --ids three)
	task-show "$again" >&5
	started begun
	run -0 agent-cancel "$again"
	touch go
	wait_field "$quick" .status completed
	exec 5>&-
	await_exit "$pipeline"
	assert_equal "$(<err)" ''
	for id in "$busy" "$again"; do
		run chat-show "$chat"
		assert_equal "$(jq -r --arg id "$id" 'select(.data.task_id == $id) | .data.message' <<<"$output" | grep -c ' cancelled: ')" 1
	done
	nothing_left
}

@test "agent-cancel: a watching pipeline does not put a cancelled task back" {
	worker busy 'touch begun; exec sleep 1000'
	id=$(task-add --agent busy --ids work)
	task-watch --drain 3>&- | task-run | chat-post >/dev/null 3>&- &
	pipeline=$!
	started begun
	run -0 agent-cancel "$id"
	await_exit "$pipeline"
	is_field "$id" '[.status, .attempt] | join(" ")' 'cancelled 1'
	nothing_left
}

@test "agent-cancel: an unknown id is said (66), the others end" {
	id=$(task-add --ids x)
	run -66 --separate-stderr agent-cancel 0000 "$id" 11111111-2222-4333-8444-555555555555
	assert_equal "$stderr" 'agent-cancel: task 0000: no such task
agent-cancel: task 11111111-2222-4333-8444-555555555555: no such task'
	assert_jq 'length == 1 and .[0].state == "cancelled"'
	run -66 agent-cancel --chat 0000
	run -66 agent-cancel --parent 0000
}

@test "agent-cancel: misuse (64)" {
	run -64 agent-cancel
	run -64 agent-cancel --all x
	run -64 agent-cancel --all --chat x
	run -64 agent-cancel --grace soon x
	run -64 agent-cancel --grace 2d x
	run -64 --separate-stderr agent-cancel --reason "$(printf 'x%.0s' {1..1001})" x
	assert_equal "${stderr_lines[0]}" 'agent-cancel: --reason: longer than 1000 characters'
}

@test "agent-cancel: an agent ends what is below its own task, and nothing else (77)" {
	worker quick ':'
	parent=$(task-add --ids split me)
	jq -nc --arg id "$parent" '{task_id: $id, decision: {needs_subtasks: true}, plan: {subtasks:
		["a", "b"] | map({title: ., description: .})}}' | task-split --keep-going
	child=$(task-list --parent "$parent" --ids | head -n 1)
	other=$(task-add --ids other)
	export LEGWORK_TASK_ID=$parent
	for what in "$other" "$parent" --all "--chat $(field "$parent" .chat_id)"; do
		# shellcheck disable=SC2086 # words
		run -77 agent-cancel $what
		assert_output --partial 'an agent ends only what is below its task'
	done
	run -0 agent-cancel "$child"
	is_field "$child" '.status, .error.message' $'cancelled\ntask '"${parent::8} has cancelled it"
	run -0 agent-cancel --parent "$parent"
	assert_jq 'length == 1'
}

@test "agent-cancel: on a terminal a person reads what became of it" {
	id=$(task-add --ids x)
	on_terminal 80 "agent-cancel $id"
	assert_line -n 0 --regexp "^ID +STATE +SIGNAL +MS +PROCESSES$"
	assert_line -n 1 --regexp "^${id::8}  cancelled +[0-9]+$"
}

@test "agent-cancel: a claim refuses what is marked, and task-retry forgets the mark" {
	in_progress 'touch begun; exec sleep 1000'
	agent-cancel "$id" >/dev/null
	await_exit "$runner" || true
	worker busy 'echo again'
	task-retry "$id" >/dev/null
	is_field "$id" '[.status, has("cancel")] | join(" ")' 'pending false'
	agent-run "$id" >/dev/null
	is_field "$id" '[.status, .response] | join(" ")' 'completed again'
	store-dump | jq -c 'select(.key == "task/'"$id"'") | .sets = ["tasks", "status.pending", "ready.1"] |
		.value |= (del(.finished_at, .response) + {status: "pending", cancel: {at: "2026-11-20T12:00:00.000Z", by: "ann"}})' >marked
	export LEGWORK_STORE=$BATS_TEST_TMPDIR/other
	worker busy 'echo never'
	store-load <marked
	run -0 agent-run "$id"
	assert_output ''
	is_field "$id" .status pending
	agent-cancel "$id" >/dev/null
}

@test "agent-cancel: agents that were spawned end, with all that they have started" {
	worker slow 'setsid sleep 1000 & : >"begun.$LEGWORK_TASK_ID"; exec sleep 1000'
	for i in 1 2 3; do agent-spawn --any-scope --agent slow "work on this for long: $i" >/dev/null 3>&-; done
	three_begun() { [[ $(find . -name 'begun.*' | wc -l) = 3 ]]; }
	wait_until 30 three_begun
	run -0 agent-cancel --all
	assert_jq 'length == 3 and all(.state == "cancelled" and .signal == "TERM" and (.pids | length) >= 2)'
	nothing_left
}

# --- models

is_waiting_model() { [[ -e llm.pid && $(cat "/proc/$(<llm.pid)/comm" 2>/dev/null) = sleep ]]; }

@test "agent-cancel: what a model has said of its answer, and what it has cost, is kept" {
	script_llm <<-'END'
		{"type":"text","delta":"Let me see."}
		{"type":"tool_call","call":{"id":"c1","name":"run","arguments":{"command":"true"}}}
		{"type":"usage","input_tokens":10,"output_tokens":5,"total_tokens":15}
		{"type":"stop","reason":"tool_calls","model":"m","ms":1}

		{"type":"usage","input_tokens":20,"output_tokens":0,"total_tokens":20}
		{"type":"text","delta":"Half an ans"}
		hang
	END
	agent-add thinker --model m --tool run >/dev/null
	id=$(task-add --agent thinker --ids think)
	agent-run "$id" >events 3>&- &
	runner=$!
	wait_until 30 is_waiting_model
	wait_until 30 grep -rqs 'Half an ans' "$LEGWORK_STORE/run" # agent-run has read it
	run -0 agent-cancel "$id"
	assert_jq '.[0] | .state == "cancelled" and .signal == "TERM" and (.pids | length) == 2'
	await_stopped "$runner"
	is_field "$id" '[.status, .response, .usage.total_tokens, .usage.calls] | join(" ")' 'cancelled Half an ans 35 2'
	nothing_left
}

@test "agent-cancel: while a tool of a model runs, and what that has started" {
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"c1","name":"run","arguments":{"command":"setsid sleep 1000 & touch begun; sleep 1000"}}}
		{"type":"stop","reason":"tool_calls","model":"m","ms":1}
	END
	folder=$PWD
	agent-add thinker --model m --tool run --folder "$folder" >/dev/null
	id=$(task-add --agent thinker --ids think)
	agent-run "$id" >events 3>&- &
	runner=$!
	started begun
	run -0 agent-cancel "$id"
	assert_jq '.[0] | .state == "cancelled" and .signal == "TERM"'
	await_exit "$runner" || true
	nothing_left
}

# connections - how many the model has
connections() { echo $(($(find "/proc/$MODEL_PID/fd" -lname 'socket:*' | wc -l) - 1)); }

@test "agent-cancel: a transfer in flight is given up, and the server sees it end" {
	echo '{"text":"one two three four five six seven eight nine ten","stall_after":700}' >answers
	start_model answers
	agent-add thinker --model m >/dev/null
	id=$(task-add --agent thinker --ids think)
	agent-run "$id" >events 3>&- &
	runner=$!
	wait_until 30 was_asked 1
	assert_equal "$(connections)" 1
	run -0 agent-cancel "$id"
	assert_jq '.[0] | .state == "cancelled" and .signal == "TERM" and (.pids | length) == 2'
	wait_until 30 eval '[[ $(connections) = 0 ]]'
	await_exit "$runner" || true
	is_field "$id" .status cancelled
	stop_model
	nothing_left
}

@test "agent-cancel: nothing waits to the end of its back-off to ask a model again" {
	echo '{"status":429,"headers":{"Retry-After":"50"},"repeat":true}' >answers
	start_model answers
	agent-add thinker --model m >/dev/null
	id=$(task-add --agent thinker --ids think)
	agent-run "$id" >events 3>&- &
	runner=$!
	wait_until 30 eval '[[ $(agent-log --kind model_retry "$id") ]]'
	run -0 agent-cancel --grace 30 "$id"
	assert_jq '.[0] | .state == "cancelled" and .signal == "TERM" and .ms < 20000'
	await_exit "$runner" || true
	stop_model
	nothing_left
}

# --- at random moments

# closings - how often each task said that it has ended
closings() {
	chat-show "$chat" | jq -r 'select(.data.message // "" | test("^Task [0-9a-f]{8} (cancelled|failed|completed successfully)")) |
		.data.task_id' | sort | uniq -c | awk '{ print $1 }' | sort -u
}

# cancel_beside TASK - while the test goes on, with three others at most; await_cancels sees to the end
cancel_beside() {
	agent-cancel --grace 150ms "$1" >>cancelled 2>>err.cancel 3>&- &
	pids+=($!)
	((${#pids[@]} < 4)) || await_cancels
}

await_cancels() {
	local pid
	for pid in "${pids[@]}"; do await_exit "$pid" 30 || [[ $? = 1 ]]; done
	pids=()
}

all_over() { [[ $(task-list --status in_progress --count) = 0 && $(task-list --status pending --count) = 0 ]]; }

@test "agent-cancel: 200 that are cancelled at random moments leave nothing behind" {
	RANDOM=${SEED:-20261128}
	worker quick 'echo done'
	worker sleeper 'exec sleep 1000'
	worker tree 'sleep 1000 & (sleep 1000 &); setsid sleep 1000 & wait'
	worker stubborn 'trap "" TERM; setsid sleep 1000 & while :; do sleep 1000; done'
	chat=$(chat-new --ids)
	task-watch --ahead 16 3>&- 2>err.watch | task-run -j8 2>err.run 3>&- | chat-post >/dev/null 2>err.post 3>&- &
	pipeline=$!
	pids=()
	for ((i = 0; i < ${CANCELS:-200}; i++)); do
		kinds=(quick sleeper tree tree stubborn)
		id=$(task-add --chat "$chat" --agent "${kinds[RANDOM % 5]}" --ids "work $i")
		sleep "0.0$((RANDOM % 9))$((RANDOM % 10))"
		if ((RANDOM % 10 == 0)); then # its runner is killed before
			pid=$(agent-ps | jq -r --arg id "$id" 'select(.task_id == $id) | .pid // empty')
			[[ ! $pid ]] || kill -KILL "$pid" 2>/dev/null || true
		fi
		cancel_beside "$id"
	done
	await_cancels
	wait_until 30 all_over
	kill "$(watch_pid)"
	await_exit "$pipeline" 30 || true
	[[ ! -s err.cancel ]] || { cat err.cancel; false; }
	task-run </dev/null | chat-post >/dev/null # the last words of those whose pipeline has ended
	assert_equal "$(task-list --count)" "${CANCELS:-200}"
	echo "# $(task-list | jq -r .status | sort | uniq -c | tr -s ' \n' ' ')" >&3
	assert_equal "$(closings)" 1
	nothing_left
}

@test "agent-cancel: 200 that were spawned, at random moments, leave nothing behind" {
	RANDOM=${SEED:-20261129}
	worker quick 'echo done'
	worker later 'exit 75'
	worker tree 'sleep 1000 & (sleep 1000 &); setsid sleep 1000 & wait'
	worker stubborn 'trap "" TERM; setsid sleep 1000 & while :; do sleep 1000; done'
	chat=$(chat-new --ids)
	pids=()
	for ((i = 0; i < ${SPAWNS:-200}; i++)); do
		kinds=(quick later tree tree stubborn)
		id=$(agent-spawn --ids --max-running 1000 --chat "$chat" --agent "${kinds[RANDOM % 5]}" "work number $i" 3>&-)
		sleep "0.0$((RANDOM % 10))"
		cancel_beside "$id"
	done
	await_cancels
	[[ ! -s err.cancel ]] || { cat err.cancel; false; }
	assert_equal "$(task-list --status in_progress --count) $(task-list --status pending --count)" '0 0'
	wait_until 30 no_process_left # chat-post has the last words
	assert_equal "$(closings)" 1
	nothing_left
}

@test "agent-cancel: a spawned agent that waits for another attempt is gone when its task has ended" {
	worker later 'exit 75'
	id=$(agent-spawn --ids --agent later 3>&- \
		<<<'{"task_description":"come back to this later","limits":{"retry_delay_s":50}}')
	wait_field "$id" '[.status, .waiting] | tojson' '["pending","time"]'
	pid=$(cut -d' ' -f1 "$LEGWORK_STORE/run/$(field "$id" .waiter)")
	stop_idle "$pid" # else it may see the end before it is looked for
	run -0 agent-cancel --grace 100ms "$id"
	assert_jq --argjson pid "$pid" 'length == 1 and .[0].state == "cancelled" and .[0].pids == [$pid]'
	[[ ! -d /proc/$pid ]] || grep -q '^State:.Z' "/proc/$pid/status"
	assert_equal "$(field "$id" '[has("waiter"), has("lease")] | tojson')" '[false,false]'
	wait_until 30 no_process_left
}

watch_pid() {
	local left pid
	find_left
	for pid in "${left[@]}"; do
		[[ $(</proc/"$pid"/comm) != task-watch ]] || echo "$pid"
	done 2>/dev/null
}
