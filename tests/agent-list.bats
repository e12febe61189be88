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

@test "agent-list: as table, tsv, and what a jq program makes of it" {
	agent-add smith --skill iron --skill 'hot coal' -i json -- sh -c 'echo "$1"' >/dev/null
	agent-add miller -- cat >/dev/null
	run -0 agent-list --format text
	assert_output 'ROLE    INPUT  SKILLS          COMMAND
smith   json   iron, hot coal  sh -c '\''echo "$1"'\''
miller  text                   cat'
	run -0 agent-list --format tsv
	assert_output $'smith\tjson\tiron, hot coal\tsh -c \'echo "$1"\'\nmiller\ttext\t\tcat'
	run -0 agent-list --jq '.skills[]?'
	assert_output $'iron\nhot coal'
	assert_equal "$(agent-list --ids --null | xargs -0)" 'smith miller'
	on_terminal 30 agent-list
	assert_fits 30
}

@test "agent-list: options that exclude each other are misuse (64)" {
	run -64 agent-list --ids --format text
	run -64 agent-list --jq . --format text
	run -64 agent-list --jq .[
}

@test "agent-list: of a model's agent the model stands where others have their command" {
	agent-add thinker --model m1 --skill think >/dev/null
	agent-add coder --adapter claude >/dev/null
	agent-add smith -- cat -n >/dev/null
	run -0 agent-list --format tsv
	assert_output $'thinker\t\tthink\tm1\ncoder\ttext\t\tclaude -p --output-format stream-json --verbose\nsmith\ttext\t\tcat -n'
}
