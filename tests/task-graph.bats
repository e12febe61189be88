# Tasks are shown as a graph.

load test_helper
load records

quoted='"([^"\\]|\\.)*"'

# assert_dot [COUNT] - $output is a graph: every statement stands on its line, every text in quotes,
# every edge between nodes that are there; of so many nodes
assert_dot() {
	assert_equal "${lines[0]} ${lines[-1]}" 'digraph tasks { }'
	run -0 grep -vxE $'\t(graph|node|edge) \\[[a-zA-Z0-9=#.," -]*\\];|'"digraph tasks \{|\}|$(node_pattern)|$(edge_pattern)" - <<<"$output"$'\n%'
	assert_output %
}

node_pattern() { printf '\t%s \\[label=%s fillcolor="#[0-9a-f]{6}"\\];' "$quoted" "$quoted"; }
edge_pattern() { printf '\t%s -> %s \\[(style=dashed|arrowhead=none)\\];' "$quoted" "$quoted"; }

nodes() { grep -xE "$(node_pattern)" <<<"$output"; }
edges() { grep -xE "$(edge_pattern)" <<<"$output"; }

# clean - sets id to a task of two subtasks, of which the second waits for the first, and children
clean() {
	worker smith cat
	id=$(task-add --ids $'Clean:\n1. sweep\n2. dust')
	task-show "$id" | task-plan | task-split --print >out
	mapfile -t children < <(jq -r .id out)
}

@test "task-graph: subtasks and dependencies are edges, each task is a node with its state" {
	clean
	other=$(task-add --ids -d "$id" 'go home')
	run -0 --separate-stderr task-graph
	assert_equal "$stderr" ''
	graph=$output
	assert_equal "$(nodes | sed 's/.*label="\(.*\)" fill.*/\1/')" "Clean:\n${id:0:8} waiting: subtasks
sweep\n${children[0]:0:8} pending, smith
dust\n${children[1]:0:8} waiting: dependencies, smith
go home\n${other:0:8} waiting: dependencies"
	assert_equal "$(edges | tr -d '\t";')" "$id -> ${children[0]} [arrowhead=none]
$id -> ${children[1]} [arrowhead=none]
${children[0]} -> ${children[1]} [style=dashed]
$id -> $other [style=dashed]"
	assert_dot
	if ! command -v dot >/dev/null; then skip 'dot is not installed'; fi
	run -0 --separate-stderr dot -Tsvg <<<"$graph"
	assert_equal "$stderr" ''
	assert_equal "$(grep -c 'class="node"' <<<"$output") $(grep -c 'class="edge"' <<<"$output")" '4 4'
}

@test "task-graph: one task, by its first characters, with what is below it and what comes before" {
	clean
	other=$(task-add --ids -d "$id" 'go home')
	run -0 task-graph "${id:0:8}"
	assert_equal "$(nodes | wc -l) $(edges | wc -l)" '3 3'
	refute_output --partial 'go home'
	run -0 task-graph "$other"
	assert_equal "$(nodes | wc -l) $(edges | tr -d '\t";')" "2 $id -> $other [style=dashed]"
	run -0 task-graph "${children[1]}"
	assert_equal "$(nodes | wc -l) $(edges | tr -d '\t";')" "2 ${children[0]} -> ${children[1]} [style=dashed]"
}

@test "task-graph: states have colours" {
	clean
	agent-run "${children[0]}" >/dev/null
	worker picky 'exit 1'
	agent-run "$(task-add --ids -a picky bad)" >/dev/null
	run -0 task-graph
	assert_equal "$(nodes | sed 's/.*label="\([^\]*\).*fillcolor="\(.*\)".*/\1 \2/')" 'Clean: #e4e4e4
sweep #d3f0d3
dust #ffffff
bad #f7cfcf'
}

@test "task-graph: whatever a title holds, it is text" {
	bad=$'"]; x -> y [label="&lt;<b>\\N\\'
	for title in "$bad" $'a\nb\e[31mc\x01' "$(printf 'é%.0s' {1..70}) $(printf 'w%.0s' {1..200})" ''; do
		jq -nc --arg title "$title" '{$title, instruction: "x"}'
	done | task-add --allow-duplicates >/dev/null
	run -0 task-graph
	graph=$output
	assert_equal "$(nodes | wc -l) $(edges | wc -l)" '4 0'
	assert_line --partial '[label="\"]; x -> y [label=\"&amp;lt;<b>\\N\\\n'
	assert_line --partial '[label="a bc\n'
	assert_dot
	if ! command -v dot >/dev/null; then skip 'dot is not installed'; fi
	run -0 --separate-stderr dot -Tsvg <<<"$graph"
	assert_equal "$stderr" ''
	assert_equal "$(grep -c 'class="node"' <<<"$output")" 4
	assert_output --partial '&quot;]; x &#45;&gt; y [label=&quot;&amp;lt;&lt;b&gt;\N'
}

@test "task-graph: a long title is cut, and stands in lines" {
	jq -nc '{title: ("word " * 60), instruction: "x"}' | task-add >/dev/null
	run -0 task-graph
	label=$(nodes | sed 's/.*label="\(.*\)" fill.*/\1/')
	label=${label//'\n'/$'\n'}
	assert_equal "$(wc -l <<<"$label")" 6
	(($(wc -L <<<"$label") <= 32))
	assert_regex "$label" $'word wo…\n[0-9a-f]{8} pending$'
}

@test "task-graph: text is a tree, which is what a terminal gets" {
	clean
	third=$(task-add --ids -d "$id" -d "${children[0]}" 'go home')
	want="ID        STATUS   AGENT  AFTER        TITLE
${id:0:8}  waiting                      Clean:
${children[0]:0:8}  pending  smith               ├─ sweep
${children[1]:0:8}  waiting  smith  ${children[0]:0:8}     └─ dust
${third:0:8}  waiting         ${id:0:8} +1  go home"
	run -0 task-graph --format text
	assert_output "$want"
	run -0 task-graph --format text "$third"
	assert_output "ID        STATUS   AGENT  AFTER        TITLE
${third:0:8}  waiting         ${id:0:8} +1  go home"
	on_terminal 80 task-graph
	assert_output "$want"
	on_terminal 80 'task-graph --format dot'
	assert_dot
	keep_colours=1 on_terminal 80 task-graph
	assert_output --partial $'\e['
}

@test "task-graph: an empty store is an empty graph" {
	run -0 task-graph
	assert_equal "$(nodes | wc -l)" 0
	assert_dot
	run -0 task-graph --format text
	assert_output ''
}

@test "task-graph: a task that is its own ancestor ends, too" {
	id=$(uuid)
	jq -nc --arg id "$id" '{key: "task/\($id)", sets: ["tasks", "parent.\($id)"], names: [],
		value: {$id, title: "x", instruction: "x", status: "pending", parent_id: $id, depends_on: [$id]}}' | store-load
	run -0 timeout 10 task-graph "$id"
	assert_dot
	run -0 timeout 10 task-graph
	assert_dot
}

@test "task-graph: an unknown task (66), two tasks, another format (64), a full disk (74)" {
	run -66 --separate-stderr task-graph deadbeef
	assert_equal "$output$stderr" 'task-graph: task deadbeef: no such task'
	run -64 task-graph a b
	run -64 --separate-stderr task-graph --format json
	assert_regex "$stderr" "^task-graph: --format: want dot or text, got 'json'"
	run -64 task-graph --format text --color blue
	run -74 --separate-stderr bash -c 'task-graph >/dev/full'
	assert_equal "$stderr" 'task-graph: stdout: No space left on device'
}
