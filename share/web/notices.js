/*
 * notices.js - what went wrong with something that was asked for; and what is told to who listens
 * instead of looking
 */
import { button, byId, focusChat, make } from "./dom.js";
import { shownLine } from "./text.js";

const STAY_MS = 12000, AT_ONCE = 3;

/**
 * Something was not done.  It goes by itself, or when it is closed.
 *
 * @param {string} text
 * @param {{label: string, act: () => void}} [way] a button that leads on
 */
export function notice(text, way) {
	const element = make("div", { class: "notice" }, make("p", {}, shownLine(text, 500)));
	const close = () => {
		const held = element.contains(document.activeElement);

		element.remove();
		if (held)
			focusChat();
	};

	if (way)
		element.append(button(way.label, () => (close(), way.act()), { class: "quiet" }));
	element.append(button("Close", close, { class: "quiet" }));
	byId("notices").append(element);
	while (byId("notices").children.length > AT_ONCE)
		byId("notices").firstElementChild.remove();
	setTimeout(close, STAY_MS);
}

/* Screen readers are told little and seldom: single sentences while few come, else how many. */
const EVERY_MS = 2500;
let waiting = [], timer = 0;

export function announce(text) {
	waiting.push(shownLine(text, 200));
	timer ||= window.setTimeout(() => {
		const told = waiting.length > AT_ONCE
			? `${waiting.length} new events; the last: ${waiting.at(-1)}` : waiting.join(". ");

		timer = 0;
		waiting = [];
		byId("announce").replaceChildren(make("p", {}, told)); /* new, though the words are not */
	}, EVERY_MS);
}
