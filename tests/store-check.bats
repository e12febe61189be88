# The store is verified, and mends itself.

load test_helper
load records

journal() { printf %s "$LEGWORK_STORE/journal/00000001.jsonl"; }

# A store with a chat, an agent, a task that was done, and three that were not; as records in before.
arrange() {
	worker quick 'echo done'
	chat=$(chat-new --ids)
	seq 1 5 | chat-post "$chat" >/dev/null
	task-add -c "$chat" one | task-run | chat-post >/dev/null
	for i in 2 3 4; do task-add "$i" >/dev/null; done
	store-dump >before
}

is_whole() {
	run -0 store-check
	assert_jq '.[0] | .journal == "ok" and .index == "ok"'
	assert_equal "$(store-dump)" "$(<before)"
}

@test "store-check: says that an untouched store is right" {
	arrange
	run -0 --separate-stderr store-check
	assert_equal "$stderr" ''
	assert_jq --arg store "$LEGWORK_STORE" --argjson revision "$(wc -l <"$(journal)")" \
		'length == 1 and (.[0] | .store == $store and .journal == "ok" and .index == "ok" and
			.revision == $revision and .segments == 1 and .records > 10)'
}

@test "store-check: an empty store is right" {
	run -0 store-check
	assert_jq '.[0].journal == "ok"'
}

@test "store-check: the journal is JSON lines that jq can read" {
	arrange
	run -0 jq -c -e '.set | type == "array"' "$(journal)"
	assert_equal "${#lines[@]}" "$(wc -l <"$(journal)")"
}

@test "store-check: readers and writers do without the index, or with rubbish in its place" {
	arrange
	count=4
	for damage in 'rm "$LEGWORK_STORE"/index.gdbm' 'echo rubbish >"$LEGWORK_STORE"/index.gdbm' \
		': >"$LEGWORK_STORE"/index.gdbm' \
		'head -c 5000 "$LEGWORK_STORE"/index.gdbm >x && cp x "$LEGWORK_STORE"/index.gdbm'; do
		eval "$damage"
		assert_equal "$(task-list --count)" $count
		is_whole
		eval "$damage"
		task-add --ids "after $damage" >id
		((++count))
		assert_equal "$(task-list --ids | tail -n 1) $(task-list --count)" "$(<id) $count"
		store-dump >before
	done
}

@test "store-check: an index that lies is found and made again" {
	arrange
	run -0 python3 - "$LEGWORK_STORE/index.gdbm" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as f:
		    count = f.read().index(b"ctasks") + len("ctasks")
		    f.seek(count)
		    f.write(bytes([77]))
	END
	assert_equal "$(task-list --count)" 77
	run -0 store-check
	assert_jq '.[0] | .journal == "ok" and .index == "rebuilt"'
	is_whole
}

@test "store-check: the mark may be gone, or rubbish" {
	arrange
	for damage in 'rm "$LEGWORK_STORE/mark"' 'head -c 4096 /dev/urandom >"$LEGWORK_STORE/mark"' \
		': >"$LEGWORK_STORE/mark"' 'truncate -s 10 "$LEGWORK_STORE/mark"'; do
		eval "$damage"
		assert_equal "$(task-list --count)" 4
		is_whole
	done
}

@test "store-check: index, checkpoint and mark may all be gone" {
	arrange
	rm -f "$LEGWORK_STORE"/index.* "$LEGWORK_STORE/mark"
	run -0 store-check
	assert_jq '.[0] | .journal == "ok" and .index == "rebuilt"'
	is_whole
}

@test "store-check: the index of another store is not believed" {
	arrange
	(
		export LEGWORK_STORE=$PWD/other
		task-add other >/dev/null
	)
	cp other/index.gdbm "$LEGWORK_STORE/index.gdbm"
	assert_equal "$(task-list --count)" 4
	is_whole
	cp other/index.gdbm other/mark "$LEGWORK_STORE"
	assert_equal "$(task-list --count)" 4
	is_whole
}

@test "store-check: an old index with its mark is brought up" {
	arrange
	cp "$LEGWORK_STORE"/index.gdbm "$LEGWORK_STORE"/mark .
	task-add new >/dev/null
	store-dump >before
	cp index.gdbm mark "$LEGWORK_STORE"
	assert_equal "$(task-list --count)" 5
	is_whole
}

@test "store-check: a torn tail is cut and kept aside, what was acknowledged is there" {
	arrange
	count=$(wc -l <"$(journal)")
	for tail in '{"crc":"0000' "$(tail -n 1 "$(journal)" | head -c 100)" $'\x01\x02' '{"crc":"12345678","rev":99}'; do
		printf %s "$tail" >>"$(journal)"
		rm "$LEGWORK_STORE/mark"
		assert_equal "$(task-list --count)" 4
		is_whole
		assert_equal "$(wc -l <"$(journal)")" "$count"
		grep -qF -- "${tail:0:4}" "$LEGWORK_STORE"/journal/torn.*
	done
}

@test "store-check: a torn tail is cut by whoever comes next, the mark being there" {
	arrange
	printf '{"crc":"0000' >>"$(journal)"
	id=$(task-add --ids next)
	assert_equal "$(task-list --ids | tail -n 1)" "$id"
	run -0 store-check
	assert_jq '.[0].journal == "ok"'
}

@test "store-check: damage in the middle is refused (65), and nothing is changed" {
	arrange
	sed -i '2s/"value"/"VALUE"/' "$(journal)"
	cp "$(journal)" damaged
	run -65 --separate-stderr store-check
	assert_output ''
	assert_regex "$stderr" '^store-check: journal/00000001\.jsonl: damaged behind byte [0-9]+ \(revision 1\); --salvage goes on with what is good$'
	cmp "$(journal)" damaged
}

@test "store-check: after damage in the middle nobody builds on it" {
	arrange
	sed -i '2s/"value"/"VALUE"/' "$(journal)"
	rm -f "$LEGWORK_STORE"/index.* "$LEGWORK_STORE/mark"
	cp "$(journal)" damaged
	for command in 'task-add x' 'task-list' chat-new store-dump; do
		# shellcheck disable=SC2086 # words are wanted
		run -65 --separate-stderr $command
		assert_regex "$stderr" "^${command%% *}: .*journal/00000001\\.jsonl: damaged behind byte "
	done
	cmp "$(journal)" damaged
}

@test "store-check: a line that is missing is damage (65)" {
	arrange
	sed -i 3d "$(journal)"
	run -65 store-check
}

@test "store-check: a line that is there twice is damage (65)" {
	arrange
	sed -i 3p "$(journal)"
	run -65 store-check
}

@test "store-check: a journal that became shorter is refused, not taken for the truth" {
	arrange
	head -n 5 "$(journal)" >short
	cp short "$(journal)"
	run task-list
	[[ $status = 6[0-9] || $status = 7[0-9] ]] || { echo "status $status: $output"; false; }
	assert_equal "$(task-add x 2>&1 >/dev/null | wc -l)" 1
	cmp short "$(journal)"
}

@test "store-check: --salvage goes on without what is bad, and keeps it aside" {
	arrange
	sed -i '/"key":"task.*"instruction":"3"/s/"instruction":"3"/"instruction":"X"/' "$(journal)"
	run -65 store-check
	run -0 --separate-stderr store-check --salvage
	assert_jq '.[0] | .journal == "salvaged" and .bytes_dropped > 0'
	run -0 store-check
	assert_jq '.[0].journal == "ok"'
	assert_equal "$(task-list | jq -r .instruction | paste -sd,)" one,2,4
	grep -q '"instruction":"X"' "$LEGWORK_STORE"/journal/dropped.*
	task-add five >/dev/null
	assert_equal "$(task-list --count)" 4
}

@test "store-check: --salvage leaves a whole journal as it is" {
	arrange
	cp "$(journal)" whole
	run -0 store-check --salvage
	assert_jq '.[0].journal == "ok"'
	cmp "$(journal)" whole
}

@test "store-check: the store is its owner's alone" {
	arrange
	assert_equal "$(find "$LEGWORK_STORE" -perm /077 ! -type l | head)" ''
	assert_equal "$(stat -c %a "$LEGWORK_STORE")" 700
}

@test "store-check: a store that others could write to, or that is no folder, is refused" {
	task-list
	chmod 0777 "$LEGWORK_STORE"
	run -77 --separate-stderr task-list
	: >file
	LEGWORK_STORE=$PWD/file run task-list
	[[ $status != 0 ]]
	LEGWORK_STORE=/proc/legwork run task-list
	[[ $status != 0 ]]
}

@test "store-check: a store is found by XDG_DATA_HOME, else under HOME" {
	unset LEGWORK_STORE
	task-add one >/dev/null
	assert_dir_exist "$XDG_DATA_HOME/legwork/journal"
	unset XDG_DATA_HOME
	task-add one >/dev/null
	assert_dir_exist "$HOME/.local/share/legwork/journal"
}

@test "store-check: fifty readers do not hold a writer up" {
	arrange
	for _ in {1..50}; do
		bash -c 'while [[ ! -e stop ]]; do task-list --limit 1; done' >/dev/null 3>&- &
		pids+=($!)
	done
	for i in {1..10}; do task-add "writer $i" >/dev/null; done # who waits too long fails, with 75
	touch stop
	await_all "${pids[@]}"
	assert_equal "$(task-list --count)" 14
}

@test "store-check: a writer that waits too long says so (75)" {
	task-list
	exec 5<"$LEGWORK_STORE/gate"
	flock 5
	LEGWORK_LOCK_WAIT=1 run -75 --separate-stderr task-add x
	assert_regex "$stderr" '^task-add: .*lock'
	exec 5<&-
	run -0 task-add x
}

@test "store-check: operands are misuse (64)" {
	run -64 store-check x
}

@test "store-check: for people a line each; --jq for scripts" {
	arrange
	run -0 store-check --format text
	assert_line '  journal      ok'
	assert_line '  index        ok'
	assert_line "  store        $LEGWORK_STORE"
	run -0 store-check --jq .journal
	assert_output ok
	run -64 store-check --jq . --format text
	run -64 store-check --format tsv
}

@test "store-check: the names of what was salvaged are whole" {
	arrange
	sed -i '/"key":"task.*"instruction":"3"/s/"instruction":"3"/"instruction":"X"/' "$(journal)"
	run -0 --separate-stderr store-check --salvage --format text
	assert_line --regexp '^  bytes_dropped [0-9]+$'
}
