# The page that legwork web serves, in headless Chromium, as people see it: sourced by run.
#
# browser.mjs drives it, and says of each thing whether it is so.  What it has seen is in
# build/peers/seen, a picture of each view.

: "${peers:?}" # run has set it

# An agent that tells what it does, and waits for a file before it answers.
add_worker() {
	cat >worker <<-'END'
		#!/bin/sh
		instruction=$(task-show --jq .instruction "$LEGWORK_TASK_ID")
		printf '%s\n' '{"type":"thought","data":{"text":"The oven first, then the cake."}}' \
			'{"type":"tool_use","data":{"name":"run","args":{"command":"ls oven"},"call_id":"c1"}}' \
			'{"type":"tool_result","data":{"name":"run","call_id":"c1","status":"ok","result":"cake"}}'
		case $instruction in
		*fail*) echo 'the oven is cold' >&2; exit 1 ;;
		*wait*) until [ -e "$WORK/go" ]; do sleep 0.02; done ;;
		esac
		echo "Done: $instruction"
	END
	chmod +x worker
	agent-add baker -- env "WORK=$PWD" "$PWD/worker" >/dev/null
}

# Whoever runs the tasks: for as long as the part takes.
run_tasks() {
	task-watch </dev/null 2>running | task-plan --planner rules 2>>running | task-split 2>>running |
		task-run -j 4 2>>running | chat-post >/dev/null 2>>running &
	servers+=("$(jobs -p %%)" $!)
}

serve_page() { # USER
	legwork-web --user "$1" --port 0 </dev/null >"address-$1" 2>"serving-$1" &
	servers+=($!)
	wait_until test -s "address-$1"
}

if ! command -v chromium >/dev/null; then
	tell 1 'browser: chromium is here (make deps-browser installs it)'
	return
fi
add_worker
run_tasks
serve_page ada
serve_page bob
rm -rf "$peers/seen"
SEEN=$peers/seen timeout 840 node "$peers/browser.mjs" "$(<address-ada)" "$(<address-bob)" 2>&1 | sed 's/^\(ok\|not ok\) - /&browser: /'
