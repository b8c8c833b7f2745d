package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// past is what an execution has been through, as its history tells it: of one that runs or has ended, in the store or, an
// Express one, in the memory of those that ended of late.
type past struct {
	e       *Engine
	record  *statelark.Execution
	program *program
	input   string
	seen    *ExpressSeen // nil: it is in the store
}

// past reads what is to be known of an execution before its events.
func (e *Engine) past(ctx context.Context, text string) (*past, error) {
	p := &past{e: e}
	if _, _, _, express := arn.SplitExpress(text); express {
		seen, err := e.ExpressExecution(text)
		if err != nil {
			return nil, err
		}
		p.seen, p.record, p.input = seen, &seen.Execution, seen.Input
	} else {
		d, err := durably(ctx, e, func() (*statelark.ExecutionDetail, error) { return e.detail(ctx, text) })
		if err != nil {
			return nil, err
		}
		p.record, p.input = &d.Execution, d.Input
	}
	var err error
	p.program, err = e.programOf(p.record)
	return p, err
}

// pastPage is how many events are read at once.
const pastPage = 250

// back goes through the events from the one of that id, 0: the last, back to the first, until f says false.
func (p *past) back(ctx context.Context, from int64, f func(*history.Event) bool) error {
	return p.walk(ctx, from, true, f)
}

// on goes through the events from the one of that id to the last, until f says false.
func (p *past) on(ctx context.Context, from int64, f func(*history.Event) bool) error {
	return p.walk(ctx, from, false, f)
}

func (p *past) walk(ctx context.Context, from int64, reverse bool, f func(*history.Event) bool) error {
	if p.seen != nil {
		p.walkSeen(from, reverse, f)
		return nil
	}
	for {
		events, err := p.e.History(ctx, p.record.ARN(), from, pastPage, reverse)
		if err != nil {
			return err
		}
		for i := range events {
			if !f(&events[i]) {
				return nil
			}
		}
		if len(events) < pastPage {
			return nil
		}
		if from = events[len(events)-1].ID + 1; reverse {
			if from -= 2; from == 0 {
				return nil
			}
		}
	}
}

func (p *past) walkSeen(from int64, reverse bool, f func(*history.Event) bool) {
	events := p.seen.History
	for i := range events {
		ev := &events[i]
		if reverse {
			ev = &events[len(events)-1-i]
		}
		if from != 0 && (reverse && ev.ID > from || !reverse && ev.ID < from) {
			continue
		}
		if !f(ev) {
			return
		}
	}
}

// visit returns the event by which a state of the top level was entered: that of the id, or the last one when it is 0. With
// no name it is the one that failed: of all that were entered at the top level, the last.
func (p *past) visit(ctx context.Context, name string, id int64) (*history.Event, error) {
	block := &p.program.machine.Block
	if name != "" && block.State(name) == nil {
		if around := block.Around(name); around != nil {
			return nil, withinState(name, around.Name)
		}
		return nil, invalidFork("The execution's definition has no state '%s'; those at its top level are: %s.", name, stateNames(block))
	}
	if name == "" && id == 0 && (p.record.Status == statelark.Running || p.record.Status == statelark.Succeeded) {
		return nil, invalidFork("The execution is %s, and so none of its states is the one that failed: name the state to fork from.", p.record.Status)
	}
	var found *history.Event
	err := p.back(ctx, id, func(ev *history.Event) bool {
		if isEntered(ev.Type) && block.State(ev.Name) != nil && (name == "" || ev.Name == name) {
			found = ev
		}
		return found == nil && id == 0
	})
	switch {
	case err != nil:
		return nil, err
	case found != nil:
		return found, nil
	case id != 0:
		return nil, p.noVisit(ctx, name, id)
	case name != "":
		return nil, invalidFork("The execution did not come to the state '%s'.", name)
	}
	return nil, invalidFork("The execution came to no state.")
}

// noVisit tells why an event is none by which the state was entered.
func (p *past) noVisit(ctx context.Context, name string, id int64) error {
	var what *history.Event
	if err := p.on(ctx, id, func(ev *history.Event) bool { what = ev; return false }); err != nil {
		return err
	}
	switch {
	case what == nil || what.ID != id:
		return invalidFork("The execution has no event %d.", id)
	case !isEntered(what.Type):
		return invalidFork("Event %d is %s: a fork begins where a state was entered.", id, what.Type)
	}
	if around := p.program.machine.Around(what.Name); around != nil {
		return withinState(what.Name, around.Name)
	}
	return invalidFork("With event %d the state '%s' was entered, not '%s'.", id, what.Name, name)
}

func isEntered(t history.Type) bool { return strings.HasSuffix(t.String(), "StateEntered") }

func isExited(t history.Type) bool { return strings.HasSuffix(t.String(), "StateExited") }

// variablesBefore returns the variables of the top level as they were before the event of that id.
//
// The top level is one flow, and the names of states are unique in a machine: so what its states assigned is told by
// their exits alone, in the order of ids, and the last one of each name is what counts.
func (p *past) variablesBefore(ctx context.Context, id int64) ([]value.Member, error) {
	block := &p.program.machine.Block
	wanted := block.Assigns()
	vars := newestOf{}
	if len(wanted) > 0 && id > 1 {
		err := p.back(ctx, id-1, func(ev *history.Event) bool {
			if isExited(ev.Type) && len(ev.Assigned) > 0 && block.State(ev.Name) != nil {
				vars.add(ev.Assigned)
			}
			return len(vars.list) < len(wanted)
		})
		if err != nil {
			return nil, err
		}
	}
	begun, err := p.begunWith(ctx)
	vars.add(begun)
	return vars.list, err
}

// begunWith returns the variables that a fork began with.
func (p *past) begunWith(ctx context.Context) ([]value.Member, error) {
	switch f := p.record.Fork; {
	case p.seen != nil && p.seen.fork != nil:
		return p.seen.fork.beginning().Variables, nil
	case f == nil || f.Variables == 0:
		return nil, nil
	default:
		data, err := p.e.store.Blob(ctx, p.record.ID, f.Variables)
		if err != nil {
			return nil, fmt.Errorf("reading the variables of %s: %w", p.record.ARN(), err)
		}
		return parsed(string(data)).Members(), nil
	}
}

// newestOf collects variables of which the newest come first.
type newestOf struct {
	list []value.Member
	seen map[string]bool
}

func (n *newestOf) add(older []value.Member) {
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	for _, m := range older {
		if !n.seen[m.Key] {
			n.seen[m.Key] = true
			n.list = append(n.list, m)
		}
	}
}
