package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Bounds of the bodies of requests, in bytes. A body up to smallBody is read as it comes; those of most operations have
// to be smaller. Larger ones are read while they fit into bodyBudget together; the rest waits its turn. largestBody is what one
// without a length is counted as: the largest that any operation takes.
const (
	smallBody   = 1 << 20
	bodyBudget  = 160 << 20
	largestBody = 70 << 20

	// copies is how many times a large body is there at most: as it was sent, and what is decoded from it.
	copies = 2
	// collectFrom is the size from which the memory of a body is collected before others get it: else what is garbage
	// would come on top of the budget.
	collectFrom = 8 << 20
)

// bodies bounds the memory that large bodies take together: what a client sends is held by its handler until it answers.
type bodies struct {
	budget  *semaphore.Weighted
	wait    time.Duration // how long one waits for its turn
	collect func()        // frees the memory that nobody holds any more
}

func newBodies(budget int64, wait time.Duration) *bodies {
	return &bodies{budget: semaphore.NewWeighted(budget), wait: wait, collect: runtime.GC}
}

// errBusy is what a handler is told whose body did not get its turn.
var errBusy = errors.New("the server is busy with other large requests")

// admit has the body of a request wait its turn when a handler reads it. done gives back what it took, at the end of the
// request.
func (b *bodies) admit(r *http.Request) (done func()) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength >= 0 && r.ContentLength <= smallBody {
		return func() {}
	}
	size := int64(largestBody)
	if r.ContentLength >= 0 {
		size = min(r.ContentLength, largestBody)
	}
	size *= copies
	body := &largeBody{ReadCloser: r.Body, ctx: r.Context(), bodies: b, size: size}
	if r.ContentLength < 0 {
		body.free = smallBody
	}
	r.Body = body
	return body.done
}

// largeBody is a body that waits its turn. A handler may read it in a goroutine of its own.
type largeBody struct {
	io.ReadCloser
	ctx    context.Context
	bodies *bodies
	size   int64 // of the budget
	free   int   // bytes that may be read before it waits

	mu    sync.Mutex // guards what follows
	taken bool
	ended bool
}

// Read reads from the body.
func (b *largeBody) Read(p []byte) (int, error) {
	if b.free > 0 {
		n, err := b.ReadCloser.Read(p[:min(len(p), b.free)])
		b.free -= n
		return n, err
	}
	if err := b.take(); err != nil {
		return 0, err
	}
	return b.ReadCloser.Read(p)
}

func (b *largeBody) take() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken || b.ended {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(b.ctx, b.bodies.wait, errBusy)
	defer cancel()
	if err := b.bodies.budget.Acquire(ctx, b.size); err != nil {
		return fmt.Errorf("reading a large body: %w", context.Cause(ctx))
	}
	b.taken = true
	return nil
}

func (b *largeBody) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	if !b.taken {
		return
	}
	b.taken = false
	if b.size >= copies*collectFrom {
		b.bodies.collect()
	}
	b.bodies.budget.Release(b.size)
}
