# The crew is listed.

load test_helper
load records

@test "agent-list: prints the crew in the order in which it was added" {
	for role in c a b; do agent-add $role -- cat; done >added
	run -0 agent-list
	assert_equal "$(lasting <<<"$output")" "$(lasting <added)"
}

@test "agent-list: --ids prints only the roles" {
	for role in c A; do agent-add $role -- cat; done >/dev/null
	run -0 agent-list --ids
	assert_output $'c\nA'
}

@test "agent-list: an empty crew prints nothing" {
	run -0 agent-list
	assert_output ''
}

@test "agent-list: operands are misuse (64)" {
	run -64 agent-list x
}
