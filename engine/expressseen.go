package engine

import (
	"sync"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
)

// ExpressSeen is an Express execution that ended of late.
type ExpressSeen struct {
	statelark.ExecutionDetail

	// History is its events, or the first of them when they were too many or too large.
	History []history.Event

	fork  *forking // that it is; nil: none
	bytes int
}

// expressSeen keeps the Express executions that ended last, up to a number and to a number of bytes. nil keeps none.
type expressSeen struct {
	max, maxBytes int

	mu    sync.Mutex
	last  []*ExpressSeen // the latest at the end
	bytes int
}

func newExpressSeen(most, maxBytes int) *expressSeen {
	if most == 0 {
		return nil
	}
	return &expressSeen{max: most, maxBytes: maxBytes}
}

// eventBytes is about what an event takes in memory beside its payload.
const eventBytes = 320

// note takes the events of a step. One execution may take a quarter of all memory.
func (s *expressSeen) note(x *express, events []history.Event) {
	if s == nil {
		return
	}
	for _, ev := range events {
		bytes := eventBytes + len(ev.Data)
		for _, text := range []*string{ev.Error, ev.Cause} {
			if text != nil {
				bytes += len(*text)
			}
		}
		for _, v := range ev.Assigned {
			bytes += len(v.Key) + v.Value.Size()
		}
		if x.shownBytes+bytes > s.maxBytes/4 {
			x.shownBytes = s.maxBytes / 4 // no more of them
			return
		}
		x.shown, x.shownBytes = append(x.shown, ev), x.shownBytes+bytes
	}
}

// keep takes an execution that has ended.
func (s *expressSeen) keep(x *express, end *expressEnd) {
	if s == nil {
		return
	}
	seen := &ExpressSeen{ExecutionDetail: end.ExecutionDetail, History: x.shown, fork: x.fork, bytes: x.shownBytes + slotBytes}
	if seen.Input == "" {
		seen.Input = x.input.Text()
	}
	seen.bytes += len(seen.Input) + len(seen.Output) + x.fork.size()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.bytes = append(s.last, seen), s.bytes+seen.bytes
	gone := 0
	for len(s.last)-gone > s.max || s.bytes > s.maxBytes && len(s.last)-gone > 1 {
		s.bytes -= s.last[gone].bytes
		s.last[gone] = nil
		gone++
	}
	s.last = s.last[gone:]
}

// ExpressExecutions returns the Express executions of a state machine that ended last, the latest first, n at most;
// with "" those of all. Only what Options.KeepExpress allows is known. What it returns is not to be changed.
func (e *Engine) ExpressExecutions(machine string, n int) []*ExpressSeen {
	s := e.seen
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*ExpressSeen
	for i := len(s.last) - 1; i >= 0 && len(list) < n; i-- {
		if machine == "" || s.last[i].Machine == machine {
			list = append(list, s.last[i])
		}
	}
	return list
}

// ExpressExecution returns the Express execution of an ARN, if it ended of late.
func (e *Engine) ExpressExecution(text string) (*ExpressSeen, error) {
	_, _, last, ok := arn.SplitExpress(text)
	id, named := statelark.ParseUUID(last)
	if s := e.seen; s != nil && ok && named {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := len(s.last) - 1; i >= 0; i-- {
			if s.last[i].ID == id {
				return s.last[i], nil
			}
		}
	}
	return nil, missing(text)
}
