package pattern

import (
	"net/netip"
	"strings"

	"github.com/statelark/statelark/value"
)

// condition is one condition on a field. absent: the field is not there; holds is nil then.
type condition struct {
	absent bool
	holds  func(value.Value) bool
}

func compileAll(list value.Value) ([]condition, error) {
	if list.Len() == 0 {
		return nil, wrong("Empty arrays are not allowed")
	}
	var all []condition
	for _, e := range list.Elems() {
		c, err := compile(e)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func compile(e value.Value) (condition, error) {
	switch e.Kind() {
	case value.Array:
		return condition{}, wrong("Match value must be String, number, true, false, or null")
	case value.Object:
	default:
		return condition{holds: equal(e)}, nil
	}
	if e.Len() == 0 {
		return condition{}, wrong("Empty objects are not allowed")
	}
	m := e.Members()[0]
	operator := operators[m.Key]
	if operator == nil {
		return condition{}, wrong("Unrecognized match type %s", m.Key)
	}
	if e.Len() > 1 {
		return condition{}, wrong("Only one key allowed in match expression")
	}
	return operator(m.Value)
}

// equal is equality with a scalar: numbers by their value.
func equal(want value.Value) func(value.Value) bool {
	switch want.Kind() {
	case value.String:
		text := want.Str()
		return func(v value.Value) bool { return v.Kind() == value.String && v.Str() == text }
	case value.Number:
		return func(v value.Value) bool { return v.Kind() == value.Number && value.CompareNumbers(v, want) == 0 }
	}
	return func(v value.Value) bool { return v.Kind() == want.Kind() && v.Text() == want.Text() }
}

// operators read the value of a match expression.
var operators map[string]func(value.Value) (condition, error)

func init() { // it refers to itself
	operators = map[string]func(value.Value) (condition, error){
		"prefix":             affix("prefix", strings.HasPrefix),
		"suffix":             affix("suffix", strings.HasSuffix),
		"equals-ignore-case": ignoreCase,
		"wildcard":           wildcard,
		"anything-but":       anythingBut,
		"numeric":            numeric,
		"exists":             exists,
		"cidr":               cidr,
	}
}

// text is a condition on strings.
func text(holds func(string) bool) condition {
	return condition{holds: func(v value.Value) bool { return v.Kind() == value.String && holds(v.Str()) }}
}

func affix(name string, has func(s, affix string) bool) func(value.Value) (condition, error) {
	return func(v value.Value) (condition, error) {
		if inner, ok := v.Get("equals-ignore-case"); v.Kind() == value.Object && v.Len() == 1 && ok && inner.Kind() == value.String {
			want := fold(inner.Str())
			return text(func(s string) bool { return has(fold(s), want) }), nil
		}
		if v.Kind() != value.String {
			return condition{}, wrong("%s match pattern must be a string", name)
		}
		want := v.Str()
		return text(func(s string) bool { return has(s, want) }), nil
	}
}

func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

func ignoreCase(v value.Value) (condition, error) {
	if v.Kind() != value.String {
		return condition{}, wrong("equals-ignore-case match pattern must be a string")
	}
	want := v.Str()
	return text(func(s string) bool { return strings.EqualFold(s, want) }), nil
}

func exists(v value.Value) (condition, error) {
	if v.Kind() != value.Bool {
		return condition{}, wrong("exists match pattern must be either true or false.")
	}
	if !v.Bool() {
		return condition{absent: true}, nil
	}
	return condition{holds: func(value.Value) bool { return true }}, nil
}

func cidr(v value.Value) (condition, error) {
	if v.Kind() != value.String {
		return condition{}, wrong("cidr match pattern must be a string")
	}
	if !strings.Contains(v.Str(), "/") {
		return condition{}, wrong("Malformed CIDR, one '/' required")
	}
	block, err := netip.ParsePrefix(v.Str())
	if err != nil {
		return condition{}, wrong("Malformed CIDR, %s", v.Str())
	}
	block = block.Masked()
	return text(func(s string) bool {
		address, err := netip.ParseAddr(s)
		return err == nil && block.Contains(address)
	}), nil
}

// numeric reads [operator, number] or [operator, number, operator, number].
func numeric(v value.Value) (condition, error) {
	if v.Kind() != value.Array || v.Len() == 0 {
		return condition{}, wrong("Value of numeric must be an array.")
	}
	parts := v.Elems()
	if len(parts) > 4 {
		return condition{}, wrong("Too many elements in numeric expression")
	}
	var tests []func(int) bool
	var bounds []value.Value
	seen := ""
	for i := 0; i < len(parts); i += 2 {
		operator := parts[i].Str()
		test := map[string]func(int) bool{
			"=": func(c int) bool { return c == 0 }, "<": func(c int) bool { return c < 0 }, "<=": func(c int) bool { return c <= 0 },
			">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
		}[operator]
		if test == nil {
			return condition{}, wrong("Unrecognized numeric range operator: %s", parts[i].Str())
		}
		if i+1 == len(parts) || parts[i+1].Kind() != value.Number {
			return condition{}, wrong("Value of %s must be numeric", operator)
		}
		if seen == "=" || seen != "" && (operator == "=" || operator[0] == seen[0]) {
			return condition{}, wrong("Bad numeric range operator: %s", operator)
		}
		seen = operator
		tests, bounds = append(tests, test), append(bounds, parts[i+1])
	}
	if len(bounds) == 2 {
		low, high := bounds[0], bounds[1]
		if seen[0] == '>' {
			low, high = high, low
		}
		if value.CompareNumbers(low, high) >= 0 {
			return condition{}, wrong("Bottom must be less than top")
		}
	}
	return condition{holds: func(v value.Value) bool {
		if v.Kind() != value.Number {
			return false
		}
		for i, test := range tests {
			if !test(value.CompareNumbers(v, bounds[i])) {
				return false
			}
		}
		return true
	}}, nil
}

// anythingBut reads a value, a list of values of one kind, or a match expression with a string or strings.
func anythingBut(v value.Value) (condition, error) {
	not, err := exceptions(v)
	if err != nil {
		return condition{}, err
	}
	return condition{holds: func(have value.Value) bool {
		for _, c := range not {
			if c.holds(have) {
				return false
			}
		}
		return true
	}}, nil
}

func exceptions(v value.Value) (not []condition, err error) {
	switch v.Kind() {
	case value.String, value.Number:
		return []condition{{holds: equal(v)}}, nil
	case value.Object:
		if v.Len() != 1 {
			return nil, wrong("Only one key allowed in match expression")
		}
		m := v.Members()[0]
		switch m.Key {
		case "prefix", "suffix", "equals-ignore-case", "wildcard":
		default:
			return nil, wrong("Unsupported anything-but pattern: %s", m.Key)
		}
		values := []value.Value{m.Value}
		if m.Value.Kind() == value.Array {
			values = m.Value.Elems()
		}
		for _, x := range values {
			if x.Kind() != value.String || len(values) == 0 {
				return nil, wrong("Value of %s must be a string or a list of strings", m.Key)
			}
			c, err := operators[m.Key](x)
			if err != nil {
				return nil, err
			}
			not = append(not, c)
		}
		if len(not) == 0 {
			return nil, wrong("Empty arrays are not allowed")
		}
		return not, nil
	case value.Array:
		if v.Len() == 0 {
			return nil, wrong("Empty arrays are not allowed")
		}
		kind := v.Elems()[0].Kind()
		for _, x := range v.Elems() {
			if x.Kind() != kind || kind != value.String && kind != value.Number {
				return nil, wrong("Inside anything but list, either all values are number or string, mixed type is not supported")
			}
			not = append(not, condition{holds: equal(x)})
		}
		return not, nil
	}
	return nil, wrong("Value of anything-but must be an array or single string/number value.")
}
