# Models for the tests: a program that stands in for llm-chat, and says what is in a script.

# script_llm <SCRIPT - have the agents' model say so
#
# SCRIPT has one paragraph for each request: event lines without their ids.  A line "exit N" ends the
# program, "hang" has it wait for ever, "wait FILE" until FILE is there.  Requests are appended to
# the file asked, the process id is in the file llm.pid; how many paragraphs were used is in the file
# used, through all processes.  With LLM_BY_TURN set a request gets the paragraph of its turn,
# whatever was asked before.
script_llm() {
	cat >script
	: >asked
	echo 0 >used
	cat >llm <<-'END'
		#!/bin/bash
		here=${0%/*}
		echo $$ >"$here/llm.pid"
		while IFS= read -r request; do
			printf '%s\n' "$request" >>"$here/asked"
			used=$(<"$here/used")
			echo $((used + 1)) >"$here/used"
			[[ $request =~ \"id\":\"(r[0-9]+)\"}?$ ]] || [[ $request =~ \"id\":\"(r[0-9]+)\" ]]
			id=${BASH_REMATCH[1]}
			others=${request//'"role":"assistant"'/}
			[[ ! $LLM_BY_TURN ]] || used=$(((${#request} - ${#others}) / 18))
			paragraph=0 said=
			while IFS= read -r line; do
				if [[ ! $line ]]; then
					paragraph=$((paragraph + 1))
				elif [[ $paragraph = "$used" ]]; then
					said=1
					case $line in
					exit*) exit "${line#exit }" ;;
					hang) exec sleep 1000 ;;
					wait*) until [[ -e ${line#wait } ]]; do read -rt 0.01 <> <(:); done ;;
					*) printf '{"id":"%s",%s\n' "$id" "${line#\{}" ;;
					esac
				fi
			done <"$here/script"
			[[ $said ]] || printf '{"id":"%s","type":"error","category":"validation","code":"script","message":"the script is at its end","retryable":false}\n' "$id"
		done
	END
	chmod +x llm
	export LEGWORK_LLM=$PWD/llm
}

# asked N FILTER - of the N-th request (from 1), what a jq program makes of it
asked() { sed -n "$1p" asked | jq -c "$2"; }
