package sqs

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

type receiveInput struct {
	QueueURL                    string `json:"QueueUrl"`
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int64
	WaitTimeSeconds             *int64
	ReceiveRequestAttemptID     string `json:"ReceiveRequestAttemptId"`
}

type receivedMessage struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	MD5OfBody              string
	Body                   string
	Attributes             map[string]string    `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
	MessageAttributes      map[string]attribute `json:",omitempty"`
}

type receiveOutput struct {
	Messages []receivedMessage `json:",omitempty"`
}

// waiter is a receive that waits for messages.
type waiter struct {
	most    int
	visible int64
	served  chan delivery // of one
}

// delivery is what a receive gets: messages that are in flight from then on.
type delivery struct {
	picked []picked
	err    error
}

// picked is a message as it stood when it was received.
type picked struct {
	state
	seq uint64
}

func (in *receiveInput) check(fifo bool) *awswire.Error {
	if n := in.MaxNumberOfMessages; n != nil && (*n < 1 || *n > 10) {
		return invalidValue(*n, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
	}
	if n := in.VisibilityTimeout; n != nil && (*n < 0 || *n > maxVisibility) {
		return invalidValue(*n, attrVisibility, "Must be between 0 and 43200, if provided.")
	}
	if n := in.WaitTimeSeconds; n != nil && (*n < 0 || *n > 20) {
		return invalidValue(*n, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
	}
	if in.ReceiveRequestAttemptID != "" && !fifo {
		return invalidValue(in.ReceiveRequestAttemptID, "ReceiveRequestAttemptId", notForQueue)
	}
	return nil
}

func (s *Service) receiveMessage(ctx context.Context, r *awswire.Request, in *receiveInput) (*receiveOutput, error) {
	q, d, wait, err := s.receiveAtOnce(r, in)
	if err != nil {
		return nil, err
	}
	if wait != nil {
		if d, err = q.wait(ctx, wait, in.waitTime(q)); err != nil {
			return nil, err
		}
	}
	return s.render(q, in, d.picked)
}

func (in *receiveInput) waitTime(q *queue) time.Duration {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	seconds := q.set.wait
	if in.WaitTimeSeconds != nil {
		seconds = *in.WaitTimeSeconds
	}
	return time.Duration(seconds) * time.Second
}

// receiveAtOnce takes what is there; when nothing is, and the receive is a long poll, it queues up.
func (s *Service) receiveAtOnce(r *awswire.Request, in *receiveInput) (*queue, delivery, *waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, in.QueueURL)
	if err != nil {
		return nil, delivery{}, nil, err
	}
	if refusal := in.check(q.set.fifo); refusal != nil {
		return nil, delivery{}, nil, refusal
	}
	w := &waiter{most: 1, visible: q.set.visible}
	if in.MaxNumberOfMessages != nil {
		w.most = *in.MaxNumberOfMessages
	}
	if in.VisibilityTimeout != nil {
		w.visible = *in.VisibilityTimeout * 1000
	}
	polls := in.WaitTimeSeconds == nil && q.set.wait > 0 || in.WaitTimeSeconds != nil && *in.WaitTimeSeconds > 0
	if !q.set.fifo && q.inflight >= maxInflight && !polls {
		return nil, delivery{}, nil, refuse(overLimit, "The maximum number of in flight messages is reached: %d.", maxInflight)
	}
	again, err := q.again(in.ReceiveRequestAttemptID, w.visible)
	if err != nil || again != nil {
		return q, delivery{picked: again}, nil, err
	}
	var d delivery
	if len(q.waiters) == 0 { // else those are first
		d = q.deliver(w.most, w.visible)
	}
	q.attempted(in.ReceiveRequestAttemptID, d.picked)
	if len(d.picked) > 0 || d.err != nil || !polls || s.closed {
		return q, d, nil, d.err
	}
	w.served = make(chan delivery, 1)
	q.waiters = append(q.waiters, w)
	q.arm()
	return q, d, w, nil
}

// wait waits for messages, for a time, or until the client has left: what was for it is put back then.
func (q *queue) wait(ctx context.Context, w *waiter, most time.Duration) (delivery, error) {
	over := time.NewTimer(most)
	defer over.Stop()
	select {
	case d := <-w.served:
		return d, d.err
	case <-over.C:
	case <-ctx.Done():
	case <-q.s.ctx.Done():
	}
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	if i := slices.Index(q.waiters, w); i >= 0 {
		q.waiters = slices.Delete(q.waiters, i, i+1)
		return delivery{}, ctx.Err()
	}
	d := <-w.served
	if ctx.Err() == nil {
		return d, d.err
	}
	return delivery{}, errorsOr(q.giveBack(d.picked), ctx.Err())
}

func errorsOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// giveBack makes messages visible whose receiver is not there any more.
func (q *queue) giveBack(list []picked) error {
	var b kv.Batch
	for _, p := range list {
		if e := q.entries[p.seq]; e != nil && e.Nonce == p.Nonce && e.where == inflight {
			q.show(e, 0, &b)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if err := q.s.apply(&b); err != nil {
		return err
	}
	return q.serve()
}

// serve gives those who wait what there is, the first of them first.
func (q *queue) serve() error {
	for len(q.waiters) > 0 {
		w := q.waiters[0]
		d := q.deliver(w.most, w.visible)
		if d.err == nil && len(d.picked) == 0 {
			break
		}
		q.waiters = q.waiters[1:]
		w.served <- d
	}
	q.arm()
	return nil
}

// arm sets the alarm for the next message that becomes visible, when somebody waits.
func (q *queue) arm() {
	if len(q.waiters) == 0 || q.pending.Len() == 0 || q.s.closed {
		return
	}
	in := time.Duration(q.pending.list[0].Due-q.s.millis()) * time.Millisecond
	if q.alarm == nil {
		q.alarm = time.AfterFunc(in, q.ring)
		return
	}
	q.alarm.Reset(in)
}

func (q *queue) ring() {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	if q.s.closed {
		return
	}
	if err := q.serve(); err != nil {
		q.s.log.Error("serving receivers", "queue", q.key.name, "error", err)
	}
}

// deliver takes up to most messages, which are invisible for a time from now on.
func (q *queue) deliver(most int, visible int64) delivery {
	if err := q.open(); err != nil {
		return delivery{err: err}
	}
	if err := q.catchUp(); err != nil {
		return delivery{err: err}
	}
	now := q.s.millis()
	p := pick{q: q, now: now, most: most}
	if err := p.collect(); err != nil {
		return delivery{err: err}
	}
	out := make([]picked, 0, len(p.list))
	for _, e := range p.list {
		e.Count++
		e.Nonce = rand.Uint64()
		e.Received = now
		if e.First == 0 {
			e.First = now
		}
		e.Due = now + visible
		e.where = inflight
		if visible == 0 {
			e.where = ready
		}
		q.put(e)
		p.b.Set(stateKey(q.rec.ID, e.seq), e.encode())
		out = append(out, picked{e.state, e.seq})
	}
	if p.b.Len() > 0 {
		if err := q.s.apply(&p.b); err != nil {
			return delivery{err: err}
		}
	}
	for _, dead := range p.dead {
		if err := dead.serve(); err != nil {
			return delivery{err: err}
		}
	}
	return delivery{picked: out}
}

// pick is a choice of messages that are to be received. Those it has are in no heap.
type pick struct {
	q    *queue
	now  int64
	most int
	list []*entry
	b    kv.Batch
	dead []*queue // that got messages
	bare bool     // for a move: nothing is too often received
}

func (p *pick) collect() error {
	for len(p.list) < p.most {
		found, err := p.next()
		if err != nil {
			return err
		}
		if found {
			continue
		}
		if p.q.unloaded == 0 {
			return nil
		}
		before := p.q.unloaded
		if err := p.q.refill(p.now); err != nil {
			return err
		}
		if p.q.unloaded == before {
			return nil
		}
	}
	return nil
}

// next deals with the first message that is ready, or the first group, and reports whether there was one.
func (p *pick) next() (bool, error) {
	q := p.q
	if q.inflight+len(p.list) >= maxInflight {
		return false, nil
	}
	if !q.set.fifo {
		if q.ready.Len() == 0 {
			return false, nil
		}
		_, err := p.consider(q.ready.list[0])
		return true, err
	}
	g := q.nextGroup()
	if g == nil {
		return false, nil
	}
	for i := 0; i < len(g.list) && g.list[i].where == ready && len(p.list) < p.most; {
		stays, err := p.consider(g.list[i])
		if err != nil {
			return true, err
		}
		if stays {
			i++
		}
	}
	return true, nil
}

// consider picks a message, or removes it because it is too old or was received too often. It reports whether it stays in the queue.
func (p *pick) consider(e *entry) (bool, error) {
	q := p.q
	if q.expired(e, p.now) {
		q.remove(e, &p.b)
		return false, nil
	}
	if !p.bare && q.set.deadLetter != "" && e.Count-e.Before >= q.set.maxReceives {
		moved, err := p.bury(e)
		if moved || err != nil {
			return false, err
		}
	}
	q.lift(e)
	e.where = picking
	p.list = append(p.list, e)
	return true, nil
}

// bury moves a message to the dead-letter queue, when there still is one.
func (p *pick) bury(e *entry) (bool, error) {
	q := p.q
	dead, err := q.s.find(queueKey{q.set.deadLetterPlace, q.set.deadLetterName})
	if err != nil || dead == nil || dead == q {
		return false, err
	}
	if err := dead.open(); err != nil {
		return false, err
	}
	m, err := q.message(e.seq)
	if err != nil {
		return false, err
	}
	if m != nil {
		m.Source = q.key.arn()
		dead.adopt(m, e.state, p.now, &p.b)
		if !slices.Contains(p.dead, dead) {
			p.dead = append(p.dead, dead)
		}
	}
	q.remove(e, &p.b)
	return true, nil
}

// adopt puts a message of another queue at the end of this one. In a standard queue it is as old as it was; in a FIFO queue it
// begins anew, as AWS has it.
func (q *queue) adopt(m *message, from state, now int64, b *kv.Batch) {
	st := state{Sent: from.Sent, First: from.First, Count: from.Count, Before: from.Count}
	seq := q.nextSeq()
	if q.set.fifo {
		st.Sent = now
		m.Sequence = sequenceNumber(seq)
	}
	if q.set.delay > 0 {
		st.Due = now + q.set.delay
	}
	q.append(seq, st, m, b)
}

// message reads what was sent, nil when it is not there any more.
func (q *queue) message(seq uint64) (*message, error) {
	data, err := q.s.store.Get(messageKey(q.rec.ID, seq))
	if err != nil || data == nil {
		return nil, err
	}
	return decodeMessage(data)
}

// render makes the answer. It holds no lock: what was deleted meanwhile is not in it.
func (s *Service) render(q *queue, in *receiveInput, list []picked) (*receiveOutput, error) {
	out := &receiveOutput{}
	system := append(slices.Clone(in.AttributeNames), in.MessageSystemAttributeNames...)
	for _, p := range list {
		m, err := q.message(p.seq)
		if err != nil {
			return nil, err
		}
		if m == nil {
			continue
		}
		r := receivedMessage{MessageID: m.ID, ReceiptHandle: handle{q.rec.ID, p.seq, p.Nonce}.String(), MD5OfBody: m.MD5, Body: m.Body}
		r.Attributes = systemAttributes(m, p, system)
		r.MessageAttributes = wanted(m.Attributes, in.MessageAttributeNames)
		r.MD5OfMessageAttributes = md5OfAttributes(r.MessageAttributes)
		out.Messages = append(out.Messages, r)
	}
	return out, nil
}

// systemAttributes are those of the message that names name.
func systemAttributes(m *message, p picked, names []string) map[string]string {
	if len(names) == 0 {
		return nil
	}
	all := map[string]string{
		"SenderId":                         m.Sender,
		"SentTimestamp":                    strconv.FormatInt(p.Sent, 10),
		"ApproximateReceiveCount":          strconv.FormatUint(p.Count, 10),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(p.First, 10),
		"MessageGroupId":                   m.Group,
		"MessageDeduplicationId":           m.Dedup,
		"SequenceNumber":                   m.Sequence,
		"AWSTraceHeader":                   m.Trace,
		"DeadLetterQueueSourceArn":         m.Source,
	}
	for name, value := range all {
		if value == "" || !slices.Contains(names, "All") && !slices.Contains(names, name) {
			delete(all, name)
		}
	}
	return all
}

// wanted are the attributes that names name: all, one, or those that begin with something (prefix.*).
func wanted(attributes map[string]attribute, names []string) map[string]attribute {
	if len(names) == 0 || len(attributes) == 0 {
		return nil
	}
	out := map[string]attribute{}
	for name, a := range attributes {
		if slices.ContainsFunc(names, func(pattern string) bool {
			if pattern == "All" || pattern == "*" || pattern == ".*" || pattern == name {
				return true
			}
			prefix, ok := strings.CutSuffix(pattern, ".*")
			return ok && strings.HasPrefix(name, prefix)
		}) {
			out[name] = a
		}
	}
	return out
}
