package deploy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/value"
)

// row says how resources of one type are made, changed and removed. Its expressions are JSONata over the properties of the
// resource, in which that of the name is always there. Their variables: $id, what Ref gives; $made, the answers of the calls so far,
// by operation; $old, the properties before a change; $region, $account, $partition; $code, see the row of functions; $item, in a
// step with each. Functions of ours are in prelude.
type row struct {
	name       string // the property that names the resource; "": it has no name of its own
	create     []step
	update     []step
	remove     []step
	id         string            // expression: what Ref gives
	attributes map[string]string // expressions: what Fn::GetAtt gives
	moving     []string          // attributes that an update changes; "Ref" is one
	// holds says that what the resource holds is lost with it. Then it is replaced only when that is asked for.
	holds  bool
	lower  bool     // a name that is made up has small letters
	resets string   // properties that an update takes back when they are gone from the template; others stay as they were
	secret []string // properties of which the record has but a digest
	idle   []string // properties that do nothing here
	// nothing says why a type is not made at all; it has names and attributes for those that refer to it.
	nothing string
	prepare func(p *preparation, properties value.Value) (value.Value, error)
}

// step is a call of an operation, or several.
type step struct {
	call  string // "sqs:CreateQueue": a service and an operation of the model
	copy  string // properties that the input has as they are
	input string // expression: the rest of the input
	when  string // expression: without it, nothing is called
	each  string // expression: a list; the operation is called for each $item
	camel bool   // names in the input begin with a small letter
	// until is an expression over the answer; the call is made again until it is true. With gone, an error of that code does as well.
	until string
	gone  string // code of an error that is as good as an answer
	after bool   // of an update: it is made whenever any other is
}

// prelude are functions that expressions may use.
const prelude = `(
$arn := function($service, $resource) { "arn:" & $partition & ":" & $service & ":" & $region & ":" & $account & ":" & $resource };
$pairs := function($tags) { $exists($tags) and $count($tags) > 0 ? $merge($tags.{Key: Value}) };
$lowTags := function($tags) { $exists($tags) ? [$tags.{"key": Key, "value": Value}] };
$lost := function($before, $now) { [$before.Key[$not($ in $now.Key)]] };
$text := function($v) { $type($v) = "object" ? $string($v) : $v };
`

// expressions are those of all rows, compiled when they are first needed.
var expressions sync.Map // of source to *jsonata.Expr

func expression(source string) (*jsonata.Expr, error) {
	if e, ok := expressions.Load(source); ok {
		return e.(*jsonata.Expr), nil
	}
	e, err := jsonata.Parse(prelude+source+")", jsonata.AWS)
	if err != nil {
		return nil, fmt.Errorf("the expression %s: %w", source, err)
	}
	expressions.Store(source, e)
	return e, nil
}

// evaluation is what expressions of a row see of one resource.
type evaluation struct {
	properties value.Value
	bindings   map[string]value.Value
}

// limits of expressions: archives of functions pass through them.
var expressionLimits = jsonata.Limits{Depth: 2000, Memory: 1 << 30}

// eval evaluates an expression; the zero Value is undefined.
func (e *evaluation) eval(source string) (value.Value, error) {
	x, err := expression(source)
	if err != nil {
		return value.Value{}, err
	}
	v, ok, err := x.Eval(&jsonata.Env{Bindings: e.bindings, Limits: expressionLimits}, e.properties)
	if err != nil {
		return v, fmt.Errorf("the expression %s: %w", source, err)
	}
	if !ok {
		return value.Value{}, nil
	}
	return v, nil
}

// with is e with a further variable.
func (e *evaluation) with(name string, v value.Value) *evaluation {
	bindings := map[string]value.Value{name: v}
	for n, b := range e.bindings {
		if n != name {
			bindings[n] = b
		}
	}
	return &evaluation{e.properties, bindings}
}

// reads lists the properties that a step reads.
func (s *step) reads() ([]string, error) {
	names := strings.Fields(s.copy)
	for _, source := range []string{s.input, s.when, s.each} {
		if source == "" {
			continue
		}
		x, err := expression(source)
		if err != nil {
			return nil, err
		}
		context, _, _ := x.References()
		names = append(names, context...)
	}
	return names, nil
}

// takes reports whether the resource does something with a property.
func (r *row) takes(property string) (bool, error) {
	if property == r.name {
		return true, nil
	}
	for _, steps := range [][]step{r.create, r.update} {
		for i := range steps {
			names, err := steps[i].reads()
			if err != nil || slices.Contains(names, property) {
				return true, err
			}
		}
	}
	return false, nil
}

// inputs are the inputs of the calls that a step makes.
func (s *step) inputs(e *evaluation) ([]value.Value, error) {
	if s.when != "" {
		if v, err := e.eval(s.when); err != nil || !isTrue(v) {
			return nil, err
		}
	}
	if s.each == "" {
		in, err := s.one(e)
		return []value.Value{in}, err
	}
	list, err := e.eval(s.each)
	if err != nil || !list.Exists() || list.IsNull() {
		return nil, err
	}
	items := []value.Value{list}
	if list.Kind() == value.Array {
		items = list.Elems()
	}
	var all []value.Value
	for _, item := range items {
		in, err := s.one(e.with("item", item))
		if err != nil {
			return nil, err
		}
		all = append(all, in)
	}
	return all, nil
}

func (s *step) one(e *evaluation) (value.Value, error) {
	var members []value.Member
	for _, name := range strings.Fields(s.copy) {
		if v, ok := e.properties.Get(name); ok {
			members = append(members, value.Member{Key: name, Value: v})
		}
	}
	if s.input != "" {
		rest, err := e.eval(s.input)
		if err != nil {
			return rest, err
		}
		members = append(members, rest.Members()...)
	}
	in := value.NewObject(members)
	if s.camel {
		in = camelled(in)
	}
	return in, nil
}

// isTrue is JSONata's own notion of it, for what when gives: anything but nothing, false, "", 0 and what is empty.
func isTrue(v value.Value) bool {
	switch v.Kind() {
	case value.Bool:
		return v.Bool()
	case value.String:
		return v.Str() != ""
	case value.Number:
		return v.Float() != 0
	case value.Array, value.Object:
		return v.Len() > 0
	}
	return false
}

// plainMaps are the members whose own members are named by the user.
var plainMaps = []string{"Parameters", "Options", "Tags", "DockerLabels"}

// camelled is v with names that begin with a small letter.
func camelled(v value.Value) value.Value {
	switch v.Kind() {
	case value.Array:
		elems := make([]value.Value, v.Len())
		for i, e := range v.Elems() {
			elems[i] = camelled(e)
		}
		return value.NewArray(elems)
	case value.Object:
		members := make([]value.Member, v.Len())
		for i, m := range v.Members() {
			x := m.Value
			if x.Kind() != value.Object || !slices.Contains(plainMaps, m.Key) {
				x = camelled(x)
			}
			members[i] = value.Member{Key: strings.ToLower(m.Key[:min(1, len(m.Key))]) + m.Key[min(1, len(m.Key)):], Value: x}
		}
		return value.NewObject(members)
	}
	return v
}
