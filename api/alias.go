package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

func (s *Server) createAlias(ctx context.Context, c *awswire.Call) error {
	a := &statelark.Alias{Name: c.Str("name"), Description: c.Str("description")}
	var err error
	if a.Machine, a.Routes, err = s.readRoutes(c); err != nil {
		return err
	}
	if a, err = s.engine.CreateAlias(ctx, a); err != nil {
		return err
	}
	c.Out.Str("stateMachineAliasArn", a.ARN())
	c.Out.Time("creationDate", a.Created)
	return nil
}

// readRoutes reads where an alias leads, and of which state machine the versions are.
func (s *Server) readRoutes(c *awswire.Call) (machine string, routes []statelark.Route, err error) {
	var arns []string
	var weights []int64
	var sum int64
	ofVersions, ofOne := true, true
	for i, item := range c.Structs("routingConfiguration") {
		text, weight := item.Str("stateMachineVersionArn"), item.Int("weight")
		arns, weights, sum = append(arns, text), append(weights, weight), sum+weight
		m, qualifier := arn.SplitQualified(text)
		number, ok := statelark.VersionNumber(qualifier)
		_, foreign := resource(c, text, "stateMachine")
		ofVersions = ofVersions && ok && foreign == nil
		ofOne = ofOne && (i == 0 || m == machine)
		machine, routes = m, append(routes, statelark.Route{Version: number, Weight: weight})
	}
	switch received := strings.Join(arns, ", "); {
	case !ofVersions:
		err = badRouting("Routing configuration must contain state machine version ARNs. Received: [%s]", received)
	case len(arns) == 2 && arns[0] == arns[1]:
		err = badRouting("Routing configuration must contain distinct state machine version ARNs. Received: [%s]", received)
	case !ofOne:
		err = badRouting("Routing configuration must contain version ARNs of the same state machine. Received: [%s]", received)
	case sum != 100:
		received := strings.Trim(strings.ReplaceAll(fmt.Sprint(weights), " ", ", "), "[]")
		err = badRouting("Sum of routing configuration weights must equal 100. Received: [%s]", received)
	}
	return machine, routes, err
}

func badRouting(format, received string) error {
	e := statelark.Errorf(statelark.CodeValidation, format, received)
	e.Reason = "INVALID_ROUTING_CONFIGURATION"
	return e
}

func (s *Server) updateAlias(ctx context.Context, c *awswire.Call) error {
	machine, name, err := s.aliasARN(c)
	if err != nil {
		return err
	}
	u := statelark.AliasUpdate{Description: c.StrPtr("description")}
	if c.Has("routingConfiguration") {
		var of string
		if of, u.Routes, err = s.readRoutes(c); err != nil {
			return err
		}
		if of != machine {
			return badRouting("Routing configuration must contain version ARNs of the state machine of the alias. Received those of: [%s]", of)
		}
	}
	if u.Description == nil && u.Routes == nil {
		e := statelark.Errorf(statelark.CodeValidation, "Either the description or the routing configuration must be specified")
		e.Reason = "MISSING_REQUIRED_PARAMETER"
		return e
	}
	a, err := s.engine.UpdateAlias(ctx, machine, name, u)
	if err != nil {
		return err
	}
	c.Out.Time("updateDate", a.Updated)
	return nil
}

func (s *Server) describeAlias(ctx context.Context, c *awswire.Call) error {
	machine, name, err := s.aliasARN(c)
	if err != nil {
		return err
	}
	a, err := s.engine.Alias(ctx, machine, name)
	if err != nil {
		return err
	}
	writeAlias(&c.Out, a)
	c.Out.Str("name", a.Name)
	c.Out.StrIf("description", a.Description)
	c.Out.Open("routingConfiguration", '[')
	for _, r := range a.Routes {
		c.Out.Open("", '{')
		c.Out.Str("stateMachineVersionArn", statelark.VersionARN(a.Machine, r.Version))
		c.Out.Int("weight", r.Weight)
		c.Out.Close('}')
	}
	c.Out.Close(']')
	c.Out.Time("updateDate", a.Updated)
	return nil
}

// writeAlias writes what describing and listing aliases both show.
func writeAlias(w *awswire.Writer, a *statelark.Alias) {
	w.Str("stateMachineAliasArn", a.ARN())
	w.Time("creationDate", a.Created)
}

func (s *Server) listAliases(ctx context.Context, c *awswire.Call) error {
	text, err := s.machineARN(c)
	if err != nil {
		return err
	}
	p, err := s.pageOf("ListStateMachineAliases", c)
	if err != nil {
		return err
	}
	machine, qualifier := arn.SplitQualified(text)
	version, ok := statelark.VersionNumber(qualifier)
	if !ok {
		machine = text // of an alias there are none
	}
	list, err := s.engine.Aliases(ctx, machine, version, p.cursor, p.size+1)
	if err != nil {
		return err
	}
	if last := writeItems(&c.Out, "stateMachineAliases", list, p.size, writeAlias); last != nil {
		s.writeNext(c, p, last.Name)
	}
	return nil
}

func (s *Server) deleteAlias(ctx context.Context, c *awswire.Call) error {
	machine, name, err := s.aliasARN(c)
	if err != nil {
		return err
	}
	return s.engine.DeleteAlias(ctx, machine, name)
}
