# A tool that runs shell commands.

load test_helper

call() { tool-run <<<"$1"; } # ARGUMENTS

@test "tool-run: declares itself" {
	run -0 tool-run --schema
	run -0 jq -c '[.name, .idempotent, .parameters.type, .parameters.required, (.parameters.properties | keys)]' <<<"$output"
	assert_output '["run",false,"object",["command"],["command","timeout_s"]]'
}

@test "tool-run: prints both outputs as they come, and the exit status" {
	run -0 --separate-stderr call '{"command":"echo one; echo two >&2; echo three; exit 3"}'
	assert_output $'one\ntwo\nthree\n[exit status 3]'
	assert_equal "$stderr" ''
	run -0 call '{"command":"printf x"}'
	assert_output $'x\n[exit status 0]'
	run -0 call '{"command":""}'
	assert_output '[exit status 0]'
	run -0 call '{"command":"kill -9 $$"}'
	assert_output '[killed by signal 9]'
}

@test "tool-run: what is printed can be read before the command has ended" {
	mkfifo out
	tool-run <<<'{"command":"echo begun; until [ -e go ]; do sleep 0.02; done"}' >out 3>&- &
	exec {fd}<out
	read -r -u "$fd" line
	assert_equal "$line" begun
	touch go
	await_exit $!
}

@test "tool-run: the command has nothing to read, and starts where we are" {
	run -0 call '{"command":"cat; pwd"}'
	assert_output "$(pwd -P)"$'\n[exit status 0]'
}

@test "tool-run: arguments are not interpolated" {
	run -0 tool-run <<<"$(jq -n --arg c $'echo "a\'b" \'$(x)\'\necho second' '{command: $c}')"
	assert_output $'a\'b $(x)\nsecond\n[exit status 0]'
}

@test "tool-run: a command that takes too long is ended, with all in its group (124)" {
	run -124 --separate-stderr call '{"command":"echo soon; sleep 600 & echo $! >child; wait","timeout_s":5}'
	assert_output soon
	assert_equal "$stderr" 'tool-run: no end within 5 s, so it was ended'
	wait_until 30 has_ended "$(<child)"
}

@test "tool-run: what a command leaves in its group is ended with it" {
	run -0 call '{"command":"sleep 600 & echo $! >child; echo done"}'
	assert_output $'done\n[exit status 0]'
	wait_until 30 has_ended "$(<child)"
}

@test "tool-run: told to end, it ends the command (143)" {
	tool-run <<<'{"command":"sleep 600 & echo $! >child; wait"}' 3>&- &
	tool=$!
	wait_until 30 test -s child
	kill -TERM "$tool"
	await_exit "$tool" || status=$?
	assert_equal "$status" 143
	wait_until 30 has_ended "$(<child)"
}

@test "tool-run: ends the command when nobody reads (74)" {
	run -74 --separate-stderr bash -c 'tool-run <<<"{\"command\":\"yes\"}" >/dev/full'
	assert_equal "$stderr" 'tool-run: stdout: No space left on device'
}

@test "tool-run: arguments that are wrong are told in one line (65)" {
	while IFS=$'\t' read -r args why; do
		run -65 --separate-stderr call "$args"
		assert_equal "$stderr" "tool-run: $why"
		assert_output ''
	done <<-'END'
		{}	command: is missing
		{"command":7}	command: want a string without U+0000
		{"command":"a\u0000b"}	command: want a string without U+0000
		{"command":"x","timeout_s":0}	timeout_s: want a whole number from 1 to 86400
		{"command":"x","timeout_s":1.5}	timeout_s: want a whole number from 1 to 86400
		{"command":"x","cwd":"/"}	cwd: there is no such argument; there are: command timeout_s
		nonsense	arguments: byte 1: not a JSON value
	END
	run -65 --separate-stderr call '["x"]'
	run -64 tool-run x
}
