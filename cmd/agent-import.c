/* agent-import - add the agents, and the tasks, that files describe */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "chat.h"
#include "declare.h"
#include "enlist.h"
#include "err.h"
#include "lines.h"
#include "may.h"
#include "opt.h"
#include "person.h"
#include "roster.h"
#include "rows.h"

static const char *crew, *chat;
static bool tasks, dry_run;
static struct view view;

static const struct opt opts[] = { { 0, "crew", "crew",
				       "the crew that they belong to (default: what the file says)",
				       .str = &crew },
	{ 0, "tasks", NULL, "also the tasks of a crew that is drawn", .set = &tasks },
	{ 'c', "chat", "chat", "run the tasks in this chat", .str = &chat },
	{ 0, "dry-run", NULL, "store nothing; print what would be new, updated or the same",
	    .set = &dry_run },
	VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "agent-import",
	"add the agents, and the tasks, that files describe", "FILE ...", opts, 0 };

struct import {
	struct store *s;
	char chat[ID_TEXT];
	int status;
};

static bool
has_tool(const char *name)
{
	bool is_ours;
	char *path = declare_find(name, &is_ours);

	free(path);
	return path != NULL;
}

/* All of a roster in one transaction, which may have to be begun anew; notes (consumed) are what
 * the verdict says before. */
static enum store_result
try_to_enlist(struct import *i, jv roster, struct verdict *v, jv notes, jv *changes)
{
	struct tx *tx = store_begin(i->s);

	jv_free(v->notes);
	v->notes = notes;
	jv_free(*changes);
	*changes = jv_array();
	if (!tx)
		return STORE_FAIL;
	if (enlist_agents(tx, roster, changes) < 0 ||
	    (tasks && enlist_tasks(tx, roster, chat ? i->chat : NULL, v, changes) < 0)) {
		store_end(tx);
		return STORE_FAIL;
	}
	if (dry_run)
		return store_end(tx) < 0 ? STORE_FAIL : STORE_OK;
	return store_commit(tx, STORE_DURABLE);
}

/* All of a roster; -1 with err: nothing. */
static int
enlist(struct import *i, jv roster, struct verdict *v, jv *changes)
{
	jv notes = jv_copy(v->notes);
	enum store_result rc;

	do {
		rc = try_to_enlist(i, roster, v, jv_copy(notes), changes);
	} while (rc == STORE_AGAIN);
	jv_free(notes);
	return rc == STORE_OK ? 0 : -1;
}

static void
say_warnings(const char *name, const struct verdict *v)
{
	jv all = verdict_object(v), warnings = json_get(all, "warnings", JV_KIND_ARRAY);

	jv_array_foreach (warnings, i, warning) {
		err_warn("%s: %s", name, jv_string_value(warning));
		jv_free(warning);
	}
	jv_free(warnings);
	jv_free(all);
}

/* changes are consumed */
static void
print(const char *name, jv changes)
{
	jv_array_foreach (changes, i, change) {
		const char *change_is = json_peek_string(change, "change");

		if (dry_run && !strcmp(change_is, "new")) /* an id that nothing has */
			change = json_drop(change, "id");
		view_add(&view, NULL, json_set_string(change, "file", name));
	}
	jv_free(changes);
}

static int
import_text(struct import *i, const char *name, const struct buf *text)
{
	struct verdict v;
	struct profile p = { .has_tool = has_tool, .verdict = &v };
	jv roster, changes = jv_array();
	int rc;

	verdict_init(&v);
	roster = roster_read(text->p, text->len, crew, &p);
	rc = jv_is_valid(roster) ? enlist(i, roster, &v, &changes) : -1;
	if (rc == 0) {
		say_warnings(name, &v);
		print(name, changes);
	} else {
		jv_free(changes);
		err_add("%s", name);
	}
	jv_free(roster);
	verdict_release(&v);
	return rc;
}

/* One file, whole or not at all; what is wrong is said, and the next ones have their turn. */
static void
import_file(struct import *i, const char *path)
{
	const char *name = strcmp(path, "-") != 0 ? path : "stdin";
	struct buf text = { 0 };

	if (lines_read_file(path, &text) < 0 || import_text(i, name, &text) < 0)
		i->status = err_print();
	buf_release(&text);
	if (view_flush(&view) < 0)
		err_exit();
}

static int
is_role_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 3 && !strcmp(entry->d_name + len - 3, ".md");
}

/* All files in a folder that may describe a role, in the order of their names. */
static void
import_folder(struct import *i, const char *path)
{
	struct dirent **entry;
	int len = scandir(path, &entry, is_role_file, alphasort);

	if (len <= 0) {
		err_set(EX_NOINPUT, "%s: %s", path,
		    len < 0 ? strerror(errno) : "no file in it ends in .md");
		i->status = err_print();
	}
	for (int k = 0; k < len; k++) {
		char *file = xprintf("%s/%s", path, entry[k]->d_name);

		import_file(i, file);
		free(file);
		free(entry[k]);
	}
	if (len >= 0)
		free(entry);
}

static const struct column columns[] = { { "CHANGE", false }, { "KIND", false }, { "NAME", false },
	{ "FIELDS", false }, { NULL, false } };

static void
change_row(struct table *t, struct tx *tx, jv change, int64_t now_ms)
{
	const char *what = json_peek_string(change, "change"),
		   *role = json_peek_string(change, "role");
	jv fields = json_get(change, "fields", JV_KIND_ARRAY);
	struct buf text = { 0 };

	(void)tx;
	(void)now_ms;
	jv_array_foreach (fields, i, field) {
		buf_printf(&text, "%s%s", i ? ", " : "", jv_string_value(field));
		jv_free(field);
	}
	table_cell(t, !strcmp(what, "new") ? GREEN : !strcmp(what, "updated") ? YELLOW : DIM, what);
	table_cell(t, PLAIN, json_peek_string(change, "kind"));
	table_cell(t, BOLD, role ? role : json_peek_string(change, "title"));
	table_cell(t, DIM, text.p);
	jv_free(fields);
	buf_release(&text);
}

static void
check_options(char **files)
{
	if (!*files)
		opt_usage(&cmd, "want a file");
	if (crew && chat_check_name("crew", crew) < 0)
		opt_usage(&cmd, "--crew: %s", err_text());
	if (chat && !tasks)
		opt_usage(&cmd, "--chat: only with --tasks");
	if (dry_run && view.is_ids)
		opt_usage(&cmd, "--ids: not with --dry-run");
}

int
main(int argc, char *argv[])
{
	static const struct view_form form = { columns, change_row, NULL };
	char **files = opt_parse(&cmd, argv);
	struct import i = { .status = 0 };
	struct stat st;

	(void)argc;
	check_options(files);
	if (view_open(&view, &form, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(i.s = store_open()) ||
	    (!dry_run && person_check(i.s, "add_refused", "adds no agent") < 0) ||
	    (chat && (ask_id(i.s, "chat", chat, i.chat) < 0 ||
			 may_ask(i.s, i.chat, id_user(NULL), MAY_ADD) < 0)))
		err_exit();
	for (; *files; files++)
		if (stat(*files, &st) == 0 && S_ISDIR(st.st_mode))
			import_folder(&i, *files);
		else
			import_file(&i, *files);
	store_close(i.s);
	return view_close(&view) < 0 ? err_print() : i.status;
}
