// foreign.mjs - an agent of another kit: it has our tools, and a model that speaks OpenAI's dialect
//
// usage: foreign.mjs URL MODEL QUESTION COMMAND [ARG ...]
//
// COMMAND is a server of MCP, which gets the environment that such a client gives to its servers.
// What the agent answers is printed.
import { Agent, MCPServerStdio, OpenAIChatCompletionsModel, run, setTracingDisabled } from "@openai/agents";
import OpenAI from "openai";

const [baseURL, model, question, command, ...args] = process.argv.slice(2);
const server = new MCPServerStdio({ name: "legwork", command, args });

setTracingDisabled(true); // it would be sent to where OpenAI keeps traces
await server.connect();
try {
	const agent = new Agent({
		name: "foreign",
		instructions: "Have others do the work.",
		model: new OpenAIChatCompletionsModel(new OpenAI({ baseURL, apiKey: "key" }), model),
		mcpServers: [server],
	});
	const result = await run(agent, question);
	console.log(result.finalOutput);
} finally {
	await server.close();
}
