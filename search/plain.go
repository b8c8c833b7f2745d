package search

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/statelark/statelark"
)

// Plain finds executions without an index: it looks at each, the newest first, and after maxPlain of them says that it has
// not seen all.
type Plain struct {
	Store  statelark.Store
	Source Source
	Now    func() time.Time
}

var _ Finder = (*Plain)(nil)

// maxPlain is how many executions a search looks at, plainAtOnce how many it reads at once.
const (
	maxPlain    = 10_000
	plainAtOnce = 256
)

// Search returns a page of what a request asks for.
func (p *Plain) Search(ctx context.Context, r Request) (page Page, err error) {
	err = p.each(ctx, r, func(f Found) bool {
		if len(page.Found) == r.Limit {
			page.Next = page.Found[r.Limit-1].ID
			return false
		}
		page.Found = append(page.Found, f)
		return true
	}, &page.Partial)
	return page, err
}

// Count returns how many executions a request asks for.
func (p *Plain) Count(ctx context.Context, r Request) (c Count, err error) {
	r.Before = statelark.ExecID{}
	err = p.each(ctx, r, func(Found) bool {
		c.N++
		return true
	}, &c.Partial)
	return c, err
}

// each calls f for what matches until it returns false; partial is set when that may not be all.
func (p *Plain) each(ctx context.Context, r Request, f func(Found) bool, partial *bool) error {
	express := p.express(r)
	seen := 0
	for before := r.Before; ; {
		list, err := p.Store.Newest(ctx, before, plainAtOnce)
		if err != nil {
			return fmt.Errorf("searching executions: %w", err)
		}
		for _, x := range list {
			for len(express) > 0 && express[0].ID.String() > x.ID.String() {
				if !f(express[0]) {
					return nil
				}
				express = express[1:]
			}
			found, ok, err := p.look(ctx, r, x)
			if err != nil {
				return fmt.Errorf("searching executions: %w", err)
			}
			if ok && !f(found) {
				return nil
			}
			before = x.ID
		}
		if seen += len(list); len(list) < plainAtOnce || seen >= maxPlain {
			*partial = len(list) == plainAtOnce
			break
		}
	}
	for _, x := range express {
		if !f(x) {
			return nil
		}
	}
	return nil
}

// look holds one execution against a request. Its payloads are read when the record alone does not tell.
func (p *Plain) look(ctx context.Context, r Request, x *statelark.Execution) (Found, bool, error) {
	if isMapRun(x) || !strings.HasPrefix(x.Machine, r.Machines) {
		return Found{}, false, nil
	}
	detail, err := p.Source.Detail(ctx, x.ID)
	if gone(err) {
		return Found{}, false, nil
	}
	if err != nil {
		return Found{}, false, err
	}
	d := documentOfDetail(detail, DefaultPayloadBytes)
	return Found{&detail.Execution, d.err}, r.matches(d.query(), p.Now()), nil
}

// express returns the Express executions that match, the newest first.
func (p *Plain) express(r Request) (list []Found) {
	for _, seen := range newestFirst(p.Source.ExpressExecutions("", maxExpress)) {
		d := documentOfDetail(&seen.ExecutionDetail, DefaultPayloadBytes)
		if below(seen.ID, r.Before) && r.matches(d.query(), p.Now()) {
			list = append(list, found(&seen.ExecutionDetail))
		}
	}
	return list
}
