package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// fakeMocks mock the state T of every test case: each attempt answers its own number. Attempts from held on wait until they
// are given up.
type fakeMocks struct {
	held int64

	mu       sync.Mutex
	answered map[int64]int // times by attempt; guarded by mu
}

func (f *fakeMocks) Mocks(m *task.Mock) bool { return m.State == "T" }

func (f *fakeMocks) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	if c.Mock.Attempt >= f.held {
		<-ctx.Done()
		return task.Outcome{}, ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered[c.Mock.Attempt]++
	if c.Mock.Attempt == 0 {
		return task.Outcome{}, task.Errorf("Boom", "first")
	}
	return task.Outcome{Output: value.FromInt(c.Mock.Attempt), Final: true}, nil
}

// openMocked starts the engine anew with mocks.
func (r *rig) openMocked(f *fakeMocks) {
	r.t.Helper()
	r.mocks = f
	r.restart()
}

const mapOfTasks = `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":2,"End":true,"ItemProcessor":{"StartAt":"T","States":{
	"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"Parameters":{"QueueUrl":"u","MessageBody.$":"$$.Task.Token"},"Retry":[{"ErrorEquals":["Boom"]}],"End":true}}}}}}`

// Attempts are numbered over all iterations, and the numbers outlive the engine.
func TestAttemptsOfMocks(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		first := &fakeMocks{held: 3, answered: map[int64]int{}}
		r.openMocked(first)
		x, err := r.StartExecution(context.Background(), statelark.ExecutionStart{
			Machine: r.machine("M", mapOfTasks), Name: "e", Input: `[1,2,3,4,5]`, TestCase: "c",
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		second := &fakeMocks{held: 99, answered: map[int64]int{}}
		r.openMocked(second)
		d := r.ended(x.ARN())
		is(t, "status", d.Status, statelark.Succeeded)
		is(t, "test case", d.TestCase, "c")
		all := maps.Clone(first.answered)
		for attempt, n := range second.answered {
			all[attempt] += n
		}
		is(t, "attempts", fmt.Sprint(slices.Sorted(maps.Keys(all))), "[0 1 2 3 4 5]")
		for attempt, n := range all {
			if n != 1 {
				t.Errorf("attempt %d was answered %d times", attempt, n)
			}
		}
		is(t, "submitted", r.count(x.ARN(), history.TaskSubmitted), 5)
		is(t, "succeeded", r.count(x.ARN(), history.TaskSucceeded), 5)
	})
}

// What a mock answers for a Task that waits comes in two changes; wherever the engine ends, both are made once.
func TestMocksWhenTheEngineEnds(t *testing.T) {
	for written := range 8 {
		t.Run(fmt.Sprint(written), func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				r.openMocked(&fakeMocks{held: 99, answered: map[int64]int{}})
				m := r.machine("M", mapOfTasks)
				synctest.Wait() // the engine writes as it starts, too
				var batches atomic.Int64
				r.store.set(func(s *frail) {
					s.before = func(*statelark.Batch) error {
						if batches.Add(1) > int64(written+1) { // the first one starts it
							return fmt.Errorf("connection lost: %w", statelark.ErrUnavailable)
						}
						return nil
					}
				})
				x, err := r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: m, Name: "e", Input: `[1]`, TestCase: "c"})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Second) // it comes as far as it can
				r.shut()
				r.store.set(func(s *frail) { s.before = nil })
				r.open()
				d := r.ended(x.ARN())
				is(t, "status", d.Status, statelark.Succeeded)
				is(t, "output", d.Output, "[1]")
				is(t, "submitted", r.count(x.ARN(), history.TaskSubmitted), 1)
				is(t, "succeeded", r.count(x.ARN(), history.TaskSucceeded), 1)
			})
		})
	}
}
