package function

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/statelark/statelark/arn"
)

// pool keeps the sandboxes of one version of a function: the idle one that worked last is taken first, and one
// that idles too long is closed. A sandbox has the environment of one place, and a declared function is in many; no more
// sandboxes are kept than may work at once, so one of another place gives way.
type pool struct {
	f    *Function
	env  *environment
	most int // that work at once, which the gate sees to

	closing sync.WaitGroup // sandboxes that are being closed

	mu   sync.Mutex // guards what follows
	idle []*sandbox // the one that worked last at the end
	busy int        // invocations
}

func (p *pool) run(ctx context.Context, inv *Invocation) (*Result, error) {
	p.begin(1)
	defer p.begin(-1)
	for {
		s, err := p.take(inv.place)
		if err != nil {
			return failed(typeEntrypoint, "RequestId: %s Error: %v", inv.RequestID, err), nil
		}
		res, dead, err := s.invoke(ctx, inv, p.env.initTimeout)
		if dead {
			s.close()
		} else {
			p.put(s)
		}
		if errors.Is(err, errNotTaken) { // it died while idle
			continue
		}
		return res, err
	}
}

// begin counts the invocations under way.
func (p *pool) begin(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy += n
}

// take returns a warm sandbox of a place that has loaded the code as it is now, or else a new one.
func (p *pool) take(at arn.Place) (*sandbox, error) {
	now := sourceOf(p.f)
	for {
		s := p.pop(at)
		if s == nil {
			p.makeRoom()
			return openSandbox(p.env, p.f, at, now)
		}
		if s.alive() && s.source == now {
			return s, nil
		}
		s.close()
	}
}

// pop takes the sandbox of a place that worked last, nil when none of them is idle.
func (p *pool) pop(at arn.Place) *sandbox {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range slices.Backward(p.idle) {
		if s.place == at {
			p.idle = slices.Delete(p.idle, i, i+1)
			s.reaper.Stop()
			return s
		}
	}
	return nil
}

// makeRoom closes the sandbox that has idled longest, where there are as many as may work at once.
func (p *pool) makeRoom() {
	p.mu.Lock()
	if len(p.idle) == 0 || len(p.idle)+p.busy <= p.most {
		p.mu.Unlock()
		return
	}
	oldest := p.idle[0]
	p.mu.Unlock()
	p.reap(oldest)
}

func (p *pool) put(s *sandbox) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, s)
	s.reaper = time.AfterFunc(p.env.idleTimeout, func() { p.reap(s) })
}

// reap closes a sandbox that has idled too long, unless it was taken just now.
func (p *pool) reap(s *sandbox) {
	if p.remove(s) {
		defer p.closing.Done()
		s.close()
	}
}

func (p *pool) remove(s *sandbox) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.idle {
		if other == s {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			p.closing.Add(1)
			return true
		}
	}
	return false
}

func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	var wg sync.WaitGroup
	for _, s := range idle {
		s.reaper.Stop()
		wg.Go(s.close)
	}
	wg.Wait()
	p.closing.Wait()
}
