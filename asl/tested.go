package asl

import "github.com/statelark/statelark/value"

// TestedName is what a state is called while TestState tests it: its own name, where it has one, shows nowhere.
const TestedName = "StateName"

// Tested is a state alone: a machine that has only that state, called TestedName.
type Tested struct {
	*Machine
	State *State
	InMap bool // it stands in the processor of a Map
}

// ParseTested compiles the state that TestState is to test. Without a stateName the definition is that of the state;
// else it is a whole machine, or a state, and the one that is meant stands anywhere in it. There is no Tested when the
// definition is wrong, and when it has no such state: then there is no error among the diagnostics.
func ParseTested(text, stateName string) (*Tested, []Diagnostic) {
	if stateName == "" {
		m, ds := ParseState(text, TestedName, "", Options{})
		if m == nil {
			return nil, ds
		}
		return &Tested{Machine: m, State: m.States[0]}, ds
	}
	var m *Machine
	var ds []Diagnostic
	if isMachine(text) {
		m, ds = Parse(text, Options{})
	} else {
		m, ds = ParseState(text, TestedName, "", Options{})
	}
	if m == nil {
		return nil, ds
	}
	found, inMap := m.find(stateName, false)
	if found == nil {
		return nil, ds
	}
	return m.alone(found, inMap), ds
}

// Alone returns a machine that has only the named state, wherever that stands in m, under its own name; nil when there is none.
func (m *Machine) Alone(name string) *Machine {
	found, _ := m.find(name, false)
	if found == nil {
		return nil
	}
	one := &Machine{Version: m.Version, Language: m.Language, Block: Block{StartAt: name, States: []*State{found}}}
	one.index()
	return one
}

// isMachine reports whether text is rather a machine than a state.
func isMachine(text string) bool {
	v, err := value.Parse(text)
	if err != nil {
		return true
	}
	_, typed := v.Get("Type")
	return !typed
}

// alone returns a state of m with nothing beside it.
func (m *Machine) alone(found *State, inMap bool) *Tested {
	s := *found
	s.Name = TestedName
	one := &Machine{Version: m.Version, Language: m.Language, Block: Block{StartAt: TestedName, States: []*State{&s}}}
	one.index()
	return &Tested{Machine: one, State: &s, InMap: inMap}
}

// find returns the state of the name in the block or in one inside of it, nil when there is none, and whether it is in
// a Map.
func (b *Block) find(name string, inMap bool) (*State, bool) {
	for _, s := range b.States {
		if s.Name == name {
			return s, inMap
		}
		for _, inner := range s.blocks() {
			if found, in := inner.find(name, inMap || s.Map != nil); found != nil {
				return found, in
			}
		}
	}
	return nil, false
}

// blocks returns the blocks inside of the state.
func (s *State) blocks() []*Block {
	switch {
	case s.Parallel != nil:
		return s.Parallel.Branches
	case s.Map != nil && s.Map.Processor != nil:
		return []*Block{s.Map.Processor}
	}
	return nil
}
