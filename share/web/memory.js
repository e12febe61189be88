/*
 * memory.js - what this browser keeps: the token and unsent messages while the tab is there;
 * drafts, what was seen, and the theme for longer
 *
 * Servers of several users may have the same address, one after the other: what is a person's own
 * is kept under a name that ends in theirs.
 *
 * A browser that keeps nothing (a private window, a full disk) is no reason to fail.
 */

const NAME = "legwork.";

function read(storage, name) {
	try {
		return JSON.parse(storage().getItem(NAME + name));
	} catch {
		return null;
	}
}

function write(storage, name, value) {
	try {
		if (value === null)
			storage().removeItem(NAME + name);
		else
			storage().setItem(NAME + name, JSON.stringify(value));
	} catch {
		/* it is forgotten with the page */
	}
}

const tab = () => sessionStorage, long = () => localStorage;

/** The name under which something of a user is kept. */
export const ofUser = (name, user) => `${name} of ${user}`;

/* While the tab is there. */
export const recall = (name) => read(tab, name);
export const keep = (name, value) => write(tab, name, value);

/* Longer. */
export const recallLong = (name) => read(long, name);
export const keepLong = (name, value) => write(long, name, value);

/**
 * Takes the token out of the address, where it would be seen, copied and kept in the history; what
 * else the fragment says stays.
 *
 * @returns {string|null} the token of this tab
 */
export function takeToken() {
	const said = new URLSearchParams(location.hash.slice(1));
	const token = said.get("token");

	if (token !== null) {
		said.delete("token");
		const rest = said.toString();
		history.replaceState(null, "", location.pathname + (rest ? `#${rest}` : ""));
		keep("token", token);
	}
	return recall("token");
}

/** The token in what a person has pasted: an address, or the token itself. */
export function tokenIn(text) {
	const found = /token=([^&\s]+)/.exec(text);

	return found ? found[1] : text.trim();
}
