package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/statelark/statelark/s3"
)

// What is written stands in the staging folder of its bucket, which no key names, until it is whole and synced; then it
// gets its path in one step. The staging folder is in the bucket and not beside it, for a bucket may be another file
// system than its neighbour.

// staleAfter is when an upload that nobody completed or aborted counts as forgotten.
const staleAfter = 7 * 24 * time.Hour

// Put implements s3.Store.
func (d *Directory) Put(ctx context.Context, name, key string, content io.Reader) (string, error) {
	path, err := writable(name, key)
	if err != nil {
		return "", err
	}
	bucket, err := d.bucket(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = bucket.Close() }()
	return store(ctx, bucket, name, key, path, content)
}

// store writes content into a file of the staging folder and gives it its path.
func store(ctx context.Context, bucket *os.Root, name, key, path string, content io.Reader) (string, error) {
	temporary := filepath.Join(staging, rand.Text())
	defer leave(bucket, temporary)
	if err := writeSynced(ctx, bucket, temporary, content); err != nil {
		return "", writeFailure(name, key, err)
	}
	if err := makeParents(bucket, path); err != nil {
		return "", writeFailure(name, key, err)
	}
	if info, err := bucket.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return "", &s3.Error{Code: s3.InvalidArgument, Bucket: name, Key: key, Message: "The path of the key is no regular file"}
	}
	if err := bucket.Rename(temporary, path); err != nil {
		return "", writeFailure(name, key, err)
	}
	if err := syncFolder(bucket, filepath.Dir(path)); err != nil {
		return "", writeFailure(name, key, err)
	}
	info, err := bucket.Stat(path)
	if err != nil {
		return "", writeFailure(name, key, err)
	}
	return etag(info), nil
}

func writeFailure(bucket, key string, err error) error {
	var known *s3.Error
	switch {
	case errors.As(err, &known), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case isHidden(err):
		return &s3.Error{Code: s3.AccessDenied, Bucket: bucket, Key: key, Err: err}
	default:
		return fmt.Errorf("writing s3://%s/%s: %w", bucket, key, err)
	}
}

// leave removes what is left in the staging folder, and the folder when it is empty.
func leave(bucket *os.Root, temporary string) {
	_ = bucket.RemoveAll(temporary)
	if info, err := bucket.Lstat(staging); err == nil && info.IsDir() {
		_ = bucket.Remove(staging)
	}
}

// inStaging calls create, which makes something in the staging folder, until it finds that folder: another writer, which was
// the last one, may take it away at any time.
func inStaging(bucket *os.Root, create func() error) error {
	for tries := 0; ; tries++ {
		err := bucket.MkdirAll(staging, 0o777)
		if err == nil {
			err = create()
		}
		if !errors.Is(err, fs.ErrNotExist) || tries == 100 {
			return err
		}
	}
}

// writeSynced makes a file of content in the staging folder.
func writeSynced(ctx context.Context, bucket *os.Root, path string, content io.Reader) error {
	var file *os.File
	err := inStaging(bucket, func() (err error) {
		file, err = bucket.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(file, interrupted{ctx, content})
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// interrupted is a reader that ends with its context.
type interrupted struct {
	ctx context.Context
	io.Reader
}

func (r interrupted) Read(into []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(into)
}

// makeParents makes the folders of a path, and syncs those in which it made one.
func makeParents(bucket *os.Root, path string) error {
	parent := filepath.Dir(path)
	if parent == "." {
		return nil
	}
	if info, err := bucket.Stat(parent); err == nil && info.IsDir() {
		return nil
	}
	if err := makeParents(bucket, parent); err != nil {
		return err
	}
	if err := bucket.Mkdir(parent, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(bucket, filepath.Dir(parent))
}

// syncFolder makes the names of a folder durable.
func syncFolder(bucket *os.Root, path string) error {
	folder, err := bucket.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// uploadFolder returns where the parts of an upload stand, or "" when id is not one of ours.
func uploadFolder(id string) string {
	if len(id) != len(rand.Text()) {
		return ""
	}
	for _, c := range id {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return ""
		}
	}
	return filepath.Join(staging, "upload-"+id)
}

// Begin implements s3.Store.
func (d *Directory) Begin(_ context.Context, name, key string) (s3.Upload, error) {
	if _, err := writable(name, key); err != nil {
		return s3.Upload{}, err
	}
	bucket, err := d.bucket(name)
	if err != nil {
		return s3.Upload{}, err
	}
	defer func() { _ = bucket.Close() }()
	sweep(bucket)
	id := rand.Text()
	if err := inStaging(bucket, func() error { return bucket.Mkdir(uploadFolder(id), 0o777) }); err != nil {
		return s3.Upload{}, writeFailure(name, key, err)
	}
	return s3.Upload{Bucket: name, Key: key, ID: id}, nil
}

// sweep removes what a process that is gone left in the staging folder.
func sweep(bucket *os.Root) {
	folder, err := bucket.Open(staging)
	if err != nil {
		return
	}
	defer func() { _ = folder.Close() }()
	entries, _ := folder.ReadDir(batch)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > staleAfter {
			_ = bucket.RemoveAll(filepath.Join(staging, e.Name()))
		}
	}
}

// upload opens the bucket of an upload and returns the folder of its parts.
func (d *Directory) upload(u s3.Upload) (*os.Root, string, error) {
	none := &s3.Error{Code: s3.NoSuchUpload, Bucket: u.Bucket, Key: u.Key}
	folder := uploadFolder(u.ID)
	if folder == "" {
		return nil, "", none
	}
	bucket, err := d.bucket(u.Bucket)
	if err != nil {
		return nil, "", err
	}
	if info, err := bucket.Lstat(folder); err != nil || !info.IsDir() {
		_ = bucket.Close()
		return nil, "", none
	}
	return bucket, folder, nil
}

// maxPart is the largest number of a part.
const maxPart = 10000

// Part implements s3.Store.
func (d *Directory) Part(ctx context.Context, u s3.Upload, number int, content []byte) (s3.Part, error) {
	if number < 1 || number > maxPart {
		return s3.Part{}, &s3.Error{Code: s3.InvalidArgument, Bucket: u.Bucket, Key: u.Key, Message: "Part number must be an integer between 1 and 10000, inclusive"}
	}
	bucket, folder, err := d.upload(u)
	if err != nil {
		return s3.Part{}, err
	}
	defer func() { _ = bucket.Close() }()
	path := filepath.Join(folder, strconv.Itoa(number))
	if err := ctx.Err(); err != nil {
		return s3.Part{}, err
	}
	// Not synced: an upload does not outlive a crash of the machine, for nobody knows of it then.
	if err := bucket.WriteFile(path, content, 0o666); err != nil {
		return s3.Part{}, writeFailure(u.Bucket, u.Key, err)
	}
	info, err := bucket.Stat(path)
	if err != nil {
		return s3.Part{}, writeFailure(u.Bucket, u.Key, err)
	}
	return s3.Part{Number: number, ETag: etag(info)}, nil
}

// Complete implements s3.Store.
func (d *Directory) Complete(ctx context.Context, u s3.Upload, parts []s3.Part) (string, error) {
	path, err := writable(u.Bucket, u.Key)
	if err != nil {
		return "", err
	}
	bucket, folder, err := d.upload(u)
	if err != nil {
		return "", err
	}
	defer func() { _ = bucket.Close() }()
	for i, part := range parts {
		info, err := bucket.Lstat(filepath.Join(folder, strconv.Itoa(part.Number)))
		if err != nil || etag(info) != part.ETag || i > 0 && part.Number <= parts[i-1].Number {
			return "", &s3.Error{Code: s3.InvalidPart, Bucket: u.Bucket, Key: u.Key}
		}
	}
	whole := &concatenation{bucket: bucket, folder: folder, parts: parts}
	defer whole.close()
	tag, err := store(ctx, bucket, u.Bucket, u.Key, path, whole)
	if err != nil {
		return "", err
	}
	leave(bucket, folder)
	return tag, nil
}

// Abort implements s3.Store.
func (d *Directory) Abort(_ context.Context, u s3.Upload) error {
	bucket, folder, err := d.upload(u)
	if err != nil {
		return err
	}
	defer func() { _ = bucket.Close() }()
	leave(bucket, folder)
	return nil
}

// concatenation reads the parts of an upload, one after the other.
type concatenation struct {
	bucket *os.Root
	folder string
	parts  []s3.Part
	file   *os.File
}

// Read implements io.Reader.
func (c *concatenation) Read(into []byte) (int, error) {
	for {
		if c.file == nil {
			if len(c.parts) == 0 {
				return 0, io.EOF
			}
			file, err := c.bucket.Open(filepath.Join(c.folder, strconv.Itoa(c.parts[0].Number)))
			if err != nil {
				return 0, err
			}
			c.file, c.parts = file, c.parts[1:]
		}
		n, err := c.file.Read(into)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		c.close()
		if n > 0 {
			return n, nil
		}
	}
}

func (c *concatenation) close() {
	if c.file != nil {
		_ = c.file.Close()
		c.file = nil
	}
}
