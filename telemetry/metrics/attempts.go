package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
)

// kind is what does a Task.
type kind int

// The kinds of Task, as AWS's metrics tell them apart.
const (
	activity kind = iota
	function
	service
	kinds
)

// family are the metrics of a kind of Task.
type family struct {
	scheduled, started, succeeded, failed, timedOut, heartbeats *prometheus.CounterVec
	scheduleTime, runTime, time                                 *prometheus.HistogramVec
	resources                                                   map[string]*resource
}

// resource are the series of an activity, a function or an integration.
type resource struct {
	scheduled, started, succeeded, failed, timedOut, heartbeats prometheus.Counter
	scheduleTime, runTime, time                                 prometheus.Observer
}

// words are the names of the kinds in metrics: of what is counted, of what is timed, and of the label.
var words = [kinds]struct{ counted, timed, label string }{
	activity: {"activities", "activity", "activity_arn"},
	function: {"lambda_functions", "lambda_function", "lambda_function_arn"},
	service:  {"service_integrations", "service_integration", "service_integration_resource_arn"},
}

func (m *Executions) newFamily(k kind) *family {
	w := words[k]
	count := func(what, help string) *prometheus.CounterVec {
		return m.counter(w.counted+"_"+what+"_total", help, w.label)
	}
	f := &family{
		scheduled: count("scheduled", "Attempts that were scheduled."), started: count("started", "Attempts that were started."),
		succeeded: count("succeeded", "Attempts that succeeded."), failed: count("failed", "Attempts that failed."),
		timedOut:     count("timed_out", "Attempts that timed out."),
		scheduleTime: m.histogram(w.timed+"_schedule_time_seconds", "Time from when an attempt was scheduled to its start.", w.label),
		runTime:      m.histogram(w.timed+"_run_time_seconds", "Time from the start of an attempt to its end.", w.label),
		time:         m.histogram(w.timed+"_time_seconds", "Time from when an attempt was scheduled to its end.", w.label),
		resources:    map[string]*resource{},
	}
	if k == activity {
		f.heartbeats = count("heartbeat_timed_out", "Attempts that timed out because no heartbeat came.")
	}
	return f
}

func (f *family) of(name string) *resource {
	if found := f.resources[name]; found != nil {
		return found
	}
	if len(f.resources) >= maxSeries {
		if found := f.resources[other]; found != nil {
			return found
		}
		name = other
	}
	name = strings.Clone(name)
	s := &resource{
		scheduled: f.scheduled.WithLabelValues(name), started: f.started.WithLabelValues(name), succeeded: f.succeeded.WithLabelValues(name),
		failed: f.failed.WithLabelValues(name), timedOut: f.timedOut.WithLabelValues(name),
		scheduleTime: f.scheduleTime.WithLabelValues(name), runTime: f.runTime.WithLabelValues(name), time: f.time.WithLabelValues(name),
	}
	if f.heartbeats != nil {
		s.heartbeats = f.heartbeats.WithLabelValues(name)
	}
	f.resources[name] = s
	return s
}

// attempt is one that was scheduled and has not ended.
type attempt struct {
	last               int64 // id of its last event, which the next one refers to
	scheduled, started int64 // Unix ms; started 0: it was not
	deadline           int64 // Unix ms, 0: none
	of                 *resource
}

// maxAttempts is how many attempts are remembered. When others are let go of, or were scheduled before the server started,
// their end is not counted.
const maxAttempts = 100_000

// attempts remembers what was scheduled.
type attempts struct {
	open  map[statelark.ExecID][]attempt
	count int
}

func newAttempts() *attempts { return &attempts{open: map[statelark.ExecID][]attempt{}} }

func (a *attempts) add(id statelark.ExecID, t attempt) {
	if a.count >= maxAttempts {
		for old := range a.open { // any: most that are open wait for long
			a.forget(old)
			break
		}
	}
	a.open[id] = append(a.open[id], t)
	a.count++
}

// find returns the attempt whose last event is given; nil when it is not known.
func (a *attempts) find(id statelark.ExecID, last int64) *attempt {
	for i := range a.open[id] {
		if t := &a.open[id][i]; t.last == last {
			return t
		}
	}
	return nil
}

// take returns an attempt and forgets it.
func (a *attempts) take(id statelark.ExecID, last int64) (t attempt, known bool) {
	found := a.find(id, last)
	if found == nil {
		return attempt{}, false
	}
	t = *found
	open := a.open[id]
	*found = open[len(open)-1]
	a.count--
	if open = open[:len(open)-1]; len(open) == 0 {
		delete(a.open, id)
	} else {
		a.open[id] = open
	}
	return t, true
}

// forget forgets what an execution has left open.
func (a *attempts) forget(id statelark.ExecID) {
	a.count -= len(a.open[id])
	delete(a.open, id)
}

// attempt counts an event of an attempt.
func (m *Executions) attempt(id statelark.ExecID, e *history.Event) {
	switch e.Type {
	case history.ActivityScheduled:
		m.schedule(id, e, m.families[activity].of(e.Resource))
	case history.LambdaFunctionScheduled:
		m.schedule(id, e, m.families[function].of(e.Resource))
	case history.TaskScheduled:
		m.schedule(id, e, m.families[service].of("arn:aws:states:::"+e.ResourceType+":"+e.Resource))
	case history.ActivityStarted, history.LambdaFunctionStarted, history.TaskStarted:
		if t := m.attempts.find(id, e.Previous); t != nil {
			t.last, t.started = e.ID, e.At
			t.of.started.Inc()
			t.of.scheduleTime.Observe(seconds(e.At - t.scheduled))
		}
	case history.TaskSubmitted:
		if t := m.attempts.find(id, e.Previous); t != nil {
			t.last = e.ID
		}
	case history.ActivitySucceeded, history.LambdaFunctionSucceeded, history.TaskSucceeded:
		m.end(id, e, func(t *attempt, _ int64) { t.of.succeeded.Inc() })
	case history.ActivityFailed, history.ActivityScheduleFailed, history.LambdaFunctionFailed, history.LambdaFunctionScheduleFailed,
		history.LambdaFunctionStartFailed, history.TaskFailed, history.TaskStartFailed, history.TaskSubmitFailed:
		m.end(id, e, func(t *attempt, _ int64) { t.of.failed.Inc() })
	case history.ActivityTimedOut, history.LambdaFunctionTimedOut, history.TaskTimedOut:
		m.end(id, e, (*attempt).timedOut)
	}
}

func (m *Executions) schedule(id statelark.ExecID, e *history.Event, r *resource) {
	r.scheduled.Inc()
	t := attempt{last: e.ID, scheduled: e.At, of: r}
	if e.Timeout > 0 {
		t.deadline = e.At + e.Timeout*1000
	}
	m.attempts.add(id, t)
}

// timedOut counts an attempt that timed out at a time. The event is the same when no heartbeat came; but that is before
// the deadline.
func (t *attempt) timedOut(at int64) {
	if t.of.heartbeats != nil && (t.deadline == 0 || at < t.deadline) {
		t.of.heartbeats.Inc()
		return
	}
	t.of.timedOut.Inc()
}

func (m *Executions) end(id statelark.ExecID, e *history.Event, count func(*attempt, int64)) {
	t, known := m.attempts.take(id, e.Previous)
	if !known {
		return
	}
	count(&t, e.At)
	t.of.time.Observe(seconds(e.At - t.scheduled))
	if t.started != 0 {
		t.of.runTime.Observe(seconds(e.At - t.started))
	}
}

func seconds(milli int64) float64 { return float64(milli) / 1000 }
