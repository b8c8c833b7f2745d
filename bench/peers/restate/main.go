// Command restate is the service that Restate calls in the table of the peers: a handler of as many durable
// steps as its payload says.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	restate "github.com/restatedev/sdk-go"
	"github.com/restatedev/sdk-go/server"
)

// Steps is the service.
type Steps struct{}

// Run returns its input after the steps, each of which returns what the one before returned.
func (Steps) Run(ctx restate.Context, payload json.RawMessage) (json.RawMessage, error) {
	var p struct{ Steps int }
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, err
	}
	for range p.Steps {
		in := payload
		out, err := restate.Run(ctx, func(restate.RunContext) (json.RawMessage, error) { return in, nil })
		if err != nil {
			return nil, err
		}
		payload = out
	}
	return payload, nil
}

func main() {
	quiet := slog.NewTextHandler(io.Discard, nil)
	if err := server.NewRestate().WithLogger(quiet, false).Bind(restate.Reflect(Steps{})).Start(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "restate:", err)
		os.Exit(1)
	}
}
