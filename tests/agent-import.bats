# Crews, lists and role files become agents and tasks.

load test_helper
load records

# refused TEXT WHY - a graph on stdin is refused (65), with that line, and leaves nothing
refused() {
	run -65 --separate-stderr agent-import --tasks - <<<"$1"
	assert_equal "$stderr" "agent-import: stdin: $2"
	assert_equal "$output" ''
	assert_equal "$(agent-list)$(task-list)" ''
}

# waits - each task's title with the titles of those that it waits for, a line each
waits() {
	task-list | jq -rs 'map({(.id): .title}) as $t | .[] |
		"\(.title): \([.depends_on // [] | .[] as $id | $t | add | .[$id]] | join(" "))"'
}

# --- ten crews

@test "agent-import: one agent, without a crew" {
	run -0 --separate-stderr agent-import - <<<'{"nodes": [{"id": "a", "type": "agent", "data":
		{"role": "Writer", "goal": "Write well", "backstory": "You have read a lot.", "max_iter": 5, "llm": "m1"}}],
		"edges": []}'
	assert_equal "$stderr" ''
	assert_jq '. == [{kind: "agent", role: "Writer", change: "new", fields: [], file: "stdin"}]'
	run -0 agent-list
	assert_jq '.[0] | del(.created_at, .updated_at) == {role: "Writer", description: "Write well", skills: [],
		kind: "llm", model_id: "m1", max_turns: 5, status: "active",
		system_prompt: "You have read a lot.\n\nYour goal: Write well"}'
}

@test "agent-import: a sequential crew, whose tasks are done one after the other by those they are drawn with" {
	cat >crew.json <<-'END'
		{"nodes": [
		  {"id": "c", "type": "crew", "data": {"name": "Letters", "process": "sequential"}},
		  {"id": "a", "type": "agent", "data": {"role": "counter", "command": ["wc", "-w"]}},
		  {"id": "b", "type": "agent", "data": {"role": "shouter", "command": ["tr", "a-z", "A-Z"]}},
		  {"id": "t1", "type": "task", "data": {"name": "count", "description": "one two",
		    "expected_output": "a number", "priority": "high"}},
		  {"id": "t2", "type": "task", "data": {"name": "shout", "description": "done", "markdown": true}},
		  {"id": "t3", "type": "task", "data": {"name": "again", "description": "three"}}],
		 "edges": [
		  {"id": "e1", "source": "c", "target": "a"}, {"id": "e2", "source": "b", "target": "c"},
		  {"id": "e3", "source": "a", "target": "t1", "type": "assignment"},
		  {"id": "e4", "source": "t2", "target": "b"}, {"id": "e5", "source": "a", "target": "t3"},
		  {"id": "e6", "source": "t3", "target": "t2", "type": "context"}]}
	END
	run -0 --separate-stderr agent-import --tasks crew.json
	assert_equal "$stderr" ''
	assert_jq 'map(.change) == ["new", "new", "new", "new", "new"] and .[2].title == "count" and .[2].node == "t1"'
	assert_equal "$(waits)" $'count: \nagain: count\nshout: again'
	run -0 task-list
	assert_jq '.[0] | .agent == "counter" and .crew == "Letters" and .output == {expected: "a number"} and
		.priority == "high" and .status == "pending"'
	assert_jq '.[2] | .output == {format: "markdown"} and .waiting == "dependencies"'
	assert_equal "$(agent-list --jq '.crews | tojson')" $'["Letters"]\n["Letters"]'
	task-watch --drain | task-run >/dev/null
	assert_equal "$(task-list --jq '.response')" $'2\n1\nDONE'
}

@test "agent-import: a crew whose tasks are tied by edges does the others side by side" {
	run -0 agent-import --tasks - <<<'{"nodes": [{"id": "c", "type": "crew", "data": {"name": "x"}},
		{"id": "a", "type": "agent", "data": {"role": "a", "command": ["cat"]}},
		{"id": "1", "type": "task", "data": {"name": "join", "description": "j", "context": ["2", "3"]}},
		{"id": 2, "type": "task", "data": {"name": "left", "description": "l"}},
		{"id": 3, "type": "task", "data": {"name": "right", "description": "r"}},
		{"id": 4, "type": "task", "data": {"name": "alone", "description": "a"}}],
		"edges": [{"from": 2, "to": 1}]}'
	assert_equal "$(waits)" $'left: \nright: \njoin: left right\nalone: '
}

@test "agent-import: in a hierarchical crew the manager has the tasks that nobody else has" {
	graph='{"nodes": [{"id": "c", "type": "crew", "data": {"name": "x", "process": "hierarchical", MANAGER
		"agents": ["a", "b", "boss"], "tasks": ["1", "2"]}},
		{"id": "a", "type": "agent", "data": {"role": "a", "command": ["cat"]}},
		{"id": "b", "type": "agent", "data": {"role": "b", "command": ["cat"]}},
		{"id": "m", "type": "agent", "data": {"role": "boss", "command": ["cat"]}},
		{"id": "1", "type": "task", "data": {"description": "one", "agent": "B"}},
		{"id": "2", "type": "task", "data": {"description": "two"}}], "edges": [EDGES]}'
	named=${graph/MANAGER/'"manager_agent": "m",'}
	run -0 --separate-stderr agent-import --tasks - <<<"${named/EDGES/}"
	assert_equal "$stderr" ''
	assert_equal "$(task-list --jq '[.title, .agent, .depends_on] | tojson')" $'["one","b",null]\n["two","boss",null]'
	task-list --ids | xargs task-rm
	# who leads others, and is not led
	drawn=${graph/MANAGER/}
	agent-import --tasks - <<<"${drawn/EDGES/'{"source": "m", "target": "a"}, {"source": "a", "target": "b"}'}" >/dev/null
	assert_equal "$(task-list --jq '[.title, .agent] | tojson')" $'["one","b"]\n["two","boss"]'
	task-list --ids | xargs task-rm
	# nobody: skills decide
	run -0 --separate-stderr agent-import --tasks - <<<"${drawn/EDGES/}"
	assert_equal "$stderr" 'agent-import: stdin: node c: hierarchical, and without a manager: its tasks go to whose skills fit'
	assert_equal "$(task-list --jq '[.title, .agent] | tojson')" $'["one","b"]\n["two",null]'
}

@test "agent-import: cycles are refused, with the nodes that make them (65)" {
	nodes='{"nodes": [{"id": "c", "kind": "crew"}, {"id": "a", "kind": "agent", "role": "a"}, {"id": "b", "kind": "agent", "role": "b"},
		{"id": "t", "kind": "task", "description": "t"}, {"id": "u", "kind": "task", "description": "u"},
		{"id": "v", "kind": "task", "description": "v", "context": "u"}], "edges": [EDGES]}'
	refused "${nodes/EDGES/'{"source": "t", "target": "u"}, {"source": "v", "target": "t"}'}" \
		'node t: a cycle: t -> u -> v -> t'
	refused "${nodes/EDGES/'{"source": "t", "target": "t"}'}" 'node t: a cycle: t -> t'
	refused "${nodes/EDGES/'{"source": "a", "target": "b"}, {"source": "b", "target": "a"}'}" \
		'node a: a cycle: a -> b -> a'
}

@test "agent-import: a graph with nothing in it, or without agents, is refused (65)" {
	refused '{"nodes": [], "edges": []}' 'graph: it is empty'
	refused '{"nodes": [{"id": "t", "type": "task", "data": {"description": "t"}}]}' 'graph: it has no agents'
	refused '{"nodes": [{"id": "c", "type": "crew", "data": {"name": "x"}}]}' 'node c: the crew x has no agents'
}

@test "agent-import: two crews in one graph keep their agents and tasks apart" {
	graph='{"nodes": [{"id": "c1", "type": "crew", "data": {"name": "red"}}, {"id": "c2", "type": "crew", "data": {"name": "NAME"}},
		{"id": "a", "type": "agent", "data": {"role": "a"}}, {"id": "b", "type": "agent", "data": {"role": "b"}},
		{"id": "both", "type": "agent", "data": {"role": "both"}},
		{"id": "1", "type": "task", "data": {"name": "r1", "description": "1"}},
		{"id": "2", "type": "task", "data": {"name": "b1", "description": "2"}},
		{"id": "3", "type": "task", "data": {"name": "r2", "description": "3"}}],
		"edges": [{"source": "c1", "target": "a"}, {"source": "c2", "target": "b"}, {"source": "c1", "target": "both"},
		{"source": "both", "target": "c2"}, {"source": "a", "target": "1"}, {"source": "c2", "target": "2"},
		{"source": "c1", "target": "3"}]}'
	refused "${graph/NAME/Red}" 'node c2: a second crew of the name Red'
	run -65 --separate-stderr agent-import --crew green - <<<"${graph/NAME/blue}"
	assert_equal "$stderr" 'agent-import: stdin: node c2: a second crew: it cannot be green, too'
	run -0 agent-import --tasks - <<<"${graph/NAME/blue}"
	assert_equal "$(agent-list --jq '[.role, .crews] | tojson')" \
		$'["a",["red"]]\n["b",["blue"]]\n["both",["red","blue"]]'
	assert_equal "$(waits)" $'r1: \nb1: \nr2: r1'
	assert_equal "$(task-list --jq '.crew')" $'red\nblue\nred'
	# one of them left without agents
	refused_crew=$(jq -c '.edges |= map(select(.source != "both" and .target != "b" and .source != "c2"))' <<<"${graph/NAME/blue}")
	run -65 --separate-stderr agent-import - <<<"$refused_crew"
	assert_equal "$stderr" 'agent-import: stdin: node c2: the crew blue has no agents'
}

@test "agent-import: unknown kinds of nodes are left out with their edges, and all that is unknown is named" {
	run -0 --separate-stderr agent-import --tasks - <<<'{"nodes": [
		{"id": "c", "type": "CREW", "position": {"x": 1, "y": 2}, "data": {"label": "x", "memory": true}},
		{"id": "a", "type": "agent", "selected": true, "data": {"role": "a", "verbose": true, "allow_delegation": false, "llm": "m"}},
		{"id": "t", "type": "task", "data": {"description": "t", "async_execution": true}},
		{"id": "m", "type": "openai", "data": {"model": "m1", "api_key": "secret"}}, {"id": "n"}],
		"edges": [{"source": "m", "target": "a"}, {"source": "n", "target": "t"}, {"source": "a", "target": "t"}],
		"viewport": {}, "layout": "TB"}'
	assert_equal "$stderr" 'agent-import: stdin: node m: left out: unknown kind openai
agent-import: stdin: node n: left out: it has no kind
agent-import: stdin: graph: unknown, and left out: layout
agent-import: stdin: node c: unknown, and left out: memory
agent-import: stdin: node t: unknown, and left out: async_execution
agent-import: stdin: node a: unknown, and left out: verbose, allow_delegation'
	assert_equal "$(agent-list --jq '[.role, .model_id, .crews] | tojson')" '["a","m1",["x"]]'
	assert_equal "$(task-list --jq .agent)" a
	run ! grep -r secret "$LEGWORK_STORE"
}

@test "agent-import: edges and names that lead nowhere are refused (65)" {
	graph='{"nodes": [{"id": "c", "type": "crew", "data": {CREW "name": "x"}}, {"id": "a", "type": "agent", "data": {"role": "a"}},
		{"id": "t", "type": "task", "data": {TASK "description": "t"}}], "edges": [EDGES]}'
	edges() { local text=${graph/CREW/} && text=${text/TASK/} && printf %s "${text/EDGES/"$1"}"; }
	members() { local text=${graph/CREW/"$1"} && text=${text/TASK/"$2"} && printf %s "${text/EDGES/}"; }
	refused "$(edges '{"id": "e7", "source": "a", "target": "b"}')" 'edge e7: its target b is no node'
	refused "$(edges '{"source": "c", "target": "a"}, {"source": 5, "target": "a"}')" 'edges[1]: its source 5 is no node'
	refused "$(edges '{"id": "e", "source": "a"}')" 'edge e: no target'
	refused "$(edges '7')" 'edges[0]: want an object'
	refused "$(members '' '"agent": "nobody",')" 'node t: agent: nobody is no agent'
	refused "$(members '' '"context": ["t", "a"],')" 'node t: context: a is no task'
	refused "$(members '' '"context": [{}],')" 'node t: context: what is no string is no task'
	refused "$(members '"agents": ["a", "z"],' '')" 'node c: agents: z is no agent'
	refused "$(members '"manager_agent": "z",' '')" 'node c: manager_agent: z is no agent'
}

@test "agent-import: ids and roles that two nodes have are refused (65)" {
	refused '{"nodes": [{"id": "a", "type": "agent", "data": {"role": "x"}}, {"id": "a", "type": "task"}]}' \
		'node a: there are two of that id'
	refused '{"nodes": [{"id": "a", "type": "agent", "data": {"role": "Team Lead"}},
		{"id": "b", "type": "agent", "data": {"role": "team_lead"}}]}' 'node b: the role team_lead is that of node a'
	refused '{"nodes": [{"type": "agent", "data": {"role": "x"}}]}' 'nodes[0]: no id'
}

@test "agent-import: an agent without a role, or with one that cannot be made one, is refused (65)" {
	refused '{"nodes": [{"id": "a", "type": "agent", "data": {"role": "ok"}}, {"id": "b", "type": "agent", "data": {"goal": "x", "role": "  "}}]}' \
		'node b: role: is missing'
	refused '{"nodes": [{"id": "a", "type": "agent", "data": {"role": "42"}}]}' \
		"node a: role '42': want a letter, then up to 63 letters, digits, '_' or '-'"
	run -0 agent-import --ids - <<<'{"nodes": [{"id": "a", "type": "agent", "data": {"role": " Senior Writer (EU) ", "goal": "g"}},
		{"id": "b", "type": "agent", "data": {"name": "second"}}]}'
	assert_output $'Senior_Writer_EU\nsecond'
	[[ $(agent-list --jq '.system_prompt // empty') = *'Your role:  Senior Writer (EU) ' ]]
}

@test "agent-import: a graph that is malformed is refused (65)" {
	refused '{"nodes": 1}' 'nodes: want an array'
	refused '{"nodes": [1]}' 'nodes[0]: want an object'
	refused '{"nodes": [], "edges": {}}' 'edges: want an array'
	refused '{"nodes": [{"id": "c", "type": "crew"}, {"id": "a", "type": "agent", "data": {"role": "a"}}, {"id": "t", "type": "task"}]}' \
		'node t: instruction: is missing'
	refused '{"nodes": [{"id": "c", "type": "crew"}, {"id": "a", "type": "agent", "data": {"role": "a"}},
		{"id": "t", "type": "task", "data": {"description": "t", "priority": "urgent"}}]}' \
		"node t: priority 'urgent': want high, medium or low"
	refused '{"nodes": [{"id": "a", "type": "agent", "data": {"role": "a"}}, {"id": "t", "type": "task", "data": {"description": "t"}}]}' \
		'node t: a task without a crew: --crew names one'
	refused '{"nodes": [{"id": "c", "type": "crew", "data": {"name": "a\tb"}}, {"id": "a", "type": "agent", "data": {"role": "a"}}]}' \
		'node c: crew: a control character in the name'
}

@test "agent-import: edges without a meaning, and a second agent or crew of a task, are named" {
	run -0 --separate-stderr agent-import --tasks - <<<'{"nodes": [{"id": "c", "type": "crew"}, {"id": "a", "type": "agent", "data": {"role": "a"}},
		{"id": "b", "type": "agent", "data": {"role": "b"}}, {"id": "t", "type": "task", "data": {"description": "t"}},
		{"id": "w", "type": "tool", "data": {"name": "Bash"}}],
		"edges": [{"source": "b", "target": "t"}, {"source": "t", "target": "a"}, {"source": "w", "target": "t"},
		{"source": "w", "target": "b"}]}'
	assert_equal "$stderr" 'agent-import: stdin: node t: has several agents: b counts, a does not
agent-import: stdin: edge from w to t: left out: between a tool and a task it has no meaning'
	assert_equal "$(task-list --jq .agent)" b
	assert_equal "$(agent-list --jq '[.role, .tools.allow] | tojson')" $'["a",null]\n["b",["run"]]'
	assert_equal "$(task-list --jq .crew)" c
}

# --- again

crew_of_two() { # DESCRIPTION
	cat <<-END
		{"nodes": [{"id": "c", "type": "crew", "data": {"name": "x"}},
		  {"id": "a", "type": "agent", "data": {"role": "a", "command": ["cat"]}},
		  {"id": "1", "type": "task", "data": {"description": "$1"}},
		  {"id": "2", "type": "task", "data": {"description": "second"}}], "edges": []}
	END
}

@test "agent-import: what is imported again is updated, and nothing is there twice" {
	crew_of_two first | agent-import --tasks - >/dev/null
	before=$(task-list; agent-list)
	run -0 agent-import --tasks - < <(crew_of_two first)
	assert_jq 'map(.change) == ["same", "same", "same"]'
	assert_equal "$(task-list; agent-list)" "$before"
	run -0 agent-import --tasks - < <(crew_of_two 'the first')
	assert_jq 'map(.change) == ["same", "updated", "same"] and .[1].fields == ["title", "instruction"]'
	assert_equal "$(task-list --jq '[.instruction, .title, .waiting, .revision] | tojson')" \
		$'["the first","the first",null,1]\n["second","second","dependencies",0]'
	run -0 agent-import --tasks - < <(crew_of_two 'the first' | sed 's/"edges": \[\]/"edges": [{"source": "2", "target": "1"}]/')
	assert_jq 'map(.change) == ["same", "updated", "updated"]'
	assert_equal "$(waits)" $'the first: second\nsecond: '
	assert_equal "$(task-list --jq '.waiting // "ready"')" $'dependencies\nready'
}

@test "agent-import: on a journal that now and then says AGAIN a warning is said once" {
	crew_of_two first | agent-import --tasks - >/dev/null
	agent-run "$(task-list --ids --limit 1)" >/dev/null
	export LEGWORK_JOURNAL=again:5
	for i in {1..12}; do
		run -0 --separate-stderr agent-import --tasks - < <(crew_of_two "other $i" | jq -c ".nodes[3].data.description = \"second $i\"")
		assert_equal "$(wc -l <<<"$stderr")" 1
	done
}

@test "agent-import: what limits an agent is known" {
	run -0 --separate-stderr agent-import - <<<'[{"role":"a","command":["cat"],"max_running":2,"one_at_a_time":true}]'
	assert_equal "$stderr" ''
	assert_equal "$(agent-list --jq '[.max_running, .one_at_a_time] | tojson')" '[2,true]'
}

@test "agent-import: lines are counted from the first, blank ones too" {
	run -65 --separate-stderr agent-import - <<<$'\n\n{"role":"a","command":["cat"]}\n{"role":"A","command":["cat"]}'
	assert_equal "$stderr" 'agent-import: stdin: line 4: the role A is that of line 3'
}

@test "agent-import: a crew is the same in any case" {
	crew_of_two first | agent-import --tasks - >/dev/null
	run -0 agent-import --tasks - < <(crew_of_two first | sed 's/"name": "x"/"name": "X"/')
	assert_jq 'map(.change) == ["same", "same", "same"]'
	assert_equal "$(task-list --count)" 2
}

@test "agent-import: a task that has begun stays as it is, and its answer too" {
	crew_of_two first | agent-import --tasks - >/dev/null
	agent-run "$(task-list --ids --limit 1)" >/dev/null
	run -0 --separate-stderr agent-import --tasks - < <(crew_of_two other)
	assert_jq 'map(.change) == ["same", "kept", "same"] and .[1].fields == ["title", "instruction"]'
	assert_regex "$stderr" '^agent-import: stdin: task [0-9a-f]{8} \(other\): kept as it is: it has begun$'
	assert_equal "$(task-list --jq '[.instruction, .response] | tojson')" $'["first","first"]\n["second",null]'
}

@test "agent-import: an agent is replaced, but stays in its other crews" {
	agent-add A --crew old --skill x --sandbox --model m0 >/dev/null
	run -0 agent-import --crew new - <<<'[{"role": "a", "model": "m1"}]'
	assert_jq '.[0] | .change == "updated" and (.fields | contains(["role", "model_id", "skills", "sandbox", "crews"]))'
	assert_equal "$(agent-list --jq '[.role, .model_id, .skills, .sandbox, .crews] | tojson')" '["a","m1",[],null,["old","new"]]'
	run -0 agent-import --crew NEW - <<<'[{"role": "a", "model": "m1"}]'
	assert_jq '.[0].change == "same"'
}

@test "agent-import: the same crew has its tasks once in each chat" {
	chat=$(chat-new --ids) other=$(chat-new --ids)
	for c in "$chat" "$other" "$chat"; do
		crew_of_two first | agent-import --tasks --chat "${c::8}" - >/dev/null
	done
	assert_equal "$(task-list --jq .chat_id)" "$(printf '%s\n' "$chat" "$chat" "$other" "$other")"
	run -66 agent-import --tasks --chat ffffffff - < <(crew_of_two first)
	run -64 agent-import --chat "$chat" - < <(crew_of_two first)
}

@test "agent-import: two at once make nothing twice" {
	crew_of_two first >crew.json
	pids=()
	for _ in 1 2 3 4; do
		agent-import --tasks crew.json >/dev/null 3>&- &
		pids+=("$!")
	done
	wait "${pids[@]}"
	assert_equal "$(task-list | wc -l) $(agent-list | wc -l)" '2 1'
}

@test "agent-import: --dry-run says what would be, and stores nothing" {
	crew_of_two first | agent-import --tasks - >/dev/null
	before=$(store-dump)
	run -0 agent-import --dry-run --tasks - < <(crew_of_two other | sed 's/"id": "2"/"id": "3"/')
	assert_jq 'map([.kind, .change]) == [["agent", "same"], ["task", "updated"], ["task", "new"]] and
		(.[1] | has("id")) and (.[2] | has("id") | not)'
	assert_equal "$(store-dump)" "$before"
	run -65 agent-import --dry-run - <<<'{"nodes": []}'
	run -64 agent-import --dry-run --ids - <<<'[]'
}

@test "agent-import: on a terminal it is a table" {
	crew_of_two first >crew.json
	on_terminal 60 'agent-import --dry-run --tasks crew.json'
	assert_line --index 0 --regexp '^CHANGE +KIND +NAME +FIELDS$'
	assert_line --index 1 --regexp '^new +agent +a *$'
	assert_line --index 2 --regexp '^new +task +first *$'
	agent-import crew.json >/dev/null
	sed -i 's/cat/tac/' crew.json
	run -0 agent-import --dry-run --format tsv crew.json
	assert_output $'updated\tagent\ta\tcommand'
}

# --- lists and lines

@test "agent-import: a list, or lines, of agents; what is unknown is kept and named" {
	run -0 --separate-stderr agent-import - <<<'[{"role": "a", "command": ["cat"], "skills": "count, sort words"},
		{"name": "b", "modle": "m", "tools": ["Read", {"name": "run"}], "input": null}]'
	assert_equal "$stderr" 'agent-import: stdin: agents[1]: unknown, and kept: modle'
	assert_equal "$(agent-list --jq '[.role, .kind, .input, .skills, .tools.allow, .modle] | tojson')" \
		$'["a","exec","text",["count","sort words"],null,null]\n["b","llm",null,[],["read_file","run"],"m"]'
	agent-list >all
	LEGWORK_STORE=$PWD/other agent-import all 2>/dev/null
	assert_equal "$(LEGWORK_STORE=$PWD/other agent-list | jq -S 'del(.created_at, .updated_at)')" \
		"$(jq -S 'del(.created_at, .updated_at)' all)"
	run -0 agent-import - <<<'{"role": "single", "adapter": "claude"}'
	assert_jq '.[0].role == "single"'
}

@test "agent-import: a list with a bad agent is refused whole (65), with the place of it" {
	run -65 --separate-stderr agent-import - <<<'[{"role": "a"}, {"role": "b", "max_turns": "many"}]'
	assert_equal "$stderr" 'agent-import: stdin: agents[1]: max_turns: want a whole number from 1 to 1000000'
	run -65 --separate-stderr agent-import - < <(printf '{"role":"a"}\n\n{"role":"A"}\n')
	assert_equal "$stderr" 'agent-import: stdin: line 3: the role A is that of line 1'
	run -65 --separate-stderr agent-import - < <(printf '{"role":"a"}\n{"role"}\n')
	[[ $stderr = 'agent-import: stdin: line 2: '* ]]
	run -65 --separate-stderr agent-import - <<<'[7]'
	assert_equal "$stderr" 'agent-import: stdin: agents[0]: want an object'
	run -65 --separate-stderr agent-import - <<<'[{"role": "a", "tools": 7}]'
	assert_equal "$stderr" 'agent-import: stdin: agents[0]: tools: want the names of tools'
	run -65 --separate-stderr agent-import - <<<'hello'
	assert_equal "$stderr" 'agent-import: stdin: want JSON, or a first line "---"'
	run -65 --separate-stderr agent-import - </dev/null
	assert_equal "$stderr" 'agent-import: stdin: there is nothing in it'
	assert_equal "$(agent-list)" ''
}

# --- roles and their prompts

@test "agent-import: a role file is front matter in YAML, and the prompt" {
	cat >reviewer.md <<-'END'
		---
		name: code-reviewer
		description: >
		  Reviews code,
		  line by line.
		tools: [Read, "Bash"]   # no more
		disallowedTools:
		  - Write
		model: inherit
		maxTurns: 12
		---

		You review code.

		---
		Be brief.
	END
	run -0 --separate-stderr agent-import reviewer.md
	assert_equal "$stderr" ''
	run -0 agent-list
	assert_jq '.[0] | del(.created_at, .updated_at) == {role: "code-reviewer", description: "Reviews code, line by line.\n",
		skills: [], kind: "llm", system_prompt: "You review code.\n\n---\nBe brief.", max_turns: 12, status: "active",
		tools: {allow: ["read_file", "run"], deny: ["write_file"]}}'
}

@test "agent-import: tools that there are not, or only in part, are left out and named; denied is the whole" {
	cat >x.md <<-'END'
		---
		name: x
		tools: Read, Grep, Bash(git diff:*, git log:*), mytool
		disallowedTools: Bash(rm:*), WebFetch
		model: opus
		color: red
		---
		Do it.
	END
	run -0 --separate-stderr agent-import x.md
	assert_equal "$stderr" 'agent-import: x.md: front matter: model opus: left out: no provider has one of that name
agent-import: x.md: front matter: tool Grep: left out: there is none here
agent-import: x.md: front matter: tool Bash(git diff:*, git log:*): left out: what run is used for cannot be limited here
agent-import: x.md: front matter: tool mytool: left out: there is none here
agent-import: x.md: front matter: tool Bash(rm:*): all uses of run are denied
agent-import: x.md: front matter: unknown, and left out: color'
	assert_equal "$(agent-list --jq '[.tools, .model_id] | tojson')" '[{"allow":["read_file"],"deny":["run","WebFetch"]},null]'
	mkdir bin
	printf '#!/bin/sh\n' >bin/mytool
	chmod +x bin/mytool
	LEGWORK_TOOLS=$PWD/bin run -0 agent-import x.md
	assert_equal "$(agent-list --jq '.tools.allow | tojson')" '["read_file","mytool"]'
}

@test "agent-import: without tools in the front matter it has none, and that is said" {
	printf '%s\n' --- 'name: x' --- >x.md
	run -0 --separate-stderr agent-import x.md
	assert_equal "$stderr" 'agent-import: x.md: front matter: no tools are named, so it has none'
	assert_equal "$(agent-list --jq '[.tools, .system_prompt] | tojson')" '[null,null]'
}

@test "agent-import: a value with a colon that stands in no quotes is taken as it stands" {
	cat >x.md <<-'END'
		---
		name: x
		description: Use it for this: it's good. <example>Context: none</example>
		tools: Read
		maxTurns: 3
		---
	END
	run -0 --separate-stderr agent-import x.md
	assert_regex "$stderr" '^agent-import: x.md: front matter: no YAML, so its lines are taken as they stand: line 3: '
	assert_equal "$(agent-list --jq '[.description, .max_turns] | tojson')" \
		"[\"Use it for this: it's good. <example>Context: none</example>\",3]"
}

@test "agent-import: bad front matter is refused (65), with its line" {
	bad() { # LINE WHY
		printf '%s\n' --- 'name: x' "$1" --- >x.md
		run -65 --separate-stderr agent-import x.md
		assert_equal "$stderr" "agent-import: x.md: $2"
	}
	bad 'tools: *all' 'line 3: an alias'
	bad 'tools: !!set [a]' 'line 3: a tag'
	bad 'name: y' 'line 3: a name that is there twice'
	bad '? [a]' 'line 3: a name that is no word'
	bad $'a: [\n' 'line 5: did not find expected node content'
	bad '--- {a: b}' 'line 3: a second document'
	printf '%s\n' --- 'name: x' >x.md
	run -65 --separate-stderr agent-import x.md
	assert_equal "$stderr" 'agent-import: x.md: line 1: front matter without an end: want a line "---"'
	printf '%s\n' --- '- x' --- >x.md
	run -65 --separate-stderr agent-import x.md
	assert_equal "$stderr" 'agent-import: x.md: front matter: want lines "name: value"'
	printf '%s\n' --- 'description: x' --- >x.md
	run -65 --separate-stderr agent-import x.md
	assert_equal "$stderr" 'agent-import: x.md: front matter: role: is missing'
	printf '%s%s%s\n' $'---\ntools: ' "$(printf '[%.0s' {1..70})$(printf ']%.0s' {1..70})" $'\n---' >x.md
	run -65 --separate-stderr agent-import x.md
	assert_equal "$stderr" 'agent-import: x.md: line 2: nested too deep'
	assert_equal "$(agent-list)" ''
}

@test "agent-import: of a folder all .md files, in order; a bad one does not keep the others (65)" {
	mkdir agents
	for name in b a; do
		printf '%s\r\n' --- "name: $name" 'tools: Read' --- "I am $name." >"agents/$name.md"
	done
	echo no >agents/bad.md
	echo no >agents/notes.txt
	run -65 --separate-stderr agent-import --crew team agents
	assert_equal "$stderr" 'agent-import: agents/bad.md: want JSON, or a first line "---"'
	assert_jq 'map([.role, .file]) == [["a", "agents/a.md"], ["b", "agents/b.md"]]'
	assert_equal "$(agent-list --jq '[.role, .crews] | tojson')" $'["a",["team"]]\n["b",["team"]]'
	mkdir empty
	run -66 --separate-stderr agent-import empty
	assert_equal "$stderr" 'agent-import: empty: no file in it ends in .md'
}

@test "agent-import: several files have their turn each; one that is missing is 66" {
	echo '[{"role": "a"}]' >a.json
	echo '[{"role": "b"}]' >b.json
	run -66 --separate-stderr agent-import a.json nowhere b.json --ids
	assert_equal "$stderr" 'agent-import: nowhere: No such file or directory'
	assert_output $'a\nb'
	run -64 agent-import
	run -64 agent-import --crew '' a.json
}

@test "agent-import: a crew's task without an agent goes to the crew's agents only" {
	agent-add other --skill first -- echo other >/dev/null
	crew_of_two first | agent-import --tasks - >/dev/null
	task-watch --drain | task-run >/dev/null
	assert_equal "$(task-list --jq .agent)" $'a\na'
	run -65 task-add --format json <<<'{"instruction": "x", "crew": ""}'
}

@test "agent-import: the MCP servers of a record are kept, with what it may use of them; of a role file they are not" {
	echo '{"role":"clerk","model":"m","mcp":[{"name":"files","command":"cat"}],"tools":["read_file","files__read*","nothing"]}' >clerk.json
	run -0 --separate-stderr agent-import clerk.json
	assert_regex "$stderr" 'tool nothing: left out'
	run -0 agent-list
	assert_jq '.[0] | .mcp == [{name: "files", command: "cat"}] and .tools.allow == ["read_file", "files__read*"]'
	echo '{"role":"clerk","model":"m","mcp":[{"name":"files"}]}' >clerk.json
	run -65 --separate-stderr agent-import clerk.json
	assert_regex "$stderr" 'mcp\[0\]: want a name and a command, or a file'
	printf -- '---\nname: reader\ntools: Read\nmcpServers:\n  - files\n---\nRead.\n' >reader.md
	run -0 --separate-stderr agent-import reader.md
	assert_regex "$stderr" 'unknown, and left out: mcpServers'
}
