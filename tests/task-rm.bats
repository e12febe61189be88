# Tasks are deleted.

load test_helper
load records

@test "task-rm: deletes tasks with their logs, and frees their keys" {
	worker ok 'echo ok'
	a=$(task-add --ids -k key a) b=$(task-add --ids b)
	agent-run "$a" | chat-post >/dev/null
	chat=$(field "$a" .chat_id)
	[[ -e $LEGWORK_STORE/logs/agents/$a.log ]]
	run -0 task-rm "${a:0:8}" "$b"
	assert_output ''
	assert_equal "$(task-list --count)" 0
	[[ ! -e $LEGWORK_STORE/logs/agents/$a.log ]]
	run -66 task-show "$a"
	assert_equal "$(chat-show "$chat" --format json | wc -l)" 4
	[[ $(task-add --ids -k key a) != "$a" ]]
	store-check
}

@test "task-rm: the folder where its tools worked goes, with all that is in it, and no more" {
	id=$(task-add --ids one)
	mkdir -m 700 "$LEGWORK_STORE/work"
	mkdir -p "$LEGWORK_STORE/work/$id/deep/er" kept
	touch kept/file "$LEGWORK_STORE/work/$id/deep/er/file"
	ln -s "$PWD/kept" "$LEGWORK_STORE/work/$id/link"
	mkfifo "$LEGWORK_STORE/work/$id/fifo"
	chmod 000 "$LEGWORK_STORE/work/$id/deep/er"
	chmod 500 "$LEGWORK_STORE/work/$id/deep"
	task-rm "$id"
	[[ ! -e $LEGWORK_STORE/work/$id ]]
	[[ -e kept/file ]]
}

@test "task-rm: one that is not there is named (66), and none is deleted" {
	a=$(task-add --ids a)
	run -66 --separate-stderr task-rm "$a" deadbeef
	assert_equal "$stderr" 'task-rm: task deadbeef: no such task'
	assert_equal "$(task-list --count)" 1
}

@test "task-rm: one that runs is refused (75), and with it all" {
	mkfifo gate
	worker wait 'read -r _ <gate; echo ok'
	a=$(task-add --ids a) b=$(task-add --ids b)
	agent-run "$b" >/dev/null 3>&- &
	wait_field "$b" .status in_progress
	for option in '' --force; do
		run -75 --separate-stderr task-rm $option "$a" "$b"
		assert_equal "$stderr" "task-rm: task ${b:0:8}: is running"
	done
	assert_equal "$(task-list --count)" 2
	echo go >gate
	await_exit $!
	task-rm "$a" "$b"
}

@test "task-rm: one that others wait for is refused (75), unless they go, too, or are forced to fail" {
	a=$(task-add --ids a) b=$(task-add --ids -d "$a" b) c=$(task-add --ids -d "$b" c)
	run -75 --separate-stderr task-rm "$a"
	assert_equal "$stderr" "task-rm: task ${a:0:8}: task ${b:0:8} waits for it"
	task-rm --force "$a"
	is_field "$b" '.status, .error.category, .error.message' "failed
dependency
dependency ${a:0:8} was cancelled: it was deleted"
	is_field "$c" .status failed
	task-rm "$c" "$b"
	assert_equal "$(task-list --count)" 0
}

@test "task-rm: a parent goes with its tree, a subtask not without it (75)" {
	agent-add counter -- wc -l >/dev/null
	p=$(task-add --ids $'do\n- one\n- two')
	task-show "$p" | task-plan | task-split
	s=$(task-list | jq -r 'select(.instruction == "one").id')
	run -75 --separate-stderr task-rm "$s"
	assert_equal "$stderr" "task-rm: task ${s:0:8}: its parent ${p:0:8} waits for it"
	task-rm "$s" "$p"
	assert_equal "$(task-list --count)" 0
}

@test "task-rm: by force a subtask fails its parent, or leaves one that keeps going" {
	agent-add counter -- wc -l >/dev/null
	for option in '' --keep-going; do
		p=$(task-add --ids $'do\n- one\n- two\n'"$option")
		task-show "$p" | task-plan | task-split $option
		s=$(task-list | jq -r --arg p "$p" 'select(.parent_id == $p).id' | head -n 1)
		task-rm --force "$s"
		if [[ $option ]]; then
			is_field "$p" '.status, .waiting, .subtasks.total' $'pending\nsubtasks\n1'
		else
			is_field "$p" '.status, .error.category' $'failed\ndependency'
		fi
	done
}

@test "task-rm: a task-wait ends (66)" {
	id=$(task-add --ids a)
	task-wait "$id" 2>err 3>&- &
	waiter=$!
	wait_until 30 compgen -G "$LEGWORK_STORE/watch/task-$id/*" >/dev/null
	task-rm "$id"
	status=0
	await_exit $waiter || status=$?
	assert_equal "$status" 66
	assert_equal "$(cat err)" "task-wait: task $id: no such task"
}

@test "task-rm: a task that was handed out is reported by the pipeline, which goes on" {
	worker echo cat
	a=$(task-add --ids $'do\n- one\n- two') b=$(task-add --ids b)
	task-watch >handed 3>&- &
	watcher=$!
	wait_until 30 has_lines handed 2
	task-plan <handed >planned
	task-rm "$a"
	run -65 --separate-stderr task-split <planned
	assert_equal "$stderr" "task-split: stdin:1: task $a: no such task"
	printf '%s\n' "$output" >plain
	assert_equal "$(jq -r .id plain)" "$b"
	run -65 --separate-stderr task-run <handed
	assert_equal "$stderr" "task-run: stdin:1: task $a: no such task"
	is_field "$b" .status completed
	run -66 --separate-stderr agent-run <handed
	assert_equal "$stderr" "agent-run: stdin:1: task $a: no such task"
	c=$(task-add --ids c)
	wait_until 30 has_lines handed 3
	assert_equal "$(tail -n 1 handed | jq -r .id)" "$c"
	kill "$watcher"
	await_stopped "$watcher"
}

@test "task-rm: --drain does not wait for what was deleted" {
	id=$(task-add --ids a)
	task-watch --drain >handed 3>&- &
	watcher=$!
	wait_until 30 has_lines handed 1
	task-rm "$id"
	await_exit "$watcher"
}

@test "task-rm: who depended on what is gone can be tried again" {
	worker echo cat
	a=$(task-add --ids a) b=$(task-add --ids -d "$a" b)
	task-rm --force "$a"
	task-retry "$b" >/dev/null
	agent-run "$b" >/dev/null
	is_field "$b" .status completed
}

@test "task-rm: no operand is misuse (64)" {
	run -64 task-rm
}
