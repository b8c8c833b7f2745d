package crash

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// TestDesertedStart: an execution whose start was stored and never heard of is stopped like any other, when its kind
// only ends so. Otherwise it would wait for an hour, and the world with it.
func TestDesertedStart(t *testing.T) {
	w := newWorld(t, *seed, 4)
	var lost atomic.Int32
	heard := w.client
	w.client = sfn.New(heard.Options(), func(o *sfn.Options) { o.HTTPClient = deafOnce{&lost} })
	for _, k := range kinds {
		if !k.stop {
			continue
		}
		lost.Store(0)
		x := w.newExecution()
		x.kind = k
		x.arn = arnOf("execution:" + k.name + ":" + x.name)
		w.slots <- struct{}{}
		w.startOne(x, false)
		if lost.Load() == 0 || !x.start.IsZero() {
			t.Fatalf("the client of %s has heard of its start", x.name)
		}
	}
	if n := w.finish(t); n < 2 {
		t.Errorf("%d executions were audited", n)
	}
}

// deafOnce sends every call and loses the answer to the first StartExecution.
type deafOnce struct{ lost *atomic.Int32 }

func (d deafOnce) Do(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultClient.Do(r)
	if err == nil && strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".StartExecution") && d.lost.CompareAndSwap(0, 1) {
		return nil, errors.Join(errors.New("the answer was lost"), answer.Body.Close())
	}
	return answer, err
}
