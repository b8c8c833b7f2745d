package batch

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// environment is a compute environment. All of them are this machine.
type environment struct {
	Name             string            `json:"computeEnvironmentName"`
	ARN              string            `json:"computeEnvironmentArn"`
	UnmanagedCPUs    int64             `json:"unmanagedvCpus,omitempty"`
	Cluster          string            `json:"ecsClusterArn"`
	Tags             map[string]string `json:"tags"`
	Type             string            `json:"type"`
	State            string            `json:"state"`
	Status           string            `json:"status"`
	StatusReason     string            `json:"statusReason"`
	ComputeResources map[string]any    `json:"computeResources,omitempty"`
	ServiceRole      string            `json:"serviceRole,omitempty"`
	Orchestration    string            `json:"containerOrchestrationType"`
	UUID             string            `json:"uuid"`
}

// queue is a job queue.
type queue struct {
	Name             string            `json:"jobQueueName"`
	ARN              string            `json:"jobQueueArn"`
	State            string            `json:"state"`
	SchedulingPolicy string            `json:"schedulingPolicyArn,omitempty"`
	Status           string            `json:"status"`
	StatusReason     string            `json:"statusReason"`
	Priority         int64             `json:"priority"`
	Environments     []order           `json:"computeEnvironmentOrder"`
	Tags             map[string]string `json:"tags"`
	Type             string            `json:"jobQueueType"`
}

type order struct {
	Order       int64  `json:"order"`
	Environment string `json:"computeEnvironment"`
}

const (
	enabled  = "ENABLED"
	disabled = "DISABLED"
	healthy  = "ComputeEnvironment Healthy"
	queueOK  = "JobQueue Healthy"
)

// nameOf is the name that a name or an ARN means.
func nameOf(id string) string {
	if a, ok := arn.Parse(id); ok {
		_, name, _ := strings.Cut(a.Resource, "/")
		return name
	}
	return id
}

type environmentInput struct {
	Name             string            `json:"computeEnvironmentName"`
	Type             string            `json:"type"`
	State            string            `json:"state"`
	UnmanagedCPUs    int64             `json:"unmanagedvCpus"`
	ComputeResources map[string]any    `json:"computeResources"`
	ServiceRole      string            `json:"serviceRole"`
	Tags             map[string]string `json:"tags"`
	EKS              map[string]any    `json:"eksConfiguration"`
}

type environmentOutput struct {
	Name string `json:"computeEnvironmentName"`
	ARN  string `json:"computeEnvironmentArn"`
}

func (s *Service) createEnvironment(_ context.Context, r *awswire.Request, in *environmentInput) (*environmentOutput, error) {
	switch {
	case in.EKS != nil:
		return nil, &awswire.Error{Code: "NotImplemented", Status: 501, Message: "CreateComputeEnvironment with eksConfiguration is not built in. An endpoint that has it can be set for batch."}
	case !nameForm.MatchString(in.Name):
		return nil, refuse(r, "computeEnvironmentName can only contain letters, numbers, hyphens and underscores, and up to 128 of them")
	case in.Type != "MANAGED" && in.Type != "UNMANAGED":
		return nil, refuse(r, "Compute environment type should be MANAGED or UNMANAGED")
	case in.State != "" && in.State != enabled && in.State != disabled:
		return nil, refuse(r, "state %s must be one of [ENABLED, DISABLED]", in.State)
	case in.Type == "MANAGED" && in.ComputeResources == nil:
		return nil, refuse(r, "computeResources must be specified when type is MANAGED")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, err := s.environments.Get(r.Place, in.Name); err != nil || old != nil {
		return nil, orElse(err, refuse(r, "Object already exists"))
	}
	id := uuid.NewString()
	e := &environment{
		Name: in.Name, ARN: r.Place.ARN("batch", "compute-environment/"+in.Name), UnmanagedCPUs: in.UnmanagedCPUs,
		Cluster: r.Place.ARN("ecs", "cluster/AWSBatch-"+in.Name+"-"+id), Tags: orEmpty(in.Tags), Type: in.Type, State: stateOr(in.State), Status: "VALID",
		StatusReason: healthy, ComputeResources: in.ComputeResources, ServiceRole: in.ServiceRole, Orchestration: "ECS", UUID: id,
	}
	return &environmentOutput{e.Name, e.ARN}, s.environments.Save(e, r.Place, e.Name)
}

func stateOr(state string) string {
	if state == "" {
		return enabled
	}
	return state
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

type describeEnvironmentsInput struct {
	Names      []string `json:"computeEnvironments"`
	MaxResults int      `json:"maxResults"`
	NextToken  string   `json:"nextToken"`
}

type describeEnvironmentsOutput struct {
	Environments []*environment `json:"computeEnvironments"`
	NextToken    string         `json:"nextToken,omitempty"`
}

func (s *Service) describeEnvironments(_ context.Context, r *awswire.Request, in *describeEnvironmentsInput) (*describeEnvironmentsOutput, error) {
	out := &describeEnvironmentsOutput{Environments: []*environment{}}
	var err error
	out.Environments, out.NextToken, err = page(s.environments, r.Place, in.Names, in.NextToken, in.MaxResults, func(e *environment) string { return e.Name })
	return out, err
}

type updateEnvironmentInput struct {
	Name             string         `json:"computeEnvironment"`
	State            string         `json:"state"`
	UnmanagedCPUs    *int64         `json:"unmanagedvCpus"`
	ComputeResources map[string]any `json:"computeResources"`
	ServiceRole      string         `json:"serviceRole"`
}

func (s *Service) updateEnvironment(_ context.Context, r *awswire.Request, in *updateEnvironmentInput) (*environmentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.environments.Get(r.Place, nameOf(in.Name))
	if err != nil || e == nil {
		return nil, orElse(err, refuse(r, "%s does not exist", in.Name))
	}
	if in.State != "" {
		e.State = in.State
	}
	if in.UnmanagedCPUs != nil {
		e.UnmanagedCPUs = *in.UnmanagedCPUs
	}
	for k, v := range in.ComputeResources {
		if e.ComputeResources == nil {
			e.ComputeResources = map[string]any{}
		}
		e.ComputeResources[k] = v
	}
	if in.ServiceRole != "" {
		e.ServiceRole = in.ServiceRole
	}
	return &environmentOutput{e.Name, e.ARN}, s.environments.Save(e, r.Place, e.Name)
}

type nameInput struct {
	Environment string `json:"computeEnvironment"`
	Queue       string `json:"jobQueue"`
}

func (s *Service) deleteEnvironment(_ context.Context, r *awswire.Request, in *nameInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.environments.Get(r.Place, nameOf(in.Environment))
	switch {
	case err != nil || e == nil:
		return nil, err
	case e.State != disabled:
		return nil, refuse(r, "Cannot delete, state is not DISABLED")
	}
	for q, err := range s.queues.All(r.Place) {
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(q.Environments, func(o order) bool { return nameOf(o.Environment) == e.Name }) {
			return nil, refuse(r, "Cannot delete, found existing JobQueue relationship")
		}
	}
	var b kv.Batch
	s.environments.Delete(&b, r.Place, e.Name)
	return nil, s.o.Store.Apply(&b)
}

type queueInput struct {
	Name             string            `json:"jobQueueName"`
	Queue            string            `json:"jobQueue"` // of an update
	State            string            `json:"state"`
	SchedulingPolicy string            `json:"schedulingPolicyArn"`
	Priority         *int64            `json:"priority"`
	Environments     []order           `json:"computeEnvironmentOrder"`
	Tags             map[string]string `json:"tags"`
}

type queueOutput struct {
	Name string `json:"jobQueueName"`
	ARN  string `json:"jobQueueArn"`
}

func (s *Service) createQueue(_ context.Context, r *awswire.Request, in *queueInput) (*queueOutput, error) {
	switch {
	case !nameForm.MatchString(in.Name):
		return nil, refuse(r, "jobQueueName can only contain letters, numbers, hyphens and underscores, and up to 128 of them")
	case in.State != "" && in.State != enabled && in.State != disabled:
		return nil, refuse(r, "state %s must be one of [ENABLED, DISABLED]", in.State)
	case len(in.Environments) == 0:
		return nil, refuse(r, "At least 1 compute environment must be provided")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, err := s.queues.Get(r.Place, in.Name); err != nil || old != nil {
		return nil, orElse(err, refuse(r, "%s already exists", in.Name))
	}
	q := &queue{
		Name: in.Name, ARN: r.Place.ARN("batch", "job-queue/"+in.Name), State: stateOr(in.State), SchedulingPolicy: in.SchedulingPolicy, Status: "VALID",
		StatusReason: queueOK, Tags: orEmpty(in.Tags), Type: "ECS",
	}
	if in.Priority != nil {
		q.Priority = *in.Priority
	}
	if err := s.orderEnvironments(r, q, in.Environments); err != nil {
		return nil, err
	}
	return &queueOutput{q.Name, q.ARN}, s.queues.Save(q, r.Place, q.Name)
}

// orderEnvironments gives a queue its compute environments, by their ARNs.
func (s *Service) orderEnvironments(r *awswire.Request, q *queue, given []order) error {
	q.Environments = []order{}
	for _, o := range given {
		e, err := s.environments.Get(r.Place, nameOf(o.Environment))
		if err != nil || e == nil {
			return orElse(err, refuse(r, "computeEnvironment %s does not exist", o.Environment))
		}
		q.Environments = append(q.Environments, order{o.Order, e.ARN})
	}
	return nil
}

type describeQueuesInput struct {
	Names      []string `json:"jobQueues"`
	MaxResults int      `json:"maxResults"`
	NextToken  string   `json:"nextToken"`
}

type describeQueuesOutput struct {
	Queues    []*queue `json:"jobQueues"`
	NextToken string   `json:"nextToken,omitempty"`
}

func (s *Service) describeQueues(_ context.Context, r *awswire.Request, in *describeQueuesInput) (*describeQueuesOutput, error) {
	out := &describeQueuesOutput{Queues: []*queue{}}
	var err error
	out.Queues, out.NextToken, err = page(s.queues, r.Place, in.Names, in.NextToken, in.MaxResults, func(q *queue) string { return q.Name })
	return out, err
}

func (s *Service) updateQueue(_ context.Context, r *awswire.Request, in *queueInput) (*queueOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queues.Get(r.Place, nameOf(in.Queue))
	if err != nil || q == nil {
		return nil, orElse(err, refuse(r, "%s does not exist", in.Queue))
	}
	if in.State != "" {
		q.State = in.State
	}
	if in.Priority != nil {
		q.Priority = *in.Priority
	}
	if in.SchedulingPolicy != "" {
		q.SchedulingPolicy = in.SchedulingPolicy
	}
	if len(in.Environments) > 0 {
		if err := s.orderEnvironments(r, q, in.Environments); err != nil {
			return nil, err
		}
	}
	return &queueOutput{q.Name, q.ARN}, s.queues.Save(q, r.Place, q.Name)
}

func (s *Service) deleteQueue(_ context.Context, r *awswire.Request, in *nameInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queues.Get(r.Place, nameOf(in.Queue))
	switch {
	case err != nil || q == nil:
		return nil, err
	case q.State != disabled:
		return nil, refuse(r, "Cannot delete, state is not DISABLED")
	}
	var b kv.Batch
	s.queues.Delete(&b, r.Place, q.Name)
	return nil, s.o.Store.Apply(&b)
}
