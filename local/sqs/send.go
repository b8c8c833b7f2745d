package sqs

import (
	"context"
	"regexp"

	"github.com/google/uuid"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// outgoing is a message that is to be sent, as SendMessage and the entries of a batch have it.
type outgoing struct {
	MessageBody             string
	DelaySeconds            *int64
	MessageAttributes       map[string]attribute
	MessageSystemAttributes map[string]attribute
	MessageDeduplicationID  *string `json:"MessageDeduplicationId"`
	MessageGroupID          *string `json:"MessageGroupId"`
}

type sendMessageInput struct {
	QueueURL string `json:"QueueUrl"`
	outgoing
}

type sendMessageOutput struct {
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
	MessageID                    string `json:"MessageId"`
	SequenceNumber               string `json:",omitempty"`
}

var idPattern = regexp.MustCompile(`^[!-~]{1,128}$`)

const notForQueue = "The request include parameter that is not valid for this queue type"

// check refuses what no queue takes.
func (o *outgoing) check() *awswire.Error {
	if o.MessageBody == "" {
		return missing("MessageBody")
	}
	if !validText(o.MessageBody) {
		return refuse(invalidContents, invalidCharset)
	}
	if d := o.DelaySeconds; d != nil && (*d < 0 || *d > 900) {
		return invalidValue(*d, attrDelay, "DelaySeconds must be >= 0 and <= 900.")
	}
	for _, id := range []struct {
		name  string
		value *string
	}{{"MessageGroupId", o.MessageGroupID}, {"MessageDeduplicationId", o.MessageDeduplicationID}} {
		if id.value != nil && !idPattern.MatchString(*id.value) {
			return invalidValue(*id.value, id.name, id.name+" can only include alphanumeric and punctuation characters. 1 to 128 in length.")
		}
	}
	if err := checkAttributes(o.MessageAttributes); err != nil {
		return err
	}
	return checkSystemAttributes(o.MessageSystemAttributes)
}

// checkFor refuses what this queue does not take.
func (q *queue) checkFor(o *outgoing) *awswire.Error {
	if !q.set.fifo {
		if o.MessageDeduplicationID != nil {
			return invalidValue(*o.MessageDeduplicationID, "MessageDeduplicationId", notForQueue)
		}
		return nil
	}
	switch {
	case o.MessageGroupID == nil:
		return missing("MessageGroupId")
	case o.DelaySeconds != nil && *o.DelaySeconds > 0:
		return invalidValue(*o.DelaySeconds, attrDelay, notForQueue+".")
	case o.MessageDeduplicationID == nil && !q.set.content:
		return refuse(invalidParameter, "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	return nil
}

func (s *Service) sendMessage(_ context.Context, r *awswire.Request, in *sendMessageInput) (*sendMessageOutput, error) {
	if refusal := in.check(); refusal != nil {
		return nil, refusal
	}
	m := in.message(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, in.QueueURL)
	if err != nil {
		return nil, err
	}
	if refusal := q.checkFor(&in.outgoing); refusal != nil {
		return nil, refusal
	}
	if size(in.MessageBody, in.MessageAttributes) > q.set.maxSize {
		return nil, refuse(invalidParameter, "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.set.maxSize)
	}
	var b kv.Batch
	if err := q.forgetSendings(s.millis()); err != nil {
		return nil, err
	}
	out, err := q.accept(&in.outgoing, m, &b, nil)
	if err != nil || b.Len() == 0 {
		return out, err
	}
	if err := s.apply(&b); err != nil {
		return nil, err
	}
	return out, q.serve()
}

// traceHeader is the HTTP field that says what AWSTraceHeader does.
const traceHeader = "X-Amzn-Trace-Id"

// message is what is to be stored, but for what the queue adds.
func (o *outgoing) message(r *awswire.Request) *message {
	m := &message{ID: uuid.NewString(), Body: o.MessageBody, MD5: md5Hex(o.MessageBody), Sender: r.Place.Account, Trace: r.Header.Get(traceHeader),
		Attributes: o.MessageAttributes}
	if trace, ok := o.MessageSystemAttributes["AWSTraceHeader"]; ok && trace.StringValue != nil {
		m.Trace = *trace.StringValue
	}
	if o.MessageGroupID != nil {
		m.Group = *o.MessageGroupID
	}
	return m
}

// accept puts a message into the queue, unless it was sent before: in the store, or in this batch (recent). It is checked.
func (q *queue) accept(o *outgoing, m *message, b *kv.Batch, recent map[[32]byte]*sending) (*sendMessageOutput, error) {
	out := &sendMessageOutput{MD5OfMessageBody: m.MD5, MD5OfMessageAttributes: md5OfAttributes(m.Attributes),
		MD5OfMessageSystemAttributes: md5OfAttributes(o.MessageSystemAttributes), MessageID: m.ID}
	now := q.s.millis()
	due := now + q.set.delay
	if o.DelaySeconds != nil && !q.set.fifo {
		due = now + *o.DelaySeconds*1000
	}
	seq := q.nextSeq()
	if q.set.fifo {
		if o.MessageDeduplicationID != nil {
			m.Dedup = *o.MessageDeduplicationID
		} else {
			m.Dedup = sha256Hex(m.Body)
		}
		hash := q.hashFor(m.Group, m.Dedup, now)
		d, err := recent[hash], error(nil)
		if d == nil {
			d, err = q.before(hash, now)
		}
		if err != nil {
			return nil, err
		}
		if d != nil {
			out.MessageID, out.SequenceNumber = d.ID, d.Sequence
			return out, nil
		}
		m.Sequence = sequenceNumber(seq)
		out.SequenceNumber = m.Sequence
		d = &sending{now, m.ID, m.Sequence}
		q.remember(hash, d, b)
		if recent != nil {
			recent[hash] = d
		}
	}
	st := state{Sent: now}
	if due > now {
		st.Due = due
	}
	q.append(seq, st, m, b)
	return out, nil
}

// append puts a message at the end of the queue.
func (q *queue) append(seq uint64, st state, m *message, b *kv.Batch) {
	if q.set.fifo {
		st.Group = m.Group
	}
	b.Set(messageKey(q.rec.ID, seq), m.encode())
	b.Set(stateKey(q.rec.ID, seq), st.encode())
	if q.full() {
		q.leave(seq)
		return
	}
	q.insert(&entry{state: st, seq: seq}, q.s.millis())
}

type batchResultError struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string `json:",omitempty"`
}

func failedEntry(id string, err *awswire.Error) batchResultError {
	return batchResultError{id, true, queryCode(err.Code), err.Message}
}

type sendBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []sendBatchEntry
}

type sendBatchEntry struct {
	ID string `json:"Id"`
	outgoing
}

type sendBatchResult struct {
	ID string `json:"Id"`
	*sendMessageOutput
}

type sendBatchOutput struct {
	Successful []sendBatchResult
	Failed     []batchResultError `json:",omitempty"`
}

func (s *Service) sendMessageBatch(_ context.Context, r *awswire.Request, in *sendBatchInput) (*sendBatchOutput, error) {
	ids, total := make([]string, len(in.Entries)), 0
	for i := range in.Entries {
		ids[i] = in.Entries[i].ID
		total += size(in.Entries[i].MessageBody, in.Entries[i].MessageAttributes)
	}
	if refusal := checkBatch("SendMessageBatchRequestEntry", ids); refusal != nil {
		return nil, refusal
	}
	if total > maxMessageBytes {
		return nil, refuse(batchTooLong, "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessageBytes, total)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, in.QueueURL)
	if err != nil {
		return nil, err
	}
	if q.set.fifo {
		for i := range in.Entries {
			if in.Entries[i].MessageGroupID == nil { // recorded: the whole batch is refused
				return nil, refuse(invalidParameter, "The request must contain the parameter MessageGroupId.")
			}
		}
	}
	if err := q.forgetSendings(s.millis()); err != nil {
		return nil, err
	}
	var b kv.Batch
	recent := map[[32]byte]*sending{}
	out := &sendBatchOutput{Successful: []sendBatchResult{}}
	for i := range in.Entries {
		e := &in.Entries[i]
		if refusal := q.checkEntry(&e.outgoing); refusal != nil {
			out.Failed = append(out.Failed, failedEntry(e.ID, refusal))
			continue
		}
		sent, err := q.accept(&e.outgoing, e.message(r), &b, recent)
		if err != nil {
			return nil, err
		}
		out.Successful = append(out.Successful, sendBatchResult{e.ID, sent})
	}
	if b.Len() == 0 {
		return out, nil
	}
	if err := s.apply(&b); err != nil {
		return nil, err
	}
	return out, q.serve()
}

// checkEntry refuses an entry of a batch.
func (q *queue) checkEntry(o *outgoing) *awswire.Error {
	if refusal := o.check(); refusal != nil {
		return refusal
	}
	if refusal := q.checkFor(o); refusal != nil {
		return refusal
	}
	if size(o.MessageBody, nil) > q.set.maxSize {
		return refuse(invalidParameter, "One or more parameters cannot be validated. Reason: Message must be shorter than %d bytes.", q.set.maxSize)
	}
	return nil
}

var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

const maxBatch = 10

// checkBatch refuses a batch as a whole.
func checkBatch(entry string, ids []string) *awswire.Error {
	if len(ids) == 0 {
		return refuse(emptyBatch, "There should be at least one %s in the request.", entry)
	}
	if len(ids) > maxBatch {
		return refuse(tooManyEntries, "Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(ids))
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if !batchID.MatchString(id) {
			return refuse(invalidBatchID, "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[id] {
			return refuse(idsNotDistinct, "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}
