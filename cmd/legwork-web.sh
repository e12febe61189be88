#!/bin/sh
# legwork-web - show chats and tasks to a browser on this machine
#
# websocketd serves the page's files, and runs share/server/session for each connection.  It is kept in
# a process group of its own, without a terminal, and told to end when this shell dies.  It knows the
# token's hash only; what it would log has the token in it, so it logs nothing.

# shellcheck disable=SC2317 # functions are called by traps, and by others

version='@VERSION@' # make puts it in

# How long the server may take to listen, and its sessions to end, in twentieths of a second.
START_TICKS=200 END_TICKS=100

# How many may be connected at once, and how long a session may go on for when its browser is gone.
SESSIONS=64 CLOSE_MS=1000

say() { printf 'legwork-web: %s\n' "$(printf %s "$1" | tr '[:cntrl:]' '?')" >&2; }

fail() { # STATUS MESSAGE
	say "$2"
	exit "$1"
}

# --- the server

# The folder share/, as seen from the commands.
find_share() {
	case $here in
	*/build/bin) share=$here/../../share ;;
	*/build/san/bin) share=$here/../../../share ;;
	*) share=$here/../share/legwork ;;
	esac
	share=${LEGWORK_SHARE:-$share}
	[ -d "$share/web" ] || fail 78 "$share/web: no such folder (LEGWORK_SHARE names another place)"
	share=$(cd "$share" && pwd -P) || exit 78
}

# Names of variables, with commas: what a session needs, and no keys.
passed_on() {
	printf 'PATH,HOME,LANG,LC_ALL,TZ,TMPDIR,LOGNAME,XDG_DATA_HOME,XDG_CONFIG_HOME,XDG_RUNTIME_DIR'
	env | sed -n 's/^\(LEGWORK_[A-Z0-9_]*\)=.*/,\1/p' | tr -d '\n'
}

# Only the page's own files, and nothing that is not text.
policy() {
	printf %s "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " \
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " \
		"require-trusted-types-for 'script'; trusted-types 'none'"
}

serve() { # PORT
	exec setsid setpriv --pdeathsig TERM websocketd --address=127.0.0.1 --port="$1" \
		--sameorigin --origin=127.0.0.1,localhost --maxforks="$SESSIONS" --closems="$CLOSE_MS" \
		--loglevel=fatal --passenv="$(passed_on)" --staticdir="$share/web" \
		--header-http="Content-Security-Policy: $(policy)" \
		--header-http='Referrer-Policy: no-referrer' \
		--header-http='X-Content-Type-Options: nosniff' \
		--header-http='Cache-Control: no-cache' \
		--header-http='Cross-Origin-Opener-Policy: same-origin' \
		--header-http='Cross-Origin-Resource-Policy: same-origin' \
		"$share/server/session" "$user" </dev/null >/dev/null 2>&1
}

# The sockets that listen at a port of this machine: their inodes.
listeners() { # PORT
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v port=":$(printf %04X "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }'
}

# Whether the server has that port.
listens() { # PORT
	for inode in $(listeners "$1"); do
		# shellcheck disable=SC2010 # a link's target
		! ls -l "/proc/$server/fd" 2>/dev/null | grep -qF "socket:[$inode]" || return 0
	done
	return 1
}

lives() { [ -e "/proc/$server/exe" ]; } # also false where it has ended, and nobody has waited for it

# Begins the server; sets server to its process.  Whether it listens.
begin() { # PORT
	serve "$1" &
	server=$! ticks=0
	while lives && [ "$caught" = 0 ] && [ "$ticks" -lt "$START_TICKS" ]; do
		! listens "$1" || return 0
		sleep 0.05
		ticks=$((ticks + 1))
	done
	return 1
}

# A port of those that anybody may use.
any_port() { echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 40000)); }

begin_somewhere() {
	for _ in 1 2 3 4 5 6 7 8; do
		port=$(any_port)
		! begin "$port" || return 0
		end
	done
	return 1
}

# Whether something of the server's group still runs.
remains() {
	cat /proc/[0-9]*/stat 2>/dev/null |
		awk -v group="$server" '{ sub(/.*\) /, "") } $3 == group && $1 != "Z" { found = 1 } END { exit !found }'
}

# Ends the server with its sessions.
end() {
	ticks=0
	kill -s TERM -- "-$server" 2>/dev/null
	wait "$server" 2>/dev/null
	while remains; do
		[ "$ticks" != "$END_TICKS" ] || kill -s KILL -- "-$server" 2>/dev/null
		sleep 0.05
		ticks=$((ticks + 1))
	done
}

# The server cannot be begun: says why.
give_up() {
	end
	[ "$caught" = 0 ] || exit $((128 + caught))
	[ "$port" != 0 ] && [ "$(listeners "$port")" ] &&
		fail 75 "port $port: is taken (--port names another, 0 finds one)"
	fail 71 "port $port: websocketd cannot listen there"
}

# --- options

usage() { echo 'usage: legwork-web [options]'; }

misuse() { # MESSAGE
	say "$1"
	usage >&2
	exit 64
}

option_table() {
	printf '%s\t%s\t%s\t%s\n' \
		u user user 'as whom (default: LEGWORK_USER, or the login name)' \
		'' port number 'where to listen (default: 8042; 0: anywhere)'
}

help() {
	usage
	echo 'show chats and tasks to a browser on this machine'
	{ option_table && printf '\t%s\t\t%s\n' help 'print this help' version 'print the version'; } |
		awk -F '\t' '{
			left = ($1 ? "-" $1 ", " : "    ") "--" $2 ($3 ? " " $3 : "")
			printf "  %-20s %s\n", left, $4 }'
}

# A shell whose stdout is closed gives its number to something else.
need_stdout() { { true; } 2>/dev/null 3>&1 || fail 74 'stdout: Bad file descriptor'; }

# Prints a text, or says why it cannot; where nobody reads, it ends as others do.
put() { # TEXT
	need_stdout
	{ why=$(printf '%s\n' "$1" | LC_ALL=C cat 2>&1 >&3); } 3>&1 && return
	status=$?
	[ -z "$server" ] || end
	[ "$status" -le 128 ] || exit "$status"
	fail 74 "stdout: ${why##*: }"
}

take() { # OPTION VALUE
	case $1 in
	-u | --user) user=$2 ;;
	--port) port=$2 ;;
	--help | --version | --options) misuse "$1 takes no value" ;;
	*) misuse "unknown option $1" ;;
	esac
}

catch() { # NUMBER
	caught=$1
	[ -z "$server" ] || kill -s TERM "$server" 2>/dev/null
}

value_of() { option_table | awk -F '\t' -v o="$1" 'o == "-" $1 || o == "--" $2 { print $3 }'; }

user=${LEGWORK_USER:-${LOGNAME:-$(id -un)}} port=8042 count=$# server=''
while [ $# -gt 0 ]; do
	case $1 in
	-u | --user | --port)
		[ $# -gt 1 ] || misuse "$1 needs a value: $(value_of "$1")"
		take "$1" "$2"
		shift
		;;
	-h | --help) put "$(help)" && exit ;;
	--version) put "legwork-web (legwork) $version" && exit ;;
	--options)
		[ "$count" = 1 ] || misuse '--options stands alone'
		put "$(option_table)" && exit
		;;
	--?*=*) take "${1%%=*}" "${1#*=}" ;;
	-u?*) take "${1%"${1#??}"}" "${1#??}" ;;
	--) [ $# = 1 ] || misuse 'there are no operands' ;;
	-?*) misuse "unknown option $1" ;;
	*) misuse 'there are no operands' ;;
	esac
	shift
done
case $port in
'' | *[!0-9]* | 0?* | ??????*) misuse "--port: want 0 to 65535, got '$port'" ;;
esac
[ "$port" -le 65535 ] || misuse "--port: want 0 to 65535, got '$port'"

self=$(readlink -f "$0") || exit 71
here=${self%/*}
PATH=$here${PATH:+:$PATH}
export PATH

# What a session would stumble over is said here.
why=$(chat-session --user "$user" </dev/null 2>&1 >/dev/null) || {
	status=$?
	why=$(printf '%s\n' "$why" | sed 's/^chat-session: //; q')
	[ "$status" != 64 ] || misuse "$why"
	fail "$status" "$why"
}
find_share
command -v websocketd >/dev/null || fail 69 'websocketd: not found: please install the package websocketd'

token=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')
[ "${#token}" = 40 ] || fail 71 '/dev/urandom: cannot be read'
LEGWORK_WEB_KEY=$(printf %s "token=$token" | sha256sum)
LEGWORK_WEB_KEY=${LEGWORK_WEB_KEY%% *}
export LEGWORK_WEB_KEY

need_stdout
caught=0
trap 'catch 1' HUP
trap 'catch 2' INT
trap 'catch 15' TERM
if [ "$port" = 0 ]; then begin_somewhere; else begin "$port"; fi || give_up
put "http://127.0.0.1:$port/#token=$token"
[ ! -t 2 ] || say "$user is who speaks there; ^C or kill $$ ends it"
[ "$caught" != 0 ] || wait "$server" 2>/dev/null # where a shell says how it was killed
status=$?
end
[ "$caught" = 0 ] || exit $((128 + caught))
fail 71 "websocketd has ended (status $status)"
