// Package metrics counts what executions did, as CloudWatch would, and how the server is doing, for Prometheus to read.
package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
)

// AWS's metrics of the namespace AWS/States are aws_states_… here, in snake case: ExecutionsStarted is
// aws_states_executions_started_total, and times are in seconds.
const namespace = "aws_states"

// maxSeries bounds how many state machines, versions, aliases and resources have series of their own. The others share
// one whose labels are other.
const (
	maxSeries = 1000
	other     = "other"
)

// durations are the bounds of histograms of times, in seconds.
var durations = []float64{.01, .05, .1, .5, 1, 5, 15, 60, 300, 900, 3600, 86400}

// Executions counts what executions did. It is a reader of telemetry's Tap.
type Executions struct {
	ended    map[history.Type]*prometheus.CounterVec // by the last event
	redriven map[history.Type]*prometheus.CounterVec // those that had been redriven
	started  *prometheus.CounterVec
	redrives *prometheus.CounterVec
	time     *prometheus.HistogramVec
	// Of Express executions.
	memory, billedMemory, billedTime *prometheus.HistogramVec

	families  [kinds]*family
	machines  map[machineKey]*machine
	attempts  *attempts
	collected []prometheus.Collector
}

type machineKey struct{ arn, version, alias string }

// machine are the series of a state machine, or of a version or an alias of it.
type machine struct {
	started, redrives prometheus.Counter
	ended, redriven   map[history.Type]prometheus.Counter
	time              prometheus.Observer
	labels            []string
	bills             *bills // of Express executions; nil: none of it has ended
}

// bills are the series of what Express executions took.
type bills struct{ memory, billedMemory, billedTime prometheus.Observer }

// ends are the words of metrics for the last events.
var ends = map[history.Type]string{
	history.ExecutionSucceeded: "succeeded", history.ExecutionFailed: "failed",
	history.ExecutionAborted: "aborted", history.ExecutionTimedOut: "timed_out",
}

// NewExecutions returns the counts of executions, all of them 0, and registers them.
func NewExecutions(r prometheus.Registerer) *Executions {
	m := &Executions{
		ended: map[history.Type]*prometheus.CounterVec{}, redriven: map[history.Type]*prometheus.CounterVec{},
		machines: map[machineKey]*machine{}, attempts: newAttempts(),
	}
	labels := []string{"state_machine_arn", "version", "alias"}
	m.started = m.counter("executions_started_total", "Executions that started.", labels...)
	m.redrives = m.counter("executions_redriven_total", "Executions that were redriven, once for each time.", labels...)
	for last, word := range ends {
		m.ended[last] = m.counter("executions_"+word+"_total", "Executions that ended so.", labels...)
		m.redriven[last] = m.counter("redriven_executions_"+word+"_total", "Executions that ended so after a redrive.", labels...)
	}
	m.time = m.histogram("execution_time_seconds", "Time from the start of an execution to its end.", labels...)
	memory := []float64{64 * mb, 128 * mb, 256 * mb, 512 * mb, 1024 * mb}
	m.memory = m.histogramOf(memory, "express_execution_memory_bytes", "Memory of an Express execution, as AWS counts it.", labels...)
	m.billedMemory = m.histogramOf(memory, "express_execution_billed_memory_bytes", "Memory that AWS would bill.", labels...)
	m.billedTime = m.histogram("express_execution_billed_duration_seconds", "Time that AWS would bill.", labels...)
	for k := range m.families {
		m.families[k] = m.newFamily(kind(k))
	}
	r.MustRegister(m.collected...)
	return m
}

func (m *Executions) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.collected = append(m.collected, c)
	return c
}

// mb is what AWS counts memory in.
const mb = 1 << 20

func (m *Executions) histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return m.histogramOf(durations, name, help, labels...)
}

func (m *Executions) histogramOf(bounds []float64, name, help string, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: bounds}, labels)
	m.collected = append(m.collected, h)
	return h
}

// of returns the series of an execution.
func (m *Executions) of(x *statelark.Execution) *machine {
	key := machineKey{x.Machine, x.Version, x.Alias}
	if found := m.machines[key]; found != nil {
		return found
	}
	if len(m.machines) >= maxSeries {
		key = machineKey{other, other, other}
		if found := m.machines[key]; found != nil {
			return found
		}
	}
	labels := []string{key.arn, last(key.version), last(key.alias)}
	s := &machine{
		started: m.started.WithLabelValues(labels...), redrives: m.redrives.WithLabelValues(labels...), time: m.time.WithLabelValues(labels...),
		ended: map[history.Type]prometheus.Counter{}, redriven: map[history.Type]prometheus.Counter{}, labels: labels,
	}
	for end := range ends {
		s.ended[end], s.redriven[end] = m.ended[end].WithLabelValues(labels...), m.redriven[end].WithLabelValues(labels...)
	}
	m.machines[key] = s
	return s
}

// last returns what follows the last colon: the number of a version, the name of an alias.
func last(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// Read counts a change.
func (m *Executions) Read(n *engine.News) {
	s := m.of(n.Execution)
	for i := range n.Events {
		switch e := &n.Events[i]; e.Type {
		case history.ExecutionStarted:
			s.started.Inc()
		case history.ExecutionRedriven:
			s.redrives.Inc()
		case history.ExecutionSucceeded, history.ExecutionFailed, history.ExecutionAborted, history.ExecutionTimedOut:
			s.ended[e.Type].Inc()
			if n.Execution.Redrives > 0 {
				s.redriven[e.Type].Inc()
			}
			s.time.Observe(float64(e.At-n.Execution.Start.UnixMilli()) / 1000)
		default:
			m.attempt(n.Execution.ID, e)
		}
	}
	if n.Bill.BilledMB > 0 {
		m.bill(s, &n.Bill)
	}
	if n.Ended {
		m.attempts.forget(n.Execution.ID)
	}
}

// bill counts what an Express execution took.
func (m *Executions) bill(s *machine, b *engine.Bill) {
	if s.bills == nil {
		s.bills = &bills{
			m.memory.WithLabelValues(s.labels...), m.billedMemory.WithLabelValues(s.labels...), m.billedTime.WithLabelValues(s.labels...),
		}
	}
	s.bills.memory.Observe(float64(b.UsedMB) * mb)
	s.bills.billedMemory.Observe(float64(b.BilledMB) * mb)
	s.bills.billedTime.Observe(float64(b.BilledMS) / 1000)
}

// Runtime registers what the Go runtime and the process tell of themselves.
func Runtime(r prometheus.Registerer) {
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}
