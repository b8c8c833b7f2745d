//go:build unix

package directory_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/statelark/statelark/s3"
)

// TestNothingOutsideIsReached puts into a bucket whatever could lead out of it, or never ends.
func TestNothingOutsideIsReached(t *testing.T) {
	store, folder := open(t)
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	neighbour := filepath.Join(filepath.Dir(folder), "other")
	for _, err := range []error{
		os.Mkdir(neighbour, 0o755),
		os.WriteFile(filepath.Join(neighbour, "x"), []byte("secret"), 0o644),
		os.WriteFile(filepath.Join(folder, "fine"), []byte("fine"), 0o644),
		os.Symlink("fine", filepath.Join(folder, "inside")),
		os.Symlink(outside, filepath.Join(folder, "absolute")),
		os.Symlink("../other/x", filepath.Join(folder, "relative")),
		os.Symlink("../other", filepath.Join(folder, "folder")),
		os.Symlink(filepath.Dir(outside), filepath.Join(folder, "away")),
		os.Symlink(".", filepath.Join(folder, "loop")),
		os.Symlink("round", filepath.Join(folder, "round")),
		os.Symlink("nowhere", filepath.Join(folder, "dangling")),
		os.Symlink("/dev/zero", filepath.Join(folder, "zero")),
		os.Symlink(filepath.Dir(outside), filepath.Join(filepath.Dir(folder), "bucket")),
		syscall.Mkfifo(filepath.Join(folder, "fifo"), 0o644),
		os.Symlink("fifo", filepath.Join(folder, "to-fifo")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	socket(t, filepath.Join(folder, "socket"))
	if got := keys(t, store, s3.ListRequest{Bucket: "data"}); !slices.Equal(got, []string{"fine", "inside"}) {
		t.Errorf("listed: %q", got)
	}
	for _, prefix := range []string{"folder/", "away/", "loop/", "../", "/", "folder/x", "fifo/", "absolute/"} {
		if got := keys(t, store, s3.ListRequest{Bucket: "data", Prefix: prefix}); len(got) > 0 {
			t.Errorf("listed with prefix %q: %q", prefix, got)
		}
	}
	if text, err := get(store, s3.GetRequest{Bucket: "data", Key: "inside"}); err != nil || text != "fine" {
		t.Errorf("a link inside: %q, %v", text, err)
	}
	for _, key := range []string{"absolute", "relative", "folder/x", "away/secret", "round", "dangling", "zero", "fifo", "to-fifo", "socket", "folder", "../other/x"} {
		text, err := get(store, s3.GetRequest{Bucket: "data", Key: key})
		if !s3.Is(err, s3.NoSuchKey) && !s3.Is(err, s3.AccessDenied) {
			t.Errorf("%s: %q, %v", key, text, err)
		}
	}
	_, err := store.List(ctx, s3.ListRequest{Bucket: "bucket"})
	wantCode(t, err, s3.AccessDenied)
	for _, key := range []string{"absolute", "relative", "folder/y", "away/y", "zero", "fifo", "socket", "dangling"} {
		if _, err := store.Put(ctx, "data", key, strings.NewReader("overwritten")); err == nil {
			t.Errorf("%s was written", key)
		}
	}
	for _, path := range []string{outside, filepath.Join(neighbour, "x")} {
		if text, err := os.ReadFile(path); err != nil || string(text) != "secret" {
			t.Errorf("%s is %q, %v", path, text, err)
		}
	}
	for _, path := range []string{filepath.Dir(outside), neighbour} {
		if entries, err := os.ReadDir(path); err != nil || len(entries) != 1 {
			t.Errorf("%s has %v, %v", path, entries, err)
		}
	}
}

// socket makes a socket.
func socket(t *testing.T, path string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	t.Chdir(filepath.Dir(path)) // for the path of a socket is short
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: filepath.Base(path)}); err != nil {
		t.Fatal(err)
	}
}

func TestStagingCannotBeLinkedAway(t *testing.T) {
	store, folder := open(t)
	away := t.TempDir()
	if err := os.Symlink(away, filepath.Join(folder, ".statelark-staging")); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(ctx, "data", "a", strings.NewReader("x")); err == nil {
		t.Error("written")
	}
	if _, err := store.Begin(ctx, "data", "a"); err == nil {
		t.Error("begun")
	}
	if entries, err := os.ReadDir(away); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestDeepFolders lists a tree deeper than any key, and one as deep as a key may be.
func TestDeepFolders(t *testing.T) {
	store, folder := open(t)
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := root.MkdirAll(strings.Repeat("d/", 700), 0o755); err != nil {
		t.Fatal(err)
	}
	deepest := strings.Repeat("d/", 511) + "ff"
	mustPut(t, store, deepest, "deep")
	if err := root.WriteFile(strings.Repeat("d/", 700)+"lost", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, store, s3.ListRequest{Bucket: "data"}); !slices.Equal(got, []string{deepest}) {
		t.Errorf("%q", got)
	}
	if text, err := get(store, s3.GetRequest{Bucket: "data", Key: deepest}); err != nil || text != "deep" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestForbidden(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	store, folder := open(t)
	mustPut(t, store, "a/b", "x")
	if err := os.Chmod(filepath.Join(folder, "a"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(folder, "a"), fs.ModePerm) })
	_, err := get(store, s3.GetRequest{Bucket: "data", Key: "a/b"})
	wantCode(t, err, s3.AccessDenied)
	_, err = store.List(ctx, s3.ListRequest{Bucket: "data"})
	wantCode(t, err, s3.AccessDenied)
	_, err = store.Put(ctx, "data", "a/c", strings.NewReader(""))
	wantCode(t, err, s3.AccessDenied)
}
