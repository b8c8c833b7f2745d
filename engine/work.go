package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// taskKey names an attempt of a task.
type taskKey struct {
	exec statelark.ExecID
	seq  uint64
}

// call is an attempt of a task that is to be dispatched.
type call struct {
	taskKey
	arn      string // of the execution
	resource *asl.Resource
	input    value.Value // absent: it is in the store
	token    string
	role     string
	deadline int64  // Unix ms, 0: none
	state    string // "" of one that was read from its row
	unstored bool   // no store has it: it keeps its input
	mock     task.Mock

	target task.Target // of a call in the dispatcher; nil: there is none
}

func newCall(l *live, r *interp.RunTask) call {
	return call{
		taskKey: taskKey{l.record.ID, r.Seq}, arn: l.record.ARN(), resource: r.Resource, input: r.Input,
		token: r.Token, role: r.Role, deadline: r.Deadline, mock: l.mock(r.State), state: r.State,
	}
}

// Versions of the work row, its first byte. Each is read for ever.
const (
	workVersion1 = 1 // the payload last: a byte that says whether it is a number, and it or the text
	workVersion2 = 2 // the payload as package row has it
	workVersion  = 3 // before the payload, whether there is a test case, and then the machine, the case, the state and the attempt
)

// appendWork appends the work row of the call: what is needed to dispatch it again after a crash.
func (k *call) appendWork(dst []byte, p row.Payloads) []byte {
	w := row.NewWriter(dst, p)
	w.Byte(workVersion)
	w.Text(k.arn)
	w.Text(k.resource.ARN)
	w.Text(k.role)
	w.Int(k.deadline)
	w.Bool(k.mock.Case != "")
	if k.mock.Case != "" {
		w.Text(k.mock.Machine)
		w.Text(k.mock.Case)
		w.Text(k.mock.State)
		w.Int(k.mock.Attempt)
	}
	w.Payload(k.input.Text())
	return w.Row()
}

// workRows reads the rows of outstanding work.
type workRows struct {
	store statelark.Store
	token func(statelark.ExecID, uint64) string
}

// read returns the call of a work row.
func (r workRows) read(w statelark.Work) (call, error) {
	k := call{taskKey: taskKey{w.Exec, w.Seq}}
	resource, err := k.readWork(w.Data, newPayloads(r.store, w.Exec))
	if err != nil {
		return k, fmt.Errorf("reading a work row of execution %s: %w", w.Exec, err)
	}
	res, err := asl.ParseResource(resource)
	if err != nil {
		return k, fmt.Errorf("reading a work row of execution %s: %w", w.Exec, err)
	}
	k.resource = &res
	if res.Activity != "" || res.Waits() {
		k.token = r.token(w.Exec, w.Seq)
	}
	return k, nil
}

// readWork reads what a work row says of the call, and returns the ARN of its resource.
func (k *call) readWork(data []byte, p row.Payloads) (resource string, err error) {
	body, err := versioned(data, workVersion)
	if err != nil {
		return "", err
	}
	r := row.NewReader(body, p)
	k.arn, resource, k.role = strings.Clone(r.Text()), r.Text(), strings.Clone(r.Text()) // not to keep the input with them
	k.deadline = r.Int()
	if data[0] > workVersion2 && r.Bool() {
		k.mock = task.Mock{Machine: strings.Clone(r.Text()), Case: strings.Clone(r.Text()), State: strings.Clone(r.Text()), Attempt: r.Int()}
	}
	switch {
	case data[0] > workVersion1:
		k.input = value.Checked(r.Payload())
	case r.Bool():
		k.input = value.Checked(r.Blob(r.Uint()))
	default:
		k.input = value.Checked(r.Raw(uint64(r.Len())))
	}
	return resource, r.Done()
}

// refill returns the call with its input, read from the store when it was let go.
func (r workRows) refill(k call) (call, error) {
	if k.input.Exists() {
		return k, nil
	}
	work, err := r.store.Work(context.Background(), k.exec.Shard(), statelark.MessageKey{To: k.exec, Seq: k.seq - 1}, 1)
	if err != nil {
		return k, fmt.Errorf("reading work of execution %s: %w", k.exec, err)
	}
	if len(work) == 0 || work[0].Exec != k.exec || work[0].Seq != k.seq || isOpenRow(&work[0]) {
		return k, errNoWait // it was given up meanwhile, or somebody has it
	}
	return r.read(work[0])
}
