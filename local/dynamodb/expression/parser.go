package expression

import (
	"slices"
	"strconv"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// node is an operand, a function or a condition, as it stands in the source.
type node struct {
	kind   nodeKind
	op     string // operator, or name of the function
	kids   []*node
	steps  []rawStep // of a path
	text   string    // the placeholder of a value
	parens bool

	// Once resolved:
	path  Path
	value attribute.Value
}

type nodeKind uint8

const (
	pathNode nodeKind = iota
	valueNode
	functionNode
	comparison // = <> < <= > >= BETWEEN IN
	logic      // AND OR NOT
	arithmetic // + -
)

// rawStep is a step whose name may be a placeholder.
type rawStep struct {
	text        string
	placeholder bool
	index       int // -1: a name
}

// parser reads the tokens of one expression. The first error stands.
type parser struct {
	role      Role
	source    string
	tokens    []token
	at        int
	err       error
	operators int
	redundant bool // parentheses
}

func newParser(role Role, source string) *parser {
	return &parser{role: role, source: source, tokens: lex(source)}
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

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.unexpected()
	}
}

// unexpected notes that the present token cannot stand where it does.
func (p *parser) unexpected() {
	if p.err != nil {
		return
	}
	t := p.token()
	start, end := t.start, t.end
	if p.at > 0 {
		start = p.tokens[p.at-1].start
	}
	switch {
	case t.kind == tokEnd && p.at > 0:
		end = p.tokens[p.at-1].end
	case p.at+1 < len(p.tokens) && p.tokens[p.at+1].kind != tokEnd:
		end = p.tokens[p.at+1].end
	}
	p.err = p.role.errorf("Syntax error; token: \"%s\", near: \"%s\"", t.text, p.source[start:end])
}

// operator counts one.
func (p *parser) operator() {
	if p.operators++; p.operators > maxOperators && p.err == nil {
		p.err = p.role.errorf("Too many operators in the expression; operator count: %d", p.operators)
	}
}

// end checks that all is read.
func (p *parser) end() error {
	if p.err == nil && p.token().kind != tokEnd {
		p.unexpected()
	}
	if p.err == nil && p.redundant && p.role != KeyCondition { // AWS takes them there
		p.err = p.role.errorf("The expression has redundant parentheses;")
	}
	return p.err
}

// condition reads an expression that is true or false: OR binds least, then AND, then NOT.
func (p *parser) condition() *node {
	n := p.conjunction()
	for p.err == nil && p.token().is("OR") {
		p.mustDecide(n)
		p.next()
		p.operator()
		right := p.conjunction()
		p.mustDecide(right)
		n = &node{kind: logic, op: "OR", kids: []*node{n, right}}
	}
	return n
}

func (p *parser) conjunction() *node {
	n := p.negation()
	for p.err == nil && p.token().is("AND") {
		p.mustDecide(n)
		p.next()
		p.operator()
		right := p.negation()
		p.mustDecide(right)
		n = &node{kind: logic, op: "AND", kids: []*node{n, right}}
	}
	return n
}

func (p *parser) negation() *node {
	if p.err == nil && p.token().is("NOT") {
		p.next()
		p.operator()
		n := p.negation()
		p.mustDecide(n)
		return &node{kind: logic, op: "NOT", kids: []*node{n}}
	}
	return p.comparison()
}

// mustDecide notes an error when n is an operand alone, where a condition has to be.
func (p *parser) mustDecide(n *node) {
	if p.err == nil && (n.kind == pathNode || n.kind == valueNode) {
		p.unexpected()
	}
}

func (p *parser) comparison() *node {
	left := p.operand()
	if p.err != nil {
		return left
	}
	t := p.token()
	switch {
	case t.is("=") || t.is("<>") || t.is("<") || t.is("<=") || t.is(">") || t.is(">="):
		p.mustBeOperand(left)
		p.next()
		p.operator()
		right := p.operand()
		p.mustBeOperand(right)
		return &node{kind: comparison, op: t.text, kids: []*node{left, right}}
	case t.is("BETWEEN"):
		p.mustBeOperand(left)
		p.next()
		p.operator()
		low := p.operand()
		p.expect("AND")
		high := p.operand()
		return &node{kind: comparison, op: "BETWEEN", kids: []*node{left, low, high}}
	case t.is("IN"):
		p.mustBeOperand(left)
		p.next()
		p.operator()
		p.expect("(")
		n := &node{kind: comparison, op: "IN", kids: append([]*node{left}, p.list()...)}
		p.expect(")")
		return n
	}
	return left
}

// mustBeOperand notes an error when n is a condition, where an operand has to be.
func (p *parser) mustBeOperand(n *node) {
	if p.err == nil && (n.kind == comparison || n.kind == logic) {
		p.unexpected()
	}
}

// list reads operands with commas between them.
func (p *parser) list() []*node {
	kids := []*node{p.operand()}
	for p.err == nil && p.accept(",") {
		kids = append(kids, p.operand())
	}
	return kids
}

// operand reads a path, a placeholder of a value, a function, or anything in parentheses.
func (p *parser) operand() *node {
	if p.err != nil {
		return &node{}
	}
	t := p.token()
	switch {
	case t.is("("):
		p.next()
		var n *node
		if p.role == Update {
			n = p.sum()
		} else {
			n = p.condition()
		}
		p.expect(")")
		p.redundant = p.redundant || n.parens
		n.parens = true
		return n
	case t.kind == tokValuePlaceholder:
		p.next()
		return &node{kind: valueNode, text: t.text}
	case t.kind == tokName && p.tokens[p.at+1].is("("):
		return p.function()
	case t.kind == tokName || t.kind == tokNamePlaceholder:
		return p.path()
	}
	p.unexpected()
	return &node{}
}

func (p *parser) function() *node {
	n := &node{kind: functionNode, op: p.next().text}
	p.next()
	p.operator()
	n.kids = p.list()
	p.expect(")")
	return n
}

// path reads a.b[1].#c.
func (p *parser) path() *node {
	n := &node{kind: pathNode}
	n.steps = append(n.steps, p.name())
	for p.err == nil {
		switch {
		case p.accept("."):
			n.steps = append(n.steps, p.name())
		case p.accept("["):
			n.steps = append(n.steps, p.index())
			p.expect("]")
		default:
			return n
		}
	}
	return n
}

func (p *parser) name() rawStep {
	t := p.token()
	if t.kind != tokName && t.kind != tokNamePlaceholder || p.isKeyword(t) {
		p.unexpected()
		return rawStep{}
	}
	p.next()
	return rawStep{t.text, t.kind == tokNamePlaceholder, -1}
}

var (
	conditionWords = []string{"AND", "OR", "NOT", "BETWEEN", "IN"}
	updateWords    = []string{"SET", "REMOVE", "ADD", "DELETE"}
)

// isKeyword reports whether a token is a word of the grammar, which is no name.
func (p *parser) isKeyword(t token) bool {
	words := conditionWords
	if p.role == Update {
		words = updateWords
	}
	return slices.ContainsFunc(words, t.is)
}

// maxIndex bounds indexes: no list is longer, as an item is 400 KB.
const maxIndex = 1 << 20

func (p *parser) index() rawStep {
	t := p.token()
	if t.kind != tokIndex {
		p.unexpected()
		return rawStep{}
	}
	p.next()
	i, err := strconv.Atoi(t.text)
	if err != nil || i > maxIndex {
		if p.err == nil {
			p.err = p.role.errorf("List index is not within the allowable range; index: [%s]", t.text)
		}
		return rawStep{}
	}
	return rawStep{index: i}
}

// sum reads the value of a SET: an operand, or two with + or - between them.
func (p *parser) sum() *node {
	left := p.operand()
	if t := p.token(); p.err == nil && (t.is("+") || t.is("-")) {
		p.next()
		p.operator()
		return &node{kind: arithmetic, op: t.text, kids: []*node{left, p.operand()}}
	}
	return left
}

// walk visits n and all below it, from the left.
func (n *node) walk(visit func(*node) error) error {
	if err := visit(n); err != nil {
		return err
	}
	for _, kid := range n.kids {
		if err := kid.walk(visit); err != nil {
			return err
		}
	}
	return nil
}

// checkWords finds reserved words, and then unknown functions.
func (r Role) checkWords(roots []*node, known map[string]function) error {
	return visitAll(roots, r.noReserved, func(n *node) error {
		if _, ok := known[n.op]; n.kind == functionNode && !ok {
			return r.unknownFunction(n.op)
		}
		return nil
	})
}

// resolve puts names and values in the place of placeholders, everywhere under the nodes.
func (r Role) resolve(roots []*node, ph *Placeholders) error {
	return visitAll(roots, func(n *node) error { return r.resolvePath(n, ph) }, func(n *node) (err error) {
		if n.kind == valueNode {
			n.value, err = ph.value(r, n.text)
		}
		return err
	})
}

// visitAll makes one pass after the other over all nodes.
func visitAll(roots []*node, passes ...func(*node) error) error {
	for _, pass := range passes {
		for _, root := range roots {
			if err := root.walk(pass); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r Role) noReserved(n *node) error {
	for _, s := range n.steps {
		if s.index < 0 && !s.placeholder && isReserved(s.text) {
			return r.errorf("Attribute name is a reserved keyword; reserved keyword: %s", s.text)
		}
	}
	return nil
}

func (r Role) resolvePath(n *node, ph *Placeholders) error {
	if n.kind != pathNode {
		return nil
	}
	n.path = make(Path, len(n.steps))
	for i, s := range n.steps {
		name := s.text
		if s.placeholder {
			var err error
			if name, err = ph.name(r, s.text); err != nil {
				return err
			}
		}
		n.path[i] = Step{name, s.index}
	}
	return nil
}
