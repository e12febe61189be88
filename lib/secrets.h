/*
 * secrets.h - what this process knows and nobody may read in a log
 *
 * - the keys and headers of the models' servers, as llm-chat(1) would use them (provider.h,
 *   config.h);
 * - what the variables of the environment hold whose names end in _KEY, _TOKEN or _SECRET or have
 *   PASSWORD in them;
 * - the secret keys and session tokens in the AWS CLI's credentials file.
 */
#ifndef SECRETS_H
#define SECRETS_H

#include "mask.h"

/* secrets_gather - add all of them.  What cannot be read holds none that could be used. */
void secrets_gather(struct mask *m);

#endif
