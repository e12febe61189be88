# Tasks are changed.

load test_helper
load records

plan_of() { task-show "$1" | task-plan; } # TASK

@test "task-edit: changes fields, and prints the task as it is stored" {
	agent-add counter -- wc -l >/dev/null
	id=$(task-add --ids -p low -m a=1 -m b=2 count)
	run -0 task-edit --priority high --agent COUNTER --instruction $'sweep\nall' -m b=3 -m c=4 "${id:0:8}"
	assert_jq --arg id "$id" '.[0] | .id == $id and .priority == "high" and .agent == "counter" and
		.instruction == "sweep\nall" and .title == "sweep" and .metadata == {a: "1", b: "3", c: "4"} and
		.revision == 1 and .status == "pending"'
	assert_output "$(task-show "$id")"
	run -0 task-edit -p low --ids "$id"
	assert_output "$id"
	is_field "$id" .revision 2
}

@test "task-edit: a title that somebody gave stays" {
	id=$(echo '{"instruction":"count","title":"My count"}' | task-add --ids)
	task-edit --instruction sweep "$id" >/dev/null
	is_field "$id" .title 'My count'
}

@test "task-edit: an edited task is no duplicate of what it was" {
	id=$(task-add --ids count)
	task-edit --instruction sweep "$id" >/dev/null
	[[ $(task-add --ids count) != "$id" ]]
	assert_equal "$(task-add --ids sweep)" "$id"
}

@test "task-edit: nothing to change, a bad priority and bad metadata are misuse (64)" {
	id=$(task-add --ids count)
	run -64 --separate-stderr task-edit "$id"
	assert_equal "${stderr_lines[0]}" 'task-edit: nothing to change'
	run -64 --separate-stderr task-edit -p urgent "$id"
	assert_equal "${stderr_lines[0]}" "task-edit: --priority: priority 'urgent': want high, medium or low"
	run -64 task-edit -m novalue "$id"
	run -64 task-edit -p high
	run -64 task-edit -p high "$id" "$id"
	is_field "$id" .revision 0
}

@test "task-edit: an unknown task, role or dependency is named (66)" {
	id=$(task-add --ids count)
	run -66 --separate-stderr task-edit -p high deadbeef
	assert_equal "$stderr" 'task-edit: task deadbeef: no such task'
	run -66 --separate-stderr task-edit -a nobody "$id"
	assert_equal "$stderr" 'task-edit: agent nobody: no such role'
	run -66 task-edit -d deadbeef "$id"
	is_field "$id" .revision 0
}

@test "task-edit: an instruction must not be blank, nor too long (65)" {
	id=$(task-add --ids count)
	run -65 --separate-stderr task-edit --instruction ' ' "$id"
	assert_equal "$stderr" 'task-edit: instruction: is empty'
}

@test "task-edit: a task that was handed out is handed out anew, and run as it is now" {
	worker echo 'cat'
	id=$(task-add --ids before)
	task-watch >handed 3>&- &
	watcher=$!
	wait_until 30 has_lines handed 1
	task-edit --instruction after "$id" >/dev/null
	wait_until 30 has_lines handed 2
	kill "$watcher"
	await_stopped "$watcher"
	assert_equal "$(jq -r .instruction handed)" $'before\nafter'
	task-plan <handed | task-split | task-run >/dev/null
	is_field "$id" '.status, .response, .attempt, .decision.needs_subtasks' $'completed\nafter\n1\nfalse'
}

@test "task-edit: a plan of what the task was is not stored, one of what it is is" {
	agent-add counter -- wc -l >/dev/null
	id=$(task-add --ids $'do\n- one\n- two')
	plan_of "$id" >old
	[[ $(jq .task_revision old) = 0 ]]
	task-edit -p high "$id" >/dev/null
	run -75 --separate-stderr task-split <old
	assert_output ''
	assert_equal "$stderr" "task-split: stdin:1: task ${id:0:8}: was edited since it was planned: not split"
	assert_equal "$(task-list --count)" 1
	plan_of "$id" >new
	[[ $(jq .task_revision new) = 1 ]]
	run -0 --separate-stderr task-split <new
	assert_equal "$stderr" ''
	assert_equal "$(task-list --count)" 3
}

@test "task-edit: a line of what the task was runs nothing, nor does a decision on that" {
	worker echo cat
	id=$(task-add --ids before) other=$(task-add --ids other)
	plan_of "$id" >old
	task-edit --instruction after "$id" >/dev/null
	task-edit -p low "$other" >/dev/null
	agent-run <old >/dev/null
	is_field "$id" '.status, .decision' $'pending\nnull'
	agent-run "$id" >/dev/null
	is_field "$id" '.response, .decision' $'after\nnull'
	plan_of "$other" | agent-run >/dev/null
	is_field "$other" '.response, .decision.needs_subtasks' $'other\nfalse'
}

@test "task-edit: a task that runs is refused (75), one that has completed too (65)" {
	mkfifo gate
	worker wait 'read -r _ <gate; echo ok'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null 3>&- &
	wait_field "$id" .status in_progress
	run -75 --separate-stderr task-edit -p high "$id"
	assert_equal "$stderr" "task-edit: task ${id:0:8}: is running: edit it when it has ended"
	echo go >gate
	await_exit $!
	run -65 --separate-stderr task-edit -p high "$id"
	assert_equal "$stderr" "task-edit: task ${id:0:8}: has completed"
}

@test "task-edit: a failed task is edited, and then tried again as it is" {
	worker echo 'read -r line; [[ $line = good ]] || exit 1; echo "$line"'
	id=$(task-add --ids bad)
	agent-run "$id" >/dev/null
	run -0 task-edit --instruction good "$id"
	assert_jq '.[0] | .status == "failed" and .instruction == "good" and .title == "good"'
	task-retry "$id" >/dev/null
	agent-run "$id" >/dev/null
	is_field "$id" '.status, .response' $'completed\ngood'
}

@test "task-edit: of a split task only what is its own is changed, and its subtasks' priority (65)" {
	agent-add counter -- wc -l >/dev/null
	id=$(task-add --ids $'do\n- one\n- two') other=$(task-add --ids other)
	plan_of "$id" | task-split
	for option in --instruction=x --agent=counter --depends-on="$other" --no-depends-on --when-idle=1s --lock; do
		run -65 --separate-stderr task-edit "$option" "$id"
		assert_equal "$stderr" "task-edit: task ${id:0:8}: was split: edit its subtasks"
	done
	task-edit -p high "$id" >/dev/null
	assert_equal "$(task-list | jq -r .priority)" $'high\nmedium\nhigh\nhigh'
}

@test "task-edit: a new dependency is waited for, and let go of" {
	a=$(task-add --ids a) b=$(task-add --ids b)
	run -0 task-edit -d "${a:0:8}" -d "$a" "$b"
	assert_jq --arg a "$a" '.[0] | .waiting == "dependencies" and .depends_on == [$a]'
	run -0 task-edit --no-depends-on "$b"
	assert_jq '.[0] | has("waiting") or has("depends_on") | not'
	c=$(task-add --ids c)
	task-edit -d "$a" "$b" >/dev/null
	run -0 task-edit --no-depends-on -d "$c" "$b"
	assert_jq --arg c "$c" '.[0] | .waiting == "dependencies" and .depends_on == [$c]'
}

@test "task-edit: a dependency that has failed is refused (75)" {
	worker bad 'exit 1'
	a=$(task-add --ids a) b=$(task-add --ids b)
	agent-run "$a" >/dev/null
	run -75 --separate-stderr task-edit -d "$a" "$b"
	assert_equal "$stderr" "task-edit: task ${b:0:8}: dependency ${a:0:8} failed: task-retry it first"
}

@test "task-edit: nobody is made to wait for himself (65)" {
	agent-add counter -- wc -l >/dev/null
	a=$(task-add --ids a) b=$(task-add --ids -d "$a" b)
	run -65 --separate-stderr task-edit -d "$b" "$a"
	assert_equal "$stderr" "task-edit: task ${a:0:8}: would wait for itself: ${a:0:8} -> ${b:0:8} -> ${a:0:8}"
	p=$(task-add --ids $'do\n- one\n- two')
	plan_of "$p" | task-split
	s=$(task-list | jq -r 'select(.instruction == "one").id')
	run -65 --separate-stderr task-edit -d "$p" "$s"
	assert_equal "$stderr" "task-edit: task ${s:0:8}: would wait for itself: ${s:0:8} -> ${p:0:8} -> ${s:0:8}"
	assert_equal "$(task-list --ready --count)" 3
}

@test "task-edit: a spec cannot say how often a task was edited or put back" {
	id=$(echo '{"instruction":"x","revision":5,"retries":1,"attempts_forgiven":9}' | task-add --ids)
	is_field "$id" '.revision, .retries, .attempts_forgiven' $'0\nnull\nnull'
}

@test "task-edit: the priority of a loaded task that is its own ancestor comes to an end" {
	for i in 1 2; do
		jq -cn --arg id "0000000$i-0000-4000-8000-000000000000" \
			--arg parent "0000000$((3 - i))-0000-4000-8000-000000000000" '
			{key: "task/\($id)", names: [], sets: ["tasks", "status.pending", "parent.\($parent)"],
			value: {id: $id, title: "x", instruction: "x", status: "pending", waiting: "subtasks",
				attempt: 0, posted: 0, parent_id: $parent, created_at: "2026-11-20T00:00:00.000Z",
				subtasks: {total: 1, done: 0, failed: 0}}}'
	done | store-load
	run -0 timeout 20 task-edit --ids -p high 00000001
	run -0 task-list --jq .priority
	assert_output $'high\nhigh'
}

@test "task-edit: limits and output are joined with those that the task has" {
	id=$(task-add --ids --max-turns 5 --timeout 9 --output 'a list' --check 'grep -q x' x)
	task-edit --max-turns 6 --max-depth 2 --check-jq '. > 0' "$id" >/dev/null
	is_field "$id" '.limits, .output | tojson' '{"timeout_s":9,"max_turns":6,"max_depth":2}
{"expected":"a list","check":{"jq":". > 0"}}'
	run -64 task-edit --output-format xml "$id"
	run -66 task-edit --schema nowhere "$id"
	run -64 task-edit "$id"
}
