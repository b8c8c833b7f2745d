package engine

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
)

// What is stored of jobs and messages is read by every later release: these are the bytes.
func TestStoredFormsOfNesting(t *testing.T) {
	child, parent := statelark.ExecID([]byte("child-0123456789")), statelark.ExecID([]byte("parent-012345678"))
	for _, handle := range []string{"execution:child-0123456789", "child-0123456789"} {
		got, ok := childOf(handle)
		if !ok || got != child {
			t.Errorf("the handle %q is of %q, %v", handle, got[:], ok)
		}
	}
	is(t, "handle", childJob(child), "execution:child-0123456789")
	for _, handle := range []string{"", "batch:job-1", "batch:child-0123456789", "execution:short"} {
		if got, ok := childOf(handle); ok {
			t.Errorf("the handle %q is of the execution %q", handle, got[:])
		}
	}

	e := &Engine{}
	received := func(seq uint64, data string) message {
		m, err := e.received(context.Background(), &statelark.Message{MessageKey: statelark.MessageKey{To: parent, Seq: seq}, Data: []byte(data)})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	began := received(14, "\x00child-0123456789{\"ExecutionArn\":1}")
	is(t, "wait", began.event.Seq, 7)
	is(t, "event", began.event.Kind, interp.TaskSubmitted)
	is(t, "handle", began.event.Handle, "execution:child-0123456789")
	is(t, "output", began.event.Output.Text(), `{"ExecutionArn":1}`)
	stop := stopMessage(child, parent)
	is(t, "stop", string(began.orphan.Data), string(stop.Data))
	is(t, "stop", string(stop.Data), "\x02parent-012345678")
	ended := received(15, "\x01\x02{\"Output\":1}")
	is(t, "event", ended.event.Kind, interp.TaskSucceeded)
	is(t, "output", ended.event.Output.Text(), `{"Output":1}`)
	failed := received(15, "\x01\x03{\"Error\":1}")
	is(t, "event", failed.event.Kind, interp.TaskFailed)
	is(t, "cause", *failed.event.Cause, `{"Error":1}`)
}

// TestMessagesThatAreNotUnderstood: they stay in the inbox, for a release that understands them.
func TestMessagesThatAreNotUnderstood(t *testing.T) {
	e := &Engine{log: slog.New(slog.DiscardHandler)}
	_, err := e.received(context.Background(), &statelark.Message{Data: []byte{messageKinds, 1, 2, 3}})
	if err == nil || !strings.Contains(err.Error(), "a later release wrote it") {
		t.Errorf("a kind of a later release: %v", err)
	}
	r := &mapRun{taken: make(map[uint64]struct{}), record: new(statelark.Execution), state: new(runState)}
	(&mapRuns{e: e}).receive(r, &statelark.Message{MessageKey: statelark.MessageKey{Seq: 1}, Data: []byte{messageChildEnded, 0xff}})
	is(t, "taken", len(r.taken)+len(r.consumed), 0)
}
