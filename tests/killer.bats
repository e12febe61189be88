# The promise of the whole: kill what you like, when you like.
export BATS_TEST_TIMEOUT=1200
load test_helper

@test "killer: 200 kills of any process of the second pipeline lose nothing and do nothing twice" {
	run "$ROOT/tests/helpers/killer" "${KILLS:-200}" "${SEED:-20261120}"
	echo "# seed ${SEED:-20261120}: ${lines[0]}" >&3
	assert_success
}
