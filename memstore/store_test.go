package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/storetest"
)

func TestLaw(t *testing.T) {
	storetest.Run(t, func(testing.TB) *storetest.Subject {
		now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
		s := memstore.New()
		s.Now = func() time.Time { return now }
		return &storetest.Subject{Store: s, Advance: func(d time.Duration) { now = now.Add(d) }}
	})
}

// TestBounds wants the closed executions that a store keeps to be bounded by number and by bytes. Those that closed
// first go, with their names; what runs stays.
func TestBounds(t *testing.T) {
	const machine, blockBytes = "arn:machine", 1000
	ctx := context.Background()
	for name, c := range map[string]struct {
		count, bytes int
		left         int
	}{
		"no bound": {0, 0, 100}, "number": {10, 0, 10}, "bytes": {0, 7*blockBytes + 1, 7}, "both": {20, 5 * blockBytes, 5},
	} {
		s := memstore.New()
		s.MaxClosed, s.MaxClosedBytes = c.count, c.bytes
		leases, err := s.Acquire(ctx, "node", 1)
		if err != nil {
			t.Fatal(err)
		}
		fences := []statelark.Fence{{Shard: leases[0].Shard, Epoch: leases[0].Epoch}}
		begin := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
		run := func(n int, ends bool) {
			id := statelark.NewExecID(begin.Add(time.Duration(n)*time.Second), leases[0].Shard, uint64(n))
			x := &statelark.Execution{ID: id, Machine: machine, Name: fmt.Sprint(n), Status: statelark.Running, Start: id.Start()}
			changes := []*statelark.Change{{Exec: id, Start: true, Execution: x, Block: make([]byte, blockBytes), First: 1, Last: 1}}
			if ends {
				done := *x
				done.Status, done.Stop = statelark.Succeeded, id.Start().Add(time.Minute)
				changes = append(changes, &statelark.Change{Exec: id, Execution: &done, Close: true})
			}
			if err := s.Commit(ctx, &statelark.Batch{Fences: fences, Changes: changes}); err != nil {
				t.Fatal(err)
			}
		}
		run(1000, false)
		for n := range 100 {
			run(n, true)
		}
		if all, err := s.Executions(ctx, statelark.ExecutionQuery{Machine: machine, Limit: 1000}); err != nil || len(all) != c.left+1 {
			t.Errorf("%s: %d executions are left, %v, want %d", name, len(all), err, c.left+1)
		}
		if _, err := s.Lookup(ctx, machine, "99"); err != nil {
			t.Errorf("%s: the last one that closed: %v", name, err)
		}
		if _, err := s.Lookup(ctx, machine, "1000"); err != nil {
			t.Errorf("%s: the one that runs: %v", name, err)
		}
		if _, err := s.Lookup(ctx, machine, "0"); c.left < 100 && !errors.Is(err, statelark.ErrNotFound) {
			t.Errorf("%s: the name of the first one that closed is not free: %v", name, err)
		}
		if c.left < 100 {
			run(0, true)
		}
	}
}
