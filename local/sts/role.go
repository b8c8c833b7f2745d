package sts

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/xml"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

type policyARN struct {
	Arn string `json:"arn"`
}

type tag struct{ Key, Value string }

type roleInput struct {
	RoleArn           string
	RoleSessionName   string
	PolicyArns        []policyARN
	Policy            string
	DurationSeconds   int64
	Tags              []tag
	TransitiveTagKeys []string
	SourceIdentity    string
	WebIdentityToken  string
	ProviderID        string `json:"ProviderId"`
	PrincipalArn      string
	SAMLAssertion     string
}

type assumedRole struct {
	AssumedRoleID string `json:"AssumedRoleId"`
	Arn           string
}

type roleOutput struct {
	Credentials      *credentials
	AssumedRoleUser  assumedRole
	PackedPolicySize *int   `json:",omitempty"`
	SourceIdentity   string `json:",omitempty"`

	Subject     string `json:"SubjectFromWebIdentityToken,omitempty"`
	Provider    string `json:",omitempty"`
	Audience    string `json:",omitempty"`
	SAMLSubject string `json:"Subject,omitempty"`
	SubjectType string `json:",omitempty"`
	Issuer      string `json:",omitempty"`
	Qualifier   string `json:"NameQualifier,omitempty"`
}

func (s *Service) assumeRole(_ context.Context, _ *awswire.Request, in *roleInput) (*roleOutput, error) {
	var keys []string
	for _, t := range in.Tags {
		key := strings.ToLower(t.Key)
		if slices.Contains(keys, key) {
			return nil, refuse("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		keys = append(keys, key)
	}
	for _, key := range in.TransitiveTagKeys {
		if !slices.Contains(keys, strings.ToLower(key)) {
			return nil, refuse("InvalidParameterValue", "The specified transitive tag key must be included in the requested tags.")
		}
	}
	return s.assume(in)
}

// assume makes the credentials of a role. Roles are names here: any may be assumed.
func (s *Service) assume(in *roleInput) (*roleOutput, error) {
	role, ok := arn.Parse(in.RoleArn)
	name, isRole := strings.CutPrefix(role.Resource, "role/")
	if !ok || role.Service != "iam" || role.Region != "" || !arn.IsAccount(role.Account) || !isRole || name == "" {
		return nil, refuse("ValidationError", "%s is invalid", in.RoleArn)
	}
	size, err := packed(in.Policy, in.PolicyArns, in.Tags)
	if err != nil {
		return nil, err
	}
	name = name[strings.LastIndexByte(name, '/')+1:]
	role.Service, role.Resource = "sts", "assumed-role/"+name+"/"+in.RoleSessionName
	user := assumedRole{roleID(in.RoleArn) + ":" + in.RoleSessionName, role.String()}
	c, err := s.issue(user.AssumedRoleID, role.Account, user.Arn, seconds(in.DurationSeconds, usualRoleSeconds))
	if err != nil {
		return nil, err
	}
	return &roleOutput{Credentials: c, AssumedRoleUser: user, PackedPolicySize: size, SourceIdentity: in.SourceIdentity}, nil
}

// roleID is the id that a role has: always the same.
func roleID(role string) string {
	sum := sha256.Sum256([]byte(role))
	return "AROA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// maxPacked is how large the policies and tags of a session may be, in letters.
const maxPacked = 2048

// packed checks what is passed with a session and says how much of the room it takes, in percent; nil: nothing is passed.
func packed(policy string, arns []policyARN, tags []tag) (*int, error) {
	if policy != "" {
		if doc, err := value.Parse(policy); err != nil || doc.Kind() != value.Object {
			return nil, refuse("MalformedPolicyDocument", "This policy contains invalid Json")
		}
	}
	size := len(policy)
	for _, a := range arns {
		size += len(a.Arn)
	}
	for _, t := range tags {
		size += len(t.Key) + len(t.Value)
	}
	if size == 0 {
		return nil, nil
	}
	if size > maxPacked*2 {
		return nil, refuse("PackedPolicyTooLarge", "Packed size of session tags consumes %d%% of allotted space.", size*100/(maxPacked*2))
	}
	percent := max(1, size*100/(maxPacked*2))
	return &percent, nil
}

func (s *Service) assumeRoleWithWebIdentity(_ context.Context, _ *awswire.Request, in *roleInput) (*roleOutput, error) {
	claims, ok := claimsOf(in.WebIdentityToken)
	if !ok {
		return nil, refuse("InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	out, err := s.assume(in)
	if err != nil {
		return nil, err
	}
	text := func(name string) string {
		v, _ := claims.Get(name)
		if v.Kind() == value.Array && v.Len() > 0 {
			v = v.Elems()[0]
		}
		return v.Str()
	}
	out.Subject, out.Audience, out.Provider = text("sub"), text("aud"), text("iss")
	if in.ProviderID != "" {
		out.Provider = in.ProviderID
	}
	return out, nil
}

// claimsOf reads a JSON web token. Its signature is not checked.
func claimsOf(token string) (value.Value, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return value.Value{}, false
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return value.Value{}, false
	}
	claims, err := value.ParseBytes(text)
	return claims, err == nil && claims.Kind() == value.Object
}

// assertion is what is read of a SAML response. Its signature is not checked.
type assertion struct {
	Issuer    string `xml:"Assertion>Issuer"`
	NameID    nameID `xml:"Assertion>Subject>NameID"`
	Recipient struct {
		Audience string `xml:"Recipient,attr"`
	} `xml:"Assertion>Subject>SubjectConfirmation>SubjectConfirmationData"`
	Attributes []struct {
		Name   string   `xml:"Name,attr"`
		Values []string `xml:"AttributeValue"`
	} `xml:"Assertion>AttributeStatement>Attribute"`
}

type nameID struct {
	Text   string `xml:",chardata"`
	Format string `xml:"Format,attr"`
}

func (a *assertion) attribute(name string) string {
	for _, x := range a.Attributes {
		if x.Name == "https://aws.amazon.com/SAML/Attributes/"+name && len(x.Values) > 0 {
			return strings.TrimSpace(x.Values[0])
		}
	}
	return ""
}

func (s *Service) assumeRoleWithSAML(_ context.Context, _ *awswire.Request, in *roleInput) (*roleOutput, error) {
	var a assertion
	text, err := base64.StdEncoding.DecodeString(in.SAMLAssertion)
	if err == nil {
		err = xml.Unmarshal(text, &a)
	}
	if in.RoleSessionName = a.attribute("RoleSessionName"); err != nil || in.RoleSessionName == "" {
		return nil, refuse("InvalidIdentityToken", "Invalid base64 SAMLResponse (Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: AuthSamlInvalidSamlResponseException)")
	}
	in.SourceIdentity = a.attribute("SourceIdentity")
	out, err := s.assume(in)
	if err != nil {
		return nil, err
	}
	out.SAMLSubject, out.Issuer, out.Audience = strings.TrimSpace(a.NameID.Text), strings.TrimSpace(a.Issuer), a.Recipient.Audience
	out.SubjectType = strings.TrimPrefix(a.NameID.Format, "urn:oasis:names:tc:SAML:2.0:nameid-format:")
	return out, nil
}
