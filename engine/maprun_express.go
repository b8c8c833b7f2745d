package engine

// EXPRESS children are Express executions, which no store knows. Which of them have ended is stored a thousand at a time;
// those between two such changes are run again after a crash.

// maxMailbox is how many messages may wait for an owner that is still given children: those of others come first.
const maxMailbox = 128

// beginExpress begins an EXPRESS child; false: there is no room for it now.
func (s *mapRuns) beginExpress(r *mapRun, c *chunk, i int) bool {
	e := s.e
	now := later(e.now(), r.record.Start)
	record := r.expressRecord(c.index(i), e.expressID(now), now)
	if r.state.batched {
		record.Items = c.itemsOf(i)
	}
	if s.express >= e.opts.MaxExpress/2 || len(e.ownerOf(record.ID).in) >= maxMailbox {
		return false
	}
	begun, input := record.Start, c.inputs[i]
	start := &expressStart{record: record, program: r.program, input: input, ended: func(end *expressEnd) {
		s.post(func() {
			s.express--
			if end.err != nil || r.gone.Load() || c.done.has(i) {
				return
			}
			c.express[i] = nil
			s.ended(r, c, i, endedChild{
				index: c.index(i), items: uint32(c.itemsOf(i)), status: end.Status, id: record.ID, start: begun, stop: end.Stop,
				input: input.Text(), output: end.Output, err: end.Error, cause: end.Cause,
			}, int64(len(end.Output)))
		})
	}}
	if err := e.startExpress(start); err != nil {
		return false
	}
	s.express++
	c.express[i] = start
	return true
}

// giveUpExpress stops the EXPRESS children of a run.
func (s *mapRuns) giveUpExpress(r *mapRun) {
	if !r.state.express {
		return
	}
	for c := range r.underWay() {
		for ; c.stopped < c.begun; c.stopped++ {
			if x := c.express[c.stopped]; x != nil {
				s.e.stopExpress(s.ctx, x.record.ID, nil, nil)
			}
		}
	}
}
