package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"
)

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// golden returns a copy of a golden directory, as "data".
func golden(t *testing.T, name string) *vfs.MemFS {
	t.Helper()
	mem := vfs.NewCrashableMem()
	from := filepath.Join("testdata", "golden", name, "data", "store")
	if ok, err := vfs.Clone(vfs.Default, mem, from, "data", vfs.CloneSync); err != nil || !ok {
		t.Fatalf("copying %s: %v, %v", from, ok, err)
	}
	return mem
}

// dump returns all rows of a store but those that every opening changes.
func dump(t *testing.T, s *Store) map[string]string {
	t.Helper()
	rows := make(map[string]string)
	it, err := s.db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		if key := it.Key(); key[0] != prefixOpened {
			rows[fmt.Sprintf("%q", key)] = fmt.Sprintf("%q", it.Value())
		}
	}
	if err := errors.Join(it.Error(), it.Close()); err != nil {
		t.Fatal(err)
	}
	return rows
}

// upgraded opens a directory and returns its rows.
func upgraded(t *testing.T, fs vfs.FS) map[string]string {
	t.Helper()
	s, err := Open("data", Options{FS: fs, Log: silent})
	if err != nil {
		t.Fatal(err)
	}
	rows := dump(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestStepsAreInterrupted lets the way to the present format end at every one of its writes to the log. What is left
// goes on from there, to the same end.
func TestStepsAreInterrupted(t *testing.T) {
	defer func(rows int) { stepRows = rows }(stepRows)
	dirs, err := os.ReadDir(filepath.Join("testdata", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		want := upgraded(t, golden(t, dir.Name()))
		stepRows = len(want) / 12
		interrupted := 0
		for at := int64(0); ; at++ {
			mem := golden(t, dir.Name())
			var writes atomic.Int64
			fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".log") && writes.Add(1) > at {
					return syscall.EIO
				}
				return nil
			}))
			s, err := Open("data", Options{FS: fs, Log: silent})
			if err == nil {
				_ = s.Close() // its disk may have failed at the end
				break
			}
			interrupted++
			if diff := cmp.Diff(want, upgraded(t, mem.CrashClone(vfs.CrashCloneCfg{}))); diff != "" {
				t.Fatalf("%s, interrupted at write %d (-whole +in two):\n%s", dir.Name(), at, diff)
			}
		}
		t.Logf("%s: %d rows, interrupted at %d writes", dir.Name(), len(want), interrupted)
	}
}

// TestUnknownFormat wants a directory of the future refused with the build that can open it, and left as it is.
func TestUnknownFormat(t *testing.T) {
	const build = "statelark v99 (commit abc)"
	for name, c := range map[string]struct {
		rows map[string]string
		says []string
	}{
		"later":     {map[string]string{"v": "999", "y": build}, []string{`its format is "999"`, fmt.Sprint("up to ", formatNow), build}},
		"too early": {map[string]string{"v": "1"}, []string{`its format is "1"`, "the build that wrote it"}},
		"no number": {map[string]string{"v": "x"}, []string{`its format is "x"`}},
		"none":      {map[string]string{"something": "else"}, []string{"it says no format"}},
	} {
		fs := vfs.NewMem()
		db, err := pebble.Open("data", &pebble.Options{FS: fs, Logger: logger{&disk{log: silent}}})
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range c.rows {
			if err := db.Set([]byte(key), []byte(value), pebble.Sync); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err := Open("data", Options{FS: fs, Log: silent, Build: "older"})
			if !errors.Is(err, ErrVersion) {
				t.Errorf("%s: %v, want ErrVersion", name, err)
				continue
			}
			for _, says := range c.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%s: it does not say %q: %v", name, says, err)
				}
			}
		}
	}
}

// TestPrivate wants the directory and its files to be the user's alone, those of an earlier build as well.
func TestPrivate(t *testing.T) {
	fresh, old := filepath.Join(t.TempDir(), "data", "store"), filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(old, os.DirFS(filepath.Join("testdata", "golden", "format-2", "data", "store"))); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{fresh, old} {
		s, err := Open(dir, Options{Log: silent})
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != privateDir {
			t.Errorf("the directory: %v, %v", info.Mode(), err)
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if info, err := f.Info(); err != nil || info.Mode().Perm() != privateFile {
				t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
