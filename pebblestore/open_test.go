package pebblestore_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/pebblestore"
)

func mustOpen(t *testing.T, dir string, o pebblestore.Options) *pebblestore.Store {
	t.Helper()
	s, err := pebblestore.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestLocked opens a directory that is open, from this process and from another one: this test binary,
// started again.
func TestLocked(t *testing.T) {
	if dir := os.Getenv("STATELARK_TEST_OPEN"); dir != "" {
		if s, err := pebblestore.Open(dir, pebblestore.Options{}); !errors.Is(err, pebblestore.ErrLocked) {
			t.Fatalf("open as %v with %v, want ErrLocked", s, err)
		}
		return
	}
	dir := t.TempDir()
	mustOpen(t, dir, pebblestore.Options{})
	_, err := pebblestore.Open(dir, pebblestore.Options{})
	if !errors.Is(err, pebblestore.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("opened twice: %v", err)
	}
	other := exec.Command(os.Args[0], "-test.run=^TestLocked$")
	other.Env = append(os.Environ(), "STATELARK_TEST_OPEN="+dir)
	if out, err := other.CombinedOutput(); err != nil {
		t.Errorf("another process: %v\n%s", err, out)
	}
}

// TestEpochsGrow wants every lease of the past to be over when a store is opened again.
func TestEpochsGrow(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	var last uint64
	for range 3 {
		s, err := pebblestore.Open(dir, pebblestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			leases, err := s.Acquire(ctx, "node", 1)
			if err != nil || len(leases) != 1 || leases[0].Epoch <= last {
				t.Fatalf("%v, leases %v after epoch %d", err, leases, last)
			}
			stale := &statelark.Batch{Fences: []statelark.Fence{{Shard: leases[0].Shard, Epoch: last}}}
			if err := s.Commit(ctx, stale); !errors.Is(err, statelark.ErrFenced) {
				t.Errorf("a fence of the past: %v", err)
			}
			last = leases[0].Epoch
			if err := s.Release(ctx, "node", leases); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
