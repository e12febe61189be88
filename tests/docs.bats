# The pages and the README are held against the commands.
#
# Examples run.  In the EXAMPLES of man/*.1, in blocks between ".Bd -literal" and ".Ed":
#
#     $ task-add --ids 'count the files'       a command
#     > | cat                                  more lines of it
#     6f1c...                                  optional: all that it prints, stdout and stderr;
#                                              "..." stands for any text within a line
#
# A page's commands run in order, in one bash, in an empty folder with an empty store and nothing
# to read; each must exit 0 within a minute in all.  Every page has one.  What cannot run here (a
# model, a server) stands in a ".Dl" line instead.

load test_helper

brief() { "$1" --help | sed -n 2p; }

operands() { "$1" --help | sed -n '1s/^usage: [^ ]* \[options\] *//p'; }

# The lines of a page's section, as written.
section() { # PAGE NAME
	sed -n "/^\.Sh $2\$/,/^\.Sh /{/^\.Sh /d;p;}" "$1"
}

# What a page shows, in one line.
flat() {
	mandoc -T ascii -O width=1000 "$1" | sed 's/.\x08//g' | tr -s '[:space:]' ' '
}

# letter|name|argument of each option in a page's .It lines
documented() {
	awk '$1 == ".It" && $2 == "Fl" {
		letter = name = argument = ""
		for (i = 2; i <= NF; i++) {
			if ($i == "Fl" && $(i + 1) ~ /^-/) name = substr($(i + 1), 2)
			else if ($i == "Fl") letter = $(i + 1)
			else if ($i == "Ar") argument = $(i + 1)
		}
		print letter "|" name "|" argument
	}' "$1" | sort
}

@test "docs: pages list exactly the options that commands take" {
	need_commands
	bad=0
	for name in $(commands); do
		diff <("$name" --options | awk -F '\t' '{ print $1 "|" $2 "|" $3 }' | sort) \
			<(documented "$ROOT/man/$name.1") || { echo "$name: table < > page"; bad=1; }
	done
	[ "$bad" = 0 ]
}

@test "docs: a command's brief is the same in its table, its page and its source" {
	need_commands
	bad=0
	for name in $(commands; scripts); do
		brief=$(brief "$name")
		grep -qxF ".Nd $brief" "$ROOT/man/$name.1" || { echo "man/$name.1: want .Nd $brief"; bad=1; }
		head -qn 2 "$ROOT/cmd/$name".* | grep -qxE "(/\*|#) $name - $brief( \*/)?" ||
			{ echo "cmd/$name.*: want a first comment $name - $brief"; bad=1; }
	done
	[ "$bad" = 0 ]
}

@test "docs: a page's synopsis has the command's operands, what must be given, and no foreign options" {
	need_commands
	bad=0
	for name in $(commands); do
		page=$ROOT/man/$name.1
		shown=$(flat "$page" | sed 's/.* SYNOPSIS \(.*\) DESCRIPTION .*/\1/')
		while [[ $shown =~ ' '?'[-'-?[[:alnum:]][^][]*']' ]]; do
			shown=${shown/"${BASH_REMATCH[0]}"/}
		done
		want="$name$("$name" --options | awk -F '\t' '/must be given/ { printf " -%s %s", $1, $3 }') $(operands "$name")"
		want=${want% }
		[[ ${shown,,} = "${want,,}" ]] || { echo "man/$name.1: '$shown', want '$want'"; bad=1; }
		while read -r option; do
			"$name" --options | cut -f 1,2 | tr '\t' '\n' | grep -qxF -- "$option" ||
				{ echo "man/$name.1: synopsis has $option, which is no option"; bad=1; }
		done < <(section "$page" SYNOPSIS | grep -oE 'Fl -?[A-Za-z0-9-]+' | sed 's/^Fl -\{0,1\}//')
	done
	[ "$bad" = 0 ]
}

@test "docs: no page shows a macro, or names a variable of the environment twice" {
	bad=0
	for page in "$ROOT"/man/*; do
		! flat "$page" | grep -oE ' \.[A-Z][a-z] .{0,40}' || { echo "${page##*/}: shows a macro"; bad=1; }
		[[ ! $(section "$page" ENVIRONMENT | grep '^\.It Ev' | sort | uniq -d) ]] ||
			{ echo "${page##*/}: names a variable twice"; bad=1; }
	done
	[ "$bad" = 0 ]
}

@test "docs: every page of a command names it and tells its exit status" {
	need_commands
	bad=0
	for name in $(commands; scripts); do
		page=$ROOT/man/$name.1
		for line in ".Dt ${name^^} 1" ".Nm $name" '.Sh EXIT STATUS' '.Sh EXAMPLES'; do
			grep -qxF "$line" "$page" || { echo "man/$name.1: want $line"; bad=1; }
		done
	done
	[ "$bad" = 0 ]
}

@test "docs: legwork.7 and the README list every command with its brief" {
	need_commands
	bad=0
	seven=$(flat "$ROOT/man/legwork.7")
	for name in $(commands; scripts); do
		brief=$(brief "$name")
		[[ $seven = *" $name $brief "* || $seven = *" $name(1) $brief "* ]] ||
			{ echo "legwork.7: want $name $brief"; bad=1; }
		grep -F -- "$brief" "$ROOT/README.md" | grep -qE "(^|[^a-z-])$name([^a-z-]|$)" ||
			{ echo "README.md: want a line with $name and: $brief"; bad=1; }
	done
	[ "$bad" = 0 ]
}

@test "docs: pages refer only to pages that are there" {
	run bash -c 'cd "$1" && grep -ohE "^\.?(It )?.*Xr [a-z-]+ [0-9]" -- *.[1-9] 2>/dev/null |
		grep -oE "Xr (task|chat|agent|store|mcp|llm|tool|legwork)[a-z-]* [0-9]" | sort -u |
		while read -r _ name number; do
			[ -f "$name.$number" ] || echo "$name.$number"
		done' - "$ROOT/man"
	assert_output ''
}

# The literal lines of a page's examples, as they look; of another section if that is said.
example_lines() {
	section "$1" "${SECTION:-EXAMPLES}" | awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 } on' |
		sed 's/\\&//g; s/\\(aq/'\''/g; s/\\(dq/"/g; s/\\-/-/g; s/\\e/\\/g'
}

# Make a script of a page's examples: command N writes to out.N; want.N is what it should write.
# Sets count.
write_script() { # PAGE
	local line
	count=0
	while IFS= read -r line; do
		case $line in
		'$ '*)
			((count == 0)) || printf '} >out.%d 2>&1 </dev/null || exit\n' "$count"
			count=$((count + 1))
			printf 'echo %d >../at\n{\n%s\n' "$count" "${line#'$ '}"
			;;
		'> '*) printf '%s\n' "${line#'> '}" ;;
		*) ((count == 0)) || printf '%s\n' "$line" >>"want.$count" ;;
		esac
	done < <(example_lines "$1") >../script
	((count == 0)) || printf '} >out.%d 2>&1 </dev/null || exit\n' "$count" >>../script
}

# Whether a text is what an example shows.
matches() { # WANT OUT
	local pattern
	pattern=$(sed 's/[][*?\\]/\\&/g; s/\.\.\./*/g' "$1")
	# shellcheck disable=SC2053 # a pattern
	[[ $(cat "$2") == $pattern ]]
}

run_examples() { # PAGE
	local number status=0
	export LEGWORK_STORE=$PWD/store
	mkdir folder
	cd folder || return
	write_script "$1"
	((count > 0)) || { echo "${1##*/}: no example that runs"; return 1; }
	timeout 60 bash ../script </dev/null || status=$?
	number=$(cat ../at)
	if [[ $status != 0 ]]; then
		printf '%s: example %s: status %s\n' "${1##*/}" "$number" "$status"
		cat "out.$number"
		return 1
	fi
	for ((number = 1; number <= count; number++)); do
		[[ ! -f want.$number ]] || matches "want.$number" "out.$number" ||
			{ echo "${1##*/}: example $number:"; diff "want.$number" "out.$number"; return 1; }
	done
}

@test "docs: the examples in the pages run and print what they show" {
	need_commands
	bad=0
	for page in "$ROOT"/man/*.1; do
		mkdir "${page##*/}"
		(cd "${page##*/}" && run_examples "$page") || bad=1
	done
	[ "$bad" = 0 ]
}

# stand_in NAME SCRIPT - a program of that name, which does what the recipe needs of the real one
stand_in() {
	mkdir -p stand-ins
	printf '#!/bin/bash\n%s\n' "$2" >"stand-ins/$1"
	chmod +x "stand-ins/$1"
	PATH=$PWD/stand-ins:$PATH
}

@test "docs: the recipes in legwork.7 run and print what they show" {
	need_commands
	stand_in ssh 'shift; exec sh -c "$*"' # another host is here
	stand_in entr 'cat >/dev/null; shift; exec "$@"' # a file has changed
	SECTION=RECIPES run_examples "$ROOT/man/legwork.7"
}

@test "docs: the tool in legwork-tool.7 is one" {
	run_examples "$ROOT/man/legwork-tool.7"
}
