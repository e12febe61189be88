# Agents leave the crew.

load test_helper
load records

@test "agent-rm: removes agents, named in any case" {
	for role in a b c; do agent-add $role -- cat; done >/dev/null
	run -0 agent-rm C a
	assert_output ''
	assert_equal "$(agent-list --ids)" b
}

@test "agent-rm: one that is not there is named (66), and none is removed" {
	for role in a b; do agent-add $role -- cat; done >/dev/null
	run -66 --separate-stderr agent-rm a nobody b
	assert_equal "$stderr" 'agent-rm: agent nobody: no such role'
	assert_equal "$(agent-list --ids)" $'a\nb'
}

@test "agent-rm: a role may be added again, and is the last then" {
	for role in a b; do agent-add $role -- cat; done >/dev/null
	agent-rm a
	agent-add a -- cat >/dev/null
	assert_equal "$(agent-list --ids)" $'b\na'
}

@test "agent-rm: what the agent runs is finished" {
	mkfifo gate
	worker slow 'echo >started; read -r _ <gate; echo done'
	id=$(task-add --ids x)
	agent-run "$id" >/dev/null 3>&- &
	wait_until 30 test -e started
	agent-rm slow
	echo go >gate
	await_exit $!
	assert_equal "$(field "$id" '.status, .response')" $'completed\ndone'
}

@test "agent-rm: no role is misuse (64)" {
	run -64 agent-rm
}
