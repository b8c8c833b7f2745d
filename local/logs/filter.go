package logs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

type transformation struct {
	Name       string            `json:"metricName"`
	Namespace  string            `json:"metricNamespace"`
	Value      string            `json:"metricValue"`
	Default    *float64          `json:"defaultValue,omitempty"`
	Dimensions map[string]string `json:"dimensions,omitempty"`
	Unit       string            `json:"unit,omitempty"`
}

// metricFilter is a metric filter. It is kept and tested; metrics are not made of it, for there is no CloudWatch here.
type metricFilter struct {
	Name        string           `json:"filterName"`
	Pattern     string           `json:"filterPattern"`
	Transforms  []transformation `json:"metricTransformations"`
	Created     int64            `json:"creationTime"`
	Group       string           `json:"logGroupName"`
	Transformed bool             `json:"applyOnTransformedLogs"`
}

type metricInput struct {
	pageInput
	Group       string           `json:"logGroupName"`
	Name        string           `json:"filterName"`
	Pattern     string           `json:"filterPattern"`
	Transforms  []transformation `json:"metricTransformations"`
	Transformed bool             `json:"applyOnTransformedLogs"`
	Prefix      string           `json:"filterNamePrefix"`
	Metric      string           `json:"metricName"`
	Namespace   string           `json:"metricNamespace"`
}

// Limits of filters, a group.
const maxMetricFilters, maxSubscriptions = 100, 2

func checkFilter(name string) error {
	switch {
	case name == "" || len(name) > maxName:
		return constraint(name, "filterName", "Member must have length less than or equal to 512")
	case strings.ContainsAny(name, ":*"):
		return constraint(name, "filterName", "Member must satisfy regular expression pattern: [^:*]*")
	}
	return nil
}

func (in *metricInput) check() error {
	if err := checkFilter(in.Name); err != nil {
		return err
	}
	if len(in.Transforms) != 1 {
		return constraint(javaTransforms(in.Transforms), "metricTransformations", "Member must have length less than or equal to 1")
	}
	_, err := parsePattern(in.Pattern)
	return err
}

// javaTransforms is how AWS prints a list of transformations.
func javaTransforms(all []transformation) string {
	var out []string
	for _, t := range all {
		def, unit := "null", "null"
		if t.Default != nil {
			def = fmt.Sprint(*t.Default)
		}
		if t.Unit != "" {
			unit = t.Unit
		}
		out = append(out, fmt.Sprintf("MetricTransformation(metricName=%s, metricNamespace=%s, metricValue=%s, defaultValue=%s, unit=%s, dimensions=null)",
			t.Name, t.Namespace, t.Value, def, unit))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (s *Service) putMetricFilter(_ context.Context, r *awswire.Request, in *metricInput) (*struct{}, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(r.Place, in.Group, "")
	if err != nil {
		return nil, err
	}
	all, err := s.metrics.List(r.Place, g.Name)
	if err != nil {
		return nil, err
	}
	f := &metricFilter{in.Name, in.Pattern, in.Transforms, ms(s.o.Now()), g.Name, in.Transformed}
	if old := slices.IndexFunc(all, func(x *metricFilter) bool { return x.Name == in.Name }); old >= 0 {
		f.Created = all[old].Created
	} else if len(all) >= maxMetricFilters {
		return nil, refuse("LimitExceededException", "Resource limit exceeded.")
	}
	return nil, s.metrics.Save(f, r.Place, g.Name, f.Name)
}

type metricsOutput struct {
	Filters   []*metricFilter `json:"metricFilters"`
	NextToken string          `json:"nextToken,omitempty"`
}

func (s *Service) describeMetricFilters(_ context.Context, r *awswire.Request, in *metricInput) (*metricsOutput, error) {
	for _, m := range []struct {
		value, name string
		most        int
	}{{in.Prefix, "filterNamePrefix", maxName}, {in.Metric, "metricName", 255}, {in.Namespace, "metricNamespace", 255}} {
		if len(m.value) > m.most {
			return nil, constraint(m.value, m.name, fmt.Sprintf("Member must have length less than or equal to %d", m.most))
		}
	}
	if (in.Metric == "") != (in.Namespace == "") {
		return nil, invalid("If you include the metricName parameter in your request, you must also include the metricNamespace parameter.")
	}
	var below []string
	if in.Group != "" {
		g, err := s.group(r.Place, in.Group, "")
		if err != nil {
			return nil, err
		}
		below = []string{g.Name}
	}
	out := &metricsOutput{Filters: []*metricFilter{}}
	for f, err := range s.metrics.All(r.Place, below...) {
		if err != nil {
			return nil, err
		}
		named := in.Metric == "" || slices.ContainsFunc(f.Transforms, func(t transformation) bool { return t.Name == in.Metric && t.Namespace == in.Namespace })
		if named && strings.HasPrefix(f.Name, in.Prefix) {
			out.Filters = append(out.Filters, f)
		}
	}
	var err error
	out.Filters, out.NextToken, err = page(out.Filters, in.NextToken, in.Limit, 50)
	return out, err
}

func (s *Service) deleteMetricFilter(_ context.Context, r *awswire.Request, in *metricInput) (*struct{}, error) {
	if err := checkGroup(in.Group); err != nil {
		return nil, err
	}
	if err := checkFilter(in.Name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(r.Place, in.Group, "")
	if err != nil {
		return nil, err
	}
	f, err := s.metrics.Get(r.Place, g.Name, in.Name)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, notFound("metric filter")
	}
	var b kv.Batch
	s.metrics.Delete(&b, r.Place, g.Name, in.Name)
	return nil, s.o.Store.Apply(&b)
}

type testInput struct {
	Pattern  string   `json:"filterPattern"`
	Messages []string `json:"logEventMessages"`
}

type testMatch struct {
	Number    int               `json:"eventNumber"`
	Message   string            `json:"eventMessage"`
	Extracted map[string]string `json:"extractedValues"`
}

type testOutput struct {
	Matches []testMatch `json:"matches"`
}

func (s *Service) testMetricFilter(_ context.Context, _ *awswire.Request, in *testInput) (*testOutput, error) {
	p, err := parsePattern(in.Pattern)
	if err != nil {
		return nil, err
	}
	out := &testOutput{[]testMatch{}}
	for i, message := range in.Messages {
		if extracted, ok := p.match(message); ok {
			if extracted == nil {
				extracted = map[string]string{}
			}
			out.Matches = append(out.Matches, testMatch{i + 1, message, extracted})
		}
	}
	return out, nil
}

// subscription is a subscription filter.
type subscription struct {
	Name         string `json:"filterName"`
	Group        string `json:"logGroupName"`
	Pattern      string `json:"filterPattern"`
	Destination  string `json:"destinationArn"`
	Role         string `json:"roleArn,omitempty"`
	Distribution string `json:"distribution"`
	Transformed  bool   `json:"applyOnTransformedLogs"`
	Created      int64  `json:"creationTime"`
}

type subscriptionInput struct {
	pageInput
	subscription
	Prefix string `json:"filterNamePrefix"`
}

func (s *Service) putSubscriptionFilter(ctx context.Context, r *awswire.Request, in *subscriptionInput) (*struct{}, error) {
	if err := checkFilter(in.Name); err != nil {
		return nil, err
	}
	if _, err := parsePattern(in.Pattern); err != nil {
		return nil, err
	}
	if err := s.checkDestination(ctx, r.Place, &in.subscription); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(r.Place, in.Group, "")
	if err != nil {
		return nil, err
	}
	all, err := s.subscriptions.List(r.Place, g.Name)
	if err != nil {
		return nil, err
	}
	f := in.subscription
	f.Created = ms(s.o.Now())
	if f.Distribution == "" {
		f.Distribution = "ByLogStream"
	}
	if !slices.ContainsFunc(all, func(x *subscription) bool { return x.Name == f.Name }) && len(all) >= maxSubscriptions {
		return nil, refuse("LimitExceededException", "Resource limit exceeded.")
	}
	return nil, s.subscriptions.Save(&f, r.Place, g.Name, f.Name)
}

// checkDestination checks that events can be delivered to where a subscription wants them.
func (s *Service) checkDestination(ctx context.Context, at arn.Place, f *subscription) error {
	to, ok := arn.Parse(f.Destination)
	if !ok {
		return invalid("Invalid destination ARN: %s", f.Destination)
	}
	switch to.Service {
	case "lambda":
		if to.Account != at.Account {
			return refuse("AccessDeniedException", "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers.")
		}
		if s.hasFunction(ctx, at, f.Destination) {
			return nil
		}
		return invalid("Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.")
	case "logs":
		name, _ := strings.CutPrefix(to.Resource, "destination:")
		d, err := s.destinations.Get(at, name)
		if err == nil && d == nil {
			err = notFound("destination")
		}
		return err
	case "kinesis", "firehose":
		if f.Role == "" {
			return invalid("destinationArn for vendor %s cannot be used without roleArn", to.Service)
		}
		return invalid("Could not deliver test message to specified %s stream. Check if the given %s stream is in ACTIVE state.",
			map[string]string{"kinesis": "Kinesis", "firehose": "Firehose"}[to.Service], to.Service)
	}
	return invalid("destinationArn for vendor %s is not supported", to.Service)
}

func (s *Service) hasFunction(ctx context.Context, at arn.Place, function string) bool {
	input, err := local.Document(map[string]string{"FunctionName": function})
	if err != nil || s.o.Others == nil {
		return false
	}
	_, err = s.o.Others.Call(ctx, &awswire.Request{Service: "lambda", Operation: "GetFunction", Place: at, Input: input, ID: uuid.NewString(), Length: -1})
	var no *awswire.Error
	if errors.As(err, &no) && no.Code != "ResourceNotFoundException" { // it is somewhere that does not tell
		return true
	}
	return err == nil
}

type subscriptionsOutput struct {
	Filters   []*subscription `json:"subscriptionFilters"`
	NextToken string          `json:"nextToken,omitempty"`
}

func (s *Service) describeSubscriptionFilters(_ context.Context, r *awswire.Request, in *subscriptionInput) (*subscriptionsOutput, error) {
	g, err := s.group(r.Place, in.Group, "")
	if err != nil {
		return nil, err
	}
	all, err := s.subscriptions.List(r.Place, g.Name)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(f *subscription) bool { return !strings.HasPrefix(f.Name, in.Prefix) })
	out := &subscriptionsOutput{}
	out.Filters, out.NextToken, err = page(append([]*subscription{}, all...), in.NextToken, in.Limit, 50)
	return out, err
}

func (s *Service) deleteSubscriptionFilter(_ context.Context, r *awswire.Request, in *subscriptionInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(r.Place, in.Group, "")
	if err != nil {
		return nil, err
	}
	f, err := s.subscriptions.Get(r.Place, g.Name, in.Name)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, notFound("subscription filter")
	}
	var b kv.Batch
	s.subscriptions.Delete(&b, r.Place, g.Name, f.Name)
	return nil, s.o.Store.Apply(&b)
}

// normalPolicy is how the service keeps a policy: with a version, in a fixed order, lists of one as what is in them.
func normalPolicy(text string) (string, error) {
	doc, err := value.Parse(text)
	if err != nil || doc.Kind() != value.Object {
		return "", invalid("Policy document is not valid JSON.")
	}
	statements, ok := doc.Get("Statement")
	if !ok || statements.Kind() != value.Array && statements.Kind() != value.Object {
		return "", invalid("Policy document has no statement.")
	}
	if statements.Kind() == value.Object {
		statements = value.NewArray([]value.Value{statements})
	}
	var out []value.Value
	for _, st := range statements.Elems() {
		var members []value.Member
		for _, name := range []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"} {
			if v, ok := st.Get(name); ok {
				members = append(members, value.Member{Key: name, Value: single(v, name == "Principal" || name == "NotPrincipal")})
			}
		}
		out = append(out, value.NewObject(members))
	}
	version, ok := doc.Get("Version")
	if !ok {
		version = value.FromString("2008-10-17")
	}
	return value.NewObject([]value.Member{{Key: "Version", Value: version}, {Key: "Statement", Value: value.NewArray(out)}}).Compact(), nil
}

func single(v value.Value, within bool) value.Value {
	if v.Kind() == value.Array && v.Len() == 1 {
		return v.Elems()[0]
	}
	if !within || v.Kind() != value.Object {
		return v
	}
	var members []value.Member
	for _, m := range v.Members() {
		members = append(members, value.Member{Key: m.Key, Value: single(m.Value, false)})
	}
	return value.NewObject(members)
}
