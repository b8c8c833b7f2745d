package engine

import (
	"context"
	"time"
)

// expireEvery is how often closed executions past their retention are looked for, expireBudget how many are
// removed before others get a turn at the store.
const (
	expireEvery  = 10 * time.Minute
	expireBudget = 500
)

// expire removes executions that closed longer ago than the retention. Their names are free again then, and the
// revisions of state machines that only they ran go with them.
func (e *Engine) expire(ctx context.Context) {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	freed := "" // the last revision that was looked at
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := e.expireOnce(ctx)
		if err == nil {
			freed, err = e.freeRevisions(ctx, freed)
		}
		if err != nil && ctx.Err() == nil {
			e.log.Warn("old executions could not be removed; it is tried again in 10 minutes", "error", err)
		}
	}
}

func (e *Engine) expireOnce(ctx context.Context) error {
	before := e.now().Add(-e.opts.Retention)
	for total := 0; ctx.Err() == nil; {
		n, err := e.store.Expire(ctx, before, expireBudget)
		if err != nil {
			return err
		}
		total += n
		if n < expireBudget {
			if total > 0 {
				e.log.Info("removed executions past their retention", "executions", total, "closed before", before)
			}
			return nil
		}
	}
	return nil
}
