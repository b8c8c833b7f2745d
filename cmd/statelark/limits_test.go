package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestLimits reads limits from a file, the environment and flags.
func TestLimits(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	read := func(args ...string) (string, error) {
		var cfg *Config
		c := newServer()
		c.SilenceErrors, c.SilenceUsage = true, true
		c.RunE = func(c *cobra.Command, _ []string) (err error) {
			cfg, err = loadConfig(c)
			return err
		}
		c.SetArgs(args)
		if err := c.Execute(); err != nil {
			return "", err
		}
		return cfg.limitsText(), nil
	}
	check := func(want string, args ...string) {
		t.Helper()
		if got, err := read(args...); err != nil || got != want {
			t.Errorf("the limits are %q (%v), want %q", got, err, want)
		}
	}
	check("aws")
	file := "limits: free\nlimit:\n  payload-bytes: 1MiB\n  events: 30000\n  rates: aws\n  rate.StartExecution: 1/2\n"
	if err := os.WriteFile(filepath.Join(dir, "statelark.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := read()
	if err != nil || !strings.HasPrefix(got, "free, payload-bytes=1MiB, events=30000, ") || !strings.Contains(got, "rate.StartExecution=1/2") || !strings.Contains(got, "rate.TestState=50/10") {
		t.Errorf("the limits of the file are %q (%v)", got, err)
	}
	check("free, payload-bytes=2MiB, events=30000", "--limit", "payload-bytes=2MiB", "--limit", "rates=none", "--limit", "rate.StartExecution=none")
	t.Setenv("STATELARK_LIMITS", "aws")
	check("aws, payload-bytes=1MiB, events=30000", "--limit", "rates=none", "--limit", "rate.StartExecution=none")
	for text, want := range map[string]string{
		"payload-bytes": "NAME=VALUE", "payload-bytes=x": "payload-bytes is \"x\"", "bytes=1": "there is no limit \"bytes\"",
	} {
		if _, err := read("--limit", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--limit %s: %v, want %q", text, err, want)
		}
	}
	if _, err := read("--limits", "none"); err == nil || !strings.Contains(err.Error(), "aws and free") {
		t.Errorf("--limits none: %v", err)
	}
}
