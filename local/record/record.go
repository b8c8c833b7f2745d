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
//
// What does not depend on T is a method of rows: each Table of another T would have a copy of it in the program.
type Table[T any] struct{ rows }

// NewTable returns the table of a kind in a store.
func NewTable[T any](store kv.Store, kind string) Table[T] { return Table[T]{rows{store, kind}} }

// Get returns a record, nil when there is none.
func (t Table[T]) Get(at arn.Place, parts ...string) (*T, error) {
	v := new(T)
	found, err := t.get(v, at, parts)
	if !found {
		return nil, err
	}
	return v, err
}

// Set puts a record into a batch.
func (t Table[T]) Set(b *kv.Batch, v *T, at arn.Place, parts ...string) error {
	return t.set(b, v, at, parts)
}

// Save stores a record at once.
func (t Table[T]) Save(v *T, at arn.Place, parts ...string) error { return t.save(v, at, parts) }

// All yields the records whose keys begin with the parts, in the order of their keys.
func (t Table[T]) All(at arn.Place, parts ...string) iter.Seq2[*T, error] {
	return t.Range(t.Key(at, parts...), kv.After(t.Key(at, parts...)), false)
}

// Range yields the records from a key to below another, in order or against it.
func (t Table[T]) Range(from, to []byte, reverse bool) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		t.scan(from, to, reverse, func() any { return new(T) }, func(v any, err error) bool {
			record, _ := v.(*T)
			return yield(record, err)
		})
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

// rows are the records of one kind, whatever their type.
type rows struct {
	store kv.Store
	kind  string
}

// Key returns the key of a record, or what the keys of some records begin with.
func (t rows) Key(at arn.Place, parts ...string) []byte {
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

// Delete puts the removal of a record into a batch.
func (t rows) Delete(b *kv.Batch, at arn.Place, parts ...string) { b.Delete(t.Key(at, parts...)) }

// DeleteAll puts the removal of all records whose keys begin with the parts into a batch.
func (t rows) DeleteAll(b *kv.Batch, at arn.Place, parts ...string) {
	from := t.Key(at, parts...)
	b.DeleteRange(from, kv.After(from))
}

func (t rows) get(into any, at arn.Place, parts []string) (found bool, err error) {
	row, err := t.store.Get(t.Key(at, parts...))
	if err != nil || row == nil {
		return false, err
	}
	err = t.decode(row, into)
	return err == nil, err
}

func (t rows) decode(row []byte, into any) error {
	if len(row) == 0 || row[0] != version {
		return fmt.Errorf("reading a %s: it has a form that this build does not know", t.kind)
	}
	if err := json.Unmarshal(row[1:], into); err != nil {
		return fmt.Errorf("reading a %s: %w", t.kind, err)
	}
	return nil
}

func (t rows) set(b *kv.Batch, v any, at arn.Place, parts []string) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing a %s: %w", t.kind, err)
	}
	b.Set(t.Key(at, parts...), append([]byte{version}, text...))
	return nil
}

func (t rows) save(v any, at arn.Place, parts []string) error {
	var b kv.Batch
	if err := t.set(&b, v, at, parts); err != nil {
		return err
	}
	return t.store.Apply(&b)
}

// scan yields records, each read into what make returns, until one yield says no. With an error there is no record.
func (t rows) scan(from, to []byte, reverse bool, make func() any, yield func(v any, err error) bool) {
	for pair, err := range t.store.Scan(from, to, reverse) {
		v := make()
		if err == nil {
			err = t.decode(pair.Value, v)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if !yield(v, nil) {
			return
		}
	}
}
