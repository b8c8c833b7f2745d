// Package pattern is EventBridge's event patterns: conditions on the fields of an event in JSON.
//
// A field is known by the names on the way to it with dots between, so that {"a":{"b":…}} and {"a.b":…} are the same. The
// elements of an array have the name of the array; conditions on several fields below one array have to hold in one element.
package pattern

import "github.com/statelark/statelark/value"

// Event is an event, its fields laid out.
type Event struct {
	fields map[string][]field
}

// field is a scalar of an event and the elements of arrays that it is in.
type field struct {
	value value.Value
	in    []element
}

// element is an element of an array. Arrays have numbers in an event.
type element struct{ array, index int }

// maxFields is how many scalars of an event are looked at.
const maxFields = 100_000

// NewEvent lays out the fields of an event.
func NewEvent(event value.Value) *Event {
	l := layout{event: &Event{fields: map[string][]field{}}}
	l.add("", event, nil)
	return l.event
}

type layout struct {
	event  *Event
	arrays int
	fields int
}

func (l *layout) add(path string, v value.Value, in []element) {
	switch v.Kind() {
	case value.Object:
		for _, m := range v.Members() {
			l.add(join(path, m.Key), m.Value, in)
		}
	case value.Array:
		l.arrays++
		array := l.arrays
		for i, e := range v.Elems() {
			l.add(path, e, append(in[:len(in):len(in)], element{array, i}))
		}
	default:
		if l.fields++; l.fields <= maxFields {
			l.event.fields[path] = append(l.event.fields[path], field{v, in})
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// agrees reports whether a field is in the elements that others were found in, as far as they share arrays.
func (f field) agrees(others []element) bool {
	for _, e := range f.in {
		for _, o := range others {
			if e.array == o.array && e.index != o.index {
				return false
			}
		}
	}
	return true
}
