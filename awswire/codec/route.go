package codec

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire/model"
)

// route is how requests of an operation look in a REST protocol.
type route struct {
	op       *model.Operation
	segments []segment
	query    [][2]string // parameters the path has, with their value, "": any
	params   []string    // required members in the query
	fields   []string    // required members in the header
}

// segment is a part of a path between slashes.
type segment struct {
	text   string // "" when it is a label
	label  string
	greedy bool // the label takes all that the segments after it leave
}

func routesOf(s *model.Service) []route {
	routes := make([]route, 0, len(s.Operations))
	for _, op := range s.Operations {
		r := route{op: op}
		path, query, _ := strings.Cut(op.Path, "?")
		r.segments = segmentsOf(path)
		for part := range strings.SplitSeq(query, "&") {
			if name, text, _ := strings.Cut(part, "="); name != "" {
				r.query = append(r.query, [2]string{name, text})
			}
		}
		if op.Input != nil {
			for i := range op.Input.Members {
				switch m := &op.Input.Members[i]; {
				case m.Required && m.Location == model.QueryString:
					r.params = append(r.params, m.WireName())
				case m.Required && m.Location == model.Header:
					r.fields = append(r.fields, http.CanonicalHeaderKey(m.WireName()))
				}
			}
		}
		routes = append(routes, r)
	}
	// What is more special comes first. Names decide between those that look the same, so that it is always the same one.
	slices.SortFunc(routes, func(a, b route) int {
		return cmp.Or(compareSegments(a.segments, b.segments), cmp.Compare(len(b.query), len(a.query)), cmp.Compare(b.specials(), a.specials()),
			cmp.Compare(deprecated(a.op), deprecated(b.op)), cmp.Compare(a.op.Name, b.op.Name))
	})
	return routes
}

func (r *route) specials() int { return len(r.params) + len(r.fields) }

func deprecated(op *model.Operation) int {
	if op.Deprecated {
		return 1
	}
	return 0
}

func segmentsOf(path string) []segment {
	var segments []segment
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		s := segment{text: part}
		if label, ok := strings.CutPrefix(part, "{"); ok && strings.HasSuffix(label, "}") {
			label = strings.TrimSuffix(label, "}")
			s = segment{label: strings.TrimSuffix(label, "+"), greedy: strings.HasSuffix(label, "+")}
		}
		segments = append(segments, s)
	}
	return segments
}

// compareSegments orders paths: a text before a label, a label before one that takes all.
func compareSegments(a, b []segment) int {
	rank := func(s segment) int {
		switch {
		case s.greedy:
			return 2
		case s.label != "":
			return 1
		}
		return 0
	}
	for i := range min(len(a), len(b)) {
		if c := cmp.Compare(rank(a[i]), rank(b[i])); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(b), len(a))
}

// find returns the operation that a request means, and the labels of its path; nil when there is none.
func (p *plan) find(r *http.Request, query url.Values) (*model.Operation, map[string]string) {
	path := r.URL.EscapedPath()
	if hinted := p.service.Operations[query.Get("x-id")]; hinted != nil {
		for i := range p.routes {
			if route := &p.routes[i]; route.op == hinted && route.op.Method == r.Method {
				if labels, ok := matchPath(route.segments, path); ok {
					return hinted, labels
				}
			}
		}
	}
	for i := range p.routes {
		route := &p.routes[i]
		if route.op.Method != r.Method || !route.wants(r.Header, query) {
			continue
		}
		if labels, ok := matchPath(route.segments, path); ok {
			return route.op, labels
		}
	}
	return nil, nil
}

// wants reports whether a request has what the operation cannot be without.
func (r *route) wants(header http.Header, query url.Values) bool {
	for _, q := range r.query {
		texts, ok := query[q[0]]
		if !ok || q[1] != "" && texts[0] != q[1] {
			return false
		}
	}
	for _, name := range r.params {
		if _, ok := query[name]; !ok {
			return false
		}
	}
	for _, name := range r.fields {
		if _, ok := header[name]; !ok {
			return false
		}
	}
	return true
}

// matchPath holds an escaped path against segments. A slash at the end makes no difference but in what a greedy label takes.
func matchPath(segments []segment, path string) (map[string]string, bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	last := segments[len(segments)-1]
	if n := len(parts); n > 1 && parts[n-1] == "" && !last.greedy {
		parts = parts[:n-1]
	}
	var labels map[string]string
	for i, s := range segments {
		take := 1
		if s.greedy {
			take = len(parts) - (len(segments) - 1 - i)
		}
		if take < 1 || len(parts) < take {
			return nil, false
		}
		text, err := url.PathUnescape(strings.Join(parts[:take], "/"))
		if parts = parts[take:]; err != nil || s.label == "" && text != s.text || s.label != "" && text == "" {
			return nil, false
		}
		if s.label != "" {
			if labels == nil {
				labels = map[string]string{}
			}
			labels[s.label] = text
		}
	}
	return labels, len(parts) == 0
}
