# An MCP server that keeps notes, with tools that are named and described oddly:
# jq -nc --unbuffered -f this

def result($r): {jsonrpc: "2.0", id, result: $r};
def text($t): result({content: [{type: "text", text: $t}]});
def object($p): {type: "object", properties: $p};

def tools: [
	{name: "add.note", title: "Add a note", inputSchema: object({text: {type: "string"}})},
	{name: "all notes", description: "all of them", annotations: {readOnlyHint: true}, inputSchema: {}},
	{name: "odd", inputSchema: object({x: {prefixItems: [{type: "string"}]}}), annotations: [1]},
	{name: "zone", description: "in a region", inputSchema: object({region: {type: "string"}})},
	{name: "wait", description: "for ever", annotations: {idempotentHint: true}},
	{name: "big", description: "much text"},
	{name: ("x" * 70), description: "long"}, {name: ("x" * 71), description: "longer"},
	{name: "é", description: "a letter"}, {name: ""}, {description: "nameless"}, 7];

def call($notes):
	.params.name as $name | .params.arguments as $args |
	if $name == "add.note" then text("\($notes | length) notes")
	elif $name == "all notes" then text($notes | join(", "))
	elif $name == "wait" then empty
	elif $name == "big" then text(([range(20000)] | join(" ")))
	else text("\($name[:9]): \($args | tojson)") end;

def answer($notes):
	if .id == null or .method == null then empty
	elif .method == "initialize" then
		result({protocolVersion: "2025-11-25", capabilities: {tools: {}}, serverInfo: {name: "notes", version: "1"}})
	elif .method == "tools/list" then result({tools: tools})
	elif .method == "tools/call" then call($notes)
	elif .method == "ping" then result({})
	else {jsonrpc: "2.0", id, error: {code: -32601, message: "Method not found"}} end;

foreach inputs as $m ({notes: []};
	(if $m.params.name? == "add.note" then .notes += [$m.params.arguments.text] else . end) | .m = $m;
	.notes as $notes | .m | answer($notes))
