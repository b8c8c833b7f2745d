// Package local is what the services of AWS that are built in have in common. Each is a package of its own, with business logic
// alone: it gets documents and gives documents (awswire.Request), keeps what it has in a kv.Store, and knows none of the others.
package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

// Service does the operations of one service of AWS. Its answers wait for the disk elsewhere: what an operation applies to its
// store, or has read there, is durable before anybody sees the answer.
type Service interface {
	// Operations are those it has, by name. The map is not changed after the first call.
	Operations() map[string]Operation
	// Close ends what the service does of itself, and returns when nothing of it runs.
	Close(ctx context.Context) error
}

// Operation carries out one operation. An answer that says no is an *awswire.Error; any other error is a fault.
type Operation func(ctx context.Context, r *awswire.Request) (*awswire.Reply, error)

// Options is what a service is made with.
type Options struct {
	// Store is the service's own part of what the server keeps.
	Store kv.Store
	// Others are the services of this server, for those that deliver to them; in the place of the request.
	Others awswire.Caller
	// Endpoint is where clients on this machine reach the server.
	Endpoint string
	Now      func() time.Time
	Log      *slog.Logger
}

// Op makes an Operation of a function from one struct to another, which encoding/json fills from the input and makes
// the output of. A nil Out is an empty output.
func Op[In, Out any](do func(ctx context.Context, r *awswire.Request, in *In) (*Out, error)) Operation {
	return func(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
		in := new(In)
		if r.Input.Kind() == value.Object {
			if err := json.Unmarshal([]byte(r.Input.Text()), in); err != nil {
				return nil, &awswire.Error{Code: "SerializationException", Message: err.Error()}
			}
		}
		out, err := do(ctx, r, in)
		if err != nil || out == nil {
			return &awswire.Reply{}, err
		}
		doc, err := Document(out)
		return &awswire.Reply{Output: doc}, err
	}
}

// Document is what encoding/json makes of v, as a document.
func Document(v any) (value.Value, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return value.Value{}, fmt.Errorf("making a document: %w", err)
	}
	return value.Checked(string(bytes.TrimSuffix(text.Bytes(), []byte("\n")))), nil
}

// Seconds is a time as documents have it, to the millisecond.
func Seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
