package secrets

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
)

const maxTags = 50

// merged is some tags with others added, which win.
func merged(have, more []tag) ([]tag, error) {
	have = slices.Clone(have)
	for i, t := range more {
		if strings.HasPrefix(t.Key, "aws:") {
			return nil, invalidParameter("Tag keys that begin with aws: are reserved.")
		}
		if slices.ContainsFunc(more[:i], func(u tag) bool { return u.Key == t.Key }) {
			return nil, invalidParameter("Duplicate tag keys found: " + t.Key)
		}
		if at := slices.IndexFunc(have, func(u tag) bool { return u.Key == t.Key }); at >= 0 {
			have[at] = t
		} else {
			have = append(have, t)
		}
	}
	if len(have) > maxTags {
		return nil, invalidParameter("You can't add more than 50 tags to a secret.")
	}
	return have, nil
}

type tagInput struct {
	SecretID string `json:"SecretId"`
	Tags     []tag
	TagKeys  []string
}

func (s *Service) tagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	if x.Tags, err = merged(x.Tags, in.Tags); err != nil {
		return nil, err
	}
	return nil, s.save(r.Place, x)
}

func (s *Service) untagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	x.Tags = slices.DeleteFunc(x.Tags, func(t tag) bool { return slices.Contains(in.TagKeys, t.Key) })
	return nil, s.save(r.Place, x)
}
