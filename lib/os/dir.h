/*
 * dir.h - where things lie: the store's folder, share/, and careful small files
 */
#ifndef DIR_H
#define DIR_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * dir_store_path - $LEGWORK_STORE, else $XDG_DATA_HOME/legwork, else ~/.local/share/legwork
 *
 * A relative XDG_DATA_HOME is ignored, as its specification asks.  Returns a new absolute or
 * relative path that the caller frees, or NULL with err EX_CONFIG (no HOME either).
 */
char *dir_store_path(void);

/*
 * dir_open_private - open the folder at path, made with mode 0700 where missing (parents too)
 *
 * Returns a descriptor (close-on-exec), or -1 with err: EX_CANTCREAT; EX_NOPERM where it is
 * another user's or anyone else may write to it; EX_CONFIG on a network file system (NFS, SMB,
 * 9P, AFS, Ceph, FUSE: flock and mmap are not to be trusted there).
 */
int dir_open_private(const char *path);

/* dir_make_at - mkdirat(0700) that is content if the folder is there; -1 with err EX_CANTCREAT. */
int dir_make_at(int dir_fd, const char *name);

/* dir_list - open the folder `name` of dir_fd (".": itself) to read the names in it, following no
 * link; the caller closes it.  NULL with errno. */
DIR *dir_list(int dir_fd, const char *name);

/* dir_is_empty - whether there is nothing in the folder; false also where it cannot be read. */
bool dir_is_empty(int dir_fd);

/*
 * dir_open_at - open a folder in one of ours, which must be as private as that
 *
 * A symbolic link is not followed.  Returns a descriptor (close-on-exec), or -1 with errno and err,
 * as dir_open_private.
 */
int dir_open_at(int dir_fd, const char *name);

/*
 * dir_open_file - open a file in a folder of ours; O_CREAT in flags makes it, with mode 0600
 *
 * What else may lie under the name is not followed, waited for or written to: a symbolic link is
 * ELOOP; a FIFO, a device and what belongs to another user are EPERM.  Returns a descriptor
 * (close-on-exec), or -1 with errno.
 */
int dir_open_file(int dir_fd, const char *name, int flags);

/* dir_remove_tree - delete a folder of ours with all that is in it, following no link; content if
 * there is none.  0, or -1 with errno: something is left. */
int dir_remove_tree(int dir_fd, const char *name);

/* dir_sync - fsync a folder, so that its names last.  0, or -1 with err EX_IOERR. */
int dir_sync(int dir_fd);

/*
 * dir_share_path - the folder share/ that belongs to this program
 *
 * $LEGWORK_SHARE; else as seen from the binary: ../share/legwork, or the source tree's share
 * where it lies in build/bin or build/san/bin.  Returns a new path that the caller frees, or NULL
 * with err EX_CONFIG.
 */
char *dir_share_path(void);

/* dir_config_path - $XDG_CONFIG_HOME/legwork, else ~/.config/legwork, a new path; a relative
 * XDG_CONFIG_HOME is ignored, as its specification asks.  NULL: there is no HOME either. */
char *dir_config_path(void);

/* dir_bin_path - the path of the command `name` that lies beside this program, else just the
 * name, to be searched in PATH; the caller frees it. */
char *dir_bin_path(const char *name);

/* dir_read_all, dir_write_all - read until EOF/len or write all, through EINTR and short
 * counts; bytes, or -1 with errno. */
ssize_t dir_read_all(int fd, void *p, size_t len, off_t at);
ssize_t dir_write_all(int fd, const void *p, size_t len);

#endif
