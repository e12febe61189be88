/*
 * forest.js - a chat's tasks as trees: below each those that it was split into, or has spawned
 *
 * Pure.
 *
 * @typedef {{task: any, parent: Node|null, children: Node[], level: number, place: number,
 *   size: number}} Node place, size: which it is of how many that stand beside each other, from 1
 */

import { hasEnded } from "./fold.js";
import { shownLine } from "./text.js";

/** The state that is shown: the status, but for what waits for a person. */
export function stateOf({ status, waiting }) {
	return status === "pending" && waiting === "approval" ? "asking" : status;
}

/**
 * @param {any[]} tasks the newest first
 * @returns {Node[]} those on top: first what goes on, then what has ended, of each the newest
 *   first; children are in the order of their making
 */
export function forest(tasks) {
	const nodes = new Map(tasks.map((task) => [task.id, newNode(task)]));
	const tops = [];

	for (const node of nodes.values()) {
		const parent = nodes.get(node.task.parent_id ?? node.task.spawned_by);

		if (parent && parent !== node) {
			node.parent = parent;
			parent.children.unshift(node);
		} else
			tops.push(node);
	}
	const sorted = [...tops.filter(({ task }) => !hasEnded(task.status)),
		...tops.filter(({ task }) => hasEnded(task.status))];
	number(sorted, 1);
	return sorted;
}

const newNode = (task) => ({ task, parent: null, children: [], level: 1, place: 1, size: 1 });

function number(nodes, level) {
	for (const [i, node] of nodes.entries()) {
		Object.assign(node, { level, place: i + 1, size: nodes.length });
		number(node.children, level + 1);
	}
}

/** Those that are seen, from top to bottom, where only those in `open` show what is below them. */
export function visible(tops, open) {
	return tops.flatMap((node) => [node,
		...(open.has(node.task.id) ? visible(node.children, open) : [])]);
}

const WORDS = {
	pending: "waiting", in_progress: "running", completed: "done", failed: "failed",
	cancelled: "cancelled", asking: "asks you",
};

const WAITING = {
	dependencies: "waits for others", subtasks: "waits for its subtasks", time: "tries again later",
	slot: "waits for a free agent", chat_idle: "waits until it is quiet",
};

/** What a task is called, as far as its record is known. */
export function taskTitle(id, task, otherwise = "") {
	return shownLine(task?.title || otherwise || `Task ${id.slice(0, 8)}`, 120);
}

/** A state in words. */
export function stateName(state, waiting) {
	return (state === "pending" && WAITING[waiting]) || WORDS[state] || state;
}

export const MARKS = {
	pending: "\u23f3", in_progress: "\u{1f916}", completed: "\u2705", failed: "\u274c",
	cancelled: "\u274c", asking: "\u270b",
};

/** How many have which state: "2 running, 1 waiting, 14 done". */
export function summary(tasks) {
	const counts = new Map();

	for (const task of tasks)
		counts.set(stateOf(task), (counts.get(stateOf(task)) ?? 0) + 1);
	return ["asking", "in_progress", "pending", "completed", "failed", "cancelled"]
		.filter((state) => counts.has(state))
		.map((state) => `${counts.get(state)} ` +
			(state === "asking" && counts.get(state) > 1 ? "ask you" : WORDS[state]))
		.join(", ");
}

/** How many of a task's subtasks are done; empty where there are none. */
export function progressText({ subtasks }) {
	if (!subtasks?.total)
		return "";
	const { total, done = 0, failed } = subtasks;
	return `${done} of ${total} done${failed ? `, ${failed} failed` : ""}`;
}
