package sqs

import "slices"

// group is a message group of a FIFO queue: its messages, in order. Something can be received of it while the first is ready: then
// the first and those behind it, as far as they are ready.
type group struct {
	name   string
	list   []*entry
	queued bool // in the line
}

// join puts an entry at the end of its group.
func (q *queue) join(e *entry) {
	g := q.groups[e.Group]
	if g == nil {
		g = &group{name: e.Group}
		q.groups[e.Group] = g
	}
	e.group = g
	g.list = append(g.list, e)
}

// quit takes an entry out of its group.
func (q *queue) quit(e *entry) {
	g := e.group
	if i := slices.Index(g.list, e); i == 0 {
		g.list[0] = nil
		g.list = g.list[1:]
	} else if i > 0 {
		g.list = slices.Delete(g.list, i, i+1)
	}
	if len(g.list) == 0 {
		delete(q.groups, g.name)
		return
	}
	q.enqueue(g)
}

// open reports whether something can be received of the group.
func (g *group) open() bool { return len(g.list) > 0 && g.list[0].where == ready }

// enqueue puts a group at the end of the line, unless it stands there or has nothing.
func (q *queue) enqueue(g *group) {
	if !g.queued && g.open() {
		g.queued = true
		q.line = append(q.line, g)
	}
}

// nextGroup takes the first group out of the line that has something; nil when none has.
func (q *queue) nextGroup() *group {
	for len(q.line) > 0 {
		g := q.line[0]
		q.line[0] = nil
		q.line = q.line[1:]
		g.queued = false
		if g.open() {
			return g
		}
	}
	return nil
}
