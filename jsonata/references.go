package jsonata

import "slices"

// References returns what the expression reads from outside of itself, each list in source order and without
// repetition.
//
// context are the names read from the item that the expression is evaluated on, "$" for the item itself and "$$"
// for the root: what has no meaning where there is no such item. Only the first step of a path reads from it;
// later steps, predicates, sort terms and groups have items of their own. The body of a function reads from the
// item that its definition is evaluated on. states are the members of $states that are named at the same level.
//
// variables are the names, without the $, of the variables that the expression reads and does not bind;
// built-in functions and $states are none.
func (e *Expr) References() (context, states, variables []string) {
	w := referenceWalk{builtins: builtins[e.dialect]}
	w.onItem(e.root)
	w.freeVariables(e.root, nil)
	return w.context, w.states, w.variables
}

// referenceWalk collects references.
type referenceWalk struct {
	context, states, variables []string
	builtins                   map[string]*function
}

func addOnce(list *[]string, name string) {
	if !slices.Contains(*list, name) {
		*list = append(*list, name)
	}
}

// onItem follows the parts of n that are evaluated on the same item as n.
func (w *referenceWalk) onItem(n *node) {
	if n == nil {
		return
	}
	switch n.kind {
	case kindName:
		addOnce(&w.context, n.text)
	case kindVariable:
		if n.text == "" || n.text == "$" {
			addOnce(&w.context, "$"+n.text)
		}
	case kindPath:
		w.onItem(n.list[0])
		w.statesMember(n.list)
	case kindLambda:
		w.onItem(n.lhs) // the list holds its parameters
	case kindBind:
		w.onItem(n.rhs)
	case kindBinary, kindNegate, kindArray, kindObject, kindFunction, kindPartial, kindThunk, kindCondition,
		kindBlock, kindApply:
		w.operands(n)
	}
}

func (w *referenceWalk) operands(n *node) {
	for _, c := range []*node{n.lhs, n.rhs, n.alt} {
		w.onItem(c)
	}
	for _, c := range n.list {
		w.onItem(c)
	}
	for _, p := range n.pairs {
		w.onItem(p[0])
		w.onItem(p[1])
	}
}

// statesMember notes the member of $states that a path starts with.
func (w *referenceWalk) statesMember(steps []*node) {
	if len(steps) > 1 && steps[0].kind == kindVariable && steps[0].text == "states" && steps[1].kind == kindName {
		addOnce(&w.states, steps[1].text)
	}
}

// binding is a variable that is bound where a node stands.
type binding struct {
	name  string
	outer *binding
}

func (b *binding) has(name string) bool {
	for ; b != nil; b = b.outer {
		if b.name == name {
			return true
		}
	}
	return false
}

// freeVariables notes the free variables of n, in whose place bound are bound, and returns what is bound after it.
func (w *referenceWalk) freeVariables(n *node, bound *binding) *binding {
	switch n.kind {
	case kindVariable:
		if n.text != "" && n.text != "$" && n.text != "states" && !bound.has(n.text) && w.builtins[n.text] == nil {
			addOnce(&w.variables, n.text)
		}
		return w.trailing(n, bound)
	case kindBind:
		inner := &binding{n.lhs.text, bound}
		if n.rhs.kind == kindLambda { // a function may call itself
			w.freeVariables(n.rhs, inner)
		} else {
			w.freeVariables(n.rhs, bound)
		}
		return inner
	case kindLambda:
		inner := bound
		for _, p := range n.list {
			inner = &binding{p.text, inner}
		}
		w.freeVariables(n.lhs, inner)
		return w.trailing(n, bound)
	case kindBlock, kindPath:
		inner := bound
		for _, c := range n.list {
			inner = w.freeVariables(c, inner)
		}
		w.trailing(n, inner)
		return bound
	}
	return w.trailing(n, w.inside(n, bound))
}

// inside visits the parts that n is made of.
func (w *referenceWalk) inside(n *node, bound *binding) *binding {
	for _, c := range append([]*node{n.lhs, n.rhs, n.alt}, n.list...) {
		if c != nil {
			bound = w.freeVariables(c, bound)
		}
	}
	bound = w.pairs(n.pairs, bound)
	for _, t := range n.terms {
		bound = w.freeVariables(t.expr, bound)
	}
	return bound
}

// trailing visits what is written after n: bindings, filters and a group.
func (w *referenceWalk) trailing(n *node, bound *binding) *binding {
	for _, name := range []string{n.focus, n.index} {
		if name != "" {
			bound = &binding{name, bound}
		}
	}
	for _, s := range slices.Concat(n.predicates, n.stages) {
		if s.filter != nil {
			w.freeVariables(s.filter, bound)
		} else {
			bound = &binding{s.index, bound}
		}
	}
	if n.group != nil {
		w.pairs(n.group.pairs, bound)
	}
	return bound
}

func (w *referenceWalk) pairs(pairs [][2]*node, bound *binding) *binding {
	for _, p := range pairs {
		bound = w.freeVariables(p[0], bound)
		bound = w.freeVariables(p[1], bound)
	}
	return bound
}
