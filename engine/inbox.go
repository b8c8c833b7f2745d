package engine

import (
	"context"
	"sync"
	"time"

	"github.com/statelark/statelark"
)

// inbox delivers the messages that executions sent each other. A hint says that a shard has some; a lost one
// costs at most a poll.
type inbox struct {
	e      *Engine
	wake   chan struct{}
	retake chan struct{} // the store failed: take up everything again

	mu       sync.Mutex
	hinted   map[statelark.ShardID]bool
	deleting map[string]bool // state machines whose last execution may have ended
}

// pollEvery is how often every inbox is looked into, hint or not.
const pollEvery = 5 * time.Second

func newInbox(e *Engine) *inbox {
	return &inbox{
		e: e, wake: make(chan struct{}, 1), retake: make(chan struct{}, 1),
		hinted: make(map[statelark.ShardID]bool), deleting: make(map[string]bool),
	}
}

// hint says that a shard has messages.
func (b *inbox) hint(s statelark.ShardID) {
	b.mu.Lock()
	b.hinted[s] = true
	b.mu.Unlock()
	b.nudge()
}

// sweep says that a state machine that is being deleted may be without executions now.
func (b *inbox) sweep(machineARN string) {
	b.mu.Lock()
	b.deleting[machineARN] = true
	b.mu.Unlock()
	b.nudge()
}

func (b *inbox) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *inbox) run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.retake:
			b.takeUpAgain(ctx)
			pause(ctx, time.Second) // should the store fail on and on, do not scan on and on
		case <-tick.C:
			for _, l := range b.e.leases {
				b.deliver(ctx, l.Shard)
			}
		case <-b.wake:
			shards, machines := b.take()
			for s := range shards {
				b.deliver(ctx, s)
			}
			for arn := range machines {
				b.e.finishDelete(ctx, arn)
			}
		}
	}
}

func (b *inbox) take() (map[statelark.ShardID]bool, map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	shards, machines := b.hinted, b.deleting
	b.hinted, b.deleting = make(map[statelark.ShardID]bool), make(map[string]bool)
	return shards, machines
}

// deliver hands the messages of a shard to its owner. A message that is delivered twice, because its first
// delivery is not durable yet, finds its wait closed.
func (b *inbox) deliver(ctx context.Context, s statelark.ShardID) {
	const page = 256
	var after statelark.MessageKey
	for {
		messages, err := b.e.store.Inbox(ctx, s, after, page)
		if err != nil {
			if ctx.Err() == nil {
				b.e.log.Warn("inbox could not be read; it is read again in a few seconds", "shard", s, "error", err)
			}
			return
		}
		for i := range messages {
			m, err := b.e.received(&messages[i])
			if err != nil {
				b.e.log.Warn("message could not be dealt with; it is read again in a few seconds", "to", messages[i].To, "error", err)
				continue
			}
			if !b.e.ownerOf(m.exec).send(ctx, m) {
				return
			}
		}
		if len(messages) < page {
			return
		}
		after = messages[len(messages)-1].MessageKey
	}
}

// takeUpAgain retries until everything outstanding has been scanned.
func (b *inbox) takeUpAgain(ctx context.Context) {
	for ctx.Err() == nil {
		err := b.e.scan(ctx)
		if err == nil {
			return
		}
		b.e.log.Error("the store does not answer; it is asked again in a second", "error", err)
		pause(ctx, time.Second)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// takeUp takes up what was under way when the engine last stopped.
func (e *Engine) takeUp(ctx context.Context) {
	from := time.Now()
	e.inbox.takeUpAgain(ctx)
	e.log.Debug("took up what was outstanding", "after", time.Since(from))
}

// scan dispatches every task, sets every timer and delivers every message that the store knows of. What is under
// way already is left alone, so it may be done at any time.
//
// It fails on a store that takes no batch: what such a store shows may not be durable, and is not to be dispatched.
func (e *Engine) scan(ctx context.Context) error {
	e.dispatcher.beginScan()
	defer e.dispatcher.endScan()
	generation := e.generation.Load()
	fences := make([]statelark.Fence, len(e.leases))
	for i, l := range e.leases {
		fences[i] = statelark.Fence{Shard: l.Shard, Epoch: l.Epoch}
	}
	if err := e.store.Commit(ctx, &statelark.Batch{Fences: fences}); err != nil {
		return err
	}
	e.listening() // a store that was away could take no heartbeat
	if err := e.timers.load(ctx, time.Time{}); err != nil {
		return err
	}
	for _, l := range e.leases {
		if err := e.scanWork(ctx, l.Shard, generation); err != nil {
			return err
		}
	}
	for _, l := range e.leases {
		e.inbox.deliver(ctx, l.Shard)
	}
	return e.sweepDeleted(ctx)
}

func (e *Engine) scanWork(ctx context.Context, s statelark.ShardID, generation uint64) error {
	const page = 500
	var after statelark.MessageKey
	for {
		rows, err := e.store.Work(ctx, s, after, page)
		if err != nil {
			return err
		}
		if err := e.committer.landed(ctx, generation); err != nil {
			return err
		}
		for _, w := range rows {
			k, err := e.readCall(w)
			if err != nil {
				e.log.Error("task cannot be dispatched again", "error", err)
				continue
			}
			e.dispatch(k)
		}
		if len(rows) < page {
			return nil
		}
		last := rows[len(rows)-1]
		after = statelark.MessageKey{To: last.Exec, Seq: last.Seq}
	}
}

// epoch returns the epoch under which a shard is held.
func (e *Engine) epoch(s statelark.ShardID) uint64 {
	return e.epochs[s]
}
