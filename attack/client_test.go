package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/servertest"
)

const (
	machines   = "arn:aws:states:us-east-1:000000000000:stateMachine:"
	executions = "arn:aws:states:us-east-1:000000000000:execution:"
	role       = "arn:aws:iam::000000000000:role/attack"
)

// client speaks the API without the retries of an SDK, so that what is measured is one answer.
type client struct {
	url  string
	http *http.Client
}

func newClient(s *servertest.Server) *client {
	return &client{url: s.URL, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}}}
}

// object is a JSON object.
type object = map[string]any

// call makes one call. A refusal is an error that begins with its code.
func (c *client) call(ctx context.Context, op string, in object) (object, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Amz-Target", "AWSStepFunctions."+op)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	out := object{}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("%s: %s answers %.200q", op, resp.Status, text)
	}
	if resp.StatusCode != http.StatusOK {
		kind, _ := out["__type"].(string)
		return nil, fmt.Errorf("%s: %v", kind[strings.LastIndexByte(kind, '#')+1:], out["message"])
	}
	return out, nil
}

// create makes a state machine.
func (c *client) create(t *testing.T, name, definition string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := c.call(ctx, "CreateStateMachine", object{"name": name, "definition": definition, "roleArn": role}); err != nil {
		t.Fatalf("creating %s: %v", name, err)
	}
}

func (c *client) start(ctx context.Context, machine, name, input string) error {
	_, err := c.call(ctx, "StartExecution", object{"stateMachineArn": machines + machine, "name": name, "input": input})
	return err
}

// describe returns the status and the output, or the error and its cause, of an execution.
func (c *client) describe(ctx context.Context, machine, name string) (status, output string, err error) {
	out, err := c.call(ctx, "DescribeExecution", object{"executionArn": executions + machine + ":" + name})
	if err != nil {
		return "", "", err
	}
	status, _ = out["status"].(string)
	if output, _ = out["output"].(string); output == "" && out["error"] != nil {
		output = fmt.Sprintf("%v: %v", out["error"], out["cause"])
	}
	return status, output, nil
}

// await returns the status and the output of an execution that has ended, "RUNNING" if it has not after so long.
func (c *client) await(ctx context.Context, machine, name string, d time.Duration) (status, output string, err error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		status, output, err = c.describe(ctx, machine, name)
		if ctx.Err() != nil {
			return "RUNNING", "", nil
		}
		if err != nil || status != "RUNNING" {
			return status, output, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}
