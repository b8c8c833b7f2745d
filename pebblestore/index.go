package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/statelark/statelark"
)

func (w *write) index(op statelark.IndexOp) error {
	w.key = appendIndex(w.key[:0], op.Key)
	if op.Data == nil {
		return w.remove()
	}
	return w.batch.Set(w.key, op.Data, nil)
}

// Index returns a row of the index.
func (s *Store) Index(ctx context.Context, key string) ([]byte, error) {
	done, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	data, err := s.get(appendIndex(nil, key))
	if err != nil {
		return nil, fmt.Errorf("row %s of the index: %w", key, err)
	}
	return data, nil
}

// IndexList lists the rows of the index whose key begins with prefix, those after the key `after`.
func (s *Store) IndexList(ctx context.Context, prefix, after string, n int) ([]statelark.IndexRow, error) {
	low := appendIndex(nil, prefix)
	end := upperBound(low)
	if after >= prefix && after != "" {
		low = append(appendIndex(nil, after), 0)
	}
	var list []statelark.IndexRow
	err := s.scan(ctx, low, end, func(key, value []byte) (bool, error) {
		if n--; n < 0 {
			return false, nil
		}
		list = append(list, statelark.IndexRow{Key: string(key[1:]), Data: append([]byte{}, value...)})
		return n > 0, nil
	})
	return list, err
}

// Ended lists the records of executions that have ended, in the order of their ends.
func (s *Store) Ended(ctx context.Context, after statelark.End, n int) (records []*statelark.Execution, err error) {
	low := append(appendClosed(nil, after.At.UnixMilli(), after.Exec), 0)
	err = s.scan(ctx, low, []byte{prefixClosed + 1}, func(key, _ []byte) (bool, error) {
		if len(records) >= n {
			return false, nil
		}
		x, err := s.record(statelark.ExecID(key[len(key)-idLen:]))
		switch {
		case err == nil:
			records = append(records, x)
		case !errors.Is(err, statelark.ErrNotFound): // else it expired since the scan began
			return false, err
		}
		return len(records) < n, nil
	})
	return records, err
}

// Newest lists the records of all executions, the later ids first.
func (s *Store) Newest(ctx context.Context, before statelark.ExecID, n int) ([]*statelark.Execution, error) {
	done, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	bound := []byte{prefixExec + 1}
	if before != (statelark.ExecID{}) {
		bound = appendExec(nil, before, 0)
	}
	rows, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: []byte{prefixExec}, UpperBound: bound})
	if err != nil {
		return nil, unavailable(err)
	}
	records, err := s.newest(rows, n)
	if err = errors.Join(err, rows.Error(), rows.Close()); err != nil {
		return nil, unavailable(err)
	}
	return records, nil
}

// newest reads backwards: the last row of an execution, its record, and the last row of the one before.
func (s *Store) newest(rows *pebble.Iterator, n int) ([]*statelark.Execution, error) {
	var records []*statelark.Execution
	for ok := rows.Last(); ok && len(records) < n; {
		id := statelark.ExecID(rows.Key()[1:])
		key := appendExec(nil, id, rowRecord)
		if ok = rows.SeekGE(key); !ok || !bytes.Equal(rows.Key(), key) {
			return nil, fmt.Errorf("%w: execution %s has no record", errBroken, id)
		}
		value, err := rows.ValueAndErr()
		if err != nil {
			return nil, err
		}
		_, data, err := parseNumbered(value)
		if err != nil {
			return nil, err
		}
		x, err := parseRecord(data, id)
		if err != nil {
			return nil, err
		}
		records = append(records, x)
		ok = rows.SeekLT(key)
	}
	return records, nil
}
