package lambda

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// A policy of a function, of a version or an alias of it, or of a version of a layer says who may use it. It is kept and
// shown; nobody is kept out.

// policy is a resource policy as Lambda keeps it.
type policy struct {
	Revision   string      `json:"Revision"`
	Statements []statement `json:"Statements"`
}

// statement is one of a policy, its members in the order of Lambda's answers.
type statement struct {
	Sid       string                       `json:"Sid"`
	Effect    string                       `json:"Effect"`
	Principal any                          `json:"Principal"`
	Action    string                       `json:"Action"`
	Resource  string                       `json:"Resource"`
	Condition map[string]map[string]string `json:"Condition,omitempty"`
}

const policyNote = "policy"

func readPolicy(text string) (*policy, error) {
	p := &policy{}
	if text == "" {
		return p, nil
	}
	return p, json.Unmarshal([]byte(text), p)
}

// document is the policy as IAM writes it.
func (p *policy) document() (string, error) {
	text, err := json.Marshal(struct {
		Version   string
		ID        string `json:"Id"`
		Statement []statement
	}{"2012-10-17", "default", p.Statements})
	return string(text), err
}

// check refuses a change that rests on another revision. As long as there is no statement, that is the one of whom the policy is of.
func (p *policy) check(revision, owner string) error {
	if len(p.Statements) > 0 {
		owner = p.Revision
	}
	if revision != "" && revision != owner {
		return function.Errorf("PreconditionFailedException", http.StatusPreconditionFailed,
			"The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id")
	}
	return nil
}

// text is the policy as it is kept, "" when nothing is left of it.
func (p *policy) text() (string, error) {
	if len(p.Statements) == 0 {
		return "", nil
	}
	p.Revision = uuid.NewString()
	text, err := json.Marshal(p)
	return string(text), err
}

func (p *policy) add(s statement, revision, owner string) error {
	if slices.ContainsFunc(p.Statements, func(x statement) bool { return x.Sid == s.Sid }) {
		return function.Errorf("ResourceConflictException", http.StatusConflict,
			"The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", s.Sid)
	}
	if err := p.check(revision, owner); err != nil {
		return err
	}
	p.Statements = append(p.Statements, s)
	return nil
}

func (p *policy) remove(sid, revision string) error {
	i := slices.IndexFunc(p.Statements, func(s statement) bool { return s.Sid == sid })
	if i < 0 {
		return function.Errorf("ResourceNotFoundException", http.StatusNotFound, "Statement %s is not found in resource policy.", sid)
	}
	if err := p.check(revision, ""); err != nil {
		return err
	}
	p.Statements = slices.Delete(p.Statements, i, i+1)
	return nil
}

// noPolicy is the answer where there is none.
func noPolicy() error {
	return function.Errorf("ResourceNotFoundException", http.StatusNotFound, "The resource you requested does not exist.")
}

func (h *Handler) addPermission(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	if ref.Qualifier == function.Latest {
		return invalid("We currently do not support adding policies for $LATEST.")
	}
	s, err := permission(c, c.Place.FunctionARN(ref.Name, ref.Qualifier))
	if err != nil {
		return err
	}
	owner, err := h.revision(ref)
	if err != nil {
		return err
	}
	err = h.catalog.SetNote(ref, policyNote, func(old string) (string, error) {
		p, err := readPolicy(old)
		if err == nil {
			err = p.add(s, c.Str("RevisionId"), owner)
		}
		if err != nil {
			return "", err
		}
		return p.text()
	})
	if err != nil {
		return err
	}
	text, err := marshal(s)
	if err != nil {
		return err
	}
	return answer(c, map[string]string{"Statement": text})
}

func marshal(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// revision is that of a function, of a version or an alias of it.
func (h *Handler) revision(ref function.Ref) (string, error) {
	if a, err := h.catalog.Alias(ref, ref.Qualifier); err == nil {
		return a.RevisionID, nil
	}
	f, err := h.catalog.Get(ref)
	if err != nil {
		return "", err
	}
	return f.RevisionID, nil
}

// permission is the statement that AddPermission asks for.
func permission(c *awswire.Call, resource string) (statement, error) {
	who, err := principal(c.Place, c.Str("Principal"))
	s := statement{Sid: strings.Clone(c.Str("StatementId")), Effect: "Allow", Principal: who, Action: strings.Clone(c.Str("Action")), Resource: resource}
	condition := func(operator, key, member string) {
		if text := c.Str(member); text != "" {
			if s.Condition == nil {
				s.Condition = map[string]map[string]string{}
			}
			if s.Condition[operator] == nil {
				s.Condition[operator] = map[string]string{}
			}
			s.Condition[operator][key] = strings.Clone(text)
		}
	}
	condition("StringEquals", "AWS:SourceAccount", "SourceAccount")
	condition("StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType")
	condition("StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID")
	condition("StringEquals", "lambda:EventSourceToken", "EventSourceToken")
	condition("ArnLike", "AWS:SourceArn", "SourceArn")
	return s, err
}

// principal is who a statement is for, as IAM writes it.
func principal(at arn.Place, text string) (any, error) {
	text = strings.Clone(text)
	switch {
	case text == "*":
		return text, nil
	case arn.IsAccount(text):
		return map[string]string{"AWS": "arn:" + at.Partition() + ":iam::" + text + ":root"}, nil
	case strings.HasPrefix(text, "arn:"):
		return map[string]string{"AWS": text}, nil
	case strings.Contains(text, "."):
		return map[string]string{"Service": text}, nil
	}
	return nil, invalid("The provided principal was invalid. Please check the principal and try again.")
}

func (h *Handler) removePermission(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	return h.catalog.SetNote(ref, policyNote, func(old string) (string, error) {
		if old == "" {
			return "", function.Errorf("ResourceNotFoundException", http.StatusNotFound, "No policy is associated with the given resource.")
		}
		p, err := readPolicy(old)
		if err == nil {
			err = p.remove(c.Str("StatementId"), c.Str("RevisionId"))
		}
		if err != nil {
			return "", err
		}
		return p.text()
	})
}

func (h *Handler) getPolicy(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	text, err := h.catalog.Note(ref, policyNote)
	if err != nil {
		return err
	}
	if text == "" {
		return noPolicy()
	}
	p, err := readPolicy(text)
	if err != nil {
		return err
	}
	document, err := p.document()
	if err != nil {
		return err
	}
	return answer(c, map[string]string{"Policy": document, "RevisionId": p.Revision})
}
