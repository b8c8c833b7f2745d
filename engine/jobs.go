package engine

import (
	"container/heap"
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// # Jobs that outlive a call
//
// A Task with .sync begins a job somewhere else and ends when that ends. Its work row says then that the job goes on
// (jobrow.go). Whoever knows jobs of its kind, a task.Watcher, is asked for it: after a second, then ever less often, and
// at once when somebody has heard that it ended (Notify). Memory has a key and a name of each; all else is in the work
// row, which is read for each poll. If it is gone, nobody waits any more.
//
// A job that was given up is cancelled by a message from the execution to itself, which is consumed when that is done, or
// has failed a few times. So a crash takes away neither a watch nor a cancellation. What it may lose: a job whose Start
// had returned, of a Task that was given up before the engine ran again. Its Key is known to nobody.
//
// All of it is done by whoever owns the shard, for a poll begins with a look whether that is so.

// Bounds of jobs.
const (
	maxWatched = 100_000 // in memory; what is beyond is found by a scan, when half of them have ended
	maxCancels = 1_000   // in memory; the others are in the inbox, which is read again
	maxErrands = 32      // under way at once, of one kind of job
	maxEarly   = 1_024   // jobs that were heard of and are not watched, or not yet
	cancelOnce = 5       // times that a cancellation is tried

	firstPause  = time.Second
	pollTime    = time.Minute // that a poll or a cancellation has
	neverPolled = time.Hour   // how long the clock sleeps when there is nothing to do
)

// jobs does the errands about jobs: it polls those that are watched and cancels those that were given up.
type jobs struct {
	e    *Engine
	wake chan struct{} // of one

	mu      sync.Mutex
	lanes   map[string]*jobLane              // by kind
	watched map[taskKey]*errand              // polls
	named   map[string]*errand               // of watched, by task.Job.Handle; of two that watch one job, the later one
	cancels map[statelark.MessageKey]*errand // by the message that asks for it
	early   map[string]struct{}              // jobs that were heard of before they were watched
	heard   []string                         // early in order
	room    int                              // for watched
	full    bool                             // jobs are in the store that memory has no room for
}

// jobLane is the errands about jobs of one kind.
type jobLane struct {
	task.Watcher
	longest time.Duration
	due     errandHeap
	active  int // errands under way
}

// errand is something to do about a job, again and again.
type errand struct {
	taskKey
	name  string
	lane  *jobLane
	due   time.Time
	pause time.Duration // after the next time
	place int           // in the heap of the lane; -1: it is under way
	again bool          // Notify came while it was under way
	tried int           // times that failed, without a break

	cancel *statelark.Message // nil: it is a poll
}

func newJobs(e *Engine) *jobs {
	return &jobs{
		e: e, wake: make(chan struct{}, 1), lanes: make(map[string]*jobLane), watched: make(map[taskKey]*errand),
		named: make(map[string]*errand), room: maxWatched, cancels: make(map[statelark.MessageKey]*errand), early: make(map[string]struct{}),
	}
}

// Notify tells that a job has ended, or is likely to have: it is polled at once, if it is watched. It never waits.
func (e *Engine) Notify(job task.Job) {
	j := e.jobs
	j.mu.Lock()
	defer j.mu.Unlock()
	name := job.Handle()
	x := j.named[name]
	switch {
	case x == nil:
		j.hear(name)
	case x.place < 0:
		x.again = true
	default:
		x.due = time.Now()
		heap.Fix(&x.lane.due, x.place)
		j.nudge()
	}
}

// hear remembers that a job ended which is not watched yet: its Task may be being submitted.
func (j *jobs) hear(name string) {
	if _, known := j.early[name]; known {
		return
	}
	if len(j.heard) >= maxEarly {
		delete(j.early, j.heard[0])
		j.heard = j.heard[1:]
	}
	j.early[name] = struct{}{}
	j.heard = append(j.heard, name)
}

// found watches the job of a work row that a scan has read.
func (j *jobs) found(w *statelark.Work) {
	r, err := readJobRow(w.Data)
	if err == nil {
		j.watch(taskKey{w.Exec, w.Seq}, r.handle)
		return
	}
	j.e.log.Error("job cannot be watched; its execution waits until it times out or is stopped", "execution", w.Exec, "error", err)
}

// watch watches a job from now on. One that is watched already is left as it is.
func (j *jobs) watch(key taskKey, handle string) {
	_, job, err := (&jobRow{handle: handle}).job("")
	if err != nil {
		j.e.log.Error("job cannot be watched; its execution waits until it times out or is stopped", "execution", key.exec, "error", err)
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.watched[key] != nil {
		return
	}
	if len(j.watched) >= j.room {
		j.full = true
		return
	}
	x := &errand{taskKey: key, name: job.Handle(), place: -1}
	if !j.add(x, job.Kind) {
		return
	}
	j.watched[key], j.named[x.name] = x, x
}

// add puts a new errand into the lane of its kind; false when nobody knows such jobs.
func (j *jobs) add(x *errand, kind string) bool {
	if x.lane = j.lane(kind); x.lane == nil {
		return false
	}
	x.pause = firstPause
	x.due = time.Now()
	if _, ended := j.early[x.name]; !ended && x.cancel == nil {
		x.due = x.due.Add(x.jittered())
	}
	x.next()
	heap.Push(&x.lane.due, x)
	j.nudge()
	return true
}

// lane returns the lane of a kind, nil when nobody knows jobs of it.
func (j *jobs) lane(kind string) *jobLane {
	l := j.lanes[kind]
	if l == nil {
		w, longest := j.e.dispatcher.targets.Watcher(kind)
		if w == nil {
			j.e.log.Error("jobs of this kind are known to nothing in this server; their executions wait until they time out or are stopped", "kind", kind)
			return nil
		}
		l = &jobLane{Watcher: w, longest: longest}
		j.lanes[kind] = l
	}
	return l
}

// next makes the pause that follows the one that begins.
func (x *errand) next() { x.pause = min(x.pause*3/2, x.lane.longest) }

// jittered is the pause, a fifth shorter or longer: by the errand and the pause, so that it is the same each time.
func (x *errand) jittered() time.Duration {
	h := fnv.New64a()
	h.Write(x.exec[:])
	h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, x.seq), uint64(x.pause)))
	return x.pause * time.Duration(80+h.Sum64()%41) / 100
}

// forget lets go of a job that nobody waits for any more.
func (j *jobs) forget(key taskKey) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if x := j.watched[key]; x != nil {
		j.drop(x)
	}
}

// drop lets go of an errand.
func (j *jobs) drop(x *errand) {
	if x.place >= 0 {
		heap.Remove(&x.lane.due, x.place)
	}
	if x.cancel != nil {
		delete(j.cancels, x.cancel.MessageKey)
		return
	}
	delete(j.watched, x.taskKey)
	if j.named[x.name] == x {
		delete(j.named, x.name)
	}
	if j.full && len(j.watched) <= j.room/2 {
		j.full = false
		j.e.recovery.request()
	}
}

// current reports whether an errand is still to be done.
func (j *jobs) current(x *errand) bool {
	if x.cancel != nil {
		return j.cancels[x.cancel.MessageKey] == x
	}
	return j.watched[x.taskKey] == x
}

func (j *jobs) nudge() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run begins errands as they come due, until ctx ends.
func (j *jobs) run(ctx context.Context) {
	clock := time.NewTimer(neverPolled)
	defer clock.Stop()
	for ctx.Err() == nil {
		clock.Reset(j.begin(ctx))
		select {
		case <-ctx.Done():
		case <-j.wake:
		case <-clock.C:
		}
	}
}

// begin begins what is due as far as there is room, and returns how long it is until more is.
func (j *jobs) begin(ctx context.Context) time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	now, wait := time.Now(), neverPolled
	for _, l := range j.lanes {
		for l.active < maxErrands && len(l.due) > 0 {
			if until := l.due[0].due.Sub(now); until > 0 {
				wait = min(wait, until)
				break
			}
			x := heap.Pop(&l.due).(*errand)
			x.place, x.again = -1, false
			l.active++
			j.e.running.Go(func() { j.do(ctx, x) })
		}
	}
	return wait
}

// do does an errand once.
func (j *jobs) do(ctx context.Context, x *errand) {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	if x.cancel != nil {
		j.tryCancel(ctx, x)
	} else {
		j.poll(ctx, x)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	x.lane.active--
	j.nudge()
}

// poll asks for a job that is watched.
func (j *jobs) poll(ctx context.Context, x *errand) {
	r, err := j.row(ctx, x.taskKey)
	if err != nil {
		j.failed(x, err)
		return
	}
	if r == nil {
		j.forget(x.taskKey)
		return
	}
	c, job, err := r.job(j.e.tokens.token(x.exec, x.seq))
	if err != nil {
		j.failed(x, err)
		return
	}
	out, done, err := x.lane.Poll(ctx, c, job)
	var no *task.Error
	switch {
	case errors.As(err, &no):
		j.ended(ctx, x, failedEvent(call{taskKey: x.taskKey}, no).events[0])
	case err != nil:
		j.failed(x, err)
	case done:
		if !out.Exists() {
			out = value.EmptyObj
		}
		j.ended(ctx, x, interp.Event{Kind: interp.TaskSucceeded, Seq: x.seq, Output: out})
	default:
		x.tried = 0
		j.later(x, 0)
	}
}

// row reads the work row of a job, nil when nobody waits for it any more, or when another node does.
func (j *jobs) row(ctx context.Context, key taskKey) (*jobRow, error) {
	if j.e.shards.epoch(key.exec.Shard()) == 0 {
		return nil, nil
	}
	work, err := j.e.store.Work(ctx, key.exec.Shard(), statelark.MessageKey{To: key.exec, Seq: key.seq - 1}, 1)
	if err != nil || len(work) == 0 || work[0].Exec != key.exec || work[0].Seq != key.seq || !isJob(&work[0]) {
		return nil, err
	}
	r, err := readJobRow(work[0].Data)
	r.seq = key.seq
	return &r, err
}

// failed has an errand done again that did not come to anything.
func (j *jobs) failed(x *errand, err error) {
	if x.tried == 0 && !j.e.isClosing() {
		j.e.log.Warn("job cannot be looked at; that is tried again", "execution", x.exec, "job", x.name, "error", err)
	}
	x.tried++
	j.later(x, 0)
}

// later has an errand done again: after a pause, or after its own when that is 0.
func (j *jobs) later(x *errand, pause time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.current(x) {
		return
	}
	if pause == 0 {
		pause = x.jittered()
		x.next()
	}
	if x.again {
		pause = 0
	}
	x.due = time.Now().Add(pause)
	heap.Push(&x.lane.due, x)
	j.nudge()
}

// ended tells the execution how its job ended. If that could not be stored, the job is polled again.
func (j *jobs) ended(ctx context.Context, x *errand, ev interp.Event) {
	m := message{exec: x.exec, event: ev, must: true}
	m.reply = func(err error) {
		if err == nil || errors.Is(err, errNoWait) {
			j.forget(x.taskKey)
		} else {
			j.later(x, storeRetry)
		}
	}
	if !j.e.deliver(ctx, m) {
		j.later(x, storeRetry)
	}
}

// errandHeap has the errand that is due first in front.
type errandHeap []*errand

func (h errandHeap) Len() int           { return len(h) }
func (h errandHeap) Less(i, k int) bool { return h[i].due.Before(h[k].due) }

func (h errandHeap) Swap(i, k int) {
	h[i], h[k] = h[k], h[i]
	h[i].place, h[k].place = i, k
}

// Push is of heap.Interface.
func (h *errandHeap) Push(x any) {
	x.(*errand).place = len(*h)
	*h = append(*h, x.(*errand))
}

// Pop is of heap.Interface.
func (h *errandHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	x.place = -1
	return x
}
