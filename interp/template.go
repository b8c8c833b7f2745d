package interp

import (
	"strconv"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// place is where in a state an expression stands: a field and the way down from it.
type place struct {
	up     *place
	name   string // of a field or a member, without the suffix ".$"
	source string // of a member, as written
	index  int    // of an element, when name is ""
}

// String returns the place as AWS prints it: Output/a/b[0][1].
func (p *place) String() string {
	switch {
	case p.up == nil:
		return p.name
	case p.name == "":
		return p.up.String() + "[" + strconv.Itoa(p.index) + "]"
	}
	return p.up.String() + "/" + p.name
}

// minMade is the least that maxMade is. What is within AWS's limit of payloads takes 12 MB at most.
const minMade = 16 << 20

// maxMade bounds the bytes of memory that the expressions of a state's templates may make together, so that none of it
// has to be printed to learn that it is too large.
func (f *frame) maxMade() int { return max(minMade, 4*int(f.x.limits.PayloadBytes)) }

// makes counts v, which an expression of a template made.
func (f *frame) makes(v value.Value) *failure {
	most := f.maxMade()
	if f.made += v.MemoryWithin(most - f.made); f.made > most {
		f.x.d.Hit = "payload-bytes"
		return f.tooMuch()
	}
	return nil
}

// tooMuch is the failure of a state that makes more than it may.
func (f *frame) tooMuch() *failure {
	fail := tooLarge(f.s.Name)
	fail.fatal = true
	return fail
}

// build computes a template of f that stands at a place; leaf computes the expressions in it.
func (f *frame) build(t *asl.Template, at *place, leaf func(*asl.Expr, *place) (value.Value, *failure)) (value.Value, *failure) {
	switch {
	case t.Members != nil:
		members := make([]value.Member, 0, len(t.Members))
		for i := range t.Members {
			m := &t.Members[i]
			v := m.Value.Const
			if !v.Exists() {
				var fail *failure
				if v, fail = f.build(m.Value, &place{up: at, name: m.Key, source: m.Source}, leaf); fail != nil {
					return value.Value{}, fail
				}
			}
			members = append(members, value.Member{Key: m.Key, Value: v})
		}
		return value.NewObject(members), nil
	case t.Elems != nil:
		elems := make([]value.Value, 0, len(t.Elems))
		for i, e := range t.Elems {
			v, fail := f.build(e, &place{up: at, index: i}, leaf)
			if fail != nil {
				return value.Value{}, fail
			}
			elems = append(elems, v)
		}
		return value.NewArray(elems), nil
	case t.Expr != nil:
		v, fail := leaf(t.Expr, at)
		if fail == nil {
			fail = f.makes(v)
		}
		return v, fail
	}
	return t.Const, nil
}
