# legwork.fish - completion of legwork's commands, for fish 3.5 or newer
#
# Nothing about options is written here.  Commands are the files named like ours beside the one that
# PATH has, which say "(legwork)" (their --version does); nothing else is ever run.  What options a
# command takes, it is asked: COMMAND --options.  What a value may be follows from the argument's
# name there, an operand's from the usage in line 1 of --help.
#
# A store is only read where there is one: none is made.
#
# Functions print candidates, one to a line, a tab before their descriptions.

# The kit's commands in a folder.
function __legwork_kit -a folder
    set -l files $folder/{task,chat,agent,store,llm,mcp,tool,legwork}-*
    LC_ALL=C command grep -lasF -e '(legwork)' -- $files $folder/legwork /dev/null |
        string match -v '*~' | path basename
end

function __legwork_ask
    set -lx LEGWORK_LOCK_WAIT 1
    set -q __legwork_store; and set -lx LEGWORK_STORE $__legwork_store
    command $argv 2>/dev/null </dev/null
end

# --- what a value may be

# Sets __legwork_store, or fails where there is none: to ask a command would make one.
function __legwork_has_store
    if test -n "$LEGWORK_STORE"
        set -g __legwork_store $LEGWORK_STORE
    else if string match -q '/*' -- "$XDG_DATA_HOME"
        set -g __legwork_store $XDG_DATA_HOME/legwork
    else
        set -g __legwork_store $HOME/.local/share/legwork
    end
    test -r $__legwork_store/journal -a -x $__legwork_store/journal
end

# Ids in rows that begin as what was typed: eight characters, or the whole where more were typed or
# others begin alike.
function __legwork_ids -a value
    set -l rows (string match -r -- '^'(string escape --style=regex -- "$value")'.*' $argv[2..])
    set -l shorts (string sub -l 8 -- $rows)
    set -l twice (string join \n -- $shorts | sort | uniq -d)
    for row in $rows
        set -l fields (string split \t -- $row)
        set -l id (string sub -l 8 -- $row)
        if test (string length -- "$value") -gt 8; or contains -- $id $twice
            set id $fields[1]
        end
        test (count $fields) -gt 1; or set -a fields ''
        printf '%s\t%s\n' $id (string replace -ra '[[:cntrl:]]' ' ' -- "$fields[-1]")
    end
    test (count $rows) -gt 0
end

# Tasks, the newest first; any other is found by four characters or more.
function __legwork_tasks -a folder value
    set -l rows
    if test (count $argv) = 2
        set rows (__legwork_ask $folder/task-list --newest --limit 300 --format tsv)
    end
    for state in $argv[3..]
        set -a rows (__legwork_ask $folder/task-list --status $state --newest --limit 300 --format tsv)
    end
    __legwork_ids "$value" $rows; and return
    string match -qr '^[0-9a-f-]{4,36}$' -- "$value"; or return
    set rows (__legwork_ask $folder/task-show --ids -- $value)
    test (count $rows) = 1; and __legwork_ids "$value" $rows
end

# Tasks that ask something.
function __legwork_asking -a folder value
    set -l rows (__legwork_ask $folder/task-list --status pending --newest --format tsv)
    __legwork_ids "$value" (string match -- '*'\tpending:approval\t'*' $rows)
end

function __legwork_chats -a folder value
    set -l rows (__legwork_ask $folder/chat-list --newest --limit 300 --format tsv)
    # Those that tasks got, not people, come last.
    set -l last (string match -- '*'\tagent\t'Task: *' $rows)
    set rows (string match -v -- '*'\tagent\t'Task: *' $rows) $last
    __legwork_ids "$value" $rows; and return
    string match -qr '^[0-9a-f-]{4,36}$' -- "$value"; or return
    __legwork_ids "$value" (__legwork_ask $folder/chat-list --format tsv)
end

function __legwork_roles -a folder
    for row in (__legwork_ask $folder/agent-list --format tsv)
        set -l fields (string split \t -- $row)
        printf '%s\t%s\n' $fields[1] (string replace -ra '[[:cntrl:]]' ' ' -- "$fields[3]")
    end
end

# You, and those who own chats.
function __legwork_users -a folder
    set -l users $LEGWORK_USER $LOGNAME $USER
    set users $users[1]
    if __legwork_has_store
        for row in (__legwork_ask $folder/chat-list --newest --limit 300 --format tsv)
            set -l fields (string split \t -- $row)
            contains -- "$fields[4]" $users; or set -a users $fields[4]
        end
    end
    string join \n -- $users
end

# The words of a help like "high, medium or low (default: medium)".
function __legwork_words_of -a help
    set help (string replace -ra ' \([^()]*\)' '' -- "$help" | string replace -r ';.*' '' |
        string replace -r '.*: ' '')
    string match -qr '^[a-z][a-z_-]*(, [a-z][a-z_-]*)* or [a-z][a-z_-]*$' -- "$help"; or return
    string replace ' or ' ', ' -- $help | string split ', '
end

# What an argument or operand of that name may be.
function __legwork_values -a folder name help command value
    set name (string lower -- "$name")
    if contains -- $name task chat role agent
        __legwork_has_store; or return
    end
    switch $name
        case task
            switch $command
                case task-wait agent-cancel
                    __legwork_tasks $folder "$value" pending in_progress
                case task-edit
                    __legwork_tasks $folder "$value" pending in_progress failed cancelled
                case task-retry
                    __legwork_tasks $folder "$value" failed cancelled
                case task-approve
                    __legwork_asking $folder "$value"
                case '*'
                    __legwork_tasks $folder "$value"
            end
        case chat
            __legwork_chats $folder "$value"
        case role agent
            __legwork_roles $folder
        case user
            __legwork_users $folder
        case file path
            __fish_complete_path "$value"
        case folder directory dir
            __fish_complete_directories "$value" ''
        case time seq count text title
        case '*'
            __legwork_words_of "$help"; and return
            switch $name
                case status
                    string join \n pending in_progress completed failed cancelled
                case priority
                    string join \n high medium low
                case when
                    string join \n auto always never
                case format
                    string join \n text json
            end
    end
end

# --- a command

# The rows of a command's options.
function __legwork_table
    set -e __legwork_store
    __legwork_ask $argv --options | string match '*'\t'*'\t'*'\t'*'
    printf '\t%s\t\t%s\n' help 'print this help' version 'print the version'
end

# The names of a command's operands; behind the last comes "..." where it may be repeated.
function __legwork_operands
    set -e __legwork_store
    for word in (__legwork_ask $argv --help | string replace -rf '^usage: .*\[options\]' '' |
            string replace -ra '[][]' ' ' | string split -n ' ')
        string match -qr '^(--.*|\|)$' -- $word; or printf '%s\n' $word
    end
end

# The row of an option as it is written, from those that follow.
function __legwork_row -a option
    set -l letter (string match -rg '^-([^-])$' -- $option)
    set -l long (string match -rg '^--(.+)$' -- $option)
    for row in $argv[2..]
        set -l fields (string split \t -- $row)
        if test -n "$letter" -a "$fields[1]" = "$letter"; or test -n "$long" -a "$fields[2]" = "$long"
            printf '%s\n' $row
            return
        end
    end
end

# The option in a word like -abc that takes the rest of it, and that part of the word before its value.
function __legwork_letters -a word
    set -l length (string length -- $word)
    for i in (seq 2 $length)
        set -l option -(string sub -s $i -l 1 -- $word)
        set -l fields (string split \t -- (__legwork_row $option $argv[2..]))
        if test -n "$fields[3]"
            printf '%s\n' $option
            string sub -l $i -- $word
            return
        end
    end
end

function __legwork_list_options -a value
    for row in $argv[2..]
        set -l fields (string split \t -- $row)
        test -n "$fields[2]"; and printf '%s\t%s\n' --$fields[2] "$fields[4]"
        test -n "$fields[1]" -a "$value" = -; and printf '%s\t%s\n' -$fields[1] "$fields[4]"
    end
end

# Completes the last of the words as one of the command's: folder, the number of words that call
# it, those, then the words.
function __legwork_command -a folder called
    set -l command $argv[3..(math 2 + $called)]
    set -l words $argv[(math 3 + $called)..]
    set -l value $words[-1]
    set -l table (__legwork_table $command)
    set -l wanted
    set -l ended
    set -l operands
    set -l head ''
    for i in (seq 1 (math (count $words) - 1))
        set -l word $words[$i]
        if test -n "$wanted"
            set wanted
        else if test -n "$ended"; or not string match -qr '^-.' -- $word
            set -a operands $i
        else if test "$word" = --
            set ended 1
        else if string match -q -- '--*' $word
            set -l fields (string split \t -- (__legwork_row $word $table))
            test -n "$fields[3]"; and set wanted $word
        else
            set -l found (__legwork_letters $word $table)
            test (count $found) = 2; and test "$found[2]" = "$word"; and set wanted $found[1]
        end
    end
    if test -z "$wanted$ended"
        if string match -qr '^--.*=' -- $value
            set head (string replace -r '=.*' = -- $value)
            set wanted (string replace = '' -- $head)
        else if string match -qr '^-[^-]' -- $value
            set -l found (__legwork_letters $value $table)
            if test (count $found) = 2; and test "$found[2]" != "$value"
                set wanted $found[1]
                set head $found[2]
            end
        end
    end
    if test -n "$wanted"
        set -l fields (string split \t -- (__legwork_row $wanted $table))
        set value (string sub -s (math (string length -- "$head") + 1) -- "$value")
        for line in (__legwork_values $folder "$fields[3]" "$fields[4]" '' "$value")
            printf '%s\n' $head$line
        end
        return
    end
    if test -z "$ended"; and string match -q -- '-*' $value
        __legwork_list_options $value $table
        return
    end
    set -l kinds (__legwork_operands $command)
    set -l at (contains -i -- COMMAND $kinds)
    set -l number (math (count $operands) + 1)
    if test -n "$at"; and test $number -ge $at
        set -l rest $words[$operands[$at]..-2]
        test $number = $at; and set rest
        complete -C (string join ' ' -- (string escape -- $rest) $value)
        return
    end
    set -l kind $kinds[$number]
    if test "$kinds[-1]" = ...; and test $number -ge (count $kinds)
        set kind $kinds[-2]
    end
    if test -z "$kind$value$ended"
        __legwork_list_options '' $table
    else
        __legwork_values $folder "$kind" '' (path basename $command[1]) "$value"
    end
end

# --- legwork itself

# What legwork does itself: the lines of its help that begin with a single word.
function __legwork_own_words -a folder
    set -e __legwork_store
    __legwork_ask $folder/legwork --help |
        string replace -rf '^  ([a-z]+)( \[[^]]*\])*  +(.*)$' '$1\t$3'
end

function __legwork_first_words -a folder value
    set -l names (__legwork_kit $folder | string match '*-*' | string match -v 'legwork-*')
    __legwork_own_words $folder
    string replace -r -- '-.*' '' $names | sort -u
    string match -q '*-*' -- "$value"; and string join \n -- $names
end

function __legwork_verbs -a folder first
    set -e __legwork_store
    for name in (__legwork_kit $folder | string match -- "$first-*")
        set -l help (__legwork_ask $folder/$name --help)
        printf '%s\t%s\n' (string replace -r '^[^-]*-' '' -- $name) "$help[2]"
    end
end

function __legwork_multi -a folder
    set -l words $argv[2..]
    set -l value $words[-1]
    set -l first $words[2]
    set -l names (__legwork_kit $folder)
    if test (count $words) = 2
        if string match -q -- '-*' $value
            __legwork_command $folder 1 $folder/legwork $value
        else
            __legwork_first_words $folder $value
        end
    else if contains -- $first $names
        __legwork_command $folder 1 $folder/$first $words[3..]
    else if test "$first" = help; and not string match -q -- '-*' $value
        test (count $words) = 3; and __legwork_first_words $folder $value
        test (count $words) = 4; and __legwork_verbs $folder $words[3]
    else if contains -- $first (__legwork_own_words $folder | string replace -r '\t.*' '')
        __legwork_command $folder 2 $folder/legwork $first $words[3..]
    else if test (count $words) = 3
        __legwork_verbs $folder $first
    else if contains -- $first-$words[3] $names
        __legwork_command $folder 1 $folder/$first-$words[3] $words[4..]
    end
end

function __legwork_complete
    set -l words (commandline -opc) (commandline -ct | string unescape)
    test (count $words) -gt (count (commandline -opc)); or set -a words ''
    set -l file (command -s -- (path basename -- $words[1])); or return
    set -l folder (path dirname -- $file)
    contains -- (path basename -- $file) (__legwork_kit $folder); or return
    if test (path basename -- $file) = legwork
        __legwork_multi $folder $words
    else
        __legwork_command $folder 1 $file $words[2..]
    end
    set -e __legwork_store
end

# All commands beside the first of these that PATH has: the one this file is named after, or any.
function __legwork_register -a self
    for name in $self legwork task-list
        set -l file (command -s -- $name); or continue
        for each in (__legwork_kit (path dirname -- $file)) legwork
            complete -e -c $each # fish loads this once for each name
            complete -c $each -f -k -a '(__legwork_complete)'
        end
        return
    end
end
__legwork_register (path basename (status filename) | string replace -r '\.fish$' '')
