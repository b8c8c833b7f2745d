package sns

import (
	"container/heap"
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/statelark/statelark/local/kv"
)

// outbox carries out the deliveries that have rows in the store. Its memory has the numbers of those alone, and of maxQueued at most:
// when they are through, it reads the next. A delivery that was under way at a crash is made again.
type outbox struct {
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	last    uint64 // number
	due     dueHeap
	working map[uint64]bool
	lines   lines
	more    bool      // there are rows that due has not
	told    time.Time // when it was last told that the store does not answer
	loaded  bool
	closed  bool
	alarm   *time.Timer
}

// dueDelivery is when a row is due.
type dueDelivery struct {
	at     int64
	number uint64
	line   lineKey // of which it is the first; empty: it is in none
}

type dueHeap []dueDelivery

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].number < h[j].number
}
func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)   { *h = append(*h, x.(dueDelivery)) }
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	d := (*h)[last]
	*h = (*h)[:last]
	return d
}

const (
	maxQueued  = 100_000
	workers    = 16
	storePause = time.Minute // before a row that could not be read is read again
)

func (o *outbox) init() {
	o.ctx, o.stop = context.WithCancel(context.Background())
	o.working = map[uint64]bool{}
}

func (o *outbox) close(ctx context.Context) error {
	o.stop()
	o.mu.Lock()
	o.closed = true
	if o.alarm != nil {
		o.alarm.Stop()
	}
	o.mu.Unlock()
	over := make(chan struct{})
	go func() {
		o.wg.Wait()
		close(over)
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// put adds deliveries to a batch and returns their numbers.
func (o *outbox) put(b *kv.Batch, now time.Time, list ...*delivery) []uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	var numbers []uint64
	for _, d := range list {
		o.last = max(o.last+1, uint64(now.UnixMicro())*16)
		d.Due = now.UnixMilli()
		b.Set(deliveryKey(o.last), encode(d))
		numbers = append(numbers, o.last)
	}
	return numbers
}

// outboxAdd makes rows that were applied due.
func (s *Service) outboxAdd(numbers []uint64) {
	if len(numbers) == 0 {
		return
	}
	now := s.now().UnixMilli()
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	for _, n := range numbers {
		s.outbox.queue(dueDelivery{now, n, lineKey{}})
	}
	s.kick()
}

// queue takes up what is due, in place of something later when there is much. mu is held.
func (o *outbox) queue(d dueDelivery) {
	last := len(o.due) - 1
	switch {
	case len(o.due) < maxQueued:
		heap.Push(&o.due, d)
		return
	case o.due[last].at > d.at:
		o.due[last] = d
		heap.Fix(&o.due, last)
	}
	o.more = true
}

// outboxJoin puts a delivery that has its row into its line, and says whether it may be made now.
func (s *Service) outboxJoin(d *delivery, number uint64) (now bool) {
	k, ok := d.line()
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	return !ok || s.outbox.lines.join(k, number)
}

// outboxLeave takes a delivery that is over out of its line. The next is due at once.
func (s *Service) outboxLeave(k lineKey, number uint64) {
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	if next := s.outbox.lines.leave(k, number); next != 0 {
		s.outbox.queue(dueDelivery{s.now().UnixMilli(), next, k})
		s.kick()
	}
}

// full says that no more messages of FIFO topics can wait.
func (o *outbox) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lines.total >= maxQueued
}

// resume takes up what an earlier process has left, once.
func (s *Service) resume() error {
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	if s.outbox.loaded {
		return nil
	}
	if err := s.loadOutbox(); err != nil {
		return err
	}
	s.outbox.loaded = true
	s.kick()
	return nil
}

// Resume makes the deliveries that an earlier process has left. It is called when the other services are there; without it the
// first publish does it.
func (s *Service) Resume() error { return s.resume() }

// loadOutbox reads the numbers of rows, all anew; the first time it makes the lines. outbox.mu is held.
func (s *Service) loadOutbox() error {
	o := &s.outbox
	o.more, o.due = false, o.due[:0]
	if !o.loaded {
		o.lines = lines{}
	}
	for p, err := range s.store.Scan([]byte{kindDelivery}, []byte{kindDelivery + 1}, false) {
		if err != nil {
			return err
		}
		n := binary.BigEndian.Uint64(p.Key[1:])
		o.last = max(o.last, n)
		if o.working[n] {
			continue
		}
		var d delivery
		if err := decode(p.Value, &d); err != nil {
			return err
		}
		k, inLine := d.line()
		if inLine && !o.loaded {
			o.lines.join(k, n)
		}
		if !inLine {
			o.queue(dueDelivery{d.Due, n, lineKey{}})
		} else if o.lines.first(k) == n {
			o.queue(dueDelivery{d.Due, n, k})
		}
	}
	return nil
}

// kick begins what is due, as far as there are workers, and sets the alarm for what comes. outbox.mu is held.
func (s *Service) kick() {
	o := &s.outbox
	now := s.now().UnixMilli()
	for !o.closed && len(o.working) < workers && len(o.due) > 0 && o.due[0].at <= now {
		d := heap.Pop(&o.due).(dueDelivery)
		if o.working[d.number] {
			continue
		}
		o.working[d.number] = true
		o.wg.Go(func() { s.work(d) })
	}
	if o.closed || len(o.due) == 0 || o.due[0].at <= now {
		return
	}
	in := time.Duration(o.due[0].at-now) * time.Millisecond
	if o.alarm == nil {
		o.alarm = time.AfterFunc(in, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			s.kick()
		})
		return
	}
	o.alarm.Reset(in)
}

// work makes one attempt of a delivery in the outbox.
func (s *Service) work(due dueDelivery) {
	o := &s.outbox
	made, err := s.attempt(o.ctx, due)
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.working, due.number)
	if err != nil && o.ctx.Err() == nil {
		if now := s.now(); now.Sub(o.told) >= storePause {
			o.told = now
			s.log.Error("delivering a message", "error", err)
		}
		if !made {
			due.at = s.now().Add(storePause).UnixMilli()
			o.queue(due)
		}
	}
	if o.more && len(o.due) < maxQueued/2 {
		if err := s.loadOutbox(); err != nil {
			s.log.Error("reading the outbox", "error", err)
		}
	}
	s.kick()
}

// attempt makes an attempt. An error says that it was not made, or that what became of it could not be noted.
func (s *Service) attempt(ctx context.Context, due dueDelivery) (made bool, err error) {
	data, err := s.store.Get(deliveryKey(due.number))
	if err != nil {
		return false, err
	}
	if data == nil {
		s.outboxLeave(due.line, due.number)
		return true, nil
	}
	var d delivery
	if err := decode(data, &d); err != nil {
		return false, err
	}
	// Nothing leaves that a crash could take back.
	if err := s.store.Durable(ctx); err != nil {
		return false, err
	}
	err = s.send(ctx, &d)
	if ctx.Err() != nil {
		return false, nil // closing: the row stays
	}
	return true, s.outboxSettle(ctx, due.number, &d, err)
}

// outboxSettle notes what became of a delivery. number 0 is one that is not in the outbox yet.
func (s *Service) outboxSettle(ctx context.Context, number uint64, d *delivery, failed error) error {
	if failed == nil {
		return s.outboxDrop(d, number)
	}
	d.Attempts++
	delay, again := d.again()
	var final permanent
	if errors.As(failed, &final) || !again {
		s.log.Warn("a message cannot be delivered", "topic", d.Topic, "messageId", d.MessageID, "endpoint", d.shown(), "deadLetter", d.DeadLetter, "error", failed)
		if d.DeadLetter != "" {
			if err := s.sendToQueue(ctx, d.DeadLetter, d); err != nil {
				s.log.Warn("nor can its dead-letter queue have it", "topic", d.Topic, "messageId", d.MessageID, "error", err)
			}
		}
		return s.outboxDrop(d, number)
	}
	now := s.now()
	var b kv.Batch
	inOutbox := number != 0
	if !inOutbox {
		number = s.outbox.put(&b, now, d)[0]
	}
	d.Due = now.Add(delay).UnixMilli()
	b.Set(deliveryKey(number), encode(d))
	if err := s.store.Apply(&b); err != nil {
		if !inOutbox {
			return err
		}
		// Its row stands as it was; there is another attempt all the same.
		s.log.Warn("an attempt could not be noted", "topic", d.Topic, "messageId", d.MessageID, "error", err)
	}
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	if s.outbox.more {
		return nil // others have not had a turn yet: it is read again with them
	}
	k, inLine := d.line()
	if !inLine {
		k = lineKey{}
	}
	s.outbox.queue(dueDelivery{d.Due, number, k})
	s.kick()
	return nil
}

// outboxDrop removes a delivery that is over. A row that cannot be removed is delivered again after the next start.
func (s *Service) outboxDrop(d *delivery, number uint64) error {
	if number == 0 {
		return nil
	}
	if k, ok := d.line(); ok {
		defer s.outboxLeave(k, number)
	}
	var b kv.Batch
	b.Delete(deliveryKey(number))
	return s.store.Apply(&b)
}
