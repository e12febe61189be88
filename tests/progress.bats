# Who waits at a terminal sees how far it has come.

load test_helper
load records

# The text of what a terminal was sent, a line for each time it was drawn.
drawn() { tr '\r' '\n' <"$1" | sed 's/\x1b\[[0-9;]*[mK]//g'; }

@test "progress: task-wait draws a bar, and takes it away" {
	a=$(task-add --ids a) b=$(task-add --ids b)
	agent-add quick -- true >/dev/null
	agent-run "$b" >/dev/null
	TERM=xterm script -qec "task-wait -t 1 $a $b" out </dev/null >/dev/null || [ $? = 124 ]
	run -0 drawn out
	assert_line --regexp '^waiting for tasks  [━]{10}[─]{10}  1 of 2  [0-9]+s$'
	assert_equal "$(grep -o $'\r\033\[K' out | wc -l)" "$(($(grep -o 'waiting for' out | wc -l) + 1))"
}

@test "progress: of one task that was split its subtasks are counted" {
	agent-add quick -- true >/dev/null
	id=$(task-add --ids -- $'- a\n- b\n- c\n- d')
	task-show "$id" | task-plan | task-split --print | jq -r .id >children
	agent-run "$(sed -n 1p children)" >/dev/null
	TERM=xterm script -qec "task-wait -t 1 $id" out </dev/null >/dev/null || [ $? = 124 ]
	run -0 drawn out
	assert_line --partial '  1 of 4  '
}

@test "progress: nothing is drawn on what is no terminal, or a dumb one" {
	id=$(task-add --ids a)
	run -124 --separate-stderr task-wait -t 1 "$id"
	assert_equal "$output$stderr" ''
	TERM=dumb script -qec "task-wait -t 1 $id" out </dev/null >/dev/null || [ $? = 124 ]
	run ! grep -q waiting out
}

# What SECONDS of steps look like: syncs that take their time.
slowly() { # COMMAND
	TERM=xterm script -qec "ASAN_OPTIONS=detect_leaks=0 strace -f --seccomp-bpf -qq -o /dev/null \
		-e trace=fdatasync -e inject=fdatasync:delay_enter=10000 $1" out </dev/null >/dev/null
}

@test "progress: task-add and store-load of a large file draw it while they read" {
	jq -cn 'range(30000) | {instruction: "number \(.)"}' >specs
	slowly 'task-add <specs >/dev/null'
	run -0 drawn out
	assert_line --regexp '^adding tasks  [━]*[─]+  [0-9]+  [0-9]+ %  [0-9]+s$'
	store-dump >dump
	export LEGWORK_STORE=$PWD/other
	slowly 'store-load <dump'
	run -0 drawn out
	assert_line --regexp '^loading records  [━]*[─]+  [0-9]+  [0-9]+ %  [0-9]+s$'
}

@test "progress: nothing is drawn of what comes through a pipe, whose end nobody knows" {
	TERM=xterm script -qec 'seq 30000 | jq -cR "{instruction: .}" | ASAN_OPTIONS=detect_leaks=0 strace \
		-f --seccomp-bpf -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:delay_enter=10000 \
		task-add >/dev/null; echo over' out </dev/null >/dev/null
	run -0 drawn out
	assert_line over
	refute_output --partial adding
}
