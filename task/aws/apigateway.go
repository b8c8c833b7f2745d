package aws

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/task"
	web "github.com/statelark/statelark/task/http"
	"github.com/statelark/statelark/value"
)

// Signer signs requests to APIs that know their callers by IAM.
type Signer interface {
	// Sign adds what is needed to the header of a request with a body, for the account of a place or a role (ARN, "": none). owner
	// is the ARN of the state machine.
	Sign(ctx context.Context, r *http.Request, body []byte, place arn.Place, role, owner string) error
}

// NewAPIGateway makes the target of apigateway:invoke. signer may be nil: then no request is signed.
func NewAPIGateway(client *web.Client, signer Signer) task.Target {
	return &gatewayTarget{client, signer}
}

type gatewayTarget struct {
	client *web.Client
	signer Signer
}

// Line is that of the API.
func (t *gatewayTarget) Line(r *asl.Resource, input value.Value) (name string, quick bool) {
	endpoint, _ := input.Get("ApiEndpoint")
	return r.ARN + " " + endpoint.Str(), false
}

// Start calls the API.
func (t *gatewayTarget) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	r, err := gatewayRequest(c)
	if err == nil {
		err = t.sign(ctx, c, r)
	}
	if err != nil {
		return task.Outcome{}, err
	}
	answer, err := t.client.Do(ctx, r, c.Trace)
	if err != nil {
		return task.Outcome{}, gatewayFailure(c, err)
	}
	if answer.Status < 200 || answer.Status > 299 {
		failed := task.Errorf("ApiGateway."+value.FromInt(int64(answer.Status)).Text(), "%s", strings.ToValidUTF8(string(answer.Body), "\uFFFD"))
		failed.Phase = refusedIn(c)
		return task.Outcome{}, failed
	}
	return task.Outcome{Output: answer.Result()}, nil
}

// gatewayRequest makes the request of the parameters.
func gatewayRequest(c *task.Call) (*web.Request, error) {
	unusable := func(reason string) error {
		return task.Fatalf("The Parameters '%s' could not be used to start the Task: [%s]", c.Input.Compact(), reason)
	}
	for _, m := range c.Input.Members() {
		if !gatewayParameters[m.Key] {
			return nil, unusable(unknownField(m.Key).Error())
		}
	}
	text := func(name string) string { return at(c.Input, name).Str() }
	endpoint := text("ApiEndpoint")
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(strings.TrimRight(endpoint, "/"))
	if err != nil || u.Host == "" {
		return nil, unusable("The value for the field 'ApiEndpoint' must be a host")
	}
	for _, part := range []string{text("Stage"), text("Path")} {
		if part = strings.TrimPrefix(part, "/"); part != "" {
			u.Path += "/" + part
		}
	}
	r := &web.Request{Method: text("Method"), URL: u}
	var wrong string
	if r.Query, wrong = fields(c.Input, "QueryParameters"); wrong != "" {
		return nil, unusable(wrong)
	}
	if r.Headers, wrong = fields(c.Input, "Headers"); wrong != "" {
		return nil, unusable(wrong)
	}
	if body := at(c.Input, "RequestBody"); body.Exists() && !body.IsNull() {
		if !at(c.Input, "AllowNullValues").Bool() {
			body = withoutNulls(body)
		}
		r.Body, r.ContentType = plain(body), "application/json"
		r.Shown = r.Body
	}
	return r, nil
}

var gatewayParameters = map[string]bool{
	"ApiEndpoint": true, "Method": true, "Headers": true, "Stage": true, "Path": true, "QueryParameters": true, "RequestBody": true,
	"AllowNullValues": true, "AuthType": true,
}

// fields reads an object of lists of texts, and says what is wrong with it.
func fields(in value.Value, name string) (all []web.Field, wrong string) {
	for _, m := range at(in, name).Members() {
		if m.Value.Kind() != value.Array {
			return nil, "The value for the field '" + m.Key + "' must be an ARRAY"
		}
		for _, e := range m.Value.Elems() {
			all = append(all, web.Field{Name: m.Key, Value: string(plain(e))})
		}
	}
	return all, ""
}

// withoutNulls is a value without members that are null.
func withoutNulls(v value.Value) value.Value {
	switch v.Kind() {
	case value.Array:
		elems := make([]value.Value, v.Len())
		for i, e := range v.Elems() {
			elems[i] = withoutNulls(e)
		}
		return value.NewArray(elems)
	case value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			if !m.Value.IsNull() {
				members = append(members, value.Member{Key: m.Key, Value: withoutNulls(m.Value)})
			}
		}
		return value.NewObject(members)
	}
	return v
}

// sign signs a request whose API is to know its caller.
func (t *gatewayTarget) sign(ctx context.Context, c *task.Call, r *web.Request) error {
	switch at(c.Input, "AuthType").Str() {
	case "", "NO_AUTH":
		return nil
	}
	if t.signer == nil {
		return &task.Error{Name: "ApiGateway.SdkClientException", Cause: "Unable to load credentials from any of the providers in the chain", Phase: refusedIn(c)}
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.FullURL().String(), nil)
	if err != nil {
		return gatewayFailure(c, &web.RefusedError{Reason: err.Error()})
	}
	if err := t.signer.Sign(ctx, req, r.Body, c.Place(), c.Role, machineOf(c.Execution)); err != nil {
		return gatewayFailure(c, err)
	}
	for name, values := range req.Header {
		for _, v := range values {
			r.Headers = append(r.Headers, web.Field{Name: name, Value: v, Secret: true})
		}
	}
	return nil
}

// gatewayFailure is the failure of a Task that got no answer.
func gatewayFailure(c *task.Call, err error) error {
	var refused *web.RefusedError
	var silent *web.SocketError
	reason := err.Error()
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, web.ErrTooLarge):
		return task.Errorf("States.DataLimitExceeded",
			"The state/task 'apigateway' returned a result with a size exceeding the maximum number of bytes service limit.")
	case errors.As(err, &refused):
		reason = refused.Reason
	case errors.As(err, &silent):
		reason = silent.Reason
	}
	return &task.Error{Name: "ApiGateway.SdkClientException", Cause: "Unable to execute HTTP request: " + reason, Phase: refusedIn(c)}
}
