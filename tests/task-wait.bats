# The end of tasks is waited for.

load test_helper
load records

@test "task-wait: 0 where all have completed, and prints them" {
	worker quick cat
	a=$(task-add --ids a) b=$(task-add --ids b)
	agent-run "$a" >/dev/null
	agent-run "$b" >/dev/null
	run -0 task-wait "$b" "${a:0:8}"
	assert_jq 'map(.instruction) == ["b", "a"] and all(.status == "completed")'
}

@test "task-wait: 1 where one failed" {
	worker picky 'read -r text; [[ $text != b ]]'
	a=$(task-add --ids a) b=$(task-add --ids b)
	for id in "$a" "$b"; do agent-run "$id" >/dev/null; done
	run -1 task-wait "$b" "$a"
	assert_jq 'map(.status) == ["failed", "completed"]'
}

@test "task-wait: 1 where one was cancelled" {
	worker bad 'exit 1'
	id=$(task-add --ids -- $'- a\n- b')
	task-show "$id" | task-plan | task-split --print | jq -r .id >children
	agent-run "$(sed -n 1p children)" >/dev/null
	run -1 task-wait "$(sed -n 2p children)"
	assert_jq '.[0].status == "cancelled"'
}

@test "task-wait: 124 when the time is over" {
	id=$(task-add --ids a)
	run -124 task-wait --timeout 100ms "$id"
	assert_output ''
	run -124 task-wait -t 0 "$id"
}

@test "task-wait: ends when the task does" {
	worker quick cat
	id=$(task-add --ids a)
	late=0
	for i in {1..8}; do
		id=$(task-add --ids "$i")
		task-wait "$id" >out 3>&- &
		pid=$!
		wait_until 30 test -d "$LEGWORK_STORE/watch/task-$id"
		agent-run "$id" >/dev/null
		ended=${EPOCHREALTIME//[!0-9]/}
		await_exit $pid
		((${EPOCHREALTIME//[!0-9]/} - ended < 500000)) || ((++late))
		assert_equal "$(jq -r .status out)" completed
	done
	((late < 4)) # waiting for its poll would take up to two seconds each time
}

@test "task-wait: a task that was over before is not waited for" {
	worker bad 'exit 1'
	id=$(task-add --ids a)
	agent-run "$id" >/dev/null
	run -1 task-wait --timeout 0 "$id"
}

@test "task-wait: waits through retries" {
	worker later '[[ -e again ]] || { touch again; exit 75; }'
	id=$(task-add --ids <<<'{"instruction":"x","limits":{"retry_delay_s":0.1}}')
	bash -c 'task-watch --drain | task-run >/dev/null' 3>&- &
	run -0 task-wait --timeout 60 "$id"
	await_exit $!
	assert_jq '.[0].attempt == 2'
}

@test "task-wait: --quiet prints nothing" {
	worker quick cat
	id=$(task-add --ids a)
	agent-run "$id" >/dev/null
	run -0 task-wait --quiet "$id"
	assert_output ''
	run -0 task-wait -q "$id"
	assert_output ''
}

@test "task-wait: an unknown id is refused (66) before any is waited for" {
	id=$(task-add --ids a)
	run -66 --separate-stderr timeout 30 task-wait "$id" deadbeef
	assert_equal "$stderr" 'task-wait: task deadbeef: no such task'
}

@test "task-wait: ends when nobody reads it, and that is no time-out" {
	mkfifo out
	id=$(task-add --ids a)
	task-wait "$id" >out 3>&- &
	pid=$!
	exec 5<out
	wait_until 30 test -d "$LEGWORK_STORE/watch/task-$id"
	exec 5<&-
	status=0
	await_exit $pid || status=$?
	[[ $status != 124 && $status != 0 ]] || { echo "status $status"; false; }
}

@test "task-wait: no task, or no time, is misuse (64)" {
	run -64 task-wait
	run -64 task-wait --timeout soon x
}

@test "task-wait: TERM ends it" {
	id=$(task-add --ids a)
	keep_fifos=1
	task-wait "$id" 3>&- >/dev/null &
	pid=$!
	wait_until 30 test -d "$LEGWORK_STORE/watch/task-$id"
	kill -TERM $pid
	status=0
	await_exit $pid || status=$?
	assert_equal "$status" 143
}

@test "task-wait: prints them as one likes" {
	worker quick cat
	a=$(task-add --ids a) b=$(task-add --ids b)
	for id in "$a" "$b"; do agent-run "$id" >/dev/null; done
	run -0 task-wait --ids "$a" "$b"
	assert_output "$a
$b"
	run -0 task-wait --jq .response "$a" "$b"
	assert_output $'a\nb'
	run -0 task-wait --format tsv "$a"
	assert_equal "$(cut -f 1,2,6 <<<"$output")" "$a"$'\tcompleted\ta'
	run -0 task-wait --format text "$a" "$b"
	assert_equal "$(cut -d' ' -f 1 <<<"$output" | paste -sd,)" "ID,${a:0:8},${b:0:8}"
	run -65 task-wait --jq error "$a"
	run -64 task-wait --ids --jq . "$a"
}

@test "task-wait: a signal ends it, and it leaves no bell behind" {
	id=$(task-add --ids a)
	for signal in INT TERM; do
		bash -c 'trap - INT; exec "$@"' - env --default-signal=INT task-wait "$id" 3>&- &
		waiter=$!
		wait_until 30 sh -c 'ls "$LEGWORK_STORE"/watch/task-*/*'
		kill -s "$signal" "$waiter"
		status=0
		await_exit "$waiter" || status=$?
		[[ $status = 130 || $status = 143 ]]
		run ! ls "$LEGWORK_STORE"/watch/task-*/*
	done
}

@test "task-wait: on a terminal, too, what was waited for may be deleted meanwhile" {
	agent-add quick -- true >/dev/null
	a=$(task-add --ids a) b=$(task-add --ids b)
	agent-run "$a" >/dev/null
	TERM=xterm script -qefc "task-wait -t 60 $a $b" out </dev/null >/dev/null 3>&- &
	typing=$!
	wait_until 30 grep -q "${a:0:8}" out
	wait_until 30 grep -q 'waiting for tasks' out
	task-rm "$a"
	agent-run "$b" >/dev/null
	await_exit "$typing"
}
