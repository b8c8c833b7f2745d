package function

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/statelark/statelark/value"
)

// urlRunner posts the event to a URL. An answer outside 2xx, or with the header X-Amz-Function-Error, is a
// function error; its body is the error's payload when it is an object with errorType. Lambda's own Invoke
// URLs, and those of its runtime interface emulator, answer in this form.
type urlRunner struct {
	f        *Function
	endpoint *endpoint
}

func newURLRunner(f *Function) *urlRunner {
	e, err := newEndpoint(f.Code.URL)
	if err != nil { // prepare has read it
		panic(err)
	}
	return &urlRunner{f: f, endpoint: e}
}

func (r *urlRunner) close() { r.endpoint.close() }

func (r *urlRunner) run(ctx context.Context, inv *Invocation) (*Result, error) {
	deadline := r.f.deadline()
	a, err := r.post(ctx, inv, deadline)
	switch {
	case err == nil:
		return r.result(inv, a), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !time.Now().Before(deadline):
		return timedOut(inv, r.f.Timeout), nil
	}
	err = &url.Error{Op: "Post", URL: r.endpoint.url.Redacted(), Err: err}
	return nil, Errorf("ServiceException", http.StatusInternalServerError, "Calling the function's URL: %v", err)
}

func (r *urlRunner) post(ctx context.Context, inv *Invocation, deadline time.Time) (*reply, error) {
	fields := []field{
		{"X-Amzn-RequestId", inv.RequestID},
		{"Lambda-Runtime-Aws-Request-Id", inv.RequestID},
		{"Lambda-Runtime-Invoked-Function-Arn", inv.arn},
		{"Lambda-Runtime-Deadline-Ms", strconv.FormatInt(deadline.UnixMilli(), 10)},
	}
	if inv.ClientContext != nil {
		fields = append(fields, field{"X-Amz-Client-Context", base64.StdEncoding.EncodeToString(inv.ClientContext)})
	}
	return r.endpoint.call(ctx, deadline, fields, inv.Payload, MaxResponse)
}

func (r *urlRunner) result(inv *Invocation, a *reply) *Result {
	failedCall := a.code < 200 || a.code > 299
	if !failedCall && !a.failed {
		if len(a.body) > MaxResponse {
			return tooLarge()
		}
		if len(a.body) == 0 {
			a.body = []byte("null")
		}
		return &Result{Payload: a.body}
	}
	payload, err := value.ParseBytes(a.body)
	if err == nil && (hasErrorType(payload) || !failedCall) {
		return &Result{Payload: []byte(payload.Compact()), FunctionError: unhandled}
	}
	return failed("Http.StatusCode."+strconv.Itoa(a.code), "RequestId: %s Error: %s answered %s: %s",
		inv.RequestID, r.f.Code.URL, a.status, quoteStart(a.body))
}
