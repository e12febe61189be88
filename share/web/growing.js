/*
 * growing.js - texts that are being said (legwork-record(5), Delta)
 *
 * Task, kind and `after` tell texts apart.  A text is taken back by an empty delta with offset 0,
 * and its place is taken by the first event of its type with a greater n.  A session that begins
 * anew tells each text from its beginning.  Pure.
 *
 * @typedef {{taskId: string, kind: string, after: number, at: string, text: string}} Text
 */

const EVENT_OF = { text: "message", thought: "thought" };

export class Growing {
	/** @type {Map<string, Map<string, Text>>} by task, then by kind and after */
	#tasks = new Map();

	/** The texts of a task, in the order in which they began. @returns {Text[]} */
	of(taskId) {
		return [...(this.#tasks.get(taskId)?.values() ?? [])];
	}

	/** @returns {string} the task whose texts have changed */
	add({ at, data }) {
		const { task_id: taskId, kind, after = 0, offset, text } = data;
		const texts = this.#tasks.get(taskId) ?? new Map(), key = `${kind} ${after}`;
		const known = texts.get(key);

		this.#tasks.set(taskId, texts);
		if (offset === 0 && !text)
			texts.delete(key);
		else if (known && offset !== 0)
			known.text += text;
		else
			texts.set(key, { taskId, kind, after, at, text });
		return taskId;
	}

	/** An event has come: what it says whole is forgotten; where its task has ended, all is. */
	settle({ type, n, data }) {
		const texts = this.#tasks.get(data?.task_id);

		if (!texts)
			return;
		if (typeof data.elapsed_ms === "number")
			texts.clear();
		for (const [key, { kind, after }] of texts)
			if (EVENT_OF[kind] === type && !(n <= after))
				texts.delete(key);
		if (!texts.size)
			this.#tasks.delete(data.task_id);
	}

	/** The connection was lost. @returns {string[]} the tasks that had texts */
	clear() {
		const tasks = [...this.#tasks.keys()];

		this.#tasks.clear();
		return tasks;
	}
}
