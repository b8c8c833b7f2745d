package search

import (
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/search/query"
)

// document is what the index has of an execution as of one moment. Nobody changes it once others know of it.
type document struct {
	id          statelark.ExecID
	status      statelark.Status
	start, stop int64 // Unix ms; stop is 0 while it runs
	machine     string
	name        string
	err         string
	alias       string
	version     string
	mapRun      string
	redrives    int64
	events      int64
	payloads    query.Payloads // cut

	// replaces: an older document of the execution may be in a segment.
	replaces bool
	// filled: that document may be as new as this one; the store was read.
	filled bool
	// unread: the payloads have to be read from the store.
	unread bool
	// flushing: it is on its way into a segment.
	flushing bool
}

// age orders the documents of one execution: each redrive has one from when it began and one from when it ended.
func (d *document) age() int64 { return ageOf(d.redrives, d.stop != 0) }

func ageOf(redrives int64, ended bool) int64 {
	if ended {
		return 2*redrives + 1
	}
	return 2 * redrives
}

// recordAge is the age of a document of a record.
func recordAge(x *statelark.Execution) int64 { return ageOf(x.Redrives, !x.Stop.IsZero()) }

func newDocument(x *statelark.Execution) *document {
	d := &document{
		id: x.ID, status: x.Status, start: x.Start.UnixMilli(), machine: x.Machine, name: x.Name, alias: x.Alias,
		version: x.Version, mapRun: x.MapRun, redrives: x.Redrives, events: x.Events,
	}
	if !x.Stop.IsZero() {
		d.stop = x.Stop.UnixMilli()
	}
	return d
}

// documentOfNews makes a document of news, nil when they are of no beginning, end or redrive.
func documentOfNews(n *engine.News, keep int) *document {
	redriven := len(n.Events) > 0 && n.Events[0].Type == history.ExecutionRedriven
	if n.Execution.Express || !n.Began && !n.Ended && !redriven {
		return nil
	}
	d := newDocument(n.Execution)
	d.replaces, d.unread = !n.Began, n.Cut
	if n.Cut {
		return d
	}
	d.payloads.Input = cut(n.Input, keep)
	if n.Ended && len(n.Events) > 0 {
		last := &n.Events[len(n.Events)-1]
		d.payloads.Output = cut(last.Data, keep)
		d.failure(last.Error, last.Cause, keep)
	}
	return d
}

// documentOfDetail makes a document of an execution as the engine reads it.
func documentOfDetail(x *statelark.ExecutionDetail, keep int) *document {
	d := newDocument(&x.Execution)
	d.replaces, d.filled = true, true
	d.payloads.Input, d.payloads.Output = cut(x.Input, keep), cut(x.Output, keep)
	if d.stop != 0 {
		d.failure(x.Error, x.Cause, keep)
	}
	return d
}

// maxError is how much of an error is kept, in bytes.
const maxError = 256

func (d *document) failure(err, cause *string, keep int) {
	if err != nil {
		d.err = cut(*err, maxError)
	}
	if cause != nil {
		d.payloads.Cause = cut(*cause, keep)
	}
	if d.err == "" && d.status == statelark.TimedOut {
		d.err = "States.Timeout" // which AWS does not show
	}
}

// cut returns the beginning of a text, without holding the rest.
func cut(text string, n int) string {
	n = max(n, 0)
	if len(text) <= n {
		return text
	}
	return strings.Clone(text[:n])
}

// bytes is about what the document takes in memory.
func (d *document) bytes() int {
	return 300 + len(d.name) + len(d.payloads.Input) + len(d.payloads.Output) + len(d.payloads.Cause)
}

// query returns the document as queries see it.
func (d *document) query() *query.Document {
	return &query.Document{
		ID: d.id, Machine: d.machine, Name: d.name, Status: d.status, Start: time.UnixMilli(d.start), Stop: stopTime(d.stop),
		Error: d.err, Alias: d.alias, Version: d.version, MapRun: d.mapRun, Redrives: d.redrives, Events: d.events,
		Payloads: func() query.Payloads { return d.payloads },
	}
}

func stopTime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
