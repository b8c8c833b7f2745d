package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/statelark/statelark"
)

func lawStart(f *fixture) {
	f.hold()
	exec := id(1, 0)
	x := record(exec, "one")
	x.Version, x.Alias, x.TraceHeader = "arn:version", "arn:alias", "Root=1"
	x.Parent, x.ParentWait = statelark.NewExecID(x.Start, 9, 7), 1<<40
	f.commit(&statelark.Change{Exec: exec, Start: true, Execution: x})
	f.same("record", must(f.Execution(f.ctx, exec))(f), x)

	taken := func(exec, holder statelark.ExecID, name string, changes ...*statelark.Change) {
		f.Helper()
		f.refused(statelark.ErrExists, exec, func() error {
			err := f.try(changes...)
			var taken *statelark.TakenError
			if !errors.As(err, &taken) || *taken != (statelark.TakenError{Exec: exec, Name: name, Holder: holder}) {
				f.Errorf("the name is taken: %#v", err)
			}
			return err
		})
	}
	taken(id(2, 0), exec, "one", started(id(2, 0), "one"))
	taken(exec, exec, "one", started(exec, "one"))
	taken(id(4, 0), id(3, 0), "twice", started(id(3, 0), "twice"), started(id(4, 0), "twice"))
	f.refused(statelark.ErrConflict, id(5, 0), func() error {
		return f.try(&statelark.Change{Exec: id(5, 0), Start: true})
	})

	elsewhere := started(id(6, 0), "one")
	elsewhere.Execution.Machine += "2"
	f.commit(elsewhere)
}

func lawBlockSequence(f *fixture) {
	f.hold()
	exec := id(1, 0)
	block := func(first, last int64) *statelark.Change {
		return &statelark.Change{Exec: exec, Block: []byte("block"), First: first, Last: last}
	}
	f.refused(statelark.ErrConflict, exec, func() error { return f.try(block(1, 2)) })
	f.refused(statelark.ErrConflict, exec, func() error {
		start := started(exec, "x")
		start.Block, start.First, start.Last = []byte("block"), 2, 3
		return f.try(start)
	})
	f.commit(started(exec, "x"))
	f.commit(block(1, 2))
	for _, c := range []*statelark.Change{block(2, 3), block(4, 5), block(1, 2), block(3, 2), block(0, 3)} {
		f.refused(statelark.ErrConflict, exec, func() error { return f.try(c) })
	}
	f.commit(&statelark.Change{Exec: exec, Threads: []statelark.ThreadRow{{Thread: 1, Data: []byte("t")}}})
	f.commit(block(3, 3))
	f.same("blocks", must(f.History(f.ctx, exec, 1, all, false))(f), []statelark.HistoryBlock{
		{First: 1, Last: 2, Data: []byte("block")}, {First: 3, Last: 3, Data: []byte("block")},
	})
	f.refused(statelark.ErrConflict, id(2, 0), func() error {
		return f.try(&statelark.Change{Exec: id(2, 0), Work: []statelark.WorkOp{{Seq: 1, Data: []byte("w")}}})
	})
}

func lawChangesInOrder(f *fixture) {
	f.hold()
	exec := id(1, 0)
	first := started(exec, "x")
	first.Block, first.First, first.Last = []byte("a"), 1, 3
	first.Threads = []statelark.ThreadRow{{Thread: 1, Data: []byte("old")}, {Thread: 2, Data: []byte("gone")}}
	first.Timers = []statelark.TimerOp{{Seq: 1, Due: epoch}}
	first.Work = []statelark.WorkOp{{Seq: 1, Data: []byte("w")}}
	first.Sends = []statelark.Message{{MessageKey: statelark.MessageKey{To: exec, Seq: 4}, Data: []byte("m")}}
	second := &statelark.Change{
		Exec: exec, Block: []byte("b"), First: 4, Last: 4,
		Threads:  []statelark.ThreadRow{{Thread: 1, Data: []byte("new")}, {Thread: 2}},
		Timers:   []statelark.TimerOp{{Seq: 1, Due: epoch, Cancel: true}, {Seq: 2, Due: epoch}},
		Work:     []statelark.WorkOp{{Seq: 1}},
		Consumed: []statelark.MessageKey{{To: exec, Seq: 4}},
	}
	f.commit(first, second)
	v := f.look(exec)
	f.same("threads", v.Threads[exec.String()], []statelark.ThreadRow{{Thread: 1, Data: []byte("new")}})
	f.same("timers", v.Timers, []statelark.Timer{{Due: epoch, Exec: exec, Seq: 2}})
	f.same("work", v.Work, []statelark.Work(nil))
	f.same("inbox", v.Inbox, []statelark.Message(nil))
	f.same("history", v.History[exec.String()], []statelark.HistoryBlock{
		{First: 1, Last: 3, Data: []byte("a")}, {First: 4, Last: 4, Data: []byte("b")},
	})
	f.refused(statelark.ErrConflict, exec, func() error {
		return f.try(
			&statelark.Change{Exec: exec, Block: []byte("c"), First: 5, Last: 6},
			&statelark.Change{Exec: exec, Block: []byte("d"), First: 6, Last: 6})
	})
}

// lawAtomicity lets a batch fail on its last part, after rows of every kind.
func lawAtomicity(f *fixture) {
	f.hold()
	exec := id(1, 0)
	f.commit(started(exec, "x"), &statelark.Change{
		Exec:    exec,
		Threads: []statelark.ThreadRow{{Thread: 1, Data: []byte("t")}},
		Sends:   []statelark.Message{{MessageKey: statelark.MessageKey{To: exec, Seq: 1}, Data: []byte("m")}},
	})
	full := started(id(2, 0), "y")
	full.Block, full.First, full.Last = []byte("b"), 1, 1
	full.Threads = []statelark.ThreadRow{{Thread: 1, Data: []byte("t")}}
	full.Blobs = []statelark.Blob{{ID: 1, Data: []byte("p")}}
	full.Timers = []statelark.TimerOp{{Seq: 1, Due: epoch}}
	full.Work = []statelark.WorkOp{{Seq: 1, Data: []byte("w")}}
	full.Sends = []statelark.Message{{MessageKey: statelark.MessageKey{To: exec, Seq: 2}, Data: []byte("m")}}
	closing := &statelark.Change{Exec: exec, Execution: ended(record(exec, "x"), epoch, 1), Close: true}
	f.refused(statelark.ErrConflict, exec, func() error {
		return f.tryBatch(&statelark.Batch{
			Changes: []*statelark.Change{full, closing},
			Meta:    []statelark.MetaOp{{Key: "a", Value: []byte("1")}, {Key: "b", Value: []byte("1"), Expect: 7}},
		})
	})
	f.is(second(f.Lookup(f.ctx, machine, "y")), statelark.ErrNotFound)
	f.is(second(f.Blob(f.ctx, full.Exec, 1)), statelark.ErrNotFound)
	f.refused(statelark.ErrConflict, exec, func() error {
		return f.try(full, &statelark.Change{Exec: id(3, 0), Block: []byte("b"), First: 1, Last: 1})
	})
	f.commit(full)
}

// second returns the error of a read.
func second[V any](_ V, err error) error { return err }

// lawOwnedSlices changes what was given to a store and what it gave.
func lawOwnedSlices(f *fixture) {
	f.hold()
	exec := id(1, 0)
	data := []byte("data")
	c := started(exec, "x")
	c.Block, c.First, c.Last = data, 1, 1
	c.Threads = []statelark.ThreadRow{{Thread: 1, Data: data}}
	c.Blobs = []statelark.Blob{{ID: 1, Data: data}}
	c.Work = []statelark.WorkOp{{Seq: 1, Data: data}}
	c.Sends = []statelark.Message{{MessageKey: statelark.MessageKey{To: exec, Seq: 1}, Data: data}}
	b := &statelark.Batch{Changes: []*statelark.Change{c}, Meta: []statelark.MetaOp{{Key: "k", Value: data}}}
	f.ok(f.tryBatch(b))
	copy(data, "XXXX")
	c.Execution.Name = "changed"

	read := func() [][]byte {
		v := f.look(exec)
		return [][]byte{
			v.History[exec.String()][0].Data, v.Threads[exec.String()][0].Data, must(f.Blob(f.ctx, exec, 1))(f),
			v.Work[0].Data, v.Inbox[0].Data, v.Meta[0].Value, must(f.Meta(f.ctx, "k"))(f).Value,
		}
	}
	for range 2 {
		for i, got := range read() {
			if string(got) != "data" {
				f.Errorf("row %d is %q", i, got)
			}
			copy(got, "YYYY")
		}
		x := must(f.Execution(f.ctx, exec))(f)
		f.same("name", x.Name, "x")
		x.Name = "changed"
	}
}

// busy returns the change that starts an execution with rows of every kind.
func busy(exec statelark.ExecID, name string) *statelark.Change {
	c := started(exec, name)
	c.Block, c.First, c.Last = []byte("b"), 1, 4
	c.Threads = []statelark.ThreadRow{{Thread: 0, Data: []byte("t0")}, {Thread: 9, Data: []byte("t9")}}
	c.Blobs = []statelark.Blob{{ID: 1, Data: []byte("p")}}
	c.Timers = []statelark.TimerOp{{Seq: 1, Due: epoch}, {Seq: 2, Due: epoch.Add(time.Hour)}}
	c.Work = []statelark.WorkOp{{Seq: 3, Data: []byte("w3")}, {Seq: 4, Data: []byte("w4")}}
	c.Sends = []statelark.Message{{MessageKey: statelark.MessageKey{To: exec, Seq: 5}, Data: []byte("m5")}}
	return c
}

func lawClose(f *fixture) {
	f.hold()
	before, closing, after := id(1, 0), id(2, 0), id(3, 0)
	f.commit(busy(before, "before"), busy(closing, "closing"), busy(after, "after"))
	f.ok(f.Send(f.ctx, []statelark.Message{{MessageKey: statelark.MessageKey{To: closing, Seq: 6}, Data: []byte("m6")}}))
	others := f.look(before, after)
	done := ended(record(closing, "closing"), epoch.Add(time.Minute), 5)
	f.commit(&statelark.Change{
		Exec: closing, Execution: done, Block: []byte("e"), First: 5, Last: 5,
		Threads: []statelark.ThreadRow{{Thread: 4, Data: []byte("t4")}},
		Timers:  []statelark.TimerOp{{Seq: 7, Due: epoch}},
		Work:    []statelark.WorkOp{{Seq: 8, Data: []byte("w8")}},
		Sends: []statelark.Message{
			{MessageKey: statelark.MessageKey{To: closing, Seq: 9}, Data: []byte("m9")},
			{MessageKey: statelark.MessageKey{To: after, Seq: 9}, Data: []byte("m9")},
		},
		Close: true,
	})
	v := f.look(before, closing, after)
	f.same("threads", v.Threads[closing.String()], []statelark.ThreadRow(nil))
	f.same("record", v.Executions[closing.String()], done)
	if n := len(v.History[closing.String()]); n != 2 {
		f.Errorf("%d blocks are left of 2", n)
	}
	must(f.Blob(f.ctx, closing, 1))(f)
	f.same("threads of others", v.Threads[after.String()], others.Threads[after.String()])
	var left []uint64
	for _, m := range v.Inbox {
		if m.To == closing {
			left = append(left, m.Seq)
		}
	}
	f.same("messages to it", left, []uint64{5, 6, 9})
	f.same("number of timers", len(v.Timers), 4)
	f.same("number of work rows", len(v.Work), 4)
	f.commit(&statelark.Change{Exec: closing, Consumed: []statelark.MessageKey{{To: closing, Seq: 9}}})
}

// lawCloseInOneBatch closes executions by the batch that gave them their rows.
func lawCloseInOneBatch(f *fixture) {
	f.hold()
	exec, other := id(1, 0), id(2, 0)
	message := func(seq uint64) statelark.Message { return message(exec, seq, "m") }
	sender := started(other, "sender")
	sender.Sends = []statelark.Message{message(20)}
	done := ended(record(exec, "x"), epoch, 4)
	f.ok(f.Send(f.ctx, []statelark.Message{message(21), message(22)}))
	f.commit(busy(exec, "x"), sender, &statelark.Change{Exec: exec, Execution: done, Close: true},
		&statelark.Change{Exec: other, Sends: []statelark.Message{message(20), message(21)}})
	v := f.look(exec)
	f.same("threads", v.Threads[exec.String()], []statelark.ThreadRow(nil))
	f.same("timers", v.Timers, []statelark.Timer(nil))
	f.same("work", v.Work, []statelark.Work(nil))
	f.same("number of messages", len(v.Inbox), 4) // its own, 20, 21 and 22

	whole := busy(id(3, 0), "whole")
	whole.Execution, whole.Close = ended(whole.Execution, epoch, 4), true
	f.commit(whole)
	v = f.look(whole.Exec)
	f.same("threads", v.Threads[whole.Exec.String()], []statelark.ThreadRow(nil))
	f.same("timers", v.Timers, []statelark.Timer(nil))
	f.same("work", v.Work, []statelark.Work(nil))
	f.same("number of messages", len(v.Inbox), 5)
	f.same("record", v.Executions[whole.Exec.String()], whole.Execution)
}

// lawCloseOfMany closes executions with more rows than a store keeps count of at ease: some came before the batch that
// closes them, some come with it, some have gone and come again.
func lawCloseOfMany(f *fixture) {
	f.hold()
	rows := func(exec statelark.ExecID, from, to uint64) *statelark.Change {
		c := &statelark.Change{Exec: exec}
		for n := from; n < to; n++ {
			c.Threads = append(c.Threads, statelark.ThreadRow{Thread: uint32(n), Data: []byte("t")})
			c.Work = append(c.Work, statelark.WorkOp{Seq: n, Data: []byte("w")})
			c.Timers = append(c.Timers, statelark.TimerOp{Seq: n, Due: epoch.Add(time.Duration(n) * time.Second)})
		}
		return c
	}
	gone := func(exec statelark.ExecID, from, to uint64) *statelark.Change {
		c := rows(exec, from, to)
		for i := range c.Threads {
			c.Threads[i].Data, c.Work[i].Data, c.Timers[i].Cancel = nil, nil, true
		}
		return c
	}
	const many = 100
	exec, other := id(1, 0), id(2, 0)
	f.commit(started(exec, "x"), started(other, "other"), rows(exec, 0, many), rows(other, 0, 3))
	f.commit(gone(exec, 10, 60))
	v := f.look(exec, other)
	f.same("threads", len(v.Threads[exec.String()]), many-50)
	f.same("number of timers", len(v.Timers), many-50+3)
	f.same("number of work rows", len(v.Work), many-50+3)
	f.commit(rows(exec, 50, 70), gone(exec, 0, 5))
	closing := &statelark.Change{Exec: exec, Execution: ended(record(exec, "x"), epoch, 0), Close: true}
	f.commit(rows(exec, many, 2*many), gone(exec, many, many+7), rows(exec, many+3, many+5), closing)
	left := f.look(exec, other)
	f.same("threads", left.Threads[exec.String()], []statelark.ThreadRow(nil))
	f.same("threads of another", len(left.Threads[other.String()]), 3)
	f.same("number of timers", len(left.Timers), 3)
	f.same("number of work rows", len(left.Work), 3)
	f.commit(started(id(3, 0), "y"), rows(id(3, 0), 0, many), gone(id(3, 0), 0, many),
		&statelark.Change{Exec: id(3, 0), Execution: ended(record(id(3, 0), "y"), epoch, 0), Close: true})
	f.same("what a third one leaves", len(f.look().Work), 3)
}

// lawKeep closes executions that may be redriven, a few rows and many, and takes one up again.
func lawKeep(f *fixture) {
	f.hold()
	const many = 100
	for n, rows := range []uint64{2, many} {
		exec := id(n, statelark.ShardID(n))
		work, threads := []statelark.WorkOp(nil), []statelark.ThreadRow(nil)
		for i := range rows {
			threads = append(threads, statelark.ThreadRow{Thread: uint32(i), Data: []byte("t")})
			work = append(work, statelark.WorkOp{Seq: i, Data: []byte("w")})
		}
		c := started(exec, "x")
		c.Threads, c.Work, c.Timers = threads, work, []statelark.TimerOp{{Seq: 1, Due: epoch}}
		f.commit(c)
		last := statelark.ThreadRow{Thread: 0, Data: []byte("last")}
		one := &statelark.Change{Exec: exec, Threads: []statelark.ThreadRow{{Thread: 1}}, Work: []statelark.WorkOp{{Seq: rows, Data: []byte("w")}}}
		record := ended(record(exec, "x"), epoch, 0)
		f.commit(one, &statelark.Change{Exec: exec, Execution: record, Threads: []statelark.ThreadRow{last}, Close: true, Keep: true})
		kept := append([]statelark.ThreadRow{last}, threads[2:]...)
		v := f.look(exec)
		f.same("threads that are kept", v.Threads[exec.String()], kept)
		f.same("record", v.Executions[exec.String()], record)
		f.same("timers", v.Timers, []statelark.Timer(nil))
		f.same("work", v.Work, []statelark.Work(nil))

		again := *record
		again.Status, again.Stop, again.Redrives, again.Redriven = statelark.Running, time.Time{}, 1, epoch.Add(time.Hour)
		f.commit(&statelark.Change{Exec: exec, Execution: &again, Threads: []statelark.ThreadRow{{Thread: 1, Data: []byte("again")}}, Work: work[:1]})
		v = f.look(exec)
		f.same("number of threads of the redriven", len(v.Threads[exec.String()]), int(rows))
		f.same("record of the redriven", v.Executions[exec.String()], &again)
		f.same("expired while it runs", must(f.Expire(f.ctx, epoch.Add(time.Hour), all))(f), 0)
		f.commit(&statelark.Change{Exec: exec, Execution: record, Close: true, Keep: true})
		f.same("expired", must(f.Expire(f.ctx, epoch.Add(time.Hour), all))(f), 1)
		f.same("threads of the expired", f.look(exec).Threads[exec.String()], []statelark.ThreadRow(nil))
		f.same("work of the expired", f.look(exec).Work, []statelark.Work(nil))
	}
}

// lawMapRun lists the children of a Map Run, which are not among the executions of their state machine.
func lawMapRun(f *fixture) {
	f.hold()
	const run = machine + "/label:run"
	child := record(id(1, 0), "child")
	child.MapRun, child.Items = run, 3
	f.commit(started(id(2, 0), "x"), &statelark.Change{Exec: child.ID, Start: true, Execution: child})
	list := func(of string, status statelark.Status) []*statelark.Execution {
		return must(f.Executions(f.ctx, statelark.ExecutionQuery{Machine: of, Status: status, Limit: all}))(f)
	}
	f.same("of the run", list(run, 0), []*statelark.Execution{child})
	f.same("running of the run", list(run, statelark.Running), []*statelark.Execution{child})
	f.same("of the machine", len(list(machine, 0)), 1)
	f.same("id", must(f.Lookup(f.ctx, machine, "child"))(f), child.ID)
	done := ended(child, epoch, 0)
	f.commit(&statelark.Change{Exec: child.ID, Execution: done, Close: true})
	f.same("of the run", list(run, 0), []*statelark.Execution{done})
	f.same("running of the run", len(list(run, statelark.Running)), 0)
	f.same("expired", must(f.Expire(f.ctx, epoch.Add(time.Hour), all))(f), 1)
	f.same("of the run", len(list(run, 0)), 0)
}

// lawVersion lists what was started through a version and an alias, and what was forked, which is among the executions of the
// state machine as well.
func lawVersion(f *fixture) {
	f.hold()
	const version, alias = machine + ":1", machine + ":PROD"
	through, beside := record(id(1, 0), "through"), record(id(2, 0), "beside")
	through.Version, through.Alias = version, alias
	beside.Version, beside.Fork = version, &statelark.Origin{ARN: through.ARN(), State: "S", Event: 2}
	forks := statelark.ForkList(through.ARN())
	f.commit(started(id(3, 0), "x"),
		&statelark.Change{Exec: through.ID, Start: true, Execution: through}, &statelark.Change{Exec: beside.ID, Start: true, Execution: beside})
	check := func(status statelark.Status, want map[string]int) {
		f.Helper()
		for of, n := range want {
			listed := must(f.Executions(f.ctx, statelark.ExecutionQuery{Machine: of, Status: status, Limit: all}))(f)
			f.same(fmt.Sprintf("number of those of %s with status %d", of, status), len(listed), n)
		}
	}
	check(0, map[string]int{machine: 3, version: 2, alias: 1, forks: 1})
	check(statelark.Running, map[string]int{machine: 3, version: 2, alias: 1})
	f.commit(&statelark.Change{Exec: through.ID, Execution: ended(through, epoch, 0), Close: true})
	check(0, map[string]int{machine: 3, version: 2, alias: 1, forks: 1})
	check(statelark.Running, map[string]int{machine: 2, version: 1, alias: 0})
	check(statelark.Succeeded, map[string]int{machine: 1, version: 1, alias: 1})
	page := must(f.Executions(f.ctx, statelark.ExecutionQuery{Machine: version, Before: beside.ID, Limit: 1}))(f)
	f.same("the page after", len(page), 1)
	f.same("expired", must(f.Expire(f.ctx, epoch.Add(time.Hour), all))(f), 1)
	check(0, map[string]int{machine: 2, version: 1, alias: 0, forks: 1})
}

func lawRedrive(f *fixture) {
	f.hold()
	exec := id(1, 0)
	running := record(exec, "x")
	done := ended(running, epoch, 4)
	f.commit(busy(exec, "x"))
	f.commit(&statelark.Change{Exec: exec, Execution: done, Close: true})
	again := *running
	again.Status = statelark.Running
	f.commit(&statelark.Change{
		Exec: exec, Execution: &again, Block: []byte("r"), First: 5, Last: 5,
		Threads: []statelark.ThreadRow{{Thread: 0, Data: []byte("t")}},
		Timers:  []statelark.TimerOp{{Seq: 1, Due: epoch}},
	})
	f.same("expired while it runs", must(f.Expire(f.ctx, epoch.Add(time.Hour), all))(f), 0)
	v := f.look(exec)
	f.same("record", v.Executions[exec.String()], &again)
	f.same("threads", v.Threads[exec.String()], []statelark.ThreadRow{{Thread: 0, Data: []byte("t")}})
	f.same("timers", v.Timers, []statelark.Timer{{Due: epoch, Exec: exec, Seq: 1}})
	for status, want := range map[statelark.Status]int{0: 1, statelark.Running: 1, statelark.Succeeded: 0} {
		listed := must(f.Executions(f.ctx, statelark.ExecutionQuery{Machine: machine, Status: status, Limit: all}))(f)
		f.same("number of executions listed", len(listed), want)
	}
}
