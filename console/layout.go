package console

import (
	"errors"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/graph"
	"github.com/statelark/statelark/value"
)

var layoutRoutes = []route{
	{"POST", "layout", Viewer, (*Server).layout},
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
	return laid(text)
}

// laid lays a definition in JSON out.
func laid(definition string) (*graph.Layout, error) {
	l, err := graph.Lay(definition)
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
