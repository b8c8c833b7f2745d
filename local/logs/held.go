package logs

import (
	"cmp"
	"slices"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/kv"
)

// held counts the events of a store that is in memory, which is not to grow with every event. It is made for an empty store, and
// Service.mu guards it. nil counts nothing: a store on disk keeps what it is given.
type held struct {
	most    int64 // bytes
	total   int64
	streams map[string]*heldStream // those with events, by id
}

type heldStream struct {
	place       arn.Place
	group, name string // the group's id
	bytes       int64
	last        int64 // counts up with each write to any stream
}

// rowBytes is about what an event takes in memory beside its message: key, numbers, and what Pebble has around a row.
const rowBytes = 256

func (e *event) held() int64 { return int64(len(e.Message)) + rowBytes }

func newHeld(most int64) *held {
	if most <= 0 {
		return nil
	}
	return &held{most: most, streams: map[string]*heldStream{}}
}

// add counts events that were written, of which number is the last.
func (h *held) add(at arn.Place, g *group, st *stream, events []*event, number int64) {
	if h == nil {
		return
	}
	one := h.streams[st.ID]
	if one == nil {
		one = &heldStream{place: at, group: g.ID, name: st.Name}
		h.streams[st.ID] = one
	}
	one.last = number
	for _, e := range events {
		one.bytes += e.held()
		h.total += e.held()
	}
}

// remove counts events of a stream off.
func (h *held) remove(id string, bytes int64) {
	if h == nil || h.streams[id] == nil {
		return
	}
	one := h.streams[id]
	bytes = min(bytes, one.bytes)
	one.bytes -= bytes
	if h.total -= bytes; one.bytes == 0 {
		delete(h.streams, id)
	}
}

// forget counts a stream off.
func (h *held) forget(id string) {
	if h != nil && h.streams[id] != nil {
		h.remove(id, h.streams[id].bytes)
	}
}

// oldest are the ids of the streams, from that which was written to the longest ago.
func (h *held) oldest() []string {
	ids := make([]string, 0, len(h.streams))
	for id := range h.streams {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(h.streams[a].last, h.streams[b].last) })
	return ids
}

// trim removes events when there are more than may be: an eighth at once, so that it is rare. The first to lose theirs are the
// streams that were not written to for the longest time, each from its oldest event on.
func (s *Service) trim() error {
	if s.held == nil || s.held.total <= s.held.most {
		return nil
	}
	target := s.held.most - s.held.most/8
	for _, id := range s.held.oldest() {
		if s.held.total <= target {
			break
		}
		if err := s.trimStream(id, s.held.total-target); err != nil {
			return err
		}
	}
	if !s.trimmed {
		s.trimmed = true
		s.o.Log.Warn("the oldest log events are removed: a server without a data directory keeps a part of them", "bytes", s.held.most)
	}
	return nil
}

// trimStream removes the oldest events of a stream, of so many bytes or all.
func (s *Service) trimStream(id string, bytes int64) error {
	one := s.held.streams[id]
	st, err := s.streams.Get(one.place, one.group, one.name)
	if err != nil {
		return err
	}
	if st == nil || st.ID != id {
		s.held.forget(id)
		return nil
	}
	from := s.events.Key(one.place, id)
	to, removed := kv.After(from), int64(0)
	st.First = 0
	for e, err := range s.events.All(one.place, id) {
		if err != nil {
			return err
		}
		if removed >= bytes {
			to, st.First = s.events.Key(one.place, id, stamp(e.At), number(e.Number)), e.At
			break
		}
		removed += e.held()
		st.Bytes -= int64(len(e.Message) + eventBytes)
	}
	var b kv.Batch
	b.DeleteRange(from, to)
	if err := s.streams.Set(&b, st, one.place, one.group, one.name); err != nil {
		return err
	}
	if err := s.o.Store.Apply(&b); err != nil {
		return err
	}
	if st.First == 0 {
		s.held.forget(id)
	} else {
		s.held.remove(id, removed)
	}
	return nil
}

// expire counts the events of a stream off that are removed because of the group's retention.
func (s *Service) expire(at arn.Place, id string, since int64) error {
	if s.held == nil {
		return nil
	}
	for e, err := range s.events.Range(s.events.Key(at, id), s.events.Key(at, id, stamp(since)), false) {
		if err != nil {
			return err
		}
		s.held.remove(id, e.held())
	}
	return nil
}
