package jsonata

// function is a function value: a lambda, a built-in function, or one of them with some arguments given.
type function struct {
	// A lambda: its definition and the surroundings it closes over. A thunk is one without parameters.
	node  *node
	input val
	env   *frame

	native func(c *call) (val, *Error)
	name   string // of a built-in function
	sig    *signature
	regex  *regex // the function matches this expression

	partial *function // the function that is partially applied
	bound   []val     // its arguments; at the places in holes, those still to come
	holes   []int

	arity   int  // arguments that $map and its like pass
	takes   int  // parameters that a partial application sees
	host    bool // the reference has it as a JavaScript function, which $boolean and ?: take for false
	through bool // a built-in function that goes through the strings and arrays that it is given
}

func (f *function) isThunk() bool { return f != nil && f.node != nil && f.node.kind == kindThunk }

// call is one call of a built-in function.
type call struct {
	ev    *evaluator
	args  []val
	input val // the context value
	env   *frame
}

// newCall returns a call record, one that is free again if there is one. No function keeps its record once it
// has returned.
func (ev *evaluator) newCall() *call {
	n := len(ev.calls)
	if n == 0 {
		return &call{ev: ev}
	}
	c := ev.calls[n-1]
	ev.calls = ev.calls[:n-1]
	return c
}

// arg returns argument i, undefined when it was not given.
func (c *call) arg(i int) val {
	if i < len(c.args) {
		return c.args[i]
	}
	return undefined
}

// procedureName is the name of the function that n calls, for messages.
func procedureName(n *node) string {
	switch n.kind {
	case kindPath:
		if first := n.list[0]; first.kind != kindBlock {
			return first.text
		}
	case kindVariable:
		return n.text
	}
	return ""
}

// notFunction reports a call of something that is no function: with a hint where a variable of that name
// would have been one.
func (ev *evaluator) notFunction(n *node, proc val, env *frame, code string) *Error {
	if proc.defined() || n.lhs.kind != kindPath {
		return nil
	}
	name := n.lhs.list[0].text
	v := ev.lookup(name, env)
	if _, builtin := builtins[ev.dialect][name]; !v.defined() && !builtin {
		return nil
	}
	if v.defined() {
		if truth, err := ev.truth(v); err != nil || !truth {
			return nil
		}
	}
	return fail(code).at(n.pos).named(name)
}

// call evaluates a function call; a context that comes from the left of ~> is the first argument.
func (ev *evaluator) call(n *node, input val, env *frame, context *val) (val, *Error) {
	proc, err := ev.procedure(n, input, env)
	if err != nil {
		return undefined, err
	}
	base := len(ev.args)
	defer func() { ev.args = ev.args[:base] }()
	if context != nil {
		ev.args = append(ev.args, *context)
	}
	for _, a := range n.list {
		if a.literal {
			ev.args = append(ev.args, a.lit)
			continue
		}
		v, err := ev.eval(a, input, env)
		if err != nil {
			return undefined, err
		}
		if v.tag == tagFunction {
			v = v.function().closure(a.kind == kindLambda)
		}
		ev.args = append(ev.args, v)
	}
	args := ev.args[base:len(ev.args):len(ev.args)]
	name := procedureName(n.lhs)
	if f := proc.function(); f != nil && f.name != "" && f.name != name {
		alias := *f
		alias.name = name
		proc = functionVal(&alias)
	}
	result, err := ev.invoke(proc, args, input, env)
	if err != nil {
		err = err.at(n.pos).named(name)
	}
	return result, err
}

// procedure evaluates what n calls. A variable that holds a function needs nothing that eval does.
func (ev *evaluator) procedure(n *node, input val, env *frame) (val, *Error) {
	if n.lhs.kind == kindVariable && n.lhs.predicates == nil && n.lhs.group == nil && ev.depth < ev.maxDepth {
		if v := ev.variable(n.lhs, input, env); v.tag == tagFunction {
			return v, nil
		}
	}
	proc, err := ev.eval(n.lhs, input, env)
	if err != nil {
		return undefined, err
	}
	return proc, ev.notFunction(n, proc, env, "T1005")
}

// closure returns f as it arrives when it is passed as an argument; fresh says that nobody else has it.
func (f *function) closure(fresh bool) val {
	if fresh {
		f.host = true
		return functionVal(f)
	}
	c := *f
	c.host = true
	return functionVal(&c)
}

// invoke calls proc and, as long as it answers with a thunk, the call that the thunk puts off. A call in tail
// position thus runs when the evaluation of its caller is over.
func (ev *evaluator) invoke(proc val, args []val, input val, env *frame) (val, *Error) {
	before := ev.held
	result, err := ev.invokeOnce(proc, args, input, env)
	for err == nil && result.function().isThunk() {
		ev.held = before // the caller's scope is all that is left of it
		thunk := result.function()
		n := thunk.node.lhs
		if err := ev.spend(1); err != nil {
			return undefined, err
		}
		if proc, err = ev.eval(n.lhs, thunk.input, thunk.env); err != nil {
			return undefined, err
		}
		args := make([]val, len(n.list))
		for i, a := range n.list {
			if args[i], err = ev.eval(a, thunk.input, thunk.env); err != nil {
				return undefined, err
			}
		}
		result, err = ev.invokeOnce(proc, args, input, env)
		if err != nil {
			err = err.at(n.pos)
			if n.lhs.kind == kindVariable {
				err = err.named(n.lhs.text)
			}
		}
	}
	return result, err
}

func (ev *evaluator) invokeOnce(proc val, args []val, input val, env *frame) (val, *Error) {
	f := proc.function()
	if err := ev.spend(1); err != nil {
		return undefined, err
	}
	switch {
	case f == nil:
		return undefined, fail("T1006")
	case f.partial != nil:
		return ev.invokePartial(f, args, env)
	case f.native != nil:
		v, err := ev.invokeNative(f, args, input, env)
		if err != nil {
			err = err.named(f.name)
		}
		return v, err
	}
	if f.node.sig != nil {
		var err *Error
		if args, err = f.node.sig.validate(args, input, ev.dialect); err != nil {
			return undefined, err
		}
	}
	scope := ev.scope(f.env)
	for i, p := range f.node.list {
		v := undefined
		if i < len(args) {
			v = args[i]
		}
		scope.bind(p.text, v)
	}
	before := ev.held.variables
	result, err := ev.eval(f.node.lhs, f.input, scope)
	ev.leaveScope(f.node, before, result)
	if !f.node.captures {
		ev.frames = append(ev.frames, scope)
	}
	return result, err
}

// scope opens a scope, in a frame that is free again if there is one.
func (ev *evaluator) scope(parent *frame) *frame {
	n := len(ev.frames)
	if n == 0 {
		return newFrame(parent)
	}
	f := ev.frames[n-1]
	ev.frames = ev.frames[:n-1]
	f.parent, f.vars, f.places = parent, f.vars[:0], nil
	return f
}

func (ev *evaluator) invokeNative(f *function, args []val, input val, env *frame) (val, *Error) {
	var err *Error
	if f.sig != nil {
		if args, err = f.sig.validate(args, input, ev.dialect); err != nil {
			return undefined, err
		}
	}
	if f.through {
		for i := range args {
			if args[i].tag >= tagString {
				ev.steps += args[i].weight(ev.dialect)
			}
		}
		if err := ev.spend(0); err != nil {
			return undefined, err
		}
	}
	c := ev.newCall()
	c.args, c.input, c.env = args, input, env
	result, err := f.native(c)
	ev.calls = append(ev.calls, c)
	if err == nil && result.tag >= tagString {
		err = ev.admit(result)
	}
	return result, err
}

// invokePartial calls the function that f applies partially. A lambda's arguments are not checked against
// its signature.
func (ev *evaluator) invokePartial(f *function, args []val, env *frame) (val, *Error) {
	full := append([]val(nil), f.bound...)
	for i, hole := range f.holes {
		if i < len(args) {
			full[hole] = args[i]
		}
	}
	inner := f.partial
	if inner.native != nil {
		return ev.invokeOnce(functionVal(inner), full, undefined, env)
	}
	scope := newFrame(inner.env)
	for i, p := range inner.node.list {
		scope.bind(p.text, full[i])
	}
	return ev.eval(inner.node.lhs, inner.input, scope)
}

// partial evaluates a partial application: "?" stands for an argument still to come.
func (ev *evaluator) partial(n *node, input val, env *frame) (val, *Error) {
	args := make([]val, len(n.list))
	isHole := make([]bool, len(n.list))
	for i, a := range n.list {
		if a.kind == kindKeyword {
			isHole[i] = true
			continue
		}
		v, err := ev.eval(a, input, env)
		if err != nil {
			return undefined, err
		}
		args[i] = v
	}
	proc, err := ev.eval(n.lhs, input, env)
	if err != nil {
		return undefined, err
	}
	if err := ev.notFunction(n, proc, env, "T1007"); err != nil {
		return undefined, err
	}
	f := proc.function()
	if f == nil {
		return undefined, fail("T1008").at(n.pos).named(procedureName(n.lhs))
	}
	return functionVal(f.with(args, isHole)), nil
}

// with returns f partially applied to args. Of a function that is a partial application itself, they fill the
// holes.
func (f *function) with(args []val, isHole []bool) *function {
	p := &function{partial: f.partial, holes: f.holes}
	if f.partial != nil {
		p.bound = append([]val(nil), f.bound...)
	} else {
		p.partial = f
		p.bound = make([]val, f.parameters())
		p.holes = make([]int, len(p.bound))
		for i := range p.holes {
			p.holes[i] = i
		}
	}
	var left []int
	for i, hole := range p.holes {
		if i >= len(args) {
			break
		}
		p.bound[hole] = args[i]
		if isHole[i] {
			left = append(left, hole)
		}
	}
	p.holes, p.arity = left, len(left)
	return p
}

// parameters is the number of arguments that a partial application of f can give.
func (f *function) parameters() int {
	if f.native != nil {
		return f.takes
	}
	return len(f.node.list)
}

// apply evaluates ~>: the right side is called with the left one, or, where both are functions, they are
// composed.
func (ev *evaluator) apply(n *node, input val, env *frame) (val, *Error) {
	lhs, err := ev.eval(n.lhs, input, env)
	if err != nil {
		return undefined, err
	}
	if n.rhs.kind == kindFunction {
		return ev.call(n.rhs, input, env, &lhs)
	}
	rhs, err := ev.eval(n.rhs, input, env)
	if err != nil {
		return undefined, err
	}
	if rhs.tag != tagFunction {
		return undefined, failValue("T2006", rhs).at(n.pos)
	}
	if lhs.tag == tagFunction {
		return functionVal(compose(lhs, rhs)), nil
	}
	return ev.invoke(rhs, []val{lhs}, nullVal, env)
}

// compose returns the function that calls f and then g with its result. It counts as an evaluation level, so
// that a long composition is bounded.
func compose(f, g val) *function {
	return &function{arity: 1, takes: 1, native: func(c *call) (val, *Error) {
		if c.ev.depth++; c.ev.depth > c.ev.maxDepth {
			return undefined, c.ev.failDepth()
		}
		x, err := c.ev.invoke(f, []val{c.arg(0)}, nullVal, c.env)
		if err != nil {
			return undefined, err
		}
		y, err := c.ev.invoke(g, []val{x}, nullVal, c.env)
		c.ev.depth--
		return y, err
	}}
}

// callback calls a function that was passed as an argument, with as many of args as it takes, at least the
// first.
func (c *call) callback(f val, args []val) (val, *Error) {
	n := len(args)
	if fn := f.function(); fn != nil {
		n = max(1, min(fn.arity, n))
	}
	return c.ev.invoke(f, args[:n], nullVal, c.env)
}
