package function

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// Target runs the Tasks that call functions: Resource lambda:invoke, and Resource an ARN of a function.
type Target struct {
	catalog *Catalog
}

var _ task.Target = (*Target)(nil)

// NewTarget makes the target of "lambda:invoke" and of function ARNs.
func NewTarget(c *Catalog) *Target { return &Target{catalog: c} }

// Start calls the function. After a crash the same call is made again: a function may run twice.
func (t *Target) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	var out value.Value
	var err error
	id := uuid.NewString()
	if c.Resource.Function != "" {
		out, err = t.call(ctx, c, id)
	} else {
		out, err = t.invoke(ctx, c, id)
	}
	return task.Outcome{Output: out}, taskError(ctx, err, id)
}

// taskError puts what went wrong in the terms of the language. What the end of the call or of the catalogue has
// caused says nothing about the task, and stays as it is.
func taskError(ctx context.Context, err error, requestID string) error {
	var refused *Error
	var failed *task.Error
	switch {
	case errors.As(err, &refused):
		return refused.task(requestID)
	case err == nil, errors.As(err, &failed), ctx.Err() != nil, errors.Is(err, errClosed), errors.Is(err, context.Canceled):
		return err
	}
	return Errorf("ServiceException", http.StatusInternalServerError, "%v", err).task(requestID)
}

// task puts a refusal in the terms of the language: the exception of the SDK that the service calls with.
func (e *Error) task(requestID string) *task.Error {
	name := e.Code
	if !strings.HasSuffix(name, "Exception") {
		name += "Exception"
	}
	return task.Errorf("Lambda."+name, "%s (Service: AWSLambda; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)",
		e.Message, e.Status, e.Code, requestID)
}

// call is the form with a function's ARN: the input is the payload, the payload that comes back the output.
// The region and the account of the ARN are not looked at: a definition that was written for AWS works here.
func (t *Target) call(ctx context.Context, c *task.Call, id string) (value.Value, error) {
	name, qualifier, _ := strings.Cut(c.Resource.Function, ":")
	ref := Ref{Place: c.Resource.Place, Name: name, Qualifier: qualifier}
	res, err := t.catalog.Invoke(ctx, ref, Invocation{RequestID: id, Payload: []byte(c.Input.Text())})
	if err != nil {
		return value.Value{}, err
	}
	if res.FunctionError != "" {
		return value.Value{}, functionError(res)
	}
	return parsePayload(res.Payload), nil
}

// invokeInput is the parameters of lambda:invoke.
type invokeInput struct {
	ref        Ref
	kind       string
	invocation Invocation
}

func (t *Target) invoke(ctx context.Context, c *task.Call, id string) (value.Value, error) {
	in, err := t.readInput(c)
	if err != nil {
		return value.Value{}, err
	}
	in.invocation.RequestID = id
	switch in.kind {
	case "Event":
		if err := t.catalog.InvokeEvent(in.ref, in.invocation); err != nil {
			return value.Value{}, err
		}
		return invokeOutput(&Result{}, http.StatusAccepted, id), nil
	case "DryRun":
		if err := t.catalog.CheckInvoke(in.ref); err != nil {
			return value.Value{}, err
		}
		return invokeOutput(&Result{}, http.StatusNoContent, id), nil
	}
	res, err := t.catalog.Invoke(ctx, in.ref, in.invocation)
	if err != nil {
		return value.Value{}, err
	}
	if res.FunctionError != "" {
		return value.Value{}, functionError(res)
	}
	return invokeOutput(res, http.StatusOK, id), nil
}

func (t *Target) readInput(c *task.Call) (*invokeInput, error) {
	name, ok := c.Input.Get("FunctionName")
	if !ok || name.Kind() != value.String {
		return nil, badParameters(c.Input, "The field 'FunctionName' is required and has to be a string")
	}
	texts := make(map[string]string)
	for _, key := range []string{"Qualifier", "InvocationType", "LogType", "ClientContext"} {
		v, ok := c.Input.Get(key)
		if ok && v.Kind() != value.String {
			return nil, badParameters(c.Input, fmt.Sprintf("The value for the field '%s' must be a STRING", key))
		}
		texts[key] = v.Str()
	}
	ref, err := ParseRef(name.Str(), texts["Qualifier"])
	if err != nil {
		return nil, err
	}
	if err := t.locate(&ref, c.Execution); err != nil {
		return nil, err
	}
	in := &invokeInput{ref: ref, kind: texts["InvocationType"]}
	in.invocation.WantLog = texts["LogType"] == "Tail"
	in.invocation.Payload = payloadText(c.Input)
	in.invocation.ClientContext, err = DecodeClientContext(texts["ClientContext"])
	return in, err
}

func badParameters(input value.Value, reason string) *task.Error {
	return task.Errorf("States.Runtime", "The Parameters '%s' could not be used to start the Task: [%s]", input.Compact(), reason)
}

// DecodeClientContext reads a ClientContext, which is JSON in Base64.
func DecodeClientContext(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	context, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		_, err = value.ParseBytes(context)
	}
	if err != nil {
		return nil, Errorf("InvalidRequestContentException", http.StatusBadRequest, "Client context must be a valid Base64-encoded JSON object.")
	}
	return context, nil
}

// locate fills in what a name leaves open, as seen by the execution that calls.
func (t *Target) locate(r *Ref, execution string) error {
	here := t.catalog.opts.Place
	if x, ok := arn.Parse(execution); ok {
		here = x.Place()
	}
	if r.Place.Region != "" && r.Place.Region != here.Region {
		return invalid("Functions from '%s' are not reachable in this region ('%s')", r.Place.Region, here.Region)
	}
	r.Place.Region = here.Region
	r.Place.Account = cmp.Or(r.Place.Account, here.Account)
	return nil
}

// payloadText is the payload that the parameters ask for: a string that is JSON itself is taken as that JSON.
func payloadText(input value.Value) []byte {
	v, _ := input.Get("Payload")
	if !v.Exists() || v.IsNull() {
		return []byte("{}")
	}
	if v.Kind() == value.String {
		if inner, err := value.Parse(v.Str()); err == nil {
			return []byte(inner.Text())
		}
	}
	return []byte(v.Compact())
}

// parsePayload is what a function answered: JSON, or else text.
func parsePayload(payload []byte) value.Value {
	v, err := value.ParseBytes(payload)
	if err != nil {
		return value.FromString(string(payload))
	}
	return v
}

// functionError is a function's failure in the terms of the language.
func functionError(res *Result) *task.Error {
	v, err := value.ParseBytes(res.Payload)
	if err != nil {
		v = value.FromString(string(res.Payload))
	}
	if !hasErrorType(v) {
		return task.Errorf("Lambda.Unknown", "The cause could not be determined because Lambda did not return an error type. Returned payload: %s", v.Compact())
	}
	name, _ := v.Get("errorType")
	return &task.Error{Name: name.Str(), Cause: v.Compact()}
}

// invokeOutput is the answer of lambda:invoke with its members as Step Functions orders them.
func invokeOutput(res *Result, status int, id string) value.Value {
	var members []value.Member
	add := func(key string, v value.Value) { members = append(members, value.Member{Key: key, Value: v}) }
	if res.Version != "" {
		add("ExecutedVersion", value.FromString(res.Version))
	}
	if res.Log != nil {
		add("LogResult", value.FromString(base64.StdEncoding.EncodeToString(res.Log)))
	}
	add("Payload", parsePayload(res.Payload))
	add("SdkHttpMetadata", httpMetadata(res, status, id))
	add("SdkResponseMetadata", object("RequestId", id))
	add("StatusCode", value.FromInt(int64(status)))
	return value.NewObject(members)
}

// httpMetadata tells of the HTTP answer that Lambda would have given. The two orders are those that Step
// Functions shows.
func httpMetadata(res *Result, status int, id string) value.Value {
	headers := map[string]string{
		"X-Amz-Executed-Version":         res.Version,
		"x-amzn-Remapped-Content-Length": "0",
		"Connection":                     "keep-alive",
		"x-amzn-RequestId":               id,
		"Content-Length":                 strconv.Itoa(len(res.Payload)),
		"Date":                           time.Now().UTC().Format(http.TimeFormat),
		"X-Amzn-Trace-Id":                traceID(id),
		"Content-Type":                   "application/json",
		"X-Amz-Log-Result":               base64.StdEncoding.EncodeToString(res.Log),
	}
	var lists, scalars []value.Member
	for _, name := range []string{"X-Amz-Executed-Version", "x-amzn-Remapped-Content-Length", "Connection", "x-amzn-RequestId",
		"X-Amz-Log-Result", "Content-Length", "Date", "X-Amzn-Trace-Id", "Content-Type"} {
		if headers[name] != "" {
			lists = append(lists, value.Member{Key: name, Value: value.NewArray([]value.Value{value.FromString(headers[name])})})
		}
	}
	for _, name := range []string{"Connection", "Content-Length", "Content-Type", "Date", "X-Amz-Executed-Version", "X-Amz-Log-Result",
		"x-amzn-Remapped-Content-Length", "x-amzn-RequestId", "X-Amzn-Trace-Id"} {
		if headers[name] != "" {
			scalars = append(scalars, value.Member{Key: name, Value: value.FromString(headers[name])})
		}
	}
	return value.NewObject([]value.Member{
		{Key: "AllHttpHeaders", Value: value.NewObject(lists)},
		{Key: "HttpHeaders", Value: value.NewObject(scalars)},
		{Key: "HttpStatusCode", Value: value.FromInt(int64(status))},
	})
}

// object makes an object of pairs of name and text.
func object(pairs ...string) value.Value {
	var members []value.Member
	for i := 0; i < len(pairs); i += 2 {
		members = append(members, value.Member{Key: pairs[i], Value: value.FromString(pairs[i+1])})
	}
	return value.NewObject(members)
}
