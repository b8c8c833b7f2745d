package graph

import "math"

// Measures of a picture, in pixels.
const (
	dotWidth, dotHeight = 64.0, 32.0
	stateHeight         = 52.0
	minWidth, maxWidth  = 170.0, 300.0
	widthStep           = 20.0 // widths are whole multiples of it, so that states look alike
	besideName          = 60.0 // what a state has at the left and right of its name: a symbol, a status
	inset               = 20.0 // around what is in a container
	branchGap           = 28.0
	margin              = 20.0

	nodeGap  = 36.0
	labelGap = 12.0
	lineGap  = 8.0
	bendPad  = 6.0 // half of what a line takes
	sidePad  = 14.0
	labelPad = 5.0

	labelHeight = 20.0
	slotHeight  = 17.0 // between two lines at the side of a state
	trackGap    = 12.0
	stubAbove   = 18.0 // from a layer to the first track
	stubBelow   = 24.0 // from the last track to the next layer, with room for an arrow
	stubLabel   = 12.0 // the same where the layer is of labels
)

// Options say how a definition is laid out.
type Options struct {
	// Closed are containers, by their pointers, that are drawn without what is in them.
	Closed []string
	// Terminal is for text of one width: every character takes a cell of CellWidth.
	Terminal bool
}

// CellWidth is the width of a character in a layout for terminals.
const CellWidth = 8.0

// Lay lays a definition in JSON out, also one that is not valid: what leads nowhere is left out. The error says where the text
// ends to be JSON.
func Lay(definition string) (*Layout, error) { return LayWith(definition, Options{}) }

// LayWith is Lay with options.
func LayWith(definition string, o Options) (*Layout, error) {
	closed := make(map[string]bool, len(o.Closed))
	for _, c := range o.Closed {
		closed[c] = true
	}
	sc, err := read(definition, closed)
	if err != nil {
		return nil, err
	}
	k := layScope(sc, true, manner{o.Terminal, maxBends})
	l := &Layout{Width: k.width + 2*margin, Height: k.height + 2*margin, Nodes: []Node{}, Edges: []Edge{}}
	l.add(k, margin, margin, "", 0)
	return l, nil
}

// manner is how all scopes of a definition are laid out.
type manner struct {
	terminal bool
	bends    int // the most that a scope may have
}

// layScope lays a scope out, the scopes in it before.
func layScope(sc *scope, top bool, m manner) *sketch {
	inner := make([][]*sketch, len(sc.states))
	for i, s := range sc.states {
		if !s.container() {
			continue
		}
		for _, in := range s.inner {
			inner[i] = append(inner[i], layScope(in, false, m))
		}
	}
	k := newSketch(sc, inner, top, m)
	k.rank()
	k.split()
	k.order()
	k.place()
	k.relax()
	k.settle()
	k.slots()
	k.tracks()
	k.stack()
	return k
}

// settle moves everything to whole pixels from 0, and notes the width.
func (k *sketch) settle() {
	xs := make([]float64, len(k.vs))
	for v := range k.vs {
		xs[v] = k.vs[v].x
	}
	if len(xs) == 0 {
		return
	}
	low, high := k.extent(xs)
	low = math.Floor(low)
	for v := range k.vs {
		k.vs[v].x = math.Round(k.vs[v].x - low)
	}
	k.width = math.Ceil(high - low)
	if len(k.outer) > 0 {
		k.width += trackGap
	}
}

// sizeOf is how large a state is drawn.
func (k *sketch) sizeOf(s *state, inner []*sketch) (width, height float64) {
	second := s.label
	if second == "" {
		second = s.typ
	}
	if k.terminal {
		width = max(cells(s.name), cells(second), statusCells*CellWidth) + 4*CellWidth
	} else {
		width = besideName + max(measureBold(s.name, nameSize), measure(second, smallSize))
		width = min(max(math.Ceil(width/widthStep)*widthStep, minWidth), maxWidth)
	}
	if inner == nil {
		return width, stateHeight
	}
	w, h := branchGap*float64(len(inner)-1), 0.0
	for _, k := range inner {
		w += max(k.width, emptyWidth)
		h = max(h, k.height)
	}
	width = max(width, w+2*inset)
	return math.Ceil(width/2) * 2, HeadHeight + max(h, emptyHeight) + inset
}

// measure is the width of a label.
func (k *sketch) measure(label string) float64 {
	if k.terminal {
		return cells(label)
	}
	return measure(label, smallSize)
}

// statusCells are what the words of a status take in a terminal.
const statusCells = 19

// An empty scope takes some room as well.
const emptyWidth, emptyHeight = 60.0, 24.0

// add appends the nodes and edges of a scope whose upper left corner is at x and y.
func (l *Layout) add(k *sketch, x, y float64, parent string, branch int) {
	ids := make([]string, len(k.vs))
	for i, s := range k.sc.states {
		ids[i] = s.pointer
	}
	if k.start >= 0 {
		ids[k.start] = k.sc.pointer + "#start"
		l.Nodes = append(l.Nodes, k.node(k.start, Node{ID: ids[k.start], Kind: StartNode, Name: "Start"}, x, y))
	}
	for _, i := range k.reading() {
		s := k.sc.states[i]
		n := Node{ID: s.pointer, Kind: StateNode, Name: s.name, Type: s.typ, Label: s.label, Mode: s.mode, Parent: parent, Branch: branch,
			Unreachable: !k.reached[i], Closed: s.closed && len(s.inner) > 0}
		if s.container() {
			n.Kind = ContainerNode
		}
		l.Nodes = append(l.Nodes, k.node(i, n, x, y))
		l.addInner(k.inner[i], l.Nodes[len(l.Nodes)-1])
	}
	if k.end >= 0 {
		ids[k.end] = k.sc.pointer + "#end"
		l.Nodes = append(l.Nodes, k.node(k.end, Node{ID: ids[k.end], Kind: EndNode, Name: "End"}, x, y))
	}
	l.addEdges(k, x, y, ids)
}

// reading is the order of reading: from above, then from the left.
func (k *sketch) reading() []int {
	var order []int
	for _, layer := range k.layers {
		for _, v := range layer {
			if k.vs[v].kind == stateVertex {
				order = append(order, v)
			}
		}
	}
	return order
}

func (k *sketch) node(v int, n Node, x, y float64) Node {
	at := &k.vs[v]
	n.X, n.Y, n.Width, n.Height = x+at.x-at.left, y+at.y, at.left+at.right, at.height
	return n
}

// addInner puts the scopes of a container side by side.
func (l *Layout) addInner(inner []*sketch, n Node) {
	total := branchGap * float64(len(inner)-1)
	for _, k := range inner {
		total += max(k.width, emptyWidth)
	}
	x := math.Floor(n.X + (n.Width-total)/2)
	for i, k := range inner {
		w := max(k.width, emptyWidth)
		l.add(k, math.Floor(x+(w-k.width)/2), n.Y+HeadHeight, n.ID, i)
		x += w + branchGap
	}
}

func (l *Layout) addEdges(k *sketch, x, y float64, ids []string) {
	sides := k.heights()
	for i := range k.links {
		li := &k.links[i]
		e := Edge{ID: li.id, From: ids[li.from], To: ids[li.to], Kind: li.kind, Label: li.out.label, Text: li.text, Back: li.back}
		if li.outside && e.Label != "" { // there is no place for it either
			e.Label, e.Text = "", cmpOr(e.Text, e.Label)
		}
		e.Points = k.route(li, sides)
		e.At = k.labelAt(li, e.Points)
		for j := range e.Points {
			e.Points[j].X += x
			e.Points[j].Y += y
		}
		e.At.X += x
		e.At.Y += y
		l.Edges = append(l.Edges, e)
	}
}

// labelAt is the middle of the label of a link: its vertex, or beside the state that it leaves sideways.
func (k *sketch) labelAt(l *link, points []Point) Point {
	switch {
	case l.label >= 0:
		v := &k.vs[l.label]
		return Point{v.x, v.y + v.height/2}
	case l.side >= 0:
		half := k.measure(l.out.label)/2 + labelPad + sidePad/2
		if k.vs[l.side].onLeft {
			half = -half
		}
		return Point{k.edgeOf(l.side) + half, points[0].Y}
	}
	return points[len(points)/2]
}
