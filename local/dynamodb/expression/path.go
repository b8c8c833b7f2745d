package expression

import (
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// Step leads from a document into one of its parts: a name into a map, an index into a list.
type Step struct {
	Name  string
	Index int // -1: Name leads
}

// Path leads from an item to a value in it. The first step is a name.
type Path []Step

// Named is the path of an attribute of the item itself.
func Named(name string) Path { return Path{{name, -1}} }

// String is the path as errors have it: [a, b, [1]].
func (p Path) String() string {
	texts := make([]string, len(p))
	for i, s := range p {
		texts[i] = s.Name
		if s.Index >= 0 {
			texts[i] = "[" + strconv.Itoa(s.Index) + "]"
		}
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// In returns what the path leads to, Absent when there is nothing.
func (p Path) In(item attribute.Item) attribute.Value {
	v := item.Get(p[0].Name)
	for _, s := range p[1:] {
		v = s.into(v)
	}
	return v
}

func (s Step) into(v attribute.Value) attribute.Value {
	switch {
	case s.Index < 0 && v.Kind == attribute.M:
		return v.Map.Get(s.Name)
	case s.Index >= 0 && v.Kind == attribute.L && s.Index < len(v.List):
		return v.List[s.Index]
	}
	return attribute.Value{}
}

// compare orders paths so that what lies in one list is in the order of its indexes.
func (p Path) compare(q Path) int {
	for i := range min(len(p), len(q)) {
		if c := strings.Compare(p[i].Name, q[i].Name); c != 0 {
			return c
		}
		if c := p[i].Index - q[i].Index; c != 0 {
			return c
		}
	}
	return len(p) - len(q)
}

// apart is the error about two paths that cannot be used together: one leads through the other, or they take the same value for
// a map and a list. The former is found first.
func (r Role) apart(paths []Path) error {
	for _, meets := range []func(p, q Path) bool{Path.overlaps, Path.conflicts} {
		for i, q := range paths {
			for _, p := range paths[:i] {
				if meets(p, q) {
					return r.meeting(p, q)
				}
			}
		}
	}
	return nil
}

func (r Role) meeting(p, q Path) error {
	how := "conflict"
	if p.overlaps(q) {
		how = "overlap"
	}
	return r.errorf("Two document paths %s with each other; must remove or rewrite one of these paths; path one: %v, path two: %v", how, p, q)
}

func (p Path) overlaps(q Path) bool {
	n := min(len(p), len(q))
	return slices.Equal(p[:n], q[:n])
}

func (p Path) conflicts(q Path) bool {
	for i := range min(len(p), len(q)) {
		if p[i] != q[i] {
			return (p[i].Index < 0) != (q[i].Index < 0)
		}
	}
	return false
}
