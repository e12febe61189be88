#include "listing.h"
#include "chat.h"
#include "domain.h"
#include "event.h"

/* A chat of ann's with so many events of that many bytes each; its id. */
static void
make_chat(char id[ID_TEXT], const char *title, int events, size_t bytes)
{
	struct tx *tx = domain_begin();
	jv chat = chat_add(tx, title, "ann", jv_array()), stored;
	char *text = xmalloc(bytes + 1);

	snprintf(id, ID_TEXT, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	memset(text, 'x', bytes);
	text[bytes] = '\0';
	for (int i = 0; i < events; i++) {
		event_post(tx,
		    event_new("message", json_set_string(jv_object(), "text", text), "ann", id),
		    &stored);
		jv_free(stored);
	}
	free(text);
	domain_commit(tx);
}

/* The seqs of what is told of a chat's events. */
static void
events_are(const char *id, uint64_t before, int64_t limit, const char *want, const char *fact)
{
	struct tx *tx = store_read(domain);
	jv events = listing_events(tx, id, before, limit);
	struct buf seqs = { 0 };

	if (store_end(tx) < 0)
		abort();
	jv_array_foreach (events, i, event) {
		buf_printf(&seqs, "%s%lld", i ? " " : "",
		    (long long)json_peek_int(event, "seq", 0));
		jv_free(event);
	}
	is(seqs.p ? seqs.p : "", want, fact);
	buf_release(&seqs);
	jv_free(events);
}

static void
test_events(void)
{
	char id[ID_TEXT];

	make_chat(id, NULL, 5, 1);
	events_are(id, 5, 2, "3 4", "those that stand right before, in their order");
	events_are(id, 3, 9, "1 2", "down to the first");
	events_are(id, 1, 9, "", "before which there is none");
	events_are(id, 0, 9, "", "nor before 0");
	events_are(id, 99, 2, "4 5", "where there is none yet, the last ones");
	make_chat(id, NULL, 0, 1);
	events_are(id, 99, 2, "", "an empty chat has none");
	make_chat(id, NULL, 4, 600000);
	events_are(id, 5, 9, "3 4", "large ones come some at a time");
	make_chat(id, NULL, 2, 3000000);
	events_are(id, 3, 9, "2", "... and very large ones one by one");
}

/* The titles of what a user is told of the chats. */
static void
chats_are(const char *user, int64_t limit, const char *want, const char *fact)
{
	jv chats = listing_chats(domain, user, limit);
	struct buf titles = { 0 };

	jv_array_foreach (chats, i, chat) {
		const char *title = json_peek_string(chat, "title");

		buf_puts(&titles, title ? title : "-");
		jv_free(chat);
	}
	is(titles.p, want, fact);
	buf_release(&titles);
	jv_free(chats);
}

static void
test_chats(void)
{
	char id[ID_TEXT];
	struct tx *tx;

	make_chat(id, "A", 0, 1);
	make_chat(id, "B", 0, 1);
	tx = domain_begin();
	jv_free(chat_set_policy(tx, id, record("{'may':{'read':'owner'}}")));
	domain_commit(tx);
	make_chat(id, "C", 0, 1);
	chats_are("ann", 3, "CBA", "the newest chats first");
	chats_are("bob", 2, "CA", "those that the user may not read do not count");
}

int
main(void)
{
	domain_open("listing", 1);
	setenv("LEGWORK_NOW", "2026-11-20T12:00:00.000Z", 1);
	test_events();
	test_chats();
	domain_close();
	return done_testing();
}
