package aws

import (
	"math"
	"strings"
	"sync"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
)

// modelShape is the shape of a result as the model of the service has it; nil: it has none.
func modelShape(r *asl.Resource) *awswire.Shape {
	if service, sdk := strings.CutPrefix(r.Service, sdkService); sdk {
		if _, op := sdkOperation(service, r.Action); op != nil {
			return converted(op.Output, sdkTongue)
		}
		return nil
	}
	for i := range table {
		if table[i].service != r.Service {
			continue
		}
		a, s, op := table[i].operation(r.Action)
		switch {
		case a == nil || a.shape != nil: // what Step Functions makes of the answer no model has
			return nil
		case r.Pattern == asl.RequestResponse:
			return converted(op.Output, optimisedTongue)
		case a.job != nil && !a.job.gone:
			return converted(s.Operations[a.job.poll].Output, optimisedTongue)
		}
	}
	return nil
}

// conversions are the shapes that were asked for, by their shape in the model and the tongue.
var conversions sync.Map

type conversion struct {
	of     *model.Shape
	tongue *tongue
}

func converted(s *model.Shape, t *tongue) *awswire.Shape {
	if s == nil {
		return nil
	}
	key := conversion{s, t}
	if known, ok := conversions.Load(key); ok {
		return known.(*awswire.Shape)
	}
	made, _ := conversions.LoadOrStore(key, convert(s, t, map[*model.Shape]*awswire.Shape{}))
	return made.(*awswire.Shape)
}

// convert makes a shape of JSON values; done has those that are made or being made, since shapes contain themselves.
func convert(s *model.Shape, t *tongue, done map[*model.Shape]*awswire.Shape) *awswire.Shape {
	if known := done[s]; known != nil {
		return known
	}
	out := &awswire.Shape{}
	done[s] = out
	if s.Document {
		return out
	}
	switch s.Kind {
	case model.Structure:
		out.Kind, out.Name = awswire.Structure, s.Name
		for i := range s.Members {
			m := &s.Members[i]
			out.Members = append(out.Members, awswire.Member{Name: t.name(m.Name), Required: m.Required, Shape: convert(m.Shape, t, done)})
		}
	case model.List:
		out.Kind, out.Elem, out.Min, out.Max = awswire.List, convert(s.Elem, t, done), s.Min, s.Max
	case model.Map:
		out.Kind, out.Elem = awswire.Map, convert(s.Elem, t, done)
	case model.String:
		out.Kind, out.Enum, out.Min, out.Max = awswire.String, s.Enum, s.Min, s.Max
	case model.Blob:
		out.Kind = awswire.String
	case model.Timestamp:
		if t == sdkTongue {
			out.Kind = awswire.String
		}
	case model.Boolean:
		out.Kind = awswire.Boolean
	default:
		out.Kind, out.Min, out.Max = awswire.Float, math.MinInt64, 0
		if s.Bounded != 0 {
			out.Min, out.Max = s.Min, s.Max
		}
	}
	return out
}
