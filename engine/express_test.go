package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// expressMachine makes an Express state machine and returns its ARN.
func (r *rig) expressMachine(name, definition string) string {
	r.t.Helper()
	m, err := r.CreateStateMachine(context.Background(), &statelark.StateMachine{
		ARN: here.StateMachineARN(name), Name: name, Type: statelark.Express, Definition: definition, RoleARN: role,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return m.ARN
}

// unstored starts an Express execution of which nothing is stored, and returns its id and how it will end.
func (r *rig) unstored(machine, input string) (statelark.ExecID, <-chan *expressEnd) {
	r.t.Helper()
	_, p, err := r.machines.present(context.Background(), machine)
	if err != nil {
		r.t.Fatal(err)
	}
	now := r.now()
	ends := make(chan *expressEnd, 2)
	x := &statelark.Execution{ID: r.expressID(now), Machine: machine, Name: "x", Status: statelark.Running, Start: now, Express: true}
	id := x.ID
	if err := r.startExpress(&expressStart{record: x, program: p, input: value.Checked(input), ended: func(e *expressEnd) { ends <- e }}); err != nil {
		r.t.Fatal(err)
	}
	return id, ends
}

func TestExpressEnds(t *testing.T) {
	text := func(s string) *string { return &s }
	tests := map[string]struct {
		definition string
		want       statelark.Status
		output     string
		error      *string
		after      time.Duration
		events     int64
	}{
		"at once":      {`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`, statelark.Succeeded, `{"n":1}`, nil, 0, 4},
		"with a task":  {`{"StartAt":"T","States":{"T":{` + lambda + `,"End":true}}}`, statelark.Succeeded, `{"n":1}`, nil, 0, 7},
		"after a wait": {`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"End":true}}}`, statelark.Succeeded, `{"n":1}`, nil, 100 * time.Second, 4},
		"as a failure": {`{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}}`, statelark.Failed, "", text("E"), 0, 3},
		"at its limit": {`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}`, statelark.TimedOut, "", nil, 5 * time.Minute, 3},
		"at its own limit": {`{"TimeoutSeconds":7,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}`,
			statelark.TimedOut, "", nil, 7 * time.Second, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				_, ends := r.unstored(r.expressMachine("M", test.definition), `{"n":1}`)
				end := <-ends
				if end.err != nil || end.Status != test.want || end.Output != test.output || !same(end.Error, test.error) || end.Events != test.events {
					t.Errorf("ended as %+v", end)
				}
				if took := end.Stop.Sub(end.Start); took != test.after {
					t.Errorf("it took %v, want %v", took, test.after)
				}
				if arn := end.ARN(); !strings.HasPrefix(arn, "arn:aws:states:us-east-1:000000000000:express:M:x:") {
					t.Errorf("its ARN is %s", arn)
				}
				r.empty()
			})
		})
	}
}

func same(a, b *string) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// empty fails the test unless nothing is left of any Express execution.
func (r *rig) empty() {
	r.t.Helper()
	synctest.Wait()
	if n, bytes := r.express.count.Load(), r.express.bytes.Load(); n != 0 || bytes != 0 {
		r.t.Errorf("%d executions are under way, with %d bytes", n, bytes)
	}
	for _, o := range r.owners {
		if len(o.express.live) > 0 || len(o.timers.alarms) > 0 {
			r.t.Errorf("%d executions and %d timers are left", len(o.express.live), len(o.timers.alarms))
		}
	}
}

func TestExpressIsStopped(t *testing.T) {
	var given atomic.Bool
	f := func(ctx context.Context, _ *task.Call) (task.Outcome, error) {
		<-ctx.Done()
		given.Store(true)
		return task.Outcome{}, ctx.Err()
	}
	inBubble(t, f, func(r *rig) {
		id, ends := r.unstored(r.expressMachine("M", `{"StartAt":"T","States":{"T":{`+lambda+`,"End":true}}}`), `{}`)
		name, cause := "E", "C"
		if !r.stopExpress(context.Background(), id, &name, &cause) {
			t.Fatal("it was not told")
		}
		if end := <-ends; end.Status != statelark.Aborted || !same(end.Error, &name) || !same(end.Cause, &cause) {
			t.Errorf("ended as %+v", end)
		}
		r.empty()
		is(t, "given up", given.Load(), true)
	})
}

// A step that computes for long is given up when its execution is stopped.
func TestExpressIsStoppedWhileItComputes(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1, Patience: -1}, echo, func(r *rig) {
		const endless = `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% $sum($map([1..100000],function($v){$v+1})) %}","Next":"A"}}}`
		id, ends := r.unstored(r.expressMachine("M", endless), `{}`)
		r.stopExpress(context.Background(), id, nil, nil)
		if end := <-ends; end.Status != statelark.Aborted {
			t.Errorf("ended as %+v", end)
		}
		r.empty()
	})
}

func TestExpressEndsWithTheEngine(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		machine := r.expressMachine("M", `{"StartAt":"T","States":{"T":{`+lambda+`,"End":true}}}`)
		_, ends := r.unstored(machine, `{}`)
		synctest.Wait()
		r.restart()
		if end := <-ends; end.err == nil {
			t.Errorf("ended as %+v", end)
		}
		if len(ends) > 0 {
			t.Error("it ended twice")
		}
	})
}

// What the store does is nothing to an Express execution.
func TestExpressOutlivesTheStore(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		_, ends := r.unstored(r.expressMachine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"Next":"T"},"T":{`+lambda+`,"End":true}}}`), `{}`)
		time.Sleep(time.Second)
		r.renew()
		if end := <-ends; end.Status != statelark.Succeeded {
			t.Errorf("ended as %+v", end)
		}
		r.empty()
	})
}

func TestExpressHasBounds(t *testing.T) {
	inBubbleWith(t, Options{Owners: 2, MaxExpress: 3}, forever, func(r *rig) {
		machine := r.expressMachine("M", `{"StartAt":"T","States":{"T":{`+lambda+`,"End":true}}}`)
		for range 3 {
			r.unstored(machine, `{}`)
		}
		_, p, err := r.machines.present(context.Background(), machine)
		if err != nil {
			t.Fatal(err)
		}
		x := &statelark.Execution{ID: r.expressID(r.now()), Machine: machine, Express: true}
		if err := r.startExpress(&expressStart{record: x, program: p, input: value.EmptyObj}); !statelark.Refused(err) {
			t.Errorf("the fourth got %v", err)
		}
	})
}

// A state machine that takes all it can get leaves room for others, and those for others again.
func TestExpressRoomIsShared(t *testing.T) {
	for _, options := range []Options{{Owners: 2, MaxExpress: 100}, {Owners: 2, MaxExpressBytes: 1 << 20}} {
		inBubbleWith(t, options, forever, func(r *rig) {
			fill := func(name string) (taken int) {
				machine := r.expressMachine(name, expressTask)
				for range 1000 {
					_, err := r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: machine, Name: "x", Input: `{}`})
					switch statelark.ErrorCode(err) {
					case "":
						taken++
					case statelark.CodeThrottling:
					default:
						t.Fatal(err)
					}
				}
				return taken
			}
			first, second, third := fill("A"), fill("B"), fill("C")
			if first < 75 || second < first/5 || third < second/5 || third == 0 {
				t.Errorf("took %d, %d and %d", first, second, third)
			}
			time.Sleep(6 * time.Minute) // all have come to their limit
			r.empty()
			if again := fill("C"); again < 75 {
				t.Errorf("took %d when there was nobody else", again)
			}
		})
	}
}

const expressTask = `{"StartAt":"T","States":{"T":{` + lambda + `,"End":true}}}`

// runSync runs an execution to its end.
func (r *rig) runSync(machine, input string) *statelark.SyncExecution {
	r.t.Helper()
	x, err := r.StartSyncExecution(context.Background(), statelark.ExecutionStart{Machine: machine, Name: "x", Input: input})
	if err != nil {
		r.t.Fatal(err)
	}
	return x
}

// expressRows returns how many rows of Express executions there are.
func (r *rig) expressRows() (n int) {
	r.t.Helper()
	for s := range statelark.ShardID(statelark.Shards) {
		messages, err := r.store.Inbox(context.Background(), s, statelark.MessageKey{}, 1000)
		if err != nil {
			r.t.Fatal(err)
		}
		n += len(messages)
	}
	return n
}

func TestStartSyncExecution(t *testing.T) {
	slow := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		time.Sleep(250 * time.Millisecond)
		return echo(ctx, c)
	}
	inBubble(t, slow, func(r *rig) {
		x := r.runSync(r.expressMachine("M", expressTask), `{"a": 1}`)
		if x.Status != statelark.Succeeded || x.Output != `{"a": 1}` || x.Input != `{"a": 1}` || x.Name != "x" {
			t.Errorf("%+v", x)
		}
		is(t, "time", x.Stop.Sub(x.Start), 250*time.Millisecond)
		is(t, "billed time", x.BilledMS, 300)
		is(t, "billed memory", x.BilledMB, 64)
		is(t, "rows", r.expressRows(), 0)
		r.empty()

		x = r.runSync(r.expressMachine("F", `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"C"}}}`), `{}`)
		if x.Status != statelark.Failed || *x.Error != "E" || *x.Cause != "C" || x.BilledMS != 100 {
			t.Errorf("%+v", x)
		}
		_, err := r.StartSyncExecution(context.Background(), statelark.ExecutionStart{Machine: r.machine("S", taskOnly), Name: "x", Input: `{}`})
		is(t, "of a Standard state machine", statelark.ErrorCode(err), statelark.CodeStateMachineTypeNotSupported)
		_, err = r.StartSyncExecution(context.Background(), statelark.ExecutionStart{Machine: here.StateMachineARN("None"), Name: "x", Input: `{}`})
		is(t, "of none", statelark.ErrorCode(err), statelark.CodeStateMachineDoesNotExist)
	})
}

// What the context object tells of redrives depends on who started the execution (recorded).
func TestExpressContext(t *testing.T) {
	var outputs atomic.Value
	tell := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		outputs.Store(c.Input.Text())
		return echo(ctx, c)
	}
	inBubble(t, tell, func(r *rig) {
		m := r.expressMachine("M", `{"StartAt":"T","States":{"T":{`+lambda+`,"Parameters":{"e.$":"$$.Execution"},"End":true}}}`)
		r.runSync(m, `{}`)
		if got := outputs.Load().(string); strings.Contains(got, "RedriveCount") {
			t.Error(got)
		}
		arn := r.start(m, "x", `{}`)
		synctest.Wait()
		if got := outputs.Load().(string); !strings.Contains(got, `"RedriveCount":0`) || !strings.Contains(got, `"Id":"`+arn+`"`) {
			t.Error(got)
		}
	})
}

// An execution goes on although nobody waits for it any more.
func TestSyncCallerLeaves(t *testing.T) {
	var called atomic.Bool
	slow := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		time.Sleep(time.Minute)
		called.Store(true)
		return echo(ctx, c)
	}
	inBubble(t, slow, func(r *rig) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := r.StartSyncExecution(ctx, statelark.ExecutionStart{Machine: r.expressMachine("M", expressTask), Name: "x", Input: `{}`})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the answer is %v", err)
		}
		time.Sleep(time.Minute)
		r.empty()
		is(t, "called", called.Load(), true)
	})
}

// Executions of one name are several, and their rows go when they have ended.
func TestExpressRunsOnce(t *testing.T) {
	var calls atomic.Int32
	slow := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		calls.Add(1)
		time.Sleep(time.Minute)
		return echo(ctx, c)
	}
	inBubble(t, slow, func(r *rig) {
		m := r.expressMachine("M", expressTask)
		if a, b := r.start(m, "x", `{}`), r.start(m, "x", `{}`); a == b {
			t.Errorf("both are %s", a)
		}
		synctest.Wait()
		is(t, "rows", r.expressRows(), 2)
		r.recovery.request() // finds them running
		time.Sleep(2 * time.Minute)
		is(t, "calls", calls.Load(), 2)
		is(t, "rows", r.expressRows(), 0)
		r.empty()
		for _, o := range r.owners {
			is(t, "rows known", len(o.express.rows.known), 0)
		}
		r.restart()
		time.Sleep(time.Minute)
		is(t, "calls", calls.Load(), 2)
	})
}

// TestExpressRowOfBefore: a row that was read of the inbox and comes to its owner when the execution has ended, and the row
// is gone, runs nothing.
func TestExpressRowOfBefore(t *testing.T) {
	var calls atomic.Int32
	slow := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		calls.Add(1)
		time.Sleep(time.Minute)
		return echo(ctx, c)
	}
	inBubble(t, slow, func(r *rig) {
		ctx := context.Background()
		r.start(r.expressMachine("M", expressTask), "x", `{}`)
		synctest.Wait()
		var found []message
		for shard := range statelark.ShardID(statelark.Shards) {
			rows, err := r.store.Inbox(ctx, shard, statelark.MessageKey{}, 10)
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				m, err := r.foundExpress(ctx, &rows[i])
				if err != nil {
					t.Fatal(err)
				}
				m.exec = rows[i].To
				found = append(found, m)
			}
		}
		is(t, "rows", len(found), 1)
		time.Sleep(2 * time.Minute)
		is(t, "rows", r.expressRows(), 0)
		r.deliver(ctx, found[0])
		time.Sleep(2 * time.Minute)
		is(t, "calls", calls.Load(), 1)
		r.empty()
	})
}

// What was acknowledged runs, whatever comes between.
func TestExpressRunsAgainAfterARestart(t *testing.T) {
	var calls sync.Map
	var fast atomic.Bool
	slow := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		if !fast.Load() {
			<-ctx.Done()
			return task.Outcome{}, ctx.Err()
		}
		calls.Store(c.Execution, c.Input.Text())
		time.Sleep(time.Second)
		return echo(ctx, c)
	}
	// There is room for two at a time after the restart.
	inBubble(t, slow, func(r *rig) {
		m := r.expressMachine("M", expressTask)
		var arns []string
		for i := range 5 {
			arns = append(arns, r.start(m, "x", fmt.Sprint(i)))
		}
		if _, err := r.UpdateStateMachine(context.Background(), m, statelark.StateMachineUpdate{Definition: ptr(`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour / 30)
		fast.Store(true)
		r.options.MaxExpress = 2
		r.restart()
		time.Sleep(time.Minute)
		for i, arn := range arns {
			if input, _ := calls.Load(arn); input != fmt.Sprint(i) {
				t.Errorf("%s was called with %v", arn, input)
			}
		}
		is(t, "rows", r.expressRows(), 0)
		r.empty()
	})
}

func ptr[T any](v T) *T { return &v }

// A state machine that is deleted takes with it what had not ended when the server did.
func TestExpressOfADeletedStateMachine(t *testing.T) {
	for _, again := range []bool{false, true} { // made again, it is another one
		inBubble(t, forever, func(r *rig) { expressOfADeleted(r, again) })
	}
}

func expressOfADeleted(r *rig, again bool) {
	t := r.t
	m := r.expressMachine("M", expressTask)
	r.start(m, "x", `{}`)
	if err := r.DeleteStateMachine(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	if _, err := r.StateMachine(context.Background(), m); statelark.ErrorCode(err) != statelark.CodeStateMachineDoesNotExist {
		t.Errorf("it is there: %v", err)
	}
	time.Sleep(time.Minute)
	if _, err := r.freeRevisions(context.Background(), ""); err != nil {
		t.Fatal(err)
	}
	if again {
		r.expressMachine("M", expressTask)
	}
	r.restart()
	time.Sleep(10 * time.Second)
	is(t, "rows", r.expressRows(), 0)
	is(t, "executions", r.Stats().Express, 0)
}

func TestExpressWhileTheStoreIsAway(t *testing.T) {
	var calls atomic.Int32
	count := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		calls.Add(1)
		return echo(ctx, c)
	}
	inBubble(t, count, func(r *rig) {
		m := r.expressMachine("M", expressTask)
		start := statelark.ExecutionStart{Machine: m, Name: "x", Input: `{}`}
		r.runSync(m, `{}`) // reads the definition
		r.store.take(true)
		if _, err := r.StartExecution(context.Background(), start); err == nil || statelark.Refused(err) {
			t.Errorf("the answer is %v", err)
		}
		is(t, "status", r.runSync(m, `{}`).Status, statelark.Succeeded) // which needs no store
		r.store.take(false)
		time.Sleep(10 * time.Second)
		is(t, "calls", calls.Swap(0), 2)

		lost := errors.New("the answer is lost")
		r.store.set(func(s *frail) { s.after = func(*statelark.Batch) error { return lost } })
		if _, err := r.StartExecution(context.Background(), start); err == nil {
			t.Error("it was acknowledged")
		}
		r.store.set(func(s *frail) { s.after = nil })
		time.Sleep(10 * time.Second)
		is(t, "calls", calls.Swap(0), 1) // for it was stored
		is(t, "rows", r.expressRows(), 0)

		r.start(m, "x", `{}`)
		r.away(30 * time.Second) // when its row is to go
		time.Sleep(10 * time.Second)
		is(t, "calls", calls.Load(), 1)
		is(t, "rows", r.expressRows(), 0)
		r.empty()
	})
}

func TestNestedExpress(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		child := r.expressMachine("C", expressTask)
		call := func(resource string) string {
			return `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution` + resource +
				`","Parameters":{"StateMachineArn":"` + child + `","Name":"n"},"End":true}}}`
		}
		d := r.ended(r.start(r.machine("P", call("")), "e", `{}`))
		if d.Status != statelark.Succeeded || !strings.Contains(d.Output, `"ExecutionArn":"arn:aws:states:us-east-1:000000000000:express:C:n:`) {
			t.Errorf("%v %s", d.Status, d.Output)
		}
		d = r.ended(r.start(r.machine("Q", call(".sync")), "e", `{}`))
		if d.Status != statelark.Failed || *d.Error != "StepFunctions.StateMachineTypeNotSupportedException" {
			t.Errorf("%v %v %v", d.Status, d.Error, d.Cause)
		}
	})
}

// The attempt of an execution that runs again finds the child that it had started.
func TestChildOfAnExpressExecution(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		child := r.machine("C", waitHour)
		m := r.expressMachine("P", `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution",
			"Parameters":{"StateMachineArn":"`+child+`","Input":{"n":1}},"Next":"W"},"W":{"Type":"Wait","Seconds":10,"End":true}}}`)
		r.start(m, "e", `{}`)
		synctest.Wait()
		r.restart()
		time.Sleep(time.Minute)
		list, err := r.Executions(context.Background(), statelark.ExecutionQuery{Machine: child, Limit: 10})
		if err != nil || len(list) != 1 {
			t.Errorf("%d children: %v", len(list), err)
		}
		is(t, "rows", r.expressRows(), 0)
	})
}

// Those who look see what ended last, and the tap sees all of it.
func TestExpressIsSeen(t *testing.T) {
	tap := &counter{}
	inBubbleWith(t, Options{Owners: 2, KeepExpress: 2, Tap: tap}, echo, func(r *rig) {
		m := r.expressMachine("M", expressTask)
		for i := range 3 {
			r.runSync(m, fmt.Sprint(i))
			time.Sleep(time.Second)
		}
		list := r.ExpressExecutions(m, 10)
		if len(list) != 2 || list[0].Input != "2" || list[0].Output != "2" || list[1].Input != "1" || len(list[0].History) != 7 {
			t.Fatalf("%d are seen: %+v", len(list), list)
		}
		last, err := r.ExpressExecution(list[0].ARN())
		if err != nil || last != list[0] || last.Status != statelark.Succeeded || last.History[6].ID != 7 {
			t.Errorf("%+v: %v", last, err)
		}
		_, err = r.ExpressExecution(strings.Replace(list[0].ARN(), "-7", "-8", 1))
		is(t, "another", statelark.ErrorCode(err), statelark.CodeExecutionDoesNotExist)
		is(t, "events told", tap.events.Load(), 21)
		is(t, "begins told", tap.began.Load(), 3)
		is(t, "ends told", tap.ended.Load(), 3)
		r.empty()
	})
}

// counter counts what a tap is told.
type counter struct{ events, began, ended atomic.Int64 }

func (l *counter) Tell(n *News) {
	l.events.Add(int64(len(n.Events)))
	if n.Began {
		l.began.Add(1)
	}
	if n.Ended {
		l.ended.Add(1)
		if n.Execution.Status != statelark.Succeeded || n.Execution.Stop.IsZero() || n.Input == "" {
			l.events.Add(1000)
		}
	}
	n.Release()
}

// What is kept for people to look at is bounded, whatever one execution does.
func TestExpressSeenIsBounded(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1, KeepExpress: 1000, KeepExpressBytes: 1 << 20}, echo, func(r *rig) {
		loop := r.expressMachine("L", `{"TimeoutSeconds":60,"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Pass","Next":"A"}}}`)
		input := `"` + strings.Repeat("x", 20_000) + `"`
		for range 20 {
			go func() {
				_, err := r.StartSyncExecution(context.Background(), statelark.ExecutionStart{Machine: loop, Name: "x", Input: input})
				if err != nil {
					t.Error(err)
				}
			}()
		}
		time.Sleep(2 * time.Minute)
		r.seen.mu.Lock()
		defer r.seen.mu.Unlock()
		if n := len(r.seen.last); n == 0 || n == 20 || r.seen.bytes > 1<<20 {
			t.Errorf("%d are kept, with %d bytes", n, r.seen.bytes)
		}
	})
}

// What Express executions hold is bounded, from the moment when they are taken.
func TestExpressMemoryIsBounded(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1, MaxExpressBytes: 1 << 20}, forever, func(r *rig) {
		m := r.expressMachine("M", expressTask)
		start := statelark.ExecutionStart{Machine: m, Name: "x", Input: `"` + strings.Repeat("x", 100_000) + `"`}
		taken := 0
		for range 50 {
			_, err := r.StartExecution(context.Background(), start)
			switch statelark.ErrorCode(err) {
			case "":
				taken++
			case statelark.CodeThrottling:
			default:
				t.Fatal(err)
			}
		}
		if taken < 3 || taken > 10 { // three quarters of the room at most, by the size they have when the next one comes
			t.Errorf("%d were taken", taken)
		}
		is(t, "refused", r.Stats().ExpressRefused, uint64(50-taken))
		time.Sleep(6 * time.Minute) // all have come to their limit
		r.empty()
	})
}
