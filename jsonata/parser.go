package jsonata

// The parser is a Pratt parser: each operator has a binding power to its left, and parse(rbp) reads an
// operand and then every operator that binds tighter than rbp. What it returns is the raw tree; process.go
// turns that into the tree that is evaluated.

// maxNesting bounds how deep brackets, prefix operators and right-hand sides may nest, and with it the depth
// of the parser's own recursion.
const maxNesting = 2000

// bindingPower is how tightly an operator binds to the operand on its left. Operators that are not listed
// end an expression.
var bindingPower = map[string]int{
	".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80, "?": 20, "+": 50, "-": 50, "*": 60, "/": 60,
	"%": 60, "=": 40, "<": 40, ">": 40, "^": 40, "..": 0, ":=": 10, "!=": 40, "<=": 40, ">=": 40,
	"~>": 40, "and": 30, "or": 25, "in": 40, "&": 50,
}

// prefixPower is how tightly the minus sign binds to its operand.
const prefixPower = 70

type parser struct {
	lex   lexer
	tok   token // the token not yet consumed
	depth int
}

// parseSource reads a whole expression.
func parseSource(src string) (*node, error) {
	p := parser{lex: lexer{src: src}}
	if err := p.advance(false); err != nil {
		return nil, err
	}
	n, err := p.parse(0)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokenEnd {
		return nil, p.failToken("S0201")
	}
	return n, nil
}

// advance steps to the next token. infix says that the token consumed was an operand.
func (p *parser) advance(infix bool) error {
	t, err := p.lex.next(infix)
	if err != nil {
		return err
	}
	if t.kind == tokenOperator && (t.text == "!" || t.text == "~") {
		e := failAt("S0204", t.end)
		e.Token = quoteJSON(t.text)
		return e
	}
	p.tok = t
	return nil
}

// is reports whether the next token is the operator op.
func (p *parser) is(op string) bool { return p.tok.kind == tokenOperator && p.tok.text == op }

// expect consumes the operator op. infix says that what it closes is an operand.
func (p *parser) expect(op string, infix bool) error {
	if !p.is(op) {
		code := "S0202"
		if p.tok.kind == tokenEnd {
			code = "S0203"
		}
		e := p.failToken(code)
		e.Value = quoteJSON(op)
		return e
	}
	return p.advance(infix)
}

// failToken makes an error about the next token.
func (p *parser) failToken(code string) *Error {
	e := failAt(code, p.tok.end)
	e.Token = p.tok.render()
	return e
}

// render gives the token as the messages print it: its value as JSON.
func (t token) render() string {
	switch t.kind {
	case tokenEnd:
		return `"(end)"`
	case tokenNumber, tokenValue:
		return renderValue(t.lit)
	case tokenRegex:
		return "{}"
	}
	return quoteJSON(t.text)
}

// leftPower is the binding power of the next token.
func (p *parser) leftPower() int {
	if p.tok.kind != tokenOperator {
		return 0
	}
	return bindingPower[p.tok.text]
}

// parse reads an expression whose operators all bind tighter than rbp.
func (p *parser) parse(rbp int) (*node, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, failNesting(p.tok.end)
	}
	defer func() { p.depth-- }()
	t := p.tok
	if err := p.advance(true); err != nil {
		return nil, err
	}
	left, err := p.operand(t)
	for err == nil && rbp < p.leftPower() {
		t = p.tok
		if err = p.advance(false); err == nil {
			left, err = p.infix(t, left)
		}
	}
	return left, err
}

// operand reads the expression that token t opens.
func (p *parser) operand(t token) (*node, error) {
	n := &node{pos: t.end, text: t.text, lit: t.lit}
	switch t.kind {
	case tokenEnd:
		n.kind, n.text = kindEnd, "(end)"
		return n, nil
	case tokenName:
		n.kind = kindName
		return n, nil
	case tokenVariable:
		n.kind = kindVariable
		return n, nil
	case tokenString:
		n.kind = kindString
		return n, nil
	case tokenNumber:
		n.kind = kindNumber
		return n, nil
	case tokenValue:
		n.kind = kindValue
		return n, nil
	case tokenRegex:
		n.kind, n.regex = kindRegex, t.regex
		return n, nil
	}
	return p.prefix(t, n)
}

// prefix reads the expression that operator t opens.
func (p *parser) prefix(t token, n *node) (*node, error) {
	switch t.text {
	case "and", "or", "in":
		n.kind = kindKeyword
		return n, nil
	case "*":
		n.kind = kindWildcard
		return n, nil
	case "**":
		n.kind = kindDescendant
		return n, nil
	case "%":
		n.kind = kindParent
		return n, nil
	case "-":
		n.kind = kindNegate
		var err error
		n.lhs, err = p.parse(prefixPower)
		return n, err
	case "(":
		return p.block(n)
	case "[":
		return p.array(n)
	case "{":
		n.kind = kindObject
		var err error
		n.pairs, err = p.members()
		return n, err
	case "|":
		return p.transform(n)
	}
	e := failAt("S0211", t.end)
	e.Token = quoteJSON(t.text)
	return nil, e
}

// infix reads what follows operator t, left being the operand before it.
func (p *parser) infix(t token, left *node) (*node, error) {
	n := &node{kind: kindBinary, op: operators[t.text], pos: t.end, text: t.text, lhs: left}
	var err error
	switch t.text {
	case "(":
		return p.call(n)
	case "[":
		return p.filter(n)
	case "{":
		n.op = opGroup
		n.pairs, err = p.members()
	case "^":
		n.op = opOrderBy
		n.terms, err = p.sortTerms()
	case ":=":
		if left.kind != kindVariable {
			e := failAt("S0212", left.pos)
			e.Token = left.render()
			return nil, e
		}
		n.op = opBind
		n.rhs, err = p.parse(bindingPower[":="] - 1)
	case "@", "#":
		n.op = opFocus
		if t.text == "#" {
			n.op = opIndex
		}
		if n.rhs, err = p.parse(bindingPower[t.text]); err == nil && n.rhs.kind != kindVariable {
			e := failAt("S0214", n.rhs.pos)
			e.Token = quoteJSON(t.text)
			return nil, e
		}
	case "?":
		return p.condition(n)
	default:
		n.rhs, err = p.parse(bindingPower[t.text])
	}
	return n, err
}

// render gives the token that names n as the messages print it.
func (n *node) render() string {
	switch n.kind {
	case kindNumber, kindValue:
		return renderValue(n.lit)
	case kindRegex:
		return "{}"
	}
	return quoteJSON(n.text)
}

// sequence reads items up to the operator closing, separated by separator; its opening bracket is consumed.
func (p *parser) sequence(separator, closing string, item func() error) error {
	if !p.is(closing) {
		for {
			if err := item(); err != nil {
				return err
			}
			if !p.is(separator) {
				break
			}
			if err := p.advance(false); err != nil {
				return err
			}
		}
	}
	return p.expect(closing, true)
}

func (p *parser) block(n *node) (*node, error) {
	n.kind = kindBlock
	for !p.is(")") {
		e, err := p.parse(0)
		if err != nil {
			return nil, err
		}
		n.list = append(n.list, e)
		if !p.is(";") {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
	return n, p.expect(")", true)
}

func (p *parser) array(n *node) (*node, error) {
	n.kind = kindArray
	err := p.sequence(",", "]", func() error {
		item, err := p.parse(0)
		if err != nil {
			return err
		}
		if p.is("..") {
			r := &node{kind: kindBinary, op: opRange, text: "..", pos: p.tok.end, lhs: item}
			if err = p.advance(false); err != nil {
				return err
			}
			r.rhs, err = p.parse(0)
			item = r
		}
		n.list = append(n.list, item)
		return err
	})
	return n, err
}

// members reads the names and values of an object constructor or a grouping; the brace is consumed.
func (p *parser) members() ([][2]*node, error) {
	var pairs [][2]*node
	err := p.sequence(",", "}", func() error {
		name, err := p.parse(0)
		if err != nil {
			return err
		}
		if err = p.expect(":", false); err != nil {
			return err
		}
		v, err := p.parse(0)
		pairs = append(pairs, [2]*node{name, v})
		return err
	})
	return pairs, err
}

func (p *parser) transform(n *node) (*node, error) {
	n.kind = kindTransform
	var err error
	if n.lhs, err = p.parse(0); err != nil {
		return nil, err
	}
	if err = p.expect("|", false); err != nil {
		return nil, err
	}
	if n.rhs, err = p.parse(0); err != nil {
		return nil, err
	}
	if p.is(",") {
		if err = p.advance(false); err != nil {
			return nil, err
		}
		if n.alt, err = p.parse(0); err != nil {
			return nil, err
		}
	}
	return n, p.expect("|", false)
}

// filter reads a predicate, or the empty brackets that keep an array; the opening bracket is consumed.
func (p *parser) filter(n *node) (*node, error) {
	if p.is("]") {
		step := n.lhs
		for step.kind == kindBinary && step.op == opFilter {
			step = step.lhs
		}
		step.keepArray = true
		return n.lhs, p.advance(false)
	}
	n.op = opFilter
	var err error
	if n.rhs, err = p.parse(0); err != nil {
		return nil, err
	}
	return n, p.expect("]", true)
}

// sortTerms reads the terms of an order-by clause after its "^".
func (p *parser) sortTerms() ([]sortTerm, error) {
	if err := p.expect("(", false); err != nil {
		return nil, err
	}
	var terms []sortTerm
	for {
		var t sortTerm
		if p.is("<") || p.is(">") {
			t.descending = p.is(">")
			if err := p.advance(false); err != nil {
				return nil, err
			}
		}
		var err error
		if t.expr, err = p.parse(0); err != nil {
			return nil, err
		}
		terms = append(terms, t)
		if !p.is(",") {
			return terms, p.expect(")", false)
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
}

func (p *parser) condition(n *node) (*node, error) {
	n.kind = kindCondition
	var err error
	if n.rhs, err = p.parse(0); err != nil || !p.is(":") {
		return n, err
	}
	if err = p.advance(false); err != nil {
		return nil, err
	}
	n.alt, err = p.parse(0)
	return n, err
}

// call reads the arguments of a function call, a partial application or the head of a lambda; the opening
// parenthesis is consumed.
func (p *parser) call(n *node) (*node, error) {
	n.kind, n.op = kindFunction, opNone
	err := p.sequence(",", ")", func() error {
		if p.is("?") {
			n.kind = kindPartial
			n.list = append(n.list, &node{kind: kindKeyword, text: "?", pos: p.tok.end})
			return p.advance(false)
		}
		arg, err := p.parse(0)
		n.list = append(n.list, arg)
		return err
	})
	if err != nil {
		return nil, err
	}
	if n.lhs.kind == kindName && (n.lhs.text == "function" || n.lhs.text == "λ") {
		return p.lambda(n)
	}
	return n, nil
}

// lambda reads the signature and the body of a function definition whose parameters are read.
func (p *parser) lambda(n *node) (*node, error) {
	n.kind = kindLambda
	for i, param := range n.list {
		if param.kind != kindVariable {
			e := failAt("S0208", param.pos)
			e.Token = param.render()
			e.Value = renderValue(numberVal(float64(i + 1)))
			return nil, e
		}
	}
	if p.is("<") {
		if err := p.signature(n); err != nil {
			return nil, err
		}
	}
	if err := p.expect("{", false); err != nil {
		return nil, err
	}
	var err error
	if n.lhs, err = p.parse(0); err != nil {
		return nil, err
	}
	return n, p.expect("}", false)
}

// signature reads a signature, which the lexer cuts into tokens like anything else.
func (p *parser) signature(n *node) error {
	pos := p.tok.end
	text := "<"
	for depth := 1; depth > 0 && !p.is("{") && p.tok.kind != tokenEnd; {
		if err := p.advance(false); err != nil {
			return err
		}
		switch {
		case p.is(">"):
			depth--
		case p.is("<"):
			depth++
		}
		if p.tok.kind == tokenEnd {
			text += "(end)"
		} else {
			text += p.tok.text
		}
	}
	if err := p.expect(">", false); err != nil {
		return err
	}
	var err *Error
	if n.sig, err = parseSignature(text); err != nil {
		err.Position += pos
		return err
	}
	return nil
}
