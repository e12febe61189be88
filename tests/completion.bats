# Completion: what the functions for bash offer, and shells that are typed at on a terminal.
#
# The helper offer calls the function for bash with lines; ptyrun types into a shell.  There, ^U
# empties the line and ^O prints it between << and >>.

load test_helper
load records

setup() {
	common_setup
	offer=$ROOT/tests/helpers/offer
	unset LS_COLORS COLUMNS
	export TERM=xterm
}

# offers WANT LINE - WANT is all that is offered, in order, blanks between
offers() {
	run -0 "$offer" "$2"
	local got=("${lines[@]:1}")
	[[ "${got[*]#> }" = "$1" ]] || { printf '%s: wanted %s, got %s\n' "$2" "$1" "${got[*]#> }"; false; }
}

# A task by its title, "a chat" of ada's, two roles.  Sets id, chat.
make_store() {
	id=$(task-add --ids 'Count the files')
	chat=$(chat-new --title 'First steps' --user ada --ids)
	agent-add --ids shouter --skill 'say loudly' --skill sing -- tr a-z A-Z
	agent-add --ids counter -- wc -w
}

need_legwork() { command -v legwork >/dev/null || skip 'there is no legwork script yet'; }

need_shell() { command -v "$1" >/dev/null || skip "$1 is not installed"; }

# long_names COMMAND - "--name" of each option, --help and --version behind them
long_names() {
	"$1" --options | awk -F '\t' '$2 { print "--" $2 }'
	printf '%s\n' --help --version
}

# --- bash, asked directly

@test "completion: every option of every command is offered" {
	need_commands
	bad=0
	for name in $(commands); do
		diff <(long_names "$name") <("$offer" "$name --" | sed -n 's/^> //p') ||
			{ echo "$name --: table < > offered"; bad=1; }
		diff <({ "$name" --options | awk -F '\t' '$1 != "" { print "-" $1 }'; long_names "$name"; } | sort) \
			<("$offer" "$name -" | sed -n 's/^> //p' | sort) ||
			{ echo "$name -: table < > offered"; bad=1; }
	done
	[ "$bad" = 0 ]
}

@test "completion: what an option's value may be is offered in each of the four ways to write it" {
	states='pending in_progress completed failed cancelled'
	offers "$states" 'task-list --status '
	offers "$states" 'task-list --status='
	offers "$states" 'task-list -s '
	offers '-spending' 'task-list -sp'
	offers '-rspending' 'task-list -rsp'
	offers 'completed cancelled' 'task-list --status=c'
	offers 'pending' 'task-list --newest -rs p'
	offers 'pending' 'task-list --status "p'
}

@test "completion: values that a help names are offered" {
	offers 'high medium low' 'task-add --priority '
	offers 'auto always never' 'task-add --color='
	offers 'text tsv json' 'task-list --format '
	offers 'text json' 'task-show --format '
	offers 'text json' 'agent-add --input '
	offers 'low medium high' 'agent-add --effort '
	offers 'openai anthropic ollama openrouter' 'agent-add --provider '
	offers 'text json markdown csv' 'task-add --output-format '
}

@test "completion: nothing is offered for texts, times and counts" {
	make_store
	for line in 'task-add ' 'task-list --limit ' 'task-add -t ' 'chat-new --title ' "chat-post $chat " \
		'task-list --jq ' 'task-list --status nope' 'task-show --no-such-option=' 'task-list --limit=1'; do
		offers '' "$line"
	done
}

@test "completion: where no operand is wanted, the options are offered" {
	offers "$(long_names task-list | paste -sd ' ')" 'task-list '
	offers '' 'task-list -- '
}

@test "completion: a task's id is offered by eight characters, and whole where more were typed" {
	make_store
	offers "${id:0:8}" 'task-show '
	offers "${id:0:8}" "task-show ${id:0:2}"
	offers "${id:0:8}" "task-show ${id:0:8}"
	offers "$id" "task-show ${id:0:9}"
	offers "$id" "task-show $id"
	offers "${id:0:8}" "task-show x ${id:0:3}"
	offers "${id:0:8}" 'task-add --depends-on '
	offers "${id:0:8}" 'task-list --parent='
	offers "-d${id:0:8}" 'task-add -d'"${id:0:1}"
	offers '' 'task-show zz'
}

@test "completion: ids that begin alike are offered whole" {
	first=$(task-add --ids first)
	second=$(task-add --ids second)
	third=aaaaaaaa${first:8} fourth=aaaaaaaa${second:8}
	store-dump | sed "s/$first/$third/g; s/$second/$fourth/g" >dump
	LEGWORK_STORE=$BATS_TEST_TMPDIR/other
	store-load <dump
	offers "$fourth $third" 'task-show a'
	offers "$fourth $third" 'task-show aaaaaaaa'
	offers "$third" "task-show ${third:0:-1}"
}

@test "completion: a task older than the newest 300 is found by four characters" {
	id=$(task-add --ids first)
	jq -nc 'range(400) | { instruction: "count \(.)" }' | task-add >/dev/null
	offers '' "task-show ${id:0:3}zz"
	offers "${id:0:8}" "task-show ${id:0:7}"
	offers "$id" "task-show ${id:0:20}"
	run -0 "$offer" 'task-show '
	assert_equal "${#lines[@]}" 100
}

@test "completion: task-approve is offered tasks that ask something" {
	task-add other >/dev/null
	offers '' 'task-approve '
	asking
	offers "${id:0:8}" 'task-approve '
	offers "${id:0:8}" "task-approve ${id:0:3}"
	offers '--deny' 'task-approve --de'
}

@test "completion: task-wait is offered tasks that have not ended, task-retry those that failed" {
	agent-add --ids failer -- false
	failed=$(task-add --ids --agent failer --max-attempts 1 'fail')
	task-watch --drain | task-plan | task-split | task-run >/dev/null
	make_store
	offers "${id:0:8}" 'task-wait '
	offers "${failed:0:8}" "task-wait ${failed:0:6}"
	offers "${failed:0:8}" 'task-retry '
	offers "${id:0:8} ${failed:0:8}" 'task-show '
}

# A task that failed, and one that completed, beside make_store's.  Sets failed, completed.
make_ended_tasks() {
	agent-add failer -- false >/dev/null
	agent-add doer -- true >/dev/null
	failed=$(task-add --ids --agent failer --max-attempts 1 fail)
	completed=$(task-add --ids --agent doer do)
	task-watch --drain | task-plan | task-split | task-run | chat-post >/dev/null
	make_store
}

@test "completion: task-edit is offered tasks that have not completed" {
	make_ended_tasks
	offers "${id:0:8} ${failed:0:8}" 'task-edit '
	offers "${failed:0:8}" "task-edit ${failed:0:6}"
	offers "${failed:0:8}" "legwork task edit ${failed:0:6}"
}

@test "completion: chats that tasks got come behind those of people" {
	make_store
	second=$(task-add --ids --agent counter count)
	agent-run "$second" | chat-post >/dev/null
	own=$(chat-list --user agent --ids)
	theirs=$(chat-new --user ada --title 'Task: none' --ids)
	newest=$(task-add --ids --agent counter more)
	agent-run "$newest" | chat-post >/dev/null
	newest=$(field "$newest" .chat_id)
	offers "${theirs:0:8} ${chat:0:8} ${newest:0:8} ${own:0:8}" 'chat-show '
	offers "${own:0:8}" "chat-show ${own:0:7}"
}

@test "completion: zsh and fish offer the same tasks and chats, in the same order" {
	need_shell zsh
	need_shell fish
	make_ended_tasks
	make_zshrc
	own=$(field "$failed" .chat_id) other=$(field "$completed" .chat_id)
	typed in_zsh 'task-edit \t'
	shown=$(printf '%s\n' "${lines[@]}" | grep -oE '^[0-9a-f]{8} ' | tr -d '\n')
	assert_equal "$shown" "${id:0:8} ${failed:0:8} "
	typed in_zsh "task-edit ${failed:0:6}\\t" 'chat-show \t'
	assert_line "task-edit ${failed:0:8} "
	shown=$(printf '%s\n' "${lines[@]}" | grep -oE '^[0-9a-f]{8} ' | tr -d '\n')
	assert_equal "$shown" "${chat:0:8} ${other:0:8} ${own:0:8} "
	fish_offers "${id:0:8} ${failed:0:8}" 'task-edit '
	fish_offers "${failed:0:8}" "task-edit ${failed:0:6}"
	fish_offers "${chat:0:8} ${other:0:8} ${own:0:8}" 'chat-show '
}

@test "completion: zsh and fish offer task-approve the tasks that ask something" {
	need_shell zsh
	need_shell fish
	task-add other >/dev/null
	asking
	make_zshrc
	typed in_zsh 'task-approve \t'
	assert_line "task-approve ${id:0:8} "
	fish_offers "${id:0:8}" 'task-approve '
}

@test "completion: chats, roles and users are offered" {
	make_store
	offers "${chat:0:8}" 'chat-show '
	offers "${chat:0:8}" "task-add --chat=${chat:0:2}"
	offers "$chat" "chat-post ${chat:0:10}"
	offers 'shouter counter' 'agent-rm '
	offers 'shouter' 'task-add -a sh'
	LEGWORK_USER=bob offers 'bob' 'chat-new --user b'
	LEGWORK_USER=bob offers 'ada' 'chat-new --user a'
}

@test "completion: a list tells titles, skills and the options' help" {
	make_store
	second=$(task-add --ids 'And weigh them')
	run -0 "$offer" -l 'task-show '
	assert_line -n 1 -e "^> ${second:0:8}  And weigh them *$"
	assert_line -n 2 "> ${id:0:8}  Count the files"
	run -0 "$offer" -l 'agent-rm '
	assert_line -n 1 -e '^> shouter  say loudly, sing *$'
	run -0 "$offer" -l 'task-list --'
	assert_line '> --ready    only tasks that may run now'
	run -0 "$offer" -l "task-show ${id:0:6}" # what is alone is put on the line
	assert_line -n 1 "> ${id:0:8}"
}

@test "completion: redirections are no operands" {
	make_store
	offers '' 'task-list >'
	offers '' 'task-list > '
	offers '--limit' 'task-list >out --lim'
	offers "${chat:0:8}" 'chat-post <in '
	offers '' 'chat-post <in x '
}

@test "completion: behind the program of an agent comes the program's own" {
	mkdir bin
	cp "$(type -P true)" bin/greet-people
	PATH=$PWD/bin:$PATH
	offers 'greet-people' 'agent-add greeter greet-p'
	offers 'greet-people' 'agent-add greeter -- greet-p'
	offers '--input' 'agent-add greeter greet-people --inp'
	offers '' 'agent-add greeter -- greet-people --inp'
}

@test "completion: no store is made, and none is needed" {
	for line in 'task-show ' 'task-show abcd' 'chat-show ' 'agent-rm ' 'task-add --agent ' 'task-add --chat '; do
		offers '' "$line"
		LEGWORK_STORE='' offers '' "$line"
		mkdir -m 0700 -p empty
		LEGWORK_STORE=$PWD/empty offers '' "$line"
	done
	LEGWORK_USER=bob offers 'bob' 'chat-new --user '
	assert_not_exist "$LEGWORK_STORE"
	assert_not_exist "$XDG_DATA_HOME/legwork"
	assert_equal "$(ls -A empty)" ''
}

@test "completion: a store that cannot be read offers nothing, quietly" {
	make_store
	printf 'garbage\n' >"$LEGWORK_STORE/journal/00000001.jsonl"
	rm "$LEGWORK_STORE"/index*
	run -0 "$offer" 'task-show ' 'chat-show ' 'agent-rm '
	assert_equal "$output" $'task-show \nchat-show \nagent-rm '
}

@test "completion: only the kit's commands are run" {
	mkdir bin
	for name in task-add mcp-server; do
		printf '#!/bin/sh\ntouch "%s/ran"\n' "$PWD" >"bin/$name"
	done
	chmod +x bin/*
	cp "$(type -P task-show)" "$(type -P task-list)" bin
	PATH=$PWD/bin:$PATH
	offers '' 'task-add --'
	offers '' 'mcp-server '
	offers '--format --color --null --jq --ids --help --version' 'task-show --'
	run -0 bash -c '. "$1"; complete -p' - "$ROOT/completions/legwork.bash"
	refute_output --partial mcp-server
	assert_output --partial task-show
	offers '' "$PWD/bin/mcp-server --"
	assert_not_exist ran
}

@test "completion: legwork.bash registers the kit, under any options of the shell" {
	need_commands
	for how in +u -u -f '-O failglob' '-O nullglob' '-O nocaseglob' --posix; do
		# shellcheck disable=SC2086 # options
		run -0 bash $how -c 'IFS=-; alias grep=false; . "$1" && complete -p' - "$ROOT/completions/legwork.bash"
		for name in $(commands); do
			assert_line "complete -F _legwork $name"
		done
		assert_line 'complete -F _legwork legwork'
		refute_line --partial " $how"
	done
}

# --- legwork itself

@test "completion: legwork takes the kit's commands by words" {
	need_legwork
	verbs=$(commands | sed -n 's/^task-//p' | paste -sd ' ')
	offers "$verbs" 'legwork task '
	offers "$(long_names task-add | paste -sd ' ')" 'legwork task add --'
	offers "$(commands | sed -n '/^task-/p' | paste -sd ' ')" 'legwork task-'
	offers 'pending' 'legwork task-list --status=p'
	offers 'high medium low' 'legwork task add -p '
	make_store
	offers "${id:0:8}" 'legwork task show '
	offers '' 'legwork no such '
	offers '' 'legwork no-such '
}

@test "completion: legwork's own words and its help are offered" {
	need_legwork
	run -0 "$offer" 'legwork '
	assert_line '> help'
	assert_line '> task'
	assert_line '> chat'
	run -0 "$offer" 'legwork help '
	assert_line '> task'
	offers "$(commands | sed -n 's/^agent-//p' | paste -sd ' ')" 'legwork help agent '
	offers '--help --version' 'legwork --'
	offers '--once' 'legwork run --onc'
}

# --- shells

# typed SHELL LINE ... - what ^O prints of each LINE, typed into an empty line; SHELL is a function
# that starts one
typed() {
	local line
	{
		printf 'wait $ \n'
		for line in "${@:2}"; do
			# shellcheck disable=SC1003 # two backslashes are one
			printf 'send \\x15%s\\x0f\nwait <<\nshow\nwait >>\nshow\n' "$line"
		done
	} >typed.in
	run "$1" <typed.in
	[[ $status = 0 ]] || { printf '%s\n' "$output"; false; }
}

make_bashrc() {
	cat >rc <<-'END'
		PS1='$ '
		bind 'set enable-bracketed-paste off' 'set bell-style none'
		bind 'set colored-completion-prefix off' 'set colored-stats off' 'set completion-query-items 0'
		bind -x '"\C-o": printf "<<%s>>\n" "$READLINE_LINE"'
	END
}

in_bash() { ptyrun bash --noprofile --rcfile rc -i; }

@test "completion: bash puts on the line what is meant" {
	make_store
	make_bashrc
	echo '. "$ROOT/completions/legwork.bash"' >>rc
	export ROOT
	typed in_bash 'task-list --st\t=p\t' 'task-list --status=p\t' "task-show ${id:0:3}\\t" \
		"task-show ${id:0:10}\\t" 'agent-rm sh\t' 'LC_ALL=C task-list --re\t' 'task-list | task-list -s f\t' \
		'task-list --st --newest\x01\x1bf\x1bf\x1bf\t'
	assert_line 'task-list --status =p'
	assert_line 'task-list --status=pending '
	assert_line "task-show ${id:0:8} "
	assert_line "task-show $id "
	assert_line 'agent-rm shouter '
	assert_line 'LC_ALL=C task-list --ready '
	assert_line 'task-list | task-list -s failed '
	assert_line -e '^task-list --status +--newest$'
}

@test "completion: bash lists candidates with what they are, one to a line" {
	make_store
	# ids that begin alike would be completed to that first
	digit=a
	[[ ${id:0:1} != a ]] || digit=b
	second=$(task-add --ids <<<"{\"id\":\"${digit}1234567-0000-4000-8000-000000000000\",\"instruction\":\"And weigh them\"}")
	make_bashrc
	echo '. "$ROOT/completions/legwork.bash"' >>rc
	export ROOT
	typed in_bash 'task-show \t\t' 'task-list --\t\t'
	assert_line -e "^${id:0:8}  Count the files *$"
	assert_line -e "^${second:0:8}  And weigh them *$"
	assert_line -e '^--ready    only tasks that may run now *$'
	assert_line -e '^task-show $'
}

@test "completion: bash-completion loads it by a command's name" {
	[[ -f /usr/share/bash-completion/bash_completion ]] || skip 'bash-completion is not installed'
	make_store
	make_bashrc
	echo '. /usr/share/bash-completion/bash_completion' >>rc
	mkdir completions bin
	cp "$(type -P true)" bin/greet-people
	PATH=$PWD/bin:$PATH
	cp "$ROOT/completions/legwork.bash" completions
	for name in task-show agent-add; do
		ln -s legwork.bash "completions/$name"
	done
	export BASH_COMPLETION_USER_DIR=$PWD
	typed in_bash "task-show ${id:0:3}\\t" 'agent-add greeter -- task-list --stat\t' \
		'agent-add greeter greet-p\t' 'task-list --status=p\t' 'task-list --status "p\t'
	assert_line "task-show ${id:0:8} "
	assert_line 'agent-add greeter -- task-list --status '
	assert_line 'agent-add greeter greet-people '
	assert_line 'task-list --status=pending '
	assert_line 'task-list --status "pending" '
}

@test "completion: hostile titles and names do nothing" {
	title=$'\e]0;owned\a$(touch x) `touch x`; touch x "\' \\ \tb'
	task-add "$title" >/dev/null
	task-add "$title"$'\nand more' >/dev/null
	chat-new --title "$title" --user 'eve $(touch x); "' >/dev/null
	agent-add --skill "$title" eve true >/dev/null
	agent-add --skill "$title" eva true >/dev/null
	make_bashrc
	echo '. "$ROOT/completions/legwork.bash"' >>rc
	export ROOT
	typed in_bash 'task-show \t\t' 'chat-show \t\t' 'agent-rm ev\t\t' 'chat-list --user ev\t' 'chat-list --user=ev\t' \
		"chat-list --user 'ev\\t"
	refute_output --partial $'\e]0'
	assert_line 'chat-list --user eve\ \$\(touch\ x\)\;\ \" '
	assert_line 'chat-list --user=eve\ \$\(touch\ x\)\;\ \" '
	assert_line "chat-list --user 'eve \$(touch x); \"' "
	assert_not_exist x
	run -0 "$offer" -l 'task-show ' 'agent-rm '
	refute_output -e $'[\e\a\t]'
	assert_not_exist x
}

@test "completion: zsh's list of commands is the kit's" {
	need_commands
	run -0 sed -n '1s/^#compdef //p' "$ROOT/completions/_legwork"
	assert_equal "$output" "$({ commands; scripts; } | LC_ALL=C sort | paste -sd ' ')"
}

in_zsh() { ZDOTDIR=$PWD ptyrun zsh -d -i; }

make_zshrc() {
	cat >.zshrc <<-'END'
		fpath=($ROOT/completions $fpath)
		autoload -Uz compinit
		compinit -u -D
		PS1='$ '
		unset zle_bracketed_paste
		LISTMAX=1000
		setopt no_auto_menu no_beep no_list_ambiguous # ids may begin alike
		mark() { print -r -- "<<$BUFFER>>"; zle redisplay }
		zle -N mark
		bindkey -e
		bindkey '^O' mark
	END
	export ROOT
}

@test "completion: zsh puts on the line what is meant, and lists with descriptions" {
	need_shell zsh
	make_store
	# shellcheck disable=SC1003 # a backslash
	title='$(touch x) `touch x`; touch x: "\'
	second=$(task-add --ids "$title")
	make_zshrc
	typed in_zsh 'task-list --re\t' 'task-list --status p\t' 'task-list --status=p\t' 'task-list -rsp\t' \
		"task-show ${id:0:6}\\t" "task-show ${id:0:10}\\t" 'agent-rm sh\t' "chat-show ${chat:0:2}\\t" \
		'task-add --pri\t' 'task-add --agent=c\t' 'agent-add greeter -- task-list --read\t' \
		'agent-add greeter --inp\t' 'task-show \t' 'task-list --\t' 'task-show zz\t'
	assert_line 'task-list --ready '
	assert_line -e '^task-list --status pending ?$'
	assert_line -e '^task-list --status=pending ?$'
	assert_line -e '^task-list -rspending ?$'
	assert_line "task-show ${id:0:8} "
	assert_line "task-show $id "
	assert_line 'agent-rm shouter '
	assert_line "chat-show ${chat:0:8} "
	assert_line -e '^task-add --priority=?$'
	assert_line -e '^task-add --agent=counter ?$'
	assert_line 'agent-add greeter -- task-list --ready '
	assert_line -e '^agent-add greeter --input=?$'
	assert_line -e "^${id:0:8} *-- Count the files"
	assert_line --partial "-- $title"
	assert_line -e '^--ready *-- only tasks that may run now'
	assert_not_exist x
}

@test "completion: zsh offers every option of every command, and makes no store" {
	need_commands
	need_shell zsh
	make_zshrc
	lines_typed=()
	for name in $(commands); do
		lines_typed+=("$name --\\t")
	done
	typed in_zsh "${lines_typed[@]}" 'task-show \t' 'task-add --agent \t'
	for name in $(commands); do
		long_names "$name"
	done | sort -u >want
	grep -oE '^--[a-z-]+' <<<"$output" | sort -u | diff want -
	assert_not_exist "$LEGWORK_STORE"
}

in_fish() { fish -N -C 'source $ROOT/completions/legwork.fish' -c 'complete -C "$argv[1]"' "$1"; }

# fish_offers WANT LINE - the same as offers, by fish
fish_offers() {
	run -0 in_fish "$2"
	local got=("${lines[@]%%$'\t'*}")
	[[ "${got[*]}" = "$1" ]] || { printf '%s: wanted %s, got %s\n' "$2" "$1" "${got[*]}"; false; }
}

@test "completion: fish offers what is meant, with descriptions" {
	need_shell fish
	export ROOT
	make_store
	# shellcheck disable=SC1003 # a backslash
	title='$(touch x) (touch x); touch x: "\'
	second=$(task-add --ids "$title")
	fish_offers 'pending' 'task-list --status p'
	fish_offers '--status=pending' 'task-list --status=p'
	fish_offers '-rspending' 'task-list -rsp'
	fish_offers "${id:0:8}" "task-show ${id:0:6}"
	fish_offers "$id" "task-show ${id:0:10}"
	fish_offers "${chat:0:8}" 'task-add --chat '
	fish_offers 'high medium low' 'task-add -p '
	fish_offers '--ready' 'agent-add greeter -- task-list --read'
	fish_offers '' 'task-add '
	fish_offers '' "chat-post $chat "
	run -0 in_fish 'task-show '
	assert_line -n 0 "${second:0:8}"$'\t'"$title"
	assert_line -n 1 "${id:0:8}"$'\t'"Count the files"
	run -0 in_fish 'agent-rm '
	assert_line -n 0 $'shouter\tsay loudly, sing'
	assert_not_exist x
}

@test "completion: fish offers every option of every command, and makes no store" {
	need_commands
	need_shell fish
	export ROOT
	bad=0
	for name in $(commands); do
		diff <(long_names "$name") <(in_fish "$name --" | cut -f 1) || { echo "$name: table < > offered"; bad=1; }
	done
	[ "$bad" = 0 ]
	fish_offers '' 'task-show '
	fish_offers '' 'task-show abcd'
	assert_not_exist "$LEGWORK_STORE"
}

@test "completion: zsh and fish know legwork's words" {
	need_legwork
	need_shell zsh
	need_shell fish
	make_store
	make_zshrc
	typed in_zsh "legwork task show ${id:0:6}\\t" 'legwork task-list --status=p\t' 'legwork help agent r\t' 'legwork run --onc\t'
	assert_line "legwork task show ${id:0:8} "
	assert_line -e '^legwork task-list --status=pending ?$'
	assert_line -e '^legwork help agent r'
	assert_line 'legwork run --once '
	fish_offers "${id:0:8}" "legwork task show ${id:0:6}"
	fish_offers '--once' 'legwork run --onc'
	fish_offers '--status=pending' 'legwork task-list --status=p'
	fish_offers "$(commands | sed -n 's/^agent-//p' | paste -sd ' ')" 'legwork help agent '
}
