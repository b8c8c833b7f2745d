package sqs

import (
	"context"
	"maps"

	"github.com/statelark/statelark/awswire"
)

const maxTags = 50

func tooManyTags() *awswire.Error {
	return refuse(invalidParameter, "Too many tags added for queue. Limit is %d.", maxTags)
}

type tagInput struct {
	QueueURL string `json:"QueueUrl"`
	Tags     map[string]string
}

func (s *Service) tagQueue(_ context.Context, r *awswire.Request, in *tagInput) (*empty, error) {
	if len(in.Tags) == 0 {
		return nil, missing("Tags")
	}
	return nil, s.retag(r, in.QueueURL, func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

type untagInput struct {
	QueueURL string `json:"QueueUrl"`
	TagKeys  []string
}

func (s *Service) untagQueue(_ context.Context, r *awswire.Request, in *untagInput) (*empty, error) {
	if len(in.TagKeys) == 0 {
		return nil, refuse(invalidParameter, "Tag keys must be between 1 and 128 characters in length.")
	}
	return nil, s.retag(r, in.QueueURL, func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
}

func (s *Service) retag(r *awswire.Request, queueURL string, change func(map[string]string)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, queueURL)
	if err != nil {
		return err
	}
	rec := q.rec
	rec.Tags = maps.Clone(rec.Tags)
	if rec.Tags == nil {
		rec.Tags = map[string]string{}
	}
	change(rec.Tags)
	if len(rec.Tags) > maxTags {
		return tooManyTags()
	}
	return q.rewrite(rec)
}

type tagsOutput struct {
	Tags map[string]string `json:",omitempty"`
}

func (s *Service) listQueueTags(_ context.Context, r *awswire.Request, in *queueInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, in.QueueURL)
	if err != nil {
		return nil, err
	}
	return &tagsOutput{maps.Clone(q.rec.Tags)}, nil
}
