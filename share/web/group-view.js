/*
 * group-view.js - what a task says: a head that tells its state, steps that unfold, and what is
 * always seen: its answer or error, what it asks, and what it is saying just now
 */
import { approvalForm } from "./approval-view.js";
import { button, make, setAttribute, setText } from "./dom.js";
import { eventBrief, markOf, stepArticle } from "./event-view.js";
import { hasEnded } from "./fold.js";
import { MARKS, progressText, stateName, stateOf, taskTitle } from "./forest.js";
import { shown, shownLine } from "./text.js";
import { duration, tick } from "./time.js";

/* What is found by the browser's search unfolds, where the browser can do that. */
const FOLDED = "onbeforematch" in HTMLElement.prototype ? "until-found" : "";

let count = 0;

export class GroupView {
	#acts;
	#slots = {}; /* what is always seen: the articles of message and error */
	#growing = new Map(); /* by text: its element */
	#latest = null;
	#state = "";
	#asked = "";

	/**
	 * @param {import("./fold.js").Group} group
	 * @param {object} acts what the buttons do: cancel, retry, decide, show; and may, title
	 */
	constructor(group, acts) {
		const id = `steps-${++count}`;

		this.group = group;
		this.#acts = acts;
		this.mark = markOf("", "");
		this.title = make("span", { class: "title" });
		this.pill = make("span", { class: "pill" });
		this.elapsed = make("span", { class: "elapsed" });
		this.sum = make("span", { class: "sum" });
		this.fold = button("", () => this.unfold(this.steps.hidden !== false),
			{ class: "fold", "aria-expanded": "false", "aria-controls": id });
		this.fold.append(this.mark, make("span", { class: "what" },
			this.title, " ", this.pill, " ", this.elapsed, " ", this.sum));
		this.buttons = make("div", { class: "acts" });
		this.now = make("p", { class: "now", hidden: true });
		this.steps = make("div", { class: "steps", id, hidden: FOLDED });
		this.steps.addEventListener("beforematch", () => this.unfold(true));
		this.says = make("div", { class: "says" });
		this.asks = make("div", { class: "asks" });
		this.element = make("section", { class: "group", role: "group", "data-task": group.taskId },
			make("div", { class: "head" }, this.fold, this.buttons),
			this.now, this.steps, this.says, this.asks);
	}

	unfold(isOpen) {
		if (isOpen)
			this.steps.hidden = false;
		else
			this.steps.setAttribute("hidden", FOLDED);
		this.fold.setAttribute("aria-expanded", String(isOpen));
		this.#tellNow();
	}

	/** Another event, the newest; `tell` is to follow. */
	add(event) {
		const article = stepArticle(event), slot = event.type;

		if (event.type !== "token_usage")
			this.#latest = event;
		if (slot !== "message" && slot !== "error")
			this.steps.append(article);
		else {
			if (this.#slots[slot])
				this.#fileAway(this.#slots[slot]);
			this.#slots[slot] = article;
			this.says.append(article);
		}
		if (this.#slots.error && event.type === "status" && /^Executing/.test(event.data.message)) {
			this.#fileAway(this.#slots.error); /* that of an attempt before this one */
			this.#slots.error = null;
		}
	}

	/** Events before all that are there. */
	addBefore(events) {
		this.steps.prepend(...events.map(stepArticle));
	}

	/* An article goes to its place among the steps. */
	#fileAway(article) {
		let next = this.steps.lastElementChild, after = null;

		while (next && Number(next.dataset.seq) > Number(article.dataset.seq)) {
			after = next;
			next = next.previousElementSibling;
		}
		this.steps.insertBefore(article, after);
	}

	/** @param {import("./growing.js").Text[]} texts what is being said, as it is by now */
	grow(texts) {
		for (const [text, element] of this.#growing)
			if (!texts.includes(text)) {
				element.remove();
				this.#growing.delete(text);
			}
		for (const text of texts) {
			let element = this.#growing.get(text);

			if (!element) {
				element = make("div", { class: `step growing ${text.kind}` },
					text.kind === "thought" ? markOf("\u{1f4ad}", "is thinking")
						: markOf("\u{1f916}", "is saying"),
					make("div", { class: "said text" }));
				this.#growing.set(text, element);
				this.says.append(element);
			}
			growText(element.lastElementChild, text.text);
		}
	}

	/** The head, by the task's record, if that is known. */
	tell(task) {
		const { group } = this;
		const state = task ? stateOf(task) : group.state;
		const title = taskTitle(group.taskId, task, group.title), parent = task?.parent_id;
		const name = stateName(state, task?.waiting);
		const n = group.events.length;

		this.#state = state;
		setText(this.mark, MARKS[state] ?? MARKS.pending);
		setAttribute(this.mark, "aria-label", name);
		setText(this.title, title);
		setText(this.pill, name);
		setText(this.sum, [
			task?.agent && shownLine(task.agent, 40),
			task && progressText(task),
			n > 0 && `${n} ${n === 1 ? "event" : "events"}`,
			parent && `a part of \u201c${this.#acts.title(parent)}\u201d`,
		].filter(Boolean).join(" \u00b7 "));
		this.fold.disabled = n === 0;
		setAttribute(this.element, "aria-label", `${title}, ${name}`);
		setAttribute(this.element, "data-state", state);
		this.#tellElapsed(task);
		this.#tellNow();
		this.#tellButtons(title);
		this.#tellRequest(task);
	}

	#tellElapsed(task) {
		const began = task?.started_at ?? this.group.startedAt;

		if (this.#state === "in_progress" && began)
			tick(this.elapsed, began);
		else {
			const { elapsedMs } = this.group;

			tick(this.elapsed, null);
			setText(this.elapsed, elapsedMs === undefined ? "" : duration(elapsedMs));
		}
	}

	/* What it does just now, where its steps are not seen. */
	#tellNow() {
		const isSeen = this.#state === "in_progress" && this.steps.hidden !== false &&
			this.#latest !== null && this.#latest.type !== "message";

		this.now.hidden = !isSeen;
		if (isSeen && this.now.dataset.seq !== String(this.#latest.seq)) {
			this.now.replaceChildren(...eventBrief(this.#latest));
			this.now.dataset.seq = String(this.#latest.seq);
		}
	}

	#tellButtons(title) {
		const { taskId } = this.group, acts = this.#acts;
		const can = !hasEnded(this.#state)
			? acts.may("cancel") && ["Cancel", () => acts.cancel(taskId)]
			: this.#state !== "completed" && acts.may("add") &&
				["Retry", () => acts.retry(taskId)];
		const wanted = [can, ["Details", () => acts.show(taskId)]].filter(Boolean);
		const labels = wanted.map(([label]) => label).join();

		if (this.buttons.dataset.labels === labels)
			return;
		const held = this.buttons.contains(document.activeElement);
		this.buttons.dataset.labels = labels;
		this.buttons.replaceChildren(
			...wanted.map(([label, act]) =>
				button(label, act, { class: "quiet", "aria-description": title })));
		if (held) /* what had the focus is gone: it goes to what took its place */
			this.buttons.firstElementChild.focus({ preventScroll: true });
	}

	#tellRequest(task) {
		const approval = task?.approval ?? this.group.ask?.data;
		const isOpen = this.#state === "asking" && approval && !approval.decision;

		const told = isOpen ? JSON.stringify([approval, task?.may]) : "";

		if (told === this.#asked)
			return;
		const held = this.asks.contains(document.activeElement);
		this.#asked = told;
		this.asks.replaceChildren(...(isOpen
			? [approvalForm(this.group.taskId, approval, this.#acts, task?.may)] : []));
		if (held)
			this.fold.focus({ preventScroll: true });
	}
}

/* What was said is not said again: only the rest is put behind it. */
function growText(element, text) {
	const whole = shown(text), known = element.firstChild?.data ?? "";

	if (element.firstChild && whole.startsWith(known))
		element.firstChild.appendData(whole.slice(known.length));
	else
		element.textContent = whole;
}
