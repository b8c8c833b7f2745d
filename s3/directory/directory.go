// Package directory is an s3.Store made of folders: a bucket is a folder of the directory, a key the path of a file
// below it. Nothing outside of the directory can be reached: every path is opened through an os.Root, so a link that
// leads out of its bucket is refused, as are "..", absolute keys and whatever is no regular file.
//
// The ETag of an object is made of its size and the time it was last modified, in nanoseconds, so that no file has to
// be read for it: whoever writes a file anew within the same tick of the file system's clock and to the same length is
// not noticed. An object has one version, "null", as in a bucket without versioning.
//
// What cannot be a path of files is no key here: empty parts ("a//b"), parts "." and "..", a slash at the end, and keys
// both of whose kinds would be one name ("a" and "a/b").
package directory

import (
	"context"
	"crypto/md5" // the form of an ETag, no secret
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"unicode/utf8"

	"github.com/statelark/statelark/s3"
)

// Directory is a store over one folder. It may be used by several goroutines, and by several processes.
type Directory struct {
	root *os.Root

	mu     sync.Mutex
	parked []*parked // lists that wait for the request of their next page, the oldest first
	number uint64    // of the last list parked
}

var _ s3.Store = (*Directory)(nil)

// Open returns the store of a folder, which must exist.
func Open(folder string) (*Directory, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("opening the directory of buckets: %w", err)
	}
	return &Directory{root: root}, nil
}

// Close lets go of the folder. Bodies that are still read stay open.
func (d *Directory) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.parked {
		_ = p.walk.bucket.Close()
	}
	d.parked = nil
	return d.root.Close()
}

// bucketName is what S3 allows as the name of a bucket, so that none leads elsewhere.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// bucket opens the folder of a bucket. The caller closes it.
func (d *Directory) bucket(name string) (*os.Root, error) {
	if !bucketName.MatchString(name) || strings.Contains(name, "..") {
		return nil, &s3.Error{Code: s3.NoSuchBucket, Bucket: name}
	}
	bucket, err := d.root.OpenRoot(name)
	switch {
	case err == nil:
		return bucket, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil, &s3.Error{Code: s3.NoSuchBucket, Bucket: name}
	case isHidden(err):
		return nil, &s3.Error{Code: s3.AccessDenied, Bucket: name, Err: err}
	default:
		return nil, fmt.Errorf("opening bucket %s: %w", name, err)
	}
}

// maxKey is how many bytes a key has at most, as in S3.
const maxKey = 1024

// staging is the folder of a bucket in which objects are made before they get their key. No key begins with it.
const staging = ".statelark-staging"

// pathOf returns the path of a key inside its bucket, or "" when no file can have it.
func pathOf(key string) string {
	if key == "" || len(key) > maxKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return ""
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part == "." || part == ".." {
			return ""
		}
	}
	if first, _, _ := strings.Cut(key, "/"); strings.EqualFold(first, staging) {
		return ""
	}
	path := filepath.FromSlash(key)
	if filepath.ToSlash(path) != key || !filepath.IsLocal(path) {
		return ""
	}
	return path
}

// writable is pathOf for keys that are to be written, with why one cannot be.
func writable(bucket, key string) (string, error) {
	if len(key) > maxKey {
		return "", &s3.Error{Code: s3.KeyTooLong, Bucket: bucket, Key: key}
	}
	if path := pathOf(key); path != "" {
		return path, nil
	}
	return "", &s3.Error{Code: s3.InvalidArgument, Bucket: bucket, Key: key, Message: "The key cannot be the path of a file"}
}

// isHidden reports whether err says that a path leads out of its root, or where this process may not go.
func isHidden(err error) bool {
	// os.Root has no exported error for a path that leaves it.
	return errors.Is(err, fs.ErrPermission) || err != nil && strings.Contains(err.Error(), "path escapes from parent")
}

// missing reports whether err says that there is no such file.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG) ||
		errors.Is(err, syscall.ELOOP)
}

// failure words an error of the file system as S3 would.
func failure(doing, bucket, key string, err error) error {
	switch {
	case missing(err):
		return &s3.Error{Code: s3.NoSuchKey, Bucket: bucket, Key: key}
	case isHidden(err):
		return &s3.Error{Code: s3.AccessDenied, Bucket: bucket, Key: key, Err: err}
	default:
		return fmt.Errorf("%s s3://%s/%s: %w", doing, bucket, key, err)
	}
}

// object returns what is told of the file of a key.
func object(key string, info fs.FileInfo) s3.Object {
	return s3.Object{Key: key, ETag: etag(info), Size: info.Size(), LastModified: info.ModTime(), StorageClass: "STANDARD"}
}

// etag returns a text in the form of an ETag that changes when the file does.
func etag(info fs.FileInfo) string {
	var mark [16]byte
	binary.BigEndian.PutUint64(mark[:8], uint64(info.Size()))
	binary.BigEndian.PutUint64(mark[8:], uint64(info.ModTime().UnixNano()))
	sum := md5.Sum(mark[:])
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// Get implements s3.Store.
func (d *Directory) Get(ctx context.Context, request s3.GetRequest) (*s3.Content, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	bucket, err := d.bucket(request.Bucket)
	if err != nil {
		return nil, err
	}
	defer func() { _ = bucket.Close() }()
	if request.VersionID != "" && request.VersionID != "null" {
		return nil, &s3.Error{Code: s3.NoSuchVersion, Bucket: request.Bucket, Key: request.Key}
	}
	file, info, err := openObject(bucket, request.Bucket, request.Key)
	if err != nil {
		return nil, err
	}
	content := &s3.Content{Object: object(request.Key, info)}
	if request.IfMatch != "" && request.IfMatch != content.ETag {
		_ = file.Close()
		return nil, &s3.Error{Code: s3.PreconditionFailed, Bucket: request.Bucket, Key: request.Key}
	}
	content.Body = newBody(ctx, file, request, content.Object)
	return content, nil
}

// openObject opens the file of a key, which must be a regular one.
func openObject(bucket *os.Root, name, key string) (*os.File, fs.FileInfo, error) {
	none := &s3.Error{Code: s3.NoSuchKey, Bucket: name, Key: key}
	path := pathOf(key)
	if path == "" {
		return nil, nil, none
	}
	// Looked at before it is opened, since opening a device may do something; and again after, since it may have
	// become another file. O_NONBLOCK: opening a FIFO would wait for its writer.
	info, err := bucket.Stat(path)
	if err != nil {
		return nil, nil, failure("reading", name, key, err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, none
	}
	file, err := bucket.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, failure("reading", name, key, err)
	}
	info, err = file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = none
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, failure("reading", name, key, err)
	}
	return file, info, nil
}
