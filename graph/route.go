package graph

import (
	"cmp"
	"slices"
)

// crossing is the piece of a line that goes across in the gap below a layer.
type crossing struct {
	a        *arc
	from, to float64 // x
	step     int     // of the arc's chain; for a line that goes back 0 below its source, 1 above its target
	track    int
}

// route draws the lines, and gives each layer its height.
func (p *plan) route() {
	p.ports()
	lanes := p.lanes()
	gaps := p.crossingsOf(lanes)
	y := p.stack(gaps)
	tops := make([]float64, len(p.layers)+1) // of the gap below layer i-1
	for i := range tops {
		tops[i] = y[i]
	}
	at := map[*arc]map[int]float64{}
	for i, gap := range gaps {
		for _, c := range gap {
			if at[c.a] == nil {
				at[c.a] = map[int]float64{}
			}
			at[c.a][c.step] = tops[i] + down/2 + float64(c.track)*track
		}
	}
	for _, a := range p.arcs {
		if a.back {
			p.lines[a] = aroundSide(a, lanes[a], at[a])
		} else {
			p.lines[a] = downLine(a, at[a])
		}
	}
	p.fit(lanes)
}

// ports tells where lines begin at the foot of a vertex: from left to right as they go, so that they do not cross there.
func (p *plan) ports() {
	byFrom := map[*vertex][]*arc{}
	for _, a := range p.arcs {
		byFrom[a.from] = append(byFrom[a.from], a)
	}
	for v, list := range byFrom {
		slices.SortStableFunc(list, func(a, b *arc) int { return cmp.Compare(a.heads(), b.heads()) })
		step := min(28, v.width*0.7/float64(len(list)))
		for i, a := range list {
			a.port = (float64(i) - float64(len(list)-1)/2) * step
		}
	}
}

// heads is where a line goes first.
func (a *arc) heads() float64 {
	if a.back {
		return a.from.x + 1e6 // to the side, last
	}
	return a.chain[1].x
}

// lanes gives each line that goes back a place at the right side of all layers that it passes.
func (p *plan) lanes() map[*arc]float64 {
	lanes := map[*arc]float64{}
	type taken struct {
		first, last int
		x           float64
	}
	var used []taken
	for _, a := range p.arcs {
		if !a.back {
			continue
		}
		x := 0.0
		for l := a.to.layer; l <= a.from.layer; l++ {
			if n := len(p.layers[l]); n > 0 {
				last := p.layers[l][n-1]
				x = max(x, last.x+last.width/2)
			}
		}
		x += lane
		for again := true; again; {
			again = false
			for _, t := range used {
				if t.first <= a.from.layer && a.to.layer <= t.last && x < t.x+lane && x > t.x-lane {
					x, again = t.x+lane, true
				}
			}
		}
		used = append(used, taken{a.to.layer, a.from.layer, x})
		lanes[a] = x
	}
	return lanes
}

// crossingsOf lists what goes across in the gap above each layer, and below the last, and gives each a track on which
// it meets no other.
func (p *plan) crossingsOf(lanes map[*arc]float64) [][]*crossing {
	gaps := make([][]*crossing, len(p.layers)+1)
	for _, a := range p.arcs {
		if a.back {
			gaps[a.from.layer+1] = append(gaps[a.from.layer+1], &crossing{a: a, from: a.from.x + a.port, to: lanes[a], step: 0})
			gaps[a.to.layer] = append(gaps[a.to.layer], &crossing{a: a, from: lanes[a], to: a.to.x, step: 1})
			continue
		}
		for i := 1; i < len(a.chain); i++ {
			from, to := a.chain[i-1].x, a.chain[i].x
			if i == 1 {
				from += a.port
			}
			if from != to {
				gaps[a.chain[i].layer] = append(gaps[a.chain[i].layer], &crossing{a: a, from: from, to: to, step: i})
			}
		}
	}
	for _, gap := range gaps {
		giveTracks(gap)
	}
	return gaps
}

// giveTracks puts pieces that overlap on different tracks. Those to the same vertex share one: they meet there anyway.
func giveTracks(gap []*crossing) {
	slices.SortStableFunc(gap, func(a, b *crossing) int {
		return cmp.Compare(max(a.from, a.to)-min(a.from, a.to), max(b.from, b.to)-min(b.from, b.to))
	})
	var placed []*crossing
	for _, c := range gap {
		for again := true; again; {
			again = false
			for _, o := range placed {
				overlap := min(c.from, c.to) < max(o.from, o.to)+4 && min(o.from, o.to) < max(c.from, c.to)+4
				if o.track == c.track && overlap && o.to != c.to {
					c.track, again = c.track+1, true
				}
			}
		}
		placed = append(placed, c)
	}
}

// stack puts the layers below each other. It returns the top of the gap above each layer, and of the one below the last.
func (p *plan) stack(gaps [][]*crossing) []float64 {
	tops := make([]float64, len(p.layers)+1)
	y := 0.0
	for i := range tops {
		tops[i] = y
		tracks := 0
		for _, c := range gaps[i] {
			tracks = max(tracks, c.track+1)
		}
		switch {
		case i == 0 && tracks == 0, i == len(p.layers) && tracks == 0:
			// No line, no gap, at the edge.
		default:
			y += down + float64(max(0, tracks-1))*track
		}
		if i == len(p.layers) {
			break
		}
		height := 0.0
		for _, v := range p.layers[i] {
			height = max(height, v.height)
		}
		for _, v := range p.layers[i] {
			v.y = y
			if v.bend && v.height > 0 {
				v.y = y + (height-v.height)/2
			}
		}
		y += height
	}
	p.height = y
	return tops
}

// downLine is the line of an arc that goes down.
func downLine(a *arc, at map[int]float64) []Point {
	x := a.from.x + a.port
	points := []Point{{x, a.from.y + a.from.height}}
	for i := 1; i < len(a.chain); i++ {
		to := a.chain[i]
		if y, ok := at[i]; ok {
			points = append(points, Point{x, y}, Point{to.x, y})
			x = to.x
		}
	}
	return append(points, Point{x, a.to.y})
}

// aroundSide is the line of an arc that goes back.
func aroundSide(a *arc, lane float64, at map[int]float64) []Point {
	x := a.from.x + a.port
	return []Point{{x, a.from.y + a.from.height}, {x, at[0]}, {lane, at[0]}, {lane, at[1]}, {a.to.x, at[1]}, {a.to.x, a.to.y}}
}

// fit makes the plan as wide as its lines.
func (p *plan) fit(lanes map[*arc]float64) {
	for _, x := range lanes {
		p.width = max(p.width, x+2)
	}
}
