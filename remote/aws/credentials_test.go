package aws

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/arn"
)

const assumed = `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA%</AccessKeyId><SecretAccessKey>s</SecretAccessKey>` +
	`<SessionToken>token%</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`

// signer is the access key of a request and its session.
func signer(r *http.Request) string {
	_, after, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(after, "/")
	return key + " " + r.Header.Get("X-Amz-Security-Token")
}

// A role is taken on once, with the state machine as the external id, by whoever comes before it.
func TestRoles(t *testing.T) {
	alone(t)
	b := newBackend(t, answer(200, strings.ReplaceAll(assumed, "%", "1")), answer(200, strings.ReplaceAll(assumed, "%", "2")), answer(200, `{}`))
	c, _ := caller(t, b.URL, func(s *Service) { s.Role = "arn:aws:iam::111111111111:role/own" })
	r := request(t, "dynamodb.PutItem", `{"TableName":"t","Item":{}}`)
	r.Role, r.Owner = "arn:aws:iam::222222222222:role/theirs", "arn:aws:states:eu-west-1:111111111111:stateMachine:m"
	for range 2 {
		if _, err := c.Call(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for i, asked := range b.asked {
		form, err := url.ParseQuery(b.bodies[i])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(signer(asked)+" "+form.Get("RoleArn")+" "+form.Get("ExternalId")))
	}
	owner := " " + r.Owner
	want := []string{"AKIDEXAMPLE  arn:aws:iam::111111111111:role/own" + owner, "ASIA1 token1 arn:aws:iam::222222222222:role/theirs" + owner, "ASIA2 token2", "ASIA2 token2"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("asked by\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRoleIsRefused(t *testing.T) {
	alone(t)
	b := newBackend(t, answer(403, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>No.</Message></Error><RequestId>R</RequestId></ErrorResponse>`))
	c, _ := caller(t, b.URL)
	r := request(t, "dynamodb.PutItem", `{"TableName":"t","Item":{}}`)
	r.Role = "arn:aws:iam::222222222222:role/theirs"
	if _, err := c.Call(t.Context(), r); err == nil || err.Error() != "AccessDenied: No." || len(b.asked) != 1 {
		t.Errorf("asked %d times: %v", len(b.asked), err)
	}
}

// An endpoint that is not AWS's is called without credentials as well; the access key is the account then.
func TestAnyone(t *testing.T) {
	alone(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	for account, want := range map[string]string{"": "111111111111 ", "333333333333": "333333333333 "} {
		b := newBackend(t, answer(200, `{}`))
		c, _ := caller(t, b.URL, func(s *Service) { s.Account = account })
		if _, err := c.Call(t.Context(), request(t, "dynamodb.PutItem", `{"TableName":"t","Item":{}}`)); err != nil || signer(b.asked[0]) != want {
			t.Errorf("asked by %v, %v", b.asked, err)
		}
	}
}

func TestProfile(t *testing.T) {
	alone(t)
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	b := newBackend(t, answer(200, `{}`))
	c, _ := caller(t, b.URL, func(s *Service) { s.Profile, s.Region = "work", "ap-south-1" })
	if _, err := c.Call(t.Context(), request(t, "dynamodb.PutItem", `{"TableName":"t","Item":{}}`)); err != nil {
		t.Fatal(err)
	}
	if got := b.asked[0].Header.Get("Authorization"); !strings.Contains(got, "AKIDWORK/") || !strings.Contains(got, "/ap-south-1/") {
		t.Errorf("signed with %s", got)
	}
	c, _ = caller(t, b.URL, func(s *Service) { s.Profile = "play" })
	if _, err := c.Call(t.Context(), request(t, "dynamodb.PutItem", `{"TableName":"t","Item":{}}`)); err == nil ||
		err.Error() != "Unable to load credentials from any of the providers in the chain: there is no such profile" {
		t.Errorf("without the profile: %v", err)
	}
}

func TestSignAPI(t *testing.T) {
	alone(t)
	c := New(Options{})
	defer c.Close()
	for host, region := range map[string]string{"x.execute-api.us-west-2.amazonaws.com": "us-west-2", "api.example.org": "eu-west-1"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+host+"/a", nil)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Sign(t.Context(), req, []byte("b"), arn.Place{Region: "eu-west-1", Account: "111111111111"}, "", "")
		if got := req.Header.Get("Authorization"); err != nil || !strings.Contains(got, "/"+region+"/execute-api/aws4_request") {
			t.Errorf("%s is signed with %s, %v", host, got, err)
		}
	}
}
