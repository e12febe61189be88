# What Claude Code prints with --output-format stream-json, as events.
# command: claude -p --output-format stream-json --verbose

def clip: if length > 10000 then .[:10000] + "..." else . end;

def text:
  if type == "array" then map(.text? // "(\(.type? // "something"))") | join("\n")
  elif type == "string" then .
  else tojson end;

def event($type): { type: $type, data: . };

def total: (.input_tokens // 0) + (.cache_creation_input_tokens // 0) + (.cache_read_input_tokens // 0);

# {category, retryable} of the HTTP status, else of the words of an error.
def kind($status; $words):
  if $status == 429 or ($words | test("rate.?limit|hit your .*limit|limit reached|\\b429\\b"; "i"))
  then { category: "rate_limit", retryable: true }
  elif $status == 401 or $status == 403 or ($words | test("/login|api key|authentication"; "i"))
  then { category: "permission", retryable: false }
  elif ($status // 0) >= 500 or ($words | test("overloaded|API Error: 5"; "i"))
  then { category: "service", retryable: true }
  elif $words | test("connection|network|ECONN|ETIMEDOUT"; "i")
  then { category: "network", retryable: true }
  else { category: "tool", retryable: false } end;

def failure:
  (.result // (.errors // [] | map(tostring) | join("; "))) as $words
  | (if $words == "" then .subtype // "failed" else $words end) as $message
  | { failed: $message }
    + if .subtype // "" | test("^error_max_(turns|budget)")
      then { category: "budget", retryable: false }
      else kind(.api_error_status; $message) end;

def usage:
  { input_tokens: total, output_tokens: (.output_tokens // 0),
    total_tokens: (total + (.output_tokens // 0)),
    cached_tokens: (.cache_read_input_tokens // 0) };

if .type == "system" and .subtype == "init" then
  { message: "Session \(.session_id // "?") of \(.model // "a model")" } | event("status")
elif .type == "system" and .subtype == "api_retry" then
  { message: "Asking again (\(.attempt // "?") of \(.max_retries // "?")): \(.error // .error_status // "failed")" }
  | event("status")
elif .type == "rate_limit_event" and (.rate_limit_info.status? // "") == "rejected" then
  { message: "The rate limit is reached" } | event("status")
elif .type == "assistant" then
  .parent_tool_use_id as $parent
  | .message.content
  | if type == "string" then [{ type: "text", text: . }] else . // [] end
  | .[]
  | if .type == "text" then
      { text } | event(if $parent then "thought" else "message" end)
    elif .type == "thinking" and (.thinking // "") != "" then
      { text: .thinking } | event("thought")
    elif .type == "tool_use" then
      { name, args: .input, call_id: .id } | event("tool_use")
    else empty end
elif .type == "user" then
  .message.content
  | if type == "array" then .[] else empty end
  | select(.type == "tool_result")
  | { call_id: .tool_use_id, result: (.content | text | clip),
      status: (if .is_error then "error" else "ok" end) }
  | event("tool_result")
elif .type == "result" then
  (if .usage then .usage | usage | event("token_usage") else empty end),
  if .is_error or (.subtype // "success") != "success" then failure
  elif .structured_output then { response: (.structured_output | tojson) }
  else { response: (.result // "") } end
else empty end
