package node

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"go.uber.org/goleak"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/pebblestore"
)

// patience is how long a test waits for something that comes at once when all is well.
const patience = 30 * time.Second

// place is where the nodes of tests are.
var place = arn.Place{Region: "eu-west-1", Account: "123456789012"}

// startNode starts a node on a port of its own.
func startNode(t *testing.T, data string) *Node {
	t.Helper()
	n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Data: data, Place: place, Functions: []function.Function{command("upper", "tr", "a-z", "A-Z")}},
		Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// command is a function that is a command.
func command(name string, words ...string) function.Function {
	return function.Function{Name: name, Timeout: time.Minute, Code: function.Code{Command: words}}
}

func closeNode(t *testing.T, n *Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// sdk is the AWS SDK for Go, pointed at a node.
func sdk(t *testing.T, n *Node) *sfn.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return sfn.New(sfn.Options{Region: n.cfg.Place.Region, BaseEndpoint: aws.String(n.URL()), HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
}

// begin creates a state machine and starts an execution of it.
func begin(t *testing.T, c *sfn.Client, name, definition, input string) *string {
	t.Helper()
	m, err := c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: &name, Definition: &definition, RoleArn: aws.String(place.RoleARN("statelark"))})
	if err != nil {
		t.Fatal(err)
	}
	x, err := c.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn, Name: aws.String("x"), Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	return x.ExecutionArn
}

// await polls an execution until it has ended.
func await(t *testing.T, c *sfn.Client, arn *string) *sfn.DescribeExecutionOutput {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		x, err := c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		if x.Status != types.ExecutionStatusRunning {
			return x
		}
		<-poll.C
	}
}

// noLeaks checks at the end of a test that nothing of its nodes runs on.
func noLeaks(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		goleak.VerifyNone(t, before)
	})
}

// TestNode goes once through everything that a node is wired from: API, engine, functions and nested executions.
func TestNode(t *testing.T) {
	noLeaks(t)
	n := startNode(t, "")
	c := sdk(t, n)
	defer closeNode(t, n)

	child := `{"StartAt":"F","States":{"F":{"Type":"Task","Resource":"arn:aws:lambda:eu-west-1:123456789012:function:upper","End":true}}}`
	if x := await(t, c, begin(t, c, "child", child, `{"word":"lark"}`)); x.Status != types.ExecutionStatusSucceeded || *x.Output != `{"WORD":"LARK"}` {
		t.Errorf("the function gave %s %s %s", x.Status, aws.ToString(x.Output), aws.ToString(x.Cause))
	}
	parent := `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
		"Parameters":{"StateMachineArn":"arn:aws:states:eu-west-1:123456789012:stateMachine:child","Input":{"word":"sky"}},
		"ResultSelector":{"got.$":"$.Output"},"End":true}}}`
	if x := await(t, c, begin(t, c, "parent", parent, `{}`)); x.Status != types.ExecutionStatusSucceeded || *x.Output != `{"got":{"WORD":"SKY"}}` {
		t.Errorf("the nested execution gave %s %s %s", x.Status, aws.ToString(x.Output), aws.ToString(x.Cause))
	}
}

// TestStartErrors: a node that does not start says which part would not, and keeps nothing.
func TestStartErrors(t *testing.T) {
	noLeaks(t)
	n := startNode(t, t.TempDir())
	defer closeNode(t, n)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for part, cfg := range map[Part]Config{
		Store:     {Listen: "127.0.0.1:0", Place: place, Data: file},
		Listener:  {Listen: strings.TrimPrefix(n.URL(), "http://"), Place: place, Data: t.TempDir()},
		Functions: {Listen: "127.0.0.1:0", Place: place, Functions: []function.Function{{Name: "no name"}}},
	} {
		_, err := Start(t.Context(), cfg, Options{})
		var said *StartError
		if !errors.As(err, &said) || said.Part != part {
			t.Errorf("without its %s it says %v", part, err)
		}
	}
	_, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Place: place, Data: n.cfg.Data}, Options{})
	if !errors.Is(err, pebblestore.ErrLocked) {
		t.Errorf("on the directory of another node it says %v", err)
	}
}

// TestNodeRestarts closes a node in the middle of an execution and starts it again on the same directory.
func TestNodeRestarts(t *testing.T) {
	noLeaks(t)
	data := t.TempDir()
	first := startNode(t, data)
	arn := begin(t, sdk(t, first), "m", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"P"},"P":{"Type":"Pass","End":true}}}`, `{"kept": true}`)
	closeNode(t, first)

	second := startNode(t, data)
	defer closeNode(t, second)
	if x := await(t, sdk(t, second), arn); x.Status != types.ExecutionStatusSucceeded || *x.Output != `{"kept": true}` {
		t.Errorf("it ended %s %s", x.Status, aws.ToString(x.Output))
	}
}

// TestCloseEndsLongPolls: a worker that waits for a task does not keep a node from closing.
func TestCloseEndsLongPolls(t *testing.T) {
	noLeaks(t)
	n := startNode(t, "")
	c := sdk(t, n)
	a, err := c.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	polled := make(chan struct{})
	go func() {
		defer close(polled)
		_, _ = c.GetActivityTask(context.WithoutCancel(t.Context()), &sfn.GetActivityTaskInput{ActivityArn: a.ActivityArn},
			func(o *sfn.Options) { o.Retryer = aws.NopRetryer{} }) // what it gets is the node's affair
	}()
	closeNode(t, n)
	select {
	case <-polled:
	case <-time.After(patience):
		t.Error("the long poll goes on")
	}
}

// TestHTTP sends what no SDK sends.
func TestHTTP(t *testing.T) {
	noLeaks(t)
	n := startNode(t, "")
	defer closeNode(t, n)
	address := strings.TrimPrefix(n.URL(), "http://")
	const list = "X-Amz-Target: AWSStepFunctions.ListStateMachines\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
	for _, test := range []struct{ name, request, status, body string }{
		{"any host", "POST / HTTP/1.1\r\nHost: sync-states.us-east-1.amazonaws.com\r\n" + list, "200 OK", `{"stateMachines":[]}`},
		{"absolute form", "POST http://states.us-east-1.amazonaws.com/ HTTP/1.1\r\nHost: x\r\n" + list, "200 OK", `{"stateMachines":[]}`},
		{"absolute form without a path", "POST http://states.us-east-1.amazonaws.com HTTP/1.1\r\nHost: x\r\n" + list, "200 OK", `{"stateMachines":[]}`},
		{"page", "GET / HTTP/1.0\r\n\r\n", "200 OK", "export AWS_ENDPOINT_URL=" + n.URL()},
		{"health", "GET /health HTTP/1.0\r\n\r\n", "200 OK", "ok\n"},
		{"functions", "GET /2015-03-31/functions/ HTTP/1.0\r\n\r\n", "200 OK", `"FunctionName":"upper"`},
		{"another path", "GET /nowhere HTTP/1.0\r\n\r\n", "404 Not Found", "NoSuchBucket"}, // unsigned, so it is an object that is asked for
		{"a page of another origin", "POST /2015-03-31/functions HTTP/1.1\r\nHost: " + address + "\r\nOrigin: http://evil.example\r\nContent-Type: text/plain\r\n" +
			"Content-Length: 2\r\nConnection: close\r\n\r\n{}", "403 Forbidden", "cross-origin"},
		{"large header", "GET / HTTP/1.0\r\nX: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", "431 Request Header Fields Too Large", ""},
		{"no HTTP", "EHLO there\r\n\r\n", "400 Bad Request", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }() // the answer is here
			if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, test.request); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil && len(answer) == 0 {
				t.Fatal(err)
			}
			head, body, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
			if !strings.Contains(string(head), " "+test.status+"\r\n") || !strings.Contains(string(body), test.body) {
				t.Errorf("answered %s\n%s", head, body)
			}
		})
	}
}

// TestHealthTellsWhy: a node whose store has gone says so.
func TestHealthTellsWhy(t *testing.T) {
	noLeaks(t)
	n := startNode(t, "")
	defer func() {
		if err := n.Close(t.Context()); !errors.Is(err, statelark.ErrUnavailable) {
			t.Errorf("closing without a store: %v", err)
		}
	}()
	if err := n.store.Close(); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(n.URL() + "/health")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // the status will do
	if answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("health answered %s", answer.Status)
	}
}

// TestHealthNeedsWrites: a store that answers and takes nothing, as on a full disk, is no health.
func TestHealthNeedsWrites(t *testing.T) {
	store := memstore.New()
	services, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = services.Close() }() // in memory
	if err := (&Node{store: store, kv: services}).healthy(t.Context()); err != nil {
		t.Error(err)
	}
	if err := (&Node{store: full{store}, kv: services}).healthy(t.Context()); !errors.Is(err, statelark.ErrUnavailable) {
		t.Errorf("a node that can store nothing says %v", err)
	}
}

// full is a store on a full disk.
type full struct{ statelark.Store }

func (full) Commit(context.Context, *statelark.Batch) error { return statelark.ErrUnavailable }
