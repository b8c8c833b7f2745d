// Package task is the seam between the engine, which decides that a Task has to run, and the targets that run
// it: Lambda functions, nested executions, AWS services, HTTP endpoints.
package task

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// Key names one attempt of one Task. It stays the same when a crash makes the engine start the attempt again,
// so a target derives its idempotency tokens from it and from nothing else.
type Key struct {
	Execution string // ARN
	Seq       uint64 // the wait of the execution that the call answers
}

// UUID derives a random-looking UUID from the attempt: the same one however often the attempt is made.
func (k Key) UUID() string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(k.Execution), k.Seq))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// Call is one attempt of a Task, its parameters computed.
type Call struct {
	Key
	Resource asl.Resource
	Input    value.Value
	Token    string    // the task token, "" when the pattern has none
	Deadline time.Time // when the state times out; zero: never
	Role     string    // ARN of the role in the state's Credentials, "" when it has none
	Mock     Mock
	Trace    *Trace // nil unless somebody wants to see what goes over the wire
}

// Trace is filled in by targets that speak HTTP for whoever tests a state: what was sent and what came back. A target
// that does not speak it leaves it as it is.
type Trace struct {
	Secrets  bool // what a connection adds is shown as it is
	Request  *HTTPRequest
	Response *HTTPResponse
}

// HTTPRequest is a request as TestState shows it; headers are one text, as "[name: value, name: value]".
type HTTPRequest struct{ Protocol, Method, URL, Headers, Body string }

// HTTPResponse is an answer as TestState shows it; headers as those of a request.
type HTTPResponse struct{ Protocol, StatusCode, StatusMessage, Headers, Body string }

// Place is where the call is made: in the region of the execution, by the account of the role in the state's Credentials
// or else by its own.
func (c *Call) Place() arn.Place {
	x, _ := arn.Parse(c.Execution)
	at := x.Place()
	if role, ok := arn.Parse(c.Role); ok && role.Account != "" {
		at.Account = role.Account
	}
	return at
}

// Mock says which attempt a call is in an execution that was started with a test case; the zero value is none.
type Mock struct {
	Machine string // ARN of the state machine
	Case    string
	State   string
	Attempt int64 // of the state in the execution, from 0: Retry, loops and iterations of a Map all count
}

// Outcome is the answer of a target. With the patterns that wait (.sync, .waitForTaskToken) it is the answer to
// the request that began the work, and the task goes on.
type Outcome struct {
	Output value.Value
	// Deferred: there is no answer yet, and Output is empty. The target has taken care that the execution hears of
	// it in a way of its own, which survives a crash.
	Deferred bool
	// Final: Output is what the Task answers, with the patterns that wait as well.
	Final bool
	// Job is what goes on, with .sync; the zero Job: nobody watches anything, and the Task ends by its token or not at
	// all. The Watcher of its Kind is asked for its end.
	Job Job
}

// Job names work that goes on after Start has returned, such as a child execution. The engine keeps it with the Task
// from TaskSubmitted to the Task's end, durably, so that whoever knows jobs of that Kind can find this one again, after
// a crash too.
type Job struct {
	Kind string // letters
	ID   string // any bytes: all that the Watcher wants to know again. Some hundred at most
}

// Watcher knows jobs of a Kind. Its methods may be called by many goroutines at once. The Call has no Input then, and
// no Trace: what the watcher needs of them is in the ID of the job.
type Watcher interface {
	// Poll looks at a job. When it is done, out is the result of the Task. A *Error fails the Task; after any other error the
	// job is asked for again some time later, for ever.
	Poll(ctx context.Context, c *Call, j Job) (out value.Value, done bool, err error)
	// Cancel stops a job that nobody waits for any more. It may have ended, or have been cancelled before: that is no error.
	// After an error it is called again, a few times.
	Cancel(ctx context.Context, c *Call, j Job, reason string) error
}

// LongestPause is the pause between two polls of a job that goes on and on, where a watch says nothing else.
const LongestPause = 30 * time.Second

// watch is a Watcher, and how long the pauses between polls get.
type watch struct {
	Watcher
	longest time.Duration
}

// Handle is the job as one text.
func (j Job) Handle() string { return j.Kind + ":" + j.ID }

// ParseJob reads a Handle; false when it is none.
func ParseJob(handle string) (Job, bool) {
	kind, id, ok := strings.Cut(handle, ":")
	return Job{kind, id}, ok && kind != ""
}

// Error is a failure in the terms of the language: what Retry and Catch match, and what history shows.
type Error struct {
	Name  string
	Cause string
	Phase Phase
	// Fatal fails the execution, whatever Retry and Catch say: it is no failure of the Task, but of what it was asked to do.
	Fatal bool
}

// Phase says how far a Task had come when it failed. Each has an event type of its own in the history.
type Phase uint8

// The phases.
const (
	Ran      Phase = iota // it ran: TaskFailed, ActivityFailed, LambdaFunctionFailed
	Schedule              // it could not be scheduled: ActivityScheduleFailed, LambdaFunctionScheduleFailed
	Start                 // the request could not be made: TaskStartFailed, LambdaFunctionStartFailed
	Submit                // the request of a Task that would have waited was refused: TaskSubmitFailed
)

func (e *Error) Error() string { return e.Name + ": " + e.Cause }

// Errorf makes an Error of a Task that ran, with a formatted cause.
func Errorf(name, format string, a ...any) *Error {
	return &Error{Name: name, Cause: fmt.Sprintf(format, a...)}
}

// Fatalf makes an Error that fails the execution, with a formatted cause. Its name is States.Runtime.
func Fatalf(format string, a ...any) *Error {
	return &Error{Name: "States.Runtime", Cause: fmt.Sprintf(format, a...), Fatal: true}
}

// Target runs Tasks. Start may be called again with the same Key after a crash; it returns a *Error when the
// task failed. When ctx ends, the task was given up: Start stops what it can and returns at once.
type Target interface {
	Start(ctx context.Context, c *Call) (Outcome, error)
}

// Lines is a Target of several resources whose calls are not to wait for each other. Calls of any other target stand in
// one line for each Resource.
type Lines interface {
	Target
	// Line names the line of a call. With quick, Start waits for nothing outside of this server, and calls of these
	// lines do not wait for those of others.
	Line(r *asl.Resource, input value.Value) (name string, quick bool)
}

// Registry finds the target of a resource. Fill it before the engine starts; it does not change afterwards.
type Registry struct {
	functions Target
	services  map[string]Target
	watches   map[string]watch
	mocks     Mocks
}

// Mocks is a Target that answers in place of others.
type Mocks interface {
	Target
	// Mocks reports whether it answers for a state of a test case.
	Mocks(m *Mock) bool
}

// SetMocks names who answers in executions that were started with a test case.
func (r *Registry) SetMocks(m Mocks) { r.mocks = m }

// Mock returns who answers in place of the target, nil when nobody does.
func (r *Registry) Mock(m *Mock) Target {
	switch {
	case m.Case == "":
		return nil
	case r.mocks == nil:
		return noMocks{}
	case !r.mocks.Mocks(m):
		return nil
	}
	return r.mocks
}

// noMocks fails what was started with a test case when there are no mocks any more: it must not call what they stood for.
type noMocks struct{}

// Start fails.
func (noMocks) Start(_ context.Context, c *Call) (Outcome, error) {
	return Outcome{}, Fatalf("The execution was started with the test case %s, and the server has no mock configuration any more.", c.Mock.Case)
}

// SetFunctions names the target of Tasks whose Resource is a function ARN.
func (r *Registry) SetFunctions(t Target) { r.functions = t }

// Set names the target of a service ("lambda", "aws-sdk:sfn") or of one action of it ("lambda:invoke").
func (r *Registry) Set(service string, t Target) {
	if r.services == nil {
		r.services = make(map[string]Target)
	}
	r.services[service] = t
}

// Watch names the watcher of the jobs of a Kind. Pauses between polls grow to longest; 0: LongestPause.
func (r *Registry) Watch(kind string, w Watcher, longest time.Duration) {
	if r.watches == nil {
		r.watches = make(map[string]watch)
	}
	if longest == 0 {
		longest = LongestPause
	}
	r.watches[kind] = watch{w, longest}
}

// Watcher returns the watcher of a Kind and the longest pause between polls, nil when there is none.
func (r *Registry) Watcher(kind string) (w Watcher, longest time.Duration) {
	found := r.watches[kind]
	return found.Watcher, found.longest
}

// Find returns the target of res, nil when there is none. An action's target goes before its service's, and a
// service's before that of all of "aws-sdk".
func (r *Registry) Find(res *asl.Resource) Target {
	if res.Function != "" {
		return r.functions
	}
	if t := r.services[res.Service+":"+res.Action]; t != nil {
		return t
	}
	if t := r.services[res.Service]; t != nil {
		return t
	}
	if prefix, _, ok := strings.Cut(res.Service, ":"); ok {
		return r.services[prefix]
	}
	return nil
}
