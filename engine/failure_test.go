package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/task"
)

// away takes the store away for a while, beginning now.
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
			if err == nil || statelark.Refused(err) {
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
			inBubbleWith(t, Options{Owners: 1, MaxLive: lives}, slow, func(r *rig) {
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
				inBubbleWith(t, Options{Owners: 1, MaxLive: lives}, echo, func(r *rig) {
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
	inBubbleWith(t, Options{Owners: 1, MaxLive: 1}, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}`)
		var arns []string
		for i := range 5 {
			arns = append(arns, r.start(m, fmt.Sprint("e", i), `{}`))
		}
		bad := r.describe(arns[0])
		if err := r.store.Commit(context.Background(), &statelark.Batch{
			Fences:  []statelark.Fence{{Shard: bad.ID.Shard(), Epoch: r.shards.epoch(bad.ID.Shard())}},
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
		r.committer.submit(commit{change: &statelark.Change{Exec: id, First: 5, Last: 5, Block: []byte{1}}, generation: r.generation.Load(), tell: func(err error) { refused <- err }})
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

// When the store fails while a batch is being halved, what is left of the batch is of the old generation.
func TestStoreFailsWhileABatchIsHalved(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		var batches []int
		var refused atomic.Int32
		fates := []error{statelark.ErrConflict, statelark.ErrUnavailable}
		r.store.set(func(s *frail) {
			s.before = func(b *statelark.Batch) error {
				if len(b.Changes) == 0 { // a scan asks whether it is there again
					return nil
				}
				if batches = append(batches, len(b.Changes)); len(batches) <= len(fates) {
					return fates[len(batches)-1]
				}
				return nil
			}
		})
		var batch []commit
		for range 4 {
			ch := &statelark.Change{Exec: statelark.NewExecID(time.Now(), 3, 1)}
			batch = append(batch, commit{change: ch, generation: r.generation.Load(), tell: func(err error) {
				if err != nil {
					refused.Add(1)
				}
			}})
		}
		r.committer.write(batch)
		synctest.Wait()
		is(t, "changes refused", refused.Load(), 4)
		is(t, "batches", fmt.Sprint(batches), "[4 2]")
		r.store.set(func(s *frail) { s.before = nil })
	})
}

// Tasks beyond what is kept in memory are read again when their turn comes.
func TestMoreTasksThanAreKeptInMemory(t *testing.T) {
	const n = maxQueued + 100
	input := func(i int) string { return fmt.Sprintf(`{"i":%d}`, i) }
	t.Run("of a function", func(t *testing.T) {
		open := make(chan struct{})
		gated := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
			<-open
			return echo(ctx, c)
		}
		inBubbleWith(t, Options{MaxTasks: 2}, gated, func(r *rig) {
			open = make(chan struct{})
			m := r.machine("M", taskOnly)
			for i := range n {
				r.start(m, fmt.Sprint(i), input(i))
			}
			synctest.Wait()
			close(open)
			for i := range n {
				is(t, "output", r.ended(arn.Execution(m, fmt.Sprint(i))).Output, input(i))
			}
		})
	})
	t.Run("of an activity", func(t *testing.T) {
		inBubble(t, echo, func(r *rig) {
			r.activity("a")
			m := r.machine("M", activityTask(""))
			for i := range n {
				r.start(m, fmt.Sprint(i), input(i))
			}
			synctest.Wait()
			stopped := arn.Execution(m, fmt.Sprint(n-1)) // whose task is not to be given out
			if _, err := r.StopExecution(context.Background(), stopped, nil, nil); err != nil {
				t.Fatal(err)
			}
			for i := range n - 1 {
				is(t, "input", r.poll("w").Input, input(i))
			}
			if got := r.poll("w"); got != nil {
				t.Errorf("the task of a stopped execution: %v", got)
			}
		})
	})
}

// A heartbeat of a task that needs none is welcome, and is answered after what was decided before it.
func TestHeartbeatThatChangesNothing(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		arn := r.start(r.machine("M", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
			{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"`+here.ActivityARN("a")+`","End":true}}},
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}],"End":true}}}`), "e", `1`)
		token := r.poll("w").Token
		if err := r.TaskHeartbeat(context.Background(), token); err != nil {
			t.Error(err)
		}
		release := r.store.hold()
		time.Sleep(6 * time.Second) // the Wait state ends, and waits for its commit
		synctest.Wait()
		answer := make(chan error, 1)
		go func() { answer <- r.TaskHeartbeat(context.Background(), token) }()
		synctest.Wait()
		select {
		case err := <-answer:
			t.Errorf("the answer (%v) did not wait for the commit", err)
		default:
		}
		release()
		if err := <-answer; err != nil {
			t.Error(err)
		}
		if err := r.TaskSucceeded(context.Background(), token, "2"); err != nil {
			t.Error(err)
		}
		is(t, "output", r.ended(arn).Output, "[2,1]")
	})
}

// A fault of the interpreter is one execution's.
func TestPoison(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		arn := r.start(r.machine("M", waitHour), "e", `{}`)
		d := r.describe(arn)
		o := r.ownerOf(d.ID)
		answer := make(chan error, 1)
		broken := &live{record: &d.Execution, program: &program{use: new(use)}, x: nil} // a nil Exec panics
		synctest.Wait()
		o.poisoned(broken, message{reply: func(err error) { answer <- err }}, stepSafely(broken.x, &interp.Decision{}, interp.Event{}))
		if err := <-answer; err == nil {
			t.Error("no error")
		}
	})
}
