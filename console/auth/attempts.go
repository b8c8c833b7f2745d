package auth

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// maxAttempts is how many attempts an address has at once, and attemptEvery how long it takes to have one more.
	maxAttempts  = 10
	attemptEvery = 6 * time.Second
	// maxAddresses is how many addresses are known. When there are more, those that have all their attempts again are forgotten,
	// and if there are none, no more are let in until there are.
	maxAddresses = 10_000
)

// attempts bounds how often an address may try to sign in. Networks of IPv6, of which one machine has a whole, count as one.
type attempts struct {
	now func() time.Time

	mu    sync.Mutex
	spent map[netip.Prefix]time.Time // when it has all its attempts again
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, spent: map[netip.Prefix]time.Time{}}
}

func network(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.WithZone("").Prefix(bits) // none of the zero Addr: all such are one
	return p
}

// allowed reports whether an address has an attempt left.
func (a *attempts) allowed(from netip.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	full, known := a.spent[network(from)]
	if !known && len(a.spent) >= maxAddresses {
		a.sweep(now)
		return len(a.spent) < maxAddresses
	}
	return !known || full.Sub(now) <= (maxAttempts-1)*attemptEvery
}

// failed takes an attempt from an address.
func (a *attempts) failed(from netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, at := a.now(), network(from)
	full := a.spent[at]
	if full.Before(now) {
		full = now
	}
	a.spent[at] = full.Add(attemptEvery)
}

// sweep forgets who has all attempts again.
func (a *attempts) sweep(now time.Time) {
	for at, full := range a.spent {
		if !full.After(now) {
			delete(a.spent, at)
		}
	}
}
