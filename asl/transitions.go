package asl

// The graph of every block is looked at once all states are compiled. Names are resolved within their block
// only. In a block where some state does not say where it goes, which is an error of its own, nothing is said
// about states that cannot be reached.

// graph is a block and the places where it names states.
type graph struct {
	block     *Block
	start     *node // StartAt
	states    []*stateCompiler
	depth     int            // how many blocks are around it
	enclosing *graph         // the block whose variables its states see, nil at the top
	inside    *stateCompiler // the state of that block whose branch or processor it is
	names     map[string]int // how often its states assign each variable, nil until asked for
}

// transitions reports names of states that are not there, a machine that never ends, and states that nothing
// leads to. Without a whole machine the first block is not one that has to end.
func (c *compiler) transitions(whole bool) {
	for _, g := range c.blocks {
		c.dangling(g)
	}
	if whole && c.endless(c.blocks[0]) {
		c.report(SeverityError, CodeMissingEndState, nil, -1, "Workflow has no terminal state")
		return
	}
	for _, g := range c.blocks {
		c.unreachable(g)
	}
}

func (c *compiler) dangling(g *graph) {
	if len(g.states) == 0 {
		return
	}
	if g.block.StartAt != "" {
		c.target(g, exit{g.start, g.block.StartAt})
	}
	for _, s := range g.states {
		for _, e := range s.exits {
			c.target(g, e)
		}
	}
}

func (c *compiler) target(g *graph, e exit) {
	if g.block.State(e.name) == nil {
		c.fail(e.node, CodeMissingTransitionTarget, "Missing 'Next' target: %s", e.name)
	}
}

// broken reports whether some state's ways out are unknown.
func (g *graph) broken() bool {
	for _, s := range g.states {
		if s.broken {
			return true
		}
	}
	return g.block.StartAt == ""
}

// endless reports whether no state of g ends it.
func (c *compiler) endless(g *graph) bool {
	if g.broken() || len(g.states) == 0 {
		return false
	}
	for _, s := range g.block.States {
		if s.End || s.Type == Succeed || s.Type == Fail {
			return false
		}
	}
	return true
}

func (c *compiler) unreachable(g *graph) {
	if g.broken() {
		return
	}
	reached := g.reached()
	for _, s := range g.states {
		if !reached[s.state.Name] {
			c.fail(s.node, CodeMissingTransitionTarget, "State \"%s\" is not reachable.", s.state.Name)
		}
	}
}

// reached returns the names of the states that StartAt leads to.
func (g *graph) reached() map[string]bool {
	exits := make(map[string][]exit, len(g.states))
	for _, s := range g.states {
		exits[s.state.Name] = s.exits
	}
	reached := map[string]bool{}
	for todo := []string{g.block.StartAt}; len(todo) > 0; {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[name] {
			continue
		}
		reached[name] = true
		for _, e := range exits[name] {
			todo = append(todo, e.name)
		}
	}
	return reached
}
