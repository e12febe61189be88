/*
 * seeing.mjs - what browser.mjs looks with: commands, windows at the page, and a way to the server
 * that can be cut
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import net from "node:net";

export const address = new URL(process.argv[2]);
export const SIZES = { phone: [320, 640], tablet: [1000, 720], desk: [1280, 800], wide: [2560, 1440] };
const SEEN = process.env.SEEN;
const PATIENCE_MS = 20_000;

/* ONLY, a regular expression, chooses what is looked at. */
const only = new RegExp(process.env.ONLY ?? "");

mkdirSync(SEEN, { recursive: true });

/* A legwork command's output, without the newline at its end. */
export function run(command, args, { input, user = "ada" } = {}) {
	return execFileSync(command, args, {
		input, encoding: "utf8", stdio: ["pipe", "pipe", "inherit"],
		env: { ...process.env, LEGWORK_USER: user }, maxBuffer: 1 << 26,
	}).trimEnd();
}

export const newChat = (...args) => run("chat-new", ["--ids", ...args]);
export const post = (chat, text, user) => run("chat-post", [chat, text], { user });

export async function check(what, look) {
	if (!only.test(what))
		return;
	try {
		await look();
		console.log(`ok - ${what}`);
	} catch (error) {
		console.log(String(error.stack ?? error).slice(0, 1500).replace(/^/gm, "# "));
		console.log(`not ok - ${what}`);
	}
}

export function same(got, want, what = "") {
	if (JSON.stringify(got) !== JSON.stringify(want))
		throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

export async function until(look, what) {
	const end = Date.now() + PATIENCE_MS;

	for (;;) {
		if (await look())
			return;
		if (Date.now() > end)
			throw new Error(`in vain: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/* A way to the server that can be cut: what goes through it ends, and nothing new begins. */
export class Cable {
	#sockets = new Set();
	#isCut = false;
	#port = Number(address.port);

	/** To another server. */
	lead(port) {
		this.#port = Number(port);
	}

	async listen() {
		this.server = net.createServer((near) => {
			if (this.#isCut) {
				near.destroy();
				return;
			}
			const far = net.connect(this.#port, "127.0.0.1");

			for (const [a, b] of [[near, far], [far, near]]) {
				this.#sockets.add(a);
				a.pipe(b);
				a.on("error", () => b.destroy());
				a.on("close", () => (this.#sockets.delete(a), b.destroy()));
			}
		});
		await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
		return `http://127.0.0.1:${this.server.address().port}`;
	}

	cut() {
		this.#isCut = true;
		for (const socket of this.#sockets)
			socket.destroy();
	}

	mend() {
		this.#isCut = false;
	}

	close() {
		this.cut();
		this.server.close();
	}
}

/* --- somebody who looks */

export const complaints = [];

/* A window at a chat of the page, or at all of it.  `before` runs before the page's scripts, and
 * `wires` is what its sockets go through. */
export async function open(browser, origin, chat, { size = "desk", scheme = "light", hash, before, wires } = {}) {
	const [width, height] = SIZES[size];
	const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
	const page = await context.newPage();

	page.setDefaultTimeout(PATIENCE_MS);
	page.on("pageerror", (error) => complaints.push(String(error)));
	page.on("console", (message) => {
		if (message.type() === "error" && !/WebSocket|ERR_CONNECTION|ERR_EMPTY/.test(message.text()))
			complaints.push(message.text());
	});
	if (before)
		await page.addInitScript(before);
	if (wires)
		await page.routeWebSocket(/session/, wires);
	await page.goto(`${origin}/${hash ?? address.hash + (chat ? `&chat=${chat}` : "")}`);
	return page;
}

export const message = (page) => page.getByRole("textbox", { name: "Message" });
export const group = (page, name) => page.getByRole("group", { name });
export const status = (page) => page.getByRole("status", { name: "Connection" }).textContent();
export const isOnline = (page) => until(async () => (await status(page)).includes("online"), "online");
export const seqs = (page) => page.locator("#items article[data-seq]")
	.evaluateAll((all) => all.map((each) => Number(each.dataset.seq)));
export const picture = (page, name) => page.screenshot({ path: `${SEEN}/${name}.png` });

export async function hasAllUpTo(page, last) {
	await until(async () => (await seqs(page)).includes(last), `event ${last}`);
	same((await seqs(page)).sort((a, b) => a - b), Array.from({ length: last }, (_, i) => i + 1),
		"the events");
}

export const lastSeq = (chat) => Number(run("chat-show", ["--jq", ".seq", chat]).split("\n").pop());
