#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "lines.h"

/* The variable's value, or NULL where it is unset or empty. */
static const char *
variable(const char *name)
{
	const char *value = name ? getenv(name) : NULL;

	return value && *value ? value : NULL;
}

bool
key_is_set(const char *name)
{
	char *file = name ? xprintf("%s_FILE", name) : NULL;
	bool yes = variable(name) || variable(file);

	free(file);
	return yes;
}

int
key_read_file(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), result;

	if (fd < 0)
		return err_sys("%s", path);
	result = lines_read_text(fd, path, b);
	close(fd);
	errno = 0;
	return result;
}

/* The key in text, which `from` holds: one word. */
static int
take_key(const char *from, struct buf *text, char **key)
{
	while (text->len > 0 && strchr(" \t\r\n", text->p[text->len - 1]))
		text->p[--text->len] = '\0';
	if (text->len == 0)
		return err_set(EX_CONFIG, "%s: holds no key", from);
	for (const char *p = text->p; *p; p++)
		if (*p > 0 && (*p <= ' ' || *p == 127))
			return err_set(EX_CONFIG, "%s: want a key without blanks in it", from);
	free(*key);
	*key = xstrdup(text->p);
	return 0;
}

int
key_of_file(const char *path, char **key)
{
	struct buf text = { 0 };
	int result = key_read_file(path, &text);

	if (result == 0)
		result = take_key(path, &text, key);
	buf_release(&text);
	return result < 0 ? err_set(EX_CONFIG, "%s", err_text()) : 0;
}

int
key_of_variable(const char *name, char **key)
{
	char *file = xprintf("%s_FILE", name);
	struct buf text = { 0 };
	int result = 0;

	if (variable(name)) {
		buf_puts(&text, variable(name));
		result = take_key(name, &text, key);
	} else if (variable(file)) {
		result = key_of_file(variable(file), key);
		if (result < 0)
			err_add("%s", file);
	}
	buf_release(&text);
	free(file);
	return result;
}
