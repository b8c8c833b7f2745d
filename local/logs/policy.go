package logs

import (
	"context"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// resourcePolicy is a policy of the account. Nobody is held to it.
type resourcePolicy struct {
	Name     string `json:"policyName"`
	Document string `json:"policyDocument"`
	Updated  int64  `json:"lastUpdatedTime"`
	Scope    string `json:"policyScope"`
}

const maxPolicies = 10

type policyInput struct {
	pageInput
	Name     string `json:"policyName"`
	Document string `json:"policyDocument"`
	Resource string `json:"resourceArn"`
}

type policyOutput struct {
	Policy *resourcePolicy `json:"resourcePolicy"`
}

func (s *Service) putResourcePolicy(_ context.Context, r *awswire.Request, in *policyInput) (*policyOutput, error) {
	if in.Resource != "" {
		return nil, invalid("Policies of single resources are not kept here; policies of the account have a policyName.")
	}
	if in.Name == "" {
		return nil, invalid("PolicyName cannot be null or empty.")
	}
	document, err := normalPolicy(in.Document)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.policies.List(r.Place)
	if err != nil {
		return nil, err
	}
	p := &resourcePolicy{in.Name, document, ms(s.o.Now()), "ACCOUNT"}
	known := false
	for _, x := range all {
		if x.Name == in.Name {
			known, p.Updated = true, max(p.Updated, x.Updated+1)
		}
	}
	if !known && len(all) >= maxPolicies {
		return nil, refuse("LimitExceededException", "Resource limit exceeded.")
	}
	return &policyOutput{p}, s.policies.Save(p, r.Place, p.Name)
}

type policiesOutput struct {
	Policies  []*resourcePolicy `json:"resourcePolicies"`
	NextToken string            `json:"nextToken,omitempty"`
}

func (s *Service) describeResourcePolicies(_ context.Context, r *awswire.Request, in *policyInput) (*policiesOutput, error) {
	all, err := s.policies.List(r.Place)
	if err != nil {
		return nil, err
	}
	out := &policiesOutput{}
	out.Policies, out.NextToken, err = page(append([]*resourcePolicy{}, all...), in.NextToken, in.Limit, 50)
	return out, err
}

func (s *Service) deleteResourcePolicy(_ context.Context, r *awswire.Request, in *policyInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.policies.Get(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, refuse("ResourceNotFoundException", "Policy with name [%s] does not exist.", in.Name)
	}
	var b kv.Batch
	s.policies.Delete(&b, r.Place, p.Name)
	return nil, s.o.Store.Apply(&b)
}
