# The page's server: who is let in, what is served, and what becomes of sessions.

load test_helper
load records

setup() {
	common_setup
	need_commands
	command -v websocketd >/dev/null || skip 'there is no websocketd'
	client=$ROOT/tests/helpers/websocket
}

# serve [OPTION ...] - a server for ann, until it says where; $address, $server
serve() {
	env --default-signal=HUP,INT legwork web --user ann --port 0 "$@" >address 2>err 3>&- 7>&- &
	server=$!
	wait_until 30 test -s address
	address=$(<address)
}

stop() { # [SIGNAL [STATUS]] - ends it
	local status=0
	kill -s "${1:-TERM}" "$server"
	await_exit "$server" || status=$?
	assert_equal "$status" "${2:-143}"
	assert_equal "$(<err)" ''
}

# connect OUT [ORIGIN [HOST]] - a browser in the background, until its session is there; typed to
# through descriptor 7; $browser
connect() {
	rm -f in
	mkfifo in
	"$client" "$address" "${@:2}" <in >"$1" 3>&- &
	browser=$!
	exec 7>in
	wait_until 30 grep -q '"session_info"' "$1"
}

type_line() { printf '%s\n' "$@" >&7; }

leave() {
	exec 7>&-
	await_exit "$browser"
}

# answer LINE FILE - the answer to a line; answered waits for it
answer() { jq -c --argjson n "$1" 'select(.data.line == $n)' "$2"; }
is_answered() { [[ $(answer "$1" "$2") ]]; }
answered() { wait_until 30 is_answered "$1" "$2"; }

texts() { jq -r 'select(.seq).data.text' "$1" | paste -sd' '; }
is_told() { [[ $(texts "$1") = "$2" ]]; } # FILE TEXTS

# knock ADDRESS [ORIGIN [HOST]] - a connection that is expected to end by itself; $output
knock() { run --separate-stderr timeout 20 "$client" "$@" <> <(:); }

# The processes of the server's group, or those of one name there; the first one is websocketd.
websocketd_pid() { pgrep -x -P "$server" websocketd; }
of_server() { # [NAME]
	# shellcheck disable=SC2002 # all at once
	cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^\([0-9]*\) (\(.*\)) \(.\) [0-9]* \([0-9]*\) .*/\4 \1 \3 \2/' |
		awk -v group="$(websocketd_pid)" -v name="${1-}" '
			$1 == group && $3 != "Z" && (!name || $4 == name) { print $2 }'
}
has_sessions() { [[ $(of_server chat-session | wc -l) = "$1" ]]; } # COUNT

# --- who is let in

@test "legwork-web: who has the token is let in, as the user, and speaks" {
	chat=$(chat-new --user ann --ids)
	serve
	[[ $address =~ ^http://127\.0\.0\.1:[0-9]+/#token=[0-9a-f]{40}$ ]]
	assert_equal "$(wc -l <address)" 1
	connect out
	type_line '{"type":"switch_chat","chat_id":"'"$chat"'"}' 'hello from a page'
	answered 2 out
	chat-post --user bob "$chat" 'hello to it' >/dev/null
	wait_until 30 is_told out 'hello from a page hello to it'
	leave
	run -0 cat out
	assert_jq '.[0] | .user_id == "ann" and .data.heartbeat_ms == 10000'
	assert_equal "$(chat-show "$chat" | jq -r .user_id | paste -sd,)" ann,bob
	stop
}

@test "legwork-web: without the token, an error and the end" {
	serve
	plain=${address%#*} token=${address#*=}
	for query in '' "$token" "token=" "token=${token%?}" "token=${token}0" "token=${token/[0-9]/x}" \
		"x=$token" "token=$token&x=1" "a=1&token=$token" "token=\$LEGWORK_WEB_KEY" 'token=$(id)'; do
		knock "$plain#$query"
		assert_equal "$status $query" "0 $query"
		assert_equal "$(jq -c '[.type, .data.code]' <<<"$output")" '["error",77]'
	done
	assert_equal "$(of_server chat-session)" ''
	stop
}

@test "legwork-web: a page of another origin, or of another name, is refused (403)" {
	serve
	port=${address%%/#*} port=${port##*:}
	for origin in http://evil.example "http://127.0.0.1:1" null '' "http://localhost:$port"; do
		knock "$address" "$origin"
		assert_equal "$status $origin $output" "3 $origin 403"
	done
	knock "$address" "http://evil.example:$port" evil.example # a name that leads here
	assert_equal "$status $output" '3 403'
	connect out "http://localhost:$port" localhost
	leave
	stop
}

@test "legwork-web: another user's chat is not shown" {
	chat=$(chat-new --user bob --ids)
	chat-post --user bob "$chat" secret >/dev/null
	LEGWORK_USER=bob chat-edit "$chat" --may read=members --may cancel=members >/dev/null
	id=$(LEGWORK_USER=bob task-add --ids -c "$chat" hidden)
	serve
	connect out
	type_line '{"type":"list_chats"}' '{"type":"switch_chat","chat_id":"'"$chat"'","since":0}' \
		'{"type":"task","task_id":"'"$id"'"}' '{"type":"tasks","chat_id":"'"$chat"'"}' \
		'{"type":"cancel","task_id":"'"$id"'"}'
	answered 5 out
	leave
	run -0 cat out
	assert_jq 'map(select(.data.line) | .data.code // .data.chats) == [[], 77, 77, 77, 77]'
	refute_output --partial secret
	refute_output --partial hidden
	stop
}

# --- what is served

@test "legwork-web: every file of the page comes with a policy that lets in nothing else" {
	serve
	for file in '' $(cd "$ROOT/share/web" && ls) nothing; do
		curl -si "${address%#*}$file" | tr -d '\r' >got
		for header in "Content-Security-Policy: default-src 'none'; script-src 'self'; .*frame-ancestors 'none'" \
			'Referrer-Policy: no-referrer' 'X-Content-Type-Options: nosniff' 'Cache-Control: no-cache' \
			'Cross-Origin-Opener-Policy: same-origin' 'Cross-Origin-Resource-Policy: same-origin'; do
			grep -q "^$header" got || fail "/$file: no $header"
		done
		run ! grep -i 'unsafe\|^access-control' got
		[[ $file = index.html || $file = nothing ]] || assert_equal "$(sed '1,/^$/d' got)" "$(cat "$ROOT/share/web/${file:-index.html}")"
	done
	[[ $(head -n 1 got) = *404* ]]
	stop
}

@test "legwork-web: the page's files know their kinds" {
	serve
	for kind in html:text/html css:text/css js:javascript svg:image/svg; do
		for file in "$ROOT/share/web/"*".${kind%%:*}"; do
			[[ -f $file && $file != */index.html ]] || continue
			run -0 curl -sI "${address%#*}${file##*/}"
			assert_line --regexp "^Content-Type: .*${kind#*:}"
		done
	done
	stop
}

@test "legwork-web: nothing but the page's own files is served" {
	serve
	for path in ../server/session %2e%2e/server/session ..%2fserver/session ..%5cserver/session session \
		server/session web/../../server/session /etc/passwd ../../../../../../etc/passwd .git/config 'index.html%00'; do
		run curl -sL --path-as-is "${address%#*}$path"
		refute_output --partial 'chat-session'
		refute_output --partial 'root:'
		run curl -s -o /dev/null -w '%{http_code}' --path-as-is -L "${address%#*}$path"
		[[ $output = [45]* ]] || fail "$path: $output"
	done
	run curl -s -o /dev/null -w '%{http_code}' -X POST -d x "${address%#*}session"
	assert_output 404
	stop
}

# --- sessions

@test "legwork-web: who goes away leaves no session behind" {
	serve
	connect out
	wait_until 30 has_sessions 1
	kill -KILL "$browser"
	await_exit "$browser" || [[ $? = 137 ]]
	exec 7>&-
	wait_until 30 has_sessions 0
	connect out
	leave
	wait_until 30 has_sessions 0
	stop
}

@test "legwork-web: a page that reads nothing delays nobody" {
	chat=$(chat-new --user ann --ids)
	serve
	rm -f in && mkfifo in
	"$client" --deaf "$address" <in >/dev/null 3>&- &
	browser=$!
	exec 7>in
	type_line '{"type":"switch_chat","chat_id":"'"$chat"'","since":0}'
	wait_until 30 has_sessions 1
	head -c 100000 /dev/zero | tr '\0' x >large
	for _ in {1..12}; do
		cat large large large large large >text
		timeout 60 chat-post --user bob "$chat" - <text >/dev/null
	done
	timeout 60 chat-post --user bob "$chat" last >/dev/null
	leave
	connect out
	type_line '{"type":"switch_chat","chat_id":"'"$chat"'","last":1}'
	wait_until 30 is_told out last
	leave
	wait_until 30 has_sessions 0
	stop
}

@test "legwork-web: bytes that are no UTF-8 are refused, and the connection goes on" {
	chat=$(chat-new --user ann --ids)
	serve
	connect out
	type_line '{"type":"switch_chat","chat_id":"'"$chat"'"}'
	printf 'a\xff\xc3b\n{"type":"\xed\xa0\x80"}\n{"type":"message","text":"\\ud800 and \\u0007"}\n' >&7
	type_line 'still ✅ here' '{"type":"\u001b\ud83d"}'
	answered 6 out
	leave
	run -0 jq -c 'select(.data.line) | [.data.line, .type, .data.code]' out
	assert_output '[1,"chat_ready",null]
[2,"error",65]
[3,"error",65]
[4,"error",65]
[5,"posted",null]
[6,"error",65]'
	stop
}

@test "legwork-web: who was cut off goes on behind the last event, and misses nothing" {
	chat=$(chat-new --user ann --ids)
	serve
	connect out
	type_line '{"type":"switch_chat","chat_id":"'"$chat"'","since":0}' one
	wait_until 30 is_told out one
	kill -KILL "$browser"
	await_exit "$browser" || [[ $? = 137 ]]
	exec 7>&-
	chat-post --user bob "$chat" two >/dev/null
	connect again
	type_line '{"type":"switch_chat","chat_id":"'"$chat"'","since":'"$(jq -s 'map(.seq | values) | max' out)"'}'
	wait_until 30 is_told again two
	chat-post --user bob "$chat" three >/dev/null
	wait_until 30 is_told again 'two three'
	leave
	stop
}

@test "legwork-web: a line of 300 KB goes in and comes out" {
	chat=$(chat-new --user ann --ids)
	head -c 300000 /dev/zero | tr '\0' y >large
	serve
	connect out
	type_line '{"type":"switch_chat","chat_id":"'"$chat"'"}' "$(<large)"
	answered 2 out
	wait_until 30 eval '[[ $(texts out | wc -c) = 300001 ]]'
	leave
	assert_equal "$(texts out)" "$(<large)"
	stop
}

@test "legwork-web: a sign of life comes" {
	serve
	connect out
	wait_until 30 grep -q '"heartbeat"' out
	leave
	stop
}

@test "legwork-web: a task is started, seen and cancelled through it" {
	chat=$(chat-new --user ann --ids)
	worker slow 'touch begun; sleep 60'
	serve
	connect out
	type_line '{"type":"switch_chat","chat_id":"'"$chat"'"}' '{"type":"start_task","text":"take your time"}'
	answered 2 out
	id=$(answer 2 out | jq -r .data.task_id)
	agent-run "$id" >/dev/null 3>&- 7>&- &
	agent=$!
	wait_until 30 test -e begun
	type_line '{"type":"tasks"}' '{"type":"cancel","task_id":"'"$id"'"}'
	answered 4 out
	await_exit "$agent" || true
	assert_equal "$(answer 3 out | jq -r '.data.tasks[0].status')" in_progress
	assert_equal "$(answer 4 out | jq -r '.data.tasks[0].state')" cancelled
	leave
	stop
}

# --- secrets

@test "legwork-web: the token is in no command line and no environment of what stays, nor what a browser sent" {
	serve --user ann
	token=${address#*=}
	connect out
	wait_until 30 has_sessions 1
	for pid in "$server" $(of_server); do
		run ! grep -aF "$token" "/proc/$pid/cmdline" "/proc/$pid/environ"
	done
	session=$(of_server chat-session)
	tr '\0' '\n' <"/proc/$session/environ" >environ
	grep -q "^LEGWORK_STORE=$LEGWORK_STORE$" environ
	run grep -E '^(HTTP_|QUERY_STRING|REQUEST_URI|LEGWORK_WEB)' environ
	assert_output ''
	leave
	stop
	run ! grep -rF "$token" "$LEGWORK_STORE" "$HOME" "$TMPDIR" err
}

@test "legwork-web: keys of models do not get there" {
	OPENAI_API_KEY=sk-1 ANTHROPIC_API_KEY=sk-2 serve
	connect out
	wait_until 30 has_sessions 1
	run tr '\0' '\n' <"/proc/$(of_server chat-session)/environ"
	refute_output --partial sk-
	leave
	stop
}

@test "legwork-web: each start has another token" {
	serve
	first=${address#*=}
	stop
	rm address
	serve
	[[ ${address#*=} != "$first" ]]
	knock "${address%=*}=$first"
	assert_equal "$(jq .data.code <<<"$output")" 77
	stop
}

@test "legwork-web: what runs for a connection lets nobody in without a key" {
	run -77 env -u LEGWORK_WEB_KEY QUERY_STRING= "$ROOT/share/server/session" ann </dev/null
	assert_equal "$(jq -c '[.type, .data.code]' <<<"$output")" '["error",77]'
	run -77 env LEGWORK_WEB_KEY= QUERY_STRING= "$ROOT/share/server/session" ann </dev/null
}

# --- its end

@test "legwork-web: a signal ends it with all sessions" {
	for signal in TERM:143 INT:130 HUP:129; do
		rm -f address
		serve
		connect out
		wait_until 30 has_sessions 1
		group=$(of_server)
		stop "${signal%:*}" "${signal#*:}"
		await_exit "$browser" || true
		exec 7>&-
		for pid in $group; do has_ended "$pid"; done
	done
}

@test "legwork-web: ^C at a terminal ends it, which says so there" {
	{
		wait_until 30 grep -qs 'ends it' typescript
		printf '\003'
		wait_until 30 test -s status
	} | env --default-signal=INT script -qefc 'trap : INT; legwork web --user ann --port 0; echo "$?" >status' typescript \
		>/dev/null 3>&-
	assert_equal "$(<status)" 130
	grep -q 'ann is who speaks there; ^C or kill [0-9]* ends it' typescript
}

@test "legwork-web: when it is killed, nothing goes on" {
	serve
	connect out
	wait_until 30 has_sessions 1
	group=$(of_server)
	kill -KILL "$server"
	await_exit "$server" || [[ $? = 137 ]]
	await_exit "$browser"
	exec 7>&-
	for pid in $group; do wait_until 30 has_ended "$pid"; done
}

@test "legwork-web: when its server is killed it says so (71)" {
	serve
	kill -KILL "$(websocketd_pid)"
	status=0
	await_exit "$server" || status=$?
	assert_equal "$status" 71
	assert_equal "$(<err)" 'legwork-web: websocketd has ended (status 137)'
}

# --- its beginning

@test "legwork-web: a port that is taken is said (75)" {
	serve
	port=${address%%/#*} port=${port##*:}
	run -75 --separate-stderr legwork-web --user ann --port "$port"
	assert_equal "$stderr" "legwork-web: port $port: is taken (--port names another, 0 finds one)"
	assert_output ''
	stop
}

@test "legwork-web: options that do not fit are misuse (64)" {
	for option in --port=x --port=65536 --port=010 --port= --port=-1 --user= "--user=$(printf 'a\nb')" --help=x --nonsense; do
		run -64 --separate-stderr legwork-web "$option"
		assert_regex "${stderr_lines[0]}" '^legwork-web: (--|user|unknown)'
		assert_equal "${stderr_lines[1]}" 'usage: legwork-web [options]'
	done
	run -64 legwork-web --port
	run -64 legwork-web now
}

@test "legwork-web: what is missing is said: the server (69), the page (78), the store (78)" {
	mkdir bin share
	for name in sh readlink tr od awk sed env id cat sha256sum printf ls; do ln -s "$(command -v "$name")" bin; done
	run -69 --separate-stderr env PATH="$PWD/bin" "$(command -v legwork-web)"
	assert_equal "$stderr" 'legwork-web: websocketd: not found: please install the package websocketd'
	LEGWORK_SHARE=$PWD/share run -78 --separate-stderr legwork-web --user ann
	assert_equal "$stderr" "legwork-web: $PWD/share/web: no such folder (LEGWORK_SHARE names another place)"
	touch file
	LEGWORK_STORE=$PWD/file run --separate-stderr legwork-web --user ann
	assert_equal "$status" "$(LEGWORK_STORE=$PWD/file chat-list >/dev/null 2>&1; echo $?)"
	assert_regex "$stderr" '^legwork-web: .*file'
}

@test "legwork-web: is not for agents (77)" {
	LEGWORK_TASK_ID=x run -77 --separate-stderr legwork-web --user ann
	assert_equal "$stderr" 'legwork-web: LEGWORK_TASK_ID is set: an agent speaks as nobody else'
}

@test "legwork-web: where its address cannot be written, it ends (74)" {
	run -74 --separate-stderr bash -c 'legwork-web --user ann --port 0 >/dev/full'
	assert_equal "$stderr" 'legwork-web: stdout: No space left on device'
	run -74 --separate-stderr bash -c 'legwork-web --user ann --port 0 >&-'
	assert_equal "$stderr" 'legwork-web: stdout: Bad file descriptor'
}
