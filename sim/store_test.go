package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/statelark/statelark"
)

// faulty is a store with faults, as one engine sees it. A commit may be refused, written with its answer lost, or
// late. After crash nothing passes any more: the engine that holds it is a dead process.
type faulty struct {
	statelark.Store
	mu      sync.Mutex
	rnd     *rand.Rand
	rate    float64 // of commits that go wrong
	crashed bool
}

func (f *faulty) crash() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crashed = true
}

type fault uint8

const (
	none fault = iota
	refused
	answerLost
	late
)

func (f *faulty) draw() (fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rnd.Float64() < f.rate {
		return fault(1 + f.rnd.IntN(3)), f.crashed
	}
	return none, f.crashed
}

func (f *faulty) Commit(ctx context.Context, b *statelark.Batch) error {
	fate, dead := f.draw()
	if dead {
		return fmt.Errorf("the process is dead: %w", statelark.ErrUnavailable)
	}
	switch fate {
	case refused:
		return fmt.Errorf("refused by the simulation: %w", statelark.ErrUnavailable)
	case late:
		time.Sleep(20 * time.Millisecond)
		if _, dead := f.draw(); dead {
			return statelark.ErrUnavailable
		}
	}
	if err := f.Store.Commit(ctx, b); err != nil {
		return err
	}
	if fate == answerLost {
		return fmt.Errorf("answer lost by the simulation: %w", statelark.ErrUnavailable)
	}
	return nil
}

func (f *faulty) Release(context.Context, string, []statelark.Lease) error { return nil }
