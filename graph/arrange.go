package graph

import (
	"cmp"
	"slices"
)

// sweeps is how often the layers are gone through, down and up.
const sweeps = 12

// arrange orders the vertices of each layer so that few lines cross.
func (p *plan) arrange() {
	best := p.orders()
	fewest := p.crossings()
	for i := 0; i < sweeps && fewest > 0; i++ {
		p.sweep(i%2 == 0)
		if n := p.crossings(); n < fewest {
			best, fewest = p.orders(), n
		}
	}
	p.layers = best
	p.number()
}

func (p *plan) orders() [][]*vertex {
	list := make([][]*vertex, len(p.layers))
	for i, layer := range p.layers {
		list[i] = slices.Clone(layer)
	}
	return list
}

// sweep orders each layer by the mean place of what it hangs on: what is above when it goes down, else what is below.
func (p *plan) sweep(goesDown bool) {
	n := len(p.layers)
	for i := range n {
		layer := p.layers[i]
		if !goesDown {
			layer = p.layers[n-1-i]
		}
		mean := map[*vertex]float64{}
		for _, v := range layer {
			others := v.above
			if !goesDown {
				others = v.below
			}
			mean[v] = float64(v.order)
			if len(others) > 0 {
				sum := 0
				for _, o := range others {
					sum += o.order
				}
				mean[v] = float64(sum) / float64(len(others))
			}
		}
		slices.SortStableFunc(layer, func(a, b *vertex) int { return cmp.Compare(mean[a], mean[b]) })
		for i, v := range layer {
			v.order = i
		}
	}
}

// crossings counts the pairs of lines that cross between two layers.
func (p *plan) crossings() int {
	total := 0
	for _, layer := range p.layers {
		var ends []int
		for _, v := range layer {
			from := len(ends)
			for _, b := range v.below {
				ends = append(ends, b.order)
			}
			slices.Sort(ends[from:])
		}
		total += inversions(ends)
	}
	return total
}

// inversions counts the pairs that are out of order, by merging.
func inversions(list []int) int {
	if len(list) < 2 {
		return 0
	}
	half := len(list) / 2
	left, right := slices.Clone(list[:half]), slices.Clone(list[half:])
	n := inversions(left) + inversions(right)
	for i, l, r := 0, 0, 0; i < len(list); i++ {
		if r == len(right) || l < len(left) && left[l] <= right[r] {
			list[i] = left[l]
			l++
			continue
		}
		list[i] = right[r]
		r++
		n += len(left) - l
	}
	return n
}
