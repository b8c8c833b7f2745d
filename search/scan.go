package search

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/search/query"
)

var _ Finder = (*Index)(nil)

// maxExpress is how many Express executions are looked at.
const maxExpress = 10_000

// Search returns a page of what a request asks for. What it returns is as the store has it, whatever the index knows.
func (x *Index) Search(ctx context.Context, r Request) (Page, error) {
	var page Page
	for before := r.Before; ; {
		hits, partial, err := x.find(ctx, r, before, r.Limit+1-len(page.Found))
		if err != nil {
			return Page{}, fmt.Errorf("searching executions: %w", err)
		}
		page.Partial = partial
		want := r.Limit + 1 - len(page.Found)
		for _, h := range hits {
			if len(page.Found) == r.Limit {
				page.Next = page.Found[r.Limit-1].ID
				return page, nil
			}
			f, ok, err := x.verify(ctx, r, h)
			if err != nil {
				return Page{}, fmt.Errorf("searching executions: %w", err)
			}
			if ok {
				page.Found = append(page.Found, f)
			}
		}
		if len(hits) < want || r.Limit < 1 {
			return page, nil
		}
		before = hits[len(hits)-1].id
	}
}

// Count returns how many executions a request asks for, as far as the index knows.
func (x *Index) Count(ctx context.Context, r Request) (Count, error) {
	s, err := x.scan(ctx, r, statelark.ExecID{}, 0)
	if err != nil {
		return Count{}, fmt.Errorf("counting executions: %w", err)
	}
	return Count{N: s.count, Partial: s.partial}, nil
}

// verify returns what was found as the store has it, false when that is not what is asked for.
func (x *Index) verify(ctx context.Context, r Request, h hit) (Found, bool, error) {
	if h.express != nil {
		return found(&h.express.ExecutionDetail), true, nil
	}
	record, err := x.store.Execution(ctx, h.id)
	if gone(err) {
		return Found{}, false, nil
	}
	if err != nil {
		return Found{}, false, err
	}
	if recordAge(record) <= h.age {
		return Found{record, h.err}, true, nil
	}
	detail, err := x.source.Detail(ctx, h.id)
	if gone(err) {
		return Found{}, false, nil
	}
	if err != nil {
		return Found{}, false, err
	}
	d := documentOfDetail(detail, x.opts.PayloadBytes)
	return Found{&detail.Execution, d.err}, r.matches(d.query(), x.opts.Now()), nil
}

func found(x *statelark.ExecutionDetail) Found {
	f := Found{Execution: &x.Execution}
	if x.Error != nil {
		f.Error = *x.Error
	}
	return f
}

// find returns the n newest hits, the newest first.
func (x *Index) find(ctx context.Context, r Request, before statelark.ExecID, n int) ([]hit, bool, error) {
	s, err := x.scan(ctx, r, before, n)
	if err != nil {
		return nil, false, err
	}
	hits := make([]hit, len(s.hits))
	for i := len(hits) - 1; i >= 0; i-- {
		hits[i] = heap.Pop(&s.hits).(hit)
	}
	return hits, s.partial, nil
}

// scan goes over all documents. When a merge takes a segment away meanwhile, it begins again.
func (x *Index) scan(ctx context.Context, r Request, before statelark.ExecID, n int) (*scan, error) {
	for try := 0; ; try++ {
		s := &scan{index: x, ctx: ctx, r: r, now: x.opts.Now(), before: before, limit: n}
		err := s.all()
		if errors.Is(err, statelark.ErrNotFound) && try < 10 {
			continue
		}
		return s, err
	}
}

// hit is a document that matches.
type hit struct {
	id      statelark.ExecID
	age     int64
	err     string
	express *engine.ExpressSeen
}

// hits is a heap, the oldest on top.
type hits []hit

func (h hits) Len() int           { return len(h) }
func (h hits) Less(i, j int) bool { return bytes.Compare(h[i].id[:], h[j].id[:]) < 0 }
func (h hits) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *hits) Push(v any)        { *h = append(*h, v.(hit)) }
func (h *hits) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// scan is one run over all documents: over those of the tail and, the latest first, of the segments.
type scan struct {
	index   *Index
	ctx     context.Context
	r       Request
	now     time.Time
	before  statelark.ExecID // the zero id: all
	oldest  int64            // what ended before is gone
	limit   int              // the newest ones that are wanted; 0: their number alone
	hits    hits
	count   int
	partial bool
}

func (s *scan) all() error {
	var err error
	if s.oldest, err = s.index.oldestEnd(s.ctx); err != nil {
		return err
	}
	segments, tail, replaced := s.snapshot()
	for _, d := range tail {
		if s.wants(d.id) && !s.gone(d.stop) && s.r.matches(d.query(), s.now) {
			s.add(hit{id: d.id, age: d.age(), err: d.err})
		}
	}
	if err := s.express(); err != nil {
		return err
	}
	for _, g := range segments {
		if s.full() && bytes.Compare(g.last[:], s.hits[0].id[:]) < 0 {
			return nil // nor have those that follow later ones
		}
		if err := s.segment(g, replaced); err != nil {
			return err
		}
	}
	return nil
}

// snapshot returns segments and tail as of one moment, and the executions whose documents in segments the tail replaces.
func (s *scan) snapshot() (segments []*segment, tail []*document, replaced map[statelark.ExecID]bool) {
	x := s.index
	x.mu.Lock()
	defer x.mu.Unlock()
	s.partial = x.partial
	tail = make([]*document, 0, len(x.tail))
	for _, d := range x.tail {
		tail = append(tail, d)
		if d.replaces {
			if replaced == nil {
				replaced = map[statelark.ExecID]bool{}
			}
			replaced[d.id] = true
		}
	}
	return x.segments, tail, replaced
}

func (s *scan) full() bool { return s.limit > 0 && len(s.hits) == s.limit }

// below reports whether an id is below a bound, the zero id being none.
func below(id, bound statelark.ExecID) bool {
	return bound == (statelark.ExecID{}) || bytes.Compare(id[:], bound[:]) < 0
}

// newestFirst returns Express executions in the order in which executions are found.
func newestFirst(list []*engine.ExpressSeen) []*engine.ExpressSeen {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b *engine.ExpressSeen) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return list
}

// wants reports whether an execution would be among the hits.
func (s *scan) wants(id statelark.ExecID) bool {
	return below(id, s.before) && (!s.full() || bytes.Compare(id[:], s.hits[0].id[:]) > 0)
}

// gone reports whether the store no longer has what ended at a time.
func (s *scan) gone(stop int64) bool { return stop != 0 && stop < s.oldest }

func (s *scan) add(h hit) {
	s.count++
	if s.limit == 0 {
		return
	}
	if s.full() {
		heap.Pop(&s.hits)
	}
	heap.Push(&s.hits, h)
}

func (s *scan) express() error {
	for _, seen := range s.index.source.ExpressExecutions("", maxExpress) {
		if !s.wants(seen.ID) {
			continue
		}
		if d := documentOfDetail(&seen.ExecutionDetail, s.index.opts.PayloadBytes); s.r.matches(d.query(), s.now) {
			s.add(hit{id: seen.ID, express: seen})
		}
	}
	return s.ctx.Err()
}

// segment goes over one segment, the latest first.
func (s *scan) segment(g *segment, replaced map[statelark.ExecID]bool) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if !below(g.first, s.before) || g.running == 0 && g.maxStop < s.oldest {
		return nil
	}
	if may, err := s.possible(g, s.r.Query.Root()); err != nil || !may {
		return err
	}
	r, err := s.index.readRecords(s.ctx, g)
	if err != nil {
		return err
	}
	from := len(r.list)
	if s.before != (statelark.ExecID{}) {
		from = r.below(s.before)
	}
	l := look{scan: s, segment: g}
	d := &query.Document{Payloads: l.payloads}
	for i := from - 1; i >= 0; i-- {
		x := &r.list[i]
		if !s.wants(x.id) {
			break
		}
		if g.isDead(i) || s.gone(x.stop) || replaced[x.id] {
			continue
		}
		l.at = i
		l.set(d, r, x)
		if s.r.matches(d, s.now) {
			s.add(hit{id: x.id, age: x.age(), err: d.Error})
		}
		if l.err != nil {
			return l.err
		}
	}
	return nil
}

// look is a look at one document of a segment. The payloads are read when one of them is asked for.
type look struct {
	scan    *scan
	segment *segment
	at      int
	read    []query.Payloads
	err     error
}

func (l *look) payloads() query.Payloads {
	if l.read == nil && l.err == nil {
		l.read, l.err = l.scan.index.readPayloads(l.scan.ctx, l.segment)
	}
	if l.err != nil {
		return query.Payloads{}
	}
	return l.read[l.at]
}

func (l *look) set(d *query.Document, r *records, x *record) {
	d.ID, d.Machine, d.Name, d.Status = x.id, r.texts[x.machine], x.name, x.status
	d.Start, d.Stop = time.UnixMilli(x.start), stopTime(x.stop)
	d.Error, d.Alias, d.Version, d.MapRun = r.texts[x.err], r.texts[x.alias], r.texts[x.version], r.texts[x.mapRun]
	d.Redrives, d.Events = x.redrives, x.events
}

// possible reports whether a document of a segment may be what a node asks for.
func (s *scan) possible(g *segment, n query.Node) (bool, error) {
	switch n := n.(type) {
	case query.And:
		for _, m := range n {
			if may, err := s.possible(g, m); err != nil || !may {
				return false, err
			}
		}
	case query.Or:
		for _, m := range n {
			if may, err := s.possible(g, m); err != nil || may {
				return may, err
			}
		}
		return false, nil
	case *query.Cond:
		return s.possibleCond(g, n)
	}
	return true, nil
}

func (s *scan) possibleCond(g *segment, c *query.Cond) (bool, error) {
	switch c.Field {
	case query.Status:
		for _, v := range c.Values {
			if g.statuses&(1<<v.Status) != 0 {
				return true, nil
			}
		}
		return false, nil
	case query.Started:
		return c.Possible(g.minStart, g.maxStart, s.now), nil
	}
	terms, ok := c.Terms()
	if !ok {
		return true, nil
	}
	f, err := s.index.readFilter(s.ctx, g)
	if err != nil {
		return false, err
	}
	for _, t := range terms {
		if f.has(t) {
			return true, nil
		}
	}
	return false, nil
}
