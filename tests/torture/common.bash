# What the torture scripts share.  A script sets nothing but $0, and sources this first.
#
# WORK    a folder of its own, removed at the end unless something went wrong
# SEED    of all that is random; printed by what uses it
#
# BUILD names the build folder (default: build); a script may be called by hand.

set -u
ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
export PATH=$BUILD/bin:$BUILD/torture:$PATH LEGWORK_SHARE=$ROOT/share
export LC_ALL=C.UTF-8 TZ=UTC LEGWORK_USER=ann
# leaks cannot be looked for in a process that is traced, or killed
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export PRELOAD=$BUILD/torture/fault.so
SEED=${SEED:-20261120}
NAME=${0##*/}

fast_folder() { # a file system in memory, where there is one: nothing here is meant to survive
	[[ -w /dev/shm ]] && printf '%s\n' /dev/shm || printf '%s\n' "${TMPDIR:-/tmp}"
}

WORK=${WORK:-$(mktemp -d "$(fast_folder)/legwork-$NAME.XXXXXX")} || exit 70
OWNER=$BASHPID
export WORK BUILD SEED
for name in HOME XDG_DATA_HOME XDG_CONFIG_HOME XDG_RUNTIME_DIR TMPDIR; do
	printf -v "$name" %s "$WORK/${name,,}"
	mkdir -p "${!name}"
	export "${name?}"
done

tidy_up() {
	[[ $BASHPID = "$OWNER" ]] || return
	if [[ -s $WORK/wrong ]]; then
		printf '%s: what is left of it: %s\n' "$NAME" "$WORK" >&2
	elif [[ ! ${IS_PART-} ]]; then
		rm -rf "$WORK"
	fi
}
trap tidy_up EXIT

wrong() { # TEXT ... - note it, and go on
	printf 'wrong: %s: %s\n' "$NAME" "$*" | tee -a "$WORK/wrong" >&2
}

skip() { # TEXT ... - say loudly that something could not be tried
	printf 'SKIPPED: %s: %s\n' "$NAME" "$*" >&2
}

# finish TEXT ... - the last line of a script, and its status
finish() {
	local count=0
	[[ ! -s $WORK/wrong ]] || count=$(wc -l <"$WORK/wrong")
	printf '%s: %s: %d wrong\n' "$NAME" "$*" "$count"
	((count == 0))
}

has_preload() { [[ $BUILD != */san ]]; } # a sanitizer wants to be first

now_us() { printf "%s" "${EPOCHREALTIME//[!0-9]/}"; }

# say FILE OP KEY PHASE [MEMBERS] - a line of history
say() {
	printf '{"client":"%s","op":"%s","key":"%s","phase":"%s","at":%s%s}\n' \
		"$BASHPID" "$2" "$3" "$4" "$(now_us)" "${5:+,$5}" >>"$1"
}

# until_true SECONDS COMMAND ... - try again until it succeeds; fails when the time is over
until_true() {
	local deadline=$((${EPOCHREALTIME//[!0-9]/} + $1 * 1000000))
	shift
	until "$@"; do
		((${EPOCHREALTIME//[!0-9]/} < deadline)) || return
		read -r -t 0.01 <> <(:) || :
	done
}

has_ended() { # PID
	local state
	state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || return 0
	[[ -z $state || $state = [ZX]* ]]
}

# verify STORE WHAT [ARGUMENT ...] - store-check is content, and check-history with the arguments
verify() {
	local store=$1 what=$2 out rebuilt
	shift 2
	rebuilt=$(LEGWORK_STORE=$store store-check 2>&1) || { wrong "$what: store-check: $rebuilt"; return 1; }
	LEGWORK_STORE=$store store-check >"$store.check" || { wrong "$what: second store-check"; return 1; }
	LEGWORK_STORE=$store store-dump >"$store.dump" || { wrong "$what: store-dump"; return 1; }
	local segment segments=() arguments=(--check "$store.check" --store "$store.dump")
	for segment in "$store"/journal/0*.jsonl; do
		[[ $segment != *.base.jsonl ]] || segments=() # the journal begins at its newest base
		segments+=(--journal "$segment")
	done
	arguments+=("${segments[@]}")
	out=$(check-history "${arguments[@]}" "$@" 2>&1) || { wrong "$what: $out"; return 1; }
}
