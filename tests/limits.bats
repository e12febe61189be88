# How many tasks of an agent, a crew or a chat run at once.

load test_helper
load records

# slow ROLE [OPTION ...] - an agent that notes how many of its kind run, and waits for a line of
# gate, which is kept open: there a line stays also where who is to take it has not come to that
slow() {
	[[ -p gate ]] || { mkfifo gate && exec 6<>gate; }
	worker "$1" 'echo "$LEGWORK_TASK_ID" >>began; read -r _ <>gate' "${@:2}"
}

# counted ROLE [OPTION ...] - one that says in `most` how many of those that share its counter ran
# at once, each time; it goes on as long as another could begin, so that nobody is alone by chance
counted() {
	worker "$1" '
		could_begin() {
			task-list --jq "select(.status == \"in_progress\" or
				(.status == \"pending\" and (.waiting | not))) | .id"
		}
		all_begun() { for id in $(could_begin); do [[ -e begun/$id ]] || return; done; }
		exec 8>>lock; flock 8
		mkdir -p now begun; : >"begun/$LEGWORK_TASK_ID" >"now/$LEGWORK_TASK_ID"
		set -- now/*; echo $# >>most
		flock -u 8
		until all_begun || ((SECONDS > 20)); do read -rt 0.01 <> <(:); done
		flock 8; rm "now/$LEGWORK_TASK_ID"' "${@:2}"
}

pipeline() { task-watch --drain | task-run -j 8 >/dev/null; }

highest() { sort -n most | tail -n 1; }

@test "limits: an agent runs at most --max-running tasks at once, and all of them in the end" {
	counted w --max-running 2
	for i in {1..8}; do task-add "$i"; done >/dev/null
	run -0 timeout 60 bash -c 'task-watch --drain | task-run -j 8 >/dev/null'
	assert_equal "$(highest)" 2
	assert_equal "$(task-list --status completed --count)" 8
	store-check
}

@test "limits: it holds for any number of pipelines and runs by hand" {
	counted w --max-running 1
	for i in {1..6}; do task-add --ids "$i"; done >ids
	pids=()
	for i in 1 2 3; do
		bash -c 'task-watch --drain | task-run -j 4 >/dev/null' 3>&- &
		pids+=($!)
	done
	while read -r id; do agent-run "$id" >/dev/null 2>&1 || [[ $? = 75 ]]; done <ids
	for pid in "${pids[@]}"; do await_exit "$pid" 60; done
	assert_equal "$(highest)" 1
	assert_equal "$(wc -l <most)" 6
	assert_equal "$(task-list --status completed --count)" 6
}

@test "limits: the claim is passed where the agent is busy, says why (75), and costs nothing" {
	slow w --max-running 1
	a=$(task-add --ids a) b=$(task-add --ids b)
	agent-run "$a" >/dev/null 3>&- &
	wait_until 30 has_lines began 1
	run -75 --separate-stderr agent-run "$b"
	assert_output ''
	assert_equal "$stderr" "agent-run: task ${b:0:8}: agent w has 1 of 1 tasks running"
	run -0 task-show "$b"
	assert_jq '.[0] | .status == "pending" and .waiting == "slot" and .slot == "agent.w" and .attempt == 0'
	run -0 task-why --jq .why "$b"
	assert_output 'agent w has 1 of 1 tasks running'
	echo >gate
	await_exit $!
	run -0 task-why --jq .why "$b"
	assert_output 'it is ready: no pipeline has taken it yet'
	echo >gate 3>&- &
	run -0 agent-run "$b"
	await_exit $!
	assert_equal "$(field "$b" '.status, .attempt, .slot')" $'completed\n1\nnull'
	store-check
}

@test "limits: tasks of a busy agent hold up nobody behind them, and are handed out at once when it is free" {
	slow busy --max-running 1
	worker quick cat
	first=$(task-add --ids -a busy -p high 0)
	agent-run "$first" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
	for i in {1..20}; do task-add -a busy -p high "$i"; done >/dev/null
	other=$(task-add --ids -a quick -p low other)
	task-watch --ahead 1 >out 3>&- &
	pid=$!
	wait_until 30 has_lines out 1
	assert_equal "$(jq -r .id out)" "$other"
	agent-run "$other" >/dev/null
	for i in {1..8}; do
		echo >gate
		await_exit $runner
		wait_until 30 has_lines out $((i + 1))
		times+=("$(written out)")
		agent-run "$(tail -n 1 out | jq -r .id)" >/dev/null 3>&- &
		runner=$!
		wait_until 30 has_lines began $((i + 1))
	done
	assert_outran_poll "${times[@]}"
	assert_equal "$(jq -r .instruction out | paste -sd' ')" 'other 1 2 3 4 5 6 7 8'
	assert_equal "$(task-list --jq 'select(.waiting == "slot") | .id' | wc -l)" 12
	kill $pid
	echo >gate
	await_exit $runner
	await_stopped $pid
	store-check
}

@test "limits: the oldest of the highest priority is next" {
	slow w --max-running 1
	agent-run "$(task-add --ids 0)" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
	task-watch >out 3>&- &
	pid=$!
	for spec in low:d medium:b high:a medium:c; do task-add -p "${spec%:*}" "${spec#*:}"; done >/dev/null
	wait_until 30 eval '[[ $(task-list --jq "select(.waiting == \"slot\") | .id" | wc -l) = 4 ]]'
	echo >gate
	await_exit $runner
	for i in 1 2 3 4; do
		wait_until 30 has_lines out "$i"
		agent-run "$(jq -rs ".[$i - 1].id" out)" >/dev/null 3>&- &
		echo >gate
		await_exit $!
	done
	kill $pid
	await_stopped $pid
	assert_equal "$(jq -r .instruction out | paste -sd' ')" 'a b c d'
}

@test "limits: --drain stays while tasks wait for a running one, and ends when they are done" {
	slow w --max-running 1
	one=$(task-add --ids one) two=$(task-add --ids two)
	agent-run "$one" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
	bash -c 'task-watch --drain | task-run >/dev/null' 3>&- &
	pid=$!
	wait_field "$two" .waiting slot
	run ! has_ended $pid
	echo >gate
	await_exit $runner
	wait_until 30 has_lines began 2
	echo >gate
	await_exit $pid
	assert_equal "$(task-list --jq .status)" $'completed\ncompleted'
	assert_equal "$(store-dump | jq -r 'select(.sets[] == "holds").key')" ''
}

@test "limits: kill -9 of a runner frees its slot" {
	worker w '[[ -e once ]] || { touch once; exec sleep 61; }' --max-running 1
	one=$(task-add --ids -p low one) two=$(task-add --ids two)
	agent-run "$one" >/dev/null 3>&- &
	runner=$!
	wait_until 30 test -e once
	kill -KILL $runner
	wait_until 30 has_ended $runner
	keep_fifos=1
	run -0 timeout 30 bash -c 'task-watch --drain | task-run >/dev/null'
	assert_equal "$(task-list --jq .status)" $'completed\ncompleted'
	assert_equal "$(field "$one" .attempt)" 2
	assert_none_left
}

@test "limits: another limit counts at once, and none frees all" {
	slow w --max-running 1
	for i in 1 2 3 4; do task-add --ids "$i"; done >ids
	task-watch --drain | task-run -j 4 >/dev/null 3>&- &
	pid=$!
	wait_until 30 has_lines began 1
	slow w --max-running 2
	wait_until 30 has_lines began 2
	slow w
	wait_until 30 has_lines began 4
	for i in 1 2 3 4; do echo >gate; done
	await_exit $pid
}

@test "limits: a crew that does not mind any more frees all who wait for it" {
	slow w --crew desk --one-at-a-time
	for i in 1 2 3 4; do task-add --ids "$i"; done >ids
	task-watch --drain | task-run -j 4 >/dev/null 3>&- &
	pid=$!
	wait_until 30 has_lines began 1
	slow w --crew desk
	wait_until 30 has_lines began 4
	for i in 1 2 3 4; do echo >gate; done
	await_exit $pid
}

@test "limits: a chat's tasks run one after the other, others' beside them" {
	counted w
	chat=$(chat-new --ids --one-at-a-time)
	for i in 1 2 3 4; do task-add -c "$chat" "$i"; done >/dev/null
	pipeline
	assert_equal "$(highest)" 1
	slow w
	agent-run "$(task-add --ids -c "$chat" a)" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
	running=$(task-list --status in_progress --ids)
	id=$(task-add --ids -c "$chat" b)
	run -0 task-why --jq .why "$id"
	assert_output "its chat does one task at a time, and ${running:0:8} is running"
	run -75 agent-run "$id"
	agent-run "$(task-add --ids c)" >/dev/null 3>&- &
	other=$!
	wait_until 30 has_lines began 2
	chat-edit --many-at-a-time "$chat" >/dev/null
	agent-run "$id" >/dev/null 3>&- &
	wait_until 30 has_lines began 3
	for i in 1 2 3; do echo >gate; done
	await_all $! $runner $other
}

@test "limits: a parent that waits for its subtasks is not running: no chat and no agent stands still" {
	counted w --max-running 1
	chat=$(chat-new --ids --one-at-a-time)
	id=$(task-add --ids -c "$chat" -- $'- a\n- b\n- c')
	task-add -c "$chat" other >/dev/null
	run -0 timeout 60 bash -c 'task-watch --drain | task-plan | task-split | task-run -j 4 >/dev/null'
	assert_equal "$(highest)" 1
	assert_equal "$(task-list --jq .status | sort | uniq -c | xargs)" '5 completed'
	run -0 field "$id" .response
	assert_line --partial '## a'
}

@test "limits: a subtask runs while its parent's chat has another parent" {
	counted w
	chat=$(chat-new --ids --one-at-a-time)
	for i in 1 2; do task-add -c "$chat" -- "- $i"$'\n- b'; done >/dev/null
	run -0 timeout 60 bash -c 'task-watch --drain | task-plan | task-split | task-run -j 4 >/dev/null'
	assert_equal "$(highest)" 1
	assert_equal "$(task-list --jq .status | sort | uniq -c | xargs)" '6 completed'
}

@test "limits: a crew's agents run one task at a time, others beside them" {
	counted a --crew Desk --one-at-a-time
	counted b --crew desk --one-at-a-time
	for i in 1 2 3; do task-add -a a "$i"; task-add -a b "$i"; done >/dev/null
	pipeline
	assert_equal "$(highest)" 1
	slow a --crew desk --one-at-a-time
	slow c
	running=$(task-add --ids -a a one)
	agent-run "$running" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
	id=$(task-add --ids -a b two)
	run -75 --separate-stderr agent-run "$id"
	assert_equal "$stderr" "agent-run: task ${id:0:8}: the crew desk does one task at a time, and ${running:0:8} is running"
	agent-run "$(task-add --ids -a c three)" >/dev/null 3>&- &
	wait_until 30 has_lines began 2
	for i in 1 2; do echo >gate; done
	await_all $runner $!
}

@test "limits: of two that fit, the one with room does it" {
	slow a --skill sums --max-running 1
	worker b cat --skill sums
	one=$(task-add --ids -a a sums) two=$(task-add --ids -a b 'more sums')
	agent-run "$one" >/dev/null 3>&- &
	wait_until 30 has_lines began 1
	three=$(task-add --ids 'new sums')
	run -0 task-why --agent --jq '.agent' "$three"
	assert_output b
	run -0 timeout 60 bash -c 'task-watch --drain --chat "$1" | task-run >/dev/null' . "$(chat-new --ids)"
	agent-run "$three" >/dev/null
	assert_equal "$(field "$three" .agent)" b
	echo >gate
	await_exit $!
	agent-run "$two" >/dev/null
}

@test "limits: a task that waits can be cancelled, edited and deleted, and the next one goes on" {
	slow w --max-running 1
	worker other cat
	agent-run "$(task-add --ids 0)" >/dev/null 3>&- &
	runner=$!
	wait_until 30 has_lines began 1
	for i in 1 2 3; do task-add --ids -a w "$i"; done >ids
	task-watch >out 3>&- &
	pid=$!
	wait_until 30 eval '[[ $(task-list --jq "select(.waiting == \"slot\") | .id" | wc -l) = 3 ]]'
	task-edit --agent other "$(sed -n 1p ids)" >/dev/null
	wait_until 30 has_lines out 1
	task-rm "$(sed -n 2p ids)" >/dev/null
	echo >gate
	await_exit $runner
	wait_until 30 has_lines out 2
	kill $pid
	await_stopped $pid
	assert_equal "$(jq -r .instruction out)" $'1\n3'
	wait_until 30 eval '[[ ! $(store-dump | jq -r "select(.sets[] == \"holds\").key") ]]'
	store-check
}

@test "limits: what is no limit is refused (64)" {
	for n in 0 -1 x 1.5; do run -64 agent-add w --max-running "$n" -- cat; done
	run -64 --separate-stderr agent-add w --one-at-a-time -- cat
	assert_equal "${stderr_lines[0]}" 'agent-add: --one-at-a-time: only with --crew; alone, --max-running 1'
}
