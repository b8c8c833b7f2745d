package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/value"
)

// A fork is an execution that begins at a state of the top level of another one. It starts as any other does, by the same
// change; what it takes from its origin is copied into it, so nothing of the origin has to stay.

// forking is a fork that begins: from where, and with what. Its texts are JSON.
type forking struct {
	from, state string // ARN of the origin, and the state
	event       int64
	input       string // of the state
	variables   string // an object; "": there are none
}

func (f *forking) origin() *statelark.Origin {
	return &statelark.Origin{ARN: f.from, State: f.state, Event: f.event}
}

func (f *forking) beginning() *interp.Beginning {
	b := &interp.Beginning{State: f.state, Input: parsed(f.input)}
	if f.variables != "" {
		b.Variables = parsed(f.variables).Members()
	}
	return b
}

// keep puts the variables among the payloads of the fork and returns their number, 0 when there are none: no event of a
// history has those that an execution began with.
func (f *forking) keep(p row.Payloads) uint32 {
	if f.variables == "" {
		return 0
	}
	return p.Put(f.variables)
}

func (f *forking) size() int {
	if f == nil {
		return 0
	}
	return len(f.input) + len(f.variables)
}

// Fork starts an execution at a state of the top level of another one, and returns when that is durable. What the state
// gets, and the variables that there are, are those of the other one's visit, unless they are given. The input of the
// execution is that of its origin, but where what begins it is given anew: see forkInput.
func (e *Engine) Fork(ctx context.Context, s statelark.ForkStart) (*statelark.Execution, error) {
	past, err := e.past(ctx, s.From)
	if err != nil {
		return nil, err
	}
	if past.record.MapRun != "" {
		return nil, invalidFork("The execution is a child of the Map Run '%s': fork the execution that the Map Run is of.", past.record.MapRun)
	}
	f, err := e.forking(ctx, past, &s)
	if err != nil {
		return nil, err
	}
	b := &beginning{seed: rand.Uint64(), fork: f, start: statelark.ExecutionStart{
		Machine: past.record.Machine, Name: s.Name, MadeUp: s.MadeUp, Input: forkInput(past, f), TestCase: past.record.TestCase,
	}}
	if err := e.enterFork(ctx, past, &s, b); err != nil {
		return nil, err
	}
	defer e.leave(b.machine)
	if err := checkFork(past, &s, b); err != nil {
		return nil, err
	}
	return e.startFork(ctx, b)
}

// startFork starts what was checked. A name that is taken is so whatever has it: nobody can tell whether two forks are the
// same one.
func (e *Engine) startFork(ctx context.Context, b *beginning) (*statelark.Execution, error) {
	if b.machine.record.Type == statelark.Express {
		return e.startStored(ctx, e.newExpress(b), b.start.Input, nil)
	}
	if there, err := e.opened(ctx, b); there != nil || err != nil {
		return there, err
	}
	record, err := e.begin(ctx, b)
	if err != nil {
		e.unopened(b)
	}
	switch {
	case errors.Is(err, statelark.ErrExists):
		return nil, statelark.Errorf(statelark.CodeExecutionAlreadyExists, "Execution Already Exists: '%s'", arn.Execution(b.start.Machine, b.start.Name))
	case err != nil && !statelark.Refused(err) && ctx.Err() == nil:
		return nil, unavailable(err)
	}
	return record, err
}

// forkInput is the input of the execution: that of its origin, which the states that follow may look up, so that
// it is what DescribeExecution and the context object show. A fork at the very beginning with an input of its own is no
// other thing than a start with that input.
func forkInput(p *past, f *forking) string {
	if f.event == firstVisit && p.record.Fork == nil {
		return f.input
	}
	return p.input
}

// firstVisit is the event by which an execution enters its first state.
const firstVisit = 2

// forking finds the visit that s names, and what it began with.
func (e *Engine) forking(ctx context.Context, p *past, s *statelark.ForkStart) (*forking, error) {
	ev, err := p.visit(ctx, s.State, s.Event)
	if err != nil {
		return nil, err
	}
	f := &forking{from: s.From, state: ev.Name, event: ev.ID, input: ev.Data}
	if s.Input != nil {
		f.input = *s.Input
	}
	if r := value.Refuse(f.input); r != nil {
		return nil, statelark.Errorf(statelark.CodeInvalidExecutionInput, "Invalid State Machine Execution Input: '%s'", r.Why)
	}
	if most := e.opts.Limits.PayloadBytes; most.Exceeded(int64(parsed(f.input).Size())) {
		return nil, statelark.Errorf(statelark.CodeInvalidExecutionInput, "The input is larger than the %d bytes that a payload may have.", most).Over("payload-bytes")
	}
	if s.Variables != nil {
		f.variables, err = e.givenVariables(*s.Variables)
		return f, err
	}
	vars, err := p.variablesBefore(ctx, ev.ID)
	if err == nil && len(vars) > 0 {
		f.variables = value.NewObject(vars).Text()
	}
	return f, err
}

// givenVariables checks variables that were given, and returns them as they are kept.
func (e *Engine) givenVariables(text string) (string, error) {
	if r := value.Refuse(text); r != nil {
		return "", invalidFork("The variables are not JSON: %s", r.Why)
	}
	v := parsed(text)
	if v.Kind() != value.Object {
		return "", invalidFork("The variables have to be an object: a member for each, under its name without the $.")
	}
	size, seen := 0, map[string]bool{}
	for _, m := range v.Members() {
		if _, why := asl.RefuseVariable(m.Key); why != "" {
			return "", invalidFork("%s", why)
		}
		if seen[m.Key] {
			return "", invalidFork("The variable '%s' is given twice.", m.Key)
		}
		seen[m.Key] = true
		n := m.Value.Size()
		if most := e.opts.Limits.AssignBytes; most.Exceeded(int64(n)) {
			return "", statelark.Errorf(statelark.CodeValidation, "The variable '%s' is larger than the %d bytes that a state may assign.", m.Key, most).Over("assign-bytes")
		}
		size += n
	}
	if most := e.opts.Limits.VariablesBytes; most.Exceeded(int64(size)) {
		return "", statelark.Errorf(statelark.CodeValidation, "The variables are larger than the %d bytes that those of an execution may have.", most).Over("variables-bytes")
	}
	if len(seen) == 0 {
		return "", nil
	}
	return text, nil
}

func invalidFork(format string, a ...any) error {
	return statelark.Errorf(statelark.CodeValidation, format, a...)
}

// enterFork finds what the fork runs. Its machine is to be given to leave.
func (e *Engine) enterFork(ctx context.Context, p *past, s *statelark.ForkStart, b *beginning) error {
	if s.Machine == "" {
		return e.enterSame(ctx, p, b)
	}
	if machine, _ := arn.SplitQualified(s.Machine); machine != p.record.Machine {
		return invalidFork("A fork runs the state machine of the execution that it is of, '%s', or a version or an alias of that; not '%s'.", p.record.Machine, s.Machine)
	}
	a, err := e.admit(ctx, s.Machine, drawOf(b.seed))
	if err != nil {
		return err
	}
	b.machine, b.route = a.program, a.route
	return nil
}

// enterSame has the fork run the revision of its origin, which need not be the present one, and no version. The version that
// the origin was started through is the fork's, too, as long as it is there; an alias is not: it may lead elsewhere now.
func (e *Engine) enterSame(ctx context.Context, p *past, b *beginning) error {
	b.machine, b.route = p.program, route{machine: p.record.Machine}
	p.program.enter() // before the look whether the state machine is being deleted; see admit
	h, err := e.machines.head(ctx, p.record.Machine)
	switch {
	case err != nil:
	case h.value.Deleting:
		err = errDeleting(p.record.Machine)
	case p.record.Version != "":
		_, qualifier := arn.SplitQualified(p.record.Version)
		number, _ := statelark.VersionNumber(qualifier)
		r := route{machine: p.record.Machine, revision: p.record.Revision, number: number}
		switch gone := e.machines.stillThere(ctx, &r); {
		case gone == nil:
			b.route = r
		case !errors.Is(gone, statelark.ErrConflict):
			err = gone
		}
	}
	if err != nil {
		e.leave(p.program)
	}
	return err
}

// checkFork reports why what the fork runs cannot begin so.
func checkFork(p *past, s *statelark.ForkStart, b *beginning) error {
	m := b.machine.machine
	if m == nil {
		return b.machine.fault
	}
	f := b.fork
	state := m.State(f.state)
	if state == nil {
		if around := m.Around(f.state); around != nil {
			return withinState(f.state, around.Name)
		}
		return invalidFork("The definition that the fork would run has no state '%s' at its top level; those that it has are: %s.", f.state, stateNames(&m.Block))
	}
	if s.Variables == nil && b.machine == p.program {
		return nil // as it was
	}
	var missing []string
	there := f.beginning().Variables
	for _, name := range state.Reads() {
		if !slices.ContainsFunc(there, func(m value.Member) bool { return m.Key == name }) {
			missing = append(missing, "$"+name)
		}
	}
	if len(missing) > 0 {
		return invalidFork("The state '%s' reads variables that the fork would not have: %s. Give them.", f.state, strings.Join(missing, ", "))
	}
	return nil
}

func withinState(name, around string) error {
	return invalidFork("The state '%s' is within '%s', and a fork begins at the top level: fork from '%s'.", name, around, around)
}

// stateNames lists the states of a block for a message, 20 at most.
func stateNames(b *asl.Block) string {
	var names []string
	for _, s := range b.States {
		if len(names) == 20 {
			names = append(names, "…")
			break
		}
		names = append(names, "'"+s.Name+"'")
	}
	return strings.Join(names, ", ")
}

// Forks returns the forks of an execution, newest first, n at most: those of its name, so also what is left of one that had the
// name before and has expired. (No time tells them apart: clocks are set back.) Of those of an Express execution it knows the ones that
// ended of late.
func (e *Engine) Forks(ctx context.Context, text string, n int) ([]*statelark.Execution, error) {
	if _, _, _, express := arn.SplitExpress(text); express {
		return e.seen.forksOf(text, n), nil
	}
	if _, err := e.record(ctx, text); err != nil {
		return nil, err
	}
	records, err := durably(ctx, e, func() ([]*statelark.Execution, error) {
		return e.store.Executions(ctx, statelark.ExecutionQuery{Machine: statelark.ForkList(text), Limit: n})
	})
	if err != nil {
		return nil, fmt.Errorf("listing the forks of %s: %w", text, err)
	}
	return records, nil
}

// forksOf returns the forks of an Express execution that ended last.
func (s *expressSeen) forksOf(text string, n int) (list []*statelark.Execution) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.last) - 1; i >= 0 && len(list) < n; i-- {
		if x := &s.last[i].Execution; x.Fork != nil && x.Fork.ARN == text {
			list = append(list, x)
		}
	}
	return list
}
