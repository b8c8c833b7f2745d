package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/task"
)

// away takes the store away for a while, from now on.
func (r *rig) away(d time.Duration) {
	synctest.Wait()
	r.store.take(true)
	time.Sleep(d)
	r.store.take(false)
}

func TestCallersHearThatTheStoreIsAway(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", waitHour)
		running := r.start(m, "running", `{}`)
		r.store.take(true)
		ctx := context.Background()
		for what, err := range map[string]error{
			"start": func() error {
				_, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: m, Name: "e", Input: "{}"})
				return err
			}(),
			"stop":     func() error { _, err := r.StopExecution(ctx, running, nil, nil); return err }(),
			"describe": func() error { _, err := r.Execution(ctx, running); return err }(),
			"update": func() error {
				_, err := r.UpdateStateMachine(ctx, m, statelark.StateMachineUpdate{RoleARN: new(string)})
				return err
			}(),
		} {
			if err == nil || statelark.ErrorCode(err) != "" {
				t.Errorf("%s: %v", what, err)
			}
		}
		r.store.take(false)
		time.Sleep(5 * time.Second)
		is(t, "status", r.describe(running).Status, statelark.Running)
		is(t, "status of an execution started again", r.describe(r.start(m, "e", `{}`)).Status, statelark.Running)
		if _, err := r.StopExecution(ctx, running, nil, nil); err != nil {
			t.Error(err)
		}
	})
}

// A result that comes while the store is away is kept until it can be stored.
func TestResultOutlivesAStoreThatIsAway(t *testing.T) {
	for _, lives := range []int{1, 100} { // out of memory when the result comes, and in memory
		t.Run(fmt.Sprint(lives), func(t *testing.T) {
			var calls atomic.Int32
			slow := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
				calls.Add(1)
				time.Sleep(2 * time.Second)
				return echo(ctx, c)
			}
			inBubbleWith(t, Config{Owners: 1, MaxLive: lives}, slow, func(r *rig) {
				m := r.machine("M", taskOnly)
				var arns []string
				for i := range 5 {
					arns = append(arns, r.start(m, fmt.Sprint("e", i), `{"a":1}`))
				}
				time.Sleep(time.Second)
				r.away(30 * time.Second)
				for _, arn := range arns {
					d := r.ended(arn)
					is(t, "output", d.Output, `{"a":1}`)
					if late := d.Stop.Sub(d.Start); late > 35*time.Second {
						t.Errorf("it went on after %v only", late)
					}
				}
				is(t, "calls", calls.Load(), 5)
			})
		})
	}
}

func TestTimersOutliveAStoreThatIsAway(t *testing.T) {
	for _, wait := range []struct{ seconds, from, away int }{
		{5, 4, 10},    // fires while the store is away
		{100, 25, 40}, // ought to be read from the store meanwhile
		{100, 99, 10},
	} {
		for _, lives := range []int{1, 100} {
			t.Run(fmt.Sprintf("%+v, %d in memory", wait, lives), func(t *testing.T) {
				inBubbleWith(t, Config{Owners: 1, MaxLive: lives}, echo, func(r *rig) {
					m := r.machine("M", fmt.Sprintf(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":%d,"End":true}}}`, wait.seconds))
					arn := r.start(m, "e", `{}`)
					other := r.machine("other", waitHour)
					for i := range 5 { // drives it out of memory, if there is little
						r.start(other, fmt.Sprint(i), `{}`)
					}
					time.Sleep(time.Duration(wait.from) * time.Second)
					r.away(time.Duration(wait.away) * time.Second)
					latest := time.Duration(max(wait.seconds, wait.from+wait.away)+5) * time.Second
					if d := r.ended(arn); d.Stop.Sub(d.Start) > latest {
						t.Errorf("it went on after %v", d.Stop.Sub(d.Start))
					}
				})
			})
		}
	}
}

// An answer that is lost leaves it open what the store has, so the store is asked.
func TestUpdateWhoseAnswerIsLost(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", passOnly)
		r.store.set(func(s *frail) {
			s.after = func(*statelark.Batch) error { return fmt.Errorf("connection lost: %w", statelark.ErrUnavailable) }
		})
		definition := taskOnly
		ctx := context.Background()
		if _, err := r.UpdateStateMachine(ctx, m, statelark.StateMachineUpdate{Definition: &definition}); err == nil {
			t.Error("the update has succeeded")
		}
		r.store.set(func(s *frail) { s.after = nil })
		now, err := r.StateMachine(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "definition", now.Definition, taskOnly)
	})
}

func TestDeletionWhoseAnswerIsLost(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", passOnly)
		r.store.set(func(s *frail) {
			s.after = func(*statelark.Batch) error { return fmt.Errorf("connection lost: %w", statelark.ErrUnavailable) }
		})
		ctx := context.Background()
		for range 2 {
			_ = r.DeleteStateMachine(ctx, m) // of no clear outcome
		}
		r.store.set(func(s *frail) { s.after = nil })
		if err := r.DeleteStateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		_, err := r.StateMachine(ctx, m)
		code(t, err, "StateMachineDoesNotExist")
	})
}

// One execution's rows that cannot be read are no reason for another one to stand still.
func TestDamagedRows(t *testing.T) {
	inBubbleWith(t, Config{Owners: 1, MaxLive: 1}, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}`)
		var arns []string
		for i := range 5 {
			arns = append(arns, r.start(m, fmt.Sprint("e", i), `{}`))
		}
		bad := r.describe(arns[0])
		if err := r.store.Commit(context.Background(), &statelark.Batch{
			Fences:  []statelark.Fence{{Shard: bad.ID.Shard(), Epoch: r.epoch(bad.ID.Shard())}},
			Changes: []*statelark.Change{{Exec: bad.ID, Threads: []statelark.ThreadRow{{Thread: 1, Data: []byte("nonsense")}}}},
		}); err != nil {
			t.Fatal(err)
		}
		for _, arn := range arns[1:] {
			is(t, "status", r.ended(arn).Status, statelark.Succeeded)
		}
		if _, err := r.StopExecution(context.Background(), arns[0], nil, nil); err == nil {
			t.Error("it was stopped")
		}
	})
}

// A change that the store refuses as its own fault is alone in that.
func TestConflictOfOneChange(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", waitHour)
		release := r.store.hold()
		results := make(chan error, 50)
		for i := range 50 {
			go func() {
				_, err := r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: m, Name: fmt.Sprint("e", i), Input: "{}"})
				results <- err
			}()
		}
		synctest.Wait()
		id := statelark.NewExecID(time.Now(), 3, 1)
		refused := make(chan error, 1)
		r.committer.submit(commit{&statelark.Change{Exec: id, First: 5, Last: 5, Block: []byte{1}}, r.generation.Load(), func(err error) { refused <- err }})
		release()
		for range 50 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if err := <-refused; err == nil {
			t.Error("the change of an execution that is not there was taken")
		}
	})
}

// A fault of the interpreter is one execution's.
func TestPoison(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		arn := r.start(r.machine("M", waitHour), "e", `{}`)
		d := r.describe(arn)
		o := r.ownerOf(d.ID)
		answer := make(chan error, 1)
		broken := &live{record: &d.Execution, program: &program{deleting: new(atomic.Bool)}, x: nil} // a nil Exec panics
		synctest.Wait()
		o.poisoned(broken, message{reply: func(err error) { answer <- err }}, stepSafely(broken.x, &interp.Decision{}, interp.Event{}))
		if err := <-answer; err == nil {
			t.Error("no error")
		}
	})
}
