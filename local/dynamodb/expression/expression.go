// Package expression has the expressions of DynamoDB: conditions and filters, key conditions, projections and updates. They are
// parsed, checked and resolved once, and then evaluated for any number of items. Errors have AWS's words.
package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// Role is the parameter of a request that has an expression.
type Role string

// The roles.
const (
	Condition    Role = "ConditionExpression"
	Filter       Role = "FilterExpression"
	KeyCondition Role = "KeyConditionExpression"
	Projection   Role = "ProjectionExpression"
	Update       Role = "UpdateExpression"
)

// Error says what is wrong with an expression, or with what it is evaluated for.
type Error string

func (e Error) Error() string { return string(e) }

func (r Role) errorf(format string, args ...any) error {
	if r == plainRole {
		return Error(fmt.Sprintf(format, args...))
	}
	return Error("Invalid " + string(r) + ": " + fmt.Sprintf(format, args...))
}

// Limits of one expression.
const (
	maxBytes     = 4096
	maxOperators = 300
)

// Placeholders are what stands for names and values in the expressions of one request. It notes which are used.
type Placeholders struct {
	Names      map[string]string
	Values     map[string]attribute.Value
	usedNames  map[string]bool
	usedValues map[string]bool
}

func (p *Placeholders) name(role Role, placeholder string) (string, error) {
	name, ok := p.Names[placeholder]
	if !ok {
		return "", role.errorf("An expression attribute name used in the document path is not defined; attribute name: %s", placeholder)
	}
	if p.usedNames == nil {
		p.usedNames = map[string]bool{}
	}
	p.usedNames[placeholder] = true
	return name, nil
}

func (p *Placeholders) value(role Role, placeholder string) (attribute.Value, error) {
	v, ok := p.Values[placeholder]
	if !ok {
		return v, role.errorf("An expression attribute value used in expression is not defined; attribute value: %s", placeholder)
	}
	if p.usedValues == nil {
		p.usedValues = map[string]bool{}
	}
	p.usedValues[placeholder] = true
	return v, nil
}

// Unused is the error about what no expression has used, nil when there is nothing.
func (p *Placeholders) Unused() error {
	if err := unused("ExpressionAttributeNames", p.Names, p.usedNames); err != nil {
		return err
	}
	return unused("ExpressionAttributeValues", p.Values, p.usedValues)
}

func unused[V any](parameter string, all map[string]V, used map[string]bool) error {
	if len(all) == len(used) {
		return nil
	}
	var keys []string
	for key := range all {
		if !used[key] {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return Error("Value provided in " + parameter + " unused in expressions: keys: {" + strings.Join(keys, ", ") + "}")
}

// IsPlaceholder reports whether a key of ExpressionAttributeNames (mark #) or ExpressionAttributeValues (mark :) has their form.
func IsPlaceholder(key string, mark byte) bool {
	return len(key) > 1 && key[0] == mark && wordEnd(key, 1) == len(key)
}

// checkSource refuses what no expression may be.
func (r Role) checkSource(source string) error {
	if strings.TrimSpace(source) == "" {
		return r.errorf("The expression can not be empty;")
	}
	if len(source) > maxBytes {
		return r.errorf("Expression size has exceeded the maximum allowed size; expression size: %d", len(source))
	}
	return nil
}
