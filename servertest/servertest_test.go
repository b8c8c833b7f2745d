package servertest

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestStart(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the binary")
	}
	s := Start(t)
	answer, err := http.Get(s.URL + "/health")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it is read to its end
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("GET /health answers %s %q (%v), want 200", answer.Status, text, err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("STATELARK_LISTEN", "elsewhere")
	t.Setenv("AWS_PROFILE", "somebody")
	s := &Server{URL: "http://127.0.0.1:1"}
	env := strings.Join(s.ClientEnv(), "\n") + "\n"
	for _, bad := range []string{"STATELARK_LISTEN", "AWS_PROFILE"} {
		if strings.Contains(env, bad) {
			t.Errorf("a client gets the setting %s of whoever runs the tests", bad)
		}
	}
	if !strings.Contains(env, "AWS_ENDPOINT_URL=http://127.0.0.1:1\n") {
		t.Errorf("a client does not get the endpoint: %s", env)
	}
}
