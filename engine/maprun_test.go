package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
)

// mapped is a machine with a distributed Map, of children of a type with one state and more members of the Map.
func mapped(kind, state, more string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L"` + more + `,"ItemProcessor":{
		"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + kind + `"},"StartAt":"S","States":{"S":{` + state + `,"End":true}}},"End":true}}}`
}

const pass = `"Type":"Pass"`

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",%d", i)
	}
	return "[" + b.String()[1:] + "]"
}

var kinds = []string{"STANDARD", "EXPRESS"}

func TestMapRunGivesTheOutputsInOrder(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				d := r.run(r.machine("M", mapped(kind, pass, "")), "e", numbers(1700))
				is(t, "status", d.Status, statelark.Succeeded)
				is(t, "output", d.Output, numbers(1700))
				is(t, "executions with rows", len(r.store.kept), 0)
			})
		})
	}
}

func TestMapRunOfTasks(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, func(ctx context.Context, c *task.Call) (task.Outcome, error) {
				if c.Input.Text() == "3" {
					return task.Outcome{}, task.Errorf("No", "three")
				}
				return task.Outcome{Output: c.Input}, nil
			}, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"ToleratedFailureCount":1`))
				is(t, "output", r.run(m, "e", numbers(10)).Output, "[0,1,2,4,5,6,7,8,9]")
				m = r.machine("N", mapped(kind, lambda, ""))
				d := r.run(m, "e", numbers(10))
				is(t, "error", text(d.Error), "States.ExceedToleratedFailureThreshold")
				is(t, "cause", text(d.Cause), "The specified tolerated failure threshold was exceeded")
			})
		})
	}
}

func TestMapRunOfNothing(t *testing.T) {
	for _, kind := range kinds {
		inBubble(t, echo, func(r *rig) {
			is(t, "output", r.run(r.machine("M", mapped(kind, pass, "")), "e", "[]").Output, "[]")
		})
	}
}
