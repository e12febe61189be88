#!/bin/sh
# legwork - run any command of the kit by its words
#
# make puts in the version and the names of the commands.

version='@VERSION@' commands='@COMMANDS@'

fail() { # STATUS MESSAGE
	printf 'legwork: %s\n' "$(printf %s "$2" | tr '[:cntrl:]' '?')" >&2
	exit "$1"
}

# Prints a text and ends, or says why it cannot; where nobody reads, it ends as others do.
put() { # TEXT
	{ true; } 2>/dev/null 3>&1 || fail 74 'stdout: Bad file descriptor'
	{ why=$(printf '%s\n' "$1" | LC_ALL=C cat 2>&1 >&3); } 3>&1 && exit
	status=$?
	[ "$status" -le 128 ] || exit "$status"
	fail 74 "stdout: ${why##*: }"
}

usage() { echo 'usage: legwork [options] COMMAND [ARGUMENT ...]'; }

line() { printf '  %-24s %s\n' "$1" "$2"; }

own_help() {
	usage
	echo 'run any command of the kit by its words'
	line 'run [options]' 'what legwork-run does'
	line 'status [options]' 'what store-status does'
	line 'web [options]' 'what legwork-web does'
	line 'help [COMMAND]' 'list the commands, as without arguments, or show the page of one'
	line 'task add, task-add ...' 'task-add; any other command likewise'
	line '    --help' 'print this help'
	line '    --version' 'print the version'
}

misuse() { # MESSAGE
	usage=$(usage)
	printf 'legwork: %s\n%s\n' "$1" "$usage" >&2
	exit 64
}

answer() { # OPTION COUNT_OF_ARGUMENTS
	case $1 in
	-h | --help) put "$(own_help)" ;;
	--version) put "legwork (legwork) $version" ;;
	--options)
		[ "$2" = 1 ] || misuse '--options stands alone'
		exit 0 # there are none
		;;
	--help=* | --version=* | --options=*) misuse "${1%%=*} takes no value" ;;
	*) misuse "unknown option ${1%%=*}" ;;
	esac
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

# --- help

briefs() { # COMMAND ...
	for name; do
		! is_command "$name" || line "$name" "$("$here/$name" --help </dev/null 2>/dev/null | sed -n 2p)"
	done
}

overview() {
	# shellcheck disable=SC2086 # a list of names
	for first in $(printf '%s\n' $commands | sed 's/-.*//' | sort -u); do
		echo "$first:"
		# shellcheck disable=SC2046 # a list of names
		briefs $(family "$first")
	done
	echo 'legwork task add is task-add, and so on.  More: legwork help task-add,'
	echo 'legwork help overview, and of legwork-config, legwork-record, legwork-store, legwork-tool'
}

# The file of a manual page, as installed or in the source tree.
find_page() { # NAME[.SECTION]
	case $here in
	*/build/bin) set -- "$here/../../man/$1"* ;;
	*/build/san/bin) set -- "$here/../../../man/$1"* ;;
	*) set -- "$here"/../share/man/man?/"$1"* ;;
	esac
	[ ! -f "$1" ] || printf '%s\n' "$1"
}

show_page() { # NAME[.SECTION]
	page=$(find_page "$1")
	if [ "$page" ]; then
		man -l "$page" 2>/dev/null && exit
		mandoc -a "$page" 2>/dev/null && exit
	else
		man "${1%.*}" 2>/dev/null && exit
	fi
}

help() {
	case ${1-} in
	-?*) answer "$1" $# ;;
	'') put "$(overview)" ;;
	esac
	name=$(IFS=- && printf %s "$*")
	case $name in
	run | web) name=legwork-$name ;;
	status) name=store-status ;;
	esac
	if is_command "$name"; then
		show_page "$name.1"
		exec "$here/$name" --help
	fi
	case $name in
	help | legwork)
		show_page legwork.1
		put "$(own_help)"
		;;
	overview) show_page legwork.7 ;;
	legwork-config | legwork-record | legwork-store) show_page "$name.5" ;;
	legwork-tool) show_page "$name.7" ;;
	*)
		# shellcheck disable=SC2046 # a list of names
		set -- $(family "$name")
		[ $# = 0 ] || put "$(briefs "$@")"
		fail 66 "help: no command or page $name"
		;;
	esac
	fail 66 "help: the page $name is not here, or cannot be shown: man(1) or mandoc(1) is needed"
}

# --- the command that is meant

# Of the words on stdin, those one slip from $1: a letter more, fewer or other, or two exchanged.
near() { # WORD
	word=$1 LC_ALL=C awk '
		function is_near(a, b,   i) {
			if (length(a) > length(b)) return is_near(b, a)
			for (i = 1; i <= length(a) && substr(a, i, 1) == substr(b, i, 1);) i++
			if (length(a) < length(b)) return substr(a, i) == substr(b, i + 1)
			return substr(a, i + 1) == substr(b, i + 1) ||
				substr(a, i, 2) == substr(b, i + 1, 1) substr(b, i, 1) &&
				substr(a, i + 2) == substr(b, i + 2)
		}
		length(ENVIRON["word"]) > 2 && ENVIRON["word"] != $0 && is_near(ENVIRON["word"], $0)'
}

# Prints lines as "a, b or c".
either() { awk '{ s = s (NR > 2 ? ", " : "") last; last = $0 } END { print s (NR > 1 ? " or " : "") last }'; }

# Says what was meant, or else which commands there are that begin like this.
unknown() { # WORD ...
	first=${1%%-*} said=$1 gap=-
	if [ "$first" = "$1" ]; then
		gap=' '
		case ${2-} in
		-* | '') ;;
		*) said="$1 $2" ;;
		esac
	fi
	# shellcheck disable=SC2086 # a list of names
	meant=$(printf '%s\n' $commands | sed "s/-/$gap/" | near "$said" | either)
	[ -z "$meant" ] || fail 64 "unknown command $said: did you mean $meant?"
	wanted=$(family "$first" | sed "s/-/$gap/" | either)
	[ -z "$wanted" ] || fail 64 "unknown command $said: want $wanted"
	# shellcheck disable=SC2086 # a list of names
	meant=$({ printf '%s\n' help run status web && printf '%s\n' $commands | sed 's/-.*//'; } |
		sort -u | near "$1" | either)
	[ -z "$meant" ] || fail 64 "unknown command $said: did you mean $meant?"
	fail 64 "unknown command $said: legwork help lists all"
}

# The commands are those beside this file, whatever links lead to it.
self=$(readlink -f "$0") || exit 71
here=${self%/*}
PATH=$here${PATH:+:$PATH}
export PATH

[ "${1-}" != -- ] || shift
[ $# -gt 0 ] || help
case $1 in
-?*) answer "$1" $# ;;
help)
	shift
	help "$@"
	;;
run | web)
	name=$1
	shift
	set -- "legwork-$name" "$@"
	;;
status)
	shift
	set -- store-status "$@"
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
