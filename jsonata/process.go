package jsonata

import "strconv"

// The processing pass turns the parser's tree into the one that is evaluated:
//
//   - chains of "." become one path with a list of steps; a name alone becomes a path of one step;
//   - predicates, groupings, order-by clauses and the bindings @ and # move to the step they follow;
//   - every % is connected with the step whose input it stands for (see ancestry.go);
//   - calls in tail position of a lambda's body become thunks.

// maxHeight bounds the height of the tree, which left-associative operators build without nesting.
const maxHeight = 20000

// processor holds what one pass over one expression needs.
type processor struct {
	labels int // slots made so far
	depth  int
}

// process rewrites the whole tree.
func process(root *node) (*node, error) {
	var p processor
	n, err := p.node(root)
	if err != nil {
		return nil, err
	}
	if n.kind == kindParent || n.seeking != nil {
		return nil, failParent(n)
	}
	return n, nil
}

func (p *processor) node(n *node) (*node, error) {
	if p.depth++; p.depth > maxHeight {
		return nil, failNesting(n.pos)
	}
	result, err := p.rewrite(n)
	p.depth--
	if err != nil {
		return nil, err
	}
	if n.keepArray {
		result.keepArray = true
	}
	return result, nil
}

// rewrite dispatches on the kind of n.
func (p *processor) rewrite(n *node) (*node, error) {
	switch n.kind {
	case kindBinary:
		return p.binary(n)
	case kindArray:
		return n, p.children(n, n.list)
	case kindObject:
		return n, p.pairs(n, n.pairs)
	case kindNegate:
		return p.negate(n)
	case kindFunction, kindPartial:
		if err := p.children(n, n.list); err != nil {
			return nil, err
		}
		var err error
		n.lhs, err = p.node(n.lhs)
		return n, err
	case kindLambda:
		body, err := p.node(n.lhs)
		if err != nil {
			return nil, err
		}
		n.lhs = tailCalls(body)
		return n, nil
	case kindCondition:
		return n, p.fields(n, &n.lhs, &n.rhs, &n.alt)
	case kindTransform:
		return p.transform(n)
	case kindBlock:
		return p.block(n)
	case kindName:
		return newPath(n), nil
	case kindParent:
		n.slot = &slot{label: "!" + strconv.Itoa(p.labels), level: 1}
		p.labels++
		return n, nil
	case kindKeyword:
		if n.text == "?" {
			return n, nil
		}
		n.kind = kindName
		return newPath(n), nil
	case kindEnd:
		return nil, failAt("S0207", n.pos).named(n.text)
	}
	return n, nil
}

// newPath returns the path of one step.
func newPath(step *node) *node {
	return &node{kind: kindPath, pos: step.pos, list: []*node{step}, keepSingleton: step.kind == kindName && step.keepArray}
}

// children processes the nodes of list in place; what they seek, parent seeks.
func (p *processor) children(parent *node, list []*node) error {
	for i, c := range list {
		c, err := p.node(c)
		if err != nil {
			return err
		}
		parent.seekWith(c)
		list[i] = c
	}
	return nil
}

func (p *processor) pairs(parent *node, pairs [][2]*node) error {
	for i := range pairs {
		if err := p.children(parent, pairs[i][:]); err != nil {
			return err
		}
	}
	return nil
}

// fields processes the given fields of parent, where they are set.
func (p *processor) fields(parent *node, fields ...**node) error {
	for _, f := range fields {
		if *f == nil {
			continue
		}
		c, err := p.node(*f)
		if err != nil {
			return err
		}
		parent.seekWith(c)
		*f = c
	}
	return nil
}

func (p *processor) negate(n *node) (*node, error) {
	x, err := p.node(n.lhs)
	if err != nil {
		return nil, err
	}
	if x.kind == kindNumber {
		x.lit = numberVal(-x.lit.num)
		return x, nil
	}
	n.lhs = x
	n.seekWith(x)
	return n, nil
}

// transform processes the three parts of a transformation. A % in them seeks no further than the part.
func (p *processor) transform(n *node) (*node, error) {
	for _, f := range []**node{&n.lhs, &n.rhs, &n.alt} {
		if *f == nil {
			continue
		}
		c, err := p.node(*f)
		if err != nil {
			return nil, err
		}
		*f = c
	}
	return n, nil
}

func (p *processor) block(n *node) (*node, error) {
	if err := p.children(n, n.list); err != nil {
		return nil, err
	}
	for _, c := range n.list {
		if c.consArray || c.kind == kindPath && c.list[0].consArray {
			n.consArray = true
		}
	}
	return n, nil
}

func (p *processor) binary(n *node) (*node, error) {
	switch n.op {
	case opStep:
		return p.step(n)
	case opFilter:
		return p.filter(n)
	case opGroup:
		return p.grouping(n)
	case opOrderBy:
		return p.orderBy(n)
	case opBind:
		return p.bind(n)
	case opFocus:
		return p.focus(n)
	case opIndex:
		return p.index(n)
	case opApply:
		return p.apply(n)
	}
	return n, p.fields(n, &n.lhs, &n.rhs)
}

// step joins the two sides of a "." into one path.
func (p *processor) step(n *node) (*node, error) {
	left, err := p.node(n.lhs)
	if err != nil {
		return nil, err
	}
	path := left
	if left.kind != kindPath {
		path = &node{kind: kindPath, pos: n.pos, list: []*node{left}}
	}
	if left.kind == kindParent {
		path.seeking = []*slot{left.slot}
	}
	right, err := p.node(n.rhs)
	if err != nil {
		return nil, err
	}
	if right.kind == kindPath {
		path.list = append(path.list, right.list...)
	} else {
		right.stages, right.predicates = right.predicates, nil
		path.list = append(path.list, right)
	}
	for _, s := range path.list {
		switch s.kind {
		case kindNumber, kindValue:
			e := failAt("S0213", s.pos)
			e.Value = renderValue(s.lit)
			return nil, e
		case kindString:
			s.kind = kindName
		}
		if s.keepArray {
			path.keepSingleton = true
		}
	}
	for _, s := range []*node{path.list[0], path.last()} {
		if s.kind == kindArray {
			s.consArray = true
		}
	}
	return path, resolveAncestry(path)
}

// last returns the last step of a path.
func (n *node) last() *node { return n.list[len(n.list)-1] }

// tail returns the node that takes what is written after n: the last step of a path, or n itself.
func (n *node) tail() *node {
	if n.kind == kindPath {
		return n.last()
	}
	return n
}

func (p *processor) filter(n *node) (*node, error) {
	result, err := p.node(n.lhs)
	if err != nil {
		return nil, err
	}
	step := result.tail()
	if step.group != nil {
		return nil, failAt("S0209", n.pos)
	}
	predicate, err := p.node(n.rhs)
	if err != nil {
		return nil, err
	}
	if predicate.seeking != nil {
		if err := seekFromPredicate(step, predicate); err != nil {
			return nil, err
		}
	}
	s := stage{filter: predicate, pos: n.pos}
	if result.kind == kindPath {
		step.stages = append(step.stages, s)
	} else {
		step.predicates = append(step.predicates, s)
	}
	return result, nil
}

func (p *processor) grouping(n *node) (*node, error) {
	result, err := p.node(n.lhs)
	if err != nil {
		return nil, err
	}
	if result.group != nil {
		return nil, failAt("S0210", n.pos)
	}
	for i := range n.pairs {
		for j := range n.pairs[i] {
			if n.pairs[i][j], err = p.node(n.pairs[i][j]); err != nil {
				return nil, err
			}
		}
	}
	result.group = &grouping{pairs: n.pairs, pos: n.pos}
	return result, nil
}

func (p *processor) orderBy(n *node) (*node, error) {
	path, err := p.node(n.lhs)
	if err != nil {
		return nil, err
	}
	if path.kind != kindPath {
		path = &node{kind: kindPath, pos: n.pos, list: []*node{path}}
	}
	step := &node{kind: kindSort, pos: n.pos, text: n.text, terms: n.terms}
	for i := range step.terms {
		e, err := p.node(step.terms[i].expr)
		if err != nil {
			return nil, err
		}
		step.seekWith(e)
		step.terms[i].expr = e
	}
	path.list = append(path.list, step)
	return path, resolveAncestry(path)
}

func (p *processor) bind(n *node) (*node, error) {
	var err error
	if n.rhs, err = p.node(n.rhs); err != nil {
		return nil, err
	}
	n.kind, n.op = kindBind, opNone
	n.seekWith(n.rhs)
	return n, nil
}

func (p *processor) focus(n *node) (*node, error) {
	result, err := p.node(n.lhs)
	if err != nil {
		return nil, err
	}
	step := result.tail()
	if step.stages != nil || step.predicates != nil {
		return nil, failAt("S0215", n.pos)
	}
	if step.kind == kindSort {
		return nil, failAt("S0216", n.pos)
	}
	if n.keepArray {
		step.keepArray = true
	}
	step.focus = n.rhs.text
	step.tuple = true
	return result, nil
}

func (p *processor) index(n *node) (*node, error) {
	result, err := p.node(n.lhs)
	if err != nil {
		return nil, err
	}
	step := result.tail()
	if result.kind != kindPath {
		result = &node{kind: kindPath, pos: n.pos, list: []*node{step}}
		step.stages, step.predicates = step.predicates, nil
	}
	if step.stages == nil {
		step.index = n.rhs.text
	} else {
		step.stages = append(step.stages, stage{index: n.rhs.text, pos: n.pos})
	}
	step.tuple = true
	return result, nil
}

func (p *processor) apply(n *node) (*node, error) {
	n.kind, n.op = kindApply, opNone
	for _, f := range []**node{&n.lhs, &n.rhs} {
		c, err := p.node(*f)
		if err != nil {
			return nil, err
		}
		*f = c
	}
	n.keepArray = n.lhs.keepArray || n.rhs.keepArray
	return n, nil
}

// tailCalls wraps the calls in tail position of a lambda's body, so that they run after it has returned.
func tailCalls(n *node) *node {
	switch n.kind {
	case kindFunction:
		if n.predicates == nil {
			return &node{kind: kindThunk, pos: n.pos, lhs: n}
		}
	case kindCondition:
		n.rhs = tailCalls(n.rhs)
		if n.alt != nil {
			n.alt = tailCalls(n.alt)
		}
	case kindBlock:
		if len(n.list) > 0 {
			n.list[len(n.list)-1] = tailCalls(n.last())
		}
	}
	return n
}
