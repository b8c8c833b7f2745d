package sqs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A random life of a queue, with restarts: what was deleted never comes again, nothing else is lost, counts are right, groups are
// locked and in order.
func TestRandomLife(t *testing.T) {
	for round := range 10 {
		seed := uint64(time.Now().UnixNano()) + uint64(round)
		for _, fifo := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				l := &life{client: start(t), random: rand.New(rand.NewPCG(seed, 0)), name: "q"}
				attributes := `"VisibilityTimeout":"3"`
				if fifo {
					l.name, attributes = "q.fifo", attributes+`,"FifoQueue":"true"`
				}
				l.queue(l.name, attributes)
				for range 200 {
					l.step(fifo)
				}
				l.end(fifo)
				if t.Failed() {
					t.Fatalf("seed %d, FIFO %v", seed, fifo)
				}
			})
		}
	}
}

// life is a queue and what is known of it.
type life struct {
	*client
	random *rand.Rand
	name   string
	sent   []*sentMessage // that are not deleted, in order
	n      int
}

type sentMessage struct {
	body, group, handle string
	hidden              time.Time // until then it is in flight
}

func (m *sentMessage) inFlight() bool { return time.Now().Before(m.hidden) }

func (l *life) step(fifo bool) {
	switch p := l.random.IntN(100); {
	case p < 35:
		l.sendOne(fifo)
	case p < 60:
		l.receiveSome(fifo, 1+l.random.IntN(4))
	case p < 75:
		l.deleteOne()
	case p < 83:
		l.changeOne()
	case p < 95:
		time.Sleep(time.Duration(l.random.IntN(1500)) * time.Millisecond)
	default:
		l.restart()
	}
	flying := 0
	for _, m := range l.sent {
		if m.inFlight() {
			flying++
		}
	}
	l.want("counts", l.counts(l.name), fmt.Sprint(len(l.sent)-flying, " ", flying, " 0"))
}

func (l *life) sendOne(fifo bool) {
	l.n++
	m := &sentMessage{body: fmt.Sprint(l.n), group: fmt.Sprint("g", l.random.IntN(3))}
	more := ""
	if fifo {
		more = fmt.Sprintf(`,"MessageGroupId":%q,"MessageDeduplicationId":%q`, m.group, m.body)
	}
	l.send(l.name, fmt.Sprintf(`"MessageBody":%q%s`, m.body, more))
	l.sent = append(l.sent, m)
}

// free are the messages that a receive may get: of a FIFO queue those of each group up to the first that is in flight.
func (l *life) free(fifo bool) []*sentMessage {
	var free []*sentMessage
	locked := map[string]bool{}
	for _, m := range l.sent {
		if fifo {
			locked[m.group] = locked[m.group] || m.inFlight()
		}
		if !m.inFlight() && !locked[m.group] {
			free = append(free, m)
		}
	}
	return free
}

func (l *life) receiveSome(fifo bool, most int) {
	free := l.free(fifo)
	_, got := l.receive(l.name, fmt.Sprintf(`,"MaxNumberOfMessages":%d`, most))
	if len(got) != min(most, len(free)) {
		l.Errorf("%d messages, want %d", len(got), min(most, len(free)))
	}
	last := map[string]int{}
	for i, r := range got {
		at := slices.IndexFunc(free, func(m *sentMessage) bool { return m.body == r.Body })
		if at < 0 {
			l.Errorf("received %s, which is not to be received", r.Body)
			continue
		}
		m := free[at]
		if !fifo && at != i || fifo && at < last[m.group] {
			l.Errorf("received %s out of its order", r.Body)
		}
		last[m.group] = at
		m.handle, m.hidden = r.ReceiptHandle, time.Now().Add(3*time.Second)
	}
	for _, m := range free { // a group is taken from its first on
		if fifo && !m.inFlight() && slices.ContainsFunc(free, func(o *sentMessage) bool {
			return o.group == m.group && o.inFlight() && slices.Index(free, o) > slices.Index(free, m)
		}) {
			l.Errorf("%s was passed over", m.body)
		}
	}
}

// flying is a message in flight, nil when there is none.
func (l *life) flying() *sentMessage {
	var list []*sentMessage
	for _, m := range l.sent {
		if m.inFlight() {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[l.random.IntN(len(list))]
}

func (l *life) deleteOne() {
	if m := l.flying(); m != nil {
		l.delete(l.name, receivedMessage{ReceiptHandle: m.handle})
		l.sent = slices.DeleteFunc(l.sent, func(o *sentMessage) bool { return o == m })
	}
}

func (l *life) changeOne() {
	if m := l.flying(); m != nil {
		seconds := l.random.IntN(6)
		l.ok("ChangeMessageVisibility", fmt.Sprintf(`{"QueueUrl":%q,"ReceiptHandle":%q,"VisibilityTimeout":%d}`, l.name, m.handle, seconds), nil)
		m.hidden = time.Now().Add(time.Duration(seconds) * time.Second)
	}
}

// end receives and deletes all that is left.
func (l *life) end(fifo bool) {
	time.Sleep(10 * time.Second)
	for len(l.sent) > 0 && !l.Failed() {
		l.receiveSome(fifo, 10)
		for l.flying() != nil {
			l.deleteOne()
		}
	}
	l.want("counts at the end", l.counts(l.name), "0 0 0")
	for _, kind := range []byte{kindState, kindMessage} {
		l.want("rows at the end", l.rows(kind), 0)
	}
}
