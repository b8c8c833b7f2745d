package graph

// A sketch is one scope while it is laid out: its vertices, the links between them, and later their places.
type sketch struct {
	sc     *scope
	vs     []vertex
	segs   []segment
	links  []link
	outs   [][]int // links of each vertex
	layers [][]int // vertices by rank, from the left

	start, end int         // vertices; -1: the scope shows none
	reached    []bool      // of the scope's states
	inner      [][]*sketch // by state
	gaps       []gap
	top        []float64 // y of each rank
	width      float64
	height     float64
	manner
	entered bool            // by links from above its first layer
	outer   []int           // links that go around everything, because there are too many to make places for
	sides   map[int]*beside // by vertex
	leaving map[int]*link   // by the side where it leaves
}

// vertex is what takes place in a layer.
type vertex struct {
	kind        vertexKind
	left, right float64 // from x, which is where lines come and go
	height      float64
	rank        int
	owner       int     // of a side: the vertex beside which it stands, always
	onLeft      bool    // of a side
	x, y        float64 // y is the upper edge
	roomy       bool    // it has vertices in it
}

type vertexKind uint8

const (
	stateVertex vertexKind = iota
	dotVertex              // start or end
	labelVertex            // the label of one link
	bendVertex             // where links to one state pass through a layer
	sideVertex             // where a loop leaves or enters a state at its side
)

// segment leads from a vertex to one of the next layer.
type segment struct {
	up, down int
	catch    bool // it leaves at the place of Catch
}

// link is an edge while it is laid out.
type link struct {
	out
	from, to int // vertices
	back     bool
	label    int // vertex of the label, -1
	side     int // of a link that goes back: where it leaves
	trunk    *trunk
	first    int // rank at which it joins the trunk; that of to when it does not
	outside  bool
}

// trunk is the way that links to one state share where they pass layers.
type trunk struct {
	bends []int // by distance from the state
	side  int   // of links that go back: where it enters the state
}

// beside are the sides of a vertex, from the inner to the outer.
type beside struct{ left, right []int }

// newSketch makes vertices of states, and links of their outs.
func newSketch(sc *scope, inner [][]*sketch, top bool, m manner) *sketch {
	k := &sketch{sc: sc, start: -1, end: -1, inner: inner, manner: m}
	for i, s := range sc.states {
		w, h := k.sizeOf(s, inner[i])
		k.vs = append(k.vs, vertex{kind: stateVertex, left: w / 2, right: w / 2, height: h, roomy: inner[i] != nil})
	}
	ends := false
	for _, s := range sc.states {
		for _, o := range s.outs {
			ends = ends || o.to == toEnd
		}
	}
	if top {
		k.start = k.dot()
		if ends {
			k.end = k.dot()
		}
		if sc.start >= 0 {
			k.links = append(k.links, newLink(out{to: sc.start, id: sc.pointer + "/StartAt", kind: NextEdge}, k.start, sc.start))
		}
	}
	for i, s := range sc.states {
		for _, o := range s.outs {
			to := o.to
			if to == toEnd {
				to = k.end
			}
			if to >= 0 {
				k.links = append(k.links, newLink(o, i, to))
			}
		}
	}
	return k
}

func newLink(o out, from, to int) link {
	return link{out: o, from: from, to: to, label: -1, side: -1}
}

func (k *sketch) dot() int {
	k.vs = append(k.vs, vertex{kind: dotVertex, left: dotWidth / 2, right: dotWidth / 2, height: dotHeight})
	return len(k.vs) - 1
}

// rank finds the links that go back, and gives each vertex a layer below those that lead to it.
func (k *sketch) rank() {
	n := len(k.vs)
	k.outs = make([][]int, n)
	for i, l := range k.links {
		k.outs[l.from] = append(k.outs[l.from], i)
	}
	order := k.open()
	k.longest(order)
	k.tighten(order)
	k.part(order)
	for i := range k.links {
		l := &k.links[i]
		l.back = l.to != k.end && k.vs[l.from].rank >= k.vs[l.to].rank
		if l.to == k.end {
			k.vs[k.end].rank = max(k.vs[k.end].rank, k.vs[l.from].rank+1)
		}
	}
	if k.end >= 0 {
		for i := range n {
			k.vs[k.end].rank = max(k.vs[k.end].rank, k.vs[i].rank)
		}
	}
}

// part moves states that nothing reaches out of the layers of those to which they lead.
func (k *sketch) part(order []int) {
	for _, v := range order {
		if v >= len(k.reached) || k.reached[v] {
			continue
		}
		for again := true; again; {
			again = false
			for _, i := range k.outs[v] {
				if l := &k.links[i]; !l.back && l.to != k.end && k.reached[l.to] && k.vs[l.to].rank == k.vs[v].rank {
					k.vs[v].rank++
					again = true
				}
			}
		}
		for _, i := range k.outs[v] {
			if l := &k.links[i]; !l.back && l.to != k.end && !k.reached[l.to] {
				k.vs[l.to].rank = max(k.vs[l.to].rank, k.vs[v].rank+1)
			}
		}
	}
}

// open marks links that go back to where a walk in the order of the definition comes from, and returns the vertices in an
// order in which all other links lead on.
func (k *sketch) open() []int {
	const unseen, open, done = 0, 1, 2
	seen := make([]uint8, len(k.vs))
	var after []int
	type step struct{ vertex, next int }
	walk := func(root int) {
		stack := []step{{root, 0}}
		seen[root] = open
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(k.outs[top.vertex]) {
				seen[top.vertex] = done
				after = append(after, top.vertex)
				stack = stack[:len(stack)-1]
				continue
			}
			l := &k.links[k.outs[top.vertex][top.next]]
			top.next++
			switch seen[l.to] {
			case open:
				l.back = true
			case unseen:
				seen[l.to] = open
				stack = append(stack, step{l.to, 0})
			}
		}
	}
	if k.start >= 0 {
		walk(k.start)
	} else if k.sc.start >= 0 {
		walk(k.sc.start)
	}
	k.reached = make([]bool, len(k.sc.states))
	for i := range k.reached {
		k.reached[i] = seen[i] != unseen
	}
	for i := range k.vs {
		if seen[i] == unseen {
			walk(i)
		}
	}
	for i, j := 0, len(after)-1; i < j; i, j = i+1, j-1 {
		after[i], after[j] = after[j], after[i]
	}
	return after
}

// longest ranks by the longest way from the start. States that nothing reaches do not move those that are reached.
func (k *sketch) longest(order []int) {
	reached := func(v int) bool { return v >= len(k.reached) || k.reached[v] }
	lowest := 0
	if k.start >= 0 {
		lowest = 1
	}
	for v := range k.reached {
		k.vs[v].rank = lowest
	}
	for _, pass := range []bool{true, false} {
		for _, v := range order {
			if reached(v) != pass {
				continue
			}
			for _, i := range k.outs[v] {
				if l := &k.links[i]; !l.back && reached(l.to) == pass || l.to == k.end {
					k.vs[l.to].rank = max(k.vs[l.to].rank, k.vs[v].rank+1)
				}
			}
		}
	}
}

// tighten moves vertices down that have more to lead to than to come from.
func (k *sketch) tighten(order []int) {
	in := make([]int, len(k.vs))
	for i := range k.links {
		if l := &k.links[i]; !l.back {
			in[l.to] += weight(l)
		}
	}
	for i := len(order) - 1; i >= 0; i-- {
		v := order[i]
		lowest, weights := -1, 0
		for _, j := range k.outs[v] {
			l := &k.links[j]
			if l.back || k.vs[l.to].rank <= k.vs[v].rank {
				continue
			}
			weights += weight(l)
			if lowest < 0 || k.vs[l.to].rank < lowest {
				lowest = k.vs[l.to].rank
			}
		}
		if v != k.start && v != k.sc.start && weights > in[v] {
			k.vs[v].rank = max(k.vs[v].rank, lowest-1)
		}
	}
}

// weight is how much a link counts that is long.
func weight(l *link) int {
	if l.kind == CatchEdge {
		return 1
	}
	return 2
}
