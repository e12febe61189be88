# What faults and limits share: the commands that write, a small store to run them on, and how one
# case of one command is tried.
#
# For each case the command runs once, on a copy of a small store, with one fault in it; then the
# store must be whole, and what was acknowledged there; then the same command runs again, and what
# it does must be there exactly once.
#
# The script that sources this after common.bash says what a fault is:
#   faulty CALL N FAULT WORD ...         run the command in the words, with the fault
# and, where it wants to,
#   place COMMAND CALL N FAULT           set SMALL to the folder in which the store shall be
#   before COMMAND CALL N FAULT          what comes just before that
#   after COMMAND CALL N FAULT STATUS    just after it, before the store is looked at
#   judge COMMAND WHAT                   what else must be so, whenever the store was found to be whole
# or makes, in WORK, COMMAND.template, another store for it, and COMMAND.given, its history;
# and deals its cases out, a line COMMAND CALL N FAULT for each, to copies of itself: deal FILE; a
# copy (is_part) does no more than try_all.

# --- the commands: each reads $case, works on $LEGWORK_STORE, and prints

# An agent that says who it is, and answers.
# shellcheck disable=SC2016 # for the agent's shell
agent_script='read -r line; echo "$LEGWORK_RUN $LEGWORK_TASK_ID" >>"$LEGWORK_STORE.ran"; echo "did $line"'

run_task_add() { "$@" task-add --key key-1 --chat "$chat" 'do a thing'; }
run_chat_new() { "$@" chat-new --title "$title" --user ann; }
run_chat_post() { "$@" chat-post <"$WORK/events"; }
run_agent_add() { "$@" agent-add smith --skill iron -- /bin/cat; }
run_agent_rm() { "$@" agent-rm old; }
run_task_split() { "$@" task-split <"$WORK/plan"; }
run_agent_run() { "$@" agent-run "$ready"; }
run_task_watch() { "$@" task-watch --drain | task-run -j1; return "${PIPESTATUS[0]}"; }
run_task_run() { task-watch --drain | "$@" task-run -j1; return "${PIPESTATUS[1]}"; }
run_store_compact() { "$@" store-compact; }
run_store_load() { "$@" store-load <"$WORK/records"; }
run_task_retry() { "$@" task-retry "$failed"; }
run_task_edit() { "$@" task-edit --priority high --instruction 'another thing' "$edited"; }
run_task_rm() { "$@" task-rm "$doomed"; }
run_chat_edit() { "$@" chat-edit --title named "$unnamed"; }
run_chat_rm() { "$@" chat-rm "$doomed_chat"; }
run_chat_watch() { "$@" chat-watch "$chat" --since 0 --cursor reader --count 3 --format json; }

# those that change what is there
changes=(task_retry task_edit task_rm chat_edit chat_rm)
# shellcheck disable=SC2034 # the scripts use it
commands=(task_add chat_post agent_run chat_new agent_add agent_rm task_split task_watch store_load chat_watch
	"${changes[@]}")

# history COMMAND PHASE FILE - what the command has to have done by then
history() {
	local id key
	case $1 in
	task_add_many) for ((id = 1; id <= 20; id++)); do say "$3" task.add "many-$id" "$2"; done ;;
	task_add*) say "$3" task.add key-1 "$2" ;;
	chat_new) say "$3" chat.new "$title" "$2" ;;
	chat_post) for id in "${posted[@]}"; do say "$3" chat.post "$id" "$2"; done ;;
	agent_add) say "$3" agent.add smith "$2" ;;
	agent_rm) say "$3" agent.rm old "$2" ;;
	task_retry) say "$3" task.retry given-3 "$2" ;;
	task_edit) say "$3" task.edit given-4 "$2" ;;
	task_rm) say "$3" task.rm given-5 "$2" ;;
	chat_edit) say "$3" chat.new named "$2" ;;
	chat_rm) say "$3" chat.rm doomed "$2" ;;
	task_split) say "$3" task.split "$parent" "$2" '"count":2' ;;
	agent_run | task_watch | task_run) [[ $2 = ok ]] || say "$3" task.run "$ready" "$2" ;;
	store_load) for key in "${loaded[@]}"; do say "$3" store.load "$key" "$2"; done ;;
	chat_watch) say "$3" cursor "reader/$chat" "$2" '"seq":0' ;;
	esac
}

# again COMMAND - the same once more; for a claim that is the pipeline's business
again() {
	case $1 in
	agent_run | task_watch | task_run)
		task-watch --drain | task-run -j1 >/dev/null && [[ $(task-show "$ready" | jq -r .status) = completed ]]
		;;
	agent_rm | task_rm | chat_rm) "run_$1" env 2>&1 || [[ $? = 66 ]] ;;
	*) "run_$1" ;;
	esac
}

make_template() {
	local id
	export LEGWORK_STORE=$WORK/template
	title=first && chat=$(run_chat_new env | jq -r .id) && say "$WORK/given" chat.new first invoke &&
		say "$WORK/given" chat.new first ok
	for id in 1 2 3; do
		printf '{"id":"00000000-0000-4000-8000-00000000000%d","type":"message","user_id":"ann","chat_id":"%s","data":{"text":"word %d"}}\n' \
			"$id" "$chat" "$id" | chat-post --ids | {
			read -r id && say "$WORK/given" chat.post "$id" invoke && say "$WORK/given" chat.post "$id" ok
		}
	done
	agent-add old -- /bin/cat >/dev/null
	agent-add worker -- /bin/bash -c "$agent_script" >/dev/null
	for id in old worker; do say "$WORK/given" agent.add "$id" invoke; say "$WORK/given" agent.add "$id" ok; done
	# pending and waiting for ever, so that no pipeline touches it: the parent of the split
	parent=$(task-add --key given-1 --ids 'the parent')
	ready=$(task-add --key given-2 --ids --agent worker 'a ready task')
	for id in given-1 given-2; do say "$WORK/given" task.add "$id" invoke; say "$WORK/given" task.add "$id" ok; done
	printf '{"task_id":"%s","plan":{"subtasks":[{"title":"a","description":"part a","priority":"medium","assigned_to":"worker"},{"title":"b","description":"part b","priority":"medium","assigned_to":"worker"}]}}\n' \
		"$parent" >"$WORK/plan"
	posted=(10000000-0000-4000-8000-000000000001 10000000-0000-4000-8000-000000000002)
	for id in "${posted[@]}"; do
		printf '{"id":"%s","type":"message","user_id":"ann","chat_id":"%s","data":{"text":"news"}}\n' "$id" "$chat"
	done >"$WORK/events"
	loaded=(agent/loader note/one)
	printf '%s\n' '{"key":"agent/loader","sets":["agents"],"names":[],"value":{"role":"loader"}}' \
		'{"key":"note/one","sets":["notes"],"names":["alias/one"],"value":{"text":"a note"}}' >"$WORK/records"
	say "$WORK/given" agent.add loader invoke # by store-load, maybe
	make_changes
	declare -p chat parent ready posted loaded failed edited doomed unnamed doomed_chat >"$WORK/names"
}

# For what is changed: a task that has failed, with last words that nobody has posted, and others.
make_changes() {
	local id command given=$WORK/given.changes
	cp -a "$WORK/template" "$WORK/changes"
	cp "$WORK/given" "$given"
	export LEGWORK_STORE=$WORK/changes
	agent-add failing -- /bin/false >/dev/null
	say "$given" agent.add failing invoke && say "$given" agent.add failing ok
	failed=$(task-add --key given-3 --ids --agent failing 'a task that fails')
	edited=$(task-add --key given-4 --ids 'a thing')
	doomed=$(task-add --key given-5 --ids 'a thing to be deleted')
	for id in given-3 given-4 given-5; do say "$given" task.add "$id" invoke; say "$given" task.add "$id" ok; done
	agent-run "$failed" >/dev/null
	unnamed=$(chat-new --user ann --ids)
	doomed_chat=$(chat-new --user ann --title doomed --ids)
	say "$given" chat.new doomed invoke && say "$given" chat.new doomed ok
	id=$(chat-post --ids "$doomed_chat" 'what nobody will read')
	say "$given" chat.post "$id" invoke # it may go
	for command in "${changes[@]}"; do
		cp -a "$WORK/changes" "$WORK/$command.template"
		cp "$given" "$WORK/$command.given"
	done
	export LEGWORK_STORE=$WORK/template
}

does_tasks() { [[ $1 = agent_run || $1 = task_watch || $1 = task_run ]]; }

# template_of COMMAND - what a pipeline would run besides the one task is in the way
template_of() {
	local name=template
	! does_tasks "$1" || name=alone
	[[ ! -e $WORK/$1.template ]] || name=$1.template
	printf '%s\n' "$WORK/$name"
}

template_for() { cp -a "$(template_of "$1")" "$LEGWORK_STORE"; }

make_alone() { # only the ready task may run; the other has ended
	cp -a "$WORK/template" "$WORK/alone"
	LEGWORK_STORE=$WORK/alone bash -c 'agent-run "$1" >/dev/null' - "$parent"
	rm -f "$WORK/alone.ran"
}

# --- one case

place() { :; }
before() { :; }
after() { :; }
judge() { :; }

# one_line COMMAND FILE - that is what it says on stderr, besides what the shell says of signals; in
# a pipeline others may speak, too, or instead of it where its reader has gone
one_line() {
	local shell="^[^ ]*$NAME: line [0-9]*: "
	if [[ $1 = task_watch || $1 = task_run ]]; then
		[[ $(grep -c "^${1//_/-}: " "$2") -le 1 ]] && grep -q '^[a-z]*-[a-z]*: ' "$2"
	else # what is damaged is said before it is salvaged
		[[ $(grep -v "$shell" "$2" | grep -vc '^store-check: journal/.*: damaged behind byte ') -le 1 ]] &&
			grep -qv "$shell" "$2"
	fi
}

# first_run COMMAND CALL N FAULT - its status; of a pipeline that of the command that is hurt
first_run() {
	{ "run_$1" faulty "$2" "$3" "$4" >"$CASE.out" 2>"$CASE.err"; } 2>/dev/null
}

try() { # COMMAND CALL N FAULT
	local what="$*" status given
	CASE=$WORK/case-$BASHPID
	place "$@"
	export LEGWORK_STORE=${SMALL:-$CASE}${SMALL:+/store} LEGWORK_LOCK_WAIT=10
	rm -rf "$CASE" "$CASE".* "$LEGWORK_STORE" "$LEGWORK_STORE".*
	template_for "$1"
	title=one
	given=$WORK/$1.given
	[[ -e $given ]] || given=$WORK/given
	cp "$given" "$CASE.history"
	history "$1" invoke "$CASE.history"
	before "$@"
	first_run "$@"
	status=$?
	if ((status == 124)); then
		wrong "$what: does not end"
	elif ((status == 0)); then
		history "$1" ok "$CASE.history"
	elif ((status != 137)) && [[ $2 != closed ]] && ! one_line "$1" "$CASE.err"; then
		wrong "$what: status $status, on stderr: $(tr '\n' '|' <"$CASE.err")"
	fi
	after "$@" "$status"
	verify "$LEGWORK_STORE" "$what (status $status), then" "$CASE.history" || return
	judge "$1" "$what (status $status)"
	title=two
	history "$1" invoke "$CASE.history"
	again "$1" >"$CASE.out2" 2>"$CASE.err" ||
		wrong "$what (status $status): once more: status $?: $(tr '\n' '|' <"$CASE.err")"
	history "$1" ok "$CASE.history"
	! does_tasks "$1" || say "$CASE.history" task.run "$ready" ok
	verify "$LEGWORK_STORE" "$what (status $status), and once more" "$CASE.history"
	judge "$1" "$what (status $status), and once more"
	if [[ $1 = chat_watch ]]; then
		check-history --store "$LEGWORK_STORE.dump" --view "$CASE.out" --whole "$CASE.out2" \
			"$CASE.history" >"$CASE.view" || wrong "$what: $(cat "$CASE.view")"
	fi
}

# --- all cases

is_part() { [[ ${IS_PART-} ]]; }

try_all() { # the cases on stdin
	local command call n fault
	# shellcheck disable=SC1091
	. "$WORK/names"
	while read -r command call n fault; do
		try "$command" "$call" "$n" "$fault"
	done
}

deal() { # FILE - to JOBS copies of the script
	local i jobs=${JOBS:-2}
	for ((i = 0; i < jobs; i++)); do
		awk -v n="$jobs" -v i="$i" 'NR % n == i' "$1" | IS_PART=1 "$0" &
	done
	wait
}
