package batch

import (
	"context"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// maxTags is how many tags a resource has at most.
const maxTags = 50

type tagInput struct {
	ARN  string            `json:"resourceArn"`
	Tags map[string]string `json:"tags"`
	Keys []string          `json:"tagKeys"`
}

type tagOutput struct {
	Tags map[string]string `json:"tags"`
}

func (s *Service) tagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	return nil, s.changeTags(r, in.ARN, func(tags map[string]string) {
		for k, v := range in.Tags {
			tags[k] = v
		}
	})
}

func (s *Service) untagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	return nil, s.changeTags(r, in.ARN, func(tags map[string]string) {
		for _, k := range in.Keys {
			delete(tags, k)
		}
	})
}

func (s *Service) listTags(_ context.Context, r *awswire.Request, in *tagInput) (*tagOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, _, err := s.tags(r, in.ARN)
	if err != nil {
		return nil, err
	}
	return &tagOutput{orEmpty(*tags)}, nil
}

// changeTags lets change see the tags of a resource, and stores what it makes of them.
func (s *Service) changeTags(r *awswire.Request, id string, change func(map[string]string)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, save, err := s.tags(r, id)
	if err != nil {
		return err
	}
	before := len(*tags)
	if *tags == nil {
		*tags = map[string]string{}
	}
	change(*tags)
	if len(*tags) > maxTags && len(*tags) > before {
		return refuse(r, "A resource has at most %d tags", maxTags)
	}
	return save()
}

// tags returns the tags of a resource and how they are stored.
func (s *Service) tags(r *awswire.Request, id string) (tags *map[string]string, save func() error, err error) {
	a, _ := arn.Parse(id)
	kind, name, _ := strings.Cut(a.Resource, "/")
	tags, save, err = s.tagsOf(r.Place, kind, name)
	if err == nil && save == nil {
		err = refuse(r, "Resource %s does not exist", id)
	}
	return tags, save, err
}

// tagsOf returns the tags of a resource and how they are stored; nil when it is not there.
func (s *Service) tagsOf(at arn.Place, kind, name string) (tags *map[string]string, save func() error, err error) {
	switch kind {
	case "job-definition":
		d, err := s.findDefinition(at, name)
		if err != nil || d == nil {
			return nil, nil, err
		}
		return &d.Tags, func() error { return s.definitions.Save(d, at, d.Name, number(d.Revision)) }, nil
	case "job-queue":
		q, err := s.queues.Get(at, name)
		if err != nil || q == nil {
			return nil, nil, err
		}
		return &q.Tags, func() error { return s.queues.Save(q, at, name) }, nil
	case "compute-environment":
		e, err := s.environments.Get(at, name)
		if err != nil || e == nil {
			return nil, nil, err
		}
		return &e.Tags, func() error { return s.environments.Save(e, at, name) }, nil
	case "job":
		j, err := s.jobs.Get(at, name)
		if err != nil || j == nil {
			return nil, nil, err
		}
		return &j.Tags, func() error { return s.jobs.Save(j, at, name) }, nil
	}
	return nil, nil, nil
}
