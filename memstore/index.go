package memstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/statelark/statelark"
)

// Newest lists the records of all executions, the later ids first.
func (s *Store) Newest(ctx context.Context, before statelark.ExecID, n int) ([]*statelark.Execution, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var records []*statelark.Execution
	for id := range s.ids.below(cmp.Or(before, lastID)) {
		if len(records) >= n {
			break
		}
		record := s.executions[id].record
		records = append(records, &record)
	}
	return records, nil
}

// Ended lists the records of executions that have ended, in the order of their ends.
func (s *Store) Ended(ctx context.Context, after statelark.End, n int) ([]*statelark.Execution, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	from := moment{after.At.UnixMilli(), after.Exec}
	var records []*statelark.Execution
	for at := range s.stopped.from(from) {
		if len(records) >= n {
			break
		}
		if at == from {
			continue
		}
		record := s.executions[at.exec].record
		records = append(records, &record)
	}
	return records, nil
}

// Index returns a row of the index.
func (s *Store) Index(ctx context.Context, key string) ([]byte, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	data, ok := s.index.get(key)
	if !ok {
		return nil, fmt.Errorf("row %s of the index: %w", key, statelark.ErrNotFound)
	}
	return bytes.Clone(data), nil
}

// IndexList lists the rows of the index whose key begins with prefix, those after the key `after`.
func (s *Store) IndexList(ctx context.Context, prefix, after string, n int) ([]statelark.IndexRow, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var list []statelark.IndexRow
	for key, data := range s.index.from(max(prefix, after)) {
		if len(list) >= n || !strings.HasPrefix(key, prefix) {
			break
		}
		if key != after || after == "" {
			list = append(list, statelark.IndexRow{Key: key, Data: bytes.Clone(data)})
		}
	}
	return list, nil
}
