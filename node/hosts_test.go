package node

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	h := newHosts("lark.lan:8083", []string{"Example.org", ".wild.example"})
	for _, host := range []string{
		"", "localhost", "localhost:8083", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.9.9.9:80", "[::1]:8083", "[::1]", "10.1.2.3:8083",
		"sync-localhost:8083", "sync-127.0.0.1:8083", "lark.lan:8083", "sync-lark.lan", machine, machine + ":8083", "example.org:1", "sync-example.org",
		"a.wild.example", "a.b.wild.example", "host.docker.internal:8083",
		"states.us-east-1.amazonaws.com", "sync-states.us-east-1.amazonaws.com:80", "lambda.cn-north-1.amazonaws.com.cn", "sync-states.us-gov-west-1.amazonaws.com",
	} {
		if !h.knows(host) {
			t.Errorf("%q is refused", host)
		}
	}
	for _, host := range []string{
		"evil.example", "evil.example:8083", "wild.example", "notexample.org", "a.example.org", "sync-evil.example", "sync-sync-localhost", "localhost.evil.example",
		"127.0.0.1.evil.example", "127.0.0.1.nip.io", "[evil.example]", "evil.example.", "0x7f.1", "1.evil", "amazonaws.com", "evil.amazonaws.com.evil.example",
		"evil.us-east-1.elb.amazonaws.com", "bucket.s3.us-east-1.amazonaws.com", "a.b.execute-api.us-east-1.amazonaws.com", "ec2-1-2-3-4.us-west-2.compute.amazonaws.com",
		"bucket.s3-website-us-east-1.amazonaws.com.evil", "statelark",
	} {
		if h.knows(host) {
			t.Errorf("%q is taken", host)
		}
	}
	if !newHosts("127.0.0.1:1", []string{"*"}).knows("evil.example") {
		t.Error("* does not let all names pass")
	}
}

// TestSameOrigin says which requests of pages of other origins come through.
func TestSameOrigin(t *testing.T) {
	const signed = "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/"
	service := func(r *http.Request) (string, bool) {
		if _, rest, ok := strings.Cut(r.Header.Get("Authorization")+r.URL.RawQuery, "/us-east-1/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			return name, true
		}
		return "s3", true
	}
	done := false
	h := sameOrigin(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { done = true }), service)
	for _, test := range []struct {
		what, method, target, authorization, site string
		passes                                    bool
	}{
		{"an object", "GET", "/b/k", "", "cross-site", true},
		{"a form", "POST", "/b", "", "cross-site", false},
		{"a form of our own page", "POST", "/b", "", "same-origin", true},
		{"a program", "POST", "/", "", "", true},
		{"an upload by a presigned URL", "PUT", "/b/k?X-Amz-Signature=x", "", "cross-site", true},
		{"a signed upload", "POST", "/b/k?uploads", signed + "s3/aws4_request", "cross-site", true},
		{"a password that the browser knows", "POST", "/b/k?uploads", "Basic YTpi", "cross-site", false},
		{"another service below a bucket", "POST", "/b", signed + "lambda/aws4_request", "cross-site", false},
		{"another service by PUT", "PUT", "/b", signed + "lambda/aws4_request", "same-site", false},
		{"an image that purges a queue", "GET", "/123456789012/q?Action=PurgeQueue", "", "cross-site", false},
		{"the same in other letters", "GET", "/123456789012/q?%41ction=PurgeQueue", "", "cross-site", false},
		{"the same by its signature", "GET", "/?Action=CreateQueue&X-Amz-Credential=k/20260101/us-east-1/sqs/aws4_request", "", "same-site", false},
		{"the same typed by somebody", "GET", "/123456789012/q?Action=PurgeQueue", "", "none", true},
		{"a link in a message", "GET", "/?Action=ConfirmSubscription&Token=x&TopicArn=y", "", "cross-site", true},
	} {
		r := httptest.NewRequest(test.method, "http://localhost:8083"+test.target, nil)
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		if test.site != "" {
			r.Header.Set("Sec-Fetch-Site", test.site)
		}
		done = false
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if done != test.passes || !done && w.Code != http.StatusForbidden {
			t.Errorf("%s: passes %v, status %d", test.what, done, w.Code)
		}
	}
}

func TestCheckHosts(t *testing.T) {
	for _, names := range [][]string{nil, {"example.org", ".example.org", "statelark"}, {"*"}} {
		if err := CheckHosts(names); err != nil {
			t.Errorf("%q: %v", names, err)
		}
	}
	for _, names := range [][]string{{""}, {"http://a"}, {"a:8083"}, {"a b"}, {"*.example.org"}, {"a*"}, {"*", "a"}} {
		if err := CheckHosts(names); err == nil {
			t.Errorf("%q is taken", names)
		}
	}
}

// TestRebinding does what a page does whose name resolves to this machine: its requests are of the same origin.
func TestRebinding(t *testing.T) {
	noLeaks(t)
	n := startNode(t, "")
	defer closeNode(t, n)
	for _, test := range []struct{ method, path, target string }{
		{"POST", "/2015-03-31/functions", ""}, {"POST", "/", "AWSStepFunctions.ListStateMachines"}, {"GET", "/", ""}, {"GET", "/health", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, n.URL()+test.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example:8083"
		r.Header.Set("Origin", "http://evil.example:8083")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if test.target != "" {
			r.Header.Set("X-Amz-Target", test.target)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close() // it was read
		if answer.StatusCode != http.StatusForbidden || !strings.Contains(string(body), "AccessDeniedException") ||
			!strings.Contains(string(body), "--allowed-hosts evil.example") {
			t.Errorf("%s %s: %s %s", test.method, test.path, answer.Status, body)
		}
	}
}
