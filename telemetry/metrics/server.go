package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/telemetry"
)

// Sources are what tells how a server is doing, each time it is asked.
type Sources struct {
	Engine  func() engine.Stats
	Store   func() uint64 // bytes on the disk; nil: the store is in memory
	Tap     *telemetry.Tap
	Outlets []*telemetry.Outlet
	Spans   func() (exported, dropped int64) // of traces; nil: there are none
	Version string
	// Rates are the token buckets of operations, and Throttled how many calls each has refused so far.
	Rates     map[string]limits.Rate
	Throttled func() map[string]int64
}

// server reads Sources for Prometheus.
type server struct{ Sources }

// Register registers how a server is doing.
func (s Sources) Register(r prometheus.Registerer) { r.MustRegister(&server{s}) }

func awsDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("statelark_"+name, help, labels, nil)
}

var (
	build      = desc("build_info", "1, and the version of the program.", "version")
	commits    = desc("commits_total", "Batches that the store took.")
	failures   = desc("commit_failures_total", "Batches that the store did not take, and executions were read again.")
	batches    = desc("commit_batch_changes", "Changes of executions in a batch.")
	commitTime = desc("commit_seconds", "Time that the store took for a batch.")
	late       = desc("timer_late_seconds", "Time from when a timer was due until its execution was told.")
	queue      = desc("commit_queue_changes", "Changes that wait for a batch.")
	backlog    = desc("commit_backlog_bytes", "Bytes of changes that wait for a batch.")
	express    = desc("express_running", "Express executions that run.")
	held       = desc("express_bytes", "Memory that the Express executions which run hold.")
	refused    = desc("express_refused_total", "Starts of Express executions that there was no room for.")
	mailbox    = desc("owner_mailbox_messages", "Messages that wait for an owner of executions.", "owner")
	running    = desc("tasks_running", "Calls that run on targets, by resource; the shortest lines together as other.", "resource")
	waiting    = desc("tasks_waiting", "Calls that wait for a slot or a worker, by resource.", "resource")
	storeBytes = desc("store_bytes", "What the store takes on the disk.")
	tapQueue   = desc("telemetry_queue_changes", "Changes whose telemetry is not written yet.")
	written    = desc("telemetry_written_total", "Lines that were handed on, by where to.", "to")
	dropped    = desc("telemetry_dropped_total", "What was dropped because it came too fast or could not be handed on, by where to.", "to")
	// AWS's.
	openExecutions = awsDesc("open_executions", "Standard executions that run, of those that began since the server started.")
	executionLimit = awsDesc("open_execution_limit", "How many of a region and account may run.")
	openMapRuns    = awsDesc("approximate_open_map_runs", "Map Runs that are under way.")
	mapRunLimit    = awsDesc("open_map_run_limit", "How many of a region and account may be under way.")
	mapRunBacklog  = awsDesc("approximate_map_run_backlog_size", "Map Runs that wait until others have ended.")
	versionCount   = awsDesc("versions", "Versions of a state machine, where they were used of late.", "resource_arn")
	aliasCount     = awsDesc("aliases", "Aliases of a state machine, where they were used of late.", "resource_arn")
	throttled      = awsDesc("throttled_events_total", "Calls that were refused because they came too fast.", "api_name")
	bucketSize     = awsDesc("provisioned_bucket_size", "Tokens that the bucket of an operation holds.", "api_name")
	refillRate     = awsDesc("provisioned_refill_rate", "Tokens that the bucket of an operation gets in a second.", "api_name")
	queued         = desc("telemetry_queue_lines", "Lines that wait to be handed on.", "to")
)

// Describe tells what there is.
func (s *server) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		build, commits, failures, batches, commitTime, late, queue, backlog, express, held, refused, mailbox, running, waiting, storeBytes, tapQueue, written, dropped, queued,
		openExecutions, executionLimit, openMapRuns, mapRunLimit, mapRunBacklog, versionCount, aliasCount, throttled, bucketSize, refillRate,
	} {
		to <- d
	}
}

// Collect tells how it is.
func (s *server) Collect(to chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(build, 1, s.Version)
	e := s.Engine()
	count(commits, float64(e.Commits))
	count(failures, float64(e.CommitFailures))
	to <- histogram(batches, e.BatchChanges, 1)
	to <- histogram(commitTime, e.CommitMicros, 1e6)
	to <- histogram(late, e.TimersLateMillis, 1e3)
	gauge(queue, float64(e.CommitQueue))
	gauge(backlog, float64(e.BacklogBytes))
	gauge(express, float64(e.Express))
	gauge(held, float64(e.ExpressBytes))
	count(refused, float64(e.ExpressRefused))
	for i, n := range e.Mailboxes {
		gauge(mailbox, float64(n), strconv.Itoa(i))
	}
	for name, l := range byName(e.Lines) {
		gauge(running, float64(l.Running), name)
		gauge(waiting, float64(l.Waiting), name)
	}
	s.collectAWS(&e, count, gauge)
	if s.Store != nil {
		gauge(storeBytes, float64(s.Store()))
	}
	s.collectTelemetry(count, gauge)
}

// collectTelemetry tells how the telemetry itself is doing.
func (s *server) collectTelemetry(count, gauge func(*prometheus.Desc, float64, ...string)) {
	gauge(tapQueue, float64(s.Tap.Queued()))
	count(dropped, float64(s.Tap.Dropped()), "tap")
	for _, o := range s.Outlets {
		w, d, q := o.Counts()
		count(written, float64(w), o.Name())
		count(dropped, float64(d), o.Name())
		gauge(queued, float64(q), o.Name())
	}
	if s.Spans != nil {
		w, d := s.Spans()
		count(written, float64(w), "traces")
		count(dropped, float64(d), "traces")
	}
}

// collectAWS tells what AWS has metrics of and no execution tells.
func (s *server) collectAWS(e *engine.Stats, count, gauge func(*prometheus.Desc, float64, ...string)) {
	gauge(openExecutions, float64(e.OpenExecutions))
	gauge(openMapRuns, float64(e.OpenMapRuns))
	gauge(mapRunBacklog, float64(e.MapRunBacklog))
	if e.OpenExecutionLimit > 0 {
		gauge(executionLimit, float64(e.OpenExecutionLimit))
	}
	if e.OpenMapRunLimit > 0 {
		gauge(mapRunLimit, float64(e.OpenMapRunLimit))
	}
	for _, p := range e.Published {
		gauge(versionCount, float64(p.Versions), p.Machine)
		gauge(aliasCount, float64(p.Aliases), p.Machine)
	}
	if s.Throttled == nil {
		return
	}
	calls := s.Throttled()
	for name, r := range s.Rates {
		gauge(bucketSize, r.Size, name)
		gauge(refillRate, r.Refill, name)
		count(throttled, float64(calls[name]), name)
	}
}

// byName adds up what has the same name, and names the rest.
func byName(lines []engine.LineStats) map[string]engine.LineStats {
	sums := make(map[string]engine.LineStats, len(lines))
	for _, l := range lines {
		if l.Name == "" {
			l.Name = other
		}
		s := sums[l.Name]
		s.Running, s.Waiting = s.Running+l.Running, s.Waiting+l.Waiting
		sums[l.Name] = s
	}
	return sums
}

// histogram hands a histogram on, in units of which the values have so many to one.
func histogram(d *prometheus.Desc, h engine.Histogram, units float64) prometheus.Metric {
	buckets, total := make(map[float64]uint64, len(h.Bounds)), uint64(0)
	for i, bound := range h.Bounds {
		total += h.Counts[i]
		buckets[float64(bound)/units] = total
	}
	return prometheus.MustNewConstHistogram(d, total+h.Counts[len(h.Bounds)], float64(h.Sum)/units, buckets)
}
