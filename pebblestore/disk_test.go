package pebblestore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"pgregory.net/rapid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/pebblestore"
)

// ledger commits numbered batches and knows which were acknowledged. Each batch adds a block to two executions
// and a meta record, so that one that is there by half shows.
type ledger struct {
	fences []statelark.Fence
	execs  [2]statelark.ExecID
	block  []byte // of each batch
	acked  int64
}

// ledgerBlock is large and cannot be compressed, so that few batches fill Pebble's first, small tables in memory.
var ledgerBlock = noise(100_000)

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b) // it never fails
	return b
}

func newLedger(s statelark.Store) (*ledger, error) {
	l := &ledger{block: ledgerBlock}
	if err := l.acquire(s); err != nil {
		return nil, err
	}
	var b statelark.Batch
	for i := range l.execs {
		l.execs[i] = statelark.ExecID{15: byte(i + 1)}
		x := &statelark.Execution{Machine: "m", Name: fmt.Sprint(i), Status: statelark.Running, Start: l.execs[i].Start()}
		b.Changes = append(b.Changes, &statelark.Change{Exec: l.execs[i], Start: true, Execution: x})
	}
	b.Fences = l.fences
	return l, s.Commit(context.Background(), &b)
}

// acquire takes the shards of a store that was opened.
func (l *ledger) acquire(s statelark.Store) error {
	leases, err := s.Acquire(context.Background(), "node", statelark.Shards)
	l.fences = nil
	for _, lease := range leases {
		l.fences = append(l.fences, statelark.Fence{Shard: lease.Shard, Epoch: lease.Epoch})
	}
	return err
}

// commit commits the next batch.
func (l *ledger) commit(s statelark.Store) error {
	n := l.acked + 1
	b := statelark.Batch{Fences: l.fences, Meta: []statelark.MetaOp{{Key: "n", Value: fmt.Append(nil, n), Expect: statelark.AnyRevision}}}
	for _, exec := range l.execs {
		b.Changes = append(b.Changes, &statelark.Change{Exec: exec, Block: l.block, First: n, Last: n})
	}
	err := s.Commit(context.Background(), &b)
	if err == nil {
		l.acked = n
	}
	return err
}

// stored returns the number of the last batch that a store holds, and an error when it holds one by half.
func (l *ledger) stored(s statelark.Store) (int64, error) {
	ctx := context.Background()
	var last [3]int64
	for i, exec := range l.execs {
		blocks, err := s.History(ctx, exec, 1<<40, 1, true)
		if err != nil {
			return 0, err
		}
		if len(blocks) > 0 {
			last[i] = blocks[0].Last
		}
	}
	record, err := s.Meta(ctx, "n")
	if err == nil {
		_, err = fmt.Sscan(string(record.Value), &last[2])
	} else if errors.Is(err, statelark.ErrNotFound) {
		err = nil
	}
	if err == nil && (last[0] != last[1] || last[1] != last[2]) {
		err = fmt.Errorf("a batch is there by half: %v", last)
	}
	return last[0], err
}

// TestDiskErrors lets one write to the disk fail, or one and all after it. No commit may be acknowledged that a
// crash then takes away, and reads must go on.
func TestDiskErrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mem := vfs.NewCrashableMem()
		at := int64(rapid.IntRange(0, 60).Draw(t, "operation"))
		on := rapid.SampledFrom([]string{".log", ".sst", "MANIFEST", ""}).Draw(t, "on files named")
		forever := rapid.Bool().Draw(t, "and all after it")
		cause := rapid.SampledFrom([]error{syscall.EIO, syscall.ENOSPC}).Draw(t, "error")
		var armed atomic.Bool
		var operations atomic.Int64
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsRead || !armed.Load() || !strings.Contains(op.Path, on) {
				return nil
			}
			if n := operations.Add(1) - 1; n == at || forever && n > at {
				return cause
			}
			return nil
		}))
		s, err := pebblestore.Open("data", pebblestore.Options{FS: fs})
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLedger(s)
		if err != nil {
			t.Fatal(err)
		}
		armed.Store(true)
		for range 110 {
			if err = l.commit(s); err != nil {
				break
			}
		}
		if err != nil && !errors.Is(err, statelark.ErrUnavailable) {
			t.Fatalf("a commit ends with %v", err)
		}
		seen, readErr := l.stored(s)
		if readErr != nil || seen < l.acked {
			t.Fatalf("%d batches acknowledged, %d read with %v", l.acked, seen, readErr)
		}
		left := mem.CrashClone(vfs.CrashCloneCfg{})
		armed.Store(false)
		_ = s.Close() // what it says of a disk that failed is of no interest
		checkLeft(t, left, l)
	})
}

// checkLeft opens what a crash left and wants all batches that were acknowledged, each one whole.
func checkLeft(t *rapid.T, left vfs.FS, l *ledger) {
	s, err := pebblestore.Open("data", pebblestore.Options{FS: left})
	if err != nil {
		t.Fatal(err)
	}
	n, err := l.stored(s)
	if err != nil {
		t.Fatal(err)
	}
	if n < l.acked {
		t.Fatalf("%d batches acknowledged, %d are left", l.acked, n)
	}
	l.acked = n
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestPowerCut takes the disk away at any time; of what was not synced, any part may be left.
func TestPowerCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mem := vfs.NewCrashableMem()
		s, err := pebblestore.Open("data", pebblestore.Options{FS: mem})
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLedger(s)
		if err != nil {
			t.Fatal(err)
		}
		seed := rapid.Uint64().Draw(t, "seed")
		percent := rapid.IntRange(0, 100).Draw(t, "unsynced left")
		for range rapid.IntRange(0, 40).Draw(t, "batches") {
			if err := l.commit(s); err != nil {
				t.Fatal(err)
			}
		}
		acked := *l
		under := make(chan error, 1)
		go func() { under <- l.commit(s) }()
		left := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(seed, 0))})
		if err := errors.Join(<-under, s.Close()); err != nil {
			t.Fatal(err)
		}
		checkLeft(t, left, &acked)
	})
}

// TestTablesCannotBeWritten wants commits to be refused, rather than to wait, while Pebble cannot empty its
// memory, and to be taken again once it can.
func TestTablesCannotBeWritten(t *testing.T) {
	var armed atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if armed.Load() && op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst") {
			return syscall.ENOSPC
		}
		return nil
	}))
	s := mustOpen(t, "data", pebblestore.Options{FS: fs})
	l, err := newLedger(s)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		armed.Store(true)
		for err == nil {
			err = l.commit(s)
		}
		if !errors.Is(err, statelark.ErrUnavailable) || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("a commit ends with %v", err)
		}
		if n, err := l.stored(s); err != nil || n != l.acked {
			t.Errorf("%d batches acknowledged, %d read with %v", l.acked, n, err)
		}
		armed.Store(false)
		for deadline := time.Now().Add(20 * time.Second); err != nil; {
			if err = l.commit(s); time.Now().After(deadline) {
				t.Fatalf("commits are refused long after the disk has recovered: %v", err)
			}
		}
	}
}

func TestDiskFull(t *testing.T) {
	mem := vfs.NewMem()
	room := func(free uint64) {
		mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: free, TotalBytes: 1 << 40})
	}
	room(1 << 30)
	s := mustOpen(t, "data", pebblestore.Options{FS: mem, MinFree: 100 << 20})
	l, err := newLedger(s)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		if err := l.commit(s); err != nil {
			t.Fatal(err)
		}
		room(100 << 20)
		var err error
		// A look at the disk serves for a few MB.
		for range 200 {
			if err = l.commit(s); err != nil {
				break
			}
		}
		if !errors.Is(err, statelark.ErrUnavailable) || !strings.Contains(err.Error(), "no space left: 100 MB free under data") {
			t.Fatalf("round %d: a commit on a full disk: %v", round, err)
		}
		if n, err := l.stored(s); err != nil || n != l.acked {
			t.Errorf("%d batches acknowledged, %d read with %v", l.acked, n, err)
		}
		if _, err := s.Expire(context.Background(), l.execs[0].Start(), 10); err != nil {
			t.Errorf("Expire on a full disk: %v", err)
		}
		room(1 << 30)
	}
	if err := l.commit(s); err != nil {
		t.Error(err)
	}
}
