/*
 * rooms.js - which chat is looked at: the one that the address says, as #chat=ID; or a new one,
 * #new, that is made when the first thing is said in it
 */
import { chatTitle } from "./chats-view.js";
import { byId, setAttribute, setText } from "./dom.js";
import { closeDrawer } from "./layout.js";
import { notice } from "./notices.js";
import { Room } from "./room.js";

/* How many events are asked for at first; and when again, where that was refused. */
const PAST = 300, AGAIN_MS = 5000;

/* With these codes a chat is not there, or not for us; others pass. */
export const IS_LOST = [66, 77];

export class Rooms {
	/** @type {Room|null} */
	room = null;
	isNew = false;
	newId = ""; /* what the new one will have: however often it is begun, it is one chat */
	entering = 0; /* how many were asked for that are not there yet */
	#app;
	#trouble = ""; /* why there is none */
	#again = 0; /* the timer until it is asked for again */

	/** @param {import("./app.js").App} app */
	constructor(app) {
		this.#app = app;
		byId("new-chat").addEventListener("click", () => {
			location.hash = "#new";
			this.route();
			app.composer.focus();
		});
		addEventListener("hashchange", () => this.route());
	}

	route() {
		const said = new URLSearchParams(location.hash.slice(1)), id = said.get("chat");

		if (location.hash && !said.has("new") && !id)
			return; /* a place on the page */
		if (said.has("new") ? !this.isNew : id !== (this.room?.id ?? null) || this.isNew)
			this.#leave(id, said.has("new"));
		closeDrawer();
	}

	/** Of a chat that was left, and entered again, only what comes the last time is for us. */
	isHere(chatId) {
		return this.room?.id === chatId && this.entering <= 1;
	}

	/** There is a connection (again). */
	begin() {
		this.entering = 0;
		if (this.room)
			this.#enter();
	}

	/** Where no chat is named it is the newest. */
	choose(chats) {
		if (!this.room && !this.isNew && !this.#trouble && chats.length)
			location.replace(`#chat=${chats[0].id}`);
		this.tell();
	}

	/** The chat was deleted, or is not for us. */
	lose(why) {
		history.replaceState(null, "", location.pathname);
		this.#leave(null, false, `This chat cannot be shown: ${why}`);
		this.#app.asking.chats();
	}

	/** All that is here is seen by now. */
	see() {
		if (this.room?.isReady && document.visibilityState === "visible")
			this.#app.chats.see(this.room.id, this.room.lastSeq);
	}

	#leave(id, isNew, trouble = "") {
		const app = this.#app;

		this.#trouble = trouble;
		this.isNew = isNew;
		this.newId = isNew ? crypto.randomUUID() : "";
		this.room = id ? new Room(id, app.user) : null;
		app.cards.close();
		app.log.chat = this.room;
		app.log.clear();
		app.tellTasks();
		app.chats.current = id;
		app.chats.tell();
		app.composer.go(isNew ? "new" : id ?? "");
		app.letters.show(id);
		this.tell();
		if (id)
			this.#enter();
	}

	async #enter() {
		const { room } = this;
		/* also where the connection broke while the past was coming: what is there has no gaps */
		const from = room.lastSeq ? { since: room.lastSeq } : { last: PAST };

		clearTimeout(this.#again);
		this.entering++;
		try {
			const data = await this.#app.ask({ type: "switch_chat", chat_id: room.id, ...from });

			if (room === this.room)
				this.#entered(data);
		} catch (refusal) {
			if (refusal.isOffline === undefined)
				throw refusal;
			if (room === this.room)
				this.#missed(refusal);
		} finally {
			this.entering = Math.max(0, this.entering - 1);
		}
	}

	/* Without a connection it is entered with the next. */
	#missed({ code, message, isOffline }) {
		if (IS_LOST.includes(code))
			this.lose(message);
		else if (!isOffline) {
			const { room } = this;

			notice(`This chat cannot be shown yet: ${message}`);
			this.#again = setTimeout(() => room === this.room && this.#enter(), AGAIN_MS);
		}
	}

	#entered({ chat, may }) {
		const past = this.room.ready();

		this.room.record = chat ?? null;
		this.room.may = may ?? {};
		if (past.items.length)
			this.#app.log.prepend(past);
		this.#app.log.setEarlier(this.room.hasEarlier);
		this.see();
		this.tell();
		this.#app.asking.tasks();
		this.#app.asking.chats();
	}

	/** What it is called, and what is said where nothing was said yet. */
	tell() {
		const { room, isNew } = this, blank = byId("blank"), { unseen } = this.#app.chats;
		const known = this.#app.chats.chats.find(({ id }) => id === room?.id);
		const title = isNew ? "New chat" : room ? chatTitle(room.record ?? known) : "legwork";

		setText(byId("chat-title"), title);
		setAttribute(byId("chat-title"), "title", title);
		document.title = [unseen > 0 && `(${unseen})`, (room || isNew) && `${title} -`, "legwork"]
			.filter(Boolean).join(" ");
		blank.hidden = Boolean(room && (!room.isReady || room.lastSeq));
		blank.classList.toggle("wrong", Boolean(this.#trouble));
		setText(blank, this.#trouble || this.#invitation());
		this.#app.composer.setMay(isNew ? {} : room ? room.may : { post: false, add: false });
	}

	#invitation() {
		if (this.isNew)
			return "A new chat begins with what you say first.";
		if (this.room)
			return "Nothing was said here yet. Say what is to be done: agents take it from here.";
		return this.#app.chats.isKnown && !this.#app.chats.chats.length
			? "There are no chats yet. Begin one with New chat." : "One moment ...";
	}
}
