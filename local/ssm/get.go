package ssm

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/record"
)

// told is a parameter with its value.
type told struct {
	Name             string
	Type             string
	Value            string
	Version          int64
	Selector         string `json:",omitempty"`
	SourceResult     string `json:",omitempty"`
	LastModifiedDate float64
	ARN              string
	DataType         string `json:",omitempty"`
}

func tell(at arn.Place, p *parameter, v *version, decrypt bool) *told {
	return &told{p.Name, v.Type, v.shown(decrypt), v.Number, "", "", seconds(v.Modified), p.arn(at), v.DataType}
}

type getInput struct {
	Name           string
	Names          []string
	WithDecryption bool
}

type getOutput struct{ Parameter *told }

func (s *Service) getParameter(ctx context.Context, r *awswire.Request, in *getInput) (*getOutput, error) {
	found, err := s.get(ctx, r.Place, in.Name, in.WithDecryption)
	if err != nil {
		return nil, err
	}
	return &getOutput{found}, nil
}

type getAllOutput struct {
	Parameters        []*told
	InvalidParameters []string
}

func (s *Service) getParameters(ctx context.Context, r *awswire.Request, in *getInput) (*getAllOutput, error) {
	out := &getAllOutput{Parameters: []*told{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		found, err := s.get(ctx, r.Place, name, in.WithDecryption)
		var no *awswire.Error
		switch {
		case errors.As(err, &no) && no.Code != "ValidationException":
			out.InvalidParameters = append(out.InvalidParameters, name)
		case err != nil:
			return nil, err
		default:
			out.Parameters = append(out.Parameters, found)
		}
	}
	return out, nil
}

// secretsPath is the path under which the secrets of Secrets Manager are seen.
const secretsPath = "/aws/reference/secretsmanager/"

// get returns the version that a name with a selector means: NAME, NAME:VERSION, NAME:LABEL.
func (s *Service) get(ctx context.Context, at arn.Place, asked string, decrypt bool) (*told, error) {
	if id, ok := strings.CutPrefix(asked, secretsPath); ok {
		return s.getSecret(ctx, at, asked, id, decrypt)
	}
	name, selector := nameOf(at, asked), ""
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.HasPrefix(name, "arn:") {
		name, selector = name[:i], name[i:]
	}
	if !strings.HasPrefix(name, "arn:") && !nameForm.MatchString(name) {
		return nil, invalid(`Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash ` +
			`symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.load(at, name)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, refuse("ParameterNotFound", "")
	}
	v := p.Latest
	if selector != "" {
		if v, err = s.selected(at, p, selector[1:]); err != nil {
			return nil, err
		}
	}
	found := tell(at, p, v, decrypt)
	if found.Selector = selector; !strings.HasPrefix(asked, "arn:") {
		found.Name = name
	}
	return found, nil
}

// selected returns the version with a number or a label.
func (s *Service) selected(at arn.Place, p *parameter, selector string) (*version, error) {
	n, err := strconv.ParseInt(selector, 10, 64)
	if err != nil {
		if n = p.Labels[selector]; n == 0 {
			return nil, refuse("ParameterVersionNotFound", "Systems Manager could not find version %s of %s. Verify the version and try again.", selector, p.Name)
		}
	}
	return s.numbered(at, p, n)
}

func (s *Service) numbered(at arn.Place, p *parameter, n int64) (*version, error) {
	v, err := s.versions.Get(at, plain(p.Name), number(n))
	if err == nil && v == nil {
		err = refuse("ParameterVersionNotFound", "Systems Manager could not find version %d of %s. Verify the version and try again.", n, p.Name)
	}
	return v, err
}

// getSecret returns a secret of Secrets Manager as a parameter.
func (s *Service) getSecret(ctx context.Context, at arn.Place, name, id string, decrypt bool) (*told, error) {
	if !decrypt {
		return nil, invalid("WithDecryption flag must be True for retrieving a Secret Manager secret.")
	}
	input, err := local.Document(map[string]string{"SecretId": id})
	if err != nil {
		return nil, err
	}
	missing := refuse("ParameterNotFound", "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret %s not found.", name)
	if s.o.Others == nil {
		return nil, missing
	}
	reply, err := s.o.Others.Call(ctx, &awswire.Request{
		Service: "secretsmanager", Operation: "GetSecretValue", Place: at, Input: input, ID: uuid.NewString(), Length: -1,
	})
	var no *awswire.Error
	if errors.As(err, &no) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	secret := reply.Output
	full, _ := secret.Get("ARN")
	text, _ := secret.Get("SecretString")
	if !text.Exists() {
		text, _ = secret.Get("SecretBinary")
	}
	created, _ := secret.Get("CreatedDate")
	return &told{Name: name, Type: typeSecure, Value: text.Str(), SourceResult: secret.Text(), LastModifiedDate: created.Float(), ARN: full.Str()}, nil
}

type historyInput struct {
	Name           string
	WithDecryption bool
	MaxResults     int
	NextToken      string
}

// kept is a version as the history of a parameter has it, or the parameter's description.
type kept struct {
	Name             string
	ARN              string `json:",omitempty"`
	Type             string
	KeyID            string `json:"KeyId,omitempty"`
	LastModifiedDate float64
	LastModifiedUser string
	Description      string   `json:",omitempty"`
	Value            string   `json:",omitempty"`
	AllowedPattern   string   `json:",omitempty"`
	Version          int64    `json:"Version"`
	Labels           []string `json:",omitzero"`
	Tier             string
	Policies         []policy
	DataType         string
}

func keep(p *parameter, v *version) kept {
	policies, _, _ := readPolicies(v.Policies) // they were read before they were stored
	if policies == nil {
		policies = []policy{}
	}
	return kept{Name: p.Name, Type: v.Type, KeyID: v.KeyID, LastModifiedDate: seconds(v.Modified), LastModifiedUser: v.User, Description: v.Description,
		AllowedPattern: v.Pattern, Version: v.Number, Tier: v.Tier, Policies: policies, DataType: v.DataType}
}

type keptOutput struct {
	Parameters []kept
	NextToken  string `json:",omitempty"`
}

func (s *Service) getParameterHistory(_ context.Context, r *awswire.Request, in *historyInput) (*keptOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.load(r.Place, nameOf(r.Place, in.Name))
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, refuse("ParameterNotFound", "")
	}
	all, err := s.versions.List(r.Place, plain(p.Name))
	if err != nil {
		return nil, err
	}
	out := &keptOutput{Parameters: []kept{}}
	if all, out.NextToken, err = page(all, in.NextToken, in.MaxResults, 50); err != nil {
		return nil, err
	}
	for _, v := range all {
		k := keep(p, v)
		k.Value, k.Labels = v.shown(in.WithDecryption), p.labelsOf(v.Number)
		out.Parameters = append(out.Parameters, k)
	}
	return out, nil
}

// page cuts a page from what is listed.
func page[T any](all []T, token string, size, usual int) ([]T, string, error) {
	found, next, ok := record.Page(all, token, size, usual)
	if !ok {
		return nil, "", refuse("InvalidNextToken", "The specified token isn't valid.")
	}
	return found, next, nil
}

func (s *Service) deleteParameter(ctx context.Context, r *awswire.Request, in *getInput) (*struct{}, error) {
	gone, err := s.drop(ctx, r.Place, in.Name)
	if err == nil && !gone {
		err = refuse("ParameterNotFound", "")
	}
	return nil, err
}

type deleteOutput struct {
	DeletedParameters []string
	InvalidParameters []string
}

func (s *Service) deleteParameters(ctx context.Context, r *awswire.Request, in *getInput) (*deleteOutput, error) {
	out := &deleteOutput{[]string{}, []string{}}
	for _, name := range in.Names {
		gone, err := s.drop(ctx, r.Place, name)
		switch {
		case err != nil:
			return nil, err
		case gone:
			out.DeletedParameters = append(out.DeletedParameters, name)
		default:
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}

func (s *Service) drop(ctx context.Context, at arn.Place, name string) (gone bool, err error) {
	s.mu.Lock()
	p, err := s.load(at, nameOf(at, name))
	if err == nil && p != nil {
		err = s.remove(at, p)
	}
	s.mu.Unlock()
	if err != nil || p == nil {
		return false, err
	}
	s.tell(ctx, at, "Delete", p, nil)
	return true, nil
}
