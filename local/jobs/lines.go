package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// Bounds of what waits to be sent to CloudWatch Logs, of one job. What is beyond is lost, and counted.
const (
	maxLines     = 5_000
	maxLineBytes = 900 << 10 // with 26 bytes for each line: a request holds 1 MiB
	flushEvery   = time.Second
	flushTime    = 10 * time.Second
)

// lines are what a job has printed and nobody has sent yet.
type lines struct {
	r    *Runner
	job  *Job
	stop chan struct{}
	done chan struct{}
	made bool // group and stream are there

	mu    sync.Mutex
	list  []value.Value
	bytes int
	lost  int
}

// newLines begins to send what a job prints. close must follow.
func (r *Runner) newLines(job *Job) *lines {
	l := &lines{r: r, job: job, stop: make(chan struct{}), done: make(chan struct{})}
	if r.o.Others == nil || job.Group == "" {
		close(l.done)
		return l
	}
	go l.run()
	return l
}

// add notes a line. It never waits.
func (l *lines) add(text string) {
	if l.r.o.Others == nil || l.job.Group == "" {
		return
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	l.mu.Lock()
	defer l.mu.Unlock()
	size := len(text) + 26
	if len(l.list) >= maxLines || l.bytes+size > maxLineBytes {
		l.lost++
		return
	}
	l.append(text)
}

func (l *lines) append(text string) {
	if text == "" {
		text = " " // an event has at least one byte
	}
	l.list = append(l.list, value.NewObject([]value.Member{
		{Key: "timestamp", Value: value.FromInt(time.Now().UnixMilli())}, {Key: "message", Value: value.FromString(text)},
	}))
	l.bytes += len(text) + 26
}

func (l *lines) run() {
	defer close(l.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.flush()
		case <-l.stop:
			l.flush()
			return
		}
	}
}

// close sends what is left.
func (l *lines) close() {
	close(l.stop)
	<-l.done
}

// flush sends what there is.
func (l *lines) flush() {
	l.mu.Lock()
	if l.lost > 0 {
		l.append(fmt.Sprintf("[%d lines were lost: more was printed than could be stored]", l.lost))
	}
	list := l.list
	l.list, l.bytes, l.lost = nil, 0, 0
	l.mu.Unlock()
	if len(list) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	if err := l.send(ctx, list); err != nil {
		l.r.log.Debug("output of a job could not be stored", "group", l.job.Group, "error", err)
	}
}

func (l *lines) send(ctx context.Context, list []value.Value) error {
	group := value.Member{Key: "logGroupName", Value: value.FromString(l.job.Group)}
	stream := value.Member{Key: "logStreamName", Value: value.FromString(l.job.Stream)}
	if !l.made {
		if err := l.call(ctx, "CreateLogGroup", group); err != nil {
			return err
		}
		if err := l.call(ctx, "CreateLogStream", group, stream); err != nil {
			return err
		}
		l.made = true
	}
	return l.call(ctx, "PutLogEvents", group, stream, value.Member{Key: "logEvents", Value: value.NewArray(list)})
}

func (l *lines) call(ctx context.Context, operation string, members ...value.Member) error {
	_, err := l.r.o.Others.Call(ctx, &awswire.Request{
		Service: "logs", Operation: operation, Place: l.job.Place, ID: uuid.NewString(), Endpoint: l.r.o.Endpoint, Input: value.NewObject(members),
	})
	var no *awswire.Error
	if errors.As(err, &no) && no.Code == "ResourceAlreadyExistsException" {
		return nil
	}
	return err
}
