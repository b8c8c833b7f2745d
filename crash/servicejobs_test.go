package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// again is what Tasks do whose job went with its host: they begin another.
const again = `"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"BackoffRate":1,"MaxAttempts":8}],"TimeoutSeconds":60,"End":true`

// jobScript writes down the execution that its variable or first argument names, some time after it began.
const jobScript = `sleep 0.2; echo ran >> "$DONE/${X:-$2}"; sleep 0.1`

func task(resource, parameters string) string {
	return `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::` + resource + `","Parameters":` + parameters + `,` + again + `}}}`
}

// mapped is a Map over twelve numbers, four at a time.
func mapped(resource, parameters string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":4,"End":true,` +
		`"ItemSelector":{"name.$":"$.name","n.$":"$$.Map.Item.Value"},"ItemProcessor":` + task(resource, parameters) + `}}}`
}

// jobMachines are workflows that call services, by name.
var jobMachines = map[string]string{
	"batch": task("batch:submitJob.sync", `{"JobName":"j","JobQueue":"jobs","JobDefinition":"job","ContainerOverrides":{"Environment":[{"Name":"X","Value.$":"$.name"}]}}`),
	"ecs": task("ecs:runTask.sync", `{"TaskDefinition":"job","LaunchType":"FARGATE","NetworkConfiguration":{"AwsvpcConfiguration":{"Subnets":["s"]}},`+
		`"Overrides":{"ContainerOverrides":[{"Name":"c","Environment":[{"Name":"X","Value.$":"$.name"}]}]}}`),
	"glue": task("glue:startJobRun.sync", `{"JobName":"job","Arguments":{"--x.$":"$.name"}}`),
	"rows": mapped("dynamodb:putItem", `{"TableName":"things","Item":{"k":{"S.$":"States.Format('{}-{}',$.name,$.n)"},"g":{"S":"rows"}}}`),
	"line": mapped("sqs:sendMessage", `{"QueueUrl":"line","MessageBody.$":"States.Format('{}-{}',$.name,$.n)"}`),
	"fifo": mapped("sqs:sendMessage", `{"QueueUrl":"jobs.fifo","MessageGroupId.$":"$.name","MessageBody.$":"States.Format('{}-{}',$.name,$.n)"}`),
	"http": task("http:invoke", `{"ApiEndpoint.$":"$.url","Method":"POST","Authentication":{"ConnectionArn":"CONNECTION"},"RequestBody":{"name.$":"$.name"}}`),
}

// TestKillServiceWorkflows kills the program while workflows call the built-in services and wait for jobs. Each execution ends well, each
// job has run, each row and message is there, and a message of a queue that knows ids is there once.
func TestKillServiceWorkflows(t *testing.T) {
	n := *kills
	if testing.Short() {
		n = min(n, 3)
	}
	y := preparedYard(t, *seed)
	f := newFactory(t, y)
	names := map[string]string{} // of executions, with their machine
	for k := range n {
		for kind := range jobMachines {
			name := fmt.Sprintf("%s-%d", kind, k)
			names[name] = kind
			f.start(kind, name)
		}
		y.endOnce()
	}
	for name, kind := range names {
		f.ended(kind, name)
	}
	y.server.kill()
	if _, err := y.server.run(y.ctx); err != nil {
		t.Fatal(err)
	}
	for name, kind := range names {
		f.audit(kind, name)
	}
	f.auditQueues(names)
	t.Logf("%d executions, %d kills or more", len(names), n)
}

// factory is what the workflows use.
type factory struct {
	*yard
	done  string // where jobs write down that they ran
	hooks *httptest.Server

	mu     sync.Mutex
	called map[string]int // by http:invoke
}

func newFactory(t *testing.T, y *yard) *factory {
	f := &factory{yard: y, done: filepath.Join(y.server.base, "done"), called: map[string]int{}}
	f.hooks = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Name string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return // it was cut off
		}
		f.mu.Lock()
		f.called[in.Name]++
		f.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"well":true}`))
	}))
	t.Cleanup(f.hooks.Close)
	if err := os.Mkdir(f.done, 0o755); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(y.server.base, "statelark.yaml")
	text := fmt.Sprintf("jobs:\n  job: {command: [sh, -c, %q, job], env: {DONE: %q}}\n", jobScript, f.done)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	y.server.args = []string{"--config", config, "--http-allow", "127.0.0.1"}
	y.open()
	f.build()
	return f
}

// build makes what the workflows name, and the workflows.
func (f *factory) build() {
	f.rest("/v1/createcomputeenvironment", object{"computeEnvironmentName": "here", "type": "MANAGED", "computeResources": object{"type": "FARGATE", "maxvCpus": 16, "subnets": []string{"s"}}})
	f.rest("/v1/createjobqueue", object{"jobQueueName": "jobs", "priority": 1, "computeEnvironmentOrder": []object{{"order": 1, "computeEnvironment": "here"}}})
	f.rest("/v1/registerjobdefinition", object{"jobDefinitionName": "job", "type": "container", "containerProperties": object{"image": "none"}})
	f.must("ecs", "CreateCluster", object{})
	f.must("ecs", "RegisterTaskDefinition", object{"family": "job", "memory": "512", "cpu": "256", "requiresCompatibilities": []string{"FARGATE"}, "networkMode": "awsvpc",
		"containerDefinitions": []object{{"name": "c", "image": "none"}}})
	f.must("glue", "CreateJob", object{"Name": "job", "Role": role, "Command": object{"Name": "pythonshell", "ScriptLocation": "none.py"}, "ExecutionProperty": object{"MaxConcurrentRuns": 100}})
	f.must("sqs", "CreateQueue", object{"QueueName": "line"})
	f.must("sqs", "CreateQueue", object{"QueueName": "jobs.fifo", "Attributes": object{"FifoQueue": "true", "ContentBasedDeduplication": "true"}})
	connection := f.must("events", "CreateConnection", object{"Name": "hooks", "AuthorizationType": "API_KEY",
		"AuthParameters": object{"ApiKeyAuthParameters": object{"ApiKeyName": "x-key", "ApiKeyValue": "secret"}}})
	for kind, text := range jobMachines {
		text = strings.ReplaceAll(text, "CONNECTION", textAt(connection, "ConnectionArn"))
		f.must("states", "CreateStateMachine", object{"name": kind, "definition": text, "roleArn": role})
	}
}

func (f *factory) must(service, operation string, in object) object {
	f.t.Helper()
	out, err := f.c.do(f.ctx, service, operation, in)
	if err != nil {
		f.t.Fatalf("%s: %v", operation, err)
	}
	return out
}

func (f *factory) rest(path string, in object) {
	f.t.Helper()
	if _, err := f.c.rest(f.ctx, http.MethodPost, "batch", path, in); err != nil {
		f.t.Fatalf("%s: %v", path, err)
	}
}

// start starts an execution, until that is acknowledged.
func (f *factory) start(kind, name string) {
	input := fmt.Sprintf(`{"name":%q,"url":%q,"items":[0,1,2,3,4,5,6,7,8,9,10,11]}`, name, f.hooks.URL)
	err := until(f.ctx, func() error {
		_, err := f.c.do(f.ctx, "states", "StartExecution", object{"stateMachineArn": arnOf("stateMachine:" + kind), "name": name, "input": input})
		return err
	})
	if err != nil {
		f.wrong("starting %s: %v", name, err)
	}
}

// ended waits until an execution has ended, which has to be well.
func (f *factory) ended(kind, name string) {
	ctx, cancel := context.WithTimeout(f.ctx, 90*time.Second)
	defer cancel()
	for {
		out, err := f.c.do(ctx, "states", "DescribeExecution", object{"executionArn": arnOf("execution:" + kind + ":" + name)})
		switch status := textAt(out, "status"); {
		case status == "SUCCEEDED":
			return
		case err == nil && status != "RUNNING":
			f.wrong("%s is %s: %s: %s", name, status, textAt(out, "error"), textAt(out, "cause"))
			return
		case !pause(ctx, 20*millisecond):
			f.wrong("%s does not end: %v", name, err)
			return
		}
	}
}

// audit looks for what an execution was to bring about.
func (f *factory) audit(kind, name string) {
	switch kind {
	case "batch", "ecs", "glue":
		if _, err := os.Stat(filepath.Join(f.done, name)); err != nil {
			f.wrong("%s has ended well, and its job never ran: %v", name, err)
		}
	case "http":
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.called[name] == 0 {
			f.wrong("%s has ended well, and never called", name)
		}
	case "rows":
		for i := range 12 {
			key := fmt.Sprintf("%s-%d", name, i)
			out, err := f.c.do(f.ctx, "dynamodb", "GetItem", object{"TableName": table, "Key": object{"k": s(key)}})
			if at(out, "Item") == nil {
				f.wrong("%s has ended well, and there is no item %s: %v", name, key, err)
			}
		}
	}
}

// auditQueues receives all messages: each was sent, and there is one of each in the queue that knows ids.
func (f *factory) auditQueues(names map[string]string) {
	for queue, kind := range map[string]string{"line": "line", "jobs.fifo": "fifo"} {
		seen := map[string]int{}
		for {
			out := f.must("sqs", "ReceiveMessage", object{"QueueUrl": queue, "MaxNumberOfMessages": 10})
			for _, m := range listAt(out, "Messages") {
				seen[messageText(m)]++
				f.must("sqs", "DeleteMessage", object{"QueueUrl": queue, "ReceiptHandle": textAt(m, "ReceiptHandle")})
			}
			if len(listAt(out, "Messages")) == 0 {
				break
			}
		}
		for name, of := range names {
			for i := 0; of == kind && i < 12; i++ {
				text := fmt.Sprintf("%s-%d", name, i)
				if n := seen[text]; n == 0 || n > 1 && queue == "jobs.fifo" {
					f.wrong("%s is in %s %d times", text, queue, n)
				}
			}
		}
	}
}
