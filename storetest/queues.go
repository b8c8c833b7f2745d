package storetest

import (
	"math"
	"time"

	"github.com/statelark/statelark"
)

func message(to statelark.ExecID, seq uint64, data string) statelark.Message {
	return statelark.Message{MessageKey: statelark.MessageKey{To: to, Seq: seq}, Data: []byte(data)}
}

func lawInbox(f *fixture) {
	f.hold()
	low, high, elsewhere := id(1, 7), id(2, 7), id(1, 8)
	f.ok(f.Send(f.ctx, []statelark.Message{
		message(high, 1, "d"), message(low, math.MaxUint64, "c"), message(elsewhere, 1, "x"), message(low, 2, "a"), message(low, 256, "b"),
	}))
	f.commit(started(id(9, 8), "sender"), &statelark.Change{Exec: id(9, 8), Sends: []statelark.Message{message(high, 2, "e")}})
	want := []statelark.Message{
		message(low, 2, "a"), message(low, 256, "b"), message(low, math.MaxUint64, "c"), message(high, 1, "d"), message(high, 2, "e"),
	}
	for n := 1; n <= len(want)+1; n++ {
		var got []statelark.Message
		var after statelark.MessageKey
		for {
			page := must(f.Inbox(f.ctx, 7, after, n))(f)
			if len(page) > n {
				f.Fatalf("a page of %d holds %d", n, len(page))
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			after = page[len(page)-1].MessageKey
		}
		f.same("inbox by pages", got, want)
	}
	f.same("a page of none", must(f.Inbox(f.ctx, 7, statelark.MessageKey{}, 0))(f), []statelark.Message(nil))
	f.same("after a key that is not there", must(f.Inbox(f.ctx, 7, statelark.MessageKey{To: low, Seq: 3}, 1))(f), want[1:2])
	f.same("an empty shard", must(f.Inbox(f.ctx, 6, statelark.MessageKey{}, all))(f), []statelark.Message(nil))
}

func lawMessageKeys(f *fixture) {
	f.hold()
	exec := id(1, 0)
	f.commit(started(exec, "x"))
	inbox := func() []statelark.Message { return must(f.Inbox(f.ctx, 0, statelark.MessageKey{}, all))(f) }
	first := []statelark.Message{message(exec, 1, "first")}
	f.ok(f.Send(f.ctx, []statelark.Message{first[0], message(exec, 1, "second")}))
	f.same("inbox", inbox(), first)
	f.ok(f.Send(f.ctx, []statelark.Message{message(exec, 1, "third")}))
	f.same("inbox", inbox(), first)
	f.commit(&statelark.Change{Exec: exec, Sends: []statelark.Message{message(exec, 1, "fourth")}})
	f.same("inbox", inbox(), first)
	f.commit(&statelark.Change{
		Exec: exec, Consumed: []statelark.MessageKey{first[0].MessageKey, {To: exec, Seq: 77}},
		Sends: []statelark.Message{message(exec, 1, "fifth"), message(exec, 1, "sixth")},
	})
	f.same("inbox", inbox(), []statelark.Message{message(exec, 1, "fifth")})
	f.commit(&statelark.Change{Exec: exec, Consumed: []statelark.MessageKey{first[0].MessageKey}})
	f.same("inbox", inbox(), []statelark.Message(nil))

	nobody := id(2, 0)
	f.ok(f.Send(f.ctx, []statelark.Message{message(nobody, 1, "astray")}))
	f.commit(&statelark.Change{
		Exec: nobody, Consumed: []statelark.MessageKey{{To: nobody, Seq: 1}},
		Sends: []statelark.Message{message(exec, 2, "orphan")},
	})
	f.same("inbox", inbox(), []statelark.Message{message(exec, 2, "orphan")})
}

func lawWork(f *fixture) {
	f.hold()
	a, b, elsewhere := id(1, 7), id(2, 7), id(3, 8)
	for _, exec := range []statelark.ExecID{b, a, elsewhere} {
		c := started(exec, exec.String())
		c.Work = []statelark.WorkOp{{Seq: 300, Data: []byte("y")}, {Seq: 2, Data: []byte("x")}, {Seq: 4, Data: []byte{}}}
		f.commit(c)
	}
	f.commit(&statelark.Change{Exec: a, Work: []statelark.WorkOp{{Seq: 4}, {Seq: 5}, {Seq: 2, Data: []byte("z")}}})
	want := []statelark.Work{
		{Exec: a, Seq: 2, Data: []byte("z")}, {Exec: a, Seq: 300, Data: []byte("y")},
		{Exec: b, Seq: 2, Data: []byte("x")}, {Exec: b, Seq: 4}, {Exec: b, Seq: 300, Data: []byte("y")},
	}
	for n := 1; n <= len(want)+1; n++ {
		var got []statelark.Work
		var after statelark.MessageKey
		for {
			page := must(f.Work(f.ctx, 7, after, n))(f)
			if len(page) > n {
				f.Fatalf("a page of %d holds %d", n, len(page))
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			last := page[len(page)-1]
			after = statelark.MessageKey{To: last.Exec, Seq: last.Seq}
		}
		f.same("work by pages", got, want)
	}
}

func lawTimers(f *fixture) {
	f.hold()
	a, b, elsewhere := id(1, 7), id(2, 7), id(3, 8)
	at := func(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }
	f.commit(started(a, "a"), started(b, "b"), started(elsewhere, "c"),
		&statelark.Change{Exec: b, Timers: []statelark.TimerOp{{Seq: 1, Due: at(5)}, {Seq: 9, Due: at(0)}, {Seq: 3, Due: at(900)}}},
		&statelark.Change{Exec: elsewhere, Timers: []statelark.TimerOp{{Seq: 1, Due: at(1)}}},
		&statelark.Change{Exec: a, Timers: []statelark.TimerOp{
			{Seq: 2, Due: at(5)}, {Seq: 1, Due: at(5)}, {Seq: 1, Due: at(5)}, {Seq: 4, Due: at(7)},
			{Seq: 8, Due: time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)},
		}})
	f.commit(&statelark.Change{Exec: a, Timers: []statelark.TimerOp{
		{Seq: 4, Due: at(7), Cancel: true}, {Seq: 2, Due: at(6), Cancel: true}, {Seq: 99, Due: at(0), Cancel: true},
	}})
	want := []statelark.Timer{
		{Due: time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), Exec: a, Seq: 8},
		{Due: at(0), Exec: b, Seq: 9},
		{Due: at(5), Exec: a, Seq: 1}, {Due: at(5), Exec: a, Seq: 2}, {Due: at(5), Exec: b, Seq: 1},
		{Due: at(900), Exec: b, Seq: 3},
	}
	for n := 1; n <= len(want)+1; n++ {
		var got []statelark.Timer
		var after statelark.Timer
		for {
			page := must(f.Timers(f.ctx, 7, at(900), after, n))(f)
			if len(page) > n {
				f.Fatalf("a page of %d holds %d", n, len(page))
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			after = page[len(page)-1]
		}
		f.same("timers by pages", got, want)
	}
	f.same("timers due", must(f.Timers(f.ctx, 7, at(5), statelark.Timer{}, all))(f), want[:5])
	f.same("timers due before", must(f.Timers(f.ctx, 7, at(4), statelark.Timer{}, all))(f), want[:2])
	f.same("timers after the last", must(f.Timers(f.ctx, 7, at(5), want[4], all))(f), []statelark.Timer(nil))
	f.same("timers after the end", must(f.Timers(f.ctx, 7, at(0), want[4], all))(f), []statelark.Timer(nil))
	f.same("a page of none", must(f.Timers(f.ctx, 7, at(900), statelark.Timer{}, 0))(f), []statelark.Timer(nil))
}
