package ecs

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// definition is a task definition. Of a container it keeps all that it was given.
type definition struct {
	ARN             string           `json:"taskDefinitionArn"`
	Containers      []map[string]any `json:"containerDefinitions"`
	Family          string           `json:"family"`
	TaskRole        string           `json:"taskRoleArn,omitempty"`
	ExecutionRole   string           `json:"executionRoleArn,omitempty"`
	NetworkMode     string           `json:"networkMode,omitempty"`
	Revision        int64            `json:"revision"`
	Volumes         []map[string]any `json:"volumes"`
	Status          string           `json:"status"`
	Attributes      []map[string]any `json:"requiresAttributes,omitempty"`
	Placement       []map[string]any `json:"placementConstraints"`
	Compatibilities []string         `json:"compatibilities"`
	Requires        []string         `json:"requiresCompatibilities,omitempty"`
	CPU             string           `json:"cpu,omitempty"`
	Memory          string           `json:"memory,omitempty"`
	PIDMode         string           `json:"pidMode,omitempty"`
	IPCMode         string           `json:"ipcMode,omitempty"`
	Storage         map[string]any   `json:"ephemeralStorage,omitempty"`
	Platform        map[string]any   `json:"runtimePlatform,omitempty"`
	RegisteredAt    float64          `json:"registeredAt"`
	DeregisteredAt  float64          `json:"deregisteredAt,omitempty"`
	RegisteredBy    string           `json:"registeredBy"`
	// Tags are told beside a definition, and not as a part of it.
	Tags []tag `json:"tags,omitempty"`
}

type registerInput struct {
	definition
}

type definitionOutput struct {
	Definition *definition `json:"taskDefinition"`
	Tags       []tag       `json:"tags,omitempty"`
}

func (d *definition) output(tags bool) *definitionOutput {
	shown := *d
	out := &definitionOutput{Definition: &shown}
	if tags {
		out.Tags = shown.Tags
	}
	shown.Tags = nil
	return out
}

// register makes a revision of a task definition.
func (s *Service) register(_ context.Context, r *awswire.Request, in *registerInput) (*definitionOutput, error) {
	d := &in.definition
	if err := d.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.definitions.Key(r.Place, d.Family)
	d.Revision = 1
	for last, err := range s.definitions.Range(from, kv.After(from), true) {
		if err != nil {
			return nil, err
		}
		d.Revision = last.Revision + 1
		break
	}
	d.ARN = r.Place.ARN("ecs", "task-definition/"+d.Family+":"+strconv.FormatInt(d.Revision, 10))
	d.Status, d.RegisteredAt, d.RegisteredBy, d.DeregisteredAt = "ACTIVE", s.seconds(), r.Place.RoleARN("local"), 0
	d.fill()
	if err := s.definitions.Save(d, r.Place, d.Family, number(d.Revision)); err != nil {
		return nil, err
	}
	return d.output(true), nil
}

func (d *definition) check() error {
	if !nameForm.MatchString(d.Family) {
		return client("Family contains invalid characters.")
	}
	if len(d.Containers) == 0 {
		return client("Container list cannot be empty.")
	}
	essential := false
	for _, c := range d.Containers {
		switch {
		case text(c, "name") == "":
			return client("Container.name should not be null or empty.")
		case text(c, "image") == "":
			return client("Container.image should not be null or empty.")
		case d.Memory == "" && c["memory"] == nil && c["memoryReservation"] == nil:
			return client("Invalid setting for container '%s'. At least one of 'memory' or 'memoryReservation' must be specified.", text(c, "name"))
		}
		essential = essential || isEssential(c)
	}
	if !essential {
		return client("At least one container must be essential.")
	}
	if slices.Contains(d.Requires, "FARGATE") {
		switch {
		case d.NetworkMode != "awsvpc":
			return client("Fargate only supports network mode ‘awsvpc’.")
		case d.CPU == "" || d.Memory == "":
			return client("Fargate requires that 'cpu' be defined at the task level.")
		}
	}
	return nil
}

// fill adds what AWS always shows.
func (d *definition) fill() {
	d.Volumes, d.Placement = orNone(d.Volumes), orNone(d.Placement)
	d.Compatibilities = []string{"EC2"}
	if d.NetworkMode == "awsvpc" {
		d.Compatibilities = append(d.Compatibilities, "FARGATE")
	}
	for _, c := range d.Containers {
		c["essential"] = isEssential(c)
		if c["cpu"] == nil {
			c["cpu"] = 0
		}
		for _, list := range []string{"portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"} {
			if c[list] == nil {
				c[list] = []any{}
			}
		}
	}
}

func isEssential(container map[string]any) bool {
	v, given := container["essential"].(bool)
	return v || !given
}

func text(doc map[string]any, name string) string {
	s, _ := doc[name].(string)
	return s
}

// findDefinition returns the definition that a family, a family with a revision or an ARN means, nil when there is none. Without a
// revision it is the last one that is active.
func (s *Service) findDefinition(at arn.Place, id string) (*definition, error) {
	family, revision, exact := strings.Cut(nameOf(id), ":")
	if exact {
		n, err := strconv.ParseInt(revision, 10, 64)
		if err != nil || n < 1 {
			return nil, nil
		}
		return s.definitions.Get(at, family, number(n))
	}
	from := s.definitions.Key(at, family)
	for d, err := range s.definitions.Range(from, kv.After(from), true) {
		if err != nil {
			return nil, err
		}
		if d.Status == "ACTIVE" {
			return d, nil
		}
	}
	return nil, nil
}

type definitionInput struct {
	Definition string   `json:"taskDefinition"`
	Include    []string `json:"include"`
}

func (s *Service) describeDefinition(_ context.Context, r *awswire.Request, in *definitionInput) (*definitionOutput, error) {
	d, err := s.findDefinition(r.Place, in.Definition)
	switch {
	case err != nil:
		return nil, err
	case d == nil:
		return nil, client("Unable to describe task definition.")
	}
	return d.output(slices.Contains(in.Include, "TAGS")), nil
}

func (s *Service) deregister(_ context.Context, r *awswire.Request, in *definitionInput) (*definitionOutput, error) {
	if !strings.Contains(nameOf(in.Definition), ":") {
		return nil, client("Invalid revision number. Number: %s", in.Definition)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.findDefinition(r.Place, in.Definition)
	switch {
	case err != nil:
		return nil, err
	case d == nil:
		return nil, client("The specified task definition does not exist.")
	}
	d.Status, d.DeregisteredAt = "INACTIVE", s.seconds()
	if err := s.definitions.Save(d, r.Place, d.Family, number(d.Revision)); err != nil {
		return nil, err
	}
	return d.output(false), nil
}

type listDefinitionsInput struct {
	Family     string `json:"familyPrefix"`
	Status     string `json:"status"`
	Sort       string `json:"sort"`
	NextToken  string `json:"nextToken"`
	MaxResults int    `json:"maxResults"`
}

type listDefinitionsOutput struct {
	ARNs      []string `json:"taskDefinitionArns"`
	NextToken string   `json:"nextToken,omitempty"`
}

func (s *Service) listDefinitions(_ context.Context, r *awswire.Request, in *listDefinitionsInput) (*listDefinitionsOutput, error) {
	out := &listDefinitionsOutput{ARNs: []string{}}
	var parts []string
	if in.Family != "" {
		parts = append(parts, in.Family)
	}
	from := s.definitions.Key(r.Place, parts...)
	to, reverse := kv.After(from), in.Sort == "DESC"
	if in.NextToken != "" {
		family, revision, _ := strings.Cut(in.NextToken, ":")
		if at := s.definitions.Key(r.Place, family, revision); reverse {
			to = at
		} else {
			from = append(at, 0)
		}
	}
	if in.Status == "" {
		in.Status = "ACTIVE"
	}
	limit, last := pageSize(in.MaxResults), ""
	for d, err := range s.definitions.Range(from, to, reverse) {
		if err != nil {
			return nil, err
		}
		if d.Status != in.Status {
			continue
		}
		if len(out.ARNs) == limit {
			out.NextToken = last
			break
		}
		out.ARNs, last = append(out.ARNs, d.ARN), d.Family+":"+number(d.Revision)
	}
	return out, nil
}
