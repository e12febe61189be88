/*
 * cards.js - the card of a task: opened from the tree, the log or another card, kept true, closed
 */
import { CardView } from "./card-view.js";
import { byId, focusChat } from "./dom.js";
import { closeDrawer, openDrawer } from "./layout.js";

export class Cards {
	#app;
	#view;
	#opener = null; /* what gets the focus back: an element, and what is known of it */

	/** @param {import("./app.js").App} app */
	constructor(app, acts) {
		this.#app = app;
		this.#view = new CardView(acts);
	}

	async show(taskId) {
		if (!this.#view.taskId)
			this.#opener = openerOf(document.activeElement, taskId);
		this.#view.open(taskId);
		this.#tell(taskId);
		openDrawer("tasks");
		this.#view.focus();
		await this.refresh();
	}

	/** Asks for it again, if one is open. */
	async refresh() {
		const id = this.#view.taskId;

		if (!id)
			return;
		try {
			const data = await this.#app.ask({ type: "task", task_id: id });

			if (id === this.#view.taskId)
				this.#view.show(data, data.children ?? []);
		} catch (refusal) {
			if (refusal.isOffline === undefined)
				throw refusal;
			if (id === this.#view.taskId && !this.#view.isTold)
				this.#view.fail(refusal.isOffline ? "It is shown when there is a connection."
					: refusal.message);
		}
	}

	/** Goes back to where it was opened. */
	close() {
		const opener = this.#opener, active = document.activeElement;

		if (!this.#view.taskId)
			return;
		const held = byId("card").contains(active) || active === document.body;

		this.#view.close();
		this.#opener = null;
		this.#tell(null);
		if (!opener.isInTree)
			closeDrawer();
		if (!held)
			return;
		for (const place of placesOf(opener)) {
			place.focus({ preventScroll: true });
			if (document.activeElement === place)
				return; /* what is disabled, or not seen, does not take it */
		}
		focusChat();
	}

	#tell(taskId) {
		byId("shell").classList.toggle("has-card", taskId !== null);
		this.#app.tree.current = taskId;
		this.#app.tellTasks();
	}
}

/* What opens a card may be made anew before it closes. */
function openerOf(element, taskId) {
	const isInTree = byId("tasks").contains(element);

	return { element, taskId, label: element.textContent, isInTree };
}

/* Where the focus may go back to, the best first: what had it, what is in its place, the task. */
function* placesOf({ element, taskId, label, isInTree }) {
	const of = `[data-task="${CSS.escape(taskId)}"]`;
	const row = byId("tree").querySelector(of);
	const buttons = [...byId("log").querySelectorAll(`.group${of} button`)].reverse();

	if (element !== document.body)
		yield element;
	if (isInTree && row)
		yield row;
	yield* buttons.filter(({ textContent }) => textContent === label);
	yield* buttons.filter(({ classList }) => classList.contains("fold"));
	if (row)
		yield row;
}
