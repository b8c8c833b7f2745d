package ssm

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

const maxTags = 50

// merged is some tags with others added, which win.
func merged(have, more []tag) ([]tag, error) {
	have = slices.Clone(have)
	for _, t := range more {
		if strings.HasPrefix(t.Key, "aws:") {
			return nil, invalid("Tag keys that begin with aws: are reserved.")
		}
		if at := slices.IndexFunc(have, func(u tag) bool { return u.Key == t.Key }); at >= 0 {
			have[at] = t
		} else {
			have = append(have, t)
		}
	}
	if len(have) > maxTags {
		return nil, refuse("TooManyTagsError", "A parameter can have %d tags at most.", maxTags)
	}
	return have, nil
}

type tagInput struct {
	ResourceType string
	ResourceID   string `json:"ResourceId"`
	Tags         []tag
	TagKeys      []string
}

// tagged returns the parameter that a request is about. Nothing else has tags here.
func (s *Service) tagged(r *awswire.Request, in *tagInput) (*parameter, error) {
	if in.ResourceType != "Parameter" {
		return nil, refuse("InvalidResourceType", "%s is not a valid resource type here. Valid resource types are: Parameter.", in.ResourceType)
	}
	p, err := s.load(r.Place, nameOf(r.Place, in.ResourceID))
	if err == nil && p == nil {
		err = refuse("InvalidResourceId", "The resource ID %q is not valid. Verify the ID and try again.", in.ResourceID)
	}
	return p, err
}

func (s *Service) addTags(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.tagged(r, in)
	if err != nil {
		return nil, err
	}
	if p.Tags, err = merged(p.Tags, in.Tags); err != nil {
		return nil, err
	}
	return nil, s.store(new(kv.Batch), r.Place, p, nil)
}

func (s *Service) removeTags(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.tagged(r, in)
	if err != nil {
		return nil, err
	}
	p.Tags = slices.DeleteFunc(p.Tags, func(t tag) bool { return slices.Contains(in.TagKeys, t.Key) })
	return nil, s.store(new(kv.Batch), r.Place, p, nil)
}

type tagsOutput struct{ TagList []tag }

func (s *Service) listTags(_ context.Context, r *awswire.Request, in *tagInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.tagged(r, in)
	if err != nil {
		return nil, err
	}
	return &tagsOutput{append([]tag{}, p.Tags...)}, nil
}
