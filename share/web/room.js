/*
 * room.js - what is known of the chat that is looked at: its events, texts that are being said, and
 * its tasks
 *
 * Each event is taken once: what is not behind the last one is known already; but where the session
 * was in the chat before, something new may come before its past does.  Pure.
 */
import { Fold, hasEnded } from "./fold.js";
import { stateOf } from "./forest.js";
import { Growing } from "./growing.js";

/**
 * All tasks that are not over: of both statuses at once, so that one that begins meanwhile is not
 * passed over.
 *
 * @param {(more: object) => Promise<any>} ask tasks, as the session's line does
 * @param {number} limit how many at a time
 * @returns {Promise<any[]>}
 */
export async function allLive(ask, limit) {
	const all = [];
	let from = {}, answer;

	do {
		answer = await ask({ status: ["in_progress", "pending"], limit, ...from });
		all.push(...answer.tasks);
		from = { cursor: answer.cursor };
	} while (answer.more);
	return all;
}

/**
 * @param {any[]} tasks the newest first
 * @param {any[]} others some of which are older; one may be there twice
 * @returns {any[]} those, with the others that are not among them, each once; the newest first
 */
export function withOlder(tasks, others) {
	const known = new Set(tasks.map(({ id }) => id));

	return [...tasks, ...others.filter(({ id }) => !known.has(id) && known.add(id))
		.sort((a, b) => (a.created_at < b.created_at ? 1 : -1))];
}

export class Room {
	fold = new Fold();
	growing = new Growing();
	record = null;
	firstSeq = 0; /* 0: nothing was said yet */
	lastSeq = 0;
	isReady = false; /* its past is there */
	#past = []; /* of it, what came behind something new */
	may = {}; /* what the user may do, as chat_ready tells */
	#tasks = new Map();
	#firstAt = "";
	#listed = []; /* as the last list had them, the newest first */
	#spoke = new Set(); /* tasks of which there are events */

	constructor(id, user) {
		this.id = id;
		this.user = user;
	}

	/** @returns {{item: any, isNew: boolean}|null} null: it is known already */
	take(event) {
		if (event.seq <= this.lastSeq) {
			if (!this.isReady)
				this.#past.push(event);
			return null;
		}
		if (!this.firstSeq)
			this.#begin(event);
		this.lastSeq = event.seq;
		if (event.data.task_id)
			this.#spoke.add(event.data.task_id);
		this.growing.settle(event);
		return this.fold.add(event);
	}

	/** Its past is there. @returns what Fold.prepend does, of the past that came late */
	ready() {
		const past = this.#past;
		const isCut = past.at(-1)?.seq < this.firstSeq; /* the connection broke */

		this.#past = [];
		this.isReady = true;
		return this.takeEarlier(isCut ? [] : past);
	}

	/** Events from before the first; those that are known already are left out. */
	takeEarlier(events) {
		const earlier = events.filter(({ seq }) => seq < this.firstSeq);

		if (earlier.length)
			this.#begin(earlier[0]);
		for (const { data } of earlier)
			if (data.task_id)
				this.#spoke.add(data.task_id);
		return this.fold.prepend(earlier);
	}

	#begin({ seq, at }) {
		this.firstSeq = seq;
		this.#firstAt = at;
	}

	get hasEarlier() {
		return this.firstSeq > 1;
	}

	/** Whether a task has said nothing: what was said before the first event here is not known, so
	 * of older tasks that is true only while they are not over. */
	isSilent({ id, status, created_at: at }) {
		if (this.fold.groupOf(id))
			return false;
		return !hasEnded(status) || !this.hasEarlier || at >= this.#firstAt;
	}

	/** The record of a task, as far as it is known. */
	task = (id) => this.#tasks.get(id);

	get tasks() {
		return this.#listed;
	}

	/** Another text where other tasks run or ask: what the list of chats tells is old then. */
	get marks() {
		return this.#listed.map((task) => [task.id, stateOf(task)])
			.filter(([, state]) => state === "in_progress" || state === "asking").join();
	}

	/**
	 * @param {any[]} tasks the newest first, and all that are not over
	 * @returns {string[]} those that have changed
	 */
	list(tasks) {
		const changed = tasks.filter((task) => this.learn(task)).map(({ id }) => id);
		const ids = new Set(tasks.map(({ id }) => id));

		this.#listed = tasks;
		for (const { id, status } of this.#tasks.values())
			if (!ids.has(id) && !hasEnded(status)) { /* an old one is over by now, or deleted */
				this.#tasks.delete(id);
				this.#spoke.add(id);
			}
		return changed;
	}

	/** One record. @returns {boolean} whether that is news */
	learn(task) {
		const known = this.#tasks.get(task.id), text = JSON.stringify(task);

		if (known?.text === text)
			return false;
		this.#tasks.set(task.id, Object.defineProperty({ ...task }, "text", { value: text }));
		return true;
	}

	/** Tasks that have spoken, or were listed before, and of which nothing else is known; each is
	 * told once. */
	strangers(most) {
		const ids = [];

		for (const id of this.#spoke) {
			if (ids.length >= most)
				break;
			if (!this.#tasks.has(id))
				ids.push(id);
			this.#spoke.delete(id);
		}
		return ids;
	}
}
