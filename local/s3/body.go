package s3

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/statelark/statelark/local/kv"
)

// Bodies of up to inlineMax bytes are rows. Larger ones are written to a draft, which is made durable before the row that names it: a
// crash leaves a file that nobody names, at most.
const (
	inlineMax = 64 << 10
	chunkSize = 256 << 10
)

// errGone says that a body was removed.
var errGone = errors.New("the body was removed")

// bodies keeps what is too large for a row.
type bodies interface {
	// create begins a body.
	create() (draft, error)
	// open opens a body; errGone when there is none. Whoever has it open can read it whole, whatever becomes of it.
	open(id string) (source, error)
	// copy makes a second body of the same bytes.
	copy(id string) (string, error)
	// remove removes bodies that no row names any more, once that is durable.
	remove(ids []string)
	// pin holds bodies back from being removed until unpin.
	pin(ids []string)
	unpin(ids []string)
	close(ctx context.Context) error
}

// draft is a body that is written.
type draft interface {
	io.Writer
	// keep makes it durable, and returns its id.
	keep() (string, error)
	// drop forgets it; after keep it does nothing.
	drop()
}

// source is the bytes of a body.
type source interface {
	io.ReaderAt
	io.Closer
	// reader reads so many bytes from an offset; closing it closes the source.
	reader(offset, length int64) io.ReadCloser
}

// stored is a body that was received and that no row names yet.
type stored struct {
	id     string
	inline []byte
	size   int64
}

// chunks are what bodies pass through.
var chunks = sync.Pool{New: func() any { b := make([]byte, chunkSize); return &b }}

func newBodyID(kind byte) string {
	id := random()
	return string(kind) + hex.EncodeToString(id[:])
}

func isInline(id string) bool { return strings.HasPrefix(id, "i") }

func isFile(id string) bool { return strings.HasPrefix(id, "f") }

// receive takes in a body through its digests.
func (s *Service) receive(body io.Reader, sums *digests) (*stored, error) {
	if body == nil {
		return &stored{}, nil
	}
	buffer := chunks.Get().(*[]byte)
	defer chunks.Put(buffer)
	n, err := io.ReadFull(body, *buffer)
	sums.take((*buffer)[:n])
	whole := err == io.EOF || err == io.ErrUnexpectedEOF
	switch {
	case err != nil && !whole:
		return nil, err
	case n == 0:
		return &stored{}, nil
	case whole && n <= inlineMax:
		return &stored{newBodyID('i'), bytes.Clone((*buffer)[:n]), int64(n)}, nil
	}
	d, err := s.bodies.create()
	if err != nil {
		return nil, err
	}
	defer d.drop()
	for {
		if _, err := d.Write((*buffer)[:n]); err != nil {
			return nil, fmt.Errorf("writing a body: %w", err)
		}
		if whole {
			break
		}
		n, err = io.ReadFull(body, *buffer)
		if whole = err == io.EOF || err == io.ErrUnexpectedEOF; err != nil && !whole {
			return nil, err
		}
		sums.take((*buffer)[:n])
	}
	id, err := d.keep()
	if err != nil {
		return nil, err
	}
	return &stored{id: id, size: sums.size}, nil
}

// discard removes a body that will not be named.
func (s *Service) discard(b *stored) {
	if b != nil && b.id != "" && b.inline == nil {
		s.bodies.remove([]string{b.id})
	}
}

// setBody names a body.
func setBody(batch *kv.Batch, b *stored) {
	switch {
	case b.id == "":
	case b.inline != nil:
		batch.Set(inlineKey(b.id), append([]byte{rowVersion}, b.inline...))
	default:
		batch.Set(fileKey(b.id), []byte{rowVersion})
	}
}

// dropBody takes a body's name away, and appends it to files if it is one.
func dropBody(batch *kv.Batch, id string, files []string) []string {
	switch {
	case id == "":
	case isInline(id):
		batch.Delete(inlineKey(id))
	default:
		batch.Delete(fileKey(id))
		files = append(files, id)
	}
	return files
}

// inline is a small body.
type inline struct{ *bytes.Reader }

func (inline) Close() error { return nil }

func (b inline) reader(offset, length int64) io.ReadCloser {
	return io.NopCloser(io.NewSectionReader(b.Reader, offset, length))
}

// openBody opens one body.
func (s *Service) openBody(id string) (source, error) {
	if id == "" {
		return inline{bytes.NewReader(nil)}, nil
	}
	if !isInline(id) {
		return s.bodies.open(id)
	}
	row, err := s.store.Get(inlineKey(id))
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, errGone
	}
	return inline{bytes.NewReader(row[1:])}, nil
}

// openVersion opens length bytes of an object from an offset; errGone when it was removed since it was read.
func (s *Service) openVersion(bucket string, v *version, offset, length int64) (io.ReadCloser, error) {
	if v.Upload == "" {
		b, err := s.openBody(v.Body)
		if err != nil {
			return nil, err
		}
		return b.reader(offset, length), nil
	}
	parts, err := s.parts(v.Upload, 0, maxParts)
	if err != nil {
		return nil, err
	}
	j := &joined{s: s, left: length}
	for _, p := range parts {
		if len(j.parts) == 0 && offset >= p.Size {
			offset -= p.Size
			continue
		}
		j.parts = append(j.parts, p)
		if isFile(p.Body) {
			j.pins = append(j.pins, p.Body)
		}
	}
	j.skip = offset
	s.bodies.pin(j.pins)
	if err := j.prepare(bucket, v); err != nil {
		_ = j.Close()
		return nil, err
	}
	return j, nil
}

// joined reads the parts of an object one behind the other. Files are pinned, and opened when their turn comes; the others are opened at once.
type joined struct {
	s      *Service
	parts  []part
	pins   []string
	held   map[string]source // those that are no files
	now    io.ReadCloser     // of the part that is read
	skip   int64             // of the next part
	left   int64
	closed bool
}

// prepare holds what a removal would take away. The version must be there still, for pins that come after it help nothing.
func (j *joined) prepare(bucket string, v *version) error {
	for _, p := range j.parts {
		if isFile(p.Body) {
			continue
		}
		b, err := j.s.openBody(p.Body)
		if err != nil {
			return err
		}
		if j.held == nil {
			j.held = map[string]source{}
		}
		j.held[p.Body] = b
	}
	row, err := j.s.store.Get(versionKey(bucket, v.Key, v.Seq))
	if err == nil && row == nil {
		err = errGone
	}
	return err
}

// turn opens the next part.
func (j *joined) turn() error {
	if len(j.parts) == 0 {
		return io.ErrUnexpectedEOF
	}
	p := j.parts[0]
	j.parts = j.parts[1:]
	b, ok := j.held[p.Body]
	if !ok {
		var err error
		if b, err = j.s.openBody(p.Body); err != nil {
			return err
		}
	}
	j.now, j.skip = b.reader(j.skip, min(p.Size-j.skip, j.left)), 0
	return nil
}

func (j *joined) Read(p []byte) (int, error) {
	for j.left > 0 {
		if j.now == nil {
			if err := j.turn(); err != nil {
				return 0, err
			}
		}
		n, err := j.now.Read(p[:min(int64(len(p)), j.left)])
		j.left -= int64(n)
		if err == io.EOF {
			err = j.now.Close()
			j.now = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// WriteTo lets each part be sent as its file can be.
func (j *joined) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for j.left > 0 {
		if j.now == nil {
			if err := j.turn(); err != nil {
				return total, err
			}
		}
		n, err := io.Copy(w, j.now)
		total, j.left = total+n, j.left-n
		if err != nil {
			return total, err
		}
		if err := j.now.Close(); err != nil {
			return total, err
		}
		j.now = nil
	}
	return total, nil
}

func (j *joined) Close() error {
	if j.closed {
		return nil
	}
	j.closed = true
	j.s.bodies.unpin(j.pins)
	if j.now != nil {
		return j.now.Close()
	}
	return nil
}
