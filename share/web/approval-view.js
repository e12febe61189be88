/*
 * approval-view.js - what a task asks of a person, and the answer
 */
import { button, make } from "./dom.js";
import { textBlock } from "./event-view.js";
import { shownLine, shownValue } from "./text.js";

const ABOUT = { task: "May it begin?", agent: "May this agent join the crew?" };

/**
 * @param {string} taskId
 * @param {any} approval as in the task's record
 * @param {object} acts `decide`, of task, yes or no, request, and reason
 * @param {{approve?: boolean}} [may] what the user may do
 */
export function approvalForm(taskId, approval, acts, may = {}) {
	const { question, tool, args, about, request_id: request } = approval;
	const reason = make("input", {
		type: "text", "aria-label": "Reason", placeholder: "Reason, if any",
	});
	const decide = (isYes) => () => acts.decide(taskId, isYes, request, reason.value.trim());

	return make("div", { class: "request", role: "group", "aria-label": "Request" },
		make("p", { class: "about" },
			ABOUT[about] ?? (tool ? `May it use ${shownLine(tool, 60)}?` : "It asks")),
		textBlock(question),
		args && textBlock(shownValue(args), "pre", "code"),
		may.approve === false ? make("p", { class: "note" }, "It is not yours to decide.")
			: make("div", { class: "row" }, button("Approve", decide(true), { class: "first" }),
				button("Deny", decide(false), { class: "second danger" }), reason));
}
