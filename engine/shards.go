package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark"
)

// How often leases are renewed, and shards asked for that other nodes hold.
const (
	renewEvery = 3 * time.Second
	askEvery   = 500 * time.Millisecond
)

// shards are the shards that this node owns, each under an epoch. One goroutine takes and renews them (take, keep);
// everybody may ask.
//
// Invariant: epochs[s] is that of the lease of s in leases, 0 when there is none.
type shards struct {
	store statelark.Store
	node  string
	log   *slog.Logger

	epochs [statelark.Shards]atomic.Uint64

	mu     sync.Mutex
	leases []statelark.Lease
}

// errNotOwned is what is told about an execution whose shard another node has.
var errNotOwned = fmt.Errorf("the execution is not this node's: %w", statelark.ErrFenced)

// epoch returns the epoch under which s is owned, 0 when it is not.
func (h *shards) epoch(s statelark.ShardID) uint64 { return h.epochs[s].Load() }

// held returns the leases.
func (h *shards) held() []statelark.Lease {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.leases
}

// set replaces the leases; it keeps the slice.
func (h *shards) set(leases []statelark.Lease) {
	var epochs [statelark.Shards]uint64
	for _, l := range leases {
		epochs[l.Shard] = l.Epoch
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leases = leases
	for s := range epochs {
		h.epochs[s].Store(epochs[s])
	}
}

// take takes the shards that are free and reports how many those were.
func (h *shards) take(ctx context.Context) (int, error) {
	held := h.held()
	if len(held) == statelark.Shards {
		return 0, nil
	}
	got, err := h.store.Acquire(ctx, h.node, statelark.Shards-len(held))
	if err != nil {
		return 0, fmt.Errorf("taking shards: %w", err)
	}
	if len(got) > 0 {
		h.set(append(append(make([]statelark.Lease, 0, len(held)+len(got)), held...), got...))
	}
	return len(got), nil
}

// renew prolongs the leases and reports how many are lost.
func (h *shards) renew(ctx context.Context) (int, error) {
	held := h.held()
	left, err := h.store.Renew(ctx, h.node, held)
	if err != nil {
		return 0, fmt.Errorf("renewing leases: %w", err)
	}
	h.set(left)
	return len(held) - len(left), nil
}

// keep renews the leases and takes what becomes free, until ctx ends. lost and won are told how many shards went
// and came.
func (h *shards) keep(ctx context.Context, lost, won func(int)) {
	for {
		every := renewEvery
		if len(h.held()) < statelark.Shards {
			every = askEvery
		}
		pause(ctx, every)
		if ctx.Err() != nil {
			return
		}
		h.keepOnce(ctx, lost, won)
	}
}

func (h *shards) keepOnce(ctx context.Context, lost, won func(int)) {
	n, err := h.renew(ctx)
	if n > 0 {
		lost(n)
	}
	if err == nil {
		if n, err = h.take(ctx); n > 0 {
			won(n)
		}
	}
	if err != nil && ctx.Err() == nil {
		h.log.Warn("the store did not answer about this node's shards; it is asked again soon", "error", err)
	}
}

// release gives everything back.
func (h *shards) release(ctx context.Context) error {
	held := h.held()
	h.set(nil)
	if err := h.store.Release(ctx, h.node, held); err != nil {
		return fmt.Errorf("giving the shards back: %w", err)
	}
	return nil
}

// pause waits for a time, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	clock := time.NewTimer(d)
	defer clock.Stop()
	select {
	case <-ctx.Done():
	case <-clock.C:
	}
}
