// Package kv keeps what the services that are built in have: keys and values, in order, on disk or in memory.
//
// What is applied is seen at once by everybody, and durable some time after. So nobody outside is told of anything before
// Durable has returned: one place does that for all services, and a service holds no lock while the disk works. Many
// operations share a sync.
package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Store is an ordered map of keys. Its methods may be called by many goroutines at once.
type Store interface {
	// Get returns the value of a key, nil when there is none. The value is the caller's.
	Get(key []byte) ([]byte, error)
	// Scan yields what has a key of at least lower and below upper (nil: to the end), in order or against it, as it all was when
	// the loop began. Key and value are valid until the next turn of the loop. An error is the last that is yielded.
	Scan(lower, upper []byte, reverse bool) iter.Seq2[Pair, error]
	// Apply makes a batch seen, all of it or nothing.
	Apply(b *Batch) error
	// Durable returns when all that was applied before survives a crash, or with the reason why that is not so: then it never
	// will be, and the store takes no more.
	Durable(ctx context.Context) error
}

// Pair is a key and its value.
type Pair struct{ Key, Value []byte }

// Batch is some changes that happen together.
type Batch struct{ ops []op }

type op struct {
	key, value []byte
	kind       opKind
}

type opKind uint8

const (
	set opKind = iota
	remove
	removeRange // from key to value
)

// Set gives a key a value. The batch keeps both.
func (b *Batch) Set(key, value []byte) { b.ops = append(b.ops, op{key, value, set}) }

// Delete removes a key, if it is there.
func (b *Batch) Delete(key []byte) { b.ops = append(b.ops, op{key, nil, remove}) }

// DeleteRange removes all keys from lower to below upper.
func (b *Batch) DeleteRange(lower, upper []byte) {
	b.ops = append(b.ops, op{lower, upper, removeRange})
}

// Len is the number of changes.
func (b *Batch) Len() int { return len(b.ops) }

// After returns the key that is next to all that begin with prefix: the upper bound of a scan of them. It is nil when there is none.
func After(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xFF {
			next := bytes.Clone(prefix[:i+1])
			next[i]++
			return next
		}
	}
	return nil
}

// DB is a Store over Pebble. Part gives each service its own.
type DB struct {
	db     *pebble.DB
	memory bool
	disk   *disk
	space  *Space // nil: the store is in memory

	// syncs are the syncs that were asked for. One goroutine syncs at a time, for all who wait by then.
	mu      sync.Mutex
	applied uint64 // batches
	synced  uint64
	syncing chan struct{} // closed when the sync under way is over; nil: none is
	failed  error         // what ended the store; never unset

	stuck atomic.Bool // Pebble has panicked
}

// Options is how a DB is opened.
type Options struct {
	Log *slog.Logger
	// CacheBytes is what is held of the tables on disk; 0: 8 MiB.
	CacheBytes int64
	// FS is the file system, for tests; nil: the machine's.
	FS vfs.FS
}

const (
	cacheBytes    = 8 << 20
	memtableBytes = 8 << 20
)

// Open opens the store in a folder, which is made when it is missing; "" is memory.
func Open(dir string, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = cacheBytes
	}
	cache := pebble.NewCache(o.CacheBytes)
	defer cache.Unref()
	settings := &pebble.Options{
		Cache: cache, MemTableSize: memtableBytes, MaxOpenFiles: 64, FormatMajorVersion: pebble.FormatNewest,
	}
	below, d := o.FS, &DB{memory: dir == ""}
	switch {
	case d.memory:
		below, settings.DisableWAL, dir = vfs.NewMem(), true, "kv"
	case below == nil:
		below = vfs.Default
	}
	if !d.memory {
		d.space = &Space{fs: below, dir: dir}
	}
	if below == vfs.Default {
		if err := private(dir); err != nil {
			return nil, fmt.Errorf("opening the store of the services: %w", err)
		}
	}
	d.disk = &disk{FS: below, log: o.Log, closing: make(chan struct{})}
	settings.FS, settings.Logger = d.disk, logger{d.disk}
	db, err := pebble.Open(dir, settings)
	if err != nil {
		return nil, fmt.Errorf("opening the store of the services: %w", err)
	}
	d.db = db
	return d, nil
}

// private makes a folder that nobody else may look into: Pebble's files may be read by all.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// Close waits for the disk and closes the store. Nobody may use it any more.
func (d *DB) Close() error {
	err := d.Durable(context.Background())
	close(d.disk.closing)
	if d.stuck.Load() {
		return err // Pebble panicked with its locks held, and would never come back
	}
	return errors.Join(err, d.db.Close())
}

// Part is the keys that begin with a name, without it.
func (d *DB) Part(name string) Store { return &part{d, append([]byte(name), 0)} }

type part struct {
	db     *DB
	prefix []byte
}

func (p *part) full(key []byte) []byte {
	full := make([]byte, 0, len(p.prefix)+len(key))
	return append(append(full, p.prefix...), key...)
}

func (p *part) Get(key []byte) ([]byte, error) {
	found, closer, err := p.db.db.Get(p.full(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	defer func() { _ = closer.Close() }() // it only lets go of what was read
	return append(make([]byte, 0, len(found)), found...), nil
}

func (p *part) Scan(lower, upper []byte, reverse bool) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		bounds := &pebble.IterOptions{LowerBound: p.full(lower), UpperBound: After(p.prefix)}
		if upper != nil {
			bounds.UpperBound = p.full(upper)
		}
		it, err := p.db.db.NewIter(bounds)
		if err != nil {
			yield(Pair{}, fmt.Errorf("scanning keys: %w", err))
			return
		}
		defer func() { _ = it.Close() }() // its error is that of the loop
		first, next := it.First, it.Next
		if reverse {
			first, next = it.Last, it.Prev
		}
		for ok := first(); ok; ok = next() {
			if !yield(Pair{it.Key()[len(p.prefix):], it.Value()}, nil) {
				return
			}
		}
		if err := it.Error(); err != nil {
			yield(Pair{}, fmt.Errorf("scanning keys: %w", err))
		}
	}
}

func (p *part) Apply(b *Batch) error {
	d := p.db
	if err := d.takes(b); err != nil {
		return err
	}
	batch := d.db.NewBatch()
	defer func() { _ = batch.Close() }() // it is applied, or nobody has seen it
	for _, o := range b.ops {
		var err error
		switch o.kind {
		case set:
			err = batch.Set(p.full(o.key), o.value, nil)
		case remove:
			err = batch.Delete(p.full(o.key), nil)
		case removeRange:
			err = batch.DeleteRange(p.full(o.key), p.full(o.value), nil)
		}
		if err != nil {
			return fmt.Errorf("making a batch: %w", err)
		}
	}
	if err := d.guarded(func() error { return batch.Commit(pebble.NoSync) }); err != nil {
		return fmt.Errorf("applying a batch: %w", err)
	}
	d.mu.Lock()
	d.applied++
	d.mu.Unlock()
	return nil
}

// takes says why a batch cannot be applied, nil when it can.
func (d *DB) takes(b *Batch) error {
	if err := d.disk.refuses(); err != nil || d.space == nil {
		return err
	}
	n := 0
	for _, o := range b.ops {
		n += len(o.key) + len(o.value)
	}
	return d.space.Check(n)
}

// guarded calls Pebble. A panic there becomes the failure of the store.
func (d *DB) guarded(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.stuck.Store(true)
			d.disk.fail(fmt.Errorf("pebble: %v", p))
			err = d.disk.failed()
		}
	}()
	return call()
}

func (p *part) Durable(ctx context.Context) error { return p.db.Durable(ctx) }

// Durable is Store's. The first who finds no sync under way does one, for all that is applied by then; the others wait.
func (d *DB) Durable(ctx context.Context) error {
	if d.memory {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for want := d.applied; d.synced < want && d.failed == nil; {
		if d.syncing == nil {
			d.sync()
			continue
		}
		over := d.syncing
		d.mu.Unlock()
		select {
		case <-over:
			d.mu.Lock()
		case <-ctx.Done():
			d.mu.Lock()
			return ctx.Err()
		}
	}
	return d.failed
}

// sync makes durable what is applied, with mu released meanwhile.
func (d *DB) sync() {
	over, upTo := make(chan struct{}), d.applied
	d.syncing = over
	d.mu.Unlock()
	err := d.guarded(func() error { return d.db.LogData(nil, pebble.Sync) })
	if err == nil {
		err = d.disk.failed()
	}
	d.mu.Lock()
	if err != nil {
		d.failed = fmt.Errorf("syncing: %w", err)
	} else {
		d.synced = upTo
	}
	d.syncing = nil
	close(over)
}
