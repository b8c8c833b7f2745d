package engine

import (
	"sync"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

// Tap is told what executions did: logs, metrics and traces hang on it. The engine knows nothing of them.
type Tap interface {
	// Tell is told of a change once it is durable, or of what an execution without a store did. News of one execution come
	// in order, of several from several goroutines at once. It returns at once, whatever becomes of the news: who calls it
	// has callers waiting. The news is the tap's then.
	Tell(*News)
}

// News is one change of an execution, for a Tap to read.
type News struct {
	Execution *statelark.Execution    // as of the change; nobody writes to it
	Machine   *statelark.StateMachine // the revision that it runs, without tags; nobody writes to it
	// Began is set with the first event of the execution, Ended with the last one; both in one when it was short. An
	// execution that was redriven ends once more.
	Began, Ended bool
	// Input is that of the execution, JSON text; "" unless it began, ended or was redriven.
	Input string
	// Cut: the payloads were too much to be kept. Input, the Data and the variables of Events are no more than a sign that
	// there were some.
	Cut    bool
	Bill   Bill            // of an Express execution that ended; else zero
	Events []history.Event // of the change, in order; their payloads are shared with the execution's memory
}

var newsPool = sync.Pool{New: func() any { return new(News) }}

// keepEvents is how many events a News has room for that is used again.
const keepEvents = 256

// NewNews returns a News with a copy of the events, but for their payloads.
func NewNews(x *statelark.Execution, m *statelark.StateMachine, events []history.Event) *News {
	n := newsPool.Get().(*News)
	n.Execution, n.Machine = x, m
	n.Events = append(n.Events[:0], events...)
	return n
}

// CutPayloads lets go of the payloads, and leaves the first character of each, and what AWS takes of errors and causes.
func (n *News) CutPayloads() {
	n.Cut, n.Input = true, firstByte(n.Input)
	for i := range n.Events {
		e := &n.Events[i]
		e.Data = firstByte(e.Data)
		e.Error, e.Cause = history.CutText(e.Error, history.MaxError), history.CutText(e.Cause, history.MaxCause)
		if len(e.Assigned) > 0 {
			e.Assigned = []value.Member{}
		}
	}
}

// firstByte returns the first character of JSON text, which is always one byte, without holding the text.
func firstByte(text string) string {
	if text == "" {
		return ""
	}
	return string(rune(text[0]))
}

// Release gives the News back to be used again. It need not be called; nobody may look at the News afterwards.
func (n *News) Release() {
	events := n.Events
	clear(events) // their payloads
	if cap(events) > keepEvents {
		events = nil
	}
	*n = News{Events: events[:0]}
	newsPool.Put(n)
}

// newsOf returns what there is to tell of a step, nil when there is nothing or nobody listens. l.record is as the step has
// left it.
func (e *Engine) newsOf(l *live, d *interp.Decision, began bool) *News {
	if e.opts.Tap == nil || len(d.History) == 0 {
		return nil
	}
	n := NewNews(l.record, l.program.record, d.History)
	n.Began, n.Ended = began, d.End != nil
	if l.express != nil && n.Ended {
		n.Bill = billOf(l.record, l.express.peak)
	}
	if n.Began || n.Ended || d.History[0].Type == history.ExecutionRedriven {
		n.Input = l.x.Input().Text()
	}
	return n
}

// tell lets the tap have the news of a change that is durable.
func (e *Engine) tell(n *News) {
	if n != nil {
		e.opts.Tap.Tell(n)
	}
}
