package sns

import "strings"

// lineKey is what messages stay in order within: a group of a FIFO topic, on its way to one subscriber.
type lineKey struct{ subscription, group string }

// line says which line a delivery stands in, false when it stands in none.
func (d *delivery) line() (lineKey, bool) {
	return lineKey{d.Subscription, d.Group}, d.Protocol == "sqs" && strings.HasSuffix(d.Topic, ".fifo")
}

// lines are the numbers of the deliveries of FIFO topics, in order. Only the first of a line is made; outbox.mu guards them. There
// are maxQueued at most: publishes are refused beyond that.
type lines struct {
	of    map[lineKey][]uint64
	total int
}

// join puts a delivery at the end of its line, and says whether it is the first.
func (l *lines) join(k lineKey, number uint64) (first bool) {
	if l.of == nil {
		l.of = map[lineKey][]uint64{}
	}
	l.of[k] = append(l.of[k], number)
	l.total++
	return len(l.of[k]) == 1
}

// first is whose turn it is, 0: nobody is in the line.
func (l *lines) first(k lineKey) uint64 {
	if line := l.of[k]; len(line) > 0 {
		return line[0]
	}
	return 0
}

// leave takes the first of a line out of it, if that is number, and returns who is first then.
func (l *lines) leave(k lineKey, number uint64) (next uint64) {
	line := l.of[k]
	if len(line) == 0 || line[0] != number {
		return 0
	}
	l.total--
	if len(line) == 1 {
		delete(l.of, k)
		return 0
	}
	l.of[k] = line[1:]
	return line[1]
}
