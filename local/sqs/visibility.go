package sqs

import (
	"context"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// show makes a message visible after some milliseconds.
func (q *queue) show(e *entry, after int64, b *kv.Batch) {
	q.lift(e)
	e.Due = q.s.millis() + after
	e.where = inflight
	if after == 0 {
		e.where = ready
	}
	q.put(e)
	b.Set(stateKey(q.rec.ID, e.seq), e.encode())
}

type visibilityChange struct {
	ReceiptHandle     string
	VisibilityTimeout *int64
}

type changeVisibilityInput struct {
	QueueURL string `json:"QueueUrl"`
	visibilityChange
}

const (
	notAvailable  = "Message does not exist or is not available for visibility timeout change."
	handleExpired = "The receipt handle has expired."
)

// handle reads a receipt handle of the queue.
func (q *queue) handle(text string) (handle, *awswire.Error) {
	if text == "" {
		return handle{}, missing("ReceiptHandle")
	}
	h, ok := parseHandle(text)
	if !ok || h.queue != q.rec.ID {
		return h, refuse(handleIsInvalid, "The input receipt handle \"%s\" is not a valid receipt handle.", text)
	}
	return h, nil
}

// load takes a message into the index that stands behind it: its handle is from before a restart.
func (q *queue) load(seq uint64) error {
	for q.unloaded > 0 && seq >= q.tail && q.entries[seq] == nil {
		before := q.unloaded
		if err := q.page(q.s.millis()); err != nil {
			return err
		}
		if q.unloaded == before {
			return nil
		}
	}
	return nil
}

// change changes the visibility timeout of a message in flight. A handle of a receive that is over changes nothing, which a
// standard queue does not tell.
func (q *queue) change(c *visibilityChange, b *kv.Batch) (*awswire.Error, error) {
	h, refusal := q.handle(c.ReceiptHandle)
	if refusal != nil {
		return refusal, nil
	}
	if c.VisibilityTimeout == nil {
		return missing(attrVisibility), nil
	}
	seconds := *c.VisibilityTimeout
	if seconds < 0 || seconds > maxVisibility {
		return invalidValue(seconds, attrVisibility, "VisibilityTimeout must be an integer between 0 and 43200."), nil
	}
	if err := q.load(h.seq); err != nil {
		return nil, err
	}
	e := q.entries[h.seq]
	if e == nil {
		return invalidValue(c.ReceiptHandle, "ReceiptHandle", notAvailable), nil
	}
	if e.Nonce != h.nonce || e.where != inflight {
		if q.set.fifo {
			return invalidValue(c.ReceiptHandle, "ReceiptHandle", notAvailable), nil
		}
		return nil, nil
	}
	if (q.s.millis()-e.Received)/1000+seconds > maxVisibility {
		return invalidValue(seconds, attrVisibility, "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"), nil
	}
	q.show(e, seconds*1000, b)
	return nil, nil
}

func (s *Service) changeMessageVisibility(_ context.Context, r *awswire.Request, in *changeVisibilityInput) (*empty, error) {
	return nil, s.once(r, in.QueueURL, func(q *queue, b *kv.Batch) (*awswire.Error, error) { return q.change(&in.visibilityChange, b) })
}

// once does one thing with a message of a queue.
func (s *Service) once(r *awswire.Request, queueURL string, do func(*queue, *kv.Batch) (*awswire.Error, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, queueURL)
	if err != nil {
		return err
	}
	if err := q.catchUp(); err != nil {
		return err
	}
	var b kv.Batch
	refusal, err := do(q, &b)
	if err != nil {
		return err
	}
	if refusal != nil {
		return refusal
	}
	return q.applied(&b)
}

// applied applies a batch of changes, and gives those who wait what has become visible by them.
func (q *queue) applied(b *kv.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := q.s.apply(b); err != nil {
		return err
	}
	return q.serve()
}

type batchResult struct {
	ID string `json:"Id"`
}

type batchOutput struct {
	Successful []batchResult
	Failed     []batchResultError `json:",omitempty"`
}

// several does something with each entry of a batch.
func (s *Service) several(r *awswire.Request, queueURL, kind string, ids []string, do func(*queue, int, *kv.Batch) (*awswire.Error, error)) (*batchOutput, error) {
	if refusal := checkBatch(kind, ids); refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, queueURL)
	if err != nil {
		return nil, err
	}
	if err := q.catchUp(); err != nil {
		return nil, err
	}
	out := &batchOutput{Successful: []batchResult{}}
	var b kv.Batch
	for i, id := range ids {
		refusal, err := do(q, i, &b)
		if err != nil {
			return nil, err
		}
		if refusal != nil {
			out.Failed = append(out.Failed, failedEntry(id, refusal))
			continue
		}
		out.Successful = append(out.Successful, batchResult{id})
	}
	return out, q.applied(&b)
}

type changeVisibilityBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []struct {
		ID string `json:"Id"`
		visibilityChange
	}
}

func (s *Service) changeMessageVisibilityBatch(_ context.Context, r *awswire.Request, in *changeVisibilityBatchInput) (*batchOutput, error) {
	ids := make([]string, len(in.Entries))
	for i := range in.Entries {
		ids[i] = in.Entries[i].ID
	}
	return s.several(r, in.QueueURL, "ChangeMessageVisibilityBatchRequestEntry", ids, func(q *queue, i int, b *kv.Batch) (*awswire.Error, error) {
		return q.change(&in.Entries[i].visibilityChange, b)
	})
}

type deleteMessageInput struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

// discard deletes a message by a handle. That of an earlier receive does as well in a standard queue, though the documentation has
// it otherwise. (Recorded: a message that was received twice goes with the handle of the first.)
func (q *queue) discard(text string, b *kv.Batch) (*awswire.Error, error) {
	h, refusal := q.handle(text)
	if refusal != nil {
		return refusal, nil
	}
	if err := q.load(h.seq); err != nil {
		return nil, err
	}
	e := q.entries[h.seq]
	if e == nil {
		return nil, nil
	}
	if q.set.fifo && (e.Nonce != h.nonce || e.where != inflight) {
		return invalidValue(text, "ReceiptHandle", handleExpired), nil
	}
	q.remove(e, b)
	return nil, nil
}

func (s *Service) deleteMessage(_ context.Context, r *awswire.Request, in *deleteMessageInput) (*empty, error) {
	return nil, s.once(r, in.QueueURL, func(q *queue, b *kv.Batch) (*awswire.Error, error) { return q.discard(in.ReceiptHandle, b) })
}

type deleteBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []struct {
		ID            string `json:"Id"`
		ReceiptHandle string
	}
}

func (s *Service) deleteMessageBatch(_ context.Context, r *awswire.Request, in *deleteBatchInput) (*batchOutput, error) {
	ids := make([]string, len(in.Entries))
	for i := range in.Entries {
		ids[i] = in.Entries[i].ID
	}
	return s.several(r, in.QueueURL, "DeleteMessageBatchRequestEntry", ids, func(q *queue, i int, b *kv.Batch) (*awswire.Error, error) {
		return q.discard(in.Entries[i].ReceiptHandle, b)
	})
}
