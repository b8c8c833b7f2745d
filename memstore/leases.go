package memstore

import (
	"context"
	"time"

	"github.com/statelark/statelark"
)

// lease is the state of one shard. Its epoch never falls.
type lease struct {
	owner string // "" when free
	epoch uint64
	until time.Time
}

// heldBy reports whether held names the present epoch of node's lease. A lease that ran out is still held
// as long as nobody else took the shard.
func (l *lease) heldBy(node string, held statelark.Lease) bool {
	return l.owner == node && l.epoch == held.Epoch
}

// Acquire takes up to max shards that are free or whose lease ran out, raising their epoch.
func (s *Store) Acquire(ctx context.Context, node string, max int) ([]statelark.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	now := s.Now()
	var got []statelark.Lease
	for i := range s.leases {
		l := &s.leases[i]
		if len(got) >= max {
			break
		}
		if l.owner != "" && now.Before(l.until) {
			continue
		}
		*l = lease{owner: node, epoch: l.epoch + 1, until: now.Add(s.LeaseTime)}
		got = append(got, statelark.Lease{Shard: statelark.ShardID(i), Epoch: l.epoch, Until: l.until})
	}
	return got, nil
}

// Renew prolongs leases and returns those that are still held.
func (s *Store) Renew(ctx context.Context, node string, held []statelark.Lease) ([]statelark.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	until := s.Now().Add(s.LeaseTime)
	var still []statelark.Lease
	for _, h := range held {
		if h.Shard >= statelark.Shards || !s.leases[h.Shard].heldBy(node, h) {
			continue
		}
		s.leases[h.Shard].until = until
		h.Until = until
		still = append(still, h)
	}
	return still, nil
}

// Release gives leases up and ends their epochs.
func (s *Store) Release(ctx context.Context, node string, held []statelark.Lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	for _, h := range held {
		if h.Shard < statelark.Shards && s.leases[h.Shard].heldBy(node, h) {
			s.leases[h.Shard] = lease{epoch: h.Epoch + 1}
		}
	}
	return nil
}
