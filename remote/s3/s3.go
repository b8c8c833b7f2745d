// Package s3 is an object store for Map Runs over the operations of S3, whoever does them: S3 itself, what stands in for it at an
// endpoint, or the service that is built in.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/value"
)

// Store is an s3.Store over a Caller.
type Store struct {
	Caller awswire.Caller
	Place  arn.Place // that requests are made from
	Role   string    // that they are made with; "": none
}

var _ s3.Store = (*Store)(nil)

// wholeMax is how much of a body is sent at once, and the size of the first parts of one that has more.
const wholeMax = 8 << 20

// call does an operation on a bucket and, unless it is about the bucket itself, a key.
func (s *Store) call(ctx context.Context, operation, bucket, key string, body []byte, members ...value.Member) (*awswire.Reply, error) {
	all := []value.Member{{Key: "Bucket", Value: value.FromString(bucket)}}
	if key != "" {
		all = append(all, value.Member{Key: "Key", Value: value.FromString(key)})
	}
	r := &awswire.Request{Service: "s3", Operation: operation, Place: s.Place, Role: s.Role, Input: value.NewObject(append(all, members...))}
	if body != nil {
		r.Body, r.Length = bytes.NewReader(body), int64(len(body))
	}
	reply, err := s.Caller.Call(ctx, r)
	if err != nil {
		return nil, refusal(operation, bucket, key, err)
	}
	return reply, nil
}

// refusal makes an *s3.Error of an answer that says no.
func refusal(operation, bucket, key string, err error) error {
	var e *awswire.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("s3 %s: %w", operation, err)
	}
	refused := &s3.Error{Code: s3.Code(e.Code), Bucket: bucket, Key: key, Message: e.Message, Err: err}
	switch refused.Code {
	case "404", "NotFound": // of a HEAD, which has no body
		refused.Code, refused.Message = s3.NoSuchKey, ""
	case "412":
		refused.Code, refused.Message = s3.PreconditionFailed, ""
	case "403", "Forbidden":
		refused.Code, refused.Message = s3.AccessDenied, ""
	case s3.NoSuchBucket:
		refused.Key = ""
	}
	return refused
}

// end closes what an answer may have as a body.
func end(reply *awswire.Reply) {
	if reply.Body != nil {
		_ = reply.Body.Close()
	}
}

func text(name, v string) value.Member { return value.Member{Key: name, Value: value.FromString(v)} }

func number(name string, n int64) value.Member {
	return value.Member{Key: name, Value: value.FromInt(n)}
}

func str(doc value.Value, name string) string {
	if v, ok := doc.Get(name); ok && v.Kind() == value.String {
		return v.Str()
	}
	return ""
}

func integer(doc value.Value, name string) int64 {
	v, _ := doc.Get(name)
	n, _ := v.Int()
	return n
}

func when(doc value.Value, name string) time.Time {
	v, ok := doc.Get(name)
	if !ok || v.Kind() != value.Number {
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round(v.Float() * 1000))).UTC()
}

// List implements s3.Store. Keys are asked for escaped, since XML cannot have every one of them.
func (s *Store) List(ctx context.Context, request s3.ListRequest) (s3.Page, error) {
	members := []value.Member{text("EncodingType", "url")}
	for _, m := range []value.Member{text("Prefix", request.Prefix), text("ContinuationToken", request.Token), text("StartAfter", request.StartAfter)} {
		if m.Value.Str() != "" {
			members = append(members, m)
		}
	}
	if request.Max > 0 {
		members = append(members, number("MaxKeys", int64(request.Max)))
	}
	reply, err := s.call(ctx, "ListObjectsV2", request.Bucket, "", nil, members...)
	if err != nil {
		return s3.Page{}, err
	}
	defer end(reply)
	escaped := str(reply.Output, "EncodingType") == "url"
	var page s3.Page
	contents, _ := reply.Output.Get("Contents")
	for _, c := range contents.Elems() {
		o := objectOf(c, str(c, "Key"))
		if escaped {
			if o.Key, err = url.QueryUnescape(o.Key); err != nil {
				return s3.Page{}, fmt.Errorf("s3 ListObjectsV2: reading a key: %w", err)
			}
		}
		o.Size = integer(c, "Size")
		page.Objects = append(page.Objects, o)
	}
	page.Next = str(reply.Output, "NextContinuationToken")
	return page, nil
}

func objectOf(doc value.Value, key string) s3.Object {
	o := s3.Object{Key: key, ETag: str(doc, "ETag"), LastModified: when(doc, "LastModified"), StorageClass: str(doc, "StorageClass")}
	if o.StorageClass == "" {
		o.StorageClass = "STANDARD"
	}
	return o
}

// Get implements s3.Store.
func (s *Store) Get(ctx context.Context, request s3.GetRequest) (*s3.Content, error) {
	reply, err := s.get(ctx, request)
	if s3.Is(err, "InvalidRange") {
		return s.getNothing(ctx, request)
	}
	if err != nil {
		return nil, err
	}
	if reply.Body == nil {
		reply.Body = io.NopCloser(bytes.NewReader(nil))
	}
	c := &s3.Content{Object: objectOf(reply.Output, request.Key), Body: reply.Body}
	left := reply.Length
	if n, ok := reply.Output.Get("ContentLength"); ok {
		left, _ = n.Int()
	}
	c.Size = left
	if _, total, ok := strings.Cut(str(reply.Output, "ContentRange"), "/"); ok {
		if size, err := strconv.ParseInt(total, 10, 64); err == nil {
			c.Size = size
		}
	}
	if left >= 0 {
		request.IfMatch = c.ETag
		c.Body = &body{s: s, ctx: ctx, request: request, at: request.Offset, left: left, now: reply.Body}
	}
	return c, nil
}

func (s *Store) get(ctx context.Context, request s3.GetRequest) (*awswire.Reply, error) {
	var members []value.Member
	if request.VersionID != "" {
		members = append(members, text("VersionId", request.VersionID))
	}
	if request.IfMatch != "" {
		members = append(members, text("IfMatch", request.IfMatch))
	}
	if request.Offset > 0 || request.Length > 0 {
		spec := "bytes=" + strconv.FormatInt(request.Offset, 10) + "-"
		if request.Length > 0 {
			spec += strconv.FormatInt(request.Offset+request.Length-1, 10)
		}
		members = append(members, text("Range", spec))
	}
	return s.call(ctx, "GetObject", request.Bucket, request.Key, nil, members...)
}

// getNothing is the object without a byte: the range begins where it ends, or after that.
func (s *Store) getNothing(ctx context.Context, request s3.GetRequest) (*s3.Content, error) {
	var members []value.Member
	if request.VersionID != "" {
		members = append(members, text("VersionId", request.VersionID))
	}
	if request.IfMatch != "" {
		members = append(members, text("IfMatch", request.IfMatch))
	}
	reply, err := s.call(ctx, "HeadObject", request.Bucket, request.Key, nil, members...)
	if err != nil {
		return nil, err
	}
	end(reply)
	o := objectOf(reply.Output, request.Key)
	o.Size = integer(reply.Output, "ContentLength")
	return &s3.Content{Object: o, Body: io.NopCloser(bytes.NewReader(nil))}, nil
}

// maxResumes is how often a body is asked for again, when its connection broke, without a byte in between.
const maxResumes = 3

// body reads an object, and goes on with another request where a connection broke; the object must be the same one still.
type body struct {
	s        *Store
	ctx      context.Context //nolint:containedctx // of the request that the body belongs to
	request  s3.GetRequest
	at, left int64
	now      io.ReadCloser
	broken   int // times in a row
}

func (b *body) Read(p []byte) (int, error) {
	for {
		if b.left == 0 {
			return 0, io.EOF
		}
		n, err := b.now.Read(p[:min(int64(len(p)), b.left)])
		b.at, b.left = b.at+int64(n), b.left-int64(n)
		if n > 0 {
			b.broken = 0
			return n, nil
		}
		if err == nil {
			return 0, nil
		}
		if err := b.resume(err); err != nil {
			return 0, err
		}
	}
}

// resume asks for what is missing.
func (b *body) resume(because error) error {
	if because == io.EOF {
		because = io.ErrUnexpectedEOF
	}
	if b.broken++; b.broken > maxResumes || b.ctx.Err() != nil {
		return errors.Join(b.ctx.Err(), fmt.Errorf("s3 GetObject: reading the body: %w", because))
	}
	_ = b.now.Close()
	request := b.request
	request.Offset, request.Length = b.at, b.left
	reply, err := b.s.get(b.ctx, request)
	if err != nil {
		b.now = io.NopCloser(bytes.NewReader(nil))
		return err
	}
	b.now = reply.Body
	return nil
}

func (b *body) Close() error { return b.now.Close() }

// Put implements s3.Store: a body that is not small is uploaded in parts, of which one is held at a time.
func (s *Store) Put(ctx context.Context, bucket, key string, from io.Reader) (string, error) {
	first, whole, err := readPart(from, nil, wholeMax)
	if err != nil {
		return "", err
	}
	if whole {
		reply, err := s.call(ctx, "PutObject", bucket, key, first)
		if err != nil {
			return "", err
		}
		end(reply)
		return str(reply.Output, "ETag"), nil
	}
	upload, err := s.Begin(ctx, bucket, key)
	if err != nil {
		return "", err
	}
	etag, err := s.putParts(ctx, upload, first, from)
	if err != nil {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = s.Abort(undo, upload)
	}
	return etag, err
}

// readPart fills a buffer of a size, or less than that when it is the last: whole then.
func readPart(from io.Reader, buffer []byte, size int) (part []byte, whole bool, err error) {
	if cap(buffer) < size {
		buffer = slices.Grow(buffer[:0], min(size, 64<<10))
	}
	buffer = buffer[:0]
	for len(buffer) < size {
		if len(buffer) == cap(buffer) {
			buffer = slices.Grow(buffer, min(cap(buffer), size-len(buffer)))
		}
		n, err := from.Read(buffer[len(buffer):min(cap(buffer), size)])
		buffer = buffer[:len(buffer)+n]
		if errors.Is(err, io.EOF) {
			return buffer, true, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("reading what is to be put: %w", err)
		}
	}
	return buffer, false, nil
}

// putParts uploads what begins with first. Parts grow, so that 10,000 of them are enough for every object that S3 has.
func (s *Store) putParts(ctx context.Context, upload s3.Upload, first []byte, from io.Reader) (string, error) {
	var parts []s3.Part
	buffer, whole := first, false
	for number := 1; ; number++ {
		part, err := s.Part(ctx, upload, number, buffer)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
		if whole {
			return s.Complete(ctx, upload, parts)
		}
		if buffer, whole, err = readPart(from, buffer, wholeMax<<(number/1000)); err != nil {
			return "", err
		}
		if whole && len(buffer) == 0 {
			return s.Complete(ctx, upload, parts)
		}
	}
}

// Begin implements s3.Store.
func (s *Store) Begin(ctx context.Context, bucket, key string) (s3.Upload, error) {
	reply, err := s.call(ctx, "CreateMultipartUpload", bucket, key, nil)
	if err != nil {
		return s3.Upload{}, err
	}
	end(reply)
	return s3.Upload{Bucket: bucket, Key: key, ID: str(reply.Output, "UploadId")}, nil
}

// Part implements s3.Store.
func (s *Store) Part(ctx context.Context, upload s3.Upload, n int, content []byte) (s3.Part, error) {
	if content == nil {
		content = []byte{}
	}
	reply, err := s.call(ctx, "UploadPart", upload.Bucket, upload.Key, content, text("UploadId", upload.ID), number("PartNumber", int64(n)))
	if err != nil {
		return s3.Part{}, err
	}
	end(reply)
	return s3.Part{Number: n, ETag: str(reply.Output, "ETag")}, nil
}

// Complete implements s3.Store.
func (s *Store) Complete(ctx context.Context, upload s3.Upload, parts []s3.Part) (string, error) {
	all := make([]value.Value, len(parts))
	for i, p := range parts {
		all[i] = value.NewObject([]value.Member{number("PartNumber", int64(p.Number)), text("ETag", p.ETag)})
	}
	list := value.NewObject([]value.Member{{Key: "Parts", Value: value.NewArray(all)}})
	reply, err := s.call(ctx, "CompleteMultipartUpload", upload.Bucket, upload.Key, nil, text("UploadId", upload.ID),
		value.Member{Key: "MultipartUpload", Value: list})
	if err != nil {
		return "", err
	}
	end(reply)
	return str(reply.Output, "ETag"), nil
}

// Abort implements s3.Store.
func (s *Store) Abort(ctx context.Context, upload s3.Upload) error {
	reply, err := s.call(ctx, "AbortMultipartUpload", upload.Bucket, upload.Key, nil, text("UploadId", upload.ID))
	if err != nil {
		return err
	}
	end(reply)
	return nil
}
