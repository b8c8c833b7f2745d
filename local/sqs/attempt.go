package sqs

import "github.com/statelark/statelark/local/kv"

// attempt is what a receive of a FIFO queue got, by its ReceiveRequestAttemptId: the same id gets the same again for five minutes,
// as long as nothing was done with it.
type attempt struct {
	at   int64
	list []picked
}

const maxAttempts = 1_000 // that a queue remembers

// attempted remembers what a receive got.
func (q *queue) attempted(id string, list []picked) {
	if id == "" || len(list) == 0 {
		return
	}
	now := q.s.millis()
	if q.attempts == nil {
		q.attempts = map[string]attempt{}
	}
	if len(q.attempts) >= maxAttempts {
		for old, a := range q.attempts {
			if a.at+dedupInterval <= now {
				delete(q.attempts, old)
			}
		}
	}
	if len(q.attempts) < maxAttempts {
		q.attempts[id] = attempt{now, list}
	}
}

// again gives what an earlier receive with the same id got, nil when there was none or it is not whole. Its visibility timeout begins anew.
func (q *queue) again(id string, visible int64) ([]picked, error) {
	a, ok := q.attempts[id]
	now := q.s.millis()
	if id == "" || !ok || a.at+dedupInterval <= now {
		return nil, nil
	}
	if err := q.catchUp(); err != nil {
		return nil, err
	}
	for _, p := range a.list {
		if e := q.entries[p.seq]; e == nil || e.Nonce != p.Nonce || e.where != inflight || e.Due != p.Due {
			delete(q.attempts, id)
			return nil, nil
		}
	}
	var b kv.Batch
	for i, p := range a.list {
		e := q.entries[p.seq]
		q.show(e, visible, &b)
		a.list[i].Due = e.Due
	}
	return a.list, q.s.apply(&b)
}
