package pebblestore

import (
	"context"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/statelark/statelark"
)

// expireAtOnce is the number of executions that one batch of Expire removes.
const expireAtOnce = 256

// Expire removes up to budget executions that closed before the given time, those that closed first first.
func (s *Store) Expire(ctx context.Context, before time.Time, budget int) (int, error) {
	removed := 0
	for removed < budget {
		n := 0
		err := s.update(ctx, false, func(w *write) (err error) {
			n, err = w.expire(before.UnixMilli(), min(budget-removed, expireAtOnce))
			return err
		})
		if err != nil {
			return removed, err
		}
		removed += n
		if n < expireAtOnce {
			break
		}
	}
	return removed, nil
}

// expire adds the removal of up to n executions that ended before a time.
func (w *write) expire(before int64, n int) (removed int, err error) {
	ended, err := w.store.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{prefixClosed},
		UpperBound: appendMoment([]byte{prefixClosed}, before),
	})
	if err != nil {
		return 0, unavailable(err)
	}
	for ok := ended.First(); ok && removed < n && err == nil; ok = ended.Next() {
		key := ended.Key()
		w.key = append(w.key[:0], key...)
		if err = w.remove(); err == nil {
			err = w.forget(statelark.ExecID(key[len(key)-idLen:]))
		}
		removed++
	}
	if failed := errors.Join(ended.Error(), ended.Close()); failed != nil {
		err = unavailable(failed)
	}
	return removed, err
}

// forget adds the removal of every row of an execution but the one that says when it ended.
func (w *write) forget(exec statelark.ExecID) error {
	x, err := w.store.record(exec)
	if err != nil {
		return err
	}
	running, known := w.take(exec) // and no longer known: the next batch is not to find it
	if !known {
		if err := w.read(running, exec); err != nil {
			return err
		}
	}
	if err := w.close(exec, running, false); err != nil {
		return err
	}
	w.free = append(w.free, running)
	for of := range x.Lists() {
		w.key = appendList(w.key[:0], of, x.Status, exec)
		if err := w.remove(); err != nil {
			return err
		}
	}
	w.key = appendName(w.key[:0], x.Machine, x.Name)
	if err := w.remove(); err != nil {
		return err
	}
	return w.batch.DeleteRange(appendExec(nil, exec, 0), appendExec(nil, exec, rowsEnd), nil)
}
