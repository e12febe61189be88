/*
 * connection.js - a line to chat-session that comes back
 *
 * 1. Each frame is a line, and each line that is sent has one answer, which names its number
 *    (legwork-record(5), SESSION LINE): ask() is a promise of it.
 * 2. A connection that breaks, or from which nothing is heard for 2.5 heartbeats, is begun anew:
 *    after half a second, then after twice as long each time, up to half a minute; at once when the
 *    network or the person comes back.  What was asked is told to have failed then, and not asked
 *    again: who asks knows whether that does harm.
 * 3. Who is refused is not connected again.
 */

const FIRST_MS = 500, MOST_MS = 30000, BEATS = 2.5, OPENING_MS = 10000;

/** What an ask() is rejected with: a line of type error, or that there is no connection. */
export class Refusal extends Error {
	constructor(message, code) {
		super(message);
		this.code = code;
		this.isOffline = code === undefined;
	}
}

export class Connection {
	#url;
	#on;
	#socket = null;
	#asked = new Map(); /* by line: resolve, reject */
	#line = 0;
	#failures = 0;
	#timer = 0;
	#silence = 0; /* the timer that ends a silent connection */
	#heartbeat_ms = 0;
	#heard = 0;
	#isOver = false;

	/**
	 * @param {string} url of the WebSocket, with the token
	 * @param {{state: (state: string, retry_ms?: number) => void, line: (line: any) => void}} on
	 *   what happens: `state` is connecting, online, offline or refused
	 */
	constructor(url, on) {
		this.#url = url;
		this.#on = on;
		addEventListener("online", () => this.hurry());
		document.addEventListener("visibilitychange", () => {
			if (document.visibilityState === "visible")
				this.#wake();
		});
	}

	open() {
		clearTimeout(this.#timer);
		if (this.#socket)
			return;
		this.#on.state("connecting");
		const socket = new WebSocket(this.#url);

		this.#socket = socket;
		this.#line = 0;
		this.#heartbeat_ms = 0;
		socket.onmessage = ({ data }) => this.#socket === socket && this.#take(data);
		socket.onclose = () => this.#socket === socket && this.#lose();
		this.#expect(OPENING_MS);
	}

	/** For good: nothing is heard of it any more. */
	close() {
		this.#isOver = true;
		this.#on = { state() {}, line() {} };
		this.#end();
		clearTimeout(this.#timer);
	}

	/**
	 * @param {object} request
	 * @returns {Promise<any>} the data of the answer; rejected with a Refusal
	 */
	ask(request) {
		if (!this.#heartbeat_ms || this.#socket.readyState !== WebSocket.OPEN)
			return Promise.reject(new Refusal("there is no connection"));
		this.#socket.send(JSON.stringify(request));
		return new Promise((resolve, reject) => {
			this.#asked.set(++this.#line, { resolve, reject });
		});
	}

	#take(text) {
		let line;

		this.#heard = Date.now();
		try {
			line = JSON.parse(text);
		} catch {
			return; /* it is said again after the next reconnection */
		}
		if (!line || typeof line !== "object")
			return;
		if (line.type === "session_info")
			this.#greet(line);
		else if (line.type === "error" && !this.#heartbeat_ms && line.data?.code === 77) {
			this.#isOver = true;
			this.#end();
			this.#on.state("refused");
			return;
		}
		this.#on.line(line);
		if (typeof line.seq !== "number") /* an event's data are whoever's, and name any line */
			this.#answer(line);
	}

	#greet(line) {
		this.#heartbeat_ms = line.data?.heartbeat_ms || 30000;
		this.#expect(this.#heartbeat_ms * BEATS);
		this.#on.state("online");
	}

	#answer({ type, data }) {
		const asked = this.#asked.get(data?.line);

		if (!asked)
			return;
		this.#asked.delete(data.line);
		if (type === "error") {
			asked.reject(new Refusal(data.message, data.code));
			return;
		}
		this.#failures = 0; /* it does not only greet */
		asked.resolve(data);
	}

	/* Something must be heard within so many milliseconds, again and again. */
	#expect(most_ms) {
		clearInterval(this.#silence);
		this.#heard = Date.now();
		this.#silence = setInterval(() => {
			if (Date.now() - this.#heard >= most_ms)
				this.#lose();
		}, Math.min(1000, most_ms / 4));
	}

	#end() {
		const socket = this.#socket;

		this.#socket = null;
		this.#heartbeat_ms = 0;
		clearInterval(this.#silence);
		if (socket) {
			socket.onclose = socket.onmessage = null;
			socket.close();
		}
		for (const { reject } of this.#asked.values())
			reject(new Refusal("the connection broke"));
		this.#asked.clear();
	}

	#lose() {
		if (!this.#socket)
			return;
		const wait_ms = Math.min(MOST_MS, FIRST_MS * 2 ** this.#failures++) *
			(0.75 + Math.random() / 2); /* so that not all come back at once */

		this.#end();
		this.#on.state("offline", wait_ms);
		this.#timer = setTimeout(() => this.open(), wait_ms);
	}

	/** Does not wait any more where it is offline. */
	hurry() {
		this.#failures = 0;
		if (!this.#socket && !this.#isOver)
			this.open();
	}

	/* A machine that has slept has missed heartbeats, and its timers are late. */
	#wake() {
		if (!this.#socket)
			this.hurry();
		else if (this.#heartbeat_ms && Date.now() - this.#heard > this.#heartbeat_ms * BEATS)
			this.#lose();
	}
}
