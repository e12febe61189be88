# The demo: both pipelines on real files.

load test_helper

setup() {
	common_setup
	need_commands
	unset LEGWORK_STORE DEMO_FILES # the demo has a store of its own
}

demo() { "$ROOT/share/demo/demo" "$@" 3>&-; }

nothing_left() {
	wait_until 30 no_process_left
	run find "$TMPDIR" -mindepth 1
	assert_output ''
}

# The report's text on a title, without its indentation.
section() { # TITLE
	sed -n 's/^         //; s/^[0-9:]* 🤖 Task [0-9a-f]*: //; p' report | awk -v title="## $1" '
		$0 == title { on = 1; next }
		/^## / || /^[0-9][0-9]:[0-9][0-9]:/ { on = 0 }
		on && NF'
}

make_folders() {
	mkdir -p 'one folder/deep er' two
	printf 'a b c\nd\n' >'one folder/a.txt'
	printf 'a b c\nd\n' >'one folder/deep er/same as a.txt'
	printf '\0\1binary\n' >'one folder/x.bin'
	printf 'no newline' >'one folder/-dash'
	ln -s a.txt 'one folder/link'
	head -c 5000 /dev/zero | tr '\0' '\n' >two/big.c
	printf 'int x;\n' >two/small.h
	touch -d '2020-02-03 04:05' two/small.h
}

# Holds the report against find, wc and sort.
check_report() { # FOLDER
	local files folders bytes
	files=$(find "$1" -type f | wc -l)
	folders=$(find "$1" -type d | wc -l)
	bytes=$(find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')
	run section 'count the files and folders'
	assert_line --regexp "^$files files? in $folders folders?, $bytes bytes"
	run section 'how many lines of text are there, how many words?'
	assert_output "$(find "$1" -type f ! -name '*.bin' -exec cat {} + | wc -lw | awk '{ print $1 " lines, " $2 " words" }')"
	run section 'which files are the largest?'
	assert_line --index 1 --partial " $(find "$1" -type f -printf '%s %P\n' | sort -rn | head -n 1 | cut -d ' ' -f 2-)"
}

@test "demo: two folders give two reports, and both are right" {
	make_folders
	run -0 --separate-stderr demo "$PWD/one folder"
	assert_equal "$stderr" ''
	printf '%s\n' "${lines[@]}" >report
	check_report 'one folder'
	run section 'count the files and folders'
	assert_output '4 files in 2 folders, 35 bytes, and 1 symbolic link'
	run section 'which have the same content?'
	assert_output '2 files, 1 different contents:
  a.txt
  = deep er/same as a.txt'
	run section 'draw that'
	assert_line --index 1 --regexp '^\.txt +█+░+ +46 % +16B +2$'

	run -0 demo two
	printf '%s\n' "${lines[@]}" >report
	check_report two
	run section 'which have the same content?'
	assert_output none
	run section 'which files changed last?'
	assert_line --index 2 '  2020-02-03 04:05 small.h'
	run section 'now say it in a sentence'
	assert_output 'Most of it, 100 %, is .c (1 file); .h comes next with 0 %.'
	nothing_left
}

@test "demo: it shows messages, tasks and their ends, in plain text where nobody looks" {
	make_folders
	run -0 demo two
	refute_output --partial $'\e'
	assert_line --partial "ada: Please report on $PWD/two:"
	assert_equal "$(grep -c 'Starting execution' <<<"$output")" 10
	assert_equal "$(grep -c '✅ Task .* completed successfully' <<<"$output")" 10
	assert_line --partial 'Two messages became 10 tasks for 8 programs, and 42 events'
	# Each task begins before it ends.
	awk '/Starting execution/ { seen[$4] = 1 } / completed / && !seen[$4 ":"] { exit 1 }' <<<"$output"
}

@test "demo: an empty folder is reported as such" {
	mkdir void
	run -0 demo void
	printf '%s\n' "${lines[@]}" >report
	run section 'count the files and folders'
	assert_output '0 files in 1 folder, 0 bytes'
	run section 'now say it in a sentence'
	assert_output 'There is nothing in it.'
}

@test "demo: without a folder it is about the project" {
	run -0 demo
	assert_line --partial 'ada: Please report on the sources of this project:'
	nothing_left
}

@test "demo: odd names of files do no harm" {
	mkdir odd
	printf 'x\n' >$'odd/new\nline "quoted" \\back.c'
	printf 'x\n' >$'odd/\e[31mred.c'
	printf 'x\n' >$'odd/\xff\xfe.c'
	printf 'x\n' >'odd/$(touch ran) `touch ran` @surveyor.c'
	run -0 demo odd
	refute_output --partial $'\e'
	printf '%s\n' "${lines[@]}" >report
	run section 'count the files and folders'
	assert_output '4 files in 1 folder, 8 bytes'
	run section 'which have the same content?'
	assert_line --index 0 '4 files, 1 different contents:'
	assert_not_exist ran
	assert_not_exist odd/ran
}

@test "demo: of a large tree it looks at the first files only, and says so" {
	mkdir many
	for ((i = 0; i < 9; i++)); do
		echo "$i" >"many/$i.c"
	done
	DEMO_FILES=5 run -0 demo many
	printf '%s\n' "${lines[@]}" >report
	run section 'count the files and folders'
	assert_line --index 0 '9 files in 1 folder, 18 bytes'
	assert_line --index 1 '(all other answers are about the first 5 files)'
	run section 'how many lines of text are there, how many words?'
	assert_output '5 lines, 5 words'
}

@test "demo: refuses what is no folder (66), and more than one (64)" {
	run -66 demo "$PWD/nowhere"
	assert_output "demo: $PWD/nowhere: no such folder"
	touch file
	run -66 demo file
	assert_output 'demo: file: not a folder'
	run -64 demo file file
	assert_output 'demo: want one folder, got 2'
	nothing_left
}

@test "demo: a task that fails makes it fail (1)" {
	mkdir two
	cp -R "$ROOT/share" share
	printf '#!/bin/sh\necho no such luck >&2\nexit 3\n' >share/demo/crew/twins
	LEGWORK_SHARE=$PWD/share run -1 demo two
	assert_line --regexp '❌ Task [0-9a-f]{8} failed: no such luck'
	assert_line --regexp '❌ Task [0-9a-f]{8} failed: subtask [0-9a-f]{8} failed'
	assert_line 'demo: the report is not complete'
	nothing_left
}

@test "demo: when it is interrupted nothing is left" {
	mkdir two
	cp -R "$ROOT/share" share
	printf '#!/bin/sh\necho "$$" >"%s/pid"\nexec sleep 60\n' "$PWD" >share/demo/crew/reader
	for signal in TERM:143 HUP:129; do
		rm -f pid
		LEGWORK_SHARE=$PWD/share "$ROOT/share/demo/demo" two >out 2>&1 3>&- &
		demo=$!
		wait_until 30 [ -s pid ]
		kill -"${signal%:*}" "$demo"
		status=0
		await_exit "$demo" 30 || status=$?
		assert_equal "$status" "${signal#*:}"
		nothing_left
	done
}

@test "demo: Ctrl-C on a terminal ends it (130), with nothing left" {
	command -v script >/dev/null || skip 'there is no script(1)'
	mkdir two
	cp -R "$ROOT/share" share
	printf '#!/bin/sh\necho "$$" >"%s/pid"\nexec sleep 60\n' "$PWD" >share/demo/crew/reader
	mkfifo keys
	LEGWORK_SHARE=$PWD/share env --default-signal=INT script -qec "'$ROOT/share/demo/demo' two" \
		/dev/null <keys >out 2>&1 3>&- &
	terminal=$!
	exec 4>keys
	wait_until 30 [ -s pid ]
	printf '\003' >&4
	status=0
	await_exit "$terminal" 30 || status=$?
	exec 4>&-
	assert_equal "$status" 130
	nothing_left
}

@test "demo: on a terminal it has colours, unless NO_COLOR is set" {
	command -v script >/dev/null || skip 'there is no script(1)'
	make_folders
	export TERM=xterm
	run -0 script -qec "'$ROOT/share/demo/demo' 'one folder'" /dev/null
	assert_output --partial $'\e[32m ✅'
	assert_output --partial '4 files in 2 folders, 35 bytes'
	NO_COLOR=1 run -0 script -qec "'$ROOT/share/demo/demo' 'one folder'" /dev/null
	refute_output --partial $'\e'
	nothing_left
}

@test "make demo: a folder with a blank in its name" {
	make_folders
	recipe=$(make --no-print-directory -n -C "$ROOT" demo DIR="$PWD/one folder" | grep 'share/demo/demo')
	run -0 env -C "$ROOT" DIR="$PWD/one folder" sh -c "$recipe" 3>&-
	assert_output --partial '4 files in 2 folders, 35 bytes'
}
