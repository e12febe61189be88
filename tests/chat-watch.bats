# What is said in a chat is printed as it happens.

load test_helper
load records

# watch OUT [OPTION ...] - in the background; $pid; goes on once its FIFO is there.  It looks at the
# store only then, and prints what is new since: where no event may be missed, say --since.
watch() {
	local before
	before=$(bells)
	chat-watch "${@:2}" >"$1" 3>&- 5>&- &
	pid=$!
	wait_until 30 eval '(($(bells) > before))'
}

bells() { find "$LEGWORK_STORE/watch" -type p ! -name '.*' 2>/dev/null | wc -l; }

stop() { # PID
	kill -TERM "$1"
	await_stopped "$1"
}

say() { chat-post "$@" >/dev/null; }

# A fresh chat with these texts in it; $chat.
chat_with() {
	chat=$(chat-new --ids)
	(($# == 0)) || printf '%s\n' "$@" | chat-post "$chat" >/dev/null
}

texts() { jq -r .data.text "$@" | paste -sd' '; }

@test "chat-watch: prints only what is new, unless told" {
	chat_with old
	watch out "$chat" --count 1
	# it looks at the store after its bell is there: so post until one is printed
	wait_until 30 eval 'say "$chat" new; has_ended $pid'
	await_exit $pid
	assert_equal "$(texts out)" new
}

@test "chat-watch: prints an event as soon as it is posted" {
	chat_with
	watch out "$chat" --since 0
	for i in {1..10}; do
		say "$chat" "$i"
		wait_until 30 has_lines out "$i"
		times+=("$(written out)")
	done
	assert_outran_poll "${times[@]}"
	stop $pid
	assert_equal "$(cat out)" "$(chat-show "$chat")"
}

@test "chat-watch: --since 0 prints all, then what comes" {
	chat_with one two
	watch out "$chat" --since 0 --count 3
	say "$chat" three
	await_exit $pid
	assert_equal "$(texts out)" 'one two three'
}

@test "chat-watch: --since SEQ prints what comes after it" {
	chat_with one two three
	run -0 chat-watch "$chat" --since 2 --count 1
	assert_jq 'map(.seq) == [3]'
}

@test "chat-watch: --since a seq that is still to come waits for the one after it" {
	chat_with one
	watch out "$chat" --since 2 --count 1
	say "$chat" two
	say "$chat" three
	await_exit $pid
	assert_equal "$(texts out)" three
}

@test "chat-watch: --count ends it after so many" {
	chat_with one two three
	run -0 chat-watch "$chat" --since 0 --count 2
	assert_equal "${#lines[@]}" 2
}

@test "chat-watch: --timeout ends it with 124 where --count was not reached" {
	chat_with one
	run -124 chat-watch "$chat" --since 0 --count 2 --timeout 100ms
	assert_equal "${#lines[@]}" 1
	run -124 chat-watch "$chat" --count 1 -t 0
}

@test "chat-watch: --timeout without --count ends it with 0" {
	chat_with one
	run -0 chat-watch "$chat" --since 0 --timeout 100ms
	assert_equal "${#lines[@]}" 1
}

@test "chat-watch: --all prints the events of every chat" {
	chat_with a
	other=$(chat-new --ids)
	say "$other" b
	run -0 chat-watch --all --since 0 --count 2
	assert_equal "$(texts <<<"$output")" 'a b'
}

@test "chat-watch: --all prints the events of a chat that is made later" {
	chat_with a
	watch out --all --since 0 --count 3
	wait_until 30 has_lines out 1
	other=$(chat-new --ids)
	say "$other" b
	say "$chat" c
	await_exit $pid
	assert_equal "$(texts out)" 'a b c'
}

@test "chat-watch: what happens in other chats is not printed" {
	chat_with
	other=$(chat-new --ids)
	watch out "$chat" --since 0 --count 1
	say "$other" no
	say "$chat" yes
	await_exit $pid
	assert_equal "$(texts out)" yes
}

@test "chat-watch: four viewers see the same events, in the same order, once" {
	chat_with before
	for i in 1 2 3 4; do
		watch "out$i" "$chat" --since 0 --count 61
		pids+=("$pid")
	done
	for i in 1 2 3; do
		seq 1 20 | chat-post --user "u$i" "$chat" >/dev/null 3>&- &
		posters+=($!)
	done
	await_all "${posters[@]}" "${pids[@]}"
	for i in 1 2 3 4; do
		assert_equal "$(cat "out$i")" "$(chat-show "$chat")"
	done
}

@test "chat-watch: a viewer that nobody reads, one stopped and one killed delay nobody" {
	chat_with
	mkfifo pipe
	exec 5<>pipe
	watch pipe "$chat" --since 0
	unread=$pid
	watch /dev/null "$chat" --since 0
	killed=$pid
	watch stopped "$chat" --since 0
	stopped=$pid
	watch out "$chat" --since 0 --count 100
	stop_idle "$stopped"
	kill -KILL "$killed"
	keep_fifos=1
	for i in {1..100}; do printf '%s %01000d\n' "$i" 0; done | timeout 60 chat-post "$chat" >/dev/null
	await_exit $pid
	assert_equal "$(jq -r .seq out | paste -sd,)" "$(seq -s, 1 100)"
	kill -CONT "$stopped"
	wait_until 30 has_lines stopped 100
	assert_equal "$(cat stopped)" "$(cat out)"
	stop "$stopped"
	exec 5<&-
	wait_until 30 has_ended "$unread"
}

@test "chat-watch: ends when its reader is gone" {
	chat_with one
	mkfifo pipe
	chat-watch "$chat" --since 0 >pipe 3>&- &
	pid=$!
	read -r line <pipe
	wait_until 30 has_ended $pid
}

@test "chat-watch: TERM ends it with 143, and its FIFO is gone" {
	chat_with
	watch out "$chat"
	kill -TERM $pid
	status=0
	await_exit $pid || status=$?
	assert_equal "$status" 143
	assert_equal "$(bells)" 0
}

# --- cursors

# take COUNT - what a reader named me makes of the next events: their cursors move as far
take() {
	chat-watch "$chat" --cursor me "${@:2}" --count "$1" --timeout 30 |
		jq -c '{skip: {cursor, chat_id, seq}}' | tee -a taken | task-add
}

@test "chat-watch: --cursor begins with what is new, and names itself on each line" {
	chat_with old
	watch out "$chat" --cursor me --count 1
	wait_until 30 eval 'say "$chat" new; has_ended $pid'
	run -0 cat out
	assert_jq '.[0].cursor == "me" and .[0].data.text == "new"'
}

@test "chat-watch: --cursor --since says where a new reader begins" {
	chat_with one two
	run -0 chat-watch "$chat" --cursor me --since 1 --count 1
	assert_jq '.[0].seq == 2'
}

@test "chat-watch: --cursor goes on behind what was taken" {
	chat_with one two three four
	take 2 --since 0
	take 1
	take 1 --since 0
	assert_equal "$(jq -r .skip.seq taken | paste -sd,)" 1,2,3,4
}

@test "chat-watch: what was printed and not taken comes again" {
	chat_with one two
	chat-watch "$chat" --cursor me --since 0 --count 2 >/dev/null
	run -0 chat-watch "$chat" --cursor me --count 2
	assert_jq 'map(.seq) == [1, 2]'
}

@test "chat-watch: a reader that dies before it has printed anything knows its place" {
	chat_with one
	run -124 chat-watch "$chat" --cursor me --count 1 --timeout 0
	say "$chat" two
	run -0 chat-watch "$chat" --cursor me --count 1 --timeout 30
	assert_jq '.[0].data.text == "two"'
}

@test "chat-watch: --all --cursor prints a chat that was made meanwhile from its beginning" {
	chat_with one
	run -124 chat-watch --all --cursor me --count 1 --timeout 0
	other=$(chat-new --ids)
	say "$other" two
	say "$chat" three
	run -0 chat-watch --all --cursor me --count 2 --timeout 30
	assert_jq 'map(.data.text) | sort == ["three", "two"]'
}

@test "chat-watch: readers of different names do not disturb each other" {
	chat_with one two
	take 2 --since 0
	run -0 chat-watch "$chat" --cursor other --since 0 --count 2
	assert_jq 'map(.seq) == [1, 2] and all(.cursor == "other")'
}

@test "chat-watch: two readers of one name make a message one task" {
	chat_with
	for i in 1 2; do
		watch "out$i" "$chat" --cursor me --since 0 --count 5
		pids+=("$pid")
	done
	printf 'task %s\n' 1 2 3 4 5 | chat-post "$chat" >/dev/null
	await_all "${pids[@]}"
	for i in 1 2; do task-draft <"out$i" | task-add >/dev/null; done
	assert_equal "$(task-list | jq -r .instruction | paste -sd,)" 'task 1,task 2,task 3,task 4,task 5'
}

# --- the text format

@test "chat-watch: --format text prints time, who and what" {
	chat_with
	chat-post <<<'{"type":"message","at":"2026-01-02T03:04:05.678Z","user_id":"ada","data":{"text":"hello"},"chat_id":"'"$chat"'"}' >/dev/null
	TZ=UTC run -0 chat-watch "$chat" --since 0 --count 1 --format text
	assert_output $'--- Friday, 2026-01-02\n03:04:05 ada: hello'
}

@test "chat-watch: the text format marks task events, and their end" {
	worker bad 'echo why >&2; exit 1'
	worker good 'echo "{\"type\":\"thought\",\"data\":{\"text\":\"hm\"}}"; echo "{\"type\":\"tool_use\",\"data\":{\"name\":\"ls\",\"args\":{\"a\":1}}}"; echo done'
	chat_with
	a=$(task-add --ids -c "$chat" -a good one) b=$(task-add --ids -c "$chat" -a bad two)
	agent-run "$a" | chat-post >/dev/null
	agent-run "$b" | chat-post >/dev/null
	run -0 chat-watch "$chat" --since 0 --count 9 --format text
	a=${a:0:8} b=${b:0:8}
	assert_equal "$(sed '/^---/d' <<<"$output" | cut -c10-)" "🤖 Task $a: Starting execution...
🤖 Task $a: Executing task: one...
💭 Task $a: hm
🔧 Task $a: Uses ls {\"a\":1}
🤖 Task $a: done
✅ Task $a completed successfully
🤖 Task $b: Starting execution...
🤖 Task $b: Executing task: two...
❌ Task $b failed: why"
}

@test "chat-watch: the text format strips control characters" {
	chat_with
	chat-post "$chat" $'red \x1b[31m\x07\x08\x7f\r end \u009b31m' >/dev/null
	chat-post <<<'{"type":"tool_use","user_id":"ada","data":{"name":"a\u001b]0;x\u0007b","args":{"k":"\u001b[0m"},"task_id":"\u001b[2J"},"chat_id":"'"$chat"'"}' >/dev/null
	chat-watch "$chat" --since 0 --count 2 --format text >out
	LC_ALL=C run ! grep -aP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' out
	assert_equal "$(grep -vc '^---' out)" 2
}

@test "chat-watch: lines of a text stand under its first" {
	chat_with
	chat-post --user ada "$chat" $'one\ntwo\n' >/dev/null
	run -0 chat-watch "$chat" --since 0 --count 1 --format text
	assert_equal "${#lines[@]}" 3
	assert_equal "${lines[2]}" '         two'
}

@test "chat-watch: JSON lines where stdout is no terminal" {
	chat_with one
	run -0 chat-watch "$chat" --since 0 --count 1
	assert_output "$(chat-show "$chat")"
	run -0 chat-watch "$chat" --since 0 --count 1 --format json
	assert_output "$(chat-show "$chat")"
}

@test "chat-watch: a task's text of several lines begins below its name" {
	worker poet 'printf "one\n  two\n"'
	chat_with
	id=$(task-add --ids -c "$chat" x)
	agent-run "$id" | chat-post >/dev/null
	run -0 chat-watch "$chat" --since 2 --count 1 --format text
	assert_equal "${lines[1]:9}" "🤖 Task ${id:0:8}:"
	assert_equal "${lines[2]}" '         one'
	assert_equal "${lines[3]}" '           two'
}

@test "chat-watch: no line is wider than the terminal" {
	chat_with "$(printf 'word%s 中文 ' {1..40})"
	on_terminal 60 "chat-watch $chat --since 0 --count 1"
	assert_fits 60
	assert_equal "$(grep -o word <<<"$output" | wc -l)" 40
}

# --- what is printed

@test "chat-watch: --last COUNT begins with the last events there are" {
	chat_with one two three
	run -0 chat-watch "$chat" --last 2 --count 2
	assert_equal "$(texts <<<"$output")" 'two three'
	run -0 chat-watch "$chat" --last 99 --count 3
	assert_equal "$(texts <<<"$output")" 'one two three'
	run -124 chat-watch "$chat" --last 0 --count 1 --timeout 0
	assert_output ''
}

@test "chat-watch: --last goes on with what comes" {
	chat_with one two
	watch out "$chat" --last 1 --count 2
	say "$chat" three
	await_exit $pid
	assert_equal "$(texts out)" 'two three'
}

@test "chat-watch: --all --last COUNT begins with the last of each chat" {
	chat_with one two
	other=$(chat-new --ids)
	say "$other" three
	run -0 chat-watch --all --last 1 --count 2
	assert_equal "$(texts <<<"$output")" 'two three'
}

@test "chat-watch: --jq prints what a program makes of each event as it comes" {
	chat_with one
	watch out "$chat" --since 0 --count 2 --jq .data.text
	wait_until 30 has_lines out 1
	say "$chat" two
	await_exit $pid
	assert_equal "$(cat out)" $'one\ntwo'
}

@test "chat-watch: a jq program that fails ends it (65), behind what was good" {
	chat_with one two three
	run -65 --separate-stderr chat-watch "$chat" --since 0 --jq 'if .seq == 2 then error("two") else .seq end'
	assert_output 1
	assert_equal "$stderr" 'chat-watch: --jq: two'
	assert_equal "$(bells)" 0
}

@test "chat-watch: a jq program that fails on what comes ends it (65) too" {
	chat_with one
	watch out "$chat" --since 0 --jq 'if .seq == 2 then error("two") else .seq end'
	wait_until 30 has_lines out 1
	say "$chat" two
	status=0
	await_exit $pid || status=$?
	assert_equal "$status" 65
}

@test "chat-watch: --ids prints the ids, --null ends each with a NUL" {
	chat_with one two
	run -0 chat-watch "$chat" --since 0 --count 2 --ids
	assert_output "$(chat-show "$chat" --ids)"
	assert_equal "$(chat-watch "$chat" --since 0 --count 2 --jq .data.text --null | xargs -0)" 'one two'
}

# --- what agents are about to say

# A program that says a piece whenever one is written to the FIFO go, until "end" is; "fail" has it fail.
teller() {
	mkfifo go
	exec 6<>go
	worker teller 'while IFS= read -r piece; do
		case $piece in
		end) exit ;;
		fail) echo why >&2; exit 1 ;;
		*) printf %s "$piece" ;;
		esac
	done <go'
	id=$(task-add --ids -c "$chat" -a teller 'tell me')
}

tell() { printf '%s\n' "$@" >&6; }

# In the background: $agent.
start_telling() { agent-run "$id" 3>&- 5>&- 6>&- > >(exec chat-post 3>&- 6>&- >/dev/null) & agent=$!; }

# deltas FILE - what is partial in it, a line each
deltas() { jq -r 'select(.type == "delta") | .data | "\(.attempt) \(.offset) \(.text)"' "$1"; }

is_told() { [[ $(deltas "$1") = "$2" ]]; } # FILE DELTAS

@test "chat-watch: --partial prints what an agent says before it is whole; then comes the message, once" {
	chat_with
	teller
	watch out "$chat" --since 0 --partial --count 4
	start_telling
	tell 'one '
	wait_until 30 is_told out '1 0 one '
	tell 'zwö '
	wait_until 30 is_told out $'1 0 one \n1 4 zwö '
	tell three
	wait_until 30 is_told out $'1 0 one \n1 4 zwö \n1 8 three'
	tell end
	await_all "$agent" $pid
	run -0 cat out
	assert_jq --arg id "$id" --arg chat "$chat" 'map(select(.type == "delta")) |
		all(.data.task_id == $id and .data.kind == "text" and .chat_id == $chat and .user_id and .session_id and .at)'
	assert_jq 'map(select(.type == "delta")) | all(has("seq") or has("id") | not)'
	# the message is the first one behind what was there when the text began
	assert_jq '(map(select(.type == "delta"))[0].data.after) as $after |
		map(select(.type == "message" and .n > $after)) | map(.data.text) == ["one zwö three"]'
	run -0 store-dump
	refute_output --partial '"delta"'
	assert_equal "$(find "$LEGWORK_STORE/run" -type f)" ''
}

@test "chat-watch: --partial in the middle of a text begins with one delta of all that there is" {
	chat_with
	teller
	watch first "$chat" --partial
	one=$pid
	start_telling
	tell 'a ' 'b '
	wait_until 30 eval '[[ $(deltas first | cut -c5- | tr -d "\n") = "a b " ]]'
	watch second "$chat" --partial
	wait_until 30 is_told second '1 0 a b '
	tell c
	wait_until 30 is_told second $'1 0 a b \n1 4 c'
	tell end
	await_exit "$agent"
	stop "$one"
	stop "$pid"
}

@test "chat-watch: --partial takes back what will not be said: of an agent that fails" {
	chat_with
	teller
	watch out "$chat" --since 0 --partial --count 3
	start_telling
	tell half
	wait_until 30 is_told out '1 0 half'
	tell fail
	await_all "$agent" $pid
	assert_equal "$(deltas out)" $'1 0 half\n1 0 '
	run -0 cat out
	assert_jq '.[-1] | .type == "error" and (.data.message | endswith("failed: why"))'
	assert_jq 'all(.type != "message")'
	assert_equal "$(field "$id" .status)" failed
}

@test "chat-watch: --partial takes back what an agent that was killed had said; the next attempt says it anew" {
	chat_with
	teller
	watch out "$chat" --partial
	start_telling
	tell half
	wait_until 30 is_told out '1 0 half'
	kill -KILL "$agent"
	await_exit "$agent" || [[ $? = 137 ]]
	wait_until 30 is_told out $'1 0 half\n1 0 '
	task-watch --drain 3>&- 6>&- | agent-run 3>&- 6>&- | chat-post >/dev/null 3>&- 6>&- &
	agent=$!
	wait_until 30 is_field "$id" .attempt 2
	tell whole
	wait_until 30 is_told out $'1 0 half\n1 0 \n2 0 whole'
	tell end
	await_exit "$agent"
	wait_until 30 eval '[[ $(tail -n 1 out | jq -r .type) = status ]]'
	assert_equal "$(deltas out)" $'1 0 half\n1 0 \n2 0 whole'
	assert_equal "$(jq -r 'select(.type == "message").data.text' out)" whole
	stop "$pid"
	assert_equal "$(find "$LEGWORK_STORE/run" -type f)" ''
}

@test "chat-watch: --partial: no agent waits for a viewer that nobody reads, a stopped or a killed one" {
	chat_with
	worker talker 'for ((i = 0; i < 300; i++)); do printf "%0999d\n" $i; done'
	mkfifo pipe
	exec 5<>pipe
	watch pipe "$chat" --partial
	unread=$pid
	watch /dev/null "$chat" --partial
	killed=$pid
	watch stopped "$chat" --since 0 --partial --count 4
	stopped=$pid
	stop_idle "$stopped"
	kill -KILL "$killed"
	keep_fifos=1
	id=$(task-add --ids -c "$chat" -a talker x)
	timeout 60 agent-run "$id" >events 3>&- 5>&-
	chat-post <events >/dev/null
	assert_equal "$(field "$id" .status)" completed
	kill -CONT "$stopped"
	await_exit "$stopped"
	run -0 jq -c 'select(.type == "message") | .data.text | length' stopped
	assert_output 299999
	exec 5<&-
	wait_until 30 has_ended "$unread"
}

@test "chat-watch: a stopped viewer gets no delta behind the message that it belongs to" {
	chat_with
	teller
	watch out "$chat" --since 0 --partial --count 4
	start_telling
	tell one
	wait_until 30 is_told out '1 0 one'
	stop_idle $pid
	tell two end
	await_exit "$agent"
	wait_until 30 eval '[[ $(chat-show "$chat" | wc -l) = 4 ]]'
	kill -CONT $pid
	await_exit $pid
	run -0 jq -sr 'map(.type) | join(" ")' out
	assert_output --regexp '^(status |delta )*message status$'
}

@test "chat-watch: who does not ask for partial texts gets none" {
	chat_with
	teller
	watch out "$chat" --since 0 --count 4
	watch also "$chat" --since 0 --partial --count 4
	start_telling
	tell half
	wait_until 30 is_told also '1 0 half'
	assert_equal "$(find "$LEGWORK_STORE/watch" -type d -name "partial*" | wc -l)" 1
	tell end
	await_all "$agent" $pid
	wait_until 30 has_lines out 4
	assert_equal "$(deltas out)" ''
	assert_equal "$(grep -v '"delta"' also)" "$(cat out)"
}

@test "chat-watch: --all --partial, and what agents say in other chats" {
	chat_with
	other=$(chat-new --ids)
	teller
	watch all --all --partial
	one=$pid
	watch others "$other" --partial
	start_telling
	tell half
	wait_until 30 is_told all '1 0 half'
	tell end
	await_exit "$agent"
	stop "$one"
	say "$other" end
	wait_until 30 has_lines others 1
	stop "$pid"
	assert_equal "$(deltas others)" ''
}

@test "chat-watch: --partial: an event of a program is no text, what is behind a message begins anew" {
	chat_with
	worker talker 'exec 6<go; printf "one\n{\"type\":\"thought\",\"data\":{\"text\":\"hm\"}}\n"; read -r <&6
		printf "two\n{\"type\":\"message\",\"data\":{\"text\":\"so far\"}}\n{\"no\":\"event\"}\n"; read -r <&6'
	mkfifo go
	exec 6<>go
	id=$(task-add --ids -c "$chat" -a talker x)
	watch out "$chat" --since 0 --partial --count 6
	agent-run "$id" > >(exec chat-post 3>&- >/dev/null) 3>&- 5>&- &
	agent=$!
	wait_until 30 eval '[[ $(deltas out) = "1 0 one" ]]'
	tell go
	wait_until 30 eval 'deltas out | grep -qxF "1 0 {\"no\":\"event\"}"'
	tell go
	await_all "$agent" $pid
	assert_equal "$(jq -r 'select(.type == "message").data.text' out | paste -sd'|')" 'so far|one|two|{"no":"event"}'
}

@test "chat-watch: --partial with --jq takes deltas too; as text they need a terminal" {
	chat_with
	teller
	watch out "$chat" --partial --jq 'select(.type == "delta").data.text'
	one=$pid
	watch text "$chat" --since 0 --partial --format text --count 4
	start_telling
	tell half
	wait_until 30 has_lines out 1
	tell end
	await_all "$agent" $pid
	stop "$one"
	assert_equal "$(<out)" half
	assert_equal "$(grep -c half text)" 1
}

@test "chat-watch: on a terminal --partial shows a growing text, and then the message in its place" {
	chat_with
	teller
	start_telling
	tell 'one '
	wait_until 30 eval '[[ -s $(echo "$LEGWORK_STORE"/run/*."$chat".*) && $(chat-show "$chat" | wc -l) = 2 ]]'
	{
		wait_until 30 grep -qs one typed
		tell two
		wait_until 30 grep -q two typed
		tell end
		await_exit "$agent"
	} 3>&- &
	TERM=xterm script -qefc "stty cols 60 rows 20; chat-watch $chat --partial --count 2" typed </dev/null >/dev/null || skip 'script cannot be run'
	await_exit $!
	# what the terminal has shown last: from the last time on that it was wiped
	run -0 sed -n 's/.*\x1b\[[0-9]*A\x1b\[J//; $!d; p' <(tr -d '\r' <typed | tr '\n' '\f')
	assert_equal "$(tr '\f' '\n' <<<"$output" | grep -c 'one two')" 1
	(($(grep -ao $'\x1b\\[[0-9]A\x1b\\[J' typed | wc -l) >= 2))
}

@test "chat-watch: --partial goes with neither --cursor nor --ids (64); a delta is not stored (65)" {
	chat_with
	run -64 chat-watch "$chat" --partial --cursor me
	run -64 chat-watch "$chat" --partial --ids
	run -65 chat-post <<<'{"type":"delta","data":{"text":"x","task_id":"y"},"chat_id":"'"$chat"'"}'
	assert_equal "$(chat-show "$chat")" ''
}

# --- what is wanted of it

@test "chat-watch: --group prints a task when it has ended, and what is said between as it comes" {
	worker slow 'echo "{\"type\":\"thought\",\"data\":{\"text\":\"hm\"}}"; read -r _ <hold; echo done'
	mkfifo hold
	chat_with before
	early=$(task-add --ids -c "$chat" -a slow first)
	agent-run "$early" 3>&- | chat-post >/dev/null 3>&- &
	wait_until 30 eval '[[ $(chat-show "$chat" | wc -l) = 4 ]]'
	watch out "$chat" --since 0 --group --count 3
	wait_until 30 has_lines out 1
	say "$chat" between
	wait_until 30 has_lines out 2
	echo >hold
	await_exit $pid
	run -0 cat out
	assert_jq --arg id "$early" 'map(.task_id // .data.text) == ["before", "between", $id] and
		(.[2] | .status == "completed" and .events == 5 and .counts.thought == 1 and .answer == "done")'
}

@test "chat-watch: --group tells of an approval that is asked for, and as text of each in a line" {
	asking
	run -0 chat-watch "$chat" --since 0 --group --count 1 --format text
	assert_line --regexp "✋ Task ${id:0:8} asks \(1 event\): x: May I\?\$"
}

@test "chat-watch: --last counts lines where events are chosen or grouped" {
	worker echo cat
	chat_with one
	for i in 1 2; do agent-run "$(task-add --ids -c "$chat" "task $i")" | chat-post >/dev/null; done
	run -0 chat-watch "$chat" --last 2 --no-tasks --count 1
	assert_equal "$(texts <<<"$output")" one
	run -0 chat-watch "$chat" --last 2 --group --timeout 0
	assert_equal "$(jq -r .title <<<"$output" | paste -sd,)" 'task 1,task 2'
	run -0 chat-watch "$chat" --since 0 --group --count 2
	assert_jq 'map(.title // .data.text) == ["one", "task 1"]'
}

@test "chat-watch: --mine, --task and --no-tasks choose among what comes" {
	worker echo cat
	export LEGWORK_USER=ada
	chat_with
	watch mine "$chat" --since 0 --mine --count 5
	pids=("$pid")
	id=$(task-add --ids -c "$chat" mine)
	other=$(LEGWORK_USER=bob task-add --ids -c "$chat" other)
	watch task "$chat" --since 0 --task "$id" --count 4
	pids+=("$pid")
	watch none "$chat" --since 0 --no-tasks --count 2
	pids+=("$pid")
	say --user bob "$chat" hello
	for each in "$other" "$id"; do agent-run "$each" | chat-post >/dev/null; done
	say "$chat" bye
	await_all "${pids[@]}"
	assert_equal "$(jq -r '.data.task_id // "me"' mine | uniq | paste -sd,)" "$id,me"
	assert_equal "$(jq -r .data.task_id task | uniq)" "$id"
	assert_equal "$(texts none)" 'hello bye'
}

@test "chat-watch: --group goes with none of --cursor, --ids and --partial (64)" {
	chat_with
	for option in --cursor=me --ids --partial; do run -64 chat-watch "$chat" --group "$option"; done
	run -66 chat-watch "$chat" --task deadbeef
}

# --- on a terminal

# shown FILE - what a terminal of 200 rows shows in the end of what was typed to it, without colours
shown() {
	awk 'BEGIN { RS = "\0" } {
		gsub(/\r/, ""); gsub(/\033\[[0-9]*m/, "")
		while (match($0, /\033\[[0-9]+A\033\[J/)) {
			up = substr($0, RSTART + 2, RLENGTH - 6) + 0
			head = substr($0, 1, RSTART - 1); rest = substr($0, RSTART + RLENGTH)
			n = split(head, line, "\n"); head = ""
			for (i = 1; i < n - up; i++) head = head line[i] "\n"
			$0 = head rest
		}
		printf "%s", $0
	}' "$1"
}

@test "chat-watch: on a terminal a line tells of each task that runs, until it ends; then how long it took" {
	worker slow 'echo "{\"type\":\"thought\",\"data\":{\"text\":\"hm\"}}"; read -r _ <hold'
	mkfifo hold
	chat_with before
	id=$(task-add --ids -c "$chat" 'take your time')
	{
		wait_until 30 grep -qs before typed
		agent-run "$id" | chat-post >/dev/null &
		wait_until 30 grep -q '[1-9]s: take your time' typed
		say "$chat" between
		wait_until 30 eval 'shown typed >during; [[ $(tail -n 2 during) = *between*"take your time"* ]]'
		echo >hold
		wait $!
	} 3>&- &
	TERM=xterm script -qefc "stty cols 60 rows 30; chat-watch $chat --since 0 --count 6" typed </dev/null >/dev/null || skip 'script cannot be run'
	await_exit $!
	run -0 grep -v '^Script' during
	assert_line --index -1 --regexp "^⏳ Task ${id:0:8} slow, [0-9]+s: take your time\$"
	assert_line --index -2 --partial between
	run -0 shown typed
	refute_output --partial ⏳
	assert_line --regexp "✅ Task ${id:0:8} completed successfully \([0-9.]+s\)\$"
	assert_equal "$(grep -c between <<<"$output")" 1
}

@test "chat-watch: of many tasks that run four are named; none where tasks are not wanted, nor elsewhere than on a terminal" {
	worker slow 'read -r _ <hold'
	mkfifo hold
	chat_with before
	for i in {1..6}; do task-add -c "$chat" "task $i" >/dev/null; done
	task-watch --drain | task-run -j6 3>&- | chat-post >/dev/null 3>&- &
	run=$!
	wait_until 30 eval '[[ $(task-list --status in_progress --count) = 6 && $(chat-show "$chat" | wc -l) = 13 ]]'
	on_terminal 60 "chat-watch $chat --last 1 --timeout 200ms"
	# where a second is over meanwhile they are drawn anew
	assert_equal "$(grep -o '⏳ Task [0-9a-f]*' <<<"$output" | sort -u | wc -l)" 4
	assert_output --partial '⏳ and 2 more'
	on_terminal 60 "chat-watch $chat --last 1 --timeout 200ms --no-tasks"
	refute_output --partial ⏳
	run -0 chat-watch "$chat" --last 1 --timeout 200ms --format text
	refute_output --partial ⏳
	refute_output --partial $'\x1b'
	on_terminal 60 "TERM=dumb chat-watch $chat --last 1 --timeout 200ms"
	refute_output --partial ⏳
	exec 7<>hold
	printf '\n\n\n\n\n\n' >&7
	await_exit "$run"
	exec 7>&-
}

@test "chat-watch: TERM leaves no line of what runs behind" {
	worker slow 'read -r _ <hold'
	mkfifo hold
	chat_with before
	id=$(task-add --ids -c "$chat" 'take your time')
	{
		wait_until 30 grep -qs before typed
		agent-run "$id" | chat-post >/dev/null &
		wait_until 30 grep -q '⏳' typed
		kill -TERM "$(<viewer)"
		echo >hold
		wait $!
	} 3>&- &
	TERM=xterm script -qefc "stty cols 60 rows 30; echo \$\$ >viewer; exec chat-watch $chat --since 0" typed </dev/null >/dev/null || [[ $? = 143 ]] || skip 'script cannot be run'
	await_exit $!
	run -0 shown typed
	refute_output --partial ⏳
}

# --- a command for each task that ends

run_task() { agent-run "$1" | chat-post >/dev/null; }

@test "chat-watch: --notify runs a command for each task that ends, with its record" {
	worker echo cat
	worker bad 'echo why >&2; exit 1'
	chat_with
	run_task "$(task-add --ids -c "$chat" -a echo early)"
	watch out "$chat" --since 0 --notify 'echo "$LEGWORK_ENDED_ID $LEGWORK_STATUS $LEGWORK_TITLE"; cat >"told.$LEGWORK_TITLE"'
	wait_until 30 has_lines out 4
	good=$(task-add --ids -c "$chat" -a echo good)
	bad=$(task-add --ids -c "$chat" -a bad bad)
	run_task "$good"
	run_task "$bad"
	wait_until 30 [ -s told.good ]
	wait_until 30 [ -s told.bad ]
	stop "$pid"
	assert_equal "$(jq -r .status told.good told.bad | paste -sd,)" completed,failed
	assert_equal "$(jq -r .id told.good told.bad | paste -sd,)" "$good,$bad"
	assert_equal "$(echo told.*)" 'told.bad told.good'
	run ! grep -q good <(jq -r .type out)
}

@test "chat-watch: --notify: a task is told in the environment, with whatever its title says" {
	worker echo cat
	chat_with one
	watch out "$chat" --since 0 --count 5 --notify 'printf "%s|" "$LEGWORK_ENDED_ID" "$LEGWORK_STATUS" "$LEGWORK_TITLE" >told'
	wait_until 30 has_lines out 1
	id=$(task-add --ids -c "$chat" '$(touch evil); `touch evil` "'"'")
	run_task "$id"
	await_exit $pid
	wait_until 30 [ -s told ]
	assert_equal "$(<told)" "$id|completed|\$(touch evil); \`touch evil\` \"'|"
	[[ ! -e evil ]]
}

@test "chat-watch: --notify: one that fails is a warning, with its last words" {
	worker echo cat
	chat_with one
	chat-watch "$chat" --since 0 --notify 'echo a >&2; echo no display >&2; exit 3' >out 2>err 3>&- &
	pid=$!
	wait_until 30 has_lines out 1
	id=$(task-add --ids -c "$chat" x)
	run_task "$id"
	wait_until 30 has_lines err 1
	say "$chat" more
	wait_until 30 has_lines out 6
	stop $pid
	assert_equal "$(<err)" "chat-watch: --notify: task ${id:0:8}: exit status 3: no display"
}

@test "chat-watch: --notify: four run at once, the others wait, and the viewer does not" {
	worker echo cat
	chat_with one
	mkfifo go
	watch out "$chat" --since 0 --notify 'echo x >>begun; read -r _ <go; echo x >>done'
	wait_until 30 has_lines out 1
	for i in {1..6}; do task-add -c "$chat" "task $i" >/dev/null; done
	task-watch --drain | agent-run 3>&- | chat-post >/dev/null
	wait_until 30 has_lines out 25
	wait_until 30 has_lines begun 4
	say "$chat" more
	wait_until 30 has_lines out 26
	has_lines begun 5 && false
	exec 7<>go
	printf '\n\n\n\n\n\n' >&7
	wait_until 30 has_lines done 6
	exec 7>&-
	stop $pid
}

@test "chat-watch: --notify: its command is a person's, and runs also where nothing of tasks is shown" {
	worker echo cat
	chat_with one
	watch out "$chat" --since 0 --no-tasks --notify 'agent-spawn --ids --agent echo say it again >spawned; touch told'
	wait_until 30 has_lines out 1
	run_task "$(task-add --ids -c "$chat" -a echo good)"
	wait_until 30 [ -e told ]
	wait_field "$(<spawned)" .response 'say it again'
	say "$chat" more
	wait_until 30 has_lines out 2
	stop "$pid"
	assert_equal "$(texts out)" 'one more'
}

@test "chat-watch: --notify: a task that had ended before is not told, whenever its last word comes" {
	worker echo cat
	chat_with one
	early=$(task-add --ids -c "$chat" -a echo early)
	agent-run "$early" >/dev/null
	watch out "$chat" --since 0 --notify 'echo "$LEGWORK_TITLE" >>told'
	wait_until 30 has_lines out 1
	task-add -c "$chat" -a echo late >/dev/null
	task-watch --drain | task-run 3>&- | chat-post >/dev/null
	wait_field "$early" '.posted == .events' true
	wait_until 30 [ -s told ]
	wait_until 30 has_lines out 9
	stop "$pid"
	assert_equal "$(<told)" late
}

# --- misuse

@test "chat-watch: wants one chat or --all (64)" {
	chat_with
	run -64 chat-watch
	run -64 chat-watch "$chat" --all
	run -64 chat-watch "$chat" "$chat"
}

@test "chat-watch: bad option values are misuse (64)" {
	chat_with
	for option in --count=0 --count=x --since=-1 --timeout=soon --format=xml --format=tsv --last=x \
		--color=blue --jq=.[; do
		run -64 chat-watch "$chat" "$option"
	done
}

@test "chat-watch: an unknown chat is refused (66), the first characters will do" {
	chat_with one
	run -66 --separate-stderr chat-watch deadbeef
	assert_equal "$stderr" 'chat-watch: chat deadbeef: no such chat'
	run -0 chat-watch "${chat:0:7}" --since 0 --count 1
	assert_jq '.[0].data.text == "one"'
}

@test "chat-watch: a full disk under stdout is an I/O error (74)" {
	chat_with one
	run -74 --separate-stderr bash -c 'chat-watch "$0" --since 0 --count 1 >/dev/full' "$chat"
	assert_equal "$stderr" 'chat-watch: stdout: No space left on device'
}

@test "chat-watch: --all as text says where another chat speaks" {
	a=$(chat-new --ids) b=$(chat-new --ids)
	chat-watch --all --since 0 --count 3 --format text >out 3>&- &
	watcher=$!
	chat-post "$a" one >/dev/null
	chat-post "$b" two >/dev/null
	chat-post "$b" three >/dev/null
	await_exit "$watcher"
	run -0 grep -c '^--- chat ' out
	assert_output 2
	run -0 grep -A 2 "^--- chat ${b:0:8}\$" out
	assert_line --regexp ': two$'
	assert_line --regexp ': three$'
}
