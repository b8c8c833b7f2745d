package jsonata

// analyse marks what the evaluator can do faster: literals, paths of plain names, blocks without variables of
// their own, variables that name a built-in function, and lambdas whose scope nothing closes over.
func analyse(root *node, d Dialect) {
	natives := builtins[d]
	walk(root, func(n *node) {
		if n.kind == kindVariable {
			n.builtin = natives[n.text]
		}
	})
	walk(root, func(n *node) {
		switch n.kind {
		case kindPath:
			n.plain = isPlain(n)
			n.member = n.onlyName()
		case kindName:
			n.member = n.onlyName()
		case kindBlock:
			n.scope = bindsHere(n)
			n.captures = n.scope && makesFunctions(n)
		case kindString, kindNumber, kindValue:
			n.literal = n.predicates == nil && n.group == nil
		case kindLambda:
			n.captures = makesFunctions(n.lhs)
		}
	})
	walk(root, func(n *node) {
		if n.kind == kindObject && len(n.pairs) > 0 {
			n.fields = fieldsOf(n.pairs, d)
		}
	})
}

// walk calls visit for n and every node below it.
func walk(n *node, visit func(*node)) {
	if n == nil {
		return
	}
	visit(n)
	n.each(func(c *node) { walk(c, visit) })
}

// each calls visit for every child of n.
func (n *node) each(visit func(*node)) {
	n.eachOwn(visit)
	if n.group != nil {
		eachPair(n.group.pairs, visit)
	}
	for _, t := range n.terms {
		visit(t.expr)
	}
	for _, stages := range [][]stage{n.predicates, n.stages} {
		for _, s := range stages {
			if s.filter != nil {
				visit(s.filter)
			}
		}
	}
}

// eachOwn calls visit for the children of n itself, without what is written after it.
func (n *node) eachOwn(visit func(*node)) {
	for _, c := range [...]*node{n.lhs, n.rhs, n.alt} {
		if c != nil {
			visit(c)
		}
	}
	for _, c := range n.list {
		visit(c)
	}
	eachPair(n.pairs, visit)
}

func eachPair(pairs [][2]*node, visit func(*node)) {
	for _, p := range pairs {
		visit(p[0])
		visit(p[1])
	}
}

// isPlain reports whether a path only goes down names, maybe from a variable.
func isPlain(path *node) bool {
	if path.keepSingleton || path.group != nil || path.tuple {
		return false
	}
	for i, s := range path.list {
		if s.kind != kindName && (i > 0 || s.kind != kindVariable) {
			return false
		}
		if s.tuple || s.keepArray || s.stages != nil || s.predicates != nil || s.group != nil {
			return false
		}
	}
	return true
}

// onlyName returns the name that a name, or a path of one name, consists of; "" when there is more to it.
func (n *node) onlyName() string {
	switch {
	case n.keepArray || n.predicates != nil || n.group != nil:
		return ""
	case n.kind == kindName:
		return n.text
	case n.plain && len(n.list) == 1 && n.list[0].kind == kindName:
		return n.list[0].text
	}
	return ""
}

// makesFunctions reports whether evaluating n may make a function that closes over the scope.
func makesFunctions(n *node) bool {
	switch n.kind {
	case kindLambda, kindThunk, kindPartial, kindTransform:
		return true
	case kindFunction: // $eval can make anything
		if n.lhs.kind != kindVariable || n.lhs.builtin == nil || n.lhs.text == "eval" {
			return true
		}
	}
	found := false
	n.each(func(c *node) { found = found || makesFunctions(c) })
	return found
}

// bindsHere reports whether a := below n binds in the scope that block n opens.
func bindsHere(n *node) bool {
	found := false
	n.each(func(c *node) {
		switch c.kind {
		case kindBind:
			found = true
		case kindBlock, kindLambda:
		default:
			found = found || bindsHere(c)
		}
	})
	return found
}
