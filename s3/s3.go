// Package s3 says what a Map Run needs of an object store, in S3's own words: lists by page, ranged reads, whole and
// multipart writes, and errors by which a caller can tell a missing bucket from a forbidden one. Package directory
// below it is a store made of folders.
package s3

import (
	"context"
	"io"
	"time"
)

// Store is an object store: S3 itself, or what stands in for it. Its methods may be called by several goroutines.
// Their errors are an *Error where S3 has a code for what is wrong; else the context's, or "doing: cause".
type Store interface {
	// List returns a page of the objects of a bucket, in the order of the bytes of their keys.
	List(ctx context.Context, request ListRequest) (Page, error)
	// Get opens an object, or a part of it. The caller closes the body. A body ends with io.EOF when it is whole, and
	// with an *Error of code PreconditionFailed when the object was changed while it was read.
	Get(ctx context.Context, request GetRequest) (*Content, error)
	// Put stores a whole object and returns its ETag: whoever lists or reads sees all of it or none.
	Put(ctx context.Context, bucket, key string, body io.Reader) (etag string, err error)

	// Begin starts a multipart upload. Until Complete nothing of it can be listed or read, and an object that had
	// the key before stays as it was.
	Begin(ctx context.Context, bucket, key string) (Upload, error)
	// Part stores a part, numbered from 1 to 10,000; a part of that number stored before is replaced.
	Part(ctx context.Context, upload Upload, number int, body []byte) (Part, error)
	// Complete makes the object of parts, which stand in ascending order, and returns its ETag.
	Complete(ctx context.Context, upload Upload, parts []Part) (etag string, err error)
	// Abort forgets an upload and its parts. An upload that does not exist is an *Error of code NoSuchUpload.
	Abort(ctx context.Context, upload Upload) error
}

// Object is what a list tells of an object.
type Object struct {
	Key          string
	ETag         string // with its quotes: "\"9a0364b9e99bb480dd25e1f0284c8555\""
	Size         int64  // in bytes
	LastModified time.Time
	StorageClass string // "STANDARD"
}

// ListRequest asks for a page of a bucket.
type ListRequest struct {
	Bucket string
	Prefix string // of the keys
	// Token is the Next of the page before; "" for the first one.
	Token string
	// StartAfter lets the list begin with the first key after this one, whether there is such an object or not.
	// With a Token it means nothing.
	StartAfter string
	Max        int // objects a page, 1 to MaxPage; 0 for MaxPage
}

// MaxPage is how many objects a page has at most.
const MaxPage = 1000

// Page is a part of a list.
type Page struct {
	Objects []Object
	Next    string // the token of the next page; "" after the last one
}

// GetRequest asks for an object, from Offset on.
type GetRequest struct {
	Bucket, Key string
	VersionID   string // "" for the latest
	Offset      int64  // at the end of the object or after it the body is empty
	Length      int64  // at most so many bytes; 0 for all that follow
	IfMatch     string // an ETag: any other version fails with PreconditionFailed; "" for whichever there is
}

// Content is an object with its bytes.
type Content struct {
	Object
	Body io.ReadCloser
}

// Upload names a multipart upload.
type Upload struct {
	Bucket, Key, ID string
}

// Part names one part of an upload.
type Part struct {
	Number int
	ETag   string
}
