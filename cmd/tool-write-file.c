/* tool-write-file - a tool: write a text file, or append to one */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "dir.h"
#include "err.h"
#include "id.h"
#include "jail.h"
#include "opt.h"
#include "stop.h"

static const char *path, *content;
static bool is_append;

static const struct arg arg[] = {
	{ "path", "the file, relative to the work folder", .text = &path, .is_required = true },
	{ "content", "the text to write", .text = &content, .is_required = true },
	{ "append", "put it behind what is there, instead of in its place", .set = &is_append },
	{ 0 },
};

static struct args tool = {
	.name = "write_file",
	.help = "Write a text file in the work folder, whole; folders on the way to it are made. A "
		"file "
		"that is there is replaced, unless append is true.",
	.arg = arg,
	.is_confined = true,
	.is_harmless = true,
};

static const struct opt opts[] = { ARGS_SCHEMA(tool), { 0 } };

static const struct cmd cmd = { "tool-write-file", "a tool: write a text file, or append to one",
	"", opts, 0 };

/* What is in the file's place must be replaceable.  Sets st_mode to 0 where nothing is there.
 * -1 with err. */
static int
look(int parent_fd, const char *name, struct stat *st)
{
	if (fstatat(parent_fd, name, st, AT_SYMLINK_NOFOLLOW) < 0) {
		st->st_mode = 0;
		return errno == ENOENT ? 0 : err_sys("%s", path);
	}
	if (S_ISREG(st->st_mode))
		return 0;
	return err_set(EX_DATAERR, "%s: is %s, want a file", path,
	    S_ISDIR(st->st_mode)   ? "a folder"
	    : S_ISLNK(st->st_mode) ? "a symbolic link"
				   : "no regular file");
}

/* Write it beside its place, then put it there: others see the old or the new.  -1 with err. */
static int
replace(int parent_fd, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char temporary[sizeof ".legwork-" + ID_TEXT] = ".legwork-", id[ID_TEXT];
	struct stat st;
	int fd, rc = 0;

	if (look(parent_fd, name, &st) < 0)
		return -1;
	snprintf(temporary, sizeof temporary, ".legwork-%s", id_new(id));
	fd = openat(parent_fd, temporary, flags, 0666);
	if (fd < 0)
		return err_sys("%s", path);
	if ((st.st_mode && fchmod(fd, st.st_mode & 0777) < 0) ||
	    dir_write_all(fd, content, strlen(content)) < 0 || fdatasync(fd) < 0 ||
	    renameat(parent_fd, temporary, parent_fd, name) < 0) {
		rc = err_sys("%s", path);
		unlinkat(parent_fd, temporary, 0);
	}
	close(fd);
	return rc < 0 ? -1 : dir_sync(parent_fd);
}

/* All of it or nothing.  -1 with err. */
static int
append(void)
{
	int fd = jail_open(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT), rc = 0;
	off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (fd < 0)
		return -1;
	if (dir_write_all(fd, content, strlen(content)) < 0 || fdatasync(fd) < 0) {
		rc = err_sys("%s", path);
		if (end >= 0 && ftruncate(fd, end) < 0)
			err_add("a part of it is there");
	}
	close(fd);
	return rc;
}

/* -1 with err. */
static int
act(void)
{
	const char *name;
	int parent_fd, rc;

	stop_catch(); /* nothing half done is left */
	parent_fd = jail_open_parent(AT_FDCWD, path, &name);
	if (parent_fd < 0)
		return -1;
	rc = is_append ? append() : replace(parent_fd, name);
	close(parent_fd);
	if (rc == 0 && dprintf(STDOUT_FILENO, "%s %zu bytes to %s\n",
			   is_append ? "appended" : "wrote", strlen(content), path) < 0)
		rc = err_sys("stdout");
	return rc;
}

int
main(int argc, char *argv[])
{
	(void)argc;
	return args_run(&cmd, &tool, argv, act);
}
