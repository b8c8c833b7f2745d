package graph

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// scope is what StartAt and States stand in: a definition, a branch of a Parallel, what a Map does with an item. No edge
// leaves it.
type scope struct {
	pointer string // "" for the definition itself
	states  []*state
	start   int // of states; -1: there is none of that name
}

// state is one of a scope, as far as a picture shows it. A definition that is wrong has one for whatever is in States.
type state struct {
	pointer, name, typ, label, mode string

	body   value.Value
	outs   []out // in the order in which they are drawn, from the left
	inner  []*scope
	closed bool // a container that is drawn without what is in it
}

// out is a way out of a state.
type out struct {
	to          int // of the scope's states, or toEnd
	id          string
	kind        EdgeKind
	label, text string
}

// toEnd is the place that an out leads to when the scope ends with it.
const toEnd = -1

// container reports whether a state has room for others in it.
func (s *state) container() bool { return len(s.inner) > 0 && !s.closed }

// read reads a definition, also one that does not hold what the language demands.
func read(definition string, closed map[string]bool) (*scope, error) {
	v, err := value.Parse(definition)
	if err != nil {
		return nil, fmt.Errorf("reading the definition: %w", err)
	}
	if v.Kind() != value.Object {
		return nil, fmt.Errorf("reading the definition: it is of type %s and not an object", v.Kind())
	}
	return readScope(v, "", closed), nil
}

func readScope(v value.Value, pointer string, closed map[string]bool) *scope {
	sc := &scope{pointer: pointer, start: -1}
	states, _ := v.Get("States")
	index := make(map[string]int, states.Len())
	for i, m := range states.Members() {
		s := &state{pointer: pointer + "/States/" + escape(m.Key), name: m.Key, body: m.Value, typ: text(m.Value, "Type")}
		s.closed = closed[s.pointer]
		s.label, s.mode = label(s.typ, m.Value)
		s.inner = readInner(s, closed)
		sc.states = append(sc.states, s)
		index[m.Key] = i
	}
	if i, ok := index[text(v, "StartAt")]; ok {
		sc.start = i
	}
	for _, s := range sc.states {
		s.outs = readOuts(s, index)
	}
	return sc
}

// readInner reads the scopes in a Parallel or a Map.
func readInner(s *state, closed map[string]bool) []*scope {
	switch s.typ {
	case "Parallel":
		branches, _ := s.body.Get("Branches")
		var inner []*scope
		for i, b := range branches.Elems() {
			inner = append(inner, readScope(b, s.pointer+"/Branches/"+strconv.Itoa(i), closed))
		}
		return inner
	case "Map":
		for _, name := range []string{"ItemProcessor", "Iterator"} {
			if v, ok := s.body.Get(name); ok {
				return []*scope{readScope(v, s.pointer+"/"+name, closed)}
			}
		}
	}
	return nil
}

// readOuts reads where a state leads to. What leads nowhere is left out.
func readOuts(s *state, index map[string]int) []out {
	var outs []out
	add := func(v value.Value, field, place string, o out) {
		if to, ok := index[text(v, field)]; ok {
			o.to, o.id = to, s.pointer+place
			outs = append(outs, o)
		}
	}
	switch s.typ {
	case "Choice":
		rules, _ := s.body.Get("Choices")
		for i, rule := range rules.Elems() {
			short, whole := condition(rule)
			add(rule, "Next", "/Choices/"+strconv.Itoa(i), out{kind: ChoiceEdge, label: short, text: whole})
		}
		add(s.body, "Default", "/Default", out{kind: DefaultEdge, label: "default"})
	case "Fail":
	case "Succeed":
		outs = append(outs, out{to: toEnd, id: s.pointer + "#end", kind: NextEdge})
	default:
		end, _ := s.body.Get("End")
		if end.Bool() {
			outs = append(outs, out{to: toEnd, id: s.pointer + "/End", kind: NextEdge})
		} else {
			add(s.body, "Next", "/Next", out{kind: NextEdge})
		}
	}
	catches, _ := s.body.Get("Catch")
	for i, c := range catches.Elems() {
		short, whole := caught(c)
		add(c, "Next", "/Catch/"+strconv.Itoa(i), out{kind: CatchEdge, label: short, text: whole})
	}
	return outs
}

// text is a member that is a string, "" when there is none.
func text(v value.Value, key string) string {
	m, _ := v.Get(key)
	return m.Str()
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// escape writes a name as a step of a JSON pointer.
func escape(name string) string { return pointerEscapes.Replace(name) }
