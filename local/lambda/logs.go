package lambda

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/value"
)

// Bounds of the lines that wait to be sent, of all functions. What is beyond them is lost, and counted.
const (
	maxWaiting      = 50_000
	maxWaitingBytes = 16 << 20
)

// Bounds of one PutLogEvents, as CloudWatch Logs has them.
const (
	maxEvents     = 10_000
	maxEventBytes = 1 << 20
	eventBytes    = 26 // what an event counts beside its message
)

const (
	sendEvery = 200 * time.Millisecond
	sendTime  = 10 * time.Second // that one pass may take
)

// Logs sends the lines of functions to CloudWatch Logs: a group for each function, a stream for each sandbox. Its goroutine is
// there while there are lines.
type Logs struct {
	caller func() awswire.Caller
	log    *slog.Logger
	stop   chan struct{} // closed by Close
	work   sync.WaitGroup

	mu      sync.Mutex // guards what follows
	waiting []function.Line
	bytes   int
	lost    int
	sending bool
	closed  bool
}

// NewLogs sends to a Caller, which is asked for when there is something to send.
func NewLogs(caller func() awswire.Caller, log *slog.Logger) *Logs {
	return &Logs{caller: caller, log: log, stop: make(chan struct{})}
}

// Add takes a line. It does not wait.
func (l *Logs) Add(line function.Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.waiting) >= maxWaiting || l.bytes+len(line.Text) > maxWaitingBytes {
		l.lost++
		return
	}
	l.waiting, l.bytes = append(l.waiting, line), l.bytes+len(line.Text)
	if !l.sending {
		l.sending = true
		l.work.Go(l.run)
	}
}

// run sends what there is at every tick, until there is nothing.
func (l *Logs) run() {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-l.stop:
		}
		lines, lost := l.take()
		if lost > 0 {
			l.log.Warn("lines of functions were lost: there are more than can be sent", "lines", lost)
		}
		if lines == nil {
			return
		}
		l.send(lines)
	}
}

// take returns what there is; without anything the goroutine is over.
func (l *Logs) take() ([]function.Line, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines, lost := l.waiting, l.lost
	l.waiting, l.bytes, l.lost = nil, 0, 0
	l.sending = lines != nil
	return lines, lost
}

// logStream names a stream of a place.
type logStream struct {
	place         arn.Place
	group, stream string
}

func (l *Logs) send(lines []function.Line) {
	ctx, cancel := context.WithTimeout(context.Background(), sendTime)
	defer cancel()
	streams := map[logStream][]function.Line{}
	for _, line := range lines {
		s := logStream{line.Place, line.Group, line.Stream}
		streams[s] = append(streams[s], line)
	}
	for s, lines := range streams {
		slices.SortStableFunc(lines, func(a, b function.Line) int { return cmp.Compare(a.Time.UnixMilli(), b.Time.UnixMilli()) })
		for len(lines) > 0 {
			n := batchLength(lines)
			if err := l.put(ctx, s, lines[:n]); err != nil {
				l.log.Warn("lines of a function could not be stored", "group", s.group, "lines", n, "error", err)
			}
			lines = lines[n:]
		}
	}
}

// batchLength is how many of the lines one request takes.
func batchLength(lines []function.Line) int {
	size := 0
	for i, line := range lines {
		if size += len(line.Text) + eventBytes; i > 0 && (size > maxEventBytes || i == maxEvents) {
			return i
		}
	}
	return len(lines)
}

// put stores a batch. The group and the stream are made when they are found to be missing.
func (l *Logs) put(ctx context.Context, s logStream, lines []function.Line) error {
	events := make([]value.Value, len(lines))
	for i, line := range lines {
		events[i] = value.NewObject([]value.Member{
			{Key: "timestamp", Value: value.FromInt(line.Time.UnixMilli())}, {Key: "message", Value: value.FromString(line.Text)},
		})
	}
	group := value.Member{Key: "logGroupName", Value: value.FromString(s.group)}
	stream := value.Member{Key: "logStreamName", Value: value.FromString(s.stream)}
	batch := value.Member{Key: "logEvents", Value: value.NewArray(events)}
	err := l.call(ctx, s.place, "PutLogEvents", group, stream, batch)
	if !refusedAs(err, "ResourceNotFoundException") {
		return err
	}
	if err := l.call(ctx, s.place, "CreateLogGroup", group); err != nil && !refusedAs(err, "ResourceAlreadyExistsException") {
		return err
	}
	if err := l.call(ctx, s.place, "CreateLogStream", group, stream); err != nil && !refusedAs(err, "ResourceAlreadyExistsException") {
		return err
	}
	return l.call(ctx, s.place, "PutLogEvents", group, stream, batch)
}

func refusedAs(err error, code string) bool {
	var no *awswire.Error
	return errors.As(err, &no) && no.Code == code
}

func (l *Logs) call(ctx context.Context, at arn.Place, operation string, members ...value.Member) error {
	_, err := l.caller().Call(ctx, &awswire.Request{Service: "logs", Operation: operation, Place: at, ID: uuid.NewString(), Input: value.NewObject(members)})
	return err
}

// Close sends what is left, and returns when that is done, or when ctx ends. Lines that come later are lost.
func (l *Logs) Close(ctx context.Context) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	close(l.stop)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		l.work.Wait()
	}()
	select {
	case <-sent:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sending the lines of functions: %w", ctx.Err())
	}
}
