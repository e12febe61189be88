# Plans are stored: all subtasks or none.

load test_helper
load records

# plan_of TASK SUBTASK ... - a plan line; a subtask is TITLE[:DEPENDENCY,...]
plan_of() {
	printf '%s\n' "${@:2}" | jq -R 'split(":") | {title: .[0], priority: "medium", assigned_to: null,
		dependencies: ((.[1] // "") | split(",")), required_skills: []}' |
		jq -sc --arg id "$1" '{task_id: $id, decision: {needs_subtasks: true}, plan: {subtasks: .}}'
}

subtasks() { task-list --parent "$1" "${@:2}"; }

@test "task-split: a plan becomes subtasks of its task" {
	chat=$(chat-new --ids --user ada)
	worker smith cat
	id=$(LEGWORK_USER=bob task-add --ids <<-END
		{"instruction":"all","chat_id":"$chat","metadata":{"a":"1"},"scope":{"regions":["eu"]},"limits":{"max_attempts":5}}
	END
	)
	cat >plan <<-END
		{"task_id":"$id","decision":{"needs_subtasks":true,"reasoning":"two"},"plan":{"analysis_summary":"sum","subtasks":[
		{"title":"first","description":"do the first","priority":"high","assigned_to":"smith","estimated_hours":2,"dependencies":[],"required_skills":["x"]},
		{"title":"second","description":"do the second","priority":"low","assigned_to":"SMITH","estimated_hours":0.5,"dependencies":["0"],"required_skills":[]}]}}
	END
	run -0 --separate-stderr task-split < <(jq -c . plan)
	assert_output ''
	assert_equal "$stderr" ''
	run -0 subtasks "$id"
	assert_jq --arg id "$id" --arg chat "$chat" 'length == 2 and all(.parent_id == $id and
			.chat_id == $chat and .user_id == "ada" and .created_by == "bob" and .metadata == {a: "1"} and
			.scope == {regions: ["eu"]} and .limits == {max_attempts: 5} and .agent == "smith" and
			.status == "pending" and .attempt == 0) and
		(.[0] | .title == "first" and .instruction == "do the first" and .priority == "high" and
			.required_skills == ["x"] and .estimated_hours == 2 and (has("waiting") or has("depends_on") | not)) and
		.[1].depends_on == [.[0].id] and .[1].waiting == "dependencies"'
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "pending" and .waiting == "subtasks" and
		.subtasks == {total: 2, done: 0, failed: 0} and .decision.reasoning == "two" and
		.plan.analysis_summary == "sum"'
}

@test "task-split: plain tasks pass, also those behind and before a plan" {
	{ task-add one; task-add two; } >tasks
	id=$(task-add --ids three)
	{ sed -n 1p tasks; plan_of "$id" a b; sed -n 2p tasks; } >in
	run -0 task-split <in
	assert_output "$(cat tasks)"
}

@test "task-split: a task passes with all its fields" {
	run -0 task-split <<<'{"id":"x","any":{"thing":[1.5,null]},"n":1}'
	assert_output '{"id":"x","any":{"thing":[1.5,null]},"n":1}'
}

@test "task-split: passes a task on at once, though its input stays open" {
	mkfifo in
	task-split <in >out 3>&- &
	exec 5>in
	task-add one >&5
	wait_until 30 has_lines out 1
	exec 5>&-
	await_exit $!
}

@test "task-split: --print prints the subtasks, too" {
	id=$(task-add --ids x)
	run -0 task-split --print < <(plan_of "$id" a b)
	assert_equal "${#lines[@]}" 2
	assert_equal "$(lasting <<<"$output")" "$(subtasks "$id" | lasting)"
}

@test "task-split: --dry-run prints the normal form and stores nothing" {
	worker smith cat
	id=$(task-add --ids x)
	before=$(store-dump)
	run -0 --separate-stderr task-split --dry-run < <(plan_of "$id" a b:0)
	assert_jq --arg id "$id" 'length == 1 and (.[0] | .task_id == $id and .plan.computed_total_hours == 0 and
		(.plan.subtasks | map([.title, .description, .assigned_to, .dependencies, .estimated_hours]) ==
			[["a", "a", "smith", [], 0], ["b", "b", "smith", ["0"], 0]]))'
	assert_equal "$(store-dump)" "$before"
}

@test "task-split: --dry-run shows a tree on a terminal: creations, who does what, after what" {
	worker backend cat
	id=$(task-add --ids 'build it')
	jq -nc --arg id "$id" '{task_id: $id, plan: {subtasks: [
		{title: "serve", priority: "high", assigned_to: "backend", estimated_hours: 16},
		{title: "look", priority: "low", assigned_to: "auditor", dependencies: ["serve"], estimated_hours: 1.5}],
		agent_creations: [{role: "auditor", skills: ["care"]}]}}' >plan
	before=$(store-dump)
	on_terminal 80 'task-split --dry-run <plan'
	assert_output "ID        PRIO  AGENT    HOURS  AFTER  TITLE
${id:0:8}                  21.5         build it
0         high  ceo          4         ├─ Create Auditor Agent
1         high  backend     16         ├─ serve
2         low   auditor    1.5  0 1    └─ look"
	run -0 task-split --dry-run --format text < <(cat plan; task-add --agent backend plain)
	assert_equal "${#lines[@]}" 6
	assert_regex "${lines[5]}" '^[0-9a-f]{8}        backend +plain$'
	run -0 task-split --dry-run --format tsv <plan
	assert_equal "${#lines[@]} ${lines[3]}" $'4 2\tlow\tauditor\t1.5\t0 1\tlook'
	task-rm "$(task-list --ids | tail -n 1)" >/dev/null
	assert_equal "$(store-dump)" "$before"
}

@test "task-split: --dry-run refuses what would be refused, and says what would be passed over" {
	id=$(task-add --ids --max-children 1 x)
	run -65 --separate-stderr task-split --dry-run < <(plan_of "$id" a b)
	assert_equal "$output$stderr" "task-split: stdin:1: task ${id:0:8}: the plan has 2 subtasks, limits.max_children is 1"
	plan_of "$id" a >plan
	task-edit --priority low "$id" >/dev/null
	run -75 --separate-stderr task-split --dry-run < <(jq -c '.task_revision = 0' plan)
	assert_equal "$output$stderr" "task-split: stdin:1: task ${id:0:8}: was edited since it was planned: not split"
	task-split <plan
	run -0 --separate-stderr task-split --dry-run <plan
	assert_equal "$output$stderr" "task-split: stdin:1: task ${id:0:8}: is not ready, or was split: nothing would be done"
	run -64 --separate-stderr task-split --format text <plan
	assert_regex "$stderr" '^task-split: --format goes with --dry-run'
	run -64 task-split --dry-run --format dot <plan
	run -64 task-split --color never <plan
}

@test "task-split: an edited plan is stored as it was edited" {
	worker smith cat
	id=$(task-add --ids -- $'- one\n- two')
	task-show "$id" | task-plan |
		jq -c '.plan.subtasks |= [.[0] * {description: "ONE"}, .[1], {title: "three", dependencies: ["0", 1]}]' |
		task-split
	run -0 subtasks "$id"
	assert_jq 'map(.instruction) == ["ONE", "two", "three"] and .[2].depends_on == [.[0].id, .[1].id]'
}

@test "task-split: what is odd in a plan is put right, with a warning that names the line" {
	worker smith cat
	id=$(task-add --ids x)
	run -0 --separate-stderr task-split <<-END
		{"task_id":"$id","plan":{"subtasks":[{"title":"a","priority":"urgent","assigned_to":"nobody","estimated_hours":-1},{"description":"b"}]}}
	END
	assert_equal "$stderr" 'task-split: stdin:1: subtask 0: unknown priority "urgent": medium
task-split: stdin:1: subtask 0: no agent "nobody": smith
task-split: stdin:1: subtask 0: estimated_hours is not 0 or more: 0
task-split: stdin:1: warning: subtask 1 has no known priority; taking medium
task-split: stdin:1: warning: subtask 1 has no known agent; taking smith'
	run -0 subtasks "$id"
	assert_jq 'map([.title, .instruction, .priority, .agent]) ==
		[["a", "a", "medium", "smith"], ["b", "b", "medium", "smith"]]'
}

@test "task-split: a plan that cannot be is refused whole (65), the others are stored" {
	first=$(task-add --ids first) bad=$(task-add --ids bad) last=$(task-add --ids last)
	while IFS='|' read -r subtasks why; do
		run -65 --separate-stderr task-split <<<"{\"task_id\":\"$bad\",\"plan\":{\"subtasks\":$subtasks}}"
		assert_jq --arg id "$bad" --arg why "the plan cannot be used: $why" 'map([.id, .decision.error.message]) == [[$id, $why]]'
		assert_equal "${stderr##*$'\n'}" "task-split: stdin:1: $why"
		assert_equal "$(task-list --parent "$bad" --count)" 0
	done <<-'END'
		[]|subtasks: empty
		{}|subtasks: want an array
		[5]|subtask 0: no object
		[{}]|subtask 0: neither title nor description
		[{"title":"a","dependencies":["0"]}]|subtask 0: dependency 0: on itself
		[{"title":"a","dependencies":["1"]}]|subtask 0: dependency 1: out of range 0 to 0
		[{"title":"a","dependencies":[-1]}]|subtask 0: dependency -1: out of range 0 to 0
		[{"title":"a"},{"title":"b","dependencies":["x"]}]|subtask 1: dependencies[0]: "x" is no index, title or role
		[{"title":"a"},{"title":"b","dependencies":[0.5]}]|subtask 1: dependencies[0]: no index, title or role
		[{"title":"a","dependencies":[1]},{"title":"b","dependencies":[0]}]|subtask 1: dependency 0: makes a cycle
	END
	{ plan_of "$first" a; echo "{\"task_id\":\"$bad\",\"plan\":{\"subtasks\":[{\"title\":\"a\"},{}]}}"; plan_of "$last" b; } >in
	run -65 --separate-stderr task-split <in
	assert_regex "$stderr" 'stdin:2: subtask 1: neither'
	assert_equal "$(subtasks "$first" --count) $(subtasks "$bad" --count) $(subtasks "$last" --count)" '1 0 1'
	assert_equal "$(field "$bad" '.waiting, .subtasks')" $'null\nnull'
}

# With its first subtask waiting for itself, as planners sometimes want it.
spoil() { jq --unbuffered -c 'if .plan then .plan.subtasks[0].dependencies = ["0"] else . end'; }

@test "task-split: a task whose plan is refused goes on as a whole, and says why" {
	chat=$(chat-new --ids)
	worker doer cat
	id=$(task-add --ids --chat "$chat" -- $'- one\n- two')
	task-watch --drain | task-plan | spoil | { task-split 2>err || echo "$?" >status; } | task-run | chat-post >/dev/null
	assert_equal "$(<status) $(<err)" '65 task-split: stdin:1: subtask 0: dependency 0: on itself'
	is_field "$id" '[.status, .response, .subtasks, .reservation] | tojson' '["completed","- one\n- two",null,null]'
	is_field "$id" '.decision | [.needs_subtasks, .error] | tojson' \
		'[true,{"category":"validation","code":"no_plan","message":"the plan cannot be used: subtask 0: dependency 0: on itself","retryable":false}]'
	run -0 bash -c "chat-show $chat | jq -c 'select(.type == \"message\") | .data.text'"
	assert_output '"- one\n- two"'
}

@test "task-split: a task whose plan is refused fails where its decision says so" {
	worker doer cat
	id=$(task-add --ids -- $'- one\n- two')
	task-watch --drain | task-plan | spoil | jq --unbuffered -c '.decision.on_error = "fail"' | { task-split 2>err || true; } | task-run >/dev/null
	is_field "$id" '[.status, .error.category, .error.message] | tojson' \
		'["failed","validation","the plan cannot be used: subtask 0: dependency 0: on itself"]'
}

@test "task-split: a plan that is refused brings no task out that does not wait for it" {
	worker doer cat
	id=$(task-add --ids x)
	plan_of "$id" a | spoil >plan
	run -65 task-split --dry-run <plan
	assert_output 'task-split: stdin:1: subtask 0: dependency 0: on itself'
	run -65 --separate-stderr task-split < <(jq -c '.task_revision = 99' plan)
	assert_output ''
	plan_of "$id" a | task-split
	run -65 --separate-stderr task-split <plan
	assert_output ''
}

@test "task-split: lines that are neither task nor plan are named (65)" {
	run -65 --separate-stderr task-split <<-'END'
		{}
		{"task_id":"x"}
		{"task_id":"x","plan":5}
		{"id":5}
		{"id":"passes"}
	END
	assert_output '{"id":"passes"}'
	assert_equal "$stderr" 'task-split: stdin:1: neither a task (id) nor a plan (task_id, plan)
task-split: stdin:2: neither a task (id) nor a plan (task_id, plan)
task-split: stdin:3: plan: want an object
task-split: stdin:4: neither a task (id) nor a plan (task_id, plan)'
}

@test "task-split: a plan for an unknown task is named (65)" {
	run -65 --separate-stderr task-split < <(plan_of deadbeef a)
	assert_regex "$stderr" 'task-split: stdin:1: task deadbeef: no such task'
}

@test "task-split: a plan that comes twice is stored once" {
	id=$(task-add --ids x)
	run -0 --separate-stderr task-split < <(plan_of "$id" a b; plan_of "$id" a b)
	assert_equal "$(subtasks "$id" --count)" 2
	run -0 task-split --print < <(plan_of "$id" a b)
	assert_output ''
}

@test "task-split: of four at once one splits" {
	id=$(task-add --ids x)
	plan_of "$id" a b c >plan
	for _ in 1 2 3 4; do
		task-split <plan 3>&- &
		pids+=($!)
	done
	await_all "${pids[@]}"
	assert_equal "$(subtasks "$id" --count)" 3
}

@test "task-split: a task that runs or has ended is not split" {
	worker quick cat
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null
	run -0 --separate-stderr task-split --print < <(plan_of "$id" a b)
	assert_output ''
	assert_equal "$(subtasks "$id" --count)" 0
}

@test "task-split: subtasks are never taken for duplicates" {
	chat=$(chat-new --ids)
	task-add -c "$chat" same >/dev/null
	id=$(task-add --ids -c "$chat" parent)
	plan_of "$id" same same | task-split
	assert_equal "$(subtasks "$id" --count)" 2
}

@test "task-split: a parent without a chat and its subtasks get one together" {
	id=$(task-add --ids x)
	plan_of "$id" a b | task-split
	assert_equal "$(task-list | jq -r .chat_id | sort -u)" "$(chat-list --ids)"
}

@test "task-split: when a subtask fails its pending siblings are cancelled and the parent fails" {
	worker picky 'read -r text; [[ $text != bad* ]]'
	id=$(task-add --ids x)
	plan_of "$id" good bad never late:1 | task-split --print >children
	run -0 jq -rs '.[0].id, .[1].id' children
	for child in "${lines[@]}"; do agent-run "$child" >/dev/null; done
	run -0 subtasks "$id"
	assert_jq 'map(.status) == ["completed", "failed", "cancelled", "failed"] or
		map(.status) == ["completed", "failed", "cancelled", "cancelled"]'
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "failed" and .error.category == "dependency" and (has("waiting") | not)'
}

@test "task-split: with --keep-going a failed subtask ends neither siblings nor parent" {
	worker picky 'read -r text; echo "did $text"; [[ $text != bad* ]]'
	id=$(task-add --ids x)
	plan_of "$id" bad good | task-split --keep-going
	task-watch --drain | task-run >/dev/null
	run -0 subtasks "$id"
	assert_jq 'map(.status) == ["failed", "completed"]'
	run -0 task-show "$id"
	assert_jq '.[0] | .status == "completed" and .subtasks == {total: 2, done: 1, failed: 1} and
		.response == "## bad\n\ndid bad(failed)\n\n## good\n\ndid good"'
}

@test "task-split: agents that are proposed have subtasks of their own, for which those wait that need them" {
	worker smith cat --skill iron
	id=$(task-add --ids x)
	run -0 --separate-stderr task-split --print <<-END
		{"task_id":"$id","plan":{"subtasks":[{"title":"a","priority":"low","assigned_to":"smith"},{"title":"b","priority":"low","assigned_to":"miller","dependencies":["a"]}],"agent_creations":[{"role":"miller","skills":["grain"]},{"role":"forger","skills":["Iron"]}]}}
	END
	assert_equal "$stderr" 'task-split: stdin:1: agent "forger": "smith" has all its skills: not created'
	assert_jq 'map([.title, .agent]) == [["Create Miller Agent", "ceo"], ["a", "smith"], ["b", "miller"]] and
		.[0].creates == {role: "miller", skills: ["grain"]} and .[0].priority == "high" and
		.[2].depends_on == [.[0].id, .[1].id]'
}

@test "task-split: a crew's tasks are divided among its agents, and new ones join it" {
	worker outsider 'echo outsider' --skill sums
	worker adder 'echo adder' --crew desk
	chat=$(chat-new --ids --crew desk)
	for spec in "{\"instruction\":\"a\",\"chat_id\":\"$chat\"}" '{"instruction":"b","crew":"desk"}'; do
		id=$(task-add --ids <<<"$spec")
		run -0 --separate-stderr task-split < <(jq -nc --arg id "$id" '{task_id: $id, plan: {subtasks: [
			{title: "sums", priority: "high", assigned_to: "outsider"},
			{title: "write", priority: "low", assigned_to: "scribe"}], agent_creations: [{role: "scribe", skills: ["sums"]}]}}')
		assert_equal "$stderr" 'task-split: stdin:1: subtask 0: no agent "outsider": adder'
		subtasks "$id" --ids >children
		mapfile -t children <children
		agent-run "${children[0]}" >/dev/null
		run -0 agent-list --jq 'select(.role == "scribe") | .crews'
		assert_jq '.[0] == ["desk"]'
		run -0 task-why --agent "${children[2]}"
		assert_jq '.[0].agent == "scribe"'
		run -0 task-why --agent "${children[1]}"
		assert_jq '.[0].agent == "adder"'
		agent-rm scribe >/dev/null
	done
}

@test "task-split: a plan's task may be named by its first characters" {
	id=$(task-add --ids x)
	plan_of "${id:0:8}" a | task-split
	assert_equal "$(subtasks "$id" --count)" 1
}

@test "task-split: a full disk under stdout is an I/O error (74)" {
	task-add one >task
	run -74 --separate-stderr bash -c 'task-split <task >/dev/full'
	assert_equal "$stderr" 'task-split: stdout: No space left on device'
}

@test "task-split: a task that may not be split passes whole, and is done so" {
	worker doer cat
	id=$(task-add --ids --max-depth 0 $'- one\n- two')
	task-watch --drain | task-plan | task-split 2>err | task-run >/dev/null
	assert_equal "$(<err)" "task-split: stdin:1: task ${id:0:8}: limits.max_depth is 0: not split"
	is_field "$id" '[.status, .response, .subtasks, .decision.needs_subtasks] | tojson' \
		'["completed","- one\n- two",null,false]'
}

@test "task-split: subtasks share what is left of turns and tokens; a plan of too many is refused (65)" {
	worker doer cat
	id=$(task-add --ids --max-depth 3 --max-turns 9 --max-tokens 1000 --max-children 2 $'- one\n- two')
	task-show "$id" | task-plan | task-split
	run -0 task-list --parent "$id" --jq '.limits | tojson'
	assert_output '{"max_turns":4,"max_tokens":500,"max_children":2,"max_depth":2}
{"max_turns":4,"max_tokens":500,"max_children":2,"max_depth":2}'
	id=$(task-add --ids --max-children 2 $'- one\n- two\n- three')
	run -0 bash -c "task-show $id | task-plan"
	assert_jq '.[0] | has("plan") == false and .decision.reasoning ==
		"the instruction holds a list of 3 items, and limits.max_children is 2"'
	run -65 --separate-stderr task-split < <(plan_of "$id" a b c)
	assert_jq --arg id "$id" 'length == 1 and .[0].id == $id'
	assert_equal "${stderr##*$'\n'}" \
		"task-split: stdin:1: task ${id:0:8}: the plan has 3 subtasks, limits.max_children is 2"
	assert_equal "$(task-list --parent "$id" --count)" 0
}

@test "task-split: a tree has an end, whatever planners say" {
	worker doer cat
	id=$(task-add --ids top) top=$id
	for _ in {1..8}; do
		id=$(plan_of "$id" deeper | task-split --print | jq -r .id)
	done
	run -0 --separate-stderr task-split --print < <(plan_of "$id" deeper)
	assert_equal "${stderr##*$'\n'}" "task-split: stdin:1: task ${id:0:8}: its tree is too deep: not split"
	assert_jq --arg id "$id" 'length == 1 and .[0].id == $id and .[0].decision.needs_subtasks == false'
	is_field "$top" .descendants 8
	jq -nc --arg id "$(task-add --ids wide)" '{task_id: $id, plan: {subtasks: [range(10001) | {title: "\(.)", priority: "low"}]}}' >plan
	run -65 --separate-stderr task-split <plan
	assert_regex "${stderr##*$'\n'}" ': its tree would have 10001 subtasks, which is more than 10000$'
}
