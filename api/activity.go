package api

import (
	"context"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/awswire"
)

func (s *Server) createActivity(ctx context.Context, c *awswire.Call) error {
	a := &statelark.Activity{Name: c.Str("name"), Created: s.now()}
	if err := checkName(a.Name); err != nil {
		return err
	}
	a.ARN = c.Place.ActivityARN(a.Name)
	var err error
	if a.Tags, err = s.readTags(c.Structs("tags"), a.ARN); err != nil {
		return err
	}
	if a.Encryption, err = readEncryption(c.Struct("encryptionConfiguration")); err != nil {
		return err
	}
	if a, err = s.engine.CreateActivity(ctx, a); err != nil {
		return err
	}
	c.Out.Str("activityArn", a.ARN)
	c.Out.Time("creationDate", a.Created)
	return nil
}

func (s *Server) describeActivity(ctx context.Context, c *awswire.Call) error {
	arn, err := s.activityARN(c)
	if err != nil {
		return err
	}
	a, err := s.engine.Activity(ctx, arn)
	if err != nil {
		return err
	}
	writeActivity(&c.Out, a)
	writeEncryption(&c.Out, a.Encryption)
	return nil
}

func writeActivity(w *awswire.Writer, a *statelark.Activity) {
	w.Str("activityArn", a.ARN)
	w.Str("name", a.Name)
	w.Time("creationDate", a.Created)
}

func (s *Server) listActivities(ctx context.Context, c *awswire.Call) error {
	p, err := s.pageOf("ListActivities", c)
	if err != nil {
		return err
	}
	list, err := s.engine.Activities(ctx, c.Place, p.cursor, p.size+1)
	if err != nil {
		return err
	}
	last := writeItems(&c.Out, "activities", list, p.size, writeActivity)
	if last != nil {
		s.writeNext(c, p, last.ARN)
	}
	return nil
}

func (s *Server) deleteActivity(ctx context.Context, c *awswire.Call) error {
	arn, err := s.activityARN(c)
	if err != nil {
		return err
	}
	return s.engine.DeleteActivity(ctx, arn)
}

// getActivityTask answers an empty object when there was no task in time.
func (s *Server) getActivityTask(ctx context.Context, c *awswire.Call) error {
	arn, err := s.activityARN(c)
	if err != nil {
		return err
	}
	worker := c.Str("workerName")
	if err := checkName(worker); err != nil {
		return err
	}
	t, err := s.engine.ActivityTask(ctx, arn, worker)
	if err != nil || t == nil {
		return err
	}
	c.Out.Str("taskToken", t.Token)
	c.Out.Str("input", t.Input)
	return nil
}

func (s *Server) sendTaskSuccess(ctx context.Context, c *awswire.Call) error {
	return s.engine.TaskSucceeded(ctx, c.Str("taskToken"), c.Str("output"))
}

func (s *Server) sendTaskFailure(ctx context.Context, c *awswire.Call) error {
	return s.engine.TaskFailed(ctx, c.Str("taskToken"), c.StrPtr("error"), c.StrPtr("cause"))
}

func (s *Server) sendTaskHeartbeat(ctx context.Context, c *awswire.Call) error {
	return s.engine.TaskHeartbeat(ctx, c.Str("taskToken"))
}
