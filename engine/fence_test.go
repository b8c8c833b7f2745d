package engine

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
)

// An engine whose shards another node has acknowledges nothing and starts no task, whatever it holds in memory.
func TestFencedEngineSaysNothing(t *testing.T) {
	var calls atomic.Int32
	slow := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		calls.Add(1)
		time.Sleep(5 * time.Second)
		return echo(ctx, c)
	}
	inBubble(t, slow, func(r *rig) {
		r.activity("a")
		ctx, worked := context.Background(), r.machine("W", activityTask(""))
		arn, other := r.start(worked, "e", `1`), r.start(worked, "other", `1`)
		token := r.poll("w").Token
		r.start(r.machine("T", taskOnly), "e", `1`)
		synctest.Wait()
		held := slices.Clone(r.shards.held())
		if err := r.store.Release(ctx, r.opts.Node, held); err != nil {
			t.Fatal(err)
		}
		theirs, err := r.store.Acquire(ctx, "another", statelark.Shards)
		if err != nil || len(theirs) != statelark.Shards {
			t.Fatalf("another node took %d shards: %v", len(theirs), err)
		}
		for what, call := range map[string]func() error{
			"a heartbeat that changes nothing": func() error { return r.TaskHeartbeat(ctx, token) },
			"a result":                         func() error { return r.TaskSucceeded(ctx, token, "2") },
			"a result of nothing":              func() error { return r.TaskSucceeded(ctx, r.tokens.token(r.describe(arn).ID, 99), "2") },
			"a task for a worker":              func() error { _, err := r.ActivityTask(ctx, here.ActivityARN("a"), "w"); return err },
			"a stop":                           func() error { _, err := r.StopExecution(ctx, other, nil, nil); return err },
			"a start": func() error {
				_, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: worked, Name: "new", Input: "1"})
				return err
			},
		} {
			if err := call(); err == nil || statelark.Refused(err) {
				t.Errorf("%s: the answer is %v", what, err)
			}
		}
		if err := r.recover(ctx); err == nil {
			t.Error("it looked for tasks")
		}
		time.Sleep(7 * time.Second) // less than a lease
		is(t, "calls", calls.Load(), 1)
		is(t, "status", r.describe(arn).Status, statelark.Running)
		if err := r.store.Release(ctx, "another", theirs); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second) // what is outstanding is this node's again
		is(t, "calls once the shards are back", calls.Load(), 2)
		if err := r.TaskSucceeded(ctx, token, "2"); err != nil {
			t.Error(err)
		}
		is(t, "status once the shards are back", r.ended(arn).Status, statelark.Succeeded)
	})
}

// What rests on a change that was refused is refused, too, though the store would take it.
func TestChangesBehindOneThatWasRefused(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1}, echo, func(r *rig) {
		r.activity("a")
		ctx := context.Background()
		m := r.machine("M", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
			{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"`+here.ActivityARN("a")+`","HeartbeatSeconds":60,"End":true}}},
			{"StartAt":"U","States":{"U":{"Type":"Task","Resource":"`+here.ActivityARN("a")+`","HeartbeatSeconds":60,"End":true}}}],"End":true}}}`)
		arn := r.start(m, "e", `1`)
		first, second := r.poll("w").Token, r.poll("w").Token
		release := r.store.hold()
		go func() { _, _ = r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: "busy", Input: "1"}) }()
		synctest.Wait() // the batches to come are one, after this one
		answers := make(chan error, 3)
		for _, call := range []func() error{
			func() error { return r.TaskSucceeded(ctx, first, "1") },
			func() error { return r.TaskHeartbeat(ctx, second) },
			func() error { return r.TaskSucceeded(ctx, first, "3") },
		} {
			go func() { answers <- call() }()
			synctest.Wait()
		}
		r.store.set(func(s *frail) {
			s.before = func(b *statelark.Batch) error {
				for _, c := range b.Changes {
					if c.First > 0 && !c.Start {
						return fmt.Errorf("refused by the test: %w", statelark.ErrConflict)
					}
				}
				return nil
			}
		})
		release()
		for range 3 {
			if err := <-answers; err == nil || statelark.Refused(err) {
				t.Errorf("the answer is %v", err)
			}
		}
		r.store.set(func(s *frail) { s.before = nil })
		time.Sleep(5 * time.Second)
		for _, token := range []string{first, second} {
			if err := r.TaskSucceeded(ctx, token, "2"); err != nil {
				t.Error(err)
			}
		}
		is(t, "output", r.ended(arn).Output, "[2,2]")
	})
}

// A Task that starts an execution waits for an owner that is busy, where a client is told to come again.
func TestNestedExecutionIsNotThrottled(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1}, echo, func(r *rig) {
		m := r.machine("C", passOnly)
		parent := r.machine("P", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"T"},"T":{"Type":"Task",
			"Resource":"arn:aws:states:::states:startExecution","Parameters":{"StateMachineArn":"`+m+`"},"ResultSelector":{},"End":true}}}`)
		arn := r.start(parent, "p", `{}`)
		looking, goOn := make(chan struct{}), make(chan struct{})
		r.store.set(func(s *frail) { // holds the Task up until the owner is busy
			s.lookup = func() {
				close(looking)
				<-goOn
			}
		})
		<-looking
		busy := make(chan struct{})
		r.store.set(func(s *frail) { s.lookup = func() { <-busy } })
		for i := range mailboxSize + 1 {
			go func() {
				_, _ = r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: m, Name: fmt.Sprint(i), Input: "{}"})
			}()
			if i == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		close(goOn)
		synctest.Wait()
		r.store.set(func(s *frail) { s.lookup = nil })
		close(busy)
		is(t, "status", r.ended(arn).Status, statelark.Succeeded)
	})
}

// What was decided before a shard was lost is not stored under the lease by which it came back.
func TestNoStaleChangeUnderANewLease(t *testing.T) {
	var generation atomic.Uint64
	generation.Store(1)
	held := &shards{}
	c := newCommitter(&newestLease{t: t}, held, &generation, func(error) {}, func() {})
	c.start()
	held.set([]statelark.Lease{{Shard: 0, Epoch: 1}})
	over := make(chan struct{})
	go func() {
		defer close(over)
		for g := uint64(2); g < 100_000; g++ {
			held.set(nil)
			generation.Store(g)
			held.set([]statelark.Lease{{Shard: 0, Epoch: g}})
		}
	}()
	for busy := true; busy && !t.Failed(); {
		g := generation.Load()
		c.submit(commit{change: &statelark.Change{Last: int64(g)}, generation: g, tell: func(error) {}})
		select {
		case <-over:
			busy = false
		default:
		}
	}
	c.close()
	<-over
}

// newestLease fails the test when a change is written under a lease of a later generation.
type newestLease struct {
	statelark.Store
	t *testing.T
}

func (s *newestLease) Commit(_ context.Context, b *statelark.Batch) error {
	for _, ch := range b.Changes {
		if e := b.Fences[0].Epoch; e > uint64(ch.Last) {
			s.t.Errorf("a change of generation %d is written under the lease of %d", ch.Last, e)
		}
	}
	return nil
}

// Tasks whose shards another node took are in no worker's way, and are found again when the shards come back.
func TestTasksOfShardsThatAreLostHoldUpNoWorker(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", activityTask(""))
		r.activity("a")
		lost := r.start(m, "lost", `1`)
		synctest.Wait()
		shard := r.describe(lost).ID.Shard()
		lease := statelark.Lease{Shard: shard, Epoch: r.shards.epoch(shard)}
		if err := r.store.Release(ctx, r.opts.Node, []statelark.Lease{lease}); err != nil {
			t.Fatal(err)
		}
		theirs, err := r.store.Acquire(ctx, "another", 1)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Second)
		is(t, "epoch", r.shards.epoch(shard), 0)
		for i := range 5 { // one at least is of another shard
			_, _ = r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: fmt.Sprint(i), Input: `2`})
		}
		synctest.Wait()
		is(t, "input of the first task", r.poll("w").Input, "2")
		if err := r.store.Release(ctx, "another", theirs); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		inputs := make(map[string]int)
		for range 5 {
			if got := r.poll("w"); got != nil {
				inputs[got.Input]++
			}
		}
		is(t, "tasks of the shard that came back", inputs["1"], 1)
	})
}
