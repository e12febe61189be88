/*
 * asking.js - what is asked for: lists, earlier events, and what a person wants done
 */
import { byId, setAttribute } from "./dom.js";
import { notice } from "./notices.js";
import { allLive, withOlder } from "./room.js";

/* How many tasks, chats and events are asked for, and how many tasks that are not over at a time,
 * where there are more than that; and how often lists are: at most, and when nothing has told of a
 * change. */
const TASKS = 200, LIVE = 1000, CHATS = 200, EARLIER = 300, STRANGERS = 20;
const SELDOM_MS = 1000, SOON_MS = 150, ANYHOW_MS = 12000;

/** What calls `work` soon, and again not before SELDOM_MS are over. */
function seldom(work) {
	let timer = 0, last = 0;

	return () => {
		timer ||= window.setTimeout(() => {
			timer = 0;
			last = Date.now();
			work();
		}, Math.max(SOON_MS, last + SELDOM_MS - Date.now()));
	};
}

export class Asking {
	#app;

	/** @param {import("./app.js").App} app */
	constructor(app) {
		this.#app = app;
		this.chats = seldom(() => this.#try(() => this.#chats()));
		this.tasks = seldom(() => this.#try(() => this.#tasks()));
		document.addEventListener("visibilitychange", () => this.#refresh());
		setInterval(() => this.#refresh(), ANYHOW_MS);
	}

	/** Something that a person wants; what comes of it is told by events and lists. */
	async act(request) {
		try {
			await this.#app.ask(request);
		} catch (refusal) {
			notice(`Not done: ${refusal.isOffline ? "there is no connection" : refusal.message}`);
		}
		this.tasks();
	}

	/** The events before those that are there. */
	earlier() {
		return this.#try(() => this.#earlier());
	}

	/* What is only looked at is asked for again after the next connection. */
	async #try(work) {
		try {
			await work();
		} catch (refusal) {
			if (refusal.isOffline === undefined)
				throw refusal;
			if (!refusal.isOffline)
				notice(refusal.message);
		}
	}

	#refresh() {
		if (document.visibilityState !== "visible")
			return;
		this.chats();
		this.tasks();
		this.#app.rooms.see();
	}

	async #chats() {
		const { chats } = await this.#app.ask({ type: "list_chats", limit: CHATS });

		this.#app.chats.show(chats);
		this.#app.rooms.choose(chats);
	}

	async #tasks() {
		const { room } = this.#app.rooms;

		if (!room?.isReady)
			return;
		const tasks = await this.#newest(room.id), { marks } = room;

		if (room !== this.#app.rooms.room)
			return;
		for (const id of room.list(tasks))
			this.#app.log.touch(id);
		this.#app.tellTasks();
		if (marks !== room.marks)
			this.chats();
		await this.#strangers(room);
		await this.#app.cards.refresh();
	}

	/* The newest tasks of a chat, and older ones that run or wait, the newest first. */
	async #newest(chatId) {
		const ask = (more) => this.#app.ask({ type: "tasks", chat_id: chatId, ...more });
		const { tasks, more } = await ask({ limit: TASKS });

		return more ? withOlder(tasks, await allLive(ask, LIVE)) : tasks;
	}

	/* Tasks that have spoken here, and are not listed. */
	async #strangers(room) {
		for (const id of room.strangers(STRANGERS)) {
			try {
				room.learn((await this.#app.ask({ type: "task", task_id: id })).task);
			} catch (refusal) {
				if (refusal.isOffline !== false)
					throw refusal; /* else it was deleted: what it said is all there is */
			}
			if (room === this.#app.rooms.room)
				this.#app.log.touch(id);
		}
	}

	async #earlier() {
		const { room } = this.#app.rooms, before = room?.firstSeq, button = byId("earlier");

		if (!room?.hasEarlier || button.ariaDisabled)
			return;
		setAttribute(button, "aria-disabled", "true"); /* it keeps the focus */
		try {
			const { events } = await this.#app.ask({
				type: "events", chat_id: room.id, before, limit: EARLIER,
			});

			if (room !== this.#app.rooms.room || room.firstSeq !== before)
				return;
			this.#app.log.prepend(room.takeEarlier(events));
			this.#app.log.setEarlier(events.length > 0 && room.hasEarlier);
		} finally {
			setAttribute(button, "aria-disabled", null);
		}
		await this.#strangers(room);
	}
}
