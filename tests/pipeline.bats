# Both pipelines as a whole, as people would use them.
load test_helper

# crew - an agent that writes its task's id down and says so; one that takes a while
crew() {
	cat >once <<-'SH'
		#!/bin/sh
		read -r line
		echo "$LEGWORK_TASK_ID" >>"$RAN"
		echo "did $line"
	SH
	cat >slow <<-'SH'
		#!/bin/sh
		for i in 1 2 3 4 5 6 7 8 9 10; do
			printf '{"type":"thought","data":{"text":"step %s"}}\n' "$i"
			sleep 0.02
		done
	SH
	chmod +x once slow
	export RAN=$PWD/ran
	: >ran
	agent-add once -- "$PWD/once" >/dev/null
	agent-add slow -- "$PWD/slow" >/dev/null
}

# work - the second pipeline until nothing is left to do
work() {
	task-watch --drain | task-plan | task-split | task-run -j4 | chat-post >posted
}

# all_done COUNT - that many tasks, all completed
all_done() {
	[ "$(task-list --status completed --count)" = "$1" ]
}

@test "a message becomes a task, its list subtasks, their events the chat's" {
	crew
	chat=$(chat-new --user ann --ids)
	chat-post "$chat" --user ann $'Please:\n- @once one\n- @once two' >/dev/null
	chat-watch "$chat" --since 0 --count 1 | task-draft | task-add >added
	work
	task=$(jq -r .id added)
	run -0 task-show "$task"
	run -0 jq -r '.status, .response, .subtasks.done' <<<"$output"
	assert_output - <<-'OUT'
		completed
		## one

		did one

		## two

		did two
		2
	OUT
	chat-show "$chat" --format json >events
	run -0 jq -es 'map(.seq) == [range(1; length + 1)]' events
	run -0 jq -rs '[.[] | select(.data.message // "" | endswith("completed successfully"))] | length' events
	assert_output 3
	run -0 jq -rs 'map(select(.data.task_id)) | map(.user_id) | unique | .[]' events
	assert_output ann
}

@test "numbered items are done one after the other, and hear what the one before found" {
	cat >teller <<-'SH'
		#!/bin/sh
		jq -r '[.instruction] + [.dependencies[].response] | join(" after ")'
	SH
	chmod +x teller
	agent-add teller --input json -- "$PWD/teller" >/dev/null
	task-add $'In order:\n1. boil water\n2. make tea\n3. drink' >/dev/null
	work
	run -0 jq -rs 'map(select(.title != "In order:") | .response) | .[]' <(task-list)
	assert_output - <<-'OUT'
		boil water
		make tea after boil water
		drink after make tea after boil water
	OUT
}

@test "20 processes add tasks at once, 5 pipelines run them: each runs exactly once" {
	crew
	for i in {1..20}; do
		(for j in {1..5}; do task-add --agent once "task $i.$j" >/dev/null 3>&-; done) 3>&- &
		adders+=($!)
	done
	for i in {1..5}; do
		(task-watch --drain | task-plan | task-split | task-run -j2 | chat-post >/dev/null) 3>&- &
		workers+=($!)
	done
	for pid in "${adders[@]}" "${workers[@]}"; do await_exit "$pid" 60; done
	work
	all_done 100
	[ "$(wc -l <ran)" = 100 ]
	[ "$(sort -u ran | wc -l)" = 100 ]
	run -0 jq -es 'all(.attempt == 1 and .posted == .events)' <(task-list)
}

@test "a person posts while tasks run; of four viewers one is stopped, one killed: the others see all" {
	crew
	chat=$(chat-new --user ann --ids)
	for i in 1 2 3 4; do
		chat-watch "$chat" --since 0 --format json >"view$i" 3>&- &
		viewer[i]=$!
	done
	for i in {1..6}; do task-add --chat "$chat" --agent slow "task $i" >/dev/null; done
	stop_idle "${viewer[3]}"
	(work) 3>&- &
	worker=$!
	for i in {1..20}; do
		chat-post "$chat" --user ann "word $i" >/dev/null
		[ "$i" != 10 ] || kill -KILL "${viewer[4]}"
	done
	await_exit "$worker"
	all_done 6
	kill -CONT "${viewer[3]}"
	chat-show "$chat" --format json >all
	for i in 1 2 3; do
		wait_until 30 cmp -s all "view$i"
		kill "${viewer[i]}"
		await_stopped "${viewer[i]}"
	done
	[ "$(jq -r .data.text all | grep -c '^word ')" = 20 ]
	[ "$(jq -r 'select(.type == "thought") | .data.text' all | wc -l)" = 60 ]
	keep_fifos=1 # of the one that was killed
}

@test "50 readers in a loop do not hold a writer up" {
	task-add first >/dev/null
	for i in {1..50}; do
		(until [ -e stop ]; do task-list >/dev/null; done) 3>&- &
		readers+=($!)
	done
	for i in {1..20}; do timeout 60 task-add "task $i" >/dev/null; done
	touch stop
	for pid in "${readers[@]}"; do await_exit "$pid" 30; done
	run -0 task-list --count
	assert_output 21
}

@test "a chat-post that is stopped delays no agent, and nothing of what they said is lost" {
	crew
	chat=$(chat-new --ids)
	mkfifo pipe
	chat-post <pipe >/dev/null 3>&- &
	poster=$!
	exec 4>pipe
	stop_idle "$poster"
	cat >loud <<-'SH'
		#!/bin/sh
		i=0
		while [ $i -lt 400 ]; do
			printf '{"type":"thought","data":{"text":"%0400d"}}\n' $i
			i=$((i + 1))
		done
	SH
	chmod +x loud
	agent-add loud -- "$PWD/loud" >/dev/null
	for i in {1..4}; do task-add --chat "$chat" --agent loud "task $i" >/dev/null; done
	(task-watch --drain | task-run -j1 >&4) 3>&- 4>&4 &
	worker=$!
	exec 4>&-
	wait_until 30 all_done 4 # 800 kB were said, none of it read
	[ "$(chat-show "$chat" --format json | wc -l)" = 0 ]
	kill -CONT "$poster"
	await_exit "$worker"
	await_exit "$poster"
	run -0 jq -es 'all(.posted == .events)' <(task-list)
	[ "$(chat-show "$chat" --format json | grep -c thought)" = 1600 ]
}

@test "a filter between two stages does what one expects" {
	crew
	for p in high low high; do task-add --agent once --allow-duplicates --priority "$p" "work" >/dev/null; done
	task-watch --drain --visibility 500ms |
		jq -c --unbuffered 'select(.priority == "high")' |
		task-run -j2 |
		jq -c --unbuffered 'select(.type == "message")' |
		chat-post >posted
	[ "$(wc -l <posted)" = 2 ]
	run -0 jq -r '.data.text' posted
	assert_line --index 0 'did work'
	run -0 jq -rs 'map(.priority + " " + .status) | sort | .[]' <(task-list)
	assert_output - <<-'OUT'
		high completed
		high completed
		low pending
	OUT
}

@test "when the last stage is gone the others end, and nothing stays reserved" {
	crew
	for i in {1..12}; do task-add --agent slow "task $i" >/dev/null; done
	run -0 bash -c 'task-watch | task-plan | task-split | task-run -j2 | head -n 1 >/dev/null
		echo "${PIPESTATUS[*]}"'
	[[ $output = *' 74 0' ]]
	run -0 jq -es 'all(has("reservation") | not) and all(.status != "in_progress")' <(task-list)
	work
	all_done 12
}

@test "on a full disk commands say so (74), and the store goes on when there is space again" {
	[ "$(id -u)" = 0 ] || skip 'only root can mount a small disk'
	mkdir small
	mount -t tmpfs -o size=1m none small || skip 'cannot mount'
	LEGWORK_STORE=$PWD/small/store
	added=0 status=0
	while [ $status = 0 ]; do
		run task-add --ids "task $added $(printf '%04000d' 0)"
		[ "$status" = 0 ] && added=$((added + 1))
	done
	[ "$status" = 74 ]
	assert_output --partial 'No space left on device'
	[ "$added" -gt 10 ]
	run -0 task-list --count
	assert_output "$added"
	mount -o remount,size=4m small
	run -0 task-add one more
	run -0 task-list --count
	assert_output "$((added + 1))"
	run -0 store-check
	run -0 jq -r .index <<<"$output"
	assert_output ok
	umount -l small
}

@test "the whole works on a journal that now and then says AGAIN" {
	export LEGWORK_JOURNAL=again:11
	crew
	chat=$(chat-new --ids)
	for i in {1..10}; do chat-post "$chat" -- "- @once a$i"$'\n'"- @once b$i" >/dev/null; done
	chat-watch "$chat" --since 0 --count 10 | task-draft | task-add >/dev/null
	work
	all_done 30
	[ "$(sort ran | uniq -d)" = '' ]
	run -0 jq -es 'all(.posted == .events)' <(task-list)
}
