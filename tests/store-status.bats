# How a store stands: counts, what runs, what waits and why, what failed, who works on it.

load test_helper
load records

text() { COLUMNS=100 store-status --format text "$@"; }

@test "store-status: an empty store has nothing, and nobody takes tasks" {
	run -0 text
	assert_line --index 0 "Store    $LEGWORK_STORE"
	assert_line --index 1 'Tasks    none'
	assert_line 'Chats    0'
	assert_line --partial 'No task-watch: nobody takes tasks'
	run -0 store-status --jq '.tasks | add'
	assert_output 0
}

@test "store-status: counts tasks by status, and pending ones by what becomes of them" {
	worker quick cat
	worker bad 'exit 3'
	agent-run "$(task-add --ids -a quick a)" >/dev/null
	agent-run "$(task-add --ids -a bad b)" >/dev/null
	ready=$(task-add --ids c)
	task-add -d "$ready" d >/dev/null
	run -0 store-status
	assert_jq '.[0] | .tasks == {pending: 2, in_progress: 0, completed: 1, failed: 1, cancelled: 0}
		and .pending == {ready: 1, reserved: 0, delayed: 0, approval: 0, waiting: 1} and .agents == 2'
	run -0 text
	assert_line 'Tasks    2 pending, 1 completed, 1 failed'
	assert_line 'Pending  1 ready, 1 waiting'
}

@test "store-status: says why a task waits, and why one failed" {
	worker bad 'echo no luck >&2; exit 3'
	agent-run "$(task-add --ids -a bad 'try this')" >/dev/null
	first=$(task-add --ids first)
	task-add -d "$first" second >/dev/null
	run -0 text
	assert_line --regexp '  first: it is ready: no pipeline has taken it yet$'
	assert_line --regexp "  second: it waits for ${first:0:8}\$"
	assert_line --regexp '  try this: no luck$'
}

@test "store-status: the last failures come first, and --limit says how many" {
	worker bad 'exit 1'
	for i in 1 2 3; do agent-run "$(task-add --ids -a bad "number $i")" >/dev/null; done
	run -0 store-status --limit 2 --jq '.failed[].title'
	assert_output $'number 3\nnumber 2'
	run -0 store-status -n 0 --jq '.failed | length'
	assert_output 0
}

has_processes() { # NAME ...
	local name
	for name; do
		store-status --jq '.processes[].command' | grep -qx "$name" || return
	done
}

@test "store-status: tells who works on the store, and what runs" {
	mkfifo go
	agent-add slow -- sh -c "read -r line <'$PWD/go'" >/dev/null
	(task-watch | task-run -j2 >/dev/null) 3>&- &
	pipeline=$!
	id=$(task-add --ids -a slow 'take your time')
	wait_until 30 has_processes task-watch task-run agent-run
	wait_until 30 sh -c 'store-status --jq ".running[].title" | grep -qx "take your time"'
	run -0 text
	assert_line --regexp '^[ 0-9]+ +[0-9]+s  task-run -j2$'
	assert_line --regexp '  take your time: slow$'
	refute_output --partial 'No task-watch'
	echo >go
	task-wait --quiet "$id"
	pid=$(store-status --jq '.processes[] | select(.command == "task-watch").pid')
	kill -TERM "$pid"
	await_exit "$pipeline"
}

@test "store-status: who works on another store is not told of" {
	(export LEGWORK_STORE=$PWD/other; exec task-watch >/dev/null) 3>&- &
	watch=$!
	wait_until 30 sh -c 'LEGWORK_STORE=$PWD/other store-status --jq ".processes[].command" | grep -qx task-watch'
	run -0 store-status --jq '.processes | length'
	assert_output 0
	kill -TERM "$(LEGWORK_STORE=$PWD/other store-status --jq '.processes[0].pid')"
	status=0
	await_exit "$watch" || status=$?
	assert_equal "$status" 143
}

@test "store-status: a title with control characters drives no terminal" {
	task-add $'a\033[31mb\007' >/dev/null
	run -0 text
	assert_line --regexp '  ab: it is ready'
	refute_output --regexp $'[\033\007]'
}
