package asl

// A definition is compiled in passes that all report into one list, so that its author sees everything at once:
//
//	document      the text becomes nodes that know their places
//	fields        what may stand where, of which type and in which range
//	states        each state becomes a State; paths and expressions are parsed
//	variables     which scope assigns what
//	transitions   where states lead to, once all of them are known
//
// Findings of the first passes come in the order of the text, those about transitions after them, as AWS has
// them. A pass that cannot read something leaves a gap in the Machine and goes on; the Machine is given away
// only when there was nothing to report, or when it was taken by a release that had nothing to report.

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/value"
)

// Options say what a definition is for.
type Options struct {
	Type string // STANDARD, which "" stands for, or EXPRESS
	// Stored: the definition was taken once, by this release or one before, and executions run it. What this
	// release finds wrong with it is reported and does not stand in its way; what cannot be read is a gap.
	Stored bool
	// Limits are what names and the fields of readers are held to; nil: AWS's.
	Limits *limits.Limits
	// Services is what Tasks may call; nil: of the AWS SDK's services and actions only the form is looked at, and of
	// parameters what the States Language itself knows.
	Services Services
}

// The types of a state machine.
const (
	standard = "STANDARD"
	express  = "EXPRESS"
)

// Limits of the service.
const (
	MaxPayload = 262_144    // bytes of UTF-8 of any input, output or result, and of what one Assign sets
	MaxSeconds = 99_999_999 // of the delay of a Wait state and the limits of a Task

	maxNesting = 32 // blocks inside of blocks; the bound is our own
)

// Parse compiles a definition. The diagnostics hold everything that is wrong with it, warnings included; the
// Machine is nil when one of them is an error (see Options.Stored).
func Parse(text string, o Options) (*Machine, []Diagnostic) {
	m, found := compile(text, o)
	return m, placed(found, newLines(text).position)
}

// ParseState compiles the definition of a single state, as TestState takes it, into a machine that has only
// that state, called name. What its transitions name is not looked for. A state without a QueryLanguage of its own is read
// in language, JSONPath when that is "".
func ParseState(text, name string, language Language, o Options) (*Machine, []Diagnostic) {
	if language == "" {
		language = JSONPath
	}
	c := newCompiler(o)
	if root, ok := c.document(text); ok {
		root.key, root.parent = name, &node{parent: &node{kind: value.Object}, key: "States", kind: value.Object}
		c.singleState(root, language)
		c.scopes()
		c.inOrder()
		c.transitions(false)
	}
	return c.result(), placed(c.found, newLines(text).position)
}

// compiler holds what the passes over one definition share.
type compiler struct {
	express  bool // the rules of Express workflows hold
	stored   bool // see Options
	limits   *limits.Limits
	services Services // nil: nothing is known of them
	language Language // of the whole machine
	machine  *Machine
	found    []finding
	counts   map[Severity]int
	states   map[string]bool // the names of the states seen so far
	labels   map[string]bool // the labels of the Map states seen so far
	blocks   []*graph        // the blocks seen so far, outer before inner
}

func newCompiler(o Options) *compiler {
	return &compiler{express: o.Type == express, stored: o.Stored, limits: limits.Or(o.Limits), services: o.Services, counts: map[Severity]int{}, states: map[string]bool{}, labels: map[string]bool{}}
}

func compile(text string, o Options) (*Machine, []finding) {
	c := newCompiler(o)
	if root, ok := c.document(text); ok {
		c.wholeMachine(root)
		c.scopes()
		c.inOrder()
		c.transitions(true)
	}
	return c.result(), c.found
}

// inOrder puts what was found so far into the order of the text.
func (c *compiler) inOrder() {
	slices.SortStableFunc(c.found, func(a, b finding) int { return a.offset - b.offset })
}

// result returns the machine when nothing stands in its way.
func (c *compiler) result() *Machine {
	if c.counts[SeverityError] > 0 && !c.stored {
		return nil
	}
	return c.machine
}

// document reads text as a JSON object.
func (c *compiler) document(text string) (*node, bool) {
	switch {
	case text == "":
		c.report(SeverityError, CodeMissingDescription, nil, -1, "Definition must not be empty")
		return nil, false
	case strings.Trim(text, " \t\r\n") == "":
		c.noObject(0)
		return nil, false
	}
	v, err := value.Parse(text)
	var syntax *value.SyntaxError
	switch {
	case errors.As(err, &syntax):
		c.report(SeverityError, CodeInvalidJSONDescription, nil, syntax.Offset, err.Error())
		return nil, false
	case v.Kind() != value.Object:
		c.noObject(strings.Index(text, v.Text()))
		return nil, false
	}
	return scanDocument(text), true
}

// noObject reports a text without an object. To AWS's parser a blank text is valid, without content: what is wrong with it
// is found by the schema (recorded), and so it is for null, an array and scalars.
func (c *compiler) noObject(offset int) {
	c.invalidIn(&node{kind: value.Object}, offset, "Expected value of type Object")
}

func (c *compiler) wholeMachine(root *node) {
	m := &Machine{Version: "1.0", Language: JSONPath}
	c.machine = m
	if n := root.get("QueryLanguage"); n != nil {
		m.Language = c.queryLanguage(n)
	}
	c.language = m.Language
	c.onlyFields(root, machineFields)
	if n := root.get("Version"); n != nil {
		c.oneOf(n, "1.0")
	}
	if n := root.get("TimeoutSeconds"); n != nil {
		m.TimeoutSeconds, _ = c.integer(n, 0, MaxSeconds)
	}
	c.block(root, &m.Block, nil, nil)
}

func (c *compiler) singleState(n *node, language Language) {
	c.language = language
	g := &graph{}
	s := c.compileState(n, g)
	g.states = []*stateCompiler{s}
	c.machine = &Machine{Language: language, Version: "1.0", Block: Block{StartAt: n.key, States: []*State{s.state}}}
	c.machine.index()
}

// queryLanguage returns the language that a QueryLanguage field stands for: anything but the exact name of
// JSONPath counts as JSONata.
func (c *compiler) queryLanguage(n *node) Language {
	if n.kind != value.String {
		c.invalid(n, "Expected value of type [STRING]")
		return JSONata
	}
	c.oneOf(n, string(JSONPath), string(JSONata))
	if n.str() == string(JSONPath) {
		return JSONPath
	}
	return JSONata
}

// block compiles StartAt, States and Comment of a machine, a branch or a processor into b, inside the block
// enclosing, whose state inside it belongs to.
func (c *compiler) block(n *node, b *Block, enclosing *graph, inside *stateCompiler) {
	g := &graph{block: b, enclosing: enclosing, inside: inside}
	if enclosing != nil {
		g.depth = enclosing.depth + 1
	}
	c.blocks = append(c.blocks, g)
	b.Comment = c.comment(n)
	c.require(n, "States", "StartAt")
	if start := n.get("StartAt"); start != nil {
		b.StartAt, _ = c.nonEmptyString(start)
		g.start = start
	}
	if states := n.get("States"); states != nil {
		c.statesOf(states, g)
	}
	b.index()
}

func (c *compiler) statesOf(states *node, g *graph) {
	switch {
	case states.kind != value.Object:
		c.wrongType(states, "Object")
		return
	case len(states.children) == 0:
		c.invalid(states, "Value cannot be empty")
		return
	case g.depth > maxNesting:
		c.fail(states, CodeTooDeeplyNested, "States are nested deeper than %d levels", maxNesting)
		return
	}
	for _, n := range states.doubled {
		c.fail(n, CodeDuplicateStateName, "Duplicate State name: %s", n.key)
	}
	for _, n := range states.children {
		c.stateName(n)
		s := c.compileState(n, g)
		g.states = append(g.states, s)
		g.block.States = append(g.block.States, s.state)
	}
}

func (c *compiler) stateName(n *node) {
	switch {
	case n.key == "":
		c.fail(n, CodeInvalidStateName, "State name cannot be empty")
	case c.limits.NameCharacters.Exceeded(int64(utf8.RuneCountInString(n.key))):
		c.fail(n, CodeInvalidStateName, "Invalid State name: %s exceeds the %d-character limit allowed by the service", n.key, c.limits.NameCharacters)
	case c.states[n.key]:
		c.fail(n, CodeDuplicateStateName, "Duplicate State name: %s", n.key)
	}
	c.states[n.key] = true
}

func (b *Block) index() {
	b.byName = make(map[string]*State, len(b.States))
	for _, s := range b.States {
		b.byName[s.Name] = s
	}
}
