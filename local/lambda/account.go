package lambda

import (
	"context"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// tagged returns the function whose tags a request is about.
func (h *Handler) tagged(c *awswire.Call) (function.Ref, error) {
	r, err := function.ParseRef(c.Str("Resource"), "")
	switch {
	case err != nil:
	case r.Qualifier != "":
		err = invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
	default:
		err = h.local(c, &r)
	}
	return r, err
}

func (h *Handler) listTags(_ context.Context, c *awswire.Call) error {
	if m, err := h.taggedMapping(c); m != nil || err != nil {
		if err != nil {
			return err
		}
		return answerTags(c, m.Tags)
	}
	ref, err := h.tagged(c)
	if err != nil {
		return err
	}
	tags, err := h.catalog.Tags(ref)
	if err != nil {
		return err
	}
	return answerTags(c, tags)
}

func answerTags(c *awswire.Call, tags map[string]string) error {
	if tags == nil {
		tags = map[string]string{}
	}
	return answer(c, map[string]any{"Tags": tags})
}

func (h *Handler) tagResource(ctx context.Context, c *awswire.Call) error {
	if done, err := h.tagMapping(ctx, c, cloned(c.Strings("Tags")), nil); done {
		return err
	}
	ref, err := h.tagged(c)
	if err != nil {
		return err
	}
	return h.catalog.Tag(ref, cloned(c.Strings("Tags")), nil)
}

func (h *Handler) untagResource(ctx context.Context, c *awswire.Call) error {
	if done, err := h.tagMapping(ctx, c, nil, c.Strs("TagKeys")); done {
		return err
	}
	ref, err := h.tagged(c)
	if err != nil {
		return err
	}
	return h.catalog.Tag(ref, nil, c.Strs("TagKeys"))
}

func (h *Handler) getAccountSettings(_ context.Context, c *awswire.Call) error {
	fs := h.catalog.List(c.Place)
	var size int64
	for _, f := range fs {
		size += f.Code.Size
	}
	return answer(c, map[string]any{
		"AccountLimit": map[string]int64{
			"TotalCodeSize": 80530636800, "CodeSizeUnzipped": 262144000, "CodeSizeZipped": 52428800,
			"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000 - h.catalog.ReservedIn(c.Place, ""),
		},
		"AccountUsage": map[string]int64{"TotalCodeSize": size, "FunctionCount": int64(len(fs))},
	})
}

// The operations below tell of what functions do not have here; deployment tools ask for it.

func (h *Handler) existing(c *awswire.Call) (*function.Function, error) {
	ref, err := h.ref(c)
	if err != nil {
		return nil, err
	}
	return h.catalog.Get(ref)
}
