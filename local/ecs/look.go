package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

type describeTasksInput struct {
	Cluster string   `json:"cluster"`
	Tasks   []string `json:"tasks"`
	Include []string `json:"include"`
}

func (s *Service) describeTasks(_ context.Context, r *awswire.Request, in *describeTasksInput) (*runOutput, error) {
	c, err := s.findCluster(r.Place, in.Cluster)
	if err != nil {
		return nil, err
	}
	if len(in.Tasks) == 0 || len(in.Tasks) > 100 {
		return nil, invalid("Tasks cannot be empty.")
	}
	out := &runOutput{Tasks: []*description{}, Failures: []failure{}}
	for _, id := range in.Tasks {
		t, err := s.tasks.Get(r.Place, c.Name, nameOf(id))
		if err != nil {
			return nil, err
		}
		if t == nil {
			out.Failures = append(out.Failures, failure{r.Place.ARN("ecs", "task/"+c.Name+"/"+nameOf(id)), "MISSING"})
			continue
		}
		out.Tasks = append(out.Tasks, t.shown(slices.Contains(in.Include, "TAGS")))
	}
	return out, nil
}

type listTasksInput struct {
	Cluster    string `json:"cluster"`
	Family     string `json:"family"`
	NextToken  string `json:"nextToken"`
	MaxResults int    `json:"maxResults"`
	StartedBy  string `json:"startedBy"`
	Service    string `json:"serviceName"`
	Instance   string `json:"containerInstance"`
	Status     string `json:"desiredStatus"`
	LaunchType string `json:"launchType"`
}

type listTasksOutput struct {
	ARNs      []string `json:"taskArns"`
	NextToken string   `json:"nextToken,omitempty"`
}

func (s *Service) listTasks(_ context.Context, r *awswire.Request, in *listTasksInput) (*listTasksOutput, error) {
	c, err := s.findCluster(r.Place, in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &listTasksOutput{ARNs: []string{}}
	switch {
	case in.Service != "":
		return nil, refuse("ServiceNotFoundException", "Service not found.")
	case in.Instance != "":
		return out, nil // no task is on an instance
	case in.Status == "":
		in.Status = statusRunning
	}
	from := s.tasks.Key(r.Place, c.Name)
	to := kv.After(from)
	if in.NextToken != "" {
		from = append(s.tasks.Key(r.Place, c.Name, in.NextToken), 0)
	}
	limit := pageSize(in.MaxResults)
	for t, err := range s.tasks.Range(from, to, false) {
		if err != nil {
			return nil, err
		}
		if !in.wants(t) {
			continue
		}
		if len(out.ARNs) == limit {
			out.NextToken = nameOf(out.ARNs[limit-1])
			break
		}
		out.ARNs = append(out.ARNs, t.ARN)
	}
	return out, nil
}

func (in *listTasksInput) wants(t *task) bool {
	family, _, _ := strings.Cut(nameOf(t.DefinitionARN), ":")
	return t.DesiredStatus == in.Status && (in.Family == "" || in.Family == family) &&
		(in.StartedBy == "" || in.StartedBy == t.StartedBy) && (in.LaunchType == "" || in.LaunchType == t.LaunchType)
}

type stopInput struct {
	Cluster string `json:"cluster"`
	Task    string `json:"task"`
	Reason  string `json:"reason"`
}

type taskOutput struct {
	Task *description `json:"task"`
}

// stopTask asks the containers of a task to end.
func (s *Service) stopTask(_ context.Context, r *awswire.Request, in *stopInput) (*taskOutput, error) {
	t, over, err := s.stopOne(r, in)
	if err != nil {
		return nil, err
	}
	if over {
		s.teller.Beside(func() { s.tell(t) })
	}
	return &taskOutput{t.shown(true)}, nil
}

func (s *Service) stopOne(r *awswire.Request, in *stopInput) (t *task, over bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findCluster(r.Place, in.Cluster)
	if err != nil {
		return nil, false, err
	}
	t, err = s.tasks.Get(r.Place, c.Name, nameOf(in.Task))
	switch {
	case err != nil:
		return nil, false, err
	case t == nil:
		return nil, false, invalid("The referenced task was not found.")
	case t.DesiredStatus == statusStopped:
		return t, false, nil
	}
	t.DesiredStatus, t.StopCode, t.StoppedReason, t.StoppingAt = statusStopped, codeUser, in.Reason, s.seconds()
	if in.Reason == "" {
		t.StoppedReason = "Task stopped by user"
	}
	t.Version++
	runs := s.runs[t.ID]
	if len(runs) == 0 {
		return t, true, s.stop(t)
	}
	if err := s.tasks.Save(t, r.Place, c.Name, t.ID); err != nil {
		return nil, false, err
	}
	for _, run := range runs {
		run.Stop()
	}
	return t, false, nil
}
