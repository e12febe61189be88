# A tool that reads lines of files, and stays in its folder.

load test_helper

call() { tool-read-file <<<"$1"; } # ARGUMENTS

# refuses STATUS PATH WHY - the file cannot be read
refuses() {
	run "-$1" --separate-stderr timeout 30 tool-read-file <<<"$(jq -n --arg p "$2" '{path: $p}')"
	assert_equal "$stderr" "tool-read-file: $3"
	assert_output ''
}

@test "tool-read-file: declares itself" {
	run -0 tool-read-file --schema
	run -0 jq -c '[.name, .idempotent, .parameters.required, (.parameters.properties | keys)]' <<<"$output"
	assert_output '["read_file",true,["path"],["limit","offset","path"]]'
}

@test "tool-read-file: prints a file as it is" {
	mkdir -p a/b
	printf 'one\n\n\ttwo é\nno newline' >a/b/file
	call '{"path":"a/b/file"}' >out
	cmp a/b/file out
	: >empty
	call '{"path":"./a/../empty"}' >out
	cmp empty out
}

@test "tool-read-file: prints some lines, and says where to go on" {
	seq 10 >file
	run -0 call '{"path":"file","offset":3,"limit":2}'
	assert_output $'3\n4\n[lines 3 to 4; there is more: go on with offset 5]'
	run -0 call '{"path":"file","offset":9,"limit":2}'
	assert_output $'9\n10'
	run -0 call '{"path":"file","offset":10}'
	assert_output 10
	run -65 --separate-stderr call '{"path":"file","offset":11}'
	assert_equal "$stderr" 'tool-read-file: offset: lines in file: 10'
	printf 'a\nb' >file
	run -0 call '{"path":"file","offset":2}'
	assert_output b
	run -65 --separate-stderr call '{"path":"file","offset":3}'
	assert_equal "$stderr" 'tool-read-file: offset: lines in file: 2'
}

@test "tool-read-file: a long file comes in parts that are whole lines and miss none" {
	seq 100000 >file
	offset=1
	while [[ $offset ]]; do
		call "{\"path\":\"file\",\"offset\":$offset}" >part
		[[ $(wc -c <part) -le 16384 ]]
		offset=$(sed -n '$s/^\[lines .* offset \([0-9]*\)\]$/\1/p' part)
		grep -v '^\[' part >>whole
	done
	cmp file whole
}

@test "tool-read-file: of a line that is too long there is a beginning" {
	{ printf 'é%.0s' {1..20000}; echo; echo next; } >file
	call '{"path":"file"}' >out
	[[ $(wc -c <out) -le 16384 ]]
	iconv -f UTF-8 -t UTF-8 out >/dev/null
	run -0 tail -n 1 out
	assert_output '[this is the beginning of line 1, which is too long; the next line is offset 2]'
	run -0 call '{"path":"file","offset":2}'
	assert_output next
}

@test "tool-read-file: the path cannot lead out of the folder (77)" {
	echo secret >../secret
	mkdir a ../other
	ln -s ../secret link
	ln -s ../other folder
	ln -s "$PWD/file" absolute
	ln -s /proc/self/root root
	echo secret >../other/file
	echo x >file
	refuses 77 ../secret '../secret: leads out of the work folder'
	refuses 77 a/../../secret 'a/../../secret: leads out of the work folder'
	refuses 77 "../${PWD##*/}/file" "../${PWD##*/}/file: leads out of the work folder"
	refuses 77 link 'link: leads out of the work folder'
	refuses 77 folder/file 'folder/file: leads out of the work folder'
	refuses 77 absolute 'absolute: leads out of the work folder'
	refuses 77 root/etc/passwd 'root/etc/passwd: leads out of the work folder'
	refuses 77 /etc/passwd '/etc/passwd: want a path relative to the work folder'
	refuses 77 /proc/self/root/etc/passwd '/proc/self/root/etc/passwd: want a path relative to the work folder'
	refuses 77 "$PWD/file" "$PWD/file: want a path relative to the work folder"
	ln -s file inside
	run -0 call '{"path":"inside"}'
	assert_output x
}

@test "tool-read-file: what is no text file is refused (65), what is not there, too (66)" {
	mkfifo fifo
	mkdir folder
	printf 'a\0b' >binary
	printf 'caf\351\n' >latin
	refuses 65 fifo 'fifo: is no regular file, want a file'
	refuses 65 folder 'folder: is a folder, want a file'
	refuses 65 . '.: is a folder, want a file'
	refuses 65 binary 'binary: is binary, not text'
	refuses 65 latin 'latin: is no UTF-8 text'
	refuses 65 '' 'path: is empty'
	refuses 66 missing 'missing: No such file or directory'
	if mknod null c 1 3 2>/dev/null; then
		refuses 65 null 'null: is no regular file, want a file'
	fi
}

@test "tool-read-file: arguments that are wrong are told in one line (65)" {
	while IFS=$'\t' read -r args why; do
		run -65 --separate-stderr call "$args"
		assert_equal "$stderr" "tool-read-file: $why"
	done <<-'END'
		{}	path: is missing
		{"path":["x"]}	path: want a string without U+0000
		{"path":"x","offset":0}	offset: want a whole number from 1 to 1000000000
		{"path":"x","limit":"1"}	limit: want a whole number from 1 to 1000000000
		{"path":"x","lines":1}	lines: there is no such argument; there are: path offset limit
	END
}

@test "tool-read-file: a full disk is an I/O error (74)" {
	echo x >file
	run -74 --separate-stderr bash -c 'tool-read-file <<<"{\"path\":\"file\"}" >/dev/full'
	assert_equal "$stderr" 'tool-read-file: stdout: No space left on device'
}
