package logs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// stream is a log stream. Times are Unix ms.
type stream struct {
	Name     string `json:"name"`
	ID       string `json:"id"`
	Created  int64  `json:"created"`
	First    int64  `json:"first,omitempty"` // of the events' times
	Last     int64  `json:"last,omitempty"`
	Ingested int64  `json:"ingested,omitempty"`
	Events   int64  `json:"events,omitempty"` // that there ever were: the number of the last
	Bytes    int64  `json:"bytes,omitempty"`
}

type streamInput struct {
	Group      string `json:"logGroupName"`
	Identifier string `json:"logGroupIdentifier"`
	Stream     string `json:"logStreamName"`
}

func checkStream(name string) error {
	switch {
	case len(name) > maxName:
		return invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.")
	case name == "" || strings.ContainsAny(name, ":*"):
		return constraint(name, "logStreamName", "Member must satisfy regular expression pattern: [^:*]*")
	}
	return nil
}

// stream returns the group and the stream that a request names.
func (s *Service) stream(at arn.Place, in streamInput) (*group, *stream, error) {
	g, err := s.group(at, in.Group, in.Identifier)
	if err != nil {
		return nil, nil, err
	}
	if err := checkStream(in.Stream); err != nil {
		return nil, nil, err
	}
	st, err := s.streams.Get(at, g.ID, in.Stream)
	if err == nil && st == nil {
		err = notFound("log stream")
	}
	return g, st, err
}

func (s *Service) createLogStream(_ context.Context, r *awswire.Request, in *streamInput) (*struct{}, error) {
	if err := checkStream(in.Stream); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(r.Place, in.Group, "")
	if err != nil {
		return nil, err
	}
	st, err := s.streams.Get(r.Place, g.ID, in.Stream)
	if err != nil {
		return nil, err
	}
	if st != nil {
		return nil, refuse("ResourceAlreadyExistsException", "The specified log stream already exists")
	}
	st = &stream{Name: in.Stream, ID: uuid.NewString(), Created: ms(s.o.Now())}
	return nil, s.streams.Save(st, r.Place, g.ID, st.Name)
}

func (s *Service) deleteLogStream(_ context.Context, r *awswire.Request, in *streamInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, st, err := s.stream(r.Place, *in)
	if err != nil {
		return nil, err
	}
	var b kv.Batch
	s.events.DeleteAll(&b, r.Place, st.ID)
	s.streams.Delete(&b, r.Place, g.ID, st.Name)
	if err := s.o.Store.Apply(&b); err != nil {
		return nil, err
	}
	s.held.forget(st.ID)
	return nil, nil
}

type streamsInput struct {
	pageInput
	Group      string `json:"logGroupName"`
	Identifier string `json:"logGroupIdentifier"`
	Prefix     string `json:"logStreamNamePrefix"`
	Order      string `json:"orderBy"`
	Descending bool   `json:"descending"`
}

type streamOutput struct {
	Name     string `json:"logStreamName"`
	Created  int64  `json:"creationTime"`
	First    int64  `json:"firstEventTimestamp,omitempty"`
	Last     int64  `json:"lastEventTimestamp,omitempty"`
	Ingested int64  `json:"lastIngestionTime,omitempty"`
	Token    string `json:"uploadSequenceToken,omitempty"`
	ARN      string `json:"arn"`
	Stored   int64  `json:"storedBytes"` // which AWS tells no longer
}

type streamsOutput struct {
	Streams   []streamOutput `json:"logStreams"`
	NextToken string         `json:"nextToken,omitempty"`
}

func (s *Service) describeLogStreams(_ context.Context, r *awswire.Request, in *streamsInput) (*streamsOutput, error) {
	byTime := in.Order == "LastEventTime"
	if byTime && in.Prefix != "" {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	g, err := s.group(r.Place, in.Group, in.Identifier)
	if err != nil {
		return nil, err
	}
	var found []*stream
	for st, err := range s.streams.All(r.Place, g.ID) {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(st.Name, in.Prefix) {
			found = append(found, st)
		}
	}
	if byTime {
		slices.SortStableFunc(found, func(a, b *stream) int { return int(a.Last - b.Last) })
	}
	if in.Descending {
		slices.Reverse(found)
	}
	out := &streamsOutput{Streams: []streamOutput{}}
	if found, out.NextToken, err = page(found, in.NextToken, in.Limit, 50); err != nil {
		return nil, err
	}
	for _, st := range found {
		d := streamOutput{Name: st.Name, Created: st.Created, First: st.First, Last: st.Last, Ingested: st.Ingested,
			ARN: g.arn(r.Place) + ":log-stream:" + st.Name}
		if st.Events > 0 {
			d.Token = st.token()
		}
		out.Streams = append(out.Streams, d)
	}
	return out, nil
}

// token is the sequence token after the events that there are. Nobody has to give it any more.
func (st *stream) token() string { return fmt.Sprintf("49%054d", st.Events+1) }
