/*
 * secrets.h - what this process knows and nobody may read in a log
 *
 * - the keys and headers of the models' servers, as llm-chat(1) would use them (provider.h,
 *   config.h);
 * - what the variables of the environment hold whose names, in any case, are those of secrets: they
 *   end in TOKEN, SECRET, APIKEY or AUTHORIZATION, in the words KEY, PASS or PAT, or have PASSWORD,
 *   PASSWD or PASSPHRASE in them;
 * - the passwords in the URLs that any variable holds, as they are written and as they are;
 * - of MCP servers (server.h) the same of their variables and arguments, and what is in headers;
 * - the secret keys and session tokens in the AWS CLI's credentials file.
 */
#ifndef SECRETS_H
#define SECRETS_H

#include "mask.h"

/* secrets_gather - add all of them; the servers are those of mcp.json.  What cannot be read holds
 * none that could be used. */
void secrets_gather(struct mask *m);

/* secrets_of_agent - add those of the servers that an agent (borrowed) names besides. */
void secrets_of_agent(struct mask *m, jv agent);

#endif
