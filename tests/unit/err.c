#include <errno.h>

#include "err.h"
#include "tap.h"

static int
sys_code(int number)
{
	errno = number;
	err_sys("file");
	return err_code();
}

static void
warn_controls(void)
{
	err_warn("a\nb\033[1mc\x7f %s%s", "\xC2\x9B", "31m \xC3\xA9");
}

static void
exit_with_slot(void)
{
	err_set(EX_TEMPFAIL, "store: locked");
	err_exit();
}

static void
exit_with_nothing(void)
{
	err_exit();
}

static void
test_slot(void)
{
	is_int(err_code(), 0, "the code is 0 before any err_set");
	is(err_text(), "", "the text is empty before any err_set");
	is_int(err_set(EX_TEMPFAIL, "%s: locked", "store"), -1, "err_set returns -1");
	is(err_text(), "store: locked", "the sentence is formatted");
	is_int(err_code(), EX_TEMPFAIL, "the code is kept");
	is_int(err_add("task %s", "1f3c"), -1, "err_add returns -1");
	is(err_text(), "task 1f3c: store: locked", "context comes first");
	is_int(err_code(), EX_TEMPFAIL, "the code survives context");
	err_set(EX_DATAERR, "again: %s", err_text());
	is(err_text(), "again: task 1f3c: store: locked", "the slot may be its own argument");
}

static void
test_errno(void)
{
	errno = ENOENT;
	is_int(err_sys("%s", "a/b"), -1, "err_sys returns -1");
	is(err_text(), "a/b: No such file or directory", "err_sys adds errno's words");
	is_int(errno, ENOENT, "err_sys keeps errno");
	is_int(sys_code(ENOENT), EX_NOINPUT, "a missing file is 66");
	is_int(sys_code(ENOSPC), EX_IOERR, "a full disk is 74");
	is_int(sys_code(EPIPE), EX_IOERR, "a broken pipe is 74");
	is_int(sys_code(EBADF), EX_IOERR, "so is what is closed");
	is_int(sys_code(EACCES), EX_NOPERM, "a refusal is 77");
	is_int(sys_code(EMFILE), EX_OSERR, "anything else is 71");
}

static void
test_long_text(void)
{
	char text[3000];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	err_set(EX_DATAERR, "%s", text);
	is_int((long long)strlen(err_text()), 1023, "a long sentence is cut");
	for (size_t i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "\xC3\xA9", 2);
	err_set(EX_DATAERR, "%s", text);
	is(err_text() + 1020, "\xC3\xA9?", "half a character at the end is a ?");
	err_set(EX_DATAERR, "why");
	err_add("%.1023s", text);
	is(err_text() + 1020, "\xC3\xA9?", "so it is in context that fills the slot");
	err_set(EX_DATAERR, "%s", text);
	err_add("x");
	is_int((long long)strlen(err_text()), 1023, "a sentence is cut behind its context");
}

static void
test_utf8(void)
{
	err_set(EX_DATAERR, "'%.4s': want", "ab\xE2\x82\xAC");
	is(err_text(), "'ab?': want", "part of a character is a ?");
	err_set(EX_DATAERR, "caf\xE9/\xE2\x82\xAC: missing");
	is(err_text(), "caf?/\xE2\x82\xAC: missing", "so is a byte of another encoding");
}

static void
test_output(void)
{
	char text[4096];

	is_int(capture(STDERR_FILENO, warn_controls, text, sizeof text), 0, "err_warn returns");
	is(text, "err: a?b?[1mc? ?31m \xC3\xA9\n", "err_warn prints one line, controls masked");
	is_int(capture(STDERR_FILENO, exit_with_slot, text, sizeof text), EX_TEMPFAIL,
	    "err_exit has the code");
	is(text, "err: store: locked\n", "err_exit prints the sentence");
	is_int(capture(STDERR_FILENO, exit_with_nothing, text, sizeof text), EX_SOFTWARE,
	    "err_exit never reports success");
}

int
main(void)
{
	test_slot();
	test_errno();
	test_long_text();
	test_utf8();
	err_set(0, "%s", "");
	test_output();
	return done_testing();
}
