package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// Nested executions: a Task with the resource states:startExecution.
//
// With .sync the child knows its parent. What it has to tell (that it began, how it ended) it writes as messages
// to the parent's inbox in the very change by which it began or ended: each comes exactly once, the first before
// the second. A parent that no longer waits stops its child by a message likewise.

// The first byte of a message: its kind, and the form of what follows. Kinds are stored: none ever changes its number
// or its form. The Seq of messages to a parent holds its wait, so there is one of each kind for each wait at most.
const (
	messageBegan   = iota // id of the child, answer to the request
	messageEnded          // status of the child, result or cause
	messageStop           // id of the parent
	messageExpress        // an Express execution, which is to run again: see expressrow.go

	messageBeginRun   // to a Map Run, from its execution; see beginRunMessage
	messageStopRun    // to a Map Run, from its execution: its id
	messageRunEnded   // to an execution, from its Map Run; see runEndedMessage
	messageBeginChild // to a child, from its Map Run; see beginChildMessage
	messageStopChild  // to a child, from its Map Run
	messageChildEnded // to a Map Run, from a child; see childEndedMessage
	messageRedriveRun // to a Map Run, from its execution; see redriveRunMessage
	messageBeginTest  // messageBeginChild of a run with a test case, which goes before the rest

	messageRedriveChild // to a child, from its Map Run: it goes on; see maprun_redrive.go
	messageCancelJob    // from an execution to itself: a job that it gave up; see jobrow.go

	messageKinds // how many there are

	stopSeq = ^uint64(0)
)

// parentWait is the attempt of a Task that started a child, and what the child tells it.
type parentWait struct {
	exec  statelark.ExecID
	seq   uint64
	tells tells
}

// tells is what a child tells its parent.
type tells uint8

const (
	tellsNothing tells = iota
	tellsText          // .sync: input and output are shown as text
	tellsJSON          // .sync:2: as JSON
	tellsRun           // its status, to a Map Run; the wait is its index
)

var tellsBy = map[asl.Pattern]tells{asl.Sync: tellsText, asl.Sync2: tellsJSON}

// pattern is the one that a wait came by.
func (t tells) pattern() asl.Pattern {
	if t == tellsJSON {
		return asl.Sync2
	}
	return asl.Sync
}

// stored returns the wait as an execution record keeps it.
func (w *parentWait) stored() uint64 { return w.seq<<2 | uint64(w.tells) }

// waitOf returns the wait that a child answers, false when none waits for it.
func waitOf(r *statelark.Execution) (parentWait, bool) {
	w := parentWait{r.Parent, r.ParentWait >> 2, tells(r.ParentWait & 3)}
	return w, w.tells != tellsNothing
}

// Nesting is the integration by which executions are nested: it has the words for what a child tells the Task that
// started it. It computes and does nothing.
type Nesting interface {
	// Began is the answer to the request that started the child.
	Began(child *statelark.Execution) value.Value
	// Ended is the result of the Task, or the cause of its failure. how is asl.Sync or asl.Sync2.
	Ended(child *statelark.ExecutionDetail, how asl.Pattern) value.Value
	// GivenUp is the cause with which a child is stopped when the execution of that ARN no longer waits for it.
	GivenUp(parent string) string
}

// StartChild starts an execution for a Task and returns when that is durable. With .sync and .sync:2 the child tells
// the Task that it has begun and how it ended. An attempt made again after a crash finds the child it had started. A
// refusal is a *statelark.Error.
func (e *Engine) StartChild(ctx context.Context, c *task.Call, s statelark.ExecutionStart) (*statelark.Execution, error) {
	parent, err := e.parentOf(ctx, c.Execution)
	if statelark.ErrorCode(err) == statelark.CodeExecutionDoesNotExist && tellsBy[c.Resource.Pattern] == tellsNothing {
		return e.startExecution(ctx, s, nil) // a test of a state leaves no record
	}
	if err != nil {
		return nil, err
	}
	return e.startExecution(ctx, s, &parentWait{parent, c.Seq, tellsBy[c.Resource.Pattern]})
}

// parentOf returns the id of the execution that a Task is of.
func (e *Engine) parentOf(ctx context.Context, text string) (statelark.ExecID, error) {
	if _, _, last, ok := arn.SplitExpress(text); ok {
		if id, ok := statelark.ParseUUID(last); ok {
			return id, nil
		}
	}
	record, err := e.record(ctx, text)
	if err != nil {
		return statelark.ExecID{}, err
	}
	return record.ID, nil
}

// tellBegan adds to the change that begins a child the message that it began.
func (e *Engine) tellBegan(ch *statelark.Change, child *statelark.Execution) {
	w, waits := waitOf(child)
	if !waits || w.tells == tellsRun {
		return
	}
	data := append([]byte{messageBegan}, child.ID[:]...)
	data = append(data, e.opts.Nesting.Began(child).Text()...)
	ch.Sends = append(ch.Sends, statelark.Message{MessageKey: statelark.MessageKey{To: w.exec, Seq: w.seq << 1}, Data: data})
}

// tellEnded adds to the change that ends a child the message how it ended.
func (e *Engine) tellEnded(ch *statelark.Change, child *statelark.Execution, l *live, f *interp.End) {
	w, waits := waitOf(child)
	if !waits {
		return
	}
	if w.tells == tellsRun {
		ch.Sends = append(ch.Sends, childEndedMessage(w, child, f))
		return
	}
	d := &statelark.ExecutionDetail{Execution: *child, Input: l.x.Input().Text(), Error: f.Error, Cause: f.Cause}
	if child.Status == statelark.Succeeded {
		d.Output = f.Output.Text()
	}
	data := append([]byte{messageEnded, byte(child.Status)}, e.opts.Nesting.Ended(d, w.tells.pattern()).Text()...)
	ch.Sends = append(ch.Sends, statelark.Message{MessageKey: statelark.MessageKey{To: w.exec, Seq: w.seq<<1 | 1}, Data: data})
}

// jobExecution is the Kind of the task.Job that a child execution is to its parent. Its ID is that of the execution.
const jobExecution = "execution"

// childJob returns the handle of a child.
func childJob(child statelark.ExecID) string {
	return task.Job{Kind: jobExecution, ID: string(child[:])}.Handle()
}

// childOf returns the child that a handle names, false when it names another job or none.
func childOf(handle string) (child statelark.ExecID, ok bool) {
	job, named := task.ParseJob(handle)
	if !named || job.Kind != jobExecution {
		job.ID = handle // before there were jobs of several kinds a handle was the id alone
	}
	if len(job.ID) != len(child) {
		return child, false
	}
	return statelark.ExecID([]byte(job.ID)), true
}

// sendStops adds the messages that stop the children, Map Runs and jobs that an execution gives up.
func sendStops(ch *statelark.Change, l *live, given []interp.CancelTask) {
	for _, t := range given {
		if isJobHandle(t.Handle) {
			ch.Sends = append(ch.Sends, cancelMessage(ch.Exec, &jobRow{seq: t.Seq, arn: l.record.ARN(), handle: t.Handle}))
		} else if _, _, run := arn.SplitMapRun(t.Handle); run {
			ch.Sends = append(ch.Sends, stopRunMessage(mapRunID(l.record.Start, t.Handle), ch.Exec, t.Seq))
		} else if child, ok := childOf(t.Handle); ok {
			ch.Sends = append(ch.Sends, stopMessage(child, ch.Exec))
		}
	}
}

func stopMessage(child, parent statelark.ExecID) statelark.Message {
	data := append([]byte{messageStop}, parent[:]...)
	return statelark.Message{MessageKey: statelark.MessageKey{To: child, Seq: stopSeq}, Data: data}
}

// received turns an inbox row into what its owner has to do.
func (e *Engine) received(ctx context.Context, m *statelark.Message) (message, error) {
	if isExpress(m) {
		return e.foundExpress(ctx, m)
	}
	key := m.MessageKey
	out := message{exec: m.To, from: &key, must: true}
	if len(m.Data) == 0 {
		return out, nil // finds no wait and is consumed
	}
	switch rest := m.Data[1:]; {
	case m.Data[0] >= messageKinds:
		return out, fmt.Errorf("it is of kind %d, and this release knows those below %d: a later release wrote it", m.Data[0], messageKinds)
	case m.Data[0] == messageBegan && len(rest) > 16:
		child := statelark.ExecID(rest[:16])
		stop := stopMessage(child, m.To)
		out.orphan = &stop
		out.event = interp.Event{
			Kind: interp.TaskSubmitted, Seq: m.Seq >> 1, Handle: childJob(child), Output: value.Checked(string(rest[16:])),
		}
	case m.Data[0] == messageEnded && len(rest) > 1:
		out.event = interp.Event{Kind: interp.TaskSucceeded, Seq: m.Seq >> 1, Output: value.Checked(string(rest[1:]))}
		if statelark.Status(rest[0]) != statelark.Succeeded {
			name, cause := "States.TaskFailed", string(rest[1:])
			out.event = interp.Event{Kind: interp.TaskFailed, Seq: m.Seq >> 1, Error: &name, Cause: &cause}
		}
	case m.Data[0] == messageStop && len(rest) == 16:
		cause, err := e.stopCause(statelark.ExecID(rest))
		if err != nil {
			return out, err
		}
		out.must = false
		out.event = interp.Event{Kind: interp.Stopped, Cause: &cause}
	case m.Data[0] == messageRunEnded:
		return out, out.runEnded(m.Seq>>1, rest)
	case m.Data[0] == messageBeginChild:
		return out, e.receiveChild(&out, "", rest)
	case m.Data[0] == messageBeginTest:
		testCase, rest := parseBeginTest(rest)
		return out, e.receiveChild(&out, testCase, rest)
	case m.Data[0] == messageStopChild:
		out.must = false
		out.event = interp.Event{Kind: interp.Stopped}
		out.child = &childMessage{attempt: m.Seq &^ stopBits}
	case m.Data[0] == messageRedriveChild:
		out.child = &childMessage{attempt: m.Seq &^ redriveBits, redrive: true}
		out.reply = func(error) { e.mapRuns.began() }
	}
	return out, nil
}

// stopCause is the cause with which a child is stopped that its parent no longer waits for.
func (e *Engine) stopCause(parent statelark.ExecID) (string, error) {
	name := parent.String()
	record, err := e.store.Execution(context.Background(), parent)
	switch {
	case err == nil:
		name = record.ARN()
	case !errors.Is(err, statelark.ErrNotFound): // not one that has expired
		return "", err
	}
	return e.opts.Nesting.GivenUp(name), nil
}
