package sim

import (
	"flag"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/statelark/statelark/memstore"
)

var (
	seeds   = flag.Int("seeds", 120, "how many worlds to run")
	from    = flag.Uint64("from", 1, "the seed of the first of them")
	theSeed = flag.Uint64("seed", 0, "run this world alone")
)

func TestWorlds(t *testing.T) {
	first, n := *from, *seeds
	if testing.Short() {
		n = min(n, 40)
	}
	if *theSeed != 0 {
		first, n = *theSeed, 1
	}
	for seed := first; seed < first+uint64(n); seed++ {
		synctest.Test(t, func(t *testing.T) {
			w := &world{t: t, seed: seed, rnd: rand.New(rand.NewPCG(seed, 1)), store: memstore.New()}
			w.run()
		})
		if t.Failed() {
			t.Fatalf("the world of seed %d failed; go test ./sim -seed %d", seed, seed)
		}
	}
}
