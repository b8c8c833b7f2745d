package dynamodb

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

const maxTags = 50

// withTags is a list of tags with more, by key.
func withTags(have []tagRecord, more []tag) ([]tagRecord, error) {
	seen := map[string]bool{}
	for _, t := range more {
		switch {
		case seen[t.Key]:
			return nil, invalidParameter("Found duplicate tag key: %s", t.Key)
		case t.Key == "" || len(t.Key) > 128:
			return nil, invalidParameter("Tag key must have a length from 1 to 128")
		case len(t.Value) > 256:
			return nil, invalidParameter("Tag value must have a length of 256 at most")
		}
		seen[t.Key] = true
		i, found := slices.BinarySearchFunc(have, t.Key, func(r tagRecord, key string) int { return strings.Compare(r.Key, key) })
		if found {
			have[i].Value = t.Value
		} else {
			have = slices.Insert(have, i, tagRecord(t))
		}
	}
	if len(have) > maxTags {
		return nil, invalidParameter("Too many tags: a resource can have %d", maxTags)
	}
	return have, nil
}

type tagsInput struct {
	ResourceArn string
	Tags        []tag
	TagKeys     []string
	NextToken   string
}

// tagged returns the name of the table of an ARN.
func tagged(at arn.Place, resource string) (string, error) {
	_, name, ok := strings.Cut(resource, ":table/")
	if !ok || !strings.HasPrefix(resource, "arn:") {
		return "", validation("Invalid TableArn: Invalid ResourceArn provided as input %s", resource)
	}
	if tableARN(at, name) != resource {
		return "", &awswire.Error{Code: "AccessDeniedException", Message: "User: " + at.RoleARN("caller") + " is not authorized to perform this operation on resource: " + resource}
	}
	return name, nil
}

func noSuchResource(resource string) error {
	return &awswire.Error{Code: "ResourceNotFoundException", Message: "Requested resource not found: ResourcArn: " + resource + " not found"}
}

// alterTags changes the tags of a table.
func (s *Service) alterTags(r *awswire.Request, resource string, change func([]tagRecord) ([]tagRecord, error)) error {
	name, err := tagged(r.Place, resource)
	if err != nil {
		return err
	}
	if t, err := s.find(r.Place, name); err != nil || t == nil {
		if err == nil {
			err = noSuchResource(resource)
		}
		return err
	}
	_, err = s.alter(r.Place, name, func(_ *table, next *tableRecord) (err error) {
		next.Tags, err = change(next.Tags)
		return err
	})
	return err
}

type noOutput struct{}

func (s *Service) tagResource(_ context.Context, r *awswire.Request, in *tagsInput) (*noOutput, error) {
	if len(in.Tags) == 0 {
		return nil, validation("Atleast one Tag needs to be provided as Input.")
	}
	return nil, s.alterTags(r, in.ResourceArn, func(have []tagRecord) ([]tagRecord, error) { return withTags(have, in.Tags) })
}

func (s *Service) untagResource(_ context.Context, r *awswire.Request, in *tagsInput) (*noOutput, error) {
	if len(in.TagKeys) == 0 {
		return nil, validation("Atleast one Tag Key needs to be provided as Input.")
	}
	return nil, s.alterTags(r, in.ResourceArn, func(have []tagRecord) ([]tagRecord, error) {
		return slices.DeleteFunc(have, func(t tagRecord) bool { return slices.Contains(in.TagKeys, t.Key) }), nil
	})
}

type listTagsOutput struct{ Tags []tag }

func (s *Service) listTags(_ context.Context, r *awswire.Request, in *tagsInput) (*listTagsOutput, error) {
	name, err := tagged(r.Place, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	t, err := s.find(r.Place, name)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, noSuchResource(in.ResourceArn)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := &listTagsOutput{Tags: []tag{}}
	for _, x := range t.record.Tags {
		out.Tags = append(out.Tags, tag(x))
	}
	return out, nil
}
