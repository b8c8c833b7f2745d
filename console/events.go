package console

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
)

var eventRoutes = []route{
	{"GET", "execution/events", Viewer, (*Server).events},
	{"GET", "execution/event", Viewer, (*Server).event},
}

// Bounds of a list of events.
const (
	defaultEvents = 5000
	maxEvents     = 30_000 // AWS's most, and some
	// eventChunk is how many events are read at once: each may have a payload, which is let go of with the chunk.
	eventChunk = 250
)

func (s *Server) events(c *call) (any, error) {
	name, err := c.arn()
	if err != nil {
		return nil, err
	}
	after, n := c.number("after", 0), int(c.number("n", defaultEvents))
	n = min(max(n, 1), maxEvents)
	list := &Events{Events: make([]Event, 0, min(n, 256))}
	err = s.walk(c.Context(), name, after+1, n, func(e *history.Event) {
		compact := compactOf(e)
		compact.Cause = c.person.cause(compact.Cause)
		list.Events = append(list.Events, compact)
	})
	if err != nil {
		return nil, err
	}
	last, err := s.lastEvent(c.Context(), name)
	if err != nil {
		return nil, err
	}
	list.Last, list.Ended = last.ID, isEnd(last.Type.String())
	return list, nil
}

// walk hands the events of an execution to f, in order, beginning with the one of that id, n at most. f keeps no payload.
func (s *Server) walk(ctx context.Context, name string, first int64, n int, f func(*history.Event)) error {
	if seen := s.express(name); seen != nil {
		for i := range seen.History {
			if e := &seen.History[i]; e.ID >= first && n > 0 {
				f(e)
				n--
			}
		}
		return nil
	}
	for n > 0 {
		events, err := s.opts.Engine.History(ctx, name, first, min(n, eventChunk), false)
		if err != nil {
			return err
		}
		for i := range events {
			f(&events[i])
		}
		n -= len(events)
		if len(events) < eventChunk {
			return nil
		}
		first = events[len(events)-1].ID + 1
	}
	return nil
}

// lastEvent returns the last event of an execution.
func (s *Server) lastEvent(ctx context.Context, name string) (*history.Event, error) {
	if seen := s.express(name); seen != nil {
		if len(seen.History) == 0 {
			return &history.Event{}, nil
		}
		return &seen.History[len(seen.History)-1], nil
	}
	events, err := s.opts.Engine.History(ctx, name, 0, 1, true)
	if err != nil || len(events) == 0 {
		return &history.Event{}, err
	}
	return &events[0], nil
}

// event answers with one event in full.
func (s *Server) event(c *call) (any, error) {
	name, err := c.arn()
	if err != nil {
		return nil, err
	}
	id := c.number("id", 0)
	var found json.RawMessage
	err = s.walk(c.Context(), name, max(id, 1), 1, func(e *history.Event) {
		if e.ID == id {
			found = c.person.eventJSON(e, false)
		}
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, &statelark.Error{Code: codeNotFound, Message: fmt.Sprintf("The execution has no event %d.", id)}
	}
	return &EventDetail{Event: found}, nil
}

// arn is the parameter arn of a request.
func (c *call) arn() (string, error) {
	text := c.URL.Query().Get("arn")
	if _, ok := arn.Parse(text); !ok {
		return "", &statelark.Error{Code: codeValidation, Message: "The parameter arn is missing, or is no ARN."}
	}
	return text, nil
}

// number is a parameter of a request that is a whole number.
func (c *call) number(name string, otherwise int64) int64 {
	n, err := strconv.ParseInt(cmp.Or(c.URL.Query().Get(name), "-"), 10, 64)
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}
