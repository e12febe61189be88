#include <assert.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "err.h"
#include "id.h"

enum { FULL_LENGTH = ID_TEXT - 1 };

/* libuuid opens /dev/urandom anew for each id, which is most of what an id costs: it is handed
 * bytes that the kernel gave for many at once, and does the rest. */
static void
random_bytes(uuid_t id)
{
	static unsigned char pool[32 * sizeof(uuid_t)];
	static size_t left;
	static pid_t
	    owner; /* a child that went on with its parent's pool would give the same ids */

	if (left == 0 || owner != getpid()) {
		if (getrandom(pool, sizeof pool, 0) != sizeof pool) {
			uuid_generate_random(id);
			return;
		}
		left = sizeof pool;
		owner = getpid();
	}
	left -= sizeof(uuid_t);
	memcpy(id, pool + left, sizeof(uuid_t));
}

const char *
id_new(char out[ID_TEXT])
{
	uuid_t id = { 0 };

	random_bytes(id);
	id[6] = (id[6] & 0x0f) | 0x40; /* version 4, variant 10: RFC 4122, 4.4 */
	id[8] = (id[8] & 0x3f) | 0x80;
	uuid_unparse_lower(id, out);
	return out;
}

const char *
id_derive(const char *of, const char *name, char out[ID_TEXT])
{
	uuid_t space, id;
	int failed = uuid_parse(of, space);

	assert(!failed);
	(void)failed;
	uuid_generate_sha1(id, space, name, strlen(name));
	uuid_unparse_lower(id, out);
	return out;
}

/* How many characters of s a UUID may begin with. */
static size_t
matching(const char *s)
{
	size_t i;

	for (i = 0; i < FULL_LENGTH && s[i]; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (!strchr(is_dash ? "-" : "0123456789abcdef", s[i]))
			break;
	}
	return i;
}

bool
id_is_full(const char *s)
{
	size_t len = matching(s);

	return len == FULL_LENGTH && !s[len];
}

bool
id_is_derived(const char *s)
{
	enum { VERSION_AT = 14 };

	return id_is_full(s) && s[VERSION_AT] == '5';
}

bool
id_is_prefix(const char *s)
{
	size_t len = matching(s);

	return len >= ID_PREFIX_MIN && !s[len];
}

const char *
id_user(const char *user)
{
	static char login[101]; /* asked for once: each time would be a read of /etc/passwd */
	const char *env = getenv("LEGWORK_USER"), *name = getenv("LOGNAME");
	struct passwd *pw;

	if (user)
		return user;
	if (env && *env)
		return env;
	if (name && *name)
		return name;
	if (!*login) {
		pw = getpwuid(geteuid());
		strncpy(login, pw ? pw->pw_name : "nobody", sizeof login - 1);
	}
	return login;
}

bool
id_is_agent(void)
{
	const char *task = getenv("LEGWORK_TASK_ID");

	return task && *task;
}

int
id_check_person(const char *what)
{
	return id_is_agent() ? err_set(EX_NOPERM, "LEGWORK_TASK_ID is set: an agent %s", what) : 0;
}
