package client

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

const sharedConfig = `[profile work]
region = eu-west-1
aws_access_key_id = AKIAWORK
aws_secret_access_key = secret
[profile here]
region = eu-central-1
aws_access_key_id = AKIAHERE
aws_secret_access_key = secret
endpoint_url = http://all.example
services = local
[services local]
sfn =
  endpoint_url = http://sfn.example
`

// TestConnect wants the server, and the region and the key of signatures, that AWS's clients would choose.
func TestConnect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(sharedConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		settings Settings
		env      map[string]string
		url      string
		scope    string // "KEY region", "" when calls are not signed
	}{
		{name: "nothing said", url: "http://default/"},
		{name: "an endpoint", settings: Settings{Endpoint: "https://x.example/"}, url: "https://x.example/"},
		{name: "variables", env: map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_SFN": "http://sfn"}, url: "http://sfn/"},
		{name: "one variable", env: map[string]string{"AWS_ENDPOINT_URL": "http://all"}, url: "http://all/"},
		{name: "a region", settings: Settings{Region: "eu-west-3"}, env: map[string]string{"AWS_REGION": "x-y-1"}, url: "http://default/", scope: "statelark eu-west-3"},
		{name: "a key", env: map[string]string{"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "s"}, url: "http://default/", scope: "123456789012 cn-north-1"},
		{name: "a key and a region", env: map[string]string{"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "us-west-2"},
			url: "http://default/", scope: "k us-west-2"},
		{name: "a profile is AWS", settings: Settings{Profile: "work"}, url: "https://states.eu-west-1.amazonaws.com/", scope: "AKIAWORK eu-west-1"},
		{name: "a profile beside a key", settings: Settings{Profile: "work", Region: "cn-north-1"}, env: map[string]string{"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"},
			url: "https://states.cn-north-1.amazonaws.com.cn/", scope: "AKIAWORK cn-north-1"},
		{name: "a profile with an endpoint", settings: Settings{Profile: "here"}, url: "http://sfn.example/", scope: "AKIAHERE eu-central-1"},
		{name: "AWS", settings: Settings{Endpoint: AWS}, env: map[string]string{"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-2"},
			url: "https://states.us-east-2.amazonaws.com/", scope: "k us-east-2"},
		{name: "AWS nowhere", settings: Settings{Endpoint: AWS}},
		{name: "no such profile", settings: Settings{Profile: "play"}},
		{name: "no URL", settings: Settings{Endpoint: "127.0.0.1:8083"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SFN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
				t.Setenv(name, test.env[name])
			}
			t.Setenv("AWS_CONFIG_FILE", file)
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file+".none")
			s := test.settings
			s.Default, s.Place, s.Getenv = "http://default", home, os.Getenv
			c, err := Connect(t.Context(), s)
			if test.url == "" {
				if err == nil {
					t.Fatalf("it connects to %s", c.URL())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := c.request(t.Context(), "ListStateMachines", "{}")
			if err != nil {
				t.Fatal(err)
			}
			if got := r.URL.String(); got != test.url || scope(r) != test.scope {
				t.Errorf("it calls %s, signed %q; want %s, %q", got, scope(r), test.url, test.scope)
			}
		})
	}
}

// scope is the key and the region of a signature.
func scope(r *http.Request) string {
	_, credential, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !ok {
		return ""
	}
	parts := strings.Split(credential, "/")
	return parts[0] + " " + parts[2]
}

// TestHostPrefix: AWS has the operations that answer late at a host of their own, and a server of ours has not.
func TestHostPrefix(t *testing.T) {
	c := New("https://states.eu-west-1.amazonaws.com", home)
	for _, isAWS := range []bool{false, true} {
		c.aws = isAWS
		for operation, prefixed := range map[string]bool{"TestState": true, "StartSyncExecution": true, "StartExecution": false} {
			r, err := c.request(t.Context(), operation, "{}")
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.HasPrefix(r.URL.Host, "sync-"); got != (prefixed && isAWS) {
				t.Errorf("%s, AWS %v: host %s", operation, isAWS, r.URL.Host)
			}
		}
	}
}

// roundTrip answers requests in the test's own bubble.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestThrottling: what AWS did not do is asked for again, a few times.
func TestThrottling(t *testing.T) {
	for refusals, wantCalls := range map[int]int{0: 1, 3: 4, 99: 6} {
		synctest.Test(t, func(t *testing.T) {
			c := New("https://states.eu-west-1.amazonaws.com", home)
			c.aws = true
			calls := 0
			c.HTTP.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
				w := httptest.NewRecorder()
				if calls++; calls <= refusals {
					w.WriteHeader(http.StatusBadRequest)
					_, _ = io.WriteString(w, `{"__type":"ThrottlingException","message":"Rate exceeded"}`)
				} else {
					_, _ = io.WriteString(w, `{}`)
				}
				return w.Result(), nil
			})
			_, err := c.Call(t.Context(), "ListStateMachines")
			if calls != wantCalls || (err != nil) != (refusals == 99) {
				t.Errorf("%d refusals: %d calls, %v", refusals, calls, err)
			}
		})
	}
}
