# Specs and instructions become tasks.

load test_helper
load records

@test "task-add: an instruction becomes a pending task, printed as one JSON line" {
	run -0 --separate-stderr task-add count the files
	assert_equal "${#lines[@]}" 1
	assert_equal "$stderr" ''
	assert_jq '.[0] | .instruction == "count the files" and .title == "count the files" and
		.status == "pending" and .priority == "medium" and .attempt == 0 and .posted == 0 and
		(.id | test("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")) and
		(.created_at | test("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$"))'
	assert_equal "$(task-list | lasting)" "$(lasting <<<"$output")"
}

@test "task-add: --ids prints only the id" {
	run -0 task-add --ids one
	assert_output "$(task-list | jq -r .id)"
}

@test "task-add: what is created says by whom" {
	export LEGWORK_USER=ada
	run -0 task-add one
	assert_jq '.[0].created_by == "ada"'
}

@test "task-add: every option goes into the record" {
	chat=$(chat-new --ids)
	worker smith 'cat'
	before=$(task-add --ids before)
	run -0 task-add --chat "$chat" --metadata a=1 --metadata b=x=y --depends-on "$before" \
		--priority high --agent smith --timeout 1.5 --max-attempts 7 --key k1 after
	assert_jq --arg chat "$chat" --arg before "$before" '.[0] | .chat_id == $chat and
		.metadata == {a: "1", b: "x=y"} and .depends_on == [$before] and .priority == "high" and
		.agent == "smith" and .limits == {timeout_s: 1.5, max_attempts: 7} and .key == "k1" and
		.waiting == "dependencies"'
}

@test "task-add: the letters stand for their options" {
	chat=$(chat-new --ids)
	worker smith 'cat'
	before=$(task-add --ids before)
	run -0 task-add -c "$chat" -m a=1 -d "$before" -p low -a smith -t 2m -k k1 after
	assert_jq --arg chat "$chat" --arg before "$before" '.[0] | .chat_id == $chat and
		.metadata == {a: "1"} and .depends_on == [$before] and .priority == "low" and
		.agent == "smith" and .limits == {timeout_s: 120} and .key == "k1"'
}

@test "task-add: a role is taken in any case and stored as the crew spells it" {
	worker Smith 'cat'
	run -0 task-add --agent sMITH one
	assert_jq '.[0].agent == "Smith"'
}

@test "task-add: a chat and a dependency may be named by their first characters" {
	chat=$(chat-new --ids)
	before=$(task-add --ids before)
	run -0 task-add --chat "${chat:0:8}" --depends-on "${before:0:13}" after
	assert_jq --arg chat "$chat" --arg before "$before" \
		'.[0] | .chat_id == $chat and .depends_on == [$before]'
}

@test "task-add: an ambiguous prefix is refused (66)" {
	for tail in 1 2; do
		printf '{"id":"abcdef00-0000-4000-8000-00000000000%s","instruction":"%s"}\n' $tail $tail
	done | task-add >/dev/null
	run -66 --separate-stderr task-add --depends-on abcdef00 after
	assert_equal "$stderr" 'task-add: task abcdef00: ambiguous: more than one task id begins with that'
	assert_equal "$(task-list --count)" 2
}

@test "task-add: a prefix of less than four characters is refused (66)" {
	before=$(task-add --ids before)
	run -66 --separate-stderr task-add --depends-on "${before:0:3}" after
	assert_regex "$stderr" "^task-add: task ${before:0:3}: no such task "
}

@test "task-add: an unknown chat, dependency or role is refused (66)" {
	run -66 --separate-stderr task-add --chat deadbeef one
	assert_equal "$stderr" 'task-add: chat deadbeef: no such chat'
	run -66 --separate-stderr task-add --depends-on deadbeef one
	assert_equal "$stderr" 'task-add: task deadbeef: no such task'
	run -66 --separate-stderr task-add --agent nobody one
	assert_equal "$stderr" 'task-add: agent nobody: no such role'
	assert_equal "$(task-list --count)" 0
}

@test "task-add: refuses an empty instruction (65)" {
	for text in '' '   ' $'\n\t '; do
		run -65 --separate-stderr task-add "$text"
		assert_equal "$stderr" 'task-add: instruction: is empty'
	done
	assert_equal "$(task-list --count)" 0
}

@test "task-add: refuses an instruction over a megabyte (65)" {
	head -c 1048577 /dev/zero | tr '\0' x | jq -Rc '{instruction: .}' >spec
	run -65 --separate-stderr task-add <spec
	assert_equal "$stderr" 'task-add: stdin:1: instruction: longer than 1048576 bytes'
}

@test "task-add: bad option values are misuse (64)" {
	for option in --priority=urgent --timeout=soon --timeout=0 --max-attempts=0 \
		--max-attempts=x --metadata=nothing --metadata==x; do
		run -64 --separate-stderr task-add "$option" one
		assert_regex "$stderr" "^task-add: ${option%%=*}"
	done
	assert_equal "$(task-list --count)" 0
}

@test "task-add: a title is the instruction's first line, cut at 80 characters" {
	run -0 task-add "$(printf 'first line\nsecond')"
	assert_jq '.[0].title == "first line"'
	run -0 task-add "$(printf 'é%.0s' {1..100})"
	assert_jq '.[0].title | length == 80'
}

@test "task-add: text stays as it is: quotes, newlines, any script" {
	text=$'say "hi"\n\ttab \\ back, größe, 日本 🤖'
	task-add "$text" >/dev/null
	assert_equal "$(task-list | jq -r .instruction)" "$text"
}

# --- specs on stdin

@test "task-add: stores a spec per line, in their order" {
	run -0 task-add <<-'END'
		{"instruction":"one"}

		{"instruction":"two","priority":"low"}
		{"instruction":"three"}
	END
	assert_equal "${#lines[@]}" 3
	assert_jq 'map(.instruction) == ["one", "two", "three"]'
	assert_equal "$(task-list | lasting)" "$(lasting <<<"$output")"
}

@test "task-add: an empty input is no error" {
	run -0 task-add </dev/null
	assert_output ''
}

@test "task-add: the last line may lack its newline" {
	printf '{"instruction":"one"}\n{"instruction":"two"}' >specs
	run -0 task-add --ids <specs
	assert_equal "${#lines[@]}" 2
}

@test "task-add: unknown fields are kept" {
	run -0 task-add <<<'{"instruction":"one","x_color":"red","scope":{"regions":["eu"],"deep":[{"a":null}]}}'
	assert_jq '.[0] | .x_color == "red" and .scope == {regions: ["eu"], deep: [{a: null}]}'
}

@test "task-add: a spec cannot say what is the store's to say" {
	run -0 task-add <<-'END'
		{"instruction":"one","status":"completed","response":"done","attempt":9,"posted":4,"lease":"x","error":{},"finished_at":"never","runner":"r","waiting":"time","events":3,"reservation":{},"subtasks":{"total":1}}
	END
	assert_jq '.[0] | .status == "pending" and .attempt == 0 and .posted == 0 and
		([.response, .lease, .error, .finished_at, .runner, .waiting, .events, .reservation, .subtasks]
		| all(. == null))'
}

@test "task-add: null stands for a field that is not there" {
	run -0 task-add <<<'{"instruction":"one","chat_id":null,"priority":null,"depends_on":null}'
	assert_jq '.[0] | .priority == "medium" and (has("chat_id") or has("depends_on") | not)'
}

@test "task-add: options hold for every spec that does not say otherwise" {
	chat=$(chat-new --ids) other=$(chat-new --ids)
	worker smith cat
	worker miller cat
	run -0 task-add -c "$chat" -p high -a smith -m a=1 -m b=2 -t 5 --max-attempts 2 <<-END
		{"instruction":"one"}
		{"instruction":"two","chat_id":"$other","priority":"low","agent":"miller","metadata":{"b":3},"limits":{"timeout_s":9,"max_turns":4}}
	END
	assert_jq --arg chat "$chat" --arg other "$other" '
		(.[0] | .chat_id == $chat and .priority == "high" and .agent == "smith" and
			.metadata == {a: "1", b: "2"} and .limits == {timeout_s: 5, max_attempts: 2}) and
		(.[1] | .chat_id == $other and .priority == "low" and .agent == "miller" and
			.metadata == {a: "1", b: 3} and .limits == {timeout_s: 9, max_attempts: 2, max_turns: 4})'
}

@test "task-add: --depends-on holds for specs that name no dependency" {
	a=$(task-add --ids a) b=$(task-add --ids b)
	run -0 task-add -d "$a" <<<'{"instruction":"one"}
{"instruction":"two","depends_on":["'"$b"'"]}
{"instruction":"three","depends_on":[]}'
	assert_jq --arg a "$a" --arg b "$b" 'map(.depends_on) == [[$a], [$b], []]'
}

@test "task-add: a spec may bring its id, which is then an idempotency key" {
	spec='{"id":"11111111-2222-4333-8444-555555555555","instruction":"one"}'
	run -0 task-add <<<"$spec"
	assert_jq '.[0].id == "11111111-2222-4333-8444-555555555555" and (.[0] | has("duplicate") | not)'
	run -0 task-add <<<"$spec"
	assert_jq '.[0].duplicate'
	assert_equal "$(task-list --count)" 1
}

@test "task-add: a bad line between two good ones: both are stored, it is named, 65" {
	run -65 --separate-stderr task-add <<-'END'
		{"instruction":"one"}
		{"instruction":""}
		{"instruction":"three"}
	END
	assert_jq 'map(.instruction) == ["one", "three"]'
	assert_equal "$stderr" 'task-add: stdin:2: instruction: is empty'
	assert_equal "$(task-list --count)" 2
}

@test "task-add: in a stream, too, an unknown id is named with its line (65)" {
	run -65 --separate-stderr task-add <<-'END'
		{"instruction":"one"}
		{"instruction":"two","chat_id":"deadbeef"}
		{"instruction":"three","agent":"nobody"}
		{"instruction":"four","depends_on":["deadbeef"]}
		{"instruction":"five"}
	END
	assert_jq 'map(.instruction) == ["one", "five"]'
	assert_equal "$stderr" 'task-add: stdin:2: chat deadbeef: no such chat
task-add: stdin:3: agent nobody: no such role
task-add: stdin:4: task deadbeef: no such task'
}

@test "task-add: specs with fields of a wrong kind are refused, each with what was expected (65)" {
	while IFS='|' read -r spec why; do
		run -65 --separate-stderr task-add <<<"$spec"
		assert_output ''
		assert_equal "$stderr" "task-add: stdin:1: $why"
	done <<-'END'
		{}|instruction: is missing
		{"instruction":5}|instruction: want string, got number
		{"instruction":"x","priority":"urgent"}|priority 'urgent': want high, medium or low
		{"instruction":"x","metadata":[]}|metadata: want object, got array
		{"instruction":"x","depends_on":"y"}|depends_on: want array, got string
		{"instruction":"x","depends_on":[5]}|depends_on[0]: want a string
		{"instruction":"x","limits":{"timeout_s":0}}|limits.timeout_s: want a number above 0
		{"instruction":"x","limits":{"max_attempts":"3"}}|limits.max_attempts: want a number above 0
		{"instruction":"x","id":"abc"}|id 'abc': want a UUID in lower case
		{"instruction":"x","key":""}|key: want 1 to 200 bytes
		{"instruction":"x","chat_id":7}|chat_id: want string, got number
	END
	assert_equal "$(task-list --count)" 0
}

# --- duplicates

@test "task-add: a duplicate of a pending task returns it, marked" {
	first=$(task-add --ids -m a=1 one)
	run -0 task-add -m a=1 one
	assert_jq --arg id "$first" '.[0].id == $id and .[0].duplicate == true'
	assert_equal "$(task-list --count)" 1
	assert_equal "$(task-list | jq 'has("duplicate")')" false
}

@test "task-add: the order of metadata does not matter" {
	task-add -m a=1 -m b=2 one >/dev/null
	run -0 task-add -m b=2 -m a=1 one
	assert_jq '.[0].duplicate'
}

@test "task-add: another instruction, metadata or chat is no duplicate" {
	chat=$(chat-new --ids) other=$(chat-new --ids)
	task-add -c "$chat" -m a=1 one >/dev/null
	task-add -c "$chat" -m a=1 two >/dev/null
	task-add -c "$chat" -m a=2 one >/dev/null
	task-add -c "$chat" one >/dev/null
	task-add -c "$other" -m a=1 one >/dev/null
	task-add -m a=1 one >/dev/null
	assert_equal "$(task-list --count)" 6
}

@test "task-add: two equal specs in one stream make one task" {
	run -0 task-add <<<'{"instruction":"one"}
{"instruction":"one"}'
	assert_jq '.[0].id == .[1].id and .[1].duplicate'
}

@test "task-add: a task in progress is still a duplicate" {
	worker slow 'echo >started; read -r _ <gate'
	mkfifo gate
	first=$(task-add --ids one)
	agent-run "$first" >/dev/null 3>&- &
	wait_until 30 test -e started
	run -0 task-add one
	echo go >gate
	await_exit $!
	assert_jq --arg id "$first" '.[0] | .id == $id and .duplicate and .status == "in_progress"'
}

@test "task-add: a task in progress that names its agent is a duplicate of what names that one only" {
	worker slow 'echo >started; read -r _ <gate'
	mkfifo gate
	first=$(task-add --ids --agent slow one)
	agent-run "$first" >/dev/null 3>&- &
	wait_until 30 test -e started
	run -0 task-add --agent slow one
	run -0 bash -c 'echo "$1"; task-add one' . "$output"
	echo go >gate
	await_exit $!
	assert_jq --arg id "$first" '(.[0] | .id == $id and .duplicate) and (.[1].id != $id and (.[1] | has("duplicate") | not))'
}

@test "task-add: a finished task does not block" {
	worker quick 'echo done'
	agent-run "$(task-add --ids one)" >/dev/null
	run -0 task-add one
	assert_jq '.[0] | .status == "pending" and (has("duplicate") | not)'
	assert_equal "$(task-list --count)" 2
}

@test "task-add: a failed task does not block" {
	worker bad 'exit 3'
	agent-run "$(task-add --ids one)" >/dev/null
	run -0 task-add one
	assert_jq '.[0] | .status == "pending" and (has("duplicate") | not)'
}

@test "task-add: --allow-duplicates stores it all the same" {
	task-add one >/dev/null
	run -0 task-add --allow-duplicates one
	assert_jq '.[0] | has("duplicate") | not'
	assert_equal "$(task-list --count)" 2
}

@test "task-add: a key that was seen returns its task, whatever the rest says" {
	first=$(task-add --ids --key k one)
	run -0 task-add --key k two
	assert_jq --arg id "$first" '.[0] | .id == $id and .duplicate and .instruction == "one"'
	run -0 task-add --allow-duplicates --key k two
	assert_jq --arg id "$first" '.[0] | .id == $id and .duplicate'
	assert_equal "$(task-list --count)" 1
}

@test "task-add: a key holds for finished tasks, too" {
	worker quick 'echo done'
	first=$(task-add --ids --key k one)
	agent-run "$first" >/dev/null
	run -0 task-add --key k one
	assert_jq --arg id "$first" '.[0] | .id == $id and .duplicate and .status == "completed"'
	assert_equal "$(task-list --count)" 1
}

@test "task-add: a message that is delivered twice makes one task, also when it is done" {
	worker quick 'echo done'
	chat=$(chat-new --ids)
	chat-post "$chat" count the files | task-draft | task-add >/dev/null
	agent-run "$(task-list --ids)" >/dev/null
	chat-show --limit 1 --since 0 "$chat" | task-draft >spec
	run -0 task-add <spec
	assert_jq '.[0] | .duplicate and .status == "completed"'
	assert_equal "$(task-list --count)" 1
}

@test "task-add: twenty processes that add the same make one task" {
	for _ in {1..20}; do
		task-add --ids same >>ids 3>&- &
		pids+=($!)
	done
	await_all "${pids[@]}"
	assert_equal "$(wc -l <ids)" 20
	assert_equal "$(sort -u ids)" "$(task-list --ids)"
}

@test "task-add: twenty processes at once lose nothing" {
	for i in {1..20}; do
		task-add --ids "task $i" >>ids 3>&- &
		pids+=($!)
	done
	await_all "${pids[@]}"
	assert_equal "$(sort ids)" "$(task-list --ids | sort)"
	assert_equal "$(task-list --count)" 20
}

# --- dependencies

@test "task-add: a task waits for its dependencies" {
	a=$(task-add --ids a) b=$(task-add --ids b)
	run -0 task-add -d "$a" -d "$b" after
	assert_jq '.[0] | .status == "pending" and .waiting == "dependencies"'
	assert_equal "$(task-list --ready --count)" 2
}

@test "task-add: the last dependency that completes releases it" {
	worker quick 'echo done'
	a=$(task-add --ids a) b=$(task-add --ids b)
	after=$(task-add --ids -d "$a" -d "$b" after)
	agent-run "$a" >/dev/null
	assert_equal "$(field "$after" .waiting)" dependencies
	agent-run "$b" >/dev/null
	assert_equal "$(field "$after" '.waiting, .status')" $'null\npending'
}

@test "task-add: a dependency that has completed is not waited for" {
	worker quick 'echo done'
	a=$(task-add --ids a)
	agent-run "$a" >/dev/null
	run -0 task-add -d "$a" after
	assert_jq '.[0] | .status == "pending" and (has("waiting") | not)'
}

@test "task-add: a dependency that fails fails its dependents, and theirs" {
	worker bad 'exit 3'
	a=$(task-add --ids a)
	b=$(task-add --ids -d "$a" b)
	c=$(task-add --ids -d "$b" c)
	agent-run "$a" >/dev/null
	for id in "$b" "$c"; do
		assert_equal "$(field "$id" '.status, .error.category, .error.retryable')" \
			$'failed\ndependency\nfalse'
	done
	assert_equal "$(field "$b" .error.message)" "dependency ${a:0:8} failed: exit status 3"
}

@test "task-add: a task added after its dependency failed fails with category dependency" {
	worker bad 'exit 3'
	a=$(task-add --ids a)
	agent-run "$a" >/dev/null
	run -0 task-add -d "$a" after
	assert_jq '.[0] | .status == "failed" and .error.category == "dependency" and .attempt == 0'
}

@test "task-add: a task that depends on itself is refused (65)" {
	id=11111111-2222-4333-8444-555555555555
	run -65 --separate-stderr task-add <<<"{\"id\":\"$id\",\"instruction\":\"one\",\"depends_on\":[\"$id\"]}"
	assert_equal "$stderr" "task-add: stdin:1: depends_on: task $id would wait for itself"
	assert_equal "$(task-list --count)" 0
}

@test "task-add: a task may depend on one that is added in the same stream" {
	run -0 task-add <<-'END'
		{"id":"11111111-2222-4333-8444-555555555555","instruction":"one"}
		{"instruction":"two","depends_on":["11111111"]}
	END
	assert_jq '.[1] | .depends_on == ["11111111-2222-4333-8444-555555555555"] and .waiting == "dependencies"'
}

# --- what comes from chats

@test "task-add: a named cursor moves in the transaction of its task" {
	chat=$(chat-new --ids)
	run -0 task-add <<<'{"instruction":"one","source":{"cursor":"me","chat_id":"'"$chat"'","seq":3}}'
	run jq -c "select(.set[].key == \"cursor/me/$chat\") | [.set[].key[0:6]]" "$LEGWORK_STORE"/journal/*.jsonl
	assert_output '["cursor","task/'"$(task-list | jq -r '.id[0:1]')"'"]'
}

@test "task-add: a skip line moves the cursor and stores no task" {
	chat=$(chat-new --ids)
	for word in one two three; do chat-post "$chat" $word; done >/dev/null
	run -0 task-add <<<'{"skip":{"cursor":"me","chat_id":"'"$chat"'","seq":2,"reason":"no message"}}'
	assert_output ''
	assert_equal "$(task-list --count)" 0
	run -0 chat-watch --cursor me --count 1 --timeout 30 "$chat"
	assert_jq '.[0] | .data.text == "three" and .cursor == "me"'
}

@test "task-add: a cursor, role or chat that is none is named (65), however long" {
	local long
	long=$(printf '%600s' '' | tr ' ' x)
	printf '%s\n' '{"instruction":"a","source":{"cursor":"'"$long"'","chat_id":"c","seq":1}}' \
		'{"instruction":"b","source":{"cursor":"r","chat_id":"'"$long"'","seq":1}}' \
		'{"instruction":"c","agent":"'"$long"'"}' '{"instruction":"d","chat_id":"'"$long"'"}' \
		'{"skip":{"cursor":"'"$long"'","chat_id":"c","seq":1}}' '{"instruction":"good"}' >specs
	run -65 --separate-stderr task-add <specs
	assert_jq 'map(.title) == ["good"]'
	[ "${#stderr_lines[@]}" = 5 ]
	assert_regex "${stderr_lines[0]}" '^task-add: stdin:1: cursor: want 1 to 100 bytes, got 600$'
	assert_regex "${stderr_lines[1]}" '^task-add: stdin:2: source: chat_id is no UUID$'
	assert_regex "${stderr_lines[2]}" '^task-add: stdin:3: agent xxx.*: no such role$'
	assert_regex "${stderr_lines[3]}" '^task-add: stdin:4: chat xxx.*: no such chat'
	assert_regex "${stderr_lines[4]}" '^task-add: stdin:5: cursor: want 1 to 100 bytes, got 600$'
}

@test "task-add: a record of 256 levels can be read again" {
	local open close
	open=$(printf '%254s' '' | tr ' ' '[') close=$(printf '%254s' '' | tr ' ' ']')
	echo '{"instruction":"deep","metadata":{"a":'"$open$close"'}}' >spec
	id=$(task-add --ids <spec)
	run -0 task-show "$id"
	assert_output --partial "$open$close"
	run -0 task-list --ready
	assert_output --partial "$open$close"
}

@test "task-add: a cursor does not go back" {
	chat=$(chat-new --ids)
	for word in one two three; do chat-post "$chat" $word; done >/dev/null
	task-add <<<'{"skip":{"cursor":"me","chat_id":"'"$chat"'","seq":2}}
{"skip":{"cursor":"me","chat_id":"'"$chat"'","seq":1}}'
	run -0 chat-watch --cursor me --count 1 --timeout 30 "$chat"
	assert_jq '.[0].seq == 3'
}

@test "task-add: a duplicate moves the cursor, too" {
	chat=$(chat-new --ids)
	for word in one two; do chat-post "$chat" $word; done >/dev/null
	task-add one >/dev/null
	run -0 task-add <<<'{"instruction":"one","source":{"cursor":"me","chat_id":"'"$chat"'","seq":1}}'
	assert_jq '.[0].duplicate'
	run -0 chat-watch --cursor me --count 1 --timeout 30 "$chat"
	assert_jq '.[0].seq == 2'
}

@test "task-add: what can be read at once is one transaction" {
	for i in {1..50}; do echo "{\"instruction\":\"$i\"}"; done >specs
	task-add <specs >/dev/null
	run jq -c 'select(.set | length == 50)' "$LEGWORK_STORE"/journal/*.jsonl
	assert_equal "${#lines[@]}" 1
}

@test "task-add: does not wait for a line that has not come" {
	mkfifo specs
	task-add --ids <specs >ids 3>&- &
	exec 5>specs
	echo '{"instruction":"one"}' >&5
	wait_until 30 has_lines ids 1
	exec 5>&-
	await_exit $!
}

@test "task-add: prints what it has added as one likes, without a heading" {
	run -0 task-add --format text one
	assert_regex "$output" '^[0-9a-f]{8}  pending +[0-9]+s +one$'
	run -0 task-add --format tsv two
	assert_output "$(task-list --format tsv --newest -n 1)"
	assert_equal "$(task-add --ids --null <<<$'{"instruction":"a"}\n{"instruction":"b"}' | xargs -0 -n 1)" \
		"$(task-list --ids | tail -n 2)"
	run -0 task-add --format json three
	assert_equal "$(lasting <<<"$output")" "$(task-list --newest -n 1 | lasting)"
}

@test "task-add: bad ways to print are misuse (64), and nothing is added" {
	for options in '--ids --format text' '--format xml' '--null --format text' '--color blue' '--jq .'; do
		# shellcheck disable=SC2086 # words are wanted
		run -64 task-add $options one
	done
	assert_equal "$(task-list --count)" 0
}

@test "task-add: a dash reads the instruction, all of it, from stdin" {
	id=$(printf -- '- one\n- two\n\n' | task-add --ids -)
	assert_equal "$(task-show --jq .instruction "$id")" $'- one\n- two'
	run -65 --separate-stderr task-add - </dev/null
	assert_equal "$stderr" 'task-add: instruction: is empty'
	run -65 --separate-stderr task-add - <<<$'a\377b'
	assert_equal "$stderr" 'task-add: stdin: not UTF-8, or a NUL in it'
}

@test "task-add: on a terminal one that was there says so" {
	task-add 'do it' >/dev/null
	run -0 task-add --format text 'do it'
	assert_output --partial '(there already) do it'
}

@test "task-add: limits and output are asked for by options, and joined with a spec's own" {
	echo '{"type": "array"}' >schema.json
	set -- --timeout 2m --max-attempts 4 --retry-delay 3 --max-turns 5 --max-tokens 600 --max-children 7 \
		--max-depth 0 --output 'a list' --schema schema.json --check-jq 'length > 0'
	run -0 task-add "$@" list them
	assert_jq '.[0] | .limits == {timeout_s: 120, max_attempts: 4, retry_delay_s: 3, max_turns: 5,
		max_tokens: 600, max_children: 7, max_depth: 0} and .output == {expected: "a list", format: "json",
		schema: {type: "array"}, check: {jq: "length > 0"}}'
	run -0 task-add "$@" <<<'{"instruction":"x","limits":{"max_turns":1},"output":{"expected":"one","tries":1}}'
	assert_jq '.[0] | .limits.max_turns == 1 and .limits.max_tokens == 600 and .output.expected == "one" and
		.output.tries == 1 and .output.schema == {type: "array"}'
	run -0 task-add --check 'grep -q x' --output-format markdown other
	assert_jq '.[0].output == {format: "markdown", check: {command: "grep -q x"}}'
}

@test "task-add: an output that nothing could fit is refused before anything is stored" {
	run -64 --separate-stderr task-add --check-jq 'length >' x
	[[ $stderr = 'task-add: --check-jq: syntax error'* ]]
	run -64 task-add --check true --check-jq . x
	run -64 task-add --check '' x
	run -64 --separate-stderr task-add --output-format xml x
	[[ $stderr = "task-add: --output-format: want text, json, markdown or csv, got 'xml'"* ]]
	echo '{}' >schema.json
	run -64 task-add --schema schema.json --output-format text x
	run -64 task-add --retry-delay never x
	run -66 task-add --schema nowhere x
	for schema in '[]' '{"a":' '' '{}{}' '{"type":"strin"}' '{"$ref":"http://x/y"}'; do
		printf %s "$schema" >schema.json
		run -65 --separate-stderr task-add --schema schema.json x
		[[ $stderr = 'task-add: --schema schema.json: '* ]]
	done
	run -65 --separate-stderr task-add <<<'{"instruction":"x","output":{"schema":{"minLength":"3"}}}'
	[[ $stderr = 'task-add: stdin:1: output.schema: '* ]]
	assert_equal "$(task-list)" ''
}

@test "task-add: with another output, or for another agent, it is another task" {
	worker a cat
	worker b cat
	one=$(task-add --ids x)
	for options in '--output-format csv' '--agent a' '--agent b'; do
		# shellcheck disable=SC2086 # options
		run -0 task-add $options x
		assert_jq '.[0] | has("duplicate") | not'
		# shellcheck disable=SC2086 # options
		run -0 task-add $options x
		assert_jq '.[0].duplicate'
	done
	agent-run "$one" >/dev/null
	run -0 task-add x
	assert_jq '.[0] | has("duplicate") | not'
}

@test "task-add: a running task whose agent was chosen is still known" {
	mkfifo go
	worker a 'cat go'
	one=$(task-add --ids x)
	task-show "$one" | task-run >out 3>&- &
	wait_field "$one" .status in_progress
	run -0 task-add x
	assert_jq --arg one "$one" '.[0] | .duplicate and .id == $one and .agent == "a"'
	echo >go
	await_exit $!
}

# --- schedules

@test "task-add: --schedule with --every adds one task for each slot, however often it is called" {
	export LEGWORK_NOW=2026-11-20T10:00:00Z
	first=$(task-add --schedule sweep --every 30m --ids sweep)
	LEGWORK_NOW=2026-11-20T10:29:59.999Z
	run -0 task-add --schedule sweep --every 30m sweep
	assert_jq --arg id "$first" '.[0].id == $id and .[0].duplicate and .[0].schedule == "sweep"'
	LEGWORK_NOW=2026-11-20T10:30:00Z
	run -0 task-add --schedule sweep --every 30m sweep
	assert_jq --arg id "$first" '.[0].id != $id and .[0].duplicate == null and
		(.[0] | has("every_s") | not)'
	task-rm "$(task-list --ids --limit 1)" >/dev/null
	assert_equal "$(task-list --count)" 1
}

@test "task-add: twenty crons at once add one task" {
	export LEGWORK_NOW=2026-11-20T10:00:00Z
	pids=()
	for _ in {1..20}; do
		task-add --schedule sweep --every 1h --ids sweep >>ids 3>&- &
		pids+=($!)
	done
	await_all "${pids[@]}"
	assert_equal "$(sort ids | uniq -c | awk '{ print $1 }')" 20
	assert_equal "$(task-list --count)" 1
}

@test "task-add: tasks of a schedule share a chat that agent owns, unless they are given one" {
	mine=$(chat-new --ids)
	task-add --schedule sweep --ids one >/dev/null
	task-add --schedule sweep --ids two >/dev/null
	task-add --schedule dust --ids three >/dev/null
	task-add --schedule dust --chat "$mine" --ids four >/dev/null
	run -0 chat-list
	assert_jq 'map([.title, .user_id, .schedule])[1:] == [["Task: sweep", "agent", "sweep"], ["Task: dust", "agent", "dust"]]'
	run -0 task-list
	assert_jq --arg mine "$mine" '.[0].chat_id == .[1].chat_id and .[1].chat_id != .[2].chat_id and .[3].chat_id == $mine'
}

@test "task-add: a schedule outlives its chat, and a task whose chat is gone says so where it goes on" {
	worker smith cat
	chat=$(chat-new --user ada --ids)
	lone=$(task-add --chat "$chat" --ids one)
	task-add --schedule sweep --every 1h --ids two >/dev/null
	chat-list --ids | xargs chat-rm --force >/dev/null
	legwork run --once
	run -0 chat-list
	assert_jq --arg lone "Task: ${lone:0:8}" 'map(.title) | sort == (["Task: sweep", $lone] | sort)'
	run -0 chat-show "$(task-show "$lone" | jq -r .chat_id)"
	assert_jq --arg id "$lone" --arg text "Task ${lone:0:8}: warning: chat ${chat:0:8}, for which it was added, is gone; it goes on here" '
		.[0] | .type == "status" and .data == {message: $text, task_id: $id}'
}

@test "task-add: --file reads the instruction, of which an empty one is none" {
	printf 'sweep\nthe floor\n\n' >todo
	run -0 task-add --file todo
	assert_jq '.[0].instruction == "sweep\nthe floor"'
	run -0 task-add --file - <todo
	assert_jq '.[0].duplicate'
	run -66 --separate-stderr task-add --file nothing
	assert_equal "$stderr" 'task-add: nothing: No such file or directory'
	: >empty
	run -65 --separate-stderr task-add --file empty
	assert_equal "$stderr" 'task-add: instruction: is empty'
	run -64 --separate-stderr task-add --file todo sweep
	assert_equal "${stderr_lines[0]}" 'task-add: want an instruction or --file, not both'
}

@test "task-add: --every wants whole seconds and a schedule (64)" {
	run -64 --separate-stderr task-add --every 1h sweep
	assert_equal "${stderr_lines[0]}" 'task-add: --every: wants --schedule, too'
	for every in 0 500ms 1.5 x 400d; do
		run -64 --separate-stderr task-add --schedule s --every "$every" sweep
		assert_equal "${stderr_lines[0]}" \
			"task-add: --every: want whole seconds, at most a year, got '$every'"
	done
}

@test "task-add: specs have schedules, too, and a bad one is refused (65)" {
	run -65 --separate-stderr task-add <<-'E'
		{"instruction":"a","schedule":"s","every_s":60}
		{"instruction":"a","schedule":"s","every_s":60}
		{"instruction":"b","every_s":60}
		{"instruction":"c","schedule":"s","every_s":"60"}
	E
	assert_jq 'length == 2 and .[0].id == .[1].id'
	assert_equal "$stderr" "task-add: stdin:3: every_s: want a schedule, too
task-add: stdin:4: every_s: want number, got string"
}

@test "task-add: what legwork says of a message is said of one that is there, and by legwork" {
	chat=$(chat-new --ids)
	message=$(chat-post "$chat" hello | jq -r .id)
	skip() { # MESSAGE USER TYPE - such a line
		jq -nc --arg c "$chat" --arg m "$1" --arg u "$2" --arg t "$3" '{skip: {chat_id: $c, message_id: $m},
			event: {type: $t, chat_id: $c, user_id: $u, data: {message: "it says nothing", text: "it", reply_to: $m}}}'
	}
	for bad in "$message eve error" "$message legwork message"; do
		read -ra words <<<"$bad"
		run -65 --separate-stderr task-add < <(skip "${words[@]}")
		assert_equal "$stderr" 'task-add: stdin:1: event: want an error of legwork in the chat of its message'
	done
	run -0 task-add < <(skip "$(uuid)" legwork error)
	run -65 task-add <<<'{"instruction":"x","agent":"HELLO","source":{"chat_id":"'"$chat"'","message_id":"'"$(uuid)"'"}}'
	assert_equal "$(chat-show --jq '.data.reply_to // ""' "$chat" | sort -u | paste -sd,)" ",$message"
	run -0 task-add < <(skip "$message" legwork error)
	assert_equal "$(chat-show --jq '.type + " " + .user_id' "$chat" | tail -n 1)" 'error legwork'
}
