// modern.mjs - a server of MCP in its stateless version, and in no other: it counts
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

function newServer() {
	const server = new McpServer({ name: "modern", version: "1" }, { capabilities: { tools: {} } });

	server.registerTool("add", {
		description: "Adds two numbers",
		inputSchema: z.object({ a: z.number(), b: z.number() }),
		outputSchema: z.object({ sum: z.number() }),
		annotations: { readOnlyHint: true },
	}, ({ a, b }) => ({
		content: [{ type: "text", text: `${a} and ${b} are ${a + b}` }],
		structuredContent: { sum: a + b },
	}));
	server.registerTool("count", {
		description: "Counts, and tells how far it is",
		inputSchema: z.object({ to: z.number() }),
	}, async ({ to }, { mcpReq }) => {
		const progressToken = mcpReq._meta?.progressToken;
		for (let progress = 1; progress <= to && progressToken !== undefined; progress++)
			await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: to } });
		return { content: [{ type: "text", text: `counted to ${to}` }] };
	});
	server.registerTool("fail", { description: "Fails", inputSchema: z.object({}) }, () => {
		throw new Error("it does not count");
	});
	return server;
}

serveStdio(newServer, { legacy: "reject" });
