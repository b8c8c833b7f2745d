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
	r.hidden(t)
	if r.Bool() {
		t.join = r.join()
	}
	switch t.phase {
	case entering:
		state = next
	case done:
		state, t.input, t.retries = "", result, nil
	}
	return state
}
