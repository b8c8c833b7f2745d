package function

import (
	"context"
	"errors"
	"sync"
	"time"
)

// pool keeps the sandboxes of one version of a function: the idle one that worked last is taken first, and one
// that idles too long is closed. How many there may be at once is the gate's business.
type pool struct {
	f   *Function
	env *environment

	closing sync.WaitGroup // sandboxes that are being closed

	mu   sync.Mutex // guards what follows
	idle []*sandbox
}

func (p *pool) run(ctx context.Context, inv *Invocation) (*Result, error) {
	for {
		s, err := p.take()
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

// take returns a warm sandbox that has loaded the code as it is now, or else a new one.
func (p *pool) take() (*sandbox, error) {
	now := sourceOf(p.f)
	for {
		s := p.pop()
		if s == nil {
			return openSandbox(p.env, p.f, now)
		}
		if s.alive() && s.source == now {
			return s, nil
		}
		s.close()
	}
}

func (p *pool) pop() *sandbox {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	s := p.idle[n-1]
	p.idle = p.idle[:n-1]
	s.reaper.Stop()
	return s
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
	var wg sync.WaitGroup
	for s := p.pop(); s != nil; s = p.pop() {
		wg.Go(s.close)
	}
	wg.Wait()
	p.closing.Wait()
}
