#include "adapter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "dir.h"
#include "err.h"

static const char suffix[] = ".jq";

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of the adapters in a folder, with commas between. */
static char *
names_in(const char *folder)
{
	char *names[64];
	struct dirent *entry;
	struct buf list = { 0 };
	size_t n = 0, len;
	DIR *dir = opendir(folder);

	while (dir && n < sizeof names / sizeof *names && (entry = readdir(dir))) {
		len = strlen(entry->d_name);
		if (len > 3 && entry->d_name[0] != '.' && !strcmp(entry->d_name + len - 3, suffix))
			names[n++] = xprintf("%.*s", (int)len - 3, entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (n > 1)
		qsort(names, n, sizeof *names, compare);
	buf_puts(&list, n == 0 ? "none" : "");
	for (size_t i = 0; i < n; i++) {
		buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
		free(names[i]);
	}
	return list.p;
}

static int
read_file(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		while ((n = read(fd, buf_room(text, 4096), 4096)) > 0 || (n < 0 && errno == EINTR))
			text->len += n > 0 ? (size_t)n : 0;
		buf_add(text, "", 0); /* it ends with a NUL, also when empty */
		close(fd);
	}
	return n < 0 ? -1 : 0;
}

/* The program of that name; -1 with err. */
static int
read_adapter(const char *name, struct buf *text)
{
	char *share, *folder, *path, *names;
	int rc;

	if (strchr(name, '/'))
		return read_file(name, text) < 0
		           ? err_set(EX_NOINPUT, "adapter %s: %s", name, strerror(errno))
		           : 0;
	if (!(share = dir_share_path()))
		return -1;
	folder = xprintf("%s/adapters", share);
	path = xprintf("%s/%s%s", folder, name, suffix);
	if ((rc = read_file(path, text)) < 0) {
		names = names_in(folder);
		err_set(EX_NOINPUT, "adapter %.80s: no such adapter; there are: %s", name, names);
		free(names);
	}
	free(path);
	free(folder);
	free(share);
	return rc;
}

struct filter *
adapter_open(const char *name)
{
	struct buf text = { 0 };
	struct filter *f = NULL;

	if (read_adapter(name, &text) == 0 && !(f = filter_open(text.p)))
		err_set(EX_CONFIG, "adapter %.80s: %s", name, err_text());
	buf_release(&text);
	return f;
}

/* What stands behind "# command:" in the comment that text begins with; NULL: nothing. */
static const char *
find_command(const char *text)
{
	static const char mark[] = "# command:";

	for (; *text == '#'; text += strcspn(text, "\n"), text += *text == '\n')
		if (!strncmp(text, mark, sizeof mark - 1))
			return text + sizeof mark - 1;
	return NULL;
}

jv
adapter_command(const char *name)
{
	struct buf text = { 0 };
	jv words = jv_array();
	const char *p;
	size_t len;

	if (read_adapter(name, &text) < 0) {
		buf_release(&text);
		jv_free(words);
		return jv_invalid();
	}
	for (p = find_command(text.p); p && *(p += strspn(p, " \t")) && *p != '\n'; p += len) {
		len = strcspn(p, " \t\n");
		words = jv_array_append(words, jv_string_sized(p, (int)len));
	}
	buf_release(&text);
	if (jv_array_length(jv_copy(words)) > 0)
		return words;
	jv_free(words);
	err_set(EX_CONFIG, "adapter %.80s: it names no command", name);
	return jv_invalid();
}
