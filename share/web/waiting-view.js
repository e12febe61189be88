/*
 * waiting-view.js - tasks that have said nothing yet, below all that was said; and the ways to what
 * others ask, so that no question is overlooked
 */
import { button, byId, focusChat, make, setChildren, setText } from "./dom.js";
import { newGroup } from "./fold.js";
import { MARKS, stateOf } from "./forest.js";
import { GroupView } from "./group-view.js";
import { shownLine } from "./text.js";

/* More are only counted: the tree has them all. */
const MOST = 12;

export class WaitingView {
	#acts;
	#views = new Map();
	#more = make("p", { class: "hint more-wait" });
	#asked = "";
	#ways = new Map(); /* by task that asks: the button, and the group that is watched */
	#sight = new IntersectionObserver((entries) => this.#see(entries), { root: byId("log") });

	/** @param {object} acts as GroupView's, and go */
	constructor(acts) {
		this.#acts = acts;
	}

	/**
	 * @param {any[]} tasks the newest first
	 * @param {(task: any) => boolean} isSilent whether a task has said nothing
	 */
	show(tasks, isSilent) {
		const asks = (task) => stateOf(task) === "asking";
		const silent = tasks.filter((task) => !task.parent_id && isSilent(task))
			.sort((a, b) => asks(b) - asks(a)); /* a question is not among those only counted */
		const shown = silent.slice(0, MOST).reverse();

		this.#place(shown.map((task) => this.#view(task)));
		this.#more.hidden = silent.length <= MOST;
		setText(this.#more, `${silent.length - MOST} more tasks have said nothing yet.`);
		this.#tellWays(tasks.filter((task) => asks(task) && !isSilent(task)).reverse());
		for (const id of this.#views.keys())
			if (!shown.some((task) => task.id === id))
				this.#views.delete(id);
	}

	#view(task) {
		const view = this.#views.get(task.id) ?? new GroupView(newGroup(task.id), this.#acts);

		this.#views.set(task.id, view);
		view.tell(task);
		return view.element;
	}

	/* What had the focus may have gone to where its events are. */
	#place(elements) {
		const place = byId("waiting"), wasHere = place.contains(document.activeElement);

		setChildren(place, [...elements, this.#more]);
		if (wasHere && !place.contains(document.activeElement))
			focusChat();
	}

	/* A way is there until what it leads to is seen to be in sight. */
	#tellWays(tasks) {
		const key = JSON.stringify(tasks.map(({ id, title }) => [id, title]));

		if (key !== this.#asked) {
			const held = byId("questions").contains(document.activeElement);

			this.#asked = key;
			this.#sight.disconnect();
			this.#ways = new Map(tasks.map(({ id, title }) => [id, { group: null, button: button(
				`${MARKS.asking} ${shownLine(title, 40)} asks you`, () => this.#acts.go(id)) }]));
			byId("questions").replaceChildren(
				...[...this.#ways.values()].map((way) => way.button));
			if (held)
				focusChat();
		}
		this.watch();
	}

	/** Groups may have been put on the page: of each task that asks the last one is watched. */
	watch() {
		for (const [id, way] of this.#ways) {
			const groups = byId("items").querySelectorAll(`.group[data-task="${CSS.escape(id)}"]`);
			const last = groups[groups.length - 1] ?? null;

			if (last === way.group)
				continue;
			if (way.group)
				this.#sight.unobserve(way.group);
			if (last)
				this.#sight.observe(last);
			way.group = last;
		}
	}

	#see(entries) {
		for (const { target, isIntersecting } of entries) {
			const way = this.#ways.get(target.dataset.task);

			if (way?.group !== target)
				continue;
			const held = document.activeElement === way.button;

			way.button.hidden = isIntersecting;
			if (held && isIntersecting)
				focusChat();
		}
	}
}
