package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
)

func (r *rig) update(arn, definition string) {
	r.t.Helper()
	if _, err := r.UpdateStateMachine(context.Background(), arn, statelark.StateMachineUpdate{Definition: &definition}); err != nil {
		r.t.Fatal(err)
	}
}

func TestCreateStateMachineTwice(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", passOnly)
		created := func() time.Time { s, _ := r.StateMachine(ctx, m); return s.Created }()
		time.Sleep(time.Second)
		again, err := r.CreateStateMachine(ctx, &statelark.StateMachine{ARN: m, Name: "M", Type: statelark.Standard, Definition: passOnly, RoleARN: "arn:aws:iam::000000000000:role/other"})
		if err != nil || !again.Created.Equal(created) || again.RoleARN != role {
			t.Errorf("created again: %+v, %v", again, err)
		}
		_, err = r.CreateStateMachine(ctx, &statelark.StateMachine{ARN: m, Name: "M", Type: statelark.Standard, Definition: taskOnly, RoleARN: role})
		code(t, err, "StateMachineAlreadyExists")
		r.update(m, taskOnly)
		_, err = r.CreateStateMachine(ctx, &statelark.StateMachine{ARN: m, Name: "M", Type: statelark.Standard, Definition: taskOnly, RoleARN: role})
		code(t, err, "StateMachineAlreadyExists")
	})
}

// An execution goes on with the definition it was started with, whatever becomes of the state machine.
func TestUpdateLeavesExecutionsAlone(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx := context.Background()
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"P"},"P":{"Type":"Pass","Result":"old","End":true}}}`)
		old := r.start(m, "old", `{}`)
		r.update(m, passOnly)
		is(t, "output", r.run(m, "new", `1`).Output, "1")
		r.restart()
		d := r.ended(old)
		is(t, "output", d.Output, `"old"`)
		ran, err := r.StateMachineOf(ctx, &d.Execution)
		if err != nil || !strings.Contains(ran.Definition, "old") {
			t.Errorf("it ran %+v, %v", ran, err)
		}
		same, err := r.UpdateStateMachine(ctx, m, statelark.StateMachineUpdate{})
		now, _ := r.StateMachine(ctx, m)
		if err != nil || same.Revision != now.Revision {
			t.Errorf("an update of nothing: %+v, %v", same, err)
		}
	})
}

func TestDeletionWaitsForTheLastExecution(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx := context.Background()
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"P"},"P":{"Type":"Pass","Result":"old","End":true}}}`)
		old := r.start(m, "e", `{}`)
		if err := r.DeleteStateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		for _, restarted := range []bool{false, true} {
			if restarted {
				r.restart()
			}
			s, err := r.StateMachine(ctx, m)
			if err != nil || !s.Deleting {
				t.Errorf("restarted %v: %+v, %v", restarted, s, err)
			}
			_, err = r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: "late", Input: "1"})
			code(t, err, "StateMachineDeleting")
			_, err = r.CreateStateMachine(ctx, &statelark.StateMachine{ARN: m, Name: "M", Type: statelark.Standard, Definition: passOnly, RoleARN: role})
			code(t, err, "StateMachineDeleting")
			_, err = r.UpdateStateMachine(ctx, m, statelark.StateMachineUpdate{RoleARN: new(string)})
			code(t, err, "StateMachineDeleting")
		}
		d := r.ended(old) // its next event ends it
		is(t, "status", d.Status, statelark.Aborted)
		synctest.Wait()
		_, err := r.StateMachine(ctx, m)
		code(t, err, "StateMachineDoesNotExist")
		r.machine("M", passOnly)
		again := r.describe(old)
		ran, err := r.StateMachineOf(ctx, &again.Execution)
		if err != nil || !strings.Contains(ran.Definition, "old") {
			t.Errorf("the old execution ran %+v, %v", ran, err)
		}
		is(t, "output of a new one", r.run(m, "new", `1`).Output, "1")
		if err := r.DeleteStateMachine(ctx, here.StateMachineARN("none")); err != nil {
			t.Error(err)
		}
	})
}

func TestTags(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx := context.Background()
		for _, arn := range []string{r.machine("M", passOnly), r.activity("a")} {
			var many []statelark.Tag
			for i := range 50 {
				many = append(many, statelark.Tag{Key: fmt.Sprint(i), Value: "v"})
			}
			if err := r.Tag(ctx, arn, many); err != nil {
				t.Fatal(err)
			}
			code(t, r.Tag(ctx, arn, []statelark.Tag{{Key: "more"}}), "TooManyTags")
			if err := r.Untag(ctx, arn, []string{"0", "1", "none"}); err != nil {
				t.Fatal(err)
			}
			if err := r.Tag(ctx, arn, []statelark.Tag{{Key: "2", Value: "new"}}); err != nil {
				t.Fatal(err)
			}
			r.restart()
			tags, err := r.Tags(ctx, arn)
			if err != nil || len(tags) != 50-2 || tags[0] != (statelark.Tag{Key: "2", Value: "new"}) {
				t.Errorf("%s has %v, %v", arn, tags, err)
			}
		}
		_, err := r.Tags(ctx, here.ActivityARN("none"))
		code(t, err, "ResourceNotFound")
		code(t, r.Tag(ctx, here.StateMachineARN("none"), nil), "ResourceNotFound")
	})
}

func TestActivities(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx := context.Background()
		for i := range 5 {
			r.activity(fmt.Sprint("a", i))
		}
		r.activity("a1") // the same again
		_, err := r.CreateActivity(ctx, &statelark.Activity{ARN: here.ActivityARN("a1"), Name: "a1", Encryption: statelark.EncryptionConfiguration{KeyID: "k"}})
		code(t, err, "ActivityAlreadyExists")
		page, err := r.Activities(ctx, here, here.ActivityARN("a1"), 2)
		if err != nil || len(page) != 2 || page[0].Name != "a2" {
			t.Errorf("page: %v, %v", page, err)
		}
		for range 2 {
			if err := r.DeleteActivity(ctx, here.ActivityARN("a1")); err != nil {
				t.Error(err)
			}
		}
		_, err = r.Activity(ctx, here.ActivityARN("a1"))
		code(t, err, "ActivityDoesNotExist")
	})
}

func TestListExecutions(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, done, open := context.Background(), r.machine("done", passOnly), r.machine("open", waitHour)
		for i := range 7 {
			r.run(done, fmt.Sprint("e", i), `1`)
			r.start(open, fmt.Sprint("e", i), `1`)
			time.Sleep(time.Second)
		}
		var names []string
		q := statelark.ExecutionQuery{Machine: done, Status: statelark.Succeeded, Limit: 3}
		for {
			page, err := r.Executions(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, x := range page {
				names = append(names, x.Name)
			}
			q.Before = page[len(page)-1].ID
		}
		is(t, "names", strings.Join(names, " "), "e6 e5 e4 e3 e2 e1 e0")
		none, err := r.Executions(ctx, statelark.ExecutionQuery{Machine: done, Status: statelark.Running, Limit: 3})
		if err != nil || len(none) > 0 {
			t.Errorf("running: %v, %v", none, err)
		}
		for i := range 50 { // in one millisecond, in many shards
			r.start(open, fmt.Sprint("f", i), `1`)
			time.Sleep(10 * time.Microsecond)
		}
		page, err := r.Executions(ctx, statelark.ExecutionQuery{Machine: open, Limit: 50})
		for i, x := range page {
			if want := fmt.Sprint("f", 49-i); x.Name != want {
				t.Errorf("in one millisecond: %d is %s, want %s", i, x.Name, want)
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// whileReading does something in the middle of the nth read of a record to come, if there are so many.
func (r *rig) whileReading(n int, do func()) (over <-chan struct{}) {
	done := make(chan struct{})
	r.store.set(func(s *frail) {
		s.read = func() {
			if n--; n > 0 {
				return
			}
			s.set(func(s *frail) { s.read = nil })
			go func() {
				defer close(done)
				do()
			}()
			synctest.Wait() // it may have to wait for the read
		}
	})
	return done
}

// What was read before a change must not be kept after it.
func TestStateMachineChangesWhileItIsRead(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", passOnly)
		r.restart()
		r.machines.heads.doubt(m)
		updated := r.whileReading(1, func() {
			definition := taskOnly
			if _, err := r.UpdateStateMachine(ctx, m, statelark.StateMachineUpdate{Definition: &definition}); err != nil {
				t.Error(err)
			}
		})
		if _, err := r.StateMachine(ctx, m); err != nil {
			t.Error(err)
		}
		<-updated
		s, err := r.StateMachine(ctx, m)
		if err != nil || s.Definition != taskOnly {
			t.Errorf("after the update it is %v, %v", s, err)
		}

		r.machines.heads.doubt(m)
		deleted := r.whileReading(1, func() {
			if err := r.DeleteStateMachine(ctx, m); err != nil {
				t.Error(err)
			}
		})
		_, _ = r.StateMachine(ctx, m) // as it was before or after
		<-deleted
		_, err = r.StateMachine(ctx, m)
		code(t, err, "StateMachineDoesNotExist")
	})
}

func TestTagOfAnActivityThatIsBeingDeleted(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx := context.Background()
		for n := range 2 { // Tag asks for a state machine first, then for an activity
			a := r.activity("a")
			r.machines.heads.doubt(a)
			r.activityRecords.doubt(a)
			deleted := r.whileReading(n+1, func() {
				if err := r.DeleteActivity(ctx, a); err != nil {
					t.Error(err)
				}
			})
			_ = r.Tag(ctx, a, []statelark.Tag{{Key: "k"}}) // before or after
			<-deleted
			_, err := r.Activity(ctx, a)
			code(t, err, "ActivityDoesNotExist")
		}
	})
}

// Executions hear of a deletion whose first try had no clear outcome.
func TestDeletionThatIsTriedAgain(t *testing.T) {
	for _, answer := range []string{"lost", "refused"} {
		t.Run(answer, func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				ctx := context.Background()
				m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"P"},"P":{"Type":"Pass","End":true}}}`)
				old := r.start(m, "e", `{}`)
				fails := func(*statelark.Batch) error { return fmt.Errorf("connection lost: %w", statelark.ErrUnavailable) }
				r.store.set(func(s *frail) {
					if answer == "lost" {
						s.after = fails
					} else {
						s.before = fails
					}
				})
				if err := r.DeleteStateMachine(ctx, m); err == nil {
					t.Error("it was deleted")
				}
				r.store.set(func(s *frail) { s.before, s.after = nil, nil })
				if err := r.DeleteStateMachine(ctx, m); err != nil {
					t.Fatal(err)
				}
				is(t, "status", r.ended(old).Status, statelark.Aborted)
				synctest.Wait()
				_, err := r.StateMachine(ctx, m)
				code(t, err, "StateMachineDoesNotExist")
			})
		})
	}
}

// The first event after a restart ends an execution whose state machine is being deleted.
func TestDeletionAcrossARestart(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"P"},"P":{"Type":"Pass","End":true}}}`)
		old := r.start(m, "e", `{}`)
		if err := r.DeleteStateMachine(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		r.shut()
		time.Sleep(2 * time.Minute)
		r.open()
		is(t, "status", r.ended(old).Status, statelark.Aborted)
	})
}

// The last execution ends while the store cannot be read.
func TestDeletionIsFinishedWhenTheStoreIsBack(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", taskOnly)
		arn := r.start(m, "e", `1`)
		if err := r.DeleteStateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		r.store.set(func(s *frail) {
			s.before = func(b *statelark.Batch) error {
				if len(b.Meta) > 0 {
					return statelark.ErrUnavailable
				}
				return nil
			}
		})
		if _, err := r.StopExecution(ctx, arn, nil, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		r.store.set(func(s *frail) { s.before = nil })
		time.Sleep(10 * time.Second)
		_, err := r.StateMachine(ctx, m)
		code(t, err, "StateMachineDoesNotExist")
	})
}

// A change of a state machine that was deleted and made again meanwhile is not one of its successor.
func TestUpdateOfOneThatWasMadeAgain(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", passOnly)
		old, err := r.machines.head(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.DeleteStateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		r.machine("M", taskOnly)
		if err := r.machines.heads.put(ctx, m, old, old.value); !errors.Is(err, statelark.ErrConflict) {
			t.Errorf("the answer is %v", err)
		}
		now, err := r.StateMachine(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "definition", now.Definition, taskOnly)
	})
}
