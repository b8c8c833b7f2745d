package telemetry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// LogGroups is a sink that writes each entry to the group of CloudWatch Logs that its state machine names. A group gets a stream
// when it is first written to, named as Step Functions names them.
type LogGroups struct {
	caller  awswire.Caller
	now     func() time.Time
	streams map[string]string // by the ARN of the group
}

// NewLogGroups makes the sink. caller has CloudWatch Logs.
func NewLogGroups(caller awswire.Caller, now func() time.Time) *LogGroups {
	return &LogGroups{caller: caller, now: now, streams: map[string]string{}}
}

// Bounds of PutLogEvents, as the service counts: each event has 26 bytes more than its text.
const (
	maxLogEvents = 10_000
	maxLogBytes  = 1 << 20
	logOverhead  = 26
	// maxStreams is how many streams are known at a time; the others are begun anew.
	maxStreams = 1000
)

// Write writes the entries. An entry whose group is gone is lost, and the others are written.
func (l *LogGroups) Write(ctx context.Context, entries []Entry) (int, error) {
	var failed error
	written := 0
	for group, part := range byGroup(entries) {
		if group == "" { // the state machine names none
			written += len(part)
			continue
		}
		for len(part) > 0 {
			n := batch(part)
			if err := l.put(ctx, group, part[:n]); err != nil {
				failed = errors.Join(failed, fmt.Errorf("writing to the log group %s: %w", group, err))
			} else {
				written += n
			}
			part = part[n:]
		}
	}
	return written, failed
}

// Close does nothing.
func (l *LogGroups) Close() error { return nil }

// byGroup sorts entries into their groups, each in the order of their times.
func byGroup(entries []Entry) map[string][]Entry {
	groups := map[string][]Entry{}
	for _, e := range entries {
		groups[e.Group] = append(groups[e.Group], e)
	}
	for _, part := range groups {
		slices.SortStableFunc(part, func(a, b Entry) int { return int(a.At - b.At) })
	}
	return groups
}

// batch is how many of the first entries fit into one call.
func batch(entries []Entry) int {
	size := 0
	for i, e := range entries {
		if size += len(e.Line) + logOverhead; i > 0 && (size > maxLogBytes || i == maxLogEvents) {
			return i
		}
	}
	return len(entries)
}

func (l *LogGroups) put(ctx context.Context, group string, entries []Entry) error {
	a, ok := arn.Parse(strings.TrimSuffix(group, ":*"))
	name, isGroup := strings.CutPrefix(a.Resource, "log-group:")
	if !ok || !isGroup {
		return errors.New("it is not the ARN of a log group")
	}
	at := arn.Place{Region: a.Region, Account: a.Account}
	stream, err := l.stream(ctx, at, group, name, string(entries[0].Line))
	if err != nil {
		return err
	}
	events := make([]value.Value, len(entries))
	for i, e := range entries {
		events[i] = value.NewObject([]value.Member{
			{Key: "timestamp", Value: value.FromInt(e.At)}, {Key: "message", Value: value.FromString(string(e.Line))},
		})
	}
	return l.call(ctx, at, "PutLogEvents", value.Member{Key: "logGroupName", Value: value.FromString(name)},
		value.Member{Key: "logStreamName", Value: value.FromString(stream)}, value.Member{Key: "logEvents", Value: value.NewArray(events)})
}

// stream returns the stream of a group, which it makes when there is none yet. Its name tells the state machine that was first
// logged to it.
func (l *LogGroups) stream(ctx context.Context, at arn.Place, group, name, line string) (string, error) {
	if stream := l.streams[group]; stream != "" {
		return stream, nil
	}
	stream := fmt.Sprintf("states/%s/%s/%s", machineOf(line), l.now().UTC().Format("2006-01-02-15-04"), uuid.NewString()[:8])
	err := l.call(ctx, at, "CreateLogStream", value.Member{Key: "logGroupName", Value: value.FromString(name)},
		value.Member{Key: "logStreamName", Value: value.FromString(stream)})
	if err != nil {
		return "", err
	}
	if len(l.streams) == maxStreams {
		clear(l.streams)
	}
	l.streams[group] = stream
	return stream, nil
}

// machineOf is the name of the state machine whose execution a line is of.
func machineOf(line string) string {
	v, err := value.Parse(line)
	if err != nil {
		return "unknown"
	}
	execution, _ := v.Get("execution_arn")
	parts := strings.Split(execution.Str(), ":")
	if len(parts) < 7 {
		return "unknown"
	}
	return parts[6]
}

func (l *LogGroups) call(ctx context.Context, at arn.Place, operation string, members ...value.Member) error {
	_, err := l.caller.Call(ctx, &awswire.Request{Service: "logs", Operation: operation, Place: at, Input: value.NewObject(members)})
	var refused *awswire.Error
	if errors.As(err, &refused) && refused.Code == "ResourceNotFoundException" {
		clear(l.streams) // somebody deleted a stream, or its group
	}
	return err
}
