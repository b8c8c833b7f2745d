package logs

import (
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// condition is a condition on a JSON object: selectors with comparisons, joined by && and ||.
type condition struct {
	all, any []*condition // one of them, or neither
	selector *selector
	*comparison
}

// selector is a path in an object. A step is a name, a number, or a star.
type selector struct {
	text  string
	steps []step
}

type step struct {
	name  string
	index int
	kind  byte // 'n'ame, 'i'ndex, '*'
}

// maxNesting is how deep parentheses may stand in each other.
const maxNesting = 32

func parseJSONPattern(text string) (pattern, error) {
	s := &scanner{text: text, at: 1}
	c, err := s.or(0)
	if err != nil {
		return nil, err
	}
	if s.space(); !s.take("}") {
		return nil, badPattern("} is missing at character " + strconv.Itoa(s.at+1))
	}
	if s.space(); s.more() {
		return nil, badPattern("something follows the }")
	}
	return c, nil
}

func (s *scanner) or(depth int) (*condition, error) {
	return s.joined("||", func() (*condition, error) { return s.and(depth) }, func(parts []*condition) *condition { return &condition{any: parts} })
}

func (s *scanner) and(depth int) (*condition, error) {
	return s.joined("&&", func() (*condition, error) { return s.one(depth) }, func(parts []*condition) *condition { return &condition{all: parts} })
}

// joined reads conditions with an operator between them.
func (s *scanner) joined(operator string, read func() (*condition, error), join func([]*condition) *condition) (*condition, error) {
	var parts []*condition
	for {
		c, err := read()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
		if s.space(); !s.take(operator) {
			break
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return join(parts), nil
}

func (s *scanner) one(depth int) (*condition, error) {
	s.space()
	if s.take("(") {
		if depth == maxNesting {
			return nil, badPattern("there are too many parentheses in each other")
		}
		c, err := s.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if s.space(); !s.take(")") {
			return nil, badPattern(") is missing at character " + strconv.Itoa(s.at+1))
		}
		return c, nil
	}
	sel, err := s.selector()
	if err != nil {
		return nil, err
	}
	s.space()
	c := &condition{selector: sel}
	from := s.at
	if s.word("IS") {
		s.space()
		for _, what := range []string{"null", "true", "false"} {
			if s.word(what) {
				c.comparison = &comparison{operator: what}
				return c, nil
			}
		}
		return nil, badPattern("IS is for NULL, TRUE and FALSE")
	}
	not := s.word("NOT")
	if s.space(); s.word("EXISTS") {
		c.comparison = &comparison{operator: "exists"}
		if not {
			c.operator = "not exists"
		}
		return c, nil
	}
	s.at = from
	c.comparison, err = s.compare(" \t\r\n&|)}")
	return c, err
}

// selector reads $.name.name[3]['name'][*].
func (s *scanner) selector() (*selector, error) {
	from := s.at
	if !s.take("$") {
		return nil, badPattern("a property selector begins with $, at character " + strconv.Itoa(s.at+1))
	}
	sel := &selector{}
	for {
		switch {
		case s.take(".*"):
			sel.steps = append(sel.steps, step{kind: '*'})
		case s.take("["):
			st, err := s.bracket()
			if err != nil {
				return nil, err
			}
			sel.steps = append(sel.steps, st)
		case s.take("."):
			if s.peek() == '[' {
				continue
			}
			name := s.while(func(c byte) bool { return isWordByte(c) || strings.IndexByte("-@:/", c) >= 0 })
			if name == "" {
				return nil, badPattern("a name is missing at character " + strconv.Itoa(s.at+1))
			}
			sel.steps = append(sel.steps, step{name: name, kind: 'n'})
		default:
			if sel.text = s.text[from:s.at]; len(sel.steps) == 0 {
				return nil, badPattern("a property selector has a name")
			}
			return sel, nil
		}
	}
}

func (s *scanner) bracket() (st step, err error) {
	switch c := s.peek(); {
	case c == '\'' || c == '"':
		st.kind = 'n'
		if st.name, err = s.quoted(c); err != nil {
			return st, err
		}
	case s.take("*"):
		st.kind = '*'
	default:
		st.kind = 'i'
		if st.index, err = strconv.Atoi(s.while(func(c byte) bool { return c >= '0' && c <= '9' })); err != nil {
			return st, badPattern("an index is a number, at character " + strconv.Itoa(s.at+1))
		}
	}
	if !s.take("]") {
		return st, badPattern("] is missing at character " + strconv.Itoa(s.at+1))
	}
	return st, nil
}

// find calls use with what the steps lead to, until it returns true, and returns whether it did.
func find(v value.Value, steps []step, use func(value.Value) bool) bool {
	if len(steps) == 0 {
		return use(v)
	}
	switch st := steps[0]; st.kind {
	case 'n':
		next, ok := v.Get(st.name)
		return ok && find(next, steps[1:], use)
	case 'i':
		next, ok := v.Index(st.index)
		return ok && find(next, steps[1:], use)
	}
	for _, e := range v.Elems() {
		if find(e, steps[1:], use) {
			return true
		}
	}
	for _, m := range v.Members() {
		if find(m.Value, steps[1:], use) {
			return true
		}
	}
	return false
}

func (c *condition) match(message string) (map[string]string, bool) {
	doc, err := value.Parse(message)
	if err != nil || doc.Kind() != value.Object && doc.Kind() != value.Array {
		return nil, false
	}
	out := map[string]string{}
	ok := c.fits(doc)
	if ok {
		c.extract(doc, out)
	}
	return out, ok
}

func (c *condition) fits(doc value.Value) bool {
	switch {
	case c.all != nil:
		for _, part := range c.all {
			if !part.fits(doc) {
				return false
			}
		}
		return true
	case c.any != nil:
		for _, part := range c.any {
			if part.fits(doc) {
				return true
			}
		}
		return false
	}
	exists := func(value.Value) bool { return true }
	switch c.operator {
	case "exists":
		return find(doc, c.selector.steps, exists)
	case "not exists":
		return !find(doc, c.selector.steps, exists)
	case "null":
		return find(doc, c.selector.steps, value.Value.IsNull)
	case "true", "false":
		return find(doc, c.selector.steps, func(v value.Value) bool { return v.Kind() == value.Bool && v.Compact() == c.operator })
	}
	return find(doc, c.selector.steps, func(v value.Value) bool {
		if v.Kind() == value.Array || v.Kind() == value.Object || v.IsNull() {
			return false
		}
		return c.holds(scalar(v))
	})
}

// extract notes the values that the selectors lead to.
func (c *condition) extract(doc value.Value, out map[string]string) {
	for _, parts := range [][]*condition{c.all, c.any} {
		for _, part := range parts {
			part.extract(doc, out)
		}
	}
	if c.selector != nil {
		find(doc, c.selector.steps, func(v value.Value) bool {
			out[c.selector.text] = scalar(v)
			return true
		})
	}
}
