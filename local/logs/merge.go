package logs

import (
	"cmp"
	"container/heap"
	"iter"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
)

// merged is an event with its stream, in the order of all streams: by time, then by the stream's id.
type merged struct {
	*event
	stream *stream
}

func (x merged) compare(y merged) int {
	return cmp.Or(cmp.Compare(x.At, y.At), strings.Compare(x.stream.ID, y.stream.ID), cmp.Compare(x.Number, y.Number))
}

// reader reads the events of a stream. It begins with an event before the first, so that a stream is read from only when it is
// its turn.
type reader struct {
	merged
	open func() (next func() (*event, error, bool), stop func())
	next func() (*event, error, bool)
	stop func()
}

type readers []*reader

func (r readers) Len() int           { return len(r) }
func (r readers) Less(i, j int) bool { return r[i].compare(r[j].merged) < 0 }
func (r readers) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *readers) Push(x any)        { *r = append(*r, x.(*reader)) }
func (r *readers) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}

// merged yields the events of streams in the order of their times, from where a search goes on.
func (s *Service) merged(at arn.Place, g *group, streams []*stream, start, end *int64, from resume) iter.Seq2[merged, error] {
	return func(yield func(merged, error) bool) {
		var all readers
		defer func() {
			for _, r := range all {
				if r.stop != nil {
					r.stop()
				}
			}
		}()
		for _, st := range streams {
			lower, upper := s.between(at, g, st, start, end)
			if from.at > 0 {
				lower = slices.MaxFunc([][]byte{lower, s.events.Key(at, st.ID, stamp(from.at))}, slices.Compare)
			}
			if slices.Compare(lower, upper) < 0 {
				all = append(all, &reader{merged: merged{&event{At: st.First}, st}, open: func() (func() (*event, error, bool), func()) {
					return iter.Pull2(s.events.Range(lower, upper, false))
				}})
			}
		}
		heap.Init(&all)
		last := merged{&event{At: from.at, Number: from.number}, &stream{ID: from.stream}}
		for len(all) > 0 {
			r := all[0]
			if r.next != nil && r.compare(last) >= 0 && !yield(r.merged, nil) {
				return
			}
			if r.next == nil {
				r.next, r.stop = r.open()
			}
			e, err, ok := r.next()
			switch {
			case err != nil:
				yield(merged{}, err)
				return
			case !ok:
				r.stop()
				heap.Pop(&all)
			default:
				r.event = e
				heap.Fix(&all, 0)
			}
		}
	}
}
