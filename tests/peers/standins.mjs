// standins.mjs - what of ours stands for the tools and resources that the conformance suite asks for
//
// The suite wants tools with its own names.  Where one of ours does what such a tool is for, it is
// called in its place (conformance.bash has the crew); the others are not there.
const { CHAT, TASK } = process.env;

const create = (agent, more = {}) => ({
	name: "create_task",
	arguments: { agent, task_description: "what the suite wants", ...more },
});

const tools = {
	greet: () => ({ name: "agent_list", arguments: {} }),
	slow_compute: ({ seconds }) => create("sleeper", { task_description: `for ${seconds} seconds` }),
	failing_job: () => create("failing"),
	confirm_delete: () => create("asking"),
	test_error_handling: () => ({ name: "task_show", arguments: { task_id: "deadbeef" } }),
	test_tool_with_progress: () => create("telling", { wait: true }),
	test_simple_text: () => ({ name: "agent_list", arguments: {} }),
};

const resources = {
	"test://static-text": `legwork://chat/${CHAT}`,
	"test://template/123/data": `legwork://task/${TASK}/log`,
};

// Its form has another name for the one answer.
function rename(response) {
	if (response?.content) response.content = { approve: response.content.confirm };
}

export default {
	"tools/call": (params) => Object.assign(params, tools[params.name]?.(params.arguments)),
	"resources/read": (params) => Object.assign(params, { uri: resources[params.uri] ?? params.uri }),
	"tasks/update": (params) => Object.values(params.inputResponses ?? {}).forEach(rename),
};
