package sts

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// who asks who signed a request with a key.
func (b *bench) who(key string) (value.Value, error) {
	r := &awswire.Request{Place: here, Header: http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=" + key + "/20260301/us-east-1/sts/aws4_request, Signature=0"}}}
	reply, err := b.Operations()["GetCallerIdentity"](b.Context(), r)
	if err != nil {
		return value.Value{}, err
	}
	return reply.Output, nil
}

func TestAssumeRole(t *testing.T) {
	b := newBench(t)
	out := b.do("AssumeRole", `{"RoleArn":"arn:aws:iam::999988887777:role/path/worker","RoleSessionName":"me","DurationSeconds":900,"SourceIdentity":"src"}`)
	b.want(out, `"arn:aws:sts::999988887777:assumed-role/worker/me"`, "AssumedRoleUser", "Arn")
	b.want(out, `"src"`, "SourceIdentity")
	b.want(out, "1772367300", "Credentials", "Expiration")
	key := in(out, "Credentials", "AccessKeyId").Str()
	b.want(b.do("GetAccessKeyInfo", `{"AccessKeyId":"`+key+`"}`), `"999988887777"`, "Account")
	me, err := b.who(key)
	if err != nil {
		t.Fatal(err)
	}
	b.want(me, in(out, "AssumedRoleUser", "Arn").Compact(), "Arn")
	b.want(me, in(out, "AssumedRoleUser", "AssumedRoleId").Compact(), "UserId")
	b.now = b.now.Add(15 * time.Minute)
	if _, err := b.who(key); err == nil || !strings.HasPrefix(err.Error(), "ExpiredToken") {
		t.Errorf("after the end: %v", err)
	}
	b.do("GetSessionToken", `{}`) // removes what has expired
	if me, err = b.who(key); err != nil {
		t.Fatal(err)
	}
	b.want(me, `"arn:aws:iam::123456789012:root"`, "Arn")
}

func TestRefusedRoles(t *testing.T) {
	b := newBench(t)
	for _, role := range []string{"nothing-valid-in-here", "arn:aws:iam::123456789012:user/x-y-z-and-more", "arn:aws:sts::123456789012:role/x", "arn:aws:iam::1:role/x-y-z-and-more"} {
		b.refused("AssumeRole", `{"RoleArn":"`+role+`","RoleSessionName":"s"}`, "ValidationError", role+" is invalid")
	}
	role := `"RoleArn":"arn:aws:iam::123456789012:role/r","RoleSessionName":"s"`
	b.refused("AssumeRole", `{`+role+`,"Policy":"x"}`, "MalformedPolicyDocument", "")
	b.refused("AssumeRole", `{`+role+`,"Tags":[{"Key":"a","Value":"1"},{"Key":"A","Value":"2"}]}`, "InvalidParameterValue", "Duplicate")
	b.refused("AssumeRole", `{`+role+`,"TransitiveTagKeys":["a"]}`, "InvalidParameterValue", "transitive")
}

func TestFederation(t *testing.T) {
	b := newBench(t)
	b.want(b.do("GetFederationToken", `{"Name":"bob","Policy":"{}"}`), `{"FederatedUserId":"123456789012:bob","Arn":"arn:aws:sts::123456789012:federated-user/bob"}`, "FederatedUser")
	role := `"RoleArn":"arn:aws:iam::123456789012:role/r"`
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"me","aud":["app"],"iss":"https://id"}`))
	out := b.do("AssumeRoleWithWebIdentity", `{`+role+`,"RoleSessionName":"s","WebIdentityToken":"e30.`+claims+`.x"}`)
	b.want(out, `"me"`, "SubjectFromWebIdentityToken")
	b.want(out, `"app"`, "Audience")
	b.refused("AssumeRoleWithWebIdentity", `{`+role+`,"RoleSessionName":"s","WebIdentityToken":"x"}`, "InvalidIdentityToken", "not a valid JWT")
	saml := base64.StdEncoding.EncodeToString([]byte(`<Response><Assertion><Issuer>idp</Issuer><Subject><NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">me</NameID></Subject>` +
		`<AttributeStatement><Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><AttributeValue>s</AttributeValue></Attribute></AttributeStatement></Assertion></Response>`))
	out = b.do("AssumeRoleWithSAML", `{`+role+`,"PrincipalArn":"p","SAMLAssertion":"`+saml+`"}`)
	b.want(out, `"me"`, "Subject")
	b.want(out, `"persistent"`, "SubjectType")
	b.want(out, `"arn:aws:sts::123456789012:assumed-role/r/s"`, "AssumedRoleUser", "Arn")
}

func TestKeys(t *testing.T) {
	for _, account := range []string{"000000000000", "123456789012", "999999999999"} {
		if got, ok := Account(newKey(account)); !ok || got != account {
			t.Errorf("%s came back as %s", account, got)
		}
	}
	for _, key := range []string{"", "test", "AKIA1890"} {
		if got, ok := Account(key); ok {
			t.Errorf("%q has the account %s", key, got)
		}
	}
	if !arn.IsAccount("000000000000") {
		t.Error("zeros are an account")
	}
}
