package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/value"
)

// activities holds the tasks that wait for a worker, and the workers that wait for a task.
type activities struct {
	mu      sync.Mutex
	queues  map[string]*activityQueue  // by ARN of the activity
	known   map[taskKey]*activityQueue // of each task that is queued and not given up
	sweepAt int                        // with how many queues the empty ones go
	stopped chan struct{}
	// maxPollers is how many workers may wait for tasks of one activity.
	maxPollers limits.Bound
}

// activityQueue is the tasks and the workers of an activity.
//
// Invariant: never are there both tasks that somebody wants and workers that wait.
type activityQueue struct {
	tasks   callQueue
	waiters []chan call // each of one; the longest waiting first
}

// fewQueues is how many queues of activities are kept, in use or not.
const fewQueues = 256

func newActivities(maxPollers limits.Bound) *activities {
	return &activities{
		queues: make(map[string]*activityQueue), known: make(map[taskKey]*activityQueue), sweepAt: fewQueues, stopped: make(chan struct{}),
		maxPollers: maxPollers,
	}
}

func (a *activities) close() { close(a.stopped) }

// queue returns the queue of an activity, which may be gone by now. Queues that nobody uses are let go of.
func (a *activities) queue(arn string) *activityQueue {
	q := a.queues[arn]
	if q != nil {
		return q
	}
	if len(a.queues) >= a.sweepAt {
		maps.DeleteFunc(a.queues, func(_ string, q *activityQueue) bool { return q.tasks.n == 0 && len(q.waiters) == 0 })
		a.sweepAt = max(fewQueues, 2*len(a.queues))
	}
	q = &activityQueue{}
	a.queues[strings.Clone(arn)] = q
	return q
}

// push hands a task to the worker that has waited longest, or queues it.
func (a *activities) push(arn string, k call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.queue(arn)
	if a.dealtWith(q, k) {
		return
	}
	if q.tasks.n >= maxQueued {
		k.input = value.Value{}
	}
	a.known[k.taskKey] = q
	q.tasks.pushBack(k)
}

// giveBack is push for a task that was taken and goes first again.
func (a *activities) giveBack(arn string, k call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.putFirst(a.queue(arn), k)
}

func (a *activities) putFirst(q *activityQueue, k call) {
	if a.dealtWith(q, k) {
		return
	}
	a.known[k.taskKey] = q
	q.tasks.pushFront(k)
}

// dealtWith reports whether a task need not be queued: it is, since a scan may have come across it, or a worker has it
// now, the one that has waited longest.
func (a *activities) dealtWith(q *activityQueue, k call) bool {
	if a.wanted(k.taskKey) {
		return true
	}
	if len(q.waiters) == 0 {
		return false
	}
	q.waiters[0] <- k
	q.waiters = q.waiters[1:]
	return true
}

// wanted reports whether a task is queued and not given up.
func (a *activities) wanted(key taskKey) bool { return a.known[key] != nil }

// pop takes the oldest task, or begins to wait for one: exactly one of task and waiter is given.
func (a *activities) pop(arn string) (k call, waiter chan call, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.queue(arn)
	if k, _, ok := q.tasks.next(a.wanted); ok {
		delete(a.known, k.taskKey)
		return k, nil, nil
	}
	if a.maxPollers.Reached(int64(len(q.waiters))) {
		return call{}, nil, statelark.Errorf(statelark.CodeActivityWorkerLimitExceeded, "Too many workers are polling the activity: '%s'", arn).Over("activity-pollers")
	}
	waiter = make(chan call, 1)
	q.waiters = append(q.waiters, waiter)
	return call{}, waiter, nil
}

// cancel forgets a task that was given up before a worker took it.
func (a *activities) cancel(key taskKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q := a.known[key]; q != nil {
		delete(a.known, key)
		q.tasks.giveUp(a.wanted)
	}
}

// leave ends a wait. A task that was handed over meanwhile is given back.
func (a *activities) leave(arn string, waiter chan call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.queue(arn)
	if i := slices.Index(q.waiters, waiter); i >= 0 {
		q.waiters = slices.Delete(q.waiters, i, i+1)
		return
	}
	a.putFirst(q, <-waiter)
}

// await returns the task that a waiter gets, false when there was none before ctx ended or the poll was over.
func (a *activities) await(ctx context.Context, arn string, waiter chan call, over <-chan time.Time) (call, bool) {
	select {
	case k := <-waiter:
		return k, true
	case <-ctx.Done():
	case <-over:
	case <-a.stopped:
	}
	a.leave(arn, waiter)
	return call{}, false
}

// ActivityTask hands the oldest task of an activity to a worker, and waits for one when there is none: until ctx
// ends or the long poll is over, and then returns nil. The task is the worker's once ActivityStarted is durable.
func (e *Engine) ActivityTask(ctx context.Context, arn, worker string) (*statelark.ActivityTask, error) {
	if _, err := e.Activity(ctx, arn); err != nil {
		return nil, err
	}
	var poll *time.Timer // runs from when the worker first has to wait
	for {
		k, waiter, err := e.activities.pop(arn)
		if err != nil {
			return nil, err
		}
		if waiter != nil {
			if poll == nil {
				poll = time.NewTimer(e.opts.LongPoll)
				defer poll.Stop()
			}
			var got bool
			if k, got = e.activities.await(ctx, arn, waiter, poll.C); !got {
				return nil, nil
			}
		}
		k, err = e.pickUp(ctx, k, worker)
		switch {
		case errors.Is(err, errNoWait), // the execution does not wait for it any more
			errors.Is(err, errNotOwned): // should its shard come back, it is found again
			continue
		case err != nil:
			e.activities.giveBack(arn, k)
			return nil, err
		}
		return &statelark.ActivityTask{Token: k.token, Input: k.input.Text()}, nil
	}
}

// pickUp makes a task the worker's, durably.
func (e *Engine) pickUp(ctx context.Context, k call, worker string) (call, error) {
	k, err := e.rows.refill(k)
	if err != nil {
		return k, err
	}
	return k, e.ask(ctx, message{
		exec: k.exec, must: true, event: interp.Event{Kind: interp.TaskPickedUp, Seq: k.seq, Worker: worker},
	})
}

// ask sends a message and waits until what follows from it is durable.
func (e *Engine) ask(ctx context.Context, m message) error {
	answer := make(chan error, 1)
	m.reply = func(err error) { answer <- err }
	if err := ctx.Err(); err != nil { // the caller is gone: what it asked for is not to happen
		return err
	}
	if !e.deliver(ctx, m) {
		return cmp.Or(ctx.Err(), error(errClosing))
	}
	select {
	case err := <-answer:
		return err
	case <-e.closed:
		return errClosing
	}
}
