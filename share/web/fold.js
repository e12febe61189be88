/*
 * fold.js - a chat's events as items: what people say, and a group for what each task says
 *
 * An item is an event, or a group of events of one task, which stands where the first of them does.
 * A task that has ended and speaks again later, as after a retry, begins another group, unless
 * nothing else was said in between.  Adding an event costs the same however many there are.
 * Pure: also run by the tests, without a browser.
 *
 * @typedef {{kind: "event", event: any}} Single
 * @typedef {{kind: "group", taskId: string, events: any[], state: string, title: string,
 *   elapsedMs: number|undefined, ask: any, startedAt: string|undefined}} Group
 */

const ENDED = new Set(["completed", "failed", "cancelled"]);

export const hasEnded = (state) => ENDED.has(state);

/** @returns {Group} of a task that has said nothing yet */
export const newGroup = (taskId) => ({
	kind: "group", taskId, events: [], state: "pending", title: "", elapsedMs: undefined, ask: null,
	startedAt: undefined,
});

/* The last word about a task: it follows from the task's record, and so is no session's
 * (legwork-record(5), EVENT). */
const isLast = ({ type, data, session_id: session }) => (type === "status" || type === "error") &&
	(typeof data.elapsed_ms === "number" || (!session && data.request_id === undefined));

/* What the kit's own words tell of a task before its record is there. */
function stateAfter(event) {
	const { type, data } = event;

	if (!isLast(event))
		return type === "approval_request" ? "asking" : "in_progress";
	if (/^Task \w+ cancelled/.test(data.message))
		return "cancelled";
	return type === "error" ? "failed" : "completed";
}

function take(group, event) {
	const { type, data } = event;
	const title = type === "status" && /^Executing task: (.*?)(\.\.\.)?$/s.exec(data.message);

	group.state = stateAfter(event);
	if (title)
		group.title = title[1];
	if (typeof data.elapsed_ms === "number")
		group.elapsedMs = data.elapsed_ms;
	if (group.state === "in_progress" && !group.startedAt)
		group.startedAt = event.at;
	if (type === "approval_request")
		group.ask = event;
	else if (group.ask && (hasEnded(group.state) || data.request_id === group.ask.data.request_id))
		group.ask = null;
	group.events.push(event);
}

export class Fold {
	/** @type {(Single|Group)[]} */
	items = [];
	#last = new Map(); /* the last group of each task */

	/** @returns {{item: Single|Group, isNew: boolean}} where the event went */
	add(event) {
		const taskId = event.data?.task_id;
		let group = this.#last.get(taskId);

		if (typeof taskId !== "string") { /* a person's or a bot's own word */
			const item = { kind: "event", event };

			this.items.push(item);
			return { item, isNew: true };
		}
		const isNew = !group || (hasEnded(group.state) && this.items.at(-1) !== group);
		if (isNew) {
			group = newGroup(taskId);
			this.items.push(group);
			this.#last.set(taskId, group);
		}
		take(group, event);
		return { item: group, isNew };
	}

	/** The last group of a task. */
	groupOf(taskId) {
		return this.#last.get(taskId);
	}

	/**
	 * Events that stand before all others, oldest first.  A group that they begin takes their
	 * place.
	 *
	 * @returns {{items: (Single|Group)[], grown: Map<Group, any[]>}} what stands at the top now,
	 *   and which groups have moved there, with the events that they have got in front
	 */
	prepend(events) {
		const before = new Fold(), grown = new Map();

		for (const event of events)
			before.add(event);
		for (const group of this.#firsts()) {
			const begun = before.#last.get(group.taskId);

			if (!begun || hasEnded(begun.state))
				continue;
			grown.set(group, begun.events);
			group.events.unshift(...begun.events);
			group.title ||= begun.title;
			group.startedAt = begun.startedAt ?? group.startedAt;
			before.items[before.items.indexOf(begun)] = group;
		}
		for (const [taskId, group] of before.#last)
			if (!this.#last.has(taskId))
				this.#last.set(taskId, group);
		this.items = before.items.concat(this.items.filter((item) => !grown.has(item)));
		return { items: before.items, grown };
	}

	/* The first group of each task. */
	#firsts() {
		const firsts = new Map();

		for (const item of this.items)
			if (item.kind === "group" && !firsts.has(item.taskId))
				firsts.set(item.taskId, item);
		return firsts.values();
	}
}
