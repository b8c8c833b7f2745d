package pebblestore

import (
	"bytes"
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/statelark/statelark"
)

// A state machine has a list of its executions for each status. The list of all of them is what these lists are
// together, merged as they are read.

// Executions lists the records that q selects, newest first.
func (s *Store) Executions(ctx context.Context, q statelark.ExecutionQuery) (records []*statelark.Execution, err error) {
	done, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	l := listing{store: s, ctx: ctx, q: q}
	records, err = l.read()
	if err = errors.Join(err, l.close()); err != nil {
		return nil, unavailable(err)
	}
	return records, nil
}

// listing is one call of Executions.
type listing struct {
	store *Store
	ctx   context.Context
	q     statelark.ExecutionQuery
	// lists stand on the next execution of each status. All are as of the same moment, so that an execution whose
	// status changes meanwhile is on one of them.
	lists []*pebble.Iterator
}

func (l *listing) read() ([]*statelark.Execution, error) {
	if err := l.open(); err != nil {
		return nil, err
	}
	var records []*statelark.Execution
	for len(records) < l.q.Limit {
		newest := -1
		for i, it := range l.lists {
			if !it.Valid() {
				if err := it.Error(); err != nil {
					return nil, err
				}
				continue
			}
			// Keys of lists are alike but for the status, and end in the turned id.
			if newest < 0 || bytes.Compare(idIn(it.Key()), idIn(l.lists[newest].Key())) < 0 {
				newest = i
			}
		}
		if newest < 0 {
			break
		}
		x, err := l.store.record(listedOf(l.lists[newest].Key()))
		switch {
		case err == nil:
			records = append(records, x)
		case !errors.Is(err, statelark.ErrNotFound): // else it expired since the listing began
			return nil, err
		}
		l.lists[newest].Next()
	}
	return records, nil
}

func idIn(listKey []byte) []byte { return listKey[len(listKey)-idLen:] }

// open opens the lists that are to be read.
func (l *listing) open() error {
	if l.q.Status != 0 {
		return l.add(l.q.Status)
	}
	all := appendMachine(nil, prefixList, l.q.Machine)
	first, err := l.store.db.NewIterWithContext(l.ctx, &pebble.IterOptions{LowerBound: all, UpperBound: upperBound(all)})
	if err != nil {
		return err
	}
	l.lists = append(l.lists, first)
	var status statelark.Status
	for ok := first.First(); ok; ok = first.SeekGE(append(all, byte(status)+1)) {
		status = statelark.Status(first.Key()[len(all)])
		if err := l.add(status); err != nil {
			return err
		}
	}
	l.lists = l.lists[1:]
	return errors.Join(first.Error(), first.Close())
}

// add opens the list of a status: as of the moment of the first one, when there is one.
func (l *listing) add(status statelark.Status) error {
	low := appendList(nil, l.q.Machine, status, statelark.ExecID{})
	low = low[:len(low)-idLen]
	o := &pebble.IterOptions{LowerBound: low, UpperBound: upperBound(low)}
	if l.q.Before != (statelark.ExecID{}) {
		o.LowerBound = append(appendList(nil, l.q.Machine, status, l.q.Before), 0)
	}
	var it *pebble.Iterator
	var err error
	if len(l.lists) > 0 {
		it, err = l.lists[0].CloneWithContext(l.ctx, pebble.CloneOptions{IterOptions: o})
	} else {
		it, err = l.store.db.NewIterWithContext(l.ctx, o)
	}
	if err != nil {
		return err
	}
	l.lists = append(l.lists, it)
	it.First()
	return nil
}

func (l *listing) close() error {
	var errs []error
	for _, it := range l.lists {
		errs = append(errs, it.Close())
	}
	return errors.Join(errs...)
}
