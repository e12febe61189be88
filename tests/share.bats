# The examples for cron and systemd: they are well-formed, and do what they say.

load test_helper
load records

setup() {
	common_setup
	need_commands
	bin=$(dirname "$(command -v legwork)")
	crontab=$ROOT/share/cron/legwork
	unit=$ROOT/share/systemd/legwork.service
}

# jobs_of FILE - the lines of a crontab that are commands
jobs_of() { grep -vE '^[[:space:]]*(#|$)|^[A-Z_]+[[:space:]]*=' "$1"; }

# cron_runs WORD - the job with this word, as cron runs it: with what the crontab sets, and little
# more.  (Where the crontab looks for commands, it finds those that were built.)
cron_runs() {
	local line command settings
	line=$(jobs_of "$crontab" | grep -F -- "$1")
	command=$(sed -E 's/^([^ \t]+[ \t]+){5}//; s/\\%/%/g' <<<"$line")
	mapfile -t settings < <(grep -E '^[A-Z_]+=' "$crontab" | sed "s|^PATH=|PATH=$bin:|")
	env -i HOME="$HOME" LOGNAME=ada SHELL=/bin/sh PATH=/usr/bin:/bin "${settings[@]}" \
		LEGWORK_STORE="$LEGWORK_STORE" ${LEGWORK_NOW:+LEGWORK_NOW="$LEGWORK_NOW"} \
		/bin/sh -c "$command" 3>&-
}

@test "cron: each line has five fields that cron takes, and a command" {
	[ "$(jobs_of "$crontab" | wc -l)" = 3 ]
	jobs_of "$crontab" | awk '
		function is_in(field, low, high,   n, i, part) {
			n = split(field, part, ",")
			for (i = 1; i <= n; i++) {
				if (part[i] ~ /^\*(\/[0-9]+)?$/) continue
				if (part[i] !~ /^[0-9]+(-[0-9]+)?$/ || part[i] + 0 < low || part[i] + 0 > high) return 0
			}
			return 1
		}
		NF < 6 || !is_in($1, 0, 59) || !is_in($2, 0, 23) || !is_in($3, 1, 31) ||
			!is_in($4, 1, 12) || !is_in($5, 0, 7) { print; bad = 1 }
		END { exit bad }'
	# A percent sign that stands alone would end the command.
	run grep -nE '(^|[^\\])%' <(jobs_of "$crontab")
	assert_output ''
	[ "$(tail -c 1 "$crontab" | wc -l)" = 1 ] # cron wants the last line to end
}

@test "cron: once a minute messages become tasks, and are done" {
	worker upper 'tr a-z A-Z'
	chat=$(chat-new --user ada --ids)
	chat-post --user ada "$chat" one >/dev/null
	run -0 cron_runs 'legwork run'
	assert_output ''
	run -0 task-list
	assert_jq 'length == 1 and .[0].status == "completed" and .[0].posted == 4'
	run -0 cron_runs 'legwork run'
	assert_equal "$(task-list --count)" 1
}

@test "cron: a run that overlaps another does no harm" {
	mkfifo gate
	worker slow "echo >>$PWD/started; read -r _ <$PWD/gate; echo done"
	chat=$(chat-new --user ada --ids)
	chat-post --user ada "$chat" one >/dev/null
	cron_runs 'legwork run' &
	first=$!
	wait_until 30 has_lines started 1
	cron_runs 'legwork run' &
	second=$!
	echo go >gate
	await_all "$first" "$second"
	run -0 task-list
	assert_jq 'length == 1 and .[0].status == "completed" and .[0].attempt == 1'
	assert_equal "$(wc -l <started)" 1
}

@test "cron: a report is asked for once a day, in the chat of all reports" {
	for day in 2026-11-20 2026-11-21; do
		for time in 02:00 02:10; do
			export LEGWORK_NOW=${day}T$time:00Z
			run -0 cron_runs task-add
			assert_output ''
		done
	done
	run -0 task-list
	assert_jq 'length == 2 and (map(.chat_id) | unique | length) == 1 and
		map(.created_at[:10]) == ["2026-11-20", "2026-11-21"]'
}

@test "cron: once a week the journal is shrunk" {
	worker upper 'tr a-z A-Z'
	for i in 1 2 3; do task-add "$i" >/dev/null; done
	legwork run --once
	before=$(cat "$LEGWORK_STORE"/journal/* | wc -c)
	run -0 cron_runs store-compact
	assert_output ''
	[ "$(cat "$LEGWORK_STORE"/journal/* | wc -c)" -lt "$before" ]
	assert_equal "$(task-list --status completed --count)" 3
}

# with_binary FILE - the unit, with the command that was built
with_binary() { sed "s|^ExecStart=legwork |ExecStart=$bin/legwork |" "$unit" >"$1"; }

@test "systemd: systemd-analyze finds nothing wrong with the unit" {
	command -v systemd-analyze >/dev/null || skip 'there is no systemd-analyze'
	mkdir units
	with_binary units/legwork.service
	grep -q "^ExecStart=$bin/legwork run" units/legwork.service
	run -0 env MANPATH=/nowhere systemd-analyze --user --man=no verify "$PWD/units/legwork.service"
	assert_output ''
}

@test "systemd: nor with the timer that asks for a report, which is asked for once a day" {
	mkdir units
	for file in legwork-report.service legwork-report.timer; do
		sed "s|^ExecStart=task-add |ExecStart=$bin/task-add |" "$ROOT/share/systemd/$file" >"units/$file"
	done
	command=$(sed -n 's/^ExecStart=//p' units/legwork-report.service)
	export LEGWORK_NOW=2026-11-20T02:30:00Z
	run -0 eval "$command"
	run -0 eval "$command"
	assert_equal "$(task-list --count)" 1
	command -v systemd-analyze >/dev/null || skip 'there is no systemd-analyze'
	run -0 env MANPATH=/nowhere systemd-analyze --user --man=no verify "$PWD/units/legwork-report.timer"
	assert_output ''
}

@test "systemd: what the unit starts does the work, and ends well when it is told to" {
	worker upper 'tr a-z A-Z'
	with_binary legwork.service
	read -ra command < <(sed -n 's/^ExecStart=//p' legwork.service)
	chat=$(chat-new --user ada --ids)
	# As systemd starts it: SIGPIPE ignored, and little in the environment.
	(
		trap '' PIPE
		exec env -i HOME="$HOME" PATH=/usr/local/bin:/usr/bin:/bin LEGWORK_STORE="$LEGWORK_STORE" \
			TMPDIR="$TMPDIR" "${command[@]}" </dev/null >out 2>&1 3>&-
	) &
	runner=$!
	chat-post --user ada "$chat" one >/dev/null
	wait_until 30 eval '[[ $(task-list --status completed --count) = 1 ]]'
	kill -TERM "$runner" # KillMode=mixed: the first process only
	status=0
	await_exit "$runner" || status=$?
	grep -qx "SuccessExitStatus=$status" legwork.service
	assert_equal "$(cat out)" ''
	wait_until 30 no_process_left
}

@test "systemd: the unit waits longer than running tasks are given" {
	limit=$(sed -n 's/^TimeoutStopSec=//p' "$unit")
	grace=$(task-run --help | sed -n 's/.*--grace time.*default: \([0-9]*\).*/\1/p')
	((limit > grace + 2))
	# What run does not start again, systemd does not either.
	for status in 64 66 77 78; do
		grep -qE "^RestartPreventExitStatus=(.* )?$status( |$)" "$unit"
	done
}
