package codec

import (
	"regexp"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// Check says what of an input is checked before the service sees it.
type Check uint8

// The checks. All read the input into the types of its shapes.
const (
	// Types: nothing else is. The service has words of its own for the rest.
	Types Check = iota
	// Required: members that have to be there.
	Required
	// Everything: all constraints that the model has.
	Everything
)

// CheckInput holds the document that an operation is asked with within the process against the model, as Read does what comes over
// HTTP.
func CheckInput(s *model.Service, op *model.Operation, in value.Value, what Check) *awswire.Error {
	if op.Input == nil {
		return nil
	}
	if !in.Exists() {
		in = value.EmptyObj
	}
	return planOf(s).check(in, op.Input, what)
}

// StatusOf is the status of HTTP that an error of an operation has.
func StatusOf(s *model.Service, op *model.Operation, e *awswire.Error) int {
	return statusOf(e, planOf(s).errorOf(op, e.Code))
}

// check holds an input against the input of the operation.
func (p *plan) check(in value.Value, s *model.Shape, what Check) *awswire.Error {
	shape := p.shape(s, what)
	if what == Types {
		return awswire.CheckTypes(in, shape)
	}
	return awswire.Check(in, shape)
}

// shape returns the form in which package awswire checks s. Required has forms of its own.
func (p *plan) shape(s *model.Shape, what Check) *awswire.Shape {
	p.mu.Lock()
	defer p.mu.Unlock()
	if what == Required {
		return converter{map[*model.Shape]*awswire.Shape{}, false}.shape(s)
	}
	return converter{p.shapes, true}.shape(s)
}

// converter makes shapes of the model those of package awswire, each once.
type converter struct {
	made        map[*model.Shape]*awswire.Shape
	constraints bool
}

// lenient are members to whose constraints AWS does not hold values: it took "put" for a method, and a namespace with a colon.
var lenient = map[string]bool{
	"CreateConnectionOAuthRequestParameters.HttpMethod": true, "UpdateConnectionOAuthRequestParameters.HttpMethod": true,
	"MetricTransformation.metricNamespace": true, "DescribeMetricFiltersRequest.metricNamespace": true,
}

var kinds = [...]awswire.Kind{
	model.String: awswire.String, model.Integer: awswire.Integer, model.Long: awswire.Integer, model.Float: awswire.Float,
	model.Double: awswire.Float, model.Boolean: awswire.Boolean, model.Timestamp: awswire.Float, model.Blob: awswire.Blob,
	model.List: awswire.List, model.Map: awswire.Map, model.Structure: awswire.Structure,
}

func (c converter) shape(s *model.Shape) *awswire.Shape {
	if s == nil {
		return &awswire.Shape{Kind: awswire.Structure}
	}
	if w := c.made[s]; w != nil {
		return w
	}
	w := &awswire.Shape{Kind: kinds[s.Kind], Name: s.Name, Sensitive: s.Sensitive, Any: s.Document}
	c.made[s] = w // before its members: it may contain itself
	if c.constraints {
		w.Min, w.Max, w.Enum, w.Pattern = s.Min, s.Max, s.Enum, pattern(s.Pattern)
		if s.Kind == model.Blob || s.Kind == model.Timestamp {
			w.Min, w.Max = 0, 0
		}
	}
	if s.Elem != nil {
		w.Elem = c.shape(s.Elem)
	}
	if s.Key != nil {
		w.Keys = c.shape(s.Key)
	}
	for i := range s.Members {
		m := &s.Members[i]
		if m.JSONValue || streamed(s) == m || m.Shape.EventStream {
			continue
		}
		held := c
		if lenient[s.Name+"."+m.Name] {
			held = converter{map[*model.Shape]*awswire.Shape{}, false}
		}
		w.Members = append(w.Members, awswire.Member{Name: m.Name, Required: m.Required, Shape: held.shape(m.Shape)})
	}
	return w
}

// notBlank is a pattern that package regexp cannot say, and some services have for many members.
const notBlank = `^(?!\s*$).+`

var (
	surrogates = strings.NewReplacer(`\uD800\uDC00-\uDBFF\uDFFF`, `\x{10000}-\x{10FFFF}`)
	unicode    = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)
)

// pattern returns what a string has to match as a whole; nil when package regexp cannot tell: then the service may.
func pattern(text string) *awswire.Pattern {
	switch text {
	case "":
		return nil
	case notBlank:
		return &awswire.Pattern{Text: text, Match: func(s string) bool {
			return strings.TrimLeft(s, " \t\n\v\f\r") != "" && !strings.ContainsAny(s, "\n\r")
		}}
	}
	re, err := regexp.Compile(`\A(?:` + unicode.ReplaceAllString(surrogates.Replace(text), `\x{$1}`) + `)\z`)
	if err != nil {
		return nil
	}
	return &awswire.Pattern{Text: text, Match: re.MatchString}
}
