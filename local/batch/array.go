package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// An array job is one that runs nothing: it has children, each with an index, and ends when all of them have.

// maxArray is how many children an array job has at most; AWS allows 10,000.
const maxArray = 1_000

const reasonArray = "Array Child Job failed"

// array is what there is to know of an array job, or of a child of one.
type array struct {
	Size    int            `json:"size,omitempty"`
	Index   *int           `json:"index,omitempty"`
	Summary map[string]int `json:"statusSummary,omitempty"` // stored are those that have ended
}

// list is what the job is listed in: its queue, or the array job that it belongs to.
func (j *job) list() string {
	if j.Parent != "" {
		return "array/" + j.Parent // no queue has such a name
	}
	return j.Queue
}

// isArray reports whether a job is an array job.
func (j *job) isArray() bool { return j.Array != nil && j.Array.Size > 0 }

// complete reports whether all children have ended.
func (j *job) complete() bool {
	return j.Array.Summary[succeeded]+j.Array.Summary[failed] == j.Array.Size
}

// child is a child of an array job.
func (j *job) child(index int) *job {
	c := *j
	suffix := ":" + strconv.Itoa(index)
	c.ID, c.ARN, c.Parent, c.Array = j.ID+suffix, j.ARN+suffix, j.ID, &array{Index: &index}
	c.Container, c.Attempts = maps.Clone(j.Container), []attempt{}
	c.Parameters, c.Tags = maps.Clone(j.Parameters), maps.Clone(j.Tags)
	return &c
}

// submitArray stores an array job and its children, which are handed to the runner when they need not wait. mu is held.
func (s *Service) submitArray(r *awswire.Request, j *job) error {
	children := make([]*job, j.Array.Size)
	for i := range children {
		children[i] = j.child(i)
	}
	if j.Status == runnable {
		for i, c := range children {
			if err := s.start(c); err != nil {
				s.stopRuns(children[:i])
				return refuse(r, "Too many jobs wait to be run")
			}
		}
	}
	j.Status, j.Waits = pending, nil
	var b kv.Batch
	err := s.put(&b, j)
	for _, c := range children {
		err = errors.Join(err, s.put(&b, c))
	}
	err = errors.Join(err, s.forget(&b, j))
	if err == nil {
		err = s.o.Store.Apply(&b)
	}
	if err != nil {
		s.stopRuns(children)
	}
	return err
}

// stopRuns takes jobs back from the runner. Nothing of them is stored.
func (s *Service) stopRuns(all []*job) {
	for _, j := range all {
		if run := s.runs[j.ID]; run != nil {
			run.Stop()
		}
	}
}

// childEnds adds to the batch in which a child ends what its array job has of it, and returns that.
func (s *Service) childEnds(b *kv.Batch, at arn.Place, c *job) (*job, error) {
	parent, err := s.jobs.Get(at, c.Parent)
	if err != nil || parent == nil || parent.ended() {
		return nil, err
	}
	if parent.Array.Summary == nil {
		parent.Array.Summary = map[string]int{}
	}
	parent.Array.Summary[c.Status]++
	return parent, s.jobs.Set(b, parent, at, parent.ID)
}

// endArray ends an array job all of whose children have ended.
func (s *Service) endArray(parent *job) ([]*job, error) {
	if parent == nil || !parent.complete() {
		return nil, nil
	}
	if parent.Array.Summary[failed] > 0 {
		return s.finish(parent, failed, reasonArray)
	}
	return s.finish(parent, succeeded, "")
}

// children yields the children of an array job until one is an error.
func (s *Service) children(parent *job, each func(*job) error) error {
	for p, err := range s.queued.All(parent.place(), "array/"+parent.ID) {
		if err != nil {
			return err
		}
		c, err := s.jobs.Get(parent.place(), p.ID)
		if err == nil && c != nil {
			err = each(c)
		}
		if err != nil {
			return fmt.Errorf("a child of job %s: %w", parent.ID, err)
		}
	}
	return nil
}

// summed is an array job with the states of all its children.
func (s *Service) summed(j *job) (*job, error) {
	summary := map[string]int{}
	for _, state := range []string{"SUBMITTED", pending, runnable, "STARTING", running, succeeded, failed} {
		summary[state] = 0
	}
	err := s.children(j, func(c *job) error {
		summary[c.Status]++
		return nil
	})
	j.Array.Summary = summary
	return j, err
}

// stopArray stops the children of an array job. mu is held.
func (s *Service) stopArray(ctx context.Context, parent *job, reason string, also bool) (told []*job, err error) {
	parent.IsCancelled, parent.IsTerminated = parent.IsCancelled || !also, parent.IsTerminated || also
	if err := s.jobs.Save(parent, parent.place(), parent.ID); err != nil {
		return nil, err
	}
	var open []*job
	if err := s.children(parent, func(c *job) error {
		if !c.ended() {
			open = append(open, c)
		}
		return ctx.Err()
	}); err != nil {
		return nil, err
	}
	for _, c := range open {
		more, err := s.stopOne(c, reason, also)
		told = append(told, more...)
		if err != nil {
			return told, err
		}
	}
	return told, nil
}
