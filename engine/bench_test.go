package engine

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/task"
)

// waiter tells when executions end: its function is the last state of each.
type waiter struct{ ended chan struct{} }

func (w waiter) Start(_ context.Context, c *task.Call) (task.Outcome, error) {
	w.ended <- struct{}{}
	return task.Outcome{Output: c.Input}, nil
}

func benchEngine(b *testing.B, definition string, f task.Target) (*Engine, string) {
	b.Helper()
	targets := &task.Registry{}
	targets.SetFunctions(f)
	e, err := Open(b.Context(), memstore.New(), here, targets, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	m, err := e.CreateStateMachine(b.Context(), &statelark.StateMachine{
		ARN: here.StateMachineARN("M"), Name: "M", Type: statelark.Standard, Definition: definition, RoleARN: role,
	})
	if err != nil {
		b.Fatal(err)
	}
	return e, m.ARN
}

// BenchmarkExecution runs executions of five states, the last of which is a task in the process, from 64 callers at
// once on a store in memory.
func BenchmarkExecution(b *testing.B) {
	w := waiter{make(chan struct{}, 1<<16)}
	e, m := benchEngine(b, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNumeric":true,"Next":"D"}],"Default":"D"},"D":{"Type":"Pass","Next":"T"},"T":{`+lambda+`,"End":true}}}`, w)
	var names atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			name := strconv.FormatInt(names.Add(1), 10)
			if _, err := e.StartExecution(b.Context(), statelark.ExecutionStart{Machine: m, Name: name, Input: `{"n":1}`}); err != nil {
				b.Error(err)
				return
			}
			<-w.ended
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
}

// BenchmarkActivity hands tasks to a worker and takes its answers.
func BenchmarkActivity(b *testing.B) {
	e, m := benchEngine(b, activityTask(""), waiter{})
	if _, err := e.CreateActivity(b.Context(), &statelark.Activity{ARN: here.ActivityARN("a"), Name: "a"}); err != nil {
		b.Fatal(err)
	}
	var names atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			name := strconv.FormatInt(names.Add(1), 10)
			if _, err := e.StartExecution(b.Context(), statelark.ExecutionStart{Machine: m, Name: name, Input: `{"n":1}`}); err != nil {
				b.Error(err)
				return
			}
			got, err := e.ActivityTask(b.Context(), here.ActivityARN("a"), "w")
			if err != nil || got == nil {
				b.Errorf("no task: %v", err)
				return
			}
			if err := e.TaskSucceeded(b.Context(), got.Token, "1"); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
}

// BenchmarkDispatch runs 16 calls at a time on a target in the process.
func BenchmarkDispatch(b *testing.B) {
	w := waiter{make(chan struct{}, 16)}
	d := unitDispatcher(b, w.Start, 1024)
	k := functionCall(b, "f", 0)
	b.ReportAllocs()
	for b.Loop() {
		for range cap(w.ended) {
			k.seq++
			d.push(k)
		}
		for range cap(w.ended) {
			<-w.ended
		}
	}
}

// BenchmarkRead reads executions back from the store, as it is done for those that waited for long.
func BenchmarkRead(b *testing.B) {
	for _, branches := range []int{1, 100} {
		b.Run(fmt.Sprintf("%d branches", branches), func(b *testing.B) {
			block := `{"StartAt":"W%[1]d","States":{"W%[1]d":{"Type":"Wait","Seconds":3600,"End":true}}}`
			all := fmt.Sprintf(block, 0)
			for i := 1; i < branches; i++ {
				all += "," + fmt.Sprintf(block, i)
			}
			e, m := benchEngine(b, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[`+all+`],"End":true}}}`, waiter{})
			x, err := e.StartExecution(b.Context(), statelark.ExecutionStart{Machine: m, Name: "e", Input: `{"n":1}`})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				l, err := e.readLive(x.ID)
				if err != nil || l.x.Status() != interp.Running {
					b.Fatal(err)
				}
			}
		})
	}
}
