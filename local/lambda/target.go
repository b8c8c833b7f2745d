package lambda

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/task/aws"
	"github.com/statelark/statelark/value"
)

// NewTarget makes the target of "lambda:invoke" and of function ARNs.
func NewTarget(c *function.Catalog) task.Target { return aws.NewLambda(tasks{c}) }

// tasks does for Tasks what Lambda does.
type tasks struct{ catalog *function.Catalog }

// Invoke calls a function.
func (s tasks) Invoke(ctx context.Context, in *aws.Invocation) (*aws.Invoked, error) {
	out, err := s.invoke(ctx, in)
	if err != nil {
		return nil, refusal(ctx, err)
	}
	return out, nil
}

// refusal puts what went wrong in the terms of Lambda's API. What the end of the call or of the catalogue has caused
// says nothing about the function, and stays as it is.
func refusal(ctx context.Context, err error) error {
	var no *function.Error
	switch {
	case errors.As(err, &no):
		return wireError(no)
	case ctx.Err() != nil, errors.Is(err, function.ErrClosed), errors.Is(err, context.Canceled):
		return err
	}
	return &awswire.Error{Code: "ServiceException", Message: err.Error(), Status: http.StatusInternalServerError}
}

func (s tasks) invoke(ctx context.Context, in *aws.Invocation) (*aws.Invoked, error) {
	ref, err := s.ref(in)
	if err != nil {
		return nil, err
	}
	inv := function.Invocation{RequestID: in.RequestID, Payload: in.Payload, WantLog: in.WantLog, Valid: true}
	if inv.ClientContext, err = decodeClientContext(in.ClientContext); err != nil {
		return nil, err
	}
	out := &aws.Invoked{TraceID: function.TraceID(in.RequestID)}
	switch in.Type {
	case "Event":
		out.Status = http.StatusAccepted
		return out, s.catalog.InvokeEvent(ref, inv)
	case "DryRun":
		out.Status = http.StatusNoContent
		return out, s.catalog.CheckInvoke(ref)
	}
	res, err := s.catalog.Invoke(ctx, ref, inv)
	if err != nil {
		return nil, err
	}
	out.Status, out.Failed = http.StatusOK, res.FunctionError != ""
	out.Payload, out.Log, out.Version = res.Payload, res.Log, res.Version
	return out, nil
}

// ref returns the function that is meant. A Task whose Resource is the function itself calls the region in its ARN.
func (s tasks) ref(in *aws.Invocation) (function.Ref, error) {
	if r := in.Direct; r != nil {
		name, qualifier, _ := strings.Cut(r.Function, ":")
		return function.Ref{Place: r.Place, Name: name, Qualifier: qualifier}, nil
	}
	ref, err := function.ParseRef(in.Function, in.Qualifier)
	if err == nil {
		err = s.locate(&ref, in.Place)
	}
	return ref, err
}

// decodeClientContext reads a ClientContext, which is JSON in Base64.
func decodeClientContext(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	context, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		_, err = value.ParseBytes(context)
	}
	if err != nil {
		return nil, function.Errorf("InvalidRequestContentException", http.StatusBadRequest, "Client context must be a valid Base64-encoded JSON object.")
	}
	return context, nil
}

// locate fills in what a name leaves open, as seen from where the call is made.
func (s tasks) locate(r *function.Ref, here arn.Place) error {
	if here == (arn.Place{}) {
		here = s.catalog.Home()
	}
	if r.Place.Region != "" && r.Place.Region != here.Region {
		return function.Errorf("InvalidParameterValueException", http.StatusBadRequest, "Functions from '%s' are not reachable in this region ('%s')", r.Place.Region, here.Region)
	}
	r.Place.Region = here.Region
	r.Place.Account = cmp.Or(r.Place.Account, here.Account)
	return nil
}
