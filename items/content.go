package items

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/statelark/statelark/s3"
)

// chunk is how many bytes of an object are asked for at a time: what a Source holds of it as it stands.
const chunk = 1 << 20

// object reads an object chunk by chunk, so that no connection or file is kept between two pages, and holds it to the
// ETag that it had first.
type object struct {
	source *Source
	place  // without its Offset
	size   int64
	offset int64 // of the byte after held
	held   []byte
	buffer []byte
}

// openAt opens the object of a place and reads its first chunk from offset on. The place comes back with its ETag.
func (s *Source) openAt(at place, offset int64) (*object, place, error) {
	o := &object{source: s, place: at, offset: offset}
	if err := o.fetch(); err != nil {
		return nil, at, blame(at.Bucket, at.Key, err)
	}
	if most := s.limits.MapRunSourceBytes; most.Exceeded(o.size) {
		return nil, at, over("map-run-source-bytes", "The object s3://%s/%s is larger than %d bytes.", at.Bucket, at.Key, most)
	}
	at.ETag = o.ETag
	return o, at, nil
}

// fetch reads the chunk at offset.
func (o *object) fetch() error {
	got, err := o.source.store.Get(o.source.ctx, s3.GetRequest{
		Bucket: o.Bucket, Key: o.Key, VersionID: o.Version, IfMatch: o.ETag, Offset: o.offset, Length: chunk,
	})
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	o.size, o.ETag = got.Size, got.ETag
	length := max(0, min(chunk, got.Size-o.offset))
	if int64(cap(o.buffer)) < length {
		o.buffer = make([]byte, length)
	}
	o.held = o.buffer[:length]
	if _, err = io.ReadFull(got.Body, o.held); err != nil {
		o.held = nil
		return err
	}
	// The end of the body tells whether the object stayed what it was.
	if _, err = got.Body.Read(make([]byte, 1)); err != nil && !errors.Is(err, io.EOF) {
		o.held = nil
		return err
	}
	o.offset += length
	return nil
}

// Read implements io.Reader.
func (o *object) Read(into []byte) (int, error) {
	if len(o.held) == 0 {
		if o.offset >= o.size {
			return 0, io.EOF
		}
		if err := o.fetch(); err != nil {
			return 0, err
		}
	}
	n := copy(into, o.held)
	o.held = o.held[n:]
	return n, nil
}

// Close implements io.Closer.
func (o *object) Close() error { return nil }

// zstdWindow is the largest window of a zstd frame that is unpacked, in bytes: what its writers use at their highest
// usual level (19) is 8 MiB.
const zstdWindow = 32 << 20

// content opens an object for reading from at.Offset on, unpacked if its key says that it is packed. The place comes
// back with the ETag of the object.
func (s *Source) content(at place) (io.ReadCloser, place, error) {
	packed := packing(at.Key)
	if packed == "" {
		o, at, err := s.openAt(at, at.Offset)
		return o, at, err
	}
	o, at, err := s.openAt(at, 0)
	if err != nil {
		return nil, at, err
	}
	unpacked, err := unpack(packed, o)
	if err == nil {
		// There is no going into the middle of what is packed.
		watched := watched{unpacked, s}
		if _, err = io.CopyN(io.Discard, watched, at.Offset); err == nil {
			return watched, at, nil
		}
		_ = unpacked.Close()
	}
	return nil, at, blame(at.Bucket, at.Key, fmt.Errorf("unpacking: %w", err))
}

// watched ends with the context: a chunk may hold gigabytes of packed text.
type watched struct {
	io.ReadCloser
	source *Source
}

// Read implements io.Reader.
func (w watched) Read(into []byte) (int, error) {
	if err := w.source.ctx.Err(); err != nil {
		return 0, err
	}
	return w.ReadCloser.Read(into)
}

// unpack returns what is packed in from.
func unpack(packed string, from io.Reader) (io.ReadCloser, error) {
	if packed == "gzip" {
		return gzip.NewReader(from)
	}
	decoder, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow))
	if err != nil {
		return nil, err
	}
	return decoder.IOReadCloser(), nil
}
