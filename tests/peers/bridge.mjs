// bridge.mjs - a server of MCP on stdin and stdout, for clients that speak HTTP
//
// usage: bridge.mjs STAND-INS PORT-FILE COMMAND [ARG ...]
//
// One process serves all clients: a request gets an id and a progress token of its own on the way
// there, and back.  A POST is answered as JSON, or, where the server has news before its answer, as a
// stream of events.  The port is the kernel's choice; SIGTERM ends it when all is answered.
//
// What clients ask for by a name that the server does not know may stand for something that it has:
// STAND-INS is a module whose functions change the params of a request of that method.
import { spawn } from "node:child_process";
import { writeFileSync, renameSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [standInsFile, portFile, command, ...args] = process.argv.slice(2);
const standIns = (await import(pathToFileURL(standInsFile))).default;
const server = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
const asked = new Map(); // our id -> { id, token, response }
let last = 0;

// What the server says of a request belongs to the POST that it came with.
function startStream(response) {
	if (!response.headersSent) response.writeHead(200, { "Content-Type": "text/event-stream" });
}

function passBack(line) {
	const message = JSON.parse(line);
	const key = message.method ? message.params?.progressToken : message.id;
	const post = asked.get(key);
	if (!post) return;
	if (message.method) {
		message.params.progressToken = post.token;
		startStream(post.response);
		post.response.write(`data: ${JSON.stringify(message)}\n\n`);
		return;
	}
	asked.delete(key);
	const text = JSON.stringify({ ...message, id: post.id });
	if (post.response.headersSent) return post.response.end(`data: ${text}\n\n`);
	post.response.writeHead(statusOf(message), { "Content-Type": "application/json" }).end(text);
}

// What HTTP says of an error: the one part of it that a server on stdin cannot say itself.
function statusOf(message) {
	switch (message.error?.code) {
	case undefined: return 200;
	case -32601: return 404;
	default: return 400;
	}
}

function pass(body, response) {
	const message = JSON.parse(body);
	const isRequest = message.method !== undefined && message.id !== undefined;
	if (message.method === "notifications/cancelled")
		for (const [key, post] of asked)
			if (post.id === message.params?.requestId) message.params.requestId = key;
	if (isRequest) {
		const token = message.params?._meta?.progressToken;
		asked.set(++last, { id: message.id, token, response });
		message.id = last;
		if (token !== undefined) message.params._meta.progressToken = last;
		standIns[message.method]?.(message.params);
	}
	server.stdin.write(JSON.stringify(message) + "\n");
	if (!isRequest) response.writeHead(202).end();
}

const web = createServer((request, response) => {
	const chunks = [];
	if (request.method !== "POST") return response.writeHead(405).end();
	request.on("data", (chunk) => chunks.push(chunk));
	request.on("end", () => pass(Buffer.concat(chunks), response));
});

createInterface({ input: server.stdout }).on("line", passBack);
web.listen(0, "127.0.0.1", () => {
	writeFileSync(portFile + ".new", String(web.address().port));
	renameSync(portFile + ".new", portFile);
});
process.on("SIGTERM", () => server.stdin.end());
server.on("exit", (status) => process.exit(status ?? 1));
