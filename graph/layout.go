// Package graph draws state machines: it lays the states of a definition out, and writes the picture as SVG and other
// forms. The console shows the same layout.
//
// States stand in layers, as K. Sugiyama's method has it, each scope for itself and the inner ones first: loops are
// opened in the order of the definition, every state goes below those that lead to it, lines cross as little as can be
// found while the order of the definition is kept where it costs nothing, and x is as U. Brandes and B. Köpf assign it.
// A line that passes layers has a place of its own in each, so it meets no state; lines to one state share it.
package graph

// Layout is a definition laid out. Lengths are pixels at a zoom of 1, from the top left corner.
type Layout struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Nodes  []Node  `json:"nodes"` // a container comes before what is in it, else in the order of reading
	Edges  []Edge  `json:"edges"`
}

// Node is a state, or the start or the end of the definition. Inner scopes have neither.
type Node struct {
	ID     string  `json:"id"` // JSON pointer of the state in the definition; #start or #end
	Kind   Kind    `json:"kind"`
	Name   string  `json:"name"`             // of the state
	Type   string  `json:"type,omitempty"`   // of the state, as the definition spells it
	Label  string  `json:"label,omitempty"`  // a second line: what a Task calls, how long a Wait takes
	Parent string  `json:"parent,omitempty"` // id of the container it is in
	Branch int     `json:"branch"`           // which branch of a Parallel it is in
	X      float64 `json:"x"`                // of the whole picture, also in a container
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	// Mode is that of a Map: INLINE or DISTRIBUTED.
	Mode string `json:"mode,omitempty"`
	// Unreachable: no way leads to the state from the start of its scope.
	Unreachable bool `json:"unreachable,omitempty"`
	// Closed: a container that is drawn without what is in it, which was asked for.
	Closed bool `json:"closed,omitempty"`
}

// Kind tells what a Node is.
type Kind string

// The kinds of node.
const (
	StateNode     Kind = "state"
	ContainerNode Kind = "container" // a Parallel or a Map, with what is in it below its head
	StartNode     Kind = "start"
	EndNode       Kind = "end"
)

// HeadHeight is the height of the head of a container, in which its name stands.
const HeadHeight = 52.0

// Edge leads from one node to another of the same scope.
type Edge struct {
	ID     string   `json:"id"` // JSON pointer of what says it: /States/A/Next, /States/A/Choices/0, /StartAt; /States/A#end of a Succeed
	From   string   `json:"from"`
	To     string   `json:"to"`
	Kind   EdgeKind `json:"kind"`
	Label  string   `json:"label,omitempty"` // of a rule of a Choice: its condition, in short; of a Catch: its errors
	Text   string   `json:"text,omitempty"`  // the whole of a label that was cut
	Points []Point  `json:"points"`          // of a line of straight pieces with round corners
	At     Point    `json:"at"`              // the middle of the label
	Back   bool     `json:"back,omitempty"`  // it closes a loop
}

// EdgeKind tells why an Edge is there.
type EdgeKind string

// The kinds of edge.
const (
	NextEdge    EdgeKind = "next"
	ChoiceEdge  EdgeKind = "choice"
	DefaultEdge EdgeKind = "default"
	CatchEdge   EdgeKind = "catch"
)

// Point is a place in the picture.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}
