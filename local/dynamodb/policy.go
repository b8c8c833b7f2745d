package dynamodb

import (
	"context"
	"strconv"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// Resource policies are kept and told. Nobody is refused by them: there are no principals here.

// noPolicy is the revision that a request expects of a table without a policy.
const noPolicy = "NO_POLICY"

const maxPolicyBytes = 20 << 10

// policyRecord is the resource policy of a table. Revision goes on counting when the policy is gone.
type policyRecord struct {
	Text     string `json:"text,omitempty"` // "": there is none
	Revision int64  `json:"revision"`       // milliseconds since 1970, and above all before
}

func (p policyRecord) revision() string {
	if p.Text == "" {
		return ""
	}
	return strconv.FormatInt(p.Revision, 10)
}

// put makes text the policy, at a time.
func (p *policyRecord) put(text string, now int64) error {
	doc, err := value.Parse(text)
	switch {
	case len(text) > maxPolicyBytes:
		return validation("Resource policy size exceeds the maximum of %d bytes", maxPolicyBytes)
	case err != nil || doc.Kind() != value.Object:
		return validation("Invalid policy document: Syntax errors in policy")
	case text != p.Text:
		p.Text, p.Revision = text, max(now, p.Revision+1)
	}
	return nil
}

// expect refuses a change of another revision than the one that is there.
func (p policyRecord) expect(revision, table string) error {
	const wrong = "Resource-based policy not found for the provided ResourceArn: "
	have := p.revision()
	switch {
	case revision == "" || revision == have || revision == noPolicy && have == "":
		return nil
	case revision == noPolicy:
		return policyNotFound(wrong + "Requested policy update expecting none to be present for table " + table + ", but a policy exists with revision id " + have + ".")
	case have == "":
		return policyNotFound(wrong + "Requested update for policy with revision id " + revision + ", but no policy is associated to target table " + table + ".")
	}
	return policyNotFound(wrong + "Requested update for policy with revision id " + revision + ", but the policy associated to target table " + table + " has revision id " + have + ".")
}

func policyNotFound(message string) error {
	return &awswire.Error{Code: "PolicyNotFoundException", Message: message}
}

type policyInput struct {
	ResourceArn        string
	Policy             string
	ExpectedRevisionID string `json:"ExpectedRevisionId"`
}

type policyOutput struct {
	Policy     string `json:",omitempty"`
	RevisionID string `json:"RevisionId,omitempty"`
}

// changePolicy changes the policy of the table that a request names.
func (s *Service) changePolicy(at arn.Place, in *policyInput, change func(*policyRecord) error) (*policyOutput, error) {
	name, err := tagged(at, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	var out policyOutput
	_, err = s.alter(at, name, func(t *table, next *tableRecord) error {
		if err := next.Policy.expect(in.ExpectedRevisionID, name); err != nil {
			return err
		}
		if err := change(&next.Policy); err != nil {
			return err
		}
		if out.RevisionID = next.Policy.revision(); out.RevisionID == "" {
			out.RevisionID = t.record.Policy.revision()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func (s *Service) putResourcePolicy(_ context.Context, r *awswire.Request, in *policyInput) (*policyOutput, error) {
	return s.changePolicy(r.Place, in, func(p *policyRecord) error { return p.put(in.Policy, s.now().UnixMilli()) })
}

func (s *Service) deleteResourcePolicy(_ context.Context, r *awswire.Request, in *policyInput) (*policyOutput, error) {
	return s.changePolicy(r.Place, in, func(p *policyRecord) error {
		p.Text = ""
		return nil
	})
}

func (s *Service) getResourcePolicy(_ context.Context, r *awswire.Request, in *policyInput) (*policyOutput, error) {
	name, err := tagged(r.Place, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	t, err := s.named(r.Place, name)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.record.Policy.Text == "" {
		return nil, policyNotFound("Resource-based policy not found for the provided ResourceArn: " + in.ResourceArn)
	}
	return &policyOutput{t.record.Policy.Text, t.record.Policy.revision()}, nil
}
