package aws

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
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
}

// reply is an HTTP answer of a service.
type reply struct {
	id      string // of the request
	status  int
	headers map[string]string // those that are "" are not there
}

// result returns what the integration gives: the members of the answer and what the SDK adds, in the order of their
// names.
func (r *reply) result(members ...value.Member) value.Value {
	var names []string
	for name, text := range r.headers {
		if text != "" {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, hashOrder)
	lists := r.header(names, func(v value.Value) value.Value { return value.NewArray([]value.Value{v}) })
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	members = append(members,
		value.Member{Key: "SdkHttpMetadata", Value: value.NewObject([]value.Member{
			{Key: "AllHttpHeaders", Value: lists},
			{Key: "HttpHeaders", Value: r.header(names, func(v value.Value) value.Value { return v })},
			{Key: "HttpStatusCode", Value: value.FromInt(int64(r.status))},
		})},
		value.Member{Key: "SdkResponseMetadata", Value: value.NewObject([]value.Member{{Key: "RequestId", Value: value.FromString(r.id)}})},
	)
	sortMembers(members)
	return value.NewObject(members)
}

func (r *reply) header(order []string, wrap func(value.Value) value.Value) value.Value {
	members := make([]value.Member, len(order))
	for i, name := range order {
		members[i] = value.Member{Key: name, Value: wrap(value.FromString(r.headers[name]))}
	}
	return value.NewObject(members)
}

// hashOrder is the order in which a HashMap of Java has some names, which is that of the headers in AllHttpHeaders as it was
// recorded. (HttpHeaders are sorted, whatever their case.)
func hashOrder(a, b string) int {
	return cmp.Or(cmp.Compare(bucket(a), bucket(b)), strings.Compare(a, b))
}

// bucket is where a HashMap with 16 of them puts a text: a dozen names fit in.
func bucket(text string) uint32 {
	var hash uint32
	for _, c := range []byte(text) {
		hash = 31*hash + uint32(c)
	}
	return (hash ^ hash>>16) % 16
}

// refused puts an answer of the service that says no into the words of the integration.
func (s *service) refused(c *task.Call, err *awswire.Error, id string) *task.Error {
	failed := task.Errorf(s.errors+"."+exception(err.Code), "%s", s.cause(err, err.Code, id))
	failed.Phase = refusedIn(c)
	return failed
}

// cause is what version 1 says of a refusal.
func (s *service) cause(err *awswire.Error, code, id string) string {
	return cmp.Or(err.Message, "null") + " (Service: " + s.client + "; Status Code: " + strconv.Itoa(status(err)) + "; Error Code: " + code +
		"; Request ID: " + cmp.Or(err.RequestID, id) + "; Proxy: null)"
}

// refusedIn is the phase of a Task whose request was refused. Recorded: with request and response it is a failure of
// the task like any other.
func refusedIn(c *task.Call) task.Phase {
	if c.Resource.Function != "" || c.Resource.Pattern == asl.RequestResponse {
		return task.Ran
	}
	return task.Submit
}

func status(err *awswire.Error) int { return cmp.Or(err.Status, http.StatusBadRequest) }
