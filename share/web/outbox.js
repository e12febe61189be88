/*
 * outbox.js - what was said and is not stored yet: it is kept over a reload, sent when there is a
 * connection, and sent again after one broke; with the same id it is said once
 *
 * @typedef {{id: string, chatId: string, type: "message"|"start_task", text: string,
 *   error?: string}} Letter
 */
import { keep, ofUser, recall } from "./memory.js";

export class Outbox {
	/** @type {Letter[]} */
	letters = [];
	#user = "";
	#underway = new Set();
	#ask;
	#changed;

	/**
	 * @param {(request: object) => Promise<any>} ask
	 * @param {(stored?: Letter, answer?: any) => void} changed what is in it is another by now;
	 *   maybe because that one was stored, as the answer says
	 */
	constructor(ask, changed) {
		this.#ask = ask;
		this.#changed = changed;
	}

	/** It is that of a user by now: what was written before anybody was known is theirs. */
	meet(user) {
		if (user === this.#user)
			return;
		const written = this.#user ? [] : this.letters;

		this.#user = user;
		this.letters = [...recall(ofUser("outbox", user)) ?? [], ...written];
		this.#keep();
	}

	add(type, chatId, text) {
		this.letters.push({ id: crypto.randomUUID(), chatId, type, text });
		this.#keep();
		this.send();
	}

	/** Sends all that is not on its way. */
	send() {
		for (const letter of this.letters)
			if (!letter.error && !this.#underway.has(letter.id))
				this.#sendOne(letter);
	}

	/** One that was refused, once more. */
	again(id) {
		const letter = this.letters.find((each) => each.id === id);

		if (letter)
			delete letter.error;
		this.#keep();
		this.send();
	}

	/** It is in the chat, or not wanted any more. @returns {Letter|undefined} */
	drop(id) {
		const letter = this.letters.find((each) => each.id === id);

		if (!letter)
			return undefined;
		this.letters = this.letters.filter((each) => each !== letter);
		this.#keep();
		return letter;
	}

	async #sendOne({ id, chatId, type, text }) {
		this.#underway.add(id);
		try {
			const answer = await this.#ask({ type, id, chat_id: chatId, text });

			this.#changed(this.drop(id), answer);
		} catch (refusal) {
			const letter = this.letters.find((each) => each.id === id);

			if (letter && !refusal.isOffline) {
				letter.error = refusal.message;
				this.#keep();
			}
		} finally {
			this.#underway.delete(id);
		}
	}

	#keep() {
		if (this.#user)
			keep(ofUser("outbox", this.#user), this.letters.length ? this.letters : null);
		this.#changed();
	}
}
