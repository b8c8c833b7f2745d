// Package ssm is the Parameter Store of Systems Manager. What else Systems Manager does needs machines, and is not here.
//
// Rows, each behind the place (package record):
//
//	parameter NAME          what there is to know of a parameter; the name has no / before it when it has no other
//	version NAME NUMBER     a version of it, the number with ten digits
package ssm

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/record"
)

// Service is the Parameter Store.
type Service struct {
	o          local.Options
	ops        map[string]local.Operation
	parameters record.Table[parameter]
	versions   record.Table[version]

	mu sync.Mutex // one change at a time: each reads what it changes
}

// New makes the service.
func New(o local.Options) *Service {
	s := &Service{o: o, parameters: record.NewTable[parameter](o.Store, "parameter"), versions: record.NewTable[version](o.Store, "version")}
	s.ops = map[string]local.Operation{
		"AddTagsToResource":       local.Op(s.addTags),
		"DeleteParameter":         local.Op(s.deleteParameter),
		"DeleteParameters":        local.Op(s.deleteParameters),
		"DescribeParameters":      local.Op(s.describeParameters),
		"GetMaintenanceWindow":    local.Op(s.getMaintenanceWindow),
		"GetParameter":            local.Op(s.getParameter),
		"GetParameterHistory":     local.Op(s.getParameterHistory),
		"GetParameters":           local.Op(s.getParameters),
		"GetParametersByPath":     local.Op(s.getParametersByPath),
		"LabelParameterVersion":   local.Op(s.labelParameterVersion),
		"ListTagsForResource":     local.Op(s.listTags),
		"PutParameter":            local.Op(s.putParameter),
		"RemoveTagsFromResource":  local.Op(s.removeTags),
		"UnlabelParameterVersion": local.Op(s.unlabelParameterVersion),
	}
	return s
}

// Operations are local.Service's.
func (s *Service) Operations() map[string]local.Operation { return s.ops }

// Close is local.Service's; nothing runs here.
func (s *Service) Close(context.Context) error { return nil }

func refuse(code, format string, a ...any) *awswire.Error {
	return &awswire.Error{Code: code, Message: fmt.Sprintf(format, a...)}
}

func invalid(format string, a ...any) *awswire.Error {
	return refuse("ValidationException", format, a...)
}

// getMaintenanceWindow answers that there is none: they are not here.
func (s *Service) getMaintenanceWindow(_ context.Context, _ *awswire.Request, in *struct{ WindowID string }) (*struct{}, error) {
	return nil, refuse("DoesNotExistException", "Maintenance window %s does not exist", in.WindowID)
}

// load returns a parameter, nil when there is none. One that has expired is removed.
func (s *Service) load(at arn.Place, name string) (*parameter, error) {
	p, err := s.parameters.Get(at, plain(name))
	if err != nil || p == nil || !p.expired(s.o.Now()) {
		return p, err
	}
	return nil, s.remove(at, p)
}

func (s *Service) remove(at arn.Place, p *parameter) error {
	var b kv.Batch
	s.parameters.Delete(&b, at, plain(p.Name))
	s.versions.DeleteAll(&b, at, plain(p.Name))
	return s.o.Store.Apply(&b)
}

func number(n int64) string { return fmt.Sprintf("%010d", n) }

// tell puts an event on the default bus, if there is one to take it.
func (s *Service) tell(ctx context.Context, at arn.Place, operation string, p *parameter, more map[string]any) {
	if s.o.Others == nil {
		return
	}
	detail := map[string]any{"operation": operation, "name": p.Name, "type": p.Latest.Type}
	if p.Latest.Description != "" {
		detail["description"] = p.Latest.Description
	}
	for k, v := range more {
		detail[k] = v
	}
	text, err := local.Document(detail)
	if err != nil {
		return
	}
	input, err := local.Document(map[string]any{"Entries": []map[string]any{{
		"Source": "aws.ssm", "DetailType": "Parameter Store Change", "Resources": []string{p.arn(at)}, "Detail": text.Text(),
	}}})
	if err != nil {
		return
	}
	r := &awswire.Request{Service: "events", Operation: "PutEvents", Place: at, Input: input, ID: uuid.NewString(), Length: -1}
	if _, err := s.o.Others.Call(ctx, r); err != nil {
		s.o.Log.Debug("an event of a parameter was not put", "parameter", p.Name, "error", err)
	}
}
