package events

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/events/schedule"
	"github.com/statelark/statelark/local/kv"
)

const enabled, disabled = "ENABLED", "DISABLED"

// rule is a rule with its targets. Times are Unix ms.
type rule struct {
	Name        string    `json:"name"`
	Bus         string    `json:"bus"`
	Pattern     string    `json:"pattern,omitempty"`
	Schedule    string    `json:"schedule,omitempty"`
	State       string    `json:"state"`
	Description string    `json:"description,omitempty"`
	Role        string    `json:"role,omitempty"`
	Tags        []tag     `json:"tags,omitempty"`
	Targets     []*target `json:"targets,omitempty"`
	Begin       int64     `json:"begin,omitempty"` // from when on its rate counts
	Due         int64     `json:"due,omitempty"`   // when its schedule is due next; 0: never
}

func ruleARN(at arn.Place, bus, name string) string {
	if bus != defaultBus {
		name = bus + "/" + name
	}
	return at.ARN("events", "rule/"+name)
}

type ruleInput struct {
	pageInput
	Name               string
	Rule               string
	EventBusName       string
	EventPattern       string
	ScheduleExpression string
	State              string
	Description        string
	RoleArn            string
	Tags               []tag
	Targets            []*target
	IDs                []string `json:"Ids"`
	TargetArn          string
}

// rule returns the rule that a request names, with the place of its bus.
func (s *Service) rule(r *awswire.Request, bus, name string) (arn.Place, *rule, error) {
	at, b, err := s.known(r.Place, bus)
	if err != nil {
		return at, nil, err
	}
	x, err := s.rules.Get(at, b.Name, name)
	if err == nil && x == nil {
		err = notFound("Rule %s does not exist on EventBus %s.", name, b.Name)
	}
	return at, x, err
}

type putRuleOutput struct{ RuleArn string }

func (s *Service) putRule(_ context.Context, r *awswire.Request, in *ruleInput) (*putRuleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, b, err := s.known(r.Place, in.EventBusName)
	if err != nil {
		return nil, err
	}
	if err := s.checkRule(in, b.Name); err != nil {
		return nil, err
	}
	x, err := s.rules.Get(at, b.Name, in.Name)
	if err != nil {
		return nil, err
	}
	if x == nil {
		x = &rule{Name: in.Name, Bus: b.Name}
		if x.Tags, err = merged(nil, in.Tags); err != nil {
			return nil, err
		}
	}
	state := in.State
	if state == "" {
		state = enabled
	}
	x.Pattern, x.Description, x.Role = in.EventPattern, in.Description, in.RoleArn
	return &putRuleOutput{ruleARN(at, b.Name, x.Name)}, s.reschedule(at, x, in.ScheduleExpression, state)
}

func (s *Service) checkRule(in *ruleInput, bus string) error {
	if in.EventPattern == "" && in.ScheduleExpression == "" {
		return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	}
	if in.EventPattern != "" {
		if _, err := s.pattern(in.EventPattern); err != nil {
			return err
		}
	}
	if in.ScheduleExpression == "" {
		return nil
	}
	if bus != defaultBus {
		return invalid("ScheduleExpression is supported only on the default event bus.")
	}
	if _, err := schedule.Parse(in.ScheduleExpression); err != nil {
		return invalid("Parameter ScheduleExpression is not valid.")
	}
	return nil
}

// reschedule gives a rule a schedule and a state, and stores it.
func (s *Service) reschedule(at arn.Place, x *rule, expression, state string) error {
	var b kv.Batch
	if x.Due != 0 {
		s.schedules.Delete(&b, nowhere, x.when(at).scheduled()...)
	}
	if now := s.o.Now(); expression != x.Schedule || state != x.State || x.Begin == 0 {
		x.Begin = now.UnixMilli()
	}
	x.Schedule, x.State = expression, state
	if err := s.plan(&b, at, x, s.o.Now()); err != nil {
		return err
	}
	if err := s.o.Store.Apply(&b); err != nil {
		return err
	}
	if x.Due != 0 {
		s.pump.wake()
	}
	return nil
}

// when is the row of a schedule.
func (x *rule) when(at arn.Place) *due { return &due{x.Due, at.Region, at.Account, x.Bus, x.Name} }

// plan notes when a rule is due next after a time, and stores it.
func (s *Service) plan(b *kv.Batch, at arn.Place, x *rule, after time.Time) error {
	x.Due = 0
	if x.Schedule != "" && x.State != disabled {
		plan, err := schedule.Parse(x.Schedule)
		if err != nil {
			return err
		}
		if next := plan.Next(time.UnixMilli(x.Begin), after); !next.IsZero() {
			x.Due = next.UnixMilli()
			if err := s.schedules.Set(b, x.when(at), nowhere, x.when(at).scheduled()...); err != nil {
				return err
			}
		}
	}
	return s.rules.Set(b, x, at, x.Bus, x.Name)
}

type ruleOutput struct {
	Arn                string
	CreatedBy          string `json:",omitempty"`
	Description        string `json:",omitempty"`
	EventBusName       string
	EventPattern       string `json:",omitempty"`
	Name               string
	RoleArn            string `json:",omitempty"`
	ScheduleExpression string `json:",omitempty"`
	State              string
}

func (x *rule) describe(at arn.Place) *ruleOutput {
	return &ruleOutput{Arn: ruleARN(at, x.Bus, x.Name), Description: x.Description, EventBusName: x.Bus, EventPattern: x.Pattern, Name: x.Name,
		RoleArn: x.Role, ScheduleExpression: x.Schedule, State: x.State}
}

func (s *Service) describeRule(_ context.Context, r *awswire.Request, in *ruleInput) (*ruleOutput, error) {
	at, x, err := s.rule(r, in.EventBusName, in.Name)
	if err != nil {
		return nil, err
	}
	out := x.describe(at)
	out.CreatedBy = at.Account
	return out, nil
}

type rulesOutput struct {
	Rules     []*ruleOutput
	NextToken string `json:",omitempty"`
}

func (s *Service) listRules(_ context.Context, r *awswire.Request, in *ruleInput) (*rulesOutput, error) {
	at, b, err := s.known(r.Place, in.EventBusName)
	if err != nil {
		return nil, err
	}
	out := &rulesOutput{Rules: []*ruleOutput{}}
	for x, err := range s.rules.All(at, b.Name) {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(x.Name, in.NamePrefix) {
			out.Rules = append(out.Rules, x.describe(at))
		}
	}
	out.Rules, out.NextToken, err = page(out.Rules, in.pageInput)
	return out, err
}

func (s *Service) deleteRule(_ context.Context, r *awswire.Request, in *ruleInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, b, err := s.known(r.Place, in.EventBusName)
	if err != nil {
		return nil, err
	}
	x, err := s.rules.Get(at, b.Name, in.Name)
	if err != nil || x == nil {
		return nil, err
	}
	if len(x.Targets) > 0 {
		return nil, invalid("Rule can't be deleted since it has targets.")
	}
	var batch kv.Batch
	if x.Due != 0 {
		s.schedules.Delete(&batch, nowhere, x.when(at).scheduled()...)
	}
	s.rules.Delete(&batch, at, x.Bus, x.Name)
	return nil, s.o.Store.Apply(&batch)
}

func (s *Service) enableRule(_ context.Context, r *awswire.Request, in *ruleInput) (*struct{}, error) {
	return s.turn(r, in, enabled)
}

func (s *Service) disableRule(_ context.Context, r *awswire.Request, in *ruleInput) (*struct{}, error) {
	return s.turn(r, in, disabled)
}

func (s *Service) turn(r *awswire.Request, in *ruleInput, state string) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, x, err := s.rule(r, in.EventBusName, in.Name)
	if err != nil || x.State == state {
		return nil, err
	}
	return nil, s.reschedule(at, x, x.Schedule, state)
}

type ruleNamesOutput struct {
	RuleNames []string
	NextToken string `json:",omitempty"`
}

func (s *Service) listRuleNamesByTarget(_ context.Context, r *awswire.Request, in *ruleInput) (*ruleNamesOutput, error) {
	at, b, err := s.known(r.Place, in.EventBusName)
	if err != nil {
		return nil, err
	}
	out := &ruleNamesOutput{RuleNames: []string{}}
	for x, err := range s.rules.All(at, b.Name) {
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(x.Targets, func(t *target) bool { return t.Arn == in.TargetArn }) {
			out.RuleNames = append(out.RuleNames, x.Name)
		}
	}
	out.RuleNames, out.NextToken, err = page(out.RuleNames, in.pageInput)
	return out, err
}
