package asl

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/value"
)

const maxVariableName = 80 // characters

// assign compiles an Assign field. Its template keeps its members even when all of them are constants.
func (s *stateCompiler) assign(n *node) *Template {
	if n == nil || !s.ofKind(n, value.Object) {
		return nil
	}
	t := s.template(n)
	if t.Members == nil {
		t = constantMembers(t.Const)
	}
	for i, m := range n.children {
		s.variableName(m, t.Members[i].Key)
		s.assigned = append(s.assigned, variable{m, t.Members[i].Key})
	}
	return t
}

func constantMembers(v value.Value) *Template {
	t := &Template{Members: make([]TemplateMember, 0, v.Len())}
	for _, m := range v.Members() {
		t.Members = append(t.Members, TemplateMember{Key: m.Key, Source: m.Key, Value: &Template{Const: m.Value}})
	}
	return t
}

// variable is a name that a state assigns, and where.
type variable struct {
	node *node
	name string
}

func (s *stateCompiler) variableName(n *node, name string) {
	if code, why := RefuseVariable(name); why != "" {
		s.fail(n, code, "%s", why)
	}
}

// RefuseVariable says why no variable can have the name, "" when one can.
func RefuseVariable(name string) (code, why string) {
	switch {
	case name == "states":
		return CodeReservedVariableName, "Cannot assign to reserved variable '$states'."
	case utf8.RuneCountInString(name) > maxVariableName:
		return CodeInvalidVariableName, fmt.Sprintf("Invalid variable name '%s': the variable name exceeds the %d-character limit.", name, maxVariableName)
	case !isIdentifier(name):
		return CodeInvalidVariableName, fmt.Sprintf("Invalid variable name '%s': the variable name contains invalid characters.", name)
	}
	return "", ""
}

// isIdentifier reports whether name is an identifier of Unicode's annex 31: an ID_Start and any ID_Continue.
func isIdentifier(name string) bool {
	for i, r := range name {
		start := unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) || unicode.Is(unicode.Other_ID_Start, r)
		more := unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)
		if !start && (i == 0 || !more) {
			return false
		}
	}
	return name != ""
}

// scopes reports variables that an inner scope assigns although a scope around it does. Every branch and every
// processor is a scope inside of the one its state is in; the processor of a distributed Map stands alone. What a
// state's own catchers assign does not count for its branches (recorded): it is assigned when they are over.
func (c *compiler) scopes() {
	for _, g := range c.blocks {
		for _, s := range g.states {
			for _, v := range s.assigned {
				if g.shadows(v.name) {
					c.fail(v.node, CodeDuplicateVariableName, "The variable name '%s' was already defined in a parent scope.", v.name)
				}
			}
		}
	}
}

// shadows reports whether a block around g assigns the name, elsewhere than in a catcher of the state that g is in.
func (g *graph) shadows(name string) bool {
	for ; g.enclosing != nil; g = g.enclosing {
		if g.enclosing.assignments(name) > g.inside.caught[name] {
			return true
		}
	}
	return false
}

// assignments counts where states of g assign the name.
func (g *graph) assignments(name string) int {
	if g.names == nil {
		g.names = map[string]int{}
		for _, s := range g.states {
			for _, v := range s.assigned {
				g.names[v.name]++
			}
		}
	}
	return g.names[name]
}

// Assigns returns the names of the variables that states of the block may assign, the blocks within left out.
func (b *Block) Assigns() map[string]bool {
	names := map[string]bool{}
	add := func(t *Template) {
		if t != nil {
			for _, m := range t.Members {
				names[m.Key] = true
			}
		}
	}
	for _, s := range b.States {
		add(s.Assign)
		for _, c := range s.Catch {
			add(c.Assign)
		}
		if s.Choice != nil {
			for _, r := range s.Choice.Rules {
				add(r.Assign)
			}
		}
	}
	return names
}

// Reads returns the names of the variables, sorted, that s and the states within it read and none of those within assigns.
func (s *State) Reads() []string {
	refs, own := references{}, map[string]bool{}
	refs.block(&Block{States: []*State{s}})
	read := map[string]bool{}
	for _, names := range refs {
		for _, name := range names {
			read[name] = true
		}
	}
	for _, b := range s.blocks() {
		for name := range b.Assigns() {
			own[name] = true
		}
		for inner := range b.All() {
			for _, within := range inner.blocks() {
				maps.Copy(own, within.Assigns())
			}
		}
	}
	maps.DeleteFunc(read, func(name string, _ bool) bool { return own[name] })
	return slices.Sorted(maps.Keys(read))
}

// VariableReferences returns the names of the variables that each state reads, sorted. States that read none
// are left out.
func (m *Machine) VariableReferences() map[string][]string {
	refs := references{}
	refs.block(&m.Block)
	return refs
}

// references collects the variables that states read, by the name of the state.
type references map[string][]string

func (r references) block(b *Block) {
	for _, s := range b.States {
		names := map[string]bool{}
		reader{names}.state(s)
		for name := range names {
			r[s.Name] = append(r[s.Name], name)
		}
		slices.Sort(r[s.Name])
		if s.Parallel != nil {
			for _, branch := range s.Parallel.Branches {
				r.block(branch)
			}
		}
		if s.Map != nil && s.Map.Processor != nil {
			r.block(s.Map.Processor)
		}
	}
}

// reader collects the variables that one state reads.
type reader struct{ names map[string]bool }

func (r reader) state(s *State) {
	r.pathField(s.InputPath, s.OutputPath)
	r.templates(s.Parameters, s.ResultSelector, s.Arguments, s.Output, s.Assign)
	for _, c := range s.Catch {
		r.templates(c.Assign, c.Output)
	}
	switch s.Type {
	case Task:
		r.fields(s.Task.Timeout, s.Task.Heartbeat)
		r.templates(s.Task.Credentials)
	case Map:
		m := s.Map
		r.pathField(m.ItemsPath)
		r.templates(m.Items, m.ItemSelector, m.ItemReader, m.ItemBatcher, m.ResultWriter)
		r.fields(m.MaxConcurrency, m.ToleratedFailureCount, m.ToleratedFailurePercentage)
	case Wait:
		r.fields(s.Wait.Seconds, s.Wait.Timestamp)
	case Fail:
		r.fields(s.Fail.Error, s.Fail.Cause)
	case Choice:
		for _, rule := range s.Choice.Rules {
			r.fields(rule.Condition)
			r.templates(rule.Assign, rule.Output)
			r.test(rule.Test)
		}
	}
}

func (r reader) test(t *Test) {
	if t == nil {
		return
	}
	r.path(t.Variable)
	r.path(t.Path)
	for _, inner := range t.Tests {
		r.test(inner)
	}
}

func (r reader) pathField(fields ...PathField) {
	for _, f := range fields {
		r.path(f.Path)
	}
}

func (r reader) fields(fields ...Field) {
	for _, f := range fields {
		r.expr(f.Expr)
	}
}

func (r reader) templates(templates ...*Template) {
	for _, t := range templates {
		if t == nil {
			continue
		}
		r.expr(t.Expr)
		for _, m := range t.Members {
			r.templates(m.Value)
		}
		r.templates(t.Elems...)
	}
}

func (r reader) expr(e *Expr) {
	switch {
	case e == nil:
	case e.Path != nil:
		for _, p := range e.Path.Paths() {
			r.path(p)
		}
	case e.Query != nil:
		_, _, variables := e.Query.References()
		for _, name := range variables {
			r.names[name] = true
		}
	}
}

func (r reader) path(p *jsonpath.Path) {
	if p != nil && !strings.HasPrefix(p.Root(), "$") {
		r.names[p.Root()] = true
	}
}
