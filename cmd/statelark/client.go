package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/value"
)

// client calls the Step Functions API of a Statelark server. It does not sign: Statelark takes any credentials.
type client struct {
	url  string
	role string // ARN; the API asks for one, and Statelark assumes none
	http *http.Client
}

// newClient makes a client of the server at url, whose resources are in place.
func newClient(url string, place arn.Place) *client {
	return &client{
		url:  strings.TrimRight(url, "/") + "/",
		role: place.RoleARN("statelark"),
		http: &http.Client{Timeout: 2 * time.Minute},
	}
}

// errUnreachable: nothing that speaks the API answered.
var errUnreachable = errors.New("the server does not answer")

// maxAnswer bounds an answer; a page of a history is the largest.
const maxAnswer = 32 << 20

// call calls an operation. An error of the API is a *statelark.Error, one of the way there is errUnreachable.
func (c *client) call(ctx context.Context, operation string, in ...value.Member) (value.Value, error) {
	body := value.NewObject(in).Compact()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(body))
	if err != nil {
		return value.Value{}, fmt.Errorf("calling %s: %w", c.url, err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	answer, err := c.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return value.Value{}, ctx.Err()
		}
		return value.Value{}, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer func() { _ = answer.Body.Close() }() // read to its end
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return value.Value{}, fmt.Errorf("%w: reading the answer to %s: %w", errUnreachable, operation, err)
	}
	v, err := value.ParseBytes(text)
	if err != nil || v.Kind() != value.Object {
		return value.Value{}, fmt.Errorf("%w: what answers at %s does not speak the Step Functions API (%s)", errUnreachable, c.url, answer.Status)
	}
	if answer.StatusCode != http.StatusOK {
		return value.Value{}, apiError(v)
	}
	return v, nil
}

// apiError reads the body of a refusal.
func apiError(body value.Value) *statelark.Error {
	code := str(body, "__type")
	code = code[strings.LastIndexByte(code, '#')+1:]
	message := str(body, "message")
	if message == "" {
		message = str(body, "Message")
	}
	return &statelark.Error{Code: code, Message: message}
}

// str returns a string member of an object, "" when it has none.
func str(v value.Value, key string) string {
	m, _ := v.Get(key)
	return m.Str()
}

func text(key, s string) value.Member { return value.Member{Key: key, Value: value.FromString(s)} }

// deploy makes the server have a state machine of that name and definition and returns its ARN. One that is
// there already is used when it is the same, else updated.
func (c *client) deploy(ctx context.Context, name, definition string) (string, error) {
	created, err := c.call(ctx, "CreateStateMachine", text("name", name), text("definition", definition), text("roleArn", c.role))
	if err == nil {
		return str(created, "stateMachineArn"), nil
	}
	if statelark.ErrorCode(err) != statelark.CodeStateMachineAlreadyExists {
		return "", fmt.Errorf("creating state machine %s: %w", name, err)
	}
	arn, err := c.find(ctx, name)
	if err != nil {
		return "", err
	}
	if _, err := c.call(ctx, "UpdateStateMachine", text("stateMachineArn", arn), text("definition", definition)); err != nil {
		return "", fmt.Errorf("updating state machine %s: %w", name, err)
	}
	return arn, nil
}

// find returns the ARN of the state machine of a name.
func (c *client) find(ctx context.Context, name string) (string, error) {
	var page []value.Member
	for {
		answer, err := c.call(ctx, "ListStateMachines", page...)
		if err != nil {
			return "", fmt.Errorf("looking for state machine %s: %w", name, err)
		}
		machines, _ := answer.Get("stateMachines")
		for _, m := range machines.Elems() {
			if str(m, "name") == name {
				return str(m, "stateMachineArn"), nil
			}
		}
		next := str(answer, "nextToken")
		if next == "" {
			return "", statelark.Errorf(statelark.CodeStateMachineDoesNotExist, "there is no state machine %s at %s", name, c.url)
		}
		page = []value.Member{text("nextToken", next)}
	}
}

// start starts an execution and returns its ARN.
func (c *client) start(ctx context.Context, machine, name, input string) (string, error) {
	in := []value.Member{text("stateMachineArn", machine), text("input", input)}
	if name != "" {
		in = append(in, text("name", name))
	}
	started, err := c.call(ctx, "StartExecution", in...)
	if err != nil {
		return "", fmt.Errorf("starting an execution of %s: %w", machine, err)
	}
	return str(started, "executionArn"), nil
}

// describe returns DescribeExecution's answer.
func (c *client) describe(ctx context.Context, execution string) (value.Value, error) {
	return c.call(ctx, "DescribeExecution", text("executionArn", execution))
}

// stop aborts an execution.
func (c *client) stop(ctx context.Context, execution, errorName, cause string) error {
	_, err := c.call(ctx, "StopExecution", text("executionArn", execution), text("error", errorName), text("cause", cause))
	return err
}

// historyPage is how many events a call asks for.
const historyPage = 1000

// eventsAfter returns the events that follow the one with id last, oldest first. It reads the history from its
// end, so that a long one is not read again and again.
func (c *client) eventsAfter(ctx context.Context, execution string, last int64) ([]event, error) {
	ask := []value.Member{
		text("executionArn", execution),
		{Key: "reverseOrder", Value: value.True},
		{Key: "maxResults", Value: value.FromInt(historyPage)},
		{Key: "includeExecutionData", Value: value.False},
	}
	var newest []event
	for token := ""; ; {
		in := ask
		if token != "" {
			in = append(ask[:len(ask):len(ask)], text("nextToken", token))
		}
		answer, err := c.call(ctx, "GetExecutionHistory", in...)
		if err != nil {
			return nil, err
		}
		page, _ := answer.Get("events")
		for _, v := range page.Elems() {
			e := readEvent(v)
			if e.id <= last {
				return reversed(newest), nil
			}
			newest = append(newest, e)
		}
		if token = str(answer, "nextToken"); token == "" {
			return reversed(newest), nil
		}
	}
}
