package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// gates is a target whose calls run until their gate is opened. It notes the most that ran at once of each.
type gates struct {
	mu      sync.Mutex
	open    map[string]chan struct{}
	running map[string]int
	most    map[string]int
	order   []string
}

func newGates() *gates {
	return &gates{open: make(map[string]chan struct{}), running: make(map[string]int), most: make(map[string]int)}
}

func (g *gates) gate(name string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[name] == nil {
		g.open[name] = make(chan struct{})
	}
	return g.open[name]
}

func (g *gates) call(ctx context.Context, c *task.Call) (task.Outcome, error) {
	name := c.Resource.Function
	gate := g.gate(name)
	g.mu.Lock()
	g.running[name]++
	g.most[name] = max(g.most[name], g.running[name])
	g.order = append(g.order, name)
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.running[name]--
		g.mu.Unlock()
	}()
	select {
	case <-gate:
	case <-ctx.Done():
	}
	return task.Outcome{Output: c.Input}, nil
}

func callOf(function string) string {
	return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + here.FunctionARN(function, "") + `","End":true}}}`
}

// Slow calls of one function, however many, leave slots to those of another.
func TestSlowCallsDoNotStarveOthers(t *testing.T) {
	g := newGates()
	inBubbleWith(t, Options{MaxTasks: 8}, g.call, func(r *rig) {
		slow := r.machine("Slow", callOf("slow"))
		for i := range 100 {
			r.start(slow, fmt.Sprint(i), `1`)
		}
		synctest.Wait()
		is(t, "slow calls", g.running["slow"], 2)
		close(g.gate("quick"))
		for i := range 20 {
			is(t, "status", r.run(r.machine("Quick", callOf("quick")), fmt.Sprint(i), `1`).Status, statelark.Succeeded)
		}
		is(t, "slow calls", g.running["slow"], 2)
		close(g.gate("slow"))
		for i := range 100 {
			is(t, "status", r.ended(arn.Execution(slow, fmt.Sprint(i))).Status, statelark.Succeeded)
		}
		is(t, "slow calls at once", g.most["slow"], 2)
	})
}

// Functions that each hold all slots they can get, for whatever they wait, leave one to each other function.
func TestEachResourceHasASlotOfItsOwn(t *testing.T) {
	g := newGates()
	inBubbleWith(t, Options{MaxTasks: 4}, g.call, func(r *rig) {
		const n = 30
		for i := range n {
			name := fmt.Sprint("f", i)
			m := r.machine(name, callOf(name))
			r.start(m, "a", `1`)
			r.start(m, "b", `1`)
		}
		synctest.Wait()
		for i := range n {
			is(t, "running calls", g.running[fmt.Sprint("f", i)], 1)
		}
		for i := n - 1; i >= 0; i-- { // none waits for one before it
			name := fmt.Sprint("f", i)
			close(g.gate(name))
			for _, x := range []string{"a", "b"} {
				is(t, "status", r.ended(arn.Execution(here.StateMachineARN(name), x)).Status, statelark.Succeeded)
			}
		}
	})
}

// Functions that start an execution here and wait for its end leave slots to the functions that it calls.
func TestFunctionsThatWaitForExecutions(t *testing.T) {
	var r *rig
	f := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		if c.Resource.Function == "outer" {
			name := c.Input.Text()
			if _, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: here.StateMachineARN("Inner"), Name: name, Input: "1"}); err != nil {
				return task.Outcome{}, err
			}
			for r.describe(arn.Execution(here.StateMachineARN("Inner"), name)).Status == statelark.Running {
				time.Sleep(time.Second)
			}
		}
		return task.Outcome{Output: c.Input}, nil
	}
	inBubbleWith(t, Options{MaxTasks: 1}, f, func(bubble *rig) {
		r = bubble
		outer := r.machine("Outer", callOf("outer"))
		r.machine("Inner", callOf("inner"))
		for i := range 10 {
			r.start(outer, fmt.Sprint(i), fmt.Sprint(i))
		}
		for i := range 10 {
			is(t, "status", r.ended(arn.Execution(outer, fmt.Sprint(i))).Status, statelark.Succeeded)
		}
	})
}

// quick is a target in lines that share with nobody.
type quick struct{ function }

func (quick) Line(*asl.Resource, value.Value) (name string, quick bool) { return "quick", true }

// What waits for nothing outside does not wait for what does.
func TestQuickCallsShareWithNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGates()
		d := unitDispatcher(t, g.call, 1)
		d.each = 8
		d.targets.Set("states:startExecution", quick{g.call})
		for seq := range uint64(4) {
			d.push(functionCall(t, "slow", seq))
		}
		res, err := asl.ParseResource("arn:aws:states:::states:startExecution")
		if err != nil {
			t.Fatal(err)
		}
		for seq := range uint64(10) {
			d.push(call{taskKey: taskKey{seq: 100 + seq}, resource: &res, input: value.True})
		}
		synctest.Wait()
		is(t, "running", fmt.Sprint(g.running), "map[:8 slow:2]") // one slot of its own, one shared
		close(g.gate(""))
		synctest.Wait()
		is(t, "running", fmt.Sprint(g.running), "map[:0 slow:2]")
	})
}

// What lines share goes round: the one with more calls waiting gets no more of it.
func TestSharedSlotsGoRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGates()
		d := unitDispatcher(t, g.call, 2)
		d.each = 10
		var seq uint64
		push := func(function string, n int) {
			for range n {
				seq++
				d.push(functionCall(t, function, seq))
				synctest.Wait()
			}
		}
		push("hog", 3) // one slot of its own and both of the others
		push("busy", 4)
		push("calm", 3)
		for _, function := range []string{"hog", "hog", "busy", "calm", "busy"} {
			g.gate(function) <- struct{}{}
			synctest.Wait()
		}
		is(t, "order", fmt.Sprint(g.order), "[hog hog hog busy calm busy calm busy calm busy]")
	})
}

// A call that was given up in its line does not run, and makes room.
func TestCallGivenUpInItsLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGates()
		d := unitDispatcher(t, g.call, 1)
		for seq := range uint64(100) {
			d.push(functionCall(t, "f", seq))
		}
		for seq := range uint64(90) {
			d.forget(taskKey{seq: seq + 1})
		}
		d.mu.Lock()
		kept := d.waiting
		d.mu.Unlock()
		if kept > 20 {
			t.Errorf("%d calls are kept of 9 that are wanted", kept)
		}
		close(g.gate("f"))
		synctest.Wait()
		is(t, "calls", len(g.order), 10)
		is(t, "calls that wait", d.waiting, 0)
		is(t, "calls that are known", len(d.known), 0)
	})
}

// The lines of resources that are not called any more are let go of.
func TestLinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := unitDispatcher(t, echo, 4)
		for seq := range uint64(3 * maxLines) {
			d.push(functionCall(t, fmt.Sprint("f", seq), seq))
			synctest.Wait()
		}
		if n := len(d.lines); n > maxLines {
			t.Errorf("%d lines are kept", n)
		}
	})
}

// unitDispatcher makes a dispatcher alone: what it delivers is durable at once.
func unitDispatcher(t testing.TB, f function, maxTasks int) *dispatcher {
	targets := &task.Registry{}
	targets.SetFunctions(f)
	deliver := func(_ context.Context, m message) bool {
		m.reply(nil)
		return true
	}
	d := newDispatcher(targets, workRows{}, deliver, slog.New(slog.DiscardHandler), maxTasks)
	t.Cleanup(func() {
		d.close()
		d.wait()
	})
	return d
}

func functionCall(t testing.TB, function string, seq uint64) call {
	t.Helper()
	res, err := asl.ParseResource(here.FunctionARN(function, ""))
	if err != nil {
		t.Fatal(err)
	}
	return call{taskKey: taskKey{seq: seq}, resource: &res, input: value.True}
}
