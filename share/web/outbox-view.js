/*
 * outbox-view.js - what was said here and is not stored yet, below all that is
 */
import { button, byId, focusChat, make } from "./dom.js";
import { textBlock } from "./event-view.js";

export class OutboxView {
	#place = byId("outbox");
	#outbox;
	#told = "";

	/** @param {import("./outbox.js").Outbox} outbox */
	constructor(outbox) {
		this.#outbox = outbox;
	}

	show(chatId) {
		const letters = this.#outbox.letters.filter((letter) => letter.chatId === chatId);
		const told = JSON.stringify(letters);

		if (told === this.#told)
			return;
		this.#told = told;
		const held = this.#place.contains(document.activeElement) ? document.activeElement : null;

		this.#place.replaceChildren(...letters.map((letter) => this.#letter(letter)));
		if (held)
			this.#hold(held);
	}

	/* The focus stays at the letter that had it, and at its buttons once there are any. */
	#hold(held) {
		const { id } = held.closest("article").dataset;
		const letter = this.#place.querySelector(`[data-id="${CSS.escape(id)}"]`);
		const buttons = [...letter?.querySelectorAll("button") ?? []];
		const place = buttons.find(({ textContent }) => textContent === held.textContent) ??
			buttons[0] ?? letter;

		if (place)
			place.focus({ preventScroll: true });
		else
			focusChat();
	}

	#letter({ id, type, text, error }) {
		const state = error ? `Not sent: ${error}`
			: type === "message" ? "Not sent yet" : "Not added yet";

		return make("article", { class: "word mine pending", "data-id": id, tabindex: "-1" },
			make("div", { class: "said" }, textBlock(text)),
			make("footer", { class: error ? "wrong" : "note" }, state,
				error && button("Send again", () => this.#outbox.again(id), { class: "quiet" }),
				error && button("Discard", () => this.#outbox.drop(id), { class: "quiet" })));
	}
}
