package graph

// maxBends bounds the vertices that long links take. Further ones go around all layers.
const maxBends = 20_000

// split gives every link vertices in the layers that it passes. Ranks are doubled before, so that there is room for a
// layer of labels between any two, and numbered anew after.
func (k *sketch) split() {
	for i := range k.vs {
		k.vs[i].rank *= 2
	}
	for i := range k.links {
		k.label(&k.links[i])
	}
	k.compress()
	k.leaving = make(map[int]*link)
	s := splitter{k: k, ahead: map[trunkKey]*trunk{}, sides: map[int]*trunk{}}
	for i := range k.links {
		l := &k.links[i]
		switch {
		case l.back:
			s.back(l)
		default:
			s.forth(l)
		}
		if l.outside {
			k.outer = append(k.outer, i)
		}
		if l.side >= 0 {
			k.leaving[l.side] = l
		}
	}
}

// label makes the vertex of a link's label: of a link that goes on between the layers, else beside its state.
func (k *sketch) label(l *link) {
	if l.out.label == "" || l.back {
		return
	}
	w := k.measure(l.out.label)/2 + labelPad
	k.vs = append(k.vs, vertex{kind: labelVertex, left: w, right: w, height: labelHeight, rank: k.vs[l.from].rank + 1})
	l.label = len(k.vs) - 1
}

// compress numbers the ranks that have vertices.
func (k *sketch) compress() {
	highest := 0
	for _, v := range k.vs {
		highest = max(highest, v.rank)
	}
	used := make([]int, highest+1)
	for _, v := range k.vs {
		used[v.rank] = 1
	}
	n := 0
	for r, u := range used {
		used[r] = n
		n += u
	}
	for i := range k.vs {
		k.vs[i].rank = used[k.vs[i].rank]
	}
	k.layers = make([][]int, n)
}

type trunkKey struct {
	to    int
	catch bool
}

type splitter struct {
	k     *sketch
	ahead map[trunkKey]*trunk // of links that go on
	sides map[int]*trunk      // of links that go back
	bends int
}

func (s *splitter) bend(rank int) int {
	s.bends++
	s.k.vs = append(s.k.vs, vertex{kind: bendVertex, left: bendPad, right: bendPad, rank: rank})
	return len(s.k.vs) - 1
}

// forth leads a link down: to its label, into the trunk of its target, to that.
func (s *splitter) forth(l *link) {
	vs := s.k.vs
	from, rank, catch := l.from, vs[l.to].rank, l.kind == CatchEdge
	l.first = vs[l.from].rank + 1
	key := trunkKey{l.to, catch}
	t := s.ahead[key]
	if t == nil {
		t = &trunk{side: -1}
	}
	first := l.first
	if l.label >= 0 {
		first++
	}
	if s.bends+rank-first-len(t.bends) > s.k.bends {
		l.outside, l.label = true, -1 // its vertex stays where it is, and shows nothing
		return
	}
	s.ahead[key] = t
	if l.label >= 0 {
		s.k.segs = append(s.k.segs, segment{from, l.label, catch})
		from, catch, l.first = l.label, false, first
	}
	l.trunk = t
	below := l.to
	for r := rank - 1; r >= l.first; r-- {
		if at := rank - 1 - r; at == len(t.bends) {
			t.bends = append(t.bends, s.bend(r))
			s.k.segs = append(s.k.segs, segment{t.bends[at], below, false})
		}
		below = t.bends[rank-1-r]
	}
	s.k.segs = append(s.k.segs, segment{from, below, catch})
}

// back leads a link up at the sides of its states.
func (s *splitter) back(l *link) {
	k := s.k
	t := s.sides[l.to]
	upper, lower := k.vs[l.to].rank, k.vs[l.from].rank
	if s.bends+lower-upper > s.k.bends {
		l.outside = true
		return
	}
	w := 0.0
	if l.out.label != "" {
		w = k.measure(l.out.label) + 2*labelPad
	}
	if l.from == l.to {
		l.side = k.side(l.from, w, false)
		return
	}
	if t == nil {
		t = &trunk{side: k.side(l.to, 0, k.goesLeft(l))}
		s.sides[l.to] = t
	}
	l.side = k.side(l.from, w, k.vs[t.side].onLeft)
	l.trunk = t
	above := t.side
	for r := upper + 1; r < lower; r++ {
		if at := r - upper - 1; at == len(t.bends) {
			t.bends = append(t.bends, s.bend(r))
			k.segs = append(k.segs, segment{above, t.bends[at], false})
		}
		above = t.bends[r-upper-1]
	}
	k.segs = append(k.segs, segment{above, l.side, false})
}

// side makes a vertex beside another, with room for a label between the two.
func (k *sketch) side(owner int, label float64, onLeft bool) int {
	v := vertex{kind: sideVertex, left: sidePad + label, right: bendPad, rank: k.vs[owner].rank, owner: owner, onLeft: onLeft}
	if onLeft {
		v.left, v.right = v.right, v.left
	}
	k.vs = append(k.vs, v)
	return len(k.vs) - 1
}

// goesLeft reports whether a loop is drawn at the left: where it is the first of several ways on, or closes what is.
func (k *sketch) goesLeft(l *link) bool {
	ways, first := 0, -1
	for _, i := range k.outs[l.from] {
		if o := &k.links[i]; o.kind != CatchEdge {
			if ways++; first < 0 {
				first = i
			}
		}
	}
	if ways > 1 {
		return k.links[first].id == l.id
	}
	ways, first = 0, -1
	for _, i := range k.outs[l.to] {
		if o := &k.links[i]; !o.back && o.kind != CatchEdge {
			if ways++; first < 0 {
				first = i
			}
		}
	}
	return ways > 1 && k.leads(k.links[first].to, l.from)
}

// leads reports whether one vertex is on the way to another that is below.
func (k *sketch) leads(from, to int) bool {
	seen := map[int]bool{from: true}
	queue := []int{from}
	for len(queue) > 0 && !seen[to] {
		v := queue[0]
		queue = queue[1:]
		for _, i := range k.outs[v] {
			if l := &k.links[i]; !l.back && !seen[l.to] && k.vs[l.to].rank <= k.vs[to].rank {
				seen[l.to] = true
				queue = append(queue, l.to)
			}
		}
	}
	return seen[to]
}
