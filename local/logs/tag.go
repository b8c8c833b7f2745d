package logs

import (
	"context"
	"maps"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

const maxTags = 50

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return refuse("TooManyTagsException", "A resource can have %d tags at most.", maxTags)
	}
	for key := range tags {
		if strings.HasPrefix(key, "aws:") {
			return invalid("Tag keys that begin with aws: are reserved.")
		}
	}
	return nil
}

type tagInput struct {
	Resource string            `json:"resourceArn"`
	Group    string            `json:"logGroupName"`
	Tags     map[string]string `json:"tags"`
	Keys     []string          `json:"tagKeys"`
}

type untagInput struct {
	Group string   `json:"logGroupName"`
	Tags  []string `json:"tags"`
}

type tagsOutput struct {
	Tags map[string]string `json:"tags"`
}

// tags calls do with the tags of a resource, and stores what it returns. do may return what it was given.
func (s *Service) tags(at arn.Place, resource string, do func(map[string]string) (map[string]string, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest, here := strings.CutPrefix(resource, at.ARN("logs", ""))
	kind, name, ok := strings.Cut(rest, ":")
	missing := refuse("ResourceNotFoundException", "The specified resource does not exist.")
	if !here || !ok {
		return missing
	}
	var save func() error
	var tags *map[string]string
	switch kind {
	case "log-group":
		g, err := s.group(at, strings.TrimSuffix(name, ":*"), "")
		if err != nil {
			return err
		}
		tags, save = &g.Tags, func() error { return s.groups.Save(g, at, g.Name) }
	case "destination":
		d, err := s.destinations.Get(at, name)
		if err != nil || d == nil {
			return orElse(err, missing)
		}
		tags, save = &d.Tags, func() error { return s.destinations.Save(d, at, d.Name) }
	case "delivery-destination":
		d, err := s.deliveries.Get(at, name)
		if err != nil || d == nil {
			return orElse(err, missing)
		}
		tags, save = &d.Tags, func() error { return s.deliveries.Save(d, at, d.Name) }
	default:
		return missing
	}
	changed, err := do(*tags)
	if err != nil || maps.Equal(changed, *tags) {
		return err
	}
	*tags = changed
	return save()
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func (s *Service) addTags(at arn.Place, resource string, tags map[string]string) (*struct{}, error) {
	return nil, s.tags(at, resource, func(have map[string]string) (map[string]string, error) {
		have = maps.Clone(have)
		if have == nil {
			have = map[string]string{}
		}
		maps.Copy(have, tags)
		return have, checkTags(have)
	})
}

func (s *Service) removeTags(at arn.Place, resource string, keys []string) (*struct{}, error) {
	return nil, s.tags(at, resource, func(have map[string]string) (map[string]string, error) {
		have = maps.Clone(have)
		for _, key := range keys {
			delete(have, key)
		}
		return have, nil
	})
}

func (s *Service) listTags(at arn.Place, resource string) (*tagsOutput, error) {
	out := &tagsOutput{map[string]string{}}
	return out, s.tags(at, resource, func(have map[string]string) (map[string]string, error) {
		maps.Copy(out.Tags, have)
		return have, nil
	})
}

func (s *Service) tagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	return s.addTags(r.Place, in.Resource, in.Tags)
}

func (s *Service) untagResource(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	return s.removeTags(r.Place, in.Resource, in.Keys)
}

func (s *Service) listTagsForResource(_ context.Context, r *awswire.Request, in *tagInput) (*tagsOutput, error) {
	return s.listTags(r.Place, in.Resource)
}

func groupARN(r *awswire.Request, name string) string { return (&group{Name: name}).arn(r.Place) }

func (s *Service) tagLogGroup(_ context.Context, r *awswire.Request, in *tagInput) (*struct{}, error) {
	return s.addTags(r.Place, groupARN(r, in.Group), in.Tags)
}

func (s *Service) untagLogGroup(_ context.Context, r *awswire.Request, in *untagInput) (*struct{}, error) {
	return s.removeTags(r.Place, groupARN(r, in.Group), in.Tags)
}

func (s *Service) listTagsLogGroup(_ context.Context, r *awswire.Request, in *tagInput) (*tagsOutput, error) {
	return s.listTags(r.Place, groupARN(r, in.Group))
}
