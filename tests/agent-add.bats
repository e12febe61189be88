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

@test "agent-add: with --model a model does the work; its prompt is kept, its folder is a whole path" {
	printf 'You are\nbrief.\n' >prompt
	mkdir place
	run -0 --separate-stderr agent-add thinker --model m1 --provider anthropic --prompt prompt \
		--tool run --tool read_file --deny-tool write_file --ask-tool run --max-turns 7 --context 500 --effort low \
		--sandbox --network --folder place --skill think
	assert_equal "$stderr" ''
	assert_jq --arg here "$PWD" '.[0] | del(.created_at, .updated_at) == {role: "thinker", description: "",
		skills: ["think"], kind: "llm", model_id: "m1", provider: "anthropic",
		system_prompt: "You are\nbrief.", tools: {allow: ["run", "read_file"], deny: ["write_file"], ask: ["run"]},
		max_turns: 7, context_tokens: 500, effort: "low", sandbox: true, network: true, folder: ($here + "/place"), status: "active"}'
	agent-add thinker --model m2 --prompt - >/dev/null <<<'From a pipe.'
	assert_equal "$(agent-list --jq '[.model_id, .system_prompt, .tools] | tojson')" '["m2","From a pipe.",null]'
}

@test "agent-add: a model has no command, and a program nothing of a model's (64)" {
	run -64 --separate-stderr agent-add thinker --model m1 -- cat
	[[ $stderr = 'agent-add: --model: not with a command'* ]]
	run -64 --separate-stderr agent-add thinker --model m1 --input json
	[[ $stderr = 'agent-add: --input: not with --model'* ]]
	run -64 agent-add thinker --model m1 --adapter claude
	for option in --provider=openai --prompt=x --tool=x --ask-tool=x --deny-tool=x --max-turns=1 --effort=low \
		--sandbox --network; do
		run -64 agent-add thinker "$option" -- cat
	done
	run -64 agent-add thinker --model m1 --max-turns 0
	assert_equal "$(agent-list)" ''
}

@test "agent-add: what a model's agent cannot have is refused (65), a file that is not there too (66)" {
	run -65 --separate-stderr agent-add thinker --model m1 --effort much
	assert_equal "$stderr" 'agent-add: effort: want low, medium or high'
	run -65 agent-add thinker --model ''
	run -65 agent-add thinker --model m1 --provider ''
	run -65 agent-add thinker --model m1 --tool ''
	run -66 --separate-stderr agent-add thinker --model m1 --prompt nowhere
	assert_equal "$stderr" 'agent-add: nowhere: No such file or directory'
	run -66 agent-add thinker --model m1 --folder nowhere
	printf '\377' >binary
	run -65 agent-add thinker --model m1 --prompt binary
	assert_equal "$(agent-list)" ''
}

@test "agent-add: an adapter brings the command along, unless there is another" {
	run -0 agent-add coder --adapter claude
	assert_jq '.[0] | .kind == "exec" and .adapter == "claude" and .input == "text" and
		.command == ["claude", "-p", "--output-format", "stream-json", "--verbose"]'
	run -0 agent-add coder --adapter codex
	assert_jq '.[0].command == ["codex", "exec", "--json", "-"]'
	run -0 agent-add coder --adapter claude -- claude -p
	assert_jq '.[0] | .adapter == "claude" and .command == ["claude", "-p"]'
}

@test "agent-add: an unknown adapter is refused (66), saying which there are" {
	run -66 --separate-stderr agent-add coder --adapter nobody
	assert_equal "$stderr" 'agent-add: adapter nobody: no such adapter; there are: claude, codex'
	run -66 --separate-stderr agent-add coder --adapter ./nowhere.jq -- cat
	assert_equal "$stderr" 'agent-add: adapter ./nowhere.jq: No such file or directory'
	assert_equal "$(agent-list)" ''
}

@test "agent-add: an adapter may be a file of one's own" {
	printf '%s\n' '# Mine.' '# command: mine  --json' '{response: .text}' >mine.jq
	run -0 agent-add coder --adapter ./mine.jq
	assert_jq --arg path "$PWD/mine.jq" '.[0] | .adapter == $path and .command == ["mine", "--json"]'
	echo '{response: .text}' >mute.jq
	run -78 --separate-stderr agent-add coder --adapter ./mute.jq
	assert_equal "$stderr" 'agent-add: adapter ./mute.jq: it names no command'
	run -0 agent-add coder --adapter ./mute.jq -- cat
	echo '{response: ' >broken.jq
	run -78 --separate-stderr agent-add coder --adapter ./broken.jq -- cat
	[[ $stderr = 'agent-add: adapter ./broken.jq: '* ]]
}

@test "agent-add: a program may have a folder to run in" {
	mkdir there
	run -0 agent-add where --folder there -- pwd
	assert_jq --arg path "$PWD/there" '.[0].folder == $path'
	id=$(task-add --ids --agent where 'Say where')
	run -0 agent-run "$id"
	assert_equal "$(task-show "$id" --jq .response)" "$PWD/there"
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

@test "agent-add: --crew is kept, as often as it is given; an empty name is refused (65)" {
	run -0 agent-add wc --crew a --crew b -- wc -w
	assert_jq '.[0].crews == ["a", "b"]'
	run -65 agent-add wc --crew '' -- wc -w
}

@test "agent-add: --max-running and --one-at-a-time are kept" {
	run -0 agent-add w --max-running 3 --crew desk --one-at-a-time -- cat
	assert_jq '.[0] | .max_running == 3 and .one_at_a_time == true'
	run -0 agent-add w -- cat
	assert_jq '.[0] | (has("max_running") or has("one_at_a_time")) | not'
}

@test "agent-add: MCP servers, by their commands and in files, are kept as they are said" {
	echo '{"mcpServers":{"a":{"command":"true"}}}' >mine.json
	run -0 agent-add thinker --model m --mcp 'files=npx -y server .' --mcp 'x-1=a=b c' --mcp-file mine.json
	assert_jq --arg here "$PWD" '.[0].mcp == [{name: "files", command: "npx -y server ."},
		{name: "x-1", command: "a=b c"}, {file: ($here + "/mine.json")}]'
	run -64 agent-add smith --mcp a=b -- cat
	run -64 --separate-stderr agent-add thinker --model m --mcp files
	assert_regex "$stderr" "^agent-add: --mcp: want NAME=COMMAND, got 'files'"
	for bad in '=cat' 'a b=cat' 'a__b=cat' 'a= '; do
		run -65 --separate-stderr agent-add thinker --model m --mcp "$bad"
		assert_regex "$stderr" '^agent-add: mcp\[0\]: '
	done
	run -66 agent-add thinker --model m --mcp-file none.json
	run -78 --separate-stderr agent-add thinker --model m --mcp a=cat --mcp-file mine.json
	assert_equal "$stderr" 'agent-add: there are two servers of the name a'
	echo '{"mcpServers":{"a":{"url":"http://127.0.0.1"}}}' >mine.json
	run -0 --separate-stderr agent-add thinker --model m --mcp-file mine.json
	assert_equal "$stderr" "agent-add: MCP server passed over: $PWD/mine.json: a: want a server of type stdio, got a url"
}
