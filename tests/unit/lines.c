#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include "err.h"
#include "json.h"
#include "lines.h"
#include "tap.h"

/* A reader of a pipe that holds text; *to is the pipe's other end, closed if NULL. */
static struct lines
reader_of(const char *text, size_t len, int *to)
{
	struct lines l;
	int fds[2];

	if (pipe(fds) < 0 || write(fds[1], text, len) != (ssize_t)len)
		perror("pipe");
	if (to)
		*to = fds[1];
	else
		close(fds[1]);
	lines_init(&l, fds[0], -1, "stdin");
	return l;
}

static void
close_reader(struct lines *l)
{
	close(l->fd);
	lines_release(l);
}

static void
test_lines(void)
{
	static const char input[] = "one\n\ntwo\0x\nlast";
	struct lines l = reader_of(input, sizeof input - 1, NULL);
	const char *text;
	size_t len;

	ok(lines_next(&l, &text, &len) == LINES_OK && len == 3, "a line is read");
	is(text, "one", "a line has no newline, and ends in a NUL");
	ok(lines_next(&l, &text, &len) == LINES_OK && len == 0, "a line may be empty");
	is(text, "", "an empty line is a string");
	ok(lines_next(&l, &text, &len) == LINES_OK && len == 5 && !memcmp(text, "two\0x", 6),
	    "a line may hold a NUL");
	ok(lines_next(&l, &text, &len) == LINES_OK && !strcmp(text, "last"),
	    "a last line without newline is a line");
	is_int((long long)l.number, 4, "lines are counted from 1");
	ok(lines_next(&l, &text, &len) == LINES_END, "the end is told");
	ok(lines_next(&l, &text, &len) == LINES_END, "the end stays the end");
	close_reader(&l);
	l = reader_of("", 0, NULL);
	ok(lines_next(&l, &text, &len) == LINES_END, "empty input has no line");
	close_reader(&l);
}

/* Lines of many lengths, over the borders of what is read at once. */
static void
test_many_lines(void)
{
	struct lines l;
	FILE *file = tmpfile();
	const char *text;
	size_t len;
	bool is_right = true;

	for (int i = 0; i < 3000; i++)
		fprintf(file, "%0*d\n", 1 + i * 7 % 1000, i % 10);
	fprintf(file, "%0200000d\n", 5);
	rewind(file);
	lines_init(&l, fileno(file), -1, "file");
	for (int i = 0; i < 3000 && is_right; i++)
		is_right = lines_next(&l, &text, &len) == LINES_OK && len == strlen(text) &&
		           len == (size_t)(1 + i * 7 % 1000) && text[len - 1] == '0' + i % 10;
	ok(is_right, "lines are whole wherever a read ends");
	ok(lines_next(&l, &text, &len) == LINES_OK && len == 200000 && text[len - 1] == '5',
	    "a line may be longer than a read");
	ok(lines_next(&l, &text, &len) == LINES_END, "a file ends");
	lines_release(&l);
	fclose(file);
}

static void
test_limit(void)
{
	struct lines l;
	const char *text;
	size_t len;

	setenv("LEGWORK_MAX_LINE", "5", 1);
	l = reader_of("12345\n123456\nab\n1234567", 23, NULL);
	ok(lines_next(&l, &text, &len) == LINES_OK && len == 5, "a line as long as the limit");
	ok(lines_next(&l, &text, &len) == LINES_BAD, "a line over the limit is bad");
	is(err_text(), "stdin:2: line longer than 5 bytes", "the long line is named");
	is_int(err_code(), EX_DATAERR, "a long line is 65");
	ok(lines_next(&l, &text, &len) == LINES_OK && !strcmp(text, "ab"), "the next line is read");
	ok(lines_next(&l, &text, &len) == LINES_BAD, "a long last line is bad");
	ok(lines_next(&l, &text, &len) == LINES_END, "the end follows a long last line");
	close_reader(&l);
	setenv("LEGWORK_MAX_LINE", "many", 1);
	lines_init(&l, -1, -1, "stdin");
	is_int((long long)l.max, 16 << 20, "a limit that is no number is ignored");
	unsetenv("LEGWORK_MAX_LINE");
}

/* A line far over the limit must not be kept in memory. */
static void
test_huge_line(void)
{
	struct lines l;
	FILE *file = tmpfile();
	const char *text;
	size_t len;

	setenv("LEGWORK_MAX_LINE", "1000", 1);
	for (int i = 0; i < 1000; i++)
		fprintf(file, "%01000d", 0);
	fputs("\nnext\n", file);
	rewind(file);
	lines_init(&l, fileno(file), -1, "stdin");
	ok(lines_next(&l, &text, &len) == LINES_BAD, "a huge line is bad");
	ok(l.buf.cap < 300000, "a huge line is not kept");
	ok(lines_next(&l, &text, &len) == LINES_OK && !strcmp(text, "next"),
	    "the line behind a huge one is read");
	is_int((long long)l.number, 2, "a huge line counts as one");
	lines_release(&l);
	fclose(file);
	unsetenv("LEGWORK_MAX_LINE");
}

static void
test_objects(void)
{
	static const char input[] = "{\"a\":1}\n \t\r\n\n[1]\nnope\n{\"a\":2}\r\n{\"a\":3}";
	struct lines l = reader_of(input, sizeof input - 1, NULL);
	jv rec;

	ok(lines_next_object(&l, &rec) == LINES_OK, "an object is read");
	is_int(json_peek_int(rec, "a", 0), 1, "the object is the line's");
	jv_free(rec);
	ok(lines_next_object(&l, &rec) == LINES_BAD, "an array is no record");
	ok(!strncmp(err_text(), "stdin:4: ", 9), "blank lines are skipped, and counted");
	is_int(err_code(), EX_DATAERR, "what is no object is 65");
	ok(lines_next_object(&l, &rec) == LINES_BAD, "what is no JSON is bad");
	ok(!strncmp(err_text(), "stdin:5: ", 9), "the bad line is named");
	ok(lines_next_object(&l, &rec) == LINES_OK, "reading goes on behind a bad line");
	is_int(json_peek_int(rec, "a", 0), 2, "a carriage return is a blank");
	jv_free(rec);
	ok(lines_next_object(&l, &rec) == LINES_OK, "a last object needs no newline");
	jv_free(rec);
	ok(lines_next_object(&l, &rec) == LINES_END, "the end of the objects is told");
	close_reader(&l);
}

static void
test_ready(void)
{
	const char *text;
	size_t len;
	int to;
	struct lines l = reader_of("on", 2, &to);

	ok(!lines_is_ready(&l), "half a line is not ready");
	ok(write(to, "e\ntwo\nth", 8) == 8 && lines_is_ready(&l), "a whole line is ready");
	ok(lines_next(&l, &text, &len) == LINES_OK && !strcmp(text, "one"), "asking takes nothing");
	ok(lines_is_ready(&l), "a line that is buffered is ready");
	lines_next(&l, &text, &len);
	is(text, "two", "the buffered line is next");
	ok(!lines_is_ready(&l), "the next half line is not ready");
	close(to);
	ok(lines_is_ready(&l), "at the end the rest is ready");
	ok(lines_next(&l, &text, &len) == LINES_OK && !strcmp(text, "th"), "the rest is a line");
	ok(lines_is_ready(&l), "the end is ready");
	ok(lines_next(&l, &text, &len) == LINES_END, "the end comes at once");
	close_reader(&l);
}

static void
test_reader_gone(void)
{
	const char *text;
	size_t len;
	int to, out[2];
	struct lines l = reader_of("one\ntwo", 7, &to);

	if (pipe(out) < 0)
		perror("pipe");
	l.out_fd = out[1];
	ok(!lines_reader_gone(out[1]), "a pipe with a reader is whole");
	ok(lines_is_ready(&l), "a reader that is there is not in the way");
	close(out[0]);
	ok(lines_reader_gone(out[1]), "a pipe without reader is noticed");
	ok(lines_next(&l, &text, &len) == LINES_OK, "a line that is buffered is still handed out");
	ok(lines_is_ready(&l), "an end for want of a reader is ready");
	ok(lines_next(&l, &text, &len) == LINES_END, "waiting ends when nobody reads our output");
	close(out[1]);
	l.out_fd = out[1];
	ok(!lines_reader_gone(out[1]), "a closed descriptor is no pipe without reader");
	close(to);
	ok(lines_next(&l, &text, &len) == LINES_OK && !strcmp(text, "two"),
	    "a closed descriptor does not end the reading");
	ok(!lines_reader_gone(-1), "no descriptor has no reader that could be gone");
	close_reader(&l);
}

static void
on_alarm(int number)
{
	(void)number;
}

static void
test_failures(void)
{
	struct sigaction act = { .sa_handler = on_alarm };
	struct itimerval soon = { .it_value.tv_usec = 20000, .it_interval.tv_usec = 20000 };
	const char *text;
	size_t len;
	int to;
	struct lines l = reader_of("half", 4, &to);

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	ok(lines_next(&l, &text, &len) == LINES_FAIL, "a caught signal ends the waiting");
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	is_int(err_code(), EX_TEMPFAIL, "a caught signal is 75");
	ok(write(to, "\n", 1) == 1 && lines_next(&l, &text, &len) == LINES_OK && len == 4,
	    "nothing is lost by a signal");
	close(to);
	close_reader(&l);
	lines_init(&l, open("/", O_RDONLY), -1, "stdin");
	ok(lines_next(&l, &text, &len) == LINES_FAIL, "a folder cannot be read");
	is(err_text(), "stdin: Is a directory", "the read error is named");
	is_int(err_code(), EX_IOERR, "a read error is 74");
	close_reader(&l);
	lines_init(&l, 999, -1, "stdin");
	ok(lines_next(&l, &text, &len) == LINES_FAIL, "a closed input is an error");
	lines_release(&l);
}

static void
test_nonblocking(void)
{
	const char *text;
	size_t len;
	int to;
	struct lines l = reader_of("", 0, &to);

	fcntl(l.fd, F_SETFL, O_NONBLOCK);
	ok(!lines_is_ready(&l), "an empty pipe is not ready");
	if (fork() == 0) {
		ssize_t n = write(to, "x", 1);

		usleep(10000); /* the parent meets an empty pipe in between */
		n += write(to, "y\n", 2);
		_exit(n == 3 ? 0 : 1);
	}
	ok(lines_next(&l, &text, &len) == LINES_OK && !strcmp(text, "xy"),
	    "a descriptor that does not block is waited for");
	wait(NULL);
	close(to);
	close_reader(&l);
}

static void
test_output(void)
{
	struct out o = { .fd = STDOUT_FILENO };
	char got[100] = "";
	int fds[2];

	is_int(out_flush(&o), 0, "nothing can be flushed");
	if (pipe(fds) < 0)
		perror("pipe");
	o.fd = fds[1];
	out_json(&o, jv_object_set(jv_object(), jv_string("a"), jv_number(1)));
	buf_puts(&o.buf, "text\n");
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	ok(read(fds[0], got, sizeof got) < 0, "nothing is written before the flush");
	is_int(out_flush(&o), 0, "a flush succeeds");
	ok(read(fds[0], got, sizeof got - 1) > 0 && !strcmp(got, "{\"a\":1}\ntext\n"),
	    "a flush writes whole lines");
	ok(!o.buf.p, "a flush frees what was collected");
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	close(fds[0]);
	buf_puts(&o.buf, "x\n");
	is_int(out_flush(&o), -1, "a flush into a broken pipe fails");
	is_int(err_code(), EX_IOERR, "a broken pipe is 74");
	close(fds[1]);
}

/* In a child: its stdout is a full disk. */
static void
flush_full_disk(void)
{
	struct out o = { .fd = STDOUT_FILENO };
	int fd = open("/dev/full", O_WRONLY);

	dup2(fd, STDOUT_FILENO);
	close(fd);
	buf_puts(&o.buf, "x\n");
	if (out_flush(&o) < 0)
		err_exit();
}

static void
test_full_output(void)
{
	char text[200], *bytes;
	struct out o = { 0 };
	int fds[2];
	size_t total = 0;
	ssize_t n;

	is_int(capture(STDERR_FILENO, flush_full_disk, text, sizeof text), EX_IOERR,
	    "a full disk is 74");
	is(text, "lines: stdout: No space left on device\n", "stdout is named");
	if (pipe(fds) < 0)
		perror("pipe");
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	bytes = memset(xmalloc(300000), 'x', 300000);
	if (fork() == 0) {
		close(fds[0]);
		o.fd = fds[1];
		buf_add(&o.buf, bytes, 300000), buf_putc(&o.buf, '\n');
		_exit(out_flush(&o) < 0 ? 1 : 0);
	}
	close(fds[1]);
	while ((n = read(fds[0], bytes, 300000)) > 0)
		total += (size_t)n;
	is_int((long long)total, 300001, "a full pipe that does not block is waited for");
	wait(NULL);
	close(fds[0]);
	free(bytes);
}

int
main(void)
{
	test_lines();
	test_many_lines();
	test_limit();
	test_huge_line();
	test_objects();
	test_ready();
	test_reader_gone();
	test_failures();
	test_nonblocking();
	test_output();
	test_full_output();
	return done_testing();
}
