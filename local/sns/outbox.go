package sns

import (
	"container/heap"
	"context"
	"encoding/binary"
	"errors"
	"strings"
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
	fifo    bool // one of a FIFO topic is under way; the others of them wait
	more    bool // there are rows that due has not
	loaded  bool
	closed  bool
	alarm   *time.Timer
}

// dueDelivery is when a row is due.
type dueDelivery struct {
	at     int64
	number uint64
	fifo   bool
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
	maxQueued = 100_000
	workers   = 16
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
func (s *Service) outboxAdd(numbers []uint64, fifo bool) {
	if len(numbers) == 0 {
		return
	}
	now := s.now().UnixMilli()
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	for _, n := range numbers {
		s.outbox.queue(dueDelivery{now, n, fifo})
	}
	s.kick()
}

func (o *outbox) queue(d dueDelivery) {
	if len(o.due) >= maxQueued {
		o.more = true
		return
	}
	heap.Push(&o.due, d)
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

// loadOutbox reads the numbers of rows. outbox.mu is held.
func (s *Service) loadOutbox() error {
	o := &s.outbox
	o.more = false
	for p, err := range s.store.Scan([]byte{kindDelivery}, []byte{kindDelivery + 1}, false) {
		if err != nil {
			return err
		}
		n := binary.BigEndian.Uint64(p.Key[1:])
		o.last = max(o.last, n)
		if o.working[n] {
			continue
		}
		if len(o.due) >= maxQueued {
			o.more = true
			break
		}
		var d delivery
		if err := decode(p.Value, &d); err != nil {
			return err
		}
		o.queue(dueDelivery{d.Due, n, strings.HasSuffix(d.Topic, ".fifo")})
	}
	return nil
}

// kick begins what is due, as far as there are workers, and sets the alarm for what comes. outbox.mu is held.
func (s *Service) kick() {
	o := &s.outbox
	now := s.now().UnixMilli()
	var held []dueDelivery
	for !o.closed && len(o.working) < workers && len(o.due) > 0 && o.due[0].at <= now {
		d := heap.Pop(&o.due).(dueDelivery)
		if d.fifo && o.fifo {
			held = append(held, d)
			continue
		}
		o.fifo = o.fifo || d.fifo
		o.working[d.number] = true
		o.wg.Go(func() { s.work(d) })
	}
	for _, d := range held {
		heap.Push(&o.due, d)
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
	err := s.attempt(o.ctx, due.number)
	if err != nil && o.ctx.Err() == nil {
		s.log.Error("delivering a message", "error", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.working, due.number)
	if due.fifo {
		o.fifo = false
	}
	if o.more && len(o.due) == 0 {
		if err := s.loadOutbox(); err != nil {
			s.log.Error("reading the outbox", "error", err)
		}
	}
	s.kick()
}

func (s *Service) attempt(ctx context.Context, number uint64) error {
	data, err := s.store.Get(deliveryKey(number))
	if err != nil || data == nil {
		return err
	}
	var d delivery
	if err := decode(data, &d); err != nil {
		return err
	}
	// Nothing leaves that a crash could take back.
	if err := s.store.Durable(ctx); err != nil {
		return err
	}
	err = s.send(ctx, &d)
	if ctx.Err() != nil {
		return nil // closing: the row stays
	}
	return s.outboxSettle(ctx, number, &d, err)
}

// outboxSettle notes what became of a delivery. number 0 is one that is not in the outbox yet.
func (s *Service) outboxSettle(ctx context.Context, number uint64, d *delivery, failed error) error {
	if failed == nil {
		return s.outboxDrop(number)
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
		return s.outboxDrop(number)
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
	s.outbox.queue(dueDelivery{d.Due, number, strings.HasSuffix(d.Topic, ".fifo")})
	s.kick()
	return nil
}

func (s *Service) outboxDrop(number uint64) error {
	if number == 0 {
		return nil
	}
	var b kv.Batch
	b.Delete(deliveryKey(number))
	return s.store.Apply(&b)
}
