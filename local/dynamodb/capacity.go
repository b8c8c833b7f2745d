package dynamodb

import (
	"maps"
	"slices"
	"strconv"

	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/value"
)

// usage is the capacity that a request used of one table.
type usage struct {
	table    string // as the request names it
	units    float64
	global   map[string]float64 // by index
	local    map[string]float64
	write    bool
	transact bool
}

const (
	readUnitBytes  = 4096
	writeUnitBytes = 1024
)

func units(bytes, unit int) float64 { return float64(max(1, (bytes+unit-1)/unit)) }

// readUnits is what it takes to read so many bytes.
func readUnits(bytes int, consistent bool) float64 {
	n := units(bytes, readUnitBytes)
	if !consistent {
		n /= 2
	}
	return n
}

// wrote adds what it takes to put one item in the place of another.
func (u *usage) wrote(indexes []*index, old, new attribute.Item) {
	u.write = true
	u.units += units(max(old.Size(), new.Size()), writeUnitBytes)
	for _, x := range indexes {
		before, after := x.keyOf(0, old), x.keyOf(0, new)
		n := 0.0
		switch a, b := x.project(old), x.project(new); {
		case before != nil && after != nil && slices.Equal(before, after):
			if !attribute.EqualItems(a, b) {
				n = units(max(a.Size(), b.Size()), writeUnitBytes)
			}
		default:
			if before != nil {
				n += units(a.Size(), writeUnitBytes)
			}
			if after != nil {
				n += units(b.Size(), writeUnitBytes)
			}
		}
		if n > 0 {
			u.index(x, n)
		}
	}
}

func (u *usage) index(x *index, n float64) {
	of := &u.local
	if x.Global {
		of = &u.global
	}
	if *of == nil {
		*of = map[string]float64{}
	}
	(*of)[x.Name] += n
}

func (u *usage) double() {
	u.transact = true
	u.units *= 2
	for _, m := range []map[string]float64{u.global, u.local} {
		for name := range m {
			m[name] *= 2
		}
	}
}

// total is all of it.
func (u *usage) total() float64 {
	n := u.units
	for _, m := range []map[string]float64{u.global, u.local} {
		for _, units := range m {
			n += units
		}
	}
	return n
}

// append appends the document ConsumedCapacity. mode is TOTAL or INDEXES.
func (u *usage) append(dst []byte, mode string) []byte {
	dst = value.AppendQuoted(append(dst, `{"TableName":`...), u.table)
	dst = append(dst, ',')
	dst = u.appendUnits(dst, u.total())
	if mode == "INDEXES" {
		dst = append(dst, `,"Table":{`...)
		dst = append(u.appendUnits(dst, u.units), '}')
		dst = u.appendIndexes(dst, "LocalSecondaryIndexes", u.local)
		dst = u.appendIndexes(dst, "GlobalSecondaryIndexes", u.global)
	}
	return append(dst, '}')
}

func (u *usage) appendUnits(dst []byte, n float64) []byte {
	text := strconv.FormatFloat(n, 'f', -1, 64)
	dst = append(append(dst, `"CapacityUnits":`...), text...)
	if u.transact {
		name := `,"ReadCapacityUnits":`
		if u.write {
			name = `,"WriteCapacityUnits":`
		}
		dst = append(append(dst, name...), text...)
	}
	return dst
}

func (u *usage) appendIndexes(dst []byte, name string, of map[string]float64) []byte {
	if len(of) == 0 {
		return dst
	}
	dst = append(append(append(dst, `,"`...), name...), `":{`...)
	for i, x := range slices.Sorted(maps.Keys(of)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(value.AppendQuoted(dst, x), ':', '{')
		dst = append(u.appendUnits(dst, of[x]), '}')
	}
	return append(dst, '}')
}

// usages are those of the tables of one request, by how it names them, in the order of first use.
type usages []*usage

func (us *usages) of(named string) *usage {
	for _, u := range *us {
		if u.table == named {
			return u
		}
	}
	u := &usage{table: named}
	*us = append(*us, u)
	return u
}

// append appends the member ConsumedCapacity with the list of all.
func (us usages) append(dst []byte, mode string) []byte {
	dst = append(dst, `"ConsumedCapacity":[`...)
	for i, u := range us {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = u.append(dst, mode)
	}
	return append(dst, ']')
}

// capacityMode reads ReturnConsumedCapacity; "" is NONE.
func (in input) capacityMode() (string, error) {
	mode := in.text("ReturnConsumedCapacity")
	if mode == "" || mode == "NONE" {
		return "", nil
	}
	return mode, oneOf(mode, "returnConsumedCapacity", "INDEXES", "TOTAL", "NONE")
}

// collectionMetrics reads ReturnItemCollectionMetrics.
func (in input) collectionMetrics() (bool, error) {
	mode := in.text("ReturnItemCollectionMetrics")
	if mode == "" {
		return false, nil
	}
	return mode == "SIZE", oneOf(mode, "returnItemCollectionMetrics", "NONE", "SIZE")
}

// appendCollection appends the metrics of the collection of items that one belongs to. Only tables with local indexes have them.
func (t *table) appendCollection(dst []byte, item attribute.Item) []byte {
	key := attribute.Item{{Name: t.schema[0].name, Value: item.Get(t.schema[0].name)}}
	dst = key.Append(append(dst, `{"ItemCollectionKey":`...))
	return append(dst, `,"SizeEstimateRangeGB":[0.0,1.0]}`...)
}

func hasLocal(indexes []*index) bool {
	return slices.ContainsFunc(indexes, func(x *index) bool { return !x.Global })
}
