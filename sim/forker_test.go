package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/engine"
)

// forkable are the kinds of which a fork at the first state is to end as its origin may.
var forkable = slices.DeleteFunc(slices.Clone(slices.Concat(plainKinds, mendKinds)), func(k *kind) bool {
	return k == doomed || k == doomedMap || k == changing || k.maps()
})

// maxForks is how many forks a world has.
const maxForks = 6

// forker forks executions that run or have ended, at their first state, while others start and engines crash.
func (w *world) forker() {
	for n := 0; n < maxForks; n++ {
		w.pause(900 * time.Millisecond)
		if s := w.origin(); s != nil {
			w.fork(s, fmt.Sprintf("fork-%d", n))
		}
	}
}

// origin chooses an execution to fork, nil when there is none.
func (w *world) origin() *started {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []*started
	for i := range w.started {
		if s := w.started[i]; slices.Contains(forkable, s.kind) {
			found = append(found, &s)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found[w.rnd.IntN(len(found))]
}

// fork forks an execution, and notes the fork as started once that is acknowledged.
func (w *world) fork(s *started, name string) {
	tries := 0
	err := w.insist(func(e *engine.Engine) error {
		tries++
		_, err := e.Fork(context.Background(), statelark.ForkStart{From: s.arn, Event: 2, Name: name})
		return err
	})
	switch code := statelark.ErrorCode(err); {
	case err == nil, code == statelark.CodeExecutionAlreadyExists && tries > 1:
	case code == statelark.CodeValidation: // it has not come to its first state yet
		return
	default:
		w.errorf("%s cannot be forked: %v", s.arn, err)
		return
	}
	machine, _, _ := arn.SplitExecution(s.arn)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started = append(w.started, started{arn.Execution(machine, name), s.kind, 0})
	w.forks = append(w.forks, [2]string{s.arn, arn.Execution(machine, name)})
}

// auditForks checks that every fork knows its origin, and is among its forks.
func (w *world) auditForks() {
	for _, f := range w.forks {
		x := w.look(f[1])
		if x == nil || x.Fork == nil || x.Fork.ARN != f[0] || x.Fork.Event != 2 {
			w.errorf("%s is no fork of %s: %+v", f[1], f[0], x)
			continue
		}
		forks, err := w.now().Forks(context.Background(), f[0], 100)
		if err != nil || !slices.ContainsFunc(forks, func(x *statelark.Execution) bool { return x.ARN() == f[1] && x.Status != statelark.Running }) {
			w.errorf("%s is not among the forks of %s: %v", f[1], f[0], err)
		}
	}
}
