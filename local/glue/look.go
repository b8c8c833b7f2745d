package glue

import (
	"context"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

type runInput struct {
	Job string `json:"JobName"`
	ID  string `json:"RunId"`
}

type runOutput struct {
	Run *description `json:"JobRun"`
}

func (s *Service) getRun(_ context.Context, r *awswire.Request, in *runInput) (*runOutput, error) {
	x, err := s.runs.Get(r.Place, in.Job, in.ID)
	switch {
	case err != nil:
		return nil, err
	case x == nil:
		return nil, notFound("Job run %s of the job %s not found.", in.ID, in.Job)
	}
	return &runOutput{&x.description}, nil
}

type runsInput struct {
	Job        string `json:"JobName"`
	NextToken  string `json:"NextToken"`
	MaxResults int    `json:"MaxResults"`
}

type runsOutput struct {
	Runs      []*description `json:"JobRuns"`
	NextToken string         `json:"NextToken,omitempty"`
}

// getRuns lists the runs of a job, the newest first.
func (s *Service) getRuns(_ context.Context, r *awswire.Request, in *runsInput) (*runsOutput, error) {
	j, err := s.jobs.Get(r.Place, in.Job)
	if err != nil || j == nil {
		return nil, orElse(err, notFound("Job %s not found.", in.Job))
	}
	out := &runsOutput{Runs: []*description{}}
	from := s.started.Key(r.Place, in.Job)
	to := kv.After(from)
	if in.NextToken != "" {
		at, id, _ := strings.Cut(in.NextToken, ".")
		to = s.started.Key(r.Place, in.Job, at, id)
	}
	limit, last := pageSize(in.MaxResults, 200), ""
	for p, err := range s.started.Range(from, to, true) {
		if err != nil {
			return nil, err
		}
		x, err := s.runs.Get(r.Place, in.Job, p.ID)
		if err != nil {
			return nil, err
		}
		if x == nil {
			continue
		}
		if len(out.Runs) == limit {
			out.NextToken = last
			break
		}
		out.Runs, last = append(out.Runs, &x.description), stamp(x.StartedMS)+"."+x.ID
	}
	return out, nil
}

type stopInput struct {
	Job string   `json:"JobName"`
	IDs []string `json:"JobRunIds"`
}

type stopOutput struct {
	Done   []stopDone  `json:"SuccessfulSubmissions"`
	Errors []stopError `json:"Errors"`
}

type stopDone struct {
	Job string `json:"JobName"`
	ID  string `json:"JobRunId"`
}

type stopError struct {
	Job    string `json:"JobName"`
	ID     string `json:"JobRunId"`
	Detail struct {
		Code    string `json:"ErrorCode"`
		Message string `json:"ErrorMessage"`
	} `json:"ErrorDetail"`
}

// stopRuns asks runs to end.
func (s *Service) stopRuns(_ context.Context, r *awswire.Request, in *stopInput) (*stopOutput, error) {
	if len(in.IDs) == 0 || len(in.IDs) > 25 {
		return nil, invalid("Between 1 and 25 job runs can be stopped at once.")
	}
	out := &stopOutput{Done: []stopDone{}, Errors: []stopError{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range in.IDs {
		code, why, err := s.stopRun(r, in.Job, id)
		if err != nil {
			return nil, err
		}
		if code == "" {
			out.Done = append(out.Done, stopDone{in.Job, id})
			continue
		}
		no := stopError{Job: in.Job, ID: id}
		no.Detail.Code, no.Detail.Message = code, why
		out.Errors = append(out.Errors, no)
	}
	return out, nil
}

// stopRun asks a run to end; code says why it does not. mu is held.
func (s *Service) stopRun(r *awswire.Request, name, id string) (code, why string, err error) {
	x, err := s.runs.Get(r.Place, name, id)
	switch {
	case err != nil:
		return "", "", err
	case x == nil:
		return "EntityNotFoundException", "Job run " + id + " not found.", nil
	case x.ended():
		return "InvalidJobRunStateTransitionException", "Job run " + id + " is in the state " + x.State + " and cannot be stopped.", nil
	case x.State == stopping:
		return "", "", nil
	}
	x.State, x.LastModifiedOn = stopping, s.seconds()
	if err := s.runs.Save(x, r.Place, name, id); err != nil {
		return "", "", err
	}
	if program := s.running[id]; program != nil {
		program.Stop()
	}
	return "", "", nil
}
