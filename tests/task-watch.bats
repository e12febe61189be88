# Ready tasks are handed out, each to one pipeline.

load test_helper
load records

# watch OUT [OPTION ...] - a task-watch in the background; its id is $pid
watch() {
	task-watch "${@:2}" >"$1" 3>&- &
	pid=$!
}

stop() { # PID
	kill -TERM "$1"
	await_stopped "$1"
}

@test "task-watch: --drain with nothing to do ends at once" {
	run -0 --separate-stderr task-watch --drain
	assert_output ''
	assert_equal "$stderr" ''
}

@test "task-watch: hands out the oldest of the highest priority first" {
	for spec in low:a medium:b high:c low:d high:e medium:f; do
		task-add --ids -p "${spec%:*}" "${spec#*:}" >/dev/null
	done
	watch out --ahead 10
	wait_until 30 has_lines out 6
	stop $pid
	assert_equal "$(jq -r .instruction out | paste -sd' ')" 'c e b f a d'
}

@test "task-watch: prints the whole record, without its reservation" {
	task-add -m a=1 one >/dev/null
	watch out
	wait_until 30 has_lines out 1
	stop $pid
	run -0 cat out
	assert_jq '.[0] | .instruction == "one" and .metadata == {a: "1"} and .status == "pending" and
		(has("reservation") | not)'
}

@test "task-watch: prints a task as soon as it is added" {
	watch out --ahead 20
	late=0
	for i in {1..10}; do
		task-add "$i" >/dev/null
		added=${EPOCHREALTIME//[!0-9]/}
		wait_until 30 has_lines out "$i"
		((${EPOCHREALTIME//[!0-9]/} - added < 1000000)) || ((++late))
	done
	((late < 5)) # waiting for its poll would take two seconds each time
	stop $pid
}

@test "task-watch: does not hand out what waits" {
	a=$(task-add --ids a)
	task-add -d "$a" b >/dev/null
	watch out
	wait_until 30 has_lines out 1
	stop $pid
	assert_equal "$(jq -r .id out)" "$a"
}

@test "task-watch: hands out a dependent once it is released" {
	worker quick 'cat'
	a=$(task-add --ids a)
	b=$(task-add --ids -d "$a" b)
	watch out
	wait_until 30 has_lines out 1
	agent-run "$a" >/dev/null
	wait_until 30 has_lines out 2
	stop $pid
	assert_equal "$(jq -r .id out)" "$a"$'\n'"$b"
}

@test "task-watch: holds at most --ahead tasks that were not begun" {
	worker quick 'cat'
	for i in {1..5}; do task-add "$i"; done >/dev/null
	watch out --ahead 2
	wait_until 30 has_lines out 2
	for i in 2 3 4; do
		assert_equal "$(wc -l <out)" "$i"
		agent-run "$(jq -rs ".[$i - 2].id" out)" >/dev/null
		wait_until 30 has_lines out $((i + 1))
	done
	stop $pid
}

@test "task-watch: --ahead is eight unless told" {
	for i in {1..12}; do task-add "$i"; done >/dev/null
	watch out
	wait_until 30 has_lines out 8
	assert_equal "$(store-dump | jq -c 'select(.value.reservation)' | wc -l)" 8
	assert_equal "$(wc -l <out)" 8
	stop $pid
}

@test "task-watch: two of them share without doubles" {
	for i in {1..20}; do task-add "$i"; done >/dev/null
	watch one --ahead 8
	one=$pid
	watch two --ahead 20
	wait_until 30 eval '[[ $(cat one two | wc -l) -ge 20 ]]'
	assert_equal "$(cat one two | jq -r .id | sort)" "$(task-list --ids | sort)"
	stop "$one"
	stop "$pid"
}

@test "task-watch: ten pipelines at once do every task exactly once" {
	worker once 'echo "$LEGWORK_TASK_ID" >>runs'
	for i in {1..30}; do echo "{\"instruction\":\"$i\"}"; done | task-add --ids >ids
	for i in {1..10}; do
		bash -c 'task-watch --drain --ahead 2 | task-run -j 2 >/dev/null' 3>&- &
		pids+=($!)
	done
	await_all "${pids[@]}"
	assert_equal "$(sort runs)" "$(sort ids)"
	assert_equal "$(task-list --status completed --count)" 30
}

@test "task-watch: when it ends its reservations end" {
	task-add one >/dev/null
	watch out
	wait_until 30 has_lines out 1
	stop $pid
	assert_equal "$(store-dump | jq -c 'select(.value.reservation)')" ''
	watch again
	wait_until 30 has_lines again 1
	stop $pid
}

@test "task-watch: when it is killed others hand its tasks out" {
	for i in 1 2 3; do task-add "$i"; done >/dev/null
	watch first
	first=$pid
	wait_until 30 has_lines first 3
	watch second
	kill -KILL "$first"
	keep_fifos=1
	wait_until 30 has_lines second 3
	stop $pid
	assert_equal "$(jq -r .id second)" "$(jq -r .id first)"
}

@test "task-watch: ends when its reader is gone, and frees what it held" {
	mkfifo pipe
	task-add one >/dev/null
	watch pipe
	read -r line <pipe
	status=0
	await_exit $pid || status=$?
	assert_equal "$status" 74
	assert_equal "$(store-dump | jq -c 'select(.value.reservation)')" ''
	assert_equal "$(task-list --ready --count)" 1
}

@test "task-watch: a full disk under stdout is an I/O error (74), the task is free again" {
	task-add one >/dev/null
	run -74 --separate-stderr bash -c 'task-watch --drain >/dev/full'
	assert_equal "$(store-dump | jq -c 'select(.value.reservation)')" ''
}

is_given_back() { [[ ! $(store-dump | jq -c 'select(.value.reservation)') ]]; }

@test "task-watch: a task that is not begun within --visibility is free for others" {
	task-add one >/dev/null
	watch out --visibility 300ms
	one=$pid
	wait_until 30 has_lines out 1
	wait_until 30 is_given_back # by who has it: who finds it so as well might be slower to take it
	assert_equal "$(wc -l <out)" 1
	watch other
	wait_until 30 has_lines other 1
	assert_equal "$(wc -l <out)" 1
	stop "$one"
	stop "$pid"
}

@test "task-watch: --drain ends though a filter behind it wants some tasks not" {
	worker quick 'cat'
	{ task-add keep; task-add drop; } >/dev/null
	run -0 timeout 20 bash -c 'task-watch --drain --visibility 300ms |
		jq -c --unbuffered "select(.instruction == \"keep\")" | task-run >/dev/null'
	assert_equal "$(task-list | jq -r .status)" $'completed\npending'
}

@test "task-watch: --drain stays while something runs" {
	mkfifo gate
	worker slow 'echo >started; read -r _ <gate'
	id=$(task-add --ids one)
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 test -e started
	watch out --drain
	wait_until 30 eval '[[ $(find "$LEGWORK_STORE/watch/tasks" -type p 2>/dev/null) ]]'
	run ! has_ended $pid
	echo go >gate
	await_exit $pid
	await_exit $runner
	assert_equal "$(wc -l <out)" 0
}

@test "task-watch: --drain waits for a task that waits for its next attempt" {
	worker later '[[ -e again ]] || { touch again; exit 75; }'
	task-add <<<'{"instruction":"x","limits":{"retry_delay_s":0.3}}' >/dev/null
	task-watch --drain | task-run >/dev/null
	assert_equal "$(task-list | jq -r '"\(.status) \(.attempt)"')" 'completed 2'
}

@test "task-watch: a delayed attempt is not handed out before its time" {
	worker later 'date +%s%N >>runs; exit 75'
	id=$(task-add --ids <<<'{"instruction":"x","limits":{"retry_delay_s":1,"max_attempts":2}}')
	task-watch --drain | task-run >/dev/null
	mapfile -t at <runs
	((${#at[@]} == 2 && (at[1] - at[0]) / 1000000 >= 750)) || { cat runs; false; }
	assert_equal "$(field "$id" '.status, .attempt')" $'failed\n2'
}

@test "task-watch: a task whose runner died is put back without delay" {
	worker slow 'echo >>started; [[ $(wc -l <started) = 2 ]] || exec sleep 61'
	id=$(task-add --ids one)
	agent-run "$id" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines started 1
	watch out
	kill -KILL "$runner"
	keep_fifos=1
	wait_until 30 has_lines out 1
	stop $pid
	assert_none_left
	assert_equal "$(field "$id" '.status, .attempt, .error.code')" $'pending\n1\nrunner_died'
}

@test "task-watch: a task whose runners died three times fails" {
	worker deadly 'kill -KILL $PPID; exec sleep 61'
	id=$(task-add --ids one)
	keep_fifos=1
	run -0 timeout 30 bash -c 'task-watch --drain | task-run >/dev/null'
	assert_equal "$(field "$id" '.status, .attempt, .error.code')" $'failed\n3\nrunner_died'
	assert_none_left
}

@test "task-watch: --agent hands out only tasks that name the role" {
	worker smith cat
	worker miller cat
	task-add -a smith one >/dev/null
	task-add -a miller two >/dev/null
	task-add three >/dev/null
	run -0 bash -c 'task-watch --drain --agent miller | task-run >/dev/null'
	assert_equal "$(task-list | jq -r .status)" $'pending\ncompleted\npending'
}

@test "task-watch: --agent takes the role in any case, as task-add does" {
	worker Smith cat
	task-add -a smith one >/dev/null
	run -0 bash -c 'task-watch --drain --agent sMITH | task-run >/dev/null'
	assert_equal "$(task-list | jq -r .status)" completed
}

@test "task-watch: --chat hands out only tasks of that chat" {
	worker smith cat
	chat=$(chat-new --ids) other=$(chat-new --ids)
	task-add -c "$chat" one >/dev/null
	task-add -c "$other" two >/dev/null
	run -0 bash -c 'task-watch --drain --chat "$1" | task-run >/dev/null' . "${other:0:8}"
	assert_equal "$(task-list | jq -r .status)" $'pending\ncompleted'
}

@test "task-watch: an unknown chat is refused (66)" {
	run -66 --separate-stderr task-watch --drain --chat deadbeef
	assert_equal "$stderr" 'task-watch: chat deadbeef: no such chat'
}

@test "task-watch: bad option values are misuse (64)" {
	for option in --ahead=0 --ahead=x --ahead=5000 --visibility=0 --visibility=soon; do
		run -64 task-watch --drain "$option"
	done
	run -64 task-watch operand
}

@test "task-watch: a parent whose subtasks are done is handed out again, with its decision" {
	worker quick cat
	task-add -- $'- a\n- b' >/dev/null
	task-watch --drain | tee handed | task-plan | task-split | task-run >/dev/null
	run -0 cat handed
	assert_jq 'length == 4 and .[0].id == .[3].id and .[3].decision.needs_subtasks'
}

@test "task-watch: TERM ends it with 143, and no file of its lease is left" {
	watch out
	wait_until 30 eval '[[ $(find "$LEGWORK_STORE/watch/tasks" -type p 2>/dev/null) ]]'
	kill -TERM $pid
	status=0
	await_exit $pid || status=$?
	assert_equal "$status" 143
	assert_equal "$(ls "$LEGWORK_STORE/run")" ''
}

@test "task-watch: a full disk under its output is said (74), and nothing stays handed out" {
	task-add one >/dev/null
	run -74 --separate-stderr bash -c 'task-watch >/dev/full'
	assert_equal "$stderr" 'task-watch: stdout: No space left on device'
	assert_equal "$(task-list --ready --count)" 1
}
