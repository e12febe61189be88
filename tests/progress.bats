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

# Feed lines until the bar is seen.
feed_until_drawn() { # WHAT LINE
	local deadline=$((SECONDS + 20)) i=0
	until grep -q "$1" out 2>/dev/null || ((SECONDS > deadline)); do
		# shellcheck disable=SC2059 # a format
		printf "$2\n" "$((i++))"
	done
}

@test "progress: task-add and store-load of many lines draw it while they read" {
	touch out
	feed_until_drawn 'adding tasks  [0-9]' '{"instruction":"number %d"}' |
		TERM=xterm script -qefc 'cat | task-add >/dev/null' out >/dev/null
	grep -q 'adding tasks  [0-9]' out
	store-dump >dump
	export LEGWORK_STORE=$PWD/other
	: >out
	feed_until_drawn 'loading records  [0-9]' '{"key":"x/%d","value":{},"sets":[],"names":[]}' |
		TERM=xterm script -qefc 'cat | store-load' out >/dev/null
	grep -q 'loading records  [0-9]' out
}
