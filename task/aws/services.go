package aws

import (
	"strings"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire/model"
)

// Services is what the models of services say of the parameters of Tasks.
type Services struct{}

// Parameters are what an action takes; nil: there is no such action.
func (Services) Parameters(r *asl.Resource) asl.Parameters {
	if service, sdk := strings.CutPrefix(r.Service, sdkService); sdk {
		if _, op := sdkOperation(service, r.Action); op != nil {
			return parametersOf(op.Input, sdkTongue)
		}
		return nil
	}
	for i := range table {
		if table[i].service != r.Service {
			continue
		}
		a, _, op := table[i].operation(r.Action)
		if op == nil || a.own {
			break
		}
		return parametersOf(op.Input, optimisedTongue)
	}
	return anything{}
}

func parametersOf(s *model.Shape, t *tongue) asl.Parameters {
	if s == nil {
		return noParameters{}
	}
	return shapeTaken{s, t}
}

// shapeTaken is what a shape takes, in a tongue.
type shapeTaken struct {
	*model.Shape
	tongue *tongue
}

// Member is what a member may hold.
func (p shapeTaken) Member(name string) (asl.Parameters, bool) {
	switch {
	case p.Document:
		return nil, true
	case p.Kind == model.Map:
		return p.inner(p.Shape.Elem), true
	case p.Kind != model.Structure: // a text or bytes, which JSON may stand for
		return nil, true
	}
	m := p.tongue.members(p.Shape)[name]
	if m == nil {
		return nil, false
	}
	return p.inner(m.Shape), true
}

// Elem is what an element may hold.
func (p shapeTaken) Elem() asl.Parameters { return p.inner(p.Shape.Elem) }

func (p shapeTaken) inner(s *model.Shape) asl.Parameters {
	if s == nil || s.Document {
		return nil
	}
	return shapeTaken{s, p.tongue}
}

// Required are the members that must be there. A token is filled in.
func (p shapeTaken) Required() []string {
	var names []string
	for i := range p.Members {
		if m := &p.Members[i]; m.Required && !m.Token {
			names = append(names, p.tongue.name(m.Name))
		}
	}
	return names
}

// anything takes whatever is given.
type anything struct{}

// Member takes every name.
func (anything) Member(string) (asl.Parameters, bool) { return nil, true }

// Elem takes everything.
func (anything) Elem() asl.Parameters { return nil }

// Required are none.
func (anything) Required() []string { return nil }

// noParameters is of an operation that has none.
type noParameters struct{ anything }

// Member takes no name.
func (noParameters) Member(string) (asl.Parameters, bool) { return nil, false }
