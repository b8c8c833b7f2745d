package pebblestore

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/statelark/statelark"
)

// One process has the directory, so leases are kept in memory and never run out. Only their epochs must grow
// from one opening of the store to the next: the upper half of an epoch counts the openings.

// lease is the state of one shard.
type lease struct {
	owner string // "" when free
	epoch uint64
}

// forever is the end of a lease that has none.
var forever = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// countOpening adds one to the stored number of openings and starts the epochs from it.
func (s *Store) countOpening() error {
	key := []byte{prefixOpened}
	value, closer, err := s.db.Get(key)
	var count uint64
	switch {
	case err == nil:
		if len(value) == 4 {
			count = uint64(binary.BigEndian.Uint32(value))
		}
		err = closer.Close()
	case errors.Is(err, pebble.ErrNotFound):
		err = nil
	}
	if err != nil {
		return err
	}
	count++
	for i := range s.leases {
		s.leases[i].epoch = count << 32
	}
	return s.db.Set(key, binary.BigEndian.AppendUint32(nil, uint32(count)), pebble.Sync)
}

// Acquire takes up to max shards that are free, raising their epoch.
func (s *Store) Acquire(ctx context.Context, node string, max int) ([]statelark.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	var got []statelark.Lease
	for i := range s.leases {
		l := &s.leases[i]
		if len(got) >= max {
			break
		}
		if l.owner != "" {
			continue
		}
		*l = lease{owner: node, epoch: l.epoch + 1}
		got = append(got, statelark.Lease{Shard: statelark.ShardID(i), Epoch: l.epoch, Until: forever})
	}
	return got, nil
}

// Renew returns the leases that are still held.
func (s *Store) Renew(ctx context.Context, node string, held []statelark.Lease) ([]statelark.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	var still []statelark.Lease
	for _, h := range held {
		if s.holds(node, h) {
			h.Until = forever
			still = append(still, h)
		}
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
		if s.holds(node, h) {
			s.leases[h.Shard] = lease{epoch: h.Epoch + 1}
		}
	}
	return nil
}

func (s *Store) holds(node string, h statelark.Lease) bool {
	return h.Shard < statelark.Shards && s.leases[h.Shard] == lease{owner: node, epoch: h.Epoch}
}
