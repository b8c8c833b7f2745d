package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
)

// stall makes the steps of what do calls, and those alone, be set aside and stand still until goOn is called.
func (r *rig) stall(do func()) (goOn func()) {
	for range cap(r.seats) {
		r.seats <- struct{}{}
	}
	synctest.Wait()
	patience := r.patience.Swap(-1)
	do()
	synctest.Wait()
	r.patience.Store(patience)
	return func() {
		for range cap(r.seats) {
			<-r.seats
		}
	}
}

// longWay is 100 Pass states, P0 to P99, on which the interpreter asks more than once whether to go on.
func longWay() string {
	var b strings.Builder
	for i := range 99 {
		fmt.Fprintf(&b, `"P%d":{"Type":"Pass","Next":"P%d"},`, i, i+1)
	}
	return b.String() + `"P99":{"Type":"Pass","End":true}`
}

var longOnly = `{"StartAt":"P0","States":{` + longWay() + `}}`

// inBubbleOfOne is inBubble with a single owner.
func inBubbleOfOne(t *testing.T, f function, test func(r *rig)) {
	t.Helper()
	inBubbleWith(t, Options{Owners: 1}, f, test)
}

// A start is answered though the first state takes long, and others go on meanwhile.
func TestOthersGoOnBesideALongStep(t *testing.T) {
	inBubbleOfOne(t, echo, func(r *rig) {
		m := r.machine("M", longOnly)
		var arn string
		goOn := r.stall(func() { arn = r.start(m, "long", `1`) })
		is(t, "status", r.describe(arn).Status, statelark.Running)
		is(t, "events", len(r.pages(arn, 100, false)), 1)
		is(t, "output of another", r.run(m, "other", `2`).Output, "2")
		is(t, "status", r.describe(arn).Status, statelark.Running)
		goOn()
		is(t, "output", r.ended(arn).Output, "1")
		is(t, "events", r.describe(arn).Events, 202)
	})
}

// What comes for an execution while it computes waits for its step, in order.
func TestMessagesWaitForALongStep(t *testing.T) {
	inBubbleOfOne(t, echo, func(r *rig) {
		r.activity("a")
		arn := r.start(r.machine("M", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
			{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"`+here.ActivityARN("a")+`","Next":"P0"},`+longWay()+`}},
			{"StartAt":"U","States":{"U":{"Type":"Task","Resource":"`+here.ActivityARN("a")+`","End":true}}},
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}}],"End":true}}}`), "e", `1`)
		first, second := r.poll("w").Token, r.poll("w").Token
		answers := make(chan error, 2)
		goOn := r.stall(func() {
			go func() { answers <- r.TaskSucceeded(context.Background(), first, `2`) }()
			synctest.Wait()
			go func() { answers <- r.TaskSucceeded(context.Background(), second, `3`) }()
			synctest.Wait()
		})
		time.Sleep(2 * time.Second) // the Wait is over meanwhile
		synctest.Wait()
		is(t, "answers", len(answers), 0)
		is(t, "status", r.describe(arn).Status, statelark.Running)
		goOn()
		for range 2 {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
		is(t, "output", r.ended(arn).Output, "[2,3,1]")
	})
}

// A long step is no reason to wait with a stop, and what was about to be decided never was.
func TestStopOfALongStep(t *testing.T) {
	inBubbleOfOne(t, echo, func(r *rig) {
		r.activity("a")
		ctx := context.Background()
		started := r.start(r.machine("A", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"`+here.ActivityARN("a")+`","Next":"P0"},`+longWay()+`}}`), "started", `1`)
		token := r.poll("w").Token
		var fresh string
		answer := make(chan error, 1)
		goOn := r.stall(func() {
			fresh = r.start(r.machine("P", longOnly), "fresh", `1`)
			go func() { answer <- r.TaskSucceeded(ctx, token, `2`) }()
		})
		for _, arn := range []string{started, fresh} {
			if _, err := r.StopExecution(ctx, arn, nil, nil); err != nil {
				t.Fatal(err)
			}
			is(t, "status", r.describe(arn).Status, statelark.Aborted)
		}
		code(t, <-answer, "TaskTimedOut")
		goOn()
		time.Sleep(time.Minute)
		is(t, "status", r.describe(started).Status, statelark.Aborted)
		synctest.Wait()
		for _, l := range r.owners[0].live {
			if l.x != nil {
				t.Errorf("%s is still in memory", l.record.ARN())
			}
		}
		is(t, "seats taken", len(r.seats), 0)
	})
}

// A stop that comes while changes of the execution are under way waits for those.
func TestStopOfALongStepWhileTheStoreIsSlow(t *testing.T) {
	inBubbleOfOne(t, echo, func(r *rig) {
		m := r.machine("M", longOnly)
		var arn string
		goOn := r.stall(func() { arn = r.start(m, "e", `1`) })
		release := r.store.hold()
		stopped := make(chan error, 1)
		r.owners[0].in <- message{exec: r.describeID(arn), reply: func(error) {}} // its step comes back before the stop
		go func() {
			_, err := r.StopExecution(context.Background(), arn, nil, nil)
			stopped <- err
		}()
		synctest.Wait()
		release()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		goOn()
		is(t, "status", r.ended(arn).Status, statelark.Aborted)
	})
}

func (r *rig) describeID(arn string) statelark.ExecID { return r.describe(arn).ID }

// Long steps end with the state machine, with the engine and with the store; what follows is as if they had never begun.
func TestEndsOfALongStep(t *testing.T) {
	t.Run("the state machine is deleted", func(t *testing.T) {
		inBubbleOfOne(t, echo, func(r *rig) {
			m := r.machine("M", endless)
			var arn string
			goOn := r.stall(func() { arn = r.start(m, "e", `1`) })
			if err := r.DeleteStateMachine(context.Background(), m); err != nil {
				t.Fatal(err)
			}
			goOn()
			synctest.Wait()
			is(t, "status", r.describeStored(arn), statelark.Aborted)
		})
	})
	t.Run("the engine is closed", func(t *testing.T) {
		inBubbleOfOne(t, echo, func(r *rig) {
			arn := r.start(r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"P0"},`+longWay()+`}}`), "e", `1`)
			r.stall(func() { time.Sleep(2 * time.Second) })
			r.restart()
			is(t, "output", r.ended(arn).Output, `1`)
		})
	})
	t.Run("the store fails", func(t *testing.T) {
		inBubbleOfOne(t, echo, func(r *rig) {
			arn := r.start(r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"P0"},`+longWay()+`}}`), "e", `1`)
			goOn := r.stall(func() { time.Sleep(2 * time.Second) })
			r.away(3 * time.Second)
			goOn()
			is(t, "output", r.ended(arn).Output, `1`)
		})
	})
}

// Every step of these is set aside; what they give is what they give otherwise.
func TestImpatience(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1, Patience: -1, MaxLive: 1}, echo, func(r *rig) {
		loop := r.machine("L", `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":3,"ItemProcessor":{"StartAt":"A","States":{
			"A":{"Type":"Pass","Next":"T"},"T":{`+lambda+`,"Next":"W"},"W":{"Type":"Wait","Seconds":1,"End":true}}},"End":true}}}`)
		var arns []string
		for i := range 5 {
			arns = append(arns, r.start(loop, fmt.Sprint(i), `[1,2,3,4,5,6,7]`))
		}
		for _, arn := range arns {
			is(t, "output", r.ended(arn).Output, `[1,2,3,4,5,6,7]`)
			is(t, "duration", r.describe(arn).Stop.Sub(r.describe(arn).Start).Round(time.Second), 3*time.Second)
		}
		is(t, "seats taken", len(r.seats), 0)
	})
}

// A stop that comes between two steps of a long way is the end of it, and nothing is made of the step that was to follow.
func TestStopBetweenTwoStepsOfALongWay(t *testing.T) {
	inBubbleOfOne(t, echo, func(r *rig) {
		other := r.machine("other", passOnly)
		arn := r.start(r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"A"},
			"A":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"E"}],"Default":"B"},
			"B":{"Type":"Pass","Next":"A"},"E":{"Type":"Succeed"}}}`), "e", `{}`)
		busy := make(chan struct{})
		r.store.set(func(s *frail) { s.lookup = func() { <-busy } })
		r.startBeside(other, "x", `{}`)
		time.Sleep(2 * time.Second) // the Wait is over, and its event waits for the owner
		synctest.Wait()
		r.store.set(func(s *frail) { s.lookup = nil })
		stopped := make(chan error, 1)
		go func() {
			_, err := r.StopExecution(context.Background(), arn, nil, nil)
			stopped <- err
		}()
		synctest.Wait() // so does the stop
		release := r.store.hold()
		close(busy)
		synctest.Wait()
		release()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		is(t, "status", r.describe(arn).Status, statelark.Aborted)
	})
}

// Executions that compute for long are no reason to keep all others in memory.
func TestMemoryIsBoundedBesideLongSteps(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1, MaxLive: 10}, echo, func(r *rig) {
		m := r.machine("M", longOnly)
		goOn := r.stall(func() {
			for i := range 12 {
				r.start(m, fmt.Sprint("long", i), `1`)
			}
		})
		wait := r.machine("W", waitHour)
		for i := range 200 {
			r.start(wait, fmt.Sprint(i), `{}`)
		}
		synctest.Wait()
		if n := len(r.owners[0].live); n > 30 {
			t.Errorf("%d executions are in memory", n)
		}
		goOn()
	})
}

// What is let go of is not held by its name.
func TestNamesHoldNothing(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1, MaxLive: 10}, echo, func(r *rig) {
		wait := r.machine("W", waitHour)
		for i := range 200 {
			r.start(wait, fmt.Sprint(i), `{}`)
		}
		synctest.Wait()
		o := r.owners[0]
		for key, l := range o.names {
			if o.live[l.record.ID] != l {
				t.Errorf("%s is still held", key.name)
			}
		}
	})
}

// A step that was set aside leaves nothing of what it said.
func TestNothingIsLeftOfALongStep(t *testing.T) {
	inBubbleOfOne(t, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"P0","States":{`+strings.Replace(longWay(), `"End":true`, `"Next":"W"`, 1)+`,
			"W":{"Type":"Wait","Seconds":3600,"End":true}}}`)
		goOn := r.stall(func() { r.start(m, "e", `1`) })
		goOn()
		synctest.Wait()
		for _, l := range r.owners[0].live {
			if l.computation != nil && l.computation != r.owners[0].computing {
				t.Error("its decision is held")
			}
		}
	})
}

// Closing interrupts a step; what was decided before it is stored.
func TestCloseStoresWhatWasDecidedBeforeALongStep(t *testing.T) {
	var over chan struct{}
	stubborn := func(context.Context, *task.Call) (task.Outcome, error) {
		<-over
		return task.Outcome{}, nil
	}
	inBubbleOfOne(t, stubborn, func(r *rig) {
		over = make(chan struct{})
		r.activity("a")
		r.start(r.machine("T", taskOnly), "e", `1`) // Close waits for it, and the owner goes on meanwhile
		arn := r.start(r.machine("M", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
			{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"`+here.ActivityARN("a")+`","Next":"P0"},`+longWay()+`}},
			{"StartAt":"U","States":{"U":{"Type":"Task","Resource":"`+here.ActivityARN("a")+`","End":true}}}],"End":true}}}`), "e", `1`)
		first, second := r.poll("w").Token, r.poll("w").Token
		other := r.machine("other", passOnly)
		release := r.store.hold()
		r.startBeside(other, "x", `{}`)
		synctest.Wait() // the batches to come are after this one
		answer := make(chan error, 1)
		go func() { answer <- r.TaskSucceeded(context.Background(), second, `3`) }()
		synctest.Wait()
		r.stall(func() {
			go func() { _ = r.TaskSucceeded(context.Background(), first, `2`) }()
		})
		closed := make(chan error, 1)
		go func() { closed <- r.Close(context.Background()) }()
		synctest.Wait()
		release()
		synctest.Wait()
		close(over)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if err := <-answer; err != nil {
			t.Errorf("the second: %v", err)
		}
		r.open()
		if err := r.TaskSucceeded(context.Background(), first, `2`); err != nil {
			t.Error(err)
		}
		is(t, "output", r.ended(arn).Output, "[2,3]")
	})
}

// An event whose change is refused because of one before it is not lost, in a long step or a short one.
func TestTimerWhoseChangeIsRefused(t *testing.T) {
	for _, long := range []bool{false, true} {
		t.Run(fmt.Sprint(long), func(t *testing.T) {
			inBubbleOfOne(t, echo, func(r *rig) {
				r.activity("a")
				arn := r.start(r.machine("M", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
					{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"`+here.ActivityARN("a")+`","End":true}}},
					{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"P0"},`+longWay()+`}}],"End":true}}}`), "e", `1`)
				token, other := r.poll("w").Token, r.machine("other", passOnly)
				answer := make(chan error, 1)
				release := r.store.hold()
				r.startBeside(other, "x", `1`)
				synctest.Wait() // the batches to come are after this one
				go func() { answer <- r.TaskSucceeded(context.Background(), token, `2`) }()
				synctest.Wait()
				wait, goOn := func() { time.Sleep(2 * time.Second) }, func() {}
				if long {
					goOn = r.stall(wait)
				} else {
					wait()
				}
				synctest.Wait()
				r.store.set(func(s *frail) {
					s.before = func(*statelark.Batch) error { return fmt.Errorf("refused by the test: %w", statelark.ErrConflict) }
				})
				release()
				if err := <-answer; err == nil {
					t.Error("the answer was taken")
				}
				synctest.Wait() // all that was under way is refused
				r.store.set(func(s *frail) { s.before = nil })
				if err := r.TaskSucceeded(context.Background(), token, `3`); err != nil {
					t.Error(err)
				}
				goOn()
				is(t, "output", r.ended(arn).Output, "[3,1]")
			})
		})
	}
}

// While the store has more to write than it can, executions in the middle of a long way wait, but not for ever.
func TestALongWayGoesOnThoughTheStoreIsBehind(t *testing.T) {
	inBubbleOfOne(t, echo, func(r *rig) {
		r.committer.backlog.Add(maxBacklog)
		arn := r.start(r.machine("M", endless), "e", `{}`)
		synctest.Wait()
		before := len(r.pages(arn, 1000, false))
		for range 10 * maxPassed {
			r.owners[0].in <- message{exec: statelark.NewExecID(time.Now(), 0, 1)} // of nothing
		}
		synctest.Wait()
		if now := len(r.pages(arn, 1000, false)); now == before {
			t.Errorf("it stands at event %d", now)
		}
		r.committer.backlog.Add(-maxBacklog)
		r.caughtUp()
		is(t, "status", r.ended(arn).Status, statelark.Failed)
	})
}
