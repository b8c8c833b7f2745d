package console

import (
	"context"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/graph"
)

// machineDiff is GET /api/machine/diff?a=&b=.
func (s *Server) machineDiff(c *call) (any, error) {
	var d MachineDiff
	for _, side := range []struct {
		name string
		to   *DiffSide
	}{{"a", &d.A}, {"b", &d.B}} {
		text := c.URL.Query().Get(side.name)
		if _, ok := arn.Parse(text); !ok {
			return nil, statelark.Errorf(statelark.CodeValidation, "The parameter %s is missing, or is no ARN.", side.name)
		}
		if err := s.side(c.Context(), text, side.to); err != nil {
			return nil, err
		}
	}
	found, err := graph.Diff(d.A.Definition, d.B.Definition)
	if err != nil {
		return nil, statelark.Errorf(statelark.CodeInvalidDefinition, "The definitions cannot be compared: %s", err)
	}
	d.Fields, d.States = found.Fields, make([]DiffState, 0, len(found.States))
	for _, x := range found.States {
		d.States = append(d.States, DiffState{ID: x.ID, Name: x.Name, Kind: string(x.Kind), Fields: x.Fields})
	}
	return &d, nil
}

// side fills in one of two definitions: that of a state machine or a version, or the one that an execution ran.
func (s *Server) side(ctx context.Context, name string, to *DiffSide) error {
	m, err := s.machineOf(ctx, name)
	if err != nil {
		return err
	}
	to.ARN, to.Name, to.Definition = name, m.Name, m.Definition
	return nil
}

func (s *Server) machineOf(ctx context.Context, name string) (*statelark.StateMachine, error) {
	a, _ := arn.Parse(name)
	if kind, _ := a.Cut(); kind != "execution" && kind != "express" {
		return s.opts.Engine.StateMachine(ctx, name)
	}
	d, err := s.detail(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.opts.Engine.StateMachineOf(ctx, &d.Execution)
}
