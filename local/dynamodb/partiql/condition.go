package partiql

import (
	"strings"

	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
)

// condition reads what is true or false: OR binds least, then AND, then NOT.
func (p *parser) condition() expression.Operand {
	c := p.conjunction()
	for p.err == nil && p.accept("OR") {
		c = expression.Join("OR", c, p.conjunction())
	}
	return c
}

func (p *parser) conjunction() expression.Operand {
	c := p.negation()
	for p.err == nil && p.accept("AND") {
		c = expression.Join("AND", c, p.negation())
	}
	return c
}

func (p *parser) negation() expression.Operand {
	if !p.enter() {
		return nothing()
	}
	defer func() { p.depth-- }()
	if p.accept("NOT") {
		return expression.Join("NOT", p.negation())
	}
	if p.accept("(") {
		c := p.condition()
		p.expect(")")
		return c
	}
	return p.comparison()
}

// nothing stands where an error has kept an operand from being read.
func nothing() expression.Operand { return expression.OfValue(attribute.Value{Kind: attribute.Null}) }

func (p *parser) comparison() expression.Operand {
	left := p.operand()
	if p.err != nil {
		return left
	}
	for _, op := range []string{"=", "<>", "!=", "<=", ">=", "<", ">"} {
		if p.accept(op) {
			if op == "!=" {
				op = "<>"
			}
			return expression.Compare(op, left, p.operand())
		}
	}
	not := p.accept("NOT")
	var c expression.Operand
	switch {
	case p.accept("BETWEEN"):
		low := p.operand()
		p.expect("AND")
		c = expression.Compare("BETWEEN", left, low, p.operand())
	case p.accept("IN"):
		c = expression.Compare("IN", append([]expression.Operand{left}, p.choices()...)...)
	case !not && p.accept("IS"):
		return p.is(left)
	case not, !left.Decides():
		p.unexpected()
		return left
	default:
		return left
	}
	if not {
		return expression.Join("NOT", c)
	}
	return c
}

// choices reads the list of IN, in brackets or parentheses.
func (p *parser) choices() []expression.Operand {
	closing := ")"
	if p.accept("[") {
		closing = "]"
	} else {
		p.expect("(")
	}
	list := []expression.Operand{p.operand()}
	for p.err == nil && p.accept(",") {
		list = append(list, p.operand())
	}
	p.expect(closing)
	return list
}

// is reads what follows IS: MISSING or NULL.
func (p *parser) is(left expression.Operand) expression.Operand {
	not := p.accept("NOT")
	var c expression.Operand
	switch {
	case p.accept("MISSING"):
		c = expression.Call("attribute_not_exists", left)
	case p.accept("NULL"):
		c = expression.Call("attribute_type", left, expression.OfValue(attribute.OfString("NULL")))
	default:
		p.unexpected()
	}
	if not {
		return expression.Join("NOT", c)
	}
	return c
}

// operand reads a path, a function or a value.
func (p *parser) operand() expression.Operand {
	if p.err != nil || !p.enter() {
		return nothing()
	}
	defer func() { p.depth-- }()
	t := p.token()
	switch {
	case t.kind == tokQuoted, t.kind == tokWord && !isLiteral(t):
		if t.kind == tokWord && p.tokens[p.at+1].is("(") {
			return p.call()
		}
		return expression.OfPath(p.path())
	}
	return expression.OfValue(p.value())
}

func isLiteral(t token) bool { return t.is("TRUE") || t.is("FALSE") || t.is("NULL") }

func (p *parser) call() expression.Operand {
	name := strings.ToLower(p.next().text)
	p.next()
	operands := []expression.Operand{p.operand()}
	for p.err == nil && p.accept(",") {
		operands = append(operands, p.operand())
	}
	p.expect(")")
	return expression.Call(name, operands...)
}

// value reads a literal, or takes the next parameter.
func (p *parser) value() attribute.Value {
	if p.err != nil || !p.enter() {
		return attribute.Value{Kind: attribute.Null}
	}
	defer func() { p.depth-- }()
	at := p.at
	t := p.next()
	switch {
	case t.kind == tokText:
		return attribute.OfString(t.text)
	case t.kind == tokNumber:
		return p.number(t.text)
	case t.is("-") || t.is("+"):
		return p.number(t.text + p.next().text)
	case t.is("TRUE"), t.is("FALSE"):
		return attribute.OfBool(t.is("TRUE"))
	case t.is("NULL"):
		return attribute.Value{Kind: attribute.Null}
	case t.is("?"):
		return p.parameter()
	case t.is("["):
		return attribute.Value{Kind: attribute.L, List: p.values("]")}
	case t.is("<<"):
		return p.setOf(p.values(">>"))
	case t.is("{"):
		return p.tuple()
	}
	p.at = at
	p.unexpected()
	return attribute.Value{Kind: attribute.Null}
}

func (p *parser) number(text string) attribute.Value {
	normal, err := attribute.Normal(text)
	if err != nil {
		p.fail(Error(err.Error()))
	}
	return attribute.OfNumber(normal)
}

func (p *parser) parameter() attribute.Value {
	p.used++
	if p.used > len(p.parameters) {
		p.fail(Error("Number of parameters in request and statement don't match."))
		return attribute.Value{Kind: attribute.Null}
	}
	return p.parameters[p.used-1]
}

func (p *parser) values(closing string) []attribute.Value {
	list := []attribute.Value{}
	if p.accept(closing) {
		return list
	}
	list = append(list, p.value())
	for p.err == nil && p.accept(",") {
		list = append(list, p.value())
	}
	p.expect(closing)
	return list
}

// setOf makes a set of values, which are all of one kind.
func (p *parser) setOf(list []attribute.Value) attribute.Value {
	if len(list) == 0 {
		p.fail(Error("One or more parameter values were invalid: An string set  may not be empty"))
		return attribute.Value{Kind: attribute.Null}
	}
	kind := map[attribute.Kind]attribute.Kind{attribute.S: attribute.SS, attribute.N: attribute.NS, attribute.B: attribute.BS}[list[0].Kind]
	seen := map[string]bool{}
	for _, v := range list {
		switch {
		case kind == attribute.Absent || v.Kind != list[0].Kind:
			p.fail(Error("A set has texts, numbers or bytes, all of one kind"))
		case seen[v.Str]:
			p.fail(Error("Input collection contains duplicates"))
		}
		seen[v.Str] = true
	}
	return attribute.Value{Kind: kind, List: list}
}

func (p *parser) tuple() attribute.Value {
	var fields []attribute.Field
	for p.err == nil && !p.accept("}") {
		if len(fields) > 0 {
			p.expect(",")
		}
		t := p.next()
		if t.kind != tokText && t.kind != tokQuoted {
			p.unexpected()
			break
		}
		p.expect(":")
		fields = append(fields, attribute.Field{Name: t.text, Value: p.value()})
	}
	return attribute.Value{Kind: attribute.M, Map: attribute.Sorted(fields)}
}
