package telemetry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// EventBus is a sink that puts changes of status on the default bus of EventBridge, in the place of the execution.
type EventBus struct{ Caller awswire.Caller }

// Write puts the events, one a request: they are of many places.
func (b *EventBus) Write(ctx context.Context, entries []Entry) (int, error) {
	var failed error
	written := 0
	for _, e := range entries {
		if err := b.put(ctx, string(e.Line)); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		written++
	}
	return written, failed
}

// Close does nothing.
func (b *EventBus) Close() error { return nil }

// put makes an entry of PutEvents from an event as EventBridge delivers it.
func (b *EventBus) put(ctx context.Context, line string) error {
	v, err := value.Parse(line)
	if err != nil {
		return fmt.Errorf("reading a change of status: %w", err)
	}
	get := func(name string) value.Value {
		x, _ := v.Get(name)
		return x
	}
	at, err := time.Parse(time.RFC3339, get("time").Str())
	if err != nil {
		return fmt.Errorf("reading a change of status: %w", err)
	}
	entry := value.NewObject([]value.Member{
		{Key: "Time", Value: value.FromInt(at.Unix())}, {Key: "Source", Value: get("source")}, {Key: "Resources", Value: get("resources")},
		{Key: "DetailType", Value: get("detail-type")}, {Key: "Detail", Value: value.FromString(get("detail").Text())},
	})
	reply, err := b.Caller.Call(ctx, &awswire.Request{
		Service: "events", Operation: "PutEvents", Place: arn.Place{Region: get("region").Str(), Account: get("account").Str()},
		Input: value.NewObject([]value.Member{{Key: "Entries", Value: value.NewArray([]value.Value{entry})}}),
	})
	if err != nil {
		return fmt.Errorf("putting a change of status on the event bus: %w", err)
	}
	if n, _ := reply.Output.Get("FailedEntryCount"); n.Float() > 0 {
		return fmt.Errorf("putting a change of status on the event bus: %s", reply.Output.Text())
	}
	return nil
}
