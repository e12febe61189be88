# The kit's commands by their words: dispatch and help.

load test_helper

setup() {
	common_setup
	bin=$(dirname "$(command -v legwork)")
	mkdir -p 'bare/a b'
}

# --- commands

@test "legwork: runs a command, in one word or in two" {
	run -0 legwork task add --ids 'a  b' c
	assert_equal "$(task-show "$output" | jq -r .instruction)" 'a  b c'
	run -0 legwork task-list --count
	assert_output 1
	run -64 legwork task add --nonsense
	assert_line --index 0 'task-add: unknown option --nonsense'
}

@test "legwork: finds the commands beside itself, through links and blanks, and not in PATH" {
	cp "$bin"/* 'bare/a b'
	ln -s 'a b' bare/link
	ln -s ../bare/link/legwork here-too
	mkdir sub
	ln -s ../bare/link/../'a b'/legwork sub/lw
	for way in 'bare/a b/legwork' bare/link/legwork sub/lw "$PWD/sub/lw"; do
		run -0 env PATH=/usr/bin:/bin "$way" task add --ids one
	done
	run -0 env PATH="$PWD/sub:/usr/bin:/bin" lw run --once
	run -0 env PATH=/usr/bin:/bin sh 'bare/a b/legwork' task list --count
	assert_output 1
}

@test "legwork: what is no command is misuse (64), and what there is instead is named" {
	run -64 --separate-stderr legwork chat lots
	assert_equal "$stderr" "legwork: unknown command chat lots: want chat edit, chat list, chat new, \
chat post, chat rm, chat session, chat show or chat watch"
	run -64 --separate-stderr legwork store --help
	assert_regex "$stderr" '^legwork: unknown command store: want store check, .* or store status$'
	run -64 --separate-stderr legwork task-
	assert_regex "$stderr" '^legwork: unknown command task-: want task-add, .* or task-why$'
	for words in nonsense '' 'apt get' apt-get ../task-add '*' $'x\ny'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr legwork $words${words:+ }"${words:+x}${words:-}"
		assert_equal "${#stderr_lines[@]}" 1
		assert_regex "$stderr" '^legwork: unknown command .*: legwork help lists all$'
	done
}

@test "legwork: where one letter is wrong, what was meant is asked" {
	while IFS=: read -r typed meant; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr legwork $typed
		assert_equal "$stderr" "legwork: unknown command ${typed% -*}: did you mean $meant?"
	done <<-'END'
		stauts:status
		statuss --format:status
		hlp:help
		rin:run
		chat lst:chat list
		chta list:chat list
		task ad:task add
		task rn:task rm or task run
		task-lits:task-list
		chta:chat
	END
}

@test "legwork: alone it lists the commands" {
	run -0 legwork
	assert_output "$(legwork help)"
	run -0 legwork --help
	assert_line --index 0 'usage: legwork [options] COMMAND [ARGUMENT ...]'
	assert_line --index 1 'run any command of the kit by its words'
	run -74 --separate-stderr bash -c 'legwork >/dev/full'
	assert_equal "$stderr" 'legwork: stdout: No space left on device'
}

@test "legwork: status is store-status, run is legwork-run, web is legwork-web" {
	run -0 legwork status --format json
	assert_output "$(store-status --format json)"
	run -0 legwork run --help
	assert_output "$(legwork-run --help)"
	run -0 legwork web --help
	assert_output "$(legwork-web --help)"
	run -64 --separate-stderr legwork run --nonsense
	assert_equal "${stderr_lines[0]}" 'legwork-run: unknown option --nonsense'
}

# --- help

@test "legwork help: lists every command with its brief, by its first word" {
	run -0 legwork help
	for name in $(commands; scripts); do
		[[ $name != legwork ]] || continue
		assert_line --regexp "^  $name +$("$name" --help | sed -n 2p)\$"
	done
	assert_line task:
	run -0 legwork help task
	refute_line --regexp '^  chat-'
	assert_line --regexp '^  task-add +'
	run -74 --separate-stderr bash -c 'legwork help >/dev/full'
	assert_equal "$stderr" 'legwork: stdout: No space left on device'
	run -74 --separate-stderr bash -c 'legwork help >&-'
	assert_equal "$stderr" 'legwork: stdout: Bad file descriptor'
}

@test "legwork help: shows the page of a command, and of a format" {
	export MANWIDTH=80
	for words in 'task add' task-add; do
		# shellcheck disable=SC2086 # words
		run -0 legwork help $words
		assert_line --index 0 --regexp '^TASK-ADD\(1\)'
	done
	run -0 legwork help legwork-record
	assert_line --index 0 --regexp '^LEGWORK-RECORD\(5\)'
	run -0 legwork help legwork-config
	assert_line --index 0 --regexp '^LEGWORK-CONFIG\(5\)'
	run -0 legwork help legwork-tool
	assert_line --index 0 --regexp '^LEGWORK-TOOL\(7\)'
	run -0 legwork help overview
	assert_line --index 0 --regexp '^LEGWORK\(7\)'
	for name in legwork help; do
		run -0 legwork help "$name"
		assert_line --index 0 --regexp '^LEGWORK\(1\)'
	done
	run -0 legwork help run
	assert_line --index 0 --regexp '^LEGWORK-RUN\(1\)'
	run -0 legwork help status
	assert_line --index 0 --regexp '^STORE-STATUS\(1\)'
}

@test "legwork help: without man and mandoc, the command's own help; no such page is 66" {
	mkdir tools
	for tool in sh awk sed cat readlink printf tr sort; do
		ln -s "$(command -v "$tool")" tools
	done
	run -0 env PATH="$PWD/tools" "$bin/legwork" help task add
	assert_output "$(task-add --help)"
	run -66 env PATH="$PWD/tools" "$bin/legwork" help legwork-store
	assert_output --partial 'man(1) or mandoc(1) is needed'
	run -66 legwork help no such thing
	assert_output 'legwork: help: no command or page no-such-thing'
}

@test "legwork: all of it in other shells" {
	for shell in dash 'busybox sh' 'bash --posix' bash; do
		command -v "${shell%% *}" >/dev/null || continue
		# shellcheck disable=SC2086 # words
		run -0 $shell "$bin/legwork" task list --count
		assert_output 0
		# shellcheck disable=SC2086
		run -0 $shell "$bin/legwork" help
		assert_output "$(legwork help)"
		# shellcheck disable=SC2086
		run -64 $shell "$bin/legwork" nonsense
	done
}
