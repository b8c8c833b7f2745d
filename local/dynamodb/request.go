package dynamodb

import (
	"strings"

	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
	"github.com/statelark/statelark/value"
)

// placeholders reads ExpressionAttributeNames and ExpressionAttributeValues. of are the parameters whose expressions may use
// them: without any of them there, placeholders are refused.
func (in input) placeholders(of ...expression.Role) (ph *expression.Placeholders, err error) {
	ph = new(expression.Placeholders)
	names, values := in.get("ExpressionAttributeNames"), in.get("ExpressionAttributeValues")
	if !names.Exists() && !values.Exists() {
		return ph, nil
	}
	if err := in.mayHavePlaceholders(of...); err != nil {
		return nil, err
	}
	if ph.Names, err = readNames(names); err != nil {
		return nil, err
	}
	ph.Values, err = readValues(values)
	return ph, err
}

// mayHavePlaceholders refuses placeholders that nothing could use.
func (in input) mayHavePlaceholders(of ...expression.Role) error {
	names, values := in.has("ExpressionAttributeNames"), in.has("ExpressionAttributeValues")
	if !names && !values {
		return nil
	}
	there := false
	var absent []string
	for _, role := range of {
		if there = there || in.has(string(role)); role != expression.Projection {
			absent = append(absent, string(role))
		}
	}
	if names && !there {
		return validation("ExpressionAttributeNames can only be specified when using expressions")
	}
	if values && !in.hasAny(absent) {
		verb := " is null"
		if len(absent) > 1 {
			verb = " are null"
		}
		return validation("ExpressionAttributeValues can only be specified when using expressions: %s%s", strings.Join(absent, " and "), verb)
	}
	return nil
}

func (in input) hasAny(names []string) bool {
	for _, name := range names {
		if in.has(name) {
			return true
		}
	}
	return false
}

func readNames(doc value.Value) (map[string]string, error) {
	if !doc.Exists() {
		return nil, nil
	}
	names := map[string]string{}
	for _, m := range doc.Members() {
		switch {
		case !expression.IsPlaceholder(m.Key, '#'):
			return nil, validation("ExpressionAttributeNames contains invalid key: Syntax error; key: \"%s\"", m.Key)
		case m.Value.Str() == "":
			return nil, validation("ExpressionAttributeNames contains invalid value: Empty attribute name for key %s", m.Key)
		}
		names[m.Key] = m.Value.Str()
	}
	if len(names) == 0 {
		return nil, validation("ExpressionAttributeNames must not be empty")
	}
	return names, nil
}

func readValues(doc value.Value) (map[string]attribute.Value, error) {
	if !doc.Exists() {
		return nil, nil
	}
	values := map[string]attribute.Value{}
	for _, m := range doc.Members() {
		if !expression.IsPlaceholder(m.Key, ':') {
			return nil, validation("ExpressionAttributeValues contains invalid key: Syntax error; key: \"%s\"", m.Key)
		}
		v, err := attribute.Parse(m.Value)
		if parse, ok := err.(*attribute.ParseError); ok && !parse.Serialization {
			return nil, validation("ExpressionAttributeValues contains invalid value: %s for key %s", parse.Message, m.Key)
		}
		if err != nil {
			return nil, refusal(err)
		}
		values[m.Key] = v
	}
	if len(values) == 0 {
		return nil, validation("ExpressionAttributeValues must not be empty")
	}
	return values, nil
}

// test reads a condition or a filter; nil when there is none.
func (in input) test(role expression.Role, ph *expression.Placeholders) (*expression.Test, error) {
	v := in.get(string(role))
	if !v.Exists() {
		return nil, nil
	}
	t, err := expression.ParseTest(role, v.Str(), ph)
	return t, refusal(err)
}

// projection reads ProjectionExpression; nil when there is none.
func (in input) projection(ph *expression.Placeholders) (expression.Paths, error) {
	v := in.get("ProjectionExpression")
	if !v.Exists() {
		return nil, nil
	}
	p, err := expression.ParseProjection(v.Str(), ph)
	return p, refusal(err)
}

// notBoth refuses the older parameters beside expressions.
func (in input) notBoth(older, newer []string) error {
	var has, with []string
	for _, name := range older {
		if in.has(name) {
			has = append(has, name)
		}
	}
	for _, name := range newer {
		if in.has(name) {
			with = append(with, name)
		}
	}
	if len(has) == 0 || len(with) == 0 {
		return nil
	}
	return validation("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}",
		strings.Join(has, ", "), strings.Join(with, ", "))
}
