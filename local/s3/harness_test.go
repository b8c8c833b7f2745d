package s3

import (
	"context"
	"errors"
	"io"
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

// bench is a service with all that it needs.
type bench struct {
	testing.TB
	*Service
	all    *local.Services
	db     *kv.DB
	region string
	clock  time.Time
}

// start makes a service whose rows, and bodies, are in a folder; "" is memory.
func start(t testing.TB, dir string) *bench {
	t.Helper()
	rows, bodies := "", ""
	if dir != "" {
		rows, bodies = dir+"/rows", dir+"/bodies"
	}
	db, err := kv.Open(rows, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{TB: t, db: db, region: "us-east-1", clock: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}
	b.all = local.NewServices(db.Part(""), slog.New(slog.DiscardHandler))
	b.Service = New(Options{Options: local.Options{Store: db.Part("s3"), Now: func() time.Time { return b.clock }, Others: b.all}, Dir: bodies})
	b.all.Add("s3", b.Service)
	t.Cleanup(b.stop)
	return b
}

func (b *bench) stop() {
	if b.db == nil {
		return
	}
	if err := b.Close(context.Background()); err != nil {
		b.Error(err)
	}
	if err := b.db.Close(); err != nil {
		b.Error(err)
	}
	b.db = nil
}

// ask does an operation with an input in JSON and, for operations that take one, a body.
func (b *bench) ask(operation, in string, body io.Reader) (*awswire.Reply, error) {
	b.Helper()
	doc, err := value.Parse(in)
	if err != nil {
		b.Fatalf("%s: %v", in, err)
	}
	return b.all.Call(b.Context(), &awswire.Request{Service: "s3", Operation: operation, Place: arn.Place{Region: b.region, Account: "123456789012"},
		Input: doc, Body: body, Length: -1, ID: "R1"})
}

// do does an operation that must go well; the answer is its output.
func (b *bench) do(operation, in string, body ...string) input {
	b.Helper()
	var r io.Reader
	if len(body) > 0 {
		r = strings.NewReader(body[0])
	}
	reply, err := b.ask(operation, in, r)
	if err != nil {
		b.Fatalf("%s %s: %v", operation, in, err)
	}
	if reply.Body != nil {
		_ = reply.Body.Close()
	}
	return input{reply.Output}
}

// refused does an operation that must not go well, with an error of that code.
func (b *bench) refused(operation, in, code string, body ...string) {
	b.Helper()
	var r io.Reader
	if len(body) > 0 {
		r = strings.NewReader(body[0])
	}
	reply, err := b.ask(operation, in, r)
	var refusal *awswire.Error
	if !errors.As(err, &refusal) {
		b.Fatalf("%s %s: %+v, %v; want %s", operation, in, reply, err, code)
	}
	if refusal.Code != code {
		b.Fatalf("%s %s: %v, want %s", operation, in, refusal, code)
	}
}

// read gets an object whole.
func (b *bench) read(in string) string {
	b.Helper()
	reply, err := b.ask("GetObject", in, nil)
	if err != nil {
		b.Fatalf("GetObject %s: %v", in, err)
	}
	text, err := io.ReadAll(reply.Body)
	if err := errors.Join(err, reply.Body.Close()); err != nil {
		b.Fatal(err)
	}
	if int64(len(text)) != reply.Length {
		b.Errorf("GetObject %s: %d bytes, said %d", in, len(text), reply.Length)
	}
	return string(text)
}
