/*
 * sandbox.h - a program that may only touch its work folder: bubblewrap's command line
 *
 * In it the file system can be read only, but for the work folder and a /tmp of its own; the store,
 * the configuration (but for its tools), the key files that this or the environment names, /run and
 * other processes cannot be seen; there is no network unless it is allowed; and everything ends
 * with the program that was started.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>

struct sandbox {
	const char *folder; /* absolute */
	const char *store;  /* NULL: none */
	const char *start;  /* where it starts; NULL: in folder */
	bool has_network;
};

/* sandbox_argv - the command line that runs argv in it; to be freed by sandbox_free. */
char **sandbox_argv(const struct sandbox *s, char *const argv[]);
void sandbox_free(char **argv);

/* sandbox_check - run nothing in it: 0, or -1 with err EX_CONFIG where that does not work here. */
int sandbox_check(const struct sandbox *s);

#endif
