package s3

import (
	"context"
	"io"
	"sync"

	"github.com/statelark/statelark/awswire"
)

// memory holds bodies in memory, up to a bound. A body never changes, so whoever has it open keeps it.
type memory struct {
	max int64

	mu     sync.Mutex
	used   int64
	bodies map[string]*block
}

// block is a body in memory, in chunks of chunkSize but the last.
type block struct {
	chunks [][]byte
	size   int64
}

func newMemory(limit int64) *memory { return &memory{max: limit, bodies: map[string]*block{}} }

func (m *memory) take(n int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.used+n > m.max {
		return &awswire.Error{Code: "InsufficientStorage", Status: 507,
			Message: "The objects of a server without a data directory are in memory, which is full."}
	}
	m.used += n
	return nil
}

func (m *memory) give(n int64) {
	m.mu.Lock()
	m.used -= n
	m.mu.Unlock()
}

func (m *memory) create() (draft, error) { return &memoryDraft{m: m}, nil }

func (m *memory) open(id string) (source, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.bodies[id]; b != nil {
		return b, nil
	}
	return nil, errGone
}

func (m *memory) copy(id string) (string, error) {
	b, err := m.open(id)
	if err != nil {
		return "", err
	}
	whole := b.(*block)
	if err := m.take(whole.size); err != nil {
		return "", err
	}
	second := newBodyID('m')
	m.mu.Lock()
	m.bodies[second] = whole
	m.mu.Unlock()
	return second, nil
}

func (m *memory) remove(ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		if b := m.bodies[id]; b != nil {
			m.used -= b.size
			delete(m.bodies, id)
		}
	}
}

// pin has nothing to do: who reads parts in memory opens them all at once.
func (m *memory) pin([]string)                {}
func (m *memory) unpin([]string)              {}
func (m *memory) close(context.Context) error { return nil }

type memoryDraft struct {
	m    *memory
	b    block
	kept bool
}

func (d *memoryDraft) Write(p []byte) (int, error) {
	if err := d.m.take(int64(len(p))); err != nil {
		return 0, err
	}
	d.b.size += int64(len(p))
	for rest := p; len(rest) > 0; {
		last := len(d.b.chunks) - 1
		if last < 0 || len(d.b.chunks[last]) == chunkSize {
			d.b.chunks = append(d.b.chunks, make([]byte, 0, chunkSize))
			last++
		}
		n := min(len(rest), chunkSize-len(d.b.chunks[last]))
		d.b.chunks[last] = append(d.b.chunks[last], rest[:n]...)
		rest = rest[n:]
	}
	return len(p), nil
}

func (d *memoryDraft) keep() (string, error) {
	id := newBodyID('m')
	d.m.mu.Lock()
	d.m.bodies[id] = &d.b
	d.m.mu.Unlock()
	d.kept = true
	return id, nil
}

func (d *memoryDraft) drop() {
	if !d.kept {
		d.m.give(d.b.size)
	}
}

func (b *block) Close() error { return nil }

func (b *block) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= b.size {
			return n, io.EOF
		}
		n += copy(p[n:], b.chunks[at/chunkSize][at%chunkSize:])
	}
	return n, nil
}

func (b *block) reader(offset, length int64) io.ReadCloser {
	return io.NopCloser(io.NewSectionReader(b, offset, length))
}
