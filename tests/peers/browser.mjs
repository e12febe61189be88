/*
 * browser.mjs ADDRESS OTHER - the pages at those addresses, as people see them in headless Chromium
 *
 * ADDRESS is ada's, OTHER bob's.  One window is behind a proxy that can be cut.  Prints "ok - what"
 * or "not ok - what" for each thing that is looked at, and "# why" before what is not so.  Leaves
 * pictures in the folder SEEN.
 */
import { writeFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { looksAtHands } from "./hands.mjs";
import {
	address, Cable, check, complaints, group, hasAllUpTo, isOnline, lastSeq, message, newChat, open,
	picture, post, run, same, seqs, status, until,
} from "./seeing.mjs";
import { everySize, tenThousand } from "./sights.mjs";
import { looksAtWires } from "./wires.mjs";

const other = new URL(process.argv[3]);
const CUT_MS = 10_000;

/* --- the looks */

async function twoSeeTheSame(browser, cable) {
	const chat = newChat("--title", "Two who look");
	const ada = await open(browser, address.origin, chat), far = await open(browser, cable, chat);

	await isOnline(ada);
	await isOnline(far);
	await message(ada).fill("bake, and wait");
	await message(ada).press("Control+Enter");
	for (const page of [ada, far])
		await group(page, /bake, and wait, running/).waitFor();
	await picture(ada, "running");
	await group(ada, /bake, and wait/).getByRole("button", { name: /bake, and wait/ }).click();
	await ada.getByText("The oven first, then the cake.").first().waitFor();
	await picture(ada, "unfolded");
	writeFileSync("go", "");
	for (const page of [ada, far])
		await group(page, /bake, and wait, done/).waitFor();
	await until(() => run("chat-show", ["--jq", "select(.type == \"status\").data.message", chat])
		.includes("completed"), "its last words");
	for (const page of [ada, far])
		await hasAllUpTo(page, lastSeq(chat));
	await picture(far, "done");
	return { chat, ada, far };
}

async function cutAndBack({ chat, far }, cable) {
	cable.cut();
	const begun = Date.now();

	await until(async () => (await status(far)).includes("offline"), "offline");
	await message(far).fill("said meanwhile");
	await message(far).press("Enter");
	await picture(far, "offline");
	for (let i = 0; i < 40; i++)
		post(chat, `meanwhile ${i}`, "bob");
	await new Promise((resolve) => setTimeout(resolve, CUT_MS - (Date.now() - begun)));
	cable.mend();
	await isOnline(far);
	await until(() => run("chat-show", ["--jq", ".data.text", chat]).includes("said meanwhile"),
		"what was typed while offline");
	await hasAllUpTo(far, lastSeq(chat));
	same(run("chat-show", ["--jq", "select(.data.text == \"said meanwhile\").user_id", chat]), "ada",
		"it was said once, by ada");
}

/* Cut while the past is still coming, and again and again; and more is said meanwhile. */
async function cutInThePast(browser, cable, origin) {
	const chat = newChat("--title", "Much");
	const say = (from, to) => run("chat-post", [], { user: "bob", input: Array.from({ length: to - from },
		(_, i) => JSON.stringify({ type: "message", chat_id: chat, data: { text: `${from + i} `.repeat(2000) } })).join("\n") });

	say(0, 250);
	const page = await open(browser, origin, chat);

	for (let round = 0; round < 3; round++) {
		await until(async () => (await seqs(page)).length > round * 20, "a beginning");
		cable.cut();
		say(250 + round * 200, 450 + round * 200);
		cable.mend();
		await page.getByRole("button", { name: "Connect now" }).click({ timeout: 3000 }).catch(() => {});
		await isOnline(page);
	}
	await until(async () => (await seqs(page)).includes(lastSeq(chat)), "the last");
	const all = await seqs(page);

	same(all, Array.from({ length: all.length }, (_, i) => all[0] + i), "no gap");
	await page.context().close();
}

/* The first key that is pressed, and an event that is dated with a word, as an old one may be. */
async function oddDatesAndSkipping(browser) {
	const chat = newChat("--title", "Odd"), line = { type: "message", chat_id: chat };
	const odd = { ...line, id: crypto.randomUUID(), at: "yesterday", user_id: "bob", seq: 2, data: { text: "odd" } };

	run("chat-post", [chat, "first"], { user: "bob" });
	run("store-load", [], { input: JSON.stringify({ key: `event/${chat}/2`, sets: [`events.${chat}`],
		names: [`eid/${odd.id}`], value: odd }) });
	run("chat-post", [chat, "last"], { user: "bob" });
	const page = await open(browser, address.origin, chat);

	await hasAllUpTo(page, 3);
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	same(await page.evaluate(() => document.activeElement.id), "message", "the focus");
	same([new URL(page.url()).hash, (await seqs(page)).length], [`#chat=${chat}`, 3], "the chat is still there");
	await page.reload();
	await hasAllUpTo(page, 3);
	await page.context().close();
}

async function textsAreTexts(browser) {
	const chat = newChat("--title", "<b>bold</b> & <img src=x onerror=\"document.title='owned'\">");
	const text = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>" +
		" \u001b[31mred\u0007 \u202egnorw a\u0000z";

	run("chat-post", [], { user: "bob", input: JSON.stringify({ type: "message", chat_id: chat, data: { text } }) });
	const page = await open(browser, address.origin, chat);

	await hasAllUpTo(page, 1);
	const seen = await page.locator("#items article").first().textContent();

	same(seen.includes("<img src=x onerror="), true, "what looks like HTML is seen as it is");
	same(/[\u0000-\u0008\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/.test(seen), false, "no control character");
	same(await page.locator("#items img, #items script, #chat-list img, #chat-list b").count(), 0, "elements made of text");
	same((await page.title()).startsWith("owned"), false, "the title");
	await picture(page, "texts");
	await page.context().close();
}

async function whoHasNoToken(browser) {
	for (const hash of ["", "#token=" + "0".repeat(40), address.hash.slice(0, -1)]) {
		const page = await open(browser, address.origin, null, { hash });

		await page.getByRole("textbox", { name: "Address or token" }).waitFor();
		same(await page.getByRole("navigation", { name: "Chats" }).isVisible(), false, "the chats");
		await picture(page, "gate");
		await page.context().close();
	}
}

async function whatIsNotHers(browser) {
	const secret = run("chat-new", ["--ids", "--title", "Bob's own", "--may", "read=owner"], { user: "bob" });

	post(secret, "the secret of bob", "bob");
	const page = await open(browser, address.origin, secret);

	await isOnline(page);
	await page.getByText(/ada may not read/).first().waitFor().finally(() => picture(page, "not-hers"));
	same((await page.content()).includes("the secret of bob"), false, "what he said");
	same((await page.content()).includes("Bob's own"), false, "what it is called");
	await page.context().close();
}

async function tokenStaysHere(browser) {
	const asked = [], page = await open(browser, "about:blank", null, { hash: "" });

	page.on("request", (request) => asked.push(request.url() + JSON.stringify(request.headers())));
	await page.goto(address.href);
	await isOnline(page);
	const token = address.hash.split("=")[1];

	same(asked.some((each) => each.includes(token)), false, "a request for a file has it");
	same(page.url().includes(token), false, "the address bar has it");
	await page.reload();
	await isOnline(page);
	await page.context().close();
}

async function decided(browser) {
	const chat = newChat("--title", "Asked", "--approve", "tasks");
	const page = await open(browser, address.origin, chat);

	await isOnline(page);
	for (const [text, button, end] of [["bake it", "Approve", /bake it, done/],
		["burn it", "Deny", /burn it, cancelled/]]) {
		await message(page).fill(text);
		await page.getByRole("button", { name: "Start task" }).click();
		await group(page, new RegExp(`${text}, asks you`)).waitFor();
		await picture(page, "asks");
		await group(page, new RegExp(text)).getByRole("button", { name: button }).first().click();
		await group(page, end).waitFor();
	}
	await page.context().close();
}

async function endedAndAgain(browser) {
	const chat = newChat("--title", "Ended");
	const page = await open(browser, address.origin, chat);

	await isOnline(page);
	run("task-add", ["--chat", chat, "--max-attempts", "1", "please fail"]);
	await group(page, /please fail, failed/).waitFor();
	await picture(page, "failed");
	await group(page, /please fail/).getByRole("button", { name: "Retry" }).first().click();
	await until(() => run("task-list", ["--jq", "select(.title == \"please fail\").retries"]) === "1",
		"it is put back");
	post(chat, "not yet", "bob");
	const first = run("task-add", ["--chat", chat, "--when-idle", "1h", "--ids", "later one"]);

	run("task-add", ["--chat", chat, "--depends-on", first, "later two"]);
	await group(page, /later two, waits/).waitFor();
	await group(page, /later two/).getByRole("button", { name: "Cancel" }).click();
	await group(page, /later two, cancelled/).waitFor();
	await page.getByRole("button", { name: "Cancel all" }).click();
	await until(() => run("task-list", ["--jq", `select(.chat_id == "${chat}").status`]).split("\n")
		.every((each) => /cancelled|failed/.test(each)), "all have ended");
	await page.context().close();
}

async function treeAndCard(browser) {
	const chat = newChat("--title", "Parts");

	run("task-add", ["--chat", chat, "Do both:\n- sieve the flour\n- beat the eggs"]);
	const page = await open(browser, address.origin, chat);

	await isOnline(page);
	const tree = page.getByRole("tree");

	await tree.getByRole("treeitem", { name: /Do both/ }).waitFor();
	await tree.getByRole("treeitem").first().focus();
	await page.keyboard.press("End");
	await page.keyboard.press("Home");
	await page.keyboard.press("ArrowRight");
	await page.keyboard.press("ArrowRight");
	same(/sieve|beat/.test(await page.evaluate(() => document.activeElement.textContent)), true, "a part has the focus");
	await page.keyboard.press("ArrowLeft");
	await page.keyboard.press("Enter");
	const card = page.getByRole("region", { name: "Task" });

	for (const name of ["Plan", "Why", "Usage"])
		await card.getByRole("heading", { name }).waitFor();
	await picture(page, "card");
	await page.keyboard.press("Escape");
	await group(page, /Do both.*done/).waitFor();
	await page.context().close();
}

const browser = await chromium.launch({
	executablePath: "/usr/bin/chromium",
	args: process.getuid() === 0 ? ["--no-sandbox"] : [], /* Chromium has none for root */
});
const cable = new Cable(), far = await cable.listen();
let both;

await check("two browsers see the same task live, and all of its events", async () => {
	both = await twoSeeTheSame(browser, far);
});
await check("one is cut off for ten seconds, comes back, and has missed nothing", () => cutAndBack(both, cable));
await check("one is cut off while the past is still coming, and misses nothing", () => cutInThePast(browser, cable, far));
await check("the skip link stays in the chat, and an odd date hides nothing", () => oddDatesAndSkipping(browser));
await check("texts are texts: no element, no control character comes of one", () => textsAreTexts(browser));
await check("who has no token, or a wrong one, sees nothing", () => whoHasNoToken(browser));
await check("another user's chat is not shown", () => whatIsNotHers(browser));
await check("the token is in no request for a file, and not in the address bar", () => tokenStaysHere(browser));
await check("what a task asks is approved and denied", () => decided(browser));
await check("a task that failed is tried again; one is cancelled, and all are", () => endedAndAgain(browser));
await check("subtasks are a tree for the keyboard, and a task has a card", () => treeAndCard(browser));
await looksAtHands(browser, cable, far, other);
await looksAtWires(browser);
await check("10,000 events are all there, and hardly more work than few", () => tenThousand(browser));
await check("nothing is cut off at 320, 1000, 1280 and 2560 columns, light and dark", () => everySize(browser));
await check("no script failed, and nothing was refused by the policy", async () => same(complaints, [], "complaints"));
await browser.close();
cable.close();
