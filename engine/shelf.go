package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/statelark/statelark"
)

// turn is a mutex that is held over calls of the store. It is a channel so that in a bubble of synctest time goes on
// while somebody waits for it.
type turn chan struct{}

func (t turn) Lock()   { t <- struct{}{} }
func (t turn) Unlock() { <-t }

// shelf reads and writes the records of one kind, and keeps those in memory that were used of late. Records are named
// by an ARN. What it gives out belongs to nobody: it is not changed.
//
// Invariant: what is in memory is what the store has, as far as this process wrote it. What another node did is noticed
// at the next write from here, which conflicts.
type shelf[T any] struct {
	store statelark.Store
	kind  recordKind[T]
	// storing is held by a write until it is durable, and by a read until what it read is in memory: so the memory
	// never gets an older record after a newer one. Taken before mu.
	storing turn
	// noted is called with each record that came into memory, before storing is given back. May be nil.
	noted func(*T)

	mu     sync.Mutex
	recent *cache[kept[T]]
}

// kept is a record, or that there is none.
type kept[T any] struct {
	value    *T    // nil: there is none
	revision int64 // that the store counts, 0 when there is none
}

// maxShelf bounds the bytes of records that a shelf keeps in memory.
const maxShelf = 32 << 20

// slotBytes is what an entry takes beside its record.
const slotBytes = 256

func newShelf[T any](store statelark.Store, kind recordKind[T]) *shelf[T] {
	return &shelf[T]{store: store, kind: kind, storing: make(turn, 1), recent: newCache[kept[T]](maxShelf)}
}

// get returns a record; its value is nil when there is none.
func (s *shelf[T]) get(ctx context.Context, arn string) (kept[T], error) {
	if k, ok := s.known(arn); ok {
		return k, nil
	}
	s.storing.Lock()
	defer s.storing.Unlock()
	if k, ok := s.known(arn); ok { // somebody else asked for it, too
		return k, nil
	}
	return s.read(ctx, arn)
}

// fresh returns a record as the store has it now, whatever was in memory.
func (s *shelf[T]) fresh(ctx context.Context, arn string) (kept[T], error) {
	s.storing.Lock()
	defer s.storing.Unlock()
	s.doubt(arn)
	return s.read(ctx, arn)
}

// read reads a record into memory. The caller holds storing.
func (s *shelf[T]) read(ctx context.Context, arn string) (kept[T], error) {
	r, err := s.store.Meta(ctx, s.kind.prefix+arn)
	if errors.Is(err, statelark.ErrNotFound) {
		k := kept[T]{}
		s.note(arn, k, 0)
		return k, nil
	}
	if err != nil {
		return kept[T]{}, fmt.Errorf("reading %s%s: %w", s.kind.prefix, arn, err)
	}
	v, err := s.kind.open(r)
	if err != nil {
		return kept[T]{}, err
	}
	k := kept[T]{v, r.Revision}
	s.note(arn, k, len(r.Value))
	return k, nil
}

func (s *shelf[T]) known(arn string) (kept[T], bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent.get(arn)
}

func (s *shelf[T]) note(arn string, k kept[T], size int) {
	if s.noted != nil && k.value != nil {
		s.noted(k.value)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recent.put(arn, k, len(arn)+size+slotBytes)
}

// recentOnes calls f with the records in memory, those used last first, until it returns false. It must not wait.
func (s *shelf[T]) recentOnes(f func(*T) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.recent.order.Front(); e != nil; e = e.Next() {
		if v := e.Value.(*cached[kept[T]]).value.value; v != nil && !f(v) {
			return
		}
	}
}

// doubt makes the store be asked what there is.
func (s *shelf[T]) doubt(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recent.drop(arn)
}

// put stores value in place of old, or removes old when value is nil, together with what else is to be written. It
// fails with ErrConflict, and writes nothing, when the store has something else than old.
func (s *shelf[T]) put(ctx context.Context, arn string, old kept[T], value *T, with ...statelark.MetaOp) error {
	return s.write(arn, old, value, func(op statelark.MetaOp) error {
		return s.store.Commit(ctx, &statelark.Batch{Meta: append(with, op)})
	})
}

// write is put where commit does the writing, of the record and of what else there is.
func (s *shelf[T]) write(arn string, old kept[T], value *T, commit func(statelark.MetaOp) error) error {
	op := statelark.MetaOp{Key: s.kind.prefix + arn, Expect: old.revision}
	next := kept[T]{}
	if value != nil {
		op.Value = s.kind.append(nil, value)
		next = kept[T]{value, old.revision + 1}
	}
	s.storing.Lock()
	defer s.storing.Unlock()
	// The store counts anew what was removed and made again, so its revision alone does not tell.
	if now, ok := s.known(arn); ok && now.value != old.value {
		return fmt.Errorf("writing %s: %w", op.Key, statelark.ErrConflict)
	}
	if err := commit(op); err != nil {
		s.doubt(arn) // it may have been written
		return unavailable(err)
	}
	s.note(arn, next, len(op.Value))
	return nil
}

// list reads the records whose ARNs begin with prefix, in the order of their ARNs.
func (s *shelf[T]) list(ctx context.Context, prefix, after string, n int) ([]*T, error) {
	return listRecords(ctx, s.store, s.kind, prefix, after, n)
}

// listRecords reads the records of a kind whose names begin with prefix, in the order of their names, those after the one
// named after.
func listRecords[T any](ctx context.Context, store statelark.Store, kind recordKind[T], prefix, after string, n int) ([]*T, error) {
	if after != "" {
		after = kind.prefix + after
	}
	rows, err := store.MetaList(ctx, kind.prefix+prefix, after, n)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", kind.prefix, err)
	}
	list := make([]*T, len(rows))
	for i, r := range rows {
		if list[i], err = kind.open(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// maxTries is how often a change is made again that another one got ahead of.
const maxTries = 20

// retried calls change until no other change gets ahead of it.
func retried(change func(try int) error) error {
	for try := range maxTries - 1 {
		if err := change(try); !errors.Is(err, statelark.ErrConflict) {
			return err
		}
	}
	return change(maxTries - 1)
}
