package logs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// event is an event of a stream.
type event struct {
	At       int64  `json:"at"` // Unix ms
	Number   int64  `json:"number"`
	Ingested int64  `json:"ingested"`
	Message  string `json:"message"`
}

func stamp(at int64) string { return fmt.Sprintf("%013d", max(at, 0)) }

func number(n int64) string { return fmt.Sprintf("%020d", n) }

// id is the id of an event: 56 digits.
func (e *event) id(st *stream) string {
	return fmt.Sprintf("3%s%s%022d", stamp(e.At), st.short(), e.Number)
}

// short is a number of 20 digits that the stream's id gives.
func (st *stream) short() string {
	n := uint64(0)
	for i := range len(st.ID) {
		n = n*31 + uint64(st.ID[i])
	}
	return fmt.Sprintf("%020d", n)
}

type inputEvent struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

type putInput struct {
	streamInput
	Events []inputEvent `json:"logEvents"`
}

// rejected tells which events were not taken; each is an index that begins or ends them.
type rejected struct {
	TooNew  *int `json:"tooNewLogEventStartIndex,omitempty"`
	TooOld  *int `json:"tooOldLogEventEndIndex,omitempty"`
	Expired *int `json:"expiredLogEventEndIndex,omitempty"`
}

type putOutput struct {
	Token    string    `json:"nextSequenceToken"`
	Rejected *rejected `json:"rejectedLogEventsInfo,omitempty"`
}

// Limits of a batch.
const (
	maxBatchBytes = 1 << 20
	eventBytes    = 26 // what an event counts beside its message
	maxEvents     = 10000
	maxSpan       = 24 * time.Hour
	maxAge        = 14 * 24 * time.Hour
	maxAhead      = 2 * time.Hour
)

func (in *putInput) check() error {
	if len(in.Events) == 0 || len(in.Events) > maxEvents {
		return constraint("[]", "logEvents", fmt.Sprintf("Member must have length between 1 and %d", maxEvents))
	}
	size := 0
	for i, e := range in.Events {
		if size += len(e.Message) + eventBytes; e.Message == "" {
			return constraint("", fmt.Sprintf("logEvents.%d.member.message", i+1), "Member must have length greater than or equal to 1")
		}
		if len(e.Message)+eventBytes > maxBatchBytes {
			return invalid("Log event too large: %d bytes exceeds limit of %d", len(e.Message)+eventBytes, maxBatchBytes)
		}
		if i > 0 && e.Timestamp < in.Events[i-1].Timestamp {
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if in.Events[len(in.Events)-1].Timestamp-in.Events[0].Timestamp > maxSpan.Milliseconds() {
		return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	if size > maxBatchBytes {
		return invalid("Upload too large: %d bytes exceeds limit of %d", size, maxBatchBytes)
	}
	return nil
}

func (s *Service) putLogEvents(_ context.Context, r *awswire.Request, in *putInput) (*putOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, st, err := s.stream(r.Place, in.streamInput)
	if err != nil {
		return nil, err
	}
	from, to, no := in.accepted(g, s.o.Now())
	if from == to {
		return &putOutput{st.token(), no}, nil
	}
	events := make([]*event, 0, to-from)
	now := ms(s.o.Now())
	var b kv.Batch
	for _, x := range in.Events[from:to] {
		st.Events++
		e := &event{x.Timestamp, st.Events, now, x.Message}
		if err := s.events.Set(&b, e, r.Place, st.ID, stamp(e.At), number(e.Number)); err != nil {
			return nil, err
		}
		events = append(events, e)
		st.Bytes += int64(len(e.Message) + eventBytes)
	}
	if first := events[0].At; st.First == 0 || first < st.First {
		st.First = first
	}
	st.Last, st.Ingested = max(st.Last, events[len(events)-1].At), now
	if err := s.streams.Set(&b, st, r.Place, g.ID, st.Name); err != nil {
		return nil, err
	}
	if g.Retention > 0 {
		if err := s.sweep(&b, r.Place, g); err != nil {
			return nil, err
		}
	}
	if err := s.o.Store.Apply(&b); err != nil {
		return nil, err
	}
	s.writes++
	s.held.add(r.Place, g, st, events, s.writes)
	if err := s.trim(); err != nil {
		return nil, err
	}
	return &putOutput{st.token(), no}, s.publish(r.Place, g, st, events)
}

// accepted returns which events are neither too old nor too new.
func (in *putInput) accepted(g *group, now time.Time) (from, to int, no *rejected) {
	before := func(t int64) int {
		n, _ := slices.BinarySearchFunc(in.Events, t, func(e inputEvent, t int64) int { return int(min(max(e.Timestamp-t, -1), 1)) })
		return n
	}
	note := func(n int) *int {
		if no == nil {
			no = &rejected{}
		}
		return &n
	}
	if n := before(g.since(now)); n > 0 {
		from = n
		p := note(n)
		no.Expired = p
	}
	if n := before(ms(now.Add(-maxAge))); n > from {
		from = n
		p := note(n)
		no.TooOld = p
	}
	to = len(in.Events)
	if n := before(ms(now.Add(maxAhead)) + 1); n < to {
		to = n
		p := note(n)
		no.TooNew = p
	}
	return min(from, to), to, no
}
