// Package events is EventBridge: buses, rules, targets, schedules, archives and replays, connections and API destinations.
//
// Rows, each behind a place (package record):
//
//	bus NAME                     an event bus; the default bus has a row once something of it was set
//	rule BUS NAME                a rule with its targets
//	archive NAME                 an archive
//	archived ARCHIVE TIME ID     an event in the archive with that id; the time, Unix ms, has 13 digits
//	replay NAME                  a replay
//	connection NAME, api-destination NAME
//
// and, in no place, what is to be done at a time (Unix ms, 13 digits):
//
//	delivery TIME ID                        an event for a target
//	schedule TIME REGION ACCOUNT BUS NAME   a rule that is due
//	replaying TIME REGION ACCOUNT NAME      a replay that goes on
package events

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/events/pattern"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/record"
	"github.com/statelark/statelark/task"
)

// Invoker makes HTTP requests with the secrets of a connection: the target of http:invoke.
type Invoker interface {
	Start(ctx context.Context, c *task.Call) (task.Outcome, error)
}

// Service is EventBridge.
type Service struct {
	o     local.Options
	ops   map[string]local.Operation
	began time.Time // when the default buses are said to have been made
	http  Invoker

	buses        record.Table[bus]
	rules        record.Table[rule]
	archives     record.Table[archive]
	archived     record.Table[archivedEvent]
	replays      record.Table[replay]
	connections  record.Table[connection]
	destinations record.Table[apiDestination]
	deliveries   record.Table[delivery]
	schedules    record.Table[due]
	replaying    record.Table[due]

	mu       sync.Mutex // one change at a time: each reads what it changes
	patterns map[string]*pattern.Pattern

	pump    pump
	hearing hearing
}

// due names what is due at a time.
type due struct {
	Time    int64  `json:"time"`
	Region  string `json:"region"`
	Account string `json:"account"`
	Bus     string `json:"bus,omitempty"`
	Name    string `json:"name"`
}

func (d *due) place() arn.Place { return arn.Place{Region: d.Region, Account: d.Account} }

// scheduled and replaying are the parts of the rows' keys.
func (d *due) scheduled() []string {
	return []string{stamp(d.Time), d.Region, d.Account, d.Bus, d.Name}
}
func (d *due) replaying() []string { return []string{stamp(d.Time), d.Region, d.Account, d.Name} }

// nowhere is the place of what is in all places.
var nowhere = arn.Place{}

// New makes the service. Start must follow when it is to go on with what an earlier process left.
func New(o local.Options) *Service {
	s := &Service{
		o: o, began: o.Now(), buses: record.NewTable[bus](o.Store, "bus"), rules: record.NewTable[rule](o.Store, "rule"),
		archives: record.NewTable[archive](o.Store, "archive"), archived: record.NewTable[archivedEvent](o.Store, "archived"),
		replays: record.NewTable[replay](o.Store, "replay"), connections: record.NewTable[connection](o.Store, "connection"),
		destinations: record.NewTable[apiDestination](o.Store, "api-destination"), deliveries: record.NewTable[delivery](o.Store, "delivery"),
		schedules: record.NewTable[due](o.Store, "schedule"), replaying: record.NewTable[due](o.Store, "replaying"),
		patterns: map[string]*pattern.Pattern{},
	}
	s.pump.init(s)
	s.hearing.places = map[arn.Place]bool{}
	s.ops = s.operations()
	for name, do := range s.ops {
		s.ops[name] = s.changing(name, do)
	}
	return s
}

// Invoke sets who makes the requests to API destinations. It is called before Start and before the first operation.
func (s *Service) Invoke(by Invoker) { s.http = by }

// Start goes on with deliveries, schedules and replays that are in the store. It is called when the services that are delivered
// to are there.
func (s *Service) Start() error {
	for _, from := range [][]byte{s.deliveries.Key(nowhere), s.schedules.Key(nowhere), s.replaying.Key(nowhere)} {
		for _, err := range s.o.Store.Scan(from, kv.After(from), false) {
			if err != nil {
				return err
			}
			s.pump.wake()
			return nil
		}
	}
	return nil
}

func (s *Service) operations() map[string]local.Operation {
	return map[string]local.Operation{
		"CreateEventBus":   local.Op(s.createEventBus),
		"UpdateEventBus":   local.Op(s.updateEventBus),
		"DeleteEventBus":   local.Op(s.deleteEventBus),
		"DescribeEventBus": local.Op(s.describeEventBus),
		"ListEventBuses":   local.Op(s.listEventBuses),
		"PutPermission":    local.Op(s.putPermission),
		"RemovePermission": local.Op(s.removePermission),

		"PutRule":               local.Op(s.putRule),
		"DescribeRule":          local.Op(s.describeRule),
		"ListRules":             local.Op(s.listRules),
		"DeleteRule":            local.Op(s.deleteRule),
		"EnableRule":            local.Op(s.enableRule),
		"DisableRule":           local.Op(s.disableRule),
		"PutTargets":            local.Op(s.putTargets),
		"RemoveTargets":         local.Op(s.removeTargets),
		"ListTargetsByRule":     local.Op(s.listTargetsByRule),
		"ListRuleNamesByTarget": local.Op(s.listRuleNamesByTarget),

		"PutEvents":        local.Op(s.putEvents),
		"TestEventPattern": local.Op(s.testEventPattern),

		"TagResource":         local.Op(s.tagResource),
		"UntagResource":       local.Op(s.untagResource),
		"ListTagsForResource": local.Op(s.listTagsForResource),

		"CreateArchive":   local.Op(s.createArchive),
		"UpdateArchive":   local.Op(s.updateArchive),
		"DeleteArchive":   local.Op(s.deleteArchive),
		"DescribeArchive": local.Op(s.describeArchive),
		"ListArchives":    local.Op(s.listArchives),
		"StartReplay":     local.Op(s.startReplay),
		"CancelReplay":    local.Op(s.cancelReplay),
		"DescribeReplay":  local.Op(s.describeReplay),
		"ListReplays":     local.Op(s.listReplays),

		"CreateConnection":       local.Op(s.createConnection),
		"UpdateConnection":       local.Op(s.updateConnection),
		"DeauthorizeConnection":  local.Op(s.deauthorizeConnection),
		"DeleteConnection":       local.Op(s.deleteConnection),
		"DescribeConnection":     local.Op(s.describeConnection),
		"ListConnections":        local.Op(s.listConnections),
		"CreateApiDestination":   local.Op(s.createAPIDestination),
		"UpdateApiDestination":   local.Op(s.updateAPIDestination),
		"DeleteApiDestination":   local.Op(s.deleteAPIDestination),
		"DescribeApiDestination": local.Op(s.describeAPIDestination),
		"ListApiDestinations":    local.Op(s.listAPIDestinations),
	}
}

// Operations are local.Service's.
func (s *Service) Operations() map[string]local.Operation { return s.ops }

// Close waits for the deliveries under way; those that are due later are in the store.
func (s *Service) Close(ctx context.Context) error { return s.pump.close(ctx) }

func refuse(code, format string, a ...any) *awswire.Error {
	return &awswire.Error{Code: code, Message: fmt.Sprintf(format, a...)}
}

func invalid(format string, a ...any) *awswire.Error {
	return refuse("ValidationException", format, a...)
}

func notFound(format string, a ...any) *awswire.Error {
	return refuse("ResourceNotFoundException", format, a...)
}

func exists(format string, a ...any) *awswire.Error {
	return refuse("ResourceAlreadyExistsException", format, a...)
}

func tooMany() *awswire.Error {
	return refuse("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
}

func stamp(ms int64) string { return fmt.Sprintf("%013d", max(ms, 0)) }

func seconds(ms int64) float64 { return local.Seconds(time.UnixMilli(ms)) }

// maxPatterns is how many compiled patterns are kept.
const maxPatterns = 1024

// pattern returns a compiled pattern. s.mu is held.
func (s *Service) pattern(text string) (*pattern.Pattern, error) {
	if p := s.patterns[text]; p != nil {
		return p, nil
	}
	p, err := pattern.Parse(text)
	if err != nil {
		return nil, refuse("InvalidEventPatternException", "%s", err)
	}
	if len(s.patterns) >= maxPatterns {
		clear(s.patterns)
	}
	s.patterns[text] = p
	return p, nil
}

// pageInput is what lists are asked for with.
type pageInput struct {
	NamePrefix string
	NextToken  string
	Limit      int
}

// page cuts a page from what is listed.
func page[T any](all []T, in pageInput) ([]T, string, error) {
	found, next, ok := record.Page(all, in.NextToken, in.Limit, 100)
	if !ok {
		return nil, "", invalid("Parameter NextToken is not valid.")
	}
	return found, next, nil
}
