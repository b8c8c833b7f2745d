package engine

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"
)

// Stats is how an engine is doing: counts since it was made, and how much waits at the moment.
type Stats struct {
	Commits, CommitFailures uint64    // batches that the store took, or did not for a reason of its own
	BatchChanges            Histogram // changes in a batch
	CommitMicros            Histogram // µs that the store took for a batch
	TimersLateMillis        Histogram // ms from when a timer was due until its execution was told

	CommitQueue  int   // changes that wait for the committer
	BacklogBytes int64 // of changes that are in no batch yet
	Mailboxes    []int // messages that wait, by owner

	Express, ExpressBytes int64  // Express executions that run, and the memory that they hold
	ExpressRefused        uint64 // starts of those that there was no room for

	// Map Runs that work, those that wait for others to end, and how many of a place may work; 0: any.
	OpenMapRuns, MapRunBacklog, OpenMapRunLimit int64

	// OpenExecutions are the STANDARD executions that run, of those that began since the engine was made and were not
	// redriven; OpenExecutionLimit is how many of a place may run, 0: any.
	OpenExecutions, OpenExecutionLimit int64

	// Published are the state machines whose versions and aliases were used of late, 1,000 at most.
	Published []PublishedStats

	// Lines are the calls of tasks by resource, those of activities as well: the longest 100, and the sums of the others
	// without a name.
	Lines []LineStats
}

// PublishedStats is how many versions and aliases a state machine has.
type PublishedStats struct {
	Machine           string // ARN
	Versions, Aliases int
}

// LineStats is how many calls of a resource run and wait. Of an activity, a task runs in the hands of its worker, which
// is not counted here.
type LineStats struct {
	Name             string
	Running, Waiting int
}

// Histogram counts values by size: Counts[i] are those up to Bounds[i] and above the bound before; one more is of those
// above all.
type Histogram struct {
	Bounds []int64
	Counts []uint64
	Sum    int64
}

// tally is a Histogram that is being counted. Any goroutine may add to it.
type tally struct {
	bounds []int64
	counts []atomic.Uint64
	sum    atomic.Int64
}

func newTally(bounds ...int64) *tally {
	return &tally{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

func (t *tally) add(v int64) {
	i, _ := slices.BinarySearch(t.bounds, v)
	t.counts[i].Add(1)
	t.sum.Add(v)
}

func (t *tally) read() Histogram {
	h := Histogram{Bounds: t.bounds, Counts: make([]uint64, len(t.counts)), Sum: t.sum.Load()}
	for i := range t.counts {
		h.Counts[i] = t.counts[i].Load()
	}
	return h
}

// tallies are what an engine counts.
type tallies struct {
	commits, failures atomic.Uint64
	batch             *tally
	took              *tally
	late              *tally
}

func newTallies() *tallies {
	return &tallies{
		batch: newTally(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
		took:  newTally(100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000),
		late:  newTally(1, 5, 10, 25, 50, 100, 250, 1000, 10_000, 60_000),
	}
}

// committed counts a batch. One that is halved because of a change's own fault is none.
func (t *tallies) committed(changes int, took time.Duration, err error, ownFault bool) {
	switch {
	case err == nil:
		t.commits.Add(1)
		t.batch.add(int64(changes))
		t.took.add(took.Microseconds())
	case !ownFault:
		t.failures.Add(1)
	}
}

// Stats tells how the engine is doing.
func (e *Engine) Stats() Stats {
	s := Stats{
		Commits: e.tallies.commits.Load(), CommitFailures: e.tallies.failures.Load(), BatchChanges: e.tallies.batch.read(),
		CommitMicros: e.tallies.took.read(), TimersLateMillis: e.tallies.late.read(),
		CommitQueue: len(e.committer.in), BacklogBytes: e.committer.backlog.Load(),
		OpenMapRuns: e.mapRuns.workingRuns.Load(), MapRunBacklog: e.mapRuns.heldRuns.Load(), OpenMapRunLimit: int64(e.opts.Limits.OpenMapRuns),
	}
	s.Express, s.ExpressBytes, s.ExpressRefused = e.express.count.Load(), e.express.bytes.Load(), e.express.refused.Load()
	s.OpenExecutions, s.OpenExecutionLimit = e.openings.running(), int64(e.opts.Limits.OpenExecutions)
	s.Published = e.machines.stats()
	for _, o := range e.owners {
		s.Mailboxes = append(s.Mailboxes, len(o.in))
	}
	s.Lines = longest(append(e.dispatcher.stats(), e.activities.stats()...))
	return s
}

// maxLineStats is how many lines are told by name.
const maxLineStats = 100

// longest returns the longest lines by name, and the sums of the others without one.
func longest(lines []LineStats) []LineStats {
	if len(lines) <= maxLineStats {
		return lines
	}
	slices.SortFunc(lines, func(a, b LineStats) int {
		return cmp.Or(cmp.Compare(b.Running+b.Waiting, a.Running+a.Waiting), cmp.Compare(a.Name, b.Name))
	})
	var rest LineStats
	for _, l := range lines[maxLineStats:] {
		rest.Running += l.Running
		rest.Waiting += l.Waiting
	}
	return append(lines[:maxLineStats], rest)
}

// stats returns the lines in which calls are. The resources that are too many for lines have one without a name.
func (d *dispatcher) stats() []LineStats {
	d.mu.Lock()
	defer d.mu.Unlock()
	var lines []LineStats
	add := func(name string, l *line) {
		if l.active > 0 || l.calls.n > 0 {
			lines = append(lines, LineStats{name, l.active, l.calls.n - l.calls.dead})
		}
	}
	for name, l := range d.lines {
		add(name.name, l)
	}
	add("", &d.rest)
	return lines
}

// stats returns the activities for whose workers tasks wait.
func (a *activities) stats() []LineStats {
	a.mu.Lock()
	defer a.mu.Unlock()
	var lines []LineStats
	for arn, q := range a.queues {
		if q.tasks.n > 0 {
			lines = append(lines, LineStats{Name: arn, Waiting: q.tasks.n - q.tasks.dead})
		}
	}
	return lines
}

// maxPublishedStats is how many state machines are told with their versions.
const maxPublishedStats = 1000

// stats returns the state machines whose versions and aliases are in memory.
func (m *machines) stats() (list []PublishedStats) {
	m.published.recentOnes(func(p *published) bool {
		list = append(list, PublishedStats{p.ARN, len(p.Versions), len(p.Aliases)})
		return len(list) < maxPublishedStats
	})
	return list
}
