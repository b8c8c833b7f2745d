package ecs

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// The states of a task and of a container.
const (
	statusProvisioning = "PROVISIONING"
	statusPending      = "PENDING"
	statusRunning      = "RUNNING"
	statusStopped      = "STOPPED"
)

// task is a task as it is stored: as it is described, and what its containers run.
type task struct {
	description
	Region      string           `json:"region"`
	Account     string           `json:"account"`
	ClusterName string           `json:"clusterName"`
	ID          string           `json:"id"`
	Tags        []tag            `json:"tagList,omitempty"`
	Definitions []map[string]any `json:"containerDefinitions"` // with the overrides
	StoppedMS   int64            `json:"stoppedMs,omitempty"`
	Token       string           `json:"clientToken,omitempty"` // forgotten with the task
}

// description is what DescribeTasks says of a task.
type description struct {
	Attachments     []map[string]any `json:"attachments"`
	Attributes      []map[string]any `json:"attributes"`
	Zone            string           `json:"availabilityZone"`
	ClusterARN      string           `json:"clusterArn"`
	Connectivity    string           `json:"connectivity,omitempty"`
	Containers      []*container     `json:"containers"`
	CPU             string           `json:"cpu,omitempty"`
	CreatedAt       float64          `json:"createdAt"`
	DesiredStatus   string           `json:"desiredStatus"`
	ExecuteCommand  bool             `json:"enableExecuteCommand"`
	Group           string           `json:"group"`
	Health          string           `json:"healthStatus"`
	LastStatus      string           `json:"lastStatus"`
	LaunchType      string           `json:"launchType,omitempty"`
	Memory          string           `json:"memory,omitempty"`
	Overrides       map[string]any   `json:"overrides"`
	PlatformVersion string           `json:"platformVersion,omitempty"`
	PlatformFamily  string           `json:"platformFamily,omitempty"`
	StartedAt       float64          `json:"startedAt,omitempty"`
	StartedBy       string           `json:"startedBy,omitempty"`
	StopCode        string           `json:"stopCode,omitempty"`
	StoppedAt       float64          `json:"stoppedAt,omitempty"`
	StoppedReason   string           `json:"stoppedReason,omitempty"`
	StoppingAt      float64          `json:"stoppingAt,omitempty"`
	TagList         []tag            `json:"tags"`
	ARN             string           `json:"taskArn"`
	DefinitionARN   string           `json:"taskDefinitionArn"`
	Version         int64            `json:"version"`
}

// container is a container of a task.
type container struct {
	ARN        string           `json:"containerArn"`
	TaskARN    string           `json:"taskArn"`
	Name       string           `json:"name"`
	Image      string           `json:"image"`
	RuntimeID  string           `json:"runtimeId,omitempty"`
	LastStatus string           `json:"lastStatus"`
	ExitCode   *int             `json:"exitCode,omitempty"`
	Reason     string           `json:"reason,omitempty"`
	Interfaces []map[string]any `json:"networkInterfaces"`
	Health     string           `json:"healthStatus"`
	CPU        string           `json:"cpu"`
	Memory     string           `json:"memory,omitempty"`
}

func (t *task) place() arn.Place { return arn.Place{Region: t.Region, Account: t.Account} }

func (t *task) pointer() *pointer { return &pointer{t.Region, t.Account, t.ClusterName, t.ID} }

func (t *task) stopped() bool { return t.LastStatus == statusStopped }

// container returns a container of the task by its name, nil when it has none of it.
func (t *task) container(name string) *container {
	for _, c := range t.Containers {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func (t *task) definition(name string) map[string]any {
	for _, d := range t.Definitions {
		if text(d, "name") == name {
			return d
		}
	}
	return nil
}

// shown is the description of a task, with its tags or without.
func (t *task) shown(tags bool) *description {
	d := t.description
	d.TagList = []tag{}
	if tags {
		d.TagList = orNone(t.Tags)
	}
	return &d
}

// override puts what RunTask says of a container over its definition.
func override(definition, over map[string]any) map[string]any {
	all := maps.Clone(definition)
	for name, v := range over {
		switch name {
		case "name":
		case "environment":
			all[name] = merged(definition[name], v)
		default:
			all[name] = v
		}
	}
	return all
}

// merged is one list of names with values over another.
func merged(below, above any) []any {
	under, _ := below.([]any)
	over, _ := above.([]any)
	all := []any{}
	at := map[string]int{}
	for _, e := range slices.Concat(under, over) {
		pair, _ := e.(map[string]any)
		if i, known := at[text(pair, "name")]; known {
			all[i] = e
			continue
		}
		at[text(pair, "name")] = len(all)
		all = append(all, e)
	}
	return all
}

// newTask makes a task that is to be run.
func (s *Service) newTask(r *awswire.Request, in *runInput, c *cluster, d *definition) (*task, error) {
	id := hexID()
	t := &task{Region: r.Place.Region, Account: r.Place.Account, ClusterName: c.Name, ID: id, Tags: in.Tags, Token: in.Token, description: description{
		Attachments: in.attachments(), Attributes: []map[string]any{{"name": "ecs.cpu-architecture", "value": "x86_64"}}, Zone: r.Place.Region + "a",
		ClusterARN: c.ARN, CPU: d.CPU, CreatedAt: s.seconds(), DesiredStatus: statusRunning, ExecuteCommand: in.ExecuteCommand, Group: in.Group,
		Health: "UNKNOWN", LastStatus: statusProvisioning, LaunchType: in.launchType(), Memory: d.Memory, Overrides: in.Overrides,
		StartedBy: in.StartedBy, ARN: r.Place.ARN("ecs", "task/"+c.Name+"/"+id), DefinitionARN: d.ARN, Version: 1,
	}}
	if t.Group == "" {
		t.Group = "family:" + d.Family
	}
	if in.Propagate == "TASK_DEFINITION" {
		t.Tags = slices.Concat(d.Tags, t.Tags)
	}
	if t.LaunchType == "FARGATE" {
		t.PlatformVersion, t.PlatformFamily = "1.4.0", "Linux"
	}
	t.takeOverrides()
	for _, def := range d.Containers {
		t.Definitions = append(t.Definitions, override(def, in.override(text(def, "name"))))
		t.Containers = append(t.Containers, &container{
			ARN: r.Place.ARN("ecs", "container/"+c.Name+"/"+id+"/"+uuid.NewString()), TaskARN: t.ARN, Name: text(def, "name"), Image: text(def, "image"),
			LastStatus: statusPending, Interfaces: []map[string]any{}, Health: "UNKNOWN", CPU: plain(def["cpu"]), Memory: plain(def["memory"]),
		})
	}
	return t, in.checkOverrides(t)
}

// takeOverrides lets what was said of the whole task count.
func (t *task) takeOverrides() {
	if t.Overrides == nil {
		t.Overrides = map[string]any{}
	}
	if cpu := text(t.Overrides, "cpu"); cpu != "" {
		t.CPU = cpu
	}
	if memory := text(t.Overrides, "memory"); memory != "" {
		t.Memory = memory
	}
	for _, list := range []string{"containerOverrides", "inferenceAcceleratorOverrides"} {
		if t.Overrides[list] == nil {
			t.Overrides[list] = []any{}
		}
	}
}

// hexID is a new id of a task: 32 hexadecimal digits.
func hexID() string {
	id := uuid.New()
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 32)
	for _, b := range id {
		text = append(text, digits[b>>4], digits[b&15])
	}
	return string(text)
}
