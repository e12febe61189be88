/*
 * log-view.js - the events of the chat that is looked at
 *
 * What has come is put on the page once a frame, and no more than PER_FRAME events of it.  Who
 * reads at the end stays there; who reads elsewhere is not moved.  Items stand in blocks: one that
 * is out of sight costs the browser next to nothing (parts.css, content-visibility).
 */
import { byId, make, oncePerFrame, setText } from "./dom.js";
import { stepArticle, wordArticle } from "./event-view.js";
import { GroupView } from "./group-view.js";
import { dayName, dayOf } from "./time.js";

const PER_FRAME = 150, NEAR_PX = 48, IN_BLOCK = 40;

/* So many in one frame are many: the next are put there a little later, and the page stays free for
 * who types. */
const MANY = 8, REST_MS = 120;

export class LogView {
	#log = byId("log");
	#inner = byId("log-inner");
	#items = byId("items");
	#newest = byId("newest");
	#earlier = byId("earlier");
	#acts;
	#views = new Map(); /* item: GroupView, or the article */
	#queue = []; /* events that are not on the page yet, with their item */
	#dirty = new Set(); /* groups whose heads are to be told anew */
	#hasNew = false; /* groups that acts.placed was not told of yet */
	#grown = new Set(); /* tasks whose growing texts have changed */
	#isAtEnd = true;
	#unread = 0;
	#lastDay = "";
	#soon; /* flushes in the next frame */
	#top = 0; /* how far the log was scrolled */
	#rest = 0; /* the timer while it does not */

	/**
	 * @param {object} acts as GroupView's, `earlier`, and `placed`: there are new groups
	 * @param {import("./room.js").Room|null} chat what is shown
	 */
	constructor(acts, chat) {
		this.#acts = acts;
		this.chat = chat;
		this.#soon = oncePerFrame(() => this.#flush());
		this.#log.addEventListener("scroll", () => this.#look(), { passive: true });
		this.#log.addEventListener("click", (event) => this.#hold(event), { capture: true });
		this.#newest.addEventListener("click", () => this.toEnd(true));
		this.#earlier.addEventListener("click", () => acts.earlier());
		new ResizeObserver(() => this.#isAtEnd && this.#drop()).observe(this.#inner);
		new ResizeObserver(() => this.#isAtEnd && this.#drop()).observe(this.#log);
	}

	/** Another chat, or the same from the beginning. */
	clear() {
		this.#views.clear();
		this.#queue = [];
		this.#dirty.clear();
		this.#grown.clear();
		const held = this.#items.contains(document.activeElement);

		this.#items.replaceChildren();
		if (held)
			this.#log.focus({ preventScroll: true });
		this.#lastDay = "";
		this.#unread = 0;
		this.#isAtEnd = true;
		this.setEarlier(false);
		this.#tellNewest();
	}

	setEarlier(isThere) {
		const held = document.activeElement === this.#earlier;

		this.#earlier.hidden = !isThere;
		if (held && !isThere)
			this.#log.focus({ preventScroll: true });
	}

	/** An event that the fold has put into item. */
	add(item, event) {
		this.#queue.push([item, event]);
		this.#flushSoon();
	}

	/** A task's record has changed, or what it is saying. */
	touch(taskId) {
		this.#dirty.add(taskId);
		this.#flushSoon();
	}

	grow(taskId) {
		this.#grown.add(taskId);
		this.#flushSoon();
	}

	/** Puts what Fold.prepend returned on top, without moving what is read. */
	prepend({ items, grown }) {
		while (this.#queue.length) /* a group that has grown may not be on the page yet */
			this.#flush();
		const part = document.createDocumentFragment(), top = this.#items.querySelector(".day");
		const lastDay = this.#lastDay, height = this.#log.scrollHeight - this.#log.scrollTop;

		this.#lastDay = "";
		for (const item of items) {
			if (!grown.has(item)) {
				for (const event of item.kind === "group" ? item.events : [item.event])
					this.#put(item, event, part);
				continue;
			}
			const view = this.#views.get(item);

			this.#separate(grown.get(item)[0].at, part);
			view.addBefore(grown.get(item));
			append(part, view.element);
		}
		if (top?.dataset.day === this.#lastDay)
			top.remove(); /* that day begins further up by now */
		this.#items.prepend(part);
		this.#lastDay = lastDay || this.#lastDay;
		this.#tellHeads();
		this.#log.scrollTop = this.#log.scrollHeight - height;
	}

	/** Shows the group of a task. */
	goTo(taskId) {
		const group = this.chat.fold.groupOf(taskId), view = group && this.#views.get(group);

		if (!view)
			return false;
		this.#isAtEnd = false;
		view.element.scrollIntoView({ block: "start" });
		view.fold.focus({ preventScroll: true });
		return true;
	}

	/** Goes to the end, and stays there. */
	toEnd(isAsked = false) {
		this.#isAtEnd = true;
		this.#unread = 0;
		this.#drop();
		this.#tellNewest();
		if (isAsked)
			this.#log.focus({ preventScroll: true });
	}

	#drop() {
		this.#log.scrollTop = this.#log.scrollHeight;
	}

	/* Only who goes up leaves the end: it is further away, too, when more has come. */
	#look() {
		const { scrollTop, scrollHeight, clientHeight } = this.#log;

		if (scrollHeight - clientHeight - scrollTop < NEAR_PX)
			this.#isAtEnd = true;
		else if (scrollTop < this.#top - 1)
			this.#isAtEnd = false;
		this.#top = scrollTop;
		if (this.#isAtEnd)
			this.#unread = 0;
		this.#tellNewest();
	}

	/* What was unfolded grows below the hand that did it. */
	#hold(event) {
		if (!event.target.closest(".fold, .more"))
			return;
		this.#isAtEnd = false;
		requestAnimationFrame(() => this.#look());
	}

	#tellNewest() {
		const n = this.#unread;

		this.#newest.hidden = this.#isAtEnd;
		setText(this.#newest, n ? `Go to the newest (${n} new)` : "Go to the newest");
	}

	#flushSoon() {
		if (!this.#rest)
			this.#soon();
	}

	#flush() {
		const now = this.#queue.splice(0, PER_FRAME);

		for (const [item, event] of now) {
			this.#put(item, event, this.#items);
			if (!this.#isAtEnd)
				this.#unread++;
		}
		for (const taskId of this.#grown) {
			const group = this.chat.fold.groupOf(taskId);

			if (this.#views.has(group))
				this.#views.get(group).grow(this.chat.growing.of(taskId));
		}
		this.#grown.clear();
		this.#tellHeads();
		if (this.#isAtEnd)
			this.#drop();
		this.#tellNewest();
		if (this.#queue.length)
			this.#soon();
		else if (now.length >= MANY)
			this.#rest = window.setTimeout(() => {
				this.#rest = 0;
				this.#soon();
			}, REST_MS);
	}

	#tellHeads() {
		for (const taskId of this.#dirty) {
			const group = this.chat.fold.groupOf(taskId);

			this.#views.get(group)?.tell(this.chat.task(taskId));
		}
		this.#dirty.clear();
		if (this.#hasNew)
			this.#acts.placed();
		this.#hasNew = false;
	}

	/* An event goes where its item is, which may have to be made at the end of a part. */
	#put(item, event, part) {
		let view = this.#views.get(item);

		if (item.kind === "event") {
			this.#separate(event.at, part);
			view = wordArticle(event, event.user_id === this.chat.user);
			view.classList.toggle("again", isAgain(part, view));
			append(part, view);
		} else {
			if (!view) {
				this.#separate(event.at, part);
				view = new GroupView(item, this.#acts);
				append(part, view.element);
				this.#hasNew = true;
			}
			view.add(event);
			this.#heads(item);
		}
		this.#views.set(item, view);
	}

	/* Only the last group of a task follows its record. */
	#heads(item) {
		if (this.chat.fold.groupOf(item.taskId) === item)
			this.#dirty.add(item.taskId);
		else
			this.#views.get(item)?.tell(null);
	}

	#separate(at, part) {
		if (dayOf(at) === this.#lastDay)
			return;
		this.#lastDay = dayOf(at);
		append(part, make("div", { class: "day", "data-day": this.#lastDay }, dayName(at)));
	}
}

/* Somebody goes on within the minute: who it is, and when, is told already. */
function isAgain(part, { dataset: { type, user }, ariaLabel }) {
	const last = part.lastElementChild?.lastElementChild;

	return type === "message" && last?.dataset.type === type && last.dataset.user === user &&
		last.ariaLabel === ariaLabel;
}

/* Puts an item into the last block of a part of the page. */
function append(part, element) {
	if (!part.lastElementChild || part.lastElementChild.children.length >= IN_BLOCK)
		part.append(make("div", { class: "block" }));
	part.lastElementChild.append(element);
}
