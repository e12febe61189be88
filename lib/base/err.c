#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "utf8.h"

enum { TEXT_SIZE = 1024, LINE_SIZE = 2 * TEXT_SIZE };

static int slot_code;
static char slot_text[TEXT_SIZE];

/* Bytes that are no UTF-8, such as those of a character that was cut, become one "?". */
static void
mend_utf8(char *text)
{
	const unsigned char *p = (unsigned char *)text, *end = p + strlen(text);
	bool was_good = true;
	char *to = text;

	while (p < end) {
		size_t len = *p < 0x80 ? 1 : utf8_length(p, end);

		memmove(to, p, len);
		to += len;
		if (len == 0 && was_good)
			*to++ = '?';
		was_good = len > 0;
		p += was_good ? len : 1;
	}
	*to = '\0';
}

__attribute__((format(printf, 3, 0))) static void
format_text(char *text, size_t size, const char *fmt, va_list ap)
{
	if (vsnprintf(text, size, fmt, ap) < 0)
		text[0] = '\0';
	mend_utf8(text);
}

/* Append as much of more as fits, after a separator. */
static void
append_text(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	if (snprintf(text + len, size - len, ": %s", more) < 0)
		text[len] = '\0';
	mend_utf8(text);
}

int
err_set(int code, const char *fmt, ...)
{
	char text[TEXT_SIZE]; /* the arguments may point into the slot */
	va_list ap;

	va_start(ap, fmt);
	format_text(text, sizeof text, fmt, ap);
	va_end(ap);
	memcpy(slot_text, text, sizeof text);
	slot_code = code;
	return -1;
}

static int
code_of_errno(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EIO:
	case EROFS:
	case EPIPE:
	case EBADF: /* a stdout that is closed */
		return EX_IOERR;
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	case ENOENT:
		return EX_NOINPUT;
	default:
		return EX_OSERR;
	}
}

int
err_sys(const char *fmt, ...)
{
	int number = errno;
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	format_text(text, sizeof text, fmt, ap);
	va_end(ap);
	append_text(text, sizeof text, strerror(number));
	memcpy(slot_text, text, sizeof text);
	slot_code = code_of_errno(number);
	errno = number;
	return -1;
}

int
err_add(const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	format_text(text, sizeof text, fmt, ap);
	va_end(ap);
	append_text(text, sizeof text, slot_text);
	memcpy(slot_text, text, sizeof text);
	return -1;
}

int
err_code(void)
{
	return slot_code;
}

const char *
err_text(void)
{
	return slot_text;
}

static void
mask_controls(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		size_t control = utf8_control(from);

		*to++ = control ? '?' : *from;
		from += control ? control : 1;
	}
	*to = '\0';
}

/* One write, so that lines of concurrent commands do not mix. */
static void
print_line(const char *text)
{
	char line[LINE_SIZE + 256];
	size_t len;

	snprintf(line, sizeof line - 1, "%.200s: %s", program_invocation_short_name, text);
	mask_controls(line);
	len = strlen(line);
	line[len++] = '\n';
	for (size_t done = 0; done < len;) {
		ssize_t n = write(STDERR_FILENO, line + done, len - done);

		if (n < 0 && errno != EINTR)
			return; /* nowhere left to complain */
		done += n < 0 ? 0 : (size_t)n;
	}
}

void
err_warn(const char *fmt, ...)
{
	char text[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	format_text(text, sizeof text, fmt, ap);
	va_end(ap);
	print_line(text);
}

int
err_print(void)
{
	err_warn("%s", slot_text);
	return slot_code;
}

void
err_exit(void)
{
	int code = err_print();

	exit(code ? code : EX_SOFTWARE);
}
