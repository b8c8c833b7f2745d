package graph

import (
	"math"
	"slices"
)

// placing assigns x, as U. Brandes and B. Köpf do: vertices are aligned with a median neighbour above or below, from the
// left or from the right, which gives four placings; each vertex takes the mean of its two middle ones.
type placing struct {
	k         *sketch
	up, down  [][]int // neighbours to align with, from the left
	at        []int
	conflicts map[[2]int]bool // segments, as upper and lower vertex, that may not be straight
}

func (k *sketch) place() {
	if len(k.vs) == 0 {
		return
	}
	p := newPlacing(k)
	var all [4][]float64
	for i := range all {
		all[i] = p.compact(p.align(i&1 != 0, i&2 != 0), i&2 != 0)
	}
	least, narrowest := math.Inf(1), 0
	var lows, highs [4]float64
	for i, xs := range all {
		lows[i], highs[i] = k.extent(xs)
		if w := highs[i] - lows[i]; w < least-0.5 {
			least, narrowest = w, i
		}
	}
	for i, xs := range all {
		shift := lows[narrowest] - lows[i]
		if i&2 != 0 {
			shift = highs[narrowest] - highs[i]
		}
		for v := range xs {
			xs[v] += shift
		}
	}
	for v := range k.vs {
		four := []float64{all[0][v], all[1][v], all[2][v], all[3][v]}
		slices.Sort(four)
		k.vs[v].x = (four[1] + four[2]) / 2
	}
}

// extent is from where to where vertices reach.
func (k *sketch) extent(xs []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for v, x := range xs {
		low, high = min(low, x-k.vs[v].left), max(high, x+k.vs[v].right)
	}
	return low, high
}

func newPlacing(k *sketch) *placing {
	n := len(k.vs)
	p := &placing{k: k, at: make([]int, n), up: make([][]int, n), down: make([][]int, n), conflicts: map[[2]int]bool{}}
	for _, layer := range k.layers {
		for i, v := range layer {
			p.at[v] = i
		}
	}
	ups, downs := make([][]segment, n), make([][]segment, n)
	for _, s := range k.segs {
		ups[s.down] = append(ups[s.down], s)
		downs[s.up] = append(downs[s.up], s)
	}
	for v := range k.vs {
		p.up[v] = p.preferred(ups[v], func(s segment) int { return s.up })
		p.down[v] = p.preferred(downs[v], func(s segment) int { return s.down })
	}
	p.conflict(ups)
	return p
}

// preferred are the neighbours that a vertex is rather aligned with: the rest of a long line, then what follows, then Catches.
func (p *placing) preferred(segs []segment, other func(segment) int) []int {
	best := 0
	for _, s := range segs {
		best = max(best, p.urge(s))
	}
	var found []int
	for _, s := range segs {
		if p.urge(s) == best {
			found = append(found, other(s))
		}
	}
	slices.SortFunc(found, func(a, b int) int { return p.at[a] - p.at[b] })
	return found
}

// urge is how much a segment wants to be straight.
func (p *placing) urge(s segment) int {
	switch {
	case p.passes(s.up) && p.passes(s.down):
		return 3
	case s.catch:
		return 1
	}
	return 2
}

// passes reports whether lines only pass through a vertex.
func (p *placing) passes(v int) bool {
	return p.k.vs[v].kind == bendVertex || p.k.vs[v].kind == sideVertex
}

// conflict notes segments that cross a piece of a long line, which goes before them.
func (p *placing) conflict(ups [][]segment) {
	for r := 1; r < len(p.k.layers); r++ {
		layer, above := p.k.layers[r], p.k.layers[r-1]
		from, scanned := 0, 0
		for i, v := range layer {
			to, inner := len(above)-1, false
			for _, s := range ups[v] {
				if p.urge(s) == 3 {
					to, inner = p.at[s.up], true
				}
			}
			if !inner && i != len(layer)-1 {
				continue
			}
			for ; scanned <= i; scanned++ {
				for _, s := range ups[layer[scanned]] {
					if at := p.at[s.up]; p.urge(s) != 3 && (at < from || at > to) {
						p.conflicts[[2]int{s.up, s.down}] = true
					}
				}
			}
			from = to
		}
	}
}

// align returns the first vertex of the block of each.
func (p *placing) align(upwards, fromRight bool) []int {
	n := len(p.k.vs)
	root, next := make([]int, n), make([]int, n)
	for v := range n {
		root[v], next[v] = v, v
	}
	layers, neighbours := p.k.layers, p.up
	if upwards {
		neighbours = p.down
	}
	for i := range layers {
		layer := layers[i]
		if upwards {
			layer = layers[len(layers)-1-i]
		}
		last := -1
		for j := range layer {
			v := layer[j]
			if fromRight {
				v = layer[len(layer)-1-j]
			}
			last = p.join(v, neighbours[v], root, next, last, fromRight)
		}
	}
	return root
}

// join puts v into the block of a median of its neighbours, none of which may be before last. It returns the new last.
func (p *placing) join(v int, neighbours, root, next []int, last int, fromRight bool) int {
	n := len(neighbours)
	if n == 0 {
		return last
	}
	medians := []int{(n - 1) / 2, n / 2}
	if fromRight {
		medians[0], medians[1] = medians[1], medians[0]
	}
	for _, m := range medians {
		u := neighbours[m]
		at := p.at[u]
		if fromRight {
			at = len(p.k.layers[p.k.vs[u].rank]) - 1 - at
		}
		if next[v] != v || at <= last || p.conflicts[[2]int{u, v}] || p.conflicts[[2]int{v, u}] {
			continue
		}
		next[u] = v
		root[v] = root[u]
		next[v] = root[v]
		return at
	}
	return last
}

// compact gives every block the least x that its neighbours leave it, and then pulls it to what is on its far side.
func (p *placing) compact(root []int, fromRight bool) []float64 {
	right, waits := p.blocks(root, fromRight)
	var order []int
	for v := range root {
		if root[v] == v && waits[v] == 0 {
			order = append(order, v)
		}
	}
	xs := make([]float64, len(root))
	for i := 0; i < len(order); i++ {
		for _, b := range right[order[i]] {
			xs[b.block] = max(xs[b.block], xs[order[i]]+b.apart)
			if waits[b.block]--; waits[b.block] == 0 {
				order = append(order, b.block)
			}
		}
	}
	for _, b := range slices.Backward(order) {
		room := math.Inf(1)
		for _, r := range right[b] {
			room = min(room, xs[r.block]-r.apart)
		}
		if !math.IsInf(room, 1) {
			xs[b] = max(xs[b], room)
		}
	}
	out := make([]float64, len(root))
	for v := range root {
		out[v] = xs[root[v]]
		if fromRight {
			out[v] = -out[v]
		}
	}
	return out
}

// neighbour is a block beside another, at least apart from it.
type neighbour struct {
	block int
	apart float64
}

// blocks returns what is at the right of each block, and how much is at its left. From the right all is the other way round.
func (p *placing) blocks(root []int, fromRight bool) (right [][]neighbour, waits []int) {
	right, waits = make([][]neighbour, len(root)), make([]int, len(root))
	for _, layer := range p.k.layers {
		for i := 1; i < len(layer); i++ {
			a, b := layer[i-1], layer[i]
			d := p.k.apart(a, b)
			if fromRight {
				a, b = b, a
			}
			right[root[a]] = append(right[root[a]], neighbour{root[b], d})
			waits[root[b]]++
		}
	}
	return right, waits
}

// apart is how far the lines of two neighbours of a layer are from each other at least.
func (k *sketch) apart(a, b int) float64 {
	u, v := &k.vs[a], &k.vs[b]
	between := nodeGap
	switch {
	case u.kind == sideVertex || v.kind == sideVertex, u.kind == bendVertex || v.kind == bendVertex:
		between = lineGap
	case u.kind == labelVertex || v.kind == labelVertex:
		between = labelGap
	}
	return u.right + between + v.left
}

// rounds is how often places are mended: downwards first and last.
const rounds = 5

// relax moves vertices within the room that their neighbours leave, so that lines have fewer bends and are shorter. No vertex
// passes another.
func (k *sketch) relax() {
	ups, downs := make([][]segment, len(k.vs)), make([][]segment, len(k.vs))
	for _, s := range k.segs {
		ups[s.down] = append(ups[s.down], s)
		downs[s.up] = append(downs[s.up], s)
	}
	for round := range rounds {
		for i := range k.layers {
			layer := k.layers[i]
			if round%2 == 1 {
				layer = k.layers[len(k.layers)-1-i]
			}
			for j, v := range layer {
				low, high := math.Inf(-1), math.Inf(1)
				if j > 0 {
					low = k.vs[layer[j-1]].x + k.apart(layer[j-1], v)
				}
				if j+1 < len(layer) {
					high = k.vs[layer[j+1]].x - k.apart(v, layer[j+1])
				}
				if kind := k.vs[v].kind; kind == stateVertex || kind == dotVertex {
					if len(ups[v]) > 1 || len(downs[v]) > 1 { // it stays in the middle of them
						continue
					}
				}
				follows := round%2 == 0 && len(ups[v]) == 1 && (k.vs[v].kind != labelVertex || ups[v][0].catch)
				k.mend(v, ups[v], downs[v], low, high, follows)
			}
		}
	}
}

// bendCost is how much longer a line may be that has a bend less.
const bendCost = 60.0

// mend moves one vertex to where its lines cost the least. Where that is the same for several places, one that follows
// goes below what it comes from, for those below to do the same; labels of a Choice stay where they are spread out.
func (k *sketch) mend(v int, ups, downs []segment, low, high float64, follows bool) {
	var wanted []float64
	for _, s := range ups {
		wanted = append(wanted, k.leaves(s))
	}
	for _, s := range downs {
		wanted = append(wanted, k.vs[s.down].x-(k.leaves(s)-k.vs[v].x))
	}
	price := func(x float64) float64 {
		sum := 0.0
		for _, w := range wanted {
			if d := math.Abs(w - x); d > 0.5 {
				sum += d + bendCost
			}
		}
		return sum
	}
	best, least := k.vs[v].x, price(k.vs[v].x)
	for i, w := range wanted {
		if w < low || w > high {
			continue
		}
		p := price(w)
		if p < least-0.5 || p <= least && follows && i == 0 {
			best, least = w, p
		}
	}
	k.vs[v].x = best
}

// leaves is where a segment leaves what is above.
func (k *sketch) leaves(s segment) float64 {
	v := &k.vs[s.up]
	if s.catch {
		return v.x + min(v.right-slotHeight, v.right*0.75)
	}
	return v.x
}
