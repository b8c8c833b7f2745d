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
	"github.com/statelark/statelark/arn"
)

func TestStartUnderANameThatIsTaken(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m, ctx := r.machine("M", waitHour), context.Background()
		first, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: "e", Input: `{"a":1}`})
		if err != nil {
			t.Fatal(err)
		}
		again, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: "e", Input: `{"a":1}`})
		if err != nil || again.ID != first.ID || !again.Start.Equal(first.Start) {
			t.Errorf("started again: %v, %v; want %v", again, err, first)
		}
		_, err = r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: "e", Input: `{"a": 1}`})
		code(t, err, "ExecutionAlreadyExists")
		if _, err = r.StopExecution(ctx, first.ARN(), nil, nil); err != nil {
			t.Fatal(err)
		}
		_, err = r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: "e", Input: `{"a":1}`})
		code(t, err, "ExecutionAlreadyExists")
		r.restart()
		_, err = r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: "e", Input: `{"a":1}`})
		code(t, err, "ExecutionAlreadyExists")
	})
}

func TestNameIsFreeAgainAfterTheRetention(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1, Retention: time.Hour}, echo, func(r *rig) {
		m := r.machine("M", passOnly)
		r.run(m, "e", `1`)
		time.Sleep(75 * time.Minute)
		is(t, "output", r.run(m, "e", `2`).Output, "2")
	})
}

// Starts of one name that come while the first is being stored get one execution.
func TestStartsOfOneNameAtOnce(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", waitHour)
		release := r.store.hold()
		var mu sync.Mutex
		ids := make(map[statelark.ExecID]int)
		var callers sync.WaitGroup
		for i := range 20 {
			callers.Go(func() {
				input := fmt.Sprint(i % 2)
				x, err := r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: m, Name: "e", Input: input})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					code(t, err, "ExecutionAlreadyExists")
					return
				}
				ids[x.ID]++
			})
		}
		synctest.Wait()
		release()
		callers.Wait()
		is(t, "executions", len(ids), 1)
		for _, n := range ids {
			is(t, "callers that have it", n, 10)
		}
	})
}

func TestStartIsRefusedWhenThereIsTooMuchToDo(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1}, echo, func(r *rig) {
		m := r.machine("M", passOnly)
		release := r.store.hold()
		var throttled, started atomic.Int32
		var callers sync.WaitGroup
		for i := range commitQueue + maxBatchChanges + mailboxSize + 500 {
			callers.Go(func() {
				_, err := r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: m, Name: fmt.Sprint(i), Input: "1"})
				switch {
				case err == nil:
					started.Add(1)
				case statelark.ErrorCode(err) == statelark.CodeThrottling:
					throttled.Add(1)
				default:
					t.Error(err)
				}
			})
			if i%500 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		release()
		callers.Wait()
		if throttled.Load() == 0 || started.Load() < commitQueue {
			t.Errorf("%d were started and %d throttled", started.Load(), throttled.Load())
		}
		is(t, "status of one that comes afterwards", r.run(m, "late", "1").Status, statelark.Succeeded)
	})
}

func TestStartOfAnUnknownStateMachine(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		_, err := r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: here.StateMachineARN("none"), Name: "e", Input: "1"})
		code(t, err, "StateMachineDoesNotExist")
		_, err = r.Executions(context.Background(), statelark.ExecutionQuery{Machine: here.StateMachineARN("none"), Limit: 1})
		code(t, err, "StateMachineDoesNotExist")
	})
}

func TestTaskTokens(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		ctx, m := context.Background(), r.machine("M", activityTask(`,"TimeoutSeconds":10,"HeartbeatSeconds":3`))
		arn := r.start(m, "e", `1`)
		token := r.poll("w").Token
		changed := []byte(token)
		changed[len(changed)-5] ^= 1
		var others tokens
		others.use([]byte("another's"))
		for _, bad := range []string{"", "x", "!!!", token[:len(token)-4], token + "AAAA", string(changed), others.token(r.describe(arn).ID, 1)} {
			code(t, r.TaskSucceeded(ctx, bad, "1"), "InvalidToken")
			code(t, r.TaskSucceeded(ctx, bad, "no JSON"), "InvalidToken") // the token is looked at first
			code(t, r.TaskFailed(ctx, bad, nil, nil), "InvalidToken")
			code(t, r.TaskHeartbeat(ctx, bad), "InvalidToken")
		}
		for _, gone := range []string{r.tokens.token(r.describe(arn).ID, 99), r.tokens.token(statelark.NewExecID(time.Now(), 5, 5), 1)} {
			code(t, r.TaskSucceeded(ctx, gone, "1"), "TaskTimedOut")
		}
		code(t, r.TaskSucceeded(ctx, token, "{"), "InvalidOutput")
		is(t, "message", r.TaskSucceeded(ctx, token, "no JSON").Error(), "InvalidOutput: Invalid Output: 'com.fasterxml.jackson.core.JsonParseException: Unrecognized token 'no': was expecting "+
			"(JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (String)\"no JSON\"; line: 1, column: 3]'")
		for range 3 { // alive
			time.Sleep(2 * time.Second)
			if err := r.TaskHeartbeat(ctx, token); err != nil {
				t.Fatal(err)
			}
		}
		is(t, "status", r.describe(arn).Status, statelark.Running)
		d := r.ended(arn) // dead
		is(t, "error", text(d.Error), "States.Timeout")
		is(t, "duration", d.Stop.Sub(d.Start), 9*time.Second)
		code(t, r.TaskSucceeded(ctx, token, "1"), "TaskTimedOut")
		code(t, r.TaskHeartbeat(ctx, token), "TaskTimedOut")
	})
}

// A worker whose heartbeats nobody could hear is not held dead.
func TestHeartbeatsAcrossARestart(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		arn := r.start(r.machine("M", activityTask(`,"HeartbeatSeconds":5`)), "e", `1`)
		token := r.poll("w").Token
		r.shut()
		time.Sleep(time.Minute)
		r.open()
		time.Sleep(4 * time.Second)
		if err := r.TaskHeartbeat(context.Background(), token); err != nil {
			t.Fatal(err)
		}
		is(t, "status", r.describe(arn).Status, statelark.Running)
		d := r.ended(arn)
		is(t, "error", text(d.Error), "States.Timeout")
		is(t, "duration", d.Stop.Sub(d.Start), 69*time.Second)
	})
}

// Nor is one whose heartbeats the store did not take.
func TestHeartbeatsAcrossAStoreThatIsAway(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		arn := r.start(r.machine("M", activityTask(`,"HeartbeatSeconds":5`)), "e", `1`)
		token := r.poll("w").Token
		r.away(time.Minute)
		time.Sleep(4 * time.Second)
		if err := r.TaskHeartbeat(context.Background(), token); err != nil {
			t.Fatal(err)
		}
		is(t, "status", r.describe(arn).Status, statelark.Running)
		is(t, "error", text(r.ended(arn).Error), "States.Timeout")
	})
}

// A nested execution is stopped when nobody waits for it any more.
func TestNestedExecutionIsStoppedWithItsParent(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		child := r.machine("C", waitHour)
		nested := `"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"` + child + `","Name.$":"$$.Execution.Name"}`
		ctx := context.Background()
		for name, definition := range map[string]string{
			"stopped":   `{"StartAt":"N","States":{"N":{` + nested + `,"End":true}}}`,
			"timed-out": `{"StartAt":"N","States":{"N":{` + nested + `,"TimeoutSeconds":5,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"E"}],"End":true},"E":{"Type":"Succeed"}}}`,
			"over":      `{"TimeoutSeconds":5,"StartAt":"N","States":{"N":{` + nested + `,"End":true}}}`,
			"cut": `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"N","States":{"N":{` + nested + `,"End":true}}},
				{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"F"},"F":{"Type":"Fail"}}}],"End":true}}}`,
		} {
			parent := r.start(r.machine(name, definition), name, `{}`)
			synctest.Wait()
			arn := arn.Execution(child, name)
			is(t, "status of the child", r.describe(arn).Status, statelark.Running)
			if name == "stopped" {
				if _, err := r.StopExecution(ctx, parent, nil, nil); err != nil {
					t.Fatal(err)
				}
			}
			d := r.ended(arn)
			is(t, name+": status", d.Status, statelark.Aborted)
			is(t, name+": error", text(d.Error), "<none>")
			is(t, name+": cause", text(d.Cause), "The Task state in AWS Step Functions execution ["+parent+"] which was managing this resource was aborted")
		}
	})
}

// The cause of a child's end names its parent, though that could not be read at first.
func TestNestedExecutionIsStoppedWhileItsParentCannotBeRead(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		child := r.machine("C", waitHour)
		parent := r.start(r.machine("P", `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync",
			"Parameters":{"StateMachineArn":"`+child+`","Name":"child"},"End":true}}}`), "p", `{}`)
		synctest.Wait()
		id := r.describe(parent).ID
		r.store.set(func(s *frail) {
			s.before = func(*statelark.Batch) error {
				s.set(func(s *frail) { s.unread = id })
				return nil
			}
		})
		if _, err := r.StopExecution(context.Background(), parent, nil, nil); err == nil {
			t.Error("the record of the parent could be read")
		}
		time.Sleep(time.Second)
		r.store.set(func(s *frail) { s.before, s.unread = nil, statelark.ExecID{} })
		d := r.ended(arn.Execution(child, "child"))
		is(t, "cause", text(d.Cause), "The Task state in AWS Step Functions execution ["+parent+"] which was managing this resource was aborted")
	})
}

// A parent that ends in the very batch by which its child begins has heard nothing of it. The child is stopped
// nevertheless.
func TestNestedExecutionBeginsWhenItsParentEnds(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		child := r.machine("C", waitHour)
		parent := r.machine("P", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"N"},"N":{"Type":"Task",
			"Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"`+child+`","Name":"child"},"End":true}}}`)
		x := r.start(parent, "p", `{}`)
		goOn := make(chan struct{})
		r.store.set(func(s *frail) { s.lookup = func() { <-goOn } })
		time.Sleep(time.Second)
		synctest.Wait() // the call is on its way, and looks for its execution
		r.store.set(func(s *frail) { s.lookup = nil })
		release := r.store.hold()
		var callers sync.WaitGroup
		callers.Go(func() { r.start(child, "busy", `{}`) }) // the batch before
		synctest.Wait()
		close(goOn)
		synctest.Wait()
		callers.Go(func() {
			if _, err := r.StopExecution(context.Background(), x, nil, nil); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		release()
		callers.Wait()
		is(t, "status of the parent", r.describe(x).Status, statelark.Aborted)
		time.Sleep(pollEvery)
		is(t, "status of the child", r.describe(arn.Execution(child, "child")).Status, statelark.Aborted)
	})
}

func TestNestedExecution(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		child := r.machine("C", taskOnly)
		failing := r.machine("F", `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}}`)
		nested := func(machine, pattern string) string {
			return `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution` + pattern +
				`","Parameters":{"StateMachineArn":"` + machine + `","Input":{"n":1}},"ResultSelector":{"out.$":"$.Output","status.$":"$.Status"},"End":true}}}`
		}
		is(t, "output", r.run(r.machine("text", nested(child, ".sync")), "e", `{}`).Output, `{"out":"{\"n\":1}","status":"SUCCEEDED"}`)
		is(t, "output", r.run(r.machine("json", nested(child, ".sync:2")), "e", `{}`).Output, `{"out":{"n":1},"status":"SUCCEEDED"}`)
		is(t, "error", text(r.run(r.machine("failing", nested(failing, ".sync")), "e", `{}`).Error), "States.TaskFailed")
		is(t, "error", text(r.run(r.machine("unknown", nested(here.StateMachineARN("none"), ".sync")), "e", `{}`).Error), "StepFunctions.StateMachineDoesNotExistException")
		is(t, "trace", r.trace(arn.Execution(here.StateMachineARN("unknown"), "e")), "1<0 ExecutionStarted\n2<0 TaskStateEntered\n"+
			"3<2 TaskScheduled\n4<3 TaskStarted\n5<4 TaskSubmitFailed\n6<5 ExecutionFailed\n")
	})
}
