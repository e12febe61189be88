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

@test "chat-show: of a chat where seqs are missing it prints what there is, at once" {
	chat=$(chat-new --ids)
	seq 2 | chat-post "$chat" >/dev/null
	store-dump | jq -c 'if .value.seq == 2 then .value.seq = 9007199254740990 |
		.key |= sub("2$"; "9007199254740990") else . end' >dump
	export LEGWORK_STORE=$PWD/other
	store-load <dump
	run -0 timeout 5 chat-show "$chat" --format json
	assert_equal "$(seqs <<<"$output")" 1,9007199254740990
	assert_equal "$(timeout 5 chat-show "$chat" --since 1 -n 1 | jq -r .data.text)" 2
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
	assert_output $'--- Friday, 2026-01-02\n03:04:05 ada: hello'
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
	on_terminal 60 "chat-show $chat --limit 1"
	assert_regex "${lines[0]}" '^--- [A-Z][a-z]+day, [0-9-]{10}$'
	assert_regex "${lines[1]}" '^[0-9:]{8} ada: 9$'
	assert_equal "${#lines[@]}" 2
}

@test "chat-show: no line is wider than the terminal, and nothing is lost" {
	chat=$(chat-new --ids)
	text='word 中文字 🤖 https://example.org/a/rather/long/path/to/something and_a_word_that_is_wider_than_any_line_of_sixty_columns'
	chat-post -u ada "$chat" "$text" >/dev/null
	on_terminal 60 "chat-show $chat"
	assert_fits 60
	assert_equal "$(sed 1d <<<"${output//ada: /}" | cut -c9- | tr -d ' \n')" "${text// /}"
	on_terminal 30 "chat-show $chat"
	assert_fits 30
}

@test "chat-show: colours are for terminals, or for who wants them" {
	arrange
	keep_colours=1
	on_terminal 60 "chat-show $chat"
	assert_regex "$output" $'\x1b\\[1mada\x1b\\[m: 9'
	on_terminal 60 "NO_COLOR=1 chat-show $chat"
	refute_output --partial $'\x1b'
	on_terminal 60 "TERM=dumb chat-show $chat"
	refute_output --partial $'\x1b'
	on_terminal 60 "chat-show --color never $chat"
	refute_output --partial $'\x1b'
	run -0 chat-show --format text "$chat"
	refute_output --partial $'\x1b'
	run -0 chat-show --format text --color always "$chat"
	assert_output --partial $'\x1b[1mada\x1b[m: 9'
}

@test "chat-show: a date stands before each day's first event" {
	chat=$(chat-new --ids)
	for at in 2026-01-02T03:04:05Z 2026-01-02T23:00:00Z 2026-01-03T00:00:00Z; do
		echo '{"type":"message","at":"'$at'","user_id":"ada","data":{"text":"x"},"chat_id":"'"$chat"'"}'
	done | chat-post >/dev/null
	TZ=UTC run -0 chat-show "$chat" --format text
	assert_output '--- Friday, 2026-01-02
03:04:05 ada: x
23:00:00 ada: x
--- Saturday, 2026-01-03
00:00:00 ada: x'
	TZ=UTC-2 run -0 chat-show "$chat" --format text
	assert_line --index 2 '--- Saturday, 2026-01-03'
}

@test "chat-show: --jq prints what a program makes of each event, strings as they are" {
	arrange
	run -0 chat-show "$chat" --jq '.data.text, .seq' -n 2
	assert_output $'8\n8\n9\n9'
	run -0 chat-show "$chat" --jq 'select(.seq > 7) | {seq}'
	assert_output $'{"seq":8}\n{"seq":9}'
	run -65 --separate-stderr chat-show "$chat" --jq 'if .seq == 3 then error("three") else .seq end'
	assert_output $'1\n2'
	assert_equal "$stderr" 'chat-show: --jq: three'
	run -64 --separate-stderr chat-show "$chat" --jq '.['
	assert_regex "${stderr_lines[0]}" '^chat-show: --jq: syntax error'
}

@test "chat-show: --ids prints the ids, --null ends each with a NUL" {
	arrange
	run -0 chat-show "$chat" --ids
	assert_output "$(jq -r .id posted)"
	assert_equal "$(chat-show "$chat" --jq .data.text --null | xargs -0 -n 3)" $'1 2 3\n4 5 6\n7 8 9'
	assert_equal "$(chat-show "$chat" --null | tr '\0' '\n')" "$(<posted)"
}

@test "chat-show: ways to print exclude each other (64)" {
	arrange
	for options in '--ids --jq .' '--ids --format json' '--format text --jq .' '--null --format text' \
		'--format tsv' '--color blue'; do
		# shellcheck disable=SC2086 # words are wanted
		run -64 chat-show "$chat" $options
	done
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
