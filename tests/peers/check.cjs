// check.cjs - hold the requests in model-server's log, on stdin, against what the APIs take
//
// One line each: "ok PATH" or "bad PATH: why".  Exits 1 where one is bad.  The schemas say what a
// request is made of; what they cannot say is said here: each tool call has its one result,
// at the place where the API looks for it.
"use strict";
const fs = require("fs");
const path = require("path");
const Ajv = require("ajv/dist/2020");

const ajv = new Ajv({ strictTypes: false, strictRequired: false });
const schema = (name) =>
	ajv.compile(JSON.parse(fs.readFileSync(path.join(__dirname, name + ".schema.json"), "utf8")));
const openai = schema("openai");
const anthropic = schema("anthropic");

const same = (a, b) => a.length === b.length && [...a].sort().join() === [...b].sort().join();

// The results come right behind the message with the calls, one each.
function faultOfCompletion(messages) {
	for (let i = 0; i < messages.length; i++) {
		const results = [];
		const calls = (messages[i].tool_calls || []).map((call) => call.id);
		if (messages[i].role === "tool") return `message ${i} is the result of no call`;
		while (messages[i + 1] && messages[i + 1].role === "tool")
			results.push(messages[++i].tool_call_id);
		if (!same(calls, results)) return `calls ${calls} have the results ${results}`;
	}
	return null;
}

const blocks = (message, type) =>
	Array.isArray(message && message.content) ? message.content.filter((block) => block.type === type) : [];

// The results are the first blocks of the next message.
function faultOfMessage(messages) {
	for (let i = 0; i < messages.length; i++) {
		const calls = blocks(messages[i - 1], "tool_use").map((block) => block.id);
		const results = blocks(messages[i], "tool_result").map((block) => block.tool_use_id);
		if (i > 0 && messages[i].role === messages[i - 1].role)
			return `message ${i} goes on where it should answer`;
		if (!same(calls, results)) return `calls ${calls} have the results ${results}`;
		if (results.some((_, n) => messages[i].content[n].type !== "tool_result"))
			return `message ${i} has text before its results`;
	}
	if (blocks(messages[messages.length - 1], "tool_use").length > 0) return "calls are not answered";
	return null;
}

function faultOf(request) {
	const isMessage = request.path.endsWith("/messages");
	const isGood = isMessage ? anthropic : openai;
	if (!isGood(request.body)) return ajv.errorsText(isGood.errors, { dataVar: "body" });
	if (isMessage && !request.headers["anthropic-version"]) return "there is no anthropic-version";
	return (isMessage ? faultOfMessage : faultOfCompletion)(request.body.messages);
}

for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
	const request = JSON.parse(line);
	const fault = faultOf(request);
	console.log(fault ? `bad ${request.path}: ${fault}` : `ok ${request.path}`);
	if (fault) process.exitCode = 1;
}
