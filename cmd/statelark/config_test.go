package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestPrecedence reads one setting that stands in more and more places.
func TestPrecedence(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	listen := func(args ...string) string {
		t.Helper()
		var cfg *Config
		c := newServer()
		c.RunE = func(c *cobra.Command, _ []string) (err error) {
			cfg, err = loadConfig(c)
			return err
		}
		c.SetArgs(args)
		if err := c.Execute(); err != nil {
			t.Fatal(err)
		}
		return cfg.Listen
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := listen(); got != defaultListen {
		t.Errorf("by default it listens on %s", got)
	}
	write("statelark.yaml", "listen: 127.0.0.1:1\n")
	if got := listen(); got != "127.0.0.1:1" {
		t.Errorf("with statelark.yaml it listens on %s", got)
	}
	write("other.yaml", "listen: 127.0.0.1:2\n")
	t.Setenv("STATELARK_CONFIG", "other.yaml")
	if got := listen(); got != "127.0.0.1:2" {
		t.Errorf("with STATELARK_CONFIG it listens on %s", got)
	}
	t.Setenv("STATELARK_LISTEN", "127.0.0.1:3")
	t.Setenv("STATELARK_REQUIRE_SHARED", "1") // no setting, and none of ours
	if got := listen(); got != "127.0.0.1:3" {
		t.Errorf("with STATELARK_LISTEN it listens on %s", got)
	}
	if got := listen("--listen", "127.0.0.1:4"); got != "127.0.0.1:4" {
		t.Errorf("with --listen it listens on %s", got)
	}
}

// TestDeclaredDirs tells that paths in a file are relative to the file.
func TestDeclaredDirs(t *testing.T) {
	for _, test := range []struct {
		file, dir string
		command   []string
		want      string
	}{
		{"etc/statelark.yaml", "fn", nil, "etc/fn"},
		{"etc/statelark.yaml", "/fn", nil, "/fn"},
		{"etc/statelark.yaml", "", []string{"./f"}, "etc"},
		{"etc/statelark.yaml", "", nil, ""},
		{"", "", []string{"./f"}, "."},
	} {
		cfg := &Config{File: filepath.FromSlash(test.file)}
		got := cfg.declared("f", Function{Dir: filepath.FromSlash(test.dir), Command: test.command}).Code.Dir
		if got != filepath.FromSlash(test.want) {
			t.Errorf("in %q, dir %q of command %q is %q, want %q", test.file, test.dir, test.command, got, test.want)
		}
	}
}

// TestWrongKeysBelowSections tells where a key is that is no setting.
func TestWrongKeysBelowSections(t *testing.T) {
	t.Chdir(t.TempDir())
	for text, want := range map[string]string{
		"services:\n  sqs: {endpont: aws}\n":                `statelark.yaml: services.sqs has no setting "endpont"`,
		"jobs:\n  crunch: {command: [cat], folder: here}\n": `statelark.yaml: jobs.crunch has no setting "folder"`,
		"service: {sqs: aws}\n":                             `statelark.yaml: there is no setting "service"`,
	} {
		if err := os.WriteFile("statelark.yaml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := newServer()
		c.RunE = func(c *cobra.Command, _ []string) error {
			_, err := loadConfig(c)
			return err
		}
		c.SetArgs(nil)
		if err := c.Execute(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s…", text, err, want)
		}
	}
}

// TestSections reads settings that stand in a section of their own.
func TestSections(t *testing.T) {
	t.Chdir(t.TempDir())
	for text, want := range map[string]string{
		"s3:\n  directory: there\n":                 "there",
		"s3-directory: here\n":                      "here",
		"s3: {directory: there}\nlog: {level: x}\n": "", // no such level
		"s3: {directory: there, bucket: b}\n":       "", // no such setting
	} {
		if err := os.WriteFile("statelark.yaml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := ""
		c := newServer()
		c.RunE = func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c)
			if err == nil {
				got = cfg.S3Directory
			}
			return err
		}
		c.SetArgs(nil)
		if err := c.Execute(); (err == nil) != (want != "") || got != want {
			t.Errorf("%q gives %q, %v", text, got, err)
		}
	}
}
