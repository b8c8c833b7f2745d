package engine

import (
	"fmt"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/task"
)

// What is stored of a job that goes on after its Task was submitted:
//
//	handle     with the thread that waits: kind, colon, jobHandle1, and then resource, role and id of the job
//	work row   in the place of the one by which the Task was dispatched: workJob, and then jobRow
//	message    from the execution to itself once it has given the job up: messageCancelJob, and then jobRow
//
// So a restarted engine finds by its scan of the work rows what is to be watched, and in the inbox what is to be cancelled.

const (
	// workJob is the first byte of the work row, where others have a version.
	workJob = 0xf1
	// jobHandle1 is the form of what follows the kind in a handle.
	jobHandle1 = 1
	// cancelBit marks the Seq of the message; the rest is the wait.
	cancelBit = 1 << 62
)

// jobRow is a job that an execution has begun, as it is stored.
type jobRow struct {
	seq      uint64 // the wait; not in the row
	arn      string // of the execution
	deadline int64  // Unix ms, 0: none
	handle   string
}

// jobHandle is the handle of a job: all that is to be known to cancel it.
func jobHandle(k *call, j task.Job) string {
	w := row.NewWriter([]byte(j.Kind+":"), nil)
	w.Byte(jobHandle1)
	w.Text(k.resource.ARN)
	w.Text(k.role)
	w.Raw(j.ID)
	return string(w.Row())
}

// isJobHandle reports whether a handle is that of a job that is watched, and not of a child execution or a Map Run.
func isJobHandle(handle string) bool {
	if _, child := childOf(handle); child {
		return false
	}
	job, ok := task.ParseJob(handle)
	return ok && job.Kind != jobExecution && job.ID != "" && job.ID[0] == jobHandle1
}

// isJob reports whether a work row says that a job goes on.
func isJob(w *statelark.Work) bool { return len(w.Data) > 0 && w.Data[0] == workJob }

// isCancelJob reports whether a message says that a job was given up.
func isCancelJob(m *statelark.Message) bool { return len(m.Data) > 0 && m.Data[0] == messageCancelJob }

// append appends the work row.
func (r *jobRow) append(dst []byte) []byte { return r.write(dst, workJob) }

func (r *jobRow) write(dst []byte, first byte) []byte {
	w := row.NewWriter(dst, nil)
	w.Byte(first)
	w.Text(r.arn)
	w.Int(r.deadline)
	w.Text(r.handle)
	return w.Row()
}

// readJobRow reads what follows the first byte.
func readJobRow(data []byte) (jobRow, error) {
	r := row.NewReader(data[1:], nil)
	out := jobRow{arn: r.Text(), deadline: r.Int(), handle: r.Text()}
	return out, r.Done()
}

// cancelMessage says that an execution has given a job up.
func cancelMessage(id statelark.ExecID, r *jobRow) statelark.Message {
	return statelark.Message{
		MessageKey: statelark.MessageKey{To: id, Seq: cancelBit | r.seq}, Data: r.write(nil, messageCancelJob),
	}
}

// job returns the job of the row, and the call that began it, without its input.
func (r *jobRow) job(token string) (*task.Call, task.Job, error) {
	j, ok := task.ParseJob(r.handle)
	if !ok || j.ID == "" || j.ID[0] != jobHandle1 {
		return nil, j, fmt.Errorf("the handle %q is none that this release knows", r.handle)
	}
	in := row.NewReader([]byte(j.ID[1:]), nil)
	resource, role := in.Text(), in.Text()
	j.ID = in.Raw(uint64(in.Len()))
	if err := in.Done(); err != nil {
		return nil, j, fmt.Errorf("reading the handle of a job: %w", err)
	}
	res, err := asl.ParseResource(resource)
	if err != nil {
		return nil, j, fmt.Errorf("reading the handle of a job: %w", err)
	}
	c := &task.Call{Key: task.Key{Execution: r.arn, Seq: r.seq}, Resource: res, Role: role, Token: token}
	c.Deadline = deadline(r.deadline)
	return c, j, nil
}

// submitted is the answer of a target that has begun a job.
func (k *call) submitted(out *task.Outcome) answer {
	handle := jobHandle(k, out.Job)
	return answer{
		events: []interp.Event{{Kind: interp.TaskSubmitted, Seq: k.seq, Output: out.Output, Handle: handle}},
		job:    &jobRow{seq: k.seq, arn: strings.Clone(k.arn), deadline: k.deadline, handle: handle},
	}
}

// submits makes m the message that a job has begun. If nobody waits for it any more, the job is cancelled.
func (m *message) submits(r *jobRow) {
	cancel := cancelMessage(m.exec, r)
	m.job, m.must, m.orphan = r, true, &cancel
}
