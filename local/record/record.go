// Package record keeps what a built-in service knows as records: JSON with explicit names behind a version byte, under a key that
// begins with the place of the record and its kind.
//
//	region 0 account 0 kind 0 part 0 part 0 …
//
// A part may hold any byte: 0 is written as 1 1 and 1 as 1 2, so that keys sort as their parts do and no part is taken for the
// beginning of another.
package record

import (
	"encoding/json"
	"fmt"
	"iter"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/kv"
)

// version is the first byte of a record.
const version = 1

// Table is the records of one kind. T has a json tag on every field.
type Table[T any] struct {
	store kv.Store
	kind  string
}

// NewTable returns the table of a kind in a store.
func NewTable[T any](store kv.Store, kind string) Table[T] { return Table[T]{store, kind} }

// Key returns the key of a record, or what the keys of some records begin with.
func (t Table[T]) Key(at arn.Place, parts ...string) []byte {
	key := appendPart(make([]byte, 0, 64), at.Region)
	key = appendPart(key, at.Account)
	key = appendPart(key, t.kind)
	for _, p := range parts {
		key = appendPart(key, p)
	}
	return key
}

func appendPart(key []byte, part string) []byte {
	for i := range len(part) {
		if c := part[i]; c > 1 {
			key = append(key, c)
		} else {
			key = append(key, 1, c+1)
		}
	}
	return append(key, 0)
}

// Get returns a record, nil when there is none.
func (t Table[T]) Get(at arn.Place, parts ...string) (*T, error) {
	row, err := t.store.Get(t.Key(at, parts...))
	if err != nil || row == nil {
		return nil, err
	}
	return t.decode(row)
}

func (t Table[T]) decode(row []byte) (*T, error) {
	v := new(T)
	if len(row) == 0 || row[0] != version {
		return nil, fmt.Errorf("reading a %s: it has a form that this build does not know", t.kind)
	}
	if err := json.Unmarshal(row[1:], v); err != nil {
		return nil, fmt.Errorf("reading a %s: %w", t.kind, err)
	}
	return v, nil
}

// Set puts a record into a batch.
func (t Table[T]) Set(b *kv.Batch, v *T, at arn.Place, parts ...string) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing a %s: %w", t.kind, err)
	}
	b.Set(t.Key(at, parts...), append([]byte{version}, text...))
	return nil
}

// Save stores a record at once.
func (t Table[T]) Save(v *T, at arn.Place, parts ...string) error {
	var b kv.Batch
	if err := t.Set(&b, v, at, parts...); err != nil {
		return err
	}
	return t.store.Apply(&b)
}

// Delete puts the removal of a record into a batch.
func (t Table[T]) Delete(b *kv.Batch, at arn.Place, parts ...string) { b.Delete(t.Key(at, parts...)) }

// DeleteAll puts the removal of all records whose keys begin with the parts into a batch.
func (t Table[T]) DeleteAll(b *kv.Batch, at arn.Place, parts ...string) {
	from := t.Key(at, parts...)
	b.DeleteRange(from, kv.After(from))
}

// All yields the records whose keys begin with the parts, in the order of their keys.
func (t Table[T]) All(at arn.Place, parts ...string) iter.Seq2[*T, error] {
	return t.Range(t.Key(at, parts...), kv.After(t.Key(at, parts...)), false)
}

// Range yields the records from a key to below another, in order or against it.
func (t Table[T]) Range(from, to []byte, reverse bool) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for pair, err := range t.store.Scan(from, to, reverse) {
			var v *T
			if err == nil {
				v, err = t.decode(pair.Value)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// List returns the records whose keys begin with the parts.
func (t Table[T]) List(at arn.Place, parts ...string) ([]*T, error) {
	var all []*T
	for v, err := range t.All(at, parts...) {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}
