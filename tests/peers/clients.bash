# The protocol's conformance suite with mcp-call as its client, over HTTP and a bridge: sourced by run.
#
# Each scenario for clients is of several versions, and runs in each of these.  What does not apply is in
# conformance.txt; conforming says what mcp-call does in which.

: "${here:?}" # run has set it

# shellcheck source=tests/peers/judge.bash
. "$here/judge.bash"

# The scenarios, a line each for each version: a version, or "extension", and a name.
scenarios() {
	conformance list 2>/dev/null </dev/null | sed -n '/^Client scenarios/,/^$/p' |
		sed -nE 's/^ *- (.*) \[(.*)\]$/\2 \1/p' |
		while read -r versions scenario; do
			for version in ${versions//,/ }; do
				printf "%s %s\n" "$version" "$scenario"
			done
		done
}

# suite VERSION SCENARIO - it leaves a folder in one of the version's name, with checks.json in it
suite() {
	local options=(--spec-version "$1")
	[[ $1 != extension ]] || options=()
	timeout 60 conformance client --command "$here/conforming" --scenario "$2" "${options[@]}" -o "$1" \
		</dev/null >>"$1.log" 2>&1
}

judge_all() {
	local version scenario folder
	while read -r version scenario; do
		passes_by "$version" "$scenario" && continue
		suite "$version" "$scenario"
		folder=$(printf '%s\n' "$version/$scenario"-20[0-9][0-9]-*)
		judge "$version" "$scenario" "$folder"
	done <all
	is_all "$(wc -l <all)"
}

read_patterns 'client:*'
scenarios >all
tell "$((!$(wc -l <all)))" 'clients: the suite has scenarios for them'
judge_all
tell $? 'clients: that is all that the suite has'
