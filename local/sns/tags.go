package sns

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/statelark/statelark/awswire"
)

const maxTags = 50

// tagMap is a list of tags by key.
func tagMap(list []tag) (map[string]string, *awswire.Error) {
	tags := map[string]string{}
	for _, t := range list {
		if _, twice := tags[t.Key]; twice {
			return nil, invalid("Duplicated keys are not allowed.")
		}
		tags[t.Key] = t.Value
	}
	if len(tags) > maxTags {
		return nil, tooManyTags()
	}
	return tags, nil
}

func tooManyTags() *awswire.Error {
	return refuse(tagLimit, "Could not complete request: tag quota of per resource exceeded")
}

// resource returns the topic that has tags. s.mu is held.
func (s *Service) resource(r *awswire.Request, text string) (*topic, error) {
	k, refusal := topicOf(r, "ResourceArn", text)
	if refusal != nil {
		return nil, refusal
	}
	t, err := s.find(k)
	if err == nil && t == nil {
		return nil, &awswire.Error{Code: "ResourceNotFound", Message: "Resource does not exist", Status: http.StatusNotFound}
	}
	return t, err
}

type tagInput struct {
	ResourceARN string `json:"ResourceArn"`
	Tags        []tag
	TagKeys     []string
}

func (s *Service) tagResource(_ context.Context, r *awswire.Request, in *tagInput) (*empty, error) {
	added, refusal := tagMap(in.Tags)
	if refusal != nil {
		return nil, refusal
	}
	return &empty{}, s.retag(r, in.ResourceARN, func(tags map[string]string) { maps.Copy(tags, added) })
}

func (s *Service) untagResource(_ context.Context, r *awswire.Request, in *tagInput) (*empty, error) {
	return &empty{}, s.retag(r, in.ResourceARN, func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
}

func (s *Service) retag(r *awswire.Request, resource string, change func(map[string]string)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.resource(r, resource)
	if err != nil {
		return err
	}
	tags := maps.Clone(t.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	change(tags)
	if len(tags) > maxTags {
		return tooManyTags()
	}
	t.Tags = tags
	return s.save(t)
}

type tagsOutput struct{ Tags []tag }

func (s *Service) listTagsForResource(_ context.Context, r *awswire.Request, in *tagInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.resource(r, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	out := &tagsOutput{Tags: []tag{}}
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		out.Tags = append(out.Tags, tag{key, t.Tags[key]})
	}
	return out, nil
}
