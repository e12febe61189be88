# The questions that every command is asked.

load test_helper

# ask WANTED_STATUS COMMAND ... - run it with nothing to read; out and err are files here
ask() {
	local status=0
	timeout 60 "${@:2}" </dev/null >out 2>err || status=$?
	[[ $status = "$1" ]] || { printf '%s: status %s, wanted %s\n' "${*:2}" "$status" "$1"; cat err; false; }
}

says() { # COMMAND FACT TEST ... - complain unless the test holds
	"${@:3}" || { printf '%s: %s\n' "$1" "$2"; cat out err; false; }
}

@test "every command: --help prints usage and brief on stdout" {
	need_commands
	for name in $(commands; scripts); do
		ask 0 "$name" --help
		says "$name" 'line 1 is the usage' grep -qE "^usage: $name \[options\]( .+)?$" <(sed -n 1p out)
		says "$name" 'line 2 is the brief' grep -qE '^[^ ].*[^.]$' <(sed -n 2p out)
		says "$name" 'no line is empty' [ -z "$(grep -nx '' out)" ]
		says "$name" 'stderr is left alone' [ ! -s err ]
		mv out help
		ask 0 "$name" -h
		says "$name" '-h is the same' cmp -s help out
	done
}

@test "every command: --version names it, the kit and the version" {
	need_commands
	for name in $(commands; scripts); do
		ask 0 "$name" --version
		says "$name" 'name and version' grep -qE "^$name \(legwork\) [0-9]+\.[0-9]+\.[0-9]+$" out
		says "$name" 'one line' [ "$(wc -l <out)" = 1 ]
	done
}

@test "every command: --options prints the table as TSV" {
	need_commands
	for name in $(commands; scripts); do
		ask 0 "$name" --options
		says "$name" 'four fields: letter, name, argument, help' awk -F '\t' '
			NF != 4 || $1 !~ /^[A-Za-z0-9]?$/ || $2 !~ /^([a-z][a-z0-9-]*)?$/ ||
			$1 $2 == "" || $4 !~ /^[^A-Z]/ || $4 ~ /\.$/ { print; bad = 1 }
			END { exit bad }' out
		ask 64 "$name" --options --help
	done
}

@test "every command: an unknown option is misuse (64), one line names it" {
	need_commands
	for name in $(commands; scripts); do
		for option in --no-such-option --helpp '-?'; do
			ask 64 "$name" "$option"
			says "$name" 'it is named' grep -qxF -- "$name: unknown option $option" <(sed -n 1p err)
			says "$name" 'then the usage' grep -q "^usage: $name " <(sed -n 2p err)
			says "$name" 'two lines' [ "$(wc -l <err)" = 2 ]
			says "$name" 'nothing on stdout' [ ! -s out ]
		done
	done
}

@test "every command: an argument that is not UTF-8 is misuse (64)" {
	need_commands
	for name in $(commands); do
		ask 64 "$name" one $'t\377o'
		says "$name" 'it is named' grep -qxF "$name: argument 2 is not UTF-8" <(sed -n 1p err)
	done
}

@test "every command: a value that is missing or too much is misuse (64)" {
	need_commands
	for name in $(commands; scripts); do
		"$name" --options >table
		while IFS=$'\t' read -r option argument; do
			if [[ $argument ]]; then
				ask 64 "$name" "--$option"
			else
				ask 64 "$name" "--$option=x"
			fi
			says "$name" 'the option is named' grep -q "^$name: --$option " err
			says "$name" 'nothing on stdout' [ ! -s out ]
		done < <(awk -F '\t' '$2 { print $2 "\t" $3 }' table)
	done
}

@test "every command: a full disk, or a stdout that is closed, is an I/O error (74)" {
	need_commands
	for name in $(commands; scripts); do
		for option in --help --version; do
			run -74 --separate-stderr timeout 60 bash -c '"$0" "$1" >/dev/full' "$name" "$option"
			assert_equal "$stderr" "$name: stdout: No space left on device"
			run -74 --separate-stderr timeout 60 bash -c '"$0" "$1" >&-' "$name" "$option"
			assert_equal "$stderr" "$name: stdout: Bad file descriptor"
		done
	done
}

@test "every command: has a manual page and tests" {
	need_commands
	missing=()
	for name in $(commands; scripts); do
		[[ -f $ROOT/man/$name.1 ]] || missing+=("man/$name.1")
		[[ -f $ROOT/tests/$name.bats ]] || missing+=("tests/$name.bats")
	done
	assert_equal "${missing[*]}" ''
}

@test "every command: a letter stands for the same option everywhere" {
	need_commands
	for name in $(commands; scripts); do
		"$name" --options | awk -F '\t' -v c="$name" '$1 && $2 { print $1 "\t" $2 "\t" c }'
	done >letters
	run awk -F '\t' '
		!($1 in name) { name[$1] = $2; first[$1] = $3 }
		name[$1] != $2 { printf "-%s: --%s in %s, --%s in %s\n", $1, name[$1], first[$1], $2, $3 }
	' letters
	assert_output ''
}
