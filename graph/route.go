package graph

import (
	"math"
	"slices"
)

// A gap is between two layers. What runs across it does so on tracks, which are numbered from above.
type gap struct {
	y      float64 // of the first track
	tracks int
	track  map[wire]int
	outer  bool // the last track is for links that go around
}

// wire is a piece of line from one layer to the next.
type wire struct {
	up, down int
	catch    bool
}

// run is all wires that share a track, because they share where they come from or where they go to.
type run struct {
	wires     []wire
	uppers    []float64
	lowers    []float64
	low, high float64
}

// tracks gives the wires of each gap tracks, and each gap its height.
func (k *sketch) tracks() {
	wires := make([][]wire, len(k.layers))
	for _, s := range k.segs {
		r := k.vs[s.up].rank
		wires[r] = append(wires[r], wire(s))
	}
	k.gaps = make([]gap, len(k.layers))
	for _, i := range k.outer {
		l := &k.links[i]
		k.gaps[k.vs[l.from].rank].outer = true
		if to := k.vs[l.to].rank; to > 0 {
			k.gaps[to-1].outer = true
		} else {
			k.entered = true
		}
	}
	for r := range k.gaps {
		g := &k.gaps[r]
		g.track = make(map[wire]int)
		runs := k.runs(wires[r])
		for i, t := range assignTracks(runs) {
			g.tracks = max(g.tracks, t+1)
			for _, w := range runs[i].wires {
				g.track[w] = t
			}
		}
		if g.outer {
			g.tracks++
		}
	}
}

// exit is where a wire leaves the vertex above it.
func (k *sketch) exit(w wire) float64 {
	v, x := &k.vs[w.up], k.leaves(segment(w))
	to := k.vs[w.down].x
	if v.kind == stateVertex && !w.catch && math.Abs(to-x) < minJog && k.vs[w.down].kind != stateVertex {
		return to // rather that than a line with a kink
	}
	return x
}

// minJog is the least that a line is moved sideways.
const minJog = 8.0

// runs makes runs of the wires of a gap that are not straight.
func (k *sketch) runs(wires []wire) []*run {
	type source struct {
		up    int
		catch bool
	}
	many := make(map[source]int)
	for _, w := range wires {
		many[source{w.up, w.catch}]++
	}
	bySource, byTarget := make(map[source]*run), make(map[int]*run)
	var runs []*run
	for _, w := range wires {
		from, to := k.exit(w), k.vs[w.down].x
		if from == to && many[source{w.up, w.catch}] == 1 {
			continue
		}
		var r *run
		if s := (source{w.up, w.catch}); many[s] > 1 {
			if r = bySource[s]; r == nil {
				r = &run{low: from, high: from}
				bySource[s] = r
				runs = append(runs, r)
			}
		} else if r = byTarget[w.down]; r == nil {
			r = &run{low: from, high: from}
			byTarget[w.down] = r
			runs = append(runs, r)
		}
		r.wires = append(r.wires, w)
		r.uppers = append(r.uppers, from)
		r.lowers = append(r.lowers, to)
		r.low, r.high = min(r.low, from, to), max(r.high, from, to)
	}
	return runs
}

// maxRuns bounds the runs of a gap that are compared one by one.
const maxRuns = 300

// assignTracks gives each run a track, so that none lies on another and they cross as little as can be.
func assignTracks(runs []*run) []int {
	tracks := make([]int, len(runs))
	if len(runs) > maxRuns {
		for i := range tracks {
			tracks[i] = i
		}
		return tracks
	}
	above := preferences(runs)
	done := make([]bool, len(runs))
	for range runs {
		next, least := -1, math.MaxInt
		for i := range runs {
			if done[i] {
				continue
			}
			n := 0
			for _, o := range above[i] {
				if !done[o.run] {
					n += o.crossings
				}
			}
			if n < least {
				next, least = i, n
			}
		}
		done[next] = true
		tracks[next] = free(runs, tracks, done, next)
	}
	return tracks
}

// preference is a run that is rather above another, and how many crossings that spares.
type preference struct{ run, crossings int }

// preferences are those of each run.
func preferences(runs []*run) [][]preference {
	for _, r := range runs {
		slices.Sort(r.uppers)
		slices.Sort(r.lowers)
		r.uppers, r.lowers = slices.Compact(r.uppers), slices.Compact(r.lowers)
	}
	above := make([][]preference, len(runs))
	for i, a := range runs {
		for j := i + 1; j < len(runs); j++ {
			b := runs[j]
			if a.high+trackGap < b.low || b.high+trackGap < a.low {
				continue
			}
			switch d := cost(b, a) - cost(a, b); {
			case d > 0:
				above[j] = append(above[j], preference{i, d})
			case d < 0:
				above[i] = append(above[i], preference{j, -d})
			}
		}
	}
	return above
}

// free is the first track below those of the runs that have one already and are in the way.
func free(runs []*run, tracks []int, done []bool, i int) int {
	t := 0
	for j, other := range runs {
		if j != i && done[j] && runs[i].low <= other.high+trackGap && other.low <= runs[i].high+trackGap {
			t = max(t, tracks[j]+1)
		}
	}
	return t
}

// cost is how often a and b cross when a is above b. Lying on each other is worse.
func cost(a, b *run) int {
	n := 0
	for _, x := range b.uppers {
		if x > a.low && x < a.high {
			n++
		}
	}
	for _, x := range a.lowers {
		if x > b.low && x < b.high {
			n++
		}
		for _, y := range b.uppers {
			if math.Abs(x-y) < minJog {
				n += 100
			}
		}
	}
	return n
}

// stack gives layers and gaps their y.
func (k *sketch) stack() {
	k.top = make([]float64, len(k.layers))
	y := 0.0
	if k.entered {
		y = stubBelow
	}
	for r, layer := range k.layers {
		k.top[r] = y
		height, labels := 0.0, false
		for _, v := range layer {
			k.vs[v].y = y
			height = max(height, k.vs[v].height)
			labels = labels || k.vs[v].kind == labelVertex
		}
		y += height
		if r == len(k.layers)-1 && !k.gaps[r].outer {
			break
		}
		g := &k.gaps[r]
		before, after := stubAbove, stubBelow
		if labels {
			before = stubLabel
		}
		if r+1 < len(k.layers) && k.hasLabels(r+1) {
			after = stubLabel
		}
		g.y = y + before
		y = g.y + float64(max(g.tracks-1, 0))*trackGap + after
	}
	k.height = y
}

func (k *sketch) hasLabels(rank int) bool {
	return slices.ContainsFunc(k.layers[rank], func(v int) bool { return k.vs[v].kind == labelVertex })
}

// along appends the points of a wire, from its upper end to its lower.
func (k *sketch) along(points []Point, w wire) []Point {
	from, to := k.exit(w), k.vs[w.down].x
	if from == to {
		return append(points, Point{from, k.vs[w.down].y})
	}
	g := &k.gaps[k.vs[w.up].rank]
	y := g.y + float64(g.track[w])*trackGap
	return append(points, Point{from, y}, Point{to, y}, Point{to, k.vs[w.down].y})
}

// route returns the points of a link.
func (k *sketch) route(l *link, sides map[int]float64) []Point {
	switch {
	case l.outside:
		return k.around(l)
	case l.from == l.to:
		return k.loop(l, sides[l.side])
	case l.back:
		return k.upwards(l, sides)
	}
	from, catch := l.from, l.kind == CatchEdge
	var points []Point
	step := func(to int) {
		w := wire{from, to, catch}
		if points == nil {
			points = append(points, Point{k.exit(w), k.vs[from].y + k.vs[from].height})
		}
		points = k.along(points, w)
		from, catch = to, false
	}
	if l.label >= 0 {
		step(l.label)
	}
	for r := l.first; r < k.vs[l.to].rank; r++ {
		step(l.trunk.bends[k.vs[l.to].rank-1-r])
	}
	step(l.to)
	return straight(points)
}

// upwards is the way of a link that goes back, which is found from its end.
func (k *sketch) upwards(l *link, sides map[int]float64) []Point {
	to, enter := &k.vs[l.to], &k.vs[l.trunk.side]
	y := sides[l.trunk.side]
	points := []Point{{k.edgeOf(l.trunk.side), y}, {enter.x, y}}
	from := l.trunk.side
	for r := to.rank + 1; r < k.vs[l.from].rank; r++ {
		at := l.trunk.bends[r-to.rank-1]
		points = k.along(points, wire{from, at, false})
		from = at
	}
	points = k.along(points, wire{from, l.side, false})
	y = sides[l.side]
	points = append(points, Point{k.vs[l.side].x, y}, Point{k.edgeOf(l.side), y})
	slices.Reverse(points)
	return straight(points)
}

// loop is the way of a link from a state to itself.
func (k *sketch) loop(l *link, y float64) []Point {
	x, side := k.edgeOf(l.side), k.vs[l.side].x
	return []Point{{x, y}, {side, y}, {side, y - slotHeight}, {x, y - slotHeight}}
}

// edgeOf is the x of the edge of the vertex that a side is at.
func (k *sketch) edgeOf(side int) float64 {
	v := &k.vs[k.vs[side].owner]
	if k.vs[side].onLeft {
		return v.x - v.left
	}
	return v.x + v.right
}

// around is the way of a link for which there was no place between the others.
func (k *sketch) around(l *link) []Point {
	from, to := &k.vs[l.from], &k.vs[l.to]
	below := &k.gaps[from.rank]
	y, z := below.y+float64(below.tracks-1)*trackGap, 0.0 // above all layers, where to is of the first
	if to.rank > 0 {
		above := &k.gaps[to.rank-1]
		z = above.y + float64(above.tracks-1)*trackGap
	}
	return straight([]Point{{from.x, from.y + from.height}, {from.x, y}, {k.width, y}, {k.width, z}, {to.x, z}, {to.x, to.y}})
}

// straight leaves out points between two others on one line.
func straight(points []Point) []Point {
	out := points[:0]
	for _, p := range points {
		if n := len(out); n > 0 && out[n-1] == p {
			continue
		}
		for n := len(out); n > 1 && between(out[n-2], out[n-1], p); n = len(out) {
			out = out[:n-1]
		}
		out = append(out, p)
	}
	return out
}

func between(a, b, c Point) bool {
	return a.X == b.X && b.X == c.X || a.Y == b.Y && b.Y == c.Y
}

// slots makes room for the sides of states, and heights says where each leaves its owner: what goes on further out passes
// what turns before it.
func (k *sketch) slots() {
	for v, b := range k.sides {
		n := len(b.left)
		if len(b.right) > n {
			n = len(b.right)
		}
		for _, s := range append(slices.Clone(b.left), b.right...) {
			if k.loops(s) {
				n++
				break
			}
		}
		if !k.vs[v].roomy {
			k.vs[v].height = max(k.vs[v].height, float64(n+1)*slotHeight)
		}
	}
}

// loops reports whether a side is of a link from a state to itself, and goesUp whether a link leaves there.
func (k *sketch) loops(side int) bool {
	return k.leaving[side] != nil && k.leaving[side].from == k.leaving[side].to
}
func (k *sketch) goesUp(side int) bool { return k.leaving[side] != nil }

func (k *sketch) heights() map[int]float64 {
	at := make(map[int]float64)
	for v, b := range k.sides {
		for _, sides := range [][]int{b.left, b.right} {
			slots := make([]int, 0, len(sides)+1) // from above
			for _, s := range sides {
				if k.loops(s) {
					slots = append(slots, -1)
				}
				if k.goesUp(s) {
					slots = append(slots, s)
				}
			}
			for _, s := range slices.Backward(sides) {
				if !k.goesUp(s) {
					slots = append(slots, s)
				}
			}
			room := k.vs[v].height
			if k.vs[v].roomy {
				room = HeadHeight
			}
			for i, s := range slots {
				down := math.Round(room * float64(i+1) / float64(len(slots)+1))
				if k.terminal { // beside a row of words
					down = math.Round(down/rowHeight) * rowHeight
				}
				at[s] = k.vs[v].y + down
			}
		}
	}
	return at
}
