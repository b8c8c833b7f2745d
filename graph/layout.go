// Package graph draws state machines: it lays the states of a definition out, and writes the picture as SVG and other
// forms. The console shows the same layout.
package graph

// Layout is a definition laid out. Lengths are pixels at a zoom of 1, from the top left corner.
type Layout struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Nodes  []Node  `json:"nodes"` // a container comes before what is in it, else in the order of reading
	Edges  []Edge  `json:"edges"`
}

// Node is a state, or the start or the end of a scope.
type Node struct {
	ID     string  `json:"id"` // JSON pointer of the state in the definition; that of its scope and #start or #end
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
}

// Kind tells what a Node is.
type Kind string

// The kinds of node.
const (
	StateNode     Kind = "state"
	ContainerNode Kind = "container" // a Parallel or a Map, with what is in it
	StartNode     Kind = "start"
	EndNode       Kind = "end"
)

// Edge leads from one node to another of the same scope.
type Edge struct {
	ID     string   `json:"id"`
	From   string   `json:"from"`
	To     string   `json:"to"`
	Kind   EdgeKind `json:"kind"`
	Label  string   `json:"label,omitempty"` // of a rule of a Choice: its condition, in short; of a Catch: its errors
	Points []Point  `json:"points"`          // of a line of straight pieces with round corners
	At     Point    `json:"at"`              // the middle of the label
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
