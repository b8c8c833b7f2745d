package graph

import (
	"fmt"
	"math"
	"strings"

	"github.com/statelark/statelark/value"
)

// Event is what a Trace needs to know of an event of a history.
type Event struct {
	ID, Previous int64
	Type         string // TaskStateEntered
	Name         string // of the state that is entered or exited, or of the Map of an iteration
	Length       int64  // items, of MapStateStarted
	At           int64  // Unix milliseconds, 0: not known
}

// EventOf reads an event as GetExecutionHistory gives it.
func EventOf(v value.Value) Event {
	e := Event{ID: number(v, "id"), Previous: number(v, "previousEventId"), Type: text(v, "type")}
	if at, _ := v.Get("timestamp"); at.Kind() == value.Number {
		e.At = int64(math.Round(at.Float() * 1000))
	}
	for _, m := range v.Members() {
		if !strings.HasSuffix(m.Key, "EventDetails") {
			continue
		}
		if name := text(m.Value, "name"); name != "" {
			e.Name = name
		}
		e.Length = max(e.Length, number(m.Value, "length"))
	}
	return e
}

func number(v value.Value, key string) int64 {
	m, _ := v.Get(key)
	n, _ := m.Int()
	return n
}

// Trace tells what became of the states of a definition, out of the events of an execution, which are added in order.
//
// An event belongs to the visit of a state that the event before it belongs to. A visit is within another when the latter
// is of a Parallel or a Map that goes on.
type Trace struct {
	nodes  map[string][]string // ids of states by name
	edges  map[[2]string][]Edge
	visits []*visit
	owner  map[int64]*visit // by event
	ended  string           // the event that ended the execution
	taken  map[string]bool
	start  string
	end    string
	now    int64 // when the last event was
}

// visit is one time that a state was entered.
type visit struct {
	name     string
	holds    bool // others are within it
	within   *visit
	word     string // RUNNING, until it has ended
	failed   bool   // by the last that is known
	exited   bool
	attempts int
	items    int64 // of a Map
	done     int64
	lost     int64
	from     int64 // Unix milliseconds
	till     int64 // 0: it goes on
}

const (
	running   = "RUNNING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	caughtIt  = "CAUGHT"
	aborted   = "ABORTED"
	timedOut  = "TIMED_OUT"
)

// NewTrace returns a Trace of an execution of what is laid out.
func NewTrace(l *Layout) *Trace {
	t := &Trace{nodes: map[string][]string{}, edges: map[[2]string][]Edge{}, owner: map[int64]*visit{}, taken: map[string]bool{}}
	names := make(map[string]string, len(l.Nodes))
	for _, n := range l.Nodes {
		switch n.Kind {
		case StartNode:
			t.start = n.ID
		case EndNode:
			t.end = n.ID
		default:
			t.nodes[n.Name] = append(t.nodes[n.Name], n.ID)
			names[n.ID] = n.Name
		}
	}
	for _, e := range l.Edges {
		from, to := e.From, e.To
		if name, ok := names[from]; ok {
			from = "/" + name
		}
		if name, ok := names[to]; ok {
			to = "/" + name
		}
		t.edges[[2]string{from, to}] = append(t.edges[[2]string{from, to}], e)
	}
	return t
}

// Add takes the next event.
func (t *Trace) Add(e Event) {
	owner := t.owner[e.Previous]
	t.now = e.At
	switch {
	case strings.HasSuffix(e.Type, "StateEntered"):
		owner = t.enter(e, owner)
	case strings.HasSuffix(e.Type, "StateExited"):
		owner = t.exit(e, owner)
	case strings.HasPrefix(e.Type, "Execution"):
		t.execution(e, owner)
	case strings.HasPrefix(e.Type, "MapIteration"):
		owner = t.iteration(e, owner)
	case owner == nil:
	case strings.HasPrefix(e.Type, "MapState"), strings.HasPrefix(e.Type, "ParallelState"), strings.HasPrefix(e.Type, "MapRun"):
		owner = t.container(e, owner)
	default:
		owner.attempt(e)
	}
	t.owner[e.ID] = owner
}

func (t *Trace) enter(e Event, before *visit) *visit {
	v := &visit{name: e.Name, word: running, from: e.At}
	switch {
	case before == nil:
		t.take(t.start, "/"+e.Name, false)
	case before.exited:
		v.within = before.within
		t.take("/"+before.name, "/"+e.Name, before.word == caughtIt)
	default:
		v.within = before
	}
	t.visits = append(t.visits, v)
	return v
}

// take notes the edges between two states. Of several rules of a Choice that lead to the same all count: a history does not
// tell them apart.
func (t *Trace) take(from, to string, catch bool) {
	for _, e := range t.edges[[2]string{from, to}] {
		if catch == (e.Kind == CatchEdge) {
			t.taken[e.ID] = true
		}
	}
}

func (t *Trace) exit(e Event, owner *visit) *visit {
	v := owner
	for v != nil && (v.name != e.Name || v.exited) {
		v = v.within
	}
	for i := len(t.visits) - 1; v == nil && i >= 0; i-- {
		if t.visits[i].name == e.Name && !t.visits[i].exited {
			v = t.visits[i]
		}
	}
	if v == nil { // of a history that does not begin at its beginning
		v = &visit{name: e.Name}
		t.visits = append(t.visits, v)
	}
	v.exited, v.word, v.till = true, succeeded, e.At
	if v.failed {
		v.word = caughtIt
		t.stop(v, aborted)
	}
	return v
}

// stop ends what is within a visit and goes on.
func (t *Trace) stop(around *visit, word string) {
	for _, v := range t.visits {
		if v.word == running && v.isIn(around) {
			v.word, v.till = word, t.now
			if v.failed {
				v.word = failed
			}
		}
	}
}

// over reports whether a visit and all that it is within have ended.
func (v *visit) over() bool {
	for ; v != nil; v = v.within {
		if !v.exited {
			return false
		}
	}
	return true
}

func (v *visit) isIn(around *visit) bool {
	for w := v.within; w != nil; w = w.within {
		if w == around {
			return true
		}
	}
	return around == nil
}

func (t *Trace) execution(e Event, owner *visit) {
	switch e.Type {
	case "ExecutionStarted":
		return
	case "ExecutionRedriven":
		t.ended = ""
		for _, v := range t.visits {
			if !v.exited {
				v.word, v.failed, v.till = running, false, 0
			}
		}
		return
	}
	t.ended = e.Type
	switch e.Type {
	case "ExecutionSucceeded":
		if owner != nil {
			t.take("/"+owner.name, t.end, false)
		}
		t.stop(nil, aborted)
	case "ExecutionFailed":
		for i := len(t.visits) - 1; owner.over() && i >= 0; i-- { // an error of an expression follows on no event of its state
			if !t.visits[i].exited {
				owner = t.visits[i]
			}
		}
		for v := owner; v != nil; v = v.within {
			if !v.exited {
				v.failed = true
			}
		}
		t.stop(nil, aborted)
	case "ExecutionTimedOut":
		t.stop(nil, timedOut)
	default:
		t.stop(nil, aborted)
	}
}

// iteration returns the visit of the Map.
func (t *Trace) iteration(e Event, owner *visit) *visit {
	v := owner
	for v != nil && v.name != e.Name {
		v = v.within
	}
	if v == nil {
		return owner
	}
	switch e.Type {
	case "MapIterationSucceeded":
		v.done++
	case "MapIterationFailed":
		v.lost++
		for w := owner; w != nil && w != v; w = w.within {
			if !w.exited {
				w.failed, w.word, w.till = true, failed, e.At
			}
		}
	}
	return v
}

// container returns the visit of the Parallel or Map that an event is of.
func (t *Trace) container(e Event, owner *visit) *visit {
	v := owner
	for w := owner; w != nil; w = w.within {
		if v = w; !w.exited && w.holds {
			break
		}
	}
	switch {
	case strings.HasSuffix(e.Type, "StateStarted"):
		v, owner.holds, owner.items = owner, true, e.Length
	case strings.HasSuffix(e.Type, "Failed"):
		for w := owner; w != nil && w != v; w = w.within {
			w.failed = w.failed || !w.exited
		}
		v.failed = true
	}
	return v
}

// attempt is an event of what a state calls.
func (v *visit) attempt(e Event) {
	switch {
	case strings.HasSuffix(e.Type, "Scheduled"):
		v.attempts++
		v.failed = false
		if !v.exited {
			v.word = running
		}
	case strings.HasSuffix(e.Type, "Failed"), strings.HasSuffix(e.Type, "TimedOut"):
		v.failed = true
	case strings.HasSuffix(e.Type, "Aborted"):
		v.word = aborted
	case strings.HasSuffix(e.Type, "Succeeded"):
		v.failed = false
	}
}

// Statuses tells what became of the states that were entered, by the ids of their nodes. Of a state that was entered several
// times it is what goes on, then what came last.
func (t *Trace) Statuses() map[string]Status {
	statuses := make(map[string]Status)
	last := make(map[string]*visit)
	visits := make(map[string]int)
	for _, v := range t.visits {
		visits[v.name]++
		if old := last[v.name]; old == nil || rank[v.word] >= rank[old.word] {
			last[v.name] = v
		}
	}
	for name, v := range last {
		for _, id := range t.nodes[name] {
			statuses[id] = Status{Word: v.word, Attempts: v.attempts, Visits: visits[name], Items: v.count()}
		}
	}
	return statuses
}

// rank says which of several visits is told.
var rank = map[string]int{aborted: 1, succeeded: 2, caughtIt: 2, failed: 2, timedOut: 2, running: 3}

// count is how many iterations of a Map have ended, of all.
func (v *visit) count() string {
	switch {
	case v.items == 0:
		return ""
	case v.lost > 0:
		return fmt.Sprintf("%d/%d, %d failed", v.done, v.items, v.lost)
	}
	return fmt.Sprintf("%d/%d", v.done, v.items)
}

// Visit is one time that a state was entered.
type Visit struct {
	Node     string // its id; "" when the definition has no such state
	Name     string
	Word     string // of its Status
	Attempts int
	From     int64 // Unix milliseconds
	Till     int64 // 0: it goes on
}

// Visits are all in the order in which states were entered.
func (t *Trace) Visits() []Visit {
	visits := make([]Visit, 0, len(t.visits))
	for _, v := range t.visits {
		node := ""
		if ids := t.nodes[v.name]; len(ids) > 0 {
			node = ids[0]
		}
		visits = append(visits, Visit{Node: node, Name: v.name, Word: v.word, Attempts: v.attempts, From: v.from, Till: v.till})
	}
	return visits
}

// Taken are the edges that the execution went, by their ids.
func (t *Trace) Taken() map[string]bool { return t.taken }

// Nodes are the ids of the states of a name: one, where the definition is valid.
func (t *Trace) Nodes(name string) []string { return t.nodes[name] }
