package events

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

// Bounds of the pump.
const (
	workers  = 8   // deliveries at once
	maxBatch = 256 // rows that are read at once
)

// pump does what is due: deliveries, schedules, replays. What is to be done stands in the store, in the order of its time; so a
// restart goes on where it was. Its goroutine begins when there is something to do, and is the only one to read those rows.
type pump struct {
	service *Service
	nudge   chan struct{} // of one
	slots   chan struct{} // of workers

	mu      sync.Mutex
	flight  map[string]bool // deliveries under way, by id
	running bool
	closed  bool
	stop    context.CancelFunc
	done    chan struct{}
	work    sync.WaitGroup
}

func (p *pump) init(s *Service) {
	p.service, p.nudge, p.slots, p.flight = s, make(chan struct{}, 1), make(chan struct{}, workers), map[string]bool{}
}

// wake has the pump look for what is due.
func (p *pump) wake() {
	p.mu.Lock()
	if !p.running && !p.closed {
		ctx, stop := context.WithCancel(context.Background())
		p.running, p.stop, p.done = true, stop, make(chan struct{})
		go p.run(ctx)
	}
	p.mu.Unlock()
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}

func (p *pump) close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	done := p.done
	if p.stop != nil {
		p.stop()
	}
	p.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pump) run(ctx context.Context) {
	defer close(p.done)
	defer p.work.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.nudge:
		case <-timer.C:
		}
		next, err := p.turn(ctx)
		if err != nil && ctx.Err() == nil {
			p.service.o.Log.Error("events that are due could not be read", "error", err)
			next = time.Minute
		}
		timer.Stop()
		if next >= 0 {
			timer.Reset(next)
		}
	}
}

// turn does what is due, and returns when something will be; below 0: nothing will. Deliveries under way end with a wake.
func (p *pump) turn(ctx context.Context) (next time.Duration, err error) {
	s := p.service
	next = -1
	for _, do := range []func(context.Context, int64) (int64, error){s.fire, s.goOn, p.deliver} {
		at, err := do(ctx, s.o.Now().UnixMilli())
		if err != nil {
			return 0, err
		}
		if at > 0 {
			wait := max(0, time.UnixMilli(at).Sub(s.o.Now()))
			if next < 0 || wait < next {
				next = wait
			}
		}
	}
	return next, nil
}

// firstTime is the time in the first of some rows, 0 when there is none.
func (s *Service) firstTime(from, to []byte) (int64, error) {
	for pair, err := range s.o.Store.Scan(from, to, false) {
		if err != nil {
			return 0, err
		}
		return timeOf(pair.Key, from), nil
	}
	return 0, nil
}

// timeOf is the time that stands in a key behind what all such keys begin with.
func timeOf(key, prefix []byte) int64 {
	n := int64(0)
	for _, c := range bytes.TrimPrefix(key, prefix)[:13] {
		n = n*10 + int64(c-'0')
	}
	return n
}

// deliver hands deliveries that are due to workers, and returns when the next one is.
func (p *pump) deliver(ctx context.Context, now int64) (int64, error) {
	s := p.service
	all := s.deliveries.Key(nowhere)
	busy := 0
	for d, err := range s.deliveries.Range(all, kv.After(all), false) {
		if err != nil {
			return 0, err
		}
		if d.Due > now {
			return d.Due, nil
		}
		if busy++; busy > maxBatch {
			return 0, nil // the end of one of those under way goes on
		}
		p.mu.Lock()
		known := p.flight[d.ID]
		p.flight[d.ID] = true
		p.mu.Unlock()
		if known {
			continue
		}
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		p.work.Add(1)
		go p.one(ctx, d)
	}
	return 0, nil
}

// one makes an attempt of a delivery.
func (p *pump) one(ctx context.Context, d *delivery) {
	s := p.service
	// The row was read some time ago: the attempt before this one may have been under way still.
	current, err := s.deliveries.Get(nowhere, stamp(d.Due), d.ID)
	if err == nil {
		err = s.o.Store.Durable(ctx)
	}
	if err == nil && current != nil {
		err = s.settle(ctx, d, s.attempt(ctx, d))
	}
	p.mu.Lock()
	delete(p.flight, d.ID)
	p.mu.Unlock()
	<-p.slots
	p.work.Done()
	if err != nil && !errors.Is(err, context.Canceled) {
		s.o.Log.Error("the end of a delivery could not be stored", "rule", d.RuleARN, "target", d.Target.Arn, "error", err)
		return // it stays due, for the next process
	}
	if ctx.Err() == nil {
		p.wake()
	}
}

// fire puts the deliveries of rules whose schedule is due into the outbox, and returns when the next one is. What was missed
// is made up for once.
func (s *Service) fire(_ context.Context, now int64) (int64, error) {
	all := s.schedules.Key(nowhere)
	to := s.schedules.Key(nowhere, stamp(now+1))
	s.mu.Lock()
	defer s.mu.Unlock()
	var b kv.Batch
	n := 0
	for d, err := range s.schedules.Range(all, to, false) {
		if err != nil {
			return 0, err
		}
		if n++; n > maxBatch {
			break
		}
		if err := s.fireRule(&b, d, now); err != nil {
			return 0, err
		}
	}
	if b.Len() > 0 {
		if err := s.o.Store.Apply(&b); err != nil {
			return 0, err
		}
	}
	return s.firstTime(all, kv.After(all))
}

func (s *Service) fireRule(b *kv.Batch, d *due, now int64) error {
	at := d.place()
	s.schedules.Delete(b, nowhere, d.scheduled()...)
	x, err := s.rules.Get(at, d.Bus, d.Name)
	if err != nil || x == nil || x.Due != d.Time {
		return err
	}
	e := &entry{Source: "aws.events", DetailType: "Scheduled Event", Resources: []string{ruleARN(at, x.Bus, x.Name)}}
	event := makeEvent(uuid.NewString(), at, e, value.EmptyObj, time.UnixMilli(x.Due))
	if err := s.deliver(b, at, x, event.Compact(), 0); err != nil {
		return err
	}
	return s.plan(b, at, x, time.UnixMilli(now))
}

// deliver puts an event for each target of a rule into the outbox.
func (s *Service) deliver(b *kv.Batch, at arn.Place, x *rule, event string, hops int) error {
	now := s.o.Now().UnixMilli()
	for _, t := range x.Targets {
		d := &delivery{ID: uuid.NewString(), Region: at.Region, Account: at.Account, RuleARN: ruleARN(at, x.Bus, x.Name), Rule: x.Name,
			Target: t, Event: event, Created: now, Due: now, Hops: hops}
		if err := s.deliveries.Set(b, d, nowhere, stamp(d.Due), d.ID); err != nil {
			return err
		}
	}
	return nil
}
