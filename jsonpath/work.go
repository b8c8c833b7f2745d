package jsonpath

import (
	"errors"

	"github.com/statelark/statelark/value"
)

// UnitSteps is the number of steps in a unit of work. A step is what takes some 50 ns: a value that a step of a path is
// applied to, or so much of the work of a function. What an expression costs in steps depends on nothing but itself
// and what it sees.
const UnitSteps = 1024

// ErrWork is the error of an evaluation that Env.Work ended.
var ErrWork = errors.New("the expression takes too much work")

// ErrMemory is the error of an evaluation that makes more than maxMade.
var ErrMemory = errors.New("the expression makes too much data")

// maxMade bounds what one evaluation makes, in bytes of memory, whether it holds on to it or not.
const maxMade = 64 << 20

// The bytes of memory that what is made takes.
const (
	valueBytes     = 24  // of an element
	foundBytes     = 64  // of an element of a slice that grows
	memberBytes    = 40  // of a member; twice as many with an index of the names
	containerBytes = 112 // of an array or object
	openedBytes    = 24  // of a byte of text that is looked into: "[]," makes an array
)

// meter counts the steps of one evaluation and tells Env.Work of each unit; and it counts what the evaluation makes.
type meter struct {
	work  func() bool
	steps int // of the unit that is not full yet
	made  int // bytes of memory
}

// holds counts n bytes of memory that are about to be taken.
func (m *meter) holds(n int) error {
	if m.made += n; m.made > maxMade {
		return ErrMemory
	}
	return nil
}

// spend counts n steps. Work whose amount is known is counted before it is done.
func (m *meter) spend(n int) error {
	if m.steps += n; m.steps < UnitSteps {
		return nil
	}
	return m.tell()
}

func (m *meter) tell() error {
	for ; m.steps >= UnitSteps; m.steps -= UnitSteps {
		if m.work != nil && !m.work() {
			return ErrWork
		}
	}
	return nil
}

// close tells of the last unit, if at least half of it was done.
func (m *meter) close() error { return m.spend(UnitSteps / 2) }

// The number of bytes or elements that one step stands for.
const (
	bytesRead = 32 // of texts that are gone through, printed or hashed
	elements  = 8  // of arrays and objects that are copied
)

// maxText bounds the text that one call makes, in bytes: the limit that AWS has for a value of JSONata.
const maxText = 6990256

// makes counts the steps of making a text of n bytes, and refuses one that is too long.
func (m *meter) makes(n int) error {
	if n > maxText {
		return ErrMemory
	}
	return m.spend(n / bytesRead)
}

// prints counts the steps of printing v, and the text.
func (m *meter) prints(v value.Value) error {
	n := v.SizeWithin(maxText)
	if err := m.holds(n); err != nil {
		return err
	}
	return m.makes(n)
}

// Bounded reports whether err is ErrWork or ErrMemory: that of a bound, and not of what was to be computed.
func Bounded(err error) bool { return errors.Is(err, ErrWork) || errors.Is(err, ErrMemory) }
