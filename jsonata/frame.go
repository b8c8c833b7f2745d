package jsonata

// frame is one scope of variables.
type frame struct {
	parent *frame
	vars   []member
	first  [2]member // where vars starts out, so that a small scope is one allocation
}

func newFrame(parent *frame) *frame {
	f := &frame{parent: parent}
	f.vars = f.first[:0]
	return f
}

func (f *frame) bind(name string, v val) {
	for i := range f.vars {
		if f.vars[i].key == name {
			f.vars[i].val = v
			return
		}
	}
	f.vars = append(f.vars, member{name, v})
}

// lookup returns the variable of the nearest scope that binds name.
func (f *frame) lookup(name string) (val, bool) {
	for ; f != nil; f = f.parent {
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
