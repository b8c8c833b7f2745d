package graph

import (
	"cmp"
	"slices"
)

// sweeps is how often the layers are gone through without getting better before that ends, and patience how many vertices
// that may be in all, for large scopes.
const (
	sweeps   = 4
	patience = 300_000
)

// ordering finds the order of vertices in their layers. Sides are not in the layers yet: they go with their owners.
type ordering struct {
	k        *sketch
	up, down [][]int // segments of each vertex, those of sides with the owner
	gaps     [][]int // segments below each layer
	at       []int   // place of each vertex in its layer
	ends     [][2]int
	moved    []mean
	tree     []int
}

// mean is a vertex with the mean place of its neighbours.
type mean struct {
	v  int
	at float64
}

// order puts the vertices of each layer in order.
func (k *sketch) order() {
	o := newOrdering(k)
	o.first()
	o.improve()
	o.besides()
}

func newOrdering(k *sketch) *ordering {
	o := &ordering{k: k, at: make([]int, len(k.vs)), up: make([][]int, len(k.vs)), down: make([][]int, len(k.vs)), gaps: make([][]int, len(k.layers))}
	for i, s := range k.segs {
		up, down := o.host(s.up), o.host(s.down)
		o.down[up] = append(o.down[up], i)
		o.up[down] = append(o.up[down], i)
		o.gaps[k.vs[up].rank] = append(o.gaps[k.vs[up].rank], i)
	}
	return o
}

func (o *ordering) host(v int) int {
	if o.k.vs[v].kind == sideVertex {
		return o.k.vs[v].owner
	}
	return v
}

// first orders by a walk in the order of the definition.
func (o *ordering) first() {
	k := o.k
	for _, down := range o.down {
		slices.SortStableFunc(down, func(a, b int) int { return o.class(a) - o.class(b) })
	}
	seen := make([]bool, len(k.vs))
	walk := func(root int) {
		stack := []int{root}
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[v] {
				continue
			}
			seen[v] = true
			o.at[v] = len(k.layers[k.vs[v].rank])
			k.layers[k.vs[v].rank] = append(k.layers[k.vs[v].rank], v)
			for _, s := range slices.Backward(o.down[v]) {
				stack = append(stack, o.host(k.segs[s].down))
			}
		}
	}
	if k.start >= 0 {
		walk(k.start)
	} else if k.sc.start >= 0 {
		walk(k.sc.start)
	}
	for v := range k.vs {
		if k.vs[v].kind != sideVertex && len(o.up[v]) == 0 {
			walk(v)
		}
	}
	for v := range k.vs {
		if k.vs[v].kind != sideVertex {
			walk(v)
		}
	}
}

// class tells which segments of a state go further to the right: Catches, and then loops, but for those at the left.
func (o *ordering) class(s int) int {
	switch v := &o.k.vs[o.k.segs[s].up]; {
	case v.kind == sideVertex && v.onLeft:
		return -1
	case v.kind == sideVertex:
		return 2
	case o.k.segs[s].catch:
		return 1
	}
	return 0
}

// improve goes up and down the layers as long as lines cross less for it.
func (o *ordering) improve() {
	best := o.crossings()
	kept := o.copy()
	most := 2 + patience/max(len(o.k.vs), 1)
	for i, idle := 0, 0; best > 0 && idle < sweeps && i < most; i++ {
		o.sweep(i%2 == 0)
		o.swap()
		n := o.crossings()
		if n < best {
			best, kept, idle = n, o.copy(), 0
		} else {
			idle++
		}
	}
	for r := range kept {
		o.set(r, kept[r])
	}
}

func (o *ordering) copy() [][]int {
	layers := make([][]int, len(o.k.layers))
	for i, l := range o.k.layers {
		layers[i] = slices.Clone(l)
	}
	return layers
}

func (o *ordering) set(rank int, layer []int) {
	o.k.layers[rank] = layer
	for i, v := range layer {
		o.at[v] = i
	}
}

// sweep sorts each layer by the mean place of what is above, or of what is below.
func (o *ordering) sweep(downwards bool) {
	n := len(o.k.layers)
	for i := 1; i < n; i++ {
		if downwards {
			o.sort(i, o.up, func(s int) float64 { return float64(o.upper(s)) })
		} else {
			o.sort(n-1-i, o.down, func(s int) float64 { return float64(o.lower(s)) })
		}
	}
}

// sort puts the vertices that have neighbours in the order of their means; others stay where they are.
func (o *ordering) sort(rank int, segs [][]int, place func(int) float64) {
	layer := o.k.layers[rank]
	moved := o.moved[:0]
	for _, v := range layer {
		if len(segs[v]) > 0 {
			sum := 0.0
			for _, s := range segs[v] {
				sum += place(s)
			}
			moved = append(moved, mean{v, sum / float64(len(segs[v]))})
		}
	}
	slices.SortStableFunc(moved, func(a, b mean) int { return cmp.Compare(a.at, b.at) })
	o.moved = moved
	next := 0
	for i, v := range layer {
		if len(segs[v]) > 0 {
			layer[i] = moved[next].v
			next++
		}
		o.at[layer[i]] = i
	}
}

// upper and lower are the places where a segment ends, three to a vertex: left, middle and right.
func (o *ordering) upper(s int) int {
	seg := o.k.segs[s]
	if seg.catch {
		return 3*o.at[seg.up] + 2
	}
	return o.port(seg.up)
}

func (o *ordering) lower(s int) int { return o.port(o.k.segs[s].down) }

func (o *ordering) port(v int) int {
	switch n := &o.k.vs[v]; {
	case n.kind != sideVertex:
		return 3*o.at[v] + 1
	case n.onLeft:
		return 3 * o.at[n.owner]
	default:
		return 3*o.at[n.owner] + 2
	}
}

// crossings counts how often lines cross, by the count of inversions.
func (o *ordering) crossings() int {
	total := 0
	for r, segs := range o.gaps {
		if len(segs) < 2 {
			continue
		}
		o.ends = o.ends[:0]
		for _, s := range segs {
			o.ends = append(o.ends, [2]int{o.upper(s), o.lower(s)})
		}
		slices.SortFunc(o.ends, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) })
		n := 3*len(o.k.layers[r+1]) + 1
		o.tree = slices.Grow(o.tree[:0], n)
		tree := o.tree[:n]
		clear(tree)
		for i, e := range o.ends {
			total += i
			for j := e[1] + 1; j > 0; j &= j - 1 { // those that end at or before it
				total -= tree[j]
			}
			for j := e[1] + 1; j < len(tree); j += j & -j {
				tree[j]++
			}
		}
	}
	return total
}

// maxSwaps bounds the neighbours that are compared one by one.
const maxSwaps = 64

// swap exchanges neighbours in a layer as long as lines cross less for it.
func (o *ordering) swap() {
	for _, layer := range o.k.layers {
		for better, rounds := true, 0; better && rounds < 4; rounds++ {
			better = false
			for i := 0; i+1 < len(layer); i++ {
				v, w := layer[i], layer[i+1]
				if len(o.up[v])+len(o.up[w])+len(o.down[v])+len(o.down[w]) > maxSwaps {
					continue
				}
				now := o.between(v, w, o.up, o.upper) + o.between(v, w, o.down, o.lower)
				then := o.between(w, v, o.up, o.upper) + o.between(w, v, o.down, o.lower)
				if then < now {
					layer[i], layer[i+1] = w, v
					o.at[v], o.at[w] = i+1, i
					better = true
				}
			}
		}
	}
}

// between counts the crossings of the lines of v, which is on the left, with those of w.
func (o *ordering) between(v, w int, segs [][]int, place func(int) int) int {
	n := 0
	for _, a := range segs[v] {
		for _, b := range segs[w] {
			if place(a) > place(b) {
				n++
			}
		}
	}
	return n
}

// besides puts the sides into the layers, next to their owners.
func (o *ordering) besides() {
	k := o.k
	k.sides = make(map[int]*beside)
	for v := range k.vs {
		n := &k.vs[v]
		if n.kind != sideVertex {
			continue
		}
		b := k.sides[n.owner]
		if b == nil {
			b = &beside{}
			k.sides[n.owner] = b
		}
		if n.onLeft {
			b.left = append(b.left, v)
		} else {
			b.right = append(b.right, v)
		}
	}
	if len(k.sides) == 0 {
		return
	}
	next := o.beyond()
	for _, b := range k.sides {
		slices.SortStableFunc(b.left, func(v, w int) int { return next[w] - next[v] })
		slices.SortStableFunc(b.right, func(v, w int) int { return next[v] - next[w] })
	}
	for r, layer := range k.layers {
		all := make([]int, 0, len(layer))
		for _, v := range layer {
			b := k.sides[v]
			if b == nil {
				all = append(all, v)
				continue
			}
			for _, s := range slices.Backward(b.left) {
				all = append(all, s)
			}
			all = append(append(all, v), b.right...)
		}
		k.layers[r] = all
	}
}

// beyond is where the line of each side goes on in the next layer. A loop to the state itself is the innermost.
func (o *ordering) beyond() map[int]int {
	next := make(map[int]int)
	for v := range o.k.vs {
		if n := &o.k.vs[v]; n.kind == sideVertex && n.onLeft {
			next[v] = 3 * len(o.k.vs)
		} else if n.kind == sideVertex {
			next[v] = -1
		}
	}
	for i, s := range o.k.segs {
		if o.k.vs[s.up].kind == sideVertex {
			next[s.up] = o.lower(i)
		}
		if o.k.vs[s.down].kind == sideVertex {
			next[s.down] = o.upper(i)
		}
	}
	return next
}
