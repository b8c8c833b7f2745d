package engine

import (
	"context"
	"fmt"
	"sync"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/limits"
)

// census counts the records of a kind in a place, where a limit says how many there may be. It counts those in the store
// once, when the first is to be made, and what this process makes and removes from there: another node's are not seen.
type census struct {
	store    statelark.Store
	counting turn // held while the store is counted

	mu     sync.Mutex
	counts *cache[*int64] // by the prefix of the keys
}

// maxCounts bounds how many places the counts are kept of.
const maxCounts = 10_000

func newCensus(store statelark.Store) *census {
	return &census{store: store, counting: make(turn, 1), counts: newCache[*int64](maxCounts)}
}

// admit counts one more record whose key begins with prefix, unless there are as many as may be. What was admitted and is
// not made, and what is removed, is taken off with leave.
func (c *census) admit(ctx context.Context, prefix string, most limits.Bound) (bool, error) {
	if most == 0 {
		return true, nil
	}
	c.counting.Lock()
	defer c.counting.Unlock()
	n := c.known(prefix)
	if n == nil {
		counted, err := c.count(ctx, prefix)
		if err != nil {
			return false, err
		}
		n = &counted
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if most.Reached(*n) {
		return false, nil
	}
	*n++
	c.counts.put(prefix, n, 1)
	return true, nil
}

func (c *census) known(prefix string) *int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, _ := c.counts.get(prefix)
	return n
}

// leave counts one less.
func (c *census) leave(prefix string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n, ok := c.counts.get(prefix); ok && *n > 0 {
		*n--
	}
}

func (c *census) count(ctx context.Context, prefix string) (n int64, err error) {
	const page = 1000
	for after := ""; ; {
		rows, err := c.store.MetaList(ctx, prefix, after, page)
		if err != nil {
			return 0, fmt.Errorf("counting %s: %w", prefix, err)
		}
		n += int64(len(rows))
		if len(rows) < page {
			return n, nil
		}
		after = rows[page-1].Key
	}
}

// prefixOf is how the keys of a kind begin in the place of an ARN, up to the name.
func prefixOf[T any](k recordKind[T], of string) string {
	a, _ := arn.Parse(of) // it was checked when it came in
	kind, _ := a.Cut()
	return k.prefix + a.Place().ARN(a.Service, kind+":")
}
