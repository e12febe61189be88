// reach.mjs - a server of MCP over HTTP, for clients that speak to one over stdin and stdout
//
// usage: reach.mjs URL
//
// The other way round than bridge.mjs: a line is a POST, with the headers that its version wants, and
// what comes back, as JSON or as a stream of events, is lines.  A POST that fails without an answer
// to its request is an error with the id of that.
import { createInterface } from "node:readline";

const url = process.argv[2];
const prefix = "io.modelcontextprotocol/";
let session, version; // of the legacy era: from the first answer on, and from the handshake on

function say(message) {
	version ??= message.result?.protocolVersion;
	process.stdout.write(JSON.stringify(message) + "\n");
}

function headersOf(message) {
	const headers = { "Content-Type": "application/json", "Accept": "application/json, text/event-stream" };
	const modern = message.params?._meta?.[prefix + "protocolVersion"];
	if (modern) {
		headers["Mcp-Method"] = message.method;
		if (message.params.name) headers["Mcp-Name"] = message.params.name;
	}
	if (modern ?? version) headers["MCP-Protocol-Version"] = modern ?? version;
	if (session) headers["Mcp-Session-Id"] = session;
	return headers;
}

// Each event of a stream as its data.
async function* events(body) {
	let text = "";
	for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
		const parts = (text + chunk).replaceAll("\r\n", "\n").split("\n\n");
		text = parts.pop();
		for (const part of parts)
			yield part.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
	}
}

async function passBack(message, response) {
	const isStream = response.headers.get("Content-Type")?.includes("text/event-stream");
	if (isStream) {
		for await (const data of events(response.body))
			if (data.trim()) say(JSON.parse(data));
		return;
	}
	const text = await response.text();
	if (message.id === undefined) return;
	const answer = text ? JSON.parse(text) : { jsonrpc: "2.0", error: { code: -32000, message: `status ${response.status}` } };
	say({ ...answer, id: message.id });
}

// One after the other, until the headers are there: what is said first is heard first.
let last = Promise.resolve();
async function pass(line) {
	const message = JSON.parse(line);
	const response = await fetch(url, { method: "POST", headers: headersOf(message), body: line });
	session ??= response.headers.get("Mcp-Session-Id");
	passBack(message, response);
}

createInterface({ input: process.stdin }).on("line", (line) => { last = last.then(() => pass(line)); });
