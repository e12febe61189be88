#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "box.h"
#include "buf.h"
#include "err.h"
#include "jail.h"
#include "tap.h"

static int jail_fd;

static void
link_to(const char *to, const char *name)
{
	if (symlinkat(to, jail_fd, name) < 0)
		abort();
}

/* Whether the path cannot be opened, for that reason. */
static void
shuts(const char *path, int code, const char *text, const char *fact)
{
	int fd = jail_open(jail_fd, path, O_RDONLY);

	if (fd >= 0)
		close(fd);
	if (ok(fd < 0 && err_code() == code, fact) && text)
		is(err_text(), text, "... and it is said so");
	else if (fd < 0 && err_code() != code)
		printf("# %d: %s\n", err_code(), err_text());
}

static void
opens(const char *path, const char *fact)
{
	int fd = jail_open(jail_fd, path, O_RDONLY);
	char text[10] = "";

	ok(fd >= 0 && read(fd, text, sizeof text) == 6 && !memcmp(text, "inside", 6), fact);
	if (fd >= 0)
		close(fd);
}

static void
test_inside(void)
{
	int fd;

	opens("file", "a file opens");
	opens("a/../file", "dots that stay inside are fine");
	opens("./a/./b/deep", "so are folders");
	opens("near", "and a link that stays inside");
	opens("a/up", "also one that goes up");
	shuts("missing", EX_NOINPUT, "missing: No such file or directory",
	    "what is missing is said");
	shuts("", EX_DATAERR, "path: is empty", "an empty path is none");
	shuts("a", EX_DATAERR, "a: is a folder, want a file", "a folder is no file");
	shuts("file/x", EX_DATAERR, "file/x: Not a directory", "a file is no folder");
	fd = jail_open(jail_fd, "made", O_WRONLY | O_CREAT);
	ok(fd >= 0 && box_size("jail/made") == 0, "a file can be made");
	close(fd);
}

static void
test_outside(void)
{
	const char *out = "leads out of the work folder";
	char *text, *self;

	shuts("/etc/passwd", EX_NOPERM, "/etc/passwd: want a path relative to the work folder",
	    "an absolute path is none");
	text = xprintf("../secret: %s", out);
	shuts("../secret", EX_NOPERM, text, "dots lead nowhere outside");
	free(text);
	shuts("a/../../secret", EX_NOPERM, NULL, "nor do hidden ones");
	shuts("a/b/../../../jail/file", EX_NOPERM, NULL, "also if they came back");
	shuts("..", EX_NOPERM, NULL, "nor the folder above");
	shuts("far", EX_NOPERM, NULL, "nor a link");
	shuts("absolute", EX_NOPERM, NULL, "nor an absolute one, even into the folder");
	shuts("folder/secret", EX_NOPERM, NULL, "nor one on the way");
	shuts("loop", EX_NOPERM, NULL, "nor one to itself");
	shuts("root/etc/passwd", EX_NOPERM, NULL, "nor /proc/self/root");
	self = xprintf("descriptor/%d", box_fd);
	shuts(self, EX_NOPERM, NULL, "nor a descriptor in /proc");
	free(self);
}

static void
test_odd(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (mkfifoat(jail_fd, "fifo", 0600) < 0 || fchdir(jail_fd) < 0)
		abort();
	strncpy(at.sun_path, "socket", sizeof at.sun_path - 1);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
		abort();
	shuts("fifo", EX_DATAERR, "fifo: is no regular file, want a file",
	    "a FIFO is not waited for");
	ok(jail_open(jail_fd, "fifo", O_WRONLY) < 0 && err_code() == EX_DATAERR,
	    "nor when it is written to");
	shuts("socket", EX_DATAERR, NULL, "a socket is no file");
	close(fd);
	if (mknodat(jail_fd, "null", S_IFCHR | 0600, (1 << 8) | 3) == 0)
		shuts("null", EX_DATAERR, "null: is no regular file, want a file",
		    "nor is a device");
}

static void
test_parent(void)
{
	const char *name = NULL;
	int fd = jail_open_parent(jail_fd, "new/deep/down/x", &name);
	struct stat st;

	ok(fd >= 0 && fstatat(jail_fd, "new/deep/down", &st, 0) == 0 && S_ISDIR(st.st_mode),
	    "folders on the way are made");
	is(name, "x", "the file's name is told");
	close(fd);
	fd = jail_open_parent(jail_fd, "y", &name);
	ok(fd >= 0, "there may be none");
	is(name, "y", "the name is the path then");
	close(fd);
	ok(jail_open_parent(jail_fd, "a/", &name) < 0 && err_code() == EX_DATAERR,
	    "a folder's name is no file's");
	ok(jail_open_parent(jail_fd, "a/..", &name) < 0 && err_code() == EX_DATAERR,
	    "nor are dots");
	ok(jail_open_parent(jail_fd, "../x/y", &name) < 0 && err_code() == EX_NOPERM,
	    "none is made outside by dots");
	ok(jail_open_parent(jail_fd, "a/../../x/y", &name) < 0 && err_code() == EX_NOPERM,
	    "nor by hidden ones");
	ok(jail_open_parent(jail_fd, "folder/x/y", &name) < 0 && err_code() == EX_NOPERM,
	    "nor through a link");
	ok(jail_open_parent(jail_fd, "dangling/x", &name) < 0, "nor where a link leads nowhere");
	ok(jail_open_parent(jail_fd, "/tmp/x", &name) < 0 && err_code() == EX_NOPERM,
	    "nor by an absolute path");
	is_int(box_size("x"), -1, "there is nothing outside");
	is_int(box_size("outside/x"), -1, "... anywhere");
	is_int(box_size("outside/made"), -1, "... at all");
	ok(jail_open_parent(jail_fd, "file/x/y", &name) < 0 && err_code() == EX_DATAERR,
	    "nor in a file");
}

/* Links that others put into the way while it is opened lead nowhere outside. */
static void
test_race(void)
{
	pid_t child = box_fork();
	int escapes = 0;

	if (child == 0)
		for (;;) {
			renameat2(jail_fd, "swap", jail_fd, "folder", RENAME_EXCHANGE);
		}
	for (int i = 0; i < 20000; i++) {
		int fd = jail_open(jail_fd, "swap/secret", O_RDONLY);
		char c = 0;

		escapes += fd >= 0 && read(fd, &c, 1) == 1 && c == 'o';
		if (fd >= 0)
			close(fd);
	}
	box_kill(child);
	is_int(escapes, 0, "a folder that becomes a link meanwhile lets nobody out");
}

int
main(void)
{
	box_open("jail", 1);
	mkdirat(box_fd, "jail", 0700);
	mkdirat(box_fd, "outside", 0700);
	jail_fd = openat(box_fd, "jail", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	box_write("secret", "out", 3);
	box_write("outside/secret", "out", 3);
	box_write("jail/file", "inside", 6);
	mkdirat(jail_fd, "a", 0700);
	mkdirat(jail_fd, "a/b", 0700);
	mkdirat(jail_fd, "swap", 0700);
	box_write("jail/a/b/deep", "inside", 6);
	box_write("jail/swap/secret", "inside", 6);
	link_to("file", "near");
	link_to("../file", "a/up");
	link_to("../secret", "far");
	link_to("../outside", "folder");
	link_to("../outside/made", "dangling");
	link_to("loop", "loop");
	link_to("/proc/self/root", "root");
	link_to("/proc/self/fd", "descriptor");
	{
		char path[PATH_MAX + 20];

		snprintf(path, sizeof path, "%s/jail/file", box_path);
		link_to(path, "absolute");
	}
	test_inside();
	test_outside();
	test_odd();
	test_parent();
	test_race();
	close(jail_fd);
	box_close();
	return done_testing();
}
