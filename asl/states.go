package asl

import (
	"strings"

	"github.com/statelark/statelark/value"
)

// stateCompiler compiles one state.
type stateCompiler struct {
	*compiler
	node     *node
	state    *State
	graph    *graph         // of the block that the state is in
	foreign  bool           // a JSONPath state in a JSONata machine: the languages of its fields are not looked at
	exits    []exit         // where the state can go
	broken   bool           // where it goes is not known, for want of a readable field
	assigned []variable     // what the state assigns, its catchers and rules included
	caught   map[string]int // how often its catchers assign each variable
	extra    string         // the member that $states has in what is being compiled: result, errorOutput or none
}

// exit is one place where a definition names the state to go to.
type exit struct {
	node *node
	name string
}

var typesByName = map[string]Type{
	"Task": Task, "Parallel": Parallel, "Map": Map, "Pass": Pass,
	"Wait": Wait, "Choice": Choice, "Succeed": Succeed, "Fail": Fail,
}

// compileState compiles the state n of a block. Without a QueryLanguage of its own it is in the language of the
// machine, whatever the Map or Parallel state around it says.
func (c *compiler) compileState(n *node, g *graph) *stateCompiler {
	s := &stateCompiler{compiler: c, node: n, graph: g}
	s.state = &State{Name: n.key, Pointer: n.location(), Language: c.language}
	if !c.ofKind(n, value.Object) {
		s.broken = true
		return s
	}
	s.readLanguage()
	if !s.readType() {
		s.broken = true
		return s
	}
	s.checkFields()
	s.state.Comment = c.comment(n)
	s.common()
	s.particular()
	return s
}

func (s *stateCompiler) readLanguage() {
	n := s.node.get("QueryLanguage")
	if n == nil {
		return
	}
	s.state.Language = s.queryLanguage(n)
	if s.state.Language == JSONPath && s.language == JSONata {
		s.foreign = true
		s.invalidIn(s.node, n.offset, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")
	}
}

func (s *stateCompiler) readType() bool {
	if !s.require(s.node, "Type") {
		return false
	}
	n := s.node.get("Type")
	name, ok := s.stringOf(n)
	if !ok {
		return false
	}
	if s.state.Type, ok = typesByName[name]; !ok {
		s.invalid(n, "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]")
	}
	return ok
}

// common compiles what states of several types have.
func (s *stateCompiler) common() {
	st := s.state
	if goingOn.has(st.Type) {
		s.nextOrEnd()
	}
	st.InputPath = s.pathField("InputPath")
	st.OutputPath = s.pathField("OutputPath")
	st.ResultPath = s.resultPath(s.field("ResultPath"))
	if st.Type != Map {
		st.Parameters = s.templateField("Parameters")
	}
	st.ResultSelector = s.templateField("ResultSelector")
	st.Arguments = s.templateField("Arguments")
	s.afterwards()
	st.Retry = s.retry()
	st.Catch = s.catch()
}

// afterwards compiles what is computed when the state's work is done.
func (s *stateCompiler) afterwards() {
	if computing.has(s.state.Type) {
		s.extra = "result"
	}
	s.state.Output = s.templateField("Output")
	s.state.Assign = s.assign(s.field("Assign"))
	s.extra = ""
}

// particular compiles what only the state's type has.
func (s *stateCompiler) particular() {
	switch s.state.Type {
	case Task:
		s.task()
	case Parallel:
		s.parallel()
	case Map:
		s.mapState()
	case Pass:
		s.pass()
	case Wait:
		s.wait()
	case Choice:
		s.choice()
	case Fail:
		s.failState()
	}
}

func (s *stateCompiler) nextOrEnd() {
	next, end := s.node.get("Next"), s.node.get("End")
	if next != nil {
		s.state.Next = s.exit(next)
	}
	if end != nil && !s.ofKind(end, value.Bool) {
		s.broken = true
		return
	}
	s.state.End = end != nil && end.text == "true"
	switch {
	case next != nil && s.state.End:
		s.atMostOne(s.node, "Next", "End")
	case next == nil && !s.state.End:
		s.invalid(s.node, "This object should have only one of the following fields: [Next, End]")
		s.broken = true
	}
}

// exit reads the name of a state to go to.
func (s *stateCompiler) exit(n *node) string {
	name, ok := s.nonEmptyString(n)
	if !ok {
		s.broken = true
		return ""
	}
	s.exits = append(s.exits, exit{n, name})
	return name
}

func (s *stateCompiler) pass() {
	s.state.Pass = &PassFields{}
	if n := s.field("Result"); n != nil {
		s.state.Pass.Result = n.value()
		s.warnStatic(n)
	}
}

// warnStatic warns of paths in a Result, which are not followed.
func (s *stateCompiler) warnStatic(n *node) {
	if strings.HasSuffix(n.key, ".$") || looksDynamic(n.str()) {
		s.warn(n, CodePassResultIsStatic, "The Result of a Pass state is static: '%s' is not evaluated", n.str())
		return
	}
	for _, m := range n.children {
		s.warnStatic(m)
	}
}

var waitFields = []string{"SecondsPath", "Seconds", "TimestampPath", "Timestamp"}

func (s *stateCompiler) wait() {
	s.exactlyOne(s.node, waitFields...)
	s.state.Wait = &WaitFields{
		Seconds:   s.numberField("Seconds", s.integerConst(0, MaxSeconds)),
		Timestamp: s.numberField("Timestamp", s.timestampConst),
	}
}

func (s *stateCompiler) timestampConst(n *node) {
	text, ok := s.stringOf(n)
	if !ok {
		return
	}
	if _, err := ParseTimestamp(text); err != nil {
		s.invalid(n, "String does not match RFC3339 timestamp")
	}
}

func (s *stateCompiler) failState() {
	s.state.Fail = &FailFields{Error: s.textField("Error"), Cause: s.textField("Cause")}
}

func (s *stateCompiler) parallel() {
	s.state.Parallel = &ParallelFields{}
	if !s.require(s.node, "Branches") {
		return
	}
	branches := s.node.get("Branches")
	if !s.nonEmpty(branches) {
		return
	}
	for _, n := range branches.children {
		b := &Block{}
		s.state.Parallel.Branches = append(s.state.Parallel.Branches, b)
		if s.ofKind(n, value.Object) {
			s.onlyFields(n, branchFields)
			s.block(n, b, s.graph, s)
		}
	}
}
