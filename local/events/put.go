package events

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/events/pattern"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

// Event is an event for the default bus, or that which Bus names.
type Event struct {
	Source     string
	DetailType string
	Detail     string // a JSON object
	Resources  []string
	Time       time.Time // zero: now
	Bus        string
}

// Emit puts an event of the server's own: in process its source may begin with "aws.".
func Emit(ctx context.Context, by awswire.Caller, at arn.Place, e Event) error {
	in := entry{Source: e.Source, DetailType: e.DetailType, Detail: &e.Detail, Resources: e.Resources, EventBusName: e.Bus}
	if !e.Time.IsZero() {
		seconds := local.Seconds(e.Time)
		in.Time = &seconds
	}
	input, err := local.Document(putEventsInput{Entries: []entry{in}})
	if err != nil {
		return err
	}
	reply, err := by.Call(ctx, &awswire.Request{Service: "events", Operation: "PutEvents", Place: at, Input: input, ID: uuid.NewString(), Length: -1})
	if err != nil {
		return err
	}
	if n, _ := reply.Output.Get("FailedEntryCount"); n.Float() > 0 {
		return fmt.Errorf("putting an event: %s", reply.Output.Text())
	}
	return nil
}

type putEventsInput struct {
	Entries    []entry
	EndpointID string `json:"EndpointId,omitempty"`
}

type entry struct {
	Time         *float64 `json:",omitempty"`
	Source       string
	Resources    []string `json:",omitempty"`
	DetailType   string
	Detail       *string
	EventBusName string `json:",omitempty"`
}

type entryResult struct {
	EventID      string `json:"EventId,omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

type putEventsOutput struct {
	FailedEntryCount int
	Entries          []entryResult
}

// maxEntriesBytes is how large the entries of a request are together.
const maxEntriesBytes = 1 << 20

// size is what an entry counts.
func (e *entry) size() int {
	n := len(e.Source) + len(e.DetailType)
	if e.Time != nil {
		n += 14
	}
	if e.Detail != nil {
		n += len(*e.Detail)
	}
	for _, r := range e.Resources {
		n += len(r)
	}
	return n
}

func (s *Service) putEvents(_ context.Context, r *awswire.Request, in *putEventsInput) (*putEventsOutput, error) {
	if in.EndpointID != "" {
		return nil, invalid("Parameter EndpointId is not valid. Reason: global endpoints are not built in.")
	}
	total := 0
	for i := range in.Entries {
		total += in.Entries[i].size()
	}
	if total > maxEntriesBytes {
		return nil, invalid("Total size of the entries in the request is over the limit.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &putEventsOutput{Entries: []entryResult{}}
	for i := range in.Entries {
		var b kv.Batch
		result, err := s.putEntry(&b, r, &in.Entries[i])
		if err == nil {
			err = s.apply(&b)
		}
		if err != nil {
			return nil, err
		}
		if result.ErrorCode != "" {
			out.FailedEntryCount++
		}
		out.Entries = append(out.Entries, result)
	}
	return out, nil
}

// apply stores a batch, and has what is due in it done.
func (s *Service) apply(b *kv.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := s.o.Store.Apply(b); err != nil {
		return err
	}
	s.pump.wake()
	return nil
}

func required(name string) entryResult {
	return entryResult{ErrorCode: "InvalidArgument", ErrorMessage: "Parameter " + name + " is not valid. Reason: " + name + " is a required argument."}
}

func (s *Service) putEntry(b *kv.Batch, r *awswire.Request, e *entry) (entryResult, error) {
	switch {
	case e.Source == "":
		return required("Source"), nil
	case e.DetailType == "":
		return required("DetailType"), nil
	case e.Detail == nil || *e.Detail == "":
		return required("Detail"), nil
	case strings.HasPrefix(e.Source, "aws.") && r.Header != nil:
		return entryResult{ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source."}, nil
	}
	detail, err := value.Parse(*e.Detail)
	if err != nil || detail.Kind() != value.Object {
		return entryResult{ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed."}, nil
	}
	at, bus := busAt(r.Place, e.EventBusName)
	when := s.o.Now()
	if e.Time != nil {
		when = time.UnixMilli(int64(*e.Time * 1000))
	}
	id := uuid.NewString()
	// The account is the caller's, whoever the bus belongs to.
	return entryResult{EventID: id}, s.accept(b, at, bus, makeEvent(id, r.Place, e, detail, when), 0)
}

// makeEvent is an event as rules and targets see it.
func makeEvent(id string, from arn.Place, e *entry, detail value.Value, when time.Time) value.Value {
	text := value.FromString
	resources := make([]value.Value, 0, len(e.Resources))
	for _, r := range e.Resources {
		resources = append(resources, text(r))
	}
	return value.NewObject([]value.Member{
		{Key: "version", Value: text("0")}, {Key: "id", Value: text(id)}, {Key: "detail-type", Value: text(e.DetailType)},
		{Key: "source", Value: text(e.Source)}, {Key: "account", Value: text(from.Account)},
		{Key: "time", Value: text(when.UTC().Format(time.RFC3339))}, {Key: "region", Value: text(from.Region)},
		{Key: "resources", Value: value.NewArray(resources)}, {Key: "detail", Value: detail.Compacted()},
	})
}

// maxHops is over how many buses an event may go.
const maxHops = 5

// accept puts what becomes of an event on a bus into a batch: deliveries, and its place in archives. A bus that is not there
// takes everything. s.mu is held.
func (s *Service) accept(b *kv.Batch, at arn.Place, bus string, event value.Value, hops int) error {
	if hops > maxHops {
		return nil
	}
	text := event.Compact()
	if err := s.match(b, at, bus, event, text, hops, nil); err != nil {
		return err
	}
	return s.archive(b, at, bus, event, text)
}

// match puts deliveries of an event into a batch, for the rules that it fits; only: for these alone, nil: for all.
func (s *Service) match(b *kv.Batch, at arn.Place, bus string, event value.Value, text string, hops int, only map[string]bool) error {
	var fields *pattern.Event
	for x, err := range s.rules.All(at, bus) {
		if err != nil {
			return err
		}
		full := ruleARN(at, bus, x.Name)
		if x.Pattern == "" || x.State == disabled || len(x.Targets) == 0 || only != nil && !only[full] {
			continue
		}
		p, err := s.pattern(x.Pattern)
		if err != nil {
			return err
		}
		if fields == nil {
			fields = pattern.NewEvent(event)
		}
		if p.Match(fields) {
			if err := s.deliver(b, at, x, text, hops); err != nil {
				return err
			}
		}
	}
	return nil
}

type testPatternInput struct{ EventPattern, Event string }

type testPatternOutput struct{ Result bool }

func (s *Service) testEventPattern(_ context.Context, _ *awswire.Request, in *testPatternInput) (*testPatternOutput, error) {
	p, err := pattern.Parse(in.EventPattern)
	if err != nil {
		return nil, refuse("InvalidEventPatternException", "%s", err)
	}
	event, bad := value.Parse(in.Event)
	if bad != nil || event.Kind() != value.Object {
		return nil, invalid("Parameter Event is not valid.")
	}
	for _, name := range []string{"id", "account", "source", "time", "region", "detail-type"} {
		if _, ok := event.Get(name); !ok {
			return nil, invalid("Parameter Event is not valid.")
		}
	}
	return &testPatternOutput{p.Match(pattern.NewEvent(event))}, nil
}
