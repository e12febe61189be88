/*
 * sights.mjs - looks of browser.mjs at how the page is drawn: whether anything is cut off, whatever the
 * size; and whether much that was said makes it slow
 */
import { spawn } from "node:child_process";
import {
	address, group, isOnline, newChat, open, picture, post, run, same, seqs, SIZES, until,
} from "./seeing.mjs";

const line = (chat, text) => JSON.stringify({ type: "message", chat_id: chat, data: { text } }) + "\n";

/* --- how much work it is */

const COMING = 150, EVERY_MS = 20, MOST = { event: 2.5, frame: 4 };

const SCROLL = () => {
	const log = document.getElementById("log"), scroll = () => {
		const most = log.scrollHeight - log.clientHeight;

		log.scrollTop = most - 400 * (globalThis.scrolled++ % Math.min(60, most / 400));
		requestAnimationFrame(scroll);
	};

	globalThis.scrolled = 0;
	scroll();
};

/* How many milliseconds of its processor the page needs for what others say, while somebody looks on;
 * and for each frame, while somebody scrolls and others speak.  Of its processor: that is the same on a
 * machine that is busy with other things. */
async function workOf(page, chat) {
	const devtools = await page.context().newCDPSession(page);
	const used = async () => (await devtools.send("Performance.getMetrics")).metrics
		.find(({ name }) => name === "TaskDuration").value * 1000;

	await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
	const begun = await used();
	await othersSpeak(page, chat);
	const heard = await used();
	await page.evaluate(SCROLL);
	await othersSpeak(page, chat);
	const frames = await page.evaluate(() => globalThis.scrolled);

	return { event: (heard - begun) / COMING, frame: (await used() - heard) / frames };
}

async function othersSpeak(page, chat) {
	const last = Math.max(...await seqs(page));
	const poster = spawn("chat-post", { env: { ...process.env, LEGWORK_USER: "bob" },
		stdio: ["pipe", "ignore", "inherit"] });

	for (let i = 0; i < COMING; i++) {
		poster.stdin.write(line(chat, `coming ${i}`));
		await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
	}
	poster.stdin.end();
	await page.locator(`#items article[data-seq="${last + COMING}"]`).waitFor({ state: "attached" });
}

async function chatOf(browser, size) {
	const chat = newChat("--title", `With ${size}`);

	run("chat-post", [], { user: "bob", input: Array.from({ length: size }, (_, i) => line(chat, `line ${i}`)).join("") });
	const page = await open(browser, address.origin, chat), earlier = page.getByRole("button", { name: "Earlier" });

	await page.getByText(`line ${size - 1}`, { exact: true }).waitFor();
	while (await earlier.isVisible()) {
		const before = (await seqs(page)).length;

		await earlier.click();
		await until(async () => (await seqs(page)).length > before || !(await earlier.isVisible()), "earlier ones");
	}
	same((await seqs(page)).length, size, "all of them");
	const work = await workOf(page, chat);

	await page.context().close();
	return work;
}

/** All are there; and one more, and a frame, are hardly more work than where there are few. */
export async function tenThousand(browser) {
	const few = await chatOf(browser, 50), many = await chatOf(browser, 10_000);

	for (const [what, most] of Object.entries(MOST)) {
		console.log(`# work for each ${what}: ${few[what].toFixed(1)} ms in a chat of 50, ` +
			`${many[what].toFixed(1)} ms in one of 10,000`);
		same(many[what] < few[what] * most, true, `${what}: it is hardly more work with 10,000 events`);
	}
}

/* --- whether all is seen */

/* In the page: the texts of which a part cannot be seen, or sticks out of its element.  What ends in an
 * ellipsis says all in its title. */
function cutOff() {
	const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = new Set();
	const hides = (style, side) => ["hidden", "clip"].includes(style[`overflow${side}`]);
	const tell = (element, why) => found.add(`${why}: ${element.tagName}.${element.className} ` +
		element.textContent.slice(0, 40));

	for (let node = words.nextNode(); node; node = words.nextNode()) {
		const element = node.parentElement, range = document.createRange();

		if (!node.data.trim() || !element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }))
			continue;
		range.selectNodeContents(node);
		const rects = [...range.getClientRects()].filter(({ width }) => width > 0);

		let isWholeX = false, isWholeY = false;
		for (let each = element; each && !(isWholeX && isWholeY); each = each.parentElement) {
			const style = getComputedStyle(each), box = each.getBoundingClientRect();

			if (style.clipPath !== "none")
				break; /* only for who listens */
			if (style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none") {
				if ((each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight) && !each.title)
					tell(each, "no title");
				break;
			}
			if (each === element && each.clientWidth && each.scrollWidth > each.clientWidth + 1 &&
				style.overflowX !== "auto")
				tell(each, "sticks out");
			isWholeX ||= style.overflowX === "auto";
			isWholeY ||= style.overflowY === "auto" || each.tagName === "TEXTAREA";
			for (const rect of rects) {
				if (!isWholeX && hides(style, "X") && (rect.left < box.left - 1 || rect.right > box.right + 1))
					tell(element, "cut at a side");
				if (!isWholeY && hides(style, "Y") && (rect.top < box.top - 2 || rect.bottom > box.bottom + 2))
					tell(element, "cut above or below");
				if (!isWholeX && each === document.body && (rect.left < 0 || rect.right > innerWidth))
					tell(element, "beside the window");
			}
		}
	}
	if (document.documentElement.scrollWidth > innerWidth)
		found.add(`${document.documentElement.scrollWidth} columns in ${innerWidth}`);
	return [...found];
}

/* A chat that has all there is, and each of it is long. */
async function longChat() {
	const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(2);
	const chat = newChat("--title", `A chat that is called ${long}`);
	const ends = (title, state) => until(() => run("task-list", ["--jq", `select(.chat_id == "${chat}" and ` +
		`(.title | startswith("${title}"))) | .status`]).includes(state), `${title}: ${state}`);

	post(chat, `${long}\n\nand then the words that anybody has, of which there are so many that they take some lines.`,
		`bob-${"b".repeat(50)}`);
	post(chat, long, "ada");
	run("task-add", ["--chat", chat, "--max-attempts", "1", `please fail ${long}`]);
	await ends("please fail", "failed");
	run("task-add", ["--chat", chat, `Do both:\n- sieve the flour of ${long}\n- beat the eggs`]);
	await ends("Do both", "completed");
	run("chat-edit", ["--approve", "tasks", chat]);
	run("task-add", ["--chat", chat, `asked for ${long}`]);
	return chat;
}

/** Nothing is cut off at any size, in any view; each has its picture, which is there to be looked at. */
export async function everySize(browser) {
	const chat = await longChat(), found = [];

	for (const size of Object.keys(SIZES))
		for (const scheme of ["light", "dark"]) {
			const page = await open(browser, address.origin, chat, { size, scheme });
			const look = async (view) => {
				await page.evaluate(() => Promise.allSettled(document.getAnimations()
					.filter((each) => each instanceof CSSTransition).map((each) => each.finished)));
				await picture(page, `${size}-${scheme}${view && `-${view}`}`);
				found.push(...(await page.evaluate(cutOff)).map((what) => `${size} ${view}: ${what}`));
			};

			await isOnline(page);
			await group(page, /asked for/).waitFor();
			await page.locator("#tree li").first().waitFor({ state: "attached" });
			await look("");
			if (scheme === "dark") { /* only colours are others */
				await page.context().close();
				continue;
			}
			if (await page.getByRole("button", { name: "Chats" }).isVisible()) {
				await page.getByRole("button", { name: "Chats" }).click();
				await look("chats");
				await page.keyboard.press("Escape");
			}
			await group(page, /please fail/).getByRole("button", { name: /please fail/ }).click();
			await page.locator("#log").evaluate((log) => (log.scrollTop = 0));
			await look("top");
			await group(page, /Do both/).getByRole("button", { name: "Details" }).click();
			await page.getByRole("heading", { name: "Usage" }).waitFor();
			await look("card");
			await page.keyboard.press("Escape");
			if (await page.getByRole("button", { name: "Tasks", exact: true }).isVisible())
				await page.getByRole("button", { name: "Tasks", exact: true }).click();
			await page.getByRole("treeitem", { name: /please fail/ }).click();
			await page.getByRole("heading", { name: "Usage" }).waitFor();
			await look("failed");
			await page.context().close();
		}
	same(found, [], "what is not seen whole");
}
