package interp

import "errors"

// A step is bounded by what it computes, never by a clock: the same events give the same decisions, whatever else the
// machine is doing. The evaluators count their work in units of some 50 µs.

// StepBudget is how many turns one Step has, so that a loop of Pass states lets other executions in.
const StepBudget = 512

// turnsPerUnit is what a unit of work costs of the budget.
const turnsPerUnit = 64

// bytesPerTurn is how many bytes a thread may take up for one more turn of the budget. It bounds what a decision holds.
const bytesPerTurn = 8 << 10

// turnsPerAsk is after how many turns the host is asked whether it interrupts.
const turnsPerAsk = 16

// bounds are the units of work after which an evaluation is a failure of its state.
type bounds struct {
	expression int // of one JSONata expression
	visit      int // of all that a state computes at a time: on being entered, or after an event
}

// workBounds is AWS's second for an expression, and twenty seconds for all those of a state, which AWS does not bound.
var workBounds = bounds{expression: 20_000, visit: 400_000}

// ErrInterrupted is the error of a step that was abandoned because the host interrupted it.
var ErrInterrupted = errors.New("the step was interrupted")

// interruption is what an abandoned step panics with. It passes through the evaluators.
type interruption struct{}

// spend uses up turns of the budget. It abandons the step if the host says so, which is asked now and then.
func (x *Exec) spend(turns int) {
	x.used += turns
	if x.used-x.asked < turnsPerAsk {
		return
	}
	x.asked = x.used
	if x.host.Interrupted != nil && x.host.Interrupted() {
		panic(interruption{})
	}
}

// abandoned is deferred by StepInto.
func abandoned(err *error) {
	if p := recover(); p != nil {
		if _, ok := p.(interruption); !ok {
			panic(p)
		}
		*err = ErrInterrupted
	}
}

// work counts a unit of work and reports whether the state of f may do another one.
func (f *frame) work() bool {
	f.units++
	f.x.spend(turnsPerUnit)
	return f.units <= f.x.bounds.visit
}

// exhausted reports whether the state of f has done all the work it may.
func (f *frame) exhausted() bool { return f.units > f.x.bounds.visit }

const exhaustedCause = "The expressions of the state take too long together: Check for large inputs and for expressions that go through them again and again"
