# The tool aws: the real AWS CLI, with a server on this machine that answers in AWS's place.

load test_helper
load records
load llm

setup() {
	common_setup
	command -v aws >/dev/null || skip 'the AWS CLI is not installed'
	mkdir -p .aws "$XDG_CONFIG_HOME/legwork"
	export HOME=$PWD
	echo '{"aws":{"profiles":{"111122223333":"prod","222233334444":"test"}}}' >"$XDG_CONFIG_HOME/legwork/config.json"
}

teardown() {
	[[ ! $server ]] || kill "$server"
	common_teardown
}

aws_tool() { "$ROOT/share/tools/aws"; }

# refuses ARGS WHY - a call with these args is refused before anything is run
refuses() {
	run -65 aws_tool <<<"{\"account_id\":\"111122223333\",\"region\":\"us-east-1\",\"service\":\"ec2\",\"operation\":\"describe-images\",\"args\":$1}"
	assert_output "$2"
}

# serve - stand in for AWS; sets server; requests are in the file requests
serve() {
	cat >serve.py <<-'END'
		import http.server, sys
		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_POST(self):
		        body = self.rfile.read(int(self.headers.get('Content-Length', 0))).decode()
		        with open('requests', 'a') as f:
		            f.write(self.headers.get('Authorization', '').split(',')[0] + ' ' + body + '\n')
		        answer = b'<R xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' \
		            b'<Arn>arn:aws:iam::111122223333:user/x</Arn><UserId>X</UserId><Account>111122223333</Account>' \
		            b'</GetCallerIdentityResult></R>'
		        self.send_response(200)
		        self.send_header('Content-Length', str(len(answer)))
		        self.end_headers()
		        self.wfile.write(answer)
		    def log_message(self, *args):
		        pass
		server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
		with open('port.new', 'w') as f:
		    f.write(str(server.server_address[1]))
		import os; os.rename('port.new', 'port')
		server.serve_forever()
	END
	: >requests
	python3 serve.py >/dev/null 2>&1 3>&- &
	server=$!
	wait_until 30 test -s port
	local name
	for name in prod test; do
		printf '[profile %s]\naws_access_key_id=KEY%s\naws_secret_access_key=x\nregion=eu-north-1\n' "$name" "$name"
	done >.aws/config
	# where STS is, for any version of the CLI
	mkdir -p .aws/models/sts/2011-06-15
	jq -n --arg url "http://127.0.0.1:$(<port)" '{version: "1.0", parameters: ({Region: "AWS::Region", Endpoint: "SDK::Endpoint"} |
		with_entries(.value = {builtIn: .value, required: false, documentation: "", type: "String"})),
		rules: [{conditions: [], type: "endpoint", endpoint: {url: $url, properties: {}, headers: {}}}]}' \
		>.aws/models/sts/2011-06-15/endpoint-rule-set-1.json
}

@test "aws: the profile of the account and the region, from nothing but the configuration" {
	serve
	export AWS_PROFILE=nobody AWS_REGION=ap-south-1 AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_ACCESS_KEY_ID=other AWS_SECRET_ACCESS_KEY=y
	run -0 --separate-stderr aws_tool <<-'END'
		{"account_id":"111122223333","region":"us-east-1","service":"sts","operation":"get-caller-identity","args":["--query","Account"]}
	END
	assert_output '"111122223333"'
	run -0 --separate-stderr aws_tool <<-'END'
		{"account_id":"222233334444","region":"eu-west-1","service":"sts","operation":"get-caller-identity"}
	END
	assert_jq '.[0].Account == "111122223333"'
	run -0 cat requests
	assert_line --index 0 --regexp '^AWS4-HMAC-SHA256 Credential=KEYprod/[0-9]*/us-east-1/sts/aws4_request Action=GetCallerIdentity'
	assert_line --index 1 --regexp '^AWS4-HMAC-SHA256 Credential=KEYtest/[0-9]*/eu-west-1/sts/'
}

@test "aws: what runs is known by the call and the agent that it is for, and knows nothing else of them" {
	mkdir bin
	printf '#!/bin/sh\nexec env\n' >bin/aws
	chmod +x bin/aws
	export PATH=$PWD/bin:$PATH LEGWORK_RUN=lease LEGWORK_CALL='a call' LEGWORK_CALL_ID=c1
	run -0 aws_tool <<<'{"account_id":"111122223333","region":"us-east-1","service":"ec2","operation":"x"}'
	assert_equal "$(grep LEGWORK_ <<<"$output" | sort)" $'LEGWORK_CALL=a call\nLEGWORK_RUN=lease'
	unset LEGWORK_RUN LEGWORK_CALL
	run -0 aws_tool <<<'{"account_id":"111122223333","region":"us-east-1","service":"ec2","operation":"x"}'
	refute_output --partial LEGWORK_
}

@test "aws: what an error says comes back" {
	serve
	run --separate-stderr aws_tool <<-'END'
		{"account_id":"111122223333","region":"us-east-1","service":"sts","operation":"get-caller-identity","args":["--nothing=x"]}
	END
	assert [ "$status" -ne 0 ]
	[[ $stderr = *nknown\ options* ]]
	assert_equal "$(<requests)" ''
}

@test "aws: nothing else can be chosen, whole or cut short" {
	local option
	for option in --profile=x --prof=x --region=eu-west-1 --reg=x --endpoint-url=http://127.0.0.1:1 --end=x --no-verify-ssl \
		--no-v --no-sign-request --ca-bundle=x --cli-input-json={} --cli-input-yaml=x --cli-binary-format=x --cli \
		--no-cli-pager --generate-cli-skeleton --gen=x --debug --version --help; do
		refuses "[\"$option\"]" "args: ${option%%=*}: cannot be chosen; leave it out"
	done
	refuses '["--profile","x"]' 'args: --profile: cannot be chosen; leave it out'
}

@test "aws: no file is read or written, nothing fetched" {
	refuses '["--filters=file:///etc/passwd"]' 'args: --filters: files cannot be read'
	refuses '["--filters","fileb://x"]' 'args: --filters: files cannot be read'
	refuses '["--filters=Name@=FILE:///etc/passwd"]' 'args: --filters: files cannot be read'
	refuses '["--filters=http://127.0.0.1/latest"]' 'args: --filters: what is at an address cannot be read'
	refuses '["--template-file=/etc/passwd"]' 'args: --template-file: files cannot be named'
	refuses '["out.json"]' 'args: out.json: want --name=value; several values are one JSON list'
	refuses '["--a=1","out.json"]' 'args: out.json: want --name=value; several values are one JSON list'
	refuses '["--","out.json"]' 'args: --=out.json: want an option, --name=value, its name in small letters'
	refuses '["--a=1\n--b"]' 'args: want strings of one line each'
	refuses '[1]' 'args: want a list of strings'
	refuses '"--a=1"' 'args: want a list of strings'
}

@test "aws: what is no word, or hands out keys, is refused" {
	local service operation
	while read -r service operation why; do
		run -65 aws_tool <<<"{\"account_id\":\"111122223333\",\"region\":\"us-east-1\",\"service\":\"$service\",\"operation\":\"$operation\"}"
		assert_output --partial "$why"
	done <<-'END'
		configure export-credentials service: configure cannot be called
		--profile=x describe-images service: want the name of a service
		ec2;id describe-images service: want the name of a service
		ec2 --help operation: want the name of an operation
		sts assume-role operation: assume-role cannot be called
		eks update-kubeconfig operation: update-kubeconfig cannot be called
	END
	run -65 aws_tool <<<'{"account_id":"1","region":"us-east-1","service":"ec2","operation":"x"}'
	assert_output 'account_id: want 12 digits'
	run -65 aws_tool <<<'{"account_id":"111122223333","region":"--x","service":"ec2","operation":"x"}'
	assert_output 'region: want a region, such as us-east-1'
	run -65 aws_tool <<<'{} {}'
	assert_output 'want one JSON object'
	run -65 aws_tool <<<'{'
	assert_output 'want one JSON object'
	run -78 aws_tool <<<'{"account_id":"999988887777","region":"us-east-1","service":"ec2","operation":"x"}'
	assert_output "account_id: 999988887777 has no profile in aws.profiles of legwork's configuration"
}

@test "aws: in a task with a scope no other account or region is named in any option" {
	export LEGWORK_ACCOUNT_IDS=111122223333 LEGWORK_REGIONS=us-east-1
	refuses '["--owners=[\"111122223333\",\"999988887777\"]"]' 'args: --owners: names an account outside of those of this task: 111122223333'
	refuses '["--x={\"a\":[{\"b\":\"arn:aws:iam::999988887777:role/r\"}]}"]' 'args: --x: names an account outside of those of this task: 111122223333'
	refuses '["--source-reg","eu-west-1"]' 'args: --source-reg: names a region outside of those of this task: us-east-1'
	refuses '["--availability-zone=eu-west-1a"]' 'args: --availability-zone: names a region outside of those of this task: us-east-1'
	refuses '["--create-bucket-configuration=LocationConstraint=EU"]' 'args: --create-bucket-configuration: names a region outside of those of this task: us-east-1'
	refuses '["--create-bucket-configuration={\"LocationConstraint\": \"EU\"}"]' 'args: --create-bucket-configuration: names a region outside of those of this task: us-east-1'
	local escaped='args: --user-ids: want characters as they are, not as \u and a number'
	refuses '["--user-ids=[\"\\u0039\\u003999888877\\u00377\"]"]' "$escaped"
	refuses '["--user-ids","[\"\\\\u0039\"]"]' "$escaped"
	run -65 aws_tool <<<'{"account_id":"222233334444","region":"us-east-1","service":"ec2","operation":"x"}'
	assert_output 'account_id: outside of the accounts of this task: 111122223333'
	run -65 aws_tool <<<'{"account_id":"111122223333","region":"eu-west-1","service":"ec2","operation":"x"}'
	assert_output 'region: outside of the regions of this task: us-east-1'
}

@test "aws: an agent uses it, within its scope" {
	serve
	script_llm <<-'END'
		{"type":"tool_call","call":{"id":"a","name":"aws","arguments":{"account_id":"999988887777","region":"us-east-1","service":"sts","operation":"get-caller-identity"}}}
		{"type":"stop"}

		{"type":"tool_call","call":{"id":"b","name":"aws","arguments":{"account_id":"222233334444","region":"us-east-1","service":"sts","operation":"get-caller-identity"}}}
		{"type":"stop"}

		{"type":"text","delta":"done"}
		{"type":"stop"}
	END
	agent-add thinker --model some-model --tool aws >/dev/null
	id=$(task-add --ids --account 222233334444 --region us-east-1 'who am I?')
	agent-run "$id" >events
	is_field "$id" .status completed
	asked 2 '.messages[-1].content' | grep -q 'outside of this task'
	asked 3 '.messages[-1].content' | grep -q '111122223333'
	run -0 cat requests
	assert_output --regexp '^AWS4-HMAC-SHA256 Credential=KEYtest/[0-9]*/us-east-1/sts/[^ ]* Action=[^ ]*$'
}
