// Package storetest is the law that every s3.Store passes.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/s3"
)

const bucket = "data"

// partSize is what each part of an upload but the last has at least.
const partSize = 5 << 20

// Run holds a store to the law. open makes one with an empty bucket "data", and without a bucket "none".
func Run(t *testing.T, open func(t *testing.T) s3.Store) {
	for _, law := range []struct {
		name string
		hold func(p *place)
	}{
		{"put and get", (*place).putAndGet}, {"refusals", (*place).refusals}, {"lists", (*place).lists}, {"multipart", (*place).multipart},
		{"aborted uploads", (*place).aborted}, {"put is all or nothing", (*place).allOrNothing}, {"large objects", (*place).large},
	} {
		t.Run(law.name, func(t *testing.T) { law.hold(&place{t, open(t)}) })
	}
}

// place is where one part of the law is tried.
type place struct {
	*testing.T
	store s3.Store
}

func (p *place) put(key, content string) string {
	p.Helper()
	etag, err := p.store.Put(p.Context(), bucket, key, strings.NewReader(content))
	if err != nil {
		p.Fatalf("putting %q: %v", key, err)
	}
	return etag
}

func (p *place) get(request s3.GetRequest) (string, error) {
	got, err := p.store.Get(p.Context(), request)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(got.Body)
	return string(text), errors.Join(err, got.Body.Close())
}

func (p *place) wantCode(err error, code s3.Code) {
	p.Helper()
	if !s3.Is(err, code) {
		p.Errorf("error %v, want %s", err, code)
	}
}

func (p *place) keys(request s3.ListRequest) []string {
	p.Helper()
	var all []string
	for {
		page, err := p.store.List(p.Context(), request)
		if err != nil {
			p.Fatal(err)
		}
		for _, o := range page.Objects {
			all = append(all, o.Key)
		}
		if page.Next == "" {
			return all
		}
		if request.Max > 0 && len(page.Objects) != request.Max {
			p.Errorf("a page of %d objects with more to come, want %d", len(page.Objects), request.Max)
		}
		request.Token = page.Next
	}
}

func (p *place) putAndGet() {
	const key = "a/b/c ü+&=😀.txt"
	etag := p.put(key, "0123456789")
	got, err := p.store.Get(p.Context(), s3.GetRequest{Bucket: bucket, Key: key})
	if err != nil {
		p.Fatal(err)
	}
	if got.ETag != etag || got.Size != 10 || got.StorageClass != "STANDARD" || got.LastModified.IsZero() || got.Key != key {
		p.Errorf("%+v, put gave %s", got.Object, etag)
	}
	_ = got.Body.Close()
	for _, test := range []struct {
		offset, length int64
		want           string
	}{{0, 0, "0123456789"}, {3, 0, "3456789"}, {3, 4, "3456"}, {8, 10, "89"}, {10, 1, ""}, {99, 0, ""}} {
		got, err := p.store.Get(p.Context(), s3.GetRequest{Bucket: bucket, Key: key, Offset: test.offset, Length: test.length, VersionID: "null", IfMatch: etag})
		if err != nil {
			p.Errorf("%+v: %v", test, err)
			continue
		}
		text, err := io.ReadAll(got.Body)
		if err := errors.Join(err, got.Body.Close()); err != nil || string(text) != test.want || got.ETag != etag || got.Size != 10 {
			p.Errorf("%+v: %q, %+v, %v", test, text, got.Object, err)
		}
	}
	page, err := p.store.List(p.Context(), s3.ListRequest{Bucket: bucket})
	if err != nil || len(page.Objects) != 1 {
		p.Fatalf("%+v, %v", page, err)
	}
	if o := page.Objects[0]; o.Key != key || o.ETag != etag || o.Size != 10 || o.StorageClass != "STANDARD" || o.LastModified.IsZero() {
		p.Errorf("listed: %+v", o)
	}
	if again := p.put(key, "changed"); again == etag {
		p.Error("another object has the same ETag")
	}
	_, err = p.get(s3.GetRequest{Bucket: bucket, Key: key, IfMatch: etag})
	p.wantCode(err, s3.PreconditionFailed)
	p.put("empty", "")
	if text, err := p.get(s3.GetRequest{Bucket: bucket, Key: "empty"}); err != nil || text != "" {
		p.Errorf("an empty object: %q, %v", text, err)
	}
}

func (p *place) refusals() {
	p.put("file", "x")
	_, err := p.get(s3.GetRequest{Bucket: "none", Key: "file"})
	p.wantCode(err, s3.NoSuchBucket)
	_, err = p.store.List(p.Context(), s3.ListRequest{Bucket: "none"})
	p.wantCode(err, s3.NoSuchBucket)
	_, err = p.store.Put(p.Context(), "none", "a", strings.NewReader(""))
	p.wantCode(err, s3.NoSuchBucket)
	_, err = p.store.Begin(p.Context(), "none", "a")
	p.wantCode(err, s3.NoSuchBucket)
	for _, key := range []string{"none", "file/below", "fil", "folder"} {
		_, err := p.get(s3.GetRequest{Bucket: bucket, Key: key})
		p.wantCode(err, s3.NoSuchKey)
		_, err = p.get(s3.GetRequest{Bucket: bucket, Key: key, Offset: 5, Length: 1})
		p.wantCode(err, s3.NoSuchKey)
	}
	_, err = p.store.Put(p.Context(), bucket, strings.Repeat("x/", 513), strings.NewReader("x"))
	p.wantCode(err, s3.KeyTooLong)
	for _, offset := range []int64{0, 1, 9} {
		_, err = p.get(s3.GetRequest{Bucket: bucket, Key: "file", Offset: offset, IfMatch: `"other"`})
		p.wantCode(err, s3.PreconditionFailed)
	}
}

func (p *place) lists() {
	all := []string{"a", "a/b!", "b", "b/1", "b/2", "b0", "ü", "ü/x", "😀", "z z"}
	var want []string
	for _, key := range all {
		if _, err := p.store.Put(p.Context(), bucket, key, bytes.NewReader(nil)); err == nil {
			want = append(want, key) // a store of folders has no "a" beside "a/b!"
		}
	}
	slices.Sort(want)
	if len(want) < 5 {
		p.Fatalf("only %q could be put", want)
	}
	for _, prefix := range []string{"", "b", "b/", "ü", "none", "z "} {
		for _, after := range []string{"", "a", "b/1", "b/1x", "zzz", "\U0001F601"} {
			for _, size := range []int{0, 1, 2, 3, 100} {
				left := slices.DeleteFunc(slices.Clone(want), func(key string) bool { return !strings.HasPrefix(key, prefix) || key <= after })
				got := p.keys(s3.ListRequest{Bucket: bucket, Prefix: prefix, StartAfter: after, Max: size})
				if !slices.Equal(got, left) {
					p.Errorf("prefix %q after %q by %d: %q, want %q", prefix, after, size, got, left)
				}
			}
		}
	}
}

func (p *place) multipart() {
	p.put("a/b", "old")
	upload, err := p.store.Begin(p.Context(), bucket, "a/b")
	if err != nil {
		p.Fatal(err)
	}
	bodies := []string{strings.Repeat("1", partSize), strings.Repeat("2", partSize+3), "the last"}
	var parts []s3.Part
	for _, number := range []int{2, 1, 3} {
		if _, err := p.store.Part(p.Context(), upload, number, []byte("replaced")); err != nil {
			p.Fatal(err)
		}
		part, err := p.store.Part(p.Context(), upload, number, []byte(bodies[number-1]))
		if err != nil {
			p.Fatal(err)
		}
		parts = append(parts, part)
	}
	if got := p.keys(s3.ListRequest{Bucket: bucket}); !slices.Equal(got, []string{"a/b"}) {
		p.Errorf("during the upload: %q", got)
	}
	slices.SortFunc(parts, func(a, b s3.Part) int { return a.Number - b.Number })
	wrong := slices.Clone(parts)
	wrong[1].ETag = `"x"`
	_, err = p.store.Complete(p.Context(), upload, wrong)
	p.wantCode(err, s3.InvalidPart)
	if text, err := p.get(s3.GetRequest{Bucket: bucket, Key: "a/b"}); err != nil || text != "old" {
		p.Errorf("before the end: %q, %v", text, err)
	}
	etag, err := p.store.Complete(p.Context(), upload, parts)
	if err != nil {
		p.Fatal(err)
	}
	whole := strings.Join(bodies, "")
	if text, err := p.get(s3.GetRequest{Bucket: bucket, Key: "a/b", IfMatch: etag}); err != nil || text != whole {
		p.Errorf("%d bytes, %v", len(text), err)
	}
	at := int64(partSize - 2)
	if text, err := p.get(s3.GetRequest{Bucket: bucket, Key: "a/b", Offset: at, Length: 4}); err != nil || text != "1122" {
		p.Errorf("over the parts: %q, %v", text, err)
	}
	p.wantCode(p.store.Abort(p.Context(), upload), s3.NoSuchUpload)
}

func (p *place) aborted() {
	upload, err := p.store.Begin(p.Context(), bucket, "c")
	if err != nil {
		p.Fatal(err)
	}
	_, err = p.store.Part(p.Context(), upload, 0, nil)
	p.wantCode(err, s3.InvalidArgument)
	if _, err = p.store.Part(p.Context(), upload, 1, []byte("x")); err != nil {
		p.Fatal(err)
	}
	if err := p.store.Abort(p.Context(), upload); err != nil {
		p.Fatal(err)
	}
	_, err = p.store.Part(p.Context(), upload, 2, nil)
	p.wantCode(err, s3.NoSuchUpload)
	_, err = p.get(s3.GetRequest{Bucket: bucket, Key: "c"})
	p.wantCode(err, s3.NoSuchKey)
}

// lost is a body that ends in an error.
type lost struct{ io.Reader }

var errLost = errors.New("lost")

func (l lost) Read(into []byte) (int, error) {
	n, err := l.Reader.Read(into)
	if errors.Is(err, io.EOF) {
		err = errLost
	}
	return n, err
}

func (p *place) allOrNothing() {
	p.put("a", "old")
	for _, size := range []int{4, 100_000, 3 * partSize} {
		for _, key := range []string{"a", "new/b"} {
			if _, err := p.store.Put(p.Context(), bucket, key, lost{io.LimitReader(zeros{}, int64(size))}); !errors.Is(err, errLost) {
				p.Errorf("%d bytes: error %v", size, err)
			}
		}
	}
	if text, err := p.get(s3.GetRequest{Bucket: bucket, Key: "a"}); err != nil || text != "old" {
		p.Errorf("%q, %v", text, err)
	}
	if got := p.keys(s3.ListRequest{Bucket: bucket}); !slices.Equal(got, []string{"a"}) {
		p.Errorf("%q", got)
	}
}

type zeros struct{}

func (zeros) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}

// large puts an object that no store sends in one piece, and reads it while it is replaced.
func (p *place) large() {
	const size = 5*partSize + 1
	etag, err := p.store.Put(p.Context(), bucket, "large", io.LimitReader(zeros{}, size))
	if err != nil {
		p.Fatal(err)
	}
	got, err := p.store.Get(context.WithoutCancel(p.Context()), s3.GetRequest{Bucket: bucket, Key: "large", IfMatch: etag})
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	n, err := io.CopyN(io.Discard, got.Body, partSize)
	if err != nil {
		p.Fatal(err)
	}
	rest, err := io.Copy(io.Discard, got.Body)
	if err != nil || n+rest != size || got.Size != size {
		p.Errorf("%d bytes of %d, %v", n+rest, got.Size, err)
	}
}
