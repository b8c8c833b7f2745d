// Package client calls the Step Functions API, of a Statelark server or of AWS, as the commands need it.
package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/value"
)

// Client calls the API.
type Client struct {
	// HTTP carries the calls.
	HTTP *http.Client
	// Token is that of who calls Console; "": none.
	Token string

	url   string
	place arn.Place // of its resources
	role  string    // ARN; the API asks for one, and Statelark assumes none
	sign  *signer   // nil: calls are not signed, and are in the place of the server
	aws   bool      // it is AWS itself that answers
}

// New makes a client of the server at url, whose resources are in place. It does not sign: Statelark takes any
// credentials, and none.
func New(url string, place arn.Place) *Client {
	return &Client{
		url:   strings.TrimRight(url, "/") + "/",
		place: place,
		role:  place.RoleARN("statelark"),
		HTTP:  &http.Client{},
	}
}

// URL is where the server is.
func (c *Client) URL() string { return c.url }

// IsAWS reports whether it is AWS itself that answers: there, calls are limited in number.
func (c *Client) IsAWS() bool { return c.aws }

// ErrUnreachable says that nothing that speaks the API answered.
var ErrUnreachable = errors.New("the server does not answer")

// maxAnswer bounds an answer; where payloads may be large, an execution with its input and output is the largest.
const maxAnswer = 256 << 20

// How long a call may take. Those of slow run an execution, or a state, before they answer: five minutes at most.
const (
	callTime     = 2 * time.Minute
	slowCallTime = 6 * time.Minute
)

// slow are the operations before whose host AWS has a prefix.
var slow = []string{"StartSyncExecution", "TestState"}

// Call calls an operation. An error of the API is a *statelark.Error, one of the way there is ErrUnreachable. What AWS
// has not done, since there were too many calls, is tried again.
func (c *Client) Call(ctx context.Context, operation string, in ...value.Member) (value.Value, error) {
	body := value.NewObject(in).Compact()
	for wait := throttleWait; ; wait *= 2 {
		answer, err := c.call(ctx, operation, body)
		if !c.aws || statelark.ErrorCode(err) != statelark.CodeThrottling || wait > maxThrottleWait {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return value.Value{}, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// How long a call waits that AWS has not done, since there were too many: longer each time.
const (
	throttleWait    = 500 * time.Millisecond
	maxThrottleWait = 8 * time.Second
)

// request makes the request of a call.
func (c *Client) request(ctx context.Context, operation, body string) (*http.Request, error) {
	url := c.url
	if c.aws && slices.Contains(slow, operation) {
		url = strings.Replace(url, "://", "://sync-", 1)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", url, err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	if c.sign == nil {
		return r, nil
	}
	return r, c.sign.sign(ctx, r, body)
}

// exchange sends a request and reads the answer, whose body is closed. An error is that of ctx once it has ended, else ErrUnreachable.
func (c *Client) exchange(ctx context.Context, r *http.Request, what string) (*http.Response, []byte, error) {
	answer, err := c.HTTP.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer func() { _ = answer.Body.Close() }() // read to its end
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, nil, fmt.Errorf("%w: reading the answer to %s: %w", ErrUnreachable, what, err)
	}
	return answer, text, nil
}

// call calls an operation once.
func (c *Client) call(ctx context.Context, operation, body string) (value.Value, error) {
	limit := callTime
	if slices.Contains(slow, operation) {
		limit = slowCallTime
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := c.request(limited, operation, body)
	if err != nil {
		return value.Value{}, err
	}
	answer, text, err := c.exchange(ctx, r, operation)
	if err != nil {
		return value.Value{}, err
	}
	v, err := value.ParseBytes(text)
	if err != nil || v.Kind() != value.Object {
		return value.Value{}, fmt.Errorf("%w: what answers at %s does not speak the Step Functions API (%s)", ErrUnreachable, c.url, answer.Status)
	}
	if answer.StatusCode != http.StatusOK {
		return value.Value{}, apiError(v)
	}
	return v, nil
}

// apiError reads the body of a refusal.
func apiError(body value.Value) *statelark.Error {
	code := Str(body, "__type")
	code = code[strings.LastIndexByte(code, '#')+1:]
	message := Str(body, "message")
	if message == "" {
		message = Str(body, "Message")
	}
	return &statelark.Error{Code: code, Message: message}
}

// Str returns a string member of an object, "" when it has none.
func Str(v value.Value, key string) string {
	m, _ := v.Get(key)
	return m.Str()
}

// Text makes a string member of an object.
func Text(key, s string) value.Member { return value.Member{Key: key, Value: value.FromString(s)} }

// Number makes a whole number member of an object.
func Number(key string, n int64) value.Member { return value.Member{Key: key, Value: value.FromInt(n)} }

// Deploy makes the server have a state machine of that name and definition and returns its ARN. One that is
// there already is used when it is the same, else updated.
func (c *Client) Deploy(ctx context.Context, name, definition string) (string, error) {
	created, err := c.Call(ctx, "CreateStateMachine", Text("name", name), Text("definition", definition), Text("roleArn", c.role))
	if err == nil {
		return Str(created, "stateMachineArn"), nil
	}
	if statelark.ErrorCode(err) != statelark.CodeStateMachineAlreadyExists {
		return "", fmt.Errorf("creating state machine %s: %w", name, err)
	}
	arn, err := c.Find(ctx, name)
	if err != nil {
		return "", err
	}
	if _, err := c.Call(ctx, "UpdateStateMachine", Text("stateMachineArn", arn), Text("definition", definition)); err != nil {
		return "", fmt.Errorf("updating state machine %s: %w", name, err)
	}
	return arn, nil
}

// Find returns the ARN of the state machine of a name.
func (c *Client) Find(ctx context.Context, name string) (string, error) {
	for m, err := range c.List(ctx, "ListStateMachines", "stateMachines") {
		if err != nil {
			return "", fmt.Errorf("looking for state machine %s: %w", name, err)
		}
		if Str(m, "name") == name {
			return Str(m, "stateMachineArn"), nil
		}
	}
	return "", statelark.Errorf(statelark.CodeStateMachineDoesNotExist, "there is no state machine %s at %s", name, c.url)
}

// List yields what an operation that answers by pages lists under key, page by page as it is asked for. An error is the
// last that it yields.
func (c *Client) List(ctx context.Context, operation, key string, in ...value.Member) iter.Seq2[value.Value, error] {
	return func(yield func(value.Value, error) bool) {
		page := in
		for {
			answer, err := c.Call(ctx, operation, page...)
			if err != nil {
				yield(value.Value{}, err)
				return
			}
			list, _ := answer.Get(key)
			for _, v := range list.Elems() {
				if !yield(v, nil) {
					return
				}
			}
			next := Str(answer, "nextToken")
			if next == "" {
				return
			}
			page = append(in[:len(in):len(in)], Text("nextToken", next))
		}
	}
}

// Start starts an execution and returns its ARN.
func (c *Client) Start(ctx context.Context, machine, name, input string) (string, error) {
	in := []value.Member{Text("stateMachineArn", machine), Text("input", input)}
	if name != "" {
		in = append(in, Text("name", name))
	}
	started, err := c.Call(ctx, "StartExecution", in...)
	if err != nil {
		return "", fmt.Errorf("starting an execution of %s: %w", machine, err)
	}
	return Str(started, "executionArn"), nil
}

// Describe returns DescribeExecution's answer.
func (c *Client) Describe(ctx context.Context, execution string) (value.Value, error) {
	return c.Call(ctx, "DescribeExecution", Text("executionArn", execution))
}

// Stop aborts an execution.
func (c *Client) Stop(ctx context.Context, execution, errorName, cause string) error {
	_, err := c.Call(ctx, "StopExecution", Text("executionArn", execution), Text("error", errorName), Text("cause", cause))
	return err
}

// historyPage is how many events a call asks for.
const historyPage = 1000

// EventsAfter returns the events that follow the one with id last, oldest first, and their payloads when data is set. It
// reads the history from its end, so that a long one is not read again and again.
func (c *Client) EventsAfter(ctx context.Context, execution string, last int64, data bool) ([]value.Value, error) {
	ask := []value.Member{
		Text("executionArn", execution),
		{Key: "reverseOrder", Value: value.True},
		{Key: "maxResults", Value: value.FromInt(historyPage)},
		{Key: "includeExecutionData", Value: value.FromBool(data)},
	}
	var newest []value.Value
	for token := ""; ; {
		in := ask
		if token != "" {
			in = append(ask[:len(ask):len(ask)], Text("nextToken", token))
		}
		answer, err := c.Call(ctx, "GetExecutionHistory", in...)
		if err != nil {
			return nil, err
		}
		page, _ := answer.Get("events")
		for _, v := range page.Elems() {
			id, _ := v.Get("id")
			if n, _ := id.Int(); n <= last {
				return oldestFirst(newest), nil
			}
			newest = append(newest, v)
		}
		if token = Str(answer, "nextToken"); token == "" {
			return oldestFirst(newest), nil
		}
	}
}

func oldestFirst(events []value.Value) []value.Value {
	slices.Reverse(events)
	return events
}
