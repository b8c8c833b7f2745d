package jsonata

import "slices"

// textRange is a part of a text; noRange is that of a group which has not matched.
type textRange struct{ from, to int }

var noRange = textRange{-1, -1}

// matching is one search for a match. Its work is counted, so that a search through many choices ends when there is too
// much of it.
type matching struct {
	*program
	ev     *evaluator
	text   []rune // one UTF-16 unit each
	groups []textRange
	opened []int // where each group began
	loops  []loopState
	inner  int // where the last part that is matched for itself ended

	depth int  // iterations that are open
	deep  bool // there were too many
	steps int  // of the matching that are not counted yet
	err   *Error
}

// The steps of a matching take less time than those of an evaluation.
const (
	stepsPerStep = 4
	stepsPerPoll = 256
)

// tick counts a step. It returns false when there was too much work.
func (m *matching) tick() bool {
	if m.steps++; m.steps < stepsPerPoll {
		return true
	}
	return m.poll()
}

func (m *matching) poll() bool {
	if m.err == nil {
		m.err = m.ev.spend(m.steps / stepsPerStep)
		m.steps %= stepsPerStep
	}
	return m.err == nil
}

// char returns the character that is next from pos in the direction by.
func (m *matching) char(pos, by int) (rune, bool) {
	if by < 0 {
		pos--
	}
	if pos < 0 || pos >= len(m.text) {
		return 0, false
	}
	return m.text[pos], true
}

// search returns the groups of the first match at or after from, the whole match first; nil when there is none. They
// are good until the next search.
func (m *matching) search(from int) ([]textRange, *Error) {
	m.groups = slices.Grow(m.groups[:0], m.program.groups)[:m.program.groups]
	m.opened = slices.Grow(m.opened[:0], m.program.groups)[:m.program.groups]
	m.loops = slices.Grow(m.loops[:0], m.program.loops)[:m.program.loops]
	for i := range m.groups {
		m.groups[i] = noRange
	}
	for at := from; at <= len(m.text); at++ {
		if m.once && at > 0 {
			break
		}
		if m.first != nil && (at == len(m.text) || !m.first(m.text[at])) {
			if (at-from)%bytesRead == 0 && !m.tick() {
				break
			}
			continue
		}
		if m.tick() && m.start(m, at) {
			return m.groups, m.settle()
		}
		if m.err != nil || m.deep {
			break
		}
	}
	return nil, m.settle()
}

// settle counts what is not counted yet.
func (m *matching) settle() *Error {
	m.poll()
	if m.err == nil && m.deep {
		m.err = m.ev.dialect.failTimeout()
	}
	return m.err
}

// saved is what a matching restores when a part that was matched for itself turns out wrong.
type saved struct {
	groups []textRange
	opened []int
	loops  []loopState
}

func (m *matching) state() saved {
	return saved{slices.Clone(m.groups), slices.Clone(m.opened), slices.Clone(m.loops)}
}

func (m *matching) restore(s saved) {
	copy(m.groups, s.groups)
	copy(m.opened, s.opened)
	copy(m.loops, s.loops)
}
