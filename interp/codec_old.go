package interp

// Readers of rows that older builds wrote. They stay for good, as the golden rows of their versions do.

// threadV1 reads a thread of version 1: each had a row, whatever its phase, with all fields.
func (r *reader) threadV1(t *Thread) (state string) {
	r.head(t)
	next := r.Text()
	state = r.Text()
	t.input = r.value()
	r.vars(t)
	t.prev, t.before, t.entered, t.enteredAt = r.event(), r.event(), r.event(), r.Int()
	if all, by := int(r.Uint()), r.counts(); all != 0 {
		t.retries = &retries{all: all, by: by}
	}
	if seq := r.Uint(); seq != 0 {
		t.wait = &wait{seq: seq, kind: waitKind(r.Uint()), due: r.Int()}
		r.task(t.wait)
	}
	result := r.value()
	r.hidden()
	if r.Bool() {
		t.join = r.joinV2()
	}
	switch t.phase {
	case entering:
		state = next
	case done:
		state, t.input, t.retries = "", result, nil
	}
	return state
}

// threadV2 reads a thread of version 2, in which children of a distributed Map were threads, too.
func (r *reader) threadV2(t *Thread) (state string) {
	r.head(t)
	t.input = r.value()
	if t.phase == done {
		return ""
	}
	state = r.Text()
	r.vars(t)
	t.prev, t.before, t.entered, t.enteredAt = r.event(), r.event(), r.event(), r.Int()
	if n := int(r.Uint()); n != 0 {
		t.retries = &retries{all: n, by: r.counts()}
	}
	r.hidden()
	switch t.phase {
	case waiting:
		t.wait = r.wait()
	case joining:
		t.join = r.joinV2()
		r.paused(t.join)
	}
	return state
}

// renew tries again what an older build has under way in a way that this one has not: a distributed Map whose children
// are threads. It gets a Map Run, as after a Retry. It reports whether there was one.
func (x *Exec) renew() bool {
	outdated := x.outdated
	x.outdated = nil
	for _, t := range outdated {
		if t.join != nil { // else one around it was
			x.dropJoin(t)
			x.await(t, waitRetry, x.now)
		}
	}
	return len(outdated) > 0
}

// hidden passes over the number of events of such a child.
func (r *reader) hidden() {
	if r.Bool() {
		r.Int()
	}
}

// joinV2 reads a join, and passes over what only that of a distributed Map had: failures, and how many are tolerated.
func (r *reader) joinV2() *join {
	j := &join{items: r.checked(), args: r.value()}
	for _, n := range []*int{&j.length, &j.limit, &j.started, &j.ended} {
		*n = int(r.Uint())
	}
	r.Uint()
	r.Int()
	r.Uint()
	return j
}
