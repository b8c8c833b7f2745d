package glue

import (
	"context"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// maxTags is how many tags a job has at most.
const maxTags = 50

type tagInput struct {
	ARN    string            `json:"ResourceArn"`
	Add    map[string]string `json:"TagsToAdd"`
	Remove []string          `json:"TagsToRemove"`
}

type tagOutput struct {
	Tags map[string]string `json:"Tags"`
}

func (s *Service) tagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	return nil, s.changeTags(r, in.ARN, func(tags map[string]string) {
		for k, v := range in.Add {
			tags[k] = v
		}
	})
}

func (s *Service) untagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	return nil, s.changeTags(r, in.ARN, func(tags map[string]string) {
		for _, k := range in.Remove {
			delete(tags, k)
		}
	})
}

func (s *Service) getTags(_ context.Context, r *awswire.Request, in *tagInput) (*tagOutput, error) {
	j, _, err := s.taggedJob(r, in.ARN)
	if err != nil {
		return nil, err
	}
	return &tagOutput{j.arguments("Tags")}, nil
}

// taggedJob returns the job of an ARN.
func (s *Service) taggedJob(r *awswire.Request, id string) (j job, name string, err error) {
	a, _ := arn.Parse(id)
	kind, name, _ := strings.Cut(a.Resource, "/")
	if kind != "job" {
		return nil, "", &awswire.Error{Code: "NotImplemented", Status: 501,
			Message: "Tags of anything but jobs are not built in. An endpoint that has them can be set for glue."}
	}
	found, err := s.jobs.Get(r.Place, name)
	switch {
	case err != nil:
		return nil, "", err
	case found == nil:
		return nil, "", notFound("Job %s not found.", name)
	}
	return *found, name, nil
}

// changeTags lets change see the tags of a job, and stores what it makes of them.
func (s *Service) changeTags(r *awswire.Request, id string, change func(map[string]string)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, name, err := s.taggedJob(r, id)
	if err != nil {
		return err
	}
	tags := j.arguments("Tags")
	before := len(tags)
	change(tags)
	if len(tags) > maxTags && len(tags) > before {
		return invalid("A resource has at most %d tags.", maxTags)
	}
	stored := map[string]any{}
	for k, v := range tags {
		stored[k] = v
	}
	j["Tags"] = stored
	return s.jobs.Save(&j, r.Place, name)
}
