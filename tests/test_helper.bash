# What every bats file begins with: load test_helper
#
# Each test gets a home and a store of its own and runs in its own empty folder.  Whatever still
# runs or rings there at its end makes it fail.  A file with a setup or teardown of its own
# calls common_setup and common_teardown in them.
#
# ROOT          the source tree
# keep_fifos=1  said by a test that kills a waiter so that its FIFO must stay behind

bats_require_minimum_version 1.5.0
# All of this is done again for each test.  The libraries ask dirname for each of their files: a
# function costs no program.
# shellcheck disable=SC2317 # bats_load_library calls it
dirname() { printf '%s\n' "${1%/*}"; }
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file
unset -f dirname

ROOT=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
if [[ -z $LEGWORK_SHARE ]]; then # bats was called by hand
	PATH=$ROOT/build/bin:$ROOT/build/helpers:$PATH
	LEGWORK_SHARE=$ROOT/share
	export PATH LEGWORK_SHARE
fi

common_setup() {
	local name folders=()
	unset LOGNAME
	export SHELL=/bin/sh # script(1) starts it: whoever runs the tests, it is the same
	for name in ${!LEGWORK_*}; do
		[[ $name = LEGWORK_SHARE || $name = LEGWORK_JOURNAL ]] || unset "$name"
	done
	for name in HOME XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_RUNTIME_DIR TMPDIR; do
		printf -v "$name" %s "$BATS_TEST_TMPDIR/${name,,}"
		folders+=("${!name}")
		export "${name?}"
	done
	mkdir -m 0700 "${folders[@]}"
	export LEGWORK_STORE=$BATS_TEST_TMPDIR/store
	keep_fifos=
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return
}

common_teardown() {
	local left=0
	cd / || return
	wait_until 30 no_process_left 2>/dev/null || { end_processes; left=1; }
	[[ $keep_fifos ]] || no_fifo_left || left=1
	return "$left"
}

setup() { common_setup; }
teardown() { common_teardown; }

# wait_until SECONDS COMMAND ... - until COMMAND succeeds; fails when SECONDS (whole) are over
wait_until() {
	local deadline=$((${EPOCHREALTIME//[!0-9]/} + $1 * 1000000))
	shift
	until "$@"; do
		if ((${EPOCHREALTIME//[!0-9]/} >= deadline)); then
			printf 'wait_until: in vain: %s\n' "$*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# await_exit PID [SECONDS] - until the process has ended; its exit status where it is a child
# of this shell (0 where not), 124 where it still runs after SECONDS (30)
await_exit() {
	wait_until "${2:-30}" has_ended "$1" || return 124
	wait "$1" 2>/dev/null || { local status=$?; [[ $status = 127 ]] || return "$status"; }
}

# await_stopped PID [SECONDS] - the same of one that was sent a SIGTERM, and has ended by it
await_stopped() {
	local status=0
	await_exit "$@" || status=$?
	[[ $status = 143 ]] || { printf 'await_stopped: %s has ended with %s\n' "$1" "$status" >&2; return 1; }
}

# stop_idle PID ... - SIGSTOP them, at a moment when they hold none of the store's locks: as long as
# they are stopped nobody else would get these
stop_idle() { wait_until 30 has_stopped_idle "$@"; }

has_stopped_idle() {
	local pid
	kill -STOP "$@"
	for pid; do wait_until 30 grep -q '^State:.[TZ]' "/proc/$pid/status"; done
	flock -w 1 "$LEGWORK_STORE/gate" flock -w 1 "$LEGWORK_STORE/lock" true || { kill -CONT "$@"; return 1; }
}

has_ended() {
	local state
	state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || return 0
	[[ -z $state || $state = [ZX]* ]]
}

# Sets left to the processes that were started with this test's store or home.  (No pipe: what
# stands in one would be found, too.)
find_left() {
	local IFS=$'\n'
	# shellcheck disable=SC2207 # one to a line
	left=($(LEGWORK_STORE='' HOME=/ grep -lzE "^(LEGWORK_STORE|HOME)=$BATS_TEST_TMPDIR/" \
		/proc/[0-9]*/environ 2>/dev/null))
	left=("${left[@]//[!0-9]/}")
}

no_process_left() {
	local left
	find_left
	[[ ${#left[@]} = 0 ]]
}

end_processes() {
	local left pid
	find_left
	for pid in "${left[@]}"; do
		printf 'still running: %s %s\n' "$pid" "$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null)"
		kill -KILL "$pid" 2>/dev/null || true
	done
}

no_fifo_left() {
	local left
	left=$(find "$BATS_TEST_TMPDIR" -path '*/watch/*' -type p)
	[[ -z $left ]] || { printf 'FIFO left behind: %s\n' "$left"; false; }
}

# torture SCRIPT [ARGUMENT ...] - tests/torture/SCRIPT with this build's commands; says what it did
torture() {
	local build
	build=$(dirname "$(dirname "$(command -v task-add)")")
	run env BUILD="$build" "$ROOT/tests/torture/$1" "${@:2}"
	echo "# ${lines[-1]}" >&3
	assert_success
}

# commands - the names of all commands in cmd/ that are programs; a test of all of them begins with
# need_commands
commands() { names_in .c; }

# scripts - those that are scripts, and have no table of options that opt_parse reads
scripts() { names_in .sh; }

names_in() { # SUFFIX
	local file
	for file in "$ROOT"/cmd/*"$1"; do
		[[ ! -f $file ]] || basename "$file" "$1"
	done
}

need_commands() { [[ $(commands) ]] || skip 'there are no commands yet'; }
