package function

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Code is synced before it has its place, and a record is written after that.
func TestCodeIsSyncedBeforeItsRecord(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	files := func(pattern string) int {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	const records, code = "functions/*/*/*.json", "code/[0-9a-f]*[0-9a-f]"
	asked, broken := 0, errors.New("the disk is broken")
	c.store.sync = func(tree string) error {
		asked++
		if _, err := os.Stat(filepath.Join(tree, "handler.py")); err != nil {
			t.Error(err)
		}
		if files(records) > 0 || files(code) > 0 {
			t.Error("it has its place before it is synced")
		}
		return broken
	}
	if _, err := c.store.addCode(archiveOf(t, "handler.py", answerOne)); !errors.Is(err, broken) {
		t.Errorf("code that cannot be synced: %v", err)
	}
	if files(code) > 0 {
		t.Error("code that was not synced has its place")
	}
	broken = nil
	python(t, c, answerOne)
	if asked != 2 || files(records) != 1 || files(code) != 1 {
		t.Errorf("synced %d times; %d records, %d directories of code", asked, files(records), files(code))
	}
}

func TestSyncTree(t *testing.T) {
	for _, n := range []int{3, 2 * fewPaths} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if err := os.WriteFile(filepath.Join(dir, "sub", fmt.Sprint(i)), []byte("text"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		if err := syncTree(dir); err != nil {
			t.Errorf("%d files: %v", n, err)
		}
	}
	if err := syncTree(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
}

func BenchmarkAddCode(b *testing.B) {
	for name, lasting := range map[string]bool{"memory": false, "disk": true} {
		for _, n := range []int{1, 1000} {
			b.Run(fmt.Sprintf("%s-%d", name, n), func(b *testing.B) {
				s, err := openStore(b.TempDir(), lasting)
				if err != nil {
					b.Fatal(err)
				}
				for i := 0; b.Loop(); i++ {
					var parts []string
					for file := range n {
						parts = append(parts, fmt.Sprintf("lib/%d.py", file), fmt.Sprint(i))
					}
					if _, err := s.addCode(archiveOf(b, parts...)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
