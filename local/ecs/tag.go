package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// maxTags is how many tags a resource has at most.
const maxTags = 50

type tagInput struct {
	ARN  string   `json:"resourceArn"`
	Tags []tag    `json:"tags"`
	Keys []string `json:"tagKeys"`
}

type tagOutput struct {
	Tags []tag `json:"tags"`
}

func (s *Service) tagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	return nil, s.changeTags(r, in.ARN, func(tags []tag) []tag {
		for _, t := range in.Tags {
			tags = slices.DeleteFunc(tags, func(old tag) bool { return old.Key == t.Key })
			tags = append(tags, t)
		}
		return tags
	})
}

func (s *Service) untagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	return nil, s.changeTags(r, in.ARN, func(tags []tag) []tag {
		return slices.DeleteFunc(tags, func(t tag) bool { return slices.Contains(in.Keys, t.Key) })
	})
}

func (s *Service) listTags(_ context.Context, r *awswire.Request, in *tagInput) (*tagOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, _, err := s.tags(r, in.ARN)
	if err != nil {
		return nil, err
	}
	return &tagOutput{orNone(*tags)}, nil
}

// changeTags lets change see the tags of a resource, and stores what it makes of them.
func (s *Service) changeTags(r *awswire.Request, id string, change func([]tag) []tag) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, save, err := s.tags(r, id)
	if err != nil {
		return err
	}
	before := len(*tags)
	*tags = change(*tags)
	if len(*tags) > maxTags && len(*tags) > before {
		return invalid("Too many tags. A resource has at most %d.", maxTags)
	}
	return save()
}

// tags returns the tags of a resource and how they are stored.
func (s *Service) tags(r *awswire.Request, id string) (tags *[]tag, save func() error, err error) {
	a, _ := arn.Parse(id)
	kind, name, _ := strings.Cut(a.Resource, "/")
	tags, save, err = s.tagsOf(r.Place, kind, name)
	if err == nil && save == nil {
		err = invalid("The specified %s was not found.", strings.ReplaceAll(kind, "-", " "))
	}
	return tags, save, err
}

// tagsOf returns the tags of a resource and how they are stored; nil when it is not there.
func (s *Service) tagsOf(at arn.Place, kind, name string) (*[]tag, func() error, error) {
	switch kind {
	case "cluster":
		c, err := s.clusters.Get(at, name)
		if err != nil || c == nil {
			return nil, nil, err
		}
		return &c.Tags, func() error { return s.clusters.Save(c, at, name) }, nil
	case "task-definition":
		d, err := s.findDefinition(at, name)
		if err != nil || d == nil {
			return nil, nil, err
		}
		return &d.Tags, func() error { return s.definitions.Save(d, at, d.Family, number(d.Revision)) }, nil
	case "task":
		cluster, id, _ := strings.Cut(name, "/")
		t, err := s.tasks.Get(at, cluster, id)
		if err != nil || t == nil {
			return nil, nil, err
		}
		return &t.Tags, func() error { return s.tasks.Save(t, at, cluster, id) }, nil
	}
	return nil, nil, nil
}
