package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
)

// A start whose commit takes long is waited for: no execution may run on a state machine that is gone.
func TestDeletionWaitsForAStartUnderWay(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", waitHour)
		gate := make(chan struct{})
		r.store.set(func(s *frail) {
			s.before = func(b *statelark.Batch) error {
				if len(b.Changes) > 0 {
					<-gate
				}
				return nil
			}
		})
		started := make(chan error, 1)
		go func() {
			_, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: "e", Input: "{}"})
			started <- err
		}()
		synctest.Wait()
		if err := r.DeleteStateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		if s, err := r.StateMachine(ctx, m); err != nil || !s.Deleting {
			t.Errorf("while an execution starts: %+v, %v", s, err)
		}
		close(gate)
		if err := <-started; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s, err := r.StateMachine(ctx, m); err != nil || !s.Deleting {
			t.Errorf("while it runs: %+v, %v", s, err)
		}
		is(t, "status", r.ended(arn.Execution(m, "e")).Status, statelark.Aborted)
		synctest.Wait()
		_, err := r.StateMachine(ctx, m)
		code(t, err, statelark.CodeStateMachineDoesNotExist)
	})
}

// A start under way that comes to nothing does not hold the deletion up.
func TestDeletionAfterAStartThatCameToNothing(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", waitHour)
		a, err := r.admit(ctx, m, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.DeleteStateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		is(t, "records", r.records("machine/"), 1)
		r.leave(a.program)
		synctest.Wait()
		is(t, "records", r.records("machine/"), 0)
	})
}

func (r *rig) records(prefix string) int {
	r.t.Helper()
	list, err := r.store.MetaList(context.Background(), prefix, "", 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(list)
}

// Revisions stay as long as an execution refers to them, open or closed, and no longer.
func TestRevisionsAreFreed(t *testing.T) {
	inBubbleWith(t, Options{Owners: 2, Retention: time.Hour}, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":7200,"End":true}}}`)
		old := r.start(m, "old", `{}`)
		for i := range 5 { // revisions that nothing ever ran
			r.update(m, strings.Replace(passOnly, "{", fmt.Sprintf(`{"Comment":"%d",`, i), 1))
		}
		is(t, "revisions", r.records("revision/"), 6)
		r.run(m, "new", `1`)
		time.Sleep(time.Hour)
		is(t, "status", r.describe(old).Status, statelark.Running)
		r.restart()
		time.Sleep(2 * time.Hour) // it ends; that it ran the oldest one keeps the others, too
		d := r.ended(old)
		is(t, "status", d.Status, statelark.Succeeded)
		if ran, err := r.StateMachineOf(context.Background(), &d.Execution); err != nil || !strings.Contains(ran.Definition, "7200") {
			t.Errorf("it ran %+v, %v", ran, err)
		}
		time.Sleep(2 * time.Hour)
		is(t, "revisions after its retention", r.records("revision/"), 1)
		is(t, "marks", r.records("superseded/"), 0)
		is(t, "output", r.run(m, "again", `7`).Output, "7")
		if err := r.DeleteStateMachine(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Minute)
		is(t, "revisions after the deletion", r.records("revision/"), 1) // the execution "again" is still shown
		time.Sleep(2 * time.Hour)
		is(t, "revisions at the end", r.records("revision/")+r.records("superseded/"), 0)
	})
}

// A start under way keeps its revision, whatever the clock says.
func TestARevisionThatIsBeingStartedIsKept(t *testing.T) {
	inBubbleWith(t, Options{Owners: 2, Retention: time.Hour}, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", waitHour)
		a, err := r.admit(ctx, m, 0)
		if err != nil {
			t.Fatal(err)
		}
		r.update(m, passOnly)
		time.Sleep(3 * time.Hour)
		is(t, "revisions", r.records("revision/"), 2)
		r.leave(a.program)
		time.Sleep(time.Hour)
		is(t, "revisions when it is over", r.records("revision/"), 1)
	})
}

// Executions hear of the deletion of their state machine however many others were used since.
func TestDeletionIsHeardOfAfterManyOthers(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"P"},"P":{"Type":"Pass","End":true}}}`)
		old := r.start(m, "e", `{}`)
		r.machines.recent, r.machines.heads.recent = newCache[*program](1), newCache[kept[head]](1)
		for i := range 100 {
			r.run(r.machine(fmt.Sprint("N", i), passOnly), "e", `{}`)
		}
		runtime.GC() // what nobody refers to is gone
		if err := r.DeleteStateMachine(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		is(t, "status", r.ended(old).Status, statelark.Aborted)
	})
}

// What is in memory does not grow with the number of state machines and activities.
func TestManyMachinesDoNotFillTheMemory(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx := context.Background()
		definition := strings.Replace(passOnly, "{", `{"Comment":"`+strings.Repeat("x", 500_000)+`",`, 1)
		for i := range 100 {
			m := r.machine(fmt.Sprint("M", i), definition)
			r.run(m, "e", `{}`)
			r.activity(fmt.Sprint("a", i))
			if err := r.DeleteStateMachine(ctx, m); i%2 == 0 && err != nil {
				t.Fatal(err)
			}
		}
		m := r.machines
		if m.recent.weight > maxPrograms || len(m.recent.at) > maxPrograms/500_000 {
			t.Errorf("%d programs of %d bytes are kept", len(m.recent.at), m.recent.weight)
		}
		if m.heads.recent.weight > 100*1000 {
			t.Errorf("the heads take %d bytes", m.heads.recent.weight)
		}
	})
}

// The record of a state machine may have been changed by another node.
func TestAnotherNodesChangeIsNoticed(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m, a := context.Background(), r.machine("M", passOnly), r.activity("a")
		other := New(r.store, r.targets, r.options)
		for i, arn := range []string{m, a} {
			if err := other.Tag(ctx, arn, []statelark.Tag{{Key: "there", Value: "1"}}); err != nil {
				t.Fatal(err)
			}
			if err := r.Tag(ctx, arn, []statelark.Tag{{Key: "here", Value: "2"}}); err != nil {
				t.Fatal(err)
			}
			tags, err := r.Tags(ctx, arn)
			if err != nil || len(tags) != 2 {
				t.Errorf("%d: %v, %v", i, tags, err)
			}
		}
		if _, err := other.UpdateStateMachine(ctx, m, statelark.StateMachineUpdate{RoleARN: new("arn:aws:iam::000000000000:role/other")}); err != nil {
			t.Fatal(err)
		}
		definition := taskOnly
		s, err := r.UpdateStateMachine(ctx, m, statelark.StateMachineUpdate{Definition: &definition})
		if err != nil || s.RoleARN != "arn:aws:iam::000000000000:role/other" {
			t.Errorf("the role is %+v, %v", s, err)
		}
		if err := other.DeleteActivity(ctx, a); err != nil {
			t.Fatal(err)
		}
		code(t, r.Tag(ctx, a, nil), statelark.CodeResourceNotFound)
	})
}

// A state machine that is deleted and made again within a millisecond has revisions of its own.
func TestMadeAgainAtOnce(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", passOnly)
		d := r.run(m, "e", `{}`)
		if err := r.DeleteStateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		r.machine("M", waitHour)
		ran, err := r.StateMachineOf(ctx, &d.Execution)
		if err != nil || ran.Definition != passOnly {
			t.Errorf("the first one ran %+v, %v", ran, err)
		}
		s, err := r.StateMachine(ctx, m)
		if err != nil || s.Definition != waitHour {
			t.Errorf("the second one is %+v, %v", s, err)
		}
	})
}

// Records of the first builds, which had no version, and what is made of them.
func TestRecordsOfVersion0(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, arn := context.Background(), goldenHead.ARN
		synctest.Wait() // it is not to go on with the deletion yet
		var ops []statelark.MetaOp
		for key, file := range map[string]string{
			"machine/" + arn: "machine", "revision/" + arn + "/" + goldenHead.Revision: "revision", "activity/" + goldenActivity.ARN: "activity",
		} {
			data, err := os.ReadFile("testdata/golden/" + file + ".v0")
			if err != nil {
				t.Fatal(err)
			}
			ops = append(ops, statelark.MetaOp{Key: key, Value: data, Expect: statelark.AnyRevision})
		}
		if err := r.store.Commit(ctx, &statelark.Batch{Meta: ops}); err != nil {
			t.Fatal(err)
		}
		s, err := r.StateMachine(ctx, arn)
		if err != nil || s.Definition != goldenMachine.Definition || !s.Deleting || len(s.Tags) != 2 {
			t.Errorf("it is %+v, %v", s, err)
		}
		if err := r.Untag(ctx, arn, []string{"team"}); err != nil {
			t.Error(err)
		}
		if err := r.Untag(ctx, goldenActivity.ARN, []string{"team"}); err != nil {
			t.Error(err)
		}
		is(t, "activity", r.hasActivity(goldenActivity.ARN), true)
		r.restart() // which goes on with the deletion
		synctest.Wait()
		_, err = r.StateMachine(ctx, arn)
		code(t, err, statelark.CodeStateMachineDoesNotExist)
	})
}

// A definition that a release before this one took runs to its end, whatever this one thinks of it.
func TestAStoredDefinitionIsNotRefused(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		// CreateStateMachine does not check: the API has done so.
		m := r.machine("M", `{"StartAt":"P","New":1,"States":{"P":{"Type":"Pass","End":true,"Made":"up"},"Alone":{"Type":"Succeed"}}}`)
		is(t, "output", r.run(m, "e", `7`).Output, "7")
		broken := r.machine("B", `{"StartAt":`)
		if s, err := r.StateMachine(context.Background(), broken); err != nil || s.Name != "B" {
			t.Errorf("what does not compile cannot be shown: %+v, %v", s, err)
		}
		_, err := r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: broken, Name: "e", Input: "1"})
		if err == nil || statelark.Refused(err) {
			t.Errorf("it starts: %v", err)
		}
		if err := r.DeleteStateMachine(context.Background(), broken); err != nil {
			t.Error(err)
		}
	})
}

// What an owner asks of activities is answered from memory.
func TestActivitiesAreKnownWithoutTheStore(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, a := context.Background(), r.activity("a")
		is(t, "there", r.hasActivity(a), true)
		is(t, "none", r.hasActivity(here.ActivityARN("none")), false)
		r.store.take(true)
		is(t, "there, without the store", r.hasActivity(a), true)
		is(t, "none, without the store", r.hasActivity(here.ActivityARN("none")), false)
		if _, err := r.Activity(ctx, a); err != nil {
			t.Error(err)
		}
		if err := r.DeleteActivity(ctx, a); !errors.Is(err, statelark.ErrUnavailable) {
			t.Error(err)
		}
		r.store.take(false)
		if err := r.DeleteActivity(ctx, a); err != nil {
			t.Error(err)
		}
		is(t, "there after its deletion", r.hasActivity(a), false)
		r.activity("none")
		is(t, "none after its creation", r.hasActivity(here.ActivityARN("none")), true)
	})
}

// A start that is let in and then sees the deletion does not hold that up.
func TestDeletionBesideAStartThatSeesIt(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", passOnly)
		synctest.Wait() // what an engine does at start is over
		_, p, err := r.machines.present(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		p.enter()
		if err := r.DeleteStateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		code(t, r.look(ctx, admitted{program: p, route: route{machine: m}}), statelark.CodeStateMachineDeleting)
		synctest.Wait()
		is(t, "records", r.records("machine/"), 0)
	})
}

// A deletion whose answer is lost goes on, though nobody asks for it again.
func TestDeletionWhoseAnswerIsLostGoesOn(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", passOnly)
		synctest.Wait() // what an engine does at start is over
		r.store.set(func(s *frail) {
			s.after = func(*statelark.Batch) error { return fmt.Errorf("connection lost: %w", statelark.ErrUnavailable) }
		})
		if err := r.DeleteStateMachine(context.Background(), m); err == nil {
			t.Error("the deletion was acknowledged")
		}
		r.store.set(func(s *frail) { s.after = nil })
		time.Sleep(time.Minute)
		is(t, "records", r.records("machine/"), 0)
	})
}

// A revision is not removed before starts have heard of the next one.
func TestARevisionIsNotFreedWhileItIsReplaced(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", waitHour)
		synctest.Wait() // what an engine does at start is over: the next batch is the update's
		var arn string
		r.store.set(func(s *frail) {
			s.after = func(*statelark.Batch) error { // the update is stored, and its answer is on its way
				s.set(func(s *frail) { s.after = nil })
				if _, err := r.freeRevisions(ctx, ""); err != nil {
					t.Error(err)
				}
				arn = r.start(m, "e", `1`)
				return nil
			}
		})
		r.update(m, passOnly)
		r.restart()
		if _, err := r.StopExecution(ctx, arn, nil, nil); err != nil {
			t.Error(err)
		}
	})
}
