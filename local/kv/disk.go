package kv

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Pebble ends the process when it cannot write its log, so it never gets to see such an error. disk stands between it and the file
// system: the first error on a log or a directory is kept, Pebble is told that all went well, and no further byte goes to a log.
// Durable asks for that error after each sync, so nothing is acknowledged that a log did not take. It lasts until the store is opened
// again: what the disk has is known only by reading it. An error on a table is Pebble's, which tries again at once and for ever: it
// is held back for a while, and nothing is applied meanwhile.
type disk struct {
	vfs.FS
	log     *slog.Logger
	failure atomic.Pointer[error]
	trouble atomic.Pointer[trouble]
	closing chan struct{} // closed when the store closes: no more pauses
}

// trouble is the last error on a table.
type trouble struct {
	err error
	at  time.Time
}

// retryPause is how long an error on a table is held back.
const retryPause = time.Second

// categoryLog is what Pebble calls the writes to its log.
const categoryLog vfs.DiskWriteCategory = "pebble-wal"

// fail keeps the first failure.
func (d *disk) fail(err error) {
	err = fmt.Errorf("the store of the services failed, and has to be opened again: %w", err)
	if d.failure.CompareAndSwap(nil, &err) {
		d.log.Error("the store of the services failed and takes no more until it is opened again", "error", err)
	}
}

func (d *disk) failed() error {
	if err := d.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// refuses says why nothing can be applied, nil when it can. Trouble is over when no error came for a while, although Pebble
// tries again and again, or when a table was written.
func (d *disk) refuses() error {
	if err := d.failed(); err != nil {
		return err
	}
	if t := d.trouble.Load(); t != nil && time.Since(t.at) < 3*retryPause {
		return fmt.Errorf("the tables of the store of the services cannot be written for now: %w", t.err)
	}
	return nil
}

// hold notes the trouble with a table and holds its error back.
func (d *disk) hold(err error) {
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	d.trouble.Store(&trouble{err, time.Now()})
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.closing:
	}
}

func (d *disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, category)
	return d.opened(f, err, category)
}

func (d *disk) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(oldname, newname, category)
	return d.opened(f, err, category)
}

func (d *disk) opened(f vfs.File, err error, category vfs.DiskWriteCategory) (vfs.File, error) {
	if category != categoryLog {
		if err != nil {
			d.hold(err)
			return nil, err
		}
		return &tableFile{f, d}, nil
	}
	if err != nil {
		d.fail(err)
		f = vfs.NewMemFile(nil)
	}
	return &logFile{f, d}, nil
}

// OpenDir opens a directory, whose Sync is part of making a new log.
func (d *disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &logFile{f, d}, nil
}

// Unwrap returns the file system below.
func (d *disk) Unwrap() vfs.FS { return d.FS }

// logFile is a log or a directory: its errors are failures of the store.
type logFile struct {
	vfs.File
	disk *disk
}

// try does op unless the store has failed.
func (f *logFile) try(op func() error) {
	if f.disk.failed() != nil {
		return
	}
	if err := op(); err != nil {
		f.disk.fail(err)
	}
}

func (f *logFile) Write(p []byte) (int, error) {
	f.try(func() error {
		_, err := f.File.Write(p)
		return err
	})
	return len(p), nil
}

func (f *logFile) Sync() error {
	f.try(f.File.Sync)
	return nil
}

func (f *logFile) SyncData() error {
	f.try(f.File.SyncData)
	return nil
}

func (f *logFile) SyncTo(length int64) (fullSync bool, err error) {
	f.try(func() error {
		fullSync, err = f.File.SyncTo(length)
		return err
	})
	return fullSync, nil
}

func (f *logFile) Close() error {
	if err := f.File.Close(); err != nil {
		f.disk.fail(err)
	}
	return nil
}

// tableFile is any other file that Pebble writes.
type tableFile struct {
	vfs.File
	disk *disk
}

func (f *tableFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err != nil {
		f.disk.hold(err)
	}
	return n, err
}

func (f *tableFile) Sync() error { return f.synced(f.File.Sync()) }

func (f *tableFile) SyncData() error { return f.synced(f.File.SyncData()) }

func (f *tableFile) synced(err error) error {
	if err != nil {
		f.disk.hold(err)
		return err
	}
	f.disk.trouble.Store(nil)
	return nil
}

// logger passes on what Pebble complains of.
type logger struct{ disk *disk }

func (l logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	l.disk.log.Error("store of the services", "error", fmt.Sprintf(format, args...))
}

// Fatalf keeps the failure. After one on the manifest Pebble goes on and undoes what it was about to do; after any other it counts
// on not going on.
func (l logger) Fatalf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	l.disk.fail(errors.New(text))
	if !strings.HasPrefix(text, "MANIFEST ") || strings.HasSuffix(text, "not locked for writing") {
		panic(text)
	}
}

// KeepFree is how many bytes of a disk are kept free: as many as the store of the executions keeps, which shares it.
const KeepFree = 256 << 20

// Space watches the free space of the file system under a directory. Its methods may be called by many goroutines at once.
type Space struct {
	fs  vfs.FS
	dir string

	mu      sync.Mutex
	checked time.Time
	written int // bytes since
}

// NewSpace watches a directory.
func NewSpace(dir string) *Space { return &Space{fs: vfs.Default, dir: dir} }

// A look at the file system that finds room serves that long, and for so many bytes.
const (
	spaceFor   = 100 * time.Millisecond
	spaceBytes = 4 << 20
)

// Check says that there is too little room for n bytes more, nil when there is enough.
func (s *Space) Check(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.written += n; s.written <= spaceBytes && now.Sub(s.checked) <= spaceFor {
		return nil
	}
	// A file system that cannot tell is taken to have room.
	if usage, err := s.fs.GetDiskUsage(s.dir); err == nil && usage.AvailBytes < KeepFree+uint64(n) {
		s.checked = time.Time{}
		return fmt.Errorf("no space left: %d MB free under %s, of which %d MB are kept free", usage.AvailBytes>>20, s.dir, KeepFree>>20)
	}
	s.checked, s.written = now, n
	return nil
}
