# A tool that writes files, and stays in its folder.

load test_helper

write() { jq -n --arg p "$1" --arg c "$2" '{path: $p, content: $c}' | tool-write-file; } # PATH CONTENT
append() { jq -n --arg p "$1" --arg c "$2" '{path: $p, content: $c, append: true}' | tool-write-file; }

# refuses STATUS PATH WHY - it cannot be written, in either way; nothing is left behind
refuses() {
	for how in write append; do
		run "-$1" --separate-stderr timeout 30 bash -c "$(declare -f "$how"); $how \"\$1\" x" - "$2"
		assert_regex "$stderr" "^tool-write-file: $3\$"
	done
	[[ ! $(find .. -name '.legwork-*') ]]
}

@test "tool-write-file: declares itself" {
	run -0 tool-write-file --schema
	run -0 jq -c '[.name, .parameters.required, (.parameters.properties | keys)]' <<<"$output"
	assert_output '["write_file",["path","content"],["append","content","path"]]'
}

@test "tool-write-file: writes a file, and makes the folders on the way" {
	run -0 write a/b/c $'one\ntwo é'
	assert_output 'wrote 10 bytes to a/b/c'
	run -0 cat a/b/c
	assert_output $'one\ntwo é'
	run -0 write a/../d ''
	assert_file_empty d
	assert_equal "$(find . -type f | sort | tr '\n' ' ')" './a/b/c ./d '
}

@test "tool-write-file: replaces a file at once, and keeps its mode" {
	echo old >file
	chmod 0750 file
	ln file other
	write file new
	assert_equal "$(<file)" new
	assert_equal "$(stat -c %a file)" 750
	assert_equal "$(<other)" old # it is another file
	(umask 027; write fresh x)
	assert_equal "$(stat -c %a fresh)" 640
}

@test "tool-write-file: appends" {
	run -0 append notes one
	assert_output 'appended 3 bytes to notes'
	run -0 append notes two
	assert_equal "$(<notes)" onetwo
}

@test "tool-write-file: the path cannot lead out of the folder (77)" {
	echo precious >../victim
	mkdir ../other
	ln -s ../other folder
	ln -s /proc/self/root root
	out='leads out of the work folder'
	refuses 77 ../victim "../victim: $out"
	refuses 77 ../new/victim "../new/victim: $out"
	refuses 77 folder/victim "folder/victim: $out"
	refuses 77 folder/new/victim "folder/new/victim: $out"
	refuses 77 "root$PWD/../victim" ".*: $out"
	refuses 77 "$PWD/x" "$PWD/x: want a path relative to the work folder"
	assert_equal "$(<../victim)" precious
	assert_equal "$(ls -A ../other)" ''
	assert_not_exist ../new
	assert_not_exist x
}

@test "tool-write-file: a link is not written through" {
	echo precious >../victim
	ln -s ../victim link
	run -65 --separate-stderr write link x
	assert_equal "$stderr" 'tool-write-file: link: is a symbolic link, want a file'
	run -77 append link x
	assert_equal "$(<../victim)" precious
	assert_equal "$(readlink link)" ../victim
}

@test "tool-write-file: what is no regular file is refused (65)" {
	mkdir folder
	mkfifo fifo
	echo x >file
	refuses 65 folder 'folder: is a folder, want a file'
	refuses 65 folder/ 'folder/: names a folder, want a file'
	refuses 65 .. '..: names a folder, want a file'
	refuses 65 fifo 'fifo: is no regular file.*'
	refuses 65 file/x 'file/x: Not a directory'
	refuses 65 '' 'path: is empty'
	if mknod null c 1 3 2>/dev/null; then
		refuses 65 null 'null: is no regular file, want a file'
	fi
}

@test "tool-write-file: a disk that fills up leaves the file as it was (74)" {
	echo old >file
	jq -n --arg c "$(head -c 100000 /dev/zero | tr '\0' x)" '{path: "file", content: $c}' >whole
	jq -c '.append = true' whole >longer
	for args in whole longer; do
		run -74 --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 10; exec tool-write-file <"$1"' - "$args"
		assert_equal "$stderr" 'tool-write-file: file: File too large'
		assert_equal "$(<file)" old
	done
	assert_equal "$(find . -type f | sort | tr '\n' ' ')" './file ./longer ./whole '
}

@test "tool-write-file: arguments that are wrong are told in one line (65)" {
	while IFS=$'\t' read -r args why; do
		run -65 --separate-stderr tool-write-file <<<"$args"
		assert_equal "$stderr" "tool-write-file: $why"
	done <<-'END'
		{"path":"x"}	content: is missing
		{"content":"x"}	path: is missing
		{"path":"x","content":null}	content: want a string without U+0000
		{"path":"x","content":"x","append":"yes"}	append: want true or false
		{"path":"x","content":"x","mode":7}	mode: there is no such argument; there are: path content append
	END
	assert_equal "$(ls -A)" ''
}
