# Chats are made.

load test_helper
load records

@test "chat-new: makes a chat and prints it as one JSON line" {
	run -0 --separate-stderr chat-new --title 'The garden' --user ada --member bob --member eve
	assert_equal "$stderr" ''
	assert_jq 'length == 1 and (.[0] | .title == "The garden" and .user_id == "ada" and
		.members == [{user_id: "ada", kind: "person"}, {user_id: "bob", kind: "person"},
			{user_id: "eve", kind: "person"}] and
		(.id | length == 36) and (.created_at | endswith("Z")))'
	assert_equal "$(chat-list)" "$output"
}

@test "chat-new: its owner is LEGWORK_USER, or the login name" {
	LEGWORK_USER=bob run -0 chat-new
	assert_jq '.[0] | .user_id == "bob" and (has("title") | not)'
	run -0 chat-new
	assert_jq --arg name "$(id -un)" '.[0].user_id == $name'
}

@test "chat-new: the owner is a member once" {
	run -0 chat-new -u ada --member ada --member bob
	assert_jq '.[0].members | map(.user_id) == ["ada", "bob"]'
}

@test "chat-new: --ids prints only the id" {
	run -0 chat-new --ids
	assert_output "$(chat-list | jq -r .id)"
}

@test "chat-new: a title may hold anything" {
	title=$'quotes " \\ and\nlines, größe 🤖'
	chat-new --title "$title" >/dev/null
	assert_equal "$(chat-list | jq -r .title)" "$title"
}

@test "chat-new: names of users are 1 to 100 bytes without control characters" {
	for name in '' $'a\nb' "$(printf 'x%.0s' {1..101})"; do
		for option in --user --member; do
			status=0
			chat-new "$option" "$name" 2>err || status=$?
			[[ $status = 6[45] ]] || { echo "$option: status $status"; false; }
			grep -q '^chat-new: .*user: ' err
		done
	done
	assert_equal "$(chat-list)" ''
}

@test "chat-new: two chats may have the same title" {
	chat-new --title a >/dev/null
	chat-new --title a >/dev/null
	assert_equal "$(chat-list --ids | sort -u | wc -l)" 2
}

@test "chat-new, chat-edit: a title of more than 200 characters is misuse (64)" {
	long=$(printf '\303\244%.0s' {1..200})
	run -0 chat-new --title "$long" --ids
	chat=$output
	run -64 --separate-stderr chat-new --title "$long!"
	assert_equal "${stderr_lines[0]}" 'chat-new: --title: longer than 200 characters'
	run -64 --separate-stderr chat-edit --title "$long!" "$chat"
	assert_equal "${stderr_lines[0]}" 'chat-edit: --title: longer than 200 characters'
	assert_equal "$(chat-list --jq .title)" "$long"
}

@test "chat-new: operands are misuse (64)" {
	run -64 chat-new garden
}

@test "chat-new: prints it as one likes, without a heading" {
	run -0 chat-new --format text -u ada --title 'The garden'
	assert_regex "$output" '^[0-9a-f]{8} +[0-9]+s +ada +The garden$'
	run -0 chat-new --format tsv -u ada
	assert_equal "$(cut -f 1,4 <<<"$output")" "$(chat-list --newest -n 1 --ids)"$'\tada'
	run -64 chat-new --format text --ids
	assert_equal "$(chat-list --ids | wc -l)" 2
}

@test "chat-new: --crew ties it to a crew, whose name is one (65)" {
	run -0 chat-new --crew sums
	assert_jq '.[0].crew == "sums"'
	run -0 chat-new
	assert_jq '.[0] | has("crew") | not'
	run -65 chat-new --crew ''
	run -0 chat-list
	assert_jq 'length == 2'
}

@test "chat-new: --approve says what waits for the owner" {
	run -0 chat-new --approve agents --crew smiths
	assert_jq '.[0] | .policy == {approve: ["agents"]} and .crew == "smiths"'
	assert_output "$(chat-list)"
	run -0 chat-new --approve none
	assert_jq '.[0] | has("policy") | not'
	run -64 --separate-stderr chat-new --approve ''
	assert_equal "${stderr_lines[0]}" "chat-new: --approve: want agents, tasks, agents,tasks or none, got ''"
	assert_equal "$(chat-list | wc -l)" 2
}
