package dynamodb

import (
	"context"
	"sync"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

// Service is DynamoDB, for all places.
type Service struct {
	store kv.Store
	now   func() time.Time
	ops   map[string]local.Operation

	// mu guards tables, which are those that were asked for, by the key of their record, and lastTable. It is never held while
	// a table's own lock is waited for.
	mu     sync.Mutex
	tables map[string]*table

	sweeper sweeper
}

// table is a table that is in use. mu is held for reading by whoever reads through an index, and for writing by whoever changes
// items or the table. Nobody waits for the disk with it.
type table struct {
	key    []byte // of its record
	schema schema // never changes

	mu      sync.RWMutex
	record  *tableRecord
	indexes []*index
	stats   stats
	gone    bool
}

func newTable(key []byte, r *tableRecord) *table {
	t := &table{key: key, schema: r.schemaOf(r.Hash, r.Range)}
	t.set(r)
	return t
}

// set puts a record in the place of the one before. mu is held, or nobody else has the table yet.
func (t *table) set(r *tableRecord) {
	t.record, t.indexes = r, r.indexes()
}

// New makes the service. It does nothing until it is asked.
func New(o local.Options) *Service {
	s := &Service{store: o.Store, now: o.Now, tables: map[string]*table{}}
	if s.now == nil {
		s.now = time.Now
	}
	s.sweeper.init(s, o.Log)
	s.ops = s.operations()
	return s
}

// Operations are all that there are.
func (s *Service) Operations() map[string]local.Operation { return s.ops }

// Close ends the removal of expired items.
func (s *Service) Close(ctx context.Context) error { return s.sweeper.close(ctx) }

// find returns a table by its name, nil when there is none.
func (s *Service) find(at arn.Place, name string) (*table, error) {
	key := tableKey(at, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load(key)
}

// load returns the table whose record has the key. mu is held.
func (s *Service) load(key []byte) (*table, error) {
	if t := s.tables[string(key)]; t != nil {
		return t, nil
	}
	stored, err := s.store.Get(key)
	if stored == nil || err != nil {
		return nil, err
	}
	r := new(tableRecord)
	if err := decodeRecord(stored, r); err != nil {
		return nil, err
	}
	if r.ReplicaOf != nil {
		t, err := s.load(r.ReplicaOf)
		if t != nil {
			s.tables[string(key)] = t
		}
		return t, err
	}
	t := newTable(key, r)
	if t.stats, err = loadStats(s.store, r.Number); err != nil {
		return nil, err
	}
	s.tables[string(key)] = t
	if r.ExpiryName != "" {
		s.sweeper.start()
	}
	return t, nil
}

// lookup returns the table that a request names, by name or ARN, or the error of operations on items.
func (s *Service) lookup(r *awswire.Request, named string) (*table, error) {
	name, err := tableName(r.Place, named)
	if err != nil {
		return nil, err
	}
	t, err := s.find(r.Place, name)
	if err == nil && t == nil {
		err = notFound()
	}
	return t, err
}

// lockAll locks tables for writing. They are in the order of their numbers, and each is there once.
func lockAll(tables []*table) (unlock func()) {
	for _, t := range tables {
		t.mu.Lock()
	}
	return func() {
		for _, t := range tables {
			t.mu.Unlock()
		}
	}
}

// answer makes a reply of the text of a document.
func answer(text []byte) (*awswire.Reply, error) {
	return &awswire.Reply{Output: value.CheckedCompact(string(text))}, nil
}
