package directory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/statelark/statelark/s3"
)

// body reads a part of a file and, at the end, looks whether it is still the file it was.
type body struct {
	ctx    context.Context
	file   *os.File
	part   *io.SectionReader
	bucket string
	object s3.Object
}

func newBody(ctx context.Context, file *os.File, request s3.GetRequest, object s3.Object) *body {
	length := request.Length
	if length <= 0 {
		length = math.MaxInt64 - request.Offset
	}
	length = min(length, max(0, object.Size-request.Offset))
	return &body{ctx, file, io.NewSectionReader(file, request.Offset, length), request.Bucket, object}
}

// Read implements io.Reader.
func (b *body) Read(into []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.part.Read(into)
	if err == nil {
		return n, nil
	}
	if !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("reading s3://%s/%s: %w", b.bucket, b.object.Key, err)
	}
	info, err := b.file.Stat()
	if err != nil {
		return n, fmt.Errorf("reading s3://%s/%s: %w", b.bucket, b.object.Key, err)
	}
	if etag(info) != b.object.ETag {
		return n, &s3.Error{Code: s3.PreconditionFailed, Bucket: b.bucket, Key: b.object.Key}
	}
	return n, io.EOF
}

// Close implements io.Closer.
func (b *body) Close() error { return b.file.Close() }
