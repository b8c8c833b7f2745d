package engine

import (
	"context"
	"sync"
	"time"

	"github.com/statelark/statelark"
)

// inbox delivers to an owner the messages that executions sent each other. A hint says that a shard has some; a lost
// one costs at most a poll.
type inbox struct {
	o    *owner
	wake chan struct{} // of one

	mu sync.Mutex
	// hinted are the shards to look into; true: for rows of Express executions, too. Those of executions that run are
	// there all the while, and only after a restart are there others.
	hinted map[statelark.ShardID]bool
	held   map[statelark.ShardID]struct{} // to be looked into for such rows at the next poll
}

// pollEvery is how often every inbox is looked into, hint or not.
const pollEvery = 5 * time.Second

func newInbox(o *owner) *inbox {
	return &inbox{
		o: o, wake: make(chan struct{}, 1), hinted: make(map[statelark.ShardID]bool), held: make(map[statelark.ShardID]struct{}),
	}
}

// hint says that shards of the owner have messages. It never waits.
func (b *inbox) hint(shards ...statelark.ShardID) { b.look(false, shards...) }

// hintAll is hint for every shard of the owner, and for what a restart has left.
func (b *inbox) hintAll() { b.look(true, b.o.shards()...) }

func (b *inbox) look(again bool, shards ...statelark.ShardID) {
	b.mu.Lock()
	for _, s := range shards {
		b.hinted[s] = b.hinted[s] || again
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// hold has the next poll look for the rows of Express executions in a shard: one could not be dealt with now.
func (b *inbox) hold(s statelark.ShardID) { b.holdIf(true, s) }

func (b *inbox) holdIf(again bool, s statelark.ShardID) {
	if !again {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held[s] = struct{}{}
}

// poll looks into every inbox, hint or not.
func (b *inbox) poll() {
	b.hint(b.o.shards()...)
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.held {
		b.hinted[s] = true
	}
	clear(b.held)
}

// run delivers until ctx ends.
func (b *inbox) run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.poll()
		case <-b.wake:
			for s, again := range b.take() {
				b.deliver(ctx, s, again)
			}
		}
	}
}

func (b *inbox) take() map[statelark.ShardID]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	hinted := b.hinted
	b.hinted = make(map[statelark.ShardID]bool)
	return hinted
}

// deliver hands the messages of a shard to the owner. A message that is delivered twice, because its first delivery
// is not durable yet, finds its wait closed.
func (b *inbox) deliver(ctx context.Context, s statelark.ShardID, again bool) {
	const page = 256
	var after statelark.MessageKey
	e := b.o.e
	for {
		messages, err := e.store.Inbox(ctx, s, after, page)
		if err != nil {
			if ctx.Err() == nil {
				e.log.Warn("inbox could not be read; it is read again in a few seconds", "shard", s, "error", err)
			}
			b.holdIf(again, s)
			return
		}
		for i := range messages {
			if !again && isExpress(&messages[i]) {
				continue
			}
			if forRun(&messages[i]) {
				if !e.mapRuns.send(ctx, runMessage{id: messages[i].To, row: &messages[i]}) {
					return
				}
				continue
			}
			if isCancelJob(&messages[i]) {
				e.jobs.cancel(&messages[i])
				continue
			}
			m, err := e.received(ctx, &messages[i])
			if err != nil {
				e.log.Warn("message could not be dealt with; it is read again in a few seconds", "to", messages[i].To, "error", err)
				b.holdIf(again, s)
				continue
			}
			if !b.o.send(ctx, m) {
				return
			}
		}
		if len(messages) < page {
			return
		}
		after = messages[len(messages)-1].MessageKey
	}
}
