package function

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/statelark/statelark/value"
)

// urlRunner posts the event to a URL. An answer outside 2xx, or with the header X-Amz-Function-Error, is a
// function error; its body is the error's payload when it is an object with errorType. Lambda's own Invoke
// URLs, and those of its runtime interface emulator, answer in this form.
type urlRunner struct {
	f      *Function
	client *http.Client
}

func (r *urlRunner) close() {}

func (r *urlRunner) run(ctx context.Context, inv *Invocation) (*Result, error) {
	limit, cancel := context.WithTimeout(ctx, r.f.Timeout)
	defer cancel()
	res, err := r.post(limit, inv)
	switch {
	case err == nil:
		return res, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(limit.Err(), context.DeadlineExceeded):
		return timedOut(inv, r.f.Timeout), nil
	}
	return nil, Errorf("ServiceException", http.StatusInternalServerError, "Calling the function's URL: %v", err)
}

func (r *urlRunner) post(ctx context.Context, inv *Invocation) (*Result, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.f.Code.URL, bytes.NewReader(inv.Payload))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Amzn-RequestId", inv.RequestID)
	req.Header.Set("Lambda-Runtime-Aws-Request-Id", inv.RequestID)
	req.Header.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
	req.Header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(r.f.deadline().UnixMilli(), 10))
	if inv.ClientContext != nil {
		req.Header.Set("X-Amz-Client-Context", base64.StdEncoding.EncodeToString(inv.ClientContext))
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxResponse+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return r.result(inv, resp, body), nil
}

func (r *urlRunner) result(inv *Invocation, resp *http.Response, body []byte) *Result {
	failedCall := resp.StatusCode < 200 || resp.StatusCode > 299
	if !failedCall && resp.Header.Get("X-Amz-Function-Error") == "" {
		if len(body) > MaxResponse {
			return tooLarge()
		}
		if len(body) == 0 {
			body = []byte("null")
		}
		return &Result{Payload: body}
	}
	answer, err := value.ParseBytes(body)
	if err == nil && (hasErrorType(answer) || !failedCall) {
		return &Result{Payload: []byte(answer.Compact()), FunctionError: unhandled}
	}
	return failed("Http.StatusCode."+strconv.Itoa(resp.StatusCode), "RequestId: %s Error: %s answered %s: %s",
		inv.RequestID, r.f.Code.URL, resp.Status, quoteStart(body))
}
