# The page's modules that need no browser: texts, folding, trees, and the connection.

load test_helper

setup() {
	common_setup
	cp "$ROOT"/share/web/*.js "$BATS_TEST_TMPDIR"
	echo '{"type":"module"}' >"$BATS_TEST_TMPDIR/package.json"
}

# try - run what is on standard input, as a module beside the page's; `same` compares
try() {
	{
		echo 'import { deepStrictEqual as same } from "node:assert";'
		cat
	} >"$BATS_TEST_TMPDIR/try.js"
	node "$BATS_TEST_TMPDIR/try.js"
}

@test "web: what would move or hide letters is shown as a sign" {
	try <<-'EOT'
		import { shown, shownLine, wellFormed } from "./text.js";
		same(shown("a\u001b[31mb\u0000c\u007f"), "a⟨U+001B⟩[31mb⟨U+0000⟩c⟨U+007F⟩");
		same(shown("a\u202eb\u2066c\u0085"), "a⟨U+202E⟩b⟨U+2066⟩c⟨U+0085⟩");
		same(shown("<img src=x onerror=alert(1)>"), "<img src=x onerror=alert(1)>");
		same(shown("one\r\ntwo\tthree\n"), "one\ntwo\tthree\n");
		same(shown("\ud83e\udd16 \ud800"), "\u{1f916} \ufffd");
		same(shown(undefined), "");
		same(shownLine("  a\n  long\tline of words", 8), "a long l…");
		same([8, 9].map((most) => shownLine("a long \u{1f916}\u{1f916}", most)), ["a long…", "a long \u{1f916}…"]);
		same(wellFormed("a\udc00\u{1f916}"), "a\ufffd\u{1f916}");
	EOT
}

@test "web: letters that nobody sees are shown; emoji and scripts that join stay whole" {
	try <<-'EOT'
		import { shown } from "./text.js";
		for (const code of [0xad, 0x34f, 0x115f, 0x1160, 0x180e, 0x200b, 0x2060, 0x2064, 0x3164, 0xfeff, 0xffa0, 0xe0000, 0xe0041, 0xe007f])
			same(shown(`a${String.fromCodePoint(code)}b`), `a⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩b`);
		same(shown("pass\u200dword \u200c, \u200d"), "pass⟨U+200D⟩word ⟨U+200C⟩, ⟨U+200D⟩");
		for (const whole of ["\u{1f469}\u200d\u{1f4bb}", "\u2764\ufe0f\u200d\u{1f525}", "1\ufe0f\u20e3", "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0d28\u0d4d\u200d", "\u845b\u{e0100}"])
			same(shown(whole), whole);
	EOT
}

@test "web: a call of a tool is a line" {
	try <<-'EOT'
		import { callLine } from "./text.js";
		same(callLine({ command: "ls\n-l" }), "ls -l");
		same(callLine({ path: "a", lines: 2 }), '{"path":"a","lines":2}');
		same(callLine(undefined), "");
	EOT
}

@test "web: a token is found in an address, or is what was pasted" {
	try <<-'EOT'
		import { tokenIn } from "./memory.js";
		same(tokenIn("http://127.0.0.1:8042/#token=abc&chat=1"), "abc");
		same(tokenIn(" abc\n"), "abc");
	EOT
}

# What the tests of folding share: events of people and of tasks.
chat() {
	cat <<-'EOT'
		import { Fold, hasEnded } from "./fold.js";
		let seq = 0;
		const say = (type, data, more) => ({ seq: ++seq, at: `2026-11-20T12:00:0${seq % 10}.000Z`, type, data, ...more });
		const person = (text) => say("message", { text }, { user_id: "ann" });
		const of = (id) => (type, data, session_id = "s") => say(type, { task_id: id, ...data }, session_id && { session_id });
		const shape = (fold) => fold.items.map((item) => item.kind === "event" ? item.event.seq
			: [item.taskId, item.state, item.events.map((event) => event.seq)]);
	EOT
}

@test "web: what a task says is a group, where its first word stands" {
	{
		chat
		cat <<-'EOT'
			const fold = new Fold(), a = of("a"), b = of("b");
			fold.add(person("one"));
			same(fold.add(a("status", { message: "Task a: Starting execution..." })).isNew, true);
			same(fold.add(b("status", { message: "Executing task: second..." })).isNew, true);
			same(fold.add(a("tool_use", { name: "run" })).isNew, false);
			fold.add(person("two"));
			fold.add(a("message", { text: "done" }, null));
			fold.add(a("status", { message: "Task a completed successfully", elapsed_ms: 5 }, null));
			fold.add(b("error", { message: "Task b failed: no" }, null));
			same(shape(fold), [1, ["a", "completed", [2, 4, 6, 7]], ["b", "failed", [3, 8]], 5]);
			same(fold.groupOf("a").elapsedMs, 5);
			same(fold.groupOf("b").title, "second");
		EOT
	} | try
}

@test "web: a question is open until it is answered; who was cancelled has not failed" {
	{
		chat
		cat <<-'EOT'
			const fold = new Fold(), a = of("a");
			fold.add(a("approval_request", { request_id: "r", question: "May I?" }));
			same([fold.groupOf("a").state, fold.groupOf("a").ask.data.question], ["asking", "May I?"]);
			fold.add(a("status", { message: "approved", request_id: "r" }, null));
			same([fold.groupOf("a").state, fold.groupOf("a").ask], ["in_progress", null]);
			fold.add(a("error", { message: "not yet" }));
			same(hasEnded(fold.groupOf("a").state), false);
			fold.add(a("status", { message: "Task a1b2c3d4 cancelled: ann has" }, null));
			same(fold.groupOf("a").state, "cancelled");
		EOT
	} | try
}

@test "web: a task that speaks again after its end goes on, or begins another group behind others' words" {
	{
		chat
		cat <<-'EOT'
			const fold = new Fold(), a = of("a"), end = () => a("error", { message: "no", elapsed_ms: 1 }, null);
			fold.add(end());
			fold.add(a("status", { message: "Task a: Starting execution..." }));
			same(shape(fold), [["a", "in_progress", [1, 2]]]);
			fold.add(end());
			fold.add(person("hm"));
			fold.add(a("status", { message: "Task a: Starting execution..." }));
			same(shape(fold), [["a", "failed", [1, 2, 3]], 4, ["a", "in_progress", [5]]]);
		EOT
	} | try
}

@test "web: earlier events stand before, and groups that they begin take their place" {
	{
		chat
		cat <<-'EOT'
			const a = of("a"), b = of("b"), all = [];
			for (let i = 0; i < 4; i++)
				all.push(person("x"), a("tool_use", {}), b("thought", { text: "y" }));
			all.push(b("status", { message: "done", elapsed_ms: 2 }, null), a("thought", {}), person("z"));
			const whole = new Fold();
			for (const event of all)
				whole.add(event);
			for (let cut = 1; cut < all.length; cut++) {
				const fold = new Fold();
				for (const event of all.slice(cut))
					fold.add(event);
				const half = Math.floor(cut / 2);
				fold.prepend(all.slice(half, cut));
				fold.prepend(all.slice(0, half));
				same(shape(fold), shape(whole));
			}
		EOT
	} | try
}

@test "web: each event is taken once; earlier ones end where the others begin" {
	{
		chat
		cat <<-'EOT'
			import { Room } from "./room.js";
			const room = new Room("c", "ann"), all = Array.from({ length: 9 }, (_, i) => person(`${i}`));
			for (const event of [...all.slice(4, 7), ...all.slice(5)])
				room.take(event);
			same([room.firstSeq, room.lastSeq, room.hasEarlier], [5, 9, true]);
			room.takeEarlier(all.slice(2, 6));
			room.takeEarlier(all.slice(0, 2));
			same(room.fold.items.map(({ event }) => event.seq), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
			same(room.hasEarlier, false);
		EOT
	} | try
}

@test "web: something new that comes before the past costs nothing of it" {
	{
		chat
		cat <<-'EOT'
			import { Room } from "./room.js";
			const room = new Room("c", "ann"), all = Array.from({ length: 6 }, (_, i) => person(`${i}`));
			for (const event of [all[4], ...all.slice(2)])
				room.take(event);
			same(room.ready().items.map(({ event }) => event.seq), [3, 4]);
			same([room.firstSeq, room.lastSeq, room.fold.items.map(({ event }) => event.seq)], [3, 6, [3, 4, 5, 6]]);
			const cut = new Room("c", "ann");
			for (const event of [all[4], all[0], all[1]])
				cut.take(event);
			same([cut.ready().items, cut.firstSeq], [[], 5]);
		EOT
	} | try
}

@test "web: of many tasks the newest are told, and older ones that are not over" {
	try <<-'EOT'
		import { Room, withOlder } from "./room.js";
		const task = (n, status, more) => ({ id: `t${n}`, status, created_at: `2026-11-20T12:00:0${n}.000Z`, ...more });
		const newest = [task(9, "completed"), task(8, "pending")];
		const live = [task(4, "in_progress"), task(8, "pending"), task(6, "pending"), task(2, "pending", { waiting: "approval" })];
		same(withOlder(newest, live).map(({ id }) => id), ["t9", "t8", "t6", "t4", "t2"]);
		const room = new Room("c", "ann");
		room.list(newest);
		const before = room.marks;
		same(room.list(withOlder(newest, live)), ["t6", "t4", "t2"]);
		same([before, room.marks], ["", "t4,in_progress,t2,asking"]);
	EOT
}

@test "web: an old task that was running and is not listed any more is asked for, once" {
	try <<-'EOT'
		import { Room } from "./room.js";
		const task = (id, status) => ({ id, status, created_at: "2026-11-20T12:00:00.000Z" });
		const room = new Room("c", "ann"), newest = [task("new", "pending"), task("over", "completed")];
		room.list([...newest, task("old", "in_progress")]);
		same([room.strangers(9), room.task("old").status], [[], "in_progress"]);
		room.list([newest[0]]);
		same([room.strangers(9), room.task("old"), room.task("over").status], [["old"], undefined, "completed"]);
		room.learn(task("old", "completed"));
		room.list(newest);
		same([room.strangers(9), room.task("old").status], [[], "completed"]);
	EOT
}

@test "web: tasks that are not over are asked for at once, to the end, and told once" {
	try <<-'EOT'
		import { allLive, withOlder } from "./room.js";
		const asked = [], answers = [
			{ tasks: [{ id: "c", created_at: "3" }, { id: "b", created_at: "2" }], more: true, cursor: "here" },
			{ tasks: [{ id: "b", created_at: "2" }, { id: "a", created_at: "1" }], more: false }];
		const live = await allLive(async (more) => { asked.push(more); return answers.shift(); }, 2);
		const status = ["in_progress", "pending"];
		same(asked, [{ status, limit: 2 }, { status, limit: 2, cursor: "here" }]);
		same(withOlder([{ id: "c" }], live).map(({ id }) => id), ["c", "b", "a"]);
	EOT
}

# What the tests of what is kept share: the storage of a tab.
storage() {
	cat <<-'EOT'
		const kept = new Map();
		globalThis.sessionStorage = { getItem: (name) => kept.get(name) ?? null,
			setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) };
		const { Outbox } = await import("./outbox.js");
		const offline = () => Promise.reject(Object.assign(new Error("no"), { isOffline: true }));
		const texts = (outbox) => outbox.letters.map(({ text }) => text);
	EOT
}

@test "web: what one user wrote is neither shown to another nor sent as theirs" {
	{
		storage
		cat <<-'EOT'
			const anns = new Outbox(offline, () => {});
			anns.add("message", "c", "before anybody was known");
			anns.meet("ann");
			anns.add("message", "c", "ann's");
			const sent = [], bobs = new Outbox(async ({ text }) => sent.push(text), () => {});
			bobs.meet("bob");
			bobs.send();
			same([texts(bobs), sent], [[], []]);
			bobs.add("message", "c", "bob's");
			same(sent, ["bob's"]);
			const again = new Outbox(offline, () => {});
			again.meet("ann");
			same(texts(again), ["before anybody was known", "ann's"]);
			again.meet("bob");
			same(texts(again).includes("ann's"), false);
		EOT
	} | try
}

@test "web: what was seen in one tab stays seen, whatever another sees" {
	try <<-'EOT'
		const kept = new Map();
		globalThis.localStorage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
		globalThis.window = { setTimeout: (work) => (work(), 0) };
		globalThis.document = { getElementById: () => null };
		const { ChatsView } = await import("./chats-view.js");
		localStorage.setItem("legwork.seen of ann", '{"a":1,"b":1}');
		const [one, two] = [new ChatsView(), new ChatsView()];
		one.meet("ann"); two.meet("ann");
		one.see("a", 5);
		two.see("b", 3);
		same(JSON.parse(localStorage.getItem("legwork.seen of ann")), { a: 5, b: 3 });
	EOT
}

@test "web: what became of a letter is told with it" {
	{
		storage
		cat <<-'EOT'
			const told = [], answer = { task_id: "t", state: "pending", duplicate: true };
			const outbox = new Outbox(async () => answer, (stored, answer) => stored && told.push([stored.text, answer]));
			outbox.meet("ann");
			outbox.add("start_task", "c", "twice");
			await new Promise(setImmediate);
			same([told, texts(outbox)], [[["twice", answer]], []]);
		EOT
	} | try
}

@test "web: a text grows, is taken back, and gives way to the event that says it whole" {
	try <<-'EOT'
		import { Growing } from "./growing.js";
		const growing = new Growing(), texts = () => growing.of("t").map(({ kind, text }) => `${kind}: ${text}`);
		const delta = (kind, after, offset, text) => growing.add({ at: "", data: { task_id: "t", kind, after, offset, text } });
		delta("thought", 2, 0, "hm"); delta("text", 2, 0, "Hel"); delta("text", 2, 3, "lo");
		same(texts(), ["thought: hm", "text: Hello"]);
		delta("text", 2, 0, "Anew");
		same(texts(), ["thought: hm", "text: Anew"]);
		delta("text", 3, 0, "next");
		growing.settle({ type: "thought", n: 3, data: { task_id: "t" } });
		same(texts(), ["text: Anew", "text: next"]);
		growing.settle({ type: "message", n: 3, data: { task_id: "t" } });
		same(texts(), ["text: next"]);
		delta("text", 3, 0, "");
		same(texts(), []);
		delta("text", 4, 0, "late");
		growing.settle({ type: "status", n: 9, data: { task_id: "t", elapsed_ms: 1 } });
		same(texts(), []);
	EOT
}

@test "web: tasks are trees: what goes on first, children as they were made" {
	try <<-'EOT'
		import { forest, stateOf, summary, visible } from "./forest.js";
		const task = (id, status, more) => ({ id, status, ...more });
		const tasks = [task("e", "completed"), task("d", "in_progress", { spawned_by: "c" }),
			task("c", "pending", { parent_id: "a", waiting: "approval" }), task("b", "failed", { parent_id: "a" }),
			task("a", "pending", { waiting: "subtasks" }), task("x", "pending", { parent_id: "gone" })];
		const tops = forest(tasks), rows = (open) => visible(tops, new Set(open))
			.map(({ task: { id }, level, place, size }) => `${id}${level}${place}${size}`);
		same(rows([]), ["a113", "x123", "e133"]);
		same(rows(["a", "c"]), ["a113", "b212", "c222", "d311", "x123", "e133"]);
		same(stateOf(tasks[2]), "asking");
		same(summary(tasks), "1 asks you, 1 running, 2 waiting, 1 done, 1 failed");
	EOT
}

# What the tests of the connection share: a browser of which only the wires are there.
wires() {
	cat <<-'EOT'
		const sockets = [];
		globalThis.addEventListener = () => {};
		globalThis.document = { addEventListener() {}, visibilityState: "visible" };
		globalThis.WebSocket = class {
			static OPEN = 1;
			readyState = 1;
			sent = [];
			constructor(url) { this.url = url; sockets.push(this); come?.(this); }
			send(text) { this.sent.push(JSON.parse(text)); }
			close() { this.readyState = 3; }
			hear(line) { this.onmessage({ data: JSON.stringify(line) }); }
		};
		let come = null;
		const next = () => new Promise((resolve) => (come = resolve));
		const states = [], lines = [];
		const { Connection } = await import("./connection.js");
		const connection = new Connection("ws://x/session?token=t", {
			state: (state) => states.push(state), line: (line) => lines.push(line),
		});
		const meet = (socket, heartbeat_ms = 60000) => socket.hear({ type: "session_info", data: { heartbeat_ms } });
	EOT
}

@test "web: each answer goes to the line that asked, whatever events say, and a refusal says why" {
	{
		wires
		cat <<-'EOT'
			await connection.ask({ type: "tasks" }).then(() => same(0, 1), (no) => same(no.isOffline, true));
			connection.open();
			meet(sockets[0]);
			const one = connection.ask({ type: "tasks" }), two = connection.ask({ type: "task", task_id: "x" });
			sockets[0].hear({ type: "message", seq: 7, data: { text: "hi", line: 1 } });
			sockets[0].hear({ type: "error", data: { line: 2, code: 66, message: "no such task" } });
			sockets[0].hear({ type: "tasks", data: { line: 1, tasks: [] } });
			same(await one, { line: 1, tasks: [] });
			await two.then(() => same(0, 1), (no) => same([no.message, no.code, no.isOffline], ["no such task", 66, false]));
			same(states, ["connecting", "online"]);
			connection.close();
		EOT
	} | try
}

@test "web: a connection that broke comes back, and what was asked is told to have failed" {
	{
		wires
		cat <<-'EOT'
			connection.open();
			meet(sockets[0]);
			const asked = connection.ask({ type: "tasks" }), again = next();
			sockets[0].onclose();
			await asked.then(() => same(0, 1), (no) => same(no.isOffline, true));
			meet(await again);
			const answer = connection.ask({ type: "tasks" });
			sockets[1].hear({ type: "tasks", data: { line: 1 } });
			await answer;
			same(states, ["connecting", "online", "offline", "connecting", "online"]);
			connection.close();
		EOT
	} | try
}

@test "web: where nothing is heard for 2.5 heartbeats there is no connection" {
	{
		wires
		cat <<-'EOT'
			connection.open();
			const again = next(), began = Date.now();
			meet(sockets[0], 40);
			await again;
			same([states[2], sockets[0].readyState, Date.now() - began >= 100], ["offline", 3, true]);
			connection.close();
		EOT
	} | try
}

@test "web: who is refused is not connected again" {
	{
		wires
		cat <<-'EOT'
			connection.open();
			sockets[0].hear({ type: "error", data: { code: 77, message: "no" } });
			connection.hurry();
			same([states, sockets.length, lines], [["connecting", "refused"], 1, []]);
		EOT
	} | try
}
