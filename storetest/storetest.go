// Package storetest is the law of statelark.Store: a suite that every store passes.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/statelark/statelark"
)

// Subject is a fresh store under test, and what can be done to it. A store that lacks a faculty leaves its
// field nil; the laws about it are skipped.
type Subject struct {
	statelark.Store
	// Reopen closes the store and opens it again.
	Reopen func() (statelark.Store, error)
	// Crash leaves the store as a power cut would, and opens what is there.
	Crash func() (statelark.Store, error)
	// Advance moves the clock by which leases end.
	Advance func(time.Duration)
}

// Run holds the stores that fresh makes against the law. A store is closed at the end of its test.
func Run(t *testing.T, fresh func(t testing.TB) *Subject) {
	laws := []struct {
		name string
		law  func(*fixture)
	}{
		{"Acquire", lawAcquire},
		{"LeaseEnds", lawLeaseEnds},
		{"Renew", lawRenew},
		{"Release", lawRelease},
		{"Fences", lawFences},
		{"Start", lawStart},
		{"BlockSequence", lawBlockSequence},
		{"ChangesInOrder", lawChangesInOrder},
		{"Atomicity", lawAtomicity},
		{"OwnedSlices", lawOwnedSlices},
		{"Close", lawClose},
		{"CloseInOneBatch", lawCloseInOneBatch},
		{"CloseOfMany", lawCloseOfMany},
		{"Keep", lawKeep},
		{"MapRun", lawMapRun},
		{"Version", lawVersion},
		{"Redrive", lawRedrive},
		{"Inbox", lawInbox},
		{"MessageKeys", lawMessageKeys},
		{"Work", lawWork},
		{"Timers", lawTimers},
		{"Threads", lawThreads},
		{"Blobs", lawBlobs},
		{"History", lawHistory},
		{"Ends", lawEnds},
		{"Executions", lawExecutions},
		{"Lookup", lawLookup},
		{"Meta", lawMeta},
		{"MetaList", lawMetaList},
		{"Index", lawIndex},
		{"Newest", lawNewest},
		{"Ended", lawEnded},
		{"Expire", lawExpire},
		{"Concurrency", lawConcurrency},
		{"Closed", lawClosed},
		{"Canceled", lawCanceled},
		{"Durability", lawDurability},
	}
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			subject := fresh(t)
			f := &fixture{T: t, Subject: subject, ctx: context.Background()}
			t.Cleanup(func() {
				if err := f.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			l.law(f)
		})
	}
	t.Run("Model", func(t *testing.T) { testModel(t, fresh) })
}

// fixture is a store in a test of one law.
type fixture struct {
	*testing.T
	*Subject
	ctx    context.Context
	fences []statelark.Fence
}

const machine = "arn:aws:states:us-east-1:123456789012:stateMachine:law"

// epoch is the time from which the laws count.
var epoch = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// id returns the nth id of a shard; ids of higher n are later.
func id(n int, shard statelark.ShardID) statelark.ExecID {
	return statelark.NewExecID(epoch.Add(time.Duration(n)*time.Second), shard, uint64(n))
}

// record returns a running execution's record.
func record(exec statelark.ExecID, name string) *statelark.Execution {
	return &statelark.Execution{
		ID: exec, Machine: machine, Revision: "r1", Name: name,
		Status: statelark.Running, Start: exec.Start(),
	}
}

// ended returns a copy of x that succeeded at a time.
func ended(x *statelark.Execution, stop time.Time, events int64) *statelark.Execution {
	done := *x
	done.Status, done.Stop, done.Events = statelark.Succeeded, stop, events
	return &done
}

// started returns the change that starts an execution.
func started(exec statelark.ExecID, name string) *statelark.Change {
	return &statelark.Change{Exec: exec, Start: true, Execution: record(exec, name)}
}

// hold acquires every shard for the fences of later commits.
func (f *fixture) hold() {
	f.Helper()
	leases, err := f.Acquire(f.ctx, "holder", statelark.Shards)
	f.ok(err)
	if len(leases) != statelark.Shards {
		f.Fatalf("Acquire of all gives %d shards", len(leases))
	}
	f.fences = make([]statelark.Fence, statelark.Shards)
	for _, l := range leases {
		f.fences[l.Shard] = statelark.Fence{Shard: l.Shard, Epoch: l.Epoch}
	}
}

// try commits changes under the fences of their shards.
func (f *fixture) try(changes ...*statelark.Change) error {
	return f.tryBatch(&statelark.Batch{Changes: changes})
}

func (f *fixture) tryBatch(b *statelark.Batch) error {
	b.Fences = nil
	for _, c := range b.Changes {
		if fence := f.fences[c.Exec.Shard()]; !slices.Contains(b.Fences, fence) {
			b.Fences = append(b.Fences, fence)
		}
	}
	return f.Commit(f.ctx, b)
}

func (f *fixture) commit(changes ...*statelark.Change) {
	f.Helper()
	f.ok(f.try(changes...))
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// is fails unless err is want.
func (f *fixture) is(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("error %v, want %v", err, want)
	}
}

// same fails unless got is want.
func (f *fixture) same(what string, got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		f.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// must passes on what a call returned; the fixture's test fails when that is an error.
func must[V any](v V, err error) func(*fixture) V {
	return func(f *fixture) V {
		f.Helper()
		f.ok(err)
		return v
	}
}

// refused fails unless try ends with the error want and leaves what the store shows as it was.
func (f *fixture) refused(want error, exec statelark.ExecID, try func() error) {
	f.Helper()
	before := f.look(exec)
	f.is(try(), want)
	f.same("state after what was refused", f.look(exec), before)
}

// state is all that a store shows of some executions and of the shards, for comparing.
type state struct {
	Executions map[string]*statelark.Execution
	Threads    map[string][]statelark.ThreadRow
	History    map[string][]statelark.HistoryBlock
	Inbox      []statelark.Message
	Work       []statelark.Work
	Timers     []statelark.Timer
	Meta       []statelark.MetaRecord
	Index      []statelark.IndexRow
	Listed     []*statelark.Execution
	Newest     []*statelark.Execution
	Ended      []*statelark.Execution
}

// all is more than any law stores.
const all = 1000

// look reads the state of a store as far as execs, shards and machines reach.
func look(ctx context.Context, s statelark.Store, execs []statelark.ExecID, shards []statelark.ShardID, machines []string) (*state, error) {
	v := &state{
		Executions: make(map[string]*statelark.Execution),
		Threads:    make(map[string][]statelark.ThreadRow),
		History:    make(map[string][]statelark.HistoryBlock),
	}
	for _, exec := range execs {
		x, err := s.Execution(ctx, exec)
		if err != nil && !errors.Is(err, statelark.ErrNotFound) {
			return nil, err
		}
		v.Executions[exec.String()] = x
		if v.Threads[exec.String()], err = s.Threads(ctx, exec); err != nil {
			return nil, err
		}
		if v.History[exec.String()], err = s.History(ctx, exec, 1, math.MaxInt, false); err != nil {
			return nil, err
		}
	}
	for _, shard := range shards {
		if err := v.lookAtShard(ctx, s, shard); err != nil {
			return nil, fmt.Errorf("shard %d: %w", shard, err)
		}
	}
	var err error
	if v.Meta, err = s.MetaList(ctx, "", "", all); err != nil {
		return nil, err
	}
	if v.Index, err = s.IndexList(ctx, "", "", all); err != nil {
		return nil, err
	}
	if v.Newest, err = s.Newest(ctx, statelark.ExecID{}, all); err != nil {
		return nil, err
	}
	if v.Ended, err = s.Ended(ctx, statelark.End{}, all); err != nil {
		return nil, err
	}
	for _, m := range machines {
		listed, err := s.Executions(ctx, statelark.ExecutionQuery{Machine: m, Limit: all})
		if err != nil {
			return nil, err
		}
		v.Listed = append(v.Listed, listed...)
	}
	return v, nil
}

func (v *state) lookAtShard(ctx context.Context, s statelark.Store, shard statelark.ShardID) error {
	messages, err := s.Inbox(ctx, shard, statelark.MessageKey{}, all)
	if err != nil {
		return err
	}
	work, err := s.Work(ctx, shard, statelark.MessageKey{}, all)
	if err != nil {
		return err
	}
	timers, err := s.Timers(ctx, shard, epoch.AddDate(100, 0, 0), statelark.Timer{}, all)
	v.Inbox = append(v.Inbox, messages...)
	v.Work = append(v.Work, work...)
	v.Timers = append(v.Timers, timers...)
	return err
}

// look reads what the store shows of shard 0 and of executions.
func (f *fixture) look(execs ...statelark.ExecID) *state {
	f.Helper()
	v, err := look(f.ctx, f, execs, []statelark.ShardID{0}, []string{machine})
	f.ok(err)
	return v
}
