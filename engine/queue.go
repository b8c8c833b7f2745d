package engine

// callQueue is a queue of calls. A call that is given up stays in its place until its turn comes, or until such calls
// are more than half of the queue; who is wanted is known to the owner of the queue.
type callQueue struct {
	ring []call // its length is a power of two
	head int
	n    int
	dead int // calls that were given up and still lie there
}

// keepRing is how many places an empty queue keeps.
const keepRing = 64

func (q *callQueue) at(i int) *call { return &q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *callQueue) pushBack(k call) {
	q.grow()
	*q.at(q.n) = k
	q.n++
}

// pushFront is pushBack for a call that was taken and comes first again.
func (q *callQueue) pushFront(k call) {
	q.grow()
	q.head = (q.head + len(q.ring) - 1) & (len(q.ring) - 1)
	q.ring[q.head] = k
	q.n++
}

func (q *callQueue) grow() {
	if q.n < len(q.ring) {
		return
	}
	ring := make([]call, max(8, 2*len(q.ring)))
	for i := range q.n {
		ring[i] = *q.at(i)
	}
	q.ring, q.head = ring, 0
}

// pop takes the first call, false when there is none.
func (q *callQueue) pop() (k call, ok bool) {
	if q.n == 0 {
		return k, false
	}
	k, *q.at(0) = *q.at(0), call{}
	q.head = (q.head + 1) & (len(q.ring) - 1)
	if q.n--; q.n == 0 && len(q.ring) > keepRing {
		*q = callQueue{}
	}
	return k, true
}

// next takes the first call that is wanted, and with it those before it; it says how many it took.
func (q *callQueue) next(wanted func(taskKey) bool) (k call, taken int, ok bool) {
	for {
		if k, ok = q.pop(); !ok {
			q.dead = 0
			return k, taken, false
		}
		taken++
		if wanted(k.taskKey) {
			return k, taken, true
		}
		q.dead--
	}
}

// giveUp notes that one of the calls is not wanted any more. It says how many calls it cleared away.
func (q *callQueue) giveUp(wanted func(taskKey) bool) (cleared int) {
	if q.dead++; 2*q.dead <= q.n {
		return 0
	}
	kept := callQueue{}
	for i := range q.n {
		if k := q.at(i); wanted(k.taskKey) {
			kept.pushBack(*k)
		}
	}
	cleared = q.n - kept.n
	*q = kept
	return cleared
}
