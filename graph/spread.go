package graph

import "math"

// spread gives each vertex its place from left to right.
func (p *plan) spread() {
	for _, layer := range p.layers {
		x := 0.0
		for i, v := range layer {
			if i > 0 {
				x += gap(layer[i-1], v)
			}
			v.x = x
		}
	}
	n := len(p.layers)
	for i := range 2 * sweeps {
		for j := range n {
			layer := p.layers[j]
			if i%2 == 1 {
				layer = p.layers[n-1-j]
			}
			settle(layer, i)
		}
	}
	left, right := math.Inf(1), math.Inf(-1)
	for _, layer := range p.layers {
		for _, v := range layer {
			left, right = min(left, v.x-v.width/2), max(right, v.x+v.width/2)
		}
	}
	for _, layer := range p.layers {
		for _, v := range layer {
			v.x -= left
		}
	}
	p.width = right - left
}

// gap is the distance between the middles of two neighbours.
func gap(a, b *vertex) float64 {
	between := across
	if a.bend || b.bend {
		between = bendAcross
	}
	return a.width/2 + between + b.width/2
}

// settle moves the vertices of a layer as near as can be to where their neighbours want them.
func settle(layer []*vertex, round int) {
	// With offsets taken off, the order is all that is left of the distances: places must not fall.
	offset := make([]float64, len(layer))
	for i := 1; i < len(layer); i++ {
		offset[i] = offset[i-1] + gap(layer[i-1], layer[i])
	}
	type block struct {
		sum, weight float64
		n           int
	}
	var blocks []block
	for i, v := range layer {
		want, weight := wanted(v, round)
		b := block{(want - offset[i]) * weight, weight, 1}
		for len(blocks) > 0 {
			last := blocks[len(blocks)-1]
			if last.sum/last.weight <= b.sum/b.weight {
				break
			}
			b = block{last.sum + b.sum, last.weight + b.weight, last.n + b.n}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	i := 0
	for _, b := range blocks {
		for range b.n {
			layer[i].x = b.sum/b.weight + offset[i]
			i++
		}
	}
}

// wanted is where the neighbours of v want it, and how much that counts. In the last rounds both sides have a say.
func wanted(v *vertex, round int) (want, weight float64) {
	sum, total := 0.0, 0.0
	pull := func(others []*vertex) {
		for _, o := range others {
			w := 1.0
			if v.bend && o.bend {
				w = 8
			} else if len(others) == 1 {
				w = 2
			}
			sum, total = sum+o.x*w, total+w
		}
	}
	if round%2 == 0 || round >= sweeps {
		pull(v.above)
	}
	if round%2 == 1 || round >= sweeps {
		pull(v.below)
	}
	if total == 0 {
		return v.x, 0.1
	}
	return sum / total, total
}
