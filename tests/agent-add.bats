# Agents join the crew.

load test_helper
load records

@test "agent-add: adds an agent and prints it as one JSON line" {
	run -0 --separate-stderr agent-add smith --skill iron --skill 'hot coal' --description 'makes nails' \
		--input json -- sh -c 'echo "$@"' --flag
	assert_equal "$stderr" ''
	assert_jq 'length == 1 and (.[0] | .role == "smith" and .skills == ["iron", "hot coal"] and
		.description == "makes nails" and .kind == "exec" and .input == "json" and .status == "active" and
		.command == ["sh", "-c", "echo \"$@\"", "--flag"])'
	assert_equal "$(agent-list | lasting)" "$(lasting <<<"$output")"
}

@test "agent-add: text is the input unless told" {
	run -0 agent-add smith -- cat
	assert_jq '.[0].input == "text"'
	run -0 agent-add smith -i json -- cat
	assert_jq '.[0].input == "json"'
}

@test "agent-add: a role that is there, in any case, is replaced in its place" {
	agent-add smith -- cat >/dev/null
	agent-add miller -- cat >/dev/null
	agent-add SMITH --skill iron -- tac >/dev/null
	assert_equal "$(agent-list | jq -r '"\(.role) \(.command[0])"')" $'SMITH tac\nmiller cat'
}

@test "agent-add: a program that is replaced does the next task" {
	agent-add smith -- echo old >/dev/null
	a=$(task-add --ids a) b=$(task-add --ids b)
	agent-run "$a" >/dev/null
	agent-add smith -- echo new >/dev/null
	agent-run "$b" >/dev/null
	assert_equal "$(field "$a" .response) $(field "$b" .response)" 'old new'
}

@test "agent-add: no data reaches a shell" {
	agent-add smith -- echo '$(touch hacked); `touch hacked`' >/dev/null
	id=$(task-add --ids '$(touch hacked)')
	agent-run "$id" >/dev/null
	assert_equal "$(field "$id" .response)" '$(touch hacked); `touch hacked`'
	assert_file_not_exist hacked
}

@test "agent-add: --ids prints only the role" {
	run -0 agent-add Smith --ids -- cat
	assert_output Smith
}

@test "agent-add: a bad role is refused (65)" {
	for role in 1a '' a.b 'a b' a/b ä "$(printf 'x%.0s' {1..65})"; do
		run -65 --separate-stderr agent-add "$role" -- cat
		assert_regex "$stderr" "^agent-add: role '"
	done
	assert_equal "$(agent-list)" ''
	run -0 agent-add "$(printf 'x%.0s' {1..64})" -- cat
	run -0 agent-add a-b_1 -- cat
}

@test "agent-add: without role or command it is misuse (64)" {
	run -64 agent-add
	run -64 agent-add smith
	run -64 agent-add smith --
	run -64 agent-add smith --input xml -- cat
}

@test "agent-add: the command's options are its own, also without --" {
	run -0 agent-add --ids lines wc -l
	assert_output lines
	assert_equal "$(agent-list --jq '.command | join(" ")')" 'wc -l'
	agent-add lines --skill counting wc -l --ids >/dev/null
	assert_equal "$(agent-list --jq '.command + .skills | join(" ")')" 'wc -l --ids counting'
}

@test "agent-add: prints it as one likes, without a heading" {
	run -0 agent-add smith --skill iron --format tsv -- cat -n
	assert_output $'smith\ttext\tiron\tcat -n'
	run -0 agent-add smith --format text -- cat
	assert_regex "$output" '^smith +text +cat$'
	run -64 agent-add smith --ids --format text -- tac
	assert_equal "$(agent-list --jq '.command[0]')" cat
}

@test "agent-add: one of its own options behind the command is pointed at, unless -- says that it is meant" {
	run -0 --separate-stderr agent-add lines wc -l --ids
	assert_equal "$stderr" "agent-add: --ids is taken for the command's; ours stand before it"
	run -0 --separate-stderr agent-add lines -- wc -l --ids
	assert_equal "$stderr" ''
}
