package function

import (
	"errors"
	"net/http"
	"time"

	"github.com/statelark/statelark/arn"
)

// Reserved concurrency is how many invocations of a function, of all its versions, are under way at most. One that would be more
// is refused; an event invocation waits.

// errReserved refuses what is more than a function has reserved.
var errReserved = tooMany("ReservedFunctionConcurrentInvocationLimitExceeded")

func tooMany(reason string) *Error {
	return &Error{Code: "TooManyRequestsException", Status: http.StatusTooManyRequests, Message: "Rate Exceeded.", Reason: reason}
}

// enter counts an invocation, which leave ends; false: it would be more than is reserved.
func (e *entry) enter() bool {
	if n := e.busy.Add(1); e.reserved != nil && n > *e.reserved {
		e.busy.Add(-1)
		return false
	}
	return true
}

func (e *entry) leave() { e.busy.Add(-1) }

// full reports whether another invocation would be more than is reserved.
func (e *entry) full() bool { return e.reserved != nil && e.busy.Load() >= *e.reserved }

// Reserve sets the reserved concurrency of an uploaded function; nil: none.
func (c *Catalog) Reserve(r Ref, n *int64) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	old, err := c.uploaded(r, "")
	if err != nil {
		return err
	}
	e := *old
	e.reserved = n
	return c.replace(&e)
}

// Reserved returns the reserved concurrency of a function; nil: it has none.
func (c *Catalog) Reserved(r Ref) (*int64, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, _, err := c.find(r)
	if err != nil {
		return nil, err
	}
	return e.reserved, nil
}

// ReservedIn sums the reserved concurrency of the functions of a place, beside one.
func (c *Catalog) ReservedIn(at arn.Place, beside string) int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var sum int64
	for k, e := range c.functions {
		if k.place == at && k.name != beside && e.reserved != nil {
			sum += *e.reserved
		}
	}
	return sum
}

// How long an event invocation waits for its function, and how often it looks.
const (
	maxEventAge = 6 * time.Hour
	eventPause  = time.Second
)

// startLater is start of an event invocation, which waits while all that is reserved is under way.
func (c *Catalog) startLater(r Ref) (d *deployment, place pass, end func(), err error) {
	for began := time.Now(); ; {
		d, place, end, err = c.start(r)
		if !errors.Is(err, errReserved) || time.Since(began) > maxEventAge {
			return d, place, end, err
		}
		select {
		case <-c.base.Done():
			return nil, pass{}, nil, ErrClosed
		case <-time.After(eventPause):
		}
	}
}

// park keeps the catalogue until the end of an event invocation that waits, which are no more than one version's queue has.
func (c *Catalog) park() (end func(), err error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return nil, ErrClosed
	}
	if c.parked.Add(1) > int64(c.opts.Queue) {
		c.parked.Add(-1)
		return nil, errTooMany()
	}
	c.work.Add(1)
	return func() { c.parked.Add(-1); c.work.Done() }, nil
}
