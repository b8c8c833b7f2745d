// Package logs is CloudWatch Logs: groups, streams and their events, filters, and the subscriptions of functions to them.
//
// Rows, each behind the place (package record):
//
//	group NAME                  a log group
//	stream GROUP NAME           a log stream of the group with that id
//	event STREAM TIME NUMBER    an event of the stream with that id; the time, Unix ms, has 13 digits, the number 20
//	metric GROUP NAME           a metric filter of the group with that name
//	subscription GROUP NAME     a subscription filter
//	policy NAME                 a resource policy
//	destination NAME, delivery-destination NAME
//	query ID                    a query, which is carried out when its results are asked for
package logs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/record"
)

// Service is CloudWatch Logs.
type Service struct {
	o   Options
	ops map[string]local.Operation

	groups        record.Table[group]
	streams       record.Table[stream]
	events        record.Table[event]
	metrics       record.Table[metricFilter]
	subscriptions record.Table[subscription]
	policies      record.Table[resourcePolicy]
	destinations  record.Table[destination]
	deliveries    record.Table[deliveryDestination]
	queries       record.Table[query]

	mu sync.Mutex // one change at a time: each reads what it changes

	held    *held
	writes  int64
	trimmed bool // it was told

	feed feed
}

// Options are what CloudWatch Logs needs beside what every service has.
type Options struct {
	local.Options
	// MaxBytes is how much events may take of a store in memory, which has to be empty; the oldest make room. 0: there is no bound.
	MaxBytes int64
}

// New makes the service.
func New(o Options) *Service {
	s := &Service{
		o: o, held: newHeld(o.MaxBytes), groups: record.NewTable[group](o.Store, "group"), streams: record.NewTable[stream](o.Store, "stream"),
		events: record.NewTable[event](o.Store, "event"), metrics: record.NewTable[metricFilter](o.Store, "metric"),
		subscriptions: record.NewTable[subscription](o.Store, "subscription"), policies: record.NewTable[resourcePolicy](o.Store, "policy"),
		destinations: record.NewTable[destination](o.Store, "destination"),
		deliveries:   record.NewTable[deliveryDestination](o.Store, "delivery-destination"), queries: record.NewTable[query](o.Store, "query"),
	}
	s.feed.service = s
	s.ops = s.operations()
	return s
}

func (s *Service) operations() map[string]local.Operation {
	return map[string]local.Operation{
		"CreateLogGroup":                local.Op(s.createLogGroup),
		"DeleteLogGroup":                local.Op(s.deleteLogGroup),
		"DescribeLogGroups":             local.Op(s.describeLogGroups),
		"ListLogGroups":                 local.Op(s.listLogGroups),
		"PutRetentionPolicy":            local.Op(s.putRetentionPolicy),
		"DeleteRetentionPolicy":         local.Op(s.deleteRetentionPolicy),
		"PutLogGroupDeletionProtection": local.Op(s.putDeletionProtection),
		"AssociateKmsKey":               local.Op(s.associateKey),
		"DisassociateKmsKey":            local.Op(s.disassociateKey),

		"CreateLogStream":    local.Op(s.createLogStream),
		"DeleteLogStream":    local.Op(s.deleteLogStream),
		"DescribeLogStreams": local.Op(s.describeLogStreams),

		"PutLogEvents":     local.Op(s.putLogEvents),
		"GetLogEvents":     local.Op(s.getLogEvents),
		"FilterLogEvents":  local.Op(s.filterLogEvents),
		"TestMetricFilter": local.Op(s.testMetricFilter),

		"PutMetricFilter":             local.Op(s.putMetricFilter),
		"DescribeMetricFilters":       local.Op(s.describeMetricFilters),
		"DeleteMetricFilter":          local.Op(s.deleteMetricFilter),
		"PutSubscriptionFilter":       local.Op(s.putSubscriptionFilter),
		"DescribeSubscriptionFilters": local.Op(s.describeSubscriptionFilters),
		"DeleteSubscriptionFilter":    local.Op(s.deleteSubscriptionFilter),

		"TagResource":         local.Op(s.tagResource),
		"UntagResource":       local.Op(s.untagResource),
		"ListTagsForResource": local.Op(s.listTagsForResource),
		"TagLogGroup":         local.Op(s.tagLogGroup),
		"UntagLogGroup":       local.Op(s.untagLogGroup),
		"ListTagsLogGroup":    local.Op(s.listTagsLogGroup),

		"PutResourcePolicy":        local.Op(s.putResourcePolicy),
		"DescribeResourcePolicies": local.Op(s.describeResourcePolicies),
		"DeleteResourcePolicy":     local.Op(s.deleteResourcePolicy),
		"PutDestination":           local.Op(s.putDestination),
		"PutDestinationPolicy":     local.Op(s.putDestinationPolicy),
		"DescribeDestinations":     local.Op(s.describeDestinations),
		"DeleteDestination":        local.Op(s.deleteDestination),

		"PutDeliveryDestination":          local.Op(s.putDeliveryDestination),
		"GetDeliveryDestination":          local.Op(s.getDeliveryDestination),
		"DeleteDeliveryDestination":       local.Op(s.deleteDeliveryDestination),
		"DescribeDeliveryDestinations":    local.Op(s.describeDeliveryDestinations),
		"PutDeliveryDestinationPolicy":    local.Op(s.putDeliveryDestinationPolicy),
		"GetDeliveryDestinationPolicy":    local.Op(s.getDeliveryDestinationPolicy),
		"DeleteDeliveryDestinationPolicy": local.Op(s.deleteDeliveryDestinationPolicy),
		"GetDeliverySource":               local.Op(s.getDeliverySource),
		"DescribeDeliverySources":         local.Op(s.describeDeliverySources),
		"DescribeDeliveries":              local.Op(s.describeDeliveries),

		"CreateExportTask":    local.Op(s.createExportTask),
		"DescribeExportTasks": local.Op(s.describeExportTasks),

		"StartQuery":      local.Op(s.startQuery),
		"StopQuery":       local.Op(s.stopQuery),
		"GetQueryResults": local.Op(s.getQueryResults),
		"DescribeQueries": local.Op(s.describeQueries),
	}
}

// Operations are local.Service's.
func (s *Service) Operations() map[string]local.Operation { return s.ops }

// Close waits for the deliveries to subscribers under way; those that wait are dropped.
func (s *Service) Close(ctx context.Context) error { return s.feed.close(ctx) }

func refuse(code, format string, a ...any) *awswire.Error {
	return &awswire.Error{Code: code, Message: fmt.Sprintf(format, a...)}
}

func invalid(format string, a ...any) *awswire.Error {
	return refuse("InvalidParameterException", format, a...)
}

// constraint is the refusal of a value that is not as the model has it. This service has a code of its own for that.
func constraint(value, member, must string) *awswire.Error {
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, must)
}

func notFound(what string) *awswire.Error {
	return refuse("ResourceNotFoundException", "The specified %s does not exist.", what)
}

func ms(t time.Time) int64 { return t.UnixMilli() }

// page cuts a page from what is listed.
func page[T any](all []T, token string, size, usual int) ([]T, string, error) {
	found, next, ok := record.Page(all, token, size, usual)
	if !ok {
		return nil, "", invalid("The specified nextToken is invalid.")
	}
	return found, next, nil
}

// pageInput is what lists are asked for with.
type pageInput struct {
	NextToken string `json:"nextToken"`
	Limit     int    `json:"limit"`
}
