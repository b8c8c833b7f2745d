package kv

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func all(t *testing.T, s Store, lower, upper string, reverse bool) string {
	t.Helper()
	var got []string
	var to []byte
	if upper != "" {
		to = []byte(upper)
	}
	for p, err := range s.Scan([]byte(lower), to, reverse) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(p.Key)+"="+string(p.Value))
	}
	return strings.Join(got, " ")
}

func TestStore(t *testing.T) {
	for name, dir := range map[string]string{"memory": "", "disk": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			db, err := Open(dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			s, other := db.Part("s"), db.Part("sa")
			var b Batch
			for _, k := range []string{"a", "b", "c", "d"} {
				b.Set([]byte(k), []byte(strings.ToUpper(k)))
			}
			if err := s.Apply(&b); err != nil {
				t.Fatal(err)
			}
			var o Batch
			o.Set([]byte("z"), []byte("Z"))
			if err := other.Apply(&o); err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				lower, upper string
				reverse      bool
				want         string
			}{
				{"", "", false, "a=A b=B c=C d=D"},
				{"", "", true, "d=D c=C b=B a=A"},
				{"b", "d", false, "b=B c=C"},
				{"b", "d", true, "c=C b=B"},
				{"e", "", false, ""},
			} {
				if got := all(t, s, c.lower, c.upper, c.reverse); got != c.want {
					t.Errorf("scan %q to %q: %s, want %s", c.lower, c.upper, got, c.want)
				}
			}
			var d Batch
			d.Delete([]byte("a"))
			d.DeleteRange([]byte("c"), []byte("z"))
			if err := s.Apply(&d); err != nil {
				t.Fatal(err)
			}
			if err := s.Durable(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := all(t, s, "", "", false) + "; " + all(t, other, "", "", false); got != "b=B; z=Z" {
				t.Error(got)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// What Durable answered for is there after a crash that takes what was not synced.
func TestDurableSurvivesACrash(t *testing.T) {
	fs := vfs.NewCrashableMem()
	db, err := Open("kv", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	s := db.Part("s")
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				var b Batch
				b.Set(fmt.Appendf(nil, "%d-%03d", w, i), []byte("x"))
				if err := s.Apply(&b); err != nil {
					t.Error(err)
				}
				if err := s.Durable(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	crashed := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open("kv", Options{FS: crashed})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close() //nolint:errcheck // of the test's memory
	if n := len(strings.Fields(all(t, again.Part("s"), "", "", false))); n != 400 {
		t.Errorf("%d of 400 keys survived", n)
	}
}

func TestAfter(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "a\xff": "b", "\xff\xff": ""} {
		if got := string(After([]byte(prefix))); got != want {
			t.Errorf("after %q is %q, want %q", prefix, got, want)
		}
	}
}

// Secrets are in it: nobody else looks into the folder, be it one that is there already.
func TestTheFolderIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kv")
	for range 2 {
		db, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o700 {
			t.Errorf("the folder is %v", info.Mode())
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
