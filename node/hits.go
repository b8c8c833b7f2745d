package node

import (
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"
)

// hits writes to the log which limits are hit. AWS's answers do not name them, and who meets one wants to know which
// setting it was. Each limit is told once in hitsEvery at most.
type hits struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	told map[string]*hit // by the limit
	// throttled are the calls that were refused because of the rate of their operation.
	throttled map[string]int64
}

type hit struct {
	at     time.Time
	silent int // that were not told since
}

const hitsEvery = 10 * time.Second

func newHits(log *slog.Logger, now func() time.Time) *hits {
	return &hits{log: log, now: now, told: make(map[string]*hit), throttled: make(map[string]int64)}
}

// request notes that a request was refused.
func (h *hits) request(limit, operation string) {
	if name, is := strings.CutPrefix(limit, "rate."); is {
		h.mu.Lock()
		h.throttled[name]++
		h.mu.Unlock()
	}
	h.tell("a request hit a limit", limit, "operation", operation)
}

// throttles returns how many calls of each operation were refused because they came too fast.
func (h *hits) throttles() map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.throttled)
}

// execution notes that an execution or a state of it failed.
func (h *hits) execution(limit, arn string) {
	h.tell("an execution hit a limit", limit, "execution", arn)
}

func (h *hits) tell(what, limit, key, text string) {
	now := h.now()
	h.mu.Lock()
	last := h.told[limit]
	if last == nil {
		last = &hit{at: now.Add(-hitsEvery)}
		h.told[limit] = last
	}
	if passed := now.Sub(last.at); passed >= 0 && passed < hitsEvery {
		last.silent++
		h.mu.Unlock()
		return
	}
	silent := last.silent
	last.at, last.silent = now, 0
	h.mu.Unlock()
	h.log.Info(what, "limit", limit, key, text, "hits not told before", silent, "setting", "--limit "+limit+"=…")
}
