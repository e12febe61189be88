# What the conformance suite has found, held against conformance.txt: sourced by the parts that run it.

: "${here:?}" # run has set it

shopt -s extglob
patterns=() reasons=() needed=() applies=0 passes=0 absent=0

# read_patterns WHICH - those that are like this, without their "client:"
read_patterns() {
	local pattern reason
	while read -r pattern reason; do
		# shellcheck disable=SC2053 # a pattern
		[[ ! $pattern || $pattern = '#' || $pattern != $1 ]] ||
			patterns+=("${pattern#client:}") reasons+=("$reason")
	done <"$here/conformance.txt"
}

# why NAME - why this scenario or check does not apply; fails where it does
why() {
	local i
	for i in "${!patterns[@]}"; do
		# shellcheck disable=SC2053 # a pattern
		[[ $1 == ${patterns[i]} ]] || continue
		needed[i]=1
		reason=${reasons[i]}
		return
	done
	return 1
}

# The checks that have not passed, a line each: id, and what is said of it.
bad_checks() {
	jq -r '.[] | select(.status == "FAILURE" or .status == "WARNING") | "\(.id) \(.errorMessage // .description)"' \
		"$1/checks.json" | cut -c 1-300
}

# passes_by VERSION SCENARIO - whether it does not apply
passes_by() {
	local reason
	why "$2" || return
	printf '# %s: %s does not apply: %s\n' "$1" "$2" "$reason"
	absent=$((absent + 1))
}

# judge VERSION SCENARIO FOLDER - one that applies, by the checks.json in the folder
judge() {
	local id said reason bad=0 but=
	while read -r id said; do
		if why "$2/$id"; then
			[[ $but = *"$reason"* ]] || but+="${but:+; }$reason"
		else
			printf '# %s: %s\n' "$id" "$said"
			bad=1
		fi
	done < <(bad_checks "$3")
	[[ -s $3/checks.json ]] || bad=1
	applies=$((applies + 1)) passes=$((passes + !bad))
	tell "$bad" "conformance, $1: $2${but:+ (but $but)}"
}

# is_all N - all N that the suite has are judged, and what is said not to apply is there
is_all() {
	local i status=0
	for i in "${!patterns[@]}"; do
		[[ ${needed[i]} ]] || { printf '# nothing is like %s\n' "${patterns[i]}"; status=1; }
	done
	printf '# %d scenarios: %d apply, %d of them pass\n' "$((applies + absent))" "$applies" "$passes"
	return "$((status || applies + absent != $1))"
}
