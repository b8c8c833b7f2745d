package engine

import (
	"context"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/memstore"
)

// frail is a store in memory that a test can take away, hold up and look into.
type frail struct {
	*memstore.Store

	mu     sync.Mutex
	down   bool                                // every call is ErrUnavailable
	gate   chan struct{}                       // commits wait until it is closed
	before func(*statelark.Batch) error        // called ahead of a commit, which it may refuse
	after  func(*statelark.Batch) error        // called after one that was made, whose answer it may lose
	read   func()                              // called when a meta record was read
	lookup func()                              // called before a name is looked for
	worked func()                              // called when work was read
	asked  func(statelark.ExecID)              // called before the record of an execution is read
	unread statelark.ExecID                    // the record of this execution cannot be read
	torn   func(statelark.ExecID, uint32) bool // tells which blobs cannot be read
	blobs  map[uint32]int                      // sizes of the blobs that were written
	kept   map[statelark.ExecID]struct{}       // executions with rows, as the commits left them
}

func newFrail() *frail {
	return &frail{Store: memstore.New(), blobs: make(map[uint32]int), kept: make(map[statelark.ExecID]struct{})}
}

func (s *frail) set(change func(s *frail)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// take makes every call to come fail, or lets them through again.
func (s *frail) take(away bool) { s.set(func(s *frail) { s.down = away }) }

// holdAnswers lets commits through and keeps their answers back until the function it returns is called, as a store
// does whose batches can be seen before they are synced.
func (s *frail) holdAnswers() (release func()) {
	gate := make(chan struct{})
	s.set(func(s *frail) {
		s.after = func(*statelark.Batch) error {
			<-gate
			return nil
		}
	})
	return func() {
		s.set(func(s *frail) { s.after = nil })
		close(gate)
	}
}

// hold keeps commits waiting until the function it returns is called.
func (s *frail) hold() (release func()) {
	gate := make(chan struct{})
	s.set(func(s *frail) { s.gate = gate })
	return func() {
		s.set(func(s *frail) { s.gate = nil })
		close(gate)
	}
}

func (s *frail) Commit(ctx context.Context, b *statelark.Batch) error {
	s.mu.Lock()
	gate, before, after := s.gate, s.before, s.after
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if before != nil {
		if err := before(b); err != nil {
			return err
		}
	}
	if err := s.Store.Commit(s.ctx(ctx), b); err != nil {
		return err
	}
	s.note(b)
	if after != nil {
		return after(b)
	}
	return nil
}

func (s *frail) note(b *statelark.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range b.Changes {
		for _, blob := range ch.Blobs {
			s.blobs[blob.ID] = len(blob.Data)
		}
		if len(ch.Threads)+len(ch.Timers) > 0 {
			s.kept[ch.Exec] = struct{}{}
		}
		if ch.Close {
			delete(s.kept, ch.Exec)
		}
	}
}

// ctx returns a context that a call fails with while the store is away.
func (s *frail) ctx(ctx context.Context) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		return ctx
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	return gone
}

func (s *frail) Send(ctx context.Context, m []statelark.Message) error {
	return s.Store.Send(s.ctx(ctx), m)
}

func (s *frail) Inbox(ctx context.Context, shard statelark.ShardID, after statelark.MessageKey, n int) ([]statelark.Message, error) {
	return s.Store.Inbox(s.ctx(ctx), shard, after, n)
}

func (s *frail) Timers(ctx context.Context, shard statelark.ShardID, until time.Time, after statelark.Timer, n int) ([]statelark.Timer, error) {
	return s.Store.Timers(s.ctx(ctx), shard, until, after, n)
}

func (s *frail) Work(ctx context.Context, shard statelark.ShardID, after statelark.MessageKey, n int) ([]statelark.Work, error) {
	work, err := s.Store.Work(s.ctx(ctx), shard, after, n)
	s.mu.Lock()
	worked := s.worked
	s.mu.Unlock()
	if worked != nil && len(work) > 0 {
		worked()
	}
	return work, err
}

func (s *frail) Execution(ctx context.Context, id statelark.ExecID) (*statelark.Execution, error) {
	s.mu.Lock()
	unread, asked := s.unread, s.asked
	s.mu.Unlock()
	if asked != nil {
		asked(id)
	}
	if id == unread {
		return nil, statelark.ErrUnavailable
	}
	return s.Store.Execution(s.ctx(ctx), id)
}

func (s *frail) Lookup(ctx context.Context, machineARN, name string) (statelark.ExecID, error) {
	s.mu.Lock()
	lookup := s.lookup
	s.mu.Unlock()
	if lookup != nil {
		lookup()
	}
	return s.Store.Lookup(s.ctx(ctx), machineARN, name)
}

func (s *frail) Threads(ctx context.Context, id statelark.ExecID) ([]statelark.ThreadRow, error) {
	return s.Store.Threads(s.ctx(ctx), id)
}

func (s *frail) Blob(ctx context.Context, id statelark.ExecID, blob uint32) ([]byte, error) {
	s.mu.Lock()
	torn := s.torn
	s.mu.Unlock()
	if torn != nil && torn(id, blob) {
		return nil, statelark.ErrUnavailable
	}
	return s.Store.Blob(s.ctx(ctx), id, blob)
}

func (s *frail) Ends(ctx context.Context, id statelark.ExecID) (statelark.Ends, error) {
	return s.Store.Ends(s.ctx(ctx), id)
}

func (s *frail) History(ctx context.Context, id statelark.ExecID, first int64, n int, reverse bool) ([]statelark.HistoryBlock, error) {
	return s.Store.History(s.ctx(ctx), id, first, n, reverse)
}

func (s *frail) Meta(ctx context.Context, key string) (statelark.MetaRecord, error) {
	r, err := s.Store.Meta(s.ctx(ctx), key)
	s.mu.Lock()
	read := s.read
	s.mu.Unlock()
	if read != nil {
		read()
	}
	return r, err
}

func (s *frail) MetaList(ctx context.Context, prefix, after string, n int) ([]statelark.MetaRecord, error) {
	return s.Store.MetaList(s.ctx(ctx), prefix, after, n)
}
