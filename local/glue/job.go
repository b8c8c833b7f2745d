package glue

import (
	"context"
	"maps"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// job is a job as it is described and stored: all that it was given, and when.
type job map[string]any

func (j job) text(name string) string {
	s, _ := j[name].(string)
	return s
}

func (j job) command(name string) string {
	c, _ := j["Command"].(map[string]any)
	s, _ := c[name].(string)
	return s
}

// number is a number of the job, else when it has none.
func (j job) number(name string, otherwise int64) int64 {
	if n, ok := j[name].(float64); ok {
		return int64(n)
	}
	return otherwise
}

// concurrent is how many runs of the job there may be at once.
func (j job) concurrent() int64 {
	p, _ := j["ExecutionProperty"].(map[string]any)
	if n, ok := p["MaxConcurrentRuns"].(float64); ok && n > 0 {
		return int64(n)
	}
	return 1
}

// arguments are those of a name, as texts.
func (j job) arguments(name string) map[string]string {
	all := map[string]string{}
	given, _ := j[name].(map[string]any)
	for k, v := range given {
		all[k], _ = v.(string)
	}
	return all
}

// fill adds what AWS always shows.
func (j job) fill() {
	for name, v := range map[string]any{"JobMode": "SCRIPT", "MaxRetries": 0.0, "Timeout": 2880.0} {
		if j[name] == nil {
			j[name] = v
		}
	}
	if j["ExecutionProperty"] == nil {
		j["ExecutionProperty"] = map[string]any{"MaxConcurrentRuns": 1.0}
	}
	if j["GlueVersion"] == nil && j.command("Name") != "pythonshell" {
		j["GlueVersion"] = "0.9"
	}
	if j["MaxCapacity"] == nil && j["WorkerType"] == nil {
		capacity := 10.0
		if j.command("Name") == "pythonshell" {
			capacity = 0.0625
		}
		j["MaxCapacity"], j["AllocatedCapacity"] = capacity, float64(int(capacity))
	}
}

func (j job) check() error {
	switch {
	case j.text("Role") == "":
		return invalid("Role should not be null or empty.")
	case j["Command"] == nil:
		return invalid("Command should not be null.")
	case j.command("ScriptLocation") == "":
		return invalid("Command.ScriptLocation should not be null or empty.")
	}
	if n, given := j["MaxRetries"].(float64); given && (n < 0 || n > 10) {
		return invalid("MaxRetries should be between 0 and 10.")
	}
	return nil
}

type nameOutput struct {
	Name string `json:"Name"`
}

func (s *Service) createJob(_ context.Context, r *awswire.Request, in *job) (*nameOutput, error) {
	j := *in
	name := j.text("Name")
	if name == "" {
		return nil, invalid("Name should not be null or empty.")
	}
	if err := j.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.jobs.Get(r.Place, name)
	switch {
	case err != nil:
		return nil, err
	case old != nil:
		return nil, refuse("AlreadyExistsException", "Job with name %s already submitted with different configuration", name)
	}
	j.fill()
	j["CreatedOn"], j["LastModifiedOn"] = s.seconds(), s.seconds()
	return &nameOutput{name}, s.jobs.Save(&j, r.Place, name)
}

type jobInput struct {
	Name   string `json:"JobName"`
	Update job    `json:"JobUpdate"`
}

type jobNameOutput struct {
	Name string `json:"JobName"`
}

// updateJob gives a job a new definition: what is left out is gone.
func (s *Service) updateJob(_ context.Context, r *awswire.Request, in *jobInput) (*jobNameOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.jobs.Get(r.Place, in.Name)
	switch {
	case err != nil:
		return nil, err
	case old == nil:
		return nil, notFound("Job %s not found.", in.Name)
	}
	if err := in.Update.check(); err != nil {
		return nil, err
	}
	j := maps.Clone(in.Update)
	j["Name"], j["CreatedOn"], j["LastModifiedOn"] = in.Name, (*old)["CreatedOn"], s.seconds()
	if tags := (*old)["Tags"]; tags != nil {
		j["Tags"] = tags
	}
	j.fill()
	return &jobNameOutput{in.Name}, s.jobs.Save(&j, r.Place, in.Name)
}

// deleteJob deletes a job; one that is not there is no error.
func (s *Service) deleteJob(_ context.Context, r *awswire.Request, in *jobInput) (*jobNameOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b kv.Batch
	s.jobs.Delete(&b, r.Place, in.Name)
	return &jobNameOutput{in.Name}, s.o.Store.Apply(&b)
}

type getJobOutput struct {
	Job job `json:"Job"`
}

func (s *Service) getJob(_ context.Context, r *awswire.Request, in *jobInput) (*getJobOutput, error) {
	j, err := s.jobs.Get(r.Place, in.Name)
	switch {
	case err != nil:
		return nil, err
	case j == nil:
		return nil, notFound("Job %s not found.", in.Name)
	}
	return &getJobOutput{j.shown()}, nil
}

// shown is the job without what GetJob does not tell.
func (j job) shown() job {
	all := maps.Clone(j)
	delete(all, "Tags")
	return all
}

type listInput struct {
	NextToken  string            `json:"NextToken"`
	MaxResults int               `json:"MaxResults"`
	Tags       map[string]string `json:"Tags"`
}

type getJobsOutput struct {
	Jobs      []job  `json:"Jobs"`
	NextToken string `json:"NextToken,omitempty"`
}

func (s *Service) getJobs(_ context.Context, r *awswire.Request, in *listInput) (*getJobsOutput, error) {
	list, next, err := s.list(r, in)
	out := &getJobsOutput{Jobs: []job{}, NextToken: next}
	for _, j := range list {
		out.Jobs = append(out.Jobs, j.shown())
	}
	return out, err
}

type listJobsOutput struct {
	Names     []string `json:"JobNames"`
	NextToken string   `json:"NextToken,omitempty"`
}

func (s *Service) listJobs(_ context.Context, r *awswire.Request, in *listInput) (*listJobsOutput, error) {
	list, next, err := s.list(r, in)
	out := &listJobsOutput{Names: []string{}, NextToken: next}
	for _, j := range list {
		out.Names = append(out.Names, j.text("Name"))
	}
	return out, err
}

// list is a page of the jobs that have all the tags.
func (s *Service) list(r *awswire.Request, in *listInput) (list []job, next string, err error) {
	from, to := s.jobs.Key(r.Place), kv.After(s.jobs.Key(r.Place))
	if in.NextToken != "" {
		from = append(s.jobs.Key(r.Place, in.NextToken), 0)
	}
	limit := pageSize(in.MaxResults, 1000)
	for j, err := range s.jobs.Range(from, to, false) {
		if err != nil {
			return nil, "", err
		}
		if !j.tagged(in.Tags) {
			continue
		}
		if len(list) == limit {
			return list, list[limit-1].text("Name"), nil
		}
		list = append(list, *j)
	}
	return list, "", nil
}

func (j job) tagged(tags map[string]string) bool {
	own := j.arguments("Tags")
	for k, v := range tags {
		if got, has := own[k]; !has || got != v {
			return false
		}
	}
	return true
}
