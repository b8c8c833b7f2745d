package gateway

import (
	"log/slog"
	"strings"
	"sync"
	"time"
)

// faults writes to the log which operations failed. A fault that goes on, as that of a full disk, fails every request: the
// first is told, and then one in faultsEvery, with how many were not.
type faults struct {
	mu   sync.Mutex
	told map[string]*fault // by the text of the error without its digits; maxFaults at most
}

type fault struct {
	at     time.Time
	silent int // that were not told since
}

const (
	faultsEvery = time.Minute
	maxFaults   = 64
)

// kindOf is what faults of a kind have in common: figures in the text, as the room that is left, change.
func kindOf(err error) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, err.Error())
}

// tell notes that an operation failed.
func (f *faults) tell(log *slog.Logger, now time.Time, service, operation string, err error) {
	silent, tell := f.due(kindOf(err), now)
	switch {
	case !tell:
	case silent > 0:
		log.Error("operation failed", "service", service, "operation", operation, "error", err, "failures not told before", silent)
	default:
		log.Error("operation failed", "service", service, "operation", operation, "error", err)
	}
}

// due says whether a fault is to be told, and how many like it were not.
func (f *faults) due(kind string, now time.Time) (silent int, tell bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := f.told[kind]
	if last == nil {
		if f.told == nil || len(f.told) >= maxFaults {
			f.told = map[string]*fault{}
		}
		f.told[kind] = &fault{at: now}
		return 0, true
	}
	if passed := now.Sub(last.at); passed >= 0 && passed < faultsEvery {
		last.silent++
		return 0, false
	}
	silent = last.silent
	last.at, last.silent = now, 0
	return silent, true
}
