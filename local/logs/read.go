package logs

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// Limits of an answer.
const maxAnswerBytes = 1 << 20

type getInput struct {
	streamInput
	pageInput
	Start    *int64 `json:"startTime"`
	End      *int64 `json:"endTime"`
	FromHead bool   `json:"startFromHead"`
}

type outputEvent struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
	Ingested  int64  `json:"ingestionTime"`
}

type getOutput struct {
	Events   []outputEvent `json:"events"`
	Forward  string        `json:"nextForwardToken"`
	Backward string        `json:"nextBackwardToken"`
}

// position is the place of an event in its stream.
type position struct{ at, number int64 }

const forwardToken, backwardToken = "f/", "b/"

func (p position) token(kind string) string {
	return fmt.Sprintf("%s3%013d%020d%022d/s", kind, p.at, p.number, 0)
}

func readToken(text string) (kind string, p position, err error) {
	bad := invalid("The specified nextToken is invalid.")
	if len(text) != len("f/")+56+len("/s") || !strings.HasSuffix(text, "/s") || text[2] != '3' {
		return "", p, bad
	}
	if kind = text[:2]; kind != forwardToken && kind != backwardToken {
		return "", p, bad
	}
	if _, err := fmt.Sscanf(text[3:3+13]+" "+text[16:16+20], "%d %d", &p.at, &p.number); err != nil {
		return "", p, bad
	}
	return kind, p, nil
}

func (s *Service) getLogEvents(_ context.Context, r *awswire.Request, in *getInput) (*getOutput, error) {
	g, st, err := s.stream(r.Place, in.streamInput)
	if err != nil {
		return nil, err
	}
	from, to := s.between(r.Place, g, st, in.Start, in.End)
	backward, here := !in.FromHead, position{}
	if in.NextToken != "" {
		kind, p, err := readToken(in.NextToken)
		if err != nil {
			return nil, err
		}
		key := s.events.Key(r.Place, st.ID, stamp(p.at), number(p.number))
		if backward, here = kind == backwardToken, p; backward {
			to = slices.MinFunc([][]byte{to, key}, slices.Compare)
		} else {
			from = slices.MaxFunc([][]byte{from, key}, slices.Compare)
		}
	}
	found, err := s.take(from, to, backward, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &getOutput{Events: []outputEvent{}}
	first, after := here, here
	for i, e := range found {
		if i == 0 {
			first = position{e.At, e.Number}
		}
		after = position{e.At, e.Number + 1}
		out.Events = append(out.Events, outputEvent{e.At, e.Message, e.Ingested})
	}
	out.Forward, out.Backward = after.token(forwardToken), first.token(backwardToken)
	return out, nil
}

// between are the keys of a stream's events from a time to below another.
func (s *Service) between(at arn.Place, g *group, st *stream, start, end *int64) (from, to []byte) {
	first := g.since(s.o.Now())
	if start != nil {
		first = max(first, *start)
	}
	to = kv.After(s.events.Key(at, st.ID))
	if end != nil && *end < math.MaxInt64/2 {
		to = s.events.Key(at, st.ID, stamp(*end))
	}
	return s.events.Key(at, st.ID, stamp(first)), to
}

// take returns as many events as an answer may have, of the last ones when it goes backward; in order.
func (s *Service) take(from, to []byte, backward bool, limit int) ([]*event, error) {
	if limit == 0 {
		limit = maxEvents
	}
	var found []*event
	if slices.Compare(from, to) >= 0 {
		return nil, nil
	}
	size := 0
	for e, err := range s.events.Range(from, to, backward) {
		if err != nil {
			return nil, err
		}
		if size += len(e.Message) + eventBytes; len(found) == limit || size > maxAnswerBytes && len(found) > 0 {
			break
		}
		found = append(found, e)
	}
	if backward {
		slices.Reverse(found)
	}
	return found, nil
}

type filterInput struct {
	pageInput
	Group      string   `json:"logGroupName"`
	Identifier string   `json:"logGroupIdentifier"`
	Streams    []string `json:"logStreamNames"`
	Prefix     string   `json:"logStreamNamePrefix"`
	Start      *int64   `json:"startTime"`
	End        *int64   `json:"endTime"`
	Pattern    string   `json:"filterPattern"`
}

type filteredEvent struct {
	Stream    string `json:"logStreamName"`
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
	Ingested  int64  `json:"ingestionTime"`
	ID        string `json:"eventId"`
}

type filterOutput struct {
	Events    []filteredEvent `json:"events"`
	Searched  []struct{}      `json:"searchedLogStreams"` // which AWS tells no longer
	NextToken string          `json:"nextToken,omitempty"`
}

// maxSearched is how many events one call looks at.
const maxSearched = 100_000

func (s *Service) filterLogEvents(ctx context.Context, r *awswire.Request, in *filterInput) (*filterOutput, error) {
	if len(in.Streams) > 0 && in.Prefix != "" {
		return nil, invalid("LogStream names and LogStream name prefix are mutually exclusive parameters.")
	}
	if in.End != nil && in.Start != nil && *in.End < *in.Start {
		return nil, invalid("End time should not be before start time.")
	}
	p, err := parsePattern(in.Pattern)
	if err != nil {
		return nil, err
	}
	g, err := s.group(r.Place, in.Group, in.Identifier)
	if err != nil {
		return nil, err
	}
	streams, err := s.chosen(r.Place, g, in)
	if err != nil {
		return nil, err
	}
	resume, err := readResume(in.NextToken)
	if err != nil {
		return nil, err
	}
	limit := in.Limit
	if limit == 0 {
		limit = maxEvents
	}
	out := &filterOutput{Events: []filteredEvent{}, Searched: []struct{}{}}
	if in.End != nil { // it belongs to the time that is asked for
		after := min(*in.End, math.MaxInt64/2) + 1
		in.End = &after
	}
	size, searched := 0, 0
	for x, err := range s.merged(r.Place, g, streams, in.Start, in.End, resume) {
		if err != nil {
			return nil, err
		}
		if searched++; searched > maxSearched || len(out.Events) == limit || size > maxAnswerBytes || ctx.Err() != nil {
			out.NextToken = x.resume()
			return out, ctx.Err()
		}
		if _, ok := p.match(x.Message); ok {
			out.Events = append(out.Events, filteredEvent{x.stream.Name, x.At, x.Message, x.Ingested, x.id(x.stream)})
			size += len(x.Message) + eventBytes
		}
	}
	return out, nil
}

// chosen returns the streams that a request is about.
func (s *Service) chosen(at arn.Place, g *group, in *filterInput) ([]*stream, error) {
	var streams []*stream
	if len(in.Streams) > 0 {
		for _, name := range in.Streams {
			st, err := s.streams.Get(at, g.ID, name)
			if err != nil {
				return nil, err
			}
			if st == nil {
				return nil, notFound("log stream")
			}
			streams = append(streams, st)
		}
		return streams, nil
	}
	for st, err := range s.streams.All(at, g.ID) {
		if err != nil {
			return nil, err
		}
		if st.Events > 0 && strings.HasPrefix(st.Name, in.Prefix) {
			streams = append(streams, st)
		}
	}
	return streams, nil
}

// resume is where a search goes on: at an event of a stream.
type resume struct {
	position
	stream string
}

func (x merged) resume() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %d %s", x.At, x.Number, x.stream.ID))
}

func readResume(token string) (r resume, err error) {
	if token == "" {
		return r, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%d %d %s", &r.at, &r.number, &r.stream)
	}
	if err != nil {
		return r, invalid("The specified nextToken is invalid.")
	}
	return r, nil
}
