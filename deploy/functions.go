package deploy

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/value"
)

// scope is what the functions of a template can see. A value that is not known before something is made is later;
// what is made of it is not known either, and scope.later says that it was met.
type scope struct {
	template   *Template
	stack      string
	place      arn.Place
	parameters map[string]value.Value
	// lookup reads a parameter of SSM, for template parameters whose value is the name of one.
	lookup   func(name string) (value.Value, error)
	lookups  map[string]bool // such parameters, not looked up so far
	decided  map[string]bool // conditions
	deciding map[string]bool
	facts    map[string]*fact // of resources, by id; nil: not even known whether it is made
	left     map[string]bool  // resources whose condition says no
	later    bool
}

// fact is what is known of a resource. An id of "" and an attribute that is not there are known later.
type fact struct {
	id         string
	attributes map[string]value.Value
	later      bool // it has more attributes than are known now
}

// laterText stands in what is shown for a value that is not known yet.
const laterText = "(known later)"

var laterValue = value.FromString(laterText)

// unknown notes that a value is not known yet.
func (s *scope) unknown() value.Value {
	s.later = true
	return laterValue
}

// eval gives the value that stands for v. The zero Value is AWS::NoValue: there is none.
func (s *scope) eval(v value.Value) (value.Value, error) {
	switch v.Kind() {
	case value.Array:
		return s.evalArray(v)
	case value.Object:
		if m := v.Members(); len(m) == 1 {
			if f := functionNamed(m[0].Key); f != nil {
				return f(s, m[0].Value)
			}
		}
		return s.evalObject(v)
	}
	if v.Kind() == value.String && strings.Contains(v.Str(), "{{resolve:") {
		return value.Value{}, fmt.Errorf("dynamic references are not resolved: %s", v.Str())
	}
	return v, nil
}

func (s *scope) evalArray(v value.Value) (value.Value, error) {
	elems := make([]value.Value, 0, v.Len())
	for _, e := range v.Elems() {
		e, err := s.eval(e)
		if err != nil {
			return e, err
		}
		if e.Exists() {
			elems = append(elems, e)
		}
	}
	return value.NewArray(elems), nil
}

func (s *scope) evalObject(v value.Value) (value.Value, error) {
	members := make([]value.Member, 0, v.Len())
	for _, m := range v.Members() {
		x, err := s.eval(m.Value)
		if err != nil {
			return x, err
		}
		if x.Exists() {
			members = append(members, value.Member{Key: m.Key, Value: x})
		}
	}
	return value.NewObject(members), nil
}

type function func(s *scope, arg value.Value) (value.Value, error)

// functionNamed returns the function of a name, nil when the name is that of a plain member.
func functionNamed(name string) function {
	switch name {
	case "Ref":
		return (*scope).ref
	case "Condition":
		return nil // a member of policies of IAM
	}
	if !strings.HasPrefix(name, "Fn::") {
		return nil
	}
	if f := functions()[name]; f != nil {
		return f
	}
	return func(*scope, value.Value) (value.Value, error) {
		return value.Value{}, fmt.Errorf("the function %s is not done here", name)
	}
}

func functions() map[string]function {
	return map[string]function{
		"Fn::GetAtt": (*scope).getAtt, "Fn::Sub": (*scope).sub, "Fn::Join": (*scope).join, "Fn::Select": (*scope).pick,
		"Fn::Split": (*scope).split, "Fn::FindInMap": (*scope).findInMap, "Fn::Base64": (*scope).base64, "Fn::If": (*scope).choose,
		"Fn::Length": (*scope).length, "Fn::ToJsonString": (*scope).toJSON,
		"Fn::Equals": asCondition("Fn::Equals"), "Fn::And": asCondition("Fn::And"),
		"Fn::Or": asCondition("Fn::Or"), "Fn::Not": asCondition("Fn::Not"),
	}
}

func (s *scope) ref(arg value.Value) (value.Value, error) { return s.named(arg.Str()) }

// named is the value of Ref name.
func (s *scope) named(name string) (value.Value, error) {
	if v, ok := s.pseudo(name); ok {
		return v, nil
	}
	if s.lookups[name] {
		v, err := s.lookup(s.parameters[name].Str())
		if err != nil {
			return v, fmt.Errorf("the parameter %s: %w", name, err)
		}
		delete(s.lookups, name)
		s.parameters[name] = v
	}
	if v, ok := s.parameters[name]; ok {
		return v, nil
	}
	f, err := s.fact(name)
	switch {
	case err != nil:
		return value.Value{}, err
	case f == nil || f.id == "":
		return s.unknown(), nil
	}
	return value.FromString(f.id), nil
}

// fact returns what is known of a resource, nil when that is nothing yet.
func (s *scope) fact(id string) (*fact, error) {
	switch {
	case s.template.byID[id] == nil:
		return nil, fmt.Errorf("there is no parameter or resource %s", id)
	case s.left[id]:
		return nil, fmt.Errorf("the resource %s is not made, since its condition says no", id)
	}
	return s.facts[id], nil
}

func (s *scope) pseudo(name string) (value.Value, bool) {
	switch name {
	case "AWS::AccountId":
		return value.FromString(s.place.Account), true
	case "AWS::Region":
		return value.FromString(s.place.Region), true
	case "AWS::Partition":
		return value.FromString(s.place.Partition()), true
	case "AWS::StackName":
		return value.FromString(s.stack), true
	case "AWS::StackId":
		return value.FromString(s.place.ARN("cloudformation", "stack/"+s.stack+"/statelark")), true
	case "AWS::URLSuffix":
		if s.place.Partition() == "aws-cn" {
			return value.FromString("amazonaws.com.cn"), true
		}
		return value.FromString("amazonaws.com"), true
	case "AWS::NotificationARNs":
		return value.NewArray(nil), true
	case "AWS::NoValue":
		return value.Value{}, true
	}
	return value.Value{}, false
}

func (s *scope) getAtt(arg value.Value) (value.Value, error) {
	id, attribute := "", ""
	if arg.Kind() == value.String {
		id, attribute, _ = strings.Cut(arg.Str(), ".")
	} else if arg.Kind() == value.Array && arg.Len() == 2 {
		name, err := s.eval(arg.Elems()[1])
		if err != nil {
			return name, err
		}
		id, attribute = arg.Elems()[0].Str(), name.Str()
	}
	if id == "" || attribute == "" {
		return value.Value{}, fmt.Errorf("Fn::GetAtt wants a resource and an attribute, not %s", arg.Compact())
	}
	return s.attribute(id, attribute)
}

func (s *scope) attribute(id, name string) (value.Value, error) {
	f, err := s.fact(id)
	if err != nil {
		return value.Value{}, err
	}
	if f == nil {
		return s.unknown(), nil
	}
	if v, ok := f.attributes[name]; ok {
		return v, nil
	}
	if row := rows[s.template.byID[id].kind]; f.later && row != nil && row.attributes[name] != "" {
		return s.unknown(), nil
	}
	return value.Value{}, fmt.Errorf("the attribute %s of %s (%s) is not known here", name, id, s.template.byID[id].kind)
}

// subPart is a piece of the text of Fn::Sub: plain text, and the name that follows it.
type subPart struct{ plain, name string }

// subParts takes the text of Fn::Sub apart. The name of the last part is "".
func subParts(text string) []subPart {
	var parts []subPart
	plain := ""
	for {
		before, rest, found := strings.Cut(text, "${")
		plain += before
		name, after, closed := strings.Cut(rest, "}")
		switch {
		case !found || !closed:
			if found {
				plain += "${" + rest
			}
			return append(parts, subPart{plain: plain})
		case strings.HasPrefix(name, "!"):
			plain += "${" + name[1:] + "}"
		default:
			parts = append(parts, subPart{plain, strings.TrimSpace(name)})
			plain = ""
		}
		text = after
	}
}

func (s *scope) sub(arg value.Value) (value.Value, error) {
	text, own := arg, value.EmptyObj
	if arg.Kind() == value.Array && arg.Len() == 2 {
		text, own = arg.Elems()[0], arg.Elems()[1]
	}
	if text.Kind() != value.String {
		return value.Value{}, fmt.Errorf("Fn::Sub wants a text, not %s", arg.Compact())
	}
	var out strings.Builder
	for _, part := range subParts(text.Str()) {
		out.WriteString(part.plain)
		if part.name == "" {
			continue
		}
		v, err := s.subName(part.name, own)
		if err != nil {
			return v, fmt.Errorf("Fn::Sub: %w", err)
		}
		if !isScalar(v) {
			return v, fmt.Errorf("Fn::Sub: ${%s} is no text", part.name)
		}
		out.WriteString(v.Str())
	}
	return value.FromString(out.String()), nil
}

func (s *scope) subName(name string, own value.Value) (value.Value, error) {
	var v value.Value
	var err error
	if mine, ok := own.Get(name); ok {
		v, err = s.eval(mine)
	} else if id, attribute, dotted := strings.Cut(name, "."); dotted {
		v, err = s.attribute(id, attribute)
	} else {
		v, err = s.named(name)
	}
	if err == nil && isScalar(v) && v.Kind() != value.String {
		v = value.FromString(v.Text())
	}
	return v, err
}

func isScalar(v value.Value) bool {
	return v.Kind() == value.String || v.Kind() == value.Number || v.Kind() == value.Bool
}

// args evaluates the arguments of a function, of which there are so many.
func (s *scope) args(name string, arg value.Value, most, least int) ([]value.Value, error) {
	if arg.Kind() != value.Array || arg.Len() < least || arg.Len() > most {
		return nil, fmt.Errorf("%s wants %d arguments in a list, not %s", name, least, arg.Compact())
	}
	args := make([]value.Value, arg.Len())
	for i, e := range arg.Elems() {
		var err error
		if args[i], err = s.eval(e); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// isLater reports whether an argument is not known yet, where a list is wanted.
func isLater(v value.Value) bool {
	return v.Kind() == value.String && strings.Contains(v.Str(), laterText)
}

func (s *scope) join(arg value.Value) (value.Value, error) {
	args, err := s.args("Fn::Join", arg, 2, 2)
	if err != nil {
		return value.Value{}, err
	}
	if isLater(args[1]) {
		return s.unknown(), nil
	}
	if args[1].Kind() != value.Array {
		return value.Value{}, fmt.Errorf("Fn::Join wants a list, not %s", args[1].Compact())
	}
	var texts []string
	for _, e := range args[1].Elems() {
		if !isScalar(e) {
			return e, fmt.Errorf("Fn::Join wants texts, not %s", e.Compact())
		}
		texts = append(texts, plainText(e))
	}
	return value.FromString(strings.Join(texts, args[0].Str())), nil
}

// plainText is a scalar as text.
func plainText(v value.Value) string {
	if v.Kind() == value.String {
		return v.Str()
	}
	return v.Text()
}

func (s *scope) pick(arg value.Value) (value.Value, error) {
	args, err := s.args("Fn::Select", arg, 2, 2)
	if err != nil {
		return value.Value{}, err
	}
	if isLater(args[1]) {
		return s.unknown(), nil
	}
	i := 0
	if _, err := fmt.Sscan(plainText(args[0]), &i); err != nil || i < 0 || i >= args[1].Len() {
		return value.Value{}, fmt.Errorf("Fn::Select: there is no element %s in %s", args[0].Compact(), args[1].Compact())
	}
	return args[1].Elems()[i], nil
}

func (s *scope) split(arg value.Value) (value.Value, error) {
	args, err := s.args("Fn::Split", arg, 2, 2)
	if err != nil {
		return value.Value{}, err
	}
	if isLater(args[1]) {
		return s.unknown(), nil
	}
	if args[0].Str() == "" || args[1].Kind() != value.String {
		return value.Value{}, fmt.Errorf("Fn::Split wants a separator and a text, not %s", arg.Compact())
	}
	var parts []value.Value
	for _, part := range strings.Split(args[1].Str(), args[0].Str()) {
		parts = append(parts, value.FromString(part))
	}
	return value.NewArray(parts), nil
}

func (s *scope) findInMap(arg value.Value) (value.Value, error) {
	args, err := s.args("Fn::FindInMap", arg, 4, 3)
	if err != nil {
		return value.Value{}, err
	}
	v := s.template.mappings
	for _, key := range args[:3] {
		next, ok := v.Get(plainText(key))
		if !ok {
			if len(args) == 4 {
				if d, ok := args[3].Get("DefaultValue"); ok {
					return d, nil
				}
			}
			return v, fmt.Errorf("Fn::FindInMap: there is no %s, %s, %s", plainText(args[0]), plainText(args[1]), plainText(args[2]))
		}
		v = next
	}
	return v, nil
}

func (s *scope) base64(arg value.Value) (value.Value, error) {
	v, err := s.eval(arg)
	if err != nil {
		return v, err
	}
	if !isScalar(v) {
		return v, fmt.Errorf("Fn::Base64 wants a text, not %s", v.Compact())
	}
	return value.FromString(base64.StdEncoding.EncodeToString([]byte(plainText(v)))), nil
}

func (s *scope) length(arg value.Value) (value.Value, error) {
	v, err := s.eval(arg)
	if err != nil || isLater(v) {
		return v, err
	}
	if v.Kind() != value.Array {
		return v, fmt.Errorf("Fn::Length wants a list, not %s", v.Compact())
	}
	return value.FromInt(int64(v.Len())), nil
}

func (s *scope) toJSON(arg value.Value) (value.Value, error) {
	v, err := s.eval(arg)
	if err != nil {
		return v, err
	}
	return value.FromString(v.Compact()), nil
}

// choose is Fn::If. What is not chosen is not looked at.
func (s *scope) choose(arg value.Value) (value.Value, error) {
	if arg.Kind() != value.Array || arg.Len() != 3 {
		return value.Value{}, fmt.Errorf("Fn::If wants a condition and two values, not %s", arg.Compact())
	}
	yes, err := s.condition(arg.Elems()[0].Str())
	if err != nil {
		return value.Value{}, err
	}
	if yes {
		return s.eval(arg.Elems()[1])
	}
	return s.eval(arg.Elems()[2])
}

// condition decides the condition of a name.
func (s *scope) condition(name string) (bool, error) {
	if yes, ok := s.decided[name]; ok {
		return yes, nil
	}
	v, ok := s.template.conditions.Get(name)
	if !ok {
		return false, fmt.Errorf("there is no condition %s", name)
	}
	if s.deciding[name] {
		return false, fmt.Errorf("the condition %s rests on itself", name)
	}
	s.deciding[name] = true
	defer delete(s.deciding, name)
	yes, err := s.decide(v)
	if err != nil {
		return false, fmt.Errorf("the condition %s: %w", name, err)
	}
	s.decided[name] = yes
	return yes, nil
}

// decide decides what stands in a condition.
func (s *scope) decide(v value.Value) (bool, error) {
	m := v.Members()
	if v.Kind() != value.Object || len(m) != 1 {
		return false, fmt.Errorf("%s is no condition", v.Compact())
	}
	switch name, arg := m[0].Key, m[0].Value; name {
	case "Condition":
		return s.condition(arg.Str())
	case "Fn::Equals":
		args, err := s.args(name, arg, 2, 2)
		if err != nil {
			return false, err
		}
		if isScalar(args[0]) && isScalar(args[1]) {
			return plainText(args[0]) == plainText(args[1]), nil
		}
		return value.Equal(args[0], args[1]), nil
	case "Fn::Not", "Fn::And", "Fn::Or":
		return s.combine(name, arg)
	default:
		return false, fmt.Errorf("%s is no function of conditions", name)
	}
}

func (s *scope) combine(name string, arg value.Value) (bool, error) {
	if arg.Kind() != value.Array || arg.Len() == 0 || name == "Fn::Not" && arg.Len() != 1 {
		return false, fmt.Errorf("%s wants conditions in a list, not %s", name, arg.Compact())
	}
	var all []bool
	for _, e := range arg.Elems() {
		yes, err := s.decide(e)
		if err != nil {
			return false, err
		}
		all = append(all, yes)
	}
	switch name {
	case "Fn::Not":
		return !all[0], nil
	case "Fn::And":
		return !slices.Contains(all, false), nil
	}
	return slices.Contains(all, true), nil
}

// asCondition makes a value of a function of conditions, for where a value stands.
func asCondition(name string) function {
	return func(s *scope, arg value.Value) (value.Value, error) {
		yes, err := s.decide(value.NewObject([]value.Member{{Key: name, Value: arg}}))
		return value.FromBool(yes), err
	}
}
