# The questions that every command is asked that reads records, a line each.

load test_helper
load records

readers=(task-add chat-post task-draft task-plan task-split task-run store-load)

# A good line of each: %s makes two different.  Needs $chat, and tasks t1 and t2 for task-run.
good() { # COMMAND 1|2
	case $1 in
	task-add) echo "{\"instruction\":\"good $2\"}" ;;
	chat-post | task-draft) echo "{\"type\":\"message\",\"data\":{\"text\":\"good $2\"},\"chat_id\":\"$chat\"}" ;;
	task-plan | task-split) echo "{\"id\":\"good$2\",\"instruction\":\"x\"}" ;;
	task-run) echo "{\"id\":\"$2$2$2$2$2$2$2$2-2222-4333-8444-555555555555\"}" ;;
	store-load) echo "{\"key\":\"good$2\",\"sets\":[],\"names\":[],\"value\":{}}" ;;
	esac
}

arrange() {
	chat=$(chat-new --ids)
	worker quiet ':'
	for i in 1 2; do good task-run $i | jq -c ".instruction = \"$i\""; done | task-add >/dev/null
}

# How many of the good ones were done.
done_by() { # COMMAND
	case $1 in
	task-add) task-list | grep -c '"good [12]"' || true ;;
	chat-post) chat-show "$chat" | wc -l ;;
	task-run) task-list --status completed --count ;;
	store-load) store-dump | grep -c '"good[12]"' || true ;;
	*) wc -l <out ;;
	esac
}

# between COMMAND FILE - what it makes of FILE between two good lines
between() {
	{ good "$1" 1; cat "$2"; good "$1" 2; } >in
	status=0
	timeout 60 "$1" <in >out 2>err || status=$?
}

# The malformed lines: a file each in bad/.
make_bad() {
	mkdir bad
	echo '["no object"]' >bad/array
	echo '"text"' >bad/string
	echo 'null' >bad/null
	echo '5' >bad/number
	echo 'plain words' >bad/words
	echo '{"a":1' >bad/unfinished
	echo '{"a":1} x' >bad/trailing
	echo '{"a":1}{"b":2}' >bad/two
	echo '{"a":1,}' >bad/comma
	echo "{'a':1}" >bad/quotes
	echo '{"a":007}' >bad/leading-zero
	echo '{"a":nan}' >bad/nan
	echo '{"a":NaN}' >bad/NaN
	echo '{"a":Infinity}' >bad/infinity
	echo '{"a":-}' >bad/minus
	echo '{"a":9007199254740993}' >bad/too-large
	printf '{"a":"\377"}\n' >bad/utf8
	printf '{"a":"\300\257"}\n' >bad/overlong
	printf '{"a":"\355\240\200"}\n' >bad/surrogate
	printf '{"a":"\\ud800"}\n' >bad/lone-surrogate
	printf '{"a":"x\0y"}\n' >bad/nul
	printf '{"a":1}\0\n' >bad/nul-behind
	printf '{"a":"x\ty"}\n' >bad/tab
	printf '{"a":"x\033y"}\n' >bad/escape
	printf '\357\273\277{"a":1}\n' >bad/bom
	printf '{"a":%s1%s}\n' "$(printf '[%.0s' {1..300})" "$(printf ']%.0s' {1..300})" >bad/deep
}

@test "every reader: a malformed line between two good ones is named, both are done, 65" {
	printf '["no object"]\n' >bad
	for name in "${readers[@]}"; do
		export LEGWORK_STORE=$BATS_TEST_TMPDIR/store.$name
		arrange
		between "$name" bad
		assert_equal "$name $status $(done_by "$name")" "$name 65 2"
		assert_equal "$(cut -d: -f1-3 err)" "$name: stdin:2"
	done
}

@test "every reader: whatever a line's malformation is, it is named and nothing else is lost" {
	make_bad
	cat bad/* >all
	for name in "${readers[@]}"; do
		export LEGWORK_STORE=$BATS_TEST_TMPDIR/store.$name
		arrange
		between "$name" all
		assert_equal "$name $status $(done_by "$name")" "$name 65 2"
		i=1
		for file in bad/*; do
			line=$(sed -n "${i}p" err)
			[[ $line = "$name: stdin:$((++i)): "?* ]] || { echo "$name, ${file#bad/}: said '$line'"; false; }
		done
		assert_equal "$(wc -l <err)" $((i - 1))
	done
}

@test "every reader: a line over LEGWORK_MAX_LINE is named, whatever is in it" {
	export LEGWORK_MAX_LINE=1000
	head -c 200000 /dev/zero | tr '\0' x >long
	echo >>long
	for name in "${readers[@]}"; do
		export LEGWORK_STORE=$BATS_TEST_TMPDIR/store.$name
		arrange
		between "$name" long
		assert_equal "$status $(<err)" "65 $name: stdin:2: line longer than 1000 bytes"
		assert_equal "$(done_by "$name")" 2
	done
}

@test "every reader: a line of exactly LEGWORK_MAX_LINE is not too long" {
	for name in "${readers[@]}"; do
		export LEGWORK_STORE=$BATS_TEST_TMPDIR/store.$name
		arrange
		good "$name" 1 >in
		LEGWORK_MAX_LINE=$(($(wc -c <in) - 1)) run -0 --separate-stderr "$name" <in
		LEGWORK_MAX_LINE=$(($(wc -c <in) - 2)) run -65 --separate-stderr "$name" <in
	done
}

@test "every reader: 256 levels are not too deep" {
	printf '{"a":%s1%s}\n' "$(printf '[%.0s' {1..255})" "$(printf ']%.0s' {1..255})" >deep
	for name in task-draft task-plan; do
		run -0 "$name" <deep
	done
}

@test "every reader: an empty input, and empty lines, are no error" {
	for name in "${readers[@]}"; do
		run -0 --separate-stderr "$name" </dev/null
		assert_equal "$output$stderr" ''
		run -0 --separate-stderr "$name" < <(printf '\n \n\t\r\n\n')
		assert_equal "$output$stderr" ''
	done
}

@test "every reader: the last line may lack its newline, lines may end with CR LF" {
	for name in "${readers[@]}"; do
		export LEGWORK_STORE=$BATS_TEST_TMPDIR/store.$name
		arrange
		{ good "$name" 1 | sed 's/$/\r/'; printf %s "$(good "$name" 2)"; } >in
		"$name" <in >out
		assert_equal "$name $(done_by "$name")" "$name 2"
	done
}

@test "every reader: a last line that is cut off is named (65)" {
	for name in "${readers[@]}"; do
		export LEGWORK_STORE=$BATS_TEST_TMPDIR/store.$name
		arrange
		{ good "$name" 1; good "$name" 2 | head -c 12; } >in
		status=0
		"$name" <in >out 2>err || status=$?
		assert_equal "$name $status $(done_by "$name")" "$name 65 1"
		assert_regex "$(<err)" "^$name: stdin:2: "
	done
}

@test "every reader: many lines at once are all done" {
	arrange
	for i in {1..600}; do echo "{\"instruction\":\"i$i\"}"; done >in
	task-add <in >out
	assert_equal "$(wc -l <out) $(task-list --count)" '600 602'
	seq 600 | chat-post "$chat" >out
	assert_equal "$(wc -l <out) $(chat-show "$chat" | tail -n 1 | jq .seq)" '600 600'
	task-list | task-plan | task-split >out
	assert_equal "$(wc -l <out)" 602
}

@test "every reader: a folder as stdin is an I/O error (74)" {
	for name in "${readers[@]}"; do
		run -74 --separate-stderr "$name" <.
		assert_equal "$stderr" "$name: stdin: Is a directory"
	done
}

@test "every reader: ends when the reader of its output is gone, though its input stays open" {
	for name in task-add chat-post task-draft task-plan task-split task-run; do
		rm -f in out
		mkfifo in out
		"$name" <in >out 3>&- &
		pid=$!
		exec 5>in 6<out
		exec 6<&-
		wait_until 30 has_ended $pid || { echo "$name"; false; }
		exec 5>&-
	done
}

@test "every filter: a full disk under stdout is an I/O error (74)" {
	for name in task-add chat-post task-draft task-plan task-split; do # and task-run, in its own file
		export LEGWORK_STORE=$BATS_TEST_TMPDIR/store.$name
		arrange
		good "$name" 1 >in
		run -74 --separate-stderr bash -c '"$0" <in >/dev/full' "$name"
		assert_regex "$stderr" "^$name: stdout: No space left on device"
	done
}

@test "every printer: a full disk under stdout is an I/O error (74)" {
	arrange
	chat-post "$chat" one >/dev/null
	id=$(task-list --ids --limit 1)
	agent-run "$id" >/dev/null
	for line in 'task-list' 'task-list --count' "task-show $id" "task-wait $id" "task-why $id" 'agent-list' \
		'chat-list' "chat-show $chat" 'chat-new' 'agent-add x true' 'store-check' 'store-dump' 'task-add x' \
		"chat-post $chat x"; do
		run -74 --separate-stderr bash -c "$line >/dev/full"
		assert_equal "$stderr" "${line%% *}: stdout: No space left on device"
	done
}

@test "every command: stdout that is closed is an I/O error (74), not silence" {
	arrange
	for line in task-list chat-list 'task-list --count' store-dump 'task-add x' chat-new; do
		run -74 --separate-stderr bash -c "$line >&-"
		assert_equal "$stderr" "${line%% *}: stdout: Bad file descriptor"
	done
}

@test "every command: with stdin and stderr closed nothing gets into the store's files" {
	arrange
	cp -r "$LEGWORK_STORE/journal" before
	bash -c 'task-add --chat deadbeef x <&- >&- 2>&-' || true
	bash -c 'chat-post deadbeef x <&- >&- 2>&-' || true
	bash -c 'task-show deadbeef <&- >&- 2>&-' || true
	diff -r before "$LEGWORK_STORE/journal"
	run -0 store-check
	assert_jq '.[0] | .journal == "ok" and .index == "ok"'
}
