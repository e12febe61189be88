#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "buf.h"
#include "dir.h"
#include "err.h"
#include "tap.h"

static char root[PATH_MAX]; /* a folder of this test's own, beside the program */

/* root/name, in one of a few static buffers. */
static const char *
at(const char *name)
{
	static char paths[4][PATH_MAX + 100];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", root, name);
	return path;
}

static void
is_taken(char *got, const char *want, const char *fact)
{
	is(got, want, fact);
	free(got);
}

static void
test_store_path(void)
{
	char *here, *whole;

	setenv("HOME", "/home/ann", 1);
	setenv("XDG_DATA_HOME", "/data", 1);
	setenv("LEGWORK_STORE", "/else/where", 1);
	is_taken(dir_store_path(), "/else/where", "LEGWORK_STORE comes first");
	setenv("LEGWORK_STORE", "here", 1);
	here = getcwd(NULL, 0);
	whole = xprintf("%s/here", here);
	is_taken(dir_store_path(), whole, "a relative one is made whole: agents may go elsewhere");
	free(whole);
	free(here);
	setenv("LEGWORK_STORE", "", 1);
	is_taken(dir_store_path(), "/data/legwork", "then XDG_DATA_HOME; empty is unset");
	setenv("XDG_DATA_HOME", "data", 1);
	is_taken(dir_store_path(), "/home/ann/.local/share/legwork",
	    "then HOME; a relative XDG_DATA_HOME is ignored");
	unsetenv("HOME");
	ok(!dir_store_path() && err_code() == EX_CONFIG, "with none of them it is 78");
	unsetenv("LEGWORK_STORE");
	unsetenv("XDG_DATA_HOME");
}

static int
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -1 : (int)(st.st_mode & 07777);
}

static void
test_open_private(void)
{
	int fd = dir_open_private(at("a/b//c/"));

	ok(fd >= 0, "a folder is made with its parents");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "its descriptor is not inherited");
	close(fd);
	ok(mode_of(at("a")) == 0700 && mode_of(at("a/b/c")) == 0700, "new folders have mode 0700");
	fd = dir_open_private(at("a/b/c"));
	ok(fd >= 0, "a folder that is there is opened");
	close(fd);
	fd = chdir(root) == 0 ? dir_open_private("relative") : -1;
	ok(fd >= 0 && mode_of(at("relative")) == 0700, "a path may be relative");
	close(fd);
	chmod(at("a/b"), 0755);
	fd = dir_open_private(at("a/b"));
	ok(fd >= 0, "a folder that others may read is opened");
	close(fd);
}

static void
test_open_refusals(void)
{
	chmod(at("a"), 0770);
	ok(dir_open_private(at("a")) == -1 && err_code() == EX_NOPERM,
	    "a folder that its group may write to is refused (77)");
	chmod(at("a"), 0702);
	ok(dir_open_private(at("a")) == -1 && err_code() == EX_NOPERM,
	    "a folder that anyone may write to is refused (77)");
	chmod(at("a"), 0700);
	if (geteuid() == 0 && chown(at("a/b"), 1, 1) == 0)
		ok(dir_open_private(at("a/b")) == -1 && err_code() == EX_NOPERM,
		    "another user's folder is refused (77)");
	else
		ok(dir_open_private("/usr") == -1 && err_code() == EX_NOPERM,
		    "another user's folder is refused (77)");
	close(open(at("file"), O_CREAT | O_WRONLY, 0600));
	ok(dir_open_private(at("file")) == -1 && err_code() == EX_CANTCREAT,
	    "a file is no folder (73)");
	ok(dir_open_private(at("file/below")) == -1 && err_code() == EX_CANTCREAT,
	    "nothing can be made below a file (73)");
	ok(dir_open_private("/proc/none") == -1 && err_code() == EX_CANTCREAT,
	    "what cannot be made is 73");
	ok(!strncmp(err_text(), "/proc/none: ", 12), "what cannot be made is named");
}

static void
test_folders(void)
{
	int fd = dir_open_private(at("d"));

	is_int(dir_make_at(fd, "x"), 0, "a folder is made in a folder");
	is_int(mode_of(at("d/x")), 0700, "its mode is 0700");
	is_int(dir_make_at(fd, "x"), 0, "making it again is fine");
	close(openat(fd, "y", O_CREAT | O_WRONLY, 0600));
	ok(dir_make_at(fd, "y") == -1 && err_code() == EX_CANTCREAT, "a file is in the way (73)");
	is_int(dir_sync(fd), 0, "a folder is synced");
	close(fd);
	ok(dir_sync(fd) == -1 && err_code() == EX_IOERR, "a folder that is not open is not (74)");
}

static int
refusal_of(int dir_fd, const char *name, int flags)
{
	int fd = dir_open_file(dir_fd, name, flags), error = errno;

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : error;
}

/* What else may lie under a name of ours; nothing of it blocks. */
static void
test_files(void)
{
	int fd = dir_open_private(at("e"));

	is_int(refusal_of(fd, "new", O_RDWR), ENOENT, "a file that is missing is not made");
	is_int(refusal_of(fd, "new", O_RDWR | O_CREAT), 0, "unless it is wanted");
	is_int(mode_of(at("e/new")), 0600, "its mode is 0600");
	is_int(refusal_of(fd, "new", O_RDWR | O_CREAT | O_EXCL), EEXIST, "it is there then");
	if (symlinkat("new", fd, "link") < 0 || mkfifoat(fd, "fifo", 0600) < 0 ||
	    mkdirat(fd, "open", 0700) < 0)
		abort();
	is_int(refusal_of(fd, "link", O_RDWR | O_CREAT), ELOOP, "a symbolic link is not followed");
	is_int(refusal_of(fd, "fifo", O_RDONLY), EPERM, "a FIFO is not waited for");
	is_int(refusal_of(fd, "fifo", O_RDWR), EPERM, "nor opened at all");
	is_int(refusal_of(fd, "fifo", O_WRONLY), ENXIO, "nor written to");
	ok(dir_open_at(fd, "link") == -1 && dir_open_at(fd, "new") == -1,
	    "a link and a file are no folders");
	close(dir_open_at(fd, "open"));
	chmod(at("e/open"), 0770);
	ok(dir_open_at(fd, "open") == -1 && err_code() == EX_NOPERM,
	    "a folder in ours that others may write to is refused (77)");
	if (geteuid() == 0 && chown(at("e/new"), 1, 1) == 0 && chown(at("e/open"), 1, 1) == 0) {
		is_int(refusal_of(fd, "new", O_RDONLY), EPERM, "another user's file is refused");
		ok(dir_open_at(fd, "open") == -1 && err_code() == EX_NOPERM, "and folder (77)");
	}
	close(fd);
}

/*
 * Where share/ is depends on where the program lies, so this one is linked to several places and
 * run there; as "dir share" it prints what dir_share_path says, as "dir bin" dir_bin_path.
 */
static char *run_path, *run_what;

static void
run_copy(void)
{
	execl(run_path, run_path, run_what, (char *)NULL);
	_exit(127);
}

static const char *
answer_from(const char *place, char *what)
{
	static char text[PATH_MAX + 200];
	char program[PATH_MAX], *folder = xstrdup(at(place));
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);

	program[len > 0 ? len : 0] = '\0';
	close(dir_open_private(folder));
	run_path = xprintf("%s/dir", folder);
	run_what = what;
	if (link(program, run_path) < 0 && errno != EEXIST)
		perror(run_path);
	capture(STDOUT_FILENO, run_copy, text, sizeof text);
	free(run_path);
	free(folder);
	return text;
}

static int
answer(const char *what)
{
	char *path = strcmp(what, "share") ? dir_bin_path(what) : dir_share_path();

	if (path)
		fputs(path, stdout);
	else
		printf("code %d", err_code());
	free(path);
	return 0;
}

static void
test_share(void)
{
	char share[] = "share", dir[] = "dir", other[] = "sh", slash[] = "../bin/dir";

	unsetenv("LEGWORK_SHARE");
	is(answer_from("usr/bin", share), "code 78", "without share/ it is 78");
	close(dir_open_private(at("usr/share/legwork")));
	is(answer_from("usr/bin", share), at("usr/share/legwork"),
	    "share/ of an installed program");
	close(dir_open_private(at("tree/share")));
	is(answer_from("tree/build/bin", share), at("tree/share"), "share/ of a built program");
	is(answer_from("tree/build/san/bin", share), at("tree/share"),
	    "share/ of a program built with sanitizers");
	setenv("LEGWORK_SHARE", "/else", 1);
	is(answer_from("usr/bin", share), "/else", "LEGWORK_SHARE comes first");
	is(answer_from("usr/bin", dir), at("usr/bin/dir"), "a command beside the program is found");
	is(answer_from("usr/bin", other), "sh", "one that is not is left to PATH");
	is(answer_from("usr/bin", slash), slash, "a path is left alone");
}

static void
test_bytes(void)
{
	char got[20] = "";
	int fd = open(at("bytes"), O_CREAT | O_RDWR | O_TRUNC, 0600);

	is_int(dir_write_all(fd, "0123456789", 10), 10, "all is written");
	is_int(dir_read_all(fd, got, 4, 3), 4, "as much as was asked for is read");
	is(got, "3456", "it is read from where it was asked for");
	is_int(dir_read_all(fd, got, sizeof got, 8), 2, "a file's end ends the reading");
	is_int(dir_read_all(fd, got, sizeof got, 100), 0, "behind the end there is nothing");
	close(fd);
	ok(dir_read_all(fd, got, 1, 0) == -1 && errno == EBADF, "a read error is told");
	fd = open("/dev/full", O_WRONLY);
	ok(dir_write_all(fd, "x", 1) == -1 && errno == ENOSPC, "a write error is told");
	close(fd);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
main(int argc, char *argv[])
{
	ssize_t len = readlink("/proc/self/exe", root, sizeof root - 20);

	if (argc > 1)
		return answer(argv[1]);
	root[len > 0 ? len : 0] = '\0';
	memcpy(strrchr(root, '/'), "/dir.XXXXXX", sizeof "/dir.XXXXXX");
	if (!mkdtemp(root))
		return 1;
	test_store_path();
	test_open_private();
	test_open_refusals();
	test_folders();
	test_files();
	test_share();
	test_bytes();
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return done_testing();
}
