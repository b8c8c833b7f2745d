package sim

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark/s3"
)

// objects is an object store in memory that takes its time: one bucket, whatever its name.
type objects struct {
	w       *world
	mu      sync.Mutex
	texts   map[string]string
	uploads map[string]map[int]string // of those that are not complete
	begun   int
}

func newObjects(w *world) *objects {
	return &objects{w: w, texts: make(map[string]string), uploads: make(map[string]map[int]string)}
}

// wait lets a moment pass, in which the caller may die.
func (o *objects) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(o.w.intn(50)) * time.Millisecond):
		return nil
	}
}

func (o *objects) object(key string) s3.Object {
	text := o.texts[key]
	return s3.Object{Key: key, ETag: etag(text), Size: int64(len(text)), StorageClass: "STANDARD"}
}

func etag(text string) string { return fmt.Sprintf("\"%x\"", md5.Sum([]byte(text))) }

func (o *objects) Get(ctx context.Context, r s3.GetRequest) (*s3.Content, error) {
	if err := o.wait(ctx); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	text, ok := o.texts[r.Key]
	switch {
	case !ok:
		return nil, &s3.Error{Code: s3.NoSuchKey, Bucket: r.Bucket, Key: r.Key}
	case r.IfMatch != "" && r.IfMatch != etag(text):
		return nil, &s3.Error{Code: s3.PreconditionFailed, Bucket: r.Bucket, Key: r.Key}
	}
	rest := text[min(int64(len(text)), r.Offset):]
	if r.Length > 0 {
		rest = rest[:min(int64(len(rest)), r.Length)]
	}
	return &s3.Content{Object: o.object(r.Key), Body: io.NopCloser(strings.NewReader(rest))}, nil
}

func (o *objects) List(ctx context.Context, r s3.ListRequest) (page s3.Page, err error) {
	if err := o.wait(ctx); err != nil {
		return page, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(o.texts)) {
		if key > max(r.StartAfter, r.Token) && strings.HasPrefix(key, r.Prefix) {
			page.Objects = append(page.Objects, o.object(key))
		}
	}
	return page, nil
}

func (o *objects) Put(ctx context.Context, _, key string, body io.Reader) (string, error) {
	text, err := io.ReadAll(body)
	if err == nil {
		err = o.wait(ctx)
	}
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.texts[key] = string(text)
	return etag(string(text)), nil
}

func (o *objects) Begin(ctx context.Context, bucket, key string) (s3.Upload, error) {
	if err := o.wait(ctx); err != nil {
		return s3.Upload{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.begun++
	u := s3.Upload{Bucket: bucket, Key: key, ID: fmt.Sprint(o.begun)}
	o.uploads[u.ID] = make(map[int]string)
	return u, nil
}

func (o *objects) Part(ctx context.Context, u s3.Upload, number int, body []byte) (s3.Part, error) {
	text := string(bytes.Clone(body))
	if err := o.wait(ctx); err != nil {
		return s3.Part{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.uploads[u.ID] == nil {
		return s3.Part{}, &s3.Error{Code: s3.NoSuchUpload, Bucket: u.Bucket, Key: u.Key}
	}
	o.uploads[u.ID][number] = text
	return s3.Part{Number: number, ETag: etag(text)}, nil
}

func (o *objects) Complete(ctx context.Context, u s3.Upload, parts []s3.Part) (string, error) {
	if err := o.wait(ctx); err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.uploads[u.ID] == nil {
		return "", &s3.Error{Code: s3.NoSuchUpload, Bucket: u.Bucket, Key: u.Key}
	}
	var text strings.Builder
	for _, p := range parts {
		text.WriteString(o.uploads[u.ID][p.Number])
	}
	delete(o.uploads, u.ID)
	o.texts[u.Key] = text.String()
	return etag(text.String()), nil
}

func (o *objects) Abort(_ context.Context, u s3.Upload) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.uploads, u.ID)
	return nil
}

// text returns an object, "" when there is none.
func (o *objects) text(key string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.texts[key]
}
