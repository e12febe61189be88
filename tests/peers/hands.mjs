/*
 * hands.mjs - looks of browser.mjs at what hands do: where the focus is, what is told to who does
 * not look, and whose words are kept
 */
import {
	address, check, group, hasAllUpTo, isOnline, lastSeq, message, newChat, open, picture, post, run, same,
	seqs, until,
} from "./seeing.mjs";

/* What has the focus: an id, or the element's text. */
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
const focusIs = (page, want) => until(async () => want.test(await focused(page)), `the focus at ${want}`);
const notices = (page) => page.getByRole("alert", { name: "Notices" });

/* Before the page's scripts: nothing is asked for by the clock. */
const withoutClock = () => {
	const set = globalThis.setInterval;

	globalThis.setInterval = (work, ms, ...rest) => (ms > 10_000 ? 0 : set(work, ms, ...rest));
};

/* Before the page's scripts: nothing is ever told to be in sight. */
const blind = () => {
	globalThis.IntersectionObserver = class {
		observe() {}
		unobserve() {}
		disconnect() {}
	};
};

async function waysToQuestions(browser) {
	const chat = newChat("--title", "Questions", "--approve", "tasks");
	const page = await open(browser, address.origin, chat);
	const way = page.locator("#questions button");

	await isOnline(page);
	run("task-add", ["--chat", chat, "bake, when I may"]);
	await group(page, /bake, when I may, asks you/).waitFor();
	await way.waitFor({ state: "hidden" });
	run("chat-post", [], { user: "bob", input: Array.from({ length: 60 }, (_, i) =>
		JSON.stringify({ type: "message", chat_id: chat, data: { text: `about ${i}` } })).join("\n") });
	await way.waitFor();
	await picture(page, "way");
	await way.click();
	await way.waitFor({ state: "hidden" });
	await focusIs(page, /bake, when I may/);
	await page.context().close();

	const unseeing = await open(browser, address.origin, chat, { before: blind });

	await unseeing.locator("#questions button").waitFor();
	await unseeing.context().close();
}

async function earlierKeepsTheFocus(browser) {
	const chat = newChat("--title", "Long ago");

	run("chat-post", [], { user: "bob", input: Array.from({ length: 1300 }, (_, i) =>
		JSON.stringify({ type: "message", chat_id: chat, data: { text: `line ${i}` } })).join("\n") });
	const page = await open(browser, address.origin, chat), earlier = page.getByRole("button", { name: "Earlier" });

	await page.getByText("line 1299", { exact: true }).waitFor();
	await earlier.focus();
	await page.evaluate(() => {
		globalThis.lost = 0;
		document.getElementById("earlier").addEventListener("blur", () => globalThis.lost++);
	});
	await page.keyboard.press("Enter");
	await page.keyboard.press("Enter");
	await until(async () => (await seqs(page)).length >= 600, "those before");
	same([await focused(page), await page.evaluate(() => globalThis.lost)], ["earlier", 0], "the focus");
	await until(async () => {
		await page.keyboard.press("Enter");
		return (await seqs(page)).length === 1300;
	}, "all");
	await earlier.waitFor({ state: "hidden" });
	same(await focused(page), "log", "the focus, when there is nothing before");
	await page.context().close();
}

async function cardGivesTheFocusBack(browser) {
	const chat = newChat("--title", "Looked into", "--approve", "tasks");
	const page = await open(browser, address.origin, chat);
	const row = page.getByRole("treeitem", { name: /look into it/ });

	await isOnline(page);
	run("task-add", ["--chat", chat, "look into it"]);
	const asking = group(page, /look into it, asks you/);

	await asking.getByRole("button", { name: "Details" }).click();
	await page.getByRole("region", { name: "Task" }).getByRole("button", { name: "Approve" }).click();
	await group(page, /look into it, done/).waitFor(); /* its buttons are others by now */
	await page.getByRole("region", { name: "Task" }).getByRole("heading").first().focus();
	await page.keyboard.press("Escape");
	same(await focused(page), "Details", "the focus, where the button was made anew");
	await row.focus();
	await page.keyboard.press("Enter");
	await page.keyboard.press("Escape");
	same(/look into it/.test(await focused(page)), true, "the row has the focus");
	await page.context().close();
}

/* The task changes while a reason is typed, and when that is done. */
async function reasonsStay(browser) {
	const chat = newChat("--title", "Reasons", "--approve", "tasks");
	const task = run("task-add", ["--chat", chat, "--ids", "burn it"]);
	const page = await open(browser, address.origin, chat), card = page.getByRole("region", { name: "Task" });
	const change = async (priority) => {
		run("task-edit", ["--priority", priority, task]);
		await card.getByText(priority, { exact: true }).waitFor();
	};

	await group(page, /burn it, asks you/).getByRole("button", { name: "Details" }).click();
	await card.getByLabel("Reason").fill("too hot");
	await change("high");
	await focusIs(page, /^$/);
	await page.keyboard.press("Shift+Tab");
	await change("low");
	await focusIs(page, /^Deny$/);
	await page.keyboard.press("Enter");
	await until(() => run("task-show", ["--jq", ".approval.reason", task]) === "too hot", "the reason");
	await page.context().close();
}

async function refusedLetters(browser) {
	const chat = run("chat-new", ["--ids", "--title", "Not hers any more"], { user: "bob" });

	post(chat, "welcome", "bob");
	const page = await open(browser, address.origin, chat), letter = page.locator("#outbox article");

	await hasAllUpTo(page, 1);
	run("chat-edit", ["--may", "post=owner", chat], { user: "bob" });
	await message(page).fill("may I?");
	await message(page).press("Enter");
	await letter.getByRole("button", { name: "Send again" }).focus();
	await picture(page, "refused");
	await page.keyboard.press("Enter");
	await letter.getByText(/Not sent:/).waitFor();
	await focusIs(page, /^Send again$/);
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await letter.waitFor({ state: "detached" });
	same(await focused(page), "message", "the focus, when it is discarded");
	await page.context().close();
}

async function noticesBesideADrawer(browser) {
	const chat = newChat("--title", "Drawers");
	const page = await open(browser, address.origin, chat, { size: "tablet" });

	await isOnline(page);
	post(chat, "not yet", "bob");
	const task = run("task-add", ["--chat", chat, "--when-idle", "1h", "--ids", "wait for it"]);

	await page.getByRole("button", { name: "Tasks", exact: true }).click();
	await page.getByRole("treeitem", { name: /wait for it/ }).click();
	const card = page.getByRole("region", { name: "Task" });

	await card.getByRole("button", { name: "Cancel" }).waitFor();
	await page.evaluate((id) => { /* what is asked for is refused: there is no such task */
		const send = WebSocket.prototype.send;

		WebSocket.prototype.send = function (text) {
			send.call(this, text.includes("\"cancel\"") ? text.replace(id, "00000000-0000-4000-8000-000000000000") : text);
		};
	}, task);
	await card.getByRole("button", { name: "Cancel" }).click();
	await notices(page).getByText(/Not done/).waitFor();
	same(await notices(page).getAttribute("aria-atomic"), "false", "all notices are told anew with each");
	same(await page.evaluate(() => Boolean(document.getElementById("notices").closest("[inert]"))), false, "inert");
	same(await page.evaluate(() => Boolean(document.getElementById("log").closest("[inert]"))), true, "the log is inert");
	await picture(page, "notice");
	await notices(page).getByRole("button", { name: "Close" }).click();
	await notices(page).getByText(/Not done/).waitFor({ state: "detached" });
	await page.context().close();
}

async function toldTwice(browser) {
	const chat = newChat("--title", "Again and again");

	post(chat, "hello", "bob");
	const page = await open(browser, address.origin, chat);

	await hasAllUpTo(page, 1);
	await page.evaluate(() => {
		globalThis.told = [];
		new MutationObserver((changes) => {
			for (const { addedNodes } of changes)
				globalThis.told.push(...[...addedNodes].map((node) => node.textContent));
		}).observe(document.getElementById("announce"), { childList: true, characterData: true, subtree: true });
	});
	for (let times = 1; times <= 2; times++) {
		post(chat, "are you there?", "bob");
		await until(() => page.evaluate((n) => globalThis.told.length >= n, times), `told ${times} times`);
	}
	same(await page.evaluate(() => globalThis.told), Array(2).fill("bob: are you there?"), "what is told");
	await page.context().close();
}

async function thereAlready(browser) {
	const chat = newChat("--title", "Twice", "--approve", "tasks");
	const page = await open(browser, address.origin, chat);

	await isOnline(page);
	for (let times = 0; times < 2; times++) {
		await message(page).fill("bake one cake");
		await page.getByRole("button", { name: "Start task" }).click();
		await group(page, /bake one cake, asks you/).waitFor();
	}
	await notices(page).getByText("Not added: this task is there already, and waiting.").waitFor();
	same(await page.locator("#outbox article").count(), 0, "what is not stored yet");
	await picture(page, "twice");
	await notices(page).getByRole("button", { name: "Show it" }).click();
	await page.getByRole("region", { name: "Task" }).getByRole("heading", { name: "bake one cake" }).waitFor();
	await page.context().close();
}

/* 210 that are over, and before them one that runs: it is known, and so is one that is added
 * elsewhere as soon as the session says that something has changed. */
async function tasksOfElsewhere(browser) {
	const chat = newChat("--title", "Many tasks"), idle = ["--chat", chat, "--when-idle", "1h", "--ids"];

	post(chat, "not yet", "bob");
	const old = run("task-add", [...idle, "the oldest of all"]);
	const input = Array.from({ length: 210 }, (_, i) => `{"instruction":"short ${i}"}`).join("\n");
	let tell = () => {};

	run("agent-cancel", run("task-add", idle, { input }).split("\n"));
	const page = await open(browser, address.origin, chat, { before: withoutClock, wires: (socket) => {
		const server = socket.connectToServer();

		tell = () => socket.send(JSON.stringify({ type: "tasks_changed", chat_id: chat, data: {} }));
		server.onMessage((text) => socket.send(text));
	} });

	await isOnline(page);
	await page.locator(`#tree [data-task="${old}"]`).waitFor();
	same(await page.locator("#tree [role=treeitem]").count(), 201, "rows");
	await until(() => page.evaluate(() => performance.now() > 4000), "what is asked at first is answered");
	const added = run("task-add", [...idle, "the newest of all"]);

	tell();
	await page.locator(`#tree [data-task="${added}"]`).waitFor();
	await page.context().close();
}

/* Another user's page at the same address, in the same tab: nothing that ada has written is there. */
async function eachTheirOwn(browser, cable, origin, other) {
	const chat = newChat("--title", "Shared"), page = await open(browser, origin, chat);
	const said = () => run("chat-show", ["--jq", "[.user_id, .data.text] | join(\": \")", chat]).split("\n");
	const as = async (hash, user) => {
		await page.goto(`${origin}/${hash}&chat=${chat}`);
		await page.getByText(`You are ${user}`).waitFor();
		await isOnline(page);
	};

	await isOnline(page);
	cable.cut();
	await message(page).fill("ada's letter");
	await message(page).press("Enter");
	await message(page).fill("ada's draft");
	await page.locator("#outbox article").waitFor();
	cable.lead(other.port);
	cable.mend();
	await as(other.hash, "bob");
	same(await message(page).inputValue(), "", "bob sees a draft");
	await message(page).fill("bob's own");
	await message(page).press("Enter");
	await hasAllUpTo(page, 1);
	same([said(), await page.locator("#outbox article").count()], [["bob: bob's own"], 0], "what was said");
	cable.lead(address.port);
	cable.cut();
	cable.mend();
	await as(address.hash, "ada");
	await until(() => said().includes("ada: ada's letter"), "her letter is sent by her");
	same(await message(page).inputValue(), "ada's draft", "her draft");
	same(await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
		.filter((name) => !/ of (ada|bob)$|\.(token|theme)$/.test(name))), [], "kept for anybody");
	same(lastSeq(chat), 2, "all that was said");
	await page.context().close();
}

/** All of them; what goes through the cable can be cut. */
export async function looksAtHands(browser, cable, origin, other) {
	await check("there is a way to what asks, but to what is in sight", () => waysToQuestions(browser));
	await check("Earlier keeps the focus while it asks, and leaves it to the log", () => earlierKeepsTheFocus(browser));
	await check("a card gives the focus back, though its button was made anew", () => cardGivesTheFocusBack(browser));
	await check("a reason that is typed stays, though the task changes", () => reasonsStay(browser));
	await check("what was refused is sent again, or discarded, and the focus stays near", () => refusedLetters(browser));
	await check("a notice is seen, heard and closed while a drawer is open", () => noticesBesideADrawer(browser));
	await check("the same words are told again when they are said again", () => toldTwice(browser));
	await check("who starts a task twice is told that it is there", () => thereAlready(browser));
	await check("tasks are known that are old and wait, or are added elsewhere", () => tasksOfElsewhere(browser));
	await check("what one user wrote is not another's at the same address", () => eachTheirOwn(browser, cable, origin, other));
}
