package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/awswire/model"
)

// shapes are structures of AWS's model, which are declared once each.
type shapes struct{ declared map[string]string }

// operations returns the inputs and outputs of the Step Functions API, and a table of them.
func operations() (string, error) {
	service := model.Load("stepfunctions")
	if service == nil {
		return "", errors.New("AWS's model has no Step Functions")
	}
	s := &shapes{declared: map[string]string{}}
	var table strings.Builder
	for _, name := range slices.Sorted(maps.Keys(service.Operations)) {
		op := service.Operations[name]
		fmt.Fprintf(&table, "  %s: { input: %s; output: %s };\n", name, s.structure(op.Input, name+"Input"), s.structure(op.Output, name+"Output"))
	}
	text := header("AWS's model of Step Functions") + `
/** Operations are those of POST /api/aws/OPERATION. */
export interface Operations {
` + table.String() + "}\n\n/** Operation is the name of one. */\nexport type Operation = keyof Operations;\n"
	for _, name := range slices.Sorted(maps.Keys(s.declared)) {
		text += "\nexport interface " + name + " {\n" + s.declared[name] + "}\n"
	}
	return text, nil
}

// structure declares a structure and returns its name. Some have a name of their own.
func (s *shapes) structure(shape *model.Shape, name string) string {
	if shape == nil || len(shape.Members) == 0 {
		return "Record<string, never>"
	}
	if shape.Name != "" && !strings.HasSuffix(name, "Input") && !strings.HasSuffix(name, "Output") {
		name = shape.Name
	}
	if _, known := s.declared[name]; known {
		return name
	}
	s.declared[name] = "" // it may contain itself
	var body strings.Builder
	for _, m := range shape.Members {
		mark := "?"
		if m.Required {
			mark = ""
		}
		fmt.Fprintf(&body, "  %s%s: %s;\n", m.Name, mark, s.kind(m.Shape, name+model.Pascal(m.Name)))
	}
	s.declared[name] = body.String()
	return name
}

// kind is the type of a shape; a structure without a name has the one that is given.
func (s *shapes) kind(shape *model.Shape, name string) string {
	switch shape.Kind {
	case model.Structure:
		return s.structure(shape, name)
	case model.List:
		elem := s.kind(shape.Elem, name)
		if strings.Contains(elem, " ") {
			elem = "(" + elem + ")"
		}
		return elem + "[]"
	case model.Map:
		return "Record<string, " + s.kind(shape.Elem, name) + ">"
	case model.Boolean:
		return "boolean"
	case model.Integer, model.Long, model.Float, model.Double, model.Timestamp: // a time is in seconds since 1970
		return "number"
	case model.String:
		words := make([]string, len(shape.Enum))
		for i, word := range shape.Enum {
			words[i] = strconv.Quote(word)
		}
		if len(words) > 0 {
			return strings.Join(words, " | ")
		}
	}
	return "string"
}
