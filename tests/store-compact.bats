load test_helper

# busy - a store with history: 20 tasks, each changed several times, and their chat
busy() {
	agent-add echo -- cat >/dev/null
	chat=$(chat-new --ids)
	for i in {1..20}; do printf '{"instruction":"task %s","chat_id":"%s"}\n' "$i" "$chat"; done |
		task-add >/dev/null
	task-watch --drain | task-run -j4 | chat-post >/dev/null
}

@test "store-compact: keeps every record, in less space" {
	busy
	store-dump >before
	run -0 store-compact
	run -0 jq -e '.bytes_after < .bytes_before and .records == (.records | floor)' <<<"$output"
	store-dump | cmp - before
	run -0 store-check
	run -0 jq -r '.journal, .index' <<<"$output"
	assert_output $'ok\nok'
}

@test "store-compact: the index can be made again from what is left" {
	busy
	store-dump >before
	store-compact >/dev/null
	task-add more >/dev/null
	rm "$LEGWORK_STORE"/index.* "$LEGWORK_STORE/mark"
	run -0 task-list --count
	assert_output 21
	store-dump | head -n "$(wc -l <before)" | cmp - before
}

@test "store-compact: again and again, and with nothing to do" {
	store-compact >/dev/null
	busy
	for i in 1 2 3; do
		store-compact >/dev/null
		task-add "more $i" >/dev/null
	done
	run -0 task-list --count
	assert_output 23
	run -0 store-check
	run -0 jq -r .index <<<"$output"
	assert_output ok
}

@test "store-compact: writers, pipelines and viewers go on meanwhile; seqs and cursors stay valid" {
	agent-add echo -- cat >/dev/null
	chat=$(chat-new --ids)
	chat-watch "$chat" --since 0 --format json >seen 3>&- &
	viewer=$!
	for p in 1 2 3; do
		(for i in {1..10}; do
			task-add --allow-duplicates --chat "$chat" "work" >/dev/null
		done
		task-watch --drain | task-run -j2 | chat-post >/dev/null) 3>&- &
		workers+=($!)
	done
	for i in {1..15}; do store-compact >/dev/null; done
	for pid in "${workers[@]}"; do await_exit "$pid" 30; done
	store-compact >/dev/null
	run -0 jq -es 'length == 30 and all(.status == "completed" and .attempt == 1 and .posted == .events)' <(task-list)
	chat-show "$chat" --format json >all
	wait_until 30 cmp -s all seen
	kill "$viewer"
	await_stopped "$viewer"
	[ "$(jq .seq all)" = "$(seq "$(wc -l <all)")" ]
}

@test "store-compact: killed at any moment it leaves a whole store, and can be run again" {
	busy
	store-dump >before
	RANDOM=7
	for i in {1..25}; do
		timeout -s KILL "0.00$((RANDOM % 9 + 1))" store-compact >/dev/null 2>&1 || true
		[ $((i % 5)) != 0 ] || rm -f "$LEGWORK_STORE"/index.gdbm
		store-dump | cmp - before
	done
	store-compact >/dev/null
	store-dump | cmp - before
	# a base, and the segment behind it, which is empty
	[ "$(find "$LEGWORK_STORE/journal" -name '*.jsonl' | wc -l)" = 2 ]
	[ "$(find "$LEGWORK_STORE/journal" -name '*.jsonl' ! -empty | wc -l)" = 1 ]
}

@test "store-compact: who watches is not lost, however often it runs while nothing happens" {
	chat=$(chat-new --ids)
	# what is said when it has its bell, and has not looked yet, is no news to it: since 0
	chat-watch --since 0 "$chat" >seen 3>&- &
	watcher=$!
	store-log --follow >logged 3>&- &
	logger=$!
	wait_until 30 test -d "$LEGWORK_STORE/watch/chat-$chat"
	for i in {1..5}; do
		for _ in $(seq "$i"); do
			store-compact >/dev/null
		done
		chat-post "$chat" "word $i" >/dev/null
		wait_until 30 grep -q "word $i" seen
		wait_until 30 grep -q "word $i" logged
	done
	kill "$watcher" "$logger"
	wait "$watcher" "$logger" || true
	assert_equal "$(jq -r .data.text seen)" "$(printf 'word %d\n' {1..5})"
	assert_equal "$(jq .rev logged | sort -n | uniq -d)" ''
}

@test "store-compact: one that fails, and fails again, leaves no gap" {
	busy
	store-dump >before
	for i in 1 2 3; do
		mkdir "$LEGWORK_STORE/journal/base.new"
		run -71 store-compact
		rmdir "$LEGWORK_STORE/journal/base.new"
	done
	task-add one more >/dev/null
	rm "$LEGWORK_STORE/index.gdbm"
	store-dump | head -n "$(wc -l <before)" | cmp - before
	[ "$(task-list --limit 1000 | jq -r .title | tail -n 1)" = 'one more' ]
	store-check
	store-compact
	store-dump | head -n "$(wc -l <before)" | cmp - before
}

@test "store-compact: one at a time (75)" {
	busy
	(
		flock -x 9
		run -75 store-compact
		assert_output "store-compact: store: another store-compact is at work"
	) 9>"$LEGWORK_STORE/compact"
}

@test "store-compact: where no file may grow it says so (74), and everybody reads on" {
	busy
	store-dump >before
	task-list >tasks
	run -74 --separate-stderr bash -c 'ulimit -f 8; exec store-compact'
	assert_equal "$stderr" 'store-compact: index: File too large'
	bash -c 'ulimit -f 8; exec task-list' | cmp - tasks
	run -0 store-compact
	store-dump | cmp - before
}

@test "store-compact: killed twice before it has written anything, it leaves a journal that can be read again" {
	chat=$(chat-new --ids)
	store-compact >/dev/null
	chat-post "$chat" one >/dev/null
	nth=$(cp -a "$LEGWORK_STORE" copy && LEGWORK_STORE=copy strace -qq -e trace=openat store-compact 2>&1 >/dev/null |
		awk '/"base.new"/ { print NR; exit }')
	for i in 1 2 3; do
		run -137 strace -qq -o /dev/null -e trace=openat -e "inject=openat:signal=KILL:when=$nth" store-compact
	done
	chat-post "$chat" two >/dev/null
	rm "$LEGWORK_STORE"/index.gdbm
	run -0 store-check
	run -0 jq -r '.journal' <<<"$output"
	assert_output ok
	run -0 chat-show --format json "$chat"
	assert_equal "${#lines[@]}" 2
	store-compact >/dev/null
	[ "$(find "$LEGWORK_STORE/journal" -name '*.jsonl' ! -empty | wc -l)" = 1 ]
}

# A bell has its name; it is in its folder before the store is looked at.
is_watched() { [[ $(find "$LEGWORK_STORE/watch" -type p ! -name '.*') ]]; }

is_at_rest() { grep -q poll "/proc/$1/wchan"; } # stopped at its look, it would hold the lock

@test "store-compact: a viewer who was stopped goes on, however often it has run meanwhile" {
	chat=$(chat-new --ids)
	store-compact >/dev/null
	chat-watch "$chat" --since 0 --count 3 --format json >seen 3>&- &
	viewer=$!
	wait_until 30 is_watched
	wait_until 30 is_at_rest "$viewer"
	kill -STOP "$viewer"
	for i in 1 2 3; do
		chat-post "$chat" "word $i" >/dev/null
		store-compact >/dev/null
	done
	kill -CONT "$viewer"
	await_exit "$viewer"
	chat-show "$chat" --format json | cmp - seen
}

@test "store-compact: an index that cannot be read costs no record, whichever read it is" {
	for i in 1 2 3; do task-add "$i" >/dev/null; done
	cp -a "$LEGWORK_STORE" before
	store-dump >dump
	for ((n = 1, done = 0; !done; n++)); do
		rm -rf "$LEGWORK_STORE"
		cp -a before "$LEGWORK_STORE"
		ASAN_OPTIONS=detect_leaks=0 strace -qq -o trace -e trace=read -e inject=read:error=EIO:when=$n \
			store-compact >/dev/null 2>&1 || true
		grep -q INJECTED trace || done=1
		store-dump | cmp - dump
		rm -f "$LEGWORK_STORE"/index.* "$LEGWORK_STORE/mark" # all is in the journal, too
		store-dump | cmp - dump
	done
	((n > 20))
}

@test "store-compact: for people a line each; --jq for scripts" {
	task-add one >/dev/null
	run -0 store-compact --format text
	assert_line --regexp '^  bytes_before [0-9]+$'
	run -0 store-compact --jq .store
	assert_output "$LEGWORK_STORE"
	run -64 store-compact --jq .[
}
