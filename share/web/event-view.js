/*
 * event-view.js - one event as an article
 */
import { button, make } from "./dom.js";
import { callLine, shown, shownLine, shownValue } from "./text.js";
import { clockTime, wholeTime } from "./time.js";

/* A text that is longer is cut until somebody wants all of it: a page that lays out megabytes which
 * nobody reads is slow. */
const LONG_CHARS = 2400, LONG_LINES = 24;

const cutAt = (text) => {
	let at = -1;

	for (let i = 0; i < LONG_LINES && (at = text.indexOf("\n", at + 1)) >= 0; i++)
		;
	return at < 0 ? LONG_CHARS : Math.min(at, LONG_CHARS);
};

/** A text with its lines; a long one with a button that shows the rest. */
export function textBlock(text, tag = "div", kind = "text") {
	const whole = shown(text), at = cutAt(whole);

	if (whole.length <= at + LONG_CHARS / 4)
		return make(tag, { class: kind }, whole);
	const part = make(tag, { class: kind }, `${whole.slice(0, at)}\u2026`);
	const more = button(`Show all ${whole.length.toLocaleString()} characters`, () => {
		part.textContent = whole;
		part.tabIndex = -1;
		part.focus({ preventScroll: true });
		more.remove();
	}, { class: "quiet more" });
	return make("div", {}, part, more);
}

/* What the kit says of a task begins with its id, which is not told beside the task's title. */
const bare = (message) => (typeof message === "string"
	? message.replace(/^Task [0-9a-f]{8}(?: (?:failed|cancelled))?: (?=.)/s, "") : message);

/* How each type is shown: its mark and that mark's words, and what it says, as nodes and as a
 * line. */
const TYPES = {
	message: {
		mark: "\u{1f916}", name: "answer",
		line: ({ text }) => shownLine(text),
		body: ({ text }) => [textBlock(text)],
	},
	status: {
		mark: "\u{1f916}", name: "status",
		line: ({ message }) => shownLine(bare(message)),
		body: ({ message }) => [textBlock(message)],
	},
	error: {
		mark: "\u274c", name: "error",
		line: ({ message }) => shownLine(bare(message)),
		body: ({ message }) => [textBlock(bare(message))],
	},
	tool_use: {
		mark: "\u{1f527}", name: "tool call",
		line: ({ name, args }) => `${shownLine(name)} ${callLine(args)}`,
		body: ({ name, args }) => [
			make("span", { class: "tool" }, shownLine(name)),
			args !== undefined && textBlock(onlyText(args) ?? shownValue(args), "pre", "code"),
		],
	},
	tool_result: {
		mark: "\u{1f527}", name: "tool result",
		line: ({ name, result }) => `${shownLine(name)}: ${shownLine(shownValue(result))}`,
		body: ({ name, result, status }) => [
			make("span", { class: "tool" }, `${shownLine(name)} `,
				make("span", { class: "outcome" }, shownLine(status ?? ""))),
			textBlock(shownValue(result), "pre", "code"),
		],
	},
	thought: {
		mark: "\u{1f4ad}", name: "thought",
		line: ({ text }) => shownLine(text),
		body: ({ text }) => [textBlock(text)],
	},
	token_usage: {
		mark: "\u{1f916}", name: "usage",
		line: (data) => usageText(data),
		body: (data) => [make("div", { class: "text" }, usageText(data))],
	},
	approval_request: {
		mark: "\u270b", name: "request",
		line: ({ question }) => shownLine(question),
		body: ({ question }) => [textBlock(question)],
	},
};

const OTHER = {
	mark: "\u{1f916}", name: "event", line: () => "", body: (data) => [textBlock(shownValue(data))],
};

/* The arguments of a call that are a single text, as a command. */
function onlyText(args) {
	const values = args && typeof args === "object" ? Object.values(args) : [];

	return values.length === 1 && typeof values[0] === "string" ? values[0] : undefined;
}

/** What was used, in words. */
export function usageText(usage) {
	const { input_tokens: input = 0, output_tokens: output = 0, total_tokens: total } = usage;
	const n = (value) => Number(value).toLocaleString();

	return `${n(total ?? input + output)} tokens: ${n(input)} read, ${n(output)} written`;
}

/** A sign, with its words for who does not see it. */
export function markOf(mark, name) {
	return make("span", { class: "mark", role: "img", "aria-label": name }, mark);
}

/* The mark of an event: a tool's failure and the good end of a task have their own. */
function signOf({ type, data }) {
	const { mark, name } = TYPES[type] ?? OTHER;

	if (type === "status" && /^Task \w+ completed/.test(data.message))
		return markOf("\u2705", "done");
	if (type === "status" && /^Task \w+ cancelled/.test(data.message))
		return markOf("\u274c", "cancelled");
	if (type === "tool_result" && data.status && !/^(ok|success|completed)$/i.test(data.status))
		return markOf("\u274c", "failed tool call");
	return markOf(mark, name);
}

/** What an event says, on one line. */
export function eventLine({ type, data }) {
	return (TYPES[type] ?? OTHER).line(data);
}

/** Its mark and that line, for where nothing else is seen of it. */
export function eventBrief(event) {
	const line = eventLine(event);

	return [signOf(event), make("span", { class: "brief", title: line }, line)];
}

const timeOf = (at) => make("time", { datetime: at, title: wholeTime(at) }, clockTime(at));

/** What a task's event says, as an article. */
export function stepArticle(event) {
	const { type, data, seq, at } = event;

	return make("article", {
		class: `step ${type}`, "data-seq": seq, "data-type": type, "data-task": data.task_id,
	},
	signOf(event),
	make("div", { class: "said" }, ...(TYPES[type] ?? OTHER).body(data)),
	timeOf(at));
}

/** What a person or a bot says; isMine: whoever looks has said it. */
export function wordArticle(event, isMine) {
	const { type, data, seq, at, user_id: user } = event;
	const name = shownLine(user ?? "somebody", 60);

	return make("article", {
		class: `word ${type}${isMine ? " mine" : ""}`, "data-seq": seq, "data-type": type,
		"data-user": user, "aria-label": `${name}, ${clockTime(at)}`,
	},
	make("header", {}, type === "message" ? make("b", {}, name) : signOf(event), timeOf(at)),
	make("div", { class: "said" }, ...(TYPES[type] ?? OTHER).body(data)));
}
