# What the kills, stops, crowds and shortages of tests/torture come to in a minute; make torture does
# all of it.
load test_helper
load records
export BATS_TEST_TIMEOUT=1200 # faults take their time where others work, too

# skip_what_was - where the script could not try what it was to try
skip_what_was() {
	local why
	why=$(sed -n 's/^SKIPPED: //p' <<<"$output" | head -n 1)
	[[ ! $why ]] || skip "$why"
}

# --- kill -9

@test "kills: any process of the first pipeline, under load: each message is one task, in order" {
	torture kills 60 first
}

@test "kills: any process of both pipelines at once: each message is one task, done once, its events in order" {
	torture kills 15 both
}

# --- SIGSTOP

@test "stops: whoever is stopped with the lock is waited for, and 75 it is when that takes too long" {
	torture stops 61
	skip_what_was
}

need_preload() {
	preload=$(dirname "$(dirname "$(command -v task-add)")")/torture/fault.so
	[[ $preload != */san/* ]] || skip 'nothing can be preloaded to a sanitizer'
}

# hold_lock - have a task-add stop while it holds the lock: $holder
hold_lock() {
	FAULT_STOP=20 LD_PRELOAD=$preload task-add --key held 'who held the lock' >/dev/null 3>&- &
	holder=$!
	wait_until 30 is_stopped "$holder"
	run ! flock -n "$LEGWORK_STORE/lock" true
}

is_stopped() { grep -q '^State:[[:space:]]*T' "/proc/$1/status"; }

# wait_in_vain SECONDS - a reader and a writer wait so long, say so, and have done nothing
wait_in_vain() {
	local name
	for name in task-list task-add; do
		LEGWORK_LOCK_WAIT=$1 run -75 --separate-stderr "$name" # a task-add of nothing begins nothing
		assert_equal "$stderr" "$name: store: locked for more than ${1}000 ms"
	done </dev/null
}

# waiter - an agent that works until something is written into the FIFO go; others do the rest
waiter() {
	mkfifo go
	worker other :
	worker waiter "cat '$PWD/go'" --skill wait
}

@test "stops: an agent's result outlasts a lock that is held longer than LEGWORK_LOCK_WAIT" {
	need_preload
	waiter
	task=$(task-add --ids --agent waiter work)
	LEGWORK_LOCK_WAIT=1 agent-run "$task" >events 3>&- &
	runner=$!
	wait_field "$task" .status in_progress
	hold_lock
	echo answer >go
	for i in 1 2 3; do LEGWORK_LOCK_WAIT=1 run -75 task-list; done # longer than the runner waits once
	run ! has_ended "$runner"
	kill -CONT "$holder"
	await_exit "$holder"
	await_exit "$runner"
	assert_equal "$(field "$task" '[.status, .response, .attempt] | join(" ")')" 'completed answer 1'
	assert_equal "$(task-list --count)" 2
}

@test "stops: both pipelines meet a stopped holder of the lock; started again they lose nothing" {
	need_preload
	waiter
	export LEGWORK_LOCK_WAIT=1
	chat=$(chat-new --user ann --ids)
	chat-post --user ann "$chat" 'wait one' >/dev/null
	cat >first <<-'SH'
		(echo "$BASHPID" >first.pid; exec chat-watch --cursor maker --since 0 "$@") | task-draft | task-add >/dev/null
	SH
	cat >second <<-'SH'
		task-watch "$@" | task-plan | task-split | task-run -j4 | chat-post >/dev/null
		echo "${PIPESTATUS[*]}" >second.status
	SH
	bash first "$chat" 2>first.err 3>&- &
	pids=($!)
	bash second 2>second.err 3>&- &
	pids+=($!)
	# the first one has read the message, and what the task says until it waits: it is at rest
	is_at_rest() {
		[[ $(store-dump | jq --arg key "cursor/maker/$chat" 'select(.key == $key).value.seq') = 3 &&
			$(task-list --status in_progress --count) = 1 ]]
	}
	wait_until 30 is_at_rest
	hold_lock
	echo answer >go
	wait_until 30 grep -q '^task-watch: store: locked' second.err
	kill -CONT "$holder"
	await_exit "$holder"
	await_exit "${pids[1]}"
	assert_regex "$(<second.status)" '^(0|74|75)( (0|74|75)){4}$'
	run ! grep -vE '^(task-[a-z]+|chat-post): store: locked for more than 1000 ms$' second.err
	export LEGWORK_LOCK_WAIT=30
	chat-post --user ann "$chat" 'wait two' >/dev/null
	echo answer >go 3>&- &
	is_added() { [[ $(task-list --chat "$chat" --count) = 2 ]]; }
	wait_until 30 is_added
	bash second --drain 3>&-
	await_exit $!
	kill "$(<first.pid)" # which was at rest all the time
	await_exit "${pids[0]}"
	run -0 jq -rs 'map(select(.chat_id) | [.key, .instruction, .status, .response, .attempt, .events == .posted] | join(" "))[]' <(task-list --chat "$chat")
	assert_line --index 0 --regexp '^message:.* wait one completed answer 1 true$'
	assert_line --index 1 --regexp '^message:.* wait two completed answer 1 true$'
	assert_equal "${#lines[@]}" 2
}

@test "stops: a printer whose reader has stopped holds no lock" {
	chat=$(chat-new --ids)
	for i in {1..300}; do printf '{"instruction":"%s %01000d"}\n' "$i" 0; done >specs
	task-add <specs >/dev/null
	jq -r .instruction specs | chat-post "$chat" >/dev/null
	mkfifo pipe
	exec 5<>pipe # a reader who does not read
	for line in task-list "chat-show $chat" "chat-watch --since 0 $chat" store-dump store-log 'task-watch --ahead 300'; do
		# shellcheck disable=SC2086 # words
		$line >pipe 3>&- 5>&- &
		pid=$!
		wait_until 30 is_full "$pid"
		flock -n "$LEGWORK_STORE/gate" flock -n "$LEGWORK_STORE/lock" true || { echo "$line holds the lock"; false; }
		LEGWORK_LOCK_WAIT=1 task-add "while $line is stopped" >/dev/null
		kill -KILL "$pid"
		await_exit "$pid" || [ $? = 137 ]
		dd <&5 of=/dev/null iflag=nonblock 2>/dev/null || true
	done
	exec 5>&-
	assert_equal "$(task-list --count)" 306
	keep_fifos=1 # of those that were killed
}

# It waits for room in its pipe.
is_full() { grep -q pipe "/proc/$1/wchan"; }

# --- a crowd

@test "crowd: 500 task-add at once, with the same and with different keys: each that is acknowledged is there once" {
	torture crowd 500
}

# --- shortages

@test "limits: where files may not grow or be opened, or 0 to 2 are closed, commands say so; then they do it once" {
	export KINDS='fsize nofile closed'
	torture limits 29
}

@test "limits: on a full tmpfs, of blocks or of files, every command says so; with space again it does it once" {
	export KINDS='tmpfs inodes'
	torture limits 17
	skip_what_was
}

@test "limits: on a full ext4 every command says so; with space again it does it once" {
	export KINDS=ext4
	torture limits 17
	skip_what_was
}
