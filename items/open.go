package items

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/limits"
)

// check refuses what no reader could read.
func (s *Spec) check(l *limits.Limits) error {
	switch {
	case s.MaxItems < 0:
		return fail("field MaxItems must be positive") // AWS, 2023
	case s.Resource == ListObjectsV2 && s.Transformation != LoadAndFlatten:
		return nil
	case s.inventory():
		return nil
	case utf8.RuneCountInString(s.ItemsPointer) > maxPointer:
		return fail("The ItemsPointer must not be longer than %d characters.", maxPointer)
	case s.Resource != GetObject && s.Resource != ListObjectsV2:
		return fail("The Resource %q is not supported by ItemReader.", s.Resource)
	}
	switch s.InputType {
	case JSON, JSONL, Parquet:
		return nil
	case CSV:
		return s.checkCSV(l)
	}
	return fail("The InputType %q is not supported by ItemReader.", s.InputType)
}

// inventory reports whether the object is the manifest of an inventory.
func (s *Spec) inventory() bool {
	return s.Resource == GetObject && (s.ManifestType == S3Inventory || s.ManifestType == "" && s.InputType == Manifest)
}

// open opens what the cursor is in.
func (s *Source) open(from cursor) (err error) {
	outer := place{Bucket: s.spec.Bucket, Key: s.spec.Key, Version: s.spec.VersionID}
	if from.Outer != nil {
		outer = *from.Outer
	}
	switch {
	case s.spec.Resource == ListObjectsV2 && s.spec.Transformation == LoadAndFlatten:
		s.objects = s.list(outer)
	case s.spec.Resource == ListObjectsV2:
		if from.Inner != nil {
			outer = *from.Inner
		}
		s.records = &listed{s.list(outer)}
		return nil
	case s.spec.inventory():
		s.objects, err = s.inventoryFiles(outer)
	case s.spec.ManifestType == AthenaData:
		s.objects, err = s.athenaObjects(outer)
	case from.Inner == nil:
		s.records, err = s.openObject(outer)
		return err
	}
	if err == nil && from.Inner != nil {
		s.records, err = s.openObject(*from.Inner)
	}
	return err
}

// openObject opens the object of a place by the form of its content.
func (s *Source) openObject(at place) (records, error) {
	if s.spec.InputType == Parquet && !s.spec.inventory() {
		return s.openParquet(at)
	}
	content, at, err := s.content(at)
	if err != nil {
		return nil, err
	}
	var opened records
	switch w := newWindow(content, at.Offset); {
	case s.spec.inventory():
		opened, err = s.openInventoryFile(w, at)
	case s.spec.InputType == CSV:
		opened, err = s.openTable(w, at)
	case s.spec.InputType == JSONL:
		opened = &lines{w}
	default:
		opened, err = openJSON(w, at, s.spec.ItemsPointer)
	}
	if err != nil {
		_ = content.Close()
		return nil, blame(at.Bucket, at.Key, err)
	}
	return &blaming{opened, content, at}, nil
}

// blaming tells in errors which object was read, and closes its content.
type blaming struct {
	records
	content io.Closer
	of      place
}

func (b *blaming) next() (Item, error) {
	item, err := b.records.next()
	if err != nil && !errors.Is(err, io.EOF) {
		err = blame(b.of.Bucket, b.of.Key, err)
	}
	return item, err
}

func (b *blaming) at() place {
	at := b.records.at()
	at.Bucket, at.Key, at.Version, at.ETag = b.of.Bucket, b.of.Key, b.of.Version, b.of.ETag
	return at
}

func (b *blaming) close() { _ = b.content.Close() }

// packing is how an object is compressed, by the end of its key.
func packing(key string) string {
	key = strings.ToLower(key)
	switch {
	case strings.HasSuffix(key, ".gz"), strings.HasSuffix(key, ".gzip"):
		return "gzip"
	case strings.HasSuffix(key, ".zst"), strings.HasSuffix(key, ".zstd"):
		return "zstd"
	}
	return ""
}
