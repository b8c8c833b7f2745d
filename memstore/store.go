// Package memstore keeps executions in memory. It serves `statelark dev` and tests, and it is the model that
// storetest holds every other store against: what it says is what the contract means.
package memstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark"
)

// Store is a statelark.Store that forgets everything when the process ends.
type Store struct {
	// Now is the clock by which leases end, LeaseTime how long one lasts. Both may be set before first use.
	Now       func() time.Time
	LeaseTime time.Duration
	// MaxClosed and MaxClosedBytes bound what closed executions take up: their number, and the bytes of their
	// histories and blobs. Those that closed first are removed, as Expire would. 0: no bound. Both may be set before
	// first use.
	MaxClosed      int
	MaxClosedBytes int

	mu         sync.RWMutex // guards all below
	closed     bool
	leases     [statelark.Shards]lease
	executions map[statelark.ExecID]*execution
	ids        rows[statelark.ExecID, struct{}] // of executions
	names      map[name]statelark.ExecID
	lists      map[list]*rows[statelark.ExecID, struct{}]
	stopped    rows[moment, struct{}] // executions that have ended, by the time of their end
	ended      int                    // number of stopped
	endedBytes int                    // of their blocks and blobs
	timers     rows[timer, struct{}]
	work       rows[statelark.MessageKey, []byte]
	inbox      rows[statelark.MessageKey, []byte]
	meta       rows[string, statelark.MetaRecord]
	index      rows[string, []byte]
	pending    pending
}

var _ statelark.Store = (*Store)(nil)

// execution is all that belongs to one execution alone.
type execution struct {
	record  statelark.Execution
	blocks  []statelark.HistoryBlock // without gaps
	threads rows[uint32, []byte]
	blobs   map[uint32][]byte
	timers  map[timer]struct{}
	bytes   int // of blocks and blobs
}

// holding returns the place of the block that holds an event: the first one whose last event is not before it.
func (x *execution) holding(event int64) int {
	return sort.Search(len(x.blocks), func(i int) bool { return x.blocks[i].Last >= event })
}

// last returns the id of the last event stored.
func (x *execution) last() int64 {
	if len(x.blocks) == 0 {
		return 0
	}
	return x.blocks[len(x.blocks)-1].Last
}

// name is the name of an execution within its state machine.
type name struct{ machine, name string }

// list names the executions of a state machine that have a status, or all of them (0).
type list struct {
	of     string // one of an execution's Lists
	status statelark.Status
}

// moment is a point in time (Unix milliseconds) of an execution.
type moment struct {
	at   int64
	exec statelark.ExecID
}

// timer is an armed timer, due in Unix milliseconds.
type timer struct {
	moment
	seq uint64
}

// New returns an empty store with the system's clock and leases of ten seconds.
func New() *Store {
	return &Store{
		Now:        time.Now,
		LeaseTime:  10 * time.Second,
		executions: make(map[statelark.ExecID]*execution),
		ids:        rows[statelark.ExecID, struct{}]{compare: compareIDs},
		names:      make(map[name]statelark.ExecID),
		lists:      make(map[list]*rows[statelark.ExecID, struct{}]),
		stopped:    rows[moment, struct{}]{compare: compareMoments},
		timers:     rows[timer, struct{}]{compare: compareTimers},
		work:       rows[statelark.MessageKey, []byte]{compare: compareKeys},
		inbox:      rows[statelark.MessageKey, []byte]{compare: compareKeys},
		meta:       rows[string, statelark.MetaRecord]{compare: strings.Compare},
		index:      rows[string, []byte]{compare: strings.Compare},
		pending:    newPending(),
	}
}

// Close ends the store; every later call is refused.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

var errClosed = errors.New("it is closed")

// usable says why the store cannot serve a call, nil when it can. The lock is held.
func (s *Store) usable(ctx context.Context) error {
	err := ctx.Err()
	if s.closed {
		err = errClosed
	}
	if err != nil {
		return fmt.Errorf("%w: %w", statelark.ErrUnavailable, err)
	}
	return nil
}

func compareIDs(a, b statelark.ExecID) int { return bytes.Compare(a[:], b[:]) }

func compareMoments(a, b moment) int {
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	return compareIDs(a.exec, b.exec)
}

// compareTimers and compareKeys order by shard first, so that the rows of a shard stand together.
func compareTimers(a, b timer) int {
	if c := cmp.Compare(a.exec.Shard(), b.exec.Shard()); c != 0 {
		return c
	}
	if c := compareMoments(a.moment, b.moment); c != 0 {
		return c
	}
	return cmp.Compare(a.seq, b.seq)
}

func compareKeys(a, b statelark.MessageKey) int {
	if c := cmp.Compare(a.To.Shard(), b.To.Shard()); c != 0 {
		return c
	}
	if c := compareIDs(a.To, b.To); c != 0 {
		return c
	}
	return cmp.Compare(a.Seq, b.Seq)
}

// firstID is below or equal to every id of a shard.
func firstID(shard statelark.ShardID) statelark.ExecID {
	return statelark.NewExecID(time.UnixMilli(0), shard, 0)
}

// lastID is above every id.
var lastID = statelark.ExecID(bytes.Repeat([]byte{0xff}, len(statelark.ExecID{})))

// rowsOf returns the first and the last key that a row of an execution can have.
func rowsOf(exec statelark.ExecID) (first, last statelark.MessageKey) {
	return statelark.MessageKey{To: exec}, statelark.MessageKey{To: exec, Seq: math.MaxUint64}
}
