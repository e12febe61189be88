# What is installed works from where it is, and goes as it came.

load test_helper
load records

setup() {
	common_setup
	need_commands
	unset LEGWORK_SHARE
	build=$(dirname "$(dirname "$(command -v task-add)")")
}

# from TREE TARGET [VARIABLE=VALUE ...] - make, of what is built
from() { make -s --no-print-directory -C "$1" -o all B="$build" "${@:2}"; }

# bare COMMAND ... - run with the installed commands in PATH, and nothing of the source tree
bare() { env PATH="$prefix/bin:/usr/bin:/bin" "$@" 3>&-; }

files_in() { (cd "$1" && find . ! -type d | sort); }

@test "install: from a folder with blanks all of it works, the demo too" {
	prefix="$PWD/some where/else's"
	from "$ROOT" install PREFIX="$prefix"
	mkdir subject
	printf 'a b c\n' >'subject/a file'
	run -0 --separate-stderr bare "$prefix/share/legwork/demo/demo" subject
	assert_equal "$stderr" ''
	assert_output --partial '1 file in 1 folder, 6 bytes'
	assert_output --partial 'Two messages became 10 tasks'
	assert_output --partial "Another folder, another report: $prefix/share/legwork/demo/demo /etc"
	cd subject
	run -0 bare "$prefix/share/legwork/demo/demo"
	assert_output --partial "a report on $PWD"

	bare agent-add upper -- tr a-z A-Z >/dev/null
	bare task-add one >/dev/null
	run -0 env PATH=/usr/bin:/bin "$prefix/bin/legwork" run --once
	assert_equal "$(bare task-list | jq -r .response)" ONE
	run -0 bare legwork help task add
	assert_line --index 0 --regexp '^TASK-ADD\(1\)'
	run -0 bare legwork help overview
	assert_line --index 0 --regexp '^LEGWORK\(7\)'
}

@test "install: everything is there, for everybody to read, whatever the umask" {
	prefix=$PWD/p
	(umask 077 && from "$ROOT" install PREFIX="$prefix")
	for name in $(commands; scripts); do
		assert_file_permission 755 "$prefix/bin/$name"
		assert_file_permission 644 "$prefix/share/man/man1/$name.1"
	done
	assert_file_exists "$prefix/share/man/man5/legwork-store.5"
	assert_file_exists "$prefix/share/man/man7/legwork.7"
	assert_file_permission 755 "$prefix/share/legwork/demo/crew/walk"
	assert_file_permission 644 "$prefix/share/legwork/cron/legwork"
	diff -r "$ROOT/share" "$prefix/share/legwork"
	run find "$prefix" -mindepth 1 -type d ! -perm 755
	assert_output ''
}

@test "install: DESTDIR, BINDIR, DATADIR and MANDIR say where to, and uninstall follows" {
	where=(DESTDIR="$PWD/to here" PREFIX=/opt/leg\ work BINDIR=/b\ in MANDIR=/pages DATADIR=/da\ ta)
	from "$ROOT" install "${where[@]}"
	assert_file_executable 'to here/b in/task-add'
	assert_file_exists 'to here/pages/man1/task-add.1'
	assert_file_executable 'to here/da ta/legwork/demo/demo'
	assert_not_exist 'to here/opt'
	from "$ROOT" uninstall "${where[@]}"
	assert_equal "$(files_in 'to here')" ''
}

@test "uninstall: what was there before is still there, all else is gone" {
	prefix="$PWD/some where"
	mkdir -p "$prefix"/{bin,share/{legwork/mine,man/man1,bash-completion/completions,zsh/site-functions}}
	touch "$prefix"/{bin/mine,share/{legwork/mine/too,legwork/note,man/man1/mine.1}} \
		"$prefix"/share/bash-completion/completions/mine "$prefix/share/zsh/site-functions/_mine"
	files_in "$prefix" >before
	from "$ROOT" install PREFIX="$prefix"
	from "$ROOT" install PREFIX="$prefix" # again
	[ "$(files_in "$prefix" | wc -l)" -gt 50 ]
	from "$ROOT" uninstall PREFIX="$prefix"
	diff before <(files_in "$prefix")
	from "$ROOT" uninstall PREFIX="$prefix" # nothing there: no error
	diff before <(files_in "$prefix")

	from "$ROOT" install PREFIX="$PWD/new"
	from "$ROOT" uninstall PREFIX="$PWD/new"
	assert_equal "$(files_in new)" ''
	assert_not_exist new/share/legwork
}

@test "install: completions where shells look for them, under each command's name" {
	cp -R "$ROOT"/{Makefile,cmd,man,share} .
	mkdir completions
	for file in legwork.bash _legwork legwork.fish; do echo "# $file" >"completions/$file"; done
	from . install PREFIX="$PWD/p r"
	bash=p\ r/share/bash-completion/completions
	fish=p\ r/share/fish/vendor_completions.d
	for name in $(commands; scripts); do
		assert_equal "$(cat "$bash/$name")" '# legwork.bash'
		assert_equal "$(cat "$fish/$name.fish")" '# legwork.fish'
	done
	assert_equal "$(readlink "$bash/task-add")" legwork.bash
	assert_equal "$(cat 'p r/share/zsh/site-functions/_legwork')" '# _legwork'
	from . uninstall PREFIX="$PWD/p r"
	assert_equal "$(files_in 'p r')" ''

	rm -R completions
	from . install PREFIX="$PWD/none"
	assert_not_exist none/share/bash-completion
	assert_not_exist none/share/fish
}
