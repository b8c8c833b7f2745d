package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/console/auth"
)

// loaded reads the settings of a server in a folder with a configuration file.
func loaded(t *testing.T, file string, args ...string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile(filepath.Join(dir, defaultConfig), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var cfg *Config
	c := newServer()
	c.RunE = func(c *cobra.Command, _ []string) (err error) {
		cfg, err = loadConfig(c)
		return err
	}
	c.SetArgs(args)
	c.SilenceErrors, c.SilenceUsage = true, true
	return cfg, c.Execute()
}

func TestConsoleSettings(t *testing.T) {
	t.Setenv("STATELARK_OIDC_CLIENT_SECRET", "from the environment")
	cfg, err := loaded(t, `
listen: 0.0.0.0:1
console-auth: oidc
console-url: https://workflows.example.org
console-session: 90m
console-roles: [platform=admin, "cn=ops,dc=example=operator"]
console-default-role: viewer
console-payloads: operator, admin
console-mask: none
oidc:
  issuer: https://login.example.org
  client-id: statelark
  scopes: [groups]
proxy: {networks: [10.1.0.0/16, 10.2.3.4]}
`)
	if err != nil {
		t.Fatal(err)
	}
	a, err := cfg.auth()
	if err != nil {
		t.Fatal(err)
	}
	for what, ok := range map[string]bool{
		"mode":     a.Mode == auth.OIDC && a.URL == "https://workflows.example.org" && a.Session == 90*time.Minute,
		"roles":    len(a.Roles) == 2 && a.Roles["platform"] == console.Admin && a.Roles["cn=ops,dc=example"] == console.Operator && a.Role == console.Viewer,
		"payloads": fmt.Sprint(a.Payloads) == "[operator admin]",
		"mask":     a.Masked != nil && len(a.Masked) == 0,
		"provider": a.Provider.Issuer == "https://login.example.org" && a.Provider.ClientID == "statelark" && a.Provider.ClientSecret == "from the environment" &&
			fmt.Sprint(a.Provider.Scopes) == "[groups]" && a.Provider.GroupsClaim == "groups",
		"proxy": fmt.Sprint(a.Front.Networks) == fmt.Sprint([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("10.2.3.4/32")}),
	} {
		if !ok {
			t.Errorf("the %s: %+v", what, a)
		}
	}
}

func TestConsoleSettingsThatAreWrong(t *testing.T) {
	for file, says := range map[string]string{
		"listen: 0.0.0.0:1\nconsole-auth: none":                            "console-auth is none",
		"console-auth: password":                                           "has to be none",
		"console-auth: oidc":                                               "oidc-issuer",
		"console-roles: [ops]":                                             "GROUP=ROLE",
		"console-auth: proxy\nconsole-default-role: viewer":                "proxy-networks",
		"proxy: {networks: [here]}":                                        "an address or a network",
		"console-session: 1s":                                              "a minute at least",
		"console-auth: token\nconsole-token: short":                        "16",
		"console-auth: proxy\nproxy: {networks: [10.0.0.0/8]}":             "nobody would have a role",
		"console-auth: token\nconsole-token-role: boss":                    "is no role",
		"console-auth: token\nconsole-url: https://example.org/statelark/": "console-url",
	} {
		if _, err := loaded(t, file); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", file, err)
		}
	}
	if _, err := loaded(t, "listen: 0.0.0.0:1\nconsole-auth: none\nconsole: \"off\""); err != nil {
		t.Errorf("without a console: %v", err)
	}
}

// What an admin is shown has where each setting is from, and no secret.
func TestShownSettings(t *testing.T) {
	t.Setenv("STATELARK_REGION", "eu-west-1")
	cfg, err := loaded(t, `
console-token: hunter2hunter2hunter2
oidc: {client-secret: hunter2}
status-changes: [stdout, "https://user:hunter2@example.org/hook?key=hunter2"]
trace-endpoint: http://127.0.0.1:4318/?token=hunter2
`, "--account", "123456789012")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]console.Setting{}
	for _, section := range cfg.Shown {
		for _, s := range section.Settings {
			found[s.Name] = s
		}
	}
	if text := fmt.Sprint(cfg.Shown); strings.Contains(text, "hunter2") {
		t.Errorf("the settings have a secret: %s", text)
	}
	for name, want := range map[string]console.Setting{
		"account":            {Value: "123456789012", From: "flag"},
		"region":             {Value: "eu-west-1", From: "environment"},
		"console-token":      {Value: console.Hidden, From: "file"},
		"oidc-client-secret": {Value: console.Hidden, From: "file"},
		"oidc-issuer":        {Value: "", From: "default"},
		"memory":             {Value: defaultMemory, From: "default"},
	} {
		if got := found[name]; got.Value != want.Value || got.From != want.From {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}
	if len(found) != len(settings) {
		t.Errorf("%d of %d settings are shown", len(found), len(settings))
	}
	if got := found["status-changes"].Value; !strings.HasPrefix(got, "stdout, https://") || !strings.Contains(got, "example.org/hook") {
		t.Errorf("status-changes is %s", got)
	}
}
