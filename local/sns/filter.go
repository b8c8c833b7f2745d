package sns

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// filter is a FilterPolicy, compiled.
type filter struct {
	body bool // its scope: the message's body, else its attributes
	root *clause
}

// clause is an object of a policy: all its fields, and of each $or one of the clauses, are to match.
type clause struct {
	fields []field
	ors    [][]*clause
}

// field is a key of a clause: rules, or an object inside.
type field struct {
	key    string
	inside *clause
	rules  []rule
}

// rule is one of the conditions of which one is to hold.
type rule struct {
	exists int8 // 1: the key is to be there; -1: it is not
	test   func(leaf) bool
}

// leaf is a value that rules look at.
type leaf struct {
	kind byte // 's', 'n', 't', 'f', '0': text, number, true, false, null
	text string
	num  float64
}

const (
	maxKeys         = 5
	maxCombinations = 150
	maxFilterBytes  = 262_144
	maxFilterDepth  = 100
)

// parseFilter compiles a policy. The text of an error is what AWS says after "FilterPolicy: ".
func parseFilter(text string, body bool) (*filter, error) {
	if len(text) > maxFilterBytes {
		return nil, fmt.Errorf("Filter policy is too large") //nolint:staticcheck // AWS's text
	}
	if r := value.Refuse(text); r != nil {
		return nil, fmt.Errorf("failed to parse JSON. %s\n at %s", r.Why, redacted(r.Place)) //nolint:staticcheck // AWS's text
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return nil, fmt.Errorf("failed to parse JSON. %s", err) //nolint:staticcheck // AWS's text
	}
	root, err := readNode(compact.Bytes())
	if err != nil {
		return nil, err
	}
	p := policyReader{source: compact.String(), body: body}
	if root.kind != '{' {
		return nil, p.at(root, "Filter is not an object")
	}
	c, err := p.clause(root)
	if err != nil {
		return nil, err
	}
	if len(root.keys) > maxKeys {
		return nil, fmt.Errorf("Filter policy can not have more than %d keys", maxKeys) //nolint:staticcheck // AWS's text
	}
	if c.combinations(1) > maxCombinations {
		return nil, fmt.Errorf("Filter policy is too complex") //nolint:staticcheck // AWS's text
	}
	return &filter{body, c}, nil
}

// redacted is a place of Jackson's without the source, as newer versions print it.
func redacted(place string) string {
	return "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)" + place[strings.LastIndex(place, "; line:"):]
}

// combinations are counted as the documentation says: the values of each key times its depth, multiplied.
func (c *clause) combinations(depth int) float64 {
	n := 1.0
	for _, f := range c.fields {
		if f.inside != nil {
			n *= f.inside.combinations(depth + 1)
		} else {
			n *= float64(len(f.rules) * depth)
		}
	}
	for _, or := range c.ors {
		sum := 0.0
		for _, alternative := range or {
			sum += alternative.combinations(depth)
		}
		n *= sum
	}
	return n
}

// errNested says that a policy for attributes has objects inside.
var errNested = fmt.Errorf("Filter policy scope MessageAttributes does not support nested filter policy") //nolint:staticcheck // AWS's text

// node is a JSON value and the column after it, or for a text after its first quote: where Jackson stands.
type node struct {
	leaf
	column int
	keys   []string
	kids   []*node // of an object by keys, or of an array
}

// readNode reads compact JSON.
func readNode(text []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return nextNode(d, text, 0)
}

func nextNode(d *json.Decoder, text []byte, depth int) (*node, error) {
	if depth > maxFilterDepth {
		return nil, fmt.Errorf("failed to parse JSON. Document nesting depth exceeds the maximum allowed") //nolint:staticcheck // AWS's text
	}
	before := d.InputOffset()
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	n := &node{column: int(d.InputOffset()) + 1}
	switch t := token.(type) {
	case json.Delim:
		n.kind = byte(t)
		for d.More() {
			if t == '{' {
				key, err := d.Token()
				if err != nil {
					return nil, err
				}
				n.keys = append(n.keys, key.(string))
			}
			kid, err := nextNode(d, text, depth+1)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		}
		_, err = d.Token()
		return n, err
	case string:
		n.kind, n.text = 's', t
		for text[before] != '"' {
			before++
		}
		n.column = int(before) + 2
	case json.Number:
		n.kind, n.text = 'n', t.String()
		if n.num, err = t.Float64(); err != nil {
			return nil, err
		}
	case bool:
		n.kind = 'f'
		if t {
			n.kind = 't'
		}
	default:
		n.kind = '0'
	}
	return n, nil
}

type policyReader struct {
	source string
	body   bool
}

// at is an error at a value.
func (p *policyReader) at(n *node, format string, a ...any) error {
	return fmt.Errorf("%s\n at [Source: (String)\"%s\"; line: 1, column: %d]", fmt.Sprintf(format, a...), p.source, n.column)
}

func (p *policyReader) clause(n *node) (*clause, error) {
	if len(n.keys) == 0 && p.body {
		return nil, p.at(n, "Empty objects are not allowed")
	}
	c := &clause{}
	for i, key := range n.keys {
		if err := p.member(c, key, n.kids[i]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// member reads one member of an object.
func (p *policyReader) member(c *clause, key string, n *node) error {
	if key == "$or" && isOr(n) {
		var or []*clause
		for _, kid := range n.kids {
			alternative, err := p.clause(kid)
			if err != nil {
				return err
			}
			or = append(or, alternative)
		}
		c.ors = append(c.ors, or)
		return nil
	}
	switch n.kind {
	case '{':
		if !p.body {
			return errNested
		}
		inside, err := p.clause(n)
		if err != nil {
			return err
		}
		c.fields = append(c.fields, field{key: key, inside: inside})
	case '[':
		if len(n.kids) == 0 {
			return p.at(n, "Empty arrays are not allowed")
		}
		f := field{key: key}
		for _, kid := range n.kids {
			r, err := p.rule(kid)
			if err != nil {
				return err
			}
			f.rules = append(f.rules, r)
		}
		c.fields = append(c.fields, f)
	default:
		return p.at(n, "%q must be an object or an array", key)
	}
	return nil
}

// isOr reports whether $or is the operator: two objects or more. Else it is a key like any other.
func isOr(n *node) bool {
	if n.kind != '[' || len(n.kids) < 2 {
		return false
	}
	for _, kid := range n.kids {
		if kid.kind != '{' || len(kid.keys) == 0 {
			return false
		}
		for _, key := range kid.keys {
			if operators[key] != nil || key == "exists" {
				return false
			}
		}
	}
	return true
}

func (p *policyReader) rule(n *node) (rule, error) {
	switch n.kind {
	case '[':
		return rule{}, p.at(n, "Match value must be String, number, true, false, or null")
	case '{':
		return p.operator(n)
	}
	want := n.leaf
	return rule{test: func(got leaf) bool { return got.equals(want) }}, nil
}

func (l leaf) equals(other leaf) bool {
	return l.kind == other.kind && (l.kind != 's' || l.text == other.text) && (l.kind != 'n' || l.num == other.num)
}

// operators make the test of a match expression of one key.
var operators map[string]func(p *policyReader, n *node) (func(leaf) bool, error)

func init() {
	operators = map[string]func(p *policyReader, n *node) (func(leaf) bool, error){
		"prefix":             textOperator("prefix", strings.HasPrefix),
		"suffix":             textOperator("suffix", strings.HasSuffix),
		"equals-ignore-case": textOperator("equals-ignore-case", strings.EqualFold),
		"wildcard":           wildcardOperator,
		"anything-but":       anythingBut,
		"numeric":            numericOperator,
		"cidr":               cidrOperator,
	}
}

func (p *policyReader) operator(n *node) (rule, error) {
	if len(n.keys) == 0 {
		return rule{}, p.at(n, "Empty objects are not allowed")
	}
	key, operand := n.keys[0], n.kids[0]
	if key == "exists" {
		if operand.kind != 't' && operand.kind != 'f' {
			return rule{}, p.at(operand, "exists match pattern must be either true or false.")
		}
		if operand.kind == 't' {
			return rule{exists: 1}, p.single(n)
		}
		return rule{exists: -1}, p.single(n)
	}
	operator := operators[key]
	if operator == nil {
		return rule{}, p.at(operand, "Unrecognized match type %s", key)
	}
	test, err := operator(p, operand)
	if err != nil {
		return rule{}, err
	}
	return rule{test: test}, p.single(n)
}

// single refuses a match expression with more than one key.
func (p *policyReader) single(n *node) error {
	if len(n.keys) > 1 {
		return p.at(n.kids[1], "Only one key allowed in match expression")
	}
	return nil
}

func textOperator(name string, match func(text, operand string) bool) func(*policyReader, *node) (func(leaf) bool, error) {
	return func(p *policyReader, n *node) (func(leaf) bool, error) {
		if n.kind != 's' {
			return nil, p.at(n, "%s match pattern must be a string", name)
		}
		operand := n.text
		return func(l leaf) bool { return l.kind == 's' && match(l.text, operand) }, nil
	}
}

func wildcardOperator(p *policyReader, n *node) (func(leaf) bool, error) {
	if n.kind != 's' {
		return nil, p.at(n, "wildcard match pattern must be a string")
	}
	if strings.Contains(n.text, "**") {
		return nil, p.at(n, "Consecutive wildcard characters at pos %d", strings.Index(n.text, "**"))
	}
	pattern := n.text
	return func(l leaf) bool { return l.kind == 's' && wildcard(pattern, l.text) }, nil
}

// wildcard matches text with a pattern in which * is any text, and \* and \\ are themselves.
func wildcard(pattern, text string) bool {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			part.WriteByte(pattern[i])
		case pattern[i] == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(pattern[i])
		}
	}
	last := part.String()
	if len(parts) == 0 {
		return text == last
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, middle := range parts[1:] {
		i := strings.Index(rest, middle)
		if i < 0 {
			return false
		}
		rest = rest[i+len(middle):]
	}
	return strings.HasSuffix(rest, last)
}

// anythingBut takes values, or one of the operators over texts.
func anythingBut(p *policyReader, n *node) (func(leaf) bool, error) {
	var tests []func(leaf) bool
	add := func(n *node) error {
		if n.kind != 's' && n.kind != 'n' {
			return p.at(n, "Inside anything but list, start|null|boolean is not supported.")
		}
		want := n.leaf
		tests = append(tests, func(l leaf) bool { return l.equals(want) })
		return nil
	}
	switch n.kind {
	case '{':
		test, err := p.negated(n)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	case '[':
		if len(n.kids) == 0 {
			return nil, p.at(n, "Empty arrays are not allowed")
		}
		for _, kid := range n.kids {
			if err := add(kid); err != nil {
				return nil, err
			}
		}
	case 's', 'n':
		if err := add(n); err != nil {
			return nil, err
		}
	default:
		return nil, p.at(n, "Value of anything-but must be an array or single string/number value.")
	}
	return func(l leaf) bool { return !anyOf(tests, l) }, nil
}

// negated reads the operator inside anything-but, over one text or several.
func (p *policyReader) negated(n *node) (func(leaf) bool, error) {
	if len(n.keys) != 1 {
		return nil, p.at(n, "Only one key allowed in match expression")
	}
	key, operand := n.keys[0], n.kids[0]
	switch key {
	case "prefix", "suffix", "equals-ignore-case", "wildcard":
	default:
		return nil, p.at(operand, "Unsupported anything-but pattern: %s", key)
	}
	list := []*node{operand}
	if operand.kind == '[' && len(operand.kids) > 0 {
		list = operand.kids
	}
	var tests []func(leaf) bool
	for _, one := range list {
		if one.kind == 's' && one.text == "" {
			return nil, p.at(one, "Null prefix/suffix not allowed")
		}
		test, err := operators[key](p, one)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	return func(l leaf) bool { return anyOf(tests, l) }, nil
}

func anyOf(tests []func(leaf) bool, l leaf) bool {
	for _, test := range tests {
		if test(l) {
			return true
		}
	}
	return false
}

// numericOperator takes comparisons: ["=", 1], ["<", 1], [">=", 1, "<", 2].
func numericOperator(p *policyReader, n *node) (func(leaf) bool, error) {
	if n.kind != '[' {
		return nil, p.at(n, "Value of numeric must be an array.")
	}
	low, high, lowOpen, highOpen := math.Inf(-1), math.Inf(1), false, false
	list, lower, upper := n.kids, false, false
	if len(list) == 0 {
		return nil, p.at(n, "Invalid member in numeric match: ]")
	}
	for len(list) > 0 {
		operator := list[0]
		if operator.kind != 's' {
			return nil, p.at(operator, "Invalid member in numeric match: %s", operator.shown())
		}
		if len(list) < 2 || list[1].kind != 'n' {
			where := operator
			if len(list) > 1 {
				where = list[1]
			}
			if operator.text == "=" {
				return nil, p.at(where, "Value of equals must be numeric")
			}
			return nil, p.at(where, "Value of %s must be numeric", operator.text)
		}
		num := list[1].num
		switch operator.text {
		case "=":
			if lower || upper || len(list) > 2 {
				return nil, p.at(operator, "Too many elements in numeric expression")
			}
			low, high = num, num
		case ">", ">=":
			if lower || upper {
				return nil, p.at(operator, "Too many elements in numeric expression")
			}
			lower, low, lowOpen = true, num, operator.text == ">"
		case "<", "<=":
			if upper {
				return nil, p.at(operator, "Too many elements in numeric expression")
			}
			upper, high, highOpen = true, num, operator.text == "<"
		default:
			return nil, p.at(operator, "Unrecognized numeric range operator: %s", operator.text)
		}
		list = list[2:]
	}
	if lower && upper && low >= high {
		return nil, p.at(n.kids[len(n.kids)-1], "Bottom must be less than top")
	}
	return func(l leaf) bool {
		return l.kind == 'n' && (l.num > low || l.num == low && !lowOpen) && (l.num < high || l.num == high && !highOpen)
	}, nil
}

// shown is a value in an error.
func (n *node) shown() string {
	switch n.kind {
	case 't':
		return "true"
	case 'f':
		return "false"
	case '0':
		return "null"
	case 's', 'n':
		return n.text
	}
	return string(n.kind)
}

// cidrOperator takes a range of addresses, or one.
func cidrOperator(p *policyReader, n *node) (func(leaf) bool, error) {
	if n.kind != 's' {
		return nil, p.at(n, "CIDR match pattern must be a string")
	}
	if strings.Count(n.text, "/") != 1 {
		return nil, p.at(n, "Malformed CIDR, one '/' required")
	}
	prefix, err := netip.ParsePrefix(n.text)
	if err != nil {
		return nil, p.at(n, "Malformed CIDR: %s", n.text)
	}
	prefix = prefix.Masked()
	return func(l leaf) bool {
		address, err := netip.ParseAddr(l.text)
		return l.kind == 's' && err == nil && prefix.Contains(address)
	}, nil
}

// matches reports whether a message is for the subscription.
func (f *filter) matches(m *message, body string) bool {
	if f == nil {
		return true
	}
	if !f.body {
		return f.root.matches(attributeValues(m.Attributes))
	}
	n, err := readNode([]byte(body))
	if err != nil || n.kind != '{' {
		return false
	}
	return f.root.matches(n)
}

// found is where a clause looks for its keys.
type found interface {
	// leaves are the values of a key; there is false when the key is not there.
	leaves(key string) (list []leaf, there bool)
	// objects are those of a key that an object inside the policy is held against.
	objects(key string) []found
}

func (c *clause) matches(in found) bool {
	for _, f := range c.fields {
		if !f.matches(in) {
			return false
		}
	}
	for _, or := range c.ors {
		matched := false
		for _, alternative := range or {
			matched = matched || alternative.matches(in)
		}
		if !matched {
			return false
		}
	}
	return true
}

func (f *field) matches(in found) bool {
	if f.inside != nil {
		for _, object := range in.objects(f.key) {
			if f.inside.matches(object) {
				return true
			}
		}
		return false
	}
	list, there := in.leaves(f.key)
	for _, r := range f.rules {
		if r.exists != 0 {
			if there == (r.exists > 0) {
				return true
			}
			continue
		}
		for _, l := range list {
			if r.test(l) {
				return true
			}
		}
	}
	return false
}

// find is the value of a key; of keys that are there twice, the last.
func (n *node) find(key string) *node {
	for i := len(n.keys) - 1; i >= 0; i-- {
		if n.keys[i] == key {
			return n.kids[i]
		}
	}
	return nil
}

func (n *node) leaves(key string) ([]leaf, bool) {
	kid := n.find(key)
	if kid == nil || kid.kind == '{' {
		return nil, false
	}
	return kid.flat(nil), true
}

// flat are the values of a leaf or of an array.
func (n *node) flat(list []leaf) []leaf {
	switch n.kind {
	case '[':
		for _, kid := range n.kids {
			list = kid.flat(list)
		}
		return list
	case '{':
		return list
	}
	return append(list, n.leaf)
}

func (n *node) objects(key string) []found {
	kid := n.find(key)
	var list []found
	switch {
	case kid == nil:
	case kid.kind == '{':
		list = append(list, kid)
	case kid.kind == '[':
		for _, one := range kid.kids {
			if one.kind == '{' {
				list = append(list, one)
			}
		}
	}
	if len(list) == 0 {
		list = append(list, &node{leaf: leaf{kind: '{'}}) // nothing exists in it
	}
	return list
}

// attributeValues are message attributes, looked at by a policy.
type attributeValues map[string]attribute

func (v attributeValues) leaves(key string) ([]leaf, bool) {
	a, there := v[key]
	if !there || a.StringValue == nil {
		return nil, there
	}
	text := *a.StringValue
	switch {
	case a.DataType == "String.Array":
		n, err := readNode([]byte(text))
		if err != nil || n.kind != '[' {
			return []leaf{{kind: 's', text: text}}, true
		}
		return n.flat(nil), true
	case strings.HasPrefix(a.DataType, "Number"):
		num, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, true
		}
		return []leaf{{kind: 'n', text: text, num: num}}, true
	}
	return []leaf{{kind: 's', text: text}}, true
}

func (v attributeValues) objects(string) []found { return nil }
