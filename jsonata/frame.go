package jsonata

// frame is one scope of variables.
type frame struct {
	parent *frame
	vars   []member
	first  [2]member      // where vars starts out, so that a small scope is one allocation
	places map[string]int // of vars by name; nil while there are few
}

func newFrame(parent *frame) *frame {
	f := &frame{parent: parent}
	f.vars = f.first[:0]
	return f
}

func (f *frame) bind(name string, v val) {
	if i := f.find(name); i >= 0 {
		f.vars[i].val = v
		return
	}
	if f.places != nil {
		f.places[name] = len(f.vars)
	}
	f.vars = append(f.vars, member{name, v})
	if f.places == nil && len(f.vars) >= indexFrom {
		f.places = make(map[string]int, 2*len(f.vars))
		for i := range f.vars {
			f.places[f.vars[i].key] = i
		}
	}
}

// find returns the place of a variable in f, -1 when there is none.
func (f *frame) find(name string) int {
	if f.places != nil {
		if i, ok := f.places[name]; ok {
			return i
		}
		return -1
	}
	for i := range f.vars {
		if f.vars[i].key == name {
			return i
		}
	}
	return -1
}

// lookup returns the variable of the nearest scope that binds name.
func (f *frame) lookup(name string) (val, bool) {
	for ; f != nil; f = f.parent {
		if f.places != nil {
			if i, ok := f.places[name]; ok {
				return f.vars[i].val, true
			}
			continue
		}
		for i := range f.vars {
			if f.vars[i].key == name {
				return f.vars[i].val, true
			}
		}
	}
	return undefined, false
}

// tupleFrame opens a scope with the bindings of a tuple.
func tupleFrame(parent *frame, tuple val) *frame {
	f := newFrame(parent)
	if o, ok := tuple.ref.(*object); ok {
		f.vars = append(f.vars, o.members...)
	}
	return f
}
