package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/pebblestore"
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
	return benchEngineOn(b, memstore.New(), definition, f)
}

func benchEngineOn(b *testing.B, store statelark.Store, definition string, f task.Target) (*Engine, string) {
	b.Helper()
	targets := &task.Registry{}
	targets.SetFunctions(f)
	e, err := Open(b.Context(), store, targets, Options{})
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

// BenchmarkExpress runs Express executions of five states, one of which is a task in the process, from 32 callers at once:
// to their end, and on a store on disk until they are sure to run.
func BenchmarkExpress(b *testing.B) {
	const five = `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNumeric":true,"Next":"D"}],"Default":"D"},"D":{"Type":"Pass","Next":"T"},"T":{` + lambda + `,"End":true}}}`
	run := func(b *testing.B, store statelark.Store, start func(e *Engine, s statelark.ExecutionStart) error) {
		e, m := benchEngineOn(b, store, five, function(echo))
		_, err := e.CreateStateMachine(b.Context(), &statelark.StateMachine{
			ARN: here.StateMachineARN("X"), Name: "X", Type: statelark.Express, Definition: five, RoleARN: role,
		})
		if err != nil {
			b.Fatal(err)
		}
		s := statelark.ExecutionStart{Machine: strings.TrimSuffix(m, "M") + "X", Name: "x", Input: `{"n":1}`}
		b.SetParallelism(16)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := start(e, s); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
	}
	b.Run("sync", func(b *testing.B) {
		run(b, memstore.New(), func(e *Engine, s statelark.ExecutionStart) error {
			_, err := e.StartSyncExecution(b.Context(), s)
			return err
		})
	})
	b.Run("async", func(b *testing.B) {
		store, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
		if err != nil {
			b.Fatal(err)
		}
		run(b, store, func(e *Engine, s statelark.ExecutionStart) error {
			_, err := e.StartExecution(b.Context(), s)
			return err
		})
	})
}

// fifth tells the caller of an execution, named after its number, that the last of its five tasks is done.
type fifth struct{ callers []chan struct{} }

func (f fifth) Start(_ context.Context, c *task.Call) (task.Outcome, error) {
	if c.Resource.Function == "last" {
		n, _, _ := strings.Cut(c.Execution[strings.LastIndexByte(c.Execution, ':')+1:], "-")
		caller, err := strconv.Atoi(n)
		if err != nil {
			return task.Outcome{}, err
		}
		f.callers[caller] <- struct{}{}
	}
	return task.Outcome{Output: c.Input}, nil
}

// fiveTasks returns an engine on a store on disk and a state machine of five tasks in the process.
func fiveTasks(b *testing.B, f task.Target) (*Engine, string) {
	var states strings.Builder
	for i := range 4 {
		fmt.Fprintf(&states, `"T%d":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Next":"T%d"},`, i, i+1)
	}
	store, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return benchEngineOn(b, store, `{"StartAt":"T0","States":{`+states.String()+
		`"T4":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:last","End":true}}}`, f)
}

// BenchmarkFiveTasks runs executions of five tasks in the process, of 500 bytes each, from 256 callers at once on a
// store on disk: what the engine and the store take of the table of the peers.
func BenchmarkFiveTasks(b *testing.B) {
	f := fifth{make([]chan struct{}, 256)}
	e, m := fiveTasks(b, f)
	input := `"` + strings.Repeat("x", 498) + `"`
	var next atomic.Int64
	var callers sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for caller := range f.callers {
		f.callers[caller] = make(chan struct{}, 1)
		callers.Go(func() {
			for next.Add(1) <= int64(b.N) {
				name := fmt.Sprintf("%d-%d", caller, next.Load())
				if _, err := e.StartExecution(b.Context(), statelark.ExecutionStart{Machine: m, Name: name, Input: input, MadeUp: true}); err != nil {
					b.Error(err)
					return
				}
				<-f.callers[caller]
			}
		})
	}
	callers.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
}

// BenchmarkDescribe describes executions of five tasks that have ended, which a store on disk has in memory.
func BenchmarkDescribe(b *testing.B) {
	f := fifth{[]chan struct{}{make(chan struct{}, 1)}}
	e, m := fiveTasks(b, f)
	var arns []string
	for i := range 1000 {
		name := fmt.Sprintf("0-%d", i)
		x, err := e.StartExecution(b.Context(), statelark.ExecutionStart{Machine: m, Name: name, Input: `"` + strings.Repeat("x", 498) + `"`})
		if err != nil {
			b.Fatal(err)
		}
		<-f.callers[0]
		arns = append(arns, x.ARN())
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, err := e.Execution(b.Context(), arns[i%len(arns)]); err != nil {
			b.Fatal(err)
		}
	}
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
