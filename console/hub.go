package console

import (
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
)

// Hub hears what executions do, as a telemetry.Reader, counts it and hands it to the browsers that look. What nobody looks at is
// counted and no more.
//
//	tap ── Read ──> pending ── one goroutine, some times a second ──> ring ──> streams, each at its own pace
//
// A stream takes from the ring whatever came after its last message. One that is so slow that the ring has gone on without it is
// told to read everything again, as is one that comes back too late.
type Hub struct {
	machines *machineRows
	now      func() time.Time
	began    time.Time            // what was before, the tally is told by seedTally
	mask     atomic.Pointer[Mask] // of causes; nil: nothing is hidden

	watched atomic.Int32 // topics; Read looks at it alone when there are none
	wake    chan struct{}
	once    sync.Once // of Close
	closing chan struct{}
	closed  chan struct{}

	mu      sync.Mutex
	tally   tally
	topics  map[string]*topic
	streams map[*stream]struct{}
	ring    []message // the newest at the end
	bytes   int       // of the ring
	last    int64     // id of the newest message
	// What the goroutine makes messages of.
	list     []ExecutionRow // of executions whose status changed, the newest state of each
	changed  bool           // the tally has, since the last message of the overview
	lastList time.Time
	lastView time.Time
}

// Bounds of a Hub.
const (
	maxStreams    = 256
	maxTopics     = 32 // of a stream
	maxAllTopics  = 1024
	maxRing       = 4096
	maxRingBytes  = 8 << 20
	maxPending    = 5000 // events of an execution between two messages
	maxListed     = 200  // executions of a message; of more the newest
	beatEvents    = 25 * time.Millisecond
	beatList      = 100 * time.Millisecond
	beatOverview  = time.Second
	topicLingers  = 30 * time.Second // for a stream that comes back
	overviewTopic = "overview"
	listTopic     = "list"
	executionMark = "x:"
)

// topic is something that streams look at, or did a moment ago.
type topic struct {
	streams int
	since   int64     // id of the last message before it was looked at
	left    time.Time // when the last stream left it

	row      ExecutionRow // of an execution, as the next two
	events   []Event
	overflow bool // there were too many
}

// message is one in the ring.
type message struct {
	id    int64
	topic string
	name  string // of the event of the stream
	data  []byte
	bare  []byte // for who may not see payloads; nil: the same
}

// stream is what a browser listens to.
type stream struct {
	topics []string
	last   int64         // id of the last message that it has seen
	wake   chan struct{} // holds one at most
}

// NewHub returns a Hub. Close must follow.
func NewHub(now func() time.Time) *Hub {
	h := &Hub{
		machines: newMachineRows(), now: now, began: now(), wake: make(chan struct{}, 1), closing: make(chan struct{}), closed: make(chan struct{}),
		topics: map[string]*topic{}, streams: map[*stream]struct{}{},
		last: now().UnixMicro(), // ids of an earlier process are smaller
	}
	go h.run()
	return h
}

// Close ends the streams; again it does nothing. News that come afterwards are counted and told to nobody.
func (h *Hub) Close() {
	h.once.Do(func() { close(h.closing) })
	<-h.closed
}

// Read takes news. One goroutine calls it.
func (h *Hub) Read(n *engine.News) {
	redriven := len(n.Events) > 0 && n.Events[0].Type == history.ExecutionRedriven
	status := n.Began || n.Ended || redriven
	if status && n.Execution.MapRun == "" {
		h.machines.changed(n.Execution.Machine)
		h.mu.Lock()
		h.tally.count(n, redriven)
		h.mu.Unlock()
	}
	if h.watched.Load() > 0 && len(n.Events) > 0 {
		h.collect(n, status)
	}
}

// collect takes what somebody looks at.
func (h *Hub) collect(n *engine.News, status bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	waiting := h.topics[listTopic] != nil && status && n.Execution.MapRun == ""
	if waiting {
		h.list = put(h.list, newsRow(n))
	}
	if h.topics[overviewTopic] != nil && status {
		h.changed, waiting = true, true
	}
	if t := h.topics[executionMark+n.Execution.ARN()]; t != nil {
		t.add(n, h.mask.Load())
		waiting = true
	}
	if waiting {
		h.rouse()
	}
}

// put adds a row, or replaces that of the same execution.
func put(rows []ExecutionRow, row ExecutionRow) []ExecutionRow {
	if i := slices.IndexFunc(rows, func(r ExecutionRow) bool { return r.ARN == row.ARN }); i >= 0 {
		rows = slices.Delete(rows, i, i+1)
	}
	if rows = append(rows, row); len(rows) > maxListed {
		rows = slices.Delete(rows, 0, 1)
	}
	return rows
}

// newsRow is the row of an execution after a change.
func newsRow(n *engine.News) ExecutionRow {
	row := rowOf(n.Execution)
	if n.Ended {
		row.Error = textOf(n.Events[len(n.Events)-1].Error)
	}
	return row
}

func (t *topic) add(n *engine.News, mask *Mask) {
	t.row = newsRow(n)
	if len(t.events)+len(n.Events) > maxPending {
		t.events, t.overflow = nil, true
		return
	}
	for i := range n.Events {
		e := compactOf(&n.Events[i])
		e.Cause = mask.Text(e.Cause)
		t.events = append(t.events, e)
	}
}

func (h *Hub) rouse() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run makes messages of what is pending.
func (h *Hub) run() {
	defer close(h.closed)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-h.closing:
			return
		case <-h.wake:
		case <-timer.C:
		}
		timer.Reset(h.flush())
		select { // a pause, so that a burst becomes one message
		case <-h.closing:
			return
		case <-time.After(beatEvents):
		}
	}
}

// flush moves what is pending to the ring, wakes the streams and returns when to do so again, without news.
func (h *Hub) flush() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, from, again := h.now(), h.last, time.Hour
	for name, t := range h.topics {
		if t.streams == 0 && now.Sub(t.left) >= topicLingers {
			delete(h.topics, name)
			h.watched.Add(-1)
			continue
		} else if t.streams == 0 {
			again = min(again, topicLingers-now.Sub(t.left))
		}
		switch {
		case t.overflow:
			h.push(name, "resync", Resync{Reason: "too many events at once"})
			t.overflow = false
		case len(t.events) > 0:
			h.push(name, "x", StreamExecution{Execution: t.row, Events: t.events})
			if bare := causeless(t.events); bare != nil {
				h.barely(StreamExecution{Execution: t.row, Events: bare})
			}
			t.events = nil
		}
	}
	if len(h.list) > 0 {
		if wait := beatList - now.Sub(h.lastList); wait > 0 {
			again = min(again, wait)
		} else {
			h.push(listTopic, listTopic, StreamList{Executions: h.list})
			h.list, h.lastList = nil, now
		}
	}
	if h.changed {
		if wait := beatOverview - now.Sub(h.lastView); wait > 0 {
			again = min(again, wait)
		} else {
			h.push(overviewTopic, overviewTopic, StreamOverview{Statuses: h.tally.statuses(now), Minute: h.tally.minute(now)})
			h.changed, h.lastView = false, now
		}
	}
	if h.last != from {
		for s := range h.streams {
			s.rouse()
		}
	}
	return again
}

func (s *stream) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// push appends a message to the ring, and drops those for which there is no room.
func (h *Hub) push(topic, name string, v any) {
	data, err := json.Marshal(v)
	if err != nil { // our own structs
		return
	}
	h.last++
	h.ring, h.bytes = append(h.ring, message{id: h.last, topic: topic, name: name, data: data}), h.bytes+len(data)
	gone := 0
	for len(h.ring)-gone > maxRing || h.bytes > maxRingBytes && len(h.ring)-gone > 1 {
		h.bytes -= len(h.ring[gone].data) + len(h.ring[gone].bare)
		h.ring[gone].data, h.ring[gone].bare = nil, nil
		gone++
	}
	h.ring = h.ring[gone:]
}

// barely gives the message that was pushed last a form for who may not see payloads.
func (h *Hub) barely(v any) {
	if data, err := json.Marshal(v); err == nil { // our own structs
		h.ring[len(h.ring)-1].bare = data
		h.bytes += len(data)
	}
}

// causeless returns events without their causes, nil when none has one.
func causeless(events []Event) []Event {
	if !slices.ContainsFunc(events, func(e Event) bool { return e.Cause != "" }) {
		return nil
	}
	bare := slices.Clone(events)
	for i := range bare {
		bare[i].Cause = ""
	}
	return bare
}

// errFull: there are as many streams as may be.
var errFull = &statelark.Error{Code: statelark.CodeServiceUnavailable, Message: "Too many browsers look at this server; this page is not live."}

// open begins a stream that has seen the message with that id, 0: none, of the topics that are not fresh. resync: it has missed some.
func (h *Hub) open(topics, fresh []string, seen int64) (s *stream, resync bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.streams) >= maxStreams {
		return nil, false, errFull
	}
	if len(h.topics)+len(topics) > maxAllTopics {
		return nil, false, errFull
	}
	s = &stream{topics: topics, last: h.last, wake: make(chan struct{}, 1)}
	missed := seen > h.last || seen < h.oldest()
	for _, name := range topics {
		t := h.topics[name]
		if t == nil {
			t = &topic{since: h.last}
			h.topics[name] = t
			h.watched.Add(1)
		}
		missed = missed || seen < t.since && !slices.Contains(fresh, name)
		t.streams++
	}
	h.streams[s] = struct{}{}
	switch {
	case seen == 0:
	case missed:
		resync = true
	default:
		s.last = seen
		s.rouse()
	}
	return s, resync, nil
}

// oldest is the id of the message before the first one of the ring.
func (h *Hub) oldest() int64 { return h.last - int64(len(h.ring)) }

// leave ends a stream.
func (h *Hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, s)
	for _, name := range s.topics {
		if t := h.topics[name]; t != nil {
			t.streams--
			t.left = h.now()
		}
	}
	h.rouse() // topics that nobody looks at go in a while
}

// maxTaken bounds what a stream takes from the ring at once, in bytes.
const maxTaken = 1 << 20

// take returns the messages that a stream has not seen, or some of them; false: they are gone.
func (h *Hub) take(s *stream) (list []message, whole bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.last < h.oldest() {
		s.last = h.last
		return nil, false
	}
	size := 0
	for _, m := range h.ring[len(h.ring)-int(h.last-s.last):] {
		s.last = m.id
		if slices.Contains(s.topics, m.topic) {
			if list, size = append(list, m), size+len(m.data); size >= maxTaken {
				s.rouse()
				break
			}
		}
	}
	return list, true
}
