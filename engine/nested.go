package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
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

// Numbers of messages. Those to a parent carry its wait, so one exists for each wait at most.
const (
	messageBegan = iota
	messageEnded
	messageStop

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
)

var tellsBy = map[asl.Pattern]tells{asl.Sync: tellsText, asl.Sync2: tellsJSON}

// stored returns the wait as an execution record keeps it.
func (w *parentWait) stored() uint64 { return w.seq<<2 | uint64(w.tells) }

// waitOf returns the wait that a child answers, false when none waits for it.
func waitOf(r *statelark.Execution) (parentWait, bool) {
	w := parentWait{r.Parent, r.ParentWait >> 2, tells(r.ParentWait & 3)}
	return w, w.tells != tellsNothing
}

// errByMessage: the target answers by a message and not by its return.
var errByMessage = errors.New("answered by message")

// Nested returns the target of states:startExecution.
func (e *Engine) Nested() task.Target { return nested{e} }

type nested struct{ e *Engine }

// Start starts the child. Its name, where none is given, follows from the attempt, so that an attempt made again
// after a crash finds the child it had started.
func (n nested) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	id := requestID(c.Key)
	start, err := childStart(c, id)
	if err != nil {
		return task.Outcome{}, awsError(err, id)
	}
	exec, err := n.e.find(ctx, c.Execution)
	if err != nil {
		return task.Outcome{}, err
	}
	parent := &parentWait{exec.ID, c.Seq, tellsBy[c.Resource.Pattern]}
	child, err := n.e.startExecution(ctx, start, parent)
	if err != nil {
		return task.Outcome{}, awsError(err, id)
	}
	if parent.tells != tellsNothing {
		return task.Outcome{}, errByMessage
	}
	return task.Outcome{Output: startOutput(child, id)}, nil
}

// requestID derives a UUID from an attempt.
func requestID(k task.Key) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(k.Execution), k.Seq))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// childStart reads the parameters of the Task.
func childStart(c *task.Call, id string) (statelark.ExecutionStart, error) {
	text := func(key string) string {
		v, _ := c.Input.Get(key)
		return v.Str()
	}
	s := statelark.ExecutionStart{Machine: text("StateMachineArn"), Name: text("Name"), TraceHeader: text("TraceHeader"), Input: "{}"}
	if s.Name == "" {
		s.Name = id
	}
	switch in, _ := c.Input.Get("Input"); {
	case !in.Exists() || in.IsNull():
	case in.Kind() == value.String:
		if _, err := value.Parse(in.Str()); err != nil {
			return s, statelark.Errorf(statelark.CodeInvalidExecutionInput, "Invalid State Machine Execution Input: '%s'", err)
		}
		s.Input = in.Str()
	default:
		s.Input = in.Compact()
	}
	return s, nil
}

// awsError puts an error of the API into the words of the optimised integration.
func awsError(err error, id string) error {
	var api *statelark.Error
	if !errors.As(err, &api) {
		return err
	}
	return task.Errorf("StepFunctions."+strings.TrimSuffix(api.Code, "Exception")+"Exception",
		"%s (Service: AWSStepFunctions; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)", api.Message, api.Code, id)
}

// startOutput is what the integration returns for a started child: the API's answer and what the SDK adds.
func startOutput(child *statelark.Execution, id string) value.Value {
	text := value.FromString
	at := value.FromNumberText(strconv.FormatInt(child.Start.UnixMilli(), 10))
	length := strconv.Itoa(len(`{"executionArn":"","startDate":1.763700000000E9}`) + len(child.ARN()))
	one := func(s string) value.Value { return value.NewArray([]value.Value{text(s)}) }
	date := text(child.Start.Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	header := func(wrap func(string) value.Value, date value.Value) value.Value {
		return value.NewObject([]value.Member{
			{Key: "x-amzn-RequestId", Value: wrap(id)},
			{Key: "connection", Value: wrap("keep-alive")},
			{Key: "Content-Length", Value: wrap(length)},
			{Key: "Date", Value: date},
			{Key: "Content-Type", Value: wrap("application/x-amz-json-1.0")},
		})
	}
	return value.NewObject([]value.Member{
		{Key: "ExecutionArn", Value: text(child.ARN())},
		{Key: "SdkHttpMetadata", Value: value.NewObject([]value.Member{
			{Key: "AllHttpHeaders", Value: header(one, value.NewArray([]value.Value{date}))},
			{Key: "HttpHeaders", Value: header(text, date)},
			{Key: "HttpStatusCode", Value: value.FromInt(200)},
		})},
		{Key: "SdkResponseMetadata", Value: value.NewObject([]value.Member{{Key: "RequestId", Value: text(id)}})},
		{Key: "StartDate", Value: at},
	})
}

// tellSubmitted adds to the change that begins a child the message that it began.
func (e *Engine) tellSubmitted(ch *statelark.Change, child *statelark.Execution) {
	w, waits := waitOf(child)
	if !waits {
		return
	}
	data := append([]byte{messageBegan}, child.ID[:]...)
	data = append(data, startOutput(child, requestID(task.Key{Execution: child.ARN(), Seq: w.seq})).Text()...)
	ch.Sends = append(ch.Sends, statelark.Message{MessageKey: statelark.MessageKey{To: w.exec, Seq: w.seq << 1}, Data: data})
}

// tellParent adds to the change that ends a child the message how it ended.
func (e *Engine) tellParent(ch *statelark.Change, child *statelark.Execution, l *live, f *interp.Finish) {
	w, waits := waitOf(child)
	if !waits {
		return
	}
	data := append([]byte{messageEnded, byte(child.Status)}, describe(child, l.x.Input(), f, w.tells == tellsJSON).Text()...)
	ch.Sends = append(ch.Sends, statelark.Message{MessageKey: statelark.MessageKey{To: w.exec, Seq: w.seq<<1 | 1}, Data: data})
}

// describe is DescribeExecution in the words of the integration, members in the order of their names.
func describe(x *statelark.Execution, input value.Value, f *interp.Finish, asJSON bool) value.Value {
	var members []value.Member
	add := func(key string, v value.Value) { members = append(members, value.Member{Key: key, Value: v}) }
	payload := func(v value.Value) value.Value {
		if asJSON && x.Status == statelark.Succeeded {
			return v
		}
		return value.FromString(v.Text())
	}
	included := value.NewObject([]value.Member{{Key: "Included", Value: value.True}})
	if f.Cause != nil {
		add("Cause", value.FromString(*f.Cause))
	}
	if f.Error != nil {
		add("Error", value.FromString(*f.Error))
	}
	add("ExecutionArn", value.FromString(x.ARN()))
	add("Input", payload(input))
	add("InputDetails", included)
	add("Name", value.FromString(x.Name))
	if x.Status == statelark.Succeeded {
		add("Output", payload(f.Output))
		add("OutputDetails", included)
	}
	add("RedriveCount", value.FromInt(0))
	if x.Status == statelark.Succeeded {
		add("RedriveStatus", value.FromString("NOT_REDRIVABLE"))
		add("RedriveStatusReason", value.FromString("Execution is SUCCEEDED and cannot be redriven"))
	} else {
		add("RedriveStatus", value.FromString("REDRIVABLE"))
	}
	add("StartDate", value.FromInt(x.Start.UnixMilli()))
	add("StateMachineArn", value.FromString(x.Machine))
	add("Status", value.FromString(x.Status.String()))
	add("StopDate", value.FromInt(x.Stop.UnixMilli()))
	return value.NewObject(members)
}

// sendStops adds the messages that stop the children whose parent gives them up.
func (e *Engine) sendStops(ch *statelark.Change, given []interp.CancelTask) {
	for _, t := range given {
		if len(t.Handle) == len(statelark.ExecID{}) {
			ch.Sends = append(ch.Sends, e.stopMessage(statelark.ExecID([]byte(t.Handle)), ch.Exec))
		}
	}
}

func (e *Engine) stopMessage(child, parent statelark.ExecID) statelark.Message {
	data := append([]byte{messageStop}, parent[:]...)
	return statelark.Message{MessageKey: statelark.MessageKey{To: child, Seq: stopSeq}, Data: data}
}

// received turns an inbox row into what its owner has to do.
func (e *Engine) received(m *statelark.Message) (message, error) {
	key := m.MessageKey
	out := message{exec: m.To, from: &key, must: true}
	if len(m.Data) == 0 {
		return out, nil // finds no wait and is consumed
	}
	switch rest := m.Data[1:]; {
	case m.Data[0] == messageBegan && len(rest) > 16:
		child := statelark.ExecID(rest[:16])
		stop := e.stopMessage(child, m.To)
		out.orphan = &stop
		out.event = interp.Event{
			Kind: interp.TaskSubmitted, Seq: m.Seq >> 1, Handle: string(rest[:16]), Output: value.Checked(string(rest[16:])),
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
	}
	return out, nil
}

// stopCause is what AWS gives as the cause of a child that its parent no longer waits for.
func (e *Engine) stopCause(parent statelark.ExecID) (string, error) {
	arn := parent.String()
	record, err := e.store.Execution(context.Background(), parent)
	switch {
	case err == nil:
		arn = record.ARN()
	case !errors.Is(err, statelark.ErrNotFound): // not one that has expired
		return "", err
	}
	return fmt.Sprintf("The Task state in AWS Step Functions execution [%s] which was managing this resource was aborted", arn), nil
}
