package batch

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// definition is a job definition, as it is described and as it is stored.
type definition struct {
	Name                 string            `json:"jobDefinitionName"`
	ARN                  string            `json:"jobDefinitionArn"`
	Revision             int64             `json:"revision"`
	Status               string            `json:"status"`
	Type                 string            `json:"type"`
	SchedulingPriority   *int64            `json:"schedulingPriority,omitempty"`
	Parameters           map[string]string `json:"parameters"`
	RetryStrategy        *retryStrategy    `json:"retryStrategy,omitempty"`
	ContainerProperties  map[string]any    `json:"containerProperties,omitempty"`
	Timeout              *timeout          `json:"timeout,omitempty"`
	Tags                 map[string]string `json:"tags"`
	PropagateTags        bool              `json:"propagateTags"`
	PlatformCapabilities []string          `json:"platformCapabilities,omitempty"`
	Orchestration        string            `json:"containerOrchestrationType"`
}

// retryStrategy says how often a job is tried.
type retryStrategy struct {
	Attempts       int64  `json:"attempts"`
	EvaluateOnExit []exit `json:"evaluateOnExit"`
}

// exit says what follows when an attempt has ended so.
type exit struct {
	OnStatusReason string `json:"onStatusReason,omitempty"`
	OnReason       string `json:"onReason,omitempty"`
	OnExitCode     string `json:"onExitCode,omitempty"`
	Action         string `json:"action"`
}

type timeout struct {
	Seconds int64 `json:"attemptDurationSeconds"`
}

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}$`)

type registerInput struct {
	Name                 string            `json:"jobDefinitionName"`
	Type                 string            `json:"type"`
	SchedulingPriority   *int64            `json:"schedulingPriority"`
	Parameters           map[string]string `json:"parameters"`
	RetryStrategy        *retryStrategy    `json:"retryStrategy"`
	ContainerProperties  map[string]any    `json:"containerProperties"`
	NodeProperties       map[string]any    `json:"nodeProperties"`
	EKSProperties        map[string]any    `json:"eksProperties"`
	ECSProperties        map[string]any    `json:"ecsProperties"`
	Timeout              *timeout          `json:"timeout"`
	Tags                 map[string]string `json:"tags"`
	PropagateTags        bool              `json:"propagateTags"`
	PlatformCapabilities []string          `json:"platformCapabilities"`
}

type registerOutput struct {
	Name     string `json:"jobDefinitionName"`
	ARN      string `json:"jobDefinitionArn"`
	Revision int64  `json:"revision"`
}

// register makes a revision of a job definition.
func (s *Service) register(_ context.Context, r *awswire.Request, in *registerInput) (*registerOutput, error) {
	if err := checkDefinition(r, in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last, err := s.lastRevision(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	revision := last + 1
	d := &definition{
		Name: in.Name, ARN: r.Place.ARN("batch", "job-definition/"+in.Name+":"+strconv.FormatInt(revision, 10)), Revision: revision, Status: "ACTIVE",
		Type: in.Type, SchedulingPriority: in.SchedulingPriority, Parameters: orEmpty(in.Parameters), RetryStrategy: in.RetryStrategy,
		ContainerProperties: whole(in.ContainerProperties), Timeout: in.Timeout, Tags: orEmpty(in.Tags), PropagateTags: in.PropagateTags,
		PlatformCapabilities: in.PlatformCapabilities, Orchestration: "ECS",
	}
	if err := s.definitions.Save(d, r.Place, in.Name, number(revision)); err != nil {
		return nil, err
	}
	return &registerOutput{d.Name, d.ARN, d.Revision}, nil
}

func checkDefinition(r *awswire.Request, in *registerInput) error {
	switch {
	case !nameForm.MatchString(in.Name):
		return refuse(r, "Job definition name should match valid pattern")
	case in.Type == "multinode" || in.NodeProperties != nil || in.EKSProperties != nil || in.ECSProperties != nil:
		return &awswire.Error{Code: "NotImplemented", Status: 501,
			Message: "RegisterJobDefinition with nodeProperties, eksProperties or ecsProperties is not built in: containerProperties are. An endpoint that has it can be set for batch."}
	case in.Type != "container":
		return refuse(r, "Job definition type should be container or multinode")
	case text(in.ContainerProperties, "image") == "":
		return refuse(r, "Container properties should contain an image")
	}
	return checkAttempts(r, in.RetryStrategy, in.Timeout)
}

func checkAttempts(r *awswire.Request, retry *retryStrategy, t *timeout) error {
	if retry != nil {
		if retry.Attempts < 0 || retry.Attempts > 10 {
			return refuse(r, "RetryStrategy attempts must be between 1 and 10")
		}
		for _, e := range retry.EvaluateOnExit {
			if a := strings.ToUpper(e.Action); a != "RETRY" && a != "EXIT" {
				return refuse(r, "Action in evaluateOnExit should be RETRY or EXIT")
			}
		}
	}
	if t != nil && t.Seconds < 60 && t.Seconds != 0 {
		return refuse(r, "The timeout has to be at least 60 seconds")
	}
	return nil
}

func (s *Service) lastRevision(at arn.Place, name string) (int64, error) {
	from := s.definitions.Key(at, name)
	for d, err := range s.definitions.Range(from, kv.After(from), true) {
		if err != nil {
			return 0, err
		}
		return d.Revision, nil
	}
	return 0, nil
}

// findDefinition returns the definition that a name, a name with a revision or an ARN means, nil when there is none. Without a
// revision it is the last one that is active.
func (s *Service) findDefinition(at arn.Place, id string) (*definition, error) {
	if a, ok := arn.Parse(id); ok {
		_, rest, _ := strings.Cut(a.Resource, "/")
		id = rest
	}
	name, revision, exact := strings.Cut(id, ":")
	if exact {
		n, err := strconv.ParseInt(revision, 10, 64)
		if err != nil || n < 1 {
			return nil, nil
		}
		return s.definitions.Get(at, name, number(n))
	}
	from := s.definitions.Key(at, name)
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
	Definition string `json:"jobDefinition"`
}

// deregister makes a revision inactive: no more jobs are made of it.
func (s *Service) deregister(_ context.Context, r *awswire.Request, in *definitionInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.findDefinition(r.Place, in.Definition)
	if err != nil || d == nil { // one that is not there is deregistered already
		return nil, err
	}
	d.Status = "INACTIVE"
	return nil, s.definitions.Save(d, r.Place, d.Name, number(d.Revision))
}

type describeDefinitionsInput struct {
	Definitions []string `json:"jobDefinitions"`
	MaxResults  int      `json:"maxResults"`
	Name        string   `json:"jobDefinitionName"`
	Status      string   `json:"status"`
	NextToken   string   `json:"nextToken"`
}

type describeDefinitionsOutput struct {
	Definitions []*definition `json:"jobDefinitions"`
	NextToken   string        `json:"nextToken,omitempty"`
}

func (s *Service) describeDefinitions(_ context.Context, r *awswire.Request, in *describeDefinitionsInput) (*describeDefinitionsOutput, error) {
	out := &describeDefinitionsOutput{Definitions: []*definition{}}
	wants := func(d *definition) bool { return in.Status == "" || d.Status == in.Status }
	if len(in.Definitions) > 0 {
		for _, id := range in.Definitions {
			d, err := s.findDefinition(r.Place, id)
			if err != nil {
				return nil, err
			}
			if d != nil && wants(d) {
				out.Definitions = append(out.Definitions, d)
			}
		}
		return out, nil
	}
	var parts []string
	if in.Name != "" {
		parts = append(parts, in.Name)
	}
	from, to := s.definitions.Key(r.Place, parts...), kv.After(s.definitions.Key(r.Place, parts...))
	if in.NextToken != "" {
		name, revision, _ := strings.Cut(in.NextToken, ":")
		from = append(s.definitions.Key(r.Place, name, revision), 0)
	}
	limit := pageSize(in.MaxResults)
	for d, err := range s.definitions.Range(from, to, false) {
		if err != nil {
			return nil, err
		}
		if !wants(d) {
			continue
		}
		if len(out.Definitions) == limit {
			last := out.Definitions[limit-1]
			out.NextToken = last.Name + ":" + number(last.Revision)
			break
		}
		out.Definitions = append(out.Definitions, d)
	}
	return out, nil
}

// pageSize is how many entries an answer has.
func pageSize(asked int) int {
	if asked < 1 || asked > 100 {
		return 100
	}
	return asked
}

// whole is the properties of a container with the lists that AWS always shows.
func whole(properties map[string]any) map[string]any {
	all := maps.Clone(properties)
	for _, list := range []string{"command", "volumes", "environment", "mountPoints", "ulimits", "resourceRequirements", "secrets"} {
		if _, ok := all[list]; !ok {
			all[list] = []any{}
		}
	}
	return all
}

func text(doc map[string]any, name string) string {
	s, _ := doc[name].(string)
	return s
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// texts is a list of strings in a document.
func texts(v any) []string {
	var all []string
	list, _ := v.([]any)
	for _, e := range list {
		s, _ := e.(string)
		all = append(all, s)
	}
	return slices.Clip(all)
}
