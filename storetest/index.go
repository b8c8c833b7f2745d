package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/statelark/statelark"
)

func lawIndex(f *fixture) {
	commit := func(ops ...statelark.IndexOp) { f.ok(f.Commit(f.ctx, &statelark.Batch{Index: ops})) }
	op := func(key, data string) statelark.IndexOp {
		o := statelark.IndexOp{Key: key}
		if data != "" {
			o.Data = []byte(data)
		}
		return o
	}
	f.is(second(f.Index(f.ctx, "k")), statelark.ErrNotFound)
	large := make([]byte, 1<<20)
	large[1<<19] = 1
	commit(op("k", "a"), op("k", "b"), statelark.IndexOp{Key: "large", Data: large}, statelark.IndexOp{Key: "empty", Data: []byte{}})
	f.same("row", must(f.Index(f.ctx, "k"))(f), []byte("b"))
	f.same("row", must(f.Index(f.ctx, "large"))(f), large)
	f.same("row", must(f.Index(f.ctx, "empty"))(f), []byte{})
	commit(op("large", ""), op("empty", ""), op("none", ""))
	f.is(second(f.Index(f.ctx, "large")), statelark.ErrNotFound)

	for _, key := range []string{"n/1", "n/3", "n/2", "n", "o/1", "m/9"} {
		commit(op(key, key))
	}
	list := func(prefix, after string, n int) (keys []string) {
		for _, r := range must(f.IndexList(f.ctx, prefix, after, n))(f) {
			if r.Key != "k" && r.Key != string(r.Data) {
				f.Fatalf("row %s is %q", r.Key, r.Data)
			}
			keys = append(keys, r.Key)
		}
		return keys
	}
	f.same("all", list("", "", all), []string{"k", "m/9", "n", "n/1", "n/2", "n/3", "o/1"})
	f.same("of a node", list("n/", "", all), []string{"n/1", "n/2", "n/3"})
	f.same("two", list("n/", "", 2), []string{"n/1", "n/2"})
	f.same("after", list("n/", "n/2", all), []string{"n/3"})
	f.same("after what is before", list("n/", "m", all), []string{"n/1", "n/2", "n/3"})
	f.same("after what is behind", list("n/", "o", all), []string(nil))
	f.same("none", list("n/", "", 0), []string(nil))

	// A batch that is refused writes no row of the index.
	refused := &statelark.Batch{Meta: []statelark.MetaOp{{Key: "k", Value: []byte("v"), Expect: 9}}, Index: []statelark.IndexOp{op("n/4", "x")}}
	f.is(f.Commit(f.ctx, refused), statelark.ErrConflict)
	f.is(second(f.Index(f.ctx, "n/4")), statelark.ErrNotFound)
}

func lawNewest(f *fixture) {
	f.hold()
	f.same("of none", must(f.Newest(f.ctx, statelark.ExecID{}, all))(f), []*statelark.Execution(nil))
	var want []*statelark.Execution
	for i := range 7 {
		c := busy(id(i, statelark.ShardID(i%3)), fmt.Sprint(i))
		switch i {
		case 2:
			c.Execution.MapRun = worldMapRun
		case 3:
			c.Execution.Machine += "2"
		}
		f.commit(c)
		if i%2 == 0 {
			c = &statelark.Change{Exec: c.Exec, Execution: ended(c.Execution, epoch.Add(time.Hour), 4), Close: true}
			f.commit(c)
		}
		want = append(want, c.Execution)
	}
	slices.Reverse(want)
	for n := 1; n <= 8; n += 3 {
		var got []*statelark.Execution
		for before := (statelark.ExecID{}); ; before = got[len(got)-1].ID {
			page := must(f.Newest(f.ctx, before, n))(f)
			if len(page) > n {
				f.Fatalf("a page of %d holds %d", n, len(page))
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
		}
		f.same("newest", got, want)
	}
	f.same("without a number", must(f.Newest(f.ctx, statelark.ExecID{}, 0))(f), []*statelark.Execution(nil))
	f.same("below what is not there", must(f.Newest(f.ctx, id(5, 0), 1))(f), want[2:3])
}

func lawEnded(f *fixture) {
	f.hold()
	at := func(i int) time.Time { return epoch.Add(time.Duration(i) * time.Minute) }
	end := func(i int, stop time.Time) *statelark.Execution {
		exec := id(i, 0)
		x := ended(record(exec, fmt.Sprint(i)), stop, 4)
		f.commit(busy(exec, x.Name))
		f.commit(&statelark.Change{Exec: exec, Execution: x, Close: true})
		return x
	}
	// The later an execution started, the earlier it ended; two ended at once.
	e, d, c, b := end(4, at(1)), end(3, at(2)), end(2, at(3)), end(1, at(3))
	f.commit(busy(id(9, 0), "running"))
	list := func(after statelark.End, n int) []*statelark.Execution { return must(f.Ended(f.ctx, after, n))(f) }
	f.same("all", list(statelark.End{}, all), []*statelark.Execution{e, d, b, c})
	f.same("two", list(statelark.End{}, 2), []*statelark.Execution{e, d})
	f.same("since", list(statelark.End{At: at(3)}, all), []*statelark.Execution{b, c})
	f.same("after one of two", list(statelark.End{At: at(3), Exec: b.ID}, all), []*statelark.Execution{c})
	f.same("after the last", list(statelark.End{At: at(3), Exec: c.ID}, all), []*statelark.Execution(nil))

	// One that goes on has not ended, and ends anew.
	again := *e
	again.Status, again.Stop, again.Redrives, again.Redriven = statelark.Running, time.Time{}, 1, at(5)
	f.commit(&statelark.Change{Exec: e.ID, Execution: &again})
	f.same("redriven", list(statelark.End{}, all), []*statelark.Execution{d, b, c})
	twice := ended(&again, at(6), 4)
	f.commit(&statelark.Change{Exec: e.ID, Execution: twice, Close: true})
	f.same("ended again", list(statelark.End{At: at(2), Exec: d.ID}, all), []*statelark.Execution{b, c, twice})
	f.same("expired", must(f.Expire(f.ctx, at(3), all))(f), 1)
	f.same("without the expired", list(statelark.End{}, 1), []*statelark.Execution{b})
}
