/*
 * buf.h - a byte string that grows
 *
 * A zeroed struct is an empty buffer.  `p` is always followed by a NUL that
 * `len` does not count (NULL while nothing was ever added).  Out of memory
 * ends the process with EX_OSERR: no caller has to look.
 */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>

struct buf {
	char *p;
	size_t len, cap;
};

/* buf_add, buf_puts, buf_putc - append bytes, a string, one byte. */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);

/* buf_printf - append as printf would. */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* buf_room - make room for len more bytes; returns where they go (len unchanged). */
char *buf_room(struct buf *b, size_t len);

/* buf_cut - drop the first n bytes (n <= len). */
void buf_cut(struct buf *b, size_t n);

/* buf_release - free the bytes; the buffer is empty again. */
void buf_release(struct buf *b);

/* buf_no_memory - end the process, saying so (EX_OSERR), as these functions do; for libraries. */
_Noreturn void buf_no_memory(void);

/* xmalloc, xrealloc, xstrdup - as libc's; out of memory ends the process. */
void *xmalloc(size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

/* xprintf - a new string as printf would write it; the caller frees it. */
char *xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
