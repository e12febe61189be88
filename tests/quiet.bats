# Tasks that wait until the people of their chat have finished.

load test_helper
load records

setup() {
	common_setup
	export LEGWORK_USER=ada
	chat=$(chat-new --ids)
}

say() { chat-post "$chat" "$@" >/dev/null; }

# A task-watch has looked at the store, or is about to.
is_listening() { compgen -G "$LEGWORK_STORE/watch/tasks/[!.]*" >/dev/null; }

await_lines() { wait_until 30 has_lines "$@"; }

waiting() { task-list --jq 'select(.waiting == "chat_idle") | .id'; }

# at TIME COMMAND ... - run it at that minute and second
at() { LEGWORK_NOW=2026-11-20T12:$1Z "${@:2}"; }

@test "quiet: a task waits until nobody has spoken in its chat for so long" {
	at 00:00 say hello
	run -0 at 00:10 task-add -c "$chat" --when-idle 30s tidy up
	assert_jq '.[0] | .waiting == "chat_idle" and .when_idle_s == 30 and .status == "pending"'
	at 00:29 task-watch --drain >out
	run ! test -s out
	at 00:20 say wait a moment
	at 00:49 task-watch --drain >out
	run ! test -s out
	task-watch --visibility 600 >out 3>&- &
	await_lines out 1
	kill $!
	await_stopped $!
	store-check
}

@test "quiet: a task that waits already can be told to wait longer, or not at all" {
	at 00:00 say hello
	id=$(at 00:10 task-add -c "$chat" --ids tidy up)
	run -0 at 00:10 task-edit --when-idle 30s "$id"
	assert_jq '.[0] | .waiting == "chat_idle" and .when_idle_s == 30 and .revision == 1'
	at 00:29 task-watch --drain >out
	run ! test -s out
	run -0 at 00:29 task-edit --priority high "$id"
	assert_jq '.[0] | .waiting == "chat_idle"'
	run -0 at 00:29 task-edit --when-idle 5s "$id"
	assert_jq '.[0] | has("waiting") | not'
	run -0 at 00:29 task-edit --when-idle 1h "$id"
	assert_jq '.[0] | .waiting == "chat_idle"'
	chat-edit --when-idle 1h "$chat" >/dev/null
	run -0 at 00:29 task-edit --when-idle none "$id"
	assert_jq '.[0] | (has("waiting") | not) and .when_idle_s == 0'
	run -64 --separate-stderr task-edit --when-idle soon "$id"
	assert_equal "${stderr_lines[0]}" "task-edit: --when-idle: want a time such as 30s or 2m, at most a year, or none, got 'soon'"
	store-check
}

@test "quiet: where nobody has spoken for so long already it begins at once" {
	at 00:00 say hello
	run -0 at 00:30 task-add -c "$chat" --when-idle 30s tidy up
	assert_jq '.[0] | has("waiting") | not'
	run -0 at 00:00 task-add -c "$(chat-new --ids)" --when-idle 30s tidy up
	assert_jq '.[0] | has("waiting") | not'
	run -0 task-add --when-idle 30s no chat
	assert_jq '.[0] | has("waiting") | not'
}

@test "quiet: it is handed out when the time has come, not at the next poll" {
	task-watch --ahead 20 >out 3>&- &
	pid=$!
	wait_until 30 is_listening
	for i in {1..8}; do
		say hello
		task-add -c "$chat" --when-idle 100ms "$i" >/dev/null
		await_lines out "$i"
		times+=("$(written out)")
	done
	assert_outran_poll "${times[@]}"
	kill $pid
	await_stopped $pid
	assert_equal "$(jq -r .instruction out | paste -sd' ')" '1 2 3 4 5 6 7 8'
}

@test "quiet: whoever speaks meanwhile starts the time anew; tasks and bots do not" {
	chat-edit --bot weather "$chat" >/dev/null
	at 00:00 say hello
	id=$(at 00:00 task-add -c "$chat" --when-idle 30s --ids one)
	at 00:20 say --user weather rain
	at 00:20 env LEGWORK_TASK_ID="$id" chat-post "$chat" working >/dev/null
	run -0 at 00:25 task-why "$id"
	assert_jq '.[0] | .waiting == "chat_idle" and .not_before == "2026-11-20T12:00:30.000Z" and
		.why == "it waits until nobody has spoken in its chat for 30 s: 2026-11-20T12:00:30.000Z, if nobody does"'
	at 00:26 say --user bob and another thing
	run -0 at 00:30 task-why --jq .not_before "$id"
	assert_output 2026-11-20T12:00:56.000Z
	run -0 at 00:56 task-why --jq .why "$id"
	assert_output 'it is ready: no pipeline has taken it yet'
}

@test "quiet: by hand it is not begun before (75), and what it waits for is said" {
	worker w 'echo done'
	at 00:00 say hello
	id=$(at 00:00 task-add -c "$chat" --when-idle 1m --ids one)
	run -75 --separate-stderr at 00:59 agent-run "$id"
	assert_output ''
	assert_equal "$stderr" "agent-run: task ${id:0:8}: it waits until nobody has spoken in its chat for 60 s: 2026-11-20T12:01:00.000Z, if nobody does"
	run -0 at 01:00 agent-run "$id"
	assert_equal "$(field "$id" '.status, .attempt, .slot')" $'completed\n1\nnull'
	store-check
}

@test "quiet: a person who speaks after it was handed out is heard" {
	worker w 'echo done'
	at 00:00 say hello # long ago
	id=$(task-add -c "$chat" --when-idle 1h --ids one)
	task-watch >out 3>&- &
	pid=$!
	await_lines out 1
	say one moment
	run -75 agent-run "$id"
	assert_equal "$(field "$id" '.waiting, .attempt, .reservation')" $'chat_idle\n0\nnull'
	kill $pid
	await_stopped $pid
	LEGWORK_NOW=2999-01-01T00:00:00Z run -0 agent-run "$id"
	assert_equal "$(field "$id" .status)" completed
}

@test "quiet: --drain does not wait for people, and others are not held up" {
	worker w 'echo done'
	say hello
	id=$(task-add -c "$chat" -p high --when-idle 1h --ids one)
	other=$(task-add -c "$chat" -p low --ids two)
	run -0 timeout 30 bash -c 'task-watch --drain | task-run >/dev/null'
	assert_equal "$(field "$other" .status)" completed
	assert_equal "$(waiting)" "$id"
	store-check
}

@test "quiet: a chat's policy holds for all its tasks that do not say otherwise" {
	run -0 chat-edit --when-idle 2m "$chat"
	assert_jq '.[0].policy == {when_idle_s: 120}'
	at 00:00 say hello
	one=$(at 00:00 task-add -c "$chat" --ids one)
	run -0 at 00:00 task-add -c "$chat" --when-idle none two
	assert_jq '.[0] | (has("waiting") | not) and .when_idle_s == 0'
	assert_equal "$(waiting)" "$one"
	run -0 at 01:59 task-why --jq .not_before "$one"
	assert_output 2026-11-20T12:02:00.000Z
	chat-edit --when-idle 1m "$chat" >/dev/null
	run -0 at 01:00 task-why --jq .why "$one"
	assert_output 'it is ready: no pipeline has taken it yet'
	run -0 chat-edit --when-idle none "$chat"
	assert_jq '.[0] | has("policy") | not'
	run -0 at 00:01 task-why --jq .why "$one"
	assert_output 'it is ready: no pipeline has taken it yet'
	run -0 chat-new --when-idle 500ms
	assert_jq '.[0].policy == {when_idle_s: 0.5}'
}

@test "quiet: a task-watch that sleeps hears that a chat does not mind any more" {
	say hello
	task-watch --ahead 20 >out 3>&- &
	pid=$!
	wait_until 30 is_listening
	for i in {1..8}; do
		chat-edit --when-idle 1h "$chat" >/dev/null
		task-add -c "$chat" "$i" >/dev/null
		assert_equal "$(wc -l <out)" $((i - 1))
		chat-edit --when-idle none "$chat" >/dev/null
		await_lines out "$i"
		times+=("$(written out)")
	done
	assert_outran_poll "${times[@]}"
	kill $pid
	await_stopped $pid
}

@test "quiet: many tasks of one chat are one queue: the oldest of the highest priority is first" {
	at 00:00 say hello # all that is added now waits, however long that takes
	for spec in low:d medium:b high:a medium:c; do
		at 00:00 task-add -c "$chat" --when-idle 400ms -p "${spec%:*}" "${spec#*:}"
	done >/dev/null
	run -0 store-dump
	assert_jq --arg c "$chat" '[.[].key | select(startswith("hold/"))] == ["hold/quiet.\($c).400"]'
	task-watch >out 3>&- &
	pid=$!
	await_lines out 4
	wait_until 30 eval '[[ ! $(store-dump | grep hold/) ]]' # the queue is closed
	kill $pid
	await_stopped $pid
	assert_equal "$(jq -r .instruction out | paste -sd' ')" 'a b c d'
	store-check
}

@test "quiet: what was split has begun: its subtasks wait for nobody" {
	at 00:00 say hello
	id=$(at 00:00 task-add -c "$chat" --when-idle 30s --ids both)
	jq -nc --arg id "$id" '{task_id: $id, decision: {needs_subtasks: true}, plan: {subtasks: [
		{title: "a", description: "a"}, {title: "b", description: "b"}]}}' |
		at 00:31 task-split >/dev/null
	assert_equal "$(waiting)" ''
	assert_equal "$(field "$id" '.waiting, .slot')" $'subtasks\nnull'
}

@test "quiet: a dependent waits when it is its turn" {
	worker w 'echo done'
	one=$(task-add -c "$chat" --ids one)
	say hello
	two=$(task-add -c "$chat" --ids -d "$one" --when-idle 1h two)
	assert_equal "$(field "$two" .waiting)" dependencies
	run -0 timeout 30 bash -c 'task-watch --drain | task-run >/dev/null'
	assert_equal "$(field "$two" .waiting)" chat_idle
}

@test "quiet: it is found again after task-watch was killed, and after a rebuild" {
	at 00:00 say hello
	id=$(at 00:00 task-add -c "$chat" --when-idle 30s --ids one)
	keep_fifos=1
	LEGWORK_NOW=2026-11-20T12:00:10Z task-watch >out 3>&- & # for which the time does not come
	pid=$!
	wait_until 30 is_listening
	kill -KILL $pid
	await_exit $pid || [[ $? = 137 ]]
	rm "$LEGWORK_STORE"/index.gdbm
	task-watch >out 3>&- &
	pid=$!
	await_lines out 1
	assert_equal "$(jq -r .id out)" "$id"
	kill $pid
	await_stopped $pid
	store-check
}

@test "quiet: a chat that is deleted is quiet" {
	at 00:00 say hello
	id=$(at 00:00 task-add -c "$chat" --when-idle 1h --ids one)
	chat-rm --force "$chat"
	run -0 at 00:01 task-why --jq .why "$id"
	assert_output 'it is ready: no pipeline has taken it yet'
}

@test "quiet: a message that is dated in the future is not waited for" {
	jq -nc --arg c "$chat" '{type: "message", at: "2999-01-01T00:00:00Z", chat_id: $c, data: {text: "x"}}' |
		chat-post >/dev/null
	run -0 task-add -c "$chat" --when-idle 1h one
	assert_jq '.[0] | has("waiting") | not'
}

@test "quiet: nonsense is refused" {
	run -64 --separate-stderr task-add --when-idle soon x
	assert_equal "${stderr_lines[0]}" "task-add: --when-idle: want a time such as 30s or 2m, at most a year, or none, got 'soon'"
	run -64 chat-new --when-idle 367d
	run -64 chat-edit --when-idle -1 "$chat"
	run -65 --separate-stderr task-add <<<'{"instruction":"x","when_idle_s":-1}'
	assert_equal "$stderr" 'task-add: stdin:1: when_idle_s: want a number from 0 to 31622400'
	run -65 --separate-stderr task-add <<<'{"instruction":"x","lock":"yes"}'
	assert_equal "$stderr" 'task-add: stdin:1: lock: want true or false, got string'
	assert_equal "$(task-list)" ''
}

@test "quiet: a message that is brought from elsewhere, with its time, ends no waiting" {
	at 00:00 say hello
	for time in 2020-01-01T00:00:00Z 2999-01-01T00:00:00Z; do
		printf '{"type":"message","chat_id":"%s","at":"%s","data":{"text":"brought"}}\n' "$chat" $time |
			at 00:05 chat-post >/dev/null
		run -0 at 00:10 task-add -c "$chat" --when-idle 30s tidy up $time
		assert_jq '.[0].waiting == "chat_idle"'
	done
	printf '{"type":"message","chat_id":"%s","at":"2026-11-20T12:00:20Z","data":{"text":"late"}}\n' "$chat" |
		at 00:25 chat-post >/dev/null
	run -0 at 00:31 task-add -c "$chat" --when-idle 30s tidy up again
	assert_jq '.[0].waiting == "chat_idle"'
	run -0 at 00:50 task-add -c "$chat" --when-idle 30s tidy up at last
	assert_jq '.[0] | has("waiting") | not'
}
