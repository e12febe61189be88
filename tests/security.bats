# What a store does when somebody means harm: by what lies in its folder, by what it is told, by
# what an agent prints, and by what stands in the environment.

load test_helper
load records

export BATS_TEST_TIMEOUT=400 # all commands with each of all files take their time where others work, too

setup() {
	common_setup
	victim=$BATS_TEST_TMPDIR/victim # a file, and a folder with one, that nobody may touch
	echo precious >"$victim"
	mkdir "$victim.d"
	echo precious >"$victim.d/file"
	# everything that drives a terminal or turns the direction of writing, and letters between
	printf -v evil 'a\001b\a\b\t\v\f\rc\e[31md\e]0;title\a\177\u0080\u0085\u009b31m\u009fe\u202af\u202eg\u2066h\u2069i\u200bj\u2060k\u00adl\u3164m\ufeffn\U000e0041o'
}

# --- helpers

assert_victims() {
	assert_equal "$(<"$victim")" precious
	assert_equal "$(ls -A "$victim.d"):$(<"$victim.d/file")" file:precious
	assert_not_exist "$victim.new"
}

# without_powers COMMAND ... - as somebody whom modes of files concern: root without that right
without_powers() {
	if [[ $EUID != 0 ]]; then
		"$@"
	else
		setpriv --bounding-set=-dac_override,-dac_read_search \
			--inh-caps=-dac_override,-dac_read_search -- "$@"
	fi
}

# put KIND PATH - something in the place of a file or folder of ours
put() {
	rm -rf "${2:?}"
	mkdir -p "$(dirname "$2")"
	case $1 in
	link) ln -s "$victim" "$2" ;;
	folder-link) ln -s "$victim.d" "$2" ;;
	dangling) ln -s "$victim.new" "$2" ;;
	fifo) mkfifo -m 0600 "$2" ;;
	folder) mkdir -m 0700 "$2" && : >"$2/something" ;;
	foreign) : >"$2" && chown 1:1 "$2" ;;
	foreign-folder) mkdir -m 0700 "$2" && chown 1:1 "$2" ;;
	open-folder) mkdir "$2" && chmod 0777 "$2" ;;
	closed) : >"$2" && chmod 0 "$2" ;;
	esac
}

# All that we make or open in a store's folder; ID: a task's.
files=(gate lock mark compact index.gdbm index.ckpt index.ckpt.new index.check index.salvage
	journal/00000001.jsonl journal/00000002.jsonl journal/base.new journal/00000002.base.jsonl
	logs/agents/ID.log)
folders=(journal watch watch/tasks watch/store run logs logs/agents)

# What is tried on each; among them is everything that makes a file.  $id: a task, ready.
tries=('task-list' 'task-add more' 'store-check --salvage' 'store-compact' "agent-run ID"
	'task-watch --drain --agent none' 'task-run')

make_template() {
	agent-add echo -- cat >/dev/null
	id=$(task-add --ids one)
	agent-run "$(task-add --ids two)" | chat-post >/dev/null
	mv "$LEGWORK_STORE" "$LEGWORK_STORE.template"
}

# try_all KIND NAME ... - that in the place of each: no command hangs or says less than it should
try_all() {
	local kind=$1 name command status
	shift
	for name; do
		for command in "${tries[@]}"; do
			rm -rf "$LEGWORK_STORE"
			cp -a "$LEGWORK_STORE.template" "$LEGWORK_STORE"
			put "$kind" "$LEGWORK_STORE/${name/ID/$id}"
			status=0
			# shellcheck disable=SC2086 # words
			without_powers timeout -s KILL 20 ${command/ID/$id} </dev/null >out 2>err 3>&- || status=$?
			is_well "${command%% *}" "$status" ||
				{ printf '%s in the place of %s: %s: status %s\n' "$kind" "$name" "$command" "$status"; cat err; return 1; }
		done
	done
	assert_victims
}

# Either it worked in silence, or one line names what is in the way, and the status is documented.
is_well() { # COMMAND STATUS
	case $2 in
	0) [[ ! -s err ]] || grep -q 'damaged\|missing' err ;; # what --salvage has mended
		65 | 66 | 71 | 73 | 74 | 77) grep -q "^$1: ." err && [[ $(tail -n 1 err | wc -l) = 1 ]] &&
		{ [[ $(wc -l <err) = 1 ]] || grep -q 'damaged\|missing' err; } ;;
	*) false ;;
	esac
}

# --- what lies under our names

@test "a store's files: a symbolic link in the place of one is not followed" {
	make_template
	try_all link "${files[@]}"
	try_all dangling "${files[@]}"
}

@test "a store's files: a FIFO in the place of one is not waited for" {
	make_template
	try_all fifo "${files[@]}"
}

@test "a store's files: a folder in the place of one, one of another user, one that may not be read" {
	make_template
	try_all folder "${files[@]}"
	try_all closed "${files[@]}"
	[[ $EUID = 0 ]] || return 0
	try_all foreign "${files[@]}"
	rm -rf "$LEGWORK_STORE"
	cp -a "$LEGWORK_STORE.template" "$LEGWORK_STORE"
	chown 1:1 "$LEGWORK_STORE/journal/00000001.jsonl" # with all its lines: who owns it may change them
	run -77 --separate-stderr task-list
	assert_equal "$stderr" 'task-list: journal/00000001.jsonl: Operation not permitted'
}

@test "a store's folders: links, FIFOs and files in their places are not followed" {
	make_template
	try_all folder-link "${folders[@]}"
	try_all fifo "${folders[@]}"
	try_all link "${folders[@]}"
}

@test "a store's folders: each must be as private as the store (77)" {
	make_template
	for name in journal watch run logs logs/agents; do
		for kind in open-folder foreign-folder; do
			[[ $kind = open-folder || $EUID = 0 ]] || continue
			rm -rf "$LEGWORK_STORE"
			cp -a "$LEGWORK_STORE.template" "$LEGWORK_STORE"
			put $kind "$LEGWORK_STORE/$name"
			run -77 --separate-stderr task-list
			assert_equal "${#stderr_lines[@]}" 1
			assert_regex "$stderr" "^task-list: .*${name##*/}: (others may write to it|belongs to another user)"
		done
	done
}

@test "an index that is no file of ours gives way to a new one" {
	make_template
	for kind in link fifo foreign closed; do
		[[ $kind != foreign || $EUID = 0 ]] || continue
		rm -rf "$LEGWORK_STORE"
		cp -a "$LEGWORK_STORE.template" "$LEGWORK_STORE"
		put $kind "$LEGWORK_STORE/index.gdbm"
		run -0 --separate-stderr without_powers timeout -s KILL 20 task-list --count
		assert_equal "$output$stderr" 2
		[[ -f $LEGWORK_STORE/index.gdbm && ! -L $LEGWORK_STORE/index.gdbm ]]
	done
	ln -f "$victim" "$LEGWORK_STORE/index.gdbm" # another name of the same file
	run -0 task-list --count
	assert_victims
}

@test "doorbells: only FIFOs of ours are written to" {
	agent-add echo -- cat >/dev/null
	mkdir -p "$LEGWORK_STORE"/watch/{tasks,store,chats}
	chmod -R go= "$LEGWORK_STORE"
	for topic in tasks store chats; do
		cd "$LEGWORK_STORE/watch/$topic"
		ln -s "$victim" 00000000-0000-4000-8000-000000000001
		ln -s "$victim.new" 00000000-0000-4000-8000-000000000002
		cp "$victim" 00000000-0000-4000-8000-000000000003
		mkdir 00000000-0000-4000-8000-000000000004
		mkfifo 00000000-0000-4000-8000-000000000005 .00000000-0000-4000-8000-000000000006 # nobody reads them
		ln -s /dev/full 00000000-0000-4000-8000-000000000007
		if [[ $EUID = 0 ]]; then
			mkfifo foreign
			chown 1:1 foreign
		fi
	done
	cd "$BATS_TEST_TMPDIR/here"
	run -0 --separate-stderr timeout -s KILL 20 task-add one
	assert_equal "$stderr" ''
	run -0 --separate-stderr timeout -s KILL 20 chat-new
	assert_equal "$stderr" ''
	run -0 --separate-stderr timeout -s KILL 20 bash -c 'task-watch --drain | task-run | chat-post'
	assert_equal "$stderr" ''
	assert_victims
	for topic in tasks store chats; do
		cd "$LEGWORK_STORE/watch/$topic"
		assert_equal "$(<00000000-0000-4000-8000-000000000003)" precious
		[[ ! -e 00000000-0000-4000-8000-000000000005 ]] # nobody read it
		[[ $EUID != 0 || -p foreign ]]
		rm -f .00000000-0000-4000-8000-000000000006 foreign
	done
}

@test "leases: what lies among them is neither followed nor waited for" {
	agent-add echo -- cat >/dev/null
	mkdir -p "$LEGWORK_STORE/run"
	chmod -R go= "$LEGWORK_STORE"
	cd "$LEGWORK_STORE/run"
	ln -s "$victim" 00000000-0000-4000-8000-000000000001
	ln -s "$victim.d" 00000000-0000-4000-8000-000000000002
	mkfifo 00000000-0000-4000-8000-000000000003
	mkdir 00000000-0000-4000-8000-000000000004
	printf '%s 1\n' "$$" >00000000-0000-4000-8000-000000000005 # ours, but it holds nothing
	ln -s ../../victim ..victim
	cd "$BATS_TEST_TMPDIR/here"
	for lease in 1 2 3 4 5; do
		printf '{"instruction":"%s","id":"00000000-0000-4000-8000-00000000001%s"}\n' $lease $lease
	done | task-add >/dev/null
	store-dump | jq -c 'if .key | startswith("task/") then (.key | .[-1:]) as $n |
		.sets = ["tasks", "status.in_progress"] | .value.status = "in_progress" |
		.value.lease = "00000000-0000-4000-8000-00000000000\($n)" else . end' >dump
	rm -rf "$LEGWORK_STORE/journal" "$LEGWORK_STORE"/index.* "$LEGWORK_STORE/mark"
	store-load <dump
	run -0 --separate-stderr timeout -s KILL 60 bash -c 'task-watch --drain | task-run -j3 | chat-post'
	assert_equal "$stderr" ''
	run -0 task-list
	assert_jq 'length == 5 and all(.status == "completed")'
	assert_victims
}

# --- where the store is

# at PATH STATUS - task-add with that store
at() {
	local status=0
	LEGWORK_STORE=$1 timeout -s KILL 20 task-add x </dev/null >out 2>err || status=$?
	[[ $status = "$2" && ($2 = 0 || $(wc -l <err) = 1) ]] ||
		{ printf 'LEGWORK_STORE=%q: status %s: %s\n' "${1:0:60}" "$status" "$(<err)"; return 1; }
}

@test "LEGWORK_STORE: odd paths are stores, or refused with one line" {
	at relative 0
	at slash/ 0
	at a//b///c// 0
	at a/../up 0
	at ./-x 0
	at "$(printf 'new\nline \e[31m')" 0
	mkdir real && ln -s real link
	at link 0
	assert_dir_exist real/journal
	ln -s nowhere dangling
	at dangling 73
	assert_not_exist nowhere
	: >file
	at file 73
	at file/below 73
	mkfifo fifo
	at fifo 73
	at /dev/null 73
	at /proc/none 73
	at "$(printf '%05000d' 0)" 73
	at "$(printf 'folder/%.0s' {1..1000})" 73
	at '' 0 # as if it were not set
	assert_dir_exist "$XDG_DATA_HOME/legwork/journal"
}

@test "LEGWORK_STORE: a folder that others may write to, or of another user, is refused by every command (77)" {
	need_commands
	mkdir -m 0700 theirs sticky open group
	chmod 0777 open && chmod 1777 sticky && chmod 0770 group
	[[ $EUID = 0 ]] && chown 1:1 theirs || { rmdir theirs && ln -s /usr theirs; }
	for store in theirs sticky open group; do
		for name in $(commands); do
			case $name in # which want operands
			agent-add) words=(role cat) ;;
			agent-rm | agent-run | chat-rm | chat-show | chat-watch | task-retry | task-rm | task-show | \
				task-approve | task-wait | task-why) words=(abcdef) ;;
			chat-edit) words=(abcdef --title x) ;;
			task-edit) words=(abcdef --priority high) ;;
			task-add) words=(x) ;;
			agent-cancel | agent-log) words=(abcdef) ;;
			chat-session) words=(--user ann) ;;
			agent-spawn) words=(-a cat 'count the files') ;;
			llm-chat | mcp-call | mcp-serve | task-draft | tool-read-file | tool-run | tool-write-file) continue ;; # they have no store
			agent-import | tool-create-task | tool-post-message) continue ;; # they look at what they read first
			*) words=() ;;
			esac
			LEGWORK_STORE=$PWD/$store run -77 --separate-stderr "$name" "${words[@]}" <<<'{"instruction":"x","plan":{"subtasks":[]}}'
			assert_equal "${#stderr_lines[@]}" 1
			assert_regex "$stderr" "^$name: .*/$store: (others may write to it|belongs to another user)"
		done
		[[ $store = theirs && $EUID != 0 ]] || assert_equal "$(ls -A "$store")" ''
	done
}

# --- what we make

# A store in which everything has been made.
make_all() {
	agent-add echo -- bash -c 'cat; echo word >&2' >/dev/null
	chat=$(chat-new --ids)
	task-add --chat "$chat" one >/dev/null
	task-watch --drain | task-plan | task-split | task-run | chat-post >/dev/null
	store-compact >/dev/null
	printf torn >>"$(printf '%s\n' "$LEGWORK_STORE"/journal/*.jsonl | tail -n 1)"
	task-add two >/dev/null
	sed -i '1s/value/VALUE/' "$(printf '%s\n' "$LEGWORK_STORE"/journal/*.base.jsonl | head -n 1)"
	store-check --salvage >/dev/null 2>&1
	store-compact >/dev/null
}

@test "whatever the umask, folders are 0700 and files 0600" {
	keep_fifos=1 # of a viewer that is killed
	for mask in 000 022 777 377; do
		(
			umask "$mask"
			LEGWORK_STORE=$BATS_TEST_TMPDIR/store.$mask
			export -f make_all
			without_powers bash -c make_all
			chat-watch --all >/dev/null 3>&- &
			umask 077
			wait_until 30 bash -c '[[ $(find "$LEGWORK_STORE/watch" -type p ! -name ".*") ]]'
			odd=$(find "$LEGWORK_STORE" \( -type d ! -perm 0700 -o ! -type d ! -perm 0600 \) -printf '%M %P\n')
			kill -KILL $!
			[[ -z $odd ]] || { printf 'umask %s:\n%s\n' "$mask" "$odd"; false; }
			[[ -e $LEGWORK_STORE/index.ckpt && $(find "$LEGWORK_STORE/journal" -name 'torn.*') ]]
		)
	done
}

@test "an agent has the umask of who runs it" {
	agent-add masked -- sh -c umask >/dev/null
	for mask in 0022 0077 0000; do
		id=$(task-add --allow-duplicates --ids x)
		(umask $mask && agent-run "$id" >/dev/null)
		assert_equal "$(field "$id" .response)" $mask
	done
}

# --- ids and roles are not paths

bad_ids=(../../x /etc/passwd . .. '' '*' abcd/../../x "$(printf 'ab\ncd')" -- ../../../../../../../../../../tmp/x
	0123456789abcdef0123456789abcdef0123456789abcdef abcdefab-0000-4000-8000-../../../../x)

# refuses STATUS COMMAND ... - one line (two where it is misuse), in time, and nothing on stdout
refuses() {
	local status=0
	timeout -s KILL 20 "${@:2}" >out 2>err || status=$?
	[[ $status = "$1" && ! -s out && $(wc -l <err) = $(($1 == 64 ? 2 : 1)) ]] ||
		{ printf '%q ' "${@:2}"; printf ': status %s\n' "$status"; cat out err; return 1; }
}

@test "ids and roles on the command line: what is none is refused, whatever it looks like" {
	agent-add echo -- cat >/dev/null
	chat=$(chat-new --ids)
	find "$BATS_TEST_TMPDIR" -path "$PWD" -prune -o -printf '%P\n' | sort >before
	store-dump >dump
	for bad in "${bad_ids[@]}"; do
		for command in task-show task-wait task-why agent-run agent-rm chat-show chat-watch; do
			refuses 66 "$command" -- "$bad"
		done
		refuses 66 chat-post -- "$bad" text
		refuses 65 agent-add -- "$bad" cat
		refuses 66 task-add --agent="$bad" x
		refuses 66 task-add --depends-on="$bad" x
		refuses 66 task-add --chat="$bad" x
		refuses 66 task-list --chat="$bad"
		refuses 66 task-list --parent="$bad"
		refuses 66 task-watch --drain --chat="$bad"
		refuses 64 task-list --status="$bad"
		run -0 task-list --agent="$bad" # nobody's tasks
		assert_output ''
		run -0 timeout -s KILL 20 task-watch --drain --agent="$bad"
		assert_output ''
	done
	store-dump | cmp - dump
	find "$BATS_TEST_TMPDIR" -path "$PWD" -prune -o -printf '%P\n' | sort | diff before -
}

@test "keys, users and readers' names are names and no paths" {
	chat=$(chat-new --ids)
	find "$BATS_TEST_TMPDIR" -path "$PWD" -prune -o -printf '%P\n' | grep -v 'store/watch' | sort >before
	for name in ../../x /etc/passwd . .. '*' 'abcd/../../x'; do
		task-add --allow-duplicates --key "$name" x >/dev/null
		chat-post --user "$name" "$chat" hello >/dev/null
		chat-watch --cursor "$name" --since 0 --count 1 "$chat" >/dev/null
		assert_equal "$(task-add --allow-duplicates --key "$name" other | jq .duplicate)" true
	done
	find "$BATS_TEST_TMPDIR" -path "$PWD" -prune -o -printf '%P\n' | grep -v 'store/watch' | sort | diff before -
	run -0 store-check
	store-dump >dump
	LEGWORK_STORE=$BATS_TEST_TMPDIR/store.other run -0 store-load <dump
}

@test "ids and roles in records: what is none is refused (65), and nothing is written anywhere" {
	agent-add echo -- cat >/dev/null
	chat=$(chat-new --ids)
	id=$(task-add --ids --chat "$chat" one)
	find "$BATS_TEST_TMPDIR" -path "$PWD" -prune -o -printf '%P\n' | sort >before
	store-dump >dump
	whole='"priority":"low","assigned_to":"echo"'
	for bad in "${bad_ids[@]}" $'a\u0001b'; do
		bad=$(jq -n --arg bad "$bad" '$bad')
		refuses 65 task-add <<<"{\"instruction\":\"x\",\"id\":$bad}"
		refuses 65 task-add <<<"{\"instruction\":\"x\",\"chat_id\":$bad}"
		refuses 65 task-add <<<"{\"instruction\":\"x\",\"depends_on\":[$bad]}"
		refuses 65 task-add <<<"{\"instruction\":\"x\",\"agent\":$bad}"
		refuses 65 chat-post <<<"{\"type\":\"message\",\"data\":{\"text\":\"x\"},\"chat_id\":$bad}"
		refuses 65 chat-post <<<"{\"id\":$bad,\"type\":\"message\",\"data\":{\"text\":\"x\"},\"chat_id\":\"$chat\"}"
		refuses 65 task-split <<<"{\"task_id\":$bad,\"plan\":{\"subtasks\":[{\"title\":\"x\",$whole}]}}"
		status=0
		task-split >out 2>err <<<"{\"task_id\":\"$id\",\"plan\":{\"subtasks\":[{\"title\":\"x\",$whole,\"dependencies\":[$bad]}]}}" || status=$?
		assert_equal "$status $(wc -l <err) $(jq -r .decision.error.code out)" '65 1 no_plan'
		refuses 65 task-run <<<"{\"id\":$bad}"
		refuses 66 agent-run <<<"{\"id\":$bad}"
		refuses 65 store-load <<<"{\"key\":\"task/x\",\"sets\":[],\"names\":[],\"value\":{\"id\":$bad}}"
	done
	for nul in 'a\u0000b' '\u0000'; do
		refuses 65 task-add <<<"{\"instruction\":\"x\",\"key\":\"$nul\"}"
		refuses 65 task-add <<<"{\"instruction\":\"x\",\"id\":\"$nul\"}"
	done
	store-dump | cmp - dump
	find "$BATS_TEST_TMPDIR" -path "$PWD" -prune -o -printf '%P\n' | sort | diff before -
}

# load_line KEY VALUE [SETS] - a line of a dump
load_line() { printf '{"key":"%s","sets":%s,"names":[],"value":%s}\n' "$1" "${3:-[]}" "$2"; }

@test "store-load: no record becomes a path: of a log, a lease or a doorbell" {
	id=abcdefab-0000-4000-8000-000000000001
	tasks='["tasks","status.in_progress","outbox"]'
	while read -r what key value; do
		refuses 65 store-load < <(load_line "$key" "$value" "$tasks")
		grep -q "^store-load: stdin:1: $key: $what: " err || { cat err; false; }
	done <<-END
		id task/../../x {"id":"../../x","status":"completed","events":3}
		id task/$id {"id":"../../x"}
		id task/$id {}
		id task/$id {"id":5}
		lease task/$id {"id":"$id","instruction":"x","status":"in_progress","lease":"../../victim"}
		runner task/$id {"id":"$id","instruction":"x","status":"in_progress","runner":"../../victim"}
		chat_id task/$id {"id":"$id","instruction":"x","status":"pending","chat_id":"../../victim"}
		parent_id task/$id {"id":"$id","instruction":"x","status":"pending","parent_id":"../x"}
		id chat/../x {"id":"../x"}
		id chat/$id {"id":"abcdefab-0000-4000-8000-000000000002"}
		event event/../x/1 {"id":"$id","chat_id":"../x","seq":1,"type":"status","data":{}}
		event event/$id/1 {"id":"../x","chat_id":"$id","seq":1,"type":"status","data":{}}
		role agent/x {}
	END
	refuses 65 store-load < <(load_line agent/../x '{"role":"../x"}' '["agents"]')
	assert_equal "$(store-dump)" ''
	run -0 timeout -s KILL 20 bash -c 'task-watch --drain | task-run | chat-post'
	assert_victims
}

# --- texts that would drive a terminal

# assert_tame FILE ... - no control character is in it but the newline
assert_tame() {
	! LC_ALL=C grep -naP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xc2\xad|\xe2\x80[\x8b\xaa-\xae]|\xe2\x81[\xa0\xa6-\xa9]|\xe3\x85\xa4|\xef\xbb\xbf|\xf3\xa0[\x80\x81]' "$@" ||
		{ echo "control characters in $*"; return 1; }
}

@test "assert_tame: each control character is found" {
	for char in $'\001' $'\007' $'\t' $'\r' $'\033' $'\177' $'\u0080' $'\u009b' $'\u009f' $'\u202a' $'\u202e' $'\u2066' $'\u2069' $'\u00ad' $'\u200b' $'\u2060' $'\u3164' $'\ufeff' $'\U000e0001' $'\U000e007f'; do
		printf 'a%sb\n' "$char" >text
		run -1 assert_tame text
	done
	printf 'plain\n\u00a0\u2029\u2065\u206a\u202f\u200d\ufe0f\U000e0100\n' >text
	assert_tame text
}

@test "chat-show, chat-watch: no text of anybody reaches a terminal as it is" {
	worker evil 'cat; printf %s "$EVIL"; printf "\n"; jq -nc --arg t "$EVIL" "{type:\"status\",data:{message:\$t}},
		{type:\"thought\",data:{text:\$t}},{type:\"tool_use\",data:{name:\$t,args:{(\$t):\$t}}},
		{type:\"tool_result\",data:{name:\$t,result:\$t,status:\$t}},{type:\"error\",data:{message:\$t}},
		{type:\"approval_request\",data:{task_id:\$t,request_id:\$t,question:\$t}}"; echo "$EVIL" >&2; exit 1'
	chat=$(chat-new --ids --title "$evil")
	chat-post "$chat" "$evil" >/dev/null
	jq -nc --arg t "$evil" --arg chat "$chat" '
		{type:"message",data:{text:$t},session_id:$t,chat_id:$chat},
		{type:"message",data:{text:$t,task_id:$t},chat_id:$chat},
		{type:"status",data:{message:$t,task_id:"\($t)x"},chat_id:$chat},
		{type:"tool_use",data:{name:$t,task_id:$t,($t):$t},chat_id:$chat},
		{type:"token_usage",data:{input_tokens:$t},chat_id:$chat}' | chat-post >/dev/null
	jq -nc --arg t "$evil" --arg chat "$chat" '{instruction:$t,title:$t,chat_id:$chat,created_by:$t}' | task-add >/dev/null
	EVIL=$evil bash -c 'task-watch --drain | task-run | chat-post' >/dev/null
	chat-show --format text "$chat" >shown
	chat-watch --format text --since 0 --count "$(chat-show "$chat" | wc -l)" "$chat" >watched
	[[ $(wc -l <shown) -ge 15 && $(grep -c title shown) -ge 12 ]]
	assert_tame shown watched
	NO_COLOR=1 script -qec "stty cols 1000; chat-show $chat" /dev/null </dev/null | tr -d '\r' >terminal
	assert_tame terminal
	cmp shown <(sed -E 's/ \([0-9.]+ ?m?s\)$//' terminal) # a terminal is told how long it took
	chat-show --format json "$chat" >json # JSON escapes what RFC 8259 says
	LC_ALL=C run ! grep -naP '[\x00-\x09\x0b-\x1f]' json
}

@test "users: no name has a control character in it (65)" {
	chat=$(chat-new --ids)
	for char in $'\001' $'\t' $'\n' $'\033' $'\177' $'\u009b' $'\u202e' $'\u2066' $'\u200b' $'\U000e0041'; do
		user=a${char}b
		refuses 65 chat-new --user "$user"
		refuses 65 chat-new --user ann --member "$user"
		assert_tame err
		refuses 64 chat-post --user "$user" "$chat" text
		assert_tame err
	done
}

@test "every command: what it says on stderr drives no terminal, whatever it was given" {
	need_commands
	agent-add echo -- cat >/dev/null
	task-add --ids one >id
	agent-run "$(<id)" | chat-post >/dev/null
	{
		printf '%s\n' "$evil"
		jq -nc --arg t "$evil" --arg id "$(<id)" '{($t): $t}, {type: $t, data: {}, chat_id: $t},
			{type: "message", data: {text: "x"}, chat_id: $t},
			({instruction: $t} | ., .agent = $t, .id = $t, .priority = $t, .depends_on = [$t], .key = {($t): $t}),
			{id: $t}, {task_id: $t, plan: {subtasks: [{title: "x"}]}}, {task_id: $id, decision: $t, plan: $t},
			{task_id: $id, plan: {subtasks: [{title: $t, priority: $t, assigned_to: $t}]}},
			{key: $t, sets: $t, value: {}}, {key: "task/x", sets: [], names: [], value: {id: $t}},
			{key: "agent/x", sets: [], names: [], value: {role: $t}}'
	} >lines
	for name in $(commands); do
		ends=()
		[[ $name != task-watch ]] || ends=(--drain --agent nobody)
		{
			for word in "$evil" "--$evil" "-$evil"; do
				timeout -s KILL 20 "$name" "${ends[@]}" "$word" </dev/null || true
				timeout -s KILL 20 "$name" "${ends[@]}" "$(<id)" "$word" </dev/null || true
			done
			while IFS=$'\t' read -r _ option argument _; do
				[[ ! $argument ]] || timeout -s KILL 20 "$name" "${ends[@]}" "--$option=$evil" abcdef </dev/null || true
			done < <("$name" --options)
			timeout -s KILL 20 "$name" "${ends[@]}" <lines || true
			LEGWORK_STORE=/proc/$evil timeout -s KILL 20 "$name" abcdef </dev/null || true
			(exec -a "$evil" "$(command -v "$name")" --no-such-option) </dev/null || true
		} >/dev/null 2>err
		[[ $(wc -l <err) -ge 5 ]] || { echo "$name: says little:"; cat err; false; }
		assert_tame err
	done
}

# --- an agent without measure

# measure COMMAND ... - its exit status and peak memory (kB) go to $status and $peak
measure() {
	status=0
	python3 -c 'if True:
		import resource, subprocess, sys, time
		begun = time.time()
		status = subprocess.call(sys.argv[1:])
		peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
		print(peak, "%.1f" % (time.time() - begun), file=open("measured", "w"))
		sys.exit(status)' "$@" || status=$?
	read -r peak seconds <measured
	echo "# ${BATS_TEST_DESCRIPTION#*: }: $peak kB at most, $seconds s" >&3
}

flood() { # SCRIPT - an agent that runs it; small where a sanitizer makes all slow
	local much=1G most=65536
	[[ $(command -v task-add) != */san/* ]] || much=50M most=1000000
	worker flood "${1//MUCH/$much}"
	id=$(task-add --ids x)
	measure agent-run "$id" >events
	assert_equal "$status" 0
	((peak < most))
	(($(stat -c %s "$LEGWORK_STORE/logs/agents/$id.log") < 2000000))
	(($(stat -c %s "$LEGWORK_STORE"/journal/*.jsonl) < 64000000))
}

@test "a flood of output: one gigabyte without a newline" {
	flood 'head -c MUCH /dev/zero | tr "\0" x'
	assert_equal "$(field "$id" '.status, (.response | length)')" $'completed\n4194304'
}

@test "a flood of output: one gigabyte of lines" {
	flood 'yes "a line of an answer that has no end, and says so" | head -c MUCH'
	assert_equal "$(field "$id" '.status, (.response | length)')" $'completed\n4194304'
}

@test "a flood of output: one gigabyte on stderr" {
	flood 'yes "a line of trouble" | head -c MUCH >&2; echo the end >&2; exit 1'
	assert_equal "$(field "$id" '.status, (.error.message | endswith("the end"))')" $'failed\ntrue'
	(($(stat -c %s "$LEGWORK_STORE/logs/agents/$id.log") < 300000))
}

@test "a flood of output: short lines on stderr cost no more of the log than long ones" {
	flood 'yes | head -c 3000000 >&2'
	assert_equal "$(field "$id" .status)" completed
	(($(stat -c %s "$LEGWORK_STORE/logs/agents/$id.log") < 300000))
}

# --- secrets

@test "what stands in the environment is never in the store" {
	secret=5ecre7-$RANDOM$RANDOM$RANDOM
	export OPENAI_API_KEY=$secret-1 ANTHROPIC_API_KEY=$secret-2 AWS_SECRET_ACCESS_KEY=$secret-3 \
		LEGWORK_LLM=$secret-4 LEGWORK_TOKEN=$secret-5 LEGWORK_ACCOUNT_IDS=$secret-6 LEGWORK_REGIONS=$secret-7 \
		PASSWORD=$secret-8 LEGWORK_NOTHING=$secret-9 HTTP_PROXY=http://u:$secret-10@proxy LEGWORK_USER=ann-$secret-user
	agent-add good -- bash -c 'cat; echo fine >&2' >/dev/null
	agent-add json --input json -- jq -c . >/dev/null
	agent-add bad -- bash -c 'echo oh >&2; exit 3' >/dev/null
	agent-add later -- bash -c 'exit 75' >/dev/null
	agent-add lost -- /no/such/program >/dev/null
	agent-add killed -- bash -c 'kill -9 $$' >/dev/null
	agent-add slow -- sleep 60 >/dev/null
	chat=$(chat-new --ids --title t)
	chat-post "$chat" $'do\n1. one\n2. @bad two' >/dev/null
	chat-watch --cursor maker --since 0 --count 1 "$chat" | task-draft | task-add >/dev/null
	for role in good json bad later lost killed; do
		task-add --agent $role --max-attempts 1 --chat "$chat" "for $role" >/dev/null
	done
	task-add --agent slow --timeout 100ms --max-attempts 1 "for slow" >/dev/null
	task-watch --drain | task-plan | task-split | task-run -j4 | chat-post >/dev/null
	task-run </dev/null
	store-dump >dump
	task-list | jq -r .id | while read -r id; do task-why "$id"; done >/dev/null
	store-compact >/dev/null
	store-check >/dev/null
	store-log --since 0 >/dev/null 2>&1 || store-log >/dev/null
	assert_equal "$(task-list | jq -r .status | sort -u | paste -sd,)" completed,failed
	run ! grep -raE "$secret-[0-9]" "$LEGWORK_STORE"
	grep -rqa "$secret-user" "$LEGWORK_STORE" # it would be found: this one is meant to be there
}
