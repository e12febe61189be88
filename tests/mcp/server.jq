# An MCP server that says what it is told to: jq -nc --unbuffered --arg era modern|legacy -f this
#
# era legacy knows initialize and not server/discover; modern the other way round; mute answers
# nothing before initialize, and strict ends of it; ancient speaks a version that nobody knows.

def is_modern: $era == "modern";
def version: .params._meta["io.modelcontextprotocol/protocolVersion"];
def result($r): {jsonrpc: "2.0", id, result: (if is_modern then $r + {resultType: "complete"} else $r end)};
def error($code; $message): {jsonrpc: "2.0", id, error: {code: $code, message: $message}};
def text($t): result({content: [{type: "text", text: $t}]});
def progress($n; $m): {jsonrpc: "2.0", method: "notifications/progress",
	params: {progressToken: .params._meta.progressToken, progress: $n, total: 2, message: $m}};
def schema($p): {type: "object", properties: $p, required: ($p | keys)};

def first_page: [{name: "echo", description: "Says it again.\nAnd nothing else.",
	inputSchema: schema({text: {type: "string"}})},
	{name: "env", description: "Its environment", inputSchema: {type: "object"}},
	{name: "folder", inputSchema: {type: "object"}}];
def second_page: ["fail", "crash", "silent", "noise", "steps", "image", "data", "later", "pongs", "told",
	"flood"] | map({name: ., description: "to \(.)", inputSchema: {type: "object"}});

def call($state):
	.params.arguments as $args | .params.name as $name |
	if $name == "echo" then text($args.text)
	elif $name == "env" then text(env | tojson)
	elif $name == "folder" then text(env.PWD)
	elif $name == "fail" then result({content: [{type: "text", text: "no such luck"}], isError: true})
	elif $name == "crash" then ("it is broken\n" | stderr | empty), halt
	elif $name == "silent" then empty
	elif $name == "noise" then "no message", {jsonrpc: "2.0", id: 0, method: "ping"},
		{jsonrpc: "2.0", id: "x", method: "sampling/createMessage", params: {}},
		{jsonrpc: "2.0", method: "notifications/message", params: {data: "hm"}},
		{jsonrpc: "2.0", id: 999, result: {}}, text("heard")
	elif $name == "steps" then progress(0.5; null), (progress(1; null) | del(.params.total)), progress(2; "two"), text("done")
	elif $name == "image" then result({content: [{type: "text", text: "see"},
		{type: "image", data: "QUJDRA==", mimeType: "image/png"},
		{type: "resource_link", uri: "file:///a", name: "a"},
		{type: "resource", resource: {uri: "file:///b", text: "within"}}]})
	elif $name == "data" then result({content: [], structuredContent: {n: 1}})
	elif $name == "later" then {jsonrpc: "2.0", id, result: {resultType: "task", taskId: "t"}}
	elif $name == "pongs" then text($state.pongs | tojson)
	elif $name == "told" then text($state.told | tojson)
	elif $name == "flood" then (range(100000) | {jsonrpc: "2.0", method: "notifications/message",
		params: {data: "x"}}), text("over")
	else error(-32602; "Tool \($name) not found") end;

def answer($state):
	if .method == null or (.id == null) then empty
	elif .method == "server/discover" and is_modern then
		result({supportedVersions: ["2026-07-28"], capabilities: {tools: {}}})
	elif $era == "mute" and .method == "server/discover" then empty
	elif $era == "strict" and $state.told[0] != "initialize" then ("initialize first\n" | stderr | empty), halt
	elif .method == "initialize" and (is_modern | not) then
		result({protocolVersion: (if $era == "ancient" then "1999-01-01" else "2025-06-18" end),
			capabilities: {tools: {}}, serverInfo: {name: "stub", version: "1"}})
	elif is_modern and version != "2026-07-28" then error(-32602; "no _meta")
	elif (is_modern | not) and $state.told[0] != "initialize" then error(-32600; "not initialized")
	elif .method == "tools/list" and .params.cursor == null then
		result({tools: first_page, nextCursor: "2"})
	elif .method == "tools/list" then result({tools: second_page})
	elif .method == "tools/call" then call($state)
	else error(-32601; "Method not found") end;

foreach inputs as $m ({told: [], pongs: 0};
	(if $m.method then .told += [$m.method | select(. != "server/discover" and . != "tools/call")]
	elif $m | has("result") then .pongs += 1 else . end) | .m = $m;
	. as $state | .m | answer($state))
