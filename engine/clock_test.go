package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
)

// wallClock is a clock that can be set.
type wallClock struct{ off atomic.Int64 }

func (c *wallClock) now() time.Time      { return time.Now().Add(time.Duration(c.off.Load())) }
func (c *wallClock) set(d time.Duration) { c.off.Add(int64(d)) }

// inOrder fails the test when an event of an execution is earlier than the one before.
func (r *rig) inOrder(arn string) {
	r.t.Helper()
	events, err := r.History(context.Background(), arn, 0, 1000, false)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 1; i < len(events); i++ {
		if events[i].At < events[i-1].At {
			r.t.Errorf("event %d is %d ms earlier than the one before", events[i].ID, events[i-1].At-events[i].At)
		}
	}
}

func TestClockIsSetBackBetweenTheEventsOfAnExecution(t *testing.T) {
	for _, lives := range []int{1, 100} { // read again for every event, and kept in memory
		t.Run(fmt.Sprint(lives), func(t *testing.T) {
			var clock wallClock
			inBubbleWith(t, Options{Owners: 1, MaxLive: lives, Now: clock.now}, echo, func(r *rig) {
				r.activity("a")
				arn := r.start(r.machine("M", activityTask("")), "e", `1`)
				others := r.machine("others", waitHour)
				for i := range 5 {
					clock.set(-300 * time.Millisecond)
					r.start(others, fmt.Sprint(i), `{}`)
				}
				token := r.poll("w").Token
				clock.set(-300 * time.Millisecond)
				if err := r.TaskSucceeded(context.Background(), token, "2"); err != nil {
					t.Fatal(err)
				}
				d := r.ended(arn)
				r.inOrder(arn)
				if d.Stop.Before(d.Start) {
					t.Errorf("it began at %v and stopped at %v", d.Start, d.Stop)
				}
			})
		})
	}
}

// A timer that has fired is over, whatever the clock says when the execution gets to hear of it.
func TestClockIsSetBackBetweenATimerAndItsEvent(t *testing.T) {
	for name, definition := range map[string]string{
		"a Wait":           `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}`,
		"a task":           `{"StartAt":"T","States":{"T":{` + lambda + `,"TimeoutSeconds":5,"End":true}}}`,
		"the execution":    `{"TimeoutSeconds":5,` + waitHour[1:],
		"a retry's delay":  `{"StartAt":"T","States":{"T":{` + lambda + `,"TimeoutSeconds":2,"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":3,"MaxAttempts":1}],"End":true}}}`,
		"a heartbeat is 5": activityTask(`,"HeartbeatSeconds":5`),
	} {
		t.Run(name, func(t *testing.T) {
			var clock wallClock
			inBubbleWith(t, Options{Owners: 1, Now: clock.now}, forever, func(r *rig) {
				r.activity("a")
				arn := r.start(r.machine("M", definition), "e", `{}`)
				other := r.machine("other", passOnly)
				if name == "a heartbeat is 5" {
					r.poll("w")
				}
				time.Sleep(4 * time.Second)
				busy := make(chan struct{})
				r.store.set(func(s *frail) { s.lookup = func() { <-busy } })
				var caller sync.WaitGroup
				caller.Go(func() {
					_, _ = r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: other, Name: "x", Input: "{}"})
				})
				time.Sleep(1100 * time.Millisecond)
				synctest.Wait() // the timer has fired, and its event waits for the owner
				clock.set(-time.Second)
				r.store.set(func(s *frail) { s.lookup = nil })
				close(busy)
				caller.Wait()
				if d := r.ended(arn); time.Since(d.Start) > 10*time.Second {
					t.Errorf("it ended after %v", time.Since(d.Start))
				}
				r.inOrder(arn)
			})
		})
	}
}

// Timers that are taken away while they are being read are not kept in mind for ever.
func TestTimersThatWereNeverHeldAreForgotten(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		synctest.Wait()
		for i := range uint64(100) {
			r.owners[0].timers.remove(statelark.Timer{Due: time.Now().Add(30 * time.Second), Seq: i})
		}
		time.Sleep(2 * horizon)
		synctest.Wait()
		_, gone := r.timersHeld()
		is(t, "taken away", gone, 0)
	})
}

// What waits goes on soon after the clock was set forward, whether it began to wait before or after that.
func TestClockIsSetForward(t *testing.T) {
	var clock wallClock
	inBubbleWith(t, Options{Owners: 1, Now: clock.now}, echo, func(r *rig) {
		wait := func(seconds int) string {
			return r.machine(fmt.Sprint("M", seconds), fmt.Sprintf(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":%d,"End":true}}}`, seconds))
		}
		long, short := wait(1800), wait(1)
		before := r.start(long, "before", `{}`)
		synctest.Wait()
		clock.set(time.Hour)
		after, from := r.start(short, "after", `{}`), time.Now()
		r.ended(after)
		r.ended(before)
		if took := time.Since(from); took > 4*time.Second {
			t.Errorf("they took %v", took)
		}
	})
}

// TestClockIsSetBackInAMapRun: the children that begin then are found by their ARNs all the same.
func TestClockIsSetBackInAMapRun(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			var clock wallClock
			slow := func(_ context.Context, c *task.Call) (task.Outcome, error) {
				time.Sleep(100 * time.Millisecond)
				clock.set(-300 * time.Millisecond)
				return task.Outcome{Output: c.Input}, nil
			}
			inBubbleWith(t, Options{Owners: 2, Now: clock.now}, slow, func(r *rig) {
				x := r.run(r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":1`)), "e", numbers(5))
				is(t, "output", x.Output, numbers(5))
				list, _, err := r.MapRuns(context.Background(), x.ARN(), 0, 10)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range r.children(list[0].ARN, 0) {
					d := r.describe(c.ARN())
					is(t, "status", d.Status, statelark.Succeeded)
					if d.Stop.Before(d.Start) {
						t.Errorf("a child began at %v and stopped at %v", d.Start, d.Stop)
					}
				}
			})
		})
	}
}
