/*
 * jail.h - files below a folder that a path cannot leave
 *
 * A path is relative to the folder, and is resolved by the kernel (openat2: RESOLVE_BENEATH,
 * RESOLVE_NO_MAGICLINKS): "..", absolute paths, symbolic links and /proc/self/root lead nowhere
 * outside, also while others rename what is there.  Symbolic links that stay inside are followed.
 *
 * The folder is given by its descriptor, or AT_FDCWD.
 *
 * Errors are EX_NOPERM where a path leads outside or may not be used, EX_NOINPUT where nothing is
 * there, EX_DATAERR where it is no path or not what is wanted, EX_CANTCREAT, EX_IOERR, EX_OSERR.
 */
#ifndef JAIL_H
#define JAIL_H

/*
 * jail_open - open a regular file, with O_CREAT in flags (mode 0666 less umask) made where missing
 *
 * Never waits for a FIFO.  Returns a descriptor (close-on-exec), or -1 with err.
 */
int jail_open(int folder_fd, const char *path, int flags);

/*
 * jail_open_parent - open the folder that path's file is in; it and those above are made where
 * missing
 *
 * name  set to the file's name in it, which points into path and is none of "", ".", ".."
 *
 * Returns a descriptor (close-on-exec), or -1 with err.
 */
int jail_open_parent(int folder_fd, const char *path, const char **name);

#endif
