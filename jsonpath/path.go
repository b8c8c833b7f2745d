// Package jsonpath is the path language of the States Language as AWS speaks it: the Jayway dialect, reference
// paths that can be written through, and the 18 intrinsic functions.
//
// The dialect is that of Jayway JsonPath 2.0.0 over Jackson's tree, the library whose behaviour and texts AWS
// shows: a slice's step is read and ignored, names in brackets take single quotes and no escapes, functions
// such as length() are names, an index outside its array selects nothing where nothing may stand.
package jsonpath

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// Env is what an expression can see. The caller keeps it for one evaluation; nothing in it is changed but the
// state that Random and UUID draw from. Work may panic to abandon an evaluation: no Path and no Expr is the worse for it.
type Env struct {
	Input   value.Value                           // $
	Context value.Value                           // $$
	Var     func(name string) (value.Value, bool) // $name; nil: there are none
	Random  func() uint64                         // 64 random bits, for States.MathRandom without a seed
	// MaxRange is how many elements States.ArrayRange may give; 0: AWS's 1,000.
	MaxRange int
	UUID     func() string // a version 4 UUID, for States.UUID
	Work     func() bool   // called after each unit of work (see UnitSteps); false ends the evaluation with ErrWork; may be nil
}

// Path is a compiled path. It is immutable and may be shared by goroutines.
type Path struct {
	text     string
	root     string
	steps    []step
	single   int // the number of steps before the first that may select several values
	definite bool
}

// String returns the path as written.
func (p *Path) String() string { return p.text }

// Root returns where the path starts: "$" for the input, "$$" for the context object, else a variable's name.
func (p *Path) Root() string { return p.root }

// rootText returns the root as it is written.
func (p *Path) rootText() string {
	if p.root[0] == '$' {
		return p.root
	}
	return "$" + p.root
}

// IsRoot reports whether the path is exactly "$".
func (p *Path) IsRoot() bool { return p.text == "$" }

// Definite reports whether the path can lead to one value only: names and single indexes.
func (p *Path) Definite() bool { return p.definite }

// stepKind tells what a step selects from the value it is applied to.
type stepKind uint8

const (
	stepName    stepKind = iota // .a or ['a']: one member
	stepNames                   // ['a','b']: an object of the members that exist; always the last step
	stepIndex                   // [3] or [-1]: one element
	stepLast                    // [(@.length-1)]: one element, counted from the end
	stepIndexes                 // [0,2]: elements
	stepSlice                   // [1:3]: a run of elements
	stepEach                    // .* or [*]: all elements or members
	stepDescend                 // ..: the value and all below it, for the next step
	stepFilter                  // [?(…)]: the elements, or the object itself, that satisfy a condition
)

// step is one part of a path after its root.
type step struct {
	kind    stepKind
	bracket bool     // written in brackets
	name    string   // stepName
	names   []string // stepNames
	index   int      // stepIndex; stepLast: how far from the end, 1 for the last element
	indexes []int    // stepIndexes
	slice   bounds   // stepSlice
	filter  filter   // stepFilter
}

// bounds are the ends of a slice, negative ones counted from the end of the array.
type bounds struct {
	from, to       int
	hasFrom, hasTo bool
}

func (s *step) definite() bool {
	switch s.kind {
	case stepName, stepNames, stepIndex, stepLast:
		return true
	}
	return false
}

// fragment returns the step as Jayway prints it in messages.
func (s *step) fragment() string {
	switch s.kind {
	case stepName:
		return "['" + s.name + "']"
	case stepNames:
		return "['" + strings.Join(s.names, "', '") + "']"
	case stepIndex:
		return "[" + strconv.Itoa(s.index) + "]"
	case stepLast:
		return "[@.size()-" + strconv.Itoa(s.index) + "]"
	case stepIndexes:
		return "[" + strings.ReplaceAll(strings.Trim(fmt.Sprint(s.indexes), "[]"), " ", ",") + "]"
	case stepSlice:
		return "[" + s.slice.String() + "]"
	case stepEach:
		return "[*]"
	case stepDescend:
		return ".."
	}
	return "[?]"
}

// String returns the bounds as Jayway prints them, which leaves out a step.
func (b bounds) String() string {
	text := ":"
	if b.hasFrom {
		text = strconv.Itoa(b.from) + text
	}
	if b.hasTo {
		text += strconv.Itoa(b.to)
	}
	return text
}

// normal returns the path up to and without step n in Jayway's normal form: $['a'][0].
func (p *Path) normal(n int) string { return "$" + fragments(p.steps[:n]) }

func fragments(steps []step) string {
	var b strings.Builder
	for i := range steps {
		b.WriteString(steps[i].fragment())
	}
	return b.String()
}
