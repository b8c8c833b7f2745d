package engine

import (
	"context"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
)

// CreateActivity stores a; see api.Engine.
func (e *Engine) CreateActivity(ctx context.Context, a *statelark.Activity) (made *statelark.Activity, err error) {
	err = retried(func(int) error {
		old, err := e.activityRecords.get(ctx, a.ARN)
		switch {
		case err != nil:
			return err
		case old.value != nil && old.value.SameRequest(a):
			made = old.value
			return nil
		case old.value != nil:
			return statelark.Errorf(statelark.CodeActivityAlreadyExists, "Activity Already Exists: '%s'", a.ARN)
		}
		room := prefixOf(activityKind, a.ARN)
		switch ok, err := e.census.admit(ctx, room, e.opts.Limits.Activities); {
		case err != nil:
			return err
		case !ok:
			return statelark.Errorf(statelark.CodeActivityLimitExceeded,
				"The maximum number of activities has been reached. Existing activities must be deleted before a new activity can be created.").Over("activities")
		}
		record := *a
		record.Created = e.now()
		made = &record
		if err := e.activityRecords.put(ctx, a.ARN, old, made); err != nil {
			e.census.leave(room)
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// Activity returns the record of an activity.
func (e *Engine) Activity(ctx context.Context, arn string) (*statelark.Activity, error) {
	a, err := e.activityRecords.get(ctx, arn)
	if err == nil && a.value == nil {
		err = statelark.Errorf(statelark.CodeActivityDoesNotExist, "Activity Does Not Exist: '%s'", arn)
	}
	return a.value, err
}

// hasActivity reports whether there is an activity of an ARN. When the store cannot tell there is: the task then waits.
func (e *Engine) hasActivity(arn string) bool {
	a, err := e.activityRecords.get(context.Background(), arn)
	return err != nil || a.value != nil
}

// DeleteActivity removes an activity. Tasks that wait for a worker of it go on waiting, until they time out.
func (e *Engine) DeleteActivity(ctx context.Context, arn string) error {
	return retried(func(int) error {
		old, err := e.activityRecords.get(ctx, arn)
		if err != nil || old.value == nil {
			return err
		}
		if err := e.activityRecords.put(ctx, arn, old, nil); err != nil {
			return err
		}
		e.census.leave(prefixOf(activityKind, arn))
		return nil
	})
}

// Activities lists the activities of a place in the order of their ARNs.
func (e *Engine) Activities(ctx context.Context, at arn.Place, after string, n int) ([]*statelark.Activity, error) {
	return e.activityRecords.list(ctx, at.ActivityARN(""), after, n)
}

// tagged is a resource with its tags, and how to store it with others.
type tagged struct {
	tags  []statelark.Tag
	store func(ctx context.Context, tags []statelark.Tag) error
}

// tagged looks for a state machine or an activity.
func (e *Engine) tagged(ctx context.Context, arn string) (tagged, error) {
	h, err := e.machines.heads.get(ctx, arn)
	if err != nil {
		return tagged{}, err
	}
	if h.value != nil {
		return tagged{h.value.Tags, func(ctx context.Context, tags []statelark.Tag) error {
			next := *h.value
			next.Tags = tags
			return e.machines.heads.put(ctx, arn, h, &next)
		}}, nil
	}
	a, err := e.activityRecords.get(ctx, arn)
	if err != nil {
		return tagged{}, err
	}
	if a.value == nil {
		return tagged{}, statelark.ResourceNotFound(arn)
	}
	return tagged{a.value.Tags, func(ctx context.Context, tags []statelark.Tag) error {
		next := *a.value
		next.Tags = tags
		return e.activityRecords.put(ctx, arn, a, &next)
	}}, nil
}

// Tags returns the tags of a state machine or an activity.
func (e *Engine) Tags(ctx context.Context, arn string) ([]statelark.Tag, error) {
	r, err := e.tagged(ctx, arn)
	return r.tags, err
}

// Tag adds tags, or gives those there new values.
func (e *Engine) Tag(ctx context.Context, arn string, put []statelark.Tag) error {
	return retried(func(int) error {
		r, err := e.tagged(ctx, arn)
		if err != nil {
			return err
		}
		tags := statelark.PutTags(r.tags, put)
		if e.opts.Limits.Tags.Exceeded(int64(len(tags))) {
			return statelark.TooManyTags(arn).Over("tags")
		}
		return r.store(ctx, tags)
	})
}

// Untag removes tags by their keys.
func (e *Engine) Untag(ctx context.Context, arn string, keys []string) error {
	return retried(func(int) error {
		r, err := e.tagged(ctx, arn)
		if err != nil {
			return err
		}
		return r.store(ctx, statelark.DropTags(r.tags, keys))
	})
}
