# How the source tree is built: layers, and what must not be in it.

load test_helper

setup() {
	common_setup
	cd "$ROOT" || return
	shopt -s nullglob
}

layers() { sed -n 's/^LAYERS *= *//p' Makefile; }

# includes FILE ... - which modules of lib/ these include
includes() { sed -n 's/^# *include "\(.*\)\.h"/\1/p' "$@"; }

# A source without comments and without what is in its strings.
bare() {
	gcc -fpreprocessed -dD -E -P -x c "$1" 2>/dev/null | sed 's/"\([^"\\]\|\\.\)*"/""/g'
}

# forbid PATTERN FILE ... - tell which of the files use it
forbid() {
	local file bad=0
	for file in "${@:2}"; do
		bare "$file" | grep -nP "$1" | sed "s|^|$file: |" | grep . && bad=1
	done
	return "$bad"
}

@test "tree: lib/ has a folder for each layer, and nothing else" {
	diff <(ls lib) <(layers | tr ' ' '\n' | sort) || { echo 'lib < > LAYERS in the Makefile'; false; }
}

@test "tree: modules include only those of their own layer and of the layers below" {
	bad=0
	below=' '
	for layer in $(layers); do
		for file in lib/"$layer"/*.[ch]; do
			file=${file##*/}
			below+="${file%.*} "
		done
		for file in lib/"$layer"/*.[ch]; do
			for other in $(includes "$file"); do
				[[ $below = *" $other "* ]] || { echo "$file includes $other"; bad=1; }
			done
		done
	done
	[ "$bad" = 0 ]
}

@test "tree: no modules include each other in a circle, nor have the same name" {
	for file in lib/*/*.[ch]; do
		module=$(basename "${file%.*}")
		for other in $(includes "$file"); do
			echo "$module $other"
		done
	done >"$BATS_TEST_TMPDIR/pairs"
	run --separate-stderr tsort "$BATS_TEST_TMPDIR/pairs"
	assert_success
	assert_equal "$stderr" ''
	run bash -c 'basename -a lib/*/*.[ch] | sort | uniq -d'
	assert_output ''
}

@test "tree: every public function is documented in its header" {
	bad=0
	for header in lib/*/*.h; do
		awk -v file="$header" '
			/\*\/$/ { documented = NR }
			/^[a-z_].*\(/ && !/^(static|typedef|extern "C")/ {
				if (documented != NR - 1 && ended != NR - 1) { print file ": " $0; bad = 1 }
			}
			/;$/ && !/^[\t}]/ { ended = NR }
			END { exit bad }' "$header" || bad=1
	done
	[ "$bad" = 0 ]
}

@test "tree: a header is guarded by its name" {
	for header in lib/*/*.h; do
		name=$(basename "$header" .h)
		grep -qx "#ifndef ${name^^}_H" "$header" || { echo "$header"; false; }
	done
}

@test "tree: the top level holds what it should" {
	run bash -c 'ls | grep -vxE "Makefile|cmd|lib|share|tests|completions|man|README\.md|build"'
	assert_output ''
}

@test "tree: no function that is banned is called" {
	forbid '(?<![\w.>])(strcpy|strcat|v?sprintf|strtok|atoi|gets|rand|system|signal|popen)\s*\(' \
		lib/*/*.[ch] cmd/*.[ch] tests/unit/*.[ch] tests/helpers/*.[ch] tests/model/*.[ch]
}

@test "tree: modules neither print nor exit, but for errors" {
	files=()
	for file in lib/*/*.c; do
		[[ $file = lib/*/@(args|buf|err|opt|stage).c ]] || files+=("$file")
	done
	forbid '\b(stdout|stderr)\b|\b(v?printf|puts|putchar|perror|exit|err_warn|err_print|err_exit)\s*\(' \
		"${files[@]}"
}

@test "tree: each third-party header is included by one module only" {
	for header in jq.h gdbm.h uuid/uuid.h oniguruma.h curl/curl.h yaml.h; do
		users=$(grep -lE "^# *include <$header>" lib/*/*.[ch] cmd/*.[ch] | sed 's/\.[ch]$//' | sort -u)
		[[ $users != *$'\n'* ]] || { echo "<$header>: $users"; false; }
	done
}

@test "tree: only llm-chat is linked with libcurl" {
	need_commands
	for name in $(commands); do
		[[ $name = llm-chat ]] || ! readelf -d "$(command -v "$name")" | grep -q 'NEEDED.*libcurl' ||
			{ echo "$name"; false; }
	done
}

@test "tree: only agent-import is linked with libyaml" {
	need_commands
	for name in $(commands); do
		[[ $name = agent-import ]] || ! readelf -d "$(command -v "$name")" | grep -q 'NEEDED.*libyaml' ||
			{ echo "$name"; false; }
	done
}

@test "tree: every script says what runs it, and may be run" {
	for file in .ci/* .deb/build tests/run tests/unit/run tests/peers/run cmd/*.sh share/tools/*; do
		[[ $(head -c 2 "$file") = '#!' && -x $file ]] || { echo "$file"; false; }
	done
}
