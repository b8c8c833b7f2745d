package codec

import (
	"sync"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
)

// plan is what is worked out of a model once, and used by every request.
type plan struct {
	service *model.Service
	routes  []route
	errors  map[string]*model.Shape // by name and by code

	mu     sync.Mutex
	plain  map[*model.Shape]bool
	shapes map[*model.Shape]*awswire.Shape
}

// plans are those of models in use; models are never freed either.
var plans sync.Map // *model.Service to *plan

func planOf(s *model.Service) *plan {
	if p, ok := plans.Load(s); ok {
		return p.(*plan)
	}
	p := &plan{service: s, errors: map[string]*model.Shape{}, plain: map[*model.Shape]bool{}, shapes: map[*model.Shape]*awswire.Shape{}}
	for _, op := range s.Operations {
		for _, e := range op.Errors {
			p.errors[e.Name] = e
			if _, taken := p.errors[e.ErrorCode]; e.ErrorCode != "" && !taken {
				p.errors[e.ErrorCode] = e
			}
		}
	}
	if s.Protocol == model.RESTJSON || s.Protocol == model.RESTXML {
		p.routes = routesOf(s)
	}
	kept, _ := plans.LoadOrStore(s, p)
	return kept.(*plan)
}

// isPlain reports whether the JSON of a shape is the document as it stands: no member has another name on the wire, no time
// another form than a number.
func (p *plan) isPlain(s *model.Shape) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.plain[s]
	if !ok {
		known = plainAll(s, map[*model.Shape]bool{})
		p.plain[s] = known
	}
	return known
}

func plainAll(s *model.Shape, seen map[*model.Shape]bool) bool {
	if s == nil || seen[s] {
		return true
	}
	seen[s] = true
	if s.Kind == model.Timestamp && s.TimeFormat != "" && s.TimeFormat != unixTime {
		return false
	}
	for i := range s.Members {
		m := &s.Members[i]
		if m.Wire != "" || m.Location != model.Body || m.JSONValue || !plainAll(m.Shape, seen) {
			return false
		}
	}
	return plainAll(s.Key, seen) && plainAll(s.Elem, seen)
}

// flat reports whether a member that is a list or map stands in its structure without an element around it.
func flat(m *model.Member) bool { return m.Flattened || m.Shape.Flattened }
