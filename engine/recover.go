package engine

import (
	"context"
	"time"

	"github.com/statelark/statelark"
)

// recovery takes up what is outstanding: at start, after the store failed, and when shards come to this node. It
// reads every timer, task and message of the shards that the node owns; what is under way already is left alone, so
// it may be done at any time.
type recovery struct {
	e     *Engine
	again chan struct{} // of one
}

func newRecovery(e *Engine) *recovery {
	r := &recovery{e: e, again: make(chan struct{}, 1)}
	r.request()
	return r
}

// request asks for one more recovery. It never waits.
func (r *recovery) request() {
	select {
	case r.again <- struct{}{}:
	default:
	}
}

// run recovers whenever that is asked for, and insists until it is done.
func (r *recovery) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.again:
		}
		from := time.Now()
		for err := r.e.recover(ctx); err != nil && ctx.Err() == nil; err = r.e.recover(ctx) {
			r.e.log.Error("what is outstanding could not be read; the store is asked again in a second", "error", err)
			pause(ctx, time.Second)
		}
		r.e.log.Debug("took up what was outstanding", "after", time.Since(from))
		pause(ctx, time.Second) // should the store fail on and on, do not read on and on
	}
}

// recover dispatches every task, sets every timer and delivers every message that the store knows of.
//
// It fails on a store that takes no batch: what such a store shows may not be durable, and is not to be dispatched.
func (e *Engine) recover(ctx context.Context) error {
	e.dispatcher.beginScan()
	defer e.dispatcher.endScan()
	generation := e.generation.Load()
	held := e.shards.held()
	fences := make([]statelark.Fence, len(held))
	for i, l := range held {
		fences[i] = statelark.Fence{Shard: l.Shard, Epoch: l.Epoch}
	}
	if err := e.store.Commit(ctx, &statelark.Batch{Fences: fences}); err != nil {
		return err
	}
	e.listening() // a store that was away could take no heartbeat
	for _, o := range e.owners {
		if err := o.timers.load(ctx, time.Time{}); err != nil {
			return err
		}
	}
	for _, l := range held {
		if err := e.recoverWork(ctx, l.Shard, generation); err != nil {
			return err
		}
	}
	e.mapRuns.scanned()
	for _, o := range e.owners {
		o.inbox.hintAll()
	}
	return e.deletions.recover(ctx)
}

// recoverWork dispatches the tasks of a shard.
func (e *Engine) recoverWork(ctx context.Context, s statelark.ShardID, generation uint64) error {
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
			if isMapRun(&w) {
				e.mapRuns.resume(ctx, w.Exec)
				continue
			}
			if isJob(&w) {
				e.jobs.found(&w)
				continue
			}
			if isOpenRow(&w) {
				e.foundOpen(ctx, &w)
				continue
			}
			k, err := e.rows.read(w)
			if err != nil {
				e.log.Error("task cannot be dispatched again; its execution waits until it times out or is stopped", "error", err)
				continue
			}
			e.open.add(&k)
			e.dispatch(k)
		}
		if len(rows) < page {
			return nil
		}
		last := rows[len(rows)-1]
		after = statelark.MessageKey{To: last.Exec, Seq: last.Seq}
	}
}
