package ecs

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

var here = arn.Place{Region: "us-east-1", Account: "123456789012"}

// bench is a service over a store in memory that outlives it.
type bench struct {
	*testing.T
	*Service
	db     *kv.DB
	runner *jobs.Runner
	o      jobs.Options

	mu     sync.Mutex
	now    time.Time
	ended  chan string // ARNs
	events []string    // states that were told, as ARN STATUS
}

func newBench(t *testing.T, o jobs.Options) *bench {
	t.Helper()
	db, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, db: db, o: o, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), ended: make(chan string, 100)}
	b.open()
	t.Cleanup(func() {
		b.shut()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	b.do("CreateCluster", `{}`)
	return b
}

func (b *bench) open() {
	b.Helper()
	var err error
	if b.runner, err = jobs.New(b.o); err != nil {
		b.Fatal(err)
	}
	b.Service = New(jobs.ServiceOptions{
		Options: local.Options{Store: b.db.Part("ecs"), Others: b, Now: b.clock, Log: slog.New(slog.DiscardHandler)},
		Runner:  b.runner, Ended: func(names ...string) { b.ended <- names[1] },
	})
}

// shut ends the service and what runs, as a server that is killed does.
func (b *bench) shut() {
	b.runner.Close()
	if err := b.Close(context.Background()); err != nil {
		b.Error(err)
	}
}

func (b *bench) restart() {
	b.shut()
	b.open()
	if err := b.Resume(); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(time.Millisecond)
	return b.now
}

// Call is EventBridge's.
func (b *bench) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	entry := at(r.Input, "Entries", 0)
	detail, err := value.Parse(at(entry, "Detail").Str())
	if err != nil || at(entry, "Source").Str() != "aws.ecs" || at(entry, "DetailType").Str() != "ECS Task State Change" {
		b.Errorf("an event is %s: %v", r.Input.Compact(), err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, at(detail, "taskArn").Str()+" "+at(detail, "lastStatus").Str())
	return &awswire.Reply{}, nil
}

func (b *bench) try(operation, input string) (value.Value, *awswire.Error) {
	b.Helper()
	doc, err := value.Parse(input)
	if err != nil {
		b.Fatalf("%s: %v", input, err)
	}
	reply, err := b.Operations()[operation](b.Context(), &awswire.Request{Service: "ecs", Operation: operation, Place: here, Input: doc, ID: "R"})
	var no *awswire.Error
	if err != nil && !errors.As(err, &no) {
		b.Fatalf("%s %s: %v", operation, input, err)
	}
	if err != nil {
		return value.Value{}, no
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
		b.Errorf("%v is %s, want %s in %s", path, got.Compact(), want, v.Compact())
	}
}

// define registers a revision of the family f with a container c that runs a script, and other containers.
func (b *bench) define(script, more string) {
	b.Helper()
	quoted := value.FromString(script).Text()
	b.do("RegisterTaskDefinition", `{"family":"f","memory":"512","containerDefinitions":[{"name":"c","image":"busybox","entryPoint":["sh","-c"],"command":[`+quoted+`],"environment":[{"name":"A","value":"1"},{"name":"B","value":"1"}]}`+more+`]}`)
}

// run starts a task of f and returns its ARN.
func (b *bench) run(more string) string {
	b.Helper()
	return at(b.do("RunTask", `{"taskDefinition":"f"`+more+`}`), "tasks", 0, "taskArn").Str()
}

// task describes a task.
func (b *bench) task(arn string) value.Value {
	b.Helper()
	return at(b.do("DescribeTasks", `{"tasks":["`+arn+`"],"include":["TAGS"]}`), "tasks", 0)
}

// await waits for the end of a task, others may end before.
func (b *bench) await(arn string) value.Value {
	b.Helper()
	for {
		select {
		case got := <-b.ended:
			if got == arn {
				return b.task(arn)
			}
		case <-time.After(20 * time.Second):
			b.Fatalf("task %s does not end: %s", arn, b.task(arn).Compact())
		}
	}
}

// pipe is a named pipe.
func (b *bench) pipe() string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		b.Fatal(err)
	}
	return name
}

// hear waits until a job has written into a pipe.
func (b *bench) hear(name string) string {
	b.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
