package asl

import "github.com/statelark/statelark/value"

// TestedName is what a state is called while TestState tests it: its own name, where it has one, shows nowhere.
const TestedName = "StateName"

// ParseTested compiles the state that TestState is to test into a machine that has only that state, called TestedName.
// Without a stateName the definition is that of the state; else it is a whole machine, or a state, and the one that is
// meant stands anywhere in it. The Machine is nil when the definition is wrong, and when it has no such state: then
// there is no error among the diagnostics.
func ParseTested(text, stateName string) (*Machine, []Diagnostic) {
	if stateName == "" || !isMachine(text) {
		m, ds := ParseState(text, TestedName, "", Options{})
		if m == nil || stateName == "" {
			return m, ds
		}
		return m.alone(stateName), ds
	}
	m, ds := Parse(text, Options{})
	if m == nil {
		return nil, ds
	}
	return m.alone(stateName), ds
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

// alone returns the machine whose one state is that of the name, nil when there is none.
func (m *Machine) alone(name string) *Machine {
	found := m.Block.find(name)
	if found == nil {
		return nil
	}
	s := *found
	s.Name = TestedName
	one := &Machine{Version: m.Version, Language: m.Language, Block: Block{StartAt: TestedName, States: []*State{&s}}}
	one.index()
	return one
}

// find returns the state of the name in the block or in one inside of it, nil when there is none.
func (b *Block) find(name string) *State {
	for _, s := range b.States {
		if s.Name == name {
			return s
		}
		for _, inner := range s.blocks() {
			if found := inner.find(name); found != nil {
				return found
			}
		}
	}
	return nil
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
