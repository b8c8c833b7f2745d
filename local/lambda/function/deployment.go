package function

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/value"
)

// deployment is a function that can be invoked. An update makes a new one; the old one goes when the
// invocations that it has are over.
type deployment struct {
	*Function
	gate   *gate
	runner runner

	mu      sync.Mutex // guards what follows
	users   int        // invocations that hold the deployment
	retired bool
	onEnd   func() // called once, when it is retired and has no users
}

func deploy(f *Function, env *environment, o *Options) *deployment {
	d := &deployment{Function: f}
	concurrency := DefaultConcurrency
	switch {
	case len(f.Code.Command) > 0:
		d.runner = &commandRunner{f: f, env: env, stream: newStream(env, f, arn.Place{}).name}
	case f.Code.URL != "":
		d.runner = newURLRunner(f)
		concurrency = DefaultURLConcurrency
	default:
		d.runner = &pool{f: f, env: env, most: cmp.Or(f.Concurrency, o.Concurrency, concurrency)}
	}
	d.gate = newGate(cmp.Or(f.Concurrency, o.Concurrency, concurrency), o.Queue)
	return d
}

// acquire keeps the deployment until release. It fails when the deployment was retired meanwhile.
func (d *deployment) acquire() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.retired {
		return false
	}
	d.users++
	return true
}

func (d *deployment) release() {
	d.mu.Lock()
	d.users--
	last := d.retired && d.users == 0
	d.mu.Unlock()
	if last {
		d.end()
	}
}

// retire takes the deployment out of use. onEnd is called when nothing of it is left.
func (d *deployment) retire(onEnd func()) {
	d.mu.Lock()
	d.retired, d.onEnd = true, onEnd
	last := d.users == 0
	d.mu.Unlock()
	if last {
		d.end()
	}
}

func (d *deployment) end() {
	d.runner.close()
	d.onEnd()
}

// run carries out an invocation that has its place in the gate's queue.
func (d *deployment) run(ctx context.Context, place pass, inv *Invocation) (*Result, error) {
	if err := place.wait(ctx); err != nil {
		return nil, err
	}
	defer place.leave()
	begin := time.Now()
	res, err := d.runner.run(ctx, inv)
	if err != nil {
		return nil, err
	}
	res.Version = d.Version
	if inv.WantLog {
		res.Log = d.invocationLog(inv, res.Log, time.Since(begin))
	}
	return res, nil
}

// invocationLog is what Lambda's log says of an invocation that printed output, cut to its end.
func (d *deployment) invocationLog(inv *Invocation, output []byte, took time.Duration) []byte {
	if n := len(output); n > 0 && output[n-1] != '\n' {
		output = append(output, '\n')
	}
	log := fmt.Appendf(nil, "%s\n%sEND RequestId: %s\n%s\n", startLine(inv, d.Version), output, inv.RequestID, reportLine(inv, took, d.MemoryMB))
	return log[max(0, len(log)-LogTail):]
}

// checkPayload refuses what no function can be given.
func checkPayload(inv *Invocation, limit int, kind string) error {
	if len(inv.Payload) > limit {
		return Errorf("RequestEntityTooLargeException", http.StatusRequestEntityTooLarge,
			"%d byte payload is too large for the %s invocation type (limit %d bytes)", len(inv.Payload), kind, limit)
	}
	if inv.Valid {
		return nil
	}
	if _, err := value.ParseBytes(inv.Payload); err != nil {
		return Errorf("InvalidRequestContentException", http.StatusBadRequest,
			"Could not parse request body into json: %v", err)
	}
	return nil
}
