// Package pebblestore keeps executions in a directory, for one process at a time. Every Commit is one batch of
// a Pebble database, synced before it is acknowledged. The layout of the keys is told in keys.go, what happens
// when the disk fails in disk.go.
package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/statelark/statelark"
)

// Errors of Open.
var (
	// ErrLocked: another process has the directory open. Stop it, or use another directory.
	ErrLocked = errors.New("the data directory is in use by another process: stop it or choose another directory")
	// ErrVersion: the directory is of a format that this build does not know. The text says which build does.
	ErrVersion = errors.New("the data directory is of another version")
)

// Options are the settings of a store. The zero value is ready for use.
type Options struct {
	// FS is the file system; nil: the operating system's.
	FS vfs.FS
	// MinFree is the number of bytes of the disk that are kept free: a commit that would go below is refused.
	// 0: 256 MB, negative: none.
	MinFree int64
	// CacheBytes bounds the memory for blocks read from disk. 0: 64 MB. It is taken as it fills.
	CacheBytes int64
	// OpenFiles is how many files the store may have open, 64 at least. 0, and more: 1,000.
	OpenFiles int
	// Build names the build of the program. It is noted in the directory for those who meet it with a build that
	// is too old.
	Build string
	// Log gets what goes wrong in the background; nil: nobody does.
	Log *slog.Logger
}

// uncompressedLevels are the upper levels of tables. What is in them is soon written again, so compressing it
// costs more time than it saves space. A level says nothing for those below it to take over: all are set.
const uncompressedLevels = 3

const (
	defaultMinFree    = 256 << 20
	defaultCacheBytes = 64 << 20
	minOpenFiles      = 64
	maxOpenFiles      = 1000
	// memTableBytes is small, since the log that belongs to it is read again after a crash.
	memTableBytes = 16 << 20
	// pebbleFormat is pinned: Pebble never goes back to an older one.
	pebbleFormat = pebble.FormatTableFormatV6
)

// Store is a statelark.Store in a directory.
type Store struct {
	db   *pebble.DB
	disk *disk
	lock *pebble.Lock // nil: db has it alone

	dirty  chan struct{}  // gets a word when more was synced than is noted
	noting sync.WaitGroup // noteExtents

	// mu guards the fields below and orders the writes: a commit holds it from its first check until its
	// batch is visible to the next one, not while it waits for the sync.
	mu     sync.Mutex
	closed bool
	leases [statelark.Shards]lease
	space  space
	write  write

	// open is held for reading by every call that uses db, for writing by Close. Taken before mu.
	open sync.RWMutex
}

var _ statelark.Store = (*Store)(nil)

// Open opens the store in dir, which is made when it does not exist.
func Open(dir string, o Options) (*Store, error) {
	s, err := open(dir, o)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	return s, nil
}

func open(dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	d := &disk{FS: o.FS, log: o.Log, extents: newExtents(o.FS, dir), closing: make(chan struct{})}
	if o.FS == vfs.Default {
		if err := private(dir); err != nil {
			o.Log.Warn("the data directory stays open to others", "error", err)
		}
	}
	old, err := pebble.Peek(dir, d)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = &pebble.DBDesc{}, nil
	}
	if err != nil {
		return nil, err
	}
	if old.Exists && old.FormatMajorVersion > pebbleFormat {
		return nil, fmt.Errorf("%w: Pebble's format is %d, and this build knows those up to %d: use a later build", ErrVersion, old.FormatMajorVersion, pebbleFormat)
	}
	s := &Store{disk: d, dirty: make(chan struct{}, 1), space: space{dir: dir, keep: uint64(max(o.MinFree, 0))}}
	if s.db, err = s.openPebble(dir, o, old); err != nil {
		return nil, err
	}
	s.write = newWrite(s)
	s.noting.Go(s.noteExtents)
	err = s.checkFormat(o.Build)
	if err == nil {
		err = s.countOpening()
	}
	if err == nil {
		err = d.failed()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openPebble opens the database in a directory, when the files of one that exists are as they were written.
func (s *Store) openPebble(dir string, o Options, old *pebble.DBDesc) (db *pebble.DB, err error) {
	options := pebbleOptions(s.disk, o)
	extents, exists := s.disk.extents, old.Exists
	if exists {
		if options.Lock, err = pebble.LockDirectory(dir, s.disk); err != nil {
			return nil, err
		}
		s.lock = options.Lock
		if err = extents.check(o.FS.PathBase(old.ManifestFilename)); err == nil {
			err = extents.open()
		}
		if err != nil {
			return nil, errors.Join(err, s.unlock())
		}
	}
	db, err = pebble.Open(dir, options)
	if err == nil && !exists {
		err = extents.open()
	}
	if err == nil {
		return db, nil
	}
	if exists && isDamage(err) {
		err = damaged(err)
	}
	if db != nil {
		err = errors.Join(err, db.Close())
	}
	return nil, errors.Join(err, extents.close(), s.unlock())
}

// isDamage reports whether an error of Pebble's Open says that a file is broken, cut off or gone. Pebble marks the first
// alone.
func isDamage(err error) bool {
	return pebble.IsCorruptionError(err) || errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "object size mismatch")
}

// damaged makes an ErrDamaged of an error of Pebble, which names the file.
func damaged(err error) error {
	return fmt.Errorf("%w: %w: restore the directory from a backup", ErrDamaged, err)
}

// unlock gives back the lock of a directory that was there before.
func (s *Store) unlock() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// noteExtents keeps the note of what was synced up to date until the store closes.
func (s *Store) noteExtents() {
	pause := time.NewTimer(0)
	<-pause.C
	for {
		select {
		case <-s.disk.closing:
			return
		case <-s.dirty:
		}
		pause.Reset(extentPause)
		select {
		case <-s.disk.closing:
			pause.Stop()
			return
		case <-pause.C:
			s.disk.extents.note()
		}
	}
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.MinFree == 0 {
		o.MinFree = defaultMinFree
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCacheBytes
	}
	if o.OpenFiles == 0 {
		o.OpenFiles = maxOpenFiles
	}
	o.OpenFiles = min(max(o.OpenFiles, minOpenFiles), maxOpenFiles)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func pebbleOptions(d *disk, o Options) *pebble.Options {
	options := &pebble.Options{
		FS:                 d,
		Logger:             logger{d},
		CacheSize:          o.CacheBytes,
		FormatMajorVersion: pebbleFormat,
		MemTableSize:       memTableBytes,
		MaxOpenFiles:       o.OpenFiles,
		// Let the tables of the first level pile up for a while rather than make writers wait.
		L0CompactionThreshold: 4,
		L0StopWritesThreshold: 64,
		EventListener: &pebble.EventListener{
			BackgroundError: func(err error) { d.log.Warn("pebble: background work failed", "error", err) },
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				d.damaged(info.Path, info.Bounds.Start, info.Bounds.End.Key, info.Details)
			},
		},
	}
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		profile := sstable.SnappyCompression
		if i < uncompressedLevels {
			profile = sstable.NoCompression
		}
		options.Levels[i].Compression = func() *sstable.CompressionProfile { return profile }
	}
	return options
}

func (s *Store) empty() (bool, error) {
	it, err := s.db.NewIter(nil)
	if err != nil {
		return false, err
	}
	empty := !it.First()
	return empty, it.Close()
}

// Close releases the directory. It waits for the calls that are under way; later ones are refused.
func (s *Store) Close() error {
	s.open.Lock()
	defer s.open.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.disk.closing)
	s.noting.Wait()
	s.disk.extents.note()
	if s.write.stuck {
		// Pebble panicked with its locks held and would never come back from its Close.
		return errors.Join(s.disk.extents.close(), s.disk.lock.Close())
	}
	err := s.db.Close()
	s.disk.extents.note() // of the log's last bytes
	return errors.Join(err, s.disk.extents.close(), s.unlock())
}

var errClosed = errors.New("it is closed")

// usable says why the store cannot serve a call, nil when it can. One of the locks is held.
func (s *Store) usable(ctx context.Context) error {
	err := ctx.Err()
	if s.closed {
		err = errClosed
	}
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// unavailable wraps an error of Pebble, or another that has no meaning of its own to a caller.
func unavailable(err error) error {
	if pebble.IsCorruptionError(err) {
		err = damaged(err)
	}
	return fmt.Errorf("%w: %w", statelark.ErrUnavailable, err)
}

// Bytes returns how much the store takes on the disk, 0 once it is closed.
func (s *Store) Bytes() uint64 {
	done, err := s.reading(context.Background())
	if err != nil {
		return 0
	}
	defer done()
	return s.db.Metrics().DiskSpaceUsage()
}
