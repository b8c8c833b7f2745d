package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

func testCall(seq uint64) call {
	return call{taskKey: taskKey{seq: seq}, input: value.True}
}

// A worker that leaves in the moment in which it is given a task hands it on.
func TestTaskOfALeavingWorkerIsHandedOn(t *testing.T) {
	a := newActivities(1000)
	_, first, _ := a.pop("a")
	_, second, _ := a.pop("a")
	a.push("a", testCall(7))
	a.leave("a", first)
	select {
	case k := <-second:
		is(t, "task", k.seq, 7)
	default:
		t.Error("the task lies in the queue, and the worker that waits does not get it")
	}
}

func TestTaskOfALeavingWorkerComesFirstAgain(t *testing.T) {
	a := newActivities(1000)
	_, waiter, _ := a.pop("a")
	a.push("a", testCall(1))
	a.push("a", testCall(2))
	a.leave("a", waiter)
	for want := range uint64(2) {
		k, _, err := a.pop("a")
		if err != nil {
			t.Fatal(err)
		}
		is(t, "task", k.seq, want+1)
	}
}

// poll asks for a task of activity a, waiting as long as the engine lets it.
func (r *rig) poll(worker string) *statelark.ActivityTask {
	r.t.Helper()
	got, err := r.ActivityTask(context.Background(), here.ActivityARN("a"), worker)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func TestActivityTask(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		arn := r.start(r.machine("M", activityTask("")), "e", `{"n":1}`)
		synctest.Wait()
		got := r.poll("w")
		is(t, "input", got.Input, `{"n":1}`)
		if err := r.TaskSucceeded(context.Background(), got.Token, `[2]`); err != nil {
			t.Fatal(err)
		}
		is(t, "output", r.ended(arn).Output, "[2]")
		is(t, "trace", r.trace(arn), "1<0 ExecutionStarted\n2<0 TaskStateEntered\n3<2 ActivityScheduled\n4<3 ActivityStarted\n"+
			"5<4 ActivitySucceeded\n6<5 TaskStateExited\n7<6 ExecutionSucceeded\n")
	})
}

// Whoever mistypes an activity is told, and does not wait for a worker that cannot come. It cannot be caught.
func TestTaskOfNoActivity(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		arn := r.start(r.machine("M", activityTask(`,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"T"}]`)), "e", `{}`)
		x := r.ended(arn)
		is(t, "status", x.Status, statelark.Failed)
		is(t, "error", *x.Error, "States.Runtime")
		is(t, "cause", *x.Cause, "An error occurred while executing the state 'T' (entered at the event id #2). The activity "+here.ActivityARN("a")+" does not exist.")
		is(t, "trace", r.trace(arn), "1<0 ExecutionStarted\n2<0 TaskStateEntered\n3<2 ExecutionFailed\n")
	})
}

func TestLongPollEndsWithoutATask(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		from := time.Now()
		if got := r.poll("w"); got != nil {
			t.Errorf("got %v", got)
		}
		is(t, "poll", time.Since(from), 60*time.Second)
	})
}

func TestPollOfAnUnknownActivity(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		_, err := r.ActivityTask(context.Background(), here.ActivityARN("none"), "w")
		code(t, err, "ActivityDoesNotExist")
	})
}

func TestTaskGoesToTheWorkerThatHasWaitedLongest(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		m := r.machine("M", activityTask(""))
		var workers sync.WaitGroup
		for i := range 3 {
			workers.Go(func() {
				got := r.poll(fmt.Sprint("w", i))
				is(t, "input", got.Input, fmt.Sprint(i))
			})
			synctest.Wait()
		}
		for i := range 3 {
			r.start(m, fmt.Sprint("e", i), fmt.Sprint(i))
		}
		workers.Wait()
	})
}

// A task must not be lost to a client that hung up before it came.
func TestTaskIsNotGivenToAClientThatIsGone(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		arn := r.start(r.machine("M", activityTask("")), "e", `1`)
		synctest.Wait()
		ctx, cancel := context.WithCancel(context.Background())
		r.activityRecords.doubt(here.ActivityARN("a"))
		r.store.set(func(s *frail) { s.read = cancel }) // in the middle of the call
		if got, err := r.ActivityTask(ctx, here.ActivityARN("a"), "gone"); err == nil {
			t.Errorf("the client that is gone got %v", got)
		}
		r.store.set(func(s *frail) { s.read = nil })
		is(t, "events", r.count(arn, history.ActivityStarted), 0)
		if got := r.poll("next"); got == nil {
			t.Error("the task is lost")
		}
	})
}

func TestTooManyPollers(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		var workers sync.WaitGroup
		for range 1000 {
			workers.Go(func() { r.poll("w") })
		}
		synctest.Wait()
		_, err := r.ActivityTask(context.Background(), here.ActivityARN("a"), "w")
		code(t, err, "ActivityWorkerLimitExceeded")
		workers.Wait()
	})
}

// After a fault all outstanding work is scanned, that of workers included.
func TestTaskThatAWorkerHasIsNotGivenToAnother(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		r.start(r.machine("M", activityTask("")), "e", `1`)
		synctest.Wait()
		id := r.describe(arn.Execution(here.StateMachineARN("M"), "e")).ID
		work, err := r.store.Work(context.Background(), id.Shard(), statelark.MessageKey{}, 1)
		if err != nil || len(work) != 1 {
			t.Fatalf("work: %v, %v", work, err)
		}
		stale, err := r.rows.read(work[0]) // a scan reads the row
		if err != nil {
			t.Fatal(err)
		}
		if r.poll("first") == nil { // a worker takes the task
			t.Fatal("no task")
		}
		r.dispatch(stale) // the scan goes on
		if got := r.poll("second"); got != nil {
			t.Error("two workers have the same task")
		}
	})
}

// An activity that nobody polls must not gather the tasks of executions that gave up long ago.
func TestGivenUpTasksLeaveTheQueue(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		m := r.machine("M", activityTask(`,"TimeoutSeconds":5`))
		for i := range 100 {
			r.start(m, fmt.Sprint("e", i), `1`)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		r.activities.mu.Lock()
		defer r.activities.mu.Unlock()
		if n := len(r.activities.queue(here.ActivityARN("a")).tasks.ring) + len(r.activities.known); n > 50 {
			t.Errorf("%d tasks are still kept", n)
		}
	})
}

// The queues of activities that are gone, or that were polled once, are not kept.
func TestQueuesThatNobodyUsesAreLetGo(t *testing.T) {
	a := newActivities(1000)
	a.push("kept", testCall(1))
	_, waiter, _ := a.pop("waits")
	for i := range 10 * fewQueues {
		name := fmt.Sprint("a", i)
		a.push(name, testCall(2))
		if k, _, err := a.pop(name); err != nil || k.seq != 2 {
			t.Fatalf("task %d, %v", k.seq, err)
		}
	}
	if n := len(a.queues); n > fewQueues {
		t.Errorf("%d queues are kept", n)
	}
	if k, _, _ := a.pop("kept"); k.seq != 1 {
		t.Error("a task is lost")
	}
	a.push("waits", testCall(3))
	is(t, "task", (<-waiter).seq, 3)
}
