package metrics

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/telemetry"
)

const machineARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:M"

func record(unique uint64) *statelark.Execution {
	start := time.UnixMilli(1000).UTC()
	return &statelark.Execution{ID: statelark.NewExecID(start, 1, unique), Machine: machineARN, Name: fmt.Sprint(unique), Start: start}
}

func newsOf(x *statelark.Execution, events ...history.Event) *engine.News {
	n := engine.NewNews(x, &statelark.StateMachine{ARN: machineARN, Name: "M", Type: statelark.Standard}, events)
	n.Ended = strings.HasPrefix(events[len(events)-1].Type.String(), "Execution")
	return n
}

func TestWhatExecutionsDidIsCounted(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	m := NewExecutions(r)
	wrong, timeout := "Odd", "States.Timeout"
	x := record(1)
	x.Alias = machineARN + ":prod"
	m.Read(newsOf(x,
		history.Event{ID: 1, At: 1000, Type: history.ExecutionStarted},
		history.Event{ID: 2, At: 1000, Type: history.TaskStateEntered, Name: "T"},
		history.Event{ID: 3, Previous: 2, At: 1000, Type: history.ActivityScheduled, Resource: "act", Timeout: 60, Heartbeat: 3}))
	m.Read(newsOf(x, history.Event{ID: 4, Previous: 3, At: 3000, Type: history.ActivityStarted}))
	m.Read(newsOf(x, history.Event{ID: 5, Previous: 4, At: 3500, Type: history.ActivityTimedOut, Error: &timeout},
		history.Event{ID: 6, Previous: 5, At: 4000, Type: history.TaskScheduled, ResourceType: "sqs", Resource: "sendMessage"},
		history.Event{ID: 7, Previous: 6, At: 4000, Type: history.TaskStarted},
		history.Event{ID: 8, Previous: 7, At: 4000, Type: history.TaskSubmitted},
		history.Event{ID: 9, Previous: 8, At: 4500, Type: history.TaskSucceeded},
		history.Event{ID: 10, Previous: 9, At: 5000, Type: history.LambdaFunctionScheduled, Resource: "f"},
		history.Event{ID: 11, Previous: 10, At: 6000, Type: history.ExecutionFailed, Error: &wrong}))
	if len(m.attempts.open) != 0 || m.attempts.count != 0 {
		t.Errorf("%d attempts are remembered, counted %d", len(m.attempts.open), m.attempts.count)
	}
	want := `
# HELP aws_states_activities_heartbeat_timed_out_total Attempts that timed out because no heartbeat came.
# TYPE aws_states_activities_heartbeat_timed_out_total counter
aws_states_activities_heartbeat_timed_out_total{activity_arn="act"} 1
# HELP aws_states_executions_failed_total Executions that ended so.
# TYPE aws_states_executions_failed_total counter
aws_states_executions_failed_total{alias="prod",state_machine_arn="` + machineARN + `",version=""} 1
# HELP aws_states_executions_started_total Executions that started.
# TYPE aws_states_executions_started_total counter
aws_states_executions_started_total{alias="prod",state_machine_arn="` + machineARN + `",version=""} 1
# HELP aws_states_service_integrations_succeeded_total Attempts that succeeded.
# TYPE aws_states_service_integrations_succeeded_total counter
aws_states_service_integrations_succeeded_total{service_integration_resource_arn="arn:aws:states:::sqs:sendMessage"} 1
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "aws_states_activities_heartbeat_timed_out_total", "aws_states_executions_failed_total",
		"aws_states_executions_started_total", "aws_states_service_integrations_succeeded_total"); err != nil {
		t.Error(err)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			sums[f.GetName()] += s.GetHistogram().GetSampleSum()
		}
	}
	for name, want := range map[string]float64{"execution_time": 5, "activity_schedule_time": 2, "activity_run_time": .5, "activity_time": 2.5, "service_integration_run_time": .5} {
		if got := sums["aws_states_"+name+"_seconds"]; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func TestSeriesAreBounded(t *testing.T) {
	r := prometheus.NewRegistry()
	m := NewExecutions(r)
	for i := range 3 * maxSeries {
		x := record(uint64(i))
		x.Machine = fmt.Sprint(machineARN, i)
		m.Read(newsOf(x, history.Event{ID: 1, At: 1000, Type: history.ExecutionStarted},
			history.Event{ID: 2, Previous: 1, At: 1000, Type: history.LambdaFunctionScheduled, Resource: fmt.Sprint("f", i)}))
	}
	for _, name := range []string{"executions_started_total", "lambda_functions_scheduled_total"} {
		if n, err := testutil.GatherAndCount(r, "aws_states_"+name); n != maxSeries+1 || err != nil {
			t.Errorf("%s has %d series, %v", name, n, err)
		}
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	m := NewExecutions(prometheus.NewRegistry())
	for i := range 2 * maxAttempts {
		m.Read(newsOf(record(uint64(i)), history.Event{ID: 2, At: 1000, Type: history.LambdaFunctionScheduled, Resource: "f"}))
	}
	if len(m.attempts.open) != maxAttempts {
		t.Errorf("%d are remembered", len(m.attempts.open))
	}
}

func TestServer(t *testing.T) {
	tap := telemetry.NewTap(slog.New(slog.DiscardHandler))
	r := prometheus.NewPedanticRegistry()
	Sources{Engine: func() engine.Stats {
		h := engine.Histogram{Bounds: []int64{1000}, Counts: []uint64{2, 1}, Sum: 5000}
		return engine.Stats{Commits: 3, OpenMapRuns: 10, OpenMapRunLimit: 10, MapRunBacklog: 7,
			Published: []engine.PublishedStats{{Machine: "m", Versions: 3, Aliases: 2}}, BatchChanges: h, CommitMicros: h, TimersLateMillis: h, Mailboxes: []int{4, 5},
			Lines: []engine.LineStats{{Name: "f", Running: 1, Waiting: 2}, {Name: "f", Waiting: 3}, {Running: 9}}}
	}, Tap: tap, Version: "v", Rates: map[string]limits.Rate{"StartExecution": {Size: 5, Refill: 1}},
		Throttled: func() map[string]int64 { return map[string]int64{"StartExecution": 4} }}.Register(r)
	want := `
# HELP aws_states_aliases Aliases of a state machine, where they were used of late.
# TYPE aws_states_aliases gauge
aws_states_aliases{resource_arn="m"} 2
# HELP aws_states_approximate_map_run_backlog_size Map Runs that wait until others have ended.
# TYPE aws_states_approximate_map_run_backlog_size gauge
aws_states_approximate_map_run_backlog_size 7
# HELP aws_states_open_map_run_limit How many of a region and account may be under way.
# TYPE aws_states_open_map_run_limit gauge
aws_states_open_map_run_limit 10
# HELP aws_states_throttled_events_total Calls that were refused because they came too fast.
# TYPE aws_states_throttled_events_total counter
aws_states_throttled_events_total{api_name="StartExecution"} 4
# HELP statelark_owner_mailbox_messages Messages that wait for an owner of executions.
# TYPE statelark_owner_mailbox_messages gauge
statelark_owner_mailbox_messages{owner="0"} 4
statelark_owner_mailbox_messages{owner="1"} 5
# HELP statelark_tasks_waiting Calls that wait for a slot or a worker, by resource.
# TYPE statelark_tasks_waiting gauge
statelark_tasks_waiting{resource="f"} 5
statelark_tasks_waiting{resource="other"} 0
# HELP statelark_timer_late_seconds Time from when a timer was due until its execution was told.
# TYPE statelark_timer_late_seconds histogram
statelark_timer_late_seconds_bucket{le="1"} 2
statelark_timer_late_seconds_bucket{le="+Inf"} 3
statelark_timer_late_seconds_sum 5
statelark_timer_late_seconds_count 3
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "aws_states_aliases", "aws_states_approximate_map_run_backlog_size",
		"aws_states_open_map_run_limit", "aws_states_open_execution_limit", "aws_states_throttled_events_total", "statelark_owner_mailbox_messages", "statelark_tasks_waiting", "statelark_timer_late_seconds"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(r); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	if err := tap.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestBillsAreCounted(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	m := NewExecutions(r)
	n := newsOf(record(1), history.Event{ID: 2, At: 2000, Type: history.ExecutionSucceeded})
	n.Bill = engine.Bill{UsedMB: 51, BilledMB: 64, BilledMS: 1100}
	m.Read(n)
	m.Read(newsOf(record(2), history.Event{ID: 2, At: 2000, Type: history.ExecutionSucceeded})) // a standard one
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"memory_bytes": 51 << 20, "billed_memory_bytes": 64 << 20, "billed_duration_seconds": 1.1}
	for _, f := range families {
		name, is := strings.CutPrefix(f.GetName(), "aws_states_express_execution_")
		if !is {
			continue
		}
		if h := f.GetMetric()[0].GetHistogram(); len(f.GetMetric()) != 1 || h.GetSampleCount() != 1 || h.GetSampleSum() != want[name] {
			t.Errorf("%s is %v of %d", name, h.GetSampleSum(), h.GetSampleCount())
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("there is none of %v", want)
	}
}

func TestRedrivesAreCounted(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	m := NewExecutions(r)
	x := record(1)
	m.Read(newsOf(x, history.Event{ID: 2, At: 2000, Type: history.ExecutionFailed}))
	again := *x
	again.Redrives = 1
	m.Read(newsOf(&again, history.Event{ID: 3, At: 3000, Type: history.ExecutionRedriven}, history.Event{ID: 4, At: 4000, Type: history.ExecutionSucceeded}))
	for name, want := range map[string]float64{"executions_redriven": 1, "redriven_executions_succeeded": 1, "redriven_executions_failed": 0, "executions_failed": 1} {
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "aws_states_"+name+"_total" && f.GetMetric()[0].GetCounter().GetValue() != want {
				t.Errorf("%s is %v, want %v", name, f.GetMetric()[0].GetCounter().GetValue(), want)
			}
		}
	}
}
