/* task-add - add tasks: an instruction, or a spec per line */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cancel.h"
#include "deed.h"
#include "err.h"
#include "intake.h"
#include "lines.h"
#include "opt.h"
#include "progress.h"
#include "quiet.h"
#include "rows.h"
#include "scope.h"
#include "spec.h"
#include "task.h"
#include "terms.h"

/* The most specs that one transaction takes. */
enum { BATCH = 256 };

static const char *chat, *priority, *agent, *key, *schedule, *every, *file, *when_idle;
static long long every_s, when_idle_ms;
static struct terms terms = TERMS_NONE;
static jv limits, output, scope; /* as the options say */
static struct opt_list metadata, depends_on, accounts, regions;
static bool any_scope, allow_duplicates, lock;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 'c', "chat", "chat", "run it in this chat", .str = &chat },
	{ 'm', "metadata", "name=value", "a note for the agent; may be repeated",
	    .list = &metadata },
	{ 'd', "depends-on", "task", "wait for this task; may be repeated", .list = &depends_on },
	{ 'p', "priority", "priority", "high, medium or low (default: medium)", .str = &priority },
	{ 'a', "agent", "role", "who shall do it (default: whose skills fit)", .str = &agent },
	{ 0, "allow-duplicates", NULL, "also if the same task is waiting or running",
	    .set = &allow_duplicates },
	{ 0, "account", "id", "it may touch this account; may be repeated", .list = &accounts },
	{ 0, "region", "region", "it may touch this region; may be repeated", .list = &regions },
	{ 0, "any-scope", NULL, "accounts and regions are of another kind than those of AWS",
	    .set = &any_scope },
	TERMS_LIMITS(terms), TERMS_OUTPUT(terms),
	{ 'k', "key", "key", "idempotency key: a task that was added with it is not added again",
	    .str = &key },
	{ 0, "schedule", "name", "it is one of the tasks of this schedule, which share a chat",
	    .str = &schedule },
	{ 0, "every", "time", "one task of the schedule in each stretch of this length",
	    .str = &every },
	{ 0, "file", "path", "read the instruction from this file", .str = &file },
	{ 0, "when-idle", "time",
	    "wait until nobody has spoken in its chat for so long; none: never",
	    .str = &when_idle },
	{ 0, "lock", NULL, "nobody may speak in its chat while it runs", .set = &lock },
	VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "task-add", "add tasks: an instruction, or a spec per line",
	"[INSTRUCTION ...]", opts, 0 };

/* A spec on its way, and what became of it. */
struct item {
	jv spec, task;
	unsigned long line; /* 0: from the command line */
	int result, code;
	char *why;
};

struct add {
	struct store *s;
	struct item item[BATCH];
	size_t items;
	jv running; /* those that they cancel, for cancel_start */
	int status;
	struct progress progress;
};

static void
forget(struct item *item)
{
	jv_free(item->task);
	free(item->why);
	item->task = jv_invalid();
	item->why = NULL;
}

static void
add_one(struct tx *tx, struct item *item, jv *running)
{
	forget(item);
	item->result = intake_take(tx, jv_copy(item->spec), allow_duplicates, &item->task, running);
	if (item->result < 0) {
		item->code = err_code();
		item->why = xstrdup(err_text());
	}
}

static void
report(struct add *a)
{
	if (isatty(STDOUT_FILENO))
		progress_clear(&a->progress);
	for (size_t i = 0; i < a->items; i++) {
		struct item *item = &a->item[i];

		if (item->result < 0)
			progress_clear(&a->progress);
		if (jv_is_valid(item->task)) {
			view_add(&view, NULL, jv_copy(item->task));
		} else if (item->result < 0 && item->line) {
			err_warn("stdin:%lu: %s", item->line, item->why);
			if (item->code != EX_TEMPFAIL)
				a->status = EX_DATAERR;
			else if (!a->status)
				a->status = EX_TEMPFAIL;
		} else if (item->result < 0) {
			err_warn("%s", item->why);
			a->status = item->code;
		}
		forget(item);
		jv_free(item->spec);
	}
	a->items = 0;
	if (view_flush(&view) < 0)
		err_exit();
}

static int
add_all(void *arg, struct tx *tx)
{
	struct add *a = arg;

	jv_free(a->running);
	a->running = jv_array();
	for (size_t i = 0; i < a->items; i++)
		add_one(tx, &a->item[i], &a->running);
	return 0;
}

static void
add_batch(struct add *a)
{
	if (a->items == 0)
		return;
	a->running = jv_invalid();
	if (deed_change(a->s, add_all, a) < 0)
		err_exit();
	if (cancel_start(a->running) < 0)
		err_print();
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* earlier ones */
	report(a);
}

static jv
set_default(jv spec, const char *field, const char *value)
{
	return value && !json_has(spec, field) ? json_set_string(spec, field, value) : spec;
}

static jv
given_metadata(void)
{
	jv object = spec_metadata(&metadata);

	if (!jv_is_valid(object))
		opt_usage(&cmd, "--metadata: %s", err_text());
	return object;
}

/* Members of `given` that the spec's own object of that name lacks. */
static jv
merge_default(jv spec, const char *field, jv given)
{
	jv own = json_get(spec, field, JV_KIND_OBJECT);

	if (jv_object_length(jv_copy(given)) == 0 || (json_has(spec, field) && !jv_is_valid(own))) {
		jv_free(given);
		jv_free(own);
		return spec;
	}
	if (jv_is_valid(own))
		given = jv_object_merge(given, own);
	return json_set(spec, field, given);
}

/* What the options say holds for every spec that does not say otherwise. */
static jv
with_options(jv spec)
{
	jv deps = jv_array();

	if (json_has(spec, "skip") || json_has(spec, "command"))
		return (jv_free(deps), spec);
	if (id_is_agent()) /* it adds in no other's name */
		spec = json_set_string(spec, "created_by", id_user(NULL));
	for (size_t i = 0; i < depends_on.len; i++)
		deps = jv_array_append(deps, jv_string(depends_on.item[i]));
	if (depends_on.len > 0 && !json_has(spec, "depends_on"))
		spec = json_set(spec, "depends_on", jv_copy(deps));
	jv_free(deps);
	spec = set_default(spec, "chat_id", chat);
	spec = set_default(spec, "priority", priority);
	spec = set_default(spec, "agent", agent);
	spec = set_default(spec, "key", key);
	spec = set_default(spec, "schedule", schedule);
	if (every && !json_has(spec, "every_s"))
		spec = json_set_int(spec, "every_s", every_s);
	if (when_idle && !json_has(spec, "when_idle_s"))
		spec = json_set(spec, "when_idle_s", jv_number((double)when_idle_ms / 1000));
	if (lock && !json_has(spec, "lock"))
		spec = json_set(spec, "lock", jv_true());
	spec = merge_default(spec, "metadata", given_metadata());
	spec = merge_default(spec, "limits", jv_copy(limits));
	spec = merge_default(spec, "scope", jv_copy(scope));
	return merge_default(spec, "output", jv_copy(output));
}

static void
collect(struct add *a, jv spec, unsigned long line)
{
	a->item[a->items++] =
	    (struct item){ .spec = with_options(spec), .task = jv_invalid(), .line = line };
	if (a->items == BATCH)
		add_batch(a);
}

/* Adds the task whose instruction is that text. */
static void
add_text(struct add *a, struct buf *text)
{
	collect(a,
	    json_set(jv_object(), "instruction", json_utf8(text->p ? text->p : "", text->len)), 0);
	buf_release(text);
}

static void
add_file(struct add *a, int fd, const char *name)
{
	struct buf text = { 0 };

	if (fd < 0)
		err_set(EX_NOINPUT, "%s: %s", name, strerror(errno));
	if (fd < 0 || lines_read_text(fd, name, &text) < 0)
		err_exit();
	if (fd != STDIN_FILENO)
		close(fd);
	add_text(a, &text);
}

static void
add_operands(struct add *a, char **words)
{
	struct buf text = { 0 };

	for (; *words; words++) {
		buf_puts(&text, *words);
		if (words[1])
			buf_putc(&text, ' ');
	}
	add_text(a, &text);
}

static void
add_lines(struct add *a)
{
	enum lines_result rc;
	struct lines in;
	jv spec;

	if (isatty(STDIN_FILENO))
		err_warn("a spec on each line, until ^D; %s INSTRUCTION adds one task", cmd.name);
	lines_init(&in, STDIN_FILENO, STDOUT_FILENO, "stdin");
	do {
		if (a->items > 0 && !lines_is_ready(&in))
			add_batch(a);
		progress_read(&a->progress, STDIN_FILENO, in.number);
		rc = lines_next_object(&in, &spec);
		if (rc == LINES_OK)
			collect(a, spec, in.number);
		else if (rc == LINES_BAD)
			progress_clear(&a->progress), a->status = (err_print(), EX_DATAERR);
	} while (rc == LINES_OK || rc == LINES_BAD);
	add_batch(a);
	progress_clear(&a->progress);
	if (rc == LINES_FAIL || lines_check_end(&in) < 0)
		err_exit();
	lines_release(&in);
}

static void
read_terms(void)
{
	limits = terms_limits(&terms);
	output = jv_is_valid(limits) ? terms_output(&terms) : jv_invalid();
	if (jv_is_valid(output))
		return;
	if (err_code() == EX_USAGE)
		opt_usage(&cmd, "%s", err_text());
	err_exit();
}

static void
read_schedule(char **operands)
{
	long long ms = every ? opt_duration_ms(every) : 0;

	if (file && operands[0])
		opt_usage(&cmd, "want an instruction or --file, not both");
	if (every && !schedule)
		opt_usage(&cmd, "--every: wants --schedule, too");
	if (every && (ms < 1000 || ms % 1000 != 0 || ms / 1000 > SPEC_EVERY_S_MAX))
		opt_usage(&cmd, "--every: want whole seconds, at most a year, got '%s'", every);
	every_s = ms / 1000;
}

static jv
with_list(jv object, enum scope_kind kind, const struct opt_list *given)
{
	jv list = jv_array();

	for (size_t i = 0; i < given->len; i++)
		list = jv_array_append(list, json_utf8(given->item[i], strlen(given->item[i])));
	if (given->len == 0)
		return (jv_free(list), object);
	list = scope_list(list);
	if (!jv_is_valid(list))
		opt_usage(&cmd, "--%s: is empty", scope_name(kind));
	return json_set(object, scope_member(kind), list);
}

static void
read_scope(void)
{
	scope = with_list(jv_object(), SCOPE_ACCOUNT, &accounts);
	scope = with_list(scope, SCOPE_REGION, &regions);
	if (scope_check(scope, any_scope) < 0)
		err_exit();
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	struct add a = { .items = 0 };

	(void)argc;
	if (priority && task_check_priority(priority) < 0)
		opt_usage(&cmd, "--priority: %s", err_text());
	if (when_idle && (when_idle_ms = quiet_read(when_idle)) < 0)
		opt_usage(&cmd, "--when-idle: %s", err_text());
	jv_free(given_metadata());
	read_schedule(operands);
	read_terms();
	read_scope();
	if (view_open(&view, &rows_task, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(a.s = store_open()))
		err_exit();
	progress_begin(&a.progress, "adding tasks");
	if (file && strcmp(file, "-") != 0)
		add_file(&a, open(file, O_RDONLY | O_CLOEXEC), file);
	else if (file || (operands[0] && !strcmp(operands[0], "-") && !operands[1]))
		add_file(&a, STDIN_FILENO, "stdin");
	else if (operands[0])
		add_operands(&a, operands);
	else
		add_lines(&a);
	add_batch(&a);
	store_close(a.s);
	jv_free(limits);
	jv_free(output);
	jv_free(scope);
	return view_close(&view) < 0 ? err_print() : a.status;
}
