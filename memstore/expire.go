package memstore

import (
	"context"
	"math"
	"time"
)

// Expire removes up to budget executions that closed before the given time, those that closed first first.
func (s *Store) Expire(ctx context.Context, before time.Time, budget int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	var gone []moment
	for m := range s.stopped.from(moment{at: math.MinInt64}) {
		if len(gone) >= budget || m.at >= before.UnixMilli() {
			break
		}
		gone = append(gone, m)
	}
	for _, m := range gone {
		s.forget(m)
	}
	return len(gone), nil
}

// makeRoom removes executions that have ended until the bounds are kept.
func (s *Store) makeRoom() {
	over := func() bool {
		return s.MaxClosed > 0 && s.ended > s.MaxClosed || s.MaxClosedBytes > 0 && s.endedBytes > s.MaxClosedBytes
	}
	for over() {
		s.forget(s.stopped.chunks[0][0].key) // those that ended first stand first
	}
}

// forget removes every row of an execution that stopped at m.
func (s *Store) forget(m moment) {
	x := s.executions[m.exec]
	s.close(m.exec, x)
	s.setEnded(m.exec, x, false)
	for of := range x.record.Lists() {
		s.unlist(of, 0, m.exec)
		s.unlist(of, x.record.Status, m.exec)
	}
	delete(s.names, name{x.record.Machine, x.record.Name})
	delete(s.executions, m.exec)
	s.ids.remove(m.exec)
}
