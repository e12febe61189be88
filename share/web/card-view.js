/*
 * card-view.js - one task whole: what it is, its plan, why it stands as it does, what it has used
 */
import { approvalForm } from "./approval-view.js";
import { button, byId, make } from "./dom.js";
import { textBlock, usageText } from "./event-view.js";
import { hasEnded } from "./fold.js";
import { MARKS, stateName, stateOf } from "./forest.js";
import { shownLine } from "./text.js";
import { wholeTime } from "./time.js";
import { tellTime } from "./tree-view.js";

export class CardView {
	#card = byId("card");
	#acts;
	#told = "";
	#asked = ""; /* what the form asks */
	#form = null;

	/** @param {object} acts cancel, retry, decide, show, go, close, title */
	constructor(acts) {
		this.#acts = acts;
		this.#card.addEventListener("keydown", (event) => {
			if (event.key === "Escape") {
				event.stopPropagation();
				acts.close();
			}
		});
	}

	open(taskId) {
		this.taskId = taskId;
		this.#told = "";
		this.#card.hidden = false;
		this.#card.replaceChildren(this.#bar("Task"),
			make("p", { class: "hint" }, "One moment ..."));
	}

	focus() {
		this.#card.querySelector("h2").focus({ preventScroll: true });
	}

	close() {
		this.taskId = null;
		this.#card.hidden = true;
		this.#card.replaceChildren();
	}

	get isTold() {
		return this.#told !== "";
	}

	/** It cannot be shown. */
	fail(why) {
		this.#card.replaceChildren(this.#bar("Task"), make("p", { class: "wrong" }, why));
	}

	/**
	 * What the session has answered; what has not changed is left as it is, with who reads in it.
	 *
	 * @param {{task: any, why: any}} data
	 * @param {any[]} children its subtasks, as they stand
	 */
	show({ task, why, may = {} }, children) {
		const told = JSON.stringify([task, why, may, children]);

		if (told === this.#told)
			return;
		this.#told = told;
		const held = this.#held(), top = this.#card.scrollTop;

		this.#card.setAttribute("data-state", stateOf(task));
		this.#card.replaceChildren(this.#bar(shownLine(task.title)), ...this.#about(task, may),
			...this.#plan(task, children), ...this.#why(task, why), ...usage(task));
		this.#card.scrollTop = top;
		held();
	}

	/* Puts the focus back, on the element, or one of the same name, or the heading. */
	#held() {
		const active = document.activeElement;

		if (!this.#card.contains(active))
			return () => {};
		return () => {
			const like = active.isConnected ? active
				: [...this.#card.querySelectorAll(active.tagName)]
					.find(({ textContent: name }) => name === active.textContent);

			(like ?? this.#card.querySelector("h2")).focus({ preventScroll: true });
		};
	}

	/* The same form while the same is asked: a reason that is typed in it stays. */
	#request({ id, approval }, may) {
		const asked = JSON.stringify([id, approval, may.approve]);

		if (asked !== this.#asked)
			this.#form = approvalForm(id, approval, this.#acts, may);
		this.#asked = asked;
		return this.#form;
	}

	#bar(title) {
		return make("div", { class: "bar" }, make("h2", { tabindex: "-1" }, title),
			button("Close", () => this.#acts.close(), { class: "quiet" }));
	}

	#about(task, may) {
		const state = stateOf(task), acts = this.#acts, { id } = task;
		const time = make("span", { class: "elapsed" });
		const who = [task.agent && `by ${shownLine(task.agent, 60)}`,
			task.attempt > 1 && `attempt ${task.attempt}`].filter(Boolean).join(", ");

		tellTime(time, task);
		return [
			make("p", { class: "state" },
				make("span", { class: "pill" },
					`${MARKS[state]} ${stateName(state, task.waiting)}`),
				time, make("span", { class: "note" }, who)),
			make("div", { class: "row acts" },
				!hasEnded(state) && may.cancel !== false &&
					button("Cancel", () => acts.cancel(id), { class: "second danger" }),
				["failed", "cancelled"].includes(state) && may.retry !== false &&
					button("Retry", () => acts.retry(id), { class: "second" }),
				button("Show in the chat", () => acts.go(id), { class: "second" })),
			state === "asking" && task.approval && this.#request(task, may),
			task.instruction !== task.title && textBlock(task.instruction, "div", "text quote"),
			task.parent_id && make("p", { class: "note" }, "A part of ",
				button(acts.title(task.parent_id), () => acts.show(task.parent_id),
					{ class: "link" })),
		].filter(Boolean);
	}

	#plan({ decision, plan }, children) {
		const parts = plan?.subtasks ?? [];

		return [
			make("h3", {}, "Plan"),
			decision?.reasoning && sentence(decision.reasoning),
			!decision?.reasoning && !children.length &&
				make("p", { class: "note" }, "It is done as a whole, without a plan."),
			decision?.complexity_score !== undefined &&
				make("p", { class: "note" }, `Complexity ${decision.complexity_score} of 10`),
			plan?.recommended_approach && sentence(plan.recommended_approach),
			make("ol", { class: "plan" }, ...(children.length
				? children.map((child) => this.#child(child))
				: parts.map((part) => make("li", {}, shownLine(part.title ?? part.description))))),
			plan?.risk_assessment && make("p", {}, make("b", {}, "Risks: "),
				shownLine(plan.risk_assessment, 2000)),
		].filter(Boolean);
	}

	#child(child) {
		const state = stateOf(child);

		return make("li", { "data-state": state },
			button(shownLine(child.title), () => this.#acts.show(child.id), { class: "link" }),
			make("span", { class: "note" }, ` ${stateName(state, child.waiting)}`,
				child.agent ? `, ${shownLine(child.agent, 40)}` : ""));
	}

	#why(task, why) {
		const others = why?.waiting_for ?? [];

		return [
			make("h3", {}, "Why"),
			make("p", { class: "sentence" }, shownLine(why?.why ?? "Nothing is known.", 2000)),
			others.length > 0 && make("ul", {}, ...others.slice(0, 20).map((id) => make("li", {},
				button(this.#acts.title(id), () => this.#acts.show(id), { class: "link" })))),
			task.error && make("div", { class: "request failed" },
				make("p", { class: "about" },
					shownLine([...new Set([task.error.category, task.error.code])].join(", "))),
				textBlock(task.error.message)),
			task.failures?.length > 1 && make("ol", { class: "failures" },
				...task.failures.map(({ attempt, at, message }) => make("li", {},
					`Attempt ${attempt}, ${wholeTime(at)}: ${shownLine(message, 300)}`))),
			task.approval?.decision && make("p", { class: "note" },
				`${task.approval.decision} by ${shownLine(task.approval.by, 60)}`,
				task.approval.reason ? `: ${shownLine(task.approval.reason, 300)}` : ""),
		].filter(Boolean);
	}
}

const sentence = (text) => textBlock(text, "div", "text sentence");

function usage(task) {
	const { created_at: at, created_by: by } = task;
	const rows = [
		["Tokens", task.usage && usageText(task.usage)],
		["Model asked", task.usage?.calls && `${task.usage.calls} times`],
		["Attempts", task.attempt],
		["Events", task.events],
		["Added", at && `${wholeTime(at)}, by ${shownLine(by ?? "somebody", 60)}`],
		["Begun", task.started_at && wholeTime(task.started_at)],
		["Ended", task.finished_at && wholeTime(task.finished_at)],
		["Priority", task.priority],
		["Id", task.id],
	].filter(([, value]) => value);

	return [
		make("h3", {}, "Usage"),
		!task.usage && make("p", { class: "note" }, "No model was asked."),
		make("dl", {}, ...rows.flatMap(([name, value]) =>
			[make("dt", {}, name), make("dd", {}, String(value))])),
	].filter(Boolean);
}
