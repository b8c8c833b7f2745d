package secrets

import (
	"context"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

type policyInput struct {
	SecretID          string `json:"SecretId"`
	ResourcePolicy    string
	BlockPublicPolicy bool
}

type policyOutput struct {
	ARN            string
	Name           string
	ResourcePolicy string `json:",omitempty"`
}

// checkPolicy checks the form of a policy. Nobody is held to policies here.
func checkPolicy(text string) (value.Value, error) {
	doc, err := value.Parse(text)
	if err != nil || doc.Kind() != value.Object {
		return doc, refuse("MalformedPolicyDocumentException", "This resource policy contains invalid Json.")
	}
	if statements, ok := doc.Get("Statement"); !ok || statements.Kind() != value.Array && statements.Kind() != value.Object {
		return doc, refuse("MalformedPolicyDocumentException", "This resource policy contains a syntax error.")
	}
	return doc, nil
}

// public reports whether a policy allows anybody anything without a condition.
func public(policy value.Value) bool {
	statements, _ := policy.Get("Statement")
	all := statements.Elems()
	if statements.Kind() == value.Object {
		all = []value.Value{statements}
	}
	for _, st := range all {
		effect, _ := st.Get("Effect")
		who, _ := st.Get("Principal")
		if who.Kind() == value.Object {
			who, _ = who.Get("AWS")
		}
		if _, conditional := st.Get("Condition"); effect.Str() == "Allow" && who.Str() == "*" && !conditional {
			return true
		}
	}
	return false
}

func (s *Service) putResourcePolicy(_ context.Context, r *awswire.Request, in *policyInput) (*policyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	doc, err := checkPolicy(in.ResourcePolicy)
	if err != nil {
		return nil, err
	}
	if in.BlockPublicPolicy && public(doc) {
		return nil, refuse("PublicPolicyException", "You can't set a resource policy that allows broad access to the secret.")
	}
	x.Policy = in.ResourcePolicy
	return &policyOutput{x.ARN, x.Name, ""}, s.save(r.Place, x)
}

func (s *Service) getResourcePolicy(_ context.Context, r *awswire.Request, in *named) (*policyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	return &policyOutput{x.ARN, x.Name, x.Policy}, nil
}

func (s *Service) deleteResourcePolicy(_ context.Context, r *awswire.Request, in *named) (*policyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	x.Policy = ""
	return &policyOutput{x.ARN, x.Name, ""}, s.save(r.Place, x)
}

type policyCheck struct {
	CheckName    string
	ErrorMessage string
}

type checkedPolicy struct {
	PolicyValidationPassed bool
	ValidationErrors       []policyCheck
}

func (s *Service) validateResourcePolicy(_ context.Context, r *awswire.Request, in *policyInput) (*checkedPolicy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.SecretID != "" {
		if _, err := s.known(r.Place, in.SecretID); err != nil {
			return nil, err
		}
	}
	doc, err := checkPolicy(in.ResourcePolicy)
	if err != nil {
		return nil, err
	}
	if public(doc) {
		return &checkedPolicy{false, []policyCheck{{"PUBLIC_POLICY", "The resource policy allows broad access to the secret."}}}, nil
	}
	return &checkedPolicy{true, []policyCheck{}}, nil
}
