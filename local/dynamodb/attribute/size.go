package attribute

// MaxItemBytes is the size that an item may have.
const MaxItemBytes = 400 << 10

// MaxDepth is how deep documents may nest in an attribute.
const MaxDepth = 32

// Size is the size of an item as DynamoDB counts it: names and values.
func (m Item) Size() int {
	n := 0
	for _, f := range m {
		n += len(f.Name) + f.Value.Size()
	}
	return n
}

// Size is the size of a value as DynamoDB counts it.
func (v Value) Size() int {
	switch v.Kind {
	case S, B:
		return len(v.Str)
	case N:
		return numberSize(v.Str)
	case SS, NS, BS:
		n := 0
		for _, e := range v.List {
			n += e.Size()
		}
		return n
	case L:
		n := 3
		for _, e := range v.List {
			n += 1 + e.Size()
		}
		return n
	case M:
		return 3 + len(v.Map) + v.Map.Size()
	}
	return 1
}

// Depth is how deep documents nest in the value: 0 when it is none.
func (v Value) Depth() int {
	deepest := 0
	switch v.Kind {
	case L:
		for _, e := range v.List {
			deepest = max(deepest, e.Depth())
		}
	case M:
		for _, f := range v.Map {
			deepest = max(deepest, f.Value.Depth())
		}
	default:
		return 0
	}
	return deepest + 1
}
