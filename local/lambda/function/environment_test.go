package function

import (
	"encoding/json"
	"os"
	"os/user"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/local/process"
)

// environOf returns the environment that a function sees.
func environOf(t *testing.T, c *Catalog) map[string]string {
	t.Helper()
	if err := c.Declare(Function{Name: "f", Timeout: 30 * time.Second, Env: map[string]string{"OWN": "mine", "LANG": "C"}, Code: Code{Command: []string{
		"python3", "-c", "import json, os; print(json.dumps(dict(os.environ)))"}}}); err != nil {
		t.Fatal(err)
	}
	res := invoke(t, c, `1`)
	vars := make(map[string]string)
	if err := json.Unmarshal(res.Payload, &vars); err != nil {
		t.Fatalf("%v: %s", err, res.Payload)
	}
	return vars
}

// TestEnvironmentIsNotInherited: a function does not see the secrets of the server.
func TestEnvironmentIsNotInherited(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "DATABASE_URL", "STATELARK_DATA", "LC_ALL"} {
		t.Setenv(name, "real "+name)
	}
	got := environOf(t, open(t, Options{}))
	for name, want := range map[string]string{
		"AWS_ACCESS_KEY_ID": process.DummyKey, "AWS_SECRET_ACCESS_KEY": process.DummySecret, "AWS_PROFILE": "", "DATABASE_URL": "", "STATELARK_DATA": "",
		"LC_ALL": "real LC_ALL", "HOME": os.Getenv("HOME"), "OWN": "mine", "LANG": "C", "AWS_REGION": "us-east-1",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}

	got = environOf(t, open(t, Options{PassEnv: []string{"AWS_*", "DATABASE_URL", "STATELARK_*"}}))
	for name, want := range map[string]string{
		"AWS_ACCESS_KEY_ID": "real AWS_ACCESS_KEY_ID", "AWS_PROFILE": "real AWS_PROFILE", "DATABASE_URL": "real DATABASE_URL", "STATELARK_DATA": "",
	} {
		if got[name] != want {
			t.Errorf("passed on, %s is %q, want %q", name, got[name], want)
		}
	}
	for _, pattern := range []string{"", "[", "A=B", "A B"} {
		if _, err := NewCatalog(home, Options{PassEnv: []string{pattern}}); err == nil {
			t.Errorf("the pattern %q was taken", pattern)
		}
	}
}

// TestUser runs functions as another user: they reach their code and not what the server keeps.
func TestUser(t *testing.T) {
	if _, err := NewCatalog(home, Options{User: "no-such-user"}); err == nil {
		t.Error("a user that does not exist was taken")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("needs root and a user nobody")
	}
	dir, err := os.MkdirTemp("/tmp", "statelark-user-") // the directories of tests let nobody in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // it is of no use
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	c := open(t, Options{Dir: dir + "/functions", User: "nobody", Interpreters: map[string]string{}})
	upload(t, c, Function{Name: "f", Runtime: "provided.al2023"}, "bootstrap", `#!/bin/sh
RECORDS=$(cat `+dir+`/functions/functions/*.json 2>/dev/null || echo none)
BASE="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation"
while true; do
  ID=$(curl -sSi "$BASE/next" | grep -Fi Lambda-Runtime-Aws-Request-Id | tr -d '[:space:]' | cut -d: -f2)
  curl -sS "$BASE/$ID/response" -d "\"$(id -u) $(id -G) $HOME $RECORDS\"" >/dev/null
done
`)
	res := invoke(t, c, `1`)
	got := strings.Fields(strings.Trim(string(res.Payload), `"`))
	if len(got) < 4 || got[0] != nobody.Uid || got[len(got)-1] != "none" || got[len(got)-2] != nobody.HomeDir {
		t.Errorf("payload %s", res.Payload)
	}
}
