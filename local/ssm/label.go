package ssm

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// maxLabels is how many labels a version may have.
const maxLabels = 10

type labelInput struct {
	Name             string
	ParameterVersion int64
	Labels           []string
}

type labelOutput struct {
	InvalidLabels    []string
	ParameterVersion int64
}

var labelForm = regexp.MustCompile(`^[a-zA-Z_.-][a-zA-Z0-9_.-]*$`)

func validLabel(label string) bool {
	low := strings.ToLower(label)
	return labelForm.MatchString(label) && !strings.HasPrefix(low, "aws") && !strings.HasPrefix(low, "ssm")
}

// labelsOf returns the labels of a version, sorted.
func (p *parameter) labelsOf(n int64) []string {
	labels := []string{}
	for label, at := range p.Labels {
		if at == n {
			labels = append(labels, label)
		}
	}
	slices.Sort(labels)
	return labels
}

func (s *Service) labelParameterVersion(ctx context.Context, r *awswire.Request, in *labelInput) (*labelOutput, error) {
	p, out, err := s.label(r, in)
	if err != nil {
		return nil, err
	}
	s.tell(ctx, r.Place, "LabelParameterVersion", p, map[string]any{"label": strings.Join(in.Labels, ",")})
	return out, nil
}

func (s *Service) label(r *awswire.Request, in *labelInput) (*parameter, *labelOutput, error) {
	for _, label := range in.Labels {
		if len(label) > 100 {
			return nil, nil, invalid("1 validation error detected: Value '[%s]' at 'labels' failed to satisfy constraint: Member must satisfy constraint: "+
				"[Member must have length less than or equal to 100, Member must have length greater than or equal to 1]", strings.Join(in.Labels, ", "))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.labelled(r, in)
	if err != nil {
		return nil, nil, err
	}
	n := in.ParameterVersion
	if n == 0 {
		n = p.Current
	}
	if _, err := s.numbered(r.Place, p, n); err != nil {
		return nil, nil, err
	}
	out := &labelOutput{[]string{}, n}
	if p.Labels == nil {
		p.Labels = map[string]int64{}
	}
	for _, label := range in.Labels {
		if validLabel(label) {
			p.Labels[label] = n
		} else {
			out.InvalidLabels = append(out.InvalidLabels, label)
		}
	}
	if len(p.labelsOf(n)) > maxLabels {
		return nil, nil, refuse("ParameterVersionLabelLimitExceeded", "An error occurred (ParameterVersionLabelLimitExceeded) when calling the "+
			"LabelParameterVersion operation: A parameter version can have maximum 10 labels.Move one or more labels to another version and try again.")
	}
	return p, out, s.store(new(kv.Batch), r.Place, p, nil)
}

func (s *Service) labelled(r *awswire.Request, in *labelInput) (*parameter, error) {
	p, err := s.load(r.Place, nameOf(r.Place, in.Name))
	if err == nil && p == nil {
		err = refuse("ParameterNotFound", "Parameter %s not found.", in.Name)
	}
	return p, err
}

type unlabelOutput struct {
	RemovedLabels []string
	InvalidLabels []string
}

func (s *Service) unlabelParameterVersion(_ context.Context, r *awswire.Request, in *labelInput) (*unlabelOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.labelled(r, in)
	if err != nil {
		return nil, err
	}
	if _, err := s.numbered(r.Place, p, in.ParameterVersion); err != nil {
		return nil, err
	}
	out := &unlabelOutput{[]string{}, []string{}}
	for _, label := range in.Labels {
		if p.Labels[label] == in.ParameterVersion {
			delete(p.Labels, label)
			out.RemovedLabels = append(out.RemovedLabels, label)
		} else {
			out.InvalidLabels = append(out.InvalidLabels, label)
		}
	}
	return out, s.store(new(kv.Batch), r.Place, p, nil)
}
