# Both pipelines: what starts them, ends them, and brings them back.

load test_helper
load records
load llm

setup() {
	common_setup
	bin=$(dirname "$(command -v legwork-run)")
}

# People who wait for their tasks: legwork-run, started with & so that $! is its pid.
run_on() { exec legwork-run "$@" 2>>err 3>&-; }

# say TEXT - a message of ada's
say() { chat-post --user ada "$chat" "$1" >/dev/null; }

have_completed() { [[ $(task-list --status completed --count) = "$1" ]]; } # COUNT

# stage NAME - the pid of the stage of that name of legwork-run, $runner
stage() {
	local pid
	for pid in $(pids_below "$runner"); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != "$1" ]] || { echo "$pid"; return; }
	done
	return 1
}

pids_below() { # PID
	local child
	for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
		echo "$child"
		pids_below "$child"
	done
}

has_children() { [[ $(pids_below "$1") ]]; } # PID

has_all_stages() {
	local name
	for name in chat-watch task-draft task-add task-watch task-plan task-split task-run chat-post; do
		stage "$name" >/dev/null || return
	done
}

ends_with() { # STATUS PID [SECONDS]
	local status=0
	await_exit "$2" "${3:-30}" || status=$?
	assert_equal "$status" "$1"
}

nothing_left() {
	wait_until 30 no_process_left
	no_fifo_left
	run find "$TMPDIR" -mindepth 1
	assert_output ''
}

@test "legwork-run: options that do not fit are misuse (64)" {
	for name in jobs chat grace planner model threshold on-error; do
		run -64 --separate-stderr legwork-run "--$name"
		assert_regex "${stderr_lines[0]}" "^legwork-run: --$name needs "
		assert_equal "${stderr_lines[1]}" 'usage: legwork-run [options]'
	done
	run -64 legwork-run --once=x
	assert_line --index 0 'legwork-run: --once takes no value'
	run -64 legwork-run -c
	assert_line --index 0 'legwork-run: -c needs a value: chat'
	run -64 legwork-run --nonsense
	assert_line --index 0 'legwork-run: unknown option --nonsense'
	run -64 legwork-run now
	assert_line --index 0 'legwork-run: there are no operands'
	for option in -j0 -jx --jobs=9999 --grace=soon; do
		run -64 legwork-run --once "$option"
	done
	for option in --planner=me --threshold=11 --on-error=cry; do
		run -64 --separate-stderr legwork-run --once "$option"
		assert_regex "${stderr_lines[0]}" "^legwork-run: ${option%=*}: want "
		assert_equal "${stderr_lines[1]}" 'usage: legwork-run [options]'
	done
	run -64 --separate-stderr legwork run -j0
	assert_equal "$stderr" $'legwork-run: -j: want count from 1 to 1024, got \'0\'\nusage: legwork-run [options]'
}

@test "legwork-run: who plans, and how, is said to task-plan" {
	worker doer cat
	decision() { jq -nc --argjson score "$1" '{type: "text", delta: ({needs_subtasks: true, reasoning: "r",
		complexity_score: $score, required_skills: []} | tojson)}, {type: "stop", reason: "end"}'; }
	script_llm < <(decision 5; for _ in 1 2 3 4; do echo; decision 9; done)
	id=$(task-add --ids $'- one\n- two')
	legwork-run --once --planner rules
	assert_equal "$(wc -l <asked) $(task-list --parent "$id" --count)" '0 2'
	id=$(task-add --ids $'- three\n- four')
	legwork-run --once --planner=llm --threshold 6 --model 'a b'
	is_field "$id" '[.status, .subtasks, .decision.complexity_score, .decision.threshold] | tojson' '["completed",null,5,6]'
	assert_equal "$(jq -r .model asked)" 'a b'
	id=$(task-add --ids five)
	legwork-run --once --planner llm --on-error fail
	is_field "$id" '[.status, .error.category] | tojson' '["failed","validation"]'
}

@test "legwork-run --once: makes tasks of messages, does them, and posts what happens" {
	worker upper 'tr a-z A-Z'
	chat=$(chat-new --user ada --ids)
	other=$(chat-new --user ada --ids)
	say $'please:\n- one\n- two'
	chat-post --user ada "$other" three >/dev/null
	task-add --chat "$other" four >/dev/null
	run -0 legwork-run --once -j2
	assert_output ''
	run -0 task-list
	assert_jq 'length == 5 and all(.status == "completed" and .posted == .events)'
	run -0 chat-show "$chat"
	assert_output --partial 'ONE'
	run -0 legwork-run --once
	have_completed 5
	nothing_left
}

@test "legwork-run --once: of one chat only, and of no such chat (66)" {
	worker upper 'tr a-z A-Z'
	chat=$(chat-new --user ada --ids)
	other=$(chat-new --user ada --ids)
	say one
	chat-post --user ada "$other" two >/dev/null
	run -0 legwork-run --once --chat "${chat:0:8}"
	assert_equal "$(task-list | jq -r .response)" ONE
	run -66 legwork-run --once -c ffffffff
	assert_output --partial 'legwork-run: ended: chat-watch 66'
	run -66 legwork-run -c ffffffff
	assert_output --partial 'to start again would not help'
	nothing_left
}

@test "legwork-run --once: two at a time make one task of each message, and do it once" {
	worker once 'echo x >>ran'
	chat=$(chat-new --user ada --ids)
	for i in {1..20}; do say "message $i"; done
	legwork-run --once -j2 3>&- &
	first=$!
	legwork-run --once -j2 3>&- &
	await_all "$first" $!
	assert_equal "$(task-list --count)" 20
	have_completed 20
	assert_equal "$(wc -l <ran)" 20
	nothing_left
}

@test "legwork-run --once: a failed task is no failure; what ends a stage is" {
	worker bad 'exit 3'
	task-add one >/dev/null
	run -0 legwork-run --once
	chmod 0770 "$LEGWORK_STORE"
	run -77 legwork-run --once
	assert_line --regexp '^legwork-run: ended: chat-watch 77, task-add 77, task-watch 77'
	nothing_left
}

@test "legwork-run: does what is said until TERM, and leaves nothing (143)" {
	worker upper 'tr a-z A-Z'
	chat=$(chat-new --user ada --ids)
	say early
	run_on -j2 &
	runner=$!
	wait_until 30 have_completed 1
	say late
	wait_until 30 have_completed 2
	has_all_stages
	kill -TERM "$runner"
	ends_with 143 "$runner"
	assert_equal "$(cat err)" ''
	assert_equal "$(task-list | jq -c '[.posted, .events]' | sort -u)" '[4,4]'
	nothing_left
}

@test "legwork-run: HUP ends it too (129), and INT (130)" {
	for signal in HUP:129 INT:130; do
		env --default-signal=HUP,INT legwork-run 2>>err 3>&- &
		runner=$!
		wait_until 30 has_all_stages
		kill -"${signal%:*}" "$runner"
		ends_with "${signal#*:}" "$runner"
		assert_equal "$(cat err)" ''
		nothing_left
	done
}

@test "legwork-run: Ctrl-C on a terminal ends it (130), and lets a running task end" {
	command -v script >/dev/null || skip 'there is no script(1)'
	mkfifo gate keys
	worker slow 'echo >>started; read -r _ <gate; echo done'
	task-add one >/dev/null
	env --default-signal=INT script -qec 'trap : INT; legwork-run --grace 60; echo "status $?" >status' /dev/null \
		<keys >out 2>&1 3>&- &
	terminal=$!
	exec 4>keys
	wait_until 30 has_lines started 1
	printf '\003' >&4
	echo go >gate
	await_exit "$terminal"
	exec 4>&-
	assert_equal "$(cat status)" 'status 130'
	have_completed 1
	run cat out
	assert_line --partial "legwork-run: both pipelines run for $LEGWORK_STORE, -j 1; ^C or kill "
	assert_line --partial 'legwork-run: running tasks may go on for 60 s; ^C or kill '
	nothing_left
}

@test "legwork-run: a signal at any moment of its start leaves nothing" {
	for i in {1..12}; do
		run_on &
		runner=$!
		wait_until 30 has_children "$runner"
		for ((n = 0; n < i * 40; n++)); do :; done
		kill -TERM "$runner"
		ends_with 143 "$runner"
	done
	nothing_left
}

@test "legwork-run: running tasks get the time of --grace; a second TERM ends it" {
	mkfifo gate
	worker slow 'echo >>started; read -r _ <gate; echo done'
	task-add one >/dev/null
	run_on --grace 60 &
	runner=$!
	wait_until 30 has_lines started 1
	kill -TERM "$runner"
	echo go >gate
	ends_with 143 "$runner"
	have_completed 1

	task-add two >/dev/null
	run_on --grace 60 &
	runner=$!
	wait_until 30 has_lines started 2
	kill -TERM "$runner"
	wait_until 30 eval 'kill -TERM $runner 2>/dev/null; has_ended $runner'
	ends_with 143 "$runner"
	assert_equal "$(task-list --status pending | jq -c .attempt)" 0
	nothing_left
}

# What a process that is stopped has not yet been told: TERM is bit 14.
has_term_pending() { (( 0x$(sed -n 's/^ShdPnd:\s*//p' "/proc/$1/status") >> 14 & 1 )); } # PID

@test "legwork-run: a second TERM ends it also where a stage sees both as one" {
	mkfifo gate
	worker slow 'echo >>started; read -r _ <gate; echo done'
	task-add one >/dev/null
	run_on --grace 60 &
	runner=$!
	wait_until 30 eval '[[ -s started ]]'
	wait_until 30 has_all_stages
	runs=$(stage task-run)
	stop_idle "$runs"
	kill -TERM "$runner"
	wait_until 30 has_term_pending "$runs"
	kill -TERM "$runner"
	wait_until 30 eval '! stage chat-watch'
	kill -CONT "$runs"
	ends_with 143 "$runner"
	assert_equal "$(task-list --status pending | jq -c .attempt)" 0
	nothing_left
}

@test "legwork-run: a stage that is killed: its pipeline comes back, and the work is done" {
	worker upper 'tr a-z A-Z'
	chat=$(chat-new --user ada --ids)
	run_on &
	runner=$!
	done=0
	for name in task-run chat-watch task-add; do
		wait_until 30 has_all_stages
		kill -KILL "$(stage "$name")"
		say "after $name"
		done=$((done + 1))
		wait_until 30 have_completed "$done"
		wait_until 30 grep -qE "^legwork-run: ended: (.*, )?$name was killed \(signal 9\)(, .*)?; starting again in [12] s$" err
	done
	kill -TERM "$runner"
	ends_with 143 "$runner"
	assert_equal "$(task-list --count)" 3
	keep_fifos=1 # of those who were killed; the next ones sweep them away
	wait_until 30 no_process_left
}

@test "legwork-run: task-run killed with a task at work: the task is completed" {
	mkfifo gate
	worker slow 'echo >>started; read -r _ <gate; echo done'
	task-add one >/dev/null
	run_on &
	runner=$!
	wait_until 30 has_lines started 1
	kill -KILL "$(stage task-run)"
	wait_until 30 grep -qxE 'legwork-run: ended: task-run was killed \(signal 9\); starting again in 1 s' err
	wait_until 30 stage task-run
	echo go >gate
	wait_until 30 have_completed 1
	wait_until 30 is_field "$(task-list --ids)" '.posted == .events' true
	kill -TERM "$runner"
	ends_with 143 "$runner"
	keep_fifos=1
}

@test "legwork-run: killed itself, it takes its pipelines with it" {
	run_on &
	runner=$!
	wait_until 30 has_all_stages
	kill -KILL "$runner"
	ends_with 137 "$runner"
	nothing_left
}

# A kit of stand-ins: stages that end at once with what a file of their name says, and a clock and
# a sleep that only write down what they are asked.
make_dummies() {
	mkdir -p 'bare/a b'
	cp "$bin/legwork-run" 'bare/a b'
	for name in chat-watch task-draft task-add task-watch task-plan task-split task-run chat-post; do
		# shellcheck disable=SC2016
		printf '#!/bin/sh\n[ "$3" != --grace ] || [ "$5" != --help ] || exit 0\nread -r _\nexit "$(cat %s 2>/dev/null || echo 0)"\n' \
			"$PWD/status.$name" >"bare/a b/$name"
	done
	# The second pipeline stands still.
	printf '#!/bin/sh\nexec sleep 1000\n' >'bare/a b/task-watch'
	printf '#!/bin/sh\ncat "%s/now"\n' "$PWD" >'bare/a b/date'
	cat >'bare/a b/sleep' <<-SH
		#!/bin/bash
		echo "\$1" >>"$PWD/slept"
		echo "\$((\$(cat "$PWD/now") + \$(cat "$PWD/takes")))" >"$PWD/now"
		[ "\$(wc -l <"$PWD/slept")" -lt 10 ] || exec -a waits /bin/sleep 1000
	SH
	sed -i 's|exec sleep|exec /bin/sleep|' 'bare/a b/task-watch'
	chmod +x 'bare/a b'/*
	echo 0 >now
	echo 0 >takes
}

@test "legwork-run: restarts come after 1, 2, 4 ... 60 s" {
	make_dummies
	echo 5 >status.task-draft
	'bare/a b/legwork-run' 2>err 3>&- &
	runner=$!
	wait_until 60 has_lines slept 10
	kill -TERM "$runner"
	ends_with 143 "$runner"
	assert_equal "$(paste -sd ' ' slept)" '1 2 4 8 16 32 60 60 60 60'
	assert_equal "$(sed -n 3p err)" 'legwork-run: ended: task-draft 5; starting again in 4 s'
	nothing_left
}

@test "legwork-run: what only came of another stage's end is named where there is no cause" {
	make_dummies
	rm 'bare/a b/task-watch'
	cp 'bare/a b/task-plan' 'bare/a b/task-watch'
	for name in chat-watch:141 task-draft:74 task-add:137 task-watch:141 task-run:74; do
		echo "${name#*:}" >"status.${name%:*}"
	done
	run -137 'bare/a b/legwork-run' --once
	assert_line 'legwork-run: ended: task-add was killed (signal 9)'
	rm status.task-add
	run -74 'bare/a b/legwork-run' --once
	assert_line --regexp '^legwork-run: ended: chat-watch was killed \(signal 13\), task-draft 74, '
	nothing_left
}

@test "legwork-run: after a minute that went well the first delay is short again" {
	make_dummies
	cat >'bare/a b/chat-watch' <<-SH
		#!/bin/sh
		# the third run takes a minute
		echo >>"$PWD/runs"
		[ "\$(wc -l <"$PWD/runs")" != 3 ] || echo 60 >"$PWD/now"
	SH
	'bare/a b/legwork-run' 2>err 3>&- &
	runner=$!
	wait_until 60 has_lines slept 10
	kill -TERM "$runner"
	ends_with 143 "$runner"
	assert_equal "$(head -n 5 slept | paste -sd ' ')" '1 2 1 2 4'
	nothing_left
}

@test "legwork-run: a status that would come again ends all" {
	make_dummies
	for status in 64 66 77 78; do
		echo "$status" >status.task-add
		run -"$status" timeout 60 'bare/a b/legwork-run'
		assert_output "legwork-run: task-add $status: to start again would not help"
	done
	rm status.task-add 'bare/a b/task-draft'
	run -127 env PATH=/usr/bin:/bin timeout 60 'bare/a b/legwork-run'
	assert_output --partial 'task-draft 127: to start again would not help'
	assert_not_exist slept
	nothing_left
}

@test "legwork-run: all of it in other shells" {
	command -v busybox >/dev/null || [[ $(readlink -f /bin/sh) != */bash ]] || skip 'there is no other shell'
	worker upper 'tr a-z A-Z'
	chat=$(chat-new --user ada --ids)
	count=0
	for shell in dash 'busybox sh' 'bash --posix' bash; do
		command -v "${shell%% *}" >/dev/null || continue
		say "in $shell"
		count=$((count + 1))
		# shellcheck disable=SC2086 # words
		run -0 $shell "$bin/legwork-run" --once
		have_completed "$count"
		# shellcheck disable=SC2086
		$shell "$bin/legwork-run" 2>err 3>&- &
		runner=$!
		wait_until 30 has_all_stages
		kill -TERM "$runner"
		ends_with 143 "$runner"
		assert_equal "$(cat err)" ''
		# shellcheck disable=SC2086
		run -64 $shell "$bin/legwork-run" --chat
		nothing_left
	done
}
