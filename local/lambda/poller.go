package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/lambda/function"
)

// pollers are the goroutines that bring messages of queues to functions: one for each mapping that is not disabled, and one for
// each batch that a function has.
type pollers struct {
	h    *Handler
	base context.Context // of invocations; ends with the handler
	end  context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex // guards what follows
	running map[string]context.CancelFunc
	closed  bool
}

func newPollers(h *Handler) *pollers {
	p := &pollers{h: h, running: map[string]context.CancelFunc{}}
	p.base, p.end = context.WithCancel(context.Background())
	return p
}

// set makes the polling of a mapping what the mapping says. A batch that is on its way goes on as it began.
func (p *pollers) set(m *mapping) {
	p.drop(m.ID)
	if m.Disabled {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	ctx, cancel := context.WithCancel(p.base)
	p.running[m.ID] = cancel
	p.work.Go(func() {
		defer cancel()
		p.poll(ctx, m)
	})
}

// drop ends the polling of a mapping.
func (p *pollers) drop(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cancel := p.running[id]; cancel != nil {
		cancel()
		delete(p.running, id)
	}
}

func (p *pollers) close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.end()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		p.work.Wait()
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("ending the polls of queues: %w", ctx.Err())
	}
}

// usualBatches is how many batches of a standard queue a function has at once where nobody says: as many as on AWS in the
// beginning. A FIFO queue has one, which keeps its order.
const usualBatches = 5

func (m *mapping) batches() int {
	switch {
	case m.fifo():
		return 1
	case m.Concurrency > 0:
		return m.Concurrency
	}
	return usualBatches
}

// Pauses after a failure, doubled with each that follows.
const (
	firstPause = 100 * time.Millisecond
	longPause  = 10 * time.Second
)

// poll takes batches from the queue until ctx ends. A place for a batch comes first: what is received is invoked at once.
func (p *pollers) poll(ctx context.Context, m *mapping) {
	places := make(chan struct{}, m.batches())
	pause := firstPause
	for {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		batch, err := p.batch(ctx, m)
		if len(batch) > 0 { // what was received before a failure as well
			p.work.Go(func() {
				defer func() { <-places }()
				p.deliver(m, batch)
			})
		} else {
			<-places
		}
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			pause = firstPause
			continue
		}
		p.h.opts.Log.Debug("polling a queue", "queue", m.Queue, "function", m.Function, "error", err, "again", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, longPause)
	}
}

// pollSeconds is how long one receive waits.
const pollSeconds = 20

// batch receives what one invocation gets: what there is, or with a window what comes until its end. A function that cannot be
// invoked is not received for.
func (p *pollers) batch(ctx context.Context, m *mapping) ([]message, error) {
	if err := p.h.catalog.CheckInvoke(m.ref()); err != nil {
		return nil, err
	}
	batch, err := p.receive(ctx, m, min(m.BatchSize, 10), pollSeconds)
	end := time.Now().Add(time.Duration(m.Window) * time.Second)
	for err == nil && len(batch) > 0 && len(batch) < m.BatchSize {
		left := time.Until(end)
		if left <= 0 {
			break
		}
		var more []message
		more, err = p.receive(ctx, m, min(m.BatchSize-len(batch), 10), min(pollSeconds, int(math.Ceil(left.Seconds()))))
		batch = append(batch, more...)
	}
	return batch, err
}

func (p *pollers) receive(ctx context.Context, m *mapping, most, wait int) ([]message, error) {
	reply, err := p.h.callQueue(ctx, m, "ReceiveMessage", map[string]any{
		"MaxNumberOfMessages": most, "WaitTimeSeconds": wait, "MessageSystemAttributeNames": []string{"All"}, "MessageAttributeNames": []string{"All"},
	})
	if err != nil {
		return nil, err
	}
	var got struct{ Messages []message }
	if err := json.Unmarshal([]byte(reply), &got); err != nil {
		return nil, fmt.Errorf("reading messages: %w", err)
	}
	return got.Messages, nil
}

// deliver has the function invoked with a batch, and deletes what it has dealt with. The rest comes back when its visibility
// timeout is over.
func (p *pollers) deliver(m *mapping, batch []message) {
	for _, part := range split(batch) {
		if err := p.deliverPart(m, part); err != nil && p.base.Err() == nil {
			p.h.opts.Log.Debug("a batch failed", "queue", m.Queue, "function", m.Function, "messages", len(part), "error", err)
		}
	}
}

func (p *pollers) deliverPart(m *mapping, batch []message) error {
	payload, err := eventOf(m, batch)
	if err != nil {
		return err
	}
	res, err := p.h.catalog.Invoke(p.base, m.ref(), function.Invocation{Payload: payload, Valid: true})
	switch {
	case err != nil:
		return err
	case res.FunctionError != "":
		return errors.New(string(res.Payload))
	}
	if m.Partial {
		if batch, err = succeeded(batch, res.Payload); err != nil {
			return err
		}
	}
	return p.delete(m, batch)
}

// delete removes messages, ten at a time.
func (p *pollers) delete(m *mapping, batch []message) error {
	for len(batch) > 0 {
		n := min(len(batch), 10)
		entries := make([]map[string]string, n)
		for i, msg := range batch[:n] {
			entries[i] = map[string]string{"Id": fmt.Sprint(i), "ReceiptHandle": msg.ReceiptHandle}
		}
		if _, err := p.h.callQueue(p.base, m, "DeleteMessageBatch", map[string]any{"Entries": entries}); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

// callQueue does an operation on the queue of a mapping, and returns the output as JSON.
func (h *Handler) callQueue(ctx context.Context, m *mapping, operation string, input map[string]any) (string, error) {
	queue, _ := arn.Parse(m.Queue) // it was one when the mapping was made
	input["QueueUrl"] = h.opts.URL + "/" + queue.Account + "/" + queue.Resource
	doc, err := local.Document(input)
	if err != nil {
		return "", err
	}
	reply, err := h.opts.Others.Call(ctx, &awswire.Request{
		Service: "sqs", Operation: operation, Place: arn.Place{Region: queue.Region, Account: queue.Account}, Input: doc, Endpoint: h.opts.URL,
	})
	if err != nil {
		return "", err
	}
	if !reply.Output.Exists() {
		return "{}", nil
	}
	return reply.Output.Text(), nil
}

// asRefusal reports whether a service has said no.
func asRefusal(err error, to **awswire.Error) bool {
	return errors.As(err, to) && (*to).Status < http.StatusInternalServerError
}

// Resume goes on with the polls of an earlier process. Every service that it needs is there then.
func (h *Handler) Resume() error {
	if h.opts.Others == nil {
		return nil
	}
	all, err := h.shelf.mappings.List(arn.Place{})
	if err != nil {
		return fmt.Errorf("reading the event source mappings: %w", err)
	}
	for _, m := range all {
		h.pollers.set(m)
	}
	return nil
}

// Close ends the polls and the invocations that they have, and returns when nothing of them runs, or when ctx ends.
func (h *Handler) Close(ctx context.Context) error { return h.pollers.close(ctx) }
