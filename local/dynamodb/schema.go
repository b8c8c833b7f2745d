package dynamodb

import (
	"slices"

	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
)

// Sizes that keys may have, in bytes.
const (
	maxHashBytes  = 2048
	maxRangeBytes = 1024
)

const noMatch = "The provided key element does not match the schema"

// has reports whether an attribute is part of the key.
func (s schema) has(name string) bool {
	for _, p := range s {
		if p.name == name {
			return true
		}
	}
	return false
}

// check refuses values that a key cannot have.
func (s schema) check(item attribute.Item) error {
	for i, p := range s {
		v := item.Get(p.name)
		switch {
		case v.Str == "" && p.kind == attribute.S:
			return validation("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", p.name)
		case v.Str == "" && p.kind == attribute.B:
			return validation("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary value. Key: %s", p.name)
		case i == 0 && p.kind != attribute.N && len(v.Str) > maxHashBytes:
			return invalidParameter("Size of hashkey has exceeded the maximum size limit of%d bytes", maxHashBytes)
		case i == 1 && p.kind != attribute.N && len(v.Str) > maxRangeBytes:
			return invalidParameter("Aggregated size of all range keys has exceeded the size limit of %d bytes", maxRangeBytes)
		}
	}
	return nil
}

// ofItem checks that an item has the key.
func (s schema) ofItem(item attribute.Item) error {
	for _, p := range s {
		switch v := item.Get(p.name); {
		case v.Kind == attribute.Absent:
			return invalidParameter("Missing the key %s in the item", p.name)
		case v.Kind != p.kind:
			return invalidParameter("Type mismatch for key %s expected: %v actual: %v", p.name, p.kind, v.Kind)
		}
	}
	return s.check(item)
}

// ofKey checks that a key is one, and has nothing else.
func (s schema) ofKey(key attribute.Item) error {
	if !s.matches(key) || len(key) != len(s) {
		return validation(noMatch)
	}
	return s.check(key)
}

func (s schema) matches(item attribute.Item) bool {
	for _, p := range s {
		if item.Get(p.name).Kind != p.kind {
			return false
		}
	}
	return true
}

// append appends the key form of the key that an item has.
func (s schema) append(dst []byte, item attribute.Item) []byte {
	for _, p := range s {
		dst = attribute.AppendKey(dst, item.Get(p.name))
	}
	return dst
}

// of is the key of an item alone.
func (s schema) of(item attribute.Item) attribute.Item {
	key := make([]attribute.Field, len(s))
	for i, p := range s {
		key[i] = attribute.Field{Name: p.name, Value: item.Get(p.name)}
	}
	return attribute.Sorted(key)
}

// checkPaths refuses paths that look into attributes of keys: the table's, and then its indexes'.
func (t *table) checkPaths(paths ...expression.Paths) error {
	for _, p := range slices.Concat(paths...) {
		if len(p) > 1 && t.schema.has(p[0].Name) {
			return notScalar("Key", p[0].Name)
		}
	}
	for _, x := range t.indexes {
		for _, p := range slices.Concat(paths...) {
			if len(p) > 1 && x.schema.has(p[0].Name) {
				return notScalar("IndexKey", p[0].Name)
			}
		}
	}
	return nil
}

func notScalar(what, name string) error {
	return validation("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s", what, name)
}
