package api

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// Target lets Tasks call this API: it is the target of aws-sdk:sfn. Parameters and results have the names that
// AWS's SDK for Java gives them, which differ from the API's in their first letter, and times are text.
func (s *Server) Target() task.Target { return &target{s.service()} }

type target struct{ service *awswire.Service }

// Start carries the operation out and returns its answer.
func (t *target) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	op := t.service.Find(capital(c.Resource.Action))
	if op == nil {
		return task.Outcome{}, task.Errorf("States.TaskFailed", "This server has no operation for %s.", c.Resource.ARN)
	}
	out, err := t.service.Invoke(ctx, op, request(c.Input, op.Input))
	if err != nil {
		return task.Outcome{}, taskError(err)
	}
	return task.Outcome{Output: answer(out)}, nil
}

// taskError names an error as the SDK does.
func taskError(err *awswire.Error) *task.Error {
	name := err.Code
	if !strings.HasSuffix(name, "Exception") {
		name += "Exception"
	}
	status := err.Status
	if status == 0 {
		status = 400
	}
	return task.Errorf("Sfn."+name, "%s (Service: Sfn, Status Code: %d, Request ID: %s) (SDK Attempt Count: 1)",
		err.Message, status, uuid.NewString())
}

// request returns parameters under the names of the API. What stands where the API has a string is put there as
// JSON text.
func request(v value.Value, s *awswire.Shape) value.Value {
	switch s.Kind {
	case awswire.Structure:
		var members []value.Member
		for _, m := range s.Members {
			if given, ok := v.Get(capital(m.Name)); ok {
				members = append(members, value.Member{Key: m.Name, Value: request(given, m.Shape)})
			}
		}
		return value.NewObject(members)
	case awswire.List:
		if v.Kind() != value.Array {
			return v
		}
		elems := make([]value.Value, v.Len())
		for i, e := range v.Elems() {
			elems[i] = request(e, s.Elem)
		}
		return value.NewArray(elems)
	case awswire.String:
		if v.Kind() != value.String && !v.IsNull() {
			return value.FromString(v.Compact())
		}
	}
	return v
}

// answer returns an answer under the names of the SDK.
func answer(v value.Value) value.Value {
	switch v.Kind() {
	case value.Array:
		elems := make([]value.Value, v.Len())
		for i, e := range v.Elems() {
			elems[i] = answer(e)
		}
		return value.NewArray(elems)
	case value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			members = append(members, value.Member{Key: capital(m.Key), Value: answerMember(m)})
		}
		return value.NewObject(members)
	}
	return v
}

func answerMember(m value.Member) value.Value {
	switch {
	case m.Key == "variableReferences" || m.Key == "assignedVariables":
		return m.Value // its keys are the user's
	case m.Value.Kind() == value.Number && (strings.HasSuffix(m.Key, "Date") || m.Key == "timestamp"):
		at := time.UnixMilli(int64(m.Value.Float()*1000 + 0.5)).UTC()
		return value.FromString(at.Format("2006-01-02T15:04:05.000Z"))
	}
	return answer(m.Value)
}

// capital returns s with its first letter in upper case.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
