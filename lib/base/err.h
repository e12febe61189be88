/*
 * err.h - one failure at a time: an exit code and a sentence
 *
 * A function that fails returns err_set(...), that is -1, having filled the
 * slot.  It prints nothing.  The command shows the slot and exits with it.
 * The slot is the module's only state; the last err_set wins.  Sentences name
 * the object first ("task 1f3c: no such task") and end without a full stop.
 * They are UTF-8: what is none, or was cut, is one "?".
 */
#ifndef ERR_H
#define ERR_H

#include <sysexits.h>

/* Documented exit codes that sysexits.h does not have. */
enum { EX_NO = 1, EX_TIMEOUT = 124 };

/* err_set - fill the slot; `code` is an exit code.  Returns -1. */
int err_set(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * err_sys - fill the slot from errno: "fmt: strerror(errno)"
 *
 * The code is chosen by errno: EX_IOERR for a full or broken disk, and broken
 * pipes and what is closed, EX_NOPERM for EACCES and EPERM, EX_NOINPUT for ENOENT, else EX_OSERR.
 * Returns -1; errno is kept.
 */
int err_sys(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* err_add - put context before the sentence: "fmt: sentence".  Returns -1. */
int err_add(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* err_code, err_text - the slot; 0 and "" before any err_set. */
int err_code(void);
const char *err_text(void);

/* err_warn - print "prog: ..." on stderr as one line, control characters as "?" */
void err_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* err_print - print the slot as err_warn does.  Returns its code. */
int err_print(void);

/* err_exit - err_print, then exit with the code. */
_Noreturn void err_exit(void);

#endif
