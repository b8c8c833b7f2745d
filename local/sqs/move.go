package sqs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// moveTask is a task that moves messages out of a dead-letter queue. One goroutine carries it out; s.mu guards it.
type moveTask struct {
	moveRow
	source queueKey
	cancel context.CancelFunc
}

// moveRow is what is stored of it.
type moveRow struct {
	ID          string `json:"id"`
	Destination string `json:"destination,omitempty"` // "": where each message came from
	Rate        int    `json:"rate,omitempty"`        // messages a second, 0: as many as can be
	Started     int64  `json:"started"`               // milliseconds
	Status      string `json:"status"`
	Moved       int64  `json:"moved"`
	ToMove      int64  `json:"toMove"`
	Failure     string `json:"failure,omitempty"`
}

const (
	running    = "RUNNING"
	completed  = "COMPLETED"
	cancelled  = "CANCELLED"
	failed     = "FAILED"
	moveBatch  = 100 // messages at most that move in one batch
	movesShown = 10
)

const moveVersion = 1

func (m *moveRow) encode() []byte {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // numbers and texts alone
	}
	return append([]byte{moveVersion}, text...)
}

func decodeMove(data []byte) (moveRow, error) {
	var m moveRow
	if first(data) != moveVersion {
		return m, versionError("move task", first(data))
	}
	if err := json.Unmarshal(data[1:], &m); err != nil {
		return m, fmt.Errorf("reading a move task's row: %w", err)
	}
	return m, nil
}

// taskHandle is the handle of a task.
type taskHandle struct {
	Task   string `json:"taskId"`
	Source string `json:"sourceArn"`
}

func (m *moveTask) handle() string {
	text, _ := json.Marshal(taskHandle{m.ID, m.source.arn()})
	return base64.StdEncoding.EncodeToString(text)
}

type startMoveInput struct {
	SourceArn                    string
	DestinationArn               string
	MaxNumberOfMessagesPerSecond *int
}

type startMoveOutput struct{ TaskHandle string }

func keyOfARN(text string) (queueKey, bool) {
	a, ok := arn.Parse(text)
	return queueKey{a.Place(), a.Resource}, ok && a.Service == "sqs"
}

func (s *Service) startMessageMoveTask(_ context.Context, _ *awswire.Request, in *startMoveInput) (*startMoveOutput, error) {
	if in.SourceArn == "" {
		return nil, missing("SourceArn")
	}
	m := &moveTask{moveRow: moveRow{ID: uuid.NewString(), Destination: in.DestinationArn, Status: running}}
	if n := in.MaxNumberOfMessagesPerSecond; n != nil {
		if *n < 1 || *n > 500 {
			return nil, invalidValue(*n, "MaxNumberOfMessagesPerSecond", "Must be between 1 and 500, if provided.")
		}
		m.Rate = *n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byARN(in.SourceArn)
	if err != nil {
		return nil, err
	}
	if q == nil {
		return nil, notFound("SourceArn")
	}
	m.source = q.key
	if refusal, err := s.movable(q, in); refusal != nil || err != nil {
		return nil, errorsOr(err, orNil(refusal))
	}
	if err := q.catchUp(); err != nil {
		return nil, err
	}
	m.Started, m.ToMove = s.millis(), int64(q.visibleCount())
	var b kv.Batch
	b.Set(moveKey(q.key, m.Started), m.encode())
	if err := s.apply(&b); err != nil {
		return nil, err
	}
	s.run(m)
	return &startMoveOutput{m.handle()}, nil
}

func orNil(refusal *awswire.Error) error {
	if refusal == nil {
		return nil
	}
	return refusal
}

// byARN returns the queue of an ARN with its index, nil when there is none.
func (s *Service) byARN(text string) (*queue, error) {
	if err := s.resume(); err != nil {
		return nil, err
	}
	k, ok := keyOfARN(text)
	if !ok {
		return nil, nil
	}
	q, err := s.find(k)
	if err != nil || q == nil {
		return nil, err
	}
	return q, q.open()
}

// movable refuses a task that cannot begin.
func (s *Service) movable(q *queue, in *startMoveInput) (*awswire.Error, error) {
	if in.DestinationArn != "" {
		d, err := s.byARN(in.DestinationArn)
		switch {
		case err != nil:
			return nil, err
		case d == nil:
			return notFound("DestinationArn"), nil
		case d == q:
			return refuse(invalidParameter, "Source queue arn and destination queue arn cannot be the same."), nil
		case d.set.fifo != q.set.fifo:
			return refuse(invalidParameter, "The source queue and the destination queue must be of the same type."), nil
		}
	}
	sources, err := s.sources(q.key)
	if err != nil {
		return nil, err
	}
	if len(sources) == 0 {
		return refuse(invalidParameter, "Source queue must be configured as a Dead Letter Queue."), nil
	}
	if s.moves[q.key.arn()] != nil {
		return refuse(invalidParameter, "There is already a task running. Only one active task is allowed for a source queue arn at a given time."), nil
	}
	return nil, nil
}

// sources are the queues of the place whose dead-letter queue this is.
func (s *Service) sources(dead queueKey) ([]string, error) {
	prefix := placeKey(kindQueue, dead.place)
	var names []string
	for p, err := range s.store.Scan(prefix, kv.After(prefix), false) {
		if err != nil {
			return nil, err
		}
		rec, err := decodeRecord(p.Value)
		if err != nil {
			return nil, err
		}
		if read(false, rec.Attributes).deadLetter == dead.arn() {
			names = append(names, recordName(p.Key, prefix))
		}
	}
	return names, nil
}

// resume runs the tasks again that were running when the server ended, once.
func (s *Service) resume() error {
	if s.resumed || s.closed {
		return nil
	}
	for p, err := range s.store.Scan([]byte{kindMove}, []byte{kindMove + 1}, false) {
		if err != nil {
			return err
		}
		row, err := decodeMove(p.Value)
		if err != nil {
			return err
		}
		if row.Status == running {
			s.run(&moveTask{moveRow: row, source: moveSource(p.Key)})
		}
	}
	s.resumed = true
	return nil
}

// Resume runs the tasks again that were running when the server ended. Without it the first operation on a queue does it.
func (s *Service) Resume() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resume()
}

// moveSource is the queue in the key of a move.
func moveSource(key []byte) queueKey {
	parts := splitZeros(key[1 : len(key)-8])
	return queueKey{arn.Place{Region: parts[0], Account: parts[1]}, parts[2]}
}

// run carries a task out, beside.
func (s *Service) run(m *moveTask) {
	var ctx context.Context
	ctx, m.cancel = context.WithCancel(s.ctx)
	s.moves[m.source.arn()] = m
	s.running.Go(func() { s.move(ctx, m) })
}

// move moves messages until there are none, or the task ends otherwise.
func (s *Service) move(ctx context.Context, m *moveTask) {
	defer m.cancel()
	pace := time.NewTimer(0)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		wait, over := s.moveSome(ctx, m)
		if over {
			return
		}
		pace.Reset(wait)
	}
}

// moveSome moves a batch and tells how long to wait for the next.
func (s *Service) moveSome(ctx context.Context, m *moveTask) (time.Duration, bool) {
	n, wait := moveBatch, time.Duration(0)
	if m.Rate > 0 {
		n = max(1, m.Rate/10)
		wait = time.Duration(n) * time.Second / time.Duration(m.Rate)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || m.Status != running {
		return 0, true
	}
	moved, failure, err := s.moveBatch(m, n)
	if err != nil {
		s.log.Error("moving messages", "queue", m.source.name, "error", err)
		return time.Second, s.closed
	}
	if failure != "" {
		m.Status, m.Failure = failed, failure
	} else if moved == 0 {
		m.Status = completed
	}
	if m.Status == running {
		return wait, false
	}
	if err := s.endMove(m); err != nil {
		s.log.Error("ending a move task", "queue", m.source.name, "error", err)
	}
	return 0, true
}

// endMove stores how a task ended. Nothing leaves by it: a crash before it is durable carries the task out to its end again.
func (s *Service) endMove(m *moveTask) error {
	delete(s.moves, m.source.arn())
	var b kv.Batch
	b.Set(moveKey(m.source, m.Started), m.encode())
	return s.apply(&b)
}

// moveBatch moves up to n messages that are visible. A failure is why the task cannot go on.
func (s *Service) moveBatch(m *moveTask, n int) (moved int, failure string, err error) {
	q, err := s.find(m.source)
	if err != nil {
		return 0, "", err
	}
	if q == nil {
		return 0, "AWS.SimpleQueueService.NonExistentQueue", nil
	}
	if err := q.open(); err != nil {
		return 0, "", err
	}
	if err := q.catchUp(); err != nil {
		return 0, "", err
	}
	p := pick{q: q, now: s.millis(), most: n, bare: true}
	if err := p.collect(); err != nil {
		return 0, "", err
	}
	var touched []*queue
	for i, e := range p.list {
		to, why, err := s.destination(m, q, e)
		if err == nil && why == "" {
			err = s.moveOne(q, to, e, p.now, &p.b)
		}
		if err != nil || why != "" {
			for _, rest := range p.list[i:] {
				rest.where = ready
				q.put(rest)
			}
			failure = why
			if err != nil {
				return 0, "", err
			}
			break
		}
		moved++
		touched = append(touched, to)
	}
	m.Moved += int64(moved)
	p.b.Set(moveKey(m.source, m.Started), m.encode())
	if err := s.apply(&p.b); err != nil {
		return 0, "", err
	}
	for _, to := range touched {
		if err := to.serve(); err != nil {
			return moved, "", err
		}
	}
	return moved, failure, nil
}

// moveOne moves a message that is picked; it begins anew where it goes.
func (s *Service) moveOne(from, to *queue, e *entry, now int64, b *kv.Batch) error {
	msg, err := from.message(e.seq)
	if err != nil {
		return err
	}
	if msg != nil {
		msg.Source = ""
		to.adopt(msg, state{Sent: now}, now, b)
	}
	from.remove(e, b)
	return nil
}

// destination is where a message goes, or why that is not known.
func (s *Service) destination(m *moveTask, q *queue, e *entry) (*queue, string, error) {
	target := m.Destination
	if target == "" {
		msg, err := q.message(e.seq)
		if err != nil {
			return nil, "", err
		}
		if msg == nil || msg.Source == "" {
			return nil, "CouldNotDetermineMessageSource", nil
		}
		target = msg.Source
	}
	to, err := s.byARN(target)
	if err != nil || to == nil {
		return nil, "AWS.SimpleQueueService.NonExistentQueue", err
	}
	return to, "", nil
}

type cancelMoveInput struct{ TaskHandle string }

type cancelMoveOutput struct{ ApproximateNumberOfMessagesMoved int64 }

func (s *Service) cancelMessageMoveTask(_ context.Context, _ *awswire.Request, in *cancelMoveInput) (*cancelMoveOutput, error) {
	var h taskHandle
	text, err := base64.StdEncoding.DecodeString(in.TaskHandle)
	if err != nil || json.Unmarshal(text, &h) != nil {
		return nil, refuse(invalidParameter, "Value for parameter TaskHandle is invalid.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byARN(h.Source)
	if err != nil {
		return nil, err
	}
	if q == nil {
		return nil, notFound("SourceArn")
	}
	m := s.moves[h.Source]
	if m == nil || m.ID != h.Task {
		return nil, &awswire.Error{Code: resourceNotFound, Message: "Task does not exist.", Status: http.StatusNotFound}
	}
	m.Status = cancelled
	m.cancel()
	return &cancelMoveOutput{m.Moved}, s.endMove(m)
}

type listMovesInput struct {
	SourceArn  string
	MaxResults *int
}

type moveEntry struct {
	TaskHandle                        string `json:",omitempty"`
	Status                            string
	SourceArn                         string
	DestinationArn                    string `json:",omitempty"`
	MaxNumberOfMessagesPerSecond      int    `json:",omitempty"`
	ApproximateNumberOfMessagesMoved  int64
	ApproximateNumberOfMessagesToMove int64
	FailureReason                     string `json:",omitempty"`
	StartedTimestamp                  int64
}

type listMovesOutput struct{ Results []moveEntry }

func (s *Service) listMessageMoveTasks(_ context.Context, _ *awswire.Request, in *listMovesInput) (*listMovesOutput, error) {
	most := 1
	if in.MaxResults != nil {
		most = *in.MaxResults
	}
	if most < 1 || most > movesShown {
		return nil, invalidValue(most, "MaxResults", "Must be between 1 and 10, if provided.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byARN(in.SourceArn)
	if err != nil {
		return nil, err
	}
	if q == nil {
		return nil, notFound("SourceArn")
	}
	out := &listMovesOutput{Results: []moveEntry{}}
	prefix := movesKey(q.key)
	for p, err := range s.store.Scan(prefix, kv.After(prefix), true) {
		if err != nil {
			return nil, err
		}
		if len(out.Results) == most {
			break
		}
		row, err := decodeMove(p.Value)
		if err != nil {
			return nil, err
		}
		m := moveTask{moveRow: row, source: q.key}
		e := moveEntry{Status: m.Status, SourceArn: in.SourceArn, DestinationArn: m.Destination, MaxNumberOfMessagesPerSecond: m.Rate,
			ApproximateNumberOfMessagesMoved: m.Moved, ApproximateNumberOfMessagesToMove: m.ToMove, FailureReason: m.Failure, StartedTimestamp: m.Started}
		if m.Status == running {
			e.TaskHandle = m.handle()
		}
		out.Results = append(out.Results, e)
	}
	return out, nil
}

type deadLetterSourcesInput struct {
	QueueURL   string `json:"QueueUrl"`
	NextToken  string
	MaxResults *int
}

type deadLetterSourcesOutput struct {
	QueueURLs []string `json:"queueUrls"`
	NextToken string   `json:",omitempty"`
}

func (s *Service) listDeadLetterSourceQueues(_ context.Context, r *awswire.Request, in *deadLetterSourcesInput) (*deadLetterSourcesOutput, error) {
	s.mu.Lock()
	q, err := s.at(r, in.QueueURL)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	urls, next, err := s.list(r, in.MaxResults, in.NextToken, func(_ string, rec record) bool {
		return read(false, rec.Attributes).deadLetter == q.key.arn()
	})
	if err != nil {
		return nil, err
	}
	if urls == nil {
		urls = []string{}
	}
	return &deadLetterSourcesOutput{urls, next}, nil
}

func splitZeros(text []byte) []string {
	var parts []string
	begin := 0
	for i, c := range text {
		if c == 0 {
			parts, begin = append(parts, string(text[begin:i])), i+1
		}
	}
	return parts
}
