package lambda

import (
	"cmp"
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

const echo = "def handler(event, context):\n    return event\n"

// interpreters are looked for once: what is on the PATH may be a slow wrapper.
var interpreters = sync.OnceValue(func() map[string]string {
	found := make(map[string]string)
	for runtime, ask := range map[string][]string{
		"python3.12": {"python3", "-c", "import sys; print(sys.executable)"}, "nodejs20.x": {"node", "-p", "process.execPath"},
	} {
		if path, err := exec.Command(ask[0], ask[1:]...).Output(); err == nil { // upload skips the tests that need one which is not there
			found[runtime] = strings.TrimSpace(string(path))
		}
	}
	return found
})

// openCatalog makes a catalogue that is closed with the test.
func openCatalog(t testing.TB) *function.Catalog {
	t.Helper()
	c, err := function.NewCatalog(home, function.Options{Interpreters: interpreters()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return c
}

// python adds a function f with the given source.
func python(t testing.TB, c *function.Catalog, source string) {
	t.Helper()
	upload(t, c, function.Function{Name: "f", Runtime: "python3.12", Handler: "handler.handler"}, "handler.py", source)
}

// The places of the tests' execution, and of the functions that its Tasks name by ARN.
var (
	caller    = arn.Place{Region: "us-east-1", Account: "111111111111"}
	elsewhere = arn.Place{Region: "eu-west-1", Account: "222222222222"}
)

// upload adds a function of files, name and text in turn, in all places of the tests.
func upload(t testing.TB, c *function.Catalog, f function.Function, files ...string) {
	t.Helper()
	if !strings.HasPrefix(f.Runtime, "provided") && interpreters()[f.Runtime] == "" {
		t.Skipf("needs an interpreter for %s", f.Runtime)
	}
	f.Timeout = cmp.Or(f.Timeout, 30*time.Second)
	for _, at := range []arn.Place{home, caller, elsewhere} {
		if _, err := c.Create(at, f, archiveOf(t, files...), nil, false); err != nil {
			t.Fatal(err)
		}
	}
}

func parse(t testing.TB, text string) value.Value {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// start runs one Task against c; resource is "invoke" or a function's name.
func start(t testing.TB, c *function.Catalog, resource, input string) (string, error) {
	t.Helper()
	call := &task.Call{
		Key:      task.Key{Execution: caller.ARN("states", "execution:m:e"), Seq: 1},
		Resource: asl.Resource{Service: "lambda", Action: "invoke", Pattern: asl.RequestResponse},
		Input:    parse(t, input),
	}
	if resource != "invoke" {
		call.Resource = asl.Resource{Place: elsewhere, Function: resource}
	}
	out, err := NewTarget(c).Start(t.Context(), call)
	return out.Output.Text(), err
}

var varying = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT|Root=1-[^"]*`)

func TestInvokeOutput(t *testing.T) {
	c := openCatalog(t)
	python(t, c, echo)
	got, err := start(t, c, "invoke", `{"FunctionName": "f", "Payload": {"a": [1, "x"]}}`)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"ExecutedVersion":"$LATEST","Payload":{"a":[1,"x"]},"SdkHttpMetadata":{"AllHttpHeaders":{` +
		`"X-Amz-Executed-Version":["$LATEST"],"x-amzn-Remapped-Content-Length":["0"],"Connection":["keep-alive"],` +
		`"x-amzn-RequestId":["*"],"Content-Length":["15"],"Date":["*"],"X-Amzn-Trace-Id":["*"],"Content-Type":["application/json"]},` +
		`"HttpHeaders":{"Connection":"keep-alive","Content-Length":"15","Content-Type":"application/json","Date":"*",` +
		`"X-Amz-Executed-Version":"$LATEST","x-amzn-Remapped-Content-Length":"0","x-amzn-RequestId":"*","X-Amzn-Trace-Id":"*"},` +
		`"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"*"},"StatusCode":200}`
	if got := varying.ReplaceAllString(parse(t, got).Compact(), "*"); got != want {
		t.Errorf("output %s\nwant   %s", got, want)
	}
}

func TestPayloads(t *testing.T) {
	c := openCatalog(t)
	python(t, c, echo)
	tests := []struct{ parameters, want string }{
		{`{"FunctionName": "f"}`, `{}`},
		{`{"FunctionName": "f", "Payload": null}`, `{}`},
		{`{"FunctionName": "f", "Payload": "null"}`, `null`},
		{`{"FunctionName": "f", "Payload": "0"}`, `0`},
		{`{"FunctionName": "f", "Payload": "HelloWorld"}`, `"HelloWorld"`},
		{`{"FunctionName": "f", "Payload": "\"'{'Hello':'World'}'\""}`, `"'{'Hello':'World'}'"`},
		{`{"FunctionName": "f", "Payload": 0.0}`, `0.0`},
		{`{"FunctionName": "f:$LATEST", "Payload": true}`, `true`},
		{`{"FunctionName": "111111111111:f", "Payload": []}`, `[]`},
		{`{"FunctionName": "arn:aws:lambda:us-east-1:111111111111:function:f", "Payload": []}`, `[]`},
	}
	for _, tt := range tests {
		out, err := start(t, c, "invoke", tt.parameters)
		if err != nil {
			t.Errorf("%s: %v", tt.parameters, err)
			continue
		}
		payload, _ := parse(t, out).Get("Payload")
		if payload.Text() != tt.want {
			t.Errorf("%s gives the payload %s, want %s", tt.parameters, payload.Text(), tt.want)
		}
	}
	for input, want := range map[string]string{`{"a":  1}`: `{"a": 1}`, `"s"`: `"s"`, `null`: `null`} {
		if out, err := start(t, c, "f", input); err != nil || out != want {
			t.Errorf("the function's ARN with %s gives %s (%v), want %s", input, out, err, want)
		}
	}
}

func TestInvocationTypes(t *testing.T) {
	c := openCatalog(t)
	python(t, c, echo)
	for kind, want := range map[string]string{
		"Event":  `"HttpStatusCode":202},"SdkResponseMetadata":{"RequestId":"*"},"StatusCode":202}`,
		"DryRun": `"HttpStatusCode":204},"SdkResponseMetadata":{"RequestId":"*"},"StatusCode":204}`,
	} {
		out, err := start(t, c, "invoke", `{"FunctionName": "f", "InvocationType": "`+kind+`"}`)
		if err != nil {
			t.Fatal(err)
		}
		if out := varying.ReplaceAllString(parse(t, out).Compact(), "*"); !strings.HasSuffix(out, want) || !strings.HasPrefix(out, `{"Payload":""`) {
			t.Errorf("%s gives %s, want its end to be %s", kind, out, want)
		}
	}
	out, err := start(t, c, "invoke", `{"FunctionName": "f", "LogType": "Tail"}`)
	if err != nil {
		t.Fatal(err)
	}
	if log, _ := parse(t, out).Get("LogResult"); !strings.HasPrefix(log.Str(), "U1RBUlQgUmVxdWVzdElkOi") { // "START RequestId:"
		t.Errorf("the log is %q", log.Str())
	}
}

// namelessProgram is a runtime of its own that reports errors without a type.
const namelessProgram = `#!/usr/bin/env python3
import http.client, json, os, urllib.parse
url = urllib.parse.urlsplit("http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/")
api = http.client.HTTPConnection(url.netloc)
while True:
    api.request("GET", url.path + "next")
    answer = api.getresponse()
    id, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(answer.read())
    api.request("POST", url.path + id + "/error", json.dumps({"errorMessage": event}, separators=(",", ":")))
    api.getresponse().read()
`

func TestTaskErrors(t *testing.T) {
	c := openCatalog(t)
	upload(t, c, function.Function{Name: "raises", Runtime: "python3.12", Handler: "handler.handler"}, "handler.py",
		"def handler(event, context):\n    raise Exception(\"Some exception was raised.\")\n")
	upload(t, c, function.Function{Name: "nameless", Runtime: "provided.al2023"}, "bootstrap",
		namelessProgram)
	for name, script := range map[string]string{"slow": "sleep 1000", "text": "echo '{\"errorType\": \"\"}'; exit 1"} {
		f := function.Function{Name: name, Timeout: time.Second, Code: function.Code{Command: []string{"sh", "-c", script}}}
		if err := c.Declare(f); err != nil {
			t.Fatal(err)
		}
	}
	raised := `{"errorMessage":"Some exception was raised.","errorType":"Exception","requestId":"*","stackTrace":["  File \"/var/task/handler.py\", line 2, in handler\n    raise Exception(\"Some exception was raised.\")\n"]}`
	late := `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: * Error: Task timed out after 1.00 seconds"}`
	const notFound = " (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: *; Proxy: null)"
	tests := []struct{ resource, input, name, cause string }{
		{"raises", `{}`, "Exception", raised},
		{"invoke", `{"FunctionName": "raises"}`, "Exception", raised},
		{"slow", `{}`, "Sandbox.Timedout", late},
		{"invoke", `{"FunctionName": "slow"}`, "Sandbox.Timedout", late},
		{"nameless", `"x"`, "Lambda.Unknown", `The cause could not be determined because Lambda did not return an error type. Returned payload: {"errorMessage":"x"}`},
		{"invoke", `{"FunctionName": "no_such"}`, "Lambda.ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:111111111111:function:no_such:$LATEST" + notFound},
		{"no_such", `{}`, "Lambda.ResourceNotFoundException", "Function not found: arn:aws:lambda:eu-west-1:222222222222:function:no_such:$LATEST" + notFound},
		{"raises:7", `{}`, "Lambda.ResourceNotFoundException", "Function not found: arn:aws:lambda:eu-west-1:222222222222:function:raises:7" + notFound},
		{"invoke", `{"FunctionName": "arn:aws:lambda:eu-west-1:111111111111:function:raises"}`, "Lambda.InvalidParameterValueException",
			"Functions from 'eu-west-1' are not reachable in this region ('us-east-1') (Service: AWSLambda; Status Code: 400; Error Code: InvalidParameterValueException; Request ID: *; Proxy: null)"},
	}
	for _, tt := range tests {
		_, err := start(t, c, tt.resource, tt.input)
		var failed *task.Error
		if !errors.As(err, &failed) {
			t.Errorf("%s with %s ended with %v", tt.resource, tt.input, err)
			continue
		}
		if cause := varying.ReplaceAllString(failed.Cause, "*"); failed.Name != tt.name || cause != tt.cause {
			t.Errorf("%s with %s failed with\n%s: %s\nwant\n%s: %s", tt.resource, tt.input, failed.Name, cause, tt.name, tt.cause)
		}
	}
}
