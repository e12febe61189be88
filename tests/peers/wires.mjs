/*
 * wires.mjs - looks of browser.mjs at what comes early, twice or not at all
 */
import { address, check, hasAllUpTo, isOnline, message, newChat, open, run, same, until } from "./seeing.mjs";

/* Before the page's scripts: with `isHeld`, no frame comes, nor the timer that stands in for it. */
const holdingFrames = () => {
	const frame = globalThis.requestAnimationFrame, timeout = globalThis.setTimeout;

	globalThis.isHeld = false;
	globalThis.requestAnimationFrame = (work) => (globalThis.isHeld ? 0 : frame(work));
	globalThis.setTimeout = (work, ms, ...rest) => (globalThis.isHeld && ms === 1000 ? 0 : timeout(work, ms, ...rest));
};

/* Wires that tell what the server has said. */
const listening = (heard) => (socket) => {
	const server = socket.connectToServer();

	server.onMessage((text) => (socket.send(text), heard.push(text)));
	return server;
};

const says = (chat, texts, more) => run("chat-post", [], { user: "bob", input: texts.map((text) =>
	JSON.stringify({ type: "message", chat_id: chat, data: { text, ...more } })).join("\n") });

/* A task goes on, and those before are asked for, in the same frame. */
async function earlierInTheSameFrame(browser) {
	const chat = newChat("--title", "Goes on"), task_id = crypto.randomUUID(), heard = [];

	says(chat, ["begun"], { task_id });
	says(chat, Array.from({ length: 300 }, (_, i) => `line ${i}`));
	const page = await open(browser, address.origin, chat, { before: holdingFrames, wires: listening(heard) });

	await page.locator("#items article[data-seq=\"301\"]").waitFor();
	await page.evaluate(() => (globalThis.isHeld = true));
	says(chat, ["goes on"], { task_id });
	await until(() => heard.some((text) => text.includes("goes on")), "what it says");
	await page.evaluate(() => document.getElementById("earlier").click());
	await hasAllUpTo(page, 302);
	await page.context().close();
}

/* It is made, and the connection breaks before that is told: it is begun again. */
async function begunTwice(browser) {
	let lost = 0;
	const page = await open(browser, address.origin, null, { hash: `${address.hash}&new`, wires: (socket) => {
		const server = socket.connectToServer();

		server.onMessage((text) => (text.includes("Begun once") && !lost++ ? socket.close() : socket.send(text)));
	} });

	await isOnline(page);
	await message(page).fill("Begun once");
	await message(page).press("Enter");
	await page.getByText("Not done: there is no connection").waitFor();
	await isOnline(page);
	await message(page).press("Enter");
	await hasAllUpTo(page, 1);
	same(run("chat-list", ["--jq", ".title"]).split("\n").filter((title) => title === "Begun once").length, 1, "chats");
	await page.context().close();
}

/* The first time it is asked for in a way that is refused. */
async function enteredAgain(browser) {
	const chat = newChat("--title", "Not yet");
	let asked = 0;

	says(chat, ["here"]);
	const page = await open(browser, address.origin, chat, { wires: (socket) => {
		const server = socket.connectToServer();

		socket.onMessage((text) => server.send(text.includes("switch_chat") && !asked++ ? "{}" : text));
	} });

	await page.getByText(/This chat cannot be shown yet/).waitFor();
	await hasAllUpTo(page, 1);
	await page.context().close();
}

/* Something is said while the session is still there, before it is asked for the past. */
async function newsBeforeThePast(browser) {
	const chat = newChat("--title", "Left"), heard = [];
	let pass = null, isHeld = false;

	says(chat, ["one", "two"]);
	const page = await open(browser, address.origin, chat, { wires: (socket) => {
		const server = listening(heard)(socket);

		socket.onMessage((text) => {
			if (isHeld && text.includes("switch_chat"))
				pass = () => server.send(text);
			else
				server.send(text);
		});
	} });

	await hasAllUpTo(page, 2);
	await page.getByRole("button", { name: "New chat" }).click();
	isHeld = true;
	await page.getByRole("link", { name: /Left/ }).click();
	says(chat, ["three"]);
	await until(() => pass && heard.some((text) => text.includes("three")), "what is new");
	pass();
	await page.getByText("one", { exact: true }).waitFor();
	await hasAllUpTo(page, 3);
	await page.context().close();
}

/** All of them. */
export async function looksAtWires(browser) {
	await check("earlier events come though a task's newest is not on the page yet", () => earlierInTheSameFrame(browser));
	await check("a chat whose beginning was not answered is begun again, and is one", () => begunTwice(browser));
	await check("a chat that could not be entered is entered later, and that is told", () => enteredAgain(browser));
	await check("a chat that is come back to has its past, whatever is said meanwhile", () => newsBeforeThePast(browser));
}
