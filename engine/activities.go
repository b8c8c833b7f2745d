package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

// maxPollers is how many workers may wait for tasks of one activity.
const maxPollers = 1000

// activities holds the tasks that wait for a worker, and the workers that wait for a task.
type activities struct {
	mu      sync.Mutex
	queues  map[string]*activityQueue // by ARN of the activity
	known   map[taskKey]string        // the activity of each task that is queued and not given up
	stopped chan struct{}
}

// activityQueue: never are both tasks that somebody wants and waiters there.
type activityQueue struct {
	tasks   []call
	waiters []chan call // each of one; the longest waiting first
	dead    int         // tasks that were given up and still lie there
}

func newActivities() *activities {
	return &activities{queues: make(map[string]*activityQueue), known: make(map[taskKey]string), stopped: make(chan struct{})}
}

func (a *activities) close() { close(a.stopped) }

func (a *activities) queue(arn string) *activityQueue {
	q := a.queues[arn]
	if q == nil {
		q = &activityQueue{}
		a.queues[arn] = q
	}
	return q
}

// push hands a task to the worker that has waited longest, or queues it.
func (a *activities) push(arn string, k call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, twice := a.known[k.taskKey]; twice {
		return
	}
	q := a.queue(arn)
	if q.hand(k) {
		return
	}
	a.known[k.taskKey] = arn
	if len(q.tasks) >= maxQueued {
		k.input = value.Value{}
	}
	q.tasks = append(q.tasks, k)
}

// giveBack is push for a task that was taken and goes first again.
func (a *activities) giveBack(arn string, k call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.putFirst(a.queue(arn), arn, k)
}

func (a *activities) putFirst(q *activityQueue, arn string, k call) {
	if _, twice := a.known[k.taskKey]; twice || q.hand(k) { // a scan may have pushed it meanwhile
		return
	}
	a.known[k.taskKey] = arn
	q.tasks = append([]call{k}, q.tasks...)
}

// hand gives a task to the worker that has waited longest, if one waits.
func (q *activityQueue) hand(k call) bool {
	if len(q.waiters) == 0 {
		return false
	}
	q.waiters[0] <- k
	q.waiters = q.waiters[1:]
	return true
}

// pop takes the oldest task, or begins to wait for one: exactly one of task and waiter is given.
func (a *activities) pop(arn string) (k call, waiter chan call, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.queue(arn)
	for len(q.tasks) > 0 {
		k = q.tasks[0]
		q.tasks[0] = call{}
		q.tasks = q.tasks[1:]
		if _, wanted := a.known[k.taskKey]; wanted {
			delete(a.known, k.taskKey)
			return k, nil, nil
		}
		q.dead--
	}
	if len(q.waiters) >= maxPollers {
		return call{}, nil, statelark.Errorf(statelark.CodeActivityWorkerLimitExceeded, "Too many workers are polling the activity: '%s'", arn)
	}
	waiter = make(chan call, 1)
	q.waiters = append(q.waiters, waiter)
	return call{}, waiter, nil
}

// cancel forgets a task that was given up before a worker took it. Its queue is cleared of such tasks when they
// are more than half of it.
func (a *activities) cancel(key taskKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	arn, queued := a.known[key]
	if !queued {
		return
	}
	delete(a.known, key)
	q := a.queue(arn)
	if q.dead++; 2*q.dead <= len(q.tasks) {
		return
	}
	q.tasks = slices.DeleteFunc(q.tasks, func(k call) bool {
		_, wanted := a.known[k.taskKey]
		return !wanted
	})
	q.dead = 0
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
	a.putFirst(q, arn, <-waiter)
}

// ActivityTask hands the oldest task of an activity to a worker, and waits for one when there is none: until ctx
// ends or the long poll is over, and then returns nil. The task is the worker's once ActivityStarted is durable.
func (e *Engine) ActivityTask(ctx context.Context, arn, worker string) (*statelark.ActivityTask, error) {
	if _, err := e.Activity(ctx, arn); err != nil {
		return nil, err
	}
	poll, cancel := context.WithTimeout(ctx, e.cfg.LongPoll)
	defer cancel()
	for {
		k, err := e.awaitTask(poll, arn)
		if err != nil {
			return nil, err
		}
		if k.exec == (statelark.ExecID{}) {
			return nil, nil
		}
		k, err = e.rows.refill(k)
		if err == nil {
			err = e.ask(ctx, message{
				exec: k.exec, must: true, event: interp.Event{Kind: interp.TaskPickedUp, Seq: k.seq, Worker: worker},
			})
		}
		switch {
		case errors.Is(err, errNoWait): // the execution does not wait for it any more
			continue
		case err != nil:
			e.activities.giveBack(arn, k)
			return nil, err
		}
		return &statelark.ActivityTask{Token: k.token, Input: k.input.Text()}, nil
	}
}

// awaitTask returns the next task of an activity; the zero call when ctx ended first.
func (e *Engine) awaitTask(ctx context.Context, arn string) (call, error) {
	k, waiter, err := e.activities.pop(arn)
	if err != nil || waiter == nil {
		return k, err
	}
	select {
	case k = <-waiter:
		return k, nil
	case <-ctx.Done():
	case <-e.activities.stopped:
	}
	e.activities.leave(arn, waiter)
	return call{}, nil
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
