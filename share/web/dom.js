/*
 * dom.js - elements made of texts, and work that is done once a frame
 *
 * Nothing here takes HTML: children are elements or strings, and a string becomes a text node.
 */

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/**
 * An element.  Names in props are attributes; `class` too.  A member that is null, undefined or
 * false is left out, true is an attribute without a value; `on` is an object of listeners.
 *
 * @param {string} tag
 * @param {Object<string, any>} [props]
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {any}
 */
export function make(tag, props = {}, ...children) {
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(props)) {
		if (name === "on")
			for (const [type, listener] of Object.entries(value))
				element.addEventListener(type, listener);
		else if (value !== null && value !== undefined && value !== false)
			element.setAttribute(name, value === true ? "" : String(value));
	}
	element.append(...children.filter((child) => child || child === ""));
	return element;
}

/** A button that does something; more are other attributes. */
export function button(label, act, more = {}) {
	return make("button", { type: "button", on: { click: act }, ...more }, label);
}

/** Sets a text only where it is another: what has not changed costs no layout, and is not told
 * anew. */
export function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

/** Sets an attribute, or removes it where the value is null or false; only where it is another. */
export function setAttribute(element, name, value) {
	if (value === null || value === undefined || value === false)
		element.removeAttribute(name);
	else if (element.getAttribute(name) !== String(value))
		element.setAttribute(name, String(value));
}

/** Sets what is in an element, only where that is another; what has the focus keeps it. */
export function setChildren(element, children) {
	const held = element.contains(document.activeElement) ? document.activeElement : null;

	if (children.length === element.children.length &&
		children.every((child, i) => element.children[i] === child))
		return;
	element.replaceChildren(...children);
	if (held?.isConnected)
		held.focus({ preventScroll: true });
}

/** Where the focus goes when what had it is gone: to what one types in, or the log. */
export function focusChat() {
	const message = byId("message");

	(message.disabled ? byId("log") : message).focus({ preventScroll: true });
}

/* A page that nobody sees gets no frames: there a timer does, seldom. */
const HIDDEN_MS = 1000;

/**
 * What calls `work` in the next frame, however often it is called until then.
 *
 * @param {() => void} work
 * @returns {() => void}
 */
export function oncePerFrame(work) {
	let timer = 0, frame = 0;
	const run = () => {
		clearTimeout(timer);
		cancelAnimationFrame(frame);
		timer = frame = 0;
		work();
	};

	return () => {
		if (timer)
			return;
		frame = requestAnimationFrame(run);
		timer = window.setTimeout(run, HIDDEN_MS);
	};
}
