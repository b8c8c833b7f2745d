package sns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
)

// delivery is a message on its way to a subscriber. All that is needed for it is in it.
type delivery struct {
	Type         string               `json:"type"`
	MessageID    string               `json:"messageId"`
	Topic        string               `json:"topic"`
	Subscription string               `json:"subscription,omitempty"`
	Protocol     string               `json:"protocol"`
	Endpoint     string               `json:"endpoint"`
	Body         string               `json:"body"`
	Payload      []byte               `json:"payload,omitempty"` // for a function
	Raw          bool                 `json:"raw,omitempty"`
	Attributes   map[string]attribute `json:"attributes,omitempty"` // of a raw one
	Group        string               `json:"group,omitempty"`
	Dedup        string               `json:"dedup,omitempty"`
	Trace        string               `json:"trace,omitempty"`
	DeadLetter   string               `json:"deadLetter,omitempty"`
	ContentType  string               `json:"contentType,omitempty"`
	Retries      int                  `json:"retries,omitempty"`
	MinDelay     int                  `json:"minDelay,omitempty"` // seconds
	MaxDelay     int                  `json:"maxDelay,omitempty"`

	Attempts int   `json:"attempts,omitempty"` // that failed
	Due      int64 `json:"due"`                // milliseconds
}

// shown is the endpoint as logs have it: a URL may have a password in it.
func (d *delivery) shown() string {
	if u, err := url.Parse(d.Endpoint); err == nil && u.User != nil {
		return u.Redacted()
	}
	return d.Endpoint
}

// permanent is an error that another attempt would give as well.
type permanent struct{ error }

const (
	httpTimeout   = 15 * time.Second // AWS's
	maxAnswer     = 64 << 10
	parallelSends = 8

	// Queues and functions are asked again after 1, 2, 4, … 600 seconds, for 23 days in all, as long as AWS does.
	internalRetries = 3321
	internalMost    = 600 // seconds
)

// newClient makes the client for HTTP endpoints. Addresses are looked at after the name was resolved.
func newClient(allow func(netip.Addr) bool) *http.Client {
	dialer := &net.Dialer{Timeout: httpTimeout}
	if allow != nil {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !allow(to.Addr().Unmap()) {
				return permanent{fmt.Errorf("messages do not go to %s", address)}
			}
			return nil
		}
	}
	return &http.Client{
		Timeout:       httpTimeout,
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConns: 64, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// sendAll sends to queues: what is of a FIFO topic one after the other. What fails for now goes on from the outbox, where that
// of a FIFO topic is already (stored); what comes after such a one in its line waits there for its turn. An error says that one has neither arrived nor is in the outbox.
func (s *Service) sendAll(ctx context.Context, list []*delivery, stored []uint64, fifo bool) error {
	errs := make([]error, len(list))
	if fifo {
		for i, d := range list {
			if s.outboxJoin(d, stored[i]) {
				errs[i] = s.sendNow(ctx, d, stored[i])
			}
		}
		return errors.Join(errs...)
	}
	if len(list) == 1 {
		return s.sendNow(ctx, list[0], 0)
	}
	var wg sync.WaitGroup
	places := make(chan struct{}, parallelSends)
	for i, d := range list {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			errs[i] = s.sendNow(ctx, d, 0)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sendTogether sends messages of a standard topic to queues, those for one queue in one request. An error is as sendAll's.
func (s *Service) sendTogether(ctx context.Context, list []*delivery) error {
	var mu sync.Mutex
	var lost error
	bySubscription := map[string][]*delivery{}
	for _, d := range list {
		bySubscription[d.Subscription] = append(bySubscription[d.Subscription], d)
	}
	var wg sync.WaitGroup
	places := make(chan struct{}, parallelSends)
	for _, same := range bySubscription {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			for i, sent := range s.sendBatch(ctx, same) {
				if !sent {
					err := s.sendNow(ctx, same[i], 0)
					mu.Lock()
					lost = errors.Join(lost, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return lost
}

type sendBatchEntry struct {
	ID string `json:"Id"`
	sendMessageInput
}

type sendBatchInput struct {
	QueueURL string           `json:"QueueUrl"`
	Entries  []sendBatchEntry `json:"Entries"`
}

// sendBatch sends up to ten messages to one queue, and reports of each whether the queue has it.
func (s *Service) sendBatch(ctx context.Context, list []*delivery) []bool {
	sent := make([]bool, len(list))
	a, ok := arn.Parse(list[0].Endpoint)
	if len(list) == 1 || !ok {
		return sent
	}
	in := sendBatchInput{QueueURL: s.queueURL(a)}
	for i, d := range list {
		in.Entries = append(in.Entries, sendBatchEntry{strconv.Itoa(i), s.sendInput(a, d)})
	}
	reply, err := s.call(ctx, a.Place(), "sqs", "SendMessageBatch", in)
	if err != nil {
		return sent // one by one they say why
	}
	done, _ := reply.Output.Get("Successful")
	for _, entry := range done.Elems() {
		id, _ := entry.Get("Id")
		if i, err := strconv.Atoi(id.Str()); err == nil && i >= 0 && i < len(sent) {
			sent[i] = true
		}
	}
	return sent
}

// sendNow makes the first attempt of a delivery. number is that in the outbox, 0: it is not there. An error says that the delivery
// was not made, and that the outbox could not take it.
func (s *Service) sendNow(ctx context.Context, d *delivery, number uint64) error {
	if err := s.outboxSettle(ctx, number, d, s.send(ctx, d)); err != nil {
		return fmt.Errorf("keeping a message for another attempt: %w", err)
	}
	return nil
}

// send delivers. An error that is permanent says that nothing else is worth a try.
func (s *Service) send(ctx context.Context, d *delivery) error {
	switch d.Protocol {
	case "sqs":
		return s.sendToQueue(ctx, d.Endpoint, d)
	case "lambda":
		return s.sendToFunction(ctx, d)
	case "http", "https":
		return s.post(ctx, d)
	}
	s.log.Info("a message is not delivered: there is nothing here that speaks the protocol", "protocol", d.Protocol, "endpoint", d.shown(),
		"topic", d.Topic, "messageId", d.MessageID, "type", d.Type)
	return nil
}

// sendMessageInput is the input of SQS's SendMessage.
type sendMessageInput struct {
	QueueURL               string               `json:"QueueUrl,omitempty"`
	MessageBody            string               `json:"MessageBody"`
	MessageAttributes      map[string]attribute `json:",omitempty"`
	SystemAttributes       map[string]attribute `json:"MessageSystemAttributes,omitempty"`
	MessageGroupID         string               `json:"MessageGroupId,omitempty"`
	MessageDeduplicationID string               `json:"MessageDeduplicationId,omitempty"`
}

func (s *Service) sendToQueue(ctx context.Context, queueARN string, d *delivery) error {
	a, ok := arn.Parse(queueARN)
	if !ok {
		return permanent{fmt.Errorf("%s is no queue", queueARN)}
	}
	in := s.sendInput(a, d)
	in.QueueURL = s.queueURL(a)
	_, err := s.call(ctx, a.Place(), "sqs", "SendMessage", in)
	return err
}

func (s *Service) queueURL(queue arn.ARN) string {
	return strings.TrimSuffix(s.endpoint, "/") + "/" + queue.Account + "/" + queue.Resource
}

// sendInput is a message for a queue, without the queue.
func (s *Service) sendInput(queue arn.ARN, d *delivery) sendMessageInput {
	in := sendMessageInput{MessageBody: d.Body, MessageGroupID: d.Group}
	if d.Raw {
		in.MessageAttributes = d.Attributes
	}
	if d.Trace != "" {
		in.SystemAttributes = map[string]attribute{"AWSTraceHeader": {DataType: "String", StringValue: &d.Trace}}
	}
	if strings.HasSuffix(queue.Resource, ".fifo") {
		in.MessageDeduplicationID = d.Dedup
	}
	return in
}

type invokeInput struct {
	FunctionName   string
	InvocationType string
	Payload        []byte
}

func (s *Service) sendToFunction(ctx context.Context, d *delivery) error {
	a, ok := arn.Parse(d.Endpoint)
	if !ok {
		return permanent{fmt.Errorf("%s is no function", d.Endpoint)}
	}
	reply, err := s.call(ctx, a.Place(), "lambda", "Invoke", invokeInput{d.Endpoint, "Event", d.Payload})
	if err == nil && reply.Body != nil {
		_ = reply.Body.Close()
	}
	return err
}

// call asks another service of this server.
func (s *Service) call(ctx context.Context, p arn.Place, service, operation string, input any) (*awswire.Reply, error) {
	if s.others == nil {
		return nil, permanent{fmt.Errorf("%s is not there", service)}
	}
	doc, err := local.Document(input)
	if err != nil {
		return nil, permanent{err}
	}
	reply, err := s.others.Call(ctx, &awswire.Request{Service: service, Operation: operation, Place: p, Input: doc})
	if err == nil {
		return reply, nil
	}
	var refusal *awswire.Error
	if errors.As(err, &refusal) && (refusal.Status < 500 && refusal.Status != http.StatusTooManyRequests || refusal.Status == http.StatusNotImplemented) {
		return nil, permanent{err}
	}
	return nil, err
}

// post sends to an HTTP endpoint.
func (s *Service) post(ctx context.Context, d *delivery) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Endpoint, strings.NewReader(d.Body))
	if err != nil {
		return permanent{err}
	}
	r.Header.Set("Content-Type", d.ContentType)
	r.Header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	r.Header.Set("X-Amz-Sns-Message-Type", d.Type)
	r.Header.Set("X-Amz-Sns-Message-Id", d.MessageID)
	r.Header.Set("X-Amz-Sns-Topic-Arn", d.Topic)
	if d.Subscription != "" {
		r.Header.Set("X-Amz-Sns-Subscription-Arn", d.Subscription)
	}
	if d.Raw {
		r.Header.Set("X-Amz-Sns-Rawdelivery", "true")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("sending to %s: %w", d.shown(), err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	_ = answer.Body.Close()
	switch {
	case answer.StatusCode < 300:
		return nil
	case answer.StatusCode < 500 && answer.StatusCode >= 400 && answer.StatusCode != http.StatusTooManyRequests:
		return permanent{fmt.Errorf("%s answered %s", d.shown(), answer.Status)}
	}
	return fmt.Errorf("%s answered %s", d.shown(), answer.Status)
}

// again is how long to wait for the next attempt, false when there is none: the delay grows from the least to the most.
func (d *delivery) again() (time.Duration, bool) {
	if d.Protocol == "sqs" || d.Protocol == "lambda" {
		seconds := min(1<<min(d.Attempts-1, 10), internalMost)
		return time.Duration(seconds) * time.Second, d.Attempts <= internalRetries
	}
	retries, least, most := d.Retries, d.MinDelay, d.MaxDelay
	if d.Attempts > retries {
		return 0, false
	}
	delay := least
	if retries > 1 {
		delay += (most - least) * (d.Attempts - 1) / (retries - 1)
	}
	return time.Duration(delay) * time.Second, true
}
