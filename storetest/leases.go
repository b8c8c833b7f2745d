package storetest

import (
	"slices"
	"time"

	"github.com/statelark/statelark"
)

func lawAcquire(f *fixture) {
	one := must(f.Acquire(f.ctx, "a", 100))(f)
	two := must(f.Acquire(f.ctx, "b", statelark.Shards))(f)
	if len(one) != 100 || len(one)+len(two) != statelark.Shards {
		f.Fatalf("two nodes acquire %d and %d of %d shards", len(one), len(two), statelark.Shards)
	}
	seen := make(map[statelark.ShardID]bool)
	for _, l := range slices.Concat(one, two) {
		if seen[l.Shard] || l.Shard >= statelark.Shards {
			f.Errorf("shard %d is given twice or is none", l.Shard)
		}
		seen[l.Shard] = true
		if l.Epoch == 0 {
			f.Errorf("shard %d has the epoch 0", l.Shard)
		}
	}
	for _, node := range []string{"a", "b", "c"} {
		if more := must(f.Acquire(f.ctx, node, 10))(f); len(more) != 0 {
			f.Errorf("%s acquires %d shards that are held", node, len(more))
		}
	}
}

func lawLeaseEnds(f *fixture) {
	if f.Advance == nil {
		f.Skip("leases of this store do not end")
	}
	old := must(f.Acquire(f.ctx, "a", 3))(f)
	rest := must(f.Acquire(f.ctx, "c", statelark.Shards))(f)
	f.Advance(time.Hour)
	rest = must(f.Renew(f.ctx, "c", rest))(f)
	taken := must(f.Acquire(f.ctx, "b", statelark.Shards))(f)
	if len(taken) != len(old) {
		f.Fatalf("%d of %d leases that ran out are taken; %d were renewed", len(taken), len(old), len(rest))
	}
	for i, l := range taken {
		if l.Shard != old[i].Shard || l.Epoch <= old[i].Epoch {
			f.Errorf("shard %d of epoch %d is taken as shard %d, epoch %d", old[i].Shard, old[i].Epoch, l.Shard, l.Epoch)
		}
	}
	if still := must(f.Renew(f.ctx, "a", old))(f); len(still) != 0 {
		f.Errorf("%d leases that another node took are renewed", len(still))
	}
}

func lawRenew(f *fixture) {
	held := must(f.Acquire(f.ctx, "a", 5))(f)
	if f.Advance != nil {
		// A lease that ran out is still held as long as nobody takes the shard.
		f.Advance(time.Hour)
	}
	stale := held[0]
	stale.Epoch--
	asked := append(slices.Clone(held[1:]), stale)
	still := must(f.Renew(f.ctx, "a", asked))(f)
	if len(still) != 4 {
		f.Fatalf("%d of 4 held leases are renewed", len(still))
	}
	for i, l := range still {
		if l.Shard != held[i+1].Shard || l.Epoch != held[i+1].Epoch || l.Until.Before(held[i+1].Until) {
			f.Errorf("%v is renewed to %v", held[i+1], l)
		}
	}
	if others := must(f.Renew(f.ctx, "b", held))(f); len(others) != 0 {
		f.Errorf("another node renews %d leases", len(others))
	}
}

func lawRelease(f *fixture) {
	held := must(f.Acquire(f.ctx, "a", statelark.Shards))(f)
	f.ok(f.Release(f.ctx, "b", held))
	if taken := must(f.Acquire(f.ctx, "b", statelark.Shards))(f); len(taken) != 0 {
		f.Errorf("a node releases %d leases of another", len(taken))
	}
	f.ok(f.Release(f.ctx, "a", held[:7]))
	exec := id(1, held[0].Shard)
	err := f.Commit(f.ctx, &statelark.Batch{
		Fences:  []statelark.Fence{{Shard: held[0].Shard, Epoch: held[0].Epoch}},
		Changes: []*statelark.Change{started(exec, "late")},
	})
	f.is(err, statelark.ErrFenced)
	taken := must(f.Acquire(f.ctx, "b", statelark.Shards))(f)
	if len(taken) != 7 {
		f.Fatalf("%d of 7 released shards are taken", len(taken))
	}
	for i, l := range taken {
		if l.Shard != held[i].Shard || l.Epoch <= held[i].Epoch {
			f.Errorf("%v is released and taken as %v", held[i], l)
		}
	}
}

func lawFences(f *fixture) {
	f.hold()
	good := f.fences[3]
	for name, fences := range map[string][]statelark.Fence{
		"no fence":              nil,
		"that of another shard": {f.fences[4]},
		"an epoch that is over": {{Shard: 3, Epoch: good.Epoch - 1}},
		"an epoch to come":      {{Shard: 3, Epoch: good.Epoch + 1}},
		"epoch 0":               {{Shard: 3}},
		"no such shard":         {good, {Shard: statelark.Shards, Epoch: 1}},
		"one stale of several":  {good, f.fences[4], {Shard: 5, Epoch: f.fences[5].Epoch + 1}},
	} {
		f.Log(name)
		exec := id(1, 3)
		f.refused(statelark.ErrFenced, exec, func() error {
			return f.Commit(f.ctx, &statelark.Batch{
				Fences:  fences,
				Changes: []*statelark.Change{started(exec, "x")},
				Meta:    []statelark.MetaOp{{Key: "k", Value: []byte("v")}},
			})
		})
	}
	f.commit(started(id(1, 3), "x"))
}
