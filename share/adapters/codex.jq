# What Codex prints with exec --json, as events.
# command: codex exec --json -

def clip: if length > 10000 then .[:10000] + "..." else . end;

def event($type): { type: $type, data: . };

# {category, retryable} of the words of an error.
def kind:
  if test("rate.?limit|usage limit|quota|\\b429\\b"; "i")
  then { category: "rate_limit", retryable: true }
  elif test("\\b40[13]\\b|authentication|api key|log ?in"; "i")
  then { category: "permission", retryable: false }
  elif test("overloaded|at capacity|\\b5[0-9][0-9]\\b"; "i")
  then { category: "service", retryable: true }
  elif test("disconnected|connection|network|timed? ?out"; "i")
  then { category: "network", retryable: true }
  else { category: "tool", retryable: false } end;

def failure: (. // "the turn failed" | tostring) as $message | { failed: $message } + ($message | kind);

def blocks: map(.text? // "(\(.type? // "something"))") | join("\n");

# The name and arguments of a tool; null of what is none.
def call:
  if .type == "command_execution" then { name: "command", args: { command } }
  elif .type == "mcp_tool_call" then { name: "\(.server).\(.tool)", args: (.arguments // {}) }
  elif .type == "collab_tool_call" then { name: .tool, args: { prompt } }
  elif .type == "web_search" then { name: "web_search", args: { query } }
  elif .type == "file_change" then { name: "file_change", args: { changes } }
  else null end;

def result:
  if .type == "command_execution" then .aggregated_output // ""
  elif .type == "mcp_tool_call" then .error.message? // (.result.content? // [] | blocks)
  elif .type == "file_change" then .changes // [] | map("\(.kind) \(.path)") | join("\n")
  else "" end;

def has_failed:
  .status == "failed" or .status == "declined" or .error != null
  or (.exit_code != null and .exit_code != 0);

def answered:
  { name: call.name, call_id: .id, result: (result | clip),
    status: (if has_failed then "error" else "ok" end) }
  | event("tool_result");

# These are told of when they are over only.
def is_sudden: .type == "file_change" or .type == "web_search";

def used: call + { call_id: .id } | event("tool_use");

if .type == "thread.started" then
  { message: "Session \(.thread_id // "?")" } | event("status")
elif .type == "item.started" then
  .item | select(call and (is_sudden | not)) | used
elif .type == "item.completed" then
  .item
  | if .type == "agent_message" then ({ text } | event("message")), { response: .text }
    elif .type == "reasoning" then { text } | event("thought")
    elif .type == "error" then { message } | event("status")
    elif call then (if is_sudden then used else empty end), answered
    else empty end
elif .type == "turn.completed" then
  .usage // empty
  | { input_tokens: (.input_tokens // 0), output_tokens: (.output_tokens // 0),
      total_tokens: ((.input_tokens // 0) + (.output_tokens // 0)),
      cached_tokens: (.cached_input_tokens // 0) }
  | event("token_usage")
elif .type == "turn.failed" then
  .error | (.message? // .) | failure
elif .type == "error" then
  if .message // "" | test("^re-?connecting"; "i")
  then { message } | event("status")
  else .message | failure end
else empty end
