package graph

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// A definition is read without the compiler, since people want to see what they draw while it is not valid yet: what is
// missing or misspelt is left out, and everything else is shown.

// scope is a flow of its own: the machine, a branch of a Parallel, the processor of a Map.
type scope struct {
	pointer string // JSON pointer of the object that has States
	startAt string
	states  []*state
	byName  map[string]*state
}

// state is one, with the scopes in it.
type state struct {
	name, typ, label, mode string
	pointer                string
	scopes                 []*scope
	exits                  []exit
	ends                   bool // an execution, or a flow, may end with it
}

// exit leads from a state to the one named.
type exit struct {
	to    string
	kind  EdgeKind
	label string
}

// maxDepth bounds how deep scopes may nest. AWS has a bound by the size of a definition alone.
const maxDepth = 60

func readScope(v value.Value, pointer string, depth int) *scope {
	s := &scope{pointer: pointer, startAt: text(v, "StartAt"), byName: map[string]*state{}}
	states, _ := v.Get("States")
	if states.Kind() != value.Object || depth > maxDepth {
		return s
	}
	for _, m := range states.Members() {
		if s.byName[m.Key] != nil || m.Value.Kind() != value.Object {
			continue
		}
		st := readState(m.Key, m.Value, pointer+"/States/"+escape(m.Key), depth)
		s.states, s.byName[m.Key] = append(s.states, st), st
	}
	return s
}

func readState(name string, v value.Value, pointer string, depth int) *state {
	s := &state{name: name, typ: text(v, "Type"), pointer: pointer}
	s.label, s.mode = labelOf(s.typ, v), modeOf(s.typ, v)
	switch s.typ {
	case "Choice":
		s.readRules(v)
	case "Succeed", "Fail":
		s.ends = true
	default:
		if next := text(v, "Next"); next != "" {
			s.exits = append(s.exits, exit{to: next, kind: NextEdge})
		} else {
			s.ends = true
		}
	}
	catchers, _ := v.Get("Catch")
	for _, c := range elems(catchers) {
		s.exits = append(s.exits, exit{to: text(c, "Next"), kind: CatchEdge, label: shorten(errorNames(c))})
	}
	s.readScopes(v, depth)
	return s
}

func (s *state) readRules(v value.Value) {
	rules, _ := v.Get("Choices")
	for _, r := range elems(rules) {
		s.exits = append(s.exits, exit{to: text(r, "Next"), kind: ChoiceEdge, label: shorten(condition(r, 0))})
	}
	if next := text(v, "Default"); next != "" {
		s.exits = append(s.exits, exit{to: next, kind: DefaultEdge, label: "otherwise"})
	}
}

func (s *state) readScopes(v value.Value, depth int) {
	switch s.typ {
	case "Parallel":
		branches, _ := v.Get("Branches")
		for i, b := range elems(branches) {
			s.scopes = append(s.scopes, readScope(b, s.pointer+"/Branches/"+strconv.Itoa(i), depth+1))
		}
	case "Map":
		for _, key := range [...]string{"ItemProcessor", "Iterator"} {
			if p, ok := v.Get(key); ok && p.Kind() == value.Object {
				s.scopes = append(s.scopes, readScope(p, s.pointer+"/"+key, depth+1))
				return
			}
		}
	}
}

// modeOf returns the mode of a Map.
func modeOf(typ string, v value.Value) string {
	if typ != "Map" {
		return ""
	}
	processor, _ := v.Get("ItemProcessor")
	config, _ := processor.Get("ProcessorConfig")
	if mode := text(config, "Mode"); mode != "" {
		return mode
	}
	return "INLINE"
}

// labelOf returns the second line of a state.
func labelOf(typ string, v value.Value) string {
	switch typ {
	case "Task":
		return resourceLabel(text(v, "Resource"))
	case "Wait":
		return waitLabel(v)
	case "Fail":
		return text(v, "Error")
	case "Map":
		if modeOf(typ, v) == "DISTRIBUTED" {
			return "distributed"
		}
	}
	return ""
}

func waitLabel(v value.Value) string {
	for _, key := range [...]string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		x, ok := v.Get(key)
		if !ok {
			continue
		}
		word := plain(x)
		if strings.HasPrefix(key, "Timestamp") {
			return shorten("until " + word)
		}
		if x.Kind() == value.Number {
			return word + " s"
		}
		return shorten(word + " s")
	}
	return ""
}

// resourceLabel shortens an ARN of what a Task calls: lambda:invoke, a function's or an activity's name, dynamodb:putItem.
func resourceLabel(arn string) string {
	parts := strings.Split(arn, ":")
	switch {
	case strings.HasPrefix(arn, "arn:") && len(parts) >= 7 && parts[2] == "states" && parts[4] == "":
		return strings.TrimPrefix(strings.Join(parts[5:], ":"), "aws-sdk:")
	case strings.HasPrefix(arn, "arn:") && len(parts) >= 7 && (parts[5] == "function" || parts[5] == "activity"):
		return parts[5] + " " + parts[6]
	}
	return shorten(arn)
}

func errorNames(catcher value.Value) string {
	equals, _ := catcher.Get("ErrorEquals")
	var names []string
	for _, e := range elems(equals) {
		switch name := e.Str(); name {
		case "States.ALL":
			names = append(names, "any error")
		default:
			names = append(names, strings.TrimPrefix(name, "States."))
		}
	}
	return strings.Join(names, ", ")
}

// operators are how comparisons of a Choice read, by the end of their names.
var operators = []struct{ suffix, sign string }{
	{"LessThanEquals", "≤"}, {"GreaterThanEquals", "≥"}, {"LessThan", "<"}, {"GreaterThan", ">"}, {"Equals", "="}, {"Matches", "~"},
}

// condition reads a rule of a Choice in short.
func condition(r value.Value, depth int) string {
	if depth > maxDepth {
		return "…"
	}
	if c := text(r, "Condition"); c != "" {
		return expression(c)
	}
	variable := strings.TrimPrefix(text(r, "Variable"), "$.")
	for _, m := range r.Members() {
		switch m.Key {
		case "And", "Or":
			var parts []string
			for _, e := range elems(m.Value) {
				parts = append(parts, condition(e, depth+1))
			}
			return strings.Join(parts, " "+strings.ToLower(m.Key)+" ")
		case "Not":
			return "not " + condition(m.Value, depth+1)
		}
		if strings.HasPrefix(m.Key, "Is") {
			return is(variable, m)
		}
		key, isPath := strings.CutSuffix(m.Key, "Path")
		for _, op := range operators {
			if strings.HasSuffix(key, op.suffix) {
				other := plain(m.Value)
				if isPath {
					other = strings.TrimPrefix(other, "$.")
				}
				return variable + " " + op.sign + " " + other
			}
		}
	}
	return ""
}

func is(variable string, m value.Member) string {
	word := strings.ToLower(strings.TrimPrefix(m.Key, "Is"))
	if m.Value.IsNull() || !m.Value.Bool() {
		return variable + " is not " + word
	}
	return variable + " is " + word
}

// expression takes the marks of JSONata off.
func expression(text string) string {
	inner, ok := strings.CutPrefix(strings.TrimSpace(text), "{%")
	if !ok {
		return text
	}
	return strings.Join(strings.Fields(strings.TrimSuffix(inner, "%}")), " ")
}

// maxLabel is how many characters a label has at most.
const maxLabel = 34

func shorten(s string) string {
	if r := []rune(s); len(r) > maxLabel {
		return string(r[:maxLabel-1]) + "…"
	}
	return s
}

func plain(v value.Value) string {
	if v.Kind() == value.String {
		return expression(v.Str())
	}
	return v.Compact()
}

func text(v value.Value, key string) string {
	x, ok := v.Get(key)
	if !ok || x.Kind() != value.String {
		return ""
	}
	return x.Str()
}

func elems(v value.Value) []value.Value {
	if v.Kind() != value.Array {
		return nil
	}
	return v.Elems()
}

// escape writes a name as a part of a JSON pointer.
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// parse reads the text of a definition.
func parse(definition string) (*scope, error) {
	v, err := value.Parse(definition)
	if err != nil {
		return nil, fmt.Errorf("reading the definition: %w", err)
	}
	if v.Kind() != value.Object {
		return nil, fmt.Errorf("reading the definition: it is no JSON object")
	}
	return readScope(v, "", 0), nil
}
