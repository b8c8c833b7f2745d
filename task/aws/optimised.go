package aws

import (
	"context"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// integration is an optimised integration: a row of the table that says what Step Functions does with a service.
type integration struct {
	service string            // in resources: "events"
	model   string            // "": the same
	errors  string            // stands before the names of its errors: "EventBridge"
	base    string            // class of errors that the model does not have: "AmazonEventBridgeException"
	client  string            // what causes call the service: "AmazonEventBridge"
	bare    bool              // results come without what the SDK adds
	codes   map[string]string // of errors, by shape, where causes have another
	actions map[string]action
}

// action is one action of an integration. What is not said is as in the service's own operation.
type action struct {
	operation string // "": the action with a capital letter
	model     string // "": that of the integration
	// texts are the parameters that may be any JSON, and are sent as text.
	texts []string
	// prepare makes the parameters that are sent of those of the Task.
	prepare func(c *task.Call, in value.Value) (value.Value, error)
	own     bool // parameters have names that the operation does not have
	// find asks the service for what the parameters name otherwise than it does, before prepare.
	find func(ctx context.Context, t *optimisedTarget, c *task.Call, in value.Value) (value.Value, error)
	// shape makes the result of the answer.
	shape func(c *task.Call, out value.Value) value.Value
	// fails tells a failure in an answer that says yes; with .sync and callbacks alone when waits.
	fails func(out value.Value) *task.Error
	waits bool
	// job says how work stands that the operation began, for .sync; nil: there is none.
	job *job
}

// Integrations are the targets of the optimised integrations that are rows of the table, by the services of resources. lambda,
// states and http are not among them: what they do is more than a row says.
func Integrations(o Options) map[string]task.Target {
	targets := make(map[string]task.Target, len(table))
	for i := range table {
		targets[table[i].service] = &optimisedTarget{o, &table[i]}
	}
	return targets
}

type optimisedTarget struct {
	Options
	*integration
}

// operation finds what an action means; nil when the table does not have it.
func (in *integration) operation(name string) (*action, *model.Service, *model.Operation) {
	a, ok := in.actions[name]
	if !ok {
		return nil, nil, nil
	}
	s := model.Load(firstOf(a.model, in.model, in.service))
	if s == nil {
		return nil, nil, nil
	}
	op := s.Operations[firstOf(a.operation, capital(name))]
	if op == nil {
		return nil, nil, nil
	}
	return &a, s, op
}

func firstOf(texts ...string) string {
	return texts[max(0, slices.IndexFunc(texts, func(s string) bool { return s != "" }))]
}

// Line is that of the resource. What is built in and waits for nothing outside shares with nobody.
func (t *optimisedTarget) Line(r *asl.Resource, _ value.Value) (name string, quick bool) {
	return r.ARN, t.builtIn(firstOf(t.model, t.service))
}

// Start carries the action out. With .sync the answer is that of the request which began the job.
func (t *optimisedTarget) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	a, s, op := t.operation(c.Resource.Action)
	if a == nil {
		return task.Outcome{}, task.Errorf("States.TaskFailed", "This server has no integration for %s.", c.Resource.ARN)
	}
	q := newQuestion(c, s, op, optimisedTongue)
	outcome, err := t.begin(ctx, q, a)
	if err != nil {
		return task.Outcome{}, q.failed(err, t.errors, t.refusal)
	}
	return outcome, nil
}

// begin asks, and shapes the answer.
func (t *optimisedTarget) begin(ctx context.Context, q *question, a *action) (task.Outcome, error) {
	parameters, err := a.parameters(ctx, t, q.call)
	if err != nil {
		return task.Outcome{}, err
	}
	answer, err := t.ask(ctx, q, parameters)
	if err != nil {
		return task.Outcome{}, err
	}
	if a.shape != nil {
		answer.result = a.shape(q.call, answer.result)
	}
	outcome := task.Outcome{Output: answer.result}
	if !t.bare {
		r := q.envelope(answer)
		outcome.Output = r.result(answer.result.Members()...)
	}
	if a.fails != nil && (!a.waits || q.call.Resource.Pattern != asl.RequestResponse) {
		if failed := a.fails(outcome.Output); failed != nil {
			failed.Phase = refusedIn(q.call)
			return task.Outcome{}, failed
		}
	}
	if q.call.Resource.Pattern == asl.Sync && a.job != nil {
		outcome.Job, err = a.job.begun(q, parameters, answer.result)
	}
	return outcome, err
}

// parameters are those that are sent, in the words of the Task.
func (a *action) parameters(ctx context.Context, t *optimisedTarget, c *task.Call) (in value.Value, err error) {
	in = c.Input
	if a.find != nil {
		if in, err = a.find(ctx, t, c, in); err != nil {
			return in, err
		}
	}
	for _, name := range a.texts {
		if v, ok := in.Get(name); ok {
			in = in.With(name, asText(v))
		}
	}
	if a.prepare == nil {
		return in, nil
	}
	return a.prepare(c, in)
}

// asText is a value as a text: JSON, where it is none.
func asText(v value.Value) value.Value {
	if v.Kind() == value.String || v.IsNull() {
		return v
	}
	return value.FromString(v.Compact())
}

// refusal words a refusal as version 1 does.
func (t *optimisedTarget) refusal(q *question, err *awswire.Error) (name, cause string) {
	code := err.Code
	name = t.base
	if e := shapeOf(q.service, q.op, code); e != nil {
		name = exception(e.Name)
		code = firstOf(t.codes[e.Name], code)
	}
	row := service{client: t.client}
	return name, row.cause(err, code, q.id)
}

// envelope is what the SDK tells of the answer: the fields of its header as they came, or as the service would have sent them.
func (q *question) envelope(a *answer) *reply {
	r := &reply{id: q.id, status: firstStatus(a.Status, q.op.Status, http.StatusOK), headers: map[string]string{}}
	for name, texts := range a.Header {
		if known, ok := spellings[name]; ok && len(texts) > 0 {
			r.headers[known] = texts[0]
		}
	}
	if len(r.headers) > 0 {
		r.id = firstOf(r.headers["x-amzn-RequestId"], r.id)
		return r
	}
	text := a.Output.Compact()
	r.headers = map[string]string{
		"x-amzn-RequestId": q.id,
		"Content-Length":   strconv.Itoa(len(text)),
		"Date":             time.Now().UTC().Format(http.TimeFormat),
		"Content-Type":     contentType(q.service),
	}
	if q.service.Name == "dynamodb" {
		r.headers["Server"], r.headers["Connection"] = "Server", "keep-alive"
		r.headers["x-amz-crc32"] = fmt.Sprint(crc32.ChecksumIEEE([]byte(text)))
	} else {
		r.headers["connection"] = "keep-alive"
	}
	return r
}

func firstStatus(codes ...int) int {
	return codes[max(0, slices.IndexFunc(codes, func(n int) bool { return n != 0 }))]
}

// spellings are the fields of a header that are shown, as services spell them.
var spellings = map[string]string{
	"X-Amzn-Requestid": "x-amzn-RequestId", "X-Amz-Crc32": "x-amz-crc32", "Content-Length": "Content-Length", "Date": "Date",
	"Content-Type": "Content-Type", "Server": "Server", "Connection": "connection",
	"X-Amzn-Remapped-Content-Length": "x-amzn-Remapped-Content-Length", "X-Amzn-Trace-Id": "X-Amzn-Trace-Id",
}

func contentType(s *model.Service) string {
	switch s.Protocol {
	case model.JSON:
		return "application/x-amz-json-" + firstOf(s.JSONVersion, "1.1")
	case model.RESTJSON:
		return "application/json"
	}
	return "text/xml"
}
