package storetest

import (
	"fmt"
	"math"
	"time"

	"github.com/statelark/statelark"
)

func lawThreads(f *fixture) {
	f.hold()
	exec, other := id(1, 0), id(2, 0)
	c := started(exec, "x")
	for _, thread := range []uint32{300, 0, math.MaxUint32, 7} {
		c.Threads = append(c.Threads, statelark.ThreadRow{Thread: thread, Data: fmt.Append(nil, thread)})
	}
	neighbour := started(other, "y")
	neighbour.Threads = []statelark.ThreadRow{{Thread: 1, Data: []byte{}}}
	f.commit(c, neighbour)
	f.commit(&statelark.Change{Exec: exec, Threads: []statelark.ThreadRow{{Thread: 7}, {Thread: 8}, {Thread: 300, Data: []byte("new")}}})
	f.same("threads", must(f.Threads(f.ctx, exec))(f), []statelark.ThreadRow{
		{Thread: 0, Data: []byte("0")}, {Thread: 300, Data: []byte("new")}, {Thread: math.MaxUint32, Data: []byte("4294967295")},
	})
	f.same("a thread without data", must(f.Threads(f.ctx, other))(f), []statelark.ThreadRow{{Thread: 1}})
	f.same("threads of none", must(f.Threads(f.ctx, id(9, 0)))(f), []statelark.ThreadRow(nil))
}

func lawBlobs(f *fixture) {
	f.hold()
	exec := id(1, 0)
	c := started(exec, "x")
	large := make([]byte, 1<<20)
	large[1<<19] = 1
	c.Blobs = []statelark.Blob{{ID: 0, Data: []byte{}}, {ID: 1, Data: large}, {ID: math.MaxUint32, Data: []byte("b")}}
	f.commit(c)
	for _, b := range c.Blobs {
		f.same("blob", must(f.Blob(f.ctx, exec, b.ID))(f), b.Data)
	}
	f.is(second(f.Blob(f.ctx, exec, 2)), statelark.ErrNotFound)
	f.is(second(f.Blob(f.ctx, id(2, 0), 1)), statelark.ErrNotFound)
}

// lawEnds reads the ends of executions as they go on.
func lawEnds(f *fixture) {
	f.hold()
	exec := id(1, 0)
	f.commit(started(id(0, 0), "before"), started(exec, "x"), started(id(2, 0), "after"))
	f.is(second(f.Ends(f.ctx, id(9, 0))), statelark.ErrNotFound)
	check := func(what string, first, last statelark.HistoryBlock) {
		want := statelark.Ends{Execution: must(f.Execution(f.ctx, exec))(f), First: first, Last: last}
		f.same(what, must(f.Ends(f.ctx, exec))(f), want)
	}
	check("ends without events", statelark.HistoryBlock{}, statelark.HistoryBlock{})
	ended := *started(exec, "x").Execution
	ended.Status, ended.Stop = statelark.Succeeded, ended.Start.Add(time.Second)
	blocks := []statelark.HistoryBlock{{First: 1, Last: 3, Data: []byte("a")}, {First: 4, Last: 300, Data: []byte("b")}, {First: 301, Last: 302, Data: []byte("c")}}
	for _, b := range blocks {
		f.commit(&statelark.Change{Exec: exec, Block: b.Data, First: b.First, Last: b.Last})
		check("ends of a running execution", blocks[0], statelark.HistoryBlock{})
		for _, last := range []int64{b.First, b.Last} {
			record := ended
			record.Events = last
			f.commit(&statelark.Change{Exec: exec, Execution: &record})
			check("ends", blocks[0], b)
		}
		running := *started(exec, "x").Execution
		running.Events = b.Last
		f.commit(&statelark.Change{Exec: exec, Execution: &running})
	}
}

func lawHistory(f *fixture) {
	f.hold()
	exec := id(1, 0)
	f.commit(started(id(0, 0), "before"), started(exec, "x"), started(id(2, 0), "after"))
	var blocks []statelark.HistoryBlock
	first := int64(1)
	for i, events := range []int64{3, 1, 300, 2} {
		b := statelark.HistoryBlock{First: first, Last: first + events - 1, Data: fmt.Appendf(nil, "block %d", i)}
		blocks = append(blocks, b)
		f.commit(&statelark.Change{Exec: exec, Block: b.Data, First: b.First, Last: b.Last})
		first = b.Last + 1
	}
	f.commit(&statelark.Change{Exec: id(2, 0), Block: []byte("other"), First: 1, Last: 1})
	const newest = math.MaxInt64
	for _, tt := range []struct {
		first    int64
		n        int
		reverse  bool
		from, to int // blocks wanted, in the order of the answer
	}{
		{1, all, false, 0, 4}, {0, all, false, 0, 4}, {-5, all, false, 0, 4},
		{1, 3, false, 0, 1}, {1, 4, false, 0, 2}, {1, 5, false, 0, 3}, {2, 2, false, 0, 1}, {3, 2, false, 0, 2},
		{4, 1, false, 1, 2}, {200, 1, false, 2, 3}, {306, all, false, 3, 4}, {307, 5, false, 0, 0}, {1, 0, false, 0, 0},
		{1, math.MaxInt, false, 0, 4},
		{newest, all, true, 3, -1}, {newest, math.MaxInt, true, 3, -1}, {306, 2, true, 3, 2}, {306, 3, true, 3, 1}, {305, 1, true, 3, 2}, {305, 2, true, 3, 1},
		{4, 1, true, 1, 0}, {4, 2, true, 1, -1}, {1, 5, true, 0, -1}, {0, 5, true, 0, 0}, {-1, 5, true, 0, 0}, {306, 0, true, 0, 0},
	} {
		var want []statelark.HistoryBlock
		for i := tt.from; i != tt.to; {
			want = append(want, blocks[i])
			if tt.reverse {
				i--
			} else {
				i++
			}
		}
		got := must(f.History(f.ctx, exec, tt.first, tt.n, tt.reverse))(f)
		f.same(fmt.Sprintf("History(%d, %d, %v)", tt.first, tt.n, tt.reverse), got, want)
	}
	f.same("history of none", must(f.History(f.ctx, id(9, 0), 1, all, false))(f), []statelark.HistoryBlock(nil))
	f.same("history of none", must(f.History(f.ctx, id(9, 0), newest, all, true))(f), []statelark.HistoryBlock(nil))
}

func lawExecutions(f *fixture) {
	f.hold()
	const n = 20
	var any, failed []*statelark.Execution // newest first
	for i := range n {
		// The shards are such that ids of one millisecond do not come in the order of their start.
		exec := statelark.NewExecID(epoch.Add(time.Duration(i/4)*time.Millisecond), statelark.ShardID(7-i%4), uint64(i))
		x := record(exec, fmt.Sprint(i))
		f.commit(&statelark.Change{Exec: exec, Start: true, Execution: x})
		other := record(id(i, 9), fmt.Sprint(i))
		other.Machine += "2"
		f.commit(&statelark.Change{Exec: other.ID, Start: true, Execution: other})
		if i%3 == 0 {
			x = ended(x, epoch.Add(time.Second), 1)
			x.Status = statelark.Failed
			f.commit(&statelark.Change{Exec: exec, Execution: x, Close: true})
		}
		any = append(any, x)
	}
	sortNewestFirst(any)
	for _, x := range any {
		if x.Status == statelark.Failed {
			failed = append(failed, x)
		}
	}
	for limit := 1; limit <= n+1; limit += 3 {
		f.same("all executions", f.pages(statelark.ExecutionQuery{Machine: machine, Limit: limit}), any)
		f.same("failed executions", f.pages(statelark.ExecutionQuery{Machine: machine, Status: statelark.Failed, Limit: limit}), failed)
	}
	for _, q := range []statelark.ExecutionQuery{
		{Machine: machine, Status: statelark.Aborted, Limit: all}, {Machine: "none", Limit: all}, {Machine: machine},
		{Machine: machine, Before: any[n-1].ID, Limit: all},
	} {
		f.same("executions of none", must(f.Executions(f.ctx, q))(f), []*statelark.Execution(nil))
	}
	f.is(second(f.Execution(f.ctx, id(99, 0))), statelark.ErrNotFound)
}

// pages lists the executions of q page by page.
func (f *fixture) pages(q statelark.ExecutionQuery) []*statelark.Execution {
	f.Helper()
	var got []*statelark.Execution
	for {
		page := must(f.Executions(f.ctx, q))(f)
		if len(page) > q.Limit {
			f.Fatalf("a page of %d holds %d", q.Limit, len(page))
		}
		if len(page) == 0 {
			return got
		}
		got = append(got, page...)
		q.Before = page[len(page)-1].ID
	}
}

func lawLookup(f *fixture) {
	f.hold()
	f.commit(started(id(1, 0), "a"), started(id(2, 0), "ab"))
	f.same("id", must(f.Lookup(f.ctx, machine, "a"))(f), id(1, 0))
	f.same("id", must(f.Lookup(f.ctx, machine, "ab"))(f), id(2, 0))
	for _, n := range [][2]string{{machine, "b"}, {machine + "a", "b"}, {machine, ""}, {"", "a"}} {
		f.is(second(f.Lookup(f.ctx, n[0], n[1])), statelark.ErrNotFound)
	}
}

func lawExpire(f *fixture) {
	f.hold()
	const n = 6
	at := func(i int) time.Time { return epoch.Add(time.Duration(i) * time.Minute) }
	for i := range n {
		exec := id(i, 0)
		f.commit(busy(exec, fmt.Sprint(i)))
		// The later an execution started, the earlier it ended.
		f.commit(&statelark.Change{Exec: exec, Execution: ended(record(exec, fmt.Sprint(i)), at(n-i), 4), Close: true})
	}
	running := id(50, 0)
	f.commit(busy(running, "running"))
	ids := func() (left []string) {
		for _, x := range must(f.Executions(f.ctx, statelark.ExecutionQuery{Machine: machine, Limit: all}))(f) {
			left = append(left, x.Name)
		}
		return left
	}
	f.same("expired before all ends", must(f.Expire(f.ctx, at(1), all))(f), 0)
	f.same("expired without a budget", must(f.Expire(f.ctx, at(n+1), 0))(f), 0)
	f.same("expired", must(f.Expire(f.ctx, at(3), all))(f), 2)
	f.same("left", ids(), []string{"running", "3", "2", "1", "0"})
	f.same("expired within the budget", must(f.Expire(f.ctx, at(n+1), 1))(f), 1)
	f.same("left", ids(), []string{"running", "2", "1", "0"})

	gone := id(5, 0)
	f.is(second(f.Execution(f.ctx, gone)), statelark.ErrNotFound)
	f.is(second(f.Lookup(f.ctx, machine, "5")), statelark.ErrNotFound)
	f.is(second(f.Blob(f.ctx, gone, 1)), statelark.ErrNotFound)
	f.same("history", must(f.History(f.ctx, gone, 1, all, false))(f), []statelark.HistoryBlock(nil))
	f.refused(statelark.ErrConflict, gone, func() error {
		return f.try(&statelark.Change{Exec: gone, Block: []byte("b"), First: 5, Last: 5})
	})
	f.commit(busy(id(60, 0), "5"))
	f.same("expired", must(f.Expire(f.ctx, at(n+1), all))(f), 3)
	f.same("left", ids(), []string{"5", "running"})
	v := f.look(running)
	f.same("threads of the running", len(v.Threads[running.String()]), 2)
}

func lawMeta(f *fixture) {
	commit := func(ops ...statelark.MetaOp) error { return f.Commit(f.ctx, &statelark.Batch{Meta: ops}) }
	op := func(key, value string, expect int64) statelark.MetaOp {
		o := statelark.MetaOp{Key: key, Expect: expect}
		if value != "" {
			o.Value = []byte(value)
		}
		return o
	}
	get := func() statelark.MetaRecord { return must(f.Meta(f.ctx, "k"))(f) }
	conflict := func(ops ...statelark.MetaOp) {
		f.Helper()
		f.refused(statelark.ErrConflict, id(1, 0), func() error { return commit(ops...) })
	}
	f.is(second(f.Meta(f.ctx, "k")), statelark.ErrNotFound)
	conflict(op("k", "a", 1))
	f.ok(commit(op("k", "a", 0)))
	f.same("record", get(), statelark.MetaRecord{Key: "k", Value: []byte("a"), Revision: 1})
	conflict(op("k", "b", 0))
	conflict(op("k", "b", 2))
	f.ok(commit(op("k", "b", 1)))
	f.ok(commit(op("k", "c", statelark.AnyRevision)))
	f.same("record", get(), statelark.MetaRecord{Key: "k", Value: []byte("c"), Revision: 3})
	f.ok(commit(op("k", "d", 3), op("k", "e", 4)))
	conflict(op("k", "f", 5), op("k", "g", 5))
	f.same("record", get(), statelark.MetaRecord{Key: "k", Value: []byte("e"), Revision: 5})
	conflict(op("k", "", 4))
	f.ok(commit(op("k", "", 5)))
	f.is(second(f.Meta(f.ctx, "k")), statelark.ErrNotFound)
	f.ok(commit(op("k", "", statelark.AnyRevision), op("k", "", 0)))
	conflict(op("k", "", 1))
	f.ok(commit(op("k", "h", statelark.AnyRevision), op("k", "", 1), op("k", "i", 0)))
	f.same("record", get(), statelark.MetaRecord{Key: "k", Value: []byte("i"), Revision: 1})
	f.ok(commit(statelark.MetaOp{Key: "k", Value: []byte{}, Expect: 1}))
	f.same("a record without a value", get(), statelark.MetaRecord{Key: "k", Revision: 2})
}

func lawMetaList(f *fixture) {
	var b statelark.Batch
	for _, key := range []string{"b/2", "a/1", "b/10", "b", "b/", "c", "b\xff", "b/\xff\xff"} {
		b.Meta = append(b.Meta, statelark.MetaOp{Key: key, Value: []byte(key)})
	}
	f.ok(f.Commit(f.ctx, &b))
	keys := func(prefix, after string, n int) (keys []string) {
		for _, r := range must(f.MetaList(f.ctx, prefix, after, n))(f) {
			if string(r.Value) != r.Key || r.Revision != 1 {
				f.Errorf("record %s has the value %q and revision %d", r.Key, r.Value, r.Revision)
			}
			keys = append(keys, r.Key)
		}
		return keys
	}
	f.same("all", keys("", "", all), []string{"a/1", "b", "b/", "b/10", "b/2", "b/\xff\xff", "b\xff", "c"})
	f.same("by prefix", keys("b/", "", all), []string{"b/", "b/10", "b/2", "b/\xff\xff"})
	f.same("a page", keys("b/", "", 2), []string{"b/", "b/10"})
	f.same("the next page", keys("b/", "b/10", 2), []string{"b/2", "b/\xff\xff"})
	f.same("after a key that is not there", keys("b/", "b/11", 1), []string{"b/2"})
	f.same("after a key before the prefix", keys("b/", "a", 1), []string{"b/"})
	f.same("after a key after the prefix", keys("b/", "c", all), []string(nil))
	f.same("none", keys("d", "", all), []string(nil))
	f.same("a page of none", keys("", "", 0), []string(nil))
}
