package logs

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

var here = arn.Place{Region: "us-east-1", Account: "123456789012"}

// bench is a service in memory, with a clock that stands.
type bench struct {
	*testing.T
	*Service
	now time.Time
}

type callers func(r *awswire.Request) (*awswire.Reply, error)

func (c callers) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) { return c(r) }

func newBench(t *testing.T, others awswire.Caller) *bench {
	t.Helper()
	return newBounded(t, others, 0)
}

func newBounded(t *testing.T, others awswire.Caller, most int64) *bench {
	t.Helper()
	db, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	b.Service = New(Options{MaxBytes: most, Options: local.Options{Store: db.Part("test"), Others: others, Now: func() time.Time { return b.now },
		Log: slog.New(slog.DiscardHandler)}})
	t.Cleanup(func() {
		if err := errors.Join(b.Close(context.Background()), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) try(operation, input string) (value.Value, *awswire.Error) {
	b.Helper()
	doc, err := value.Parse(input)
	if err != nil {
		b.Fatalf("%s: %v", input, err)
	}
	reply, err := b.Operations()[operation](b.Context(), &awswire.Request{Service: "logs", Operation: operation, Place: here, Input: doc})
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
