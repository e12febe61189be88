# What was said in a chat is printed.

load test_helper
load records

seqs() { jq -r .seq | paste -sd,; }

arrange() {
	chat=$(chat-new --ids)
	seq 1 9 | chat-post -u ada "$chat" >posted
}

@test "chat-show: prints all events unless told" {
	arrange
	run -0 chat-show "$chat"
	assert_output "$(<posted)"
}

@test "chat-show: a chat without events prints nothing" {
	run -0 chat-show "$(chat-new --ids)"
	assert_output ''
}

@test "chat-show: --since SEQ prints what comes after it" {
	arrange
	assert_equal "$(chat-show "$chat" --since 7 | seqs)" 8,9
	assert_equal "$(chat-show "$chat" --since 0 | seqs)" 1,2,3,4,5,6,7,8,9
	assert_equal "$(chat-show "$chat" --since 9 | seqs)" ''
	assert_equal "$(chat-show "$chat" --since 99 | seqs)" ''
}

@test "chat-show: --limit prints the last ones, with --since the first behind it" {
	arrange
	assert_equal "$(chat-show "$chat" --limit 2 | seqs)" 8,9
	assert_equal "$(chat-show "$chat" -n 2 --since 3 | seqs)" 4,5
	assert_equal "$(chat-show "$chat" --limit 0 | seqs)" ''
	assert_equal "$(chat-show "$chat" --limit 99 | seqs)" 1,2,3,4,5,6,7,8,9
}

@test "chat-show: thousands come in their order" {
	chat=$(chat-new --ids)
	seq 1 3000 | chat-post "$chat" >/dev/null
	assert_equal "$(chat-show "$chat" | jq -r .data.text)" "$(seq 3000)"
}

@test "chat-show: what is said elsewhere is not shown" {
	arrange
	other=$(chat-new --ids)
	chat-post "$other" elsewhere >/dev/null
	assert_equal "$(chat-show "$other" | jq -r .data.text)" elsewhere
	assert_equal "$(chat-show "$chat" | wc -l)" 9
}

@test "chat-show: --format text is for people, json for programs" {
	chat=$(chat-new --ids)
	chat-post <<<'{"type":"message","at":"2026-01-02T03:04:05Z","user_id":"ada","data":{"text":"hel\u001blo"},"chat_id":"'"$chat"'"}' >posted
	TZ=UTC run -0 chat-show "$chat" --format text
	assert_output '03:04:05 ada: hello'
	run -0 chat-show "$chat" --format json
	assert_output "$(<posted)"
}

@test "chat-show: the text format is that of chat-watch" {
	arrange
	assert_equal "$(chat-show "$chat" --format text)" \
		"$(chat-watch "$chat" --since 0 --count 9 --format text)"
}

@test "chat-show: on a terminal the format is text" {
	arrange
	script -qec "chat-show $chat --limit 1" /dev/null </dev/null >out || skip 'script cannot be run'
	run -0 tr -d '\r' <out
	assert_regex "$output" '^[0-9:]{8} ada: 9$'
}

@test "chat-show: an unknown chat is refused (66), the first characters will do" {
	arrange
	run -66 --separate-stderr chat-show deadbeef
	assert_equal "$stderr" 'chat-show: chat deadbeef: no such chat'
	run -66 chat-show "${chat:0:3}"
	run -0 chat-show "${chat:0:4}"
	assert_output "$(<posted)"
}

@test "chat-show: bad option values and operands are misuse (64)" {
	arrange
	for option in --since=-1 --since=x --limit=-1 --format=xml; do
		run -64 chat-show "$chat" "$option"
	done
	run -64 chat-show
	run -64 chat-show "$chat" "$chat"
}
