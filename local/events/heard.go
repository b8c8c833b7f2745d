package events

import (
	"context"
	"strings"
	"sync"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
)

// hearing knows in which places anybody listens to the default bus, so that who has an event need not make it for nobody.
type hearing struct {
	mu     sync.Mutex
	places map[arn.Place]bool // as far as they were asked for since the last change
}

// Heard reports whether a rule or an archive may want an event on the default bus of a place.
func (s *Service) Heard(at arn.Place) bool {
	s.hearing.mu.Lock()
	defer s.hearing.mu.Unlock()
	heard, known := s.hearing.places[at]
	if !known {
		heard = s.anybody(at)
		s.hearing.places[at] = heard
	}
	return heard
}

// anybody looks for a rule or an archive. What cannot be read is told to the next one who asks the service itself.
func (s *Service) anybody(at arn.Place) bool {
	for _, key := range [][]byte{s.rules.Key(at), s.archives.Key(at)} {
		for range s.o.Store.Scan(key, kv.After(key), false) { //nolint:errcheck // an error counts as somebody, whom the service then cannot read
			return true
		}
	}
	return false
}

// changing wraps an operation that may change who listens.
func (s *Service) changing(name string, do local.Operation) local.Operation {
	for _, reads := range []string{"PutEvents", "TestEventPattern", "Describe", "List"} {
		if strings.HasPrefix(name, reads) {
			return do
		}
	}
	return func(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
		reply, err := do(ctx, r)
		s.hearing.mu.Lock()
		clear(s.hearing.places)
		s.hearing.mu.Unlock()
		return reply, err
	}
}
