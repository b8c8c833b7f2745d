package function

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
)

// declare adds a function f to a new catalogue.
func declare(t testing.TB, f Function) *Catalog {
	t.Helper()
	c := open(t, Options{})
	f.Name = "f"
	if f.Timeout == 0 {
		f.Timeout = 30 * time.Second
	}
	if err := c.Declare(f); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCommand(t *testing.T) {
	tests := []struct {
		name, script, payload, want, wantError string
	}{
		{"echo", "cat", ` {"a": 1} `, `{"a": 1}`, ""},
		{"input is not read", "echo 5", strings.Repeat(" ", 1<<20) + "1", `5`, ""},
		{"nothing printed", "true", `1`, `null`, ""},
		{"variables", `printf '"%s %s %s"' "$AWS_LAMBDA_FUNCTION_NAME" "$AWS_LAMBDA_REQUEST_ID" "$AWS_REGION"`, `1`, `"f req-1 us-east-1"`, ""},
		{"fails", "echo this is why >&2; exit 3", `1`, `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: sh exited with exit status 3: this is why"}`, unhandled},
		{"fails silently", "kill -9 $$", `1`, `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: sh exited with signal: killed"}`, unhandled},
		{"own error", `echo '{"errorType": "Declined", "n": 1}'; exit 1`, `1`, `{"errorType":"Declined","n":1}`, unhandled},
		{"too much", "head -c 7000000 /dev/zero", `1`, `{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}`, unhandled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := declare(t, Function{Code: Code{Command: []string{"sh", "-c", tt.script}}})
			res := invoke(t, c, tt.payload)
			if got := string(res.Payload); got != tt.want || res.FunctionError != tt.wantError {
				t.Errorf("payload %s (%q)\nwant    %s (%q)", got, res.FunctionError, tt.want, tt.wantError)
			}
		})
	}
}

func TestCommandGarbage(t *testing.T) {
	c := declare(t, Function{Code: Code{Command: []string{"echo", "hello"}}})
	res := invoke(t, c, `1`)
	for _, want := range []string{`{"errorType":"Runtime.MarshalError","errorMessage":"RequestId: req-1 Error: echo printed something that is not JSON: `, `; it starts with \"hello\\n\""}`} {
		if !strings.Contains(string(res.Payload), want) {
			t.Errorf("payload %s, want %s", res.Payload, want)
		}
	}
}

func TestCommandMissing(t *testing.T) {
	c := declare(t, Function{Code: Code{Command: []string{"/no/such/program"}}})
	if res := invoke(t, c, `1`); !strings.Contains(string(res.Payload), `{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: req-1 Error: starting /no/such/program: `) {
		t.Errorf("payload %s", res.Payload)
	}
}

// spreader prints its own process id and those of two children, in the form that readPIDs reads, and stays.
const spreader = `sleep 1000 & near=$!
setsid sleep 1000 & far=$!
printf '[%d, %d, %d]' $$ $near $far > "$PIDS"
wait`

func TestCommandTree(t *testing.T) {
	for _, end := range []string{"timeout", "cancel"} {
		t.Run(end, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pids")
			f := Function{Env: map[string]string{"PIDS": path}, Code: Code{Command: []string{"sh", "-c", spreader}}}
			if end == "timeout" {
				f.Timeout = time.Second
			}
			c := declare(t, f)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			call := goInvoke(ctx, c, `1`)
			eventually(t, "the command runs", func() bool { return readPIDs(path) != nil })
			if end == "cancel" {
				cancel()
			}
			a := <-call
			if end == "cancel" && !errors.Is(a.err, context.Canceled) {
				t.Errorf("the cancelled invocation ended with %v", a.err)
			}
			if end == "timeout" && (a.err != nil || !strings.Contains(string(a.res.Payload), "Sandbox.Timedout")) {
				t.Errorf("the invocation ended with %v", a)
			}
			checkGone(t, readPIDs(path))
		})
	}
}

// TestCommandLeavesChild sees that a command which is done does not wait for a child that holds its output.
func TestCommandLeavesChild(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pids")
	c := declare(t, Function{Env: map[string]string{"PIDS": path},
		Code: Code{Command: []string{"sh", "-c", strings.Replace(spreader, "wait", "echo '\"done\"'", 1)}}})
	if res := invoke(t, c, `1`); string(res.Payload) != `"done"` {
		t.Errorf("payload %s", res.Payload)
	}
	checkGone(t, readPIDs(path))
}

func TestURL(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/echo":
			if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Amzn-RequestId") != "req-1" {
				t.Errorf("the request is %s with %v", r.Method, r.Header)
			}
			_, _ = io.Copy(w, r.Body)
		case "/function-error":
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = w.Write([]byte(`{"errorType": "Own", "errorMessage": "m"}`))
		case "/named":
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte(`{"errorType": "Pot"}`))
		case "/large":
			_, _ = w.Write(make([]byte, MaxResponse+1))
		case "/empty":
		case "/hang":
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client leaves
			<-r.Context().Done()
		default:
			http.Error(w, "down", http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	tests := []struct{ path, want, wantError string }{
		{"/echo", `{"a": 1}`, ""},
		{"/empty", `null`, ""},
		{"/function-error", `{"errorType":"Own","errorMessage":"m"}`, unhandled},
		{"/named", `{"errorType":"Pot"}`, unhandled},
		{"/other", `{"errorType":"Http.StatusCode.503","errorMessage":"RequestId: req-1 Error: ` + s.URL + `/other answered 503 Service Unavailable: \"down\\n\""}`, unhandled},
		{"/large", `{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}`, unhandled},
		{"/hang", `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: req-1 Error: Task timed out after 1.00 seconds"}`, unhandled},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			f := Function{Code: Code{URL: s.URL + tt.path}}
			if tt.path == "/hang" {
				f.Timeout = time.Second
			}
			res := invoke(t, declare(t, f), `{"a": 1}`)
			if string(res.Payload) != tt.want || res.FunctionError != tt.wantError {
				t.Errorf("payload %s (%q)\nwant    %s (%q)", res.Payload, res.FunctionError, tt.want, tt.wantError)
			}
		})
	}
}

func TestURLUnreachable(t *testing.T) {
	s := httptest.NewServer(nil)
	url := s.URL
	s.Close()
	c := declare(t, Function{Code: Code{URL: url}})
	_, err := c.Invoke(t.Context(), Ref{Name: "f"}, Invocation{})
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != "ServiceException" || refused.Status != 500 {
		t.Errorf("the invocation ended with %v, want a ServiceException", err)
	}
}

// bootstrapProgram is a runtime of its own: it adds one to numbers and reports everything else as an error.
const bootstrapProgram = `#!/usr/bin/env python3
import http.client, json, os, urllib.parse
url = urllib.parse.urlsplit("http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/")
api = http.client.HTTPConnection(url.netloc)
def call(method, path, body=None):
    api.request(method, url.path + path, body)
    answer = api.getresponse()
    return answer.status, answer.headers, answer.read()
while True:
    _, headers, event = call("GET", "invocation/next")
    id = headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(event)
    if isinstance(event, int):
        status, _, _ = call("POST", f"invocation/{id}/response", str(event + 1))
        assert status == 202
        status, _, body = call("POST", f"invocation/{id}/response", "again")
        assert status == 400 and b"InvalidRequestID" in body
    else:
        call("POST", f"invocation/{id}/error", json.dumps({"errorType": "NotANumber", "errorMessage": str(event)}))
`

func TestProvided(t *testing.T) {
	c := open(t, Options{})
	upload(t, c, Function{Name: "f", Runtime: "provided.al2023"}, "bootstrap", bootstrapProgram)
	for i := range 3 {
		if res := invoke(t, c, strconv.Itoa(i)); string(res.Payload) != strconv.Itoa(i+1) {
			t.Errorf("payload %s, want %d", res.Payload, i+1)
		}
	}
	if res := invoke(t, c, `"x"`); string(res.Payload) != `{"errorType": "NotANumber", "errorMessage": "x"}` || res.FunctionError != unhandled {
		t.Errorf("payload %s (%q)", res.Payload, res.FunctionError)
	}
}

func TestProvidedWithoutBootstrap(t *testing.T) {
	c := open(t, Options{})
	upload(t, c, Function{Name: "f", Runtime: "provided.al2023"}, "other", "")
	want := `{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: req-1 Error: couldn't find valid bootstrap(s): [/var/task/bootstrap]"}`
	if res := invoke(t, c, `1`); string(res.Payload) != want {
		t.Errorf("payload %s, want %s", res.Payload, want)
	}
}

func TestMissingInterpreter(t *testing.T) {
	c := open(t, Options{Interpreters: map[string]string{"python3.12": "/no/such/python"}})
	python(t, c, "def handler(event, context):\n    return 1\n")
	if res := invoke(t, c, `1`); !strings.Contains(string(res.Payload), `"Runtime.InvalidEntrypoint"`) {
		t.Errorf("payload %s", res.Payload)
	}
}

// TestDirectory runs a declared directory whose handler is in a package, with all that its context offers.
func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "pkg"), 0o700); err != nil {
		t.Fatal(err)
	}
	source := `import os
def handler(event, context):
    assert 0 < context.get_remaining_time_in_millis() <= 30000
    return [context.function_name, context.function_version, context.memory_limit_in_mb, context.aws_request_id,
            context.log_group_name, context.invoked_function_arn, os.environ["AWS_ENDPOINT_URL"], os.environ["COLOR"],
            os.environ["AWS_EXECUTION_ENV"], os.environ["AWS_LAMBDA_FUNCTION_NAME"], "STATELARK_SECRET" in os.environ]
`
	if err := os.WriteFile(filepath.Join(dir, "pkg", "app.py"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STATELARK_SECRET", "x")
	c := openAt(t, arn.Place{Region: "eu-west-1", Account: "123456789012"}, Options{EndpointURL: "http://127.0.0.1:1"})
	err := c.Declare(Function{Name: "f", Runtime: "python3.12", Handler: "pkg/app.handler", Timeout: 30 * time.Second, MemoryMB: 512,
		Env: map[string]string{"COLOR": "red"}, Code: Code{Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	want := `["f", "$LATEST", "512", "req-1", "/aws/lambda/f", "arn:aws:lambda:eu-west-1:123456789012:function:f", "http://127.0.0.1:1", "red", "AWS_Lambda_python3.12", "f", false]`
	if res := invoke(t, c, `{}`); string(res.Payload) != want {
		t.Errorf("payload %s\nwant    %s", res.Payload, want)
	}
}

func TestDeclareRefuses(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		f    Function
		want string
	}{
		{Function{Name: "a b"}, "the name has to be"},
		{Function{Name: "f"}, "it needs a command, a URL or a directory"},
		{Function{Name: "f", Code: Code{Command: []string{"x"}, URL: "http://x"}}, "choose one"},
		{Function{Name: "f", Runtime: "python3.12", Code: Code{URL: "http://x"}}, "a runtime goes with a directory"},
		{Function{Name: "f", Code: Code{Dir: dir}}, `the runtime "" is not one that can be run here`},
		{Function{Name: "f", Runtime: "python3.12", Code: Code{Dir: dir}}, "needs a handler"},
		{Function{Name: "f", Runtime: "python3.12", Handler: "a.b", Code: Code{Dir: dir + "/none"}}, "no such file"},
		{Function{Name: "f", Timeout: time.Hour, Code: Code{URL: "http://x"}}, "between 1 second and 15 minutes"},
		{Function{Name: "f", MemoryMB: 1, Code: Code{URL: "http://x"}}, "the memory is 1 MB"},
		{Function{Name: "g", Code: Code{URL: "http://x"}}, "declared twice"},
	}
	c := open(t, Options{})
	if err := c.Declare(Function{Name: "g", Code: Code{URL: "http://x"}}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		if err := c.Declare(tt.f); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("declaring %+v: %v, want %q", tt.f, err, tt.want)
		}
	}
}
