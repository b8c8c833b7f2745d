package sqs

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// policy is a queue's Policy. Statements that were set as a whole stay as they are.
type policy struct {
	Version   string            `json:"Version"`
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage `json:"Statement"`
}

type statement struct {
	Sid       string `json:"Sid"`
	Effect    string `json:"Effect"`
	Principal struct {
		AWS any `json:"AWS"`
	} `json:"Principal"`
	Action   any    `json:"Action"`
	Resource string `json:"Resource"`
}

type addPermissionInput struct {
	QueueURL      string `json:"QueueUrl"`
	Label         string
	AWSAccountIDs []string `json:"AWSAccountIds"`
	Actions       []string
}

var (
	labelPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	actionNames  = []string{"*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes",
		"GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue"}
)

func (in *addPermissionInput) check() *awswire.Error {
	switch {
	case !labelPattern.MatchString(in.Label):
		return invalidValue(in.Label, "Label", "Must be 1 to 80 alphanumeric characters, hyphens or underscores.")
	case len(in.AWSAccountIDs) == 0:
		return missing("AWSAccountIds")
	case len(in.Actions) == 0:
		return missing("Actions")
	case len(in.Actions) > 7:
		return refuse(overLimit, "%d Actions were found, maximum allowed is 7.", len(in.Actions))
	}
	for _, id := range in.AWSAccountIDs {
		if !arn.IsAccount(id) {
			return invalidValue("["+id+"]", "PrincipalId", "Unable to verify.")
		}
	}
	for _, action := range in.Actions {
		if !slices.Contains(actionNames, action) {
			return refuse(invalidParameter, "Value SQS:%s for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.", action)
		}
	}
	return nil
}

// readPolicy is the queue's policy, or a new one.
func (q *queue) readPolicy() policy {
	p := policy{Version: "2008-10-17", ID: q.key.arn() + "/SQSDefaultPolicy"}
	if text := q.rec.Attributes[attrPolicy]; text != "" && json.Unmarshal([]byte(text), &p) != nil {
		p.Statement = nil // one statement that is no list
	}
	return p
}

// labelled is the index of the statement with a label, -1 when there is none.
func (p *policy) labelled(label string) int {
	return slices.IndexFunc(p.Statement, func(raw json.RawMessage) bool {
		var st struct{ Sid string }
		return json.Unmarshal(raw, &st) == nil && st.Sid == label
	})
}

func (s *Service) addPermission(_ context.Context, r *awswire.Request, in *addPermissionInput) (*empty, error) {
	if refusal := in.check(); refusal != nil {
		return nil, refusal
	}
	return nil, s.changePolicy(r, in.QueueURL, func(q *queue, p *policy) *awswire.Error {
		if p.labelled(in.Label) >= 0 {
			return invalidValue(in.Label, "Label", "Already exists.")
		}
		st := statement{Sid: in.Label, Effect: "Allow", Resource: q.key.arn()}
		var principals, actions []string
		for _, id := range in.AWSAccountIDs {
			principals = append(principals, "arn:"+r.Place.Partition()+":iam::"+id+":root")
		}
		for _, action := range in.Actions {
			actions = append(actions, "SQS:"+action)
		}
		st.Principal.AWS, st.Action = oneOrAll(principals), oneOrAll(actions)
		raw, err := json.Marshal(st)
		if err != nil {
			panic(err) // texts alone
		}
		p.Statement = append(p.Statement, raw)
		return nil
	})
}

func oneOrAll(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

type removePermissionInput struct {
	QueueURL string `json:"QueueUrl"`
	Label    string
}

func (s *Service) removePermission(_ context.Context, r *awswire.Request, in *removePermissionInput) (*empty, error) {
	return nil, s.changePolicy(r, in.QueueURL, func(_ *queue, p *policy) *awswire.Error {
		i := p.labelled(in.Label)
		if i < 0 {
			return invalidValue(in.Label, "Label", "can't find label.")
		}
		p.Statement = slices.Delete(p.Statement, i, i+1)
		return nil
	})
}

func (s *Service) changePolicy(r *awswire.Request, queueURL string, change func(*queue, *policy) *awswire.Error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, queueURL)
	if err != nil {
		return err
	}
	p := q.readPolicy()
	if refusal := change(q, &p); refusal != nil {
		return refusal
	}
	text := ""
	if len(p.Statement) > 0 {
		raw, err := json.Marshal(p)
		if err != nil {
			return err
		}
		text = string(raw)
	}
	rec := q.rec
	rec.Modified = s.now().Unix()
	if refusal := rec.merge(q.set.fifo, map[string]string{attrPolicy: text}); refusal != nil {
		return refusal
	}
	return q.rewrite(rec)
}
