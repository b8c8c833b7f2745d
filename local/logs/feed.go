package logs

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"sync"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
)

// maxFeed is how many deliveries wait; what comes when they do is dropped and told in the log.
const maxFeed = 1024

// feed delivers events to the functions that subscribe to them. Its goroutine begins with the first delivery. A delivery that has
// not begun when the server ends is lost.
type feed struct {
	service *Service
	mu      sync.Mutex
	queue   chan delivery // nil: nothing was delivered yet
	done    chan struct{}
	stop    context.CancelFunc
	closed  bool
	dropped int
}

type delivery struct {
	at      arn.Place
	to      string
	message []byte
}

// put queues a delivery, if there is room.
func (f *feed) put(d delivery) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	if f.queue == nil {
		ctx, stop := context.WithCancel(context.Background())
		f.queue, f.done, f.stop = make(chan delivery, maxFeed), make(chan struct{}), stop
		go f.run(ctx)
	}
	select {
	case f.queue <- d:
	default:
		if f.dropped++; f.dropped%1000 == 1 {
			f.service.o.Log.Warn("log events for a subscriber were dropped", "destination", d.to, "dropped", f.dropped)
		}
	}
}

func (f *feed) run(ctx context.Context) {
	defer close(f.done)
	for {
		select {
		case <-ctx.Done():
			return
		case d := <-f.queue:
			if err := f.deliver(ctx, d); err != nil && ctx.Err() == nil {
				f.service.o.Log.Warn("log events were not delivered", "destination", d.to, "error", err)
			}
		}
	}
}

func (f *feed) deliver(ctx context.Context, d delivery) error {
	o := f.service.o
	if err := o.Store.Durable(ctx); err != nil {
		return err
	}
	payload, err := json.Marshal(map[string]any{"awslogs": map[string]any{"data": d.message}})
	if err != nil {
		return err
	}
	input, err := local.Document(struct {
		FunctionName, InvocationType string
		Payload                      []byte
	}{d.to, "Event", payload})
	if err != nil {
		return err
	}
	reply, err := o.Others.Call(ctx, &awswire.Request{Service: "lambda", Operation: "Invoke", Place: d.at, Input: input, ID: uuid.NewString(), Length: -1})
	if err == nil && reply.Body != nil {
		err = reply.Body.Close()
	}
	return err
}

func (f *feed) close(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	done := f.done
	if f.stop != nil {
		f.stop()
	}
	f.mu.Unlock()
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

type dataMessage struct {
	Type    string      `json:"messageType"`
	Owner   string      `json:"owner"`
	Group   string      `json:"logGroup"`
	Stream  string      `json:"logStream"`
	Filters []string    `json:"subscriptionFilters"`
	Events  []dataEvent `json:"logEvents"`
}

type dataEvent struct {
	ID        string `json:"id"`
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

// publish queues events for those who subscribe to the group.
func (s *Service) publish(at arn.Place, g *group, st *stream, events []*event) error {
	for f, err := range s.subscriptions.All(at, g.Name) {
		if err != nil {
			return err
		}
		if to, _ := arn.Parse(f.Destination); to.Service != "lambda" {
			continue
		}
		p, err := parsePattern(f.Pattern)
		if err != nil {
			return err
		}
		m := dataMessage{Type: "DATA_MESSAGE", Owner: at.Account, Group: g.Name, Stream: st.Name, Filters: []string{f.Name}}
		for _, e := range events {
			if _, ok := p.match(e.Message); ok {
				m.Events = append(m.Events, dataEvent{e.id(st), e.At, e.Message})
			}
		}
		if len(m.Events) == 0 {
			continue
		}
		packed, err := pack(m)
		if err != nil {
			return err
		}
		s.feed.put(delivery{at, f.Destination, packed})
	}
	return nil
}

func pack(m dataMessage) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if err := json.NewEncoder(w).Encode(m); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}
