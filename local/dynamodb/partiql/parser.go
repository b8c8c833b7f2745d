package partiql

import (
	"strconv"
	"strings"

	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
)

// Kind is what a statement does.
type Kind uint8

// The kinds of statement.
const (
	Select Kind = iota
	Insert
	Update
	Delete
	Exists
)

// Statement is one statement, with its parameters filled in.
type Statement struct {
	Kind       Kind
	Table      string
	Index      string            // "": the table itself
	Columns    []expression.Path // nil: all
	Item       attribute.Item    // of INSERT
	Where      *expression.Test
	Changes    *expression.Changes
	Returning  string // "ALL OLD", "MODIFIED NEW", …; "": nothing
	OrderBy    []string
	Descending bool
}

// maxBytes is how long a statement may be.
const maxBytes = 8192

// maxDepth is how deep a statement may nest.
const maxDepth = 100

// Parse reads a statement. parameters stand in for each ? in turn.
func Parse(source string, parameters []attribute.Value) (*Statement, error) {
	if len(source) > maxBytes {
		return nil, Error("1 validation error detected: Value at 'statement' failed to satisfy constraint: Member must have length less than or equal to 8192")
	}
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, parameters: parameters}
	s := p.statement()
	if p.accept(";"); p.token().kind != tokEnd {
		p.unexpected()
	}
	if p.err == nil && p.used != len(parameters) {
		p.err = Error("Number of parameters in request and statement don't match.")
	}
	if p.err != nil {
		return nil, p.err
	}
	return s, nil
}

type parser struct {
	tokens     []token
	at         int
	parameters []attribute.Value
	used       int
	depth      int
	err        error
}

func (p *parser) token() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokEnd {
		p.at++
	}
	return t
}

func (p *parser) accept(text string) bool {
	if p.token().is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(texts ...string) {
	for _, text := range texts {
		if !p.accept(text) {
			p.unexpected()
		}
	}
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *parser) unexpected() {
	p.fail(Error(malformed + "Unexpected token '" + p.token().text + "'"))
}

// enter counts the depth; what is too deep is an error.
func (p *parser) enter() bool {
	if p.depth++; p.depth > maxDepth {
		p.fail(Error(malformed + "The statement is nested too deep"))
	}
	return p.err == nil
}

func (p *parser) statement() *Statement {
	s := &Statement{}
	switch t := p.next(); {
	case t.is("SELECT"):
		p.selection(s)
	case t.is("INSERT"):
		s.Kind = Insert
		p.expect("INTO")
		p.table(s)
		p.expect("VALUE")
		if v := p.value(); v.Kind == attribute.M {
			s.Item = v.Map
		} else {
			p.unexpected()
		}
	case t.is("UPDATE"):
		s.Kind = Update
		p.table(s)
		p.changes(s)
		p.where(s)
		p.returning(s)
	case t.is("DELETE"):
		s.Kind = Delete
		p.expect("FROM")
		p.table(s)
		p.where(s)
		p.returning(s)
	case t.is("EXISTS"):
		p.expect("(", "SELECT")
		p.selection(s)
		p.expect(")")
		s.Kind = Exists
	default:
		p.fail(Error(malformed + "Expected data manipulation"))
	}
	return s
}

func (p *parser) selection(s *Statement) {
	if !p.accept("*") {
		s.Columns = append(s.Columns, p.path())
		for p.err == nil && p.accept(",") {
			s.Columns = append(s.Columns, p.path())
		}
	}
	p.expect("FROM")
	p.table(s)
	p.where(s)
	if p.accept("ORDER") {
		p.expect("BY")
		for p.err == nil {
			s.OrderBy = append(s.OrderBy, p.name())
			s.Descending = p.accept("DESC")
			if !s.Descending {
				p.accept("ASC")
			}
			if !p.accept(",") {
				break
			}
		}
	}
}

func (p *parser) name() string {
	t := p.token()
	if t.kind != tokWord && t.kind != tokQuoted {
		p.unexpected()
		return ""
	}
	p.next()
	return t.text
}

// table reads TABLE or TABLE.INDEX.
func (p *parser) table(s *Statement) {
	parts := []string{p.name()}
	for p.err == nil && p.accept(".") {
		parts = append(parts, p.name())
	}
	for _, part := range parts {
		if part == "" {
			p.fail(Error("Path component cannot be an empty string"))
		}
	}
	if len(parts) > 2 {
		p.fail(Error("A path may contain at most 2 components in the FROM clause"))
	}
	if s.Table = parts[0]; len(parts) > 1 {
		s.Index = parts[1]
	}
}

// path reads a."b"[1]['c'].
func (p *parser) path() expression.Path {
	path := expression.Named(p.name())
	for p.err == nil {
		switch {
		case p.accept("."):
			path = append(path, expression.Step{Name: p.name(), Index: -1})
		case p.accept("["):
			path = append(path, p.step())
			p.expect("]")
		default:
			return path
		}
	}
	return path
}

func (p *parser) step() expression.Step {
	t := p.next()
	if t.kind == tokText {
		return expression.Step{Name: t.text, Index: -1}
	}
	i, err := strconv.Atoi(t.text)
	if t.kind != tokNumber || err != nil {
		p.unexpected()
	}
	return expression.Step{Index: i}
}

func (p *parser) where(s *Statement) {
	if !p.accept("WHERE") {
		return
	}
	c := p.condition()
	if p.err != nil {
		return
	}
	var err error
	if s.Where, err = expression.NewTest(c); err != nil {
		p.fail(err)
	}
}

func (p *parser) returning(s *Statement) {
	if !p.accept("RETURNING") {
		return
	}
	which, when := strings.ToUpper(p.next().text), strings.ToUpper(p.next().text)
	if which != "ALL" && which != "MODIFIED" || when != "OLD" && when != "NEW" {
		p.unexpected()
	}
	p.expect("*")
	s.Returning = which + " " + when
	if s.Kind == Delete && s.Returning != "ALL OLD" {
		p.fail(Error("Invalid returning clause: RETURNING " + s.Returning + " *. Only RETURNING ALL OLD * is allowed in DELETE statements."))
	}
}

func (p *parser) changes(s *Statement) {
	var list []expression.Change
	for p.err == nil {
		switch {
		case p.accept("SET"):
			list = append(list, p.set())
			for p.err == nil && p.accept(",") {
				list = append(list, p.set())
			}
		case p.accept("REMOVE"):
			list = append(list, expression.Change{Section: "REMOVE", Target: p.path()})
			for p.err == nil && p.accept(",") {
				list = append(list, expression.Change{Section: "REMOVE", Target: p.path()})
			}
		default:
			if len(list) == 0 {
				p.unexpected()
				return
			}
			var err error
			if s.Changes, err = expression.NewChanges(list); err != nil {
				p.fail(err)
			}
			return
		}
	}
}

// set reads one assignment. set_add and set_delete are the actions ADD and DELETE of a set.
func (p *parser) set() expression.Change {
	c := expression.Change{Section: "SET", Target: p.path()}
	p.expect("=")
	for name, section := range map[string]string{"set_add": "ADD", "set_delete": "DELETE"} {
		if p.token().is(name) {
			p.next()
			p.expect("(")
			p.path()
			p.expect(",")
			c.Section, c.Value = section, expression.OfValue(p.value())
			p.expect(")")
			return c
		}
	}
	c.Value = p.operand()
	for _, op := range []string{"+", "-"} {
		if p.accept(op) {
			c.Value = expression.Calculate(op, c.Value, p.operand())
			break
		}
	}
	return c
}
