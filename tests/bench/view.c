/* view - viewers: how soon they see a message, and what they cost while there is none */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum { VIEWERS = 100, MESSAGES = 30, VIEW_MS = 10000, IDLE_MS = 2000 };

/* Those who watch, and what is read of each. */
struct audience {
	pid_t pid[VIEWERS];
	int fd[VIEWERS];
	char tail[VIEWERS][64]; /* the end of what has come, for a mark in two pieces */
	size_t len;
};

static void
add_viewers(struct audience *a, const struct program *viewer, size_t len)
{
	for (a->len = 0; a->len < len; a->len++) {
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0)
			die("pipe");
		a->pid[a->len] = program_start(viewer, -1, fds[1]);
		a->fd[a->len] = fds[0];
		a->tail[a->len][0] = '\0';
		close(fds[1]);
	}
}

static void
end_viewers(struct audience *a)
{
	for (size_t i = 0; i < a->len; i++) {
		if (a->pid[i])
			program_stop(a->pid[i]);
		close(a->fd[i]);
	}
	a->len = 0;
}

/* Whether mark is in what viewer i prints now. */
static bool
has_come(struct audience *a, size_t i, const char *mark)
{
	char text[8192];
	size_t kept = strlen(a->tail[i]), len;
	ssize_t got;

	memcpy(text, a->tail[i], kept);
	got = read(a->fd[i], text + kept, sizeof text - kept - 1);
	if (got <= 0)
		dief("a viewer has ended");
	len = kept + (size_t)got;
	text[len] = '\0';
	kept = len < sizeof a->tail[i] ? len : sizeof a->tail[i] - 1;
	memcpy(a->tail[i], text + len - kept, kept);
	a->tail[i][kept] = '\0';
	return strstr(text, mark) != NULL;
}

/* Until every viewer has printed mark. */
static void
await_all(struct audience *a, const char *mark)
{
	struct pollfd fds[VIEWERS];
	double deadline = now_us() + VIEW_MS * 1e3;
	size_t left = a->len;

	for (size_t i = 0; i < a->len; i++)
		fds[i] = (struct pollfd){ a->fd[i], POLLIN, 0 };
	while (left > 0) {
		if (now_us() > deadline || poll(fds, a->len, VIEW_MS) <= 0)
			dief("%zu viewers have not seen %s", left, mark);
		for (size_t i = 0; i < a->len; i++)
			if (fds[i].fd >= 0 && fds[i].revents && has_come(a, i, mark)) {
				fds[i].fd = -1;
				left--;
			}
	}
}

/* How a message is sent, and who gets it. */
struct channel {
	struct audience *audience;
	struct program post; /* a program for each message; its last argument is the text */
	char **text;         /* that argument */
	int to;              /* or one that stays: here it reads from (a connection of Redis) */
	bool is_redis;
};

static int messages;

static double
once_message(void *arg)
{
	struct channel *c = arg;
	char mark[32], request[128];
	double start;
	pid_t pid = 0;
	int len;

	snprintf(mark, sizeof mark, "word-%06d-", ++messages);
	len = snprintf(request, sizeof request,
	    c->is_redis ? "*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n$12\r\n%s\r\n" : "%s\n", mark);
	start = now_us();
	if (c->to < 0) {
		c->post.argv[c->is_redis ? 5 : 2] = mark;
		pid = program_start(&c->post, -1, -1);
	} else if (write(c->to, request, (size_t)len) != len) {
		die("write");
	}
	await_all(c->audience, mark);
	start = now_us() - start;
	if (pid)
		program_await(&c->post, pid);
	if (c->to >= 0 && c->is_redis) {
		char answer[64];

		if (read(c->to, answer, sizeof answer) <= 0)
			die("redis");
	}
	return start;
}

/* Until the viewers are there: until all have seen one of the messages that are sent meanwhile. */
static void
await_viewers(struct channel *c)
{
	struct audience *a = c->audience;
	char mark[] = "word-";
	struct pollfd fds[VIEWERS];
	double deadline = now_us() + 2 * VIEW_MS * 1e3;
	size_t left = a->len;

	for (size_t i = 0; i < a->len; i++)
		fds[i] = (struct pollfd){ a->fd[i], POLLIN, 0 };
	while (left > 0 && now_us() < deadline) {
		c->post.argv[c->is_redis ? 5 : 2] = "word-000000-";
		program_run(&c->post);
		while (poll(fds, a->len, 100) > 0)
			for (size_t i = 0; i < a->len; i++)
				if (fds[i].fd >= 0 && fds[i].revents && has_come(a, i, mark)) {
					fds[i].fd = -1;
					left--;
				}
	}
	if (left > 0)
		dief("%zu viewers do not come", left);
	/* what else was sent for them goes by with the next marks */
}

static void
row_of(const struct measured *ours, const struct measured *theirs, enum wanted wanted,
    const char *how, const char *beside)
{
	table_row((struct row){ ours->median, theirs->median, UNIT_US, wanted, 1, beside },
	    "a message, durable, to the last of %d viewers, %s", VIEWERS, how);
}

/* Connections of ours that have subscribed, in place of programs. */
static void
subscribe(struct audience *a, const struct server *s)
{
	static const char request[] = "*2\r\n$9\r\nSUBSCRIBE\r\n$5\r\nbench\r\n";

	for (a->len = 0; a->len < VIEWERS; a->len++) {
		a->pid[a->len] = 0;
		a->tail[a->len][0] = '\0';
		a->fd[a->len] = server_connect(s);
		server_ask(a->fd[a->len], request, sizeof request - 1, 6);
	}
}

static struct audience ours, theirs, connections;

/* Measures ours beside Redis, with programs that post and with ones that stay. */
static void
beside_redis(struct channel *one, struct channel *stays)
{
	struct server s = server_start_redis(false);
	struct program viewer = { .argv = { "redis-cli", "-p", s.port_text, "subscribe",
				      "bench" } };
	struct program post = { .argv = { "redis-cli", "-p", s.port_text, "publish", "bench",
				    NULL } };
	int to = server_connect(&s);
	struct channel theirs_one = { .audience = &theirs,
		.post = post,
		.to = -1,
		.is_redis = true };
	struct channel theirs_stays = { .audience = &theirs, .to = to, .is_redis = true };
	struct channel to_connections = { .audience = &connections, .to = to, .is_redis = true };
	static struct measured by_post, by_redis_cli, by_stays, by_connection, to_others;

	by_post = (struct measured){ .once = once_message, .arg = one };
	by_redis_cli = (struct measured){ .once = once_message, .arg = &theirs_one };
	by_stays = (struct measured){ .once = once_message, .arg = stays };
	by_connection = (struct measured){ .once = once_message, .arg = &theirs_stays };
	to_others = (struct measured){ .once = once_message, .arg = &to_connections };
	add_viewers(&theirs, &viewer, VIEWERS);
	await_viewers(&theirs_one);
	measure((struct measured *[]){ &by_post, &by_redis_cli, &by_stays, &by_connection }, 4,
	    MESSAGES);
	end_viewers(&theirs);
	subscribe(&connections, &s);
	measure((struct measured *[]){ &to_others }, 1, MESSAGES);
	row_of(&by_post, &by_redis_cli, WANT_AT_MOST, "by chat-post", "redis-cli to 100 redis-cli");
	row_of(&by_stays, &by_connection, WANT_AT_MOST, "by one that runs",
	    "a connection to 100 redis-cli");
	row_of(&by_stays, &to_others, WANT_NOTHING, "by one that runs",
	    "a connection to 100 connections");
	end_viewers(&connections);
	close(to);
	server_stop(&s);
}

void
section_viewers(void)
{
	char *store = path_of("viewers"), chat[64];
	const struct program new_chat = { .argv = { "chat-new", "--ids" }, .store = store };
	const struct program viewer = { .argv = { "chat-watch", chat, "--format", "json" },
		.store = store };
	const struct program poster = { .argv = { "chat-post", chat }, .store = store };
	struct channel one = { .audience = &ours,
		.post = { .argv = { "chat-post", chat, NULL }, .store = store },
		.to = -1 };
	struct channel stays = { .audience = &ours };
	pid_t pid;
	int fds[2];

	program_read(&new_chat, chat, sizeof chat);
	chat[strcspn(chat, "\n")] = '\0';
	if (!has_program("redis-server") || !has_program("redis-cli")) {
		table_missing("redis", "a message to the last of %d viewers", VIEWERS);
		free(store);
		return;
	}
	add_viewers(&ours, &viewer, VIEWERS);
	await_viewers(&one);
	if (pipe2(fds, O_CLOEXEC) < 0)
		die("pipe");
	pid = program_start(&poster, fds[0], -1);
	close(fds[0]);
	stays.to = fds[1];
	beside_redis(&one, &stays);
	close(fds[1]);
	program_await(&poster, pid);
	end_viewers(&ours);
	remove_tree(store);
	free(store);
}

/* --- who posts */

enum { MANY = 50, POSTS = 40, CALM_MS = 30 };

/* A post, once those who watch have seen the one before. */
static double
once_post(void *arg)
{
	sleep_ms(CALM_MS);
	return once_program(arg);
}

/* Until it says that its message is durable. */
static double
once_acknowledged(void *arg)
{
	struct program *post = arg;
	char word[256];
	double start;
	int fds[2];
	pid_t pid;

	sleep_ms(CALM_MS);
	if (pipe2(fds, O_CLOEXEC) < 0)
		die("pipe");
	start = now_us();
	pid = program_start(post, -1, fds[1]);
	close(fds[1]);
	if (read(fds[0], word, sizeof word) <= 0)
		dief("chat-post says nothing");
	start = now_us() - start;
	program_await(post, pid);
	close(fds[0]);
	return start;
}

/* Whether who posts waits for those who watch: one chat has many viewers, another has one. */
void
section_posting(void)
{
	char *store = path_of("posting"), chat[2][64];
	const struct program new_chat = { .argv = { "chat-new", "--ids" }, .store = store };
	struct program post[2];
	struct measured posts[2], words[2];
	pid_t pid[MANY + 1];

	for (int i = 0; i < 2; i++) {
		program_read(&new_chat, chat[i], sizeof chat[i]);
		chat[i][strcspn(chat[i], "\n")] = '\0';
		post[i] =
		    (struct program){ .argv = { "chat-post", chat[i], "a word" }, .store = store };
		posts[i] = (struct measured){ .once = once_post, .arg = &post[i] };
		words[i] = (struct measured){ .once = once_acknowledged, .arg = &post[i] };
	}
	for (int i = 0; i <= MANY; i++) {
		const struct program viewer = { .argv = { "chat-watch", chat[i == MANY] },
			.store = store };

		pid[i] = program_start(&viewer, -1, -1);
	}
	sleep_ms(1000);
	measure((struct measured *[]){ &posts[0], &posts[1], &words[0], &words[1] }, 4, POSTS);
	table_row((struct row){ words[0].median, words[1].median, UNIT_US, WANT_AT_MOST, 1.2,
		      "the same with one viewer" },
	    "chat-post in a chat with %d viewers, until it says so", MANY);
	table_row((struct row){ posts[0].median, posts[1].median, UNIT_US, WANT_AT_MOST, 1.2,
		      "the same with one viewer" },
	    "chat-post in a chat with %d viewers, until it has ended", MANY);
	for (int i = 0; i <= MANY; i++)
		program_stop(pid[i]);
	remove_tree(store);
	free(store);
}

/* --- idle */

/* Nanoseconds that a process has run. */
static double
cpu_ns(pid_t pid)
{
	char path[64], text[128];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
	if (!(file = fopen(path, "re")) || !fgets(text, sizeof text, file))
		die(path);
	fclose(file);
	return strtod(text, NULL);
}

static double
cpu_of(const pid_t *pid, size_t len)
{
	double ns = 0;

	for (size_t i = 0; i < len; i++)
		ns += cpu_ns(pid[i]);
	return ns;
}

void
section_idle(void)
{
	enum { IDLE_VIEWERS = 10, STAGES = 5 };
	char *store = path_of("idle"), chat[64];
	const struct program new_chat = { .argv = { "chat-new", "--ids" }, .store = store };
	const struct program viewer = { .argv = { "chat-watch", chat }, .store = store };
	const struct program stage[STAGES] = { { .argv = { "task-watch" }, .store = store },
		{ .argv = { "task-plan" }, .store = store },
		{ .argv = { "task-split" }, .store = store },
		{ .argv = { "task-run", "-j2" }, .store = store },
		{ .argv = { "chat-post" }, .store = store } };
	double pipeline_ns, viewers_ns;
	pid_t pid[STAGES];

	program_read(&new_chat, chat, sizeof chat);
	chat[strcspn(chat, "\n")] = '\0';
	add_viewers(&ours, &viewer, IDLE_VIEWERS);
	pipeline_start(stage, STAGES, -1, -1, pid);
	sleep_ms(1000);
	pipeline_ns = cpu_of(pid, STAGES);
	viewers_ns = cpu_of(ours.pid, ours.len);
	sleep_ms(IDLE_MS);
	pipeline_ns = cpu_of(pid, STAGES) - pipeline_ns;
	viewers_ns = cpu_of(ours.pid, ours.len) - viewers_ns;
	table_row((struct row){ pipeline_ns / IDLE_MS / 1e4, 0.1, UNIT_PERCENT, WANT_AT_MOST, 1,
		      "limit" },
	    "an idle pipeline, of a processor");
	table_row((struct row){ viewers_ns / IDLE_MS / 1e4 / IDLE_VIEWERS, 0.1, UNIT_PERCENT,
		      WANT_AT_MOST, 1, "limit" },
	    "an idle viewer, of a processor");
	for (size_t i = 0; i < STAGES; i++)
		program_stop(pid[i]);
	end_viewers(&ours);
	remove_tree(store);
	free(store);
}
