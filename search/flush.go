package search

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/search/query"
)

// settle is how old the document of an execution that runs is before it is written: most have ended by then, and are
// written once.
const settle = time.Second

// flush writes the tail into segments; all: what is young, too.
func (x *Index) flush(ctx context.Context, all bool) error {
	heard, lost := x.heardOf()
	for {
		docs, more := x.take(all)
		if len(docs) > 0 {
			if err := x.write(ctx, docs); err != nil {
				x.untake(docs)
				return err
			}
		}
		if !more {
			break
		}
	}
	if dropped := x.opts.Dropped(); dropped != x.dropped || lost {
		x.dropped = dropped
		x.behind()
	}
	return x.advance(ctx, heard)
}

// heardOf returns when what was heard last happened, and whether some had no room in the tail.
func (x *Index) heardOf() (at int64, lost bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	lost, x.lost = x.lost, false
	return x.heard, lost
}

// take returns documents of the tail for a segment, which stay in the tail, and whether there may be more.
func (x *Index) take(all bool) (docs []*document, more bool) {
	young := x.opts.Now().Add(-settle).UnixMilli()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, d := range x.tail {
		if d.stop == 0 && d.start > young && !all {
			continue
		}
		if len(docs) == segmentDocuments {
			return docs, true
		}
		d.flushing = true
		docs = append(docs, d)
	}
	return docs, false
}

func (x *Index) untake(docs []*document) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, d := range docs {
		d.flushing = false
	}
}

// write makes a segment of documents and puts it among the others. Those of the tail are taken off it.
func (x *Index) write(ctx context.Context, docs []*document) error {
	if err := x.readUnread(ctx, docs); err != nil {
		return err
	}
	news, marks, err := x.locate(ctx, docs)
	if err != nil {
		return err
	}
	if len(news) == 0 {
		x.publish(nil, docs)
		return nil
	}
	s, p := buildSegment(x.next, news)
	changed := x.marked(marks)
	ops := append(x.puts(s.number, p), x.headers(changed)...)
	if err := x.store.Commit(ctx, &statelark.Batch{Index: ops}); err != nil {
		return err
	}
	x.next++
	changed[s.number] = s
	x.publish(changed, docs)
	return nil
}

func (x *Index) headers(segments map[uint64]*segment) (ops []statelark.IndexOp) {
	for number, s := range segments {
		ops = append(ops, statelark.IndexOp{Key: x.key(rowHeader, number), Data: s.append()})
	}
	return ops
}

// marked returns the segments of marks with them.
func (x *Index) marked(marks []mark) map[uint64]*segment {
	byNumber := map[uint64][]mark{}
	for _, m := range marks {
		byNumber[m.segment] = append(byNumber[m.segment], m)
	}
	changed := map[uint64]*segment{}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.segments {
		if list := byNumber[s.number]; list != nil {
			changed[s.number] = s.without(list)
		}
	}
	return changed
}

func (x *Index) puts(number uint64, p parts) []statelark.IndexOp {
	return []statelark.IndexOp{
		{Key: x.key(rowHeader, number), Data: p.header}, {Key: x.key(rowRecords, number), Data: p.records},
		{Key: x.key(rowPayloads, number), Data: p.payloads}, {Key: x.key(rowFilter, number), Data: p.filter},
	}
}

func (x *Index) removals(number uint64) (ops []statelark.IndexOp) {
	for _, r := range [...]string{rowHeader, rowRecords, rowPayloads, rowFilter} {
		ops = append(ops, statelark.IndexOp{Key: x.key(r, number)})
	}
	return ops
}

// publish shows segments as they are now (nil: gone), and no longer the documents of the tail that they were made of.
func (x *Index) publish(changed map[uint64]*segment, docs []*document) {
	x.mu.Lock()
	defer x.mu.Unlock()
	next := make([]*segment, 0, len(x.segments)+1)
	for _, s := range x.segments {
		if _, is := changed[s.number]; !is {
			next = append(next, s)
		}
	}
	for _, s := range changed {
		if s != nil {
			next = append(next, s)
		}
	}
	sortSegments(next)
	x.segments = next
	for _, d := range docs {
		if x.tail[d.id] == d {
			x.drop(d)
		}
	}
}

// readUnread reads the payloads that the news did not have. What it reads takes the place of what is in docs and in the
// tail.
func (x *Index) readUnread(ctx context.Context, docs []*document) error {
	for i, d := range docs {
		if !d.unread {
			continue
		}
		detail, err := x.source.Detail(ctx, d.id)
		if gone(err) {
			continue
		}
		if err != nil {
			return err
		}
		read := documentOfDetail(detail, x.opts.PayloadBytes)
		read.flushing = true
		x.mu.Lock()
		if x.tail[d.id] == d {
			x.drop(d)
			x.keep(read)
		}
		x.mu.Unlock()
		docs[i] = read
	}
	return nil
}

// gone reports whether an error says that an execution is not there.
func gone(err error) bool { return errors.Is(err, statelark.ErrNotFound) }

// locate finds the documents that others replace. What is as old as what is there already is left out.
func (x *Index) locate(ctx context.Context, docs []*document) (news []*document, marks []mark, err error) {
	x.mu.Lock()
	segments := x.segments
	x.mu.Unlock()
	docs = slices.Clone(docs)
	slices.SortFunc(docs, func(a, b *document) int { return bytes.Compare(a.id[:], b.id[:]) })
	known := make([]bool, len(docs)) // its older document was found, or a newer one
	for _, s := range segments {
		if err := x.locateIn(ctx, s, docs, known, &marks); err != nil {
			return nil, nil, err
		}
	}
	for _, d := range docs {
		if d != nil {
			news = append(news, d)
		}
	}
	return news, marks, nil
}

// locateIn finds documents in one segment; those that are not needed become nil.
func (x *Index) locateIn(ctx context.Context, s *segment, docs []*document, known []bool, marks *[]mark) error {
	var r *records
	for i, d := range docs {
		if d == nil || !d.replaces || known[i] || bytes.Compare(d.id[:], s.first[:]) < 0 || bytes.Compare(d.id[:], s.last[:]) > 0 {
			continue
		}
		if d.age() == 1 && s.running == 0 && !d.filled { // it can only replace that of its beginning
			continue
		}
		if r == nil {
			var err error
			if r, err = x.readRecords(ctx, s); err != nil {
				return err
			}
		}
		at := r.find(d.id)
		if at < 0 || s.isDead(at) {
			continue
		}
		known[i] = true
		if old := &r.list[at]; old.age() >= d.age() {
			docs[i] = nil
		} else {
			*marks = append(*marks, mark{s.number, at, old.stop == 0})
		}
	}
	return nil
}

// Segments are merged so that there are few: mergeAtOnce of about the same size become one, unless they have goodDocuments.
// So what comes fast is written once.
const (
	mergeAtOnce   = 8
	goodDocuments = 1024
)

// level tells segments of about the same size.
func level(documents int) int {
	n := 0
	for size := mergeAtOnce; size <= documents; size *= mergeAtOnce {
		n++
	}
	return n
}

// tend merges segments and drops what is of executions that are gone, unless something was missed.
func (x *Index) tend(ctx context.Context) error {
	if x.fill != nil && x.fill.phase < older || x.opts.Dropped() != x.dropped {
		return nil // what seems to be gone may be redriven
	}
	oldest, err := x.oldestEnd(ctx)
	if err != nil {
		return err
	}
	oldest = min(oldest, x.opts.Now().UnixMilli()-slack) // what ended just now may not be in the store yet
	for ctx.Err() == nil {
		group := x.mergeable(oldest)
		if len(group) == 0 {
			return nil
		}
		if err := x.merge(ctx, group, oldest); err != nil {
			return err
		}
	}
	return nil
}

// oldestEnd returns when the execution ended that ended first of those that the store still has: all that ended before are
// gone.
func (x *Index) oldestEnd(ctx context.Context) (int64, error) {
	now := x.opts.Now().UnixMilli()
	first, err := x.store.Ended(ctx, statelark.End{}, 1)
	if err != nil || len(first) == 0 {
		return now, err
	}
	return first[0].Stop.UnixMilli(), nil
}

// mergeable returns segments to be made one: some of one level, or one that is half dead or gone.
func (x *Index) mergeable(oldest int64) []*segment {
	x.mu.Lock()
	segments := slices.Clone(x.segments)
	x.mu.Unlock()
	slices.SortFunc(segments, func(a, b *segment) int { return cmp.Compare(a.number, b.number) })
	levels := map[int][]*segment{}
	for _, s := range segments {
		if 2*s.live() <= s.count || s.running == 0 && s.maxStop < oldest {
			return []*segment{s}
		}
		if s.live() >= goodDocuments {
			continue
		}
		n := level(s.live())
		if levels[n] = append(levels[n], s); len(levels[n]) == mergeAtOnce {
			return levels[n]
		}
	}
	return nil
}

// merge makes one segment of several, of what is live in them.
func (x *Index) merge(ctx context.Context, group []*segment, oldest int64) error {
	var docs []*document
	changed := map[uint64]*segment{}
	var ops []statelark.IndexOp
	for _, s := range group {
		live, err := x.liveDocuments(ctx, s, oldest)
		if err != nil {
			return err
		}
		docs = append(docs, live...)
		changed[s.number] = nil
		ops = append(ops, x.removals(s.number)...)
	}
	if len(docs) > 0 {
		s, p := buildSegment(x.next, docs)
		changed[s.number], ops = s, append(ops, x.puts(s.number, p)...)
	}
	if err := x.store.Commit(ctx, &statelark.Batch{Index: ops}); err != nil {
		return err
	}
	x.next++
	x.publish(changed, nil)
	for _, s := range group {
		x.cache.forget(x.key(rowRecords, s.number))
		x.cache.forget(x.key(rowFilter, s.number))
	}
	return nil
}

// liveDocuments reads the documents of a segment that are of executions which are there.
func (x *Index) liveDocuments(ctx context.Context, s *segment, oldest int64) ([]*document, error) {
	r, err := x.readRecords(ctx, s)
	if err != nil {
		return nil, err
	}
	payloads, err := x.readPayloads(ctx, s)
	if err != nil {
		return nil, err
	}
	var docs []*document
	for i := range r.list {
		if s.isDead(i) || r.list[i].stop != 0 && r.list[i].stop < oldest {
			continue
		}
		d := r.document(i)
		d.payloads = payloads[i]
		docs = append(docs, d)
	}
	return docs, nil
}

func (x *Index) readPayloads(ctx context.Context, s *segment) ([]query.Payloads, error) {
	data, err := x.store.Index(ctx, x.key(rowPayloads, s.number))
	if err != nil {
		return nil, err
	}
	return parsePayloads(data, s.count)
}
