package events

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// target is a target of a rule, as the API has it: it is stored in that form.
type target struct {
	ID               string            `json:"Id"`
	Arn              string            `json:"Arn"`
	RoleArn          string            `json:"RoleArn,omitempty"`
	Input            *string           `json:"Input,omitempty"`
	InputPath        *string           `json:"InputPath,omitempty"`
	InputTransformer *inputTransformer `json:"InputTransformer,omitempty"`
	SQS              *sqsParameters    `json:"SqsParameters,omitempty"`
	HTTP             *httpParameters   `json:"HttpParameters,omitempty"`
	ECS              *ecsParameters    `json:"EcsParameters,omitempty"`
	Batch            *batchParameters  `json:"BatchParameters,omitempty"`
	DeadLetter       *deadLetter       `json:"DeadLetterConfig,omitempty"`
	Retry            *retryPolicy      `json:"RetryPolicy,omitempty"`
	Kinesis          json.RawMessage   `json:"KinesisParameters,omitempty"`
	RunCommand       json.RawMessage   `json:"RunCommandParameters,omitempty"`
	Redshift         json.RawMessage   `json:"RedshiftDataParameters,omitempty"`
	SageMaker        json.RawMessage   `json:"SageMakerPipelineParameters,omitempty"`
	AppSync          json.RawMessage   `json:"AppSyncParameters,omitempty"`
}

type inputTransformer struct {
	Paths    map[string]string `json:"InputPathsMap,omitempty"`
	Template string            `json:"InputTemplate"`
}

type sqsParameters struct {
	Group string `json:"MessageGroupId,omitempty"`
}

type httpParameters struct {
	Path    []string          `json:"PathParameterValues,omitempty"`
	Headers map[string]string `json:"HeaderParameters,omitempty"`
	Query   map[string]string `json:"QueryStringParameters,omitempty"`
}

type ecsParameters struct {
	TaskDefinition string `json:"TaskDefinitionArn"`
	Count          int    `json:"TaskCount,omitempty"`
	LaunchType     string `json:"LaunchType,omitempty"`
	Network        *struct {
		VPC *struct {
			Subnets        []string `json:"Subnets"`
			SecurityGroups []string `json:"SecurityGroups,omitempty"`
			PublicIP       string   `json:"AssignPublicIp,omitempty"`
		} `json:"awsvpcConfiguration,omitempty"`
	} `json:"NetworkConfiguration,omitempty"`
	Platform   string          `json:"PlatformVersion,omitempty"`
	Group      string          `json:"Group,omitempty"`
	Providers  json.RawMessage `json:"CapacityProviderStrategy,omitempty"`
	Managed    bool            `json:"EnableECSManagedTags,omitempty"`
	Execute    bool            `json:"EnableExecuteCommand,omitempty"`
	Constraint json.RawMessage `json:"PlacementConstraints,omitempty"`
	Strategy   json.RawMessage `json:"PlacementStrategy,omitempty"`
	Propagate  string          `json:"PropagateTags,omitempty"`
	Reference  string          `json:"ReferenceId,omitempty"`
	Tags       json.RawMessage `json:"Tags,omitempty"`
}

type batchParameters struct {
	Definition string          `json:"JobDefinition"`
	Name       string          `json:"JobName"`
	Array      json.RawMessage `json:"ArrayProperties,omitempty"`
	Retry      json.RawMessage `json:"RetryStrategy,omitempty"`
}

type retryPolicy struct {
	Attempts *int   `json:"MaximumRetryAttempts,omitempty"`
	Age      *int64 `json:"MaximumEventAgeInSeconds,omitempty"`
}

// maxTargets is how many targets a rule has.
const maxTargets = 5

// needsRole are the services to which EventBridge delivers by a role alone.
var needsRole = []string{"states", "kinesis", "firehose", "ecs", "batch"}

// delivered are the services to whose resources events are delivered here.
var delivered = []string{"sqs", "sns", "lambda", "states", "logs", "events", "ecs", "batch"}

func (t *target) check() error {
	given := 0
	for _, is := range []bool{t.Input != nil, t.InputPath != nil, t.InputTransformer != nil} {
		if is {
			given++
		}
	}
	a, ok := arn.Parse(t.Arn)
	switch {
	case given > 1:
		return invalid("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", t.ID)
	case !ok:
		return invalid("Parameter %s is not valid. Reason: Provided Arn is not in correct format.", t.Arn)
	case slices.Contains(needsRole, a.Service) && t.RoleArn == "":
		return invalid("RoleArn is required for target %s.", t.Arn)
	case a.Service == "sqs" && strings.HasSuffix(t.Arn, ".fifo") && (t.SQS == nil || t.SQS.Group == ""):
		return invalid("Parameter(s) MessageGroupId must be specified for target: %s.", t.ID)
	case a.Service == "ecs" && t.ECS == nil:
		return invalid("Parameter EcsParameters is required for target %s.", t.ID)
	case a.Service == "batch" && t.Batch == nil:
		return invalid("Parameter BatchParameters is required for target %s.", t.ID)
	}
	if t.InputPath != nil {
		if _, err := parsePath(*t.InputPath); err != nil {
			return invalid("Invalid InputPath for target %s.", t.ID)
		}
	}
	if t.Input != nil {
		if _, err := value.Parse(*t.Input); err != nil {
			return invalid("JSON syntax error in input for target %s", t.ID)
		}
	}
	if t.InputTransformer != nil {
		return t.InputTransformer.check(t.ID)
	}
	return nil
}

type failedTarget struct {
	TargetID     string `json:"TargetId"`
	ErrorCode    string
	ErrorMessage string
}

type targetsOutput struct {
	FailedEntryCount int
	FailedEntries    []failedTarget
}

func (s *Service) putTargets(_ context.Context, r *awswire.Request, in *ruleInput) (*targetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, x, err := s.rule(r, in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Targets {
		if err := t.check(); err != nil {
			return nil, err
		}
		if a, _ := arn.Parse(t.Arn); !slices.Contains(delivered, a.Service) {
			s.o.Log.Warn("a rule has a target that events are not delivered to here", "rule", x.Name, "target", t.Arn)
		}
		if old := slices.IndexFunc(x.Targets, func(u *target) bool { return u.ID == t.ID }); old >= 0 {
			x.Targets[old] = t
		} else {
			x.Targets = append(x.Targets, t)
		}
	}
	if len(x.Targets) > maxTargets {
		return nil, tooMany()
	}
	return &targetsOutput{0, []failedTarget{}}, s.rules.Save(x, at, x.Bus, x.Name)
}

func (s *Service) removeTargets(_ context.Context, r *awswire.Request, in *ruleInput) (*targetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, x, err := s.rule(r, in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	out := &targetsOutput{0, []failedTarget{}}
	for _, id := range in.IDs {
		n := len(x.Targets)
		x.Targets = slices.DeleteFunc(x.Targets, func(t *target) bool { return t.ID == id })
		if len(x.Targets) == n {
			out.FailedEntries = append(out.FailedEntries, failedTarget{id, "ResourceNotFoundException",
				"Rule " + x.Name + " does not have a target with the Id " + id + "."})
		}
	}
	out.FailedEntryCount = len(out.FailedEntries)
	return out, s.rules.Save(x, at, x.Bus, x.Name)
}

type listTargetsOutput struct {
	Targets   []*target
	NextToken string `json:",omitempty"`
}

func (s *Service) listTargetsByRule(_ context.Context, r *awswire.Request, in *ruleInput) (*listTargetsOutput, error) {
	_, x, err := s.rule(r, in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	out := &listTargetsOutput{}
	out.Targets, out.NextToken, err = page(append([]*target{}, x.Targets...), in.pageInput)
	return out, err
}
