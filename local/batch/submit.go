package batch

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// keepEnded is how long a job that has ended is remembered, as at AWS.
const keepEnded = 7 * 24 * time.Hour

// forgetAtOnce bounds how many of them a submission forgets.
const forgetAtOnce = 10

type submitInput struct {
	Name               string              `json:"jobName"`
	Queue              string              `json:"jobQueue"`
	Definition         string              `json:"jobDefinition"`
	ShareIdentifier    string              `json:"shareIdentifier"`
	Priority           *int64              `json:"schedulingPriorityOverride"`
	Array              *struct{ Size int } `json:"arrayProperties"`
	DependsOn          []dependency        `json:"dependsOn"`
	Parameters         map[string]string   `json:"parameters"`
	ContainerOverrides map[string]any      `json:"containerOverrides"`
	NodeOverrides      map[string]any      `json:"nodeOverrides"`
	EKSOverride        map[string]any      `json:"eksPropertiesOverride"`
	ECSOverride        map[string]any      `json:"ecsPropertiesOverride"`
	RetryStrategy      *retryStrategy      `json:"retryStrategy"`
	PropagateTags      bool                `json:"propagateTags"`
	Timeout            *timeout            `json:"timeout"`
	Tags               map[string]string   `json:"tags"`
}

type submitOutput struct {
	ARN  string `json:"jobArn"`
	Name string `json:"jobName"`
	ID   string `json:"jobId"`
}

func (s *Service) submitJob(_ context.Context, r *awswire.Request, in *submitInput) (*submitOutput, error) {
	if err := checkSubmission(r, in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.newJob(r, in)
	if err != nil {
		return nil, err
	}
	if err := s.waitFor(r, j); err != nil {
		return nil, err
	}
	if j.isArray() {
		if err := s.submitArray(r, j); err != nil {
			return nil, err
		}
		return &submitOutput{j.ARN, j.Name, j.ID}, nil
	}
	if j.Status == runnable {
		if err := s.start(j); err != nil {
			return nil, refuse(r, "Too many jobs wait to be run")
		}
	}
	if err := s.submit(j); err != nil {
		if run := s.runs[j.ID]; run != nil {
			run.Stop()
		}
		return nil, err
	}
	return &submitOutput{j.ARN, j.Name, j.ID}, nil
}

func checkSubmission(r *awswire.Request, in *submitInput) error {
	var foreign string
	switch {
	case in.NodeOverrides != nil:
		foreign = "nodeOverrides"
	case in.EKSOverride != nil:
		foreign = "eksPropertiesOverride"
	case in.ECSOverride != nil:
		foreign = "ecsPropertiesOverride"
	}
	switch {
	case foreign != "":
		return &awswire.Error{Code: "NotImplemented", Status: 501, Message: "SubmitJob with " + foreign + " is not built in. An endpoint that has it can be set for batch."}
	case !nameForm.MatchString(in.Name):
		return refuse(r, "Job name should match valid pattern")
	case in.Array != nil && (in.Array.Size < 2 || in.Array.Size > maxArray) && in.Array.Size != 0:
		return refuse(r, "The array size has to be between 2 and %d", maxArray)
	case len(in.DependsOn) > 20:
		return refuse(r, "A job can depend upon a maximum of 20 jobs")
	}
	return checkAttempts(r, in.RetryStrategy, in.Timeout)
}

// newJob makes a job of a definition and what goes over it.
func (s *Service) newJob(r *awswire.Request, in *submitInput) (*job, error) {
	q, err := s.queues.Get(r.Place, nameOf(in.Queue))
	switch {
	case err != nil:
		return nil, err
	case q == nil:
		return nil, refuse(r, "JobQueue %s not found", in.Queue)
	case q.State != enabled:
		return nil, refuse(r, "JobQueue %s is not ENABLED", in.Queue)
	}
	d, err := s.findDefinition(r.Place, in.Definition)
	switch {
	case err != nil:
		return nil, err
	case d == nil:
		return nil, refuse(r, "JobDefinition %s not found", in.Definition)
	case d.Status != "ACTIVE":
		return nil, refuse(r, "JobDefinition %s is not ACTIVE", in.Definition)
	}
	id := uuid.NewString()
	j := &job{Region: r.Place.Region, Account: r.Place.Account, Queue: q.Name, description: description{
		ARN: r.Place.ARN("batch", "job/"+id), Name: in.Name, ID: id, QueueARN: q.ARN, Status: runnable, ShareIdentifier: in.ShareIdentifier,
		SchedulingPriority: d.SchedulingPriority, Attempts: []attempt{}, CreatedAt: s.millis(), RetryStrategy: d.RetryStrategy,
		DependsOn: in.DependsOn, Definition: d.ARN, Parameters: maps.Clone(d.Parameters), Timeout: d.Timeout, Tags: maps.Clone(d.Tags),
		PropagateTags: in.PropagateTags || d.PropagateTags, PlatformCapabilities: d.PlatformCapabilities,
	}}
	j.Container = override(d.ContainerProperties, in.ContainerOverrides)
	j.Container["networkInterfaces"] = []any{}
	maps.Copy(j.Parameters, in.Parameters)
	maps.Copy(j.Tags, in.Tags)
	if j.DependsOn == nil {
		j.DependsOn = []dependency{}
	}
	if j.PlatformCapabilities == nil {
		j.PlatformCapabilities = []string{}
	}
	if in.Array != nil && in.Array.Size > 0 {
		j.Array = &array{Size: in.Array.Size}
	}
	if in.RetryStrategy != nil {
		j.RetryStrategy = in.RetryStrategy
	}
	if j.RetryStrategy == nil {
		j.RetryStrategy = &retryStrategy{Attempts: 1, EvaluateOnExit: []exit{}}
	}
	if in.Timeout != nil {
		j.Timeout = in.Timeout
	}
	if in.Priority != nil {
		j.SchedulingPriority = in.Priority
	}
	return j, nil
}

// waitFor notes for which jobs a new one has to wait.
func (s *Service) waitFor(r *awswire.Request, j *job) error {
	for _, d := range j.DependsOn {
		if d.ID == "" || d.Type != "" {
			return &awswire.Error{Code: "NotImplemented", Status: 501,
				Message: "SubmitJob with a dependency of the type N_TO_N or SEQUENTIAL is not built in. An endpoint that has it can be set for batch."}
		}
		other, err := s.jobs.Get(r.Place, d.ID)
		switch {
		case err != nil:
			return err
		case other == nil:
			return refuse(r, "Job %s does not exist", d.ID)
		case other.Status == failed:
			return refuse(r, "Job %s, which the job depends on, has failed", d.ID)
		case !other.ended():
			j.Waits = append(j.Waits, d.ID)
			j.Status = pending
		}
	}
	return nil
}

// submit stores a new job.
func (s *Service) submit(j *job) error {
	var b kv.Batch
	if err := errors.Join(s.put(&b, j), s.forget(&b, j)); err != nil {
		return err
	}
	return s.o.Store.Apply(&b)
}

// put adds a new job to a batch.
func (s *Service) put(b *kv.Batch, j *job) error {
	at := j.place()
	err := s.jobs.Set(b, j, at, j.ID)
	for _, id := range j.Waits {
		err = errors.Join(err, s.dependants.Set(b, j.pointer(), at, id, j.ID))
	}
	return errors.Join(err, s.queued.Set(b, j.pointer(), at, j.list(), stamp(j.CreatedAt), j.ID), s.active.Set(b, j.pointer(), nowhere, j.ID))
}

// forget adds to a batch the removal of some jobs in the place of j that have ended long ago.
func (s *Service) forget(b *kv.Batch, j *job) error {
	at := j.place()
	n := 0
	for p, err := range s.over.Range(s.over.Key(at), s.over.Key(at, stamp(j.CreatedAt-keepEnded.Milliseconds())), false) {
		if err != nil {
			return err
		}
		old, err := s.jobs.Get(at, p.ID)
		if err != nil {
			return err
		}
		if old != nil {
			s.jobs.Delete(b, at, old.ID)
			s.queued.Delete(b, at, old.list(), stamp(old.CreatedAt), old.ID)
			s.over.Delete(b, at, stamp(old.StoppedAt), old.ID)
		}
		if n++; n == forgetAtOnce {
			break
		}
	}
	return nil
}

// family is the name of the definition that an ARN means, without the revision.
func family(definition string) (name, withRevision string) {
	withRevision = nameOf(definition)
	name, _, _ = strings.Cut(withRevision, ":")
	return name, withRevision
}
