# What the parts share: sourced by run.

: "${work:?}" # run has set it

servers=() # process ids of what is started in the background

stop_servers() {
	local pid
	for pid in "${servers[@]}"; do
		kill -TERM "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	servers=()
}

# enter NAME - into a folder of that name, which is home and store for what is started in it
enter() {
	local name
	mkdir "$1" && cd "$1" || return
	for name in HOME XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_RUNTIME_DIR; do
		printf -v "$name" %s "$PWD"
		export "${name?}"
	done
	export LEGWORK_STORE=$PWD/store LEGWORK_USER=ada
}

tell() { # STATUS WHAT
	if [[ $1 = 0 ]]; then
		printf 'ok - %s\n' "$2"
	else
		printf 'not ok - %s\n' "$2"
	fi
}

# wait_until COMMAND [ARG ...] - for ten seconds
wait_until() {
	local tries
	for ((tries = 0; tries < 500; tries++)); do
		"$@" && return
		sleep 0.02
	done
	return 1
}

has_line() { sed -nE "s|.*$2.*|\1|p" "$1" 2>/dev/null | grep .; }

# wait_for FILE PATTERN - until a line of it matches; what has parentheses in PATTERN is printed
wait_for() { wait_until has_line "$@"; }

# Nothing runs in this folder, or knows of it.
is_none_left() {
	env -i grep -lsazF -f where /proc/[0-9]*/environ /proc/[0-9]*/cmdline >left
	[[ ! -s left ]]
}
none_left() {
	echo "$PWD/" >where
	wait_until is_none_left && return
	sed 's/^/# /' left
	return 1
}
