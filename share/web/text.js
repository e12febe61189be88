/*
 * text.js - texts that others wrote, made harmless to look at
 *
 * A text may hold anything.  Shown are all its letters; what would move, hide or turn others around
 * is shown as a sign of itself.  Pure: also run by the tests, without a browser.
 */

/* Controls but tab and newline; what turns the direction of writing, or is not seen at all; lone
 * surrogates.  What chooses another form of the letter before it stays, and so do joiners, of which
 * emoji and many scripts are made, but behind what never joins. */
const HARMFUL = new RegExp("[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\p{Cs}]" +
	"|(?![\\p{VS}\\u200c\\u200d])\\p{DI}" +
	"|(?<![^\\0-\\x7f\\u200c\\u200d])[\\u200c\\u200d]", "gu");

/* Its number: fonts without pictures of controls are many. */
const sign = (char) => {
	const code = char.codePointAt(0);

	return code >= 0xd800 && code <= 0xdfff ? "\ufffd"
		: `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
};

/** A text as it may be shown. @param {unknown} text @returns {string} */
export function shown(text) {
	if (typeof text !== "string")
		return "";
	return text.replace(/\r\n|[\u2028\u2029]/g, "\n").replace(HARMFUL, sign);
}

/** The same on one line, cut at `most` characters, and not within one. */
export function shownLine(text, most = 160) {
	const line = shown(text).replace(/\s+/g, " ").trim();

	return line.length > most
		? `${line.slice(0, most).replace(/[\ud800-\udbff]$/, "").trimEnd()}\u2026` : line;
}

/** A text as JSON may hold it: no half of a character, which the other side would refuse. */
export function wellFormed(text) {
	return text.replace(/\p{Cs}/gu, "\ufffd");
}

/** A value of a tool's call: the text itself where it is one, else JSON. */
export function shownValue(value) {
	if (typeof value === "string")
		return shown(value);
	return value === undefined ? "" : shown(JSON.stringify(value, null, 2));
}

/** The arguments of a call, on one line: those of a single text are that text. */
export function callLine(args) {
	const values = args && typeof args === "object" ? Object.values(args) : [args];

	if (values.length === 1 && typeof values[0] === "string")
		return shownLine(values[0]);
	return args === undefined ? "" : shownLine(JSON.stringify(args));
}
