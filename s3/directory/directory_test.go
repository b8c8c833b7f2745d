package directory_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/s3/directory"
	"github.com/statelark/statelark/s3/storetest"
)

var ctx = context.Background()

// open makes a store with an empty bucket "data" and returns its folder, too.
func open(t testing.TB) (*directory.Directory, string) {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	store, err := directory.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, filepath.Join(root, "data")
}

func mustPut(t testing.TB, store s3.Store, key, content string) string {
	t.Helper()
	etag, err := store.Put(ctx, "data", key, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return etag
}

func get(store s3.Store, request s3.GetRequest) (string, error) {
	got, err := store.Get(ctx, request)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(got.Body)
	return string(text), errors.Join(err, got.Body.Close())
}

// keys lists a bucket in pages of size.
func keys(t testing.TB, store s3.Store, request s3.ListRequest) []string {
	t.Helper()
	var all []string
	for {
		page, err := store.List(ctx, request)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			all = append(all, o.Key)
		}
		if page.Next == "" {
			return all
		}
		if request.Max > 0 && len(page.Objects) != request.Max {
			t.Errorf("a page of %d objects with more to come, want %d", len(page.Objects), request.Max)
		}
		request.Token = page.Next
	}
}

func wantCode(t testing.TB, err error, code s3.Code) {
	t.Helper()
	if !s3.Is(err, code) {
		t.Errorf("error %v, want %s", err, code)
	}
}

func TestLaw(t *testing.T) {
	storetest.Run(t, func(t *testing.T) s3.Store {
		store, _ := open(t)
		return store
	})
}

func TestPutAndGet(t *testing.T) {
	store, folder := open(t)
	etag := mustPut(t, store, "a/b/c ü.txt", "0123456789")
	got, err := store.Get(ctx, s3.GetRequest{Bucket: "data", Key: "a/b/c ü.txt"})
	if err != nil {
		t.Fatal(err)
	}
	if got.ETag != etag || got.Size != 10 || got.StorageClass != "STANDARD" || got.LastModified.IsZero() || got.Key != "a/b/c ü.txt" {
		t.Errorf("%+v, put gave %s", got.Object, etag)
	}
	_ = got.Body.Close()
	for _, test := range []struct {
		offset, length int64
		want           string
	}{{0, 0, "0123456789"}, {3, 0, "3456789"}, {3, 4, "3456"}, {8, 10, "89"}, {10, 1, ""}, {99, 0, ""}} {
		text, err := get(store, s3.GetRequest{Bucket: "data", Key: "a/b/c ü.txt", Offset: test.offset, Length: test.length, VersionID: "null", IfMatch: etag})
		if err != nil || text != test.want {
			t.Errorf("%+v: %q, %v", test, text, err)
		}
	}
	// Objects that other programs write are objects, too.
	if err := os.WriteFile(filepath.Join(folder, "mine"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, store, s3.ListRequest{Bucket: "data"}); !slices.Equal(got, []string{"a/b/c ü.txt", "mine"}) {
		t.Errorf("%q", got)
	}
	if _, err := os.Stat(filepath.Join(folder, ".statelark-staging")); err == nil {
		t.Error("the staging folder was left behind")
	}
}

func TestRefusals(t *testing.T) {
	store, folder := open(t)
	mustPut(t, store, "file", "x")
	if err := os.Mkdir(filepath.Join(folder, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := get(store, s3.GetRequest{Bucket: "none", Key: "file"})
	wantCode(t, err, s3.NoSuchBucket)
	_, err = store.List(ctx, s3.ListRequest{Bucket: "none"})
	wantCode(t, err, s3.NoSuchBucket)
	_, err = store.Put(ctx, "none", "a", strings.NewReader(""))
	wantCode(t, err, s3.NoSuchBucket)
	for _, name := range []string{"..", ".", "", "data/..", "../data", "/data", "DATA", "data\x00", ".statelark-staging", "a..b"} {
		_, err := get(store, s3.GetRequest{Bucket: name, Key: "file"})
		wantCode(t, err, s3.NoSuchBucket)
	}
	for _, key := range []string{"none", "folder", "file/below", "", "/file", "file/", "./file", "folder/../file", "folder//x", "a\x00", "\xff",
		strings.Repeat("x", 300), strings.Repeat("x/", 600)} {
		_, err := get(store, s3.GetRequest{Bucket: "data", Key: key})
		wantCode(t, err, s3.NoSuchKey)
	}
	for _, key := range []string{"", "/a", "a/", "../a", "a/../../b", "a//b", "a\x00", "\xff", ".statelark-staging/x", ".STATELARK-staging", "folder"} {
		_, err := store.Put(ctx, "data", key, strings.NewReader("x"))
		wantCode(t, err, s3.InvalidArgument)
	}
	_, err = store.Put(ctx, "data", strings.Repeat("x/", 513), strings.NewReader("x"))
	wantCode(t, err, s3.KeyTooLong)
	if _, err = store.Put(ctx, "data", "file/below", strings.NewReader("x")); err == nil {
		t.Error("a file became a folder")
	}
	_, err = get(store, s3.GetRequest{Bucket: "data", Key: "file", VersionID: "v1"})
	wantCode(t, err, s3.NoSuchVersion)
	_, err = get(store, s3.GetRequest{Bucket: "data", Key: "file", IfMatch: `"other"`})
	wantCode(t, err, s3.PreconditionFailed)
	if left := keys(t, store, s3.ListRequest{Bucket: "data"}); !slices.Equal(left, []string{"file"}) {
		t.Errorf("left behind: %q", left)
	}
}

func TestChangedWhileRead(t *testing.T) {
	store, folder := open(t)
	mustPut(t, store, "a", "0123456789")
	got, err := store.Get(ctx, s3.GetRequest{Bucket: "data", Key: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "a"), []byte("01234567890"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(got.Body)
	wantCode(t, err, s3.PreconditionFailed)
	_ = got.Body.Close()
}

func TestMultipart(t *testing.T) {
	store, folder := open(t)
	mustPut(t, store, "a/b", "old")
	upload, err := store.Begin(ctx, "data", "a/b")
	if err != nil {
		t.Fatal(err)
	}
	var parts []s3.Part
	for _, number := range []int{2, 1, 3} {
		part, err := store.Part(ctx, upload, number, fmt.Append(nil, "part", number))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part)
	}
	if got := keys(t, store, s3.ListRequest{Bucket: "data"}); !slices.Equal(got, []string{"a/b"}) {
		t.Errorf("during the upload: %q", got)
	}
	_, err = store.Complete(ctx, upload, parts)
	wantCode(t, err, s3.InvalidPart)
	slices.SortFunc(parts, func(a, b s3.Part) int { return a.Number - b.Number })
	wrong := slices.Clone(parts)
	wrong[1].ETag = `"x"`
	_, err = store.Complete(ctx, upload, wrong)
	wantCode(t, err, s3.InvalidPart)
	if text, err := get(store, s3.GetRequest{Bucket: "data", Key: "a/b"}); err != nil || text != "old" {
		t.Errorf("before the end: %q, %v", text, err)
	}
	etag, err := store.Complete(ctx, upload, parts)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := get(store, s3.GetRequest{Bucket: "data", Key: "a/b", IfMatch: etag}); err != nil || text != "part1part2part3" {
		t.Errorf("%q, %v", text, err)
	}
	_, err = store.Complete(ctx, upload, parts)
	wantCode(t, err, s3.NoSuchUpload)
	wantCode(t, store.Abort(ctx, upload), s3.NoSuchUpload)

	if upload, err = store.Begin(ctx, "data", "c"); err != nil {
		t.Fatal(err)
	}
	_, err = store.Part(ctx, upload, 0, nil)
	wantCode(t, err, s3.InvalidArgument)
	if _, err = store.Part(ctx, upload, 1, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := store.Abort(ctx, upload); err != nil {
		t.Fatal(err)
	}
	_, err = store.Part(ctx, upload, 2, nil)
	wantCode(t, err, s3.NoSuchUpload)
	for _, id := range []string{"", "..", "../../data", strings.Repeat("A", 25), strings.Repeat("A", 26), "/AAAAAAAAAAAAAAAAAAAAAAAAA"} {
		wantCode(t, store.Abort(ctx, s3.Upload{Bucket: "data", Key: "c", ID: id}), s3.NoSuchUpload)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// failing is a body that ends in an error.
type failing struct{ io.Reader }

func (f failing) Read(into []byte) (int, error) {
	n, err := f.Reader.Read(into)
	if errors.Is(err, io.EOF) {
		err = errors.New("lost")
	}
	return n, err
}

func TestPutIsAllOrNothing(t *testing.T) {
	store, folder := open(t)
	mustPut(t, store, "a", "old")
	for _, key := range []string{"a", "new/b"} {
		if _, err := store.Put(ctx, "data", key, failing{strings.NewReader("half")}); err == nil || !strings.Contains(err.Error(), "lost") {
			t.Errorf("error %v", err)
		}
	}
	if text, err := get(store, s3.GetRequest{Bucket: "data", Key: "a"}); err != nil || text != "old" {
		t.Errorf("%q, %v", text, err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestListLaw holds lists of any pages to the sorted keys of what was put.
func TestListLaw(t *testing.T) {
	name := rapid.StringMatching(`[ab\-./0é😀]{1,3}`)
	rapid.Check(t, func(r *rapid.T) {
		store, _ := open(t)
		var want []string
		for _, key := range rapid.SliceOfN(name, 0, 30).Draw(r, "keys") {
			if _, err := store.Put(ctx, "data", key, bytes.NewReader(nil)); err == nil && !slices.Contains(want, key) {
				want = append(want, key)
			}
		}
		slices.Sort(want)
		prefix := rapid.OneOf(rapid.Just(""), name).Draw(r, "prefix")
		after := rapid.OneOf(rapid.Just(""), name).Draw(r, "after")
		want = slices.DeleteFunc(want, func(key string) bool { return !strings.HasPrefix(key, prefix) || key <= after })
		request := s3.ListRequest{Bucket: "data", Prefix: prefix, StartAfter: after, Max: rapid.IntRange(0, 4).Draw(r, "max")}
		if got := keys(t, store, request); !slices.Equal(got, want) {
			r.Fatalf("%q, want %q", got, want)
		}
		if len(want) > 1 {
			// The token of another process, or of a list that was dropped.
			request.Max = 1
			page, err := store.List(ctx, request)
			if err != nil {
				r.Fatal(err)
			}
			for range 10 {
				if _, err := store.List(ctx, s3.ListRequest{Bucket: "data", Max: 1}); err != nil {
					r.Fatal(err)
				}
			}
			request.Token = page.Next
			if got := keys(t, store, request); !slices.Equal(got, want[1:]) {
				r.Fatalf("by token: %q, want %q", got, want[1:])
			}
		}
	})
}

// TestManyWriters lets writers and readers at the same few keys: whoever reads sees one of the contents, whole.
func TestManyWriters(t *testing.T) {
	store, folder := open(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 25 {
				key := fmt.Sprintf("k%d/%d", j%3, j%2)
				content := strings.Repeat(fmt.Sprint(i), 10_000)
				if _, err := store.Put(ctx, "data", key, strings.NewReader(content)); err != nil {
					t.Error(err)
				}
				upload, err := store.Begin(ctx, "data", key)
				if err != nil {
					t.Error(err)
					continue
				}
				part, err := store.Part(ctx, upload, 1, []byte(content))
				if err != nil {
					t.Error(err)
				}
				if _, err := store.Complete(ctx, upload, []s3.Part{part}); err != nil {
					t.Error(err)
				}
				text, err := get(store, s3.GetRequest{Bucket: "data", Key: key})
				if err != nil || len(text) != len(content) || strings.Count(text, text[:1]) != len(text) {
					t.Errorf("%d bytes, %v", len(text), err)
				}
				if _, err := store.List(ctx, s3.ListRequest{Bucket: "data", Max: 2}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 3 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestForgottenUploads finds that the next upload sweeps away what a process left that is gone, when it is old.
func TestForgottenUploads(t *testing.T) {
	store, folder := open(t)
	var uploads []s3.Upload
	for range 2 {
		upload, err := store.Begin(ctx, "data", "a")
		if err != nil {
			t.Fatal(err)
		}
		uploads = append(uploads, upload)
	}
	old := time.Now().Add(-8 * 24 * time.Hour)
	if err := os.Chtimes(filepath.Join(folder, ".statelark-staging", "upload-"+uploads[0].ID), old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Begin(ctx, "data", "b"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, store.Abort(ctx, uploads[0]), s3.NoSuchUpload)
	if err := store.Abort(ctx, uploads[1]); err != nil {
		t.Error(err)
	}
}

func TestListOfALargeFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 20,000 files")
	}
	store, folder := open(t)
	const n = 20_000 // more than one lot of names
	for i := range n {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%06d", i*7919%n)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := keys(t, store, s3.ListRequest{Bucket: "data"})
	if len(got) != n || !slices.IsSorted(got) || got[0] != "000000" || got[n-1] != fmt.Sprintf("%06d", n-1) {
		t.Errorf("%d keys", len(got))
	}
}
