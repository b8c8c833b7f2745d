package jsonata

import (
	"errors"
	"unicode"

	"github.com/dlclark/regexp2/v2/syntax"
)

// A regular expression is compiled into steps. A step matches its part of the expression at a place of the text, and
// after it all that follows: what follows is known when a step is made. It returns false when there is no such match,
// and then it has left the state of the matching as it was. That is how the matching goes back to another choice.
type step func(m *matching, pos int) bool

// program is a compiled regular expression. It never changes.
type program struct {
	start  step
	first  func(r rune) bool // whether a match can start with r; nil: with anything, or nothing
	once   bool              // it matches at the start of the text only
	groups int               // capturing groups, the whole match included
	loops  int
}

// regexCompiler makes the steps of one expression.
type regexCompiler struct {
	program
	caps map[int]int // group numbers to places, nil where they are the same
	err  error
}

// compileProgram compiles an expression of JavaScript.
func compileProgram(source string, options syntax.RegexOptions) (*program, error) {
	tree, err := syntax.Parse(source, syntax.ParseOptions{RegexOptions: options | syntax.ECMAScript, MaintainCaptureOrder: true})
	if err != nil {
		return nil, err
	}
	c := &regexCompiler{}
	c.groups = tree.Captop
	if tree.Capnumlist != nil && tree.Captop != len(tree.Capnumlist) {
		c.groups, c.caps = len(tree.Capnumlist), map[int]int{}
		for i, n := range tree.Capnumlist {
			c.caps[n] = i
		}
	}
	c.start = c.compile(tree.Root, func(*matching, int) bool { return true })
	c.first, c.once = firstOf(tree.Root), startsAtBeginning(tree.Root)
	return &c.program, c.err
}

func (c *regexCompiler) group(number int) int {
	if c.caps != nil {
		return c.caps[number]
	}
	return number
}

// compile returns the step that matches n and then next.
func (c *regexCompiler) compile(n *syntax.RegexNode, next step) step {
	switch n.T {
	case syntax.NtEmpty, syntax.NtUpdateBumpalong:
		return next
	case syntax.NtNothing:
		return func(*matching, int) bool { return false }
	case syntax.NtGroup:
		return c.compile(n.Children[0], next)
	case syntax.NtConcatenate:
		for i := len(n.Children) - 1; i >= 0; i-- {
			next = c.compile(n.Children[i], next)
		}
		return next
	case syntax.NtAlternate:
		return c.alternate(n, next)
	case syntax.NtCapture:
		return c.capture(n, next)
	case syntax.NtResetCapture:
		return c.resetCapture(n, next)
	case syntax.NtLoop, syntax.NtLazyloop:
		return c.loop(n, next)
	case syntax.NtPosLook, syntax.NtNegLook, syntax.NtAtomic:
		return c.inner(n, next)
	case syntax.NtMulti:
		return multi(n, next)
	case syntax.NtRef:
		return c.reference(n, next)
	}
	if test := charTest(n); test != nil {
		return charStep(n, test, next)
	}
	if holds := assertion(n.T); holds != nil {
		return func(m *matching, pos int) bool { return m.tick() && holds(m.text, pos) && next(m, pos) }
	}
	c.err = errors.New("not supported here")
	return next
}

func (c *regexCompiler) alternate(n *syntax.RegexNode, next step) step {
	choices := make([]step, len(n.Children))
	for i, child := range n.Children {
		choices[i] = c.compile(child, next)
	}
	return func(m *matching, pos int) bool {
		for _, choice := range choices {
			if !m.tick() {
				return false
			}
			if choice(m, pos) {
				return true
			}
		}
		return false
	}
}

func (c *regexCompiler) capture(n *syntax.RegexNode, next step) step {
	group := c.group(n.M)
	body := c.compile(n.Children[0], func(m *matching, pos int) bool {
		before := m.groups[group]
		from := m.opened[group]
		m.groups[group] = textRange{min(from, pos), max(from, pos)}
		if next(m, pos) {
			return true
		}
		m.groups[group] = before
		m.opened[group] = from
		return false
	})
	return func(m *matching, pos int) bool {
		before := m.opened[group]
		m.opened[group] = pos
		if m.tick() && body(m, pos) {
			return true
		}
		m.opened[group] = before
		return false
	}
}

func (c *regexCompiler) resetCapture(n *syntax.RegexNode, next step) step {
	group := c.group(n.M)
	return func(m *matching, pos int) bool {
		before := m.groups[group]
		m.groups[group] = noRange
		if next(m, pos) {
			return true
		}
		m.groups[group] = before
		return false
	}
}

// loopState is where a loop stands.
type loopState struct {
	count int // iterations begun
	from  int // where the last one began
}

// loop repeats what may match more than one character, or none. An iteration that matches nothing and is not required
// is no match, as ECMAScript has it.
func (c *regexCompiler) loop(n *syntax.RegexNode, next step) step {
	id := c.loops
	c.loops++
	least, most, lazy := n.M, n.N, n.T == syntax.NtLazyloop
	var body step
	again := func(m *matching, pos int) bool {
		before := m.loops[id]
		if before.count >= most || m.depth >= maxIterations {
			m.deep = m.deep || m.depth >= maxIterations
			return false
		}
		m.loops[id] = loopState{before.count + 1, pos}
		m.depth++
		ok := m.tick() && body(m, pos)
		m.depth--
		if !ok {
			m.loops[id] = before
		}
		return ok
	}
	decide := func(m *matching, pos int) bool {
		state := m.loops[id]
		leave := func() bool {
			ok := next(m, pos)
			if !ok {
				m.loops[id] = state
			}
			return ok
		}
		switch {
		case state.count < least:
			return again(m, pos)
		case lazy:
			return leave() || again(m, pos)
		}
		return again(m, pos) || leave()
	}
	body = c.compile(n.Children[0], func(m *matching, pos int) bool {
		if s := m.loops[id]; pos == s.from && s.count > least {
			return false
		}
		return decide(m, pos)
	})
	return func(m *matching, pos int) bool {
		before := m.loops[id]
		m.loops[id] = loopState{}
		if m.tick() && decide(m, pos) {
			return true
		}
		m.loops[id] = before
		return false
	}
}

// inner matches a part for itself: once it has matched, its other choices are given up.
func (c *regexCompiler) inner(n *syntax.RegexNode, next step) step {
	body := c.compile(n.Children[0], func(m *matching, pos int) bool {
		m.inner = pos
		return true
	})
	return func(m *matching, pos int) bool {
		if !m.tick() {
			return false
		}
		m.steps += (len(m.groups) + len(m.loops)) / elements
		before := m.state()
		found := body(m, pos)
		if m.err != nil {
			return false
		}
		if n.T == syntax.NtNegLook {
			m.restore(before)
			return !found && next(m, pos)
		}
		if n.T == syntax.NtAtomic {
			pos = m.inner
		}
		if found && next(m, pos) {
			return true
		}
		m.restore(before)
		return false
	}
}

func multi(n *syntax.RegexNode, next step) step {
	text, fold, backward := n.Str, n.Options&syntax.IgnoreCase != 0, backwards(n)
	return func(m *matching, pos int) bool {
		from := pos
		if backward {
			from = pos - len(text)
		}
		if !m.tick() || from < 0 || from+len(text) > len(m.text) {
			return false
		}
		for i, want := range text {
			if r := m.text[from+i]; r != want && !(fold && unicode.ToLower(r) == want) {
				return false
			}
		}
		if backward {
			return next(m, from)
		}
		return next(m, from+len(text))
	}
}

// reference matches what a group matched; nothing, where that has not matched.
func (c *regexCompiler) reference(n *syntax.RegexNode, next step) step {
	group, fold, backward := c.group(n.M), n.Options&syntax.IgnoreCase != 0, backwards(n)
	return func(m *matching, pos int) bool {
		g := m.groups[group]
		length := g.to - g.from
		from, to := pos, pos+length
		if backward {
			from, to = pos-length, pos-length
		}
		m.steps += length / elements
		if !m.tick() || from < 0 || from+length > len(m.text) {
			return false
		}
		for i := range length {
			a, b := m.text[g.from+i], m.text[from+i]
			if a != b && !(fold && syntax.IsCaseEquivalent(a, b, n.Options)) {
				return false
			}
		}
		return next(m, to)
	}
}

func backwards(n *syntax.RegexNode) bool { return n.Options&syntax.RightToLeft != 0 }

// charTest returns which characters a node of one character, or a loop over such, accepts; nil for any other node.
func charTest(n *syntax.RegexNode) func(r rune) bool {
	switch n.T {
	case syntax.NtOne, syntax.NtOneloop, syntax.NtOnelazy, syntax.NtOneloopatomic:
		want := n.Ch
		return func(r rune) bool { return r == want }
	case syntax.NtNotone, syntax.NtNotoneloop, syntax.NtNotonelazy, syntax.NtNotoneloopatomic:
		not := n.Ch
		return func(r rune) bool { return r != not }
	case syntax.NtSet, syntax.NtSetloop, syntax.NtSetlazy, syntax.NtSetloopatomic:
		return n.Set.Contains
	}
	return nil
}

// charStep matches a character, or a run of them.
func charStep(n *syntax.RegexNode, test func(r rune) bool, next step) step {
	by := 1
	if backwards(n) {
		by = -1
	}
	switch n.T {
	case syntax.NtOne, syntax.NtNotone, syntax.NtSet:
		return func(m *matching, pos int) bool {
			r, ok := m.char(pos, by)
			return m.tick() && ok && test(r) && next(m, pos+by)
		}
	case syntax.NtOnelazy, syntax.NtNotonelazy, syntax.NtSetlazy:
		return func(m *matching, pos int) bool {
			for i := 0; ; i++ {
				if !m.tick() {
					return false
				}
				if i >= n.M && next(m, pos) {
					return true
				}
				r, ok := m.char(pos, by)
				if i >= n.N || !ok || !test(r) {
					return false
				}
				pos += by
			}
		}
	}
	atomic := n.T == syntax.NtOneloopatomic || n.T == syntax.NtNotoneloopatomic || n.T == syntax.NtSetloopatomic
	return func(m *matching, pos int) bool {
		count := 0
		for at := pos; count < n.N; at += by {
			r, ok := m.char(at, by)
			if !ok || !test(r) {
				break
			}
			count++
		}
		m.steps += count / elements
		for ; count >= n.M && m.tick(); count-- {
			if next(m, pos+count*by) {
				return true
			}
			if atomic {
				return false
			}
		}
		return false
	}
}

// assertion returns what has to hold at a place of the text; nil for a node that is no assertion.
func assertion(t syntax.NodeType) func(text []rune, pos int) bool {
	switch t {
	case syntax.NtBeginning:
		return func(_ []rune, pos int) bool { return pos == 0 }
	case syntax.NtEnd, syntax.NtEndZ:
		return func(text []rune, pos int) bool { return pos == len(text) }
	case syntax.NtBol:
		return func(text []rune, pos int) bool { return pos == 0 || syntax.IsECMALineTerminator(text[pos-1]) }
	case syntax.NtEol:
		return func(text []rune, pos int) bool { return pos == len(text) || syntax.IsECMALineTerminator(text[pos]) }
	case syntax.NtECMABoundary:
		return atBoundary
	case syntax.NtNonECMABoundary:
		return func(text []rune, pos int) bool { return !atBoundary(text, pos) }
	}
	return nil
}

func atBoundary(text []rune, pos int) bool {
	before := pos > 0 && isWordChar(text[pos-1])
	after := pos < len(text) && isWordChar(text[pos])
	return before != after
}

func isWordChar(r rune) bool { return r < 0x80 && (isAlphanumeric(byte(r)) || r == '_') }

// firstOf returns which characters a match of n can start with, nil where it may match nothing.
func firstOf(n *syntax.RegexNode) func(r rune) bool {
	if backwards(n) {
		return nil
	}
	switch n.T {
	case syntax.NtCapture, syntax.NtGroup, syntax.NtAtomic, syntax.NtConcatenate:
		for _, child := range n.Children {
			if child.T != syntax.NtResetCapture && child.T != syntax.NtUpdateBumpalong {
				return firstOf(child)
			}
		}
		return nil
	case syntax.NtLoop, syntax.NtLazyloop:
		if n.M > 0 {
			return firstOf(n.Children[0])
		}
		return nil
	case syntax.NtMulti:
		if n.Options&syntax.IgnoreCase == 0 {
			return func(r rune) bool { return r == n.Str[0] }
		}
		return nil
	}
	test := charTest(n)
	if test != nil && n.T != syntax.NtOne && n.T != syntax.NtNotone && n.T != syntax.NtSet && n.M == 0 {
		return nil
	}
	return test
}

// startsAtBeginning reports whether n matches at the start of the text only.
func startsAtBeginning(n *syntax.RegexNode) bool {
	switch n.T {
	case syntax.NtBeginning:
		return true
	case syntax.NtCapture, syntax.NtGroup, syntax.NtAtomic, syntax.NtConcatenate:
		return len(n.Children) > 0 && startsAtBeginning(n.Children[0])
	}
	return false
}

// maxIterations bounds how many iterations of loops may be open, and with them the depth of the steps.
const maxIterations = 100_000
