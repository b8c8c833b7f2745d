package pattern

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// Pattern is a compiled event pattern. It is not changed, and may be used by many at once.
type Pattern struct {
	all []node
}

// node is conditions on a field, of which one has to hold, or alternatives.
type node struct {
	path string
	any  []condition
	or   [][]node
}

// maxSize is how long a pattern may be, maxDepth how deep, and maxAlternatives how many ways through its $or there are.
const (
	maxSize         = 4096
	maxDepth        = 64
	maxAlternatives = 1000
)

// Error says what is wrong with a pattern, in EventBridge's words.
type Error struct{ Reason string }

func (e *Error) Error() string { return "Event pattern is not valid. Reason: " + e.Reason }

func wrong(format string, a ...any) error { return &Error{fmt.Sprintf(format, a...)} }

// Parse compiles a pattern. Any error is an *Error.
func Parse(text string) (*Pattern, error) {
	if len(text) > maxSize {
		return nil, wrong("the pattern is longer than %d characters", maxSize)
	}
	if no := value.Refuse(text); no != nil {
		return nil, wrong("%s\n at %s", no.Why, place(no))
	}
	doc := value.Checked(text)
	if doc.Kind() != value.Object {
		return nil, wrong("Filter is not an object\n at [Source: (String)\"%s\"; line: 1, column: 2]", text)
	}
	c := &compiler{}
	all, err := c.object("", doc, 0)
	if err != nil {
		return nil, err
	}
	return &Pattern{all}, nil
}

// place is where the parser was. EventBridge's is newer than others of AWS, and stands at an unexpected character, not behind it.
func place(no *value.Refusal) string {
	at := strings.LastIndex(no.Place, "column: ") + len("column: ")
	before, column := no.Place[:at], no.Place[at:]
	n, err := strconv.Atoi(strings.TrimSuffix(column, "]"))
	if err != nil || !strings.HasPrefix(no.Why, "Unexpected character") {
		return no.Place
	}
	return before + strconv.Itoa(n-1) + "]"
}

type compiler struct{ alternatives int }

func (c *compiler) object(path string, doc value.Value, depth int) ([]node, error) {
	if doc.Len() == 0 {
		return nil, wrong("Empty objects are not allowed")
	}
	if depth == maxDepth {
		return nil, wrong("the pattern is nested too deeply")
	}
	var all []node
	for _, m := range doc.Members() {
		at := join(path, m.Key)
		switch {
		case m.Key == "$or" && isOr(m.Value):
			n := node{}
			for _, e := range m.Value.Elems() {
				alternative, err := c.object(path, e, depth+1)
				if err != nil {
					return nil, err
				}
				n.or = append(n.or, alternative)
			}
			if c.alternatives += len(n.or); c.alternatives > maxAlternatives {
				return nil, wrong("the pattern has too many alternatives")
			}
			all = append(all, n)
		case m.Value.Kind() == value.Object:
			inner, err := c.object(at, m.Value, depth+1)
			if err != nil {
				return nil, err
			}
			all = append(all, inner...)
		case m.Value.Kind() == value.Array:
			conditions, err := compileAll(m.Value)
			if err != nil {
				return nil, err
			}
			all = append(all, node{path: at, any: conditions})
		default:
			return nil, wrong("\"%s\" must be an object or an array", m.Key)
		}
	}
	return all, nil
}

// isOr reports whether the value of a field named $or is alternatives: two objects at least, none of which is a condition.
func isOr(v value.Value) bool {
	if v.Kind() != value.Array || v.Len() < 2 {
		return false
	}
	for _, e := range v.Elems() {
		if e.Kind() != value.Object || e.Len() == 0 {
			return false
		}
		for _, m := range e.Members() {
			if operators[m.Key] != nil {
				return false
			}
		}
	}
	return true
}

// maxSteps bounds the search for elements of arrays in which all conditions hold.
const maxSteps = 20_000

// Match reports whether an event fits.
func (p *Pattern) Match(e *Event) bool {
	steps := maxSteps
	return e.match(p.all, nil, &steps)
}

// match reports whether all nodes hold, in elements of arrays that agree with those given.
func (e *Event) match(nodes []node, in []element, steps *int) bool {
	if len(nodes) == 0 {
		return true
	}
	if *steps--; *steps < 0 {
		return false
	}
	n, rest := nodes[0], nodes[1:]
	for _, alternative := range n.or {
		both := append(append(make([]node, 0, len(alternative)+len(rest)), alternative...), rest...)
		if e.match(both, in, steps) {
			return true
		}
	}
	if n.or != nil {
		return false
	}
	fields := e.fields[n.path]
	for _, c := range n.any {
		if c.absent {
			if len(fields) == 0 && e.match(rest, in, steps) {
				return true
			}
			continue
		}
		for _, f := range fields {
			if f.agrees(in) && c.holds(f.value) {
				if len(f.in) == 0 && e.match(rest, in, steps) ||
					len(f.in) > 0 && e.match(rest, append(in[:len(in):len(in)], f.in...), steps) {
					return true
				}
			}
		}
	}
	return false
}
