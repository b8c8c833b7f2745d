package node

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// zeros is a body of so many bytes.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	z.left -= n
	return int(n), nil
}

func (z *zeros) Close() error { return nil }

func sized(ctx context.Context, sent, told int64) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil)
	r.Body, r.ContentLength = &zeros{sent}, told
	return r
}

// TestLargeBodiesShare sends many large bodies at a time: what is held of them together is bounded, and all get through.
func TestLargeBodiesShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const budget, size, requests = 160 << 20, 60 << 20, 8
		b := newBodies(budget, time.Hour)
		var held, most, served atomic.Int64
		for i := range requests {
			told := int64(size)
			if i%2 == 1 {
				told = -1 // in chunks
			}
			go func() {
				r := sized(t.Context(), size, told)
				defer b.admit(r)()
				buffer := make([]byte, 64<<10)
				var own int64
				for {
					n, err := r.Body.Read(buffer)
					own += int64(n)
					if held.Add(int64(n)); held.Load() > most.Load() {
						most.Store(held.Load())
					}
					if err == io.EOF {
						break
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
				time.Sleep(time.Second) // the handler works on it
				held.Add(-own)
				served.Add(1)
			}()
		}
		time.Sleep(time.Minute)
		if served.Load() != requests || copies*most.Load() > budget+copies*requests*smallBody {
			t.Errorf("%d of %d were served, %d MB held at most", served.Load(), requests, most.Load()>>20)
		}
	})
}

// TestLargeBodyGivesUp: a body that does not get its turn fails, with its client or after a time; small ones do not wait.
func TestLargeBodyGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBodies(200<<20, time.Minute)
		first := sized(t.Context(), 70<<20, 70<<20)
		release := b.admit(first)
		if _, err := first.Body.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		late := sized(t.Context(), 70<<20, 70<<20)
		defer b.admit(late)()
		if _, err := io.Copy(io.Discard, late.Body); !errors.Is(err, errBusy) {
			t.Errorf("after a minute: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		gone := sized(ctx, 70<<20, 70<<20)
		defer b.admit(gone)()
		if _, err := io.Copy(io.Discard, gone.Body); !errors.Is(err, context.Canceled) {
			t.Errorf("without a client: %v", err)
		}
		for _, told := range []int64{smallBody, -1} {
			small := sized(t.Context(), smallBody, told)
			defer b.admit(small)()
			if n, err := io.Copy(io.Discard, io.LimitReader(small.Body, smallBody)); err != nil || n != smallBody {
				t.Errorf("a small one: %d, %v", n, err)
			}
		}
		release()
		next := sized(t.Context(), 70<<20, 70<<20)
		defer b.admit(next)()
		if _, err := io.Copy(io.Discard, next.Body); err != nil {
			t.Errorf("when there is room again: %v", err)
		}
	})
}

// TestLargeBodyIsCollected: the memory of a large body is free before its part of the budget is.
func TestLargeBodyIsCollected(t *testing.T) {
	for size, want := range map[int64]int{2 * smallBody: 0, 60 << 20: 1} {
		b := newBodies(bodyBudget, time.Minute)
		collected := 0
		b.collect = func() {
			collected++
			if b.budget.TryAcquire(bodyBudget) {
				t.Error("the budget is free before the memory is")
			}
		}
		r := sized(t.Context(), size, size)
		done := b.admit(r)
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Fatal(err)
		}
		done()
		if collected != want || !b.budget.TryAcquire(bodyBudget) {
			t.Errorf("%d bytes: collected %d times, want %d; or the budget is not free", size, collected, want)
		}
	}
}
