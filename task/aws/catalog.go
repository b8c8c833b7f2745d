package aws

import (
	"slices"
	"strings"
	"sync"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire/model"
)

// What a Task can call, for people who look for it.

// SDKService is a service that Tasks can call through the AWS SDK.
type SDKService struct {
	Name    string   // as resources spell it: "dynamodb"
	Title   string   // as AWS's models name it: "DynamoDB"
	Actions []string // as resources spell them, sorted: "putItem"
}

// SDKServices are all of them, by name. Nobody changes them. They are read when they are first asked for, which takes some
// 100 ms.
var SDKServices = sync.OnceValue(func() []SDKService {
	var all []SDKService
	seen := map[string]bool{}
	for _, name := range model.Names() {
		s := model.Peek(name)
		if seen[s.TaskName()] { // of two models of one service Tasks call the first
			continue
		}
		seen[s.TaskName()] = true
		row := SDKService{Name: s.TaskName(), Title: s.ID}
		for operation, op := range s.Operations {
			if !streamsEvents(op.Input) && !streamsEvents(op.Output) {
				row.Actions = append(row.Actions, strings.Clone(sdkAction(operation)))
			}
		}
		slices.Sort(row.Actions)
		all = append(all, row)
	}
	slices.SortFunc(all, func(a, b SDKService) int { return strings.Compare(a.Name, b.Name) })
	return all
})

// Field is a parameter of a call.
type Field struct {
	Name     string
	Type     string // string, number, boolean, list, map, structure, blob, timestamp or any
	Required bool
	Values   []string // of an enumeration
	Fields   []Field  // of a structure, or of the structures that a list or a map has
}

// maxFields bounds the fields of one call, as deep as they are shown: some shapes have thousands.
const maxFields = 2_000

// Fields are the parameters that a resource takes, those that are required first, with what is inside of them depth levels
// deep; false when there is no such action. A field that is cut off has no fields of its own.
func Fields(r *asl.Resource, depth int) ([]Field, bool) {
	if service, sdk := strings.CutPrefix(r.Service, sdkService); sdk {
		_, op := sdkOperation(service, r.Action)
		if op == nil {
			return nil, false
		}
		return fieldsOf(op.Input, sdkTongue, depth), true
	}
	for i := range table {
		if table[i].service != r.Service {
			continue
		}
		a, _, op := table[i].operation(r.Action)
		if op != nil && !a.own {
			fields := fieldsOf(op.Input, optimisedTongue, depth)
			return withTexts(fields, a.texts), true
		}
	}
	if fields := apart[r.Service+":"+r.Action]; fields != nil {
		return fields, true
	}
	return fieldsKnown(r), true
}

// apart are the parameters of actions that have names of their own, as AWS documents them.
var apart = map[string][]Field{
	"http:invoke": {
		{Name: "ApiEndpoint", Type: "string", Required: true}, {Name: "Method", Type: "string", Required: true,
			Values: []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"}},
		{Name: "InvocationConfig", Type: "structure", Fields: []Field{{Name: "ConnectionArn", Type: "string", Required: true}}},
		{Name: "Headers", Type: "map"}, {Name: "QueryParameters", Type: "map"}, {Name: "RequestBody", Type: "any"},
		{Name: "Transform", Type: "structure", Fields: []Field{
			{Name: "RequestBodyEncoding", Type: "string", Values: []string{"NONE", "URL_ENCODED"}},
			{Name: "RequestEncodingOptions", Type: "structure", Fields: []Field{
				{Name: "ArrayFormat", Type: "string", Values: []string{"INDICES", "REPEAT", "COMMAS", "BRACKETS", "NONE"}},
			}},
		}},
	},
	"bedrock:invokeModel": {
		{Name: "ModelId", Type: "string", Required: true}, {Name: "Body", Type: "any"}, {Name: "ContentType", Type: "string"},
		{Name: "Accept", Type: "string"},
		{Name: "Input", Type: "structure", Fields: []Field{{Name: "S3Uri", Type: "string"}}},
		{Name: "Output", Type: "structure", Fields: []Field{{Name: "S3Uri", Type: "string"}}},
	},
	"elasticmapreduce:terminateCluster": {{Name: "ClusterId", Type: "string", Required: true}},
	"elasticmapreduce:setClusterTerminationProtection": {
		{Name: "ClusterId", Type: "string", Required: true}, {Name: "TerminationProtected", Type: "boolean", Required: true},
	},
	"elasticmapreduce:addStep": {
		{Name: "ClusterId", Type: "string", Required: true}, {Name: "Step", Type: "structure", Required: true},
	},
	"elasticmapreduce:cancelStep": {
		{Name: "ClusterId", Type: "string", Required: true}, {Name: "StepId", Type: "string", Required: true},
	},
}

// withTexts marks those that may be any JSON.
func withTexts(fields []Field, texts []string) []Field {
	for i := range fields {
		if slices.Contains(texts, fields[i].Name) {
			fields[i].Type = "any"
		}
	}
	return fields
}

// fieldsKnown are those that the States Language knows.
func fieldsKnown(r *asl.Resource) []Field {
	var fields []Field
	required, others := r.Known()
	for _, name := range required {
		fields = append(fields, Field{Name: name, Type: "any", Required: true})
	}
	for _, name := range others {
		fields = append(fields, Field{Name: name, Type: "any"})
	}
	return fields
}

func fieldsOf(s *model.Shape, t *tongue, depth int) []Field {
	left := maxFields
	return (&fielder{t, &left}).structure(s, depth)
}

// fielder reads shapes.
type fielder struct {
	*tongue

	left *int // fields that may still be made
}

func (f *fielder) structure(s *model.Shape, depth int) []Field {
	if s == nil || s.Kind != model.Structure || depth == 0 {
		return nil
	}
	var fields []Field
	for i := range s.Members {
		m := &s.Members[i]
		if *f.left--; *f.left < 0 {
			break
		}
		fields = append(fields, Field{
			Name: f.name(m.Name), Type: typeOf(m.Shape), Required: m.Required && !m.Token, Values: valuesOf(m.Shape),
		})
	}
	for i := range fields { // after all of this level, which matters more
		fields[i].Fields = f.structure(inside(s.Members[i].Shape), depth-1)
	}
	slices.SortStableFunc(fields, func(a, b Field) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return fields
}

// inside is the structure that a value has or is, through lists and maps; nil when there is none.
func inside(s *model.Shape) *model.Shape {
	for s != nil && !s.Document && (s.Kind == model.List || s.Kind == model.Map) {
		s = s.Elem
	}
	if s == nil || s.Document || s.Kind != model.Structure {
		return nil
	}
	return s
}

// valuesOf are those of an enumeration, or of a list of it.
func valuesOf(s *model.Shape) []string {
	if s.Kind == model.List && s.Elem != nil {
		return s.Elem.Enum
	}
	return s.Enum
}

func typeOf(s *model.Shape) string {
	if s.Document {
		return "any"
	}
	switch s.Kind {
	case model.Integer, model.Long, model.Float, model.Double:
		return "number"
	case model.Boolean:
		return "boolean"
	case model.Timestamp:
		return "timestamp"
	case model.Blob:
		return "blob"
	case model.List:
		return "list"
	case model.Map:
		return "map"
	case model.Structure:
		return "structure"
	}
	return "string"
}
