package telemetry

import (
	"context"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
)

// fakeBus keeps what is put.
type fakeBus struct{ got []string }

func (f *fakeBus) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	f.got = append(f.got, r.Place.Region+" "+r.Place.Account+" "+r.Input.Text())
	return &awswire.Reply{}, nil
}

func TestEventBus(t *testing.T) {
	bus := &fakeBus{}
	n, err := (&EventBus{bus}).Write(t.Context(), []Entry{
		{Line: []byte(`{"detail-type":"D","source":"aws.states","account":"000000000000","time":"2026-11-30T00:00:01Z","region":"us-east-1","resources":["r"],"detail":{"a":1}}`)},
		{Line: []byte(`{`)},
	})
	if n != 1 || err == nil {
		t.Errorf("%d put, %v", n, err)
	}
	const want = `us-east-1 000000000000 {"Entries":[{"Time":1795996801,"Source":"aws.states","Resources":["r"],"DetailType":"D","Detail":"{\"a\":1}"}]}`
	if got := strings.Join(bus.got, "\n"); got != want {
		t.Errorf("put\n%s, want\n%s", got, want)
	}
}
