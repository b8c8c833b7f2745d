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

	mu     sync.Mutex
	hinted map[statelark.ShardID]struct{}
}

// pollEvery is how often every inbox is looked into, hint or not.
const pollEvery = 5 * time.Second

func newInbox(o *owner) *inbox {
	return &inbox{o: o, wake: make(chan struct{}, 1), hinted: make(map[statelark.ShardID]struct{})}
}

// hint says that shards of the owner have messages. It never waits.
func (b *inbox) hint(shards ...statelark.ShardID) {
	b.mu.Lock()
	for _, s := range shards {
		b.hinted[s] = struct{}{}
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// hintAll is hint for every shard of the owner.
func (b *inbox) hintAll() { b.hint(b.o.shards()...) }

// run delivers until ctx ends.
func (b *inbox) run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.hintAll()
		case <-b.wake:
			for s := range b.take() {
				b.deliver(ctx, s)
			}
		}
	}
}

func (b *inbox) take() map[statelark.ShardID]struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	hinted := b.hinted
	b.hinted = make(map[statelark.ShardID]struct{})
	return hinted
}

// deliver hands the messages of a shard to the owner. A message that is delivered twice, because its first delivery
// is not durable yet, finds its wait closed.
func (b *inbox) deliver(ctx context.Context, s statelark.ShardID) {
	const page = 256
	var after statelark.MessageKey
	e := b.o.e
	for {
		messages, err := e.store.Inbox(ctx, s, after, page)
		if err != nil {
			if ctx.Err() == nil {
				e.log.Warn("inbox could not be read; it is read again in a few seconds", "shard", s, "error", err)
			}
			return
		}
		for i := range messages {
			m, err := e.received(&messages[i])
			if err != nil {
				e.log.Warn("message could not be dealt with; it is read again in a few seconds", "to", messages[i].To, "error", err)
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
