package console

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/graph"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

var layoutRoutes = []route{
	{"POST", "layout", Viewer, (*Server).layout},
	{"GET", "machine/graph.svg", Viewer, (*Server).machinePicture},
	{"GET", "machine/diff", Viewer, (*Server).machineDiff},
	{"GET", "execution/graph.svg", Viewer, (*Server).executionPicture},
	{"GET", "execution/report.html", Viewer, (*Server).report},
	{"GET", "execution/export.json", Viewer, (*Server).export},
}

// layout is POST /api/layout. The definition need not be valid, but it has to be JSON or YAML.
func (s *Server) layout(c *call) (any, error) {
	var r LayoutRequest
	if err := c.read(&r); err != nil {
		return nil, err
	}
	if err := s.fits(r.Definition); err != nil {
		return nil, err
	}
	text, err := converted(r.Definition, formatJSON)
	if err != nil {
		return nil, err
	}
	return laid(text, r.Closed...)
}

// laid lays a definition in JSON out.
func laid(definition string, closed ...string) (*graph.Layout, error) {
	l, err := graph.LayWith(definition, graph.Options{Closed: closed})
	var syntax *value.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, statelark.Errorf(statelark.CodeInvalidDefinition, "The text is not JSON: %s", syntax)
	case err != nil:
		why, _ := strings.CutPrefix(err.Error(), "reading the definition: ")
		return nil, statelark.Errorf(statelark.CodeInvalidDefinition, "The definition cannot be drawn: %s", why)
	}
	return l, nil
}

// machinePicture is GET /api/machine/graph.svg?arn=&theme=&download=1: a state machine, one of its versions or the one that
// an alias points to first.
func (s *Server) machinePicture(c *call) (any, error) {
	name, err := c.arn()
	if err != nil {
		return nil, err
	}
	m, err := s.opts.Engine.StateMachine(c.Context(), name)
	if err != nil {
		return nil, err
	}
	l, err := laid(m.Definition)
	if err != nil {
		return nil, err
	}
	return c.picture(graph.Picture{Layout: l, Title: m.Name})
}

// executionPicture is GET /api/execution/graph.svg?arn=&theme=&status=1&download=1. With a status it shows what became of
// the states, and the way that was taken.
func (s *Server) executionPicture(c *call) (any, error) {
	name, err := c.arn()
	if err != nil {
		return nil, err
	}
	d, err := s.detail(c.Context(), name)
	if err != nil {
		return nil, err
	}
	m, err := s.opts.Engine.StateMachineOf(c.Context(), &d.Execution)
	if err != nil {
		return nil, err
	}
	p, t, err := pictureOf(d.Name, m.Definition)
	if err != nil {
		return nil, err
	}
	if c.URL.Query().Get("status") == "1" {
		if err := s.trace(c.Context(), name, t, nil); err != nil {
			return nil, err
		}
		if p.Statuses, err = s.statuses(c.Context(), name, m.Definition, t); err != nil {
			return nil, err
		}
		p.Taken = t.Taken()
	}
	return c.picture(*p)
}

// pictureOf is an execution's, to be filled in.
func pictureOf(title, definition string) (*graph.Picture, *graph.Trace, error) {
	l, err := laid(definition)
	if err != nil {
		return nil, nil, err
	}
	return &graph.Picture{Layout: l, Title: title}, graph.NewTrace(l), nil
}

// trace follows the events of an execution; also sees each.
func (s *Server) trace(ctx context.Context, name string, t *graph.Trace, also func(*history.Event)) error {
	return s.walk(ctx, name, 1, maxEvents, func(e *history.Event) {
		t.Add(graph.Event{ID: e.ID, Previous: e.Previous, Type: e.Type.String(), Name: e.Name, Length: e.Length, At: e.At})
		if also != nil {
			also(e)
		}
	})
}

// statuses are those of a Trace, and the counts of Map Runs, which no event tells.
func (s *Server) statuses(ctx context.Context, name, definition string, t *graph.Trace) (map[string]graph.Status, error) {
	statuses := t.Statuses()
	if !mayHaveMapRuns(definition) {
		return statuses, nil
	}
	runs, err := s.mapRuns(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		for _, id := range t.Nodes(r.State) {
			st := statuses[id]
			st.Items = fmt.Sprintf("%d/%d", r.Items.Succeeded, r.Items.Total)
			if lost := r.Items.Failed + r.Items.TimedOut + r.Items.Aborted; lost > 0 {
				st.Items += fmt.Sprintf(", %d failed", lost)
			}
			statuses[id] = st
		}
	}
	return statuses, nil
}

// picture answers with an SVG.
func (c *call) picture(p graph.Picture) (any, error) {
	q := c.URL.Query()
	switch p.Theme = graph.Theme(q.Get("theme")); p.Theme {
	case "", graph.Auto, graph.Light, graph.Dark:
	default:
		return nil, statelark.Errorf(statelark.CodeValidation, "The theme is light, dark or auto, and not '%s'", p.Theme)
	}
	d := &document{kind: "image/svg+xml", text: []byte(graph.SVG(p))}
	if q.Get("download") == "1" {
		d.name = p.Title + ".svg"
	}
	return d, nil
}
