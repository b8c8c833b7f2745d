package graph

import (
	"math/rand/v2"
	"testing"
)

// Lines that cross are counted on the picture as it is drawn, against one whose layers are in the order of a walk through the
// definition, which is what nobody has sorted: sorting must pay, and must never cost.
func TestCrossings(t *testing.T) {
	sorted, unsorted, worse := 0, 0, 0
	for seed := range uint64(200) {
		g := generator{rand.New(rand.NewPCG(seed, 5))}
		sc, err := read(g.definition(25, 0), nil)
		if err != nil {
			t.Fatal(err)
		}
		a := layScope(sc, true, manner{bends: maxBends}).crossings()
		b := unimproved(sc).crossings()
		sorted, unsorted = sorted+a, unsorted+b
		if a > b {
			worse++
		}
	}
	t.Logf("lines cross %d times, %d without sorting", sorted, unsorted)
	if worse > 0 || sorted*10 > unsorted*7 {
		t.Errorf("lines cross %d times, %d without sorting; in %d pictures more often", sorted, unsorted, worse)
	}
}

// crossings counts as the ordering does.
func (k *sketch) crossings() int {
	o := newOrdering(k)
	for _, layer := range k.layers {
		n := 0
		for _, v := range layer {
			if k.vs[v].kind != sideVertex {
				o.at[v] = n
				n++
			}
		}
	}
	return o.crossings()
}

func unimproved(sc *scope) *sketch {
	k := newSketch(sc, make([][]*sketch, len(sc.states)), true, manner{bends: maxBends})
	k.rank()
	k.split()
	o := newOrdering(k)
	o.first()
	o.besides()
	return k
}
