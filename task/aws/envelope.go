package aws

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// service is what an optimised integration says of its service.
type service struct {
	errors string // stands before the names of its errors
	client string // what causes call it
	// The headers of its answers as Step Functions orders them, which is not the same in AllHttpHeaders, where each is
	// a list, and in HttpHeaders.
	lists, scalars []string
}

// reply is an HTTP answer of a service.
type reply struct {
	id      string // of the request
	status  int
	headers map[string]string // those that are "" are not there
}

// result returns what the integration gives: the members of the answer and what the SDK adds, in the order of their
// names.
func (s *service) result(r reply, members ...value.Member) value.Value {
	members = append(members,
		value.Member{Key: "SdkHttpMetadata", Value: value.NewObject([]value.Member{
			{Key: "AllHttpHeaders", Value: r.header(s.lists, func(v value.Value) value.Value { return value.NewArray([]value.Value{v}) })},
			{Key: "HttpHeaders", Value: r.header(s.scalars, func(v value.Value) value.Value { return v })},
			{Key: "HttpStatusCode", Value: value.FromInt(int64(r.status))},
		})},
		value.Member{Key: "SdkResponseMetadata", Value: value.NewObject([]value.Member{{Key: "RequestId", Value: value.FromString(r.id)}})},
	)
	slices.SortFunc(members, func(a, b value.Member) int { return strings.Compare(a.Key, b.Key) })
	return value.NewObject(members)
}

func (r *reply) header(order []string, wrap func(value.Value) value.Value) value.Value {
	var members []value.Member
	for _, name := range order {
		if text := r.headers[name]; text != "" {
			members = append(members, value.Member{Key: name, Value: wrap(value.FromString(text))})
		}
	}
	return value.NewObject(members)
}

// refused puts an answer of the service that says no into the words of the integration.
func (s *service) refused(c *task.Call, err *awswire.Error, id string) *task.Error {
	failed := task.Errorf(s.errors+"."+exception(err.Code), "%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)",
		err.Message, s.client, status(err), err.Code, id)
	failed.Phase = refusedIn(c)
	return failed
}

// refusedIn is the phase of a Task whose request was refused. Recorded: with request and response it is a failure of
// the task like any other.
func refusedIn(c *task.Call) task.Phase {
	if c.Resource.Function != "" || c.Resource.Pattern == asl.RequestResponse {
		return task.Ran
	}
	return task.Submit
}

// exception is the name that AWS's SDKs give to an error of an API.
func exception(code string) string { return strings.TrimSuffix(code, "Exception") + "Exception" }

func status(err *awswire.Error) int { return cmp.Or(err.Status, http.StatusBadRequest) }
