#!/bin/sh
# legwork - the kit under one name: its commands, both pipelines, help
#
# How "run" works.  A tender per pipeline, a subshell, begins its stages, waits until all have
# ended, and begins them again.  Stages are joined by FIFOs that lose their names before the first
# stage begins: nothing is left of them, whatever is killed.  Told to end, a tender passes that on
# to the stages that hold something (chat-watch, task-watch, task-run); the others, to whom no
# signal but KILL means anything, end by the end of their input.
#
# make puts in the version and the names of the commands.

version='@VERSION@' commands='@COMMANDS@'

# Delays before a pipeline is begun again, and how long it must have run for the first one.
DELAY_MIN_S=1 DELAY_MAX_S=60 STEADY_S=60

say() { printf 'legwork: %s\n' "$(printf %s "$1" | tr '[:cntrl:]' '?')" >&2; }

fail() { # STATUS MESSAGE
	say "$2"
	exit "$1"
}

misuse() { # MESSAGE
	say "$1"
	usage >&2
	exit 64
}

# Prints a text, or says why it cannot; where nobody reads, it ends as others do.
put() {
	status=0
	{ why=$(printf '%s\n' "$1" | LC_ALL=C cat 2>&1 >&3); } 3>&1 || status=$?
	[ "$status" -le 128 ] || exit "$status"
	[ "$status" = 0 ] || fail 74 "stdout: ${why##*: }"
}

# --- what it can do

option_table() {
	[ "$mode" != run ] || printf '%s\t%s\t%s\t%s\n' \
		'' once '' 'do what there is to do, and end' \
		j jobs count 'do count tasks at once (default: 1)' \
		c chat chat 'only this chat (default: all, also those to come)' \
		'' grace time 'on TERM, let running tasks go on for so long (default: 10)'
}

usage() {
	case $mode in
	run) echo 'usage: legwork run [options]' ;;
	help) echo 'usage: legwork help [options] [COMMAND]' ;;
	*) echo 'usage: legwork [options] COMMAND [ARGUMENT ...]' ;;
	esac
}

line() { printf '  %-24s %s\n' "$1" "$2"; }

help_text() {
	usage
	case $mode in
	run) echo 'start both pipelines and tend them' ;;
	help) echo 'list the commands, or show the manual page of one' ;;
	*)
		echo 'the kit under one name: its commands, both pipelines, help'
		line 'run [options]' 'start both pipelines and tend them'
		line 'status [options]' 'what store-status says'
		line 'help [COMMAND]' 'list the commands, or show the manual page of one'
		line 'task add, task-add ...' 'task-add; any other command likewise'
		;;
	esac
	option_table | awk -F '\t' '{
		left = ($1 ? "-" $1 ", " : "    ") "--" $2 ($3 ? " " $3 : "")
		printf "  %-24s %s\n", left, $4 }'
	line '    --help' 'print this help'
	line '    --version' 'print the version'
}

# What every command answers; $1 is an option of that kind, $2 the number of arguments.
answer() {
	case $1 in
	--help) put "$(help_text)" ;;
	--version) put "legwork (legwork) $version" ;;
	--options)
		[ "$2" = 1 ] || misuse '--options stands alone'
		table=$(option_table)
		[ -z "$table" ] || put "$table"
		;;
	--help=* | --version=* | --options=*) misuse "${1%%=*} takes no value" ;;
	--*) misuse "unknown option ${1%%=*}" ;;
	*) misuse "unknown option $1" ;;
	esac
	exit 0
}

is_command() {
	case " $commands " in
	*" $1 "*) [ -x "$here/$1" ] ;;
	*) false ;;
	esac
}

# The commands whose first word is $1.
family() {
	for name in $commands; do
		case $name in
		"$1"-*) printf '%s\n' "$name" ;;
		esac
	done
}

# The folder that this script is in, whatever links lead to it.
find_here() {
	self=$0
	case $self in
	*/*) ;;
	*) self=$(command -v "$self") || self=./$0 ;;
	esac
	while [ -h "$self" ]; do
		link=$(readlink "$self") || break
		case $link in
		/*) self=$link ;;
		*) self=${self%/*}/$link ;;
		esac
	done
	here=$(CDPATH='' cd -- "${self%/*}/" && pwd -P) || exit 71
}

# --- pipelines

# A pipe: what is written to 5 is read from 6.
make_pipe() {
	folder=$(mktemp -d "${TMPDIR:-/tmp}/legwork.XXXXXX") || return
	# shellcheck disable=SC2094 # a FIFO
	mkfifo -m 600 "$folder/pipe" && exec 7<>"$folder/pipe" 5>"$folder/pipe" 6<"$folder/pipe" 7>&-
	made=$?
	rm -rf "$folder"
	return "$made"
}

note_stage() { # PID NAME
	pids="$pids $1" names="$names $2"
	case $2 in
	*-watch | task-run) heads="$heads $1" ;;
	esac
}

# What a terminal or a whole process group is sent is the tender's to answer.  (INT is ignored by
# all that is begun with & here.)
deafen() { # NAME
	case $1 in
	*-watch | task-run) trap '' HUP ;;
	*) trap '' HUP TERM ;;
	esac
}

# Begins a stage that reads what the one before it writes.
begin() { # COMMAND ...
	make_pipe || return
	{
		deafen "$1"
		exec "$@"
	} <&4 >&5 4<&- 5>&- 6<&- &
	note_stage "$!" "$1"
	exec 4<&6 5>&- 6<&-
}

begin_last() { # COMMAND ...
	{
		deafen "$1"
		exec "$@"
	} <&4 >/dev/null 4<&- &
	note_stage "$!" "$1"
}

# Waits for a process, through any number of signals; sets status.
await() { # PID
	status=128
	while :; do
		before=$signals
		wait "$1" 2>/dev/null # where a shell says how it was killed
		got=$?
		# A signal may come when the status is known already: then the child is unknown (127).
		[ "$got" = 127 ] && [ "$status" -lt 128 ] || status=$got
		[ "$signals" != "$before" ] || break
	done
}

# Tells those who hold something to end.
pass_on() {
	# shellcheck disable=SC2086 # a list
	[ -z "$heads" ] || kill -s TERM $heads 2>/dev/null
}

# All is to end.
stop() {
	signals=$((signals + 1)) stopping=1
	pass_on
}

# The worse of two: that nobody read is a consequence, not a cause.
worse() { # STATUS STATUS
	for each; do
		case $each in
		0) echo "0 $each" ;;
		141) echo "1 $each" ;;
		74) echo "2 $each" ;;
		*) echo "3 $each" ;;
		esac
	done | sort -k 1,1n -k 2,2n | sed -n '$s/.* //p'
}

# Waits until all stages have ended; sets worst, and story, which names those that did not end well.
finish() {
	exec 4<&-
	[ -z "$stopping" ] || pass_on # it came while the stages were begun
	story=''
	# shellcheck disable=SC2086 # a list
	set -- $pids
	for name in $names; do
		await "$1"
		shift
		worst=$(worse "$worst" "$status")
		[ "$status" = 0 ] || story="$story${story:+, }$name $status"
	done
	heads=''
}

# Runs a pipeline to its end; for good, or until there is nothing left to do.
run_pipeline() { # messages | tasks
	pids='' names='' heads='' worst=0
	exec 4</dev/null
	case $1 in
	messages) begin_messages ;;
	tasks) begin_tasks ;;
	esac || worst=73
	finish
}

begin_messages() {
	set -- --since 0 --cursor legwork
	[ -z "$once" ] || set -- "$@" --timeout 0
	if [ "${chat+set}" ]; then
		set -- "$@" -- "$chat"
	else
		set -- "$@" --all
	fi
	begin chat-watch "$@" && begin task-draft && begin_last task-add
}

begin_tasks() {
	set -- task-watch
	[ -z "$once" ] || set -- "$@" --drain
	[ -z "${chat+set}" ] || set -- "$@" --chat "$chat"
	begin "$@" && begin task-plan && begin task-split &&
		begin task-run -j "$jobs" --grace "$grace" && begin_last chat-post
}

pause() { # SECONDS
	sleep "$1" &
	heads=$!
	[ -z "$stopping" ] || pass_on
	await "$heads"
	heads=''
}

# Runs a pipeline again and again, until told to end or where that makes no sense.
tend() { # messages | tasks
	signals=0 stopping='' heads=''
	trap stop TERM
	trap '' HUP
	trap - USR1 USR2
	exec 9>&-
	kill -s USR2 $$ # a signal that came too early for the trap is sent again
	delay_s=$DELAY_MIN_S
	while [ -z "$stopping" ]; do
		began_s=$(date +%s)
		run_pipeline "$1"
		[ -z "$stopping" ] || break
		case $worst in
		64 | 66 | 77 | 78 | 126 | 127)
			say "$story: to start again would not help"
			kill -s USR1 $$
			exit "$worst"
			;;
		esac
		[ $(($(date +%s) - began_s)) -lt $STEADY_S ] || delay_s=$DELAY_MIN_S
		say "ended: ${story:-${names# }}; starting again in $delay_s s"
		pause "$delay_s"
		delay_s=$((delay_s * 2))
		[ "$delay_s" -le $DELAY_MAX_S ] || delay_s=$DELAY_MAX_S
	done
	exit 0
}

# --- run

take_value() { # NAME VALUE
	case $1 in
	jobs) jobs=$2 ;;
	chat) chat=$2 ;;
	grace) grace=$2 ;;
	esac
}

parse_run() {
	count=$#
	while [ $# -gt 0 ]; do
		case $1 in
		--once) once=1 ;;
		--once=*) misuse '--once takes no value' ;;
		--jobs=* | --chat=* | --grace=*)
			name=${1%%=*}
			take_value "${name#--}" "${1#*=}"
			;;
		--jobs | --chat | --grace)
			[ $# -gt 1 ] || misuse "$1 needs a value: $(option_table | awk -F '\t' -v n="${1#--}" '$2 == n { print $3 }')"
			take_value "${1#--}" "$2"
			shift
			;;
		-j | -c)
			[ $# -gt 1 ] || misuse "$1 needs a value: $(option_table | awk -F '\t' -v n="${1#-}" '$1 == n { print $3 }')"
			case $1 in
			-j) jobs=$2 ;;
			-c) chat=$2 ;;
			esac
			shift
			;;
		-j*) jobs=${1#-j} ;;
		-c*) chat=${1#-c} ;;
		--)
			[ $# = 1 ] || misuse 'run takes no operands'
			;;
		-?*) answer "$1" "$count" ;;
		*) misuse 'run takes no operands' ;;
		esac
		shift
	done
}

# shellcheck disable=SC2317 # called by traps
catch() { # NUMBER
	[ "$caught" != 0 ] || caught=$1
	stop
}

# A tender is ready to be told.
# shellcheck disable=SC2317 # called by traps
tell_again() {
	signals=$((signals + 1))
	[ -z "$stopping" ] || pass_on
}

leave() { # STATUS
	[ "$caught" = 0 ] || exit $((128 + caught))
	exit "$1"
}

run_once() {
	run_pipeline messages
	total=$worst first_story=$story
	if [ -z "$stopping" ]; then
		run_pipeline tasks
		total=$(worse "$total" "$worst")
	else
		story=''
	fi
	[ "$total" = 0 ] || [ "$caught" != 0 ] ||
		say "ended: $first_story${first_story:+${story:+, }}$story"
	leave "$total"
}

# Tends both.  A guard ends the tenders where this shell is gone without a word.
run_on() {
	trap stop USR1 # a tender gives up
	trap tell_again USR2
	make_pipe || exit 73
	exec 9>&5 5>&-
	tend messages 6<&- &
	first=$! heads=$!
	tend tasks 6<&- &
	second=$! heads="$heads $!"
	{
		trap '' HUP
		trap - TERM
		read -r _
		pass_on
	} <&6 6<&- 9>&- &
	guard=$!
	exec 6<&-
	[ -z "$stopping" ] || pass_on
	await "$first"
	total=$status heads=$second
	if [ -z "$stopping" ]; then
		say 'a tender was killed; the other one ends'
		stop
	fi
	await "$second"
	kill "$guard" 2>/dev/null
	wait "$guard" 2>/dev/null
	leave "$(worse "$total" "$status")"
}

run() {
	once='' jobs=1 grace=10 signals=0 stopping='' caught=0 heads=''
	unset chat
	parse_run "$@"
	# They are task-run's, which says what is wrong with them.
	task-run -j "$jobs" --grace "$grace" --help >/dev/null || exit
	trap 'catch 1' HUP
	trap 'catch 2' INT
	trap 'catch 15' TERM
	if [ "$once" ]; then
		run_once
	else
		run_on
	fi
}

# --- help

briefs() { # COMMAND ...
	for name; do
		line "$name" "$("$here/$name" --help </dev/null 2>/dev/null | sed -n 2p)"
	done
}

overview() {
	last=''
	for name in $commands; do
		is_command "$name" || continue
		[ "$last" = "${name%%-*}" ] || echo "${name%%-*}:"
		last=${name%%-*}
		briefs "$name"
	done
	echo 'legwork:'
	line 'legwork run' 'start both pipelines and tend them'
	line 'legwork status' 'what store-status says'
	line 'legwork help' 'this list; with a name, its manual page'
	echo 'legwork task add is task-add, and so on.  More: legwork help task-add,'
	echo 'legwork help overview, legwork help legwork-record, legwork help legwork-store'
}

# The file of a manual page, in the source tree or as installed.
find_page() { # NAME SECTION ...
	case $here in
	*/build/bin) tree=$here/../.. ;;
	*/build/san/bin) tree=$here/../../.. ;;
	*) tree='' ;;
	esac
	name=$1
	shift
	for section; do
		installed=$here/../share/man/man$section/$name.$section
		for file in ${tree:+"$tree/man/$name.$section"} "$installed" "$installed.gz"; do
			[ ! -f "$file" ] || { printf '%s\n' "$file"; return; }
		done
	done
}

show_page() { # NAME
	case $1 in
	overview) file=$(find_page legwork 7) ;;
	*) file=$(find_page "$1" 1 5 7) ;;
	esac
	if [ "$file" ]; then
		man -l "$file" 2>/dev/null && exit
		mandoc -a "$file" 2>/dev/null && exit
	elif man -w "$1" >/dev/null 2>&1; then
		man "$1" && exit
	fi
}

help() {
	case ${1-} in
	-?*) answer "$1" $# ;;
	esac
	if [ $# = 0 ]; then
		put "$(overview)"
		exit
	fi
	name=$(IFS=- && printf %s "$*")
	case $name in
	run | help | legwork) name=legwork ;;
	status) name=store-status ;;
	esac
	if is_command "$name"; then
		show_page "$name"
		exec "$here/$name" --help
	fi
	case $name in
	legwork)
		show_page legwork
		mode=''
		put "$(help_text)"
		exit
		;;
	overview | legwork-record | legwork-store)
		show_page "$name"
		fail 66 "help: the page $name is not here, or cannot be shown: man(1) or mandoc(1) is needed"
		;;
	esac
	# shellcheck disable=SC2046 # a list of names
	set -- $(family "$name")
	[ $# -gt 0 ] || fail 66 "help: no command or page $name"
	put "$(briefs "$@")"
}

# --- the command that is meant

# Says which commands there are that begin like this.
unknown() { # WORD ...
	first=${1%%-*}
	near=$(family "$first" | paste -s -d , - | sed 's/,/, /g')
	fail 64 "unknown command ${2+$1 }${2-$1}; ${near:-legwork help lists all}"
}

find_here
PATH=$here${PATH:+:$PATH}
export PATH
mode=''
[ "${1-}" != -- ] || shift
case ${1-} in
'')
	[ $# = 0 ] || unknown ''
	answer --help
	;;
-?*) answer "$1" $# ;;
run)
	mode=run
	shift
	run "$@"
	;;
help)
	mode=help
	shift
	help "$@"
	exit
	;;
status)
	shift
	[ -x "$here/store-status" ] || fail 69 'status: store-status is not installed'
	exec "$here/store-status" "$@"
	;;
esac
if is_command "$1"; then
	name=$1
	shift
	exec "$here/$name" "$@"
elif [ $# -gt 1 ] && is_command "$1-$2"; then
	name=$1-$2
	shift 2
	exec "$here/$name" "$@"
fi
unknown "$@"
