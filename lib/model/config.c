#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dir.h"
#include "err.h"
#include "json.h"
#include "key.h"

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static void
check_kind(struct config *c, const char *path, const char *name, jv_kind kind)
{
	jv v = json_get(c->file, name, kind);

	if (!jv_is_valid(v) && json_has(c->file, name) && !c->fault)
		c->fault = xprintf("%s: %s: want %s", path, name,
		    kind == JV_KIND_STRING ? "a string" : "an object");
	jv_free(v);
}

static void
read_config(struct config *c, const char *path)
{
	struct buf text = { 0 };

	if (key_read_file(path, &text) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			c->fault = xstrdup(err_text());
	} else {
		jv_free(c->file);
		c->file = json_parse_object(text.p, text.len);
		if (!jv_is_valid(c->file))
			c->fault = xprintf("%s: %s", path, err_text());
		check_kind(c, path, "model", JV_KIND_STRING);
		check_kind(c, path, "provider", JV_KIND_STRING);
		check_kind(c, path, "models", JV_KIND_OBJECT);
		check_kind(c, path, "providers", JV_KIND_OBJECT);
		check_kind(c, path, "aws", JV_KIND_OBJECT);
	}
	buf_release(&text);
}

void
config_open(struct config *c)
{
	char *path;

	*c = (struct config){ .file = jv_object(), .folder = dir_config_path() };
	path = c->folder ? xprintf("%s/config.json", c->folder) : NULL;
	if (path)
		read_config(c, path);
	free(path);
}

void
config_close(struct config *c)
{
	jv_free(c->file);
	free(c->folder);
	free(c->fault);
}

const char *
config_model(const struct config *c)
{
	const char *model = variable("LEGWORK_MODEL");

	if (!model)
		model = json_peek_string(c->file, "model");
	return model && *model ? model : NULL;
}

bool
config_has_model(const struct config *c)
{
	return config_model(c) || c->fault;
}

/* The provider's entry in the file, owned; invalid: it has none. */
static jv
entry_of(const struct config *c, const char *name)
{
	jv all = json_get(c->file, "providers", JV_KIND_OBJECT);
	jv entry = json_get(all, name, JV_KIND_OBJECT);

	jv_free(all);
	return entry;
}

/* Whether models may be written as NAME/MODEL. */
static bool
is_configured(const struct config *c, const char *name)
{
	jv entry = entry_of(c, name);
	bool is_there = jv_is_valid(entry);

	jv_free(entry);
	if (is_there || !provider_is_known(name))
		return is_there;
	return provider_is_told(name) || !provider_needs_key(name);
}

/* "PROVIDER/MODEL" or "PROVIDER" taken apart; a model that is not said keeps its name. */
static void
take_apart(const char *where, const char *model, char **provider, char **name)
{
	const char *slash = strchr(where, '/');

	*provider = slash ? xprintf("%.*s", (int)(slash - where), where) : xstrdup(where);
	*name = xstrdup(slash && slash[1] ? slash + 1 : model);
}

/* What the file says of the model by its name; false: nothing. */
static bool
look_up_model(const struct config *c, const char *model, char **provider, char **name)
{
	jv models = json_get(c->file, "models", JV_KIND_OBJECT);
	const char *where = json_peek_string(models, model);

	if (where)
		take_apart(where, model, provider, name);
	jv_free(models);
	return where != NULL;
}

/* "PROVIDER/MODEL", where there is such a provider; else false. */
static bool
split_model(const struct config *c, const char *model, char **provider, char **name)
{
	const char *slash = strchr(model, '/');

	if (!slash || slash == model)
		return false;
	take_apart(model, model, provider, name);
	if (is_configured(c, *provider))
		return true;
	free(*provider);
	free(*name);
	return false;
}

static const char *
first_told(void)
{
	static const char *const order[] = { "openai", "ollama", "openrouter" };

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (provider_is_told(order[i]))
			return order[i];
	return "openai";
}

/* Where the model's name is, and what it is called there. */
static void
place_model(const struct config *c, const char *model, char **provider, char **name)
{
	const char *usual = variable("LEGWORK_PROVIDER");

	if (look_up_model(c, model, provider, name) || split_model(c, model, provider, name))
		return;
	if (!usual)
		usual = json_peek_string(c->file, "provider");
	if (!usual)
		usual = !strncmp(model, "claude", 6) ? "anthropic" : first_told();
	*provider = xstrdup(usual);
	*name = xstrdup(model);
}

/* A provider that is named counts; the model's name loses it where it begins with it. */
static void
choose_names(const struct config *c, const char *provider, const char *model, char **chosen,
    char **name)
{
	size_t len = provider ? strlen(provider) : 0;

	if (!provider) {
		place_model(c, model, chosen, name);
		return;
	}
	*chosen = xstrdup(provider);
	if (!strncmp(model, provider, len) && model[len] == '/' && model[len + 1])
		*name = xstrdup(model + len + 1);
	else
		*name = xstrdup(model);
}

int
config_choose(const struct config *c, const char *provider, const char *model, bool is_offline,
    struct provider *to, char **name)
{
	char *chosen;
	jv entry;
	int result;

	if (c->fault)
		return err_set(EX_CONFIG, "%s", c->fault);
	if (!model)
		model = variable("LEGWORK_MODEL");
	if (!model)
		model = json_peek_string(c->file, "model");
	if (!model || !*model)
		return err_set(EX_CONFIG,
		    "no model is named: set LEGWORK_MODEL, and OPENAI_API_KEY, "
		    "ANTHROPIC_API_KEY, OPENROUTER_API_KEY or OLLAMA_HOST");
	choose_names(c, provider, model, &chosen, name);
	entry = entry_of(c, chosen);
	result = provider_fill(to, chosen, entry, c->folder, is_offline);
	if (result < 0)
		free(*name);
	jv_free(entry);
	free(chosen);
	return result;
}
