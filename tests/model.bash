# What tests with a model share: load model, after load test_helper
#
# The model is tests/model/server.c, which says what a script may hold.  A file with a teardown of its
# own calls stop_model in it, before common_teardown.
#
# MODEL_PORT   where it listens
# MODEL_LOG    its log: a JSON line for each request

# start_model SCRIPT - start a model that says what is in this file, and point the environment to it
start_model() {
	stop_model
	MODEL_LOG=$BATS_TEST_TMPDIR/model.log
	rm -f "$BATS_TEST_TMPDIR/model.port" "$MODEL_LOG"
	model-server "$1" "$MODEL_LOG" "$BATS_TEST_TMPDIR/model.port" </dev/null \
		>"$BATS_TEST_TMPDIR/model.err" 2>&1 3>&- &
	MODEL_PID=$!
	wait_until 30 has_model_begun || { stop_model; cat "$BATS_TEST_TMPDIR/model.err"; return 1; }
	MODEL_PORT=$(<"$BATS_TEST_TMPDIR/model.port") || return
	export OPENAI_BASE_URL=http://127.0.0.1:$MODEL_PORT/v1 OPENAI_API_KEY=test
	export ANTHROPIC_BASE_URL=http://127.0.0.1:$MODEL_PORT ANTHROPIC_API_KEY=test
	export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
}

# stop_model - end it; fails where it has not ended as it should
stop_model() {
	local pid=$MODEL_PID
	MODEL_PID=
	[[ $pid ]] || return 0
	kill -TERM "$pid" 2>/dev/null || true
	await_exit "$pid" || { echo "model-server: exit status $?"; cat "$BATS_TEST_TMPDIR/model.err"; return 1; }
}

has_model_begun() { [[ -f $BATS_TEST_TMPDIR/model.port ]] || ! kill -0 "$MODEL_PID" 2>/dev/null; }

# asked FILTER - what FILTER makes of each request that the model got, one a line
asked() { jq -c "$@" "$MODEL_LOG"; }

# was_asked COUNT - whether it has got so many requests; for wait_until
was_asked() { [[ -f $MODEL_LOG && $(wc -l <"$MODEL_LOG") -ge $1 ]]; }

teardown() {
	local status=0
	stop_model || status=1
	common_teardown || status=1
	return "$status"
}
