package aws

import (
	"context"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// sdkService is what a call through the AWS SDK says of its service.
type sdkService struct {
	name string // stands before the names of its errors, and in causes
	// opaque are the members of its answers whose keys are the user's own.
	opaque []string
	// isTime reports whether a number under that name is a time in seconds.
	isTime func(member string) bool
}

// sdkTarget calls the operations of a service. Parameters and results have the names that AWS's SDK for Java gives
// them, which differ from the API's in their first letter, and times are text.
type sdkTarget struct {
	*sdkService
	api *awswire.Service
}

// Line is that of the operation, which waits for nobody.
func (*sdkTarget) Line(r *asl.Resource, _ value.Value) (name string, quick bool) { return r.ARN, true }

// Start carries the operation out and returns its answer.
func (t *sdkTarget) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	op := t.api.Find(capital(c.Resource.Action))
	if op == nil {
		return task.Outcome{}, task.Errorf("States.TaskFailed", "This server has no operation for %s.", c.Resource.ARN)
	}
	out, err := t.api.Invoke(ctx, op, c.Place(), request(c.Input, op.Input))
	if err != nil {
		return task.Outcome{}, t.refused(c, err)
	}
	return task.Outcome{Output: t.answer(out)}, nil
}

// refused names an error as the SDK does.
func (s *sdkService) refused(c *task.Call, err *awswire.Error) *task.Error {
	failed := task.Errorf(s.name+"."+exception(err.Code), "%s (Service: %s, Status Code: %d, Request ID: %s) (SDK Attempt Count: 1)",
		err.Message, s.name, status(err), uuid.NewString())
	failed.Phase = refusedIn(c)
	return failed
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
func (s *sdkService) answer(v value.Value) value.Value {
	switch v.Kind() {
	case value.Array:
		elems := make([]value.Value, v.Len())
		for i, e := range v.Elems() {
			elems[i] = s.answer(e)
		}
		return value.NewArray(elems)
	case value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			members = append(members, value.Member{Key: capital(m.Key), Value: s.answerMember(m)})
		}
		return value.NewObject(members)
	}
	return v
}

func (s *sdkService) answerMember(m value.Member) value.Value {
	switch {
	case slices.Contains(s.opaque, m.Key):
		return m.Value
	case m.Value.Kind() == value.Number && s.isTime(m.Key):
		at := time.UnixMilli(int64(m.Value.Float()*1000 + 0.5)).UTC()
		return value.FromString(at.Format("2006-01-02T15:04:05.000Z"))
	}
	return s.answer(m.Value)
}

// capital returns s with its first letter in upper case.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
