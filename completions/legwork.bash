# shellcheck shell=bash
# legwork.bash - completion of legwork's commands, for bash 4.4 or newer
#
# Source it, or let bash-completion load it under the name of a command: it registers legwork and
# all commands beside it.  No option and no command is written here.  Commands are the files named
# like ours beside the one that PATH has, which say "(legwork)" (their --version does); nothing else
# is ever run.  What options a command takes, it is asked: COMMAND --options.  What a value may be
# follows from the argument's name there, an operand's from the usage in line 1 of --help.  Answers
# are kept for the session.
#
# A store is only read where there is one: none is made.
#
# The functions share these variables of _legwork, their caller:
#
# words, at     the words up to the cursor, the last one as far as the cursor, and where each
#               begins in COMP_WORDS
# file, folder  the command that is completed, and where it and its like are
# head, value   what of the last word stands before the value, and the value as typed
# quote         the quote it begins with, where it does; value is without
# found, told   what may stand there, and descriptions
# named, help   by option as it is written ("-s", "--status"): its argument's name, its help
# rows          lines of an answer
# store         the store's folder, where there is one

declare -gA _legwork_kit _legwork_answers

# Sets file to the command of that name in PATH.
_legwork_find() { # NAME
	local rest=$PATH: part
	while [[ $rest ]]; do
		part=${rest%%:*} rest=${rest#*:}
		file=${part:-.}/$1
		[[ ! -f $file || ! -x $file ]] || return 0
	done
	return 1
}

# Notes which of a folder's files are the kit's, with a newline before and behind each.
_legwork_learn() { # FOLDER
	[[ ! ${_legwork_kit[$1]-} ]] || return 0
	local names
	names=$(
		shopt -u failglob nocaseglob
		shopt -s nullglob
		set +f
		unset GLOBIGNORE
		exec grep -lasF -e '(legwork)' -- \
			"$1"/{legwork,{task,chat,agent,store,llm,mcp,tool,legwork}-*[!~]} /dev/null 2>/dev/null
	)
	_legwork_kit[$1]=$'\n'${names//"$1/"/}$'\n'
}

_legwork_is_ours() { # FILE
	_legwork_learn "${1%/*}"
	[[ ${_legwork_kit[${1%/*}]} = *$'\n'"${1##*/}"$'\n'* ]]
}

# Splits lines into rows.
_legwork_split() { # TEXT
	local - IFS=$'\n'
	set -f
	# shellcheck disable=SC2206 # one to a line
	rows=($1)
}

# Sets rows to what a command prints.
_legwork_ask() { # COMMAND ...
	_legwork_split "$(LEGWORK_STORE=$store LEGWORK_LOCK_WAIT=1 "$@" 2>/dev/null </dev/null)"
}

# The same, asked once in a session.
_legwork_recall() { # COMMAND ...
	local key=$* IFS=$'\n'
	if [[ ! ${_legwork_answers[$key]+there} ]]; then
		_legwork_ask "$@"
		_legwork_answers[$key]=${rows[*]}
	fi
	_legwork_split "${_legwork_answers[$key]}"
}

# Whether candidates will be listed, and not inserted.
_legwork_is_listed() { [[ ${COMP_TYPE-} = @(63|33|64) ]]; }

# --- what a value may be: each sets found, and told where there is more to say

# Sets store, or fails where there is none: to ask a command would make one.
_legwork_has_store() {
	if [[ ${LEGWORK_STORE-} ]]; then
		store=$LEGWORK_STORE
	elif [[ ${XDG_DATA_HOME-} = /* ]]; then
		store=$XDG_DATA_HOME/legwork
	else
		store=${HOME-}/.local/share/legwork
	fi
	[[ -r $store/journal && -x $store/journal ]]
}

# Ids in rows that begin as what was typed: eight characters, or the whole where more were typed or
# others begin alike.
_legwork_take_ids() {
	local row short other
	local -a whole=()
	local -A place=()
	for row in "${rows[@]}"; do
		[[ $row = "$value"* ]] || continue
		short=${row:0:8}
		if ((${#value} > 8)); then
			short=${row:0:36}
		elif [[ ${place[$short]-} ]]; then
			other=${place[$short]} short=${row:0:36}
			found[other]=${whole[other]}
		else
			place[$short]=${#found[@]}
		fi
		found+=("$short") whole+=("${row:0:36}")
		! _legwork_is_listed || told+=("${row##*$'\t'}")
	done
	compopt -o nosort 2>/dev/null
}

# Tasks, the newest first; any other is found by four characters or more.
_legwork_tasks() { # [STATUS ...]
	local status limit=300
	local -a all=()
	[[ $value ]] || limit=99 # more would be listed only after a question
	if (($# == 0)); then
		_legwork_ask "$folder/task-list" --newest --limit "$limit" --format tsv
		all=("${rows[@]}")
	fi
	for status; do
		_legwork_ask "$folder/task-list" --status "$status" --newest --limit "$limit" --format tsv
		all+=("${rows[@]}")
	done
	rows=("${all[@]}")
	_legwork_take_ids
	if ((${#found[@]} == 0)) && [[ $value =~ ^[0-9a-f-]{4,36}$ ]]; then
		_legwork_ask "$folder/task-show" --ids -- "$value"
		((${#rows[@]} != 1)) || _legwork_take_ids
	fi
}

# Tasks that ask something.
_legwork_asking() {
	local row
	local -a all=()
	_legwork_ask "$folder/task-list" --status pending --newest --format tsv
	for row in "${rows[@]}"; do
		[[ $row != *$'\tpending:approval\t'* ]] || all+=("$row")
	done
	rows=("${all[@]}")
	_legwork_take_ids
}

# Puts the chats in rows that tasks got, not people, behind the others.
_legwork_sort_chats() {
	local row
	local -a theirs=() made=()
	for row in "${rows[@]}"; do
		if [[ $row = *$'\tagent\tTask: '* ]]; then
			made+=("$row")
		else
			theirs+=("$row")
		fi
	done
	rows=("${theirs[@]}" "${made[@]}")
}

_legwork_chats() {
	local limit=300
	[[ $value ]] || limit=99
	_legwork_ask "$folder/chat-list" --newest --limit "$limit" --format tsv
	_legwork_sort_chats
	_legwork_take_ids
	if ((${#found[@]} == 0)) && [[ $value =~ ^[0-9a-f-]{4,36}$ ]]; then
		_legwork_ask "$folder/chat-list" --format tsv
		_legwork_take_ids
	fi
}

# Roles are looked up in any case.
_legwork_roles() {
	local row skills
	_legwork_ask "$folder/agent-list" --format tsv
	for row in "${rows[@]}"; do
		skills=${row#*$'\t'*$'\t'}
		found+=("${row%%$'\t'*}") told+=("${skills%%$'\t'*}")
	done
}

# You, and those who own chats.
_legwork_users() {
	local row user
	local -A seen=()
	rows=()
	! _legwork_has_store || _legwork_ask "$folder/chat-list" --newest --limit 300 --format tsv
	for row in "${rows[@]}"; do
		user=${row%$'\t'*}
		seen[" ${user##*$'\t'}"]=1
	done
	user=${LEGWORK_USER:-${LOGNAME:-${USER-}}}
	[[ ! $user ]] || seen[" $user"]=1
	for user in "${!seen[@]}"; do
		found+=("${user# }")
	done
}

# The words of a help like "high, medium or low (default: medium)".
_legwork_words_of() { # HELP
	local help=$1 word='[a-z][a-z_-]*'
	while [[ $help =~ ^(.*)\ \([^()]*\)(.*)$ ]]; do
		help=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
	done
	help=${help%%;*} help=${help##*: }
	[[ $help =~ ^$word(, $word)*\ or\ $word$ ]] || return
	help=${help/ or / }
	read -ra found <<<"${help//,/}"
}

# What an argument or operand of that name may be.
_legwork_values() { # NAME HELP COMMAND
	case ${1,,} in
	task | chat | role | agent) _legwork_has_store || return 0 ;;
	esac
	case ${1,,} in
	task)
		case $3 in
		task-wait | agent-cancel) _legwork_tasks pending in_progress ;;
		task-edit) _legwork_tasks pending in_progress failed cancelled ;;
		task-retry) _legwork_tasks failed cancelled ;;
		task-approve) _legwork_asking ;;
		*) _legwork_tasks ;;
		esac
		;;
	chat) _legwork_chats ;;
	role | agent) _legwork_roles ;;
	user) _legwork_users ;;
	file | path) compopt -o default 2>/dev/null ;;
	folder | directory | dir) compopt -o dirnames 2>/dev/null ;;
	time | seq | count | text | title) ;;
	*)
		_legwork_words_of "$2" || case ${1,,} in
		status) found=(pending in_progress completed failed cancelled) ;;
		priority) found=(high medium low) ;;
		when) found=(auto always never) ;;
		format) found=(text json) ;;
		esac
		;;
	esac
}

# --- the line

# Sets words and at.  Bash cuts words at COMP_WORDBREAKS; what no blank parts is put together again.
_legwork_read_line() {
	local line=${COMP_LINE:0:COMP_POINT} blank word last='' i n=-1
	for ((i = 0; i <= COMP_CWORD; i++)); do
		blank=${line%%[![:space:]]*}
		line=${line#"$blank"}
		word=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || word=$line
		if ((n < 0)) || [[ $blank || $word = [\<\>]* || $last = *[\<\>\&] ]]; then
			((n += 1))
			words[n]=$word at[n]=$i
		else
			words[n]+=$word
		fi
		line=${line#"$word"} last=$word
	done
}

# Takes redirections out of words; fails where the file of one is to be completed.
_legwork_drop_redirections() {
	local i skip=
	for i in "${!words[@]}"; do
		if [[ $skip ]]; then
			skip='' words[i]=$'\n'
		elif [[ ${words[i]} =~ ^[0-9\&]*[\<\>] ]]; then
			[[ ${words[i]} != *[\<\>\&] ]] || skip=1
			words[i]=$'\n'
		fi
	done
	[[ ${words[-1]} != $'\n' ]] || return
	for i in "${!words[@]}"; do
		[[ ${words[i]} != $'\n' ]] || unset "words[$i]" "at[$i]"
	done
	words=("${words[@]}") at=("${at[@]}")
}

# Puts what was found and begins as the last word into COMPREPLY; in a list with what was told.
_legwork_offer() {
	local i mark part text line cut='' typed=$head width=0 half=$((${COLUMNS:-80} / 2))
	local -a names=() texts=()
	# Readline replaces what stands behind the last of these.
	[[ $quote ]] || typed+=$value
	for mark in : = @; do
		[[ $COMP_WORDBREAKS = *"$mark"* && $typed = *"$mark"* ]] || continue
		part=${typed%"$mark"*}$mark
		((${#part} <= ${#cut})) || cut=$part
	done
	for i in "${!found[@]}"; do
		[[ ${found[i]} = "$value"* ]] || continue
		text=${found[i]}
		[[ $quote || $text != *[!A-Za-z0-9_.,:=@%/+-]* ]] || printf -v text %q "$text"
		text=$head$text
		text=${text#"$cut"}
		names+=("$text") texts+=("${told[i]-}")
		((${#text} <= width)) || width=${#text}
	done
	if ((${#names[@]} < 2)) || ! _legwork_is_listed || [[ ${texts[*]} != *[![:space:]]* ]]; then
		COMPREPLY=("${names[@]}")
		return
	fi
	for i in "${!names[@]}"; do
		printf -v line '%-*s  %s' "$width" "${names[i]}" "${texts[i]//[[:cntrl:]]/ }"
		COMPREPLY+=("${line:0:2*half-1}")
	done
	# One is as wide as half the screen: they are listed one to a line.
	printf -v 'COMPREPLY[0]' '%-*s' "$((half + 1))" "${COMPREPLY[0]}"
}

# --- a command

# Sets named, help and options, the options in order.
_legwork_read_options() { # COMMAND ...
	local row option letter long rest argument
	_legwork_recall "$@" --options
	rows+=($'\thelp\t\tprint this help' $'\tversion\t\tprint the version')
	for row in "${rows[@]}"; do
		[[ $row = *$'\t'*$'\t'*$'\t'* ]] || continue
		letter=${row%%$'\t'*} rest=${row#*$'\t'}
		long=${rest%%$'\t'*} rest=${rest#*$'\t'}
		argument=${rest%%$'\t'*}
		for option in ${letter:+"-$letter"} ${long:+"--$long"}; do
			options+=("$option")
			named[$option]=$argument help[$option]=${rest#*$'\t'}
		done
	done
}

# Sets kinds to the names of the operands, the last one with "..." where it may be repeated.
_legwork_read_operands() { # COMMAND ...
	local word usage
	_legwork_recall "$@" --help
	usage=${rows[0]-}
	usage=${usage#*'[options]'}
	read -ra rows <<<"${usage//[][]/ }"
	for word in "${rows[@]}"; do
		case $word in
		...) kinds[-1]+=... ;;
		-- | '|' | --*) ;;
		*) kinds+=("$word") ;;
		esac
	done
}

# Sets wanted to the option in a word like -abc that takes the rest of it as its value, and head and
# value to both; fails where the word has none.
_legwork_cut_letters() { # WORD
	local i
	for ((i = 1; i < ${#1}; i++)); do
		wanted=-${1:i:1}
		[[ ! ${named[$wanted]-} ]] || { head=${1:0:i+1} value=${1:i+1}; return 0; }
	done
	wanted=
	return 1
}

# Goes through the words before the last: sets wanted where that is an option's value, ended behind
# "--", and operands to where they are in words.
_legwork_walk() { # FIRST
	local i word
	for ((i = $1; i < ${#words[@]} - 1; i++)); do
		word=${words[i]}
		if [[ $wanted ]]; then
			wanted=
		elif [[ $ended || $word != -?* ]]; then
			operands+=("$i")
		elif [[ $word = -- ]]; then
			ended=1
		elif [[ $word = --* ]]; then
			[[ ! ${named[$word]-} ]] || wanted=$word
		else
			_legwork_cut_letters "$word" && [[ $value ]] && wanted=
		fi
	done
	head='' value=${words[-1]}
}

_legwork_unquote() {
	quote=
	case $value in
	[\"\']*) quote=${value:0:1} value=${value:1} ;;
	*) value=${value//\\/} ;;
	esac
}

# Completes another program's command line.
_legwork_other() { # WHERE
	local offset
	for offset in _comp_command_offset _command_offset; do
		declare -F "$offset" >/dev/null || continue
		"$offset" "${at[$1]}"
		return
	done
	if (($1 < ${#words[@]} - 1)) || [[ ${words[-1]} = */* ]]; then
		compopt -o default 2>/dev/null
	else
		_legwork_split "$(compgen -c -- "${words[-1]}")"
		COMPREPLY=("${rows[@]}")
	fi
}

_legwork_operand() { # COMMAND ...
	local kind count=${#operands[@]} i
	local -a kinds=()
	_legwork_read_operands "$@"
	for i in "${!kinds[@]}"; do
		[[ ${kinds[i],,} != command ]] || ((count < i)) || {
			_legwork_other "${operands[i]-$((${#words[@]} - 1))}"
			return
		}
	done
	kind=${kinds[count]-}
	[[ $kind || ${#kinds[@]} = 0 || ${kinds[-1]} != *... ]] || kind=${kinds[-1]}
	kind=${kind%...}
	if [[ ! $kind && ! $value && ! $ended ]]; then
		_legwork_list_options
	else
		_legwork_values "$kind" '' "${1##*/}"
	fi
}

# Letters only where nothing but a dash was typed, or where there is no long name.
_legwork_list_options() {
	local option
	for option in "${options[@]}"; do
		[[ $option = --* || $value = -* ]] || continue
		found+=("$option") told+=("${help[$option]}")
	done
}

# Completes the last word as one of the command's, which begin at words[FIRST].
_legwork_complete() { # FIRST COMMAND ...
	local wanted='' ended=''
	local -a options=() operands=()
	local -A named=() help=()
	_legwork_read_options "${@:2}"
	_legwork_walk "$1"
	if [[ $wanted ]]; then
		:
	elif [[ ! $ended && $value = --*=* ]]; then
		wanted=${value%%=*} head=$wanted= value=${value#*=}
	elif [[ ! $ended && $value = -[!-]* ]]; then
		_legwork_cut_letters "$value"
		[[ $value ]] || head='' wanted='' value=${words[-1]}
	fi
	_legwork_unquote
	if [[ $wanted ]]; then
		_legwork_values "${named[$wanted]-}" "${help[$wanted]-}" "" # not one it would act on
	elif [[ ! $ended && $value = -* ]]; then
		_legwork_list_options
	else
		_legwork_operand "${@:2}"
	fi
}

# --- legwork itself

# What legwork does itself: the lines of its help that begin with a single word.
_legwork_own_words() {
	local row
	_legwork_recall "$file" --help
	for row in "${rows[@]}"; do
		[[ $row =~ ^'  '([a-z]+)(' ['[^]]*']')*'  '+(.*)$ ]] || continue
		found+=("${BASH_REMATCH[1]}") told+=("${BASH_REMATCH[3]}")
	done
}

# The first words of the kit's commands; their whole names once a dash was typed.
_legwork_add_families() {
	local name last=
	_legwork_split "${_legwork_kit[$folder]}"
	for name in "${rows[@]}"; do
		[[ $name = *-* && $name != legwork-* ]] || continue # that is among its own words
		[[ ${name%%-*} = "$last" ]] || found+=("${name%%-*}") told+=('')
		last=${name%%-*}
		[[ $value != *-* ]] || found+=("$name") told+=('')
	done
}

# The second words of the commands whose first is given.
_legwork_verbs() { # FIRST_WORD
	local name
	local -a names
	_legwork_split "${_legwork_kit[$folder]}"
	names=("${rows[@]}")
	for name in "${names[@]}"; do
		[[ $name = "$1"-* ]] || continue
		rows=()
		! _legwork_is_listed || _legwork_recall "$folder/$name" --help
		found+=("${name#*-}") told+=("${rows[1]-}")
	done
}

# Behind "help": found are the first words.
_legwork_help() {
	((${#words[@]} > 3)) || { _legwork_add_families; return; }
	found=() told=()
	((${#words[@]} > 4)) || _legwork_verbs "${words[2]}"
}

_legwork_multi() {
	local first=${words[1]}
	value=${words[-1]}
	if ((${#words[@]} == 2)); then
		if [[ $value = -* ]]; then
			_legwork_complete 1 "$file"
		else
			_legwork_own_words
			_legwork_add_families
		fi
		return
	fi
	if _legwork_is_ours "$folder/$first"; then
		file=$folder/$first
		_legwork_complete 2 "$file"
	elif _legwork_own_words && [[ " ${found[*]} " = *" $first "* ]]; then
		[[ $first != help || $value = -* ]] || {
			_legwork_help
			return
		}
		found=() told=()
		_legwork_complete 2 "$file" "$first"
	elif found=() told=() && ((${#words[@]} == 3)); then
		_legwork_verbs "$first"
	elif _legwork_is_ours "$folder/$first-${words[2]}"; then
		file=$folder/$first-${words[2]}
		_legwork_complete 3 "$file"
	fi
}

_legwork() {
	local IFS=$' \t\n' file folder head='' value='' quote='' store=''
	local -a words=() at=() found=() told=() rows=()
	COMPREPLY=()
	_legwork_read_line
	_legwork_drop_redirections || {
		compopt -o default 2>/dev/null
		return
	}
	_legwork_find "${words[0]##*/}" && _legwork_is_ours "$file" || return 0
	folder=${file%/*}
	if [[ ${file##*/} = legwork ]]; then
		_legwork_multi
	else
		_legwork_complete 1 "$file"
	fi
	((${#found[@]} == 0)) || _legwork_offer
}

# Registers the commands of the folder that has the one this file is named after, or else any.
_legwork_register() {
	local name file self=${BASH_SOURCE[0]##*/}
	local -a rows=()
	self=${self%.bash}
	for name in "$self" legwork task-list; do
		{ _legwork_find "$name" && _legwork_is_ours "$file"; } || continue
		_legwork_split "${_legwork_kit[${file%/*}]}"
		break
	done
	complete -F _legwork legwork "$self" "${rows[@]}"
}
_legwork_register
