#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "jail.h"

/* As openat, kept inside.  -1 with errno: EXDEV, ELOOP where the path leads out. */
static int
open_beneath(int folder_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC | O_NOCTTY,
		.mode = flags & O_CREAT ? 0666 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	errno = EAGAIN; /* what is said of ".." while somebody renames */
	for (int i = 0; i < 100 && fd < 0 && errno == EAGAIN; i++)
		fd = (int)syscall(SYS_openat2, folder_fd, path, &how, sizeof how);
	return fd;
}

static int
fail(const char *path)
{
	switch (errno) {
	case EXDEV:
	case ELOOP:
		return err_set(EX_NOPERM, "%s: leads out of the work folder", path);
	case ENOTDIR:
	case ENAMETOOLONG:
	case EINVAL:
		return err_set(EX_DATAERR, "%s: %s", path, strerror(errno));
	case EISDIR:
		return err_set(EX_DATAERR, "%s: is a folder, want a file", path);
	case ENXIO: /* a FIFO nobody reads */
		return err_set(EX_DATAERR, "%s: is no regular file", path);
	default:
		return err_sys("%s", path);
	}
}

static int
check_path(const char *path)
{
	if (!*path)
		return err_set(EX_DATAERR, "path: is empty");
	if (*path == '/')
		return err_set(EX_NOPERM, "%s: want a path relative to the work folder", path);
	return 0;
}

int
jail_open(int folder_fd, const char *path, int flags)
{
	struct stat st;
	int fd;

	if (check_path(path) < 0)
		return -1;
	fd = open_beneath(folder_fd, path, flags | O_NONBLOCK);
	if (fd < 0)
		return fail(path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return err_set(EX_DATAERR, "%s: is %s, want a file", path,
	    S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
}

/* Make the folder name[slash + 1 ...] in the one named before the slash.  -1 with errno. */
static int
make_folder(int folder_fd, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *above = slash ? xprintf("%.*s", (int)(slash - path), path) : xstrdup(".");
	int fd = open_beneath(folder_fd, above, O_RDONLY | O_DIRECTORY), rc = -1, error;

	if (fd >= 0)
		rc = mkdirat(fd, name, 0777) < 0 && errno != EEXIST ? -1 : 0;
	error = errno;
	if (fd >= 0)
		close(fd);
	free(above);
	errno = error;
	return rc;
}

/* Open a folder; those on the way to it are made where they are missing.  -1 with errno. */
static int
open_folder(int folder_fd, char *path)
{
	int fd = open_beneath(folder_fd, path, O_RDONLY | O_DIRECTORY), rc = 0;

	if (fd >= 0 || errno != ENOENT)
		return fd;
	for (char *end = path; rc == 0 && *end;) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		char after = *end;

		*end = '\0';
		rc = make_folder(folder_fd, path);
		*end = after;
	}
	return rc < 0 ? -1 : open_beneath(folder_fd, path, O_RDONLY | O_DIRECTORY);
}

int
jail_open_parent(int folder_fd, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int fd;

	if (check_path(path) < 0)
		return -1;
	*name = slash ? slash + 1 : path;
	if (!**name || !strcmp(*name, ".") || !strcmp(*name, ".."))
		return err_set(EX_DATAERR, "%s: names a folder, want a file", path);
	folder = slash ? xprintf("%.*s", (int)(slash - path), path) : xstrdup(".");
	fd = open_folder(folder_fd, folder);
	free(folder);
	return fd < 0 ? fail(path) : fd;
}
