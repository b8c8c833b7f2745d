package s3

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// files lists the bodies and drafts in the folder of a bench.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(filepath.Join(dir, "bodies"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// settle waits until what is being removed is.
func settle(b *bench) {
	b.bodies.(*folder).work.Wait()
	b.stop()
}

var large = strings.Repeat("0123456789", 10_000)

func TestBodiesSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir)
	b.do("CreateBucket", `{"Bucket":"bkt"}`)
	b.do("PutObject", `{"Bucket":"bkt","Key":"large"}`, large)
	b.do("PutObject", `{"Bucket":"bkt","Key":"small"}`, "small")
	b.stop()
	// What a crash leaves: a draft, and a body that no row names.
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"drafts/f00", "ab/fab12"} {
		path := filepath.Join(dir, "bodies", name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	b = start(t, dir)
	if b.read(`{"Bucket":"bkt","Key":"large"}`) != large || b.read(`{"Bucket":"bkt","Key":"small"}`) != "small" {
		t.Error("a body is another")
	}
	b.do("PutObject", `{"Bucket":"bkt","Key":"more"}`, large) // has what was left swept
	b.do("CopyObject", `{"Bucket":"bkt","Key":"copy","CopySource":"bkt/large"}`)
	b.do("PutObject", `{"Bucket":"bkt","Key":"more"}`, large)
	settle(b)
	if left := files(t, dir); len(left) != 3 {
		t.Errorf("files: %q", left)
	}
	b = start(t, dir)
	for _, key := range []string{"large", "copy", "more"} {
		if b.read(`{"Bucket":"bkt","Key":"`+key+`"}`) != large {
			t.Errorf("%s is another", key)
		}
	}
}

func TestRemovedBodiesGo(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir)
	b.do("CreateBucket", `{"Bucket":"bkt"}`)
	for i := range 20 {
		b.do("PutObject", `{"Bucket":"bkt","Key":"k"}`, large+fmt.Sprint(i))
	}
	b.refused("PutObject", `{"Bucket":"bkt","Key":"k","IfNoneMatch":"*"}`, "PreconditionFailed", large)
	b.refused("PutObject", `{"Bucket":"bkt","Key":"k","ContentMD5":"AAAAAAAAAAAAAAAAAAAAAA=="}`, "BadDigest", large)
	if _, err := b.ask("PutObject", `{"Bucket":"bkt","Key":"k"}`, io.MultiReader(strings.NewReader(large), broken{})); err == nil {
		t.Error("a body that broke was taken")
	}
	b.do("DeleteObject", `{"Bucket":"bkt","Key":"k"}`)
	settle(b)
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("%d files", len(left))
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, fs.ErrClosed }

// Whoever reads an object gets it whole, whatever becomes of it meanwhile.
func TestReadersKeepTheirObject(t *testing.T) {
	where(t, func(b *bench) {
		b.do("CreateBucket", `{"Bucket":"bkt"}`)
		b.do("PutObject", `{"Bucket":"bkt","Key":"one"}`, large)
		id := b.do("CreateMultipartUpload", `{"Bucket":"bkt","Key":"many"}`).str("UploadId")
		whole, parts := "", []string{}
		for n, body := range []string{strings.Repeat("a", minPart), strings.Repeat("b", minPart), "end"} {
			etag := b.do("UploadPart", fmt.Sprintf(`{"Bucket":"bkt","Key":"many","UploadId":"%s","PartNumber":%d}`, id, n+1), body).get("ETag").Text()
			parts = append(parts, fmt.Sprintf(`{"PartNumber":%d,"ETag":%s}`, n+1, etag))
			whole += body
		}
		b.do("CompleteMultipartUpload", fmt.Sprintf(`{"Bucket":"bkt","Key":"many","UploadId":"%s","MultipartUpload":{"Parts":[%s]}}`, id, strings.Join(parts, ",")))
		for key, want := range map[string]string{"one": large, "many": whole} {
			reply, err := b.ask("GetObject", `{"Bucket":"bkt","Key":"`+key+`"}`, nil)
			if err != nil {
				b.Fatal(err)
			}
			begin := make([]byte, 10)
			if _, err := io.ReadFull(reply.Body, begin); err != nil {
				b.Fatal(err)
			}
			b.do("PutObject", `{"Bucket":"bkt","Key":"`+key+`"}`, "other")
			b.do("DeleteObject", `{"Bucket":"bkt","Key":"`+key+`"}`)
			rest, err := io.ReadAll(reply.Body)
			if err != nil || string(begin)+string(rest) != want {
				b.Errorf("%s: %d bytes, %v", key, len(begin)+len(rest), err)
			}
			_ = reply.Body.Close()
		}
	})
}

// Writers and readers of the same keys: whoever reads sees one of the contents, whole.
func TestManyWriters(t *testing.T) {
	where(t, func(b *bench) {
		b.do("CreateBucket", `{"Bucket":"bkt"}`)
		var all sync.WaitGroup
		for w := range 4 {
			all.Go(func() {
				for i := range 20 {
					at := fmt.Sprintf(`{"Bucket":"bkt","Key":"k%d"}`, i%2)
					body := strings.Repeat(fmt.Sprint(w), []int{100, 100_000}[i%2])
					if _, err := b.ask("PutObject", at, strings.NewReader(body)); err != nil {
						b.Error(err)
					}
					reply, err := b.ask("GetObject", at, nil)
					if err != nil {
						b.Error(err)
						continue
					}
					text, err := io.ReadAll(reply.Body)
					if err != nil || int64(len(text)) != reply.Length || strings.Trim(string(text), string(text[:1])) != "" {
						b.Errorf("%d bytes of %d, %v", len(text), reply.Length, err)
					}
					_ = reply.Body.Close()
				}
			})
		}
		all.Wait()
	})
}

func TestMemoryIsBounded(t *testing.T) {
	b := start(t, "")
	b.bodies = newMemory(int64(3 * len(large)))
	b.do("CreateBucket", `{"Bucket":"bkt"}`)
	for _, key := range []string{"1", "2", "3"} {
		b.do("PutObject", `{"Bucket":"bkt","Key":"`+key+`"}`, large)
	}
	b.refused("PutObject", `{"Bucket":"bkt","Key":"4"}`, "InsufficientStorage", large)
	b.refused("CopyObject", `{"Bucket":"bkt","Key":"4","CopySource":"bkt/1"}`, "InsufficientStorage")
	b.do("DeleteObject", `{"Bucket":"bkt","Key":"1"}`)
	b.do("PutObject", `{"Bucket":"bkt","Key":"4"}`, large)
}

// Rows of version 1 are read for ever.
func TestRowsOfVersion1(t *testing.T) {
	const row = "\x01" + `{"id":"AAAA","owner":"123456789012","modified":1777863721500,"etag":"e","size":3,"body":"i01",` +
		`"sum":{"alg":"CRC32","value":"v","type":"FULL_OBJECT"},"head":{"ContentType":"text/x"},"meta":{"n":"v"},"tags":[{"k":"a","v":"b"}],` +
		`"class":"GLACIER","sse":{"alg":"AES256"},"acl":[{"Permission":"READ"}],"lock":{"mode":"GOVERNANCE","until":5,"hold":"ON"},"restored":9}`
	var v version
	if err := decode([]byte(row), &v); err != nil {
		t.Fatal(err)
	}
	if v.ID != "AAAA" || v.Sum.Value != "v" || !slices.Equal(v.Tags, []tag{{"a", "b"}}) || v.Lock != (retention{"GOVERNANCE", 5, "ON"}) || v.ACL.Compact() != `[{"Permission":"READ"}]` {
		t.Errorf("%+v", v)
	}
	if again := string(encode(&v)); again != row {
		t.Errorf("written as\n%s, read from\n%s", again, row)
	}
	if err := decode([]byte("\x02{}"), &v); err == nil {
		t.Error("a row of a version to come was read")
	}
}
