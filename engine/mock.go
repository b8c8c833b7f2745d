package engine

import (
	"context"
	"fmt"

	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/task"
)

// An execution that was started with a test case has mocks in place of some of its calls. Which answer a mock gives goes
// by how often the state was attempted in the execution, so each call is numbered when it is decided on. The number is
// stored with its work row; how far it went is read off the history when the execution comes back to memory.

// mock numbers the next attempt of a state; it is none in an execution without a test case.
func (l *live) mock(state string) task.Mock {
	if l.record.TestCase == "" {
		return task.Mock{}
	}
	if l.attempts == nil {
		l.attempts = make(map[string]int64)
	}
	n := l.attempts[state]
	l.attempts[state]++
	return task.Mock{Machine: l.record.Machine, Case: l.record.TestCase, State: state, Attempt: n}
}

// historyPage is how many events are read at a time.
const historyPage = 1000

// countAttempts counts how often the states of an execution with a test case were attempted.
func (e *Engine) countAttempts(ctx context.Context, l *live) error {
	if l.record.TestCase == "" {
		return nil
	}
	l.attempts = make(map[string]int64)
	states := make(map[int64]string) // by event
	for next := int64(1); ; {
		events, err := e.events(ctx, l.record.ID, next, historyPage, false)
		if err != nil {
			return fmt.Errorf("counting the attempts of %s: %w", l.record.ARN(), err)
		}
		for i := range events {
			ev := &events[i]
			state := states[ev.Previous]
			switch ev.Type {
			case history.TaskStateEntered:
				state = ev.Name
			case history.TaskScheduled, history.LambdaFunctionScheduled, history.ActivityScheduled:
				l.attempts[state]++
			}
			states[ev.ID] = state
		}
		if len(events) < historyPage || next > interp.MaxEvents {
			return nil
		}
		next = events[len(events)-1].ID + 1
	}
}
