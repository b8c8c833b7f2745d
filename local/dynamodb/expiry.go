package dynamodb

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/kv"
)

// Items expire: a goroutine removes those whose time is over, some seconds late. It runs from when a table that has a time to live
// is first used. Nobody waits for it, so nothing has to be durable before it goes on.
const (
	sweepEvery = 5 * time.Second
	sweepItems = 200 // removed of a table under one lock
	// An item that should have expired more than five years ago is kept, as AWS does.
	sweepYears = 5
)

type sweeper struct {
	service *Service
	log     *slog.Logger
	mu      sync.Mutex
	stop    chan struct{} // nil: it does not run
	done    chan struct{}
	closed  bool
}

func (w *sweeper) init(s *Service, log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	w.service, w.log = s, log
}

// start makes it run, if it does not.
func (w *sweeper) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.stop != nil {
		return
	}
	w.stop, w.done = make(chan struct{}), make(chan struct{})
	go w.run(w.stop, w.done)
}

func (w *sweeper) close(ctx context.Context) error {
	w.mu.Lock()
	stop, done, closed := w.stop, w.done, w.closed
	w.closed = true
	w.mu.Unlock()
	if stop == nil {
		return nil
	}
	if !closed {
		close(stop)
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *sweeper) run(stop, done chan struct{}) {
	defer close(done)
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		for _, t := range w.service.expiring() {
			if err := w.sweep(t, stop); err != nil {
				w.log.Error("removing expired items", "table", string(t.key), "error", err)
			}
		}
	}
}

// expiring are the tables in use.
func (s *Service) expiring() []*table {
	s.mu.Lock()
	defer s.mu.Unlock()
	tables := make([]*table, 0, len(s.tables))
	for _, t := range s.tables {
		tables = append(tables, t)
	}
	return tables
}

// sweep removes what has expired from a table, some at a time.
func (w *sweeper) sweep(t *table, stop chan struct{}) error {
	for {
		n, err := w.service.sweepSome(t)
		if err != nil || n < sweepItems {
			return err
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}

// sweepSome removes up to sweepItems, and returns how many.
func (s *Service) sweepSome(t *table) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	number, now := t.record.Number, s.now()
	if t.gone || t.record.ExpiryName == "" {
		return 0, nil
	}
	from := expiryKey(number, max(0, now.AddDate(-sweepYears, 0, 0).Unix()))
	var keys [][]byte
	for pair, err := range s.store.Scan(from, expiryKey(number, max(0, now.Unix())), false) {
		if err != nil {
			return 0, err
		}
		keys = append(keys, slices.Clone(pair.Key[len(from):]))
		if len(keys) == sweepItems {
			break
		}
	}
	c := new(commit)
	for _, key := range keys {
		item, err := s.item(number, key)
		if err != nil {
			return 0, err
		}
		if item != nil {
			c.change(t, key, item, nil)
		}
	}
	if c.batch.Len() == 0 {
		return 0, nil
	}
	return len(keys), c.apply(s.store)
}

type timeToLive struct {
	AttributeName string
	Enabled       *bool
}

type updateTimeToLiveInput struct {
	TableName               string
	TimeToLiveSpecification *timeToLive
}

type updateTimeToLiveOutput struct{ TimeToLiveSpecification *timeToLive }

func (s *Service) updateTimeToLive(_ context.Context, r *awswire.Request, in *updateTimeToLiveInput) (*updateTimeToLiveOutput, error) {
	spec := in.TimeToLiveSpecification
	if spec == nil || spec.Enabled == nil || spec.AttributeName == "" {
		return nil, missing("timeToLiveSpecification")
	}
	if in.TableName == "" {
		return nil, missing("tableName")
	}
	_, err := s.alter(r.Place, in.TableName, func(t *table, next *tableRecord) error {
		switch have := next.ExpiryName; {
		case *spec.Enabled && have == spec.AttributeName:
			return validation("TimeToLive is already enabled")
		case *spec.Enabled && have != "", !*spec.Enabled && have != "" && have != spec.AttributeName:
			return validation("TimeToLive is active on a different AttributeName: current AttributeName is %s", have)
		case !*spec.Enabled && have == "":
			return validation("TimeToLive is already disabled")
		}
		if !*spec.Enabled {
			next.ExpiryName = ""
			return nil
		}
		next.ExpiryName = spec.AttributeName
		return s.fillExpiry(next)
	})
	if err != nil {
		return nil, err
	}
	if *spec.Enabled {
		s.sweeper.start()
	}
	return &updateTimeToLiveOutput{spec}, nil
}

// fillExpiry notes when each item of a table expires. What is there of an attribute before goes.
func (s *Service) fillExpiry(next *tableRecord) error {
	var b kv.Batch
	all, items := numbered(expiryPrefix, next.Number), numbered(itemPrefix, next.Number)
	b.DeleteRange(all, kv.After(all))
	for pair, err := range s.store.Scan(items, kv.After(items), false) {
		if err != nil {
			return err
		}
		item, err := attribute.Decode(pair.Value)
		if err != nil {
			return err
		}
		if key := expiryOf(next.Number, next.ExpiryName, item); key != nil {
			b.Set(append(key, pair.Key[len(items):]...), nil)
		}
		if b.Len() >= backfillEntries {
			if err := s.store.Apply(&b); err != nil {
				return err
			}
			b = kv.Batch{}
		}
	}
	return s.store.Apply(&b)
}

type timeToLiveDescription struct {
	TimeToLiveStatus string
	AttributeName    string `json:",omitempty"`
}

type describeTimeToLiveOutput struct{ TimeToLiveDescription timeToLiveDescription }

func (s *Service) describeTimeToLive(_ context.Context, r *awswire.Request, in *tableInput) (*describeTimeToLiveOutput, error) {
	t, err := s.named(r.Place, in.TableName)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if name := t.record.ExpiryName; name != "" {
		return &describeTimeToLiveOutput{timeToLiveDescription{"ENABLED", name}}, nil
	}
	return &describeTimeToLiveOutput{timeToLiveDescription{TimeToLiveStatus: "DISABLED"}}, nil
}
