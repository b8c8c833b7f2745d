package function

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// member is one entry of an archive.
type member struct {
	name, text string
	mode       fs.FileMode
}

func pack(t testing.TB, members ...member) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		h.SetMode(m.mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(m.name, "/") {
			if _, err := io.WriteString(w, m.text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestUnzip(t *testing.T) {
	dir := t.TempDir()
	archive := pack(t,
		member{"lib/", "", fs.ModeDir | 0o755},
		member{"lib/a.py", "a", 0o644},
		member{"./deep/er/b", "b", 0o755},
		member{"deep/link", "../lib/a.py", fs.ModeSymlink | 0o777},
		member{"nowhere", "not/there", fs.ModeSymlink | 0o777},
		member{"bare", "c", 0},
	)
	if err := unzip(archive, dir, maxUnzipped); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"lib/a.py": "a", "deep/er/b": "b", "deep/link": "a", "bare": "c"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q (%v), want %q", name, got, err, want)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "deep/er/b"))
	if err != nil || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("the program has the mode %v (%v)", info.Mode(), err)
	}
}

func TestUnzipRefuses(t *testing.T) {
	link := fs.ModeSymlink | 0o777
	tests := []struct {
		name    string
		members []member
		want    string
	}{
		{"parent", []member{{"../x", "", 0o644}}, "leads out of the archive"},
		{"hidden parent", []member{{"a/../../x", "", 0o644}}, "leads out of the archive"},
		{"absolute", []member{{"/tmp/x", "", 0o644}}, "leads out of the archive"},
		{"backslash", []member{{`..\x`, "", 0o644}}, "leads out of the archive"},
		{"link out", []member{{"l", "../x", link}}, "outside the archive"},
		{"absolute link", []member{{"l", "/etc/passwd", link}}, "outside the archive"},
		{"through two links", []member{{"a/b/c/l", "../../..", link}, {"m", "a/b/c/l/..", link}, {"m/x", "", 0o644}}, "m/x"},
		{"only links", []member{{"a/b/c/l", "../../..", link}, {"m", "a/b/c/l/..", link}}, "cannot be followed"},
		{"a link in a linked directory", []member{{"d", "a/b", link}, {"a/b/", "", fs.ModeDir | 0o755}, {"a/b/up", "../..", link}, {"d/out", "up/..", link}}, "cannot be followed"},
		{"a link out that leads nowhere", []member{{"a/b/l", "../..", link}, {"m", "a/b/l/../nothing", link}}, "cannot be followed"},
		{"made outside by a later link", []member{{"m", "l/..", link}, {"l", "a/b", link}, {"a/b", "..", link}}, "cannot be followed"},
		{"link over a file", []member{{"l", "x", 0o644}, {"l", "x", link}}, "exists"},
		{"device", []member{{"d", "", fs.ModeDevice | 0o644}}, "neither a file nor a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "in")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			err := unzip(pack(t, tt.members...), dir, maxUnzipped)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("unpacking: %v, want %q", err, tt.want)
			}
			if entries, err := os.ReadDir(outer); err != nil || len(entries) != 1 {
				t.Errorf("outside the directory there is %v (%v)", entries, err)
			}
		})
	}
}

func TestUnzipBomb(t *testing.T) {
	zeros := strings.Repeat("\x00", 4<<20)
	archive := pack(t, member{"a", zeros, 0o644}, member{"b", zeros, 0o644}, member{"c", zeros, 0o644})
	c := open(t, Options{})
	c.store.maxCode = 10 << 20
	_, err := c.Create(home, Function{Name: "f", Runtime: "python3.12", Handler: "a.b"}, archive, nil, false)
	var refused *Error
	if !errors.As(err, &refused) || refused.Message != "Unzipped size must be smaller than 10485760 bytes" {
		t.Errorf("an archive of %d bytes that unpacks to 12 MB: %v", len(archive), err)
	}
	entries, err := os.ReadDir(filepath.Join(c.store.dir, "code"))
	if err != nil || len(entries) != 0 {
		t.Errorf("the code directory holds %v (%v)", entries, err)
	}
}

func FuzzUnzip(f *testing.F) {
	f.Add(pack(f, member{"a/b", "text", 0o644}, member{"l", "a", fs.ModeSymlink | 0o777}, member{"l/c", "x", 0o644}))
	f.Add(pack(f, member{"../x", "", 0o644}))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, archive []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_ = unzip(archive, dir, maxUnzipped) // whatever it says
		if entries, err := os.ReadDir(outer); err != nil || len(entries) != 1 {
			t.Fatalf("outside the directory there is %v (%v)", entries, err)
		}
	})
}
