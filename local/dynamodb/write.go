package dynamodb

import (
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/kv"
)

// stats are how many items a table has, and their size.
type stats struct{ items, bytes int64 }

func loadStats(store kv.Store, table uint64) (stats, error) {
	stored, err := store.Get(numbered(statsPrefix, table))
	if stored == nil || err != nil {
		return stats{}, err
	}
	items, n := binary.Varint(stored)
	if n <= 0 {
		return stats{}, errors.New("the stored size of a table is damaged")
	}
	bytes, m := binary.Varint(stored[n:])
	if m <= 0 {
		return stats{}, errors.New("the stored size of a table is damaged")
	}
	return stats{items, bytes}, nil
}

// commit gathers changes of items, of one or more tables, that happen together. The tables are locked for writing.
type commit struct {
	batch  kv.Batch
	tables []*table
	after  []stats // of tables
}

// statsOf are those of a table after the changes so far.
func (c *commit) statsOf(t *table) *stats {
	i := slices.Index(c.tables, t)
	if i < 0 {
		i = len(c.tables)
		c.tables, c.after = append(c.tables, t), append(c.after, t.stats)
	}
	return &c.after[i]
}

// change puts an item in the place of another. key is the key form of both; nil is no item.
func (c *commit) change(t *table, key []byte, old, new attribute.Item) {
	number := t.record.Number
	at := append(numbered(itemPrefix, number), key...)
	st := c.statsOf(t)
	if old != nil {
		st.items--
		st.bytes -= int64(old.Size())
	}
	if new != nil {
		st.items++
		st.bytes += int64(new.Size())
		c.batch.Set(at, new.Encode())
	} else {
		c.batch.Delete(at)
	}
	for _, x := range t.indexes {
		before, after := x.keyOf(number, old), x.keyOf(number, new)
		c.move(before, after, key)
	}
	if name := t.record.ExpiryName; name != "" {
		c.move(expiryOf(number, name, old), expiryOf(number, name, new), key)
	}
}

// move changes where an item stands in an index. nil is nowhere.
func (c *commit) move(before, after, key []byte) {
	if slices.Equal(before, after) && (before == nil) == (after == nil) {
		return
	}
	if before != nil {
		c.batch.Delete(append(before, key...))
	}
	if after != nil {
		c.batch.Set(append(after, key...), nil)
	}
}

// apply makes the changes seen.
func (c *commit) apply(store kv.Store) error {
	for i, t := range c.tables {
		st := binary.AppendVarint(nil, c.after[i].items)
		c.batch.Set(numbered(statsPrefix, t.record.Number), binary.AppendVarint(st, c.after[i].bytes))
	}
	if err := store.Apply(&c.batch); err != nil {
		return err
	}
	for i, t := range c.tables {
		t.stats = c.after[i]
	}
	return nil
}

// expiryOf is where an item stands among those that expire, nil when it does not expire.
func expiryOf(table uint64, name string, item attribute.Item) []byte {
	v := item.Get(name)
	if v.Kind != attribute.N {
		return nil
	}
	seconds, err := strconv.ParseInt(v.Str, 10, 64)
	if err != nil || seconds < 0 {
		return nil
	}
	return expiryKey(table, seconds)
}

// item reads the item with a key, nil when there is none.
func (s *Service) item(table uint64, key []byte) (attribute.Item, error) {
	stored, err := s.store.Get(append(numbered(itemPrefix, table), key...))
	if stored == nil || err != nil {
		return nil, err
	}
	return attribute.Decode(stored)
}

// checkIndexKeys refuses an item with an attribute of an index's key that has another type.
func (t *table) checkIndexKeys(item attribute.Item, updated bool) error {
	for _, x := range t.indexes {
		for _, p := range x.schema {
			v := item.Get(p.name)
			if t.schema.has(p.name) || v.Kind == attribute.Absent {
				continue
			}
			if err := checkIndexKey(x, p, v, updated); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkIndexKey(x *index, p keyPart, v attribute.Value, updated bool) error {
	what := map[attribute.Kind]string{attribute.S: "string", attribute.B: "binary"}[p.kind]
	switch {
	case v.Kind != p.kind:
		return invalidParameter("Type mismatch for Index Key %s Expected: %v Actual: %v IndexName: %s", p.name, p.kind, v.Kind, x.Name)
	case v.Str == "" && updated:
		return validation("One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty %s value.", what)
	case v.Str == "":
		return validation("One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s", what, x.Name, p.name)
	case len(v.Str) > maxHashBytes && slices.Contains(x.hashes(), p.name) && p.kind != attribute.N:
		return invalidParameter("Size of hashkey has exceeded the maximum size limit of%d bytes", maxHashBytes)
	case len(v.Str) > maxRangeBytes && slices.Contains(x.ranges(), p.name) && p.kind != attribute.N:
		return invalidParameter("Aggregated size of all range keys has exceeded the size limit of %d bytes", maxRangeBytes)
	}
	return nil
}
