package pebblestore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/pebblestore"
)

// TestDamage flips a byte of a file that a killed process left, or cuts the file off, or takes it away. That is found,
// and told with the name of the file; or else all that was acknowledged is there, as it was written.
func TestDamage(t *testing.T) {
	mem := vfs.NewCrashableMem()
	var s *pebblestore.Store
	var l *ledger
	for range 2 { // what was in the log is in a table when it is opened again
		if s != nil {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if s, err = pebblestore.Open("data", pebblestore.Options{FS: mem}); err != nil {
			t.Fatal(err)
		}
		if l == nil {
			l, err = newLedger(s)
			l.block = noise(3000)
		} else {
			err = l.acquire(s)
		}
		for range 10 {
			err = errors.Join(err, l.commit(s))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.Noted()
	killed := vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))}
	left := mem.CrashClone(killed)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	closed := mem.CrashClone(killed)
	for name, fs := range map[string]*vfs.MemFS{"killed": left, "closed": closed} {
		found := make(map[string]int)
		rapid.Check(t, func(t *rapid.T) {
			kind := rapid.SampledFrom([]string{".log", ".sst", "MANIFEST-"}).Draw(t, "kind")
			copied := vfs.NewMem()
			if ok, err := vfs.Clone(fs, copied, "data", "data"); err != nil || !ok {
				t.Fatal(ok, err)
			}
			file := drawFile(t, copied, kind)
			damage(t, copied, file)
			if checkDamaged(t, copied, l, file) {
				found[kind]++
			}
		})
		t.Logf("%s: found %v", name, found)
		if found[".log"] == 0 || found[".sst"] == 0 || found["MANIFEST-"] == 0 {
			t.Errorf("%s: damage was never found in one kind of file: %v", name, found)
		}
	}
}

// TestAfterBuildWithoutNote opens a directory that a build without a note has had in between, as builds did before there
// was one: they bring the log into a table, and then refuse the format. What is gone was not lost.
func TestAfterBuildWithoutNote(t *testing.T) {
	mem := vfs.NewCrashableMem()
	s, err := pebblestore.Open("data", pebblestore.Options{FS: mem})
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLedger(s)
	for range 3 {
		err = errors.Join(err, l.commit(s))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Noted()
	killed := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for times := range 3 { // the second time, the manifest of the note goes as well
		db, err := pebble.Open("data", &pebble.Options{FS: killed, Logger: quiet{}})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		copied := vfs.NewMem()
		if ok, err := vfs.Clone(killed, copied, "data", "data"); err != nil || !ok {
			t.Fatal(ok, err)
		}
		s, err := pebblestore.Open("data", pebblestore.Options{FS: copied})
		if err != nil {
			t.Fatalf("opened %d times by the other: %v", times+1, err)
		}
		if n, err := l.stored(s); err != nil || n != l.acked {
			t.Errorf("opened %d times by the other: %d batches of %d, %v", times+1, n, l.acked, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// quiet is a logger for Pebble that drops everything.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

func drawFile(t *rapid.T, fs vfs.FS, kind string) string {
	names, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, name := range names {
		if strings.Contains(name, kind) && !strings.HasPrefix(name, "marker") {
			files = append(files, name)
		}
	}
	return rapid.SampledFrom(files).Draw(t, "file")
}

// damage changes what was written of a file.
func damage(t *rapid.T, fs vfs.FS, file string) {
	path := fs.PathJoin("data", file)
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	written := len(bytes.TrimRight(text, "\x00"))
	if written == 0 {
		t.Skip("it is empty")
	}
	at := rapid.IntRange(0, written-1).Draw(t, "at")
	how := rapid.SampledFrom([]string{"flip", "cut", "remove"}).Draw(t, "how")
	switch how {
	case "flip":
		text[at] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
	case "cut":
		text = text[:at]
	case "remove":
		if err := fs.Remove(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	out, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = out.Write(text)
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
}

// checkDamaged opens a directory with a damaged file and reports whether that is told. It fails when data are served
// that are not what was written.
func checkDamaged(t *rapid.T, fs vfs.FS, l *ledger, file string) bool {
	s, err := pebblestore.Open("data", pebblestore.Options{FS: fs})
	if err != nil {
		number, _, _ := strings.Cut(file, ".")
		if !strings.Contains(err.Error(), number) {
			t.Fatalf("it does not name %s: %v", file, err)
		}
		if !errors.Is(err, pebblestore.ErrDamaged) || !strings.Contains(err.Error(), "from a backup") {
			t.Fatalf("it does not say what to do: %v", err)
		}
		return true
	}
	defer func() { _ = s.Close() }() // it may fail, too
	n, err := l.stored(s)
	if err == nil && n < l.acked {
		t.Fatalf("%d batches acknowledged, %d are left, and nothing is said", l.acked, n)
	}
	for _, exec := range l.execs {
		blocks, readErr := s.History(context.Background(), exec, 1, 1<<30, false)
		for i, b := range blocks {
			if b.First != int64(i+1) || !bytes.Equal(b.Data, l.block) {
				t.Fatalf("block %d is another than was written", i)
			}
		}
		if readErr == nil && int64(len(blocks)) < l.acked {
			t.Fatalf("%d batches acknowledged, %d blocks are left, and nothing is said", l.acked, len(blocks))
		}
		err = errors.Join(err, readErr)
	}
	if err != nil && !errors.Is(err, statelark.ErrUnavailable) {
		t.Fatalf("a read ends with %v", err)
	}
	return err != nil
}
