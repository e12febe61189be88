/* serve - how soon mcp-serve answers a client that has just started it */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

enum { STARTS = 200, MORE_US = 2000 };

/* What a client of either era asks first. */
static const char discover[] =
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"server/discover\",\"params\":{\"_meta\":{"
    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
    "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"bench\",\"version\":\"0\"},"
    "\"io.modelcontextprotocol/clientCapabilities\":{}}}}\n";
static const char initialize[] =
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
    "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
    "\"clientInfo\":{\"name\":\"bench\",\"version\":\"0\"}}}\n";

/* A new string: the path of a file with a request. */
static char *
request_of(const char *name, const char *line)
{
	char *path = path_of("%s", name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		die(path);
	close(fd);
	return path;
}

/* A word of the environment: a new string. */
static char *
variable(const char *name, const char *value)
{
	char *word;

	if (asprintf(&word, "%s=%s", name, value) < 0)
		die("memory");
	return word;
}

/* It has to answer, and to leave the home as it was: rmdir says whether it is empty. */
static void
check(struct program *server, const char *home)
{
	char answer[512];

	program_read(server, answer, sizeof answer);
	if (!strstr(answer, "\"result\""))
		dief("mcp-serve: %s", answer);
	if (rmdir(home) < 0 || mkdir(home, 0700) < 0)
		die(home);
}

static void
measure_start(struct program server, const char *method, const char *home)
{
	struct program nothing = { .argv = { "nothing" }, .env = server.env };
	static struct measured ours = { .once = once_program }, f = { .once = once_program };

	ours.arg = &server;
	f.arg = &nothing;
	measure((struct measured *[]){ &ours, &f }, 2, STARTS);
	check(&server, home);
	table_row((struct row){ ours.median, f.median, UNIT_US, WANT_NOTHING, 0, "F" },
	    "mcp-serve, from its start to its end: %s", method);
	table_row((struct row){ ours.median - f.median, MORE_US, UNIT_US, WANT_AT_MOST, 1,
		      "limit" },
	    "mcp-serve, more than F: %s", method);
}

void
section_serve(void)
{
	char *home = path_of("home"),
	     *words[] = { variable("HOME", home), variable("LOGNAME", "bench"),
		     variable("PATH", getenv("PATH")), variable("SHELL", "/bin/sh"),
		     variable("TERM", "dumb"), variable("USER", "bench"), NULL },
	     *modern = request_of("discover", discover),
	     *legacy = request_of("initialize", initialize);
	struct program server = { .argv = { "mcp-serve" }, .env = words };

	if (mkdir(home, 0700) < 0)
		die(home);
	server.in = modern;
	measure_start(server, "server/discover", home);
	server.in = legacy;
	measure_start(server, "initialize", home);
	for (char **word = words; *word; word++)
		free(*word);
	free(modern);
	free(legacy);
	free(home);
}
