package sqs

import (
	"container/heap"
	"time"

	"github.com/statelark/statelark/local/kv"
)

// queue is a queue in memory. s.mu guards it.
//
// The index has an entry for each message up to a number, the first by their seq; what was sent behind them has rows alone and is
// counted (unloaded). So order holds, and a queue of millions costs no more memory than one of window messages.
type queue struct {
	s   *Service
	key queueKey
	rec record
	set settings

	opened   bool
	entries  map[uint64]*entry
	ready    entries // of a standard queue: can be received, by seq
	pending  entries // delayed or in flight, by due
	delayed  int
	inflight int
	tail     uint64 // with unloaded > 0: no entry has this seq or a higher one
	unloaded int
	lastSeq  uint64
	oldest   int64 // no entry was sent before; 0: there is none
	swept    int64 // when the queue was last looked through for what is too old

	groups map[string]*group // of a FIFO queue, those with entries
	line   []*group          // that have something to receive, in the order in which they came to have it

	forget int64 // when deduplication ids are next looked through

	attempts map[string]attempt // by ReceiveRequestAttemptId

	waiters []*waiter
	alarm   *time.Timer // rings when a message becomes visible that waiters wait for; nil: none was needed yet
}

// entry is a message in the index.
type entry struct {
	state
	seq   uint64
	where where
	heap  int // the place in ready or pending
	group *group
}

type where uint8

const (
	ready where = iota
	delayed
	inflight
	picking // chosen by a receive that is under way
)

// The number of entries of a queue. More than that is loaded only while so many are in flight. AWS looks as far into a FIFO queue
// for a group that has something.
const (
	window     = 20_000
	fifoWindow = 120_000
	pageSize   = 1_000 // entries loaded at a time

	maxInflight   = 120_000
	sweepInterval = 1_000 // milliseconds
)

// entries is a heap. One with byDue is ordered by due, the other by seq.
type entries struct {
	list  []*entry
	byDue bool
}

func (h *entries) Len() int { return len(h.list) }
func (h *entries) Less(i, j int) bool {
	a, b := h.list[i], h.list[j]
	if h.byDue && a.Due != b.Due {
		return a.Due < b.Due
	}
	return a.seq < b.seq
}
func (h *entries) Swap(i, j int) {
	h.list[i], h.list[j] = h.list[j], h.list[i]
	h.list[i].heap, h.list[j].heap = i, j
}
func (h *entries) Push(x any) {
	e := x.(*entry)
	e.heap = len(h.list)
	h.list = append(h.list, e)
}
func (h *entries) Pop() any {
	last := len(h.list) - 1
	e := h.list[last]
	h.list[last], h.list = nil, h.list[:last]
	return e
}

func newQueue(s *Service, k queueKey, rec record) *queue {
	q := &queue{s: s, key: k, rec: rec}
	q.set = read(fifoName.MatchString(k.name), rec.Attributes)
	q.reset()
	return q
}

// reset forgets all messages.
func (q *queue) reset() {
	q.entries = map[uint64]*entry{}
	q.ready, q.pending = entries{}, entries{byDue: true}
	q.delayed, q.inflight, q.tail, q.unloaded, q.oldest = 0, 0, 0, 0, 0
	q.groups, q.line = map[string]*group{}, nil
	q.attempts = nil
}

// apply makes a batch seen. When that fails the indexes are ahead of the store: they are made again, of what is there.
func (s *Service) apply(b *kv.Batch) error {
	err := s.store.Apply(b)
	if err != nil {
		for _, q := range s.queues {
			q.reset()
			q.opened = false
		}
	}
	return err
}

// open makes the index, once.
func (q *queue) open() error {
	if q.opened {
		return nil
	}
	prefix := ownedKey(kindState, q.rec.ID)
	now := q.s.millis()
	for p, err := range q.s.store.Scan(prefix, kv.After(prefix), false) {
		if err != nil {
			q.reset()
			return err
		}
		seq := seqOf(p.Key)
		q.lastSeq = seq
		if q.full() {
			q.leave(seq)
			continue
		}
		st, err := decodeState(p.Value)
		if err != nil {
			q.reset()
			return err
		}
		q.insert(&entry{state: st, seq: seq}, now)
	}
	q.opened = true
	return nil
}

// full reports whether what comes next is to stay outside of the index.
func (q *queue) full() bool {
	if q.unloaded > 0 {
		return true
	}
	if q.set.fifo {
		return len(q.entries) >= fifoWindow
	}
	return len(q.entries) >= window+q.inflight
}

// leave counts a message that has rows alone.
func (q *queue) leave(seq uint64) {
	if q.unloaded == 0 {
		q.tail = seq
	}
	q.unloaded++
}

// nextSeq is the number of a new message: it grows, over a restart as well, with the clock.
func (q *queue) nextSeq() uint64 {
	q.lastSeq = max(q.lastSeq+1, uint64(q.s.now().UnixMicro())*16)
	return q.lastSeq
}

// insert puts an entry in its place.
func (q *queue) insert(e *entry, now int64) {
	q.entries[e.seq] = e
	if q.oldest == 0 || e.Sent < q.oldest {
		q.oldest = e.Sent
	}
	if q.set.fifo {
		q.join(e)
	}
	e.where = ready
	if e.Due > now {
		e.where = delayed
		if e.Received > 0 {
			e.where = inflight
		}
	}
	q.put(e)
}

// put counts an entry by its where and puts it into the heap or line for it.
func (q *queue) put(e *entry) {
	switch e.where {
	case delayed:
		q.delayed++
		heap.Push(&q.pending, e)
	case inflight:
		q.inflight++
		heap.Push(&q.pending, e)
	case ready:
		if e.group == nil {
			heap.Push(&q.ready, e)
		}
	}
	if e.group != nil {
		q.enqueue(e.group)
	}
}

// lift is put's contrary.
func (q *queue) lift(e *entry) {
	switch e.where {
	case delayed:
		q.delayed--
		heap.Remove(&q.pending, e.heap)
	case inflight:
		q.inflight--
		heap.Remove(&q.pending, e.heap)
	case ready:
		if e.group == nil {
			heap.Remove(&q.ready, e.heap)
		}
	}
}

// remove takes an entry out of the index and its rows out of the store.
func (q *queue) remove(e *entry, b *kv.Batch) {
	q.lift(e)
	delete(q.entries, e.seq)
	if e.group != nil {
		q.quit(e)
	}
	b.Delete(stateKey(q.rec.ID, e.seq))
	b.Delete(messageKey(q.rec.ID, e.seq))
}

// expired reports whether a message is older than the queue keeps messages.
func (q *queue) expired(e *entry, now int64) bool { return e.Sent+q.set.retention <= now }

// visibleCount is the number of messages that can be received, those behind the index included.
func (q *queue) visibleCount() int { return len(q.entries) - q.delayed - q.inflight + q.unloaded }

// catchUp does what has become due: delays and visibility timeouts that are over, and messages that are too old.
func (q *queue) catchUp() error {
	now := q.s.millis()
	for q.pending.Len() > 0 && q.pending.list[0].Due <= now {
		e := q.pending.list[0]
		q.lift(e)
		e.where = ready
		q.put(e)
	}
	return q.sweep(now)
}

// sweep removes what is too old.
func (q *queue) sweep(now int64) error {
	if q.oldest == 0 || q.oldest+q.set.retention > now || now < q.swept+sweepInterval && now >= q.swept {
		return nil
	}
	q.swept, q.oldest = now, 0
	var b kv.Batch
	for _, e := range q.entries {
		if q.expired(e, now) {
			q.remove(e, &b)
		} else if q.oldest == 0 || e.Sent < q.oldest {
			q.oldest = e.Sent
		}
	}
	if b.Len() > 0 {
		if err := q.s.apply(&b); err != nil {
			return err
		}
	}
	return q.refill(now)
}

// refill loads what stands behind the index, when there is room and need.
func (q *queue) refill(now int64) error {
	if q.unloaded == 0 || !q.set.fifo && q.ready.Len() > 0 || q.set.fifo && len(q.entries) > fifoWindow-pageSize {
		return nil
	}
	return q.page(now)
}

// page loads the next page of what stands behind the index.
func (q *queue) page(now int64) error {
	var b kv.Batch
	loaded := 0
	for p, err := range q.s.store.Scan(stateKey(q.rec.ID, q.tail), kv.After(ownedKey(kindState, q.rec.ID)), false) {
		if err != nil {
			return err
		}
		seq := seqOf(p.Key)
		if loaded == pageSize {
			q.tail = seq
			break
		}
		st, err := decodeState(p.Value)
		if err != nil {
			return err
		}
		loaded++
		e := &entry{state: st, seq: seq}
		q.insert(e, now)
		if q.expired(e, now) {
			q.remove(e, &b)
		}
	}
	q.unloaded -= loaded
	if loaded < pageSize {
		q.unloaded = 0
	}
	if b.Len() == 0 {
		return nil
	}
	return q.s.apply(&b)
}

// clear puts the removal of all messages into a batch.
func (q *queue) clear(b *kv.Batch) {
	for _, kind := range []byte{kindState, kindMessage, kindDedup, kindExpiry} {
		prefix := ownedKey(kind, q.rec.ID)
		b.DeleteRange(prefix, kv.After(prefix))
	}
}

// gone tells those who wait that the queue is deleted.
func (q *queue) gone() {
	for _, w := range q.waiters {
		w.served <- delivery{err: noSuchQueue()}
	}
	q.waiters = nil
	if q.alarm != nil {
		q.alarm.Stop()
	}
}
