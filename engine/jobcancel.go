package engine

import (
	"context"
	"time"

	"github.com/statelark/statelark"
)

// cancel has a job cancelled, once for the message that asks for it. When there are too many the message stays in the
// inbox, which is read again.
func (j *jobs) cancel(m *statelark.Message) {
	r, err := readJobRow(m.Data)
	r.seq = m.Seq &^ cancelBit
	_, job, bad := r.job("")
	j.mu.Lock()
	if j.cancels[m.MessageKey] != nil || len(j.cancels) >= maxCancels {
		j.mu.Unlock()
		return
	}
	x := &errand{taskKey: taskKey{m.To, r.seq}, name: job.Handle(), place: -1, cancel: m}
	known := err == nil && bad == nil && j.add(x, job.Kind)
	j.cancels[m.MessageKey] = x
	j.mu.Unlock()
	if !known {
		j.e.log.Warn("job cannot be cancelled: nothing in this server knows it", "execution", m.To, "job", job.Handle())
		j.consume(context.Background(), x)
	}
}

// tryCancel asks for a job to be cancelled. When that has failed a few times it is left to itself.
func (j *jobs) tryCancel(ctx context.Context, x *errand) {
	if j.e.shards.epoch(x.exec.Shard()) == 0 {
		j.done(x)
		return
	}
	err := j.e.committer.landed(ctx, j.e.generation.Load()) // what the inbox shows may not be durable yet
	var r jobRow
	if err == nil {
		r, err = readJobRow(x.cancel.Data)
	}
	if err == nil {
		r.seq = x.seq
		c, job, bad := r.job("")
		if err = bad; err == nil {
			err = x.lane.Cancel(ctx, c, job, abortReason(r.arn))
		}
	}
	switch {
	case err == nil:
	case j.e.isClosing():
		return // the message is still there at the next start
	case x.tried+1 < cancelOnce:
		j.failed(x, err)
		return
	default:
		j.e.log.Warn("job could not be cancelled; it is left to itself", "execution", r.arn, "job", x.name, "error", err)
	}
	j.consume(ctx, x)
}

// consume takes the message away that asked for a cancellation.
func (j *jobs) consume(ctx context.Context, x *errand) {
	key := x.cancel.MessageKey
	m := message{exec: key.To, from: &key, must: true} // finds no wait
	m.reply = func(error) { j.done(x) }                // should it still be there, the inbox brings it again
	if !j.e.deliver(ctx, m) {
		j.done(x)
	}
}

// done lets go of a cancellation.
func (j *jobs) done(x *errand) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.drop(x)
}

// abortReason is why a job is cancelled, as AWS words it in the jobs of Batch and the tasks of ECS.
func abortReason(execution string) string {
	return "The Task state in AWS Step Functions execution [" + execution + "] which was managing this resource was aborted"
}

// deadline is a time in Unix ms, none when it is 0.
func deadline(ms int64) (t time.Time) {
	if ms != 0 {
		t = time.UnixMilli(ms)
	}
	return t
}
