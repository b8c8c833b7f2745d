package node

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
)

// ask sends a request to a node without following where it leads.
func ask(t *testing.T, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// mine are the headers of a request of the console's own pages.
var mine = []string{"Content-Type", "application/json", "X-Statelark-Console", "1"}

// TestConsole wants browsers to get the console, and AWS's clients and curl what they got ever since.
func TestConsole(t *testing.T) {
	noLeaks(t)
	n := startNode(t, "")
	defer closeNode(t, n)
	const browser = "text/html,application/xhtml+xml;q=0.9"
	signed := "AWS4-HMAC-SHA256 Credential=AKID/20261129/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
	for _, test := range []struct {
		name, method, path string
		header             []string
		status             int
		says               string
	}{
		{"a browser", "GET", "/", []string{"Accept", browser}, 302, ""},
		{"HEAD of a browser", "HEAD", "/", []string{"Accept", browser}, 302, ""},
		{"curl", "GET", "/", []string{"Accept", "*/*"}, 200, WelcomeStart},
		{"the pages", "GET", "/console/", nil, 200, "<html"},
		{"a page of them", "GET", "/console/executions/arn:aws:x", nil, 200, "<html"},
		{"the API", "GET", "/api/session", nil, 200, `"role":"admin"`},
		{"nothing of the API", "GET", "/api/session/x", nil, 404, "ResourceNotFound"},
		{"an operation", "POST", "/api/aws/ListStateMachines", mine, 200, `"stateMachines"`},
		{"an operation of another page", "POST", "/api/aws/ListStateMachines", append([]string{"Origin", "http://evil.example"}, mine...), 403, "cross-origin"},
		{"what another page loads", "GET", "/api/overview", []string{"Sec-Fetch-Site", "cross-site"}, 403, "AccessDenied"},
		{"under another name", "GET", "/api/session", []string{"Host", "evil.example"}, 403, "AccessDenied"},
		{"a bucket of that name, signed", "GET", "/console/key", []string{"Authorization", signed}, 404, "NoSuchBucket"},
		{"a bucket of that name, by its host", "GET", "/api/key", []string{"Host", "pics.localhost"}, 404, "NoSuchBucket"},
		{"another bucket", "GET", "/consoles/key", nil, 404, "NoSuchBucket"},
	} {
		resp, text := ask(t, test.method, n.URL()+test.path, "{}", test.header...)
		if resp.StatusCode != test.status || !strings.Contains(text, test.says) {
			t.Errorf("%s: %d %s", test.name, resp.StatusCode, text)
		}
		if test.status == 302 && resp.Header.Get("Location") != "/console/" {
			t.Errorf("%s leads to %s", test.name, resp.Header.Get("Location"))
		}
	}
}

// TestNoConsole wants a server without one to have nothing at its paths.
func TestNoConsole(t *testing.T) {
	noLeaks(t)
	n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Place: arn.Place{Region: "eu-west-1", Account: "123456789012"}, Console: ConsoleOff}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeNode(t, n)
	if _, text := ask(t, "GET", n.URL(), "", "Accept", "text/html"); !strings.HasPrefix(text, WelcomeStart) {
		t.Errorf("a browser gets %s", text)
	}
	for _, path := range []string{"/console/", "/api/session"} {
		if resp, text := ask(t, "GET", n.URL()+path, ""); resp.StatusCode != 404 || !strings.Contains(text, "NoSuchBucket") {
			t.Errorf("%s: %d %s", path, resp.StatusCode, text)
		}
	}
	if n.Console() != "" {
		t.Errorf("it tells of a console at %s", n.Console())
	}
}

// TestCloseEndsStreams wants a node with a browser that listens to close at once.
func TestCloseEndsStreams(t *testing.T) {
	noLeaks(t)
	n := startNode(t, "")
	resp, err := http.Get(n.URL() + "/api/stream?topics=list,overview")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || !strings.HasPrefix(line, "retry:") {
		t.Fatal(line, err)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := n.Close(ctx); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("it took %v", took)
	}
}
