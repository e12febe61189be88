/*
 * tree-view.js - a chat's tasks as a tree, for eyes, mice, keys and screen readers
 *
 * Keys are those of the ARIA practices: one row has the tab stop; arrows, Home and End move, Right
 * and Left unfold and fold, * unfolds all beside, letters seek, Enter and Space show the task.  The
 * rows stand in one list, and say how deep they are.  A row stays the same element as long as its
 * task is there, so that the focus stays.
 */
import { byId, focusChat, make, setAttribute, setChildren, setText } from "./dom.js";
import { hasEnded } from "./fold.js";
import {
	forest, MARKS, progressText, stateName, stateOf, summary, taskTitle, visible,
} from "./forest.js";
import { shownLine } from "./text.js";
import { duration, tick } from "./time.js";

const SEEK_MS = 700;

export class TreeView {
	#tree = byId("tree");
	#rows = new Map(); /* by task */
	#nodes = [];       /* as they are seen */
	#open = new Set();
	#known = new Set(); /* parents that were unfolded once by themselves */
	#stop = null;      /* the task whose row has the tab stop */
	#sought = "";
	#soughtAt = 0;
	#tasks = [];
	#may = {};
	#show;
	current = null;    /* the task whose card is open */

	/** @param {(taskId: string) => void} show */
	constructor(show) {
		this.#show = show;
		this.#tree.addEventListener("keydown", (event) => this.#key(event));
		this.#tree.addEventListener("click", (event) => this.#click(event));
		this.#tree.addEventListener("focusin", (event) => {
			const row = event.target.closest("[role=treeitem]");

			if (row)
				this.#stopAt(row.dataset.task);
		});
	}

	/**
	 * @param {any[]} tasks the newest first
	 * @param {{cancel?: boolean}} may what the user may do
	 */
	show(tasks, may) {
		this.#tasks = tasks;
		this.#may = may;
		const tops = forest(tasks);

		for (const { task } of tasks.length ? this.#parents(tops) : [])
			if (!this.#known.has(task.id) && !hasEnded(task.status)) {
				this.#known.add(task.id); /* what is going on is seen; later the person decides */
				this.#open.add(task.id);
			}
		this.#nodes = visible(tops, this.#open);
		setChildren(this.#tree, this.#nodes.map((node) => this.#row(node)));
		for (const id of this.#rows.keys())
			if (!tasks.some((task) => task.id === id))
				this.#rows.delete(id);
		if (!this.#nodes.some(({ task }) => task.id === this.#stop))
			this.#stopAt(this.#nodes[0]?.task.id);
		setText(byId("tasks-sum"), summary(tasks));
		byId("no-tasks").hidden = tasks.length > 0;
		this.#tree.hidden = tasks.length === 0;
		this.#tree.classList.toggle("is-flat", tops.every((node) => !node.children.length));
		this.#offerCancel(may.cancel !== false && tasks.some((task) => !hasEnded(task.status)));
	}

	#offerCancel(isOffered) {
		const all = byId("cancel-all"), held = document.activeElement === all;

		all.hidden = !isOffered;
		if (!held || isOffered)
			return;
		if (this.#rows.has(this.#stop))
			this.#rows.get(this.#stop).focus({ preventScroll: true });
		else
			focusChat();
	}

	#again() {
		this.show(this.#tasks, this.#may);
	}

	*#parents(nodes) {
		for (const node of nodes)
			if (node.children.length) {
				yield node;
				yield* this.#parents(node.children);
			}
	}

	#row({ task, children, level, place, size }) {
		const { id } = task, state = stateOf(task), row = this.#rows.get(id) ?? newRow(id);
		const { mark, label, note, time, bar, progress } = row.parts;

		this.#rows.set(id, row);
		setAttribute(row, "aria-level", level);
		setAttribute(row, "aria-posinset", place);
		setAttribute(row, "aria-setsize", size);
		setAttribute(row, "aria-expanded", children.length ? String(this.#open.has(id)) : null);
		setAttribute(row, "aria-selected", String(id === this.current));
		setAttribute(row, "data-state", state);
		row.style.setProperty("--level", String(level - 1));
		setText(mark, MARKS[state]);
		setText(label, taskTitle(id, task));
		setAttribute(label, "title", taskTitle(id, task));
		setText(note, [stateName(state, task.waiting), task.agent && shownLine(task.agent, 40)]
			.filter(Boolean).join(" \u00b7 "));
		setText(progress, task.subtasks?.total ? `, ${progressText(task)}` : "");
		tellTime(time, task);
		tellProgress(bar, task);
		return row;
	}

	#stopAt(taskId) {
		this.#rows.get(this.#stop)?.setAttribute("tabindex", "-1");
		this.#stop = taskId ?? null;
		this.#rows.get(this.#stop)?.setAttribute("tabindex", "0");
	}

	#click(event) {
		const row = event.target.closest("[role=treeitem]"), id = row?.dataset.task;

		if (!row)
			return;
		if (event.target.closest(".twist") && row.hasAttribute("aria-expanded"))
			this.#turn(id, !this.#open.has(id));
		else
			this.#show(id);
		this.#stopAt(id);
	}

	#turn(id, isOpen) {
		if (isOpen)
			this.#open.add(id);
		else
			this.#open.delete(id);
		this.#again();
	}

	#key(event) {
		const at = this.#nodes.findIndex(({ task }) => task.id === this.#stop);
		const node = this.#nodes[at];

		if (!node || event.altKey || event.ctrlKey || event.metaKey)
			return;
		const go = (other) => other && this.#rows.get(other.task.id).focus();
		const { task, children, parent } = node, isOpen = this.#open.has(task.id);
		const keys = {
			ArrowDown: () => go(this.#nodes[at + 1]),
			ArrowUp: () => go(this.#nodes[at - 1]),
			Home: () => go(this.#nodes[0]),
			End: () => go(this.#nodes.at(-1)),
			ArrowRight: () => children.length &&
				(isOpen ? go(children[0]) : this.#turn(task.id, true)),
			ArrowLeft: () => (isOpen && children.length ? this.#turn(task.id, false) : go(parent)),
			Enter: () => this.#show(task.id),
			" ": () => this.#show(task.id),
			"*": () => {
				for (const beside of this.#nodes)
					if (beside.parent === parent && beside.children.length)
						this.#open.add(beside.task.id);
				this.#again();
			},
		};

		if (keys[event.key])
			keys[event.key]();
		else if (event.key.length === 1)
			go(this.#seek(event.key, at));
		else
			return;
		event.preventDefault();
	}

	/* The next row whose title begins with what was typed lately. */
	#seek(letter, at) {
		const now = Date.now();

		this.#sought = (now - this.#soughtAt < SEEK_MS ? this.#sought : "") + letter.toLowerCase();
		this.#soughtAt = now;
		const from = this.#sought.length > 1 ? at : at + 1;
		const rows = [...this.#nodes.slice(from), ...this.#nodes.slice(0, from)];
		return rows.find(({ task }) =>
			shownLine(task.title).toLowerCase().startsWith(this.#sought));
	}
}

/* Its name is its text, but for the mark, which the state says in words, and the time, which would
 * be told each second. */
function newRow(taskId) {
	const span = (kind, more, ...children) => make("span", { class: kind, ...more }, ...children);
	const parts = {
		mark: span("mark", { "aria-hidden": "true" }),
		label: span("label"),
		note: span("state"),
		progress: span("unseen"),
		time: span("elapsed", { "aria-hidden": "true" }),
		bar: span("progress", { hidden: true }, span("done"), span("failed")),
	};
	const row = make("li", { role: "treeitem", tabindex: "-1", "data-task": taskId },
		span("twist"), parts.mark, parts.label, parts.time,
		span("note", {}, span("unseen", {}, ", "), parts.note, parts.progress), parts.bar);

	row.parts = parts;
	return row;
}

function tellProgress(bar, { subtasks }) {
	const total = subtasks?.total, [done, failed] = bar.children;

	bar.hidden = !total;
	if (!total)
		return;
	done.style.flexGrow = String(subtasks.done ?? 0);
	failed.style.flexGrow = String(subtasks.failed ?? 0);
	bar.style.setProperty("--total", String(total));
	bar.style.setProperty("--rest", String(total - (subtasks.done ?? 0) - (subtasks.failed ?? 0)));
	bar.title = progressText({ subtasks });
}

/** How long a task has taken, or takes. */
export function tellTime(element, { status, started_at: began, finished_at: ended }) {
	tick(element, status === "in_progress" ? began : null);
	if (status !== "in_progress")
		setText(element, began && ended ? duration(Date.parse(ended) - Date.parse(began)) : "");
}
