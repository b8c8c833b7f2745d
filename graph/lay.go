package graph

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// How a definition is laid out.
//
// No transition leaves its scope, so each scope is laid out by itself, the innermost first: a Parallel or a Map is then a
// node whose size is known. A scope is laid out in layers, from top to bottom (after Sugiyama):
//
//  1. Depth first from StartAt, in the order of the definition. A transition to a state that is under way goes back; it
//     has no say in what follows.
//  2. Layers: each state one below the lowest that leads to it. A transition with a label takes two, and the label the
//     place in the middle; one that passes layers has a bend in each of them.
//  3. Order within layers: that of step 1, then sweeps by the mean place of neighbours, as long as crossings become fewer.
//     What is equal stays as it was, so rules of a Choice stand in their order and branches never swap.
//  4. Places: sweeps again; in each a layer is put as near as possible to the mean of its neighbours (least squares with
//     the distances as constraints, by pooling violators). Bends weigh more than states, so long lines are straight.
//  5. Lines: down from a state, across in the gap between two layers on a track of its own, down to the next. What goes
//     back goes around the side.

// Distances, in pixels.
const (
	nodeHeight  = 52.0
	pillWidth   = 64.0 // of start and end
	pillHeight  = 28.0
	minWidth    = 150.0
	maxWidth    = 260.0
	charWidth   = 8.3 // of a name, about
	labelChar   = 6.4 // of a label
	labelHeight = 18.0
	across      = 36.0 // between two nodes of a layer
	bendAcross  = 18.0 // beside a bend
	down        = 34.0 // between two layers, at least
	track       = 9.0  // between two lines that go across in the same gap
	lane        = 14.0 // between two lines that go back at the same side
	padding     = 20.0 // in a container
	heading     = 48.0 // of a container
	margin      = 20.0 // around the picture
)

// Lay lays a definition out, JSON text that need not be valid ASL. An error says where it is not even JSON.
func Lay(definition string) (*Layout, error) {
	top, err := parse(definition)
	if err != nil {
		return nil, err
	}
	p := laid(top, true)
	l := &Layout{Nodes: []Node{}, Edges: []Edge{}}
	p.place(l, "", 0, margin, margin)
	l.Width, l.Height = p.width+2*margin, p.height+2*margin
	return l, nil
}

// vertex is a state, a start or an end, or a bend or label of an edge.
type vertex struct {
	kind          Kind
	state         *state // nil for what is no state
	inner         []*plan
	width, height float64
	layer, order  int
	x, y          float64 // of its middle; of its top
	above, below  []*vertex
	bend          bool // of an edge
}

// arc is an edge of a scope on its way through the layers.
type arc struct {
	from, to *vertex
	exit
	back  bool
	chain []*vertex // from, bends and label, to
	label *vertex
	port  float64 // from the middle of from, where the line begins
}

// plan is a scope laid out.
type plan struct {
	scope         *scope
	top           bool
	vertices      []*vertex // of states, start and end, in the order of reading
	arcs          []*arc
	layers        [][]*vertex
	width, height float64
	lines         map[*arc][]Point
}

// laid lays a scope out, and those in it.
func laid(s *scope, top bool) *plan {
	p := &plan{scope: s, top: top, lines: map[*arc][]Point{}}
	p.collect()
	if len(p.vertices) == 0 {
		p.width, p.height = minWidth, nodeHeight
		return p
	}
	p.rank()
	p.expand()
	p.arrange()
	p.spread()
	p.route()
	return p
}

// collect makes vertices and arcs, depth first.
func (p *plan) collect() {
	of := map[*state]*vertex{}
	under := map[*state]bool{}
	var end *vertex
	if p.top && len(p.scope.states) > 0 {
		p.vertices = append(p.vertices, &vertex{kind: StartNode, width: pillWidth, height: pillHeight})
		end = &vertex{kind: EndNode, width: pillWidth, height: pillHeight}
	}
	var visit func(s *state) *vertex
	visit = func(s *state) *vertex {
		v := newVertex(s)
		of[s], under[s] = v, true
		p.vertices = append(p.vertices, v)
		for _, e := range merged(s.exits) {
			next := p.scope.byName[e.to]
			if next == nil {
				continue
			}
			a := &arc{from: v, exit: e, back: under[next]}
			p.arcs = append(p.arcs, a)
			if of[next] == nil {
				visit(next)
			}
			a.to = of[next]
		}
		if s.ends && end != nil {
			p.arcs = append(p.arcs, &arc{from: v, to: end, exit: exit{kind: NextEdge}})
		}
		under[s] = false
		return v
	}
	if first := p.scope.byName[p.scope.startAt]; first != nil {
		v := visit(first)
		if end != nil {
			p.arcs = append(p.arcs, &arc{from: p.vertices[0], to: v, exit: exit{kind: NextEdge}})
		}
	}
	for _, s := range p.scope.states { // what nothing leads to
		if of[s] == nil {
			visit(s)
		}
	}
	if end != nil {
		p.vertices = append(p.vertices, end)
	}
}

// merged makes one exit of those that lead to the same state for the same kind of reason.
func merged(exits []exit) []exit {
	var out []exit
	for _, e := range exits {
		i := slices.IndexFunc(out, func(o exit) bool { return o.to == e.to && o.kind == e.kind })
		if i < 0 {
			out = append(out, e)
			continue
		}
		out[i].label = shorten(out[i].label + " · " + e.label)
	}
	return out
}

func newVertex(s *state) *vertex {
	v := &vertex{kind: StateNode, state: s, width: textWidth(s.name, s.label), height: nodeHeight}
	if len(s.scopes) == 0 {
		return v
	}
	v.kind = ContainerNode
	width, height := padding, 0.0
	for _, sc := range s.scopes {
		inner := laid(sc, false)
		v.inner = append(v.inner, inner)
		width += inner.width + padding
		height = max(height, inner.height)
	}
	v.width, v.height = max(width, v.width+padding), heading+height+padding
	return v
}

// textWidth is how wide a node has to be for its two lines.
func textWidth(name, label string) float64 {
	w := max(float64(utf8.RuneCountInString(name))*charWidth, float64(utf8.RuneCountInString(label))*labelChar) + 64
	return math.Round(min(max(w, minWidth), maxWidth))
}

// rank gives each vertex its layer.
func (p *plan) rank() {
	in := map[*vertex]int{}
	out := map[*vertex][]*arc{}
	for _, a := range p.arcs {
		if !a.back {
			in[a.to]++
			out[a.from] = append(out[a.from], a)
		}
	}
	var ready []*vertex
	for _, v := range p.vertices {
		if in[v] == 0 {
			ready = append(ready, v)
		}
	}
	var sorted []*vertex
	for len(ready) > 0 {
		v := ready[0]
		ready, sorted = ready[1:], append(sorted, v)
		for _, a := range out[v] {
			a.to.layer = max(a.to.layer, v.layer+a.span())
			if in[a.to]--; in[a.to] == 0 {
				ready = append(ready, a.to)
			}
		}
	}
	// What begins a flow that nothing leads to stands right above what it leads to.
	reached := map[*vertex]bool{}
	for _, a := range p.arcs {
		reached[a.to] = reached[a.to] || !a.back
	}
	for _, v := range slices.Backward(sorted) {
		if reached[v] || v.kind == StartNode || len(out[v]) == 0 {
			continue
		}
		low := math.MaxInt
		for _, a := range out[v] {
			low = min(low, a.to.layer-a.span())
		}
		v.layer = low
	}
}

// span is how many layers an arc goes down at least.
func (a *arc) span() int {
	if a.label != nil || a.exit.label != "" {
		return 2
	}
	return 1
}

// expand makes bends and labels, and fills the layers in the order of reading.
func (p *plan) expand() {
	deepest := 0
	for _, v := range p.vertices {
		deepest = max(deepest, v.layer)
	}
	p.layers = make([][]*vertex, deepest+1)
	add := func(v *vertex) { p.layers[v.layer] = append(p.layers[v.layer], v) }
	byFrom := map[*vertex][]*arc{}
	for _, a := range p.arcs {
		byFrom[a.from] = append(byFrom[a.from], a)
	}
	for _, v := range p.vertices {
		add(v)
		for _, a := range byFrom[v] {
			if a.back {
				continue
			}
			a.chain = []*vertex{a.from}
			for l := a.from.layer + 1; l < a.to.layer; l++ {
				b := &vertex{bend: true, layer: l, width: 1}
				if l == a.from.layer+1 && a.exit.label != "" {
					b.width, b.height = float64(utf8.RuneCountInString(a.exit.label))*labelChar+12, labelHeight
					a.label = b
				}
				a.chain = append(a.chain, b)
				add(b)
			}
			a.chain = append(a.chain, a.to)
			for i := 1; i < len(a.chain); i++ {
				a.chain[i-1].below = append(a.chain[i-1].below, a.chain[i])
				a.chain[i].above = append(a.chain[i].above, a.chain[i-1])
			}
		}
	}
	p.number()
}

func (p *plan) number() {
	for _, layer := range p.layers {
		for i, v := range layer {
			v.order = i
		}
	}
}

// place writes what is laid out into l, with its top left corner at x and y.
func (p *plan) place(l *Layout, parent string, branch int, x, y float64) {
	ids := map[*vertex]string{}
	for _, v := range p.vertices {
		n := Node{Kind: v.kind, Parent: parent, Branch: branch, X: round(x + v.x - v.width/2), Y: round(y + v.y), Width: v.width, Height: v.height}
		switch v.kind {
		case StartNode, EndNode:
			n.ID, n.Name = p.scope.pointer+"#"+string(v.kind), map[Kind]string{StartNode: "Start", EndNode: "End"}[v.kind]
		default:
			n.ID, n.Name, n.Type, n.Label, n.Mode = v.state.pointer, v.state.name, v.state.typ, v.state.label, v.state.mode
		}
		ids[v] = n.ID
		l.Nodes = append(l.Nodes, n)
		left := n.X + (v.width-innerWidth(v.inner))/2
		for i, inner := range v.inner {
			inner.place(l, n.ID, i, left, n.Y+heading)
			left += inner.width + padding
		}
	}
	for i, a := range p.arcs {
		e := Edge{ID: p.scope.pointer + "#" + strconv.Itoa(i), From: ids[a.from], To: ids[a.to], Kind: a.kind, Label: a.exit.label}
		for _, at := range p.lines[a] {
			e.Points = append(e.Points, Point{round(x + at.X), round(y + at.Y)})
		}
		e.At = e.Points[len(e.Points)/2]
		if a.label != nil {
			e.At = Point{round(x + a.label.x), round(y + a.label.y + labelHeight/2)}
		}
		l.Edges = append(l.Edges, e)
	}
}

func innerWidth(plans []*plan) float64 {
	w := 0.0
	for _, p := range plans {
		w += p.width
	}
	return w + padding*float64(max(0, len(plans)-1))
}

func round(f float64) float64 { return math.Round(f*2) / 2 }
