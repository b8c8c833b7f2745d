package batch

import (
	"context"
	"strconv"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

type describeJobsInput struct {
	Jobs []string `json:"jobs"`
}

type describeJobsOutput struct {
	Jobs []*description `json:"jobs"`
}

func (s *Service) describeJobs(_ context.Context, r *awswire.Request, in *describeJobsInput) (*describeJobsOutput, error) {
	out := &describeJobsOutput{Jobs: []*description{}}
	if len(in.Jobs) > 100 {
		return nil, refuse(r, "Up to 100 jobs can be described at a time")
	}
	for _, id := range in.Jobs {
		j, err := s.jobs.Get(r.Place, nameOf(id))
		if err != nil {
			return nil, err
		}
		if j != nil && j.isArray() {
			if j, err = s.summed(j); err != nil {
				return nil, err
			}
		}
		if j != nil {
			out.Jobs = append(out.Jobs, &j.description)
		}
	}
	return out, nil
}

type listJobsInput struct {
	Queue      string `json:"jobQueue"`
	Array      string `json:"arrayJobId"`
	Nodes      string `json:"multiNodeJobId"`
	Status     string `json:"jobStatus"`
	MaxResults int    `json:"maxResults"`
	NextToken  string `json:"nextToken"`
	Filters    []struct {
		Name   string   `json:"name"`
		Values []string `json:"values"`
	} `json:"filters"`
}

type listJobsOutput struct {
	Jobs      []*summary `json:"jobSummaryList"`
	NextToken string     `json:"nextToken,omitempty"`
}

// summary is what ListJobs says of a job.
type summary struct {
	ARN          string         `json:"jobArn"`
	ID           string         `json:"jobId"`
	Name         string         `json:"jobName"`
	CreatedAt    int64          `json:"createdAt"`
	Status       string         `json:"status"`
	StatusReason string         `json:"statusReason,omitempty"`
	StartedAt    int64          `json:"startedAt,omitempty"`
	StoppedAt    int64          `json:"stoppedAt,omitempty"`
	Container    map[string]any `json:"container,omitempty"`
	Array        *array         `json:"arrayProperties,omitempty"`
	Definition   string         `json:"jobDefinition"`
}

func summaryOf(j *job) *summary {
	sum := &summary{
		ARN: j.ARN, ID: j.ID, Name: j.Name, CreatedAt: j.CreatedAt, Status: j.Status, StatusReason: j.StatusReason, StartedAt: j.StartedAt,
		StoppedAt: j.StoppedAt, Definition: j.Definition, Array: j.Array,
	}
	for _, name := range []string{"exitCode", "reason"} {
		if v, ok := j.Container[name]; ok {
			if sum.Container == nil {
				sum.Container = map[string]any{}
			}
			sum.Container[name] = v
		}
	}
	return sum
}

// listJobs lists the jobs of a queue, the newest first.
func (s *Service) listJobs(_ context.Context, r *awswire.Request, in *listJobsInput) (*listJobsOutput, error) {
	out := &listJobsOutput{Jobs: []*summary{}}
	if in.Nodes != "" {
		return out, nil // there are none
	}
	list := "array/" + nameOf(in.Array)
	if in.Array == "" {
		q, err := s.queues.Get(r.Place, nameOf(in.Queue))
		if err != nil || q == nil {
			return nil, orElse(err, refuse(r, "JobQueue %s not found", in.Queue))
		}
		list = q.Name
	}
	from := s.queued.Key(r.Place, list)
	to := kv.After(from)
	if in.NextToken != "" {
		at, id, _ := strings.Cut(in.NextToken, ".")
		to = s.queued.Key(r.Place, list, at, id)
	}
	limit := pageSize(in.MaxResults)
	for p, err := range s.queued.Range(from, to, true) {
		if err != nil {
			return nil, err
		}
		j, err := s.jobs.Get(r.Place, p.ID)
		if err != nil {
			return nil, err
		}
		if j == nil || !in.wants(j) {
			continue
		}
		if len(out.Jobs) == limit {
			last := out.Jobs[limit-1]
			out.NextToken = stamp(last.CreatedAt) + "." + last.ID
			break
		}
		out.Jobs = append(out.Jobs, summaryOf(j))
	}
	return out, nil
}

// wants reports whether a list is to have a job: by its state, RUNNING when none is said, or by filters.
func (in *listJobsInput) wants(j *job) bool {
	if len(in.Filters) == 0 {
		return j.Status == in.Status || in.Status == "" && j.Status == running
	}
	for _, f := range in.Filters {
		for _, v := range f.Values {
			name, exact := family(j.Definition)
			at, _ := strconv.ParseInt(v, 10, 64)
			switch f.Name {
			case "JOB_NAME":
				if !matches(v, j.Name) {
					return false
				}
			case "JOB_DEFINITION":
				if !matches(v, name) && !matches(v, exact) && v != j.Definition {
					return false
				}
			case "BEFORE_CREATED_AT":
				if j.CreatedAt >= at {
					return false
				}
			case "AFTER_CREATED_AT":
				if j.CreatedAt <= at {
					return false
				}
			}
		}
	}
	return true
}

type stopInput struct {
	ID     string `json:"jobId"`
	Reason string `json:"reason"`
}

// cancelJob ends a job that does not run yet. One that does goes on.
func (s *Service) cancelJob(ctx context.Context, r *awswire.Request, in *stopInput) (*struct{}, error) {
	return nil, s.stop(ctx, r, in, false)
}

// terminateJob ends a job, whatever it does.
func (s *Service) terminateJob(ctx context.Context, r *awswire.Request, in *stopInput) (*struct{}, error) {
	return nil, s.stop(ctx, r, in, true)
}

func (s *Service) stop(ctx context.Context, r *awswire.Request, in *stopInput, also bool) error {
	told, err := s.stopJob(ctx, r, in, also)
	s.teller.Beside(func() { s.tell(told...) })
	return err
}

func (s *Service) stopJob(ctx context.Context, r *awswire.Request, in *stopInput, also bool) ([]*job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.jobs.Get(r.Place, nameOf(in.ID))
	switch {
	case err != nil:
		return nil, err
	case j == nil:
		return nil, refuse(r, "Job with id %s does not exist", in.ID)
	case j.ended():
		return nil, nil
	case j.isArray():
		return s.stopArray(ctx, j, in.Reason, also)
	}
	return s.stopOne(j, in.Reason, also)
}

// stopOne ends a job, one that runs only with also. mu is held.
func (s *Service) stopOne(j *job, reason string, also bool) ([]*job, error) {
	if j.Status == running && !also {
		return nil, nil
	}
	run := s.runs[j.ID]
	j.IsCancelled, j.IsTerminated = j.IsCancelled || !also, j.IsTerminated || also
	if j.Status != running {
		told, err := s.finish(j, failed, reason)
		if run != nil {
			run.Stop() // its end finds the job over
		}
		return told, err
	}
	if j.Stop == "" {
		j.Stop = reason
	}
	if err := s.jobs.Save(j, j.place(), j.ID); err != nil {
		return nil, err
	}
	if run != nil {
		run.Stop()
	}
	return nil, nil
}
