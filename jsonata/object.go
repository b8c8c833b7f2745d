package jsonata

import (
	"slices"
	"strconv"

	"github.com/statelark/statelark/value"
)

// member is one name and value of an object.
type member struct {
	key string
	val val
}

// indexFrom is the number of members from which an object finds its keys through a map.
const indexFrom = 12

// object is an object that evaluation built. Members stand in the order in which their keys first came.
type object struct {
	members []member
	places  map[string]int // nil while there are few members
	size    int            // see sizeOf
	bytes   int            // see bytesOf
	depth   int            // how deep containers that evaluation built nest below
}

func (o *object) find(key string) int {
	if o.places != nil {
		if i, ok := o.places[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].key == key {
			return i
		}
	}
	return -1
}

func (o *object) get(key string) val {
	if i := o.find(key); i >= 0 {
		return o.members[i].val
	}
	return undefined
}

func (o *object) set(key string, v val) {
	if i := o.find(key); i >= 0 {
		o.size = min(o.size+sizeOf(v), maxSize)
		o.bytes = min(o.bytes+bytesOf(v), maxSize)
		o.depth = max(o.depth, depthOf(v))
		o.members[i].val = v
		return
	}
	o.add(key, v)
}

// add appends a member whose key is known to be new.
func (o *object) add(key string, v val) {
	o.size = min(o.size+len(key)+sizeOf(v), maxSize)
	o.bytes = min(o.bytes+memberBytes+len(key)+bytesOf(v), maxSize)
	o.depth = max(o.depth, depthOf(v))
	if o.places != nil {
		o.places[key] = len(o.members)
	}
	o.members = append(o.members, member{key, v})
	if o.places == nil && len(o.members) >= indexFrom {
		o.reindex()
	}
}

func (o *object) remove(key string) {
	i := o.find(key)
	if i < 0 {
		return
	}
	o.members = slices.Delete(o.members, i, i+1)
	if o.places != nil {
		o.reindex()
	}
}

func (o *object) reindex() {
	o.places = make(map[string]int, 2*len(o.members))
	for i := range o.members {
		o.places[o.members[i].key] = i
	}
}

// clone returns a copy whose members can be changed.
func (o *object) clone() *object {
	c := &object{members: slices.Clone(o.members), size: o.size, bytes: o.bytes, depth: o.depth}
	if o.places != nil {
		c.reindex()
	}
	return c
}

// get returns the member of an object named key, undefined for anything else.
func (v *val) get(key string, d Dialect) val { return memberOf(v.ref, key, d) }

// memberOf is get of the val that refers to ref.
func memberOf(ref any, key string, d Dialect) val {
	switch o := ref.(type) {
	case *value.Value:
		return sourceMember(o, key, d)
	case *object:
		return o.get(key)
	}
	return undefined
}

// sourceMember wraps the member named key of an object of the input.
func sourceMember(o *value.Value, key string, d Dialect) val {
	members := o.Members()
	if len(members) >= indexFrom {
		if x, ok := o.Get(key); ok {
			return fromCopy(x, d)
		}
		return undefined
	}
	for i := range members {
		if members[i].Key == key {
			return fromValue(&members[i].Value, d)
		}
	}
	return undefined
}

// members returns the members of an object in the dialect's order: as written, and in the reference with the
// integer-like keys first, ascending, as JavaScript enumerates them.
func (v val) members(d Dialect) []member {
	var members []member
	switch o := v.ref.(type) {
	case *object:
		members = o.members
	case *value.Value:
		source := o.Members()
		members = make([]member, len(source))
		for i := range source {
			members[i] = member{source[i].Key, fromValue(&source[i].Value, d)}
		}
	}
	if d == Reference {
		return indexesFirst(members)
	}
	return members
}

// indexesFirst moves the keys that are array indexes to the front, in numerical order.
func indexesFirst(members []member) []member {
	at := slices.IndexFunc(members, func(m member) bool { return isIndexKey(m.key) })
	if at < 0 {
		return members
	}
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, func(a, b member) int { return compareKeys(a.key, b.key) })
	return sorted
}

// compareKeys orders two keys as JavaScript enumerates them, those that are no indexes being equal.
func compareKeys(a, b string) int {
	ia, ib := isIndexKey(a), isIndexKey(b)
	switch {
	case ia && ib:
		x, _ := strconv.ParseUint(a, 10, 32)
		y, _ := strconv.ParseUint(b, 10, 32)
		if x < y {
			return -1
		}
		return 1
	case ia:
		return -1
	case ib:
		return 1
	}
	return 0
}

// isIndexKey reports whether JavaScript takes key for an array index: a canonical integer below 2^32-1.
func isIndexKey(key string) bool {
	if key == "" || len(key) > 10 || key[0] == '0' && len(key) > 1 {
		return false
	}
	for i := range len(key) {
		if !isDigit(key[i]) {
			return false
		}
	}
	n, err := strconv.ParseUint(key, 10, 32)
	return err == nil && n < 1<<32-1
}
