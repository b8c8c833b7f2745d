package api

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/limits"
)

// buckets are the token buckets of one operation: each place has its own. A bucket that is full is as good as none.
type buckets struct {
	rate limits.Rate
	now  func() time.Time

	mu sync.Mutex
	at map[arn.Place]*bucket
}

// bucket is how many tokens there were at a time.
type bucket struct {
	tokens float64
	at     time.Time
}

// maxBuckets bounds how many buckets an operation has; one more, and those that are full go, or else all.
const maxBuckets = 10_000

// take takes a token, false when there is none.
func (b *buckets) take(place arn.Place) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	x := b.at[place]
	if x == nil {
		b.makeRoom(now)
		x = &bucket{b.rate.Size, now}
		b.at[place] = x
	}
	b.refill(x, now)
	if x.tokens < 1 {
		return false
	}
	x.tokens--
	return true
}

func (b *buckets) refill(x *bucket, now time.Time) {
	if passed := now.Sub(x.at); passed > 0 { // else the clock was set back
		x.tokens = math.Min(b.rate.Size, x.tokens+passed.Seconds()*b.rate.Refill)
	}
	x.at = now
}

func (b *buckets) makeRoom(now time.Time) {
	if len(b.at) < maxBuckets {
		return
	}
	for place, x := range b.at {
		if b.refill(x, now); x.tokens >= b.rate.Size {
			delete(b.at, place)
		}
	}
	if len(b.at) >= maxBuckets {
		clear(b.at)
	}
}

// throttled holds operations to the rates in the limits.
func (s *Server) throttled(operations []awswire.Operation) []awswire.Operation {
	for i := range operations {
		op := &operations[i]
		rate, ok := s.limits.Rates[op.Name]
		if !ok {
			continue
		}
		b := &buckets{rate: rate, now: s.now, at: make(map[arn.Place]*bucket)}
		name, do := op.Name, op.Do
		op.Do = func(ctx context.Context, c *awswire.Call) error {
			if !b.take(c.Place) {
				return statelark.Errorf(statelark.CodeThrottling, "Rate exceeded").Over("rate." + name)
			}
			return do(ctx, c)
		}
	}
	return operations
}
