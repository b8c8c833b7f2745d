package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/value"
)

// queue is an SQS of one queue, as far as mappings need one. What it is sent is received once.
type queue struct {
	visibility string
	messages   chan message
	deleted    chan string // receipt handles
	polled     chan struct{}
}

func newQueue() *queue {
	return &queue{visibility: "30", messages: make(chan message, 100), deleted: make(chan string, 100), polled: make(chan struct{}, 1)}
}

func (q *queue) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	var in struct {
		QueueURL            string `json:"QueueUrl"`
		MaxNumberOfMessages int
		Entries             []struct{ ReceiptHandle string }
	}
	if err := json.Unmarshal([]byte(r.Input.Text()), &in); err != nil {
		return nil, err
	}
	if !strings.HasSuffix(in.QueueURL, "/000000000000/q") && !strings.HasSuffix(in.QueueURL, "/000000000000/q.fifo") {
		return nil, &awswire.Error{Code: "AWS.SimpleQueueService.NonExistentQueue", Message: "The specified queue does not exist."}
	}
	switch r.Service + "." + r.Operation {
	case "sqs.GetQueueAttributes":
		return reply(map[string]any{"Attributes": map[string]string{"VisibilityTimeout": q.visibility}})
	case "sqs.DeleteMessageBatch":
		for _, e := range in.Entries {
			q.deleted <- e.ReceiptHandle
		}
		return &awswire.Reply{}, nil
	case "sqs.ReceiveMessage":
		select {
		case q.polled <- struct{}{}:
		default:
		}
		return q.receive(ctx, in.MaxNumberOfMessages)
	}
	return nil, fmt.Errorf("the queue was asked for %s", r.Operation)
}

func (q *queue) receive(ctx context.Context, most int) (*awswire.Reply, error) {
	var got []message
	select {
	case m := <-q.messages:
		got = append(got, m)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for len(got) < most && len(q.messages) > 0 {
		got = append(got, <-q.messages)
	}
	return reply(map[string]any{"Messages": got})
}

func reply(v any) (*awswire.Reply, error) {
	text, err := json.Marshal(v)
	return &awswire.Reply{Output: value.Checked(string(text))}, err
}

// mapper is a Handler with a queue; its functions are commands.
func mapper(t *testing.T, q *queue, store kv.Store, commands map[string][]string) *Handler {
	t.Helper()
	c, err := function.NewCatalog(arn.Place{Region: "us-east-1", Account: "000000000000"}, function.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, argv := range commands {
		if err := c.Declare(function.Function{Name: name, Timeout: 10 * time.Second, Code: function.Code{Command: argv}}); err != nil {
			t.Fatal(err)
		}
	}
	h := New(c, Options{Store: store, Others: q})
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := h.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return h
}

func memory(t *testing.T) kv.Store {
	t.Helper()
	db, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db.Part("lambda")
}

// do carries out an operation in the process and reads its answer.
func do(t *testing.T, h *Handler, operation, input string) (map[string]any, error) {
	t.Helper()
	r, err := h.Call(t.Context(), &awswire.Request{
		Service: "lambda", Operation: operation, Place: arn.Place{Region: "us-east-1", Account: "000000000000"}, Input: value.Checked(input), ID: "id",
	})
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if r.Output.Exists() {
		if err := json.Unmarshal([]byte(r.Output.Text()), &out); err != nil {
			t.Fatal(err)
		}
	}
	return out, nil
}

func must(t *testing.T, h *Handler, operation, input string) map[string]any {
	t.Helper()
	out, err := do(t, h, operation, input)
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	return out
}

const mapQueue = `{"EventSourceArn":"arn:aws:sqs:us-east-1:000000000000:q","FunctionName":"f"`

func TestMappingDeletesWhatSucceeds(t *testing.T) {
	q := newQueue()
	h := mapper(t, q, memory(t), map[string][]string{"f": {"cat"}})
	must(t, h, "CreateEventSourceMapping", mapQueue+`}`)
	q.messages <- message{MessageID: "1", ReceiptHandle: "one", Body: "b"}
	if got := <-q.deleted; got != "one" {
		t.Errorf("%q was deleted, want one", got)
	}
}

// TestMappingKeepsWhatFails has one function that fails for the first batch alone, and one that says what failed.
func TestMappingKeepsWhatFails(t *testing.T) {
	q := newQueue()
	h := mapper(t, q, memory(t), map[string][]string{
		"f": {"sh", "-c", `if grep -q bad; then exit 1; fi`},
		"g": {"sh", "-c", `cat >/dev/null; echo '{"batchItemFailures":[{"itemIdentifier":"2"}]}'`},
	})
	m := must(t, h, "CreateEventSourceMapping", mapQueue+`,"BatchSize":1}`)
	q.messages <- message{MessageID: "1", ReceiptHandle: "one", Body: "bad"}
	q.messages <- message{MessageID: "2", ReceiptHandle: "two", Body: "good"}
	if got := <-q.deleted; got != "two" {
		t.Errorf("%q was deleted, want two", got)
	}
	must(t, h, "DeleteEventSourceMapping", fmt.Sprintf(`{"UUID":%q}`, m["UUID"]))

	q.messages <- message{MessageID: "2", ReceiptHandle: "two"}
	q.messages <- message{MessageID: "3", ReceiptHandle: "three"}
	must(t, h, "CreateEventSourceMapping", strings.Replace(mapQueue, `"f"`, `"g"`, 1)+`,"FunctionResponseTypes":["ReportBatchItemFailures"]}`)
	if got := <-q.deleted; got != "three" {
		t.Errorf("%q was deleted, want three", got)
	}
}

func TestMappingGoesOnAfterRestart(t *testing.T) {
	store := memory(t)
	commands := map[string][]string{"f": {"cat"}}
	first := mapper(t, newQueue(), store, commands)
	m := must(t, first, "CreateEventSourceMapping", mapQueue+`,"Tags":{"a":"b"}}`)
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	q := newQueue()
	second := mapper(t, q, store, commands)
	if err := second.Resume(); err != nil {
		t.Fatal(err)
	}
	<-q.polled
	tags := must(t, second, "ListTags", fmt.Sprintf(`{"Resource":%q}`, m["EventSourceMappingArn"]))
	if diff := cmp.Diff(map[string]any{"Tags": map[string]any{"a": "b"}}, tags); diff != "" {
		t.Errorf("the tags (-want +got):\n%s", diff)
	}
}

func TestMappingRefusals(t *testing.T) {
	q := newQueue()
	h := mapper(t, q, memory(t), map[string][]string{"f": {"cat"}})
	must(t, h, "CreateEventSourceMapping", mapQueue+`,"Enabled":false}`)
	for _, tt := range []struct{ input, code, message string }{
		{mapQueue + `}`, "ResourceConflictException", "already exists"},
		{strings.Replace(mapQueue, ":q", ":none", 1) + `}`, "InvalidParameterValueException", "NonExistentQueue"},
		{strings.Replace(mapQueue, `"f"`, `"none"`, 1) + `}`, "InvalidParameterValueException", "Function does not exist"},
		{`{"FunctionName":"f"}`, "InvalidParameterValueException", "Unrecognized event source."},
		{`{"FunctionName":"f","EventSourceArn":"arn:aws:kinesis:us-east-1:000000000000:stream/s"}`, "InvalidParameterValueException", "kinesis"},
		{`{"FunctionName":"f","SelfManagedEventSource":{},"Topics":["t"]}`, "InvalidParameterValueException", "SelfManagedEventSource"},
		{mapQueue + `,"FilterCriteria":{"Filters":[{"Pattern":"{}"}]}}`, "InvalidParameterValueException", "FilterCriteria"},
		{mapQueue + `,"StartingPosition":"LATEST"}`, "InvalidParameterValueException", "StartingPosition"},
		{mapQueue + `,"BatchSize":11}`, "InvalidParameterValueException", "batch window"},
		{strings.Replace(mapQueue, ":q", ":q.fifo", 1) + `,"MaximumBatchingWindowInSeconds":1}`, "InvalidParameterValueException", "FIFO"},
	} {
		_, err := do(t, h, "CreateEventSourceMapping", tt.input)
		no, ok := err.(*awswire.Error)
		if !ok || no.Code != tt.code || !strings.Contains(no.Message, tt.message) {
			t.Errorf("%s: %v, want %s with %q", tt.input, err, tt.code, tt.message)
		}
	}
	q.visibility = "9"
	if _, err := do(t, h, "CreateEventSourceMapping", strings.Replace(mapQueue, ":q", ":q.fifo", 1)+`}`); err == nil || !strings.Contains(err.Error(), "visibility timeout: 9") {
		t.Errorf("a queue whose visibility timeout is too short: %v", err)
	}
}

func TestSucceeded(t *testing.T) {
	batch := []message{{MessageID: "1"}, {MessageID: "2"}}
	for _, tt := range []struct {
		answer, want string // ids; "!": the whole batch failed
	}{
		{`null`, "12"}, {`{}`, "12"}, {`{"batchItemFailures":null}`, "12"}, {`{"batchItemFailures":[]}`, "12"},
		{`{"batchItemFailures":[{"itemIdentifier":"1"}]}`, "2"},
		{`{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"2"}]}`, ""},
		{`{"batchItemFailures":[{"itemIdentifier":"3"}]}`, "!"}, {`{"batchItemFailures":[{"itemIdentifier":""}]}`, "!"},
		{`{"batchItemFailures":[{"itemIdentifier":null}]}`, "!"}, {`{"batchItemFailures":[{"id":"1"}]}`, "!"}, {`"text"`, "!"},
	} {
		left, err := succeeded(batch, []byte(tt.answer))
		got := ""
		for _, m := range left {
			got += m.MessageID
		}
		if err != nil {
			got = "!"
		}
		if got != tt.want {
			t.Errorf("%s: %q succeeded, want %q", tt.answer, got, tt.want)
		}
	}
}

func TestSplit(t *testing.T) {
	large := strings.Repeat("\x01", 1<<20) // 6 MiB in JSON
	parts := split([]message{{Body: "a"}, {Body: large}, {Body: "b"}, {Body: "c"}})
	var got []int
	for _, p := range parts {
		got = append(got, len(p))
	}
	if diff := cmp.Diff([]int{1, 1, 2}, got); diff != "" {
		t.Errorf("the parts (-want +got):\n%s", diff)
	}
}
