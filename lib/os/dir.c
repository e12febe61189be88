#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "buf.h"
#include "dir.h"
#include "err.h"

/* The variable's value, or NULL where it is unset or empty. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* Agents are told the path, and may go to another folder. */
static char *
absolute(const char *path)
{
	char *here = *path == '/' ? NULL : getcwd(NULL, 0), *joined;

	if (!here)
		return xstrdup(path);
	joined = xprintf("%s/%s", here, path);
	free(here);
	return joined;
}

char *
dir_store_path(void)
{
	const char *path;

	if ((path = variable("LEGWORK_STORE")))
		return absolute(path);
	if ((path = variable("XDG_DATA_HOME")) && *path == '/')
		return xprintf("%s/legwork", path);
	if ((path = variable("HOME")))
		return xprintf("%s/.local/share/legwork", path);
	err_set(EX_CONFIG, "no store: set LEGWORK_STORE or HOME");
	return NULL;
}

/* The name of a file system that other hosts may share, else NULL (statfs(2) has the numbers). */
static const char *
network_name(unsigned long type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} shared[] = {
		{ 0x6969, "NFS" },
		{ 0x517B, "SMB" },
		{ 0xFE534D42, "SMB" },
		{ 0xFF534D42, "CIFS" },
		{ 0x01021997, "9P" },
		{ 0x5346414F, "AFS" },
		{ 0x6B414653, "AFS" },
		{ 0x00C36400, "Ceph" },
		{ 0x65735546, "FUSE" },
		{ 0x73757245, "Coda" },
		{ 0x0BD00BD0, "Lustre" },
		{ 0x47504653, "GPFS" },
	};

	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
		if (shared[i].type == (uint32_t)type)
			return shared[i].name;
	return NULL;
}

/* Whether the folder is ours alone; else -1 with err. */
static int
check_private(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys("%s", path);
	if (st.st_uid != geteuid())
		return err_set(EX_NOPERM, "%s: belongs to another user", path);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(EX_NOPERM, "%s: others may write to it (want mode 0700)", path);
	return 0;
}

/* Whether it is on a disk of this machine; else -1 with err. */
static int
check_local(int fd, const char *path)
{
	struct statfs fs;
	const char *network;

	if (fstatfs(fd, &fs) < 0)
		return err_sys("%s", path);
	network = network_name((unsigned long)fs.f_type);
	if (network)
		return err_set(EX_CONFIG,
		    "%s: on a network file system (%s), which a store cannot use", path, network);
	return 0;
}

static int
open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Make the name of a new folder last: sync the folder it is in.  path is cut and mended. */
static int
sync_parent(char *path)
{
	char *slash = strrchr(path, '/');
	const char *parent = !slash ? "." : slash == path ? "/" : path;
	int fd, result;

	if (slash)
		*slash = '\0';
	fd = open_folder(parent);
	if (slash)
		*slash = '/';
	if (fd < 0)
		return errno == EACCES ? 0 : err_set(EX_IOERR, "%s: %s", path, strerror(errno));
	result = dir_sync(fd);
	close(fd);
	return result;
}

static int
make_folder(char *path)
{
	if (mkdir(path, 0700) == 0)
		return sync_parent(path);
	if (errno == EEXIST)
		return 0;
	return err_set(EX_CANTCREAT, "%s: %s", path, strerror(errno));
}

/* Make path and every folder above it that is missing. */
static int
make_folders(const char *path)
{
	char *copy = xstrdup(path);
	size_t len = strlen(copy);
	int result = 0;

	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	for (char *p = copy + 1; result == 0 && *p; p++) {
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		if (access(copy, F_OK) < 0)
			result = make_folder(copy);
		*p = '/';
	}
	if (result == 0)
		result = make_folder(copy);
	free(copy);
	return result;
}

int
dir_open_private(const char *path)
{
	int fd = open_folder(path);

	if (fd < 0 && errno == ENOENT) {
		if (make_folders(path) < 0)
			return -1;
		fd = open_folder(path);
	}
	if (fd < 0)
		return err_set(errno == EACCES ? EX_NOPERM : EX_CANTCREAT, "%s: %s", path,
		    strerror(errno));
	if (check_private(fd, path) == 0 && check_local(fd, path) == 0)
		return fd;
	close(fd);
	return -1;
}

int
dir_make_at(int dir_fd, const char *name)
{
	struct stat st;

	if (mkdirat(dir_fd, name, 0700) == 0)
		return 0;
	if (errno == EEXIST) {
		if (fstatat(dir_fd, name, &st, 0) == 0 && S_ISDIR(st.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	return err_set(EX_CANTCREAT, "%s: %s", name, strerror(errno));
}

int
dir_open_at(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return err_sys("%s", name);
	if (check_private(fd, name) == 0)
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

int
dir_open_file(int dir_fd, const char *name, int flags)
{
	const int always = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY; /* a FIFO would block */
	int fd = openat(dir_fd, name, flags | always, 0600);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

int
dir_sync(int dir_fd)
{
	if (fsync(dir_fd) < 0)
		return err_set(EX_IOERR, "folder: %s", strerror(errno));
	return 0;
}

/* The folder this program lies in, without a slash at the end; NULL where /proc does not say. */
static char *
program_folder(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path);
	const char *slash = len > 0 ? memrchr(path, '/', (size_t)len) : NULL;

	return slash ? xprintf("%.*s", (int)(slash - path), path) : NULL;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && !strcmp(s + len - end_len, end);
}

/* share/ as seen from folder: installed, or in the source tree that folder was built in. */
static char *
share_near(const char *folder)
{
	const char *up = "../share/legwork";
	char *path, *real;

	if (ends_with(folder, "/build/bin"))
		up = "../../share";
	else if (ends_with(folder, "/build/san/bin"))
		up = "../../../share";
	path = xprintf("%s/%s", folder, up);
	real = realpath(path, NULL);
	if (!real)
		err_set(EX_CONFIG, "%s: %s (LEGWORK_SHARE names another place)", path,
		    strerror(errno));
	free(path);
	return real;
}

char *
dir_config_path(void)
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (folder && *folder == '/')
		return xprintf("%s/legwork", folder);
	return home && *home ? xprintf("%s/.config/legwork", home) : NULL;
}

char *
dir_share_path(void)
{
	const char *path = variable("LEGWORK_SHARE");
	char *folder, *share;

	if (path)
		return xstrdup(path);
	folder = program_folder();
	if (!folder) {
		err_set(EX_CONFIG, "no folder share/: set LEGWORK_SHARE");
		return NULL;
	}
	share = share_near(folder);
	free(folder);
	return share;
}

char *
dir_bin_path(const char *name)
{
	char *folder = program_folder();
	char *path = folder ? xprintf("%s/%s", folder, name) : NULL;

	free(folder);
	if (path && !strchr(name, '/') && access(path, X_OK) == 0)
		return path;
	free(path);
	return xstrdup(name);
}

ssize_t
dir_read_all(int fd, void *p, size_t len, off_t at)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)p + done, len - done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t
dir_write_all(int fd, const void *p, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, (const char *)p + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

DIR *
dir_list(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), error;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0) {
		error = errno;
		close(fd);
		errno = error;
	}
	return dir;
}

bool
dir_is_empty(int dir_fd)
{
	DIR *dir = dir_list(dir_fd, ".");
	struct dirent *entry;
	int others = 0;

	if (!dir)
		return false;
	while ((entry = readdir(dir)))
		others += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return others == 0;
}

/* Deletes what is in a folder, whose descriptor is closed. */
static int
empty_folder(int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int rc = 0;

	fchmod(fd, 0700); /* a tool may have left it unwritable */
	if (!dir) {
		close(fd);
		return -1;
	}
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    dir_remove_tree(fd, entry->d_name) < 0)
			rc = -1;
	closedir(dir);
	return rc;
}

int
dir_remove_tree(int dir_fd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
	int fd;

	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	fd = openat(dir_fd, name, flags);
	if (fd < 0 && errno == EACCES && fchmodat(dir_fd, name, 0700, 0) == 0)
		fd = openat(dir_fd, name, flags);
	if (fd < 0 || empty_folder(fd) < 0)
		return -1;
	return unlinkat(dir_fd, name, AT_REMOVEDIR);
}
