package aws

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// NewFunctions makes functions of whoever has Lambda: each Invocation is the operation Invoke.
func NewFunctions(c awswire.Caller) Functions { return functions{c} }

type functions struct{ caller awswire.Caller }

// Invoke calls a function.
func (f functions) Invoke(ctx context.Context, in *Invocation) (*Invoked, error) {
	function, qualifier, place := in.Function, in.Qualifier, in.Place
	if in.Direct != nil { // which is called in its own region, wherever the caller is
		function, place.Region = in.Direct.ARN, cmp.Or(in.Direct.Place.Region, place.Region)
		if in.Direct.Place.Account == place.Account { // its name will do, and more than AWS understand it
			function, _, _ = strings.Cut(in.Direct.Function, ":")
			qualifier = strings.TrimPrefix(in.Direct.Function[len(function):], ":")
		}
	}
	members := []value.Member{{Key: "FunctionName", Value: value.FromString(function)}}
	add := func(name, text string) {
		if text != "" {
			members = append(members, value.Member{Key: name, Value: value.FromString(text)})
		}
	}
	add("Qualifier", qualifier)
	add("InvocationType", in.Type)
	add("ClientContext", in.ClientContext)
	if in.WantLog {
		add("LogType", "Tail")
	}
	add("Payload", base64.StdEncoding.EncodeToString(in.Payload))
	reply, err := f.caller.Call(ctx, &awswire.Request{
		Service: "lambda", Operation: "Invoke", Place: place, Input: value.NewObject(members), ID: in.RequestID, Role: in.Role, Owner: in.Owner,
	})
	if err != nil {
		return nil, err
	}
	return invokedBy(reply), nil
}

// invokedBy reads the answer of Invoke.
func invokedBy(reply *awswire.Reply) *Invoked {
	decoded := func(name string) []byte {
		v, _ := reply.Output.Get(name)
		raw, err := base64.StdEncoding.DecodeString(v.Str())
		if err != nil || v.Str() == "" {
			return nil
		}
		return raw
	}
	code, _ := at(reply.Output, "StatusCode").Int()
	return &Invoked{
		Status: cmp.Or(int(code), reply.Status, http.StatusOK), Failed: at(reply.Output, "FunctionError").Str() != "",
		Payload: decoded("Payload"), Log: decoded("LogResult"), Version: at(reply.Output, "ExecutedVersion").Str(),
		TraceID: reply.Header.Get("X-Amzn-Trace-Id"),
	}
}
