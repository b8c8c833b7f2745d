package function

import (
	"context"
	"net/http"
	"sync"

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
	d := &deployment{Function: f, gate: newGate(o.Concurrency, o.Queue)}
	switch {
	case len(f.Code.Command) > 0:
		d.runner = &commandRunner{f: f, env: env}
	case f.Code.URL != "":
		d.runner = &urlRunner{f: f, client: o.HTTPClient}
	default:
		d.runner = &pool{f: f, env: env}
	}
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
	res, err := d.runner.run(ctx, inv)
	if err != nil {
		return nil, err
	}
	res.Version = d.Version
	return res, nil
}

// checkPayload refuses what no function can be given.
func checkPayload(inv *Invocation, limit int, kind string) error {
	if len(inv.Payload) > limit {
		return Errorf("RequestTooLargeException", http.StatusRequestEntityTooLarge,
			"%d byte payload is too large for the %s invocation type (limit %d bytes)", len(inv.Payload), kind, limit)
	}
	if _, err := value.ParseBytes(inv.Payload); err != nil {
		return Errorf("InvalidRequestContentException", http.StatusBadRequest,
			"Could not parse request body into json: %v", err)
	}
	return nil
}
