package lambda

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task/aws"
	"github.com/statelark/statelark/value"
)

// Call carries out an operation of the API within the process.
func (h *Handler) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	if r.Operation == "Invoke" {
		return h.callInvoke(ctx, r)
	}
	return h.service.Call(ctx, r)
}

// callInvoke is Invoke, whose input and output have the payloads as members.
func (h *Handler) callInvoke(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	payload, err := base64.StdEncoding.DecodeString(textOf(r.Input, "Payload"))
	if err != nil {
		return nil, &awswire.Error{Code: "SerializationException", Message: "The payload is not Base64.", Status: http.StatusBadRequest}
	}
	out, err := tasks{h.catalog}.Invoke(ctx, &aws.Invocation{
		Place: r.Place, Function: textOf(r.Input, "FunctionName"), Qualifier: textOf(r.Input, "Qualifier"), Type: textOf(r.Input, "InvocationType"),
		ClientContext: textOf(r.Input, "ClientContext"), WantLog: textOf(r.Input, "LogType") == "Tail", Payload: payload, RequestID: r.ID,
	})
	if err != nil {
		return nil, err
	}
	members := []value.Member{{Key: "StatusCode", Value: value.FromInt(int64(out.Status))}}
	add := func(name, text string) {
		if text != "" {
			members = append(members, value.Member{Key: name, Value: value.FromString(text)})
		}
	}
	if out.Failed {
		add("FunctionError", "Unhandled")
	}
	add("LogResult", base64.StdEncoding.EncodeToString(out.Log))
	add("Payload", base64.StdEncoding.EncodeToString(out.Payload))
	add("ExecutedVersion", out.Version)
	return &awswire.Reply{Output: value.NewObject(members), Status: out.Status}, nil
}

// textOf returns a member that is a string, "" when it is none.
func textOf(in value.Value, name string) string {
	v, _ := in.Get(name)
	if v.Kind() != value.String {
		return ""
	}
	return v.Str()
}
