# What tests of records share; a file says: load records, after load test_helper

# assert_jq [OPTION ...] FILTER - FILTER holds for the array of all lines of $output
assert_jq() {
	jq -es "$@" <<<"$output" >/dev/null || {
		printf 'does not hold: %s\n%s\n' "${*: -1}" "$output"
		return 1
	}
}

# field TASK FILTER - what FILTER makes of the task's record, as text
field() { task-show "$1" | jq -r "$2"; }

is_field() { [[ $(field "$1" "$2") = "$3" ]]; } # TASK FILTER VALUE

# on_terminal COLUMNS COMMAND - run COMMAND, a line of shell, on a terminal that is so wide; $output
# and $lines are what it shows, without colours unless $keep_colours
on_terminal() {
	env -u COLUMNS -u NO_COLOR TERM=xterm script -qec "stty cols $1; $2" /dev/null </dev/null >screen ||
		skip 'script cannot be run'
	[[ $keep_colours ]] || sed -i $'s/\x1b\\[[0-9]*m//g' screen
	run -0 tr -d '\r' <screen
}

# assert_fits COLUMNS - no line of $output is wider
assert_fits() {
	local widest
	widest=$(wc -L <<<"$output")
	((widest <= $1)) || { printf 'a line of %s columns\n%s\n' "$widest" "$output"; return 1; }
}

# lasting - records without what only the store knows: when a record was written
lasting() { jq -c 'del(.updated_at)'; }

# worker ROLE SCRIPT [OPTION ...] - an agent whose program is a bash script
worker() { agent-add "$1" "${@:3}" -- bash -c "$2" >/dev/null; }

# wait_field TASK FILTER VALUE - until the record says so
wait_field() { wait_until 30 is_field "$@"; }

has_lines() { [[ $(wc -l <"$1") -ge $2 ]]; } # FILE COUNT

# written FILE - when that was last, in ms
written() { date -r "$1" +%s%3N; }

# assert_outran_poll MS ... - of what came at these times something came less than two seconds
# behind what was before it: who had waited for a poll could not have that, on any machine
assert_outran_poll() {
	local before=$1 at
	for at in "${@:2}"; do
		((at - before >= 1900)) || return 0
		before=$at
	done
	printf 'each came with a poll: %s\n' "$*"
	return 1
}

# Nothing that was started in this test is left, now.
assert_none_left() { no_process_left || { end_processes; return 1; }; }

# await_all PID ... - until all have ended (bats has background jobs of its own: never a bare wait)
await_all() {
	local pid
	for pid; do await_exit "$pid" 60; done
}

# asking - sets chat to one of ada's, id to a task in it that asks "May I?", and event to the event
# that says so; its request is r1
asking() {
	export LEGWORK_USER=ada
	chat=$(chat-new --ids)
	id=$(uuid)
	jq -nc --arg id "$id" --arg chat "$chat" '{key: "task/\($id)",
		sets: ["tasks", "status.pending", "approval", "approval.\($chat)", "chat.\($chat)"], names: ["request/r1"],
		value: {id: $id, title: "x", instruction: "x", status: "pending", priority: "medium", created_by: "ada",
			chat_id: $chat, user_id: "ada", attempt: 0, posted: 0, revision: 0, waiting: "approval",
			created_at: "2026-11-20T12:00:00.000Z", updated_at: "2026-11-20T12:00:00.000Z",
			started_at: "2026-11-20T12:00:00.000Z",
			approval: {request_id: "r1", question: "May I?", tool: "run", asked_at: "2026-11-20T12:00:00.000Z"}}}' |
		store-load
	event=$(jq -nc --arg id "$id" --arg chat "$chat" '{type: "approval_request", chat_id: $chat,
		data: {task_id: $id, request_id: "r1", question: "May I?"}}' | chat-post --ids)
}

uuid() { cat /proc/sys/kernel/random/uuid; }
