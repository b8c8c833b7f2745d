package graph

import (
	"fmt"

	"github.com/statelark/statelark/value"
)

// Difference is what two definitions differ in. How they are written, and in which order fields and states stand, is none.
type Difference struct {
	Fields []string // of the definition itself: StartAt, Comment, TimeoutSeconds …
	States []Change // in the order of the second definition, those that are gone after it
}

// Change is a state that was added, removed or changed.
type Change struct {
	ID     string // of its node in the layout of either definition
	Name   string
	Kind   ChangeKind
	Fields []string // that changed; what is in a container counts for the states there
}

// ChangeKind tells what became of a state.
type ChangeKind string

// The kinds of change.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

// Diff compares two definitions in JSON, which need not be valid. States are the same when they have one name in one scope.
func Diff(a, b string) (*Difference, error) {
	before, err := value.Parse(a)
	if err != nil {
		return nil, fmt.Errorf("reading the first definition: %w", err)
	}
	after, err := value.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("reading the second definition: %w", err)
	}
	old, now := index(readScope(before, "", nil)), index(readScope(after, "", nil))
	d := &Difference{Fields: fields(before, after, "States"), States: []Change{}}
	if d.Fields == nil {
		d.Fields = []string{}
	}
	for _, s := range now.order {
		was := old.states[s.pointer]
		if was == nil {
			d.States = append(d.States, Change{ID: s.pointer, Name: s.name, Kind: Added})
		} else if f := ownFields(was, s); len(f) > 0 {
			d.States = append(d.States, Change{ID: s.pointer, Name: s.name, Kind: Changed, Fields: f})
		}
	}
	for _, s := range old.order {
		if now.states[s.pointer] == nil {
			d.States = append(d.States, Change{ID: s.pointer, Name: s.name, Kind: Removed})
		}
	}
	return d, nil
}

// stateIndex are all states of a definition.
type stateIndex struct {
	order  []*state
	states map[string]*state // by pointer
}

func index(sc *scope) *stateIndex {
	x := &stateIndex{states: map[string]*state{}}
	var add func(*scope)
	add = func(sc *scope) {
		for _, s := range sc.states {
			x.order = append(x.order, s)
			x.states[s.pointer] = s
			for _, inner := range s.inner {
				add(inner)
			}
		}
	}
	add(sc)
	return x
}

// fields are the names of members in which two objects differ, but for some.
func fields(a, b value.Value, but ...string) (names []string) {
	skip := map[string]bool{}
	for _, name := range but {
		skip[name] = true
	}
	if a.Kind() != value.Object || b.Kind() != value.Object {
		if !value.Equal(a, b) {
			names = append(names, "")
		}
		return names
	}
	for _, m := range b.Members() {
		if was, ok := a.Get(m.Key); !skip[m.Key] && (!ok || !value.Equal(was, m.Value)) {
			names = append(names, m.Key)
		}
	}
	for _, m := range a.Members() {
		if _, ok := b.Get(m.Key); !ok && !skip[m.Key] {
			names = append(names, m.Key)
		}
	}
	return names
}

// ownFields are the fields in which a state differs, what is in it left out where its own states are compared.
func ownFields(a, b *state) []string {
	switch {
	case len(a.inner) != len(b.inner) || a.typ != b.typ:
		return fields(a.body, b.body)
	case b.typ == "Parallel":
		names := fields(a.body, b.body, "Branches")
		was, _ := a.body.Get("Branches")
		now, _ := b.body.Get("Branches")
		for i := range b.inner {
			if len(fields(was.Elems()[i], now.Elems()[i], "States")) > 0 {
				return append(names, "Branches")
			}
		}
		return names
	case b.typ == "Map" && len(b.inner) > 0:
		names := fields(a.body, b.body, "ItemProcessor", "Iterator")
		for _, field := range []string{"ItemProcessor", "Iterator"} {
			was, _ := a.body.Get(field)
			now, _ := b.body.Get(field)
			if (was.Exists() || now.Exists()) && len(fields(was, now, "States")) > 0 {
				names = append(names, field)
			}
		}
		return names
	}
	return fields(a.body, b.body)
}
