#include "footer.h"

#include <signal.h>

#include "tap.h"

static struct screen screen = { .columns = 30, .rows = 20 };
static struct buf out;

static const char *
draw(struct footer *f, const char *text)
{
	struct buf lines = { 0 };

	buf_puts(&lines, text);
	out.len = 0;
	buf_puts(&out, "");
	footer_draw(f, &out, &lines);
	buf_release(&lines);
	return out.p;
}

static const char *
erase(struct footer *f)
{
	out.len = 0;
	buf_puts(&out, "");
	footer_erase(f, &out);
	return out.len ? out.p : "";
}

int
main(void)
{
	struct footer f;

	screen_open(&screen, 1, "never");
	screen.columns = 30;
	footer_open(&f, &screen);
	is(draw(&f, ""), "", "nothing is drawn of nothing");
	is(erase(&f), "", "nor erased");
	is(draw(&f, "one\n"), "one\n", "a line is drawn");
	is(draw(&f, "one\n"), "", "and not again while it is the same");
	is(draw(&f, "one\ntwo\n"), "\r\033[1A\033[Jone\ntwo\n", "others take its place");
	is(erase(&f), "\r\033[2A\033[J", "all are erased");
	is(erase(&f), "", "once");
	draw(&f, "\033[36m123456789 123456789 123456789\033[m\nx\n");
	is(erase(&f), "\r\033[2A\033[J", "colours take no room");
	draw(&f, "123456789 123456789 123456789\nx\n");
	screen.columns = 20;
	is(erase(&f), "\r\033[3A\033[J", "what a narrower terminal has broken is erased whole");
	draw(&f, "one\n");
	raise(SIGCONT);
	is(draw(&f, "one\n"), "one\n",
	    "behind a stop it is drawn anew, where the cursor is by now");
	footer_release(&f);
	buf_release(&out);
	return done_testing();
}
