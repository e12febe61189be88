# The Debian package: what is in it, and that it comes and goes.

load test_helper

# One of them makes the package again, in the place where the others read it.
export BATS_NO_PARALLELIZE_WITHIN_FILE=true

# It is made once for all tests here: of a copy of what is built, so that nothing is rebuilt.
setup_file() {
	local tool build=$PWD
	build=$(dirname "$(dirname "$(command -v task-add || echo none/none/none)")")
	export package='' package_log=$BATS_FILE_TMPDIR/log
	command -v dpkg-deb >/dev/null && [[ $build = */build ]] || return 0
	make -s -C "$BATS_TEST_DIRNAME/.." deps-deb >"$package_log" 2>&1 || return 0
	mkdir -p "$BATS_FILE_TMPDIR/tree"
	cp -R "$BATS_TEST_DIRNAME"/../{Makefile,.deb,cmd,man,share} "$BATS_FILE_TMPDIR/tree"
	cp -R "$BATS_TEST_DIRNAME/../completions" "$BATS_FILE_TMPDIR/tree" 2>/dev/null || true
	mkdir "$BATS_FILE_TMPDIR/tree/build"
	cp -R "$build/bin" "$BATS_FILE_TMPDIR/tree/build"
	package=$(make_package) || { cat "$package_log" >&2; return 1; }
}

make_package() {
	(cd "$BATS_FILE_TMPDIR/tree" && umask 077 && SOURCE_DATE_EPOCH=1790000000 \
		.deb/build build "$(sed -n 's/^VERSION = //p' Makefile)" 2>>"$package_log")
}

setup() {
	common_setup
	[[ $package ]] || skip 'a package cannot be made here: wants dpkg-dev, lintian and the ordinary build'
	# Another user must be able to go there.
	root=$(TMPDIR='' mktemp -d /tmp/legwork-deb.XXXXXX)
	chmod 755 "$root"
}

teardown() {
	[[ -z ${root-} ]] || rm -rf "$root"
	common_teardown
}

# dpkg_there OPTION ... - dpkg for a system below $root
dpkg_there() {
	dpkg --root="$root" --force-not-root --force-depends --log=/dev/null "$@" 2>&1
}

make_root() {
	mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers} "$root"/usr/{bin,share/man/man1}
	touch "$root"/var/lib/dpkg/{status,available} "$root"/usr/{bin/mine,share/man/man1/mine.1}
}

files_there() { (cd "$root" && find . -path ./var/lib/dpkg -prune -o -print | sort); }

# as_nobody COMMAND ... - as another user, with an environment that cron would give
as_nobody() {
	mkdir -p "$root/home"
	chown nobody: "$root/home"
	setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all \
		env -i -C "$root/home" HOME="$root/home" LOGNAME=nobody SHELL=/bin/sh LC_ALL=C.UTF-8 \
		PATH="$root/usr/bin:/usr/bin:/bin" TMPDIR="$root/home" "$@" 3>&-
}

@test "deb: lintian finds no error and nothing to warn of" {
	run -0 lintian --allow-root --fail-on error,warning "$package"
	refute_output --regexp '(^|
)[EW]:'
}

@test "deb: what it says of itself is true" {
	run -0 dpkg-deb -f "$package" Package Version Architecture Section Priority
	assert_line 'Package: legwork'
	assert_line "Version: $(task-add --version | sed 's/.* //')"
	assert_line "Architecture: $(dpkg --print-architecture)"
	assert_line 'Section: utils'
	assert_line 'Priority: optional'
	run -0 dpkg-deb -f "$package" Depends
	for library in libc6 libgdbm6 libjq1 libuuid1; do
		assert_output --partial "$library "
	done
	dpkg-deb -R "$package" "$root/out"
	(cd "$root/out" && md5sum --quiet -c DEBIAN/md5sums)
	assert_equal "$(wc -l <"$root/out/DEBIAN/md5sums")" "$(find "$root/out/usr" -type f | wc -l)"
}

@test "deb: it holds every command and page, the units, and nothing that is not root's to give" {
	dpkg-deb -c "$package" >list
	for name in $(commands; scripts); do
		grep -q "^-rwxr-xr-x root/root .* ./usr/bin/$name$" list
		grep -q "^-rw-r--r-- root/root .* ./usr/share/man/man1/$name.1.gz$" list
	done
	for file in lib/systemd/user/legwork.service share/legwork/systemd/legwork.service \
		share/doc/legwork/copyright share/doc/legwork/changelog.gz; do
		grep -q "^-rw-r--r-- root/root .* ./usr/$file$" list
	done
	run grep -vE '^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx) root/root ' list
	assert_output ''
	dpkg-deb -x "$package" "$root/out"
	for name in $(commands); do
		run readelf -S "$root/out/usr/bin/$name"
		refute_output --partial .debug_info
	done
}

@test "deb: the same sources give the same package" {
	cp "$package" first
	run make_package
	cmp first "$package"
}

@test "deb: installed, it does the demo's work for another user; purged, it leaves no trace" {
	[[ $(id -u) = 0 ]] || skip 'only root can be another user'
	command -v setpriv >/dev/null || skip 'there is no setpriv'
	make_root
	files_there >before
	run -0 dpkg_there -i "$package"
	run -0 dpkg_there -s legwork
	assert_line 'Status: install ok installed'
	run -0 dpkg_there --verify legwork
	assert_output ''

	mkdir -m 0755 "$root/subject"
	printf 'a b c\n' >"$root/subject/file"
	run -0 --separate-stderr as_nobody "$root/usr/share/legwork/demo/demo" "$root/subject"
	assert_equal "$stderr" ''
	assert_output --partial '1 file in 1 folder, 6 bytes'
	as_nobody agent-add upper -- tr a-z A-Z >/dev/null
	as_nobody task-add one >/dev/null
	run -0 as_nobody legwork run --once
	assert_equal "$(as_nobody task-list | jq -r .response)" ONE
	run -0 as_nobody legwork help task add
	assert_line --index 0 --regexp '^TASK-ADD\(1\)'

	rm -rf "${root:?}/home" "${root:?}/subject"
	run -0 dpkg_there -P legwork
	diff before <(files_there)
}
