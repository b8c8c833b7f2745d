package events

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

type tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

const maxTags = 50

// merged is some tags with others added, which win.
func merged(have, more []tag) ([]tag, error) {
	have = slices.Clone(have)
	for _, t := range more {
		if at := slices.IndexFunc(have, func(u tag) bool { return u.Key == t.Key }); at >= 0 {
			have[at] = t
		} else {
			have = append(have, t)
		}
	}
	if len(have) > maxTags {
		return nil, tooMany()
	}
	return have, nil
}

type tagInput struct {
	ResourceARN string
	Tags        []tag
	TagKeys     []string
}

// tags calls do with the tags of a rule or a bus, and stores what it returns when it says so.
func (s *Service) tags(resource string, do func([]tag) (changed []tag, save bool, err error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := arn.Parse(resource)
	at := a.Place()
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch {
	case ok && kind == "event-bus":
		at, b, err := s.known(at, resource)
		if err != nil {
			return err
		}
		changed, save, err := do(b.Tags)
		if err != nil || !save {
			return err
		}
		b.Tags = changed
		return s.buses.Save(b, at, b.Name)
	case ok && kind == "rule":
		bus, rest, custom := strings.Cut(name, "/")
		if !custom {
			bus, rest = defaultBus, name
		}
		x, err := s.rules.Get(at, bus, rest)
		if err != nil {
			return err
		}
		if x == nil {
			return notFound("Rule %s does not exist on EventBus %s.", rest, bus)
		}
		changed, save, err := do(x.Tags)
		if err != nil || !save {
			return err
		}
		x.Tags = changed
		return s.rules.Save(x, at, bus, rest)
	}
	return invalid("Parameter ResourceARN is not valid: rules and event buses have tags here.")
}

func (s *Service) tagResource(_ context.Context, _ *awswire.Request, in *tagInput) (*struct{}, error) {
	return nil, s.tags(in.ResourceARN, func(have []tag) ([]tag, bool, error) {
		have, err := merged(have, in.Tags)
		return have, true, err
	})
}

func (s *Service) untagResource(_ context.Context, _ *awswire.Request, in *tagInput) (*struct{}, error) {
	return nil, s.tags(in.ResourceARN, func(have []tag) ([]tag, bool, error) {
		return slices.DeleteFunc(have, func(t tag) bool { return slices.Contains(in.TagKeys, t.Key) }), true, nil
	})
}

type tagsOutput struct{ Tags []tag }

func (s *Service) listTagsForResource(_ context.Context, _ *awswire.Request, in *tagInput) (*tagsOutput, error) {
	out := &tagsOutput{[]tag{}}
	return out, s.tags(in.ResourceARN, func(have []tag) ([]tag, bool, error) {
		out.Tags = append(out.Tags, have...)
		return nil, false, nil
	})
}
