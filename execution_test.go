package statelark

import (
	"slices"
	"testing"
	"time"
)

// Ids sort by time within a millisecond, too, whatever shard they are of, and give back what they were made of.
func TestExecID(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 999_000_000, time.UTC)
	var before ExecID
	for i := range 1000 {
		at := start.Add(time.Duration(i) * 4 * time.Microsecond)
		shard := ShardID(i * 37 % Shards)
		id := NewExecID(at, shard, uint64(-i))
		if id.Shard() != shard || !id.Start().Equal(at.Truncate(time.Millisecond)) {
			t.Errorf("%s is of shard %d and %v, want %d and %v", id, id.Shard(), id.Start(), shard, at)
		}
		if i%2 == 0 { // 8 µs apart
			if slices.Compare(before[:], id[:]) >= 0 {
				t.Errorf("%s does not come after %s", id, before)
			}
			before = id
		}
	}
}

func TestLists(t *testing.T) {
	for _, c := range []struct {
		x    Execution
		want []string
	}{
		{Execution{Machine: "m"}, []string{"m"}},
		{Execution{Machine: "m", Version: "m:1"}, []string{"m", "m:1"}},
		{Execution{Machine: "m", Version: "m:1", Alias: "m:a"}, []string{"m", "m:1", "m:a"}},
		{Execution{Machine: "m", MapRun: "m/l:r", Version: "m:1"}, []string{"m/l:r"}},
	} {
		if got := slices.Collect(c.x.Lists()); !slices.Equal(got, c.want) {
			t.Errorf("%+v is in %v", c.x, got)
		}
	}
}
