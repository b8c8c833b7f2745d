package s3

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/statelark/statelark/s3/directory"
)

// inFolder makes a service beside whose buckets is a folder "shared" with some files.
func inFolder(t *testing.T) (*bench, string) {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"a.txt", "dir/b.txt", "dir/deep/c.txt", "z.txt"} {
		path := filepath.Join(root, "shared", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folders, err := directory.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folders.Close() })
	b := start(t, "")
	b.folders = folders
	return b, filepath.Join(root, "shared")
}

func TestFolders(t *testing.T) {
	b, folder := inFolder(t)
	b.do("CreateBucket", `{"Bucket":"own"}`)
	var names []string
	for _, e := range b.do("ListBuckets", `{}`).list("Buckets") {
		names = append(names, input{e}.str("Name"))
	}
	if !slices.Equal(names, []string{"own", "shared"}) {
		t.Errorf("buckets %q", names)
	}
	b.do("HeadBucket", `{"Bucket":"shared"}`)
	if got := b.read(`{"Bucket":"shared","Key":"dir/b.txt"}`); got != "of dir/b.txt" {
		t.Errorf("%q", got)
	}
	if got := b.read(`{"Bucket":"shared","Key":"dir/b.txt","Range":"bytes=3-5"}`); got != "dir" {
		t.Errorf("%q", got)
	}
	etag := b.do("HeadObject", `{"Bucket":"shared","Key":"a.txt"}`).get("ETag").Text()
	b.refused("GetObject", `{"Bucket":"shared","Key":"a.txt","IfNoneMatch":`+etag+`}`, "NotModified")
	b.refused("GetObject", `{"Bucket":"shared","Key":"none"}`, "NoSuchKey")
	b.do("PutObject", `{"Bucket":"shared","Key":"new/d.txt"}`, "put")
	if text, err := os.ReadFile(filepath.Join(folder, "new", "d.txt")); err != nil || string(text) != "put" {
		t.Errorf("%q, %v", text, err)
	}
	b.refused("PutObject", `{"Bucket":"shared","Key":"new/d.txt","IfNoneMatch":"*"}`, "PreconditionFailed", "again")
	b.refused("PutObject", `{"Bucket":"shared","Key":"x","ChecksumCRC32":"AAAAAA=="}`, "BadDigest", "wrong")
	b.do("DeleteObject", `{"Bucket":"shared","Key":"new/d.txt"}`)
	b.do("DeleteObjects", `{"Bucket":"shared","Delete":{"Objects":[{"Key":"z.txt"},{"Key":"none"}]}}`)
	if _, err := os.Stat(filepath.Join(folder, "new")); !os.IsNotExist(err) {
		t.Errorf("an empty folder was left behind: %v", err)
	}
	for _, c := range []struct {
		in   string
		want []string
	}{
		{`{"Bucket":"shared"}`, []string{"a.txt", "dir/b.txt", "dir/deep/c.txt"}},
		{`{"Bucket":"shared","Delimiter":"/"}`, []string{"a.txt", "group dir/"}},
		{`{"Bucket":"shared","Delimiter":"/","Prefix":"dir/"}`, []string{"dir/b.txt", "group dir/deep/"}},
		{`{"Bucket":"shared","StartAfter":"a.txt","MaxKeys":1}`, []string{"dir/b.txt"}},
	} {
		if got := entries(b.do("ListObjectsV2", c.in), "Contents"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.in, got, c.want)
		}
	}
	b.refused("PutBucketVersioning", `{"Bucket":"shared"}`, "NotImplemented")
	b.refused("GetObject", `{"Bucket":"none","Key":"x"}`, "NoSuchBucket")
}
