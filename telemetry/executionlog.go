package telemetry

import (
	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
)

// ExecutionLog logs the events of executions as the logging configuration of their state machine says.
type ExecutionLog struct {
	outlets []*Outlet
	entries []Entry          // used again, as are the others
	ends    []int            // of the lines in buffer
	events  []*history.Event // of the entries
	buffer  []byte
	short   []byte
}

// NewExecutionLog returns a reader that logs to outlets.
func NewExecutionLog(outlets ...*Outlet) *ExecutionLog { return &ExecutionLog{outlets: outlets} }

// lowest is the severity from which on a level logs; OFF logs none.
var lowest = map[statelark.LogLevel]history.Severity{
	statelark.LogAll: history.Routine, statelark.LogError: history.Failure, statelark.LogFatal: history.Fatal,
}

// Read logs the events of a change.
func (l *ExecutionLog) Read(n *engine.News) {
	logging := &n.Machine.Logging
	from, on := lowest[logging.Level]
	if !on {
		return
	}
	o := history.LogOptions{
		Execution: n.Execution.ARN(), MapRun: n.Execution.MapRun, Redrives: n.Execution.Redrives, WithoutData: !logging.IncludeExecutionData, Cut: n.Cut,
	}
	l.buffer, l.ends, l.entries, l.events = l.buffer[:0], l.ends[:0], l.entries[:0], l.events[:0]
	for i := range n.Events {
		if e := &n.Events[i]; e.Type.Severity() >= from {
			l.buffer = history.AppendLog(l.buffer, e, o)
			l.ends, l.events = append(l.ends, len(l.buffer)), append(l.events, e)
			l.entries = append(l.entries, Entry{At: e.At})
		}
	}
	if len(l.entries) == 0 {
		return
	}
	start := 0
	for i, end := range l.ends {
		l.entries[i].Line, start = l.buffer[start:end], end
		if len(logging.LogGroups) > 0 {
			l.entries[i].Group = logging.LogGroups[0]
		}
	}
	o.Cut = true
	short := func(i int) []byte {
		l.short = history.AppendLog(l.short[:0], l.events[i], o)
		return l.short
	}
	for _, out := range l.outlets {
		out.Put(short, l.entries...)
	}
	if cap(l.buffer) > keepBuffer {
		l.buffer, l.entries, l.ends = nil, nil, nil
	}
	clear(l.events)
}

// keepBuffer is how large a buffer may be that is used again.
const keepBuffer = 1 << 20
