/*
 * model - stands in for llm-chat, and answers at once
 *
 * MODEL_TURNS, in the environment, is how many turns it takes: all but the last want to be asked
 * again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(void)
{
	const char *turns = getenv("MODEL_TURNS"), *id;
	long left = turns ? strtol(turns, NULL, 10) : 1;
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		const char *member = strstr(line, "\"id\":\"r");

		if (!member)
			return 1;
		id = member + strlen("\"id\":\"");
		printf("{\"id\":\"%.*s\",\"type\":\"text\",\"delta\":\"turn %ld: %0400d\"}\n",
		    (int)strcspn(id, "\""), id, left, 0);
		printf("{\"id\":\"%.*s\",\"type\":\"stop\",\"reason\":\"%s\"}\n",
		    (int)strcspn(id, "\""), id, --left > 0 ? "paused" : "end");
		fflush(stdout);
	}
	free(line);
	return 0;
}
