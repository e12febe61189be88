#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

enum { START_MS = 10000 };

static struct sockaddr_in
address_of(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A port that nobody uses now. */
static void
choose_port(struct server *s)
{
	struct sockaddr_in address = address_of(0);
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		die("port");
	close(fd);
	s->port = ntohs(address.sin_port);
	snprintf(s->port_text, sizeof s->port_text, "%d", s->port);
}

static int
try_to_connect(const struct server *s)
{
	struct sockaddr_in address = address_of(s->port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	return fd;
}

int
server_connect(const struct server *s)
{
	int fd = try_to_connect(s);

	if (fd < 0)
		die("connect");
	return fd;
}

static void
await_server(const struct server *s, const char *name)
{
	double deadline = now_us() + START_MS * 1e3;
	int fd;

	while ((fd = try_to_connect(s)) < 0) {
		if (now_us() > deadline)
			dief("%s: does not answer on port %d", name, s->port);
		sleep_ms(10);
	}
	close(fd);
}

struct server
server_start_redis(bool is_durable)
{
	struct server s;
	struct program p = { .argv = { "redis-server", "--bind", "127.0.0.1", "--port", s.port_text,
				 "--save", "", "--dir", bench.work, "--appendonly",
				 is_durable ? "yes" : "no", "--appendfsync", "always" } };

	choose_port(&s);
	s.pid = program_start(&p, -1, -1);
	await_server(&s, "redis-server");
	return s;
}

struct server
server_start_beanstalkd(void)
{
	struct server s;
	char *folder = path_of("beanstalkd");
	struct program p = { .argv = { "beanstalkd", "-l", "127.0.0.1", "-p", s.port_text, "-b",
				 folder, "-f0" } };

	if (mkdir(folder, 0700) < 0)
		die(folder);
	choose_port(&s);
	s.pid = program_start(&p, -1, -1);
	await_server(&s, "beanstalkd");
	free(folder);
	return s;
}

void
server_stop(struct server *s)
{
	program_stop(s->pid);
	s->pid = 0;
}

void
server_ask(int fd, const char *request, size_t len, int newlines)
{
	char answer[4096];

	if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		die("send");
	while (newlines > 0) {
		ssize_t got = recv(fd, answer, sizeof answer, 0);

		if (got <= 0)
			die("recv");
		if (*answer == '-')
			dief("server: %.80s", answer);
		for (ssize_t i = 0; i < got; i++)
			newlines -= answer[i] == '\n';
	}
}

void
taskwarrior_make(const char *folder, long tasks)
{
	uint64_t random = 20261120;
	char path[4096];
	FILE *file;

	if (mkdir(folder, 0700) < 0)
		die(folder);
	snprintf(path, sizeof path, "%s/rc", folder);
	if (!(file = fopen(path, "we")))
		die(path);
	fprintf(file, "data.location=%s\nconfirmation=off\nverbose=nothing\nnews.version=99.0.0\n",
	    folder);
	if (fclose(file) != 0 || setenv("TASKRC", path, 1) < 0)
		die(path);
	snprintf(path, sizeof path, "%s/pending.data", folder);
	if (!(file = fopen(path, "we")))
		die(path);
	for (long i = 0; i < tasks; i++) {
		random = random * 6364136223846793005 + 1442695040888963407;
		fprintf(file,
		    "[description:\"Look at item %ld of the list, and say what is wrong with it\" "
		    "entry:\"1760000000\" modified:\"1760000000\" status:\"pending\" "
		    "uuid:\"%08" PRIx32 "-1234-4321-8765-%012" PRIx64 "\"]\n",
		    i, (uint32_t)(random >> 32), (uint64_t)i);
	}
	if (fclose(file) != 0)
		die(path);
}
