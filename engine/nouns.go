package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/statelark/statelark"
)

// CreateActivity stores a; see api.Engine.
func (e *Engine) CreateActivity(ctx context.Context, a *statelark.Activity) (*statelark.Activity, error) {
	e.machines.write.Lock()
	defer e.machines.write.Unlock()
	old, err := e.Activity(ctx, a.ARN)
	switch {
	case err == nil && old.SameRequest(a):
		return old, nil
	case err == nil:
		return nil, statelark.Errorf("ActivityAlreadyExists", "Activity Already Exists: '%s'", a.ARN)
	case statelark.ErrorCode(err) == "":
		return nil, err
	}
	record := *a
	record.Created = e.now()
	return &record, e.putActivity(ctx, &record)
}

func (e *Engine) putActivity(ctx context.Context, a *statelark.Activity) error {
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return e.machines.commit(ctx, statelark.MetaOp{Key: activityPrefix + a.ARN, Value: data, Expect: statelark.AnyRevision})
}

// Activity returns the record of an activity.
func (e *Engine) Activity(ctx context.Context, arn string) (*statelark.Activity, error) {
	r, err := e.store.Meta(ctx, activityPrefix+arn)
	if errors.Is(err, statelark.ErrNotFound) {
		return nil, statelark.Errorf("ActivityDoesNotExist", "Activity Does Not Exist: '%s'", arn)
	}
	if err != nil {
		return nil, fmt.Errorf("reading activity %s: %w", arn, err)
	}
	a := new(statelark.Activity)
	if err := json.Unmarshal(r.Value, a); err != nil {
		return nil, fmt.Errorf("reading activity %s: %w", arn, err)
	}
	return a, nil
}

// hasActivity reports whether there is an activity of an ARN. When the store cannot tell there is: the task then waits.
func (e *Engine) hasActivity(arn string) bool {
	_, err := e.store.Meta(context.Background(), activityPrefix+arn)
	return !errors.Is(err, statelark.ErrNotFound)
}

// DeleteActivity removes an activity. Tasks that wait for a worker of it go on waiting, until they time out.
func (e *Engine) DeleteActivity(ctx context.Context, arn string) error {
	e.machines.write.Lock()
	defer e.machines.write.Unlock()
	return e.machines.commit(ctx, statelark.MetaOp{Key: activityPrefix + arn, Expect: statelark.AnyRevision})
}

// Activities lists activities in the order of their ARNs.
func (e *Engine) Activities(ctx context.Context, after string, n int) ([]*statelark.Activity, error) {
	return records[statelark.Activity](ctx, e.store, activityPrefix, after, n)
}

// Tags returns the tags of a state machine or an activity.
func (e *Engine) Tags(ctx context.Context, arn string) ([]statelark.Tag, error) {
	var tags []statelark.Tag
	err := e.changeTags(ctx, arn, func(old []statelark.Tag) ([]statelark.Tag, error) {
		tags = old
		return nil, nil
	})
	return tags, err
}

// Tag adds tags, or gives those there new values.
func (e *Engine) Tag(ctx context.Context, arn string, put []statelark.Tag) error {
	return e.changeTags(ctx, arn, func(old []statelark.Tag) ([]statelark.Tag, error) {
		tags := statelark.PutTags(old, put)
		if len(tags) > statelark.MaxTags {
			return nil, statelark.TooManyTags(arn)
		}
		return tags, nil
	})
}

// Untag removes tags by their keys.
func (e *Engine) Untag(ctx context.Context, arn string, keys []string) error {
	return e.changeTags(ctx, arn, func(old []statelark.Tag) ([]statelark.Tag, error) {
		return statelark.DropTags(old, keys), nil
	})
}

// changeTags stores what change makes of the tags of a resource; nothing when that is nil.
func (e *Engine) changeTags(ctx context.Context, arn string, change func([]statelark.Tag) ([]statelark.Tag, error)) error {
	e.machines.write.Lock()
	defer e.machines.write.Unlock()
	p, err := e.machines.get(ctx, arn)
	switch {
	case err == nil:
		tags, err := change(p.record.Tags)
		if err != nil || tags == nil {
			return err
		}
		record := *p.record
		record.Tags = tags
		_, err = e.machines.put(ctx, &record)
		return err
	case statelark.ErrorCode(err) == "":
		return err
	}
	a, err := e.Activity(ctx, arn)
	if statelark.ErrorCode(err) != "" {
		return statelark.ResourceNotFound(arn)
	}
	if err != nil {
		return err
	}
	tags, err := change(a.Tags)
	if err != nil || tags == nil {
		return err
	}
	a.Tags = tags
	return e.putActivity(ctx, a)
}
