/*
 * main.js - begins: with the token that the address has, or with how to get one
 */
import { App } from "./app.js";
import { Connection } from "./connection.js";
import { byId, focusChat, setText } from "./dom.js";
import { beginLayout } from "./layout.js";
import { keep, takeToken, tokenIn } from "./memory.js";
import { duration } from "./time.js";

/* Says how it stands with the connection; only what has changed is told to who listens. */
function tellState(state, retry_ms) {
	const place = byId("connection"), offline = byId("offline");

	place.dataset.state = state;
	setText(place, state);
	offline.hidden = state === "online" || (state === "connecting" && offline.hidden);
	setText(byId("offline-why"), state === "connecting" ? "Connecting ..."
		: "There is no connection; what you write is sent when there is. The next try is in " +
			`${duration(Math.max(1000, retry_ms ?? 0), true)}.`);
}

function showGate(title, why) {
	byId("shell").hidden = true;
	byId("gate").hidden = false;
	setText(byId("gate-title"), title);
	setText(byId("gate-why"), why);
	byId("gate-token").focus();
}

function begin(token) {
	const url = new URL("session", location.href);

	url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
	url.hash = "";
	url.search = `token=${encodeURIComponent(token)}`;
	byId("gate").hidden = true;
	byId("shell").hidden = false;
	/** @type {App|null} */
	let app = null;
	const connection = new Connection(url.href, {
		state: (state, retry_ms) => {
			if (state === "refused") {
				keep("token", null);
				showGate("This token opens nothing", "It is that of a server that has ended, or " +
					"was mistyped: each start of legwork web makes a new one.");
				return;
			}
			tellState(state, retry_ms);
			if (state === "online")
				queueMicrotask(() => app.begin());
			else
				app?.interrupted();
		},
		line: (line) => app.line(line),
	});

	app = new App((request) => connection.ask(request));
	byId("connect-now").addEventListener("click", () => {
		connection.hurry();
		focusChat();
	});
	connection.open();
}

beginLayout();
document.querySelector(".skip").addEventListener("click", (event) => {
	event.preventDefault(); /* the address says which chat is looked at */
	if (byId("gate").hidden)
		focusChat();
	else
		byId("gate-token").focus();
});
byId("gate-form").addEventListener("submit", (event) => {
	const token = tokenIn(byId("gate-token").value);

	event.preventDefault();
	if (!token) {
		setText(byId("gate-wrong"), "Please paste the address that legwork web has printed.");
		return;
	}
	keep("token", token);
	location.reload();
});
addEventListener("hashchange", () => {
	if (new URLSearchParams(location.hash.slice(1)).has("token"))
		location.reload(); /* another token: all begins anew */
});

const token = takeToken();
if (token)
	begin(token);
else
	showGate("Welcome to legwork", "This page shows your chats and what agents do for them. " +
		"It needs the key that legwork web makes.");
