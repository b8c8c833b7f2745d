package secrets

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// maxVersions is how many versions a secret keeps; beyond it those without a staging label go, the oldest first.
const maxVersions = 100

// maxStages is how many staging labels a version may have.
const maxStages = 20

type identity struct {
	ARN       string `json:"ARN"`
	Name      string `json:"Name"`
	VersionID string `json:"VersionId,omitempty"`
}

type createInput struct {
	Name               string
	ClientRequestToken string
	Description        string
	KMSKeyID           string `json:"KmsKeyId"`
	SecretBinary       []byte
	SecretString       *string
	Tags               []tag
	Type               string
	AddReplicaRegions  []struct{ Region string }
}

func (s *Service) createSecret(_ context.Context, r *awswire.Request, in *createInput) (*identity, error) {
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	if len(in.AddReplicaRegions) > 0 {
		return nil, invalidParameter("Secrets are not replicated to other regions here.")
	}
	given, err := valueOf(in.SecretString, in.SecretBinary)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if x, err := s.find(r.Place, in.Name); err != nil || x != nil {
		return s.recreate(r.Place, x, in.ClientRequestToken, given, err)
	}
	now := s.o.Now()
	x := &secret{
		Name: in.Name, ARN: r.Place.ARN("secretsmanager", "secret:"+in.Name+"-"+suffix()), Description: in.Description,
		KMSKey: in.KMSKeyID, Type: in.Type, Created: now.UnixMilli(), Changed: now.UnixMilli(),
	}
	if x.Tags, err = merged(nil, in.Tags); err != nil {
		return nil, err
	}
	if !given.given() {
		return &identity{x.ARN, x.Name, ""}, s.save(r.Place, x)
	}
	v, err := s.add(r.Place, x, in.ClientRequestToken, given, []string{current})
	if err != nil {
		return nil, err
	}
	return &identity{x.ARN, x.Name, v.ID}, nil
}

// recreate answers the creation of a secret that there is: it may be the same request once more.
func (s *Service) recreate(at arn.Place, x *secret, token string, given payload, err error) (*identity, error) {
	if err != nil {
		return nil, err
	}
	if x.Deleted != 0 {
		return nil, invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	if v := x.version(token); token != "" && v != nil && given.given() {
		had, err := s.values.Get(at, x.Name, v.ID)
		if err != nil {
			return nil, err
		}
		if had != nil && had.equal(given) {
			return &identity{x.ARN, x.Name, v.ID}, nil
		}
		return nil, refuse("ResourceExistsException", "You can't use ClientRequestToken "+token+" because that value is already in use for a version of secret "+x.ARN+".")
	}
	return nil, refuse("ResourceExistsException", "The operation failed because the secret "+x.Name+" already exists.")
}

// valueOf checks the value that a request gives; it may give none.
func valueOf(text *string, binary []byte) (payload, error) {
	if text != nil && binary != nil {
		return payload{}, invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	if text != nil && len(*text) > 65536 || len(binary) > 65536 {
		return payload{}, refuse("ValidationException", "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536")
	}
	return payload{text, binary}, nil
}

// add adds a version to a secret, moves the staging labels to it, and stores both. A token that a version has already is an
// error, unless the request is the same: then nothing happens.
func (s *Service) add(at arn.Place, x *secret, token string, given payload, stages []string) (*version, error) {
	v := x.version(token)
	switch {
	case token == "":
		token = uuid.NewString()
	case v != nil && !v.Empty:
		had, err := s.values.Get(at, x.Name, token)
		if err != nil {
			return nil, err
		}
		if had == nil || !had.equal(given) {
			return nil, refuse("ResourceExistsException", "You can't use ClientRequestToken "+token+
				" because that value is already in use for a version of secret "+x.ARN+".")
		}
		return v, nil
	}
	now := s.o.Now()
	if v == nil {
		v = &version{ID: token, Created: now.UnixMilli(), KMSKey: x.KMSKey}
		x.Versions = append(x.Versions, v)
	}
	v.Empty = false
	if x.staged(current) == nil && !slices.Contains(stages, current) {
		stages = append(slices.Clone(stages), current)
	}
	for _, stage := range stages {
		x.move(stage, v)
	}
	var b kv.Batch
	s.prune(at, x, &b)
	if err := s.values.Set(&b, &given, at, x.Name, v.ID); err != nil {
		return nil, err
	}
	if err := s.secrets.Set(&b, x, at, x.Name); err != nil {
		return nil, err
	}
	return v, s.o.Store.Apply(&b)
}

func (s *Service) prune(at arn.Place, x *secret, b *kv.Batch) {
	over := len(x.Versions) - maxVersions
	x.Versions = slices.DeleteFunc(x.Versions, func(v *version) bool {
		gone := over > 0 && len(v.Stages) == 0
		if gone {
			over--
			s.values.Delete(b, at, x.Name, v.ID)
		}
		return gone
	})
}

type putInput struct {
	SecretID           string `json:"SecretId"`
	ClientRequestToken string
	SecretBinary       []byte
	SecretString       *string
	VersionStages      []string
}

type putOutput struct {
	identity
	VersionStages []string
}

func (s *Service) putSecretValue(_ context.Context, r *awswire.Request, in *putInput) (*putOutput, error) {
	given, err := valueOf(in.SecretString, in.SecretBinary)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	if !given.given() {
		return nil, invalidRequest("You must provide either SecretString or SecretBinary.")
	}
	if len(in.VersionStages) > maxStages {
		return nil, refuse("LimitExceededException", "You can't have more than 20 staging labels on a version.")
	}
	stages := in.VersionStages
	if len(stages) == 0 {
		stages = []string{current}
	}
	x.touch(s.o.Now())
	v, err := s.add(r.Place, x, in.ClientRequestToken, given, stages)
	if err != nil {
		return nil, err
	}
	return &putOutput{identity{x.ARN, x.Name, v.ID}, v.Stages}, nil
}

type updateInput struct {
	SecretID           string `json:"SecretId"`
	ClientRequestToken string
	Description        *string
	KMSKeyID           *string `json:"KmsKeyId"`
	SecretBinary       []byte
	SecretString       *string
	Type               *string
}

func (s *Service) updateSecret(_ context.Context, r *awswire.Request, in *updateInput) (*identity, error) {
	given, err := valueOf(in.SecretString, in.SecretBinary)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	for _, m := range []struct{ to, from *string }{{&x.Description, in.Description}, {&x.KMSKey, in.KMSKeyID}, {&x.Type, in.Type}} {
		if m.from != nil {
			*m.to = *m.from
		}
	}
	x.touch(s.o.Now())
	if !given.given() {
		return &identity{x.ARN, x.Name, ""}, s.save(r.Place, x)
	}
	v, err := s.add(r.Place, x, in.ClientRequestToken, given, []string{current})
	if err != nil {
		return nil, err
	}
	return &identity{x.ARN, x.Name, v.ID}, nil
}

type getInput struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`
	VersionStage string
}

type valueOutput struct {
	ARN           string
	Name          string
	VersionID     string  `json:"VersionId"`
	SecretBinary  []byte  `json:",omitempty"`
	SecretString  *string `json:",omitempty"`
	VersionStages []string
	CreatedDate   float64
}

func (s *Service) getSecretValue(_ context.Context, r *awswire.Request, in *getInput) (*valueOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	return s.value(r.Place, x, in.VersionID, in.VersionStage)
}

// value returns the value of a version and notes the access.
func (s *Service) value(at arn.Place, x *secret, id, stage string) (*valueOutput, error) {
	if id == "" && stage == "" {
		stage = current
	}
	v := x.version(id)
	if id == "" {
		v = x.staged(stage)
	}
	if v == nil || v.Empty {
		if id != "" {
			return nil, notFound(" value for VersionId: " + id)
		}
		return nil, notFound(" value for staging label: " + stage)
	}
	if stage != "" && !slices.Contains(v.Stages, stage) {
		return nil, invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.")
	}
	p, err := s.values.Get(at, x.Name, v.ID)
	if err != nil || p == nil {
		return nil, err
	}
	if today := day(s.o.Now()); v.Accessed != today || x.Accessed != today {
		v.Accessed, x.Accessed = today, today
		if err := s.save(at, x); err != nil {
			return nil, err
		}
	}
	return &valueOutput{x.ARN, x.Name, v.ID, p.Binary, p.Text, v.Stages, seconds(v.Created)}, nil
}

type batchInput struct {
	SecretIDs  []string `json:"SecretIdList"`
	Filters    []filter
	MaxResults int
	NextToken  string
}

type batchError struct {
	SecretID  string `json:"SecretId"`
	ErrorCode string
	Message   string
}

type batchOutput struct {
	SecretValues []*valueOutput
	Errors       []batchError
	NextToken    string `json:",omitempty"`
}

func (s *Service) batchGetSecretValue(_ context.Context, r *awswire.Request, in *batchInput) (*batchOutput, error) {
	switch {
	case len(in.SecretIDs) > 0 && len(in.Filters) > 0:
		return nil, invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
	case len(in.SecretIDs) == 0 && len(in.Filters) == 0:
		return nil, invalidParameter("Either 'SecretIdList' or 'Filters' must be provided.")
	case len(in.SecretIDs) > 0 && in.MaxResults != 0:
		return nil, invalidParameter("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, out := in.SecretIDs, &batchOutput{SecretValues: []*valueOutput{}, Errors: []batchError{}}
	if len(ids) == 0 {
		found, err := s.matching(r.Place, in.Filters, false)
		if err != nil {
			return nil, err
		}
		if found, out.NextToken, err = page(found, in.NextToken, in.MaxResults, 20); err != nil {
			return nil, err
		}
		for _, x := range found {
			ids = append(ids, x.Name)
		}
	}
	for _, id := range ids {
		x, err := s.live(r.Place, id)
		var v *valueOutput
		if err == nil {
			v, err = s.value(r.Place, x, "", "")
		}
		switch e, no := err.(*awswire.Error); { //nolint:errorlint // refusals of this package are not wrapped
		case no:
			out.Errors = append(out.Errors, batchError{id, e.Code, e.Message})
		case err != nil:
			return nil, err
		default:
			out.SecretValues = append(out.SecretValues, v)
		}
	}
	return out, nil
}
