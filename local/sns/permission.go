package sns

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// policyText is a topic's Policy. Statements that were set as a whole stay as they are.
type policyText struct {
	Version   string            `json:"Version"`
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage `json:"Statement"`
}

type statement struct {
	Sid       string         `json:"Sid"`
	Effect    string         `json:"Effect"`
	Principal map[string]any `json:"Principal"`
	Action    any            `json:"Action"`
	Resource  string         `json:"Resource"`
	Condition map[string]any `json:"Condition,omitempty"`
}

var topicActions = []string{"GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
	"Subscribe", "ListSubscriptionsByTopic", "Publish"}

// policy is the topic's policy; one that was not set lets its own account do everything.
func (t *topic) policy() string {
	if text := t.Attributes["Policy"]; text != "" {
		return text
	}
	p := policyText{Version: "2008-10-17", ID: "__default_policy_ID"}
	p.add(statement{Sid: "__default_statement_ID", Effect: "Allow", Principal: map[string]any{"AWS": "*"}, Action: actions(topicActions),
		Resource: t.key.arn(), Condition: map[string]any{"StringEquals": map[string]string{"AWS:SourceOwner": t.key.place.Account}}})
	return p.text()
}

func actions(names []string) any {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = "SNS:" + name
	}
	return oneOrAll(list)
}

func oneOrAll(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

func (p *policyText) add(st statement) {
	raw, err := json.Marshal(st)
	if err != nil {
		panic(err) // texts alone
	}
	p.Statement = append(p.Statement, raw)
}

func (p *policyText) text() string {
	raw, err := json.Marshal(p)
	if err != nil {
		panic(err) // what was read as JSON
	}
	return string(raw)
}

// labelled is the index of the statement with a label, -1 when there is none.
func (p *policyText) labelled(label string) int {
	return slices.IndexFunc(p.Statement, func(raw json.RawMessage) bool {
		var st struct{ Sid string }
		return json.Unmarshal(raw, &st) == nil && st.Sid == label
	})
}

type addPermissionInput struct {
	TopicARN     string `json:"TopicArn"`
	Label        string
	AWSAccountID []string `json:"AWSAccountId"`
	ActionName   []string
}

func (s *Service) addPermission(_ context.Context, r *awswire.Request, in *addPermissionInput) (*empty, error) {
	return nil, s.changePolicy(r, in.TopicARN, func(t *topic, p *policyText) *awswire.Error {
		if p.labelled(in.Label) >= 0 {
			return invalid("Statement already exists")
		}
		if slices.ContainsFunc(in.ActionName, func(name string) bool { return !slices.Contains(topicActions, name) }) {
			return invalid("Policy statement action out of service scope!")
		}
		var principals []string
		for _, id := range in.AWSAccountID {
			if !arn.IsAccount(id) {
				return invalid("AWSAccountId Reason: %s is no account", id)
			}
			principals = append(principals, "arn:"+t.key.place.Partition()+":iam::"+id+":root")
		}
		p.add(statement{Sid: in.Label, Effect: "Allow", Principal: map[string]any{"AWS": oneOrAll(principals)}, Action: actions(in.ActionName), Resource: t.key.arn()})
		return nil
	})
}

type removePermissionInput struct {
	TopicARN string `json:"TopicArn"`
	Label    string
}

func (s *Service) removePermission(_ context.Context, r *awswire.Request, in *removePermissionInput) (*empty, error) {
	return nil, s.changePolicy(r, in.TopicARN, func(_ *topic, p *policyText) *awswire.Error {
		if i := p.labelled(in.Label); i >= 0 {
			p.Statement = slices.Delete(p.Statement, i, i+1)
		}
		return nil
	})
}

func (s *Service) changePolicy(r *awswire.Request, topicARN string, change func(*topic, *policyText) *awswire.Error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.at(r, topicARN)
	if err != nil {
		return err
	}
	var p policyText
	if err := json.Unmarshal([]byte(t.policy()), &p); err != nil {
		return invalid("Policy Error: null")
	}
	if refusal := change(t, &p); refusal != nil {
		return refusal
	}
	return s.setAttribute(t, "Policy", p.text())
}
