package api

import (
	"context"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/awswire"
)

// readTags reads a list of tags and checks that they may be put on resource.
func (s *Server) readTags(in []awswire.Input, resource string) ([]statelark.Tag, error) {
	tags := make([]statelark.Tag, 0, len(in))
	for _, t := range in {
		tag := statelark.Tag{Key: t.Str("key"), Value: t.Str("value")}
		switch {
		case tag.Key == "":
			return nil, statelark.Errorf(statelark.CodeValidation, "A tag must have a key")
		case strings.HasPrefix(strings.ToLower(tag.Key), "aws:"):
			return nil, statelark.Errorf(statelark.CodeValidation, "System tags cannot be added/updated by requester.")
		}
		tags = append(tags, tag)
	}
	tags = statelark.PutTags(nil, tags)
	if s.limits.Tags.Exceeded(int64(len(tags))) {
		return nil, statelark.TooManyTags(resource).Over("tags")
	}
	return tags, nil
}

// taggedARN returns the ARN of something that can have tags.
func (s *Server) taggedARN(c *awswire.Call) (string, error) {
	text := c.Str("resourceArn")
	_, err := resource(c, text, "stateMachine", "activity")
	return text, err
}

func (s *Server) tagResource(ctx context.Context, c *awswire.Call) error {
	arn, err := s.taggedARN(c)
	if err != nil {
		return err
	}
	tags, err := s.readTags(c.Structs("tags"), arn)
	if err != nil {
		return err
	}
	return s.engine.Tag(ctx, arn, tags)
}

func (s *Server) untagResource(ctx context.Context, c *awswire.Call) error {
	arn, err := s.taggedARN(c)
	if err != nil {
		return err
	}
	return s.engine.Untag(ctx, arn, c.Strs("tagKeys"))
}

func (s *Server) listTagsForResource(ctx context.Context, c *awswire.Call) error {
	arn, err := s.taggedARN(c)
	if err != nil {
		return err
	}
	tags, err := s.engine.Tags(ctx, arn)
	if err != nil {
		return err
	}
	c.Out.Open("tags", '[')
	for _, t := range tags {
		c.Out.Open("", '{')
		c.Out.Str("key", t.Key)
		c.Out.Str("value", t.Value)
		c.Out.Close('}')
	}
	c.Out.Close(']')
	return nil
}
