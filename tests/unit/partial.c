#include "partial.h"
#include "bell.h"
#include "box.h"
#include "buf.h"
#include "growing.h"
#include "json.h"
#include "overhear.h"
#include "proc.h"
#include "tap.h"

#define CHAT  "00000000-0000-4000-8000-000000000001"
#define OTHER "00000000-0000-4000-8000-000000000002"
#define TASK  "00000000-0000-4000-8000-000000000003"

static int run_fd, watch_fd;
static struct proc_lease lease;
static struct log *agent_log;

/* What is handed over, "kind offset text", joined by "|". */
static struct buf heard;

static void
take(void *arg, jv delta)
{
	jv data = json_get(delta, "data", JV_KIND_OBJECT);

	(void)arg;
	buf_printf(&heard, "%s%s %d %s", heard.len ? "|" : "", json_peek_string(data, "kind"),
	    (int)json_peek_int(data, "offset", -1), json_peek_string(data, "text"));
	jv_free(data);
	jv_free(delta);
}

static const char *
look(struct overhear *o)
{
	heard.len = 0;
	buf_puts(&heard, "");
	overhear_look(o, take, NULL);
	return heard.p;
}

static jv
task(void)
{
	jv t = json_set_string(json_set_string(jv_object(), "id", TASK), "chat_id", CHAT);

	return json_set_int(json_set_string(t, "user_id", "ada"), "attempt", 2);
}

static void
add(struct partial *p, enum partial_kind kind, const char *text)
{
	partial_add(p, kind, text, strlen(text));
}

static bool
is_empty(int fd)
{
	int other = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	DIR *dir = fdopendir(other);
	struct dirent *entry;

	while ((entry = readdir(dir)))
		n += *entry->d_name != '.' && strcmp(entry->d_name, lease.id) != 0;
	closedir(dir);
	return n == 0;
}

static void
test_texts(struct partial *p)
{
	struct overhear *o = overhear_open(run_fd, CHAT), *all = overhear_open(run_fd, NULL),
			*others = overhear_open(run_fd, OTHER);

	is(look(o), "", "nothing is said yet");
	ok(is_empty(run_fd), "nor is there a file");
	add(p, PARTIAL_THOUGHT, "hm ");
	is(look(o), "thought 0 hm ", "a thought begins");
	add(p, PARTIAL_TEXT, "one ");
	is(look(o), "text 0 one ", "a text, beside it");
	is(look(o), "", "nothing twice");
	add(p, PARTIAL_TEXT, "zw\u00f6 ");
	add(p, PARTIAL_TEXT, "three");
	is(look(o), "text 4 zw\u00f6 three", "what has come since is one delta");
	partial_end(p, PARTIAL_THOUGHT);
	is(look(all), "text 0 one zw\u00f6 three", "who comes late gets all at once");
	is(look(others), "", "who listens in another chat gets nothing");
	add(p, PARTIAL_TEXT, "!");
	is(look(o), "text 13 !", "a thought that was said is over; an offset counts characters");
	add(p, PARTIAL_TEXT, "?");
	partial_end(p, PARTIAL_TEXT);
	is(look(o), "text 14 ?", "the rest is read before the end is seen");
	is(look(all), "text 13 !?", "whoever reads");
	is(look(o), "", "nothing is taken back of what was said");
	ok(is_empty(run_fd), "there is no file any more");
	overhear_close(all);
	overhear_close(others);
	overhear_close(o);
	overhear_close(NULL);
}

static void
test_void(struct partial *p)
{
	struct overhear *o = overhear_open(run_fd, CHAT);

	add(p, PARTIAL_TEXT, "half");
	look(o);
	add(p, PARTIAL_TEXT, " and");
	partial_drop(p);
	is(look(o), "text 0 ", "what is void is taken back");
	is(look(o), "", "once");
	add(p, PARTIAL_TEXT, "again");
	partial_drop(p);
	is(look(o), "", "what nobody has had is not");
	add(p, PARTIAL_TEXT, "more");
	is(look(o), "text 0 more", "another text begins anew");
	partial_drop(p);
	partial_drop(p);
	overhear_close(o);
}

static void
test_said(struct partial *p)
{
	struct overhear *o = overhear_open(run_fd, CHAT);
	const char *early =
	    "{\"type\":\"message\",\"n\":1,\"data\":{\"task_id\":\"" TASK "\",\"text\":\"\"}}";
	const char *whole =
	    "{\"type\":\"message\",\"n\":2,\"data\":{\"task_id\":\"" TASK "\",\"text\":\"\"}}";
	jv event = json_parse(early, strlen(early));

	log_event(agent_log, jv_object());
	add(p, PARTIAL_TEXT, "one");
	look(o);
	overhear_said(o, event);
	jv_free(event);
	add(p, PARTIAL_TEXT, " two");
	is(look(o), "text 3  two", "an earlier message is no end");
	event = json_parse(whole, strlen(whole));
	overhear_said(o, event);
	jv_free(event);
	add(p, PARTIAL_TEXT, " three");
	add(p, PARTIAL_THOUGHT, "hm");
	is(look(o), "thought 0 hm", "there is nothing behind the message that says it whole");
	partial_drop(p);
	is(look(o), "thought 0 ", "nor is it taken back");
	overhear_close(o);
}

static void
test_bytes(struct partial *p)
{
	struct overhear *o = overhear_open(run_fd, CHAT);

	is_int((long long)partial_add(p, PARTIAL_TEXT, "a\xf0\x9f\xa4", 4), 1,
	    "a character that is not whole waits");
	is_int((long long)partial_add(p, PARTIAL_TEXT, "\xf0\x9f\xa4", 3), 0, "alone, too");
	is_int((long long)partial_add(p, PARTIAL_TEXT, "\xf0\x9f\xa4\x96", 4), 4, "until it is");
	is_int((long long)partial_add(p, PARTIAL_TEXT, "\x80\x80\x80\x80", 4), 4,
	    "what is none does not");
	is(look(o), "text 0 a\U0001f916\ufffd\ufffd\ufffd\ufffd", "bytes that are no UTF-8");
	partial_drop(p);
	is_int((long long)partial_add(NULL, PARTIAL_TEXT, "abc", 3), 3, "nobody to tell");
	partial_drop(NULL);
	partial_end(NULL, PARTIAL_TEXT);
	partial_close(NULL);
	overhear_close(o);
}

static void
test_secrets(struct partial *p)
{
	struct overhear *o = overhear_open(run_fd, CHAT);
	struct mask *mask = mask_new();

	mask_add(mask, "hush-hush-hush", 14);
	log_mask(agent_log, mask);
	add(p, PARTIAL_TEXT, "it is hush-");
	add(p, PARTIAL_TEXT, "hush-");
	ok(!strstr(look(o), "hush"), "the beginning of a secret is not shown");
	add(p, PARTIAL_TEXT,
	    "hush, I am told; tell nobody, and forget it, "
	    "as it is what others want to know, who will ask you for it");
	look(o);
	ok(strstr(heard.p, "***, I am told") && !strstr(heard.p, "hush"), "nor is all of it");
	partial_drop(p);
	log_mask(agent_log, NULL);
	mask_free(mask);
	overhear_close(o);
}

/* One secret is the beginning of another, which comes in two pieces. */
static void
test_secret_in_secret(struct partial *p)
{
	struct overhear *o = overhear_open(run_fd, CHAT);
	struct mask *mask = mask_new();

	mask_add(mask, "sk-abcdefgh", 11);
	mask_add(mask, "sk-abcdefgh-MORE", 16);
	log_mask(agent_log, mask);
	heard.len = 0;
	add(p, PARTIAL_TEXT, "key sk-abcdefgh");
	add(p, PARTIAL_TEXT, "-MORE end");
	add(p, PARTIAL_TEXT,
	    ", and what else is there to say of it, by whom, to whom,"
	    " where, when, and how often, before it is enough for all who listen");
	overhear_look(o, take, NULL);
	ok(strstr(heard.p, "key *** end"), "of a secret in another one nothing is shown");
	ok(!strstr(heard.p, "MORE"), "nor of what is behind it");
	partial_drop(p);
	log_mask(agent_log, NULL);
	mask_free(mask);
	overhear_close(o);
}

/* Dies in the middle of a text. */
static void
die_in_the_middle(int ready)
{
	struct proc_lease own;
	struct partial *p;
	jv t = task();

	proc_lease_take(&own, run_fd);
	p = partial_open(run_fd, watch_fd, t, own.id, agent_log);
	add(p, PARTIAL_TEXT, "half");
	if (write(ready, "", 1) != 1)
		abort();
	pause();
}

static void
test_death(void)
{
	struct overhear *o = overhear_open(run_fd, CHAT), *late = overhear_open(run_fd, CHAT);
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0)
		die_in_the_middle(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		abort();
	is(look(o), "text 0 half", "somebody says something");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	is(look(o), "text 0 ", "he is killed: that is void");
	is(look(late), "", "and not shown any more");
	ok(!is_empty(run_fd), "his file is left");
	proc_lease_sweep(run_fd);
	ok(is_empty(run_fd), "a sweep takes it away");
	close(ready[0]);
	close(ready[1]);
	overhear_close(o);
	overhear_close(late);
}

static void
test_bells(struct partial *p)
{
	char *topic = overhear_topic(CHAT), *topic_of_all = overhear_topic(NULL);
	struct bell *b = bell_open(watch_fd, topic), *all = bell_open(watch_fd, topic_of_all);

	add(p, PARTIAL_TEXT, "a");
	is_int(bell_wait(b, 0, -1), 1, "who listens in the chat is rung");
	is_int(bell_wait_either(b, all, 0, -1), 1, "who listens in all, too");
	is_int(bell_wait_either(b, all, 0, -1), 0, "once");
	partial_end(p, PARTIAL_TEXT);
	is_int(bell_wait_either(b, NULL, 0, -1), 1, "the end is told");
	bell_close(b);
	bell_close(all);
	free(topic);
	free(topic_of_all);
}

static void
test_sweep(struct partial *p)
{
	struct overhear *o = overhear_open(run_fd, CHAT);

	add(p, PARTIAL_TEXT, "a");
	proc_lease_sweep(run_fd);
	is(look(o), "text 0 a", "a sweep leaves what the living say");
	partial_drop(p);
	overhear_close(o);
}

/* --- on a terminal */

static jv
delta(const char *kind, int after, const char *text)
{
	jv data = json_set_string(json_set_string(jv_object(), "task_id", TASK), "kind", kind);

	data = json_set_string(json_set_int(data, "after", after), "text", text);
	return json_set(json_set_string(jv_object(), "type", "delta"), "data", data);
}

static const char *
draw(struct growing *g)
{
	heard.len = 0;
	growing_lines(g, 3, &heard);
	return heard.len ? heard.p : "";
}

static void
test_growing(void)
{
	static const struct screen screen = { .columns = 40 };
	struct growing g;
	jv event;

	growing_open(&g, &screen, false);
	is(draw(&g), "", "nothing grows");
	growing_take(&g, delta("text", 1, "one "));
	is(draw(&g), "--:--:-- \U0001f916 Task 00000000: one\n", "a text looks like a message");
	growing_take(&g, delta("text", 1, "two"));
	is(draw(&g), "--:--:-- \U0001f916 Task 00000000: one two\n", "and grows");
	growing_take(&g, delta("thought", 1, "hm"));
	is(draw(&g),
	    "--:--:-- \U0001f916 Task 00000000: one two\n"
	    "--:--:-- \U0001f4ad Task 00000000: hm\n",
	    "two are below each other");
	growing_take(&g, delta("thought", 1, ""));
	growing_take(&g, delta("text", 1, "\nthree\nfour\nfive"));
	is(draw(&g), "         three\n         four\n         five\n",
	    "of what does not fit the end is shown");
	growing_take(&g, delta("text", 4, "next"));
	event = json_set_int(json_set_string(delta("text", 1, "x"), "type", "message"), "n", 1);
	growing_replace(&g, event);
	is_int((long long)g.len, 2, "an earlier message replaces nothing");
	growing_replace(&g, event = json_set_int(event, "n", 4));
	is(draw(&g), "--:--:-- \U0001f916 Task 00000000: next\n",
	    "a message replaces its own text only");
	jv_free(event);
	growing_release(&g);
}

static int
folder(const char *name)
{
	int fd = mkdirat(box_fd, name, 0700) < 0 ? -1 : openat(box_fd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

int
main(void)
{
	struct partial *p;
	jv t = task();

	box_open("partial", 1);
	run_fd = folder("run");
	watch_fd = folder("watch");
	proc_lease_take(&lease, run_fd);
	agent_log = log_open(box_fd, TASK, 0);
	p = partial_open(run_fd, watch_fd, t, lease.id, agent_log);
	test_texts(p);
	test_void(p);
	test_said(p);
	test_bytes(p);
	test_secrets(p);
	test_secret_in_secret(p);
	test_death();
	test_bells(p);
	test_sweep(p);
	test_growing();
	partial_close(p);
	log_close(agent_log);
	proc_lease_drop(&lease, run_fd);
	buf_release(&heard);
	jv_free(t);
	box_close();
	return done_testing();
}
