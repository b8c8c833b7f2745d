package aws

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// The integration lambda:invoke, and Tasks whose Resource is the ARN of a function.

var lambda = service{errors: "Lambda", client: "AWSLambda"}

// Functions is what Lambda does for Tasks.
type Functions interface {
	// Invoke is the operation of that name. A refusal is an *awswire.Error; any other error says nothing about the
	// function, such as that ctx has ended.
	Invoke(ctx context.Context, in *Invocation) (*Invoked, error)
}

// Invocation is a call of a function.
type Invocation struct {
	Place     arn.Place // of the caller; it says where a name without region and account belongs
	Function  string    // a name or an ARN
	Qualifier string
	// Direct is the Resource of a Task that names the function itself, instead of Function and Qualifier.
	Direct        *asl.Resource
	Type          string // of the invocation, "" for RequestResponse
	ClientContext string // JSON in Base64
	WantLog       bool
	Payload       []byte
	RequestID     string
	// Role is the ARN of the role that the caller takes on, "": none; Owner that of the state machine that calls, "": none does.
	Role, Owner string
}

// Invoked is the answer to an Invocation.
type Invoked struct {
	Status  int // of HTTP
	Failed  bool
	Payload []byte // the result; when Failed, what the function or its runtime tells of the failure
	Log     []byte // the end of the log, nil when it was not wanted
	Version string // that ran, "" when it is not known
	TraceID string
}

// NewLambda makes the target of lambda:invoke and of function ARNs.
func NewLambda(f Functions) task.Target { return lambdaTarget{f} }

type lambdaTarget struct{ functions Functions }

// Line is that of the function.
func (t lambdaTarget) Line(r *asl.Resource, input value.Value) (name string, quick bool) {
	if r.Function != "" {
		return r.ARN, false
	}
	function, _ := input.Get("FunctionName")
	return function.Str(), false
}

// Start calls the function. After a crash the same call is made again: a function may run twice.
func (t lambdaTarget) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	in := &Invocation{Place: c.Place(), RequestID: uuid.NewString(), Role: c.Role, Owner: machineOf(c.Execution)}
	if c.Resource.Function != "" {
		in.Direct, in.Payload = &c.Resource, []byte(c.Input.Text())
	} else {
		in.read(c.Input)
	}
	out, err := t.functions.Invoke(ctx, in)
	var no *awswire.Error
	var silence *awswire.Unanswered
	switch {
	case errors.As(err, &no):
		return task.Outcome{}, lambda.refused(c, no, in.RequestID)
	case errors.As(err, &silence):
		return task.Outcome{}, &task.Error{Name: "Lambda.SdkClientException", Cause: silence.Message, Phase: refusedIn(c)}
	case err != nil:
		return task.Outcome{}, err
	case out.Failed:
		return task.Outcome{}, functionFailed(out.Payload)
	case in.Direct != nil:
		return task.Outcome{Output: payload(out.Payload)}, nil
	}
	return task.Outcome{Output: invoked(in, out)}, nil
}

// read takes the parameters of lambda:invoke.
func (in *Invocation) read(parameters value.Value) {
	text := func(key string) string {
		v, _ := parameters.Get(key)
		return v.Str()
	}
	in.Function, in.Qualifier = text("FunctionName"), text("Qualifier")
	in.Type, in.ClientContext = text("InvocationType"), text("ClientContext")
	in.WantLog = text("LogType") == "Tail"
	in.Payload = payloadText(parameters)
}

// payloadText is the payload that the parameters ask for: a string that is JSON itself is taken as that JSON.
func payloadText(parameters value.Value) []byte {
	v, _ := parameters.Get("Payload")
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

// payload is what a function answered: JSON, or else text.
func payload(text []byte) value.Value {
	v, err := value.ParseBytes(text)
	if err != nil {
		return value.FromString(string(text))
	}
	return v
}

// functionFailed is a function's failure in the terms of the language.
func functionFailed(text []byte) *task.Error {
	v := payload(text)
	name, _ := v.Get("errorType")
	if name.Str() == "" {
		return task.Errorf("Lambda.Unknown", "The cause could not be determined because Lambda did not return an error type. Returned payload: %s", v.Compact())
	}
	return &task.Error{Name: name.Str(), Cause: v.Compact()}
}

// invoked is the answer of lambda:invoke.
func invoked(in *Invocation, out *Invoked) value.Value {
	log := base64.StdEncoding.EncodeToString(out.Log)
	r := reply{id: in.RequestID, status: out.Status, headers: map[string]string{
		"X-Amz-Executed-Version":         out.Version,
		"x-amzn-Remapped-Content-Length": "0",
		"Connection":                     "keep-alive",
		"x-amzn-RequestId":               in.RequestID,
		"Content-Length":                 strconv.Itoa(len(out.Payload)),
		"Date":                           time.Now().UTC().Format(http.TimeFormat),
		"X-Amzn-Trace-Id":                out.TraceID,
		"Content-Type":                   "application/json",
		"X-Amz-Log-Result":               log,
	}}
	members := []value.Member{
		{Key: "Payload", Value: payload(out.Payload)},
		{Key: "StatusCode", Value: value.FromInt(int64(out.Status))},
	}
	if out.Version != "" {
		members = append(members, value.Member{Key: "ExecutedVersion", Value: value.FromString(out.Version)})
	}
	if out.Log != nil {
		members = append(members, value.Member{Key: "LogResult", Value: value.FromString(log)})
	}
	return r.result(members...)
}
