//go:build unix

package node

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
)

// waiter tells when executions end: its function is the last state of each.
type waiter struct{ ended chan struct{} }

func (w waiter) Start(_ context.Context, c *task.Call) (task.Outcome, error) {
	w.ended <- struct{}{}
	return task.Outcome{Output: c.Input}, nil
}

// BenchmarkTelemetry runs executions of five states on a store on disk, the last of them a task in the process, from 64
// callers at once: what telemetry takes of them. It may not keep up, and drops then: see dropped/op.
func BenchmarkTelemetry(b *testing.B) {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer collector.Close()
	for _, test := range []struct {
		name  string
		level statelark.LogLevel
		o     func(dir string) Telemetry
	}{
		{"off", statelark.LogOff, func(string) Telemetry { return Telemetry{Metrics: MetricsOff} }},
		{"metrics", statelark.LogOff, func(string) Telemetry { return Telemetry{} }},
		{"log", statelark.LogAll, func(dir string) Telemetry {
			return Telemetry{Metrics: MetricsOff, ExecutionLog: filepath.Join(dir, "log")}
		}},
		{"changes", statelark.LogOff, func(dir string) Telemetry {
			return Telemetry{Metrics: MetricsOff, StatusChanges: []string{filepath.Join(dir, "log")}}
		}},
		{"traces", statelark.LogOff, func(string) Telemetry { return Telemetry{Metrics: MetricsOff, TraceEndpoint: collector.URL} }},
	} {
		b.Run(test.name, func(b *testing.B) {
			dir := b.TempDir()
			benchTelemetry(b, dir, test.o(dir), test.level)
		})
	}
}

func benchTelemetry(b *testing.B, dir string, o Telemetry, level statelark.LogLevel) {
	w := waiter{make(chan struct{}, 1<<16)}
	n, err := Start(b.Context(), Config{Listen: "127.0.0.1:0", Place: place, Data: filepath.Join(dir, "data"), Telemetry: o}, Options{Invoke: w})
	if err != nil {
		b.Fatal(err)
	}
	m := &statelark.StateMachine{
		ARN: place.StateMachineARN("M"), Name: "M", Type: statelark.Standard, RoleARN: place.RoleARN("r"),
		Logging: statelark.LoggingConfiguration{Level: level, IncludeExecutionData: true},
		Definition: fmt.Sprintf(`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},
			"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNumeric":true,"Next":"D"}],"Default":"D"},"D":{"Type":"Pass","Next":"T"},
			"T":{"Type":"Task","Resource":%q,"End":true}}}`, place.FunctionARN("f", "")),
	}
	if m, err = n.engine.CreateStateMachine(b.Context(), m); err != nil {
		b.Fatal(err)
	}
	input := `{"n":1,"text":"` + strings.Repeat("x", 480) + `"}`
	var names atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	began := cpuTime(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			start := statelark.ExecutionStart{Machine: m.ARN, Name: strconv.FormatInt(names.Add(1), 10), Input: input, MadeUp: true}
			if _, err := n.engine.StartExecution(b.Context(), start); err != nil {
				b.Error(err)
				return
			}
			<-w.ended
		}
	})
	b.StopTimer()
	if err := n.Close(context.Background()); err != nil { // what is queued is written
		b.Error(err)
	}
	b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
	dropped := int64(0)
	if n.tellers.tap != nil {
		dropped = n.tellers.tap.Dropped()
	}
	for _, out := range n.tellers.outlets {
		_, lost, _ := out.Counts()
		dropped += lost
	}
	if n.tellers.tracer != nil {
		_, lost := n.tellers.tracer.Counts()
		dropped += lost
	}
	b.ReportMetric(float64(dropped)/float64(b.N), "dropped/op")
}

// cpuTime is what the process has computed so far, which other processes of the machine hardly change.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
