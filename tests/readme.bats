# The README's tour works as it is written: its blocks of sh run in order, in one shell, and print
# what the block of text behind them shows (but for times and ids).

load test_helper

# Makes tour, a script of the README's sh blocks: block N writes to out.N; want.N is what it shows.
write_tour() {
	awk '
		/^```/ && block { if (block == "sh") print "} >out." n " 2>&1" >"tour"; block = ""; next }
		/^```sh$/ { block = "sh"; n++; print "{" >"tour"; printf "" >("want." n); next }
		/^```text$/ { block = "text"; next }
		/^```/ { block = "other"; next }
		block == "sh" { print >"tour" }
		block == "text" { print >("want." n) }
		END { print n >"count" }' "$ROOT/README.md"
}

# What is different each time made the same.
settle() { # FILE
	sed -E 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/ID/g
		s/\b[0-9a-f]{8}\b/ID/g
		s/^[0-9]{2}:[0-9]{2}:[0-9]{2} /TIME /
		s/^--- .*, [0-9-]{10}$/--- DATE/
		s/ +$//' "$1"
}

@test "README: the tour runs in a fresh store and prints what it shows" {
	need_commands
	unset LEGWORK_STORE
	write_tour
	((10#$(cat count) >= 5))
	run -0 timeout 60 bash -e tour 3>&-
	bad=0
	for ((n = 1; n <= $(cat count); n++)); do
		diff <(settle "want.$n") <(settle "out.$n") || { echo "README: block $n: shown < > printed"; bad=1; }
	done
	[ "$bad" = 0 ]
}

@test "README: the tour leaves the default store alone" {
	need_commands
	unset LEGWORK_STORE
	write_tour
	run -0 timeout 60 bash -e tour 3>&-
	assert_not_exist "$XDG_DATA_HOME/legwork"
	assert_not_exist "$HOME/.local"
}

@test "README: it names only files that are there" {
	bad=0
	while read -r path; do
		[ -e "$ROOT/$path" ] || { echo "README: no $path"; bad=1; }
	done < <(grep -oE '`(cmd|lib|tests|man|share|\.ci)/[a-z/._-]*[a-z]`' "$ROOT/README.md" | tr -d '`' | sort -u)
	[ "$bad" = 0 ]
}
