# An MCP server that offers what a file says: jq -nc --unbuffered --slurpfile pages FILE -f this
#
# Each value in the file is a page of its list, and a nextCursor the index of another.  A call is answered
# with the tool's name.

def result($r): {jsonrpc: "2.0", id, result: $r};

inputs |
	if .id == null or .method == null then empty
	elif .method == "initialize" then
		result({protocolVersion: "2025-11-25", capabilities: {tools: {}}, serverInfo: {name: "list", version: "1"}})
	elif .method == "tools/list" then result($pages[.params.cursor // "0" | tonumber])
	elif .method == "tools/call" then result({content: [{type: "text", text: .params.name}]})
	else {jsonrpc: "2.0", id, error: {code: -32601, message: "Method not found"}} end
