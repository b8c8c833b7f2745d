package ssm

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// maxVersions is how many versions a parameter has; the oldest goes for a new one, unless it has a label.
const maxVersions = 100

// How large values are, by tier.
const maxStandard, maxAdvanced = 4096, 8192

type putInput struct {
	Name           string
	Description    *string
	Value          string
	Type           string
	KeyID          string `json:"KeyId"`
	Overwrite      bool
	AllowedPattern *string
	Tags           []tag
	Tier           string
	Policies       *string
	DataType       string
}

type putOutput struct {
	Version int64
	Tier    string
}

func (s *Service) putParameter(ctx context.Context, r *awswire.Request, in *putInput) (*putOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	p, operation, err := s.put(r.Place, in)
	if err != nil {
		return nil, err
	}
	s.tell(ctx, r.Place, operation, p, nil)
	return &putOutput{p.Current, p.Latest.Tier}, nil
}

func (in *putInput) check() error {
	in.Name = strings.TrimSpace(in.Name)
	if err := checkName(in.Name); err != nil {
		return err
	}
	if len(in.Tags) > 0 && in.Overwrite {
		return invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. " +
			"To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	}
	if in.DataType != "" && in.DataType != "text" && in.DataType != "aws:ec2:image" && in.DataType != "aws:ssm:integration" {
		return invalid("The following data type is not supported: %s (Data type names are all lowercase.)", in.DataType)
	}
	if in.Value == "" {
		return invalid("1 validation error detected: Value '' at 'value' failed to satisfy constraint: " +
			"Member must have length greater than or equal to 1.")
	}
	return nil
}

// put stores a new version, and returns the parameter and whether that was its creation.
func (s *Service) put(at arn.Place, in *putInput) (p *parameter, operation string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.load(at, in.Name)
	if err != nil {
		return nil, "", err
	}
	if old != nil && !in.Overwrite {
		return nil, "", refuse("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	}
	if old == nil && in.Type == "" {
		return nil, "", invalid("A parameter type is required when you create a parameter.")
	}
	v := in.version(at, old)
	v.Modified = s.o.Now().UnixMilli()
	_, expires, err := readPolicies(v.Policies)
	if err == nil {
		err = v.check(in.Tier)
	}
	if err != nil {
		return nil, "", err
	}
	operation = "Create"
	p = &parameter{Name: in.Name, Oldest: 1}
	if old != nil {
		operation, p = "Update", old
	}
	if p.Tags, err = merged(p.Tags, in.Tags); err != nil {
		return nil, "", err
	}
	p.Latest, p.Expires, p.Current = v, expires, p.Current+1
	v.Number = p.Current
	var b kv.Batch
	if err := s.makeRoom(&b, at, p); err != nil {
		return nil, "", err
	}
	return p, operation, s.store(&b, at, p, v)
}

// version is the version that a request makes: what it does not say is as it was.
func (in *putInput) version(at arn.Place, old *parameter) *version {
	v := &version{Type: in.Type, Value: in.Value, KeyID: in.KeyID, DataType: in.DataType, Tier: in.Tier, User: at.ARN("iam", "root")}
	if old == nil {
		old = &parameter{Latest: &version{Tier: tierStandard, DataType: "text"}}
	}
	if v.Type == "" {
		v.Type = old.Latest.Type
	}
	if v.DataType == "" {
		v.DataType = old.Latest.DataType
	}
	if v.Tier == "" {
		v.Tier = old.Latest.Tier
	}
	for _, m := range []struct{ to, given, was *string }{
		{&v.Description, in.Description, &old.Latest.Description}, {&v.Pattern, in.AllowedPattern, &old.Latest.Pattern}, {&v.Policies, in.Policies, &old.Latest.Policies},
	} {
		if *m.to = *m.was; m.given != nil {
			*m.to = *m.given
		}
	}
	if v.Type != typeSecure {
		v.KeyID = ""
		return v
	}
	if v.KeyID == "" {
		if v.KeyID = old.Latest.KeyID; v.KeyID == "" {
			v.KeyID = "alias/aws/ssm"
		}
	}
	v.Cipher = make([]byte, 96)
	rand.Read(v.Cipher)
	return v
}

// check checks a version and settles its tier. asked is the tier of the request.
func (v *version) check(asked string) error {
	size := len(v.Value)
	if v.Tier == tierSmart {
		v.Tier = tierStandard
		if size > maxStandard || v.Policies != "" {
			v.Tier = tierAdvanced
		}
	}
	if v.Tier == tierStandard && v.Policies != "" && asked != "" {
		return invalid("Parameter policies are for parameters of the advanced tier.")
	}
	if v.Tier == tierStandard && size > maxStandard {
		return invalid("Standard tier parameters support a maximum parameter value of %d characters. To create a larger parameter value, "+
			"upgrade the parameter to use the advanced-parameter tier. For more information, see "+
			"https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html", maxStandard)
	}
	if size > maxAdvanced {
		return invalid("Advanced tier parameters support a maximum parameter value of %d characters.", maxAdvanced)
	}
	if v.DataType == "aws:ec2:image" && v.Type != "String" {
		return invalid("The data type aws:ec2:image is supported for parameters of the type String only.")
	}
	if v.Pattern == "" {
		return nil
	}
	form, err := regexp.Compile(`^(?:` + v.Pattern + `)$`)
	if err != nil {
		return refuse("InvalidAllowedPatternException", "The request isn't valid. Verify that you entered valid regular expression %s", v.Pattern)
	}
	values := []string{v.Value}
	if v.Type == "StringList" {
		values = strings.Split(v.Value, ",")
	}
	if slices.ContainsFunc(values, func(x string) bool { return !form.MatchString(x) }) {
		return refuse("ParameterPatternMismatchException", "Parameter value, cannot be validated against allowedPattern: %s", v.Pattern)
	}
	return nil
}

// makeRoom removes the oldest version when there are too many.
func (s *Service) makeRoom(b *kv.Batch, at arn.Place, p *parameter) error {
	if p.Current-p.Oldest < maxVersions {
		return nil
	}
	for _, n := range p.Labels {
		if n == p.Oldest {
			return refuse("ParameterMaxVersionLimitExceeded", "You attempted to create a new version of %s by calling the PutParameter API with the "+
				"overwrite flag. Version %d, the oldest version, can't be deleted because it has a label associated with it. "+
				"Move the label to another version of the parameter, and try again.", p.Name, p.Oldest)
		}
	}
	s.versions.Delete(b, at, plain(p.Name), number(p.Oldest))
	p.Oldest++
	return nil
}

func (s *Service) store(b *kv.Batch, at arn.Place, p *parameter, v *version) error {
	if err := s.parameters.Set(b, p, at, plain(p.Name)); err != nil {
		return err
	}
	if v != nil {
		if err := s.versions.Set(b, v, at, plain(p.Name), number(v.Number)); err != nil {
			return err
		}
	}
	return s.o.Store.Apply(b)
}

// shown is the value as it is told: that of a SecureString only to those who ask for it decrypted.
func (v *version) shown(decrypt bool) string {
	if v.Type != typeSecure || decrypt {
		return v.Value
	}
	return "AQICAH" + base64.StdEncoding.EncodeToString(v.Cipher)
}
