// Package lambda calls Lambda functions that somebody else has: sam local, another server, AWS.
package lambda

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task/aws"
)

// Endpoint is a Lambda service at a URL. Calls are not signed: what listens on a machine for tests asks for no credentials.
type Endpoint struct {
	url  string
	http *http.Client
}

// New makes an Endpoint of a URL.
func New(url string) *Endpoint {
	return &Endpoint{url: strings.TrimRight(url, "/"), http: &http.Client{}}
}

// maxAnswer bounds an answer; Lambda's own bound is 6 MB.
const maxAnswer = 7 << 20

// Invoke calls a function.
func (e *Endpoint) Invoke(ctx context.Context, in *aws.Invocation) (*aws.Invoked, error) {
	r, err := e.request(ctx, in)
	if err != nil {
		return nil, err
	}
	answer, err := e.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &awswire.Unanswered{Message: fmt.Sprintf("Unable to execute HTTP request: %v", errors.Unwrap(err))}
	}
	defer func() { _ = answer.Body.Close() }() // read to its end
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", e.url, err)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return nil, refused(answer, text)
	}
	log, err := base64.StdEncoding.DecodeString(answer.Header.Get("X-Amz-Log-Result"))
	if err != nil {
		log = nil // what cannot be read is no log
	}
	return &aws.Invoked{
		Status: answer.StatusCode, Failed: answer.Header.Get("X-Amz-Function-Error") != "", Payload: text, Log: log,
		Version: answer.Header.Get("X-Amz-Executed-Version"), TraceID: answer.Header.Get("X-Amzn-Trace-Id"),
	}, nil
}

// request makes the request of Lambda's Invoke.
func (e *Endpoint) request(ctx context.Context, in *aws.Invocation) (*http.Request, error) {
	function, qualifier := in.Function, in.Qualifier
	if in.Direct != nil {
		function, qualifier, _ = strings.Cut(in.Direct.Function, ":")
	}
	if _, name, ok := strings.Cut(function, ":function:"); ok { // sam local knows names alone
		var q string
		function, q, _ = strings.Cut(name, ":")
		qualifier = cmp.Or(qualifier, q)
	}
	target := e.url + "/2015-03-31/functions/" + url.PathEscape(function) + "/invocations"
	if qualifier != "" {
		target += "?Qualifier=" + url.QueryEscape(qualifier)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(in.Payload))
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", target, err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Amz-Invocation-Type", cmp.Or(in.Type, "RequestResponse"))
	if in.ClientContext != "" {
		r.Header.Set("X-Amz-Client-Context", in.ClientContext)
	}
	if in.WantLog {
		r.Header.Set("X-Amz-Log-Type", "Tail")
	}
	return r, nil
}

// refused reads an answer that is a refusal.
func refused(answer *http.Response, text []byte) *awswire.Error {
	code, _, _ := strings.Cut(answer.Header.Get("X-Amzn-Errortype"), ":")
	var body struct {
		Type    string
		Message string
	}
	if err := json.Unmarshal(text, &body); err != nil {
		body.Message = strings.TrimSpace(string(text))
	}
	return &awswire.Error{Code: cmp.Or(code, body.Type, "ServiceException"), Message: body.Message, Status: answer.StatusCode}
}
