package console

import (
	"slices"
	"strings"

	"github.com/statelark/statelark/value"
)

// What the console looks up in a definition, which need not be a valid one.

// textMember returns a member of a JSON object that is a string, "" when there is none.
func textMember(text, key string) string {
	v, err := value.Parse(text)
	if err != nil || v.Kind() != value.Object {
		return ""
	}
	return member(v, key)
}

// member is textMember of a value.
func member(v value.Value, key string) string {
	if m, ok := v.Get(key); ok && m.Kind() == value.String {
		return m.Str()
	}
	return ""
}

// countStates returns how many states a definition has, those in Maps and Parallels too, and its comment.
func countStates(definition string) (n int, comment string) {
	v, err := value.Parse(definition)
	if err != nil || v.Kind() != value.Object {
		return 0, ""
	}
	return statesIn(v), member(v, "Comment")
}

func statesIn(scope value.Value) (n int) {
	states, _ := scope.Get("States")
	for _, m := range membersOf(states) {
		n++
		for _, field := range membersOf(m.Value) {
			switch field.Key {
			case "Branches":
				for _, branch := range elemsOf(field.Value) {
					n += statesIn(branch)
				}
			case "Iterator", "ItemProcessor":
				n += statesIn(field.Value)
			}
		}
	}
	return n
}

func membersOf(v value.Value) []value.Member {
	if v.Kind() != value.Object {
		return nil
	}
	return v.Members()
}

func elemsOf(v value.Value) []value.Value {
	if v.Kind() != value.Array {
		return nil
	}
	return v.Elems()
}

// stateOrder returns the states of the top level of a definition so that each comes after those that lead to it, but for loops;
// those that nothing leads to come last.
func stateOrder(definition string) []string {
	v, err := value.Parse(definition)
	if err != nil || v.Kind() != value.Object {
		return nil
	}
	states, _ := v.Get("States")
	w := walk{states: states, seen: map[string]bool{}}
	w.visit(member(v, "StartAt"))
	slices.Reverse(w.order)
	for _, m := range membersOf(states) {
		if !w.seen[m.Key] {
			w.order = append(w.order, m.Key)
		}
	}
	return w.order
}

// walk goes through states depth first.
type walk struct {
	states value.Value
	seen   map[string]bool
	order  []string // the reverse of the one wanted
}

// visit is as deep as the longest way through the states, which are thousands at most: a definition has 1 MiB.
func (w *walk) visit(name string) {
	if w.states.Kind() != value.Object || w.seen[name] {
		return
	}
	state, ok := w.states.Get(name)
	if !ok || state.Kind() != value.Object {
		return
	}
	w.seen[name] = true
	next := successors(state)
	for i := len(next) - 1; i >= 0; i-- {
		w.visit(next[i])
	}
	w.order = append(w.order, name)
}

// successors are the states that one leads to, in the order of reading.
func successors(state value.Value) (names []string) {
	choices, _ := state.Get("Choices")
	for _, rule := range elemsOf(choices) {
		if rule.Kind() == value.Object {
			names = append(names, member(rule, "Next"))
		}
	}
	names = append(names, member(state, "Next"), member(state, "Default"))
	catches, _ := state.Get("Catch")
	for _, c := range elemsOf(catches) {
		if c.Kind() == value.Object {
			names = append(names, member(c, "Next"))
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// mayHaveMapRuns reports whether executions of a definition may have Map Runs, so that they are worth looking for.
func mayHaveMapRuns(definition string) bool { return strings.Contains(definition, "DISTRIBUTED") }
