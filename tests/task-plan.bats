# Which tasks need subtasks is decided, by the lists in them.

load test_helper
load records

# plan TEXT - the answer to a task with that instruction, in $output
plan() { run -0 --separate-stderr task-plan < <(jq -nc --arg text "$1" '{id: "t1", instruction: $text}'); }

@test "task-plan: a task without a list passes with its decision" {
	task-add --ids 'count the files' >/dev/null
	run -0 task-plan < <(task-list)
	assert_jq --argjson task "$(task-list)" 'length == 1 and (.[0] | del(.decision) == $task and
		.decision == {needs_subtasks: false, reasoning: "the instruction holds no list",
			complexity_score: 1, required_skills: []})'
}

@test "task-plan: a list of one item is none" {
	plan $'do:\n- this'
	assert_jq '.[0].decision | .needs_subtasks == false and
		.reasoning == "the instruction holds a list of one item only"'
}

@test "task-plan: bullets become subtasks side by side" {
	plan $'please:\n- one\n- two\n* three\n+ four'
	assert_jq 'length == 1 and (.[0] | .task_id == "t1" and (has("id") | not) and .decision.needs_subtasks and
		(.plan.subtasks | map(.title) == ["one", "two", "three", "four"] and all(.dependencies == [])))'
}

@test "task-plan: numbered items wait for the one before" {
	plan $'1. one\n2. two\n3) three'
	assert_jq '.[0].plan.subtasks | map(.title) == ["one", "two", "three"] and
		map(.dependencies) == [[], ["0"], ["1"]]'
}

@test "task-plan: every field of decision and plan is filled" {
	worker smith cat --skill iron --skill 'hot coal'
	task-add -p high -- $'Today:\n- forge IRON over hot coal\n- sing' >/dev/null
	run -0 task-plan < <(task-list)
	assert_jq '.[0] | .decision == {needs_subtasks: true,
			reasoning: "the instruction holds a list of 2 bulleted items", complexity_score: 3,
			required_skills: ["iron", "hot coal"]} and
		(.plan | .analysis_summary == "a list of 2 bulleted items" and .agent_creations == [] and
			.estimated_total_hours == 0 and .recommended_approach == "in parallel: no item waits for another" and
			.risk_assessment == "not assessed: rules only read the list") and
		.plan.subtasks[0] == {title: "forge IRON over hot coal", description: "forge IRON over hot coal",
			priority: "high", assigned_to: "smith", estimated_hours: 0, dependencies: [],
			required_skills: ["iron", "hot coal"], context: "Today:"}'
}

@test "task-plan: the score grows with the list, up to ten" {
	plan "$(printf -- '- item %s\n' {1..3})"
	assert_jq '.[0].decision.complexity_score == 4'
	plan "$(printf -- '- item %s\n' {1..30})"
	assert_jq '.[0] | .decision.complexity_score == 10 and (.plan.subtasks | length == 30)'
}

@test "task-plan: @role assigns an item and is taken out of its text" {
	worker smith cat
	worker Miller cat
	plan $'- @miller grind the corn\n- forge (@smith)\n- whatever\n- mail @nobody'
	assert_jq '.[0].plan.subtasks | map([.assigned_to, .description]) == [["Miller", "grind the corn"],
		["smith", "forge"], ["smith", "whatever"], ["smith", "mail @nobody"]]'
}

@test "task-plan: without @role the agent whose skills match most words has it" {
	worker first cat
	worker painter cat --skill 'oil painting' --skill walls
	worker mason cat --skill walls
	plan $'- paint walls in oil\n- build walls\n- sing'
	assert_jq '.[0].plan.subtasks | map(.assigned_to) == ["painter", "painter", "first"]'
}

@test "task-plan: without agents nobody is assigned" {
	plan $'- a\n- b'
	assert_jq '.[0].plan.subtasks | all(.assigned_to == null)'
}

@test "task-plan: what stands indented below an item belongs to it" {
	plan $'- one\n  more of one\n  - and deeper\n- two'
	assert_jq '.[0].plan.subtasks | length == 2 and .[0].title == "one" and
		.[0].description == "one\nmore of one\n- and deeper"'
}

@test "task-plan: text that looks like a list is none" {
	for text in $'-one\n-two' $'1.5 is a number\n2.5 is one, too' $'--flag\n--other' $'a - b\nc - d' \
		$'```\n- one\n- two\n```'; do
		plan "$text"
		assert_jq '.[0].decision.needs_subtasks == false'
	done
}

@test "task-plan: a task that has a decision, a plan or subtasks passes untouched" {
	for extra in '{"decision":{}}' '{"decision":null}' '{"plan":{}}' '{"subtasks":{"total":2}}'; do
		jq -nc --argjson extra "$extra" '{id: "t1", instruction: "- a\n- b"} + $extra' >line
		run -0 task-plan <line
		assert_output "$(<line)"
	done
}

@test "task-plan: what is no task passes untouched" {
	for line in '{}' '{"id":"x"}' '{"instruction":"- a\n- b"}' '{"skip":{}}' '{"id":5,"instruction":"- a\n- b"}'; do
		run -0 task-plan <<<"$line"
		assert_output "$line"
	done
}

@test "task-plan: writes nothing to the store" {
	worker smith cat
	task-add -- $'- a\n- b' >tasks
	before=$(store-dump)
	task-plan <tasks >/dev/null
	assert_equal "$(store-dump)" "$before"
}

@test "task-plan: answers in the order of its input, each at once" {
	mkfifo in
	task-plan -j 4 <in >out 3>&- &
	exec 5>in
	for i in 1 2 3; do
		echo "{\"id\":\"$i\",\"instruction\":\"x\"}" >&5
		wait_until 30 has_lines out $i
	done
	exec 5>&-
	await_exit $!
	assert_equal "$(jq -r .id out | paste -sd,)" 1,2,3
}

@test "task-plan: agents that are added while it runs are known" {
	mkfifo in
	task-plan <in >out 3>&- &
	exec 5>in
	jq -nc '{id: "1", instruction: "- a\n- b"}' >&5
	wait_until 30 has_lines out 1
	worker late cat
	jq -nc '{id: "2", instruction: "- a\n- b"}' >&5
	wait_until 30 has_lines out 2
	exec 5>&-
	await_exit $!
	assert_equal "$(jq -c '.plan.subtasks[0].assigned_to' out)" $'null\n"late"'
}

@test "task-plan: bad option values are misuse (64)" {
	for option in --planner=gpt --planner= -j0 -jx --threshold=0 --threshold=11 --on-error=stop; do
		run -64 task-plan "$option" </dev/null
	done
	run -64 task-plan operand </dev/null
	run -0 task-plan --planner rules -j 2 </dev/null
}

@test "task-plan: a full disk under stdout is an I/O error (74)" {
	run -74 --separate-stderr bash -c 'echo "{\"id\":\"x\"}" | task-plan >/dev/full'
	assert_equal "$stderr" 'task-plan: stdout: No space left on device'
}
