package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// TestRemoteCommands runs the scripts of testdata/remote on a server, the built program.
func TestRemoteCommands(t *testing.T) {
	server := launch(t, "dev", "--listen", "127.0.0.1:0")
	t.Setenv("AWS_ENDPOINT_URL_SFN", server.url)
	runScripts(t, "testdata/remote/*.txt", runCommand)
}

// TestRemoteRequests runs the scripts of testdata/fake on a server that answers as answers.json says and prints what it is
// asked, a line "> OPERATION REQUEST" each. An answer with an __type is a refusal.
func TestRemoteRequests(t *testing.T) {
	text, err := os.ReadFile("testdata/fake/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	var answers map[string]json.RawMessage
	if err := json.Unmarshal(text, &answers); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked strings.Builder
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a broken body shows in what is printed
		operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSStepFunctions.")
		mu.Lock()
		fmt.Fprintf(&asked, "> %s %s\n", operation, mask(string(body)))
		mu.Unlock()
		answer, ok := answers[operation+" "+string(body)]
		if !ok {
			answer = answers[operation]
		}
		if strings.Contains(string(answer), "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write(answer) // a client that has gone fails its own test
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_SFN", server.URL)
	runScripts(t, "testdata/fake/*.txt", func(t *testing.T, line string) string {
		asked.Reset()
		printed := runCommand(t, line)
		return asked.String() + printed
	})
}

// TestTaskCommands answers the tasks of an activity.
func TestTaskCommands(t *testing.T) {
	server := launch(t, "dev", "--listen", "127.0.0.1:0")
	t.Setenv("AWS_ENDPOINT_URL_SFN", server.url)
	api := server.api()
	activity := call(t, api, "CreateActivity", client.Text("name", "approve"))
	definition := fmt.Sprintf(`{"StartAt":"Approve","States":{"Approve":{"Type":"Task","Resource":%q,"HeartbeatSeconds":600,"End":true}}}`,
		client.Str(activity, "activityArn"))
	if _, err := api.Deploy(t.Context(), "approval", definition); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token")
	token := func(name string) string {
		if out := runCommand(t, "start approval --name "+name); !strings.HasPrefix(out, "arn:") {
			t.Fatal(out)
		}
		work := call(t, api, "GetActivityTask", client.Text("activityArn", client.Str(activity, "activityArn")))
		return client.Str(work, "taskToken")
	}
	expect := func(line, want string) {
		t.Helper()
		if got := runCommand(t, line); got != want {
			t.Errorf("%s prints\n%swant\n%s", line, got, want)
		}
	}

	first := token("first")
	expect("task heartbeat "+first, "")
	expect("task succeed "+first+` '{"approved": true}'`, "")
	expect("wait first", `{"approved": true}`+"\n")
	expect("task heartbeat "+first, "! statelark: TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'\nexit 1\n")

	if err := os.WriteFile(file, []byte(token("second")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("task fail @"+file+" --error Rejected --cause 'not in the budget'", "")
	expect("wait second", "! statelark: the execution ended FAILED: Rejected: not in the budget\nexit 1\n")
	expect("task succeed nonsense", "! statelark: InvalidToken: Invalid Token: 'Invalid token'\nexit 1\n")
	expect("task succeed '' '{}'", "! statelark: the task token is empty\n!   next: the token is in the context object, $$.Task.Token, and in GetActivityTask's answer\nexit 2\n")
	expect("task succeed - - < "+file, "! statelark: TOKEN and RESULT cannot both come from standard input\n!   next: see \"statelark task succeed --help\"\nexit 2\n")
	expect("ls activities -q", client.Str(activity, "activityArn")+"\n")
	expect("show "+client.Str(activity, "activityArn"),
		"name     approve\narn      "+client.Str(activity, "activityArn")+"\ncreated  DATE AND TIME\n")
}

// call calls an operation that is to succeed.
func call(t *testing.T, api *client.Client, operation string, in ...value.Member) value.Value {
	t.Helper()
	v, err := api.Call(t.Context(), operation, in...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestInterruptedWatch: who watches may leave; the execution goes on.
func TestInterruptedWatch(t *testing.T) {
	server := launch(t, "dev", "--listen", "127.0.0.1:0")
	t.Setenv("AWS_ENDPOINT_URL_SFN", server.url)
	if _, err := server.api().Deploy(t.Context(), "forever", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9999,"End":true}}}`); err != nil {
		t.Fatal(err)
	}
	arn := strings.TrimSpace(runCommand(t, "start forever --name long"))
	for _, command := range []string{"watch", "wait"} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		var stderr strings.Builder
		code := execute(cancelled(ctx), []string{command, "long"}, strings.NewReader(""), io.Discard, &stderr)
		cancel()
		if code != exitInterrupted || !strings.Contains(stderr.String(), "interrupted; the execution goes on") {
			t.Errorf("%s: exit code %d: %s", command, code, stderr.String())
		}
	}
	if status, _ := server.describe(arn); status != "RUNNING" {
		t.Errorf("the execution is %s", status)
	}
}

// TestInterruptedInput: a command that waits for its standard input ends with an interrupt.
func TestInterruptedInput(t *testing.T) {
	for _, command := range []string{"start m --input -", "task succeed -", "state test -"} {
		ctx, cancel := context.WithCancel(t.Context())
		in, out := io.Pipe()
		codes := make(chan int, 1)
		go func() { codes <- execute(ctx, strings.Fields(command), in, io.Discard, io.Discard) }()
		if _, err := out.Write([]byte("{")); err != nil {
			t.Fatal(err)
		}
		cancel()
		select {
		case code := <-codes:
			if code != exitInterrupted {
				t.Errorf("%s: exit code %d", command, code)
			}
		case <-time.After(patience):
			t.Errorf("%s still waits", command)
		}
		_ = out.Close() // whoever still reads ends
	}
}

func TestReadAtMost(t *testing.T) {
	if text, err := readAtMost(strings.NewReader("12345"), 5); err != nil || text != "12345" {
		t.Errorf("it reads %q, %v", text, err)
	}
	if _, err := readAtMost(strings.NewReader("123456"), 5); err == nil {
		t.Error("six bytes are read where five may be")
	}
}

// cancelled ends when ctx does, as an interrupt ends the context of a command.
func cancelled(ctx context.Context) context.Context {
	interrupted, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, cancel)
	return interrupted
}

// TestConsoleRefusals wants what a query or a fork cannot have said with what would help.
func TestConsoleRefusals(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "y")
	status, body := 0, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // a client that has gone fails its own test
	}))
	defer server.Close()
	for _, c := range []struct {
		status     int
		body, line string
		want       []string
	}{
		{401, `{"code":"UnauthorizedException","message":"Nobody has signed in."}`, "ls executions --query x", []string{"Nobody has signed in", "--token", "exit 4"}},
		{403, `{"code":"AccessDeniedException","message":"This takes the role operator."}`, "stop --query x", []string{"role operator", "--token", "exit 4"}},
		{200, `{}`, "fork x --event y", []string{`--event is "y"; it has to be a whole number`, "exit 2"}},
		{404, `<Error/>`, "redrive --query x", []string{"there is no console", "whose console is on", "exit 2"}},
		{200, `{}`, "redrive --query x --wait", []string{"--wait follows one execution", "exit 2"}},
		{200, `{}`, "ls executions --query x --endpoint aws --region us-east-1", []string{"AWS has none", "whose console is on", "exit 2"}},
	} {
		status, body = c.status, c.body
		line := c.line
		if !strings.Contains(line, "--endpoint") {
			line += " --endpoint " + server.URL
		}
		got := runCommand(t, line)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s prints\n%swithout %q", c.line, got, want)
			}
		}
	}
}
