/*
 * composer.js - where a person types; what was not sent is kept for each chat
 */
import { byId } from "./dom.js";
import { keepLong, ofUser, recallLong } from "./memory.js";
import { wellFormed } from "./text.js";

const KEEP_MS = 400;

export class Composer {
	#text = byId("message");
	#user = "";
	#place = "";
	#timer = 0;

	/**
	 * @param {(type: "message"|"start_task", text: string) => boolean} send whether it was taken
	 */
	constructor(send) {
		const act = (type) => {
			const text = wellFormed(this.#text.value).trim();

			if (text && send(type, text))
				this.#set("");
			this.focus();
		};

		byId("composer").addEventListener("submit", (event) => {
			event.preventDefault();
			act("message");
		});
		byId("start-task").addEventListener("click", () => act("start_task"));
		this.#text.addEventListener("keydown", (event) => {
			const isChoosing = event.isComposing || event.keyCode === 229; /* an input method */

			if (event.key !== "Enter" || event.shiftKey || isChoosing)
				return;
			event.preventDefault();
			act(event.ctrlKey || event.metaKey ? "start_task" : "message");
		});
		this.#text.addEventListener("input", () => {
			this.#grow();
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.#keep(), KEEP_MS);
		});
		addEventListener("pagehide", () => this.#keep());
	}

	/** Who types: others' drafts are not shown; what was typed before that was known stays. */
	meet(user) {
		if (user === this.#user)
			return;
		if (this.#user)
			this.#keep();
		const isTyped = !this.#user && this.#text.value;

		this.#user = user;
		if (!isTyped)
			this.#recall();
	}

	/** Another chat's draft. */
	go(place) {
		this.#keep();
		this.#place = place;
		this.#recall();
	}

	get #drafts() {
		return (this.#user && recallLong(ofUser("drafts", this.#user))) || {};
	}

	#recall() {
		this.#text.value = this.#drafts[this.#place] ?? "";
		this.#grow();
	}

	focus() {
		this.#text.focus({ preventScroll: true });
	}

	/** What is there has been taken. */
	take() {
		this.#set("");
	}

	/** What the user may not do here cannot be tried. */
	setMay({ post = true, add = true }) {
		byId("message").disabled = !post && !add;
		byId("send").disabled = !post;
		byId("start-task").disabled = !add;
	}

	#set(text) {
		this.#text.value = text;
		this.#grow();
		this.#keep();
	}

	#keep() {
		clearTimeout(this.#timer);
		if (!this.#place || !this.#user)
			return;
		const drafts = this.#drafts; /* other tabs keep theirs there, too */

		if (this.#text.value.trim())
			drafts[this.#place] = this.#text.value;
		else
			delete drafts[this.#place];
		keepLong(ofUser("drafts", this.#user), drafts);
	}

	/* As high as the text; the style sheet says how high at most. */
	#grow() {
		this.#text.style.height = "auto";
		this.#text.style.height = `${this.#text.scrollHeight}px`;
	}
}
