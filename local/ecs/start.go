package ecs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// maxCount is how many tasks one call starts.
const maxCount = 10

// How long things are remembered: a task that has stopped (AWS says an hour at least), and a client token.
const (
	keepEnded  = 24 * 3600 * 1000
	keepTokens = 24 * 3600 * 1000
	forgetOnce = 10
)

type runInput struct {
	Cluster        string           `json:"cluster"`
	Count          *int             `json:"count"`
	ExecuteCommand bool             `json:"enableExecuteCommand"`
	Group          string           `json:"group"`
	LaunchType     string           `json:"launchType"`
	Strategy       []map[string]any `json:"capacityProviderStrategy"`
	Network        *struct {
		VPC *struct {
			Subnets []string `json:"subnets"`
		} `json:"awsvpcConfiguration"`
	} `json:"networkConfiguration"`
	Overrides  map[string]any `json:"overrides"`
	Propagate  string         `json:"propagateTags"`
	StartedBy  string         `json:"startedBy"`
	Tags       []tag          `json:"tags"`
	Definition string         `json:"taskDefinition"`
	Token      string         `json:"clientToken"`
}

// started is what a client token stands for.
type started struct {
	Cluster string   `json:"cluster"`
	IDs     []string `json:"ids"`
	Request string   `json:"request"` // what was asked, to see whether the same is asked again
	At      int64    `json:"at"`
}

type runOutput struct {
	Tasks    []*description `json:"tasks"`
	Failures []failure      `json:"failures"`
}

func (in *runInput) launchType() string {
	if in.LaunchType == "" {
		if len(in.Strategy) > 0 {
			return "FARGATE"
		}
		return "EC2"
	}
	return in.LaunchType
}

// attachments are the network interfaces that a task is said to have.
func (in *runInput) attachments() []map[string]any {
	all := []map[string]any{}
	if in.Network == nil || in.Network.VPC == nil || len(in.Network.VPC.Subnets) == 0 {
		return all
	}
	return append(all, map[string]any{
		"id": uuid.NewString(), "type": "ElasticNetworkInterface", "status": "PRECREATED",
		"details": []map[string]string{{"name": "subnetId", "value": in.Network.VPC.Subnets[0]}},
	})
}

// containerOverrides are those of the request.
func (in *runInput) containerOverrides() []map[string]any {
	list, _ := in.Overrides["containerOverrides"].([]any)
	var all []map[string]any
	for _, e := range list {
		if o, ok := e.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

func (in *runInput) override(name string) map[string]any {
	for _, o := range in.containerOverrides() {
		if text(o, "name") == name {
			return o
		}
	}
	return nil
}

func (in *runInput) checkOverrides(t *task) error {
	for _, o := range in.containerOverrides() {
		if t.container(text(o, "name")) == nil {
			return invalid("Override for container named %s is not a container in the TaskDefinition.", text(o, "name"))
		}
	}
	return nil
}

func (in *runInput) check(d *definition) error {
	fargate := in.launchType() == "FARGATE"
	switch {
	case d == nil:
		return client("TaskDefinition not found.")
	case d.Status != "ACTIVE":
		return client("TaskDefinition is inactive")
	case in.LaunchType != "" && len(in.Strategy) > 0:
		return invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	case in.Count != nil && (*in.Count < 1 || *in.Count > maxCount):
		return invalid("Invalid count parameter. Should be between 1 and %d", maxCount)
	case fargate && !slices.Contains(d.Compatibilities, "FARGATE"):
		return invalid("Task definition does not support launch_type FARGATE.")
	case d.NetworkMode == "awsvpc" && (in.Network == nil || in.Network.VPC == nil || len(in.Network.VPC.Subnets) == 0):
		return invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	case d.NetworkMode != "awsvpc" && in.Network != nil && in.Network.VPC != nil:
		return invalid("Network Configuration is not valid for the given networkMode of this task definition.")
	}
	return nil
}

// runTask starts tasks. The same client token gives the same tasks again.
func (s *Service) runTask(_ context.Context, r *awswire.Request, in *runInput) (*runOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("noting a request: %w", err)
	}
	if in.Token != "" {
		if out, err := s.known(r, in, string(asked)); out != nil || err != nil {
			return out, err
		}
	}
	c, err := s.findCluster(r.Place, in.Cluster)
	if err != nil {
		return nil, err
	}
	d, err := s.findDefinition(r.Place, in.Definition)
	if err == nil {
		err = in.check(d)
	}
	if err != nil {
		return nil, err
	}
	count := 1
	if in.Count != nil {
		count = *in.Count
	}
	var tasks []*task
	for range count {
		t, err := s.newTask(r, in, c, d)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	return s.begin(r, in, c, tasks, string(asked))
}

// known is the answer that a client token got before, nil when it got none.
func (s *Service) known(r *awswire.Request, in *runInput, asked string) (*runOutput, error) {
	before, err := s.tokens.Get(r.Place, in.Token)
	if err != nil || before == nil || before.At < s.o.Now().UnixMilli()-keepTokens {
		return nil, err
	}
	if before.Request != asked {
		return nil, refuse("ConflictException", "The request with client token %s differs from the one before.", in.Token)
	}
	out := &runOutput{Tasks: []*description{}, Failures: []failure{}}
	for _, id := range before.IDs {
		t, err := s.tasks.Get(r.Place, before.Cluster, id)
		if err != nil {
			return nil, err
		}
		if t != nil {
			out.Tasks = append(out.Tasks, t.shown(true))
		}
	}
	return out, nil
}

// begin stores new tasks and hands them to the runner, which waits for that.
func (s *Service) begin(r *awswire.Request, in *runInput, c *cluster, tasks []*task, asked string) (*runOutput, error) {
	out := &runOutput{Tasks: []*description{}, Failures: []failure{}}
	token := started{Cluster: c.Name, Request: asked, At: s.o.Now().UnixMilli()}
	var b kv.Batch
	for _, t := range tasks {
		if err := s.start(t); err != nil {
			out.Failures = append(out.Failures, failure{t.ARN, "RESOURCE:CPU"})
			continue
		}
		if err := s.tasks.Set(&b, t, r.Place, c.Name, t.ID); err != nil {
			return nil, err
		}
		if err := s.active.Set(&b, t.pointer(), nowhere, t.ID); err != nil {
			return nil, err
		}
		token.IDs = append(token.IDs, t.ID)
		out.Tasks = append(out.Tasks, t.shown(true))
	}
	if err := s.forget(&b, r); err != nil { // before: the token may be one of an old task
		return nil, err
	}
	if in.Token != "" {
		if err := s.tokens.Set(&b, &token, r.Place, in.Token); err != nil {
			return nil, err
		}
	}
	return out, s.o.Store.Apply(&b)
}

// forget adds to a batch the removal of some tasks that have stopped long ago.
func (s *Service) forget(b *kv.Batch, r *awswire.Request) error {
	n := 0
	before := stamp(s.o.Now().UnixMilli() - keepEnded)
	for p, err := range s.over.Range(s.over.Key(r.Place), s.over.Key(r.Place, before), false) {
		if err != nil {
			return err
		}
		t, err := s.tasks.Get(r.Place, p.Cluster, p.ID)
		if err != nil {
			return err
		}
		if t != nil {
			s.tasks.Delete(b, r.Place, p.Cluster, p.ID)
			s.over.Delete(b, r.Place, stamp(t.StoppedMS), p.Cluster, p.ID)
			if t.Token != "" {
				s.tokens.Delete(b, r.Place, t.Token)
			}
		}
		if n++; n == forgetOnce {
			break
		}
	}
	return nil
}

// plain is a number of a document as a text.
func plain(v any) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int:
		return strconv.Itoa(v)
	}
	return ""
}
