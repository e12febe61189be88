/*
 * chats-view.js - the list of chats: which is looked at, where something new was said, and where
 * something runs
 */
import { byId, make, setAttribute, setChildren, setText } from "./dom.js";
import { keepLong, ofUser, recallLong } from "./memory.js";
import { shownLine } from "./text.js";
import { dayName, shortTime } from "./time.js";

const KEEP_MS = 500;

/** What a chat is called. */
export function chatTitle(chat) {
	const at = chat?.created_at;

	return shownLine(chat?.title, 120) || (at ? `Untitled, ${dayName(at)}` : "Untitled");
}

export class ChatsView {
	#list = byId("chat-list");
	#rows = new Map();
	#kept = ""; /* the name under which what was seen is kept; it is a user's */
	#seen = null;
	chats = [];
	current = null;
	isKnown = false;
	#timer = 0;

	/** Who looks: what others have seen does not count. */
	meet(user) {
		const kept = ofUser("seen", user);

		if (kept === this.#kept)
			return;
		clearTimeout(this.#timer);
		this.#timer = 0;
		this.#kept = kept;
		this.#seen = recallLong(kept);
	}

	/** @param {any[]} chats the newest first, each with last_seq */
	show(chats) {
		if (!this.#seen) { /* the first time: what there is is not new */
			this.#seen = Object.fromEntries(chats.map(({ id, last_seq: last }) => [id, last]));
			keepLong(this.#kept, this.#seen);
		}
		this.chats = chats;
		this.isKnown = true;
		this.tell();
	}

	/** All up to there was looked at.  It is kept a little later, since many may come at once. */
	see(id, seq) {
		if (!this.#seen || !((this.#seen[id] ?? 0) < seq))
			return;
		this.#seen[id] = seq;
		this.#timer ||= window.setTimeout(() => {
			this.#timer = 0;
			this.#seen = withLater(this.#seen, recallLong(this.#kept) ?? {}); /* other tabs see */
			keepLong(this.#kept, this.#seen);
		}, KEEP_MS);
	}

	tell() {
		const rows = this.chats.map((chat) => this.#row(chat));

		setChildren(this.#list, rows);
		for (const id of this.#rows.keys())
			if (!this.chats.some((chat) => chat.id === id))
				this.#rows.delete(id);
	}

	/** How many chats have something new. */
	get unseen() {
		return this.chats.filter((chat) => this.#isUnseen(chat)).length;
	}

	#isUnseen({ id, last_seq: last }) {
		return id !== this.current && last > (this.#seen?.[id] ?? 0);
	}

	#row(chat) {
		const { id, running = 0, asking = 0 } = chat;
		let row = this.#rows.get(id);

		if (!row) {
			row = make("li", {}, make("a", { href: `#chat=${id}`, "data-chat": id },
				make("span", { class: "name" }), make("span", { class: "marks" }),
				make("time", {})));
			this.#rows.set(id, row);
		}
		const link = row.firstElementChild, [name, marks, time] = link.children;

		setText(name, chatTitle(chat));
		setAttribute(name, "title", chatTitle(chat));
		if (chat.created_at) {
			setAttribute(time, "datetime", chat.created_at);
			setText(time, shortTime(chat.created_at));
		}
		setAttribute(link, "aria-current", id === this.current ? "page" : null);
		link.classList.toggle("is-unseen", this.#isUnseen(chat));
		tellMarks(marks, { asking, running, unseen: this.#isUnseen(chat) });
		return row;
	}
}

/* Of each chat what was seen last, here or there. */
function withLater(here, there) {
	const later = { ...there };

	for (const [id, seq] of Object.entries(here))
		later[id] = Math.max(seq, there[id] ?? 0);
	return later;
}

function tellMarks(marks, { asking, running, unseen }) {
	const key = `${asking} ${running} ${unseen}`;

	if (marks.dataset.key === key)
		return;
	marks.dataset.key = key;
	const sign = (kind, name, text = "") =>
		make("span", { class: kind, role: "img", "aria-label": name }, text);

	marks.replaceChildren(...[
		asking && sign("asking", "asks you", "\u270b"),
		running && sign("spin", `${running} running`),
		unseen && sign("dot", "new"),
	].filter(Boolean));
}
