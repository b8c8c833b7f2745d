// Package query is the language in which people look for executions, in the console and on the command line:
//
//	status:FAILED,TIMED_OUT machine:order* started>2h input.customer.id=7 -error:States.Timeout "free text"
//
// docs/search.md tells it to users. A text is parsed once (Parse) and held against documents (Query.Matches).
package query

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/statelark/statelark"
)

// Query is a text that was understood. Nobody changes it.
type Query struct {
	root     Node // nil: everything
	children bool // see Children
}

// Root returns what is asked for, nil when that is everything.
func (q *Query) Root() Node { return q.root }

// Node is a *Cond, an And, an Or or a *Not.
type Node interface {
	matches(d *Document, now time.Time) bool
}

// And is what all of them ask for. What is cheap to find out stands first, as in an Or.
type And []Node

// Or is what any of them asks for.
type Or []Node

// Not is what Of does not ask for.
type Not struct{ Of Node }

// Cond is one condition.
type Cond struct {
	Field Field
	Path  []Step // in the payload, of Input and Output; nil: the payload itself
	Op    Op
	// Values are what the field is held against: any of them will do.
	Values []Value
	// Start and End are the bytes of the text that the condition stands in.
	Start, End int
}

// Field is what of an execution a condition looks at.
type Field uint8

// The fields. Word is a text that stands alone, Text one that stands alone in quotes.
const (
	Word Field = iota + 1
	Text
	Status
	Machine
	Name
	Error
	Alias
	Version
	MapRun
	Started
	Stopped
	Duration
	Redrives
	Events
	Input
	Output
)

// fields are the fields by the words for them.
var fields = map[string]Field{
	"status": Status, "machine": Machine, "name": Name, "error": Error, "alias": Alias, "version": Version, "maprun": MapRun,
	"started": Started, "stopped": Stopped, "duration": Duration, "redrives": Redrives, "events": Events,
	"input": Input, "output": Output,
}

// kind is what the values of a field are.
type kind uint8

const (
	kindText kind = iota
	kindStatus
	kindTime
	kindDuration
	kindNumber
	kindPayload
)

func (f Field) kind() kind {
	switch f {
	case Status:
		return kindStatus
	case Started, Stopped:
		return kindTime
	case Duration:
		return kindDuration
	case Redrives, Events:
		return kindNumber
	case Input, Output:
		return kindPayload
	default:
		return kindText
	}
}

// Op is how a field is held against a value.
type Op uint8

// The operators. != is parsed as a Not of Is.
const (
	Is       Op = iota + 1 // : and =
	Contains               // ~
	More
	AtLeast
	Less
	AtMost
)

// Step is one step of a path: a key of an object, or an element of an array.
type Step struct {
	Key     string
	Element bool // an element: Index, or any when that is below 0
	Index   int
}

// Value is what a field is held against. What it is depends on the field.
type Value struct {
	Text string
	// Parts are Text, cut at its wildcards; one part when it has none.
	Parts    []string
	Status   statelark.Status
	Time     time.Time     // when Age is not set
	Age      bool          // the moment that is Duration ago
	Duration time.Duration // of a Duration, or an age
	Number   float64       // when IsNumber
	IsNumber bool
	folded   string // Text in lower case
}

// Failure is why a text is no query.
type Failure struct {
	Message    string
	Start, End int // bytes of the text that it is about
}

func (f *Failure) Error() string { return fmt.Sprintf("%s (at %d)", f.Message, f.Start+1) }

// Children reports whether children of Map Runs are looked for as well: the query says maprun, or looks into payloads.
// Else they would bury all others.
func (q *Query) Children() bool { return q.children }

// Payload returns the first condition that asks for a payload alone, nil when there is none. (A word looks elsewhere, too.)
func (q *Query) Payload() (first *Cond) {
	q.Walk(func(c *Cond, _ bool) {
		if first == nil && (c.Field == Text || c.Field.kind() == kindPayload) {
			first = c
		}
	})
	return first
}

// Walk calls f for each condition, with whether an odd number of Not stand above it.
func (q *Query) Walk(f func(c *Cond, negated bool)) { walk(q.root, false, f) }

func walk(n Node, negated bool, f func(*Cond, bool)) {
	switch n := n.(type) {
	case *Cond:
		f(n, negated)
	case And:
		for _, m := range n {
			walk(m, negated, f)
		}
	case Or:
		for _, m := range n {
			walk(m, negated, f)
		}
	case *Not:
		walk(n.Of, !negated, f)
	}
}

// cost ranks nodes: what needs the payloads comes last.
func cost(n Node) int {
	most := 0
	walk(n, false, func(c *Cond, _ bool) {
		switch c.Field {
		case Word, Text, Input, Output:
			most = max(most, 2)
		case Machine, Name, Error, Alias, Version, MapRun:
			most = max(most, 1)
		}
	})
	return most
}

func byCost(nodes []Node) {
	slices.SortStableFunc(nodes, func(a, b Node) int { return cmp.Compare(cost(a), cost(b)) })
}
