package secrets

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/record"
)

type named struct {
	SecretID string `json:"SecretId"`
}

// described is a secret as it is described and listed.
type described struct {
	ARN                string
	Name               string
	Type               string              `json:",omitempty"`
	Description        string              `json:",omitempty"`
	KMSKeyID           string              `json:"KmsKeyId,omitempty"`
	RotationEnabled    bool                `json:",omitempty"`
	RotationLambdaARN  string              `json:",omitempty"`
	RotationRules      *rotationRules      `json:",omitempty"`
	LastRotatedDate    float64             `json:",omitempty"`
	LastChangedDate    float64             `json:",omitempty"`
	LastAccessedDate   float64             `json:",omitempty"`
	DeletedDate        float64             `json:",omitempty"`
	NextRotationDate   float64             `json:",omitempty"`
	Tags               []tag               `json:",omitempty"`
	VersionIDsToStages map[string][]string `json:"VersionIdsToStages,omitempty"`
	VersionsToStages   map[string][]string `json:"SecretVersionsToStages,omitempty"`
	CreatedDate        float64
}

func (x *secret) describe() *described {
	d := &described{
		ARN: x.ARN, Name: x.Name, Type: x.Type, Description: x.Description, KMSKeyID: x.KMSKey, LastChangedDate: seconds(x.Changed),
		LastAccessedDate: seconds(x.Accessed), DeletedDate: seconds(x.Deleted), Tags: x.Tags, CreatedDate: seconds(x.Created),
	}
	if t := x.Rotation; t != nil {
		d.RotationEnabled, d.RotationLambdaARN, d.RotationRules = t.On, t.Lambda, t.Rules
		d.LastRotatedDate, d.NextRotationDate = seconds(t.Last), seconds(t.Next)
	}
	return d
}

func (x *secret) stages() map[string][]string {
	m := map[string][]string{}
	for _, v := range x.Versions {
		if len(v.Stages) > 0 {
			m[v.ID] = v.Stages
		}
	}
	return m
}

func (s *Service) describeSecret(_ context.Context, r *awswire.Request, in *named) (*described, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.known(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	d := x.describe()
	d.VersionIDsToStages = x.stages()
	return d, nil
}

type listInput struct {
	IncludePlannedDeletion bool
	MaxResults             int
	NextToken              string
	Filters                []filter
	SortOrder              string
	SortBy                 string
}

type listOutput struct {
	SecretList []*described
	NextToken  string `json:",omitempty"`
}

func (s *Service) listSecrets(_ context.Context, r *awswire.Request, in *listInput) (*listOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.matching(r.Place, in.Filters, in.IncludePlannedDeletion)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b *secret) int {
		order := 0
		switch in.SortBy {
		case "name":
			order = strings.Compare(a.Name, b.Name)
		case "last-accessed-date":
			order = int(a.Accessed - b.Accessed)
		case "last-changed-date":
			order = int(a.Changed - b.Changed)
		default:
			order = int(a.Created - b.Created)
		}
		if in.SortOrder == "desc" {
			return -order
		}
		return order
	})
	out := &listOutput{SecretList: []*described{}}
	if found, out.NextToken, err = page(found, in.NextToken, in.MaxResults, 100); err != nil {
		return nil, err
	}
	for _, x := range found {
		d := x.describe()
		d.VersionsToStages = x.stages()
		out.SecretList = append(out.SecretList, d)
	}
	return out, nil
}

// matching returns the secrets that all filters let through.
func (s *Service) matching(at arn.Place, filters []filter, deleted bool) ([]*secret, error) {
	for _, f := range filters {
		if f.Key == "" {
			return nil, invalidParameter("Invalid filter key")
		}
		if len(f.Values) == 0 {
			return nil, invalidParameter("Invalid filter values for key: " + f.Key)
		}
	}
	var found, gone []*secret
	now := s.o.Now().UnixMilli()
	for x, err := range s.secrets.All(at) {
		switch {
		case err != nil:
			return nil, err
		case x.Gone != 0 && x.Gone <= now:
			gone = append(gone, x)
		case (deleted || x.Deleted == 0) && !slices.ContainsFunc(filters, func(f filter) bool { return !f.match(x) }):
			found = append(found, x)
		}
	}
	for _, x := range gone {
		if err := s.remove(at, x); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// page cuts a page from what is listed.
func page[T any](all []T, token string, size, most int) ([]T, string, error) {
	found, next, ok := record.Page(all, token, size, most)
	if !ok {
		return nil, "", refuse("InvalidNextTokenException", "Invalid NextToken.")
	}
	return found, next, nil
}

type versionsInput struct {
	SecretID          string `json:"SecretId"`
	MaxResults        int
	NextToken         string
	IncludeDeprecated bool
}

type listedVersion struct {
	VersionID        string   `json:"VersionId"`
	VersionStages    []string `json:",omitempty"`
	LastAccessedDate float64  `json:",omitempty"`
	CreatedDate      float64
	KMSKeyIDs        []string `json:"KmsKeyIds"`
}

type versionsOutput struct {
	Versions  []listedVersion
	NextToken string `json:",omitempty"`
	ARN       string
	Name      string
}

func (s *Service) listSecretVersionIDs(_ context.Context, r *awswire.Request, in *versionsInput) (*versionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.known(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	out := &versionsOutput{Versions: []listedVersion{}, ARN: x.ARN, Name: x.Name}
	for _, v := range x.Versions {
		if len(v.Stages) == 0 && !in.IncludeDeprecated {
			continue
		}
		key := v.KMSKey
		if key == "" {
			key = "DefaultEncryptionKey"
		}
		out.Versions = append(out.Versions, listedVersion{v.ID, v.Stages, seconds(v.Accessed), seconds(v.Created), []string{key}})
	}
	out.Versions, out.NextToken, err = page(out.Versions, in.NextToken, in.MaxResults, 100)
	return out, err
}
