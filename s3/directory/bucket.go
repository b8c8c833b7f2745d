package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/s3"
)

// Bucket is a folder that is a bucket.
type Bucket struct {
	Name    string
	Created time.Time // when something in it was last made or removed, since folders tell no more
}

// Buckets returns all folders that are buckets, by name.
func (d *Directory) Buckets() ([]Bucket, error) {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("listing buckets: %w", err)
	}
	var all []Bucket
	for _, e := range entries {
		b, err := d.Bucket(e.Name())
		if s3.Is(err, s3.NoSuchBucket) || s3.Is(err, s3.AccessDenied) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b Bucket) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Bucket returns the bucket of a name; an *s3.Error of code NoSuchBucket when there is none.
func (d *Directory) Bucket(name string) (Bucket, error) {
	folder, err := d.bucket(name)
	if err != nil {
		return Bucket{}, err
	}
	defer func() { _ = folder.Close() }()
	info, err := folder.Stat(".")
	if err != nil {
		return Bucket{}, fmt.Errorf("looking at bucket %s: %w", name, err)
	}
	return Bucket{name, info.ModTime()}, nil
}

// Delete removes an object, and the folders of its path that are empty then. That there is none is no error.
func (d *Directory) Delete(ctx context.Context, name, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	bucket, err := d.bucket(name)
	if err != nil {
		return err
	}
	defer func() { _ = bucket.Close() }()
	file, _, err := openObject(bucket, name, key)
	if s3.Is(err, s3.NoSuchKey) {
		return nil
	}
	if err != nil {
		return err
	}
	_ = file.Close()
	path := pathOf(key)
	if err := bucket.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failure("deleting", name, key, err)
	}
	folder := filepath.Dir(path)
	for folder != "." && bucket.Remove(folder) == nil {
		folder = filepath.Dir(folder)
	}
	if err := syncFolder(bucket, folder); err != nil {
		return failure("deleting", name, key, err)
	}
	return nil
}
