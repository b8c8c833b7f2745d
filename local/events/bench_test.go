package events

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

var here = arn.Place{Region: "us-east-1", Account: "123456789012"}

// bench is a service in virtual time, beside services that note what they are asked.
type bench struct {
	*testing.T
	*Service
	db *kv.DB

	mu     sync.Mutex
	calls  []string                         // "sqs SendMessage {…}"
	answer func(call string) *awswire.Error // nil: everything succeeds
}

// Call is awswire.Caller's, for the other services.
func (b *bench) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	call := r.Service + " " + r.Operation + " " + r.Input.Compact()
	b.calls = append(b.calls, call)
	if b.answer != nil {
		if no := b.answer(call); no != nil {
			return nil, no
		}
	}
	return &awswire.Reply{}, nil
}

// answers sets what the other services answer; nil: everything succeeds.
func (b *bench) answers(with func(call string) *awswire.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = with
}

func (b *bench) open() {
	b.Service = New(local.Options{Store: b.db.Part("events"), Others: b, Endpoint: "http://e", Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

// run runs a test in virtual time.
func run(t *testing.T, test func(*bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		db, err := kv.Open("", kv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{T: t, db: db}
		b.open()
		defer func() {
			if err := errors.Join(b.Close(context.Background()), db.Close()); err != nil {
				t.Error(err)
			}
		}()
		test(b)
	})
}

// restart closes the service and makes it anew over the same store.
func (b *bench) restart(down time.Duration) {
	b.Helper()
	if err := b.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	time.Sleep(down)
	b.open()
	if err := b.Start(); err != nil {
		b.Fatal(err)
	}
}

// told waits until nothing goes on, and returns what other services were asked since the last time.
func (b *bench) told() []string {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	calls := b.calls
	b.calls = nil
	return calls
}

func (b *bench) wantTold(want ...string) {
	b.Helper()
	got := b.told()
	if len(got) != len(want) {
		b.Errorf("told %d times, want %d: %q", len(got), len(want), got)
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			b.Errorf("told %s, want %s", got[i], want[i])
		}
	}
}

func (b *bench) try(operation, input string) (value.Value, *awswire.Error) {
	b.Helper()
	doc, err := value.Parse(input)
	if err != nil {
		b.Fatalf("%s: %v", input, err)
	}
	reply, err := b.Operations()[operation](b.Context(), &awswire.Request{Service: "events", Operation: operation, Place: here, Input: doc, Header: http.Header{}})
	var no *awswire.Error
	if err != nil && !errors.As(err, &no) {
		b.Fatalf("%s %s: %v", operation, input, err)
	}
	if err != nil {
		return value.Value{}, no
	}
	if !reply.Output.Exists() {
		return value.EmptyObj, nil
	}
	return reply.Output, nil
}

// do wants an operation to succeed.
func (b *bench) do(operation, input string) value.Value {
	b.Helper()
	out, err := b.try(operation, input)
	if err != nil {
		b.Fatalf("%s %s: %v", operation, input, err)
	}
	return out
}

// refused wants an operation to be refused, with a text that the message has.
func (b *bench) refused(operation, input, code, text string) {
	b.Helper()
	_, err := b.try(operation, input)
	if err == nil || err.Code != code || !strings.Contains(err.Message, text) {
		b.Errorf("%s %s: %v, want %s with %q", operation, input, err, code, text)
	}
}

// at returns what is at a path of names and numbers.
func at(v value.Value, path ...any) value.Value {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v, _ = v.Get(step)
		case int:
			v, _ = v.Index(step)
		}
	}
	return v
}

func (b *bench) want(v value.Value, want string, path ...any) {
	b.Helper()
	if got := at(v, path...); got.Compact() != want {
		b.Errorf("%v is %s, want %s", path, got.Compact(), want)
	}
}

const queue = "arn:aws:sqs:us-east-1:123456789012:q"

// rule makes a rule with a target; more is what the target has beside its id.
func (b *bench) rule(name, pattern, more string) {
	b.Helper()
	b.do("PutRule", `{"Name":"`+name+`","EventPattern":`+value.FromString(pattern).Text()+`}`)
	b.do("PutTargets", `{"Rule":"`+name+`","Targets":[{"Id":"1",`+more+`}]}`)
}

// put puts an event of the source "s" and the type "t".
func (b *bench) put(detail string) string {
	b.Helper()
	out := b.do("PutEvents", `{"Entries":[{"Source":"s","DetailType":"t","Time":0,"Detail":`+value.FromString(detail).Text()+`}]}`)
	return at(out, "Entries", 0, "EventId").Str()
}
