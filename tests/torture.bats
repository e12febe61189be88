# The part of tests/torture that is quick enough for every day; make torture does all of it.
load test_helper
export BATS_TEST_TIMEOUT=1200 # the faults take their time where others work, too

# --- check-history: a store that is as it was acknowledged, and what is refused

setup() {
	common_setup
	PATH=$(dirname "$(dirname "$(command -v task-add)")")/torture:$PATH
	chat=$(chat-new --title talk --ids)
	for i in 1 2 3; do
		task-add --key "k$i" "task $i" >/dev/null
		printf '{"id":"00000000-0000-4000-8000-00000000000%d","type":"message","chat_id":"%s","data":{"text":"%d"}}\n' \
			"$i" "$chat" "$i"
	done | chat-post >/dev/null
	store-check >check
	store-dump >dump
	chat-show "$chat" --format json >view
	cp "$LEGWORK_STORE/journal/00000001.jsonl" journal
	for thing in 'chat.new talk' 'task.add k1' 'task.add k2' 'task.add k3' \
		'chat.post 00000000-0000-4000-8000-00000000000'{1..3}; do
		for phase in invoke ok; do
			printf '{"client":"1","op":"%s","key":"%s","phase":"%s","at":1}\n' "${thing% *}" "${thing#* }" "$phase"
		done
	done >history
}

judge() { run check-history --check check --journal journal --store dump --whole view history; }

# refused TEXT - check-history says so, and exits with 1
refused() {
	judge
	assert_failure 1
	assert_output --partial "$1"
}

@test "check-history: finds nothing wrong with a good store" {
	judge
	assert_success
	assert_line '7 records, 7 operations: 0 wrong'
}

@test "check-history: what was acknowledged and is not there" {
	grep -v '"key":"k2"' dump >less && mv less dump
	refused 'task.add k2: acknowledged, and lost'
}

@test "check-history: what is there twice" {
	sed -n 's/^{"key":"task\/./{"key":"task\/_/; s/"k2"/"k1"/gp' dump >twice && cat twice >>dump
	refused 'task.add k1: 2 in the store, want 1'
}

@test "check-history: what nobody has asked for" {
	grep -v '"k3"' history >less && mv less history
	refused 'task.add k3: invented'
}

@test "check-history: what was refused and is there all the same" {
	sed '/"k3"/s/"ok"/"fail"/' history >less && mv less history
	refused 'task.add k3: refused, and there all the same'
}

@test "check-history: a viewer's gap, repeat, disorder, false word and early end" {
	sed -n '1p;3p' view >seen && mv view all && mv seen view
	refused 'a gap'
	sed -n '1p;2p;2p;3p' all >view
	refused 'a repeat'
	{ sed -n 1p all && sed -n 3p all && sed -n 2p all; } >view
	refused 'out of order'
	sed 's/"text":"2"/"text":"x"/' all >view
	refused 'is another one than in the store'
	sed -n '1,2p' all >view
	refused 'ends at 2, not at 3'
}

@test "check-history: two owners at once" {
	for lease in a b a; do
		printf '{"client":"1","op":"work","key":"t","phase":"invoke","lease":"%s","at":1}\n' "$lease"
	done >>history
	refused 'lease a works on after lease b has begun'
}

@test "check-history: a claim in the middle of another's, and a second end" {
	id=$(jq -r 'select(.value.key == "k1").value.id' dump)
	n=$(wc -l <journal)
	for state in in_progress:a in_progress:b completed: failed:; do
		n=$((n + 1))
		body=$(printf '"rev":%d,"tx":"x","at":"x","by":"x","set":[{"key":"task/%s","n":2,"sets":[],"names":[],"value":{"id":"%s","status":"%s","lease":"%s"}}]}' \
			"$n" "$id" "$id" "${state%:*}" "${state#*:}")
		printf '{"crc":"00000000",%s\n' "$body"
	done >>journal
	refused 'claimed twice: in_progress a, then in_progress b'
	assert_output --partial 'completed , then failed'
}

@test "check-history: a journal whose fold is not the store, and a store-check that was not content" {
	sed -i '$d' journal
	refused 'in the store, not in the journal'
	sed -i 's/"index":"ok"/"index":"rebuilt"/' check
	refused 'index rebuilt'
}

@test "check-history: a journal that begins with a base, and a base in two minds about its revision" {
	store-compact >/dev/null
	store-dump | cmp - dump
	cp "$LEGWORK_STORE"/journal/*.base.jsonl journal
	judge
	assert_success
	python3 - journal <<-'END'
		import sys
		lines = open(sys.argv[1]).read().splitlines()
		lines.insert(1, lines[0].replace('"rev":', '"rev":1'))
		open(sys.argv[1], "w").write("\n".join(lines) + "\n")
	END
	refused 'journal: revision 1'
}

# --- the torture itself

@test "torture: commands that are killed or meet a fault at some system call leave a whole store" {
	torture faults 60
}

@test "torture: the journal and what is derived from it, damaged" {
	torture damage 17
}
