package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/statelark/statelark"
)

func sortNewestFirst(xs []*statelark.Execution) {
	slices.SortFunc(xs, func(a, b *statelark.Execution) int { return bytes.Compare(b.ID[:], a.ID[:]) })
}

// calls returns a call of every method that takes a context.
func (f *fixture) calls(ctx context.Context) map[string]func() error {
	exec := id(1, 0)
	return map[string]func() error{
		"Acquire": func() error { return second(f.Acquire(ctx, "n", 1)) },
		"Renew":   func() error { return second(f.Renew(ctx, "n", nil)) },
		"Release": func() error { return f.Release(ctx, "n", nil) },
		"Commit": func() error {
			return f.Commit(ctx, &statelark.Batch{Meta: []statelark.MetaOp{{Key: "late", Value: []byte("v")}}})
		},
		"Send":       func() error { return f.Send(ctx, []statelark.Message{message(exec, 1, "late")}) },
		"Inbox":      func() error { return second(f.Inbox(ctx, 0, statelark.MessageKey{}, 1)) },
		"Timers":     func() error { return second(f.Timers(ctx, 0, epoch, statelark.Timer{}, 1)) },
		"Work":       func() error { return second(f.Work(ctx, 0, statelark.MessageKey{}, 1)) },
		"Execution":  func() error { return second(f.Execution(ctx, exec)) },
		"Lookup":     func() error { return second(f.Lookup(ctx, machine, "x")) },
		"Threads":    func() error { return second(f.Threads(ctx, exec)) },
		"Blob":       func() error { return second(f.Blob(ctx, exec, 1)) },
		"History":    func() error { return second(f.History(ctx, exec, 1, 1, false)) },
		"Ends":       func() error { return second(f.Ends(ctx, exec)) },
		"Executions": func() error { return second(f.Executions(ctx, statelark.ExecutionQuery{Machine: machine, Limit: 1})) },
		"Meta":       func() error { return second(f.Meta(ctx, "k")) },
		"MetaList":   func() error { return second(f.MetaList(ctx, "", "", 1)) },
		"Newest":     func() error { return second(f.Newest(ctx, statelark.ExecID{}, 1)) },
		"Ended":      func() error { return second(f.Ended(ctx, statelark.End{}, 1)) },
		"Index":      func() error { return second(f.Index(ctx, "k")) },
		"IndexList":  func() error { return second(f.IndexList(ctx, "", "", 1)) },
		"Expire":     func() error { return second(f.Expire(ctx, epoch, 1)) },
	}
}

// lawConcurrency lets several goroutines each drive an execution of their own, and wants every one to see its
// own commits at once.
func lawConcurrency(f *fixture) {
	f.hold()
	const goroutines, commits = 8, 20
	var group errgroup.Group
	for g := range goroutines {
		group.Go(func() error {
			exec := id(g, statelark.ShardID(g))
			if err := f.try(started(exec, exec.String())); err != nil {
				return err
			}
			for n := int64(1); n <= commits; n++ {
				if err := f.drive(exec, n); err != nil {
					return fmt.Errorf("execution %d, commit %d: %w", g, n, err)
				}
			}
			return nil
		})
	}
	f.ok(group.Wait())
	for g := range goroutines {
		f.same("messages", len(must(f.Inbox(f.ctx, statelark.ShardID(g), statelark.MessageKey{}, all))(f)), 2*commits)
	}
}

// drive adds event n to an execution, and messages both ways, and reads them back.
func (f *fixture) drive(exec statelark.ExecID, n int64) error {
	data := fmt.Append(nil, n)
	err := f.try(&statelark.Change{
		Exec: exec, Block: data, First: n, Last: n,
		Threads: []statelark.ThreadRow{{Thread: 1, Data: data}},
		Sends:   []statelark.Message{message(exec, uint64(n), "sent")},
	})
	if err != nil {
		return err
	}
	if err := f.Send(f.ctx, []statelark.Message{message(exec, uint64(n+1000), "sent")}); err != nil {
		return err
	}
	threads, err := f.Threads(f.ctx, exec)
	if err == nil && (len(threads) != 1 || !bytes.Equal(threads[0].Data, data)) {
		err = fmt.Errorf("threads %v", threads)
	}
	blocks, historyErr := f.History(f.ctx, exec, n, 1, false)
	if historyErr == nil && (len(blocks) != 1 || !bytes.Equal(blocks[0].Data, data)) {
		historyErr = fmt.Errorf("blocks %v", blocks)
	}
	return errors.Join(err, historyErr)
}

func lawClosed(f *fixture) {
	f.hold()
	f.commit(busy(id(1, 0), "x"))
	f.ok(f.Close())
	for name, call := range f.calls(f.ctx) {
		f.Log(name)
		f.is(call(), statelark.ErrUnavailable)
	}
	f.ok(f.Close())
}

func lawCanceled(f *fixture) {
	f.hold()
	f.commit(busy(id(1, 0), "x"))
	before := f.look(id(1, 0))
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	for name, call := range f.calls(ctx) {
		f.Log(name)
		f.is(call(), statelark.ErrUnavailable)
	}
	f.same("state after canceled calls", f.look(id(1, 0)), before)
}

// lawDurability looks at a store, ends it in both ways, and looks again.
func lawDurability(f *fixture) {
	ways := map[string]func() (statelark.Store, error){"reopen": f.Reopen, "crash": f.Crash}
	if f.Reopen == nil && f.Crash == nil {
		f.Skip("this store forgets")
	}
	f.hold()
	var execs []statelark.ExecID
	grow := func(n int) {
		exec := id(n, 0)
		execs = append(execs, exec)
		f.commit(busy(exec, exec.String()))
		done := id(n+1, 0)
		execs = append(execs, done)
		f.commit(busy(done, done.String()))
		f.commit(&statelark.Change{Exec: done, Execution: ended(record(done, done.String()), epoch.Add(time.Minute), 4), Close: true})
		f.ok(f.Send(f.ctx, []statelark.Message{message(exec, 7, "m")}))
		f.ok(f.Commit(f.ctx, &statelark.Batch{Meta: []statelark.MetaOp{{Key: exec.String(), Value: []byte("v")}}}))
		f.ok(f.Commit(f.ctx, &statelark.Batch{Index: []statelark.IndexOp{{Key: exec.String(), Data: []byte("row")}}}))
	}
	for round := range 3 {
		for name, end := range ways {
			if end == nil {
				continue
			}
			grow(10 * len(execs))
			before := f.look(execs...)
			f.Log("round", round, name)
			var err error
			f.Store, err = end()
			f.ok(err)
			f.same("state after "+name, f.look(execs...), before)
			leases := must(f.Acquire(f.ctx, "holder", statelark.Shards))(f)
			for _, l := range leases {
				if l.Epoch <= f.fences[l.Shard].Epoch {
					f.Fatalf("epoch %d of shard %d comes after %d", l.Epoch, l.Shard, f.fences[l.Shard].Epoch)
				}
				f.fences[l.Shard] = statelark.Fence{Shard: l.Shard, Epoch: l.Epoch}
			}
		}
	}
}
