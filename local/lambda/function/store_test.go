package function

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const answerOne, answerTwo = "def handler(event, context):\n    return 1\n", "def handler(event, context):\n    return 2\n"

func answers(t *testing.T, c *Catalog, qualifier, want string) {
	t.Helper()
	res, err := c.Invoke(t.Context(), Ref{Name: "f", Qualifier: qualifier}, Invocation{})
	if err != nil {
		t.Fatal(err)
	}
	if string(res.Payload) != want {
		t.Errorf("f:%s answers %s, want %s", qualifier, res.Payload, want)
	}
}

// TestReload sees that versions, aliases and tags outlive the catalogue, and that what a crash left over does not.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	first := open(t, Options{Dir: dir})
	python(t, first, answerOne)
	if _, err := first.Publish(Ref{Name: "f"}, "", "", ""); err != nil {
		t.Fatal(err)
	}
	again, err := first.Publish(Ref{Name: "f"}, "", "", "")
	if err != nil || again.Version != "1" {
		t.Errorf("publishing the same again gives version %s (%v)", again.Version, err)
	}
	if _, err := first.SetAlias(Ref{Name: "f"}, AliasChange{Name: "live", Version: "1", Create: true}); err != nil {
		t.Fatal(err)
	}
	if err := first.Tag(Ref{Name: "f"}, map[string]string{"k": "v"}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Update(Ref{Name: "f"}, Change{Archive: archiveOf(t, "handler.py", answerTwo)}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	leftOver := []string{filepath.Join(dir, "code", "new-left-over"), filepath.Join(dir, "scratch", "left-over")}
	for _, left := range leftOver {
		if err := os.MkdirAll(left, 0o700); err != nil {
			t.Fatal(err)
		}
	}

	second := open(t, Options{Dir: dir})
	answers(t, second, "", "2")
	answers(t, second, "1", "1")
	answers(t, second, "live", "1")
	if tags, err := second.Tags(Ref{Name: "f"}); err != nil || tags["k"] != "v" {
		t.Errorf("the tags are %v (%v)", tags, err)
	}
	for _, left := range leftOver {
		if _, err := os.Stat(left); !os.IsNotExist(err) {
			t.Errorf("%s, which a crash left over, is still there (%v)", left, err)
		}
	}
	f, err := second.Publish(Ref{Name: "f"}, "", "", "")
	if err != nil || f.Version != "2" {
		t.Errorf("the next version is %v (%v), want 2", f, err)
	}
}

// TestDeclareHides sees that a declared function goes before an uploaded one, and does it no harm.
func TestDeclareHides(t *testing.T) {
	dir := t.TempDir()
	first := open(t, Options{Dir: dir})
	python(t, first, answerOne)
	if err := first.Declare(Function{Name: "f", Code: Code{Command: []string{"echo", "3"}}}); err != nil {
		t.Fatal(err)
	}
	answers(t, first, "", "3")
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	answers(t, open(t, Options{Dir: dir}), "", "1")
}

func TestBrokenRecord(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "functions", "us-east-1", "000000000000", "f.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"{": "unexpected end", "{}": "it has no latest version", `{"latest":{"Name":"f"}}`: "the runtime"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := NewCatalog(home, Options{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("a record %s: %v, want %q", text, err, want)
		}
	}
}

// TestRefusedCode sees that code which is of no use is not kept.
func TestRefusedCode(t *testing.T) {
	c := open(t, Options{})
	archive := archiveOf(t, "handler.py", answerOne)
	if _, err := c.Create(home, Function{Name: "f", Runtime: "python3.12", Handler: "", Timeout: time.Second}, archive, nil, false); err == nil {
		t.Error("a function without a handler was made")
	}
	python(t, c, answerTwo)
	if _, err := c.Update(Ref{Name: "f"}, Change{Archive: archive, DryRun: true}); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(filepath.Join(c.store.dir, "code"))
	if err != nil || len(entries) != 2 { // the archive and the directory of the one function
		t.Errorf("the code directory holds %v (%v)", entries, err)
	}
}

// TestEdit sees that an edit of a declared directory takes effect with the next invocation, and not before.
func TestEdit(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "handler.py")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(source, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write("import os\ndef handler(event, context):\n    return os.getpid()\n", time.Unix(1000, 0))
	c := declare(t, Function{Runtime: "python3.12", Handler: "handler.handler", Code: Code{Dir: dir}})
	pid := string(invoke(t, c, `1`).Payload)
	answers(t, c, "", pid)
	write(answerTwo, time.Unix(2000, 0))
	answers(t, c, "", "2")
}
