package engine

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/items"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/value"
)

// readGiven reads a text as the object that an ItemReader reads. Where that would be several, or a list, the text is one of
// the objects that are read by InputType, or a JSON array of what is listed.
func (t *stateTest) readGiven(text string, reader value.Value) (interp.ItemsRead, *interp.Failure) {
	spec := itemsSpec(reader)
	read := interp.ItemsRead{Source: originOfItems(&spec)}
	listed := spec.Resource == items.ListObjectsV2 && spec.Transformation != items.LoadAndFlatten
	if listed || spec.ManifestType == items.S3Inventory || spec.InputType == items.Manifest {
		spec.InputType = items.JSON
	}
	spec.Resource, spec.ManifestType, spec.Transformation = items.GetObject, "", ""
	spec.Key = unpackedKey(spec.Key) // no text is packed
	store := &given{text: text}
	var err error
	if read.Items, err = readItems(t.ctx, store, spec, t.e.opts.Limits); err == nil && spec.ItemsPointer != "" && spec.InputType == items.JSON {
		spec.MaxItems = 0
		read.Pointed, err = readItems(t.ctx, store, spec, t.e.opts.Limits)
	}
	if err != nil {
		return read, failure("States.ItemReaderFailed", err.Error())
	}
	return read, nil
}

// unpackedKey is a key without the end by which an object is known to be packed.
func unpackedKey(key string) string {
	for _, end := range []string{".gz", ".gzip", ".zst", ".zstd"} {
		if n := len(key) - len(end); n >= 0 && strings.EqualFold(key[n:], end) {
			return key[:n]
		}
	}
	return key
}

// readItems reads a whole data set into an array, or into an object when its items are the members of one.
func readItems(ctx context.Context, store s3.Store, spec items.Spec, l *limits.Limits) (value.Value, error) {
	source, err := items.Open(ctx, store, spec, nil, l)
	if err != nil {
		return value.Value{}, err
	}
	defer source.Close()
	var list []value.Value
	var members []value.Member
	for {
		page, err := source.Next(ctx, readAhead)
		switch {
		case errors.Is(err, io.EOF) && members != nil:
			return value.NewObject(members), nil
		case errors.Is(err, io.EOF):
			return value.NewArray(list), nil
		case err != nil:
			return value.Value{}, err
		}
		for _, item := range page {
			if item.Keyed {
				members = append(members, value.Member{Key: item.Key, Value: item.Value})
			} else {
				list = append(list, item.Value)
			}
		}
	}
}

// group makes batches of inputs.
func (b *batcher) group(inputs []value.Value) ([]value.Value, *interp.Failure) {
	if f := b.check(); f != nil {
		return nil, f
	}
	var batches []value.Value
	for len(inputs) > 0 {
		text, count := []byte(b.head), 0
		for count < len(inputs) && int64(count) < b.items {
			more, fits := b.add(text, count, inputs[count])
			if !fits && count > 0 {
				break
			}
			text = more
			count++
		}
		batches, inputs = append(batches, value.CheckedCompact(string(append(text, b.tail...)))), inputs[count:]
	}
	return batches, nil
}

// given is an object store that has one object, whatever it is asked for.
type given struct {
	s3.Store // nil: nothing is written or listed
	text     string
}

// Get implements s3.Store.
func (g *given) Get(_ context.Context, q s3.GetRequest) (*s3.Content, error) {
	size := int64(len(g.text))
	from := min(q.Offset, size)
	end := size
	if q.Length > 0 {
		end = min(size, from+q.Length)
	}
	return &s3.Content{
		Object: s3.Object{Key: q.Key, ETag: `"given"`, Size: size, LastModified: time.Time{}},
		Body:   io.NopCloser(strings.NewReader(g.text[from:end])),
	}, nil
}
