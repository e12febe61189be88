/*
 * config.h - which model is asked, and at which provider
 *
 * A provider that is asked for by name is taken as it is asked for.  Otherwise the model's name
 * decides: "models" in the file, PROVIDER/ at its beginning; then LEGWORK_PROVIDER, the file's
 * "provider", "claude" at its beginning, and the first provider that the environment speaks of.
 * The file is described in legwork-config.5.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <jv.h>
#include <stdbool.h>

#include "provider.h"

struct config {
	jv file;      /* an object */
	char *folder; /* where the file is, or would be; NULL: nowhere */
	char *fault;  /* what is wrong with it; NULL: nothing */
};

/* config_open - read $XDG_CONFIG_HOME/legwork/config.json, else ~/.config/legwork/config.json.
 * What is wrong with it, config_choose says. */
void config_open(struct config *c);
void config_close(struct config *c);

/* config_has_model - whether a model is named where a request names none, or the file is broken. */
bool config_has_model(const struct config *c);

/* config_model - the model that is asked where a request names none, borrowed; NULL: there is
 * none. */
const char *config_model(const struct config *c);

/*
 * config_choose - where a request goes
 *
 * provider, model  as asked for; NULL: not
 * is_offline       nothing will be sent, so no key is needed
 * to               filled, for provider_release
 * name             set to what the model is called there; the caller frees it
 *
 * Returns 0, or -1 with err EX_CONFIG: what is missing, and what to set.
 */
int config_choose(const struct config *c, const char *provider, const char *model, bool is_offline,
    struct provider *to, char **name);

#endif
