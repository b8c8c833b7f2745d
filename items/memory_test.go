package items_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/statelark/statelark/s3"
)

// memory is a store to read from: one bucket, whatever its name, of texts by their keys.
type memory map[string]string

// pageOfMemory is how many objects a page of a list has.
const pageOfMemory = 3

func (m memory) object(key string) s3.Object {
	return s3.Object{Key: key, ETag: fmt.Sprintf("\"%d\"", len(m[key])), Size: int64(len(m[key])), StorageClass: "STANDARD"}
}

func (m memory) Get(ctx context.Context, request s3.GetRequest) (*s3.Content, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	text, ok := m[request.Key]
	if !ok {
		return nil, &s3.Error{Code: s3.NoSuchKey, Bucket: request.Bucket, Key: request.Key}
	}
	rest := text[min(int64(len(text)), max(0, request.Offset)):]
	if request.Length > 0 {
		rest = rest[:min(int64(len(rest)), request.Length)]
	}
	return &s3.Content{Object: m.object(request.Key), Body: io.NopCloser(strings.NewReader(rest))}, nil
}

func (m memory) List(_ context.Context, request s3.ListRequest) (page s3.Page, err error) {
	after := request.StartAfter
	if request.Token != "" {
		after = request.Token
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if key <= after || !strings.HasPrefix(key, request.Prefix) {
			continue
		}
		if len(page.Objects) == pageOfMemory {
			page.Next = page.Objects[pageOfMemory-1].Key
			break
		}
		page.Objects = append(page.Objects, m.object(key))
	}
	return page, nil
}

func (memory) Put(context.Context, string, string, io.Reader) (string, error) {
	panic("not written to")
}

func (memory) Begin(context.Context, string, string) (s3.Upload, error) { panic("not written to") }

func (memory) Part(context.Context, s3.Upload, int, []byte) (s3.Part, error) { panic("not written to") }

func (memory) Complete(context.Context, s3.Upload, []s3.Part) (string, error) {
	panic("not written to")
}

func (memory) Abort(context.Context, s3.Upload) error { panic("not written to") }
