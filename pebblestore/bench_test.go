package pebblestore_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/pebblestore"
)

// committer gathers the changes of many waiters into batches, as the engine does.
type committer struct {
	store  statelark.Store
	fences []statelark.Fence
	queue  chan waiting
}

type waiting struct {
	change *statelark.Change
	done   chan error
}

func (c *committer) run() {
	var batch statelark.Batch
	var waiters []chan error
	for w := range c.queue {
		batch.Changes, waiters = append(batch.Changes[:0], w.change), append(waiters[:0], w.done)
		for more := true; more && len(waiters) < 1000; {
			select {
			case w, ok := <-c.queue:
				if more = ok; ok {
					batch.Changes, waiters = append(batch.Changes, w.change), append(waiters, w.done)
				}
			default:
				more = false
			}
		}
		batch.Fences = c.fences
		err := c.store.Commit(context.Background(), &batch)
		for _, done := range waiters {
			done <- err
		}
	}
}

// processor is the CPU time that the process has used.
func processor(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkExecutions runs executions of five states in two commits each, with a number of them waiting at any
// time: 17 events, 500 bytes of payload in each commit, 300 bytes of memory between them.
func BenchmarkExecutions(b *testing.B) {
	for _, waiters := range []int{1, 16, 256, 1024} {
		b.Run(fmt.Sprint("pebblestore/", waiters), func(b *testing.B) {
			s, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
			if err != nil {
				b.Fatal(err)
			}
			benchmarkExecutions(b, s, waiters)
		})
	}
	b.Run("memstore/256", func(b *testing.B) { benchmarkExecutions(b, memstore.New(), 256) })
}

func benchmarkExecutions(b *testing.B, s statelark.Store, waiters int) {
	leases, err := s.Acquire(context.Background(), "bench", statelark.Shards)
	if err != nil {
		b.Fatal(err)
	}
	c := &committer{store: s, queue: make(chan waiting, 4096)}
	for _, l := range leases {
		c.fences = append(c.fences, statelark.Fence{Shard: l.Shard, Epoch: l.Epoch})
	}
	go c.run()
	defer close(c.queue)
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(b.N))
	before := processor(b)
	b.ResetTimer()
	for range waiters {
		wg.Go(func() {
			done := make(chan error, 1)
			for left.Add(-1) >= 0 {
				if err := c.execution(done); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	used := processor(b) - before
	b.ReportMetric(float64(2*b.N)/b.Elapsed().Seconds(), "commits/s")
	b.ReportMetric(float64(used.Microseconds())/float64(2*b.N), "cpu-µs/commit")
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

var (
	benchBlock  = payload(900)
	benchMemory = payload(300)
)

// payload returns text that compresses about as JSON does.
func payload(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var text []byte
	for len(text) < n {
		text = fmt.Appendf(text, `{"orderId":%d,"state":"running"},`, r.Uint32())
	}
	return bytes.Clone(text[:n])
}

func (c *committer) execution(done chan error) error {
	unique := rand.Uint64()
	name := fmt.Sprintf("%016x-%016x", unique, rand.Uint64())
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:benchmark"
	now := time.Now().Truncate(time.Millisecond)
	exec := statelark.NewExecID(now, statelark.ShardOf(arn, name), unique)
	x := &statelark.Execution{ID: exec, Machine: arn, Revision: "r1", Name: name, Status: statelark.Running, Start: now}
	first := &statelark.Change{
		Exec: exec, Start: true, Execution: x,
		Block: benchBlock, First: 1, Last: 9,
		Threads: []statelark.ThreadRow{{Data: benchMemory}},
		Work:    []statelark.WorkOp{{Seq: 1, Data: benchMemory[:60]}},
		Timers:  []statelark.TimerOp{{Seq: 1, Due: now.Add(time.Minute)}},
	}
	ended := *x
	ended.Status, ended.Stop, ended.Events = statelark.Succeeded, now, 17
	last := &statelark.Change{
		Exec: exec, Execution: &ended, Block: benchBlock, First: 10, Last: 17,
		Work: []statelark.WorkOp{{Seq: 1}}, Close: true,
	}
	for _, change := range []*statelark.Change{first, last} {
		c.queue <- waiting{change, done}
		if err := <-done; err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkOpen opens a store with some executions in it.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		s, err := pebblestore.Open(dir, pebblestore.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
