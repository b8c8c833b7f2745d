package expression

import (
	"slices"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// Paths are the parts of an item that somebody asks for.
type Paths []Path

// ParseProjection reads a projection.
func ParseProjection(source string, ph *Placeholders) (Paths, error) {
	if err := Projection.checkSource(source); err != nil {
		return nil, err
	}
	p := newParser(Projection, source)
	nodes := []*node{p.path()}
	for p.err == nil && p.accept(",") {
		nodes = append(nodes, p.path())
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	if err := Projection.checkWords(nodes, nil); err != nil {
		return nil, err
	}
	if err := Projection.resolve(nodes, ph); err != nil {
		return nil, err
	}
	paths := make([]Path, len(nodes))
	for i, n := range nodes {
		paths[i] = n.path
	}
	return paths, Projection.apart(paths)
}

// Of returns the parts of an item that the paths lead to, in maps and lists that have nothing else.
func (p Paths) Of(item attribute.Item) attribute.Item {
	sorted := slices.Clone(p)
	slices.SortFunc(sorted, Path.compare)
	return partsOfMap(item, sorted, 0)
}

// partsOfMap goes along the paths, which are the same up to depth, each with a name there.
func partsOfMap(m attribute.Item, paths []Path, depth int) attribute.Item {
	parts := attribute.Item{}
	for len(paths) > 0 {
		step := paths[0][depth]
		same := sharing(paths, depth)
		if v, ok := partsOf(m.Get(step.Name), paths[:same], depth+1); ok {
			parts = append(parts, attribute.Field{Name: step.Name, Value: v})
		}
		paths = paths[same:]
	}
	return parts
}

// sharing counts the paths at the front that have the same step at depth.
func sharing(paths []Path, depth int) int {
	n := 1
	for n < len(paths) && paths[n][depth] == paths[0][depth] {
		n++
	}
	return n
}

func partsOf(v attribute.Value, paths []Path, depth int) (attribute.Value, bool) {
	first := paths[0]
	switch {
	case len(first) == depth:
		return v, v.Kind != attribute.Absent
	case first[depth].Index < 0:
		if v.Kind != attribute.M {
			return v, false
		}
		m := partsOfMap(v.Map, paths, depth)
		return attribute.Value{Kind: attribute.M, Map: m}, len(m) > 0
	case v.Kind != attribute.L:
		return v, false
	}
	var list []attribute.Value
	for len(paths) > 0 {
		same := sharing(paths, depth)
		if e, ok := partsOf(paths[0][depth].into(v), paths[:same], depth+1); ok {
			list = append(list, e)
		}
		paths = paths[same:]
	}
	return attribute.Value{Kind: attribute.L, List: list}, len(list) > 0
}

// Names are the attributes of the item itself that the paths begin with.
func (p Paths) Names() []string {
	names := make([]string, len(p))
	for i, path := range p {
		names[i] = path[0].Name
	}
	return names
}
