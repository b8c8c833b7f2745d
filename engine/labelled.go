package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

// The children of a distributed Map are executions of a state machine of their own, as AWS shows it: its ARN is that of
// the state machine with the label of the state, and its definition the ItemProcessor. It has no records: it is found
// in the revision of the state machine.

// labelled returns the program of the children of a distributed Map.
func (m *machines) labelled(ctx context.Context, text, revision string) (*program, error) {
	id := revisionID(text, revision)
	if p := m.known(id); p != nil {
		return p, nil
	}
	machine, label := arn.SplitLabel(text)
	whole, err := m.revision(ctx, machine, revision)
	if err != nil {
		return nil, err
	}
	if whole.machine == nil {
		return nil, whole.fault
	}
	state := mapState(whole.machine, machine, label)
	if state == nil {
		return nil, fmt.Errorf("revision %s of state machine %s has no distributed Map with the label %q: %w",
			revision, machine, label, statelark.ErrNotFound)
	}
	p := whole.processor(state, text)
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.programs.get(id); known != nil { // somebody else was first
		return known, nil
	}
	m.programs.put(id, p)
	m.recent.put(id, p, len(p.record.Definition)+slotBytes)
	return p, nil
}

// mapState returns the distributed Map of a label, nil when there is none.
func mapState(m *asl.Machine, machine, label string) *asl.State {
	for s := range m.All() {
		if s.Map != nil && s.Map.Distributed && interp.MapLabel(machine, s) == label {
			return s
		}
	}
	return nil
}

// processor returns the program of the children of a distributed Map of p.
func (p *program) processor(s *asl.State, text string) *program {
	record := *p.record
	record.ARN = text
	_, record.Name, _ = strings.Cut(text, ":stateMachine:")
	record.Type = statelark.MachineType(s.Map.ExecutionType)
	record.Definition = p.processorOf(s)
	machine := &asl.Machine{Block: *s.Map.Processor, Version: p.machine.Version, Language: p.machine.Language}
	record.Variables = machine.VariableReferences()
	return &program{record: &record, machine: machine, use: p.use}
}

// processorOf returns the text of the ItemProcessor of a state, "" when it is not found.
func (p *program) processorOf(s *asl.State) string {
	v, err := value.Parse(p.record.Definition)
	if err != nil {
		return ""
	}
	found, _ := processorIn(v, &p.machine.Block, s)
	return found.Text()
}

func processorIn(v value.Value, b *asl.Block, wanted *asl.State) (value.Value, bool) {
	states, _ := v.Get("States")
	for _, s := range b.States {
		state, _ := states.Get(s.Name)
		switch {
		case s.Map != nil:
			inner, ok := state.Get("ItemProcessor")
			if !ok {
				inner, _ = state.Get("Iterator")
			}
			if s == wanted {
				return inner, true
			}
			if found, ok := processorIn(inner, s.Map.Processor, wanted); ok {
				return found, true
			}
		case s.Parallel != nil:
			branches, _ := state.Get("Branches")
			for i, branch := range s.Parallel.Branches {
				inner, _ := branches.Index(i)
				if found, ok := processorIn(inner, branch, wanted); ok {
					return found, true
				}
			}
		}
	}
	return value.Value{}, false
}
