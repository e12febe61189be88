#!/bin/sh
# legwork-run - keep the two pipelines running
#
# Each pipeline is kept by a tender, a subshell: it begins the stages, waits until all of them have
# ended, and begins them again.  Stages are joined by FIFOs that lose their names before a stage
# begins: nothing is left of them, whatever is killed.
#
# A tender takes no signals, so none can come too early for it.  It is told to end by the end of a
# pipe, the lifeline, whose other end only this shell holds: to let go of it and to be killed come
# to the same.  Beside each run of a pipeline a listener waits for that, and sends the stages TERM.
# Only those that hold something (chat-watch, task-watch, task-run) heed it; the others end by the
# end of their input.
#
# Descriptors: 3 the lifeline, of which this shell holds 9.  7 has a line for each listener when all
# is to end at once; this shell writes to 8.  4 and 5 are what a stage reads and writes, and 6 what
# the next one will read.

# shellcheck disable=SC2317 # functions are called by traps, and by others

version='@VERSION@' # make puts it in

# Delays before a pipeline is begun again, and how long it must have run for the first one.
DELAY_MIN_S=1 DELAY_MAX_S=60 STEADY_S=60

say() { printf 'legwork-run: %s\n' "$(printf %s "$1" | tr '[:cntrl:]' '?')" >&2; }

# Says it to a person who looks on.
advise() { [ ! -t 2 ] || say "$1"; }

# --- a pipeline

# A pipe: what is written to 5 is read from 6.
make_pipe() {
	# What makes a name, and what takes it away, a terminal or a process group must not interrupt.
	folder=$(trap '' HUP INT TERM && mktemp -d "${TMPDIR:-/tmp}/legwork.XXXXXX") || return
	# Opened both ways first: one way would wait for the other.
	# shellcheck disable=SC2094 # a FIFO
	mkfifo -m 600 "$folder/pipe" && exec 6<>"$folder/pipe" 5>"$folder/pipe" 6<"$folder/pipe"
	made=$?
	(trap '' HUP INT TERM && rm -rf "$folder")
	return "$made"
}

# Begins a stage that reads what the one before it writes.
begin() { # COMMAND ...
	case $1 in
	task-add | chat-post | sleep) exec 5>/dev/null 6</dev/null ;; # the last of its pipeline
	*) make_pipe || return ;;
	esac
	# What a stage makes of TERM is settled before it is there, so that none can come too early.
	case $1 in
	*-watch | task-run | sleep) trap - TERM ;;
	esac
	"$@" <&4 >&5 3<&- 4<&- 5>&- 6<&- 7<&- &
	trap '' TERM
	pids="$pids $!" names="$names $1"
	exec 4<&6 5>&- 6<&-
}

# shellcheck disable=SC2086 # an option with its value, or nothing
messages() {
	begin chat-watch --since 0 --cursor legwork ${once:+--timeout 0} ${chat+--} "${chat---all}" &&
		begin task-draft --commands && begin task-add
}

# with_plan COMMAND ... - the command, with the options that are task-plan's
with_plan() {
	"$@" ${planner+"--planner=$planner"} ${model+"--model=$model"} \
		${threshold+"--threshold=$threshold"} ${on_error+"--on-error=$on_error"}
}

tasks() {
	begin task-watch ${once:+--drain} ${chat+--chat "$chat"} &&
		with_plan begin task-plan && begin task-split &&
		begin task-run -j "$jobs" --grace "$grace" && begin chat-post
}

# Waits for the lifeline's end, and has the stages end then; at once, when a line comes.  Success
# is to have seen it.
listen() { # PID ...
	read -r _ <&3
	nap=''
	trap '[ -z "$nap" ] || kill "$nap"; exit 0' USR1 # the stages have ended
	kill -s TERM "$@" 2>/dev/null
	read -r _ <&7 || exit 0
	# Again and again: two that come before a stage has seen the first are one to it.
	while :; do
		kill -s TERM "$@" 2>/dev/null
		sleep 1 3<&- 7<&- &
		nap=$!
		wait "$nap"
	done
}

# Sets worst to the worse of it and another; that nobody read (74, 141) is a consequence, not a cause.
worsen() { # STATUS
	case $worst,$1 in
	*,0) ;;
	0,* | 74,* | 141,*) worst=$1 ;;
	*,74 | *,141) ;;
	*) [ "$1" -le "$worst" ] || worst=$1 ;;
	esac
}

# Adds to story how a stage ended, and to aftermath where that only came of another's end.
tell() { # NAME STATUS
	ended="$1 $2"
	[ "$2" -le 128 ] || [ "$2" -gt 192 ] || ended="$1 was killed (signal $(($2 - 128)))"
	case $2 in
	0) ;;
	74 | 141) aftermath="$aftermath${aftermath:+, }$ended" ;;
	*) story="$story${story:+, }$ended" ;;
	esac
}

# Runs stages to their end.  Adds to worst, and to story and aftermath, which name those that did
# not end well; sets told when the lifeline has ended.
run() { # COMMAND ...: begins them
	pids='' names=''
	exec 4</dev/null
	"$@" || worsen 73
	exec 4<&-
	# shellcheck disable=SC2086 # a list
	listen $pids &
	listener=$!
	# shellcheck disable=SC2086 # a list
	set -- $pids
	for name in $names; do
		wait "$1" 2>/dev/null # where a shell says how it was killed
		status=$?
		shift
		worsen "$status"
		tell "$name" "$status"
	done
	kill -s USR1 "$listener" 2>/dev/null
	! wait "$listener" 2>/dev/null || told=1
}

# --- tenders

# What every tender begins with.  What a terminal or a process group is sent is for its parent.
become_tender() {
	trap '' HUP TERM
	exec 8>&- 9>&-
	told='' worst=0 story='' aftermath=''
}

# Runs a pipeline again and again, until told to end or where that makes no sense.
tend() { # messages | tasks
	become_tender
	delay_s=$DELAY_MIN_S
	while :; do
		began_s=$(date +%s)
		worst=0 story='' aftermath=''
		run "$1"
		[ -z "$told" ] || exit 0
		case $worst in
		64 | 66 | 77 | 78 | 126 | 127)
			say "$story: to start again would not help"
			kill -s USR1 $$ 2>/dev/null # the other one is to end, too
			read -r _ <&3
			exit "$worst"
			;;
		esac
		[ $(($(date +%s) - began_s)) -lt $STEADY_S ] || delay_s=$DELAY_MIN_S
		say "ended: ${story:-${aftermath:-${names# }}}; starting again in $delay_s s"
		run begin sleep "$delay_s"
		[ -z "$told" ] || exit 0
		delay_s=$((delay_s * 2))
		[ "$delay_s" -le $DELAY_MAX_S ] || delay_s=$DELAY_MAX_S
	done
}

tend_once() {
	become_tender
	run messages
	[ "$told" ] || run tasks
	[ "$told" ] || [ "$worst" = 0 ] || say "ended: ${story:-$aftermath}"
	exit "$worst"
}

# --- this shell, which takes the signals

# Lets go of the lifeline.
let_go() {
	signals=$((signals + 1))
	exec 9>&-
}

catch() { # NUMBER
	if [ "$caught" = 0 ]; then
		caught=$1
		let_go
		advise "running tasks may go on for $grace_shown; ^C or kill $$ once more stops them at once"
	else
		printf '\n\n' 2>/dev/null >&8 # again: at once
		let_go
	fi
}

# Says what begins, and how it is ended.
advise_of_start() {
	case ${XDG_DATA_HOME-} in
	/*) store=$XDG_DATA_HOME/legwork ;;
	*) store=${HOME-}/.local/share/legwork ;;
	esac
	doing='both pipelines run for' ends='ends them'
	[ -z "$once" ] || doing='doing what there is to do in' ends='ends it'
	advise "$doing ${LEGWORK_STORE:-$store}, -j $jobs; ^C or kill $$ $ends"
}

# Waits for a process, through any number of signals.
await() { # PID
	before=''
	until [ "$signals" = "$before" ]; do
		before=$signals
		wait "$1" 2>/dev/null
		status=$?
	done
}

keep_running() {
	signals=0 caught=0 worst=0
	trap 'catch 1' HUP
	trap 'catch 2' INT
	trap 'catch 15' TERM
	trap let_go USR1 # a tender gives up
	make_pipe && exec 3<&6 9>&5 && make_pipe && exec 7<&6 8>&5 5>&- 6<&- || worst=73
	[ "$caught" = 0 ] || exit $((128 + caught)) # there was no lifeline yet
	[ "$worst" = 0 ] || exit "$worst"
	advise_of_start
	if [ "$once" ]; then
		tend_once &
		tenders=$!
	else
		tend messages &
		tenders=$!
		tend tasks &
		tenders="$tenders $!"
	fi
	for tender in $tenders; do
		await "$tender"
		worsen "$status"
	done
	[ "$caught" = 0 ] || exit $((128 + caught))
	exit "$worst"
}

# --- options

usage() { echo 'usage: legwork-run [options]'; }

misuse() { # MESSAGE
	say "$1"
	usage >&2
	exit 64
}

option_table() {
	printf '%s\t%s\t%s\t%s\n' \
		'' once '' 'do what there is to do, and end' \
		j jobs count 'do count tasks at once (default: 1)' \
		c chat chat 'only this chat (default: all, also those to come)' \
		'' grace time 'on TERM, let running tasks go on for so long (default: 10)' \
		'' planner name 'who plans: llm or rules (default: a model where one is configured)' \
		'' model model 'which model plans' \
		'' threshold score 'divide tasks of this complexity, 1 to 10, and more, and no others' \
		'' on-error action 'where the model gives no plan: run or fail (default: run)'
}

help() {
	usage
	echo 'keep the two pipelines running'
	{ option_table && printf '\t%s\t\t%s\n' help 'print this help' version 'print the version'; } |
		awk -F '\t' '{
			left = ($1 ? "-" $1 ", " : "    ") "--" $2 ($3 ? " " $3 : "")
			printf "  %-20s %s\n", left, $4 }'
}

# Prints a text and ends, or says why it cannot; where nobody reads, it ends as others do.
put() { # TEXT
	{ true; } 2>/dev/null 3>&1 || {
		say 'stdout: Bad file descriptor'
		exit 74
	}
	{ why=$(printf '%s\n' "$1" | LC_ALL=C cat 2>&1 >&3); } 3>&1 && exit
	status=$?
	[ "$status" -le 128 ] || exit "$status"
	say "stdout: ${why##*: }"
	exit 74
}

take() { # OPTION VALUE
	case $1 in
	-j | --jobs) jobs=$2 ;;
	-c | --chat) chat=$2 ;;
	--grace) grace=$2 ;;
	--planner) planner=$2 ;;
	--model) model=$2 ;;
	--threshold) threshold=$2 ;;
	--on-error) on_error=$2 ;;
	--once | --help | --version | --options) misuse "$1 takes no value" ;;
	*) misuse "unknown option $1" ;;
	esac
}

value_of() { option_table | awk -F '\t' -v o="$1" 'o == "-" $1 || o == "--" $2 { print $3 }'; }

once='' jobs=1 grace=10 count=$#
unset chat planner model threshold on_error
while [ $# -gt 0 ]; do
	case $1 in
	-j | --jobs | -c | --chat | --grace | --planner | --model | --threshold | --on-error)
		[ $# -gt 1 ] || misuse "$1 needs a value: $(value_of "$1")"
		take "$1" "$2"
		shift
		;;
	--once) once=1 ;;
	-h | --help) put "$(help)" ;;
	--version) put "legwork-run (legwork) $version" ;;
	--options)
		[ "$count" = 1 ] || misuse '--options stands alone'
		put "$(option_table)"
		;;
	--?*=*) take "${1%%=*}" "${1#*=}" ;;
	-[jc]?*) take "${1%"${1#??}"}" "${1#??}" ;;
	--) [ $# = 1 ] || misuse 'there are no operands' ;;
	-?*) misuse "unknown option $1" ;;
	*) misuse 'there are no operands' ;;
	esac
	shift
done

# The stages are those beside this file, whatever links lead to it.
self=$(readlink -f "$0") && PATH=${self%/*}${PATH:+:$PATH} || exit 71
export PATH
# check STAGE COMMAND ... - the options are the stage's, which says what is wrong with them
check() {
	stage=$1
	shift
	why=$("$@" </dev/null 2>&1 >/dev/null) || {
		status=$?
		why=$(printf '%s\n' "$why" | sed "s/^$stage: //; q")
		[ "$status" != 64 ] || misuse "$why"
		say "$why"
		exit "$status"
	}
}
check task-run task-run -j "$jobs" --grace "$grace" --help
[ -z "${planner+1}${model+1}${threshold+1}${on_error+1}" ] || check task-plan with_plan task-plan
case $grace in
*[!0-9.]*) grace_shown=$grace ;;
*) grace_shown="$grace s" ;;
esac
keep_running
