package node

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/console/auth"
)

// asked sends a request to a node, with header fields in pairs, and returns the status and the text of the answer.
func asked(t *testing.T, n *Node, method, path, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, n.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(console.Header, "1")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	defer http.DefaultClient.CloseIdleConnections()
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestSignIn starts a node that others reach: its console asks for the token, its AWS endpoint for nothing, and what was done is in the
// audit log.
func TestSignIn(t *testing.T) {
	noLeaks(t)
	dir, log := t.TempDir(), &logged{}
	n, err := Start(t.Context(), Config{Listen: "0.0.0.0:0", Data: dir, Place: place}, Options{Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			closeNode(t, n)
		}
	}()
	_, token, _ := strings.Cut(n.SignIn(), "#token=")
	for _, path := range []string{"/api/session", "/api/services", "/api/samples", "/api/stream?topics=list"} {
		if status, text := asked(t, n, "GET", path, ""); status != http.StatusUnauthorized {
			t.Errorf("%s without signing in: %d %s", path, status, text)
		}
	}
	if status, text := asked(t, n, "GET", "/console/", ""); status != http.StatusOK || strings.Contains(text, token) {
		t.Errorf("the pages: %d", status)
	}
	if status, text := asked(t, n, "POST", "/api/auth/token", `{"token":"`+token+`"}`, "Origin", "https://evil.example"); status != http.StatusForbidden {
		t.Errorf("a page of another site signs in: %d %s", status, text)
	}
	bearer := "Bearer " + token
	if status, text := asked(t, n, "POST", "/api/aws/CreateActivity", `{"name":"a"}`, "Authorization", bearer); status != http.StatusOK {
		t.Errorf("with the token: %d %s", status, text)
	}
	c := client.New(n.URL(), place)
	defer c.HTTP.CloseIdleConnections()
	if _, err := c.Call(t.Context(), "ListActivities"); err != nil {
		t.Errorf("the AWS endpoint: %v", err)
	}
	closeNode(t, n)
	closed = true
	written, err := os.ReadFile(filepath.Join(dir, "audit.log"))
	if err != nil || strings.Count(string(written), "\n") != 1 || !strings.Contains(string(written), `"operation":"CreateActivity","resource":"a","outcome":"ok"`) {
		t.Errorf("the audit log: %v %s", err, written)
	}
	if token == "" || strings.Contains(log.String()+string(written), token) {
		t.Error("a log has the token")
	}
}

// TestSignInIsRequired starts no node whose console anybody may use.
func TestSignInIsRequired(t *testing.T) {
	noLeaks(t)
	_, err := Start(t.Context(), Config{Listen: "0.0.0.0:0", Auth: auth.Config{Mode: auth.None}}, Options{})
	var part *StartError
	if !errors.As(err, &part) || part.Part != Console {
		t.Fatalf("it starts: %v", err)
	}
	n, err := Start(t.Context(), Config{Listen: "0.0.0.0:0", Console: ConsoleOff, Auth: auth.Config{Mode: auth.None}}, Options{})
	if err != nil {
		t.Fatal(err) // without a console
	}
	closeNode(t, n)
}

// TestCallback comes back from an OpenID provider, which is another site, as browsers do.
func TestCallback(t *testing.T) {
	noLeaks(t)
	cfg := auth.Config{Mode: auth.OIDC, Provider: auth.Provider{Issuer: "http://127.0.0.1:9", ClientID: "x"}, Role: console.Viewer}
	n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Auth: cfg}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeNode(t, n)
	if status, text := asked(t, n, "GET", "/api/auth/callback?code=x&state=y", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"); status != http.StatusFound {
		t.Errorf("coming back: %d %s", status, text)
	}
	if status, text := asked(t, n, "GET", "/api/session", "", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("what another site asks for: %d %s", status, text)
	}
}
