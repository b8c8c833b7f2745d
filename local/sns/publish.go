package sns

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

type publishInput struct {
	TopicARN    *string `json:"TopicArn"`
	TargetARN   *string `json:"TargetArn"`
	PhoneNumber *string
	outgoing
}

type publishOutput struct {
	MessageID      string `json:"MessageId"`
	SequenceNumber string `json:",omitempty"`
}

func (s *Service) publish(ctx context.Context, r *awswire.Request, in *publishInput) (*publishOutput, error) {
	toEndpoint := in.TopicARN == nil && in.TargetARN != nil && strings.Contains(*in.TargetARN, ":endpoint/")
	if toEndpoint { // one that takes nothing says so before the message is looked at
		if refusal := s.checkPushEndpoint(*in.TargetARN); refusal != nil {
			return nil, refusal
		}
	}
	texts, refusal := in.check()
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case in.PhoneNumber != nil && in.TopicARN == nil && in.TargetARN == nil:
		return s.publishSMS(in)
	case toEndpoint:
		return s.publishToEndpoint(*in.TargetARN), nil
	case in.TopicARN == nil && in.TargetARN == nil:
		return nil, invalid("TopicArn or TargetArn Reason: no value for required parameter")
	}
	parameter, text := "TopicArn", in.TopicARN
	if text == nil {
		parameter, text = "TargetArn", in.TargetARN
	}
	k, refusal := topicOf(r, parameter, *text)
	if refusal != nil {
		return nil, refusal
	}
	return s.publishTo(ctx, r, k, &in.outgoing, texts)
}

// publishSMS takes a message to a telephone, which goes nowhere.
func (s *Service) publishSMS(in *publishInput) (*publishOutput, error) {
	if !e164.MatchString(*in.PhoneNumber) {
		return nil, invalid("PhoneNumber Reason: %s is not valid to publish to", *in.PhoneNumber)
	}
	id := uuid.NewString()
	s.log.Info("an SMS is not sent: there is no telephone network here", "messageId", id, "phoneNumber", *in.PhoneNumber)
	return &publishOutput{MessageID: id}, nil
}

var groupPattern = regexp.MustCompile(`^[!-~]{1,128}$`)

// checkFor refuses what this kind of topic does not take.
func (o *outgoing) checkFor(t *topic) *awswire.Error {
	for _, id := range []struct {
		name  string
		value *string
	}{{"MessageGroupId", o.MessageGroupID}, {"MessageDeduplicationId", o.MessageDeduplicationID}} {
		if id.value != nil && !groupPattern.MatchString(*id.value) {
			return invalid("%s Reason: %s can only include alphanumeric and punctuation characters. 1 to 128 in length.", id.name, id.name)
		}
	}
	if !t.fifo() {
		if o.MessageDeduplicationID != nil {
			return invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type")
		}
		return nil
	}
	if o.MessageGroupID == nil {
		return invalid("The MessageGroupId parameter is required for FIFO topics")
	}
	if o.MessageDeduplicationID == nil && t.Attributes["ContentBasedDeduplication"] != "true" {
		return invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	return nil
}

func (o *outgoing) message(r *awswire.Request, texts map[string]string, now time.Time) *message {
	m := &message{ID: uuid.NewString(), Text: o.Message, ByProtocol: texts, Attributes: o.MessageAttributes, At: now, Trace: r.Header.Get("X-Amzn-Trace-Id")}
	if o.Subject != nil {
		m.Subject = *o.Subject
	}
	if o.MessageGroupID != nil {
		m.Group = *o.MessageGroupID
	}
	return m
}

var laneSeed = maphash.MakeSeed()

// publishTo publishes to a topic. It returns when queues have the message, and all else of it is in the outbox.
func (s *Service) publishTo(ctx context.Context, r *awswire.Request, k topicKey, o *outgoing, texts map[string]string) (*publishOutput, error) {
	if fifoName.MatchString(k.name) && o.MessageGroupID != nil {
		lane := &s.lanes[maphash.String(laneSeed, k.arn()+" "+*o.MessageGroupID)%uint64(len(s.lanes))]
		lane.Lock()
		defer lane.Unlock()
	}
	if err := s.resume(); err != nil {
		return nil, err
	}
	m := o.message(r, texts, s.now())
	atOnce, stored, before, err := s.accept(r, k, o, m)
	if err != nil || before != nil {
		return before, err
	}
	if err := s.sendAll(context.WithoutCancel(ctx), atOnce, stored, m.Sequence != ""); err != nil {
		return nil, err
	}
	return &publishOutput{m.ID, m.Sequence}, nil
}

// accept decides who gets a message. What it returns is to be sent at once; stored are the numbers in the outbox of what is of a
// FIFO topic. before is the answer to a message that was published before.
func (s *Service) accept(r *awswire.Request, k topicKey, o *outgoing, m *message) (atOnce []*delivery, stored []uint64, before *publishOutput, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(k)
	if err != nil {
		return nil, nil, nil, err
	}
	if t == nil {
		return nil, nil, nil, notFound("Topic")
	}
	if refusal := o.checkFor(t); refusal != nil {
		return nil, nil, nil, refusal
	}
	var b kv.Batch
	if t.fifo() {
		if s.outbox.full() {
			return nil, nil, nil, &awswire.Error{Code: "Throttled", Message: "Too many messages wait to be delivered", Status: http.StatusTooManyRequests}
		}
		if before, err = s.sequence(t, o, m, &b); err != nil || before != nil {
			return nil, nil, before, err
		}
	}
	var later []*delivery
	w := wrapper{s: s, topic: t, endpoint: s.address(r)}
	for _, sub := range t.subscriptions {
		if sub.Token != "" || !sub.filter.matches(m, m.textFor(sub.Protocol)) {
			continue
		}
		d, err := w.wrap(m, sub)
		if err != nil {
			return nil, nil, nil, err
		}
		if sub.Protocol == "sqs" {
			atOnce = append(atOnce, d)
		} else {
			later = append(later, d)
		}
	}
	if t.fifo() {
		stored = s.outbox.put(&b, m.At, atOnce...)
	}
	numbers := s.outbox.put(&b, m.At, later...)
	if b.Len() > 0 {
		if err := s.store.Apply(&b); err != nil {
			return nil, nil, nil, err
		}
	}
	s.outboxAdd(numbers)
	return atOnce, stored, nil, nil
}

// sentRow is a message of a FIFO topic by its deduplication id.
type sentRow struct {
	At       int64  `json:"at"` // milliseconds
	ID       string `json:"id"`
	Sequence string `json:"sequence"`
}

const dedupInterval = 5 * time.Minute

// sequence gives a message of a FIFO topic its number, or finds that it was published in the last five minutes.
func (s *Service) sequence(t *topic, o *outgoing, m *message, b *kv.Batch) (*publishOutput, error) {
	if o.MessageDeduplicationID != nil {
		m.Dedup = *o.MessageDeduplicationID
	} else {
		sum := sha256.Sum256([]byte(m.Text))
		m.Dedup = hex.EncodeToString(sum[:])
	}
	group := ""
	if t.Attributes["FifoThroughputScope"] == "MessageGroup" {
		group = m.Group
	}
	key := t.key.sent(group, m.Dedup)
	data, err := s.store.Get(key)
	if err != nil {
		return nil, err
	}
	if data != nil {
		var row sentRow
		if err := decode(data, &row); err != nil {
			return nil, err
		}
		if m.At.UnixMilli() < row.At+dedupInterval.Milliseconds() {
			return &publishOutput{row.ID, row.Sequence}, nil
		}
	}
	s.seq = max(s.seq+1, uint64(m.At.UnixMicro())*16)
	m.Sequence = fmt.Sprintf("1%019d", s.seq)
	if err := s.forgetSent(t, m.At, b); err != nil {
		return nil, err
	}
	b.Set(key, encode(&sentRow{m.At.UnixMilli(), m.ID, m.Sequence}))
	return nil, nil
}

// forgetSent removes, once in a while, what is older than five minutes.
func (s *Service) forgetSent(t *topic, now time.Time, b *kv.Batch) error {
	if now.Sub(t.forgot) < dedupInterval {
		return nil
	}
	t.forgot = now
	prefix := t.key.row(kindSent)
	for p, err := range s.store.Scan(prefix, kv.After(prefix), false) {
		if err != nil {
			return err
		}
		var row sentRow
		if err := decode(p.Value, &row); err != nil {
			return err
		}
		if row.At+dedupInterval.Milliseconds() <= now.UnixMilli() {
			b.Delete(append([]byte(nil), p.Key...))
		}
	}
	return nil
}

// wrapper makes the deliveries of a message. A message is signed once for each text that subscribers get.
type wrapper struct {
	s        *Service
	topic    *topic
	endpoint string
	signed   map[string]signature
}

func (w *wrapper) signature(m *message, protocol string) (signature, error) {
	text := m.textFor(protocol)
	if sig, ok := w.signed[text]; ok || m.Sequence != "" {
		return sig, nil
	}
	sig, err := w.s.signer.sign(w.topic.Attributes["SignatureVersion"], m.toSign(w.topic.key.arn(), text), w.endpoint)
	if err != nil {
		return sig, err
	}
	if w.signed == nil {
		w.signed = map[string]signature{}
	}
	w.signed[text] = sig
	return sig, nil
}

func (w *wrapper) wrap(m *message, sub *subscription) (*delivery, error) {
	d := &delivery{Type: "Notification", MessageID: m.ID, Topic: w.topic.key.arn(), Subscription: sub.arn(), Protocol: sub.Protocol,
		Endpoint: sub.Endpoint, DeadLetter: sub.deadLetter, Group: m.Group, Dedup: m.Dedup, Trace: m.Trace}
	if sub.Protocol == "http" || sub.Protocol == "https" {
		retry, request, _ := w.topic.effective()
		d.ContentType, d.Retries, d.MinDelay, d.MaxDelay = request.ContentType, retry.Retries, retry.MinDelay, retry.MaxDelay
	}
	if sub.raw() {
		d.Raw, d.Body, d.Attributes = true, m.textFor(sub.Protocol), m.Attributes
		return d, nil
	}
	sig, err := w.signature(m, sub.Protocol)
	if err != nil {
		return nil, err
	}
	d.Body = m.notification(sub, w.endpoint, sig)
	if sub.Protocol == "lambda" {
		event, err := m.event(sub, w.endpoint, sig)
		if err != nil {
			return nil, err
		}
		d.Payload = event
	}
	return d, nil
}

// confirmation is the message that asks an endpoint to confirm its subscription.
func (s *Service) confirmation(r *awswire.Request, t *topic, sub *subscription) (*delivery, error) {
	endpoint, topicARN, id, now := s.address(r), t.key.arn(), uuid.NewString(), timestamp(s.now())
	address := subscribeURL(endpoint, topicARN, sub.Token)
	text := "You have chosen to subscribe to the topic " + topicARN + ".\nTo confirm the subscription, visit the SubscribeURL included in this message."
	sig, err := s.signer.sign(t.Attributes["SignatureVersion"], strings.Join([]string{"Message", text, "MessageId", id, "SubscribeURL", address,
		"Timestamp", now, "Token", sub.Token, "TopicArn", topicARN, "Type", "SubscriptionConfirmation"}, "\n")+"\n", endpoint)
	if err != nil {
		return nil, err
	}
	var e envelope
	e.text("Type", "SubscriptionConfirmation")
	e.text("MessageId", id)
	e.text("Token", sub.Token)
	e.text("TopicArn", topicARN)
	e.text("Message", text)
	e.text("SubscribeURL", address)
	e.text("Timestamp", now)
	e.text("SignatureVersion", sig.version)
	e.text("Signature", sig.text)
	e.text("SigningCertURL", sig.certificate)
	retry := defaultRetries()
	return &delivery{Type: "SubscriptionConfirmation", MessageID: id, Topic: topicARN, Protocol: sub.Protocol, Endpoint: sub.Endpoint,
		Body: e.end(), ContentType: plainText, Retries: retry.Retries, MinDelay: retry.MinDelay, MaxDelay: retry.MaxDelay}, nil
}

type publishBatchInput struct {
	TopicARN                   string `json:"TopicArn"`
	PublishBatchRequestEntries []publishBatchEntry
}

type publishBatchEntry struct {
	ID string `json:"Id"`
	outgoing
}

type publishBatchResult struct {
	ID string `json:"Id"`
	*publishOutput
}

type batchResultError struct {
	ID          string `json:"Id"`
	Code        string
	Message     string
	SenderFault bool
}

type publishBatchOutput struct {
	Successful []publishBatchResult
	Failed     []batchResultError
}

var batchIDCharacters = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

const (
	maxBatch   = 10
	maxBatchID = 80
)

func (in *publishBatchInput) check() *awswire.Error {
	list := in.PublishBatchRequestEntries
	if len(list) == 0 {
		return refuse(emptyBatch, "The batch request doesn't contain any entries.")
	}
	if len(list) > maxBatch {
		return refuse(tooManyEntries, "The batch request contains more entries than permissible.")
	}
	seen, total := map[string]bool{}, 0
	for i := range list {
		id := list[i].ID
		switch {
		case len(id) > maxBatchID:
			return refuse(invalidBatchID, "The Id of a batch entry in the batch request is too long: %s", id)
		case id == "" || !batchIDCharacters.MatchString(id):
			return refuse(invalidBatchID, "The Id of a batch entry in the batch request contains an impermissible character: %s", id)
		case seen[id]:
			return refuse(idsNotDistinct, "Two or more batch entries in the request have the same Id.")
		}
		seen[id] = true
		total += list[i].size()
	}
	if total > maxMessageBytes {
		return refuse(batchTooLong, "The length of all the messages put together is more than the limit.")
	}
	return nil
}

func (s *Service) publishBatch(ctx context.Context, r *awswire.Request, in *publishBatchInput) (*publishBatchOutput, error) {
	k, refusal := topicOf(r, "TopicArn", in.TopicARN)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := in.check(); refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	t, err := s.find(k)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, notFound("Topic")
	}
	for i := range in.PublishBatchRequestEntries {
		if refusal := in.PublishBatchRequestEntries[i].checkFor(t); refusal != nil {
			return nil, refusal // what is wrong for the kind of topic is so for the whole batch
		}
	}
	return s.publishEntries(ctx, r, k, in.PublishBatchRequestEntries)
}

// publishEntries publishes the entries of a batch, in their order. To each queue go those of a standard topic together.
func (s *Service) publishEntries(ctx context.Context, r *awswire.Request, k topicKey, list []publishBatchEntry) (*publishBatchOutput, error) {
	if err := s.resume(); err != nil {
		return nil, err
	}
	out := &publishBatchOutput{Successful: []publishBatchResult{}, Failed: []batchResultError{}}
	var atOnce []*delivery
	for i := range list {
		result, deliveries, err := s.publishEntry(ctx, r, k, &list[i].outgoing)
		var refusal *awswire.Error
		switch {
		case err == nil:
			out.Successful = append(out.Successful, publishBatchResult{list[i].ID, result})
			atOnce = append(atOnce, deliveries...)
		case errors.As(err, &refusal):
			out.Failed = append(out.Failed, batchResultError{list[i].ID, refusal.Code, refusal.Message, true})
		default:
			return nil, err
		}
	}
	if err := s.sendTogether(context.WithoutCancel(ctx), atOnce); err != nil {
		return nil, err
	}
	return out, nil
}

// publishEntry publishes an entry of a batch: one of a FIFO topic to its end, of another what it returns is to be sent.
func (s *Service) publishEntry(ctx context.Context, r *awswire.Request, k topicKey, o *outgoing) (*publishOutput, []*delivery, error) {
	texts, refusal := o.check()
	if refusal != nil {
		return nil, nil, refusal
	}
	if fifoName.MatchString(k.name) {
		out, err := s.publishTo(ctx, r, k, o, texts)
		return out, nil, err
	}
	m := o.message(r, texts, s.now())
	atOnce, _, _, err := s.accept(r, k, o, m)
	return &publishOutput{MessageID: m.ID}, atOnce, err
}
