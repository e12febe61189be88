#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "utf8.h"

enum { TEXT_SIZE = 1024, LINE_SIZE = 2 * TEXT_SIZE };

static int slot_code;
static char slot_text[TEXT_SIZE];

/* Drop the bytes of a character that truncation has split. */
static void
trim_utf8(char *text)
{
	size_t len = strlen(text), tail = 0, want = 0;

	while (tail < len && tail < 3 && ((unsigned char)text[len - 1 - tail] & 0xC0) == 0x80)
		tail++;
	if (tail == len)
		return;
	unsigned char lead = (unsigned char)text[len - 1 - tail];
	if (lead >= 0xC0)
		want = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
	if (want > tail)
		text[len - 1 - tail] = '\0';
}

/* As vsnprintf, but what does not fit is cut between two characters. */
__attribute__((format(printf, 3, 0))) static void
format_text(char *text, size_t size, const char *fmt, va_list ap)
{
	int len = vsnprintf(text, size, fmt, ap);

	if (len < 0)
		text[0] = '\0';
	else if ((size_t)len >= size)
		trim_utf8(text);
}

/* Append as much of more as fits, after a separator. */
static void
append_text(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);
	int add = snprintf(text + len, size - len, ": %s", more);

	if (add >= 0 && (size_t)add >= size - len)
		trim_utf8(text);
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
