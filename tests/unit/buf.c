#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "buf.h"
#include "err.h"
#include "tap.h"

static void
test_append(void)
{
	struct buf b = { 0 };

	buf_puts(&b, "one");
	buf_putc(&b, ' ');
	buf_add(&b, "two\0three", 9);
	buf_printf(&b, " %d", 4);
	is_int((long long)b.len, 15, "the length counts every byte");
	ok(!memcmp(b.p, "one two\0three 4", 16), "bytes are kept, a NUL follows them");
	buf_release(&b);
	ok(!b.p && !b.len && !b.cap, "a released buffer is empty");
	buf_puts(&b, "");
	is(b.p, "", "adding nothing makes an empty string");
	buf_add(&b, NULL, 0);
	is(b.p, "", "no bytes may come from nowhere");
	buf_release(&b);
}

static void
test_growth(void)
{
	struct buf b = { 0 };
	bool is_right = true;

	for (int i = 0; i < 100000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	for (int i = 0; i < 100000; i++)
		is_right = is_right && b.p[i] == 'a' + i % 26;
	ok(is_right && strlen(b.p) == 100000, "a buffer grows as it is filled");
	buf_release(&b);
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "%0*d", i, 7);
	is_int((long long)b.len, 1 + 199 * 200 / 2, "formats of any length fit");
	buf_release(&b);
}

static void
test_room(void)
{
	struct buf b = { 0 };
	char *to;

	buf_puts(&b, "ab");
	to = buf_room(&b, 1000);
	ok(to == b.p + 2 && b.len == 2 && b.cap > 1002, "room begins behind the bytes");
	memset(to, 'c', 1000);
	is_int((long long)b.len, 2, "making room changes no length");
	buf_release(&b);
}

static void
test_cut(void)
{
	struct buf b = { 0 };

	buf_cut(&b, 0);
	ok(!b.p, "nothing can be cut off nothing");
	buf_puts(&b, "abcdef");
	buf_cut(&b, 2);
	is(b.p, "cdef", "the first bytes are dropped");
	buf_cut(&b, 4);
	ok(b.len == 0 && !*b.p, "all bytes can be dropped");
	buf_release(&b);
}

static void
test_memory(void)
{
	char *s = xprintf("%s-%d", "x", 5), *t = xstrdup(s);
	int status;
	pid_t pid;

	is(t, "x-5", "xprintf and xstrdup make strings");
	free(s);
	free(t);
	s = xprintf("%s", "");
	is(s, "", "xprintf makes empty strings");
	free(s);
	free(xmalloc(0));
	if ((pid = fork()) == 0) {
		struct buf b = { 0 };

		close(STDERR_FILENO);
		buf_room(&b, (size_t)-1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == EX_OSERR, "out of memory ends with 71");
}

int
main(void)
{
	test_append();
	test_growth();
	test_room();
	test_cut();
	test_memory();
	return done_testing();
}
