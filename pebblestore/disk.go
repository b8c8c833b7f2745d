package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Pebble ends the process when it cannot write its log: it panics with its own locks held, or calls
// Logger.Fatalf. A server that holds finished work in memory must answer "unavailable" instead, and go on
// reading. So Pebble never gets to see such an error:
//
//   - disk stands between Pebble and the file system. The first error on a log file or a directory is kept
//     (the failure), Pebble is told that all went well, and no further byte goes to any log file. A commit
//     asks for the failure after its sync and before it is acknowledged, so nothing is acknowledged that a log
//     did not take. Whatever Pebble writes to tables afterwards is at most what it would have replayed.
//   - logger turns Fatalf on a manifest into the failure too; Pebble then gives the flush up and keeps its logs.
//   - An error on a table is Pebble's to deal with: it tries again. But it does so at once and for ever, hence
//     the pause before such an error is handed on; and it makes writers wait in vain, hence commits are
//     refused while tables cannot be written (the trouble).
//
// A failure lasts until the store is opened again: what the disk holds is only known by reading it back.
// Trouble, and too little space, pass by themselves.
type disk struct {
	vfs.FS
	log     *slog.Logger
	failure atomic.Pointer[error]
	trouble atomic.Pointer[trouble]
	told    sync.Map // names of damaged files that were told of
	extents *extents
	closing chan struct{} // closed when the store closes: no more pauses
	lock    io.Closer     // of the directory, once Pebble took it
}

// trouble is the last error on a table.
type trouble struct {
	err error
	at  time.Time
}

// retryPause is how long an error on a table is held back. It is a variable for tests.
var retryPause = time.Second

// categoryLog is what Pebble calls the writes to its log.
const categoryLog vfs.DiskWriteCategory = "pebble-wal"

// fail keeps the first failure.
func (d *disk) fail(err error) {
	if d.failure.CompareAndSwap(nil, &err) {
		d.log.Error("the store failed and takes no more writes until it is opened again", "error", err)
	}
}

// failed returns the failure, nil as long as there is none.
func (d *disk) failed() error {
	if err := d.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// refuses says why the disk cannot take a commit, nil when it can. Trouble is over when no error came for a
// while, although Pebble tries again and again, or when a table was written.
func (d *disk) refuses() error {
	if err := d.failed(); err != nil {
		return fmt.Errorf("it failed before and must be opened again: %w", err)
	}
	if t := d.trouble.Load(); t != nil && time.Since(t.at) < 3*retryPause {
		return fmt.Errorf("its tables cannot be written for now: %w", t.err)
	}
	return nil
}

// hold notes the trouble with a table and holds its error back.
func (d *disk) hold(err error) {
	d.trouble.Store(&trouble{err, time.Now()})
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.closing:
	}
}

// damaged tells of a table that Pebble found damaged, once. Reads of what is damaged fail with ErrDamaged.
func (d *disk) damaged(file string, first, last []byte, err error) {
	if _, before := d.told.LoadOrStore(file, nil); before {
		return
	}
	d.log.Error("a file of the store is damaged. What is damaged is not served; all else is. Stop the server and restore the data directory from a backup",
		"file", file, "first", keyText(first), "last", keyText(last), "error", err)
}

// Lock takes the lock of a directory.
func (d *disk) Lock(name string) (io.Closer, error) {
	lock, err := d.FS.Lock(name)
	var path *fs.PathError
	switch {
	case err == nil:
		d.lock = lock
		return lock, keepPrivate(d.FS, name)
	case errors.As(err, &path):
		return nil, err
	}
	return nil, fmt.Errorf("%w (%w)", ErrLocked, err)
}

// Create makes a file.
func (d *disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, category)
	if err == nil {
		err = keepPrivate(d.FS, name)
	}
	if err == nil && category == categoryLog {
		reserve(f, memTableBytes)
	}
	return d.opened(name, f, err, category)
}

// ReuseForWrite makes a file of an old one.
func (d *disk) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	d.withdraw(oldname)
	f, err := d.FS.ReuseForWrite(oldname, newname, category)
	return d.opened(newname, f, err, category)
}

// The directory and its files are the user's alone: payloads stand in them.
const (
	privateDir  = 0o700
	privateFile = 0o600
)

// MkdirAll makes a directory.
func (d *disk) MkdirAll(dir string, _ os.FileMode) error { return d.FS.MkdirAll(dir, privateDir) }

// keepPrivate takes a new file away from others.
func keepPrivate(fsys vfs.FS, name string) error {
	if fsys != vfs.Default {
		return nil
	}
	return os.Chmod(name, privateFile)
}

// private takes a directory that an earlier build made, and its files, away from others. What cannot be read, opening it
// tells.
func private(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	errs := []error{os.Chmod(dir, privateDir)}
	for _, f := range files {
		if f.Type().IsRegular() {
			errs = append(errs, os.Chmod(filepath.Join(dir, f.Name()), privateFile))
		}
	}
	return errors.Join(errs...)
}

// Remove removes a file.
func (d *disk) Remove(name string) error {
	d.withdraw(name)
	return d.FS.Remove(name)
}

func (d *disk) withdraw(name string) {
	if name = d.PathBase(name); watched(name) {
		d.extents.withdraw(name)
	}
}

func (d *disk) opened(name string, f vfs.File, err error, category vfs.DiskWriteCategory) (vfs.File, error) {
	if category != categoryLog {
		if err != nil {
			d.hold(err)
			return nil, err
		}
		return &tableFile{File: f, disk: d, name: d.PathBase(name)}, nil
	}
	if err != nil {
		d.fail(err)
		f = vfs.NewMemFile(nil)
	}
	return &logFile{File: f, disk: d, name: d.PathBase(name)}, nil
}

// OpenDir opens a directory, whose Sync is part of making a new log file.
func (d *disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &logFile{File: f, disk: d}, nil
}

// Unwrap returns the file system below.
func (d *disk) Unwrap() vfs.FS { return d.FS }

// logFile is a log file or a directory: its errors are failures of the store.
type logFile struct {
	vfs.File
	disk    *disk
	name    string // of a log
	written int64  // bytes; Pebble writes and syncs a file from one goroutine at a time
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
		n, err := f.File.Write(p)
		f.written += int64(n)
		return err
	})
	return len(p), nil
}

func (f *logFile) Sync() error {
	f.try(func() error { return f.synced(f.File.Sync()) })
	return nil
}

func (f *logFile) SyncData() error {
	f.try(func() error { return f.synced(f.File.SyncData()) })
	return nil
}

func (f *logFile) synced(err error) error {
	if err == nil && f.name != "" {
		f.disk.extents.set(f.name, f.written, false)
	}
	return err
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
	disk    *disk
	name    string
	written int64
}

func (f *tableFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.written += int64(n)
	if err != nil {
		f.disk.hold(err)
	}
	return n, err
}

func (f *tableFile) Sync() error     { return f.synced(f.File.Sync()) }
func (f *tableFile) SyncData() error { return f.synced(f.File.SyncData()) }

func (f *tableFile) synced(err error) error {
	if err != nil {
		f.disk.hold(err)
		return err
	}
	f.disk.trouble.Store(nil)
	if watched(f.name) {
		f.disk.extents.set(f.name, f.written, true)
	}
	return nil
}

// logger is Pebble's logger.
type logger struct{ disk *disk }

// Infof drops Pebble's progress reports.
func (l logger) Infof(string, ...any) {}

// Errorf passes on what Pebble finds wrong.
func (l logger) Errorf(format string, args ...any) {
	l.disk.log.Error("pebble", "error", fmt.Sprintf(format, args...))
}

// Fatalf keeps the failure. After one on the manifest Pebble goes on and undoes what it was about to do;
// after any other it counts on not going on.
func (l logger) Fatalf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	l.disk.fail(errors.New(text))
	if !strings.HasPrefix(text, "MANIFEST ") || strings.HasSuffix(text, "not locked for writing") {
		panic(text)
	}
}

// space watches the free space of the file system under a directory.
type space struct {
	dir     string
	keep    uint64
	checked time.Time
	written int // bytes since
}

// A look at the file system that finds room serves that long, and for so many bytes of batches.
const (
	spaceFor   = 100 * time.Millisecond
	spaceBytes = 4 << 20
)

// check says that there is too little room for a batch of n bytes, nil when there is enough.
func (s *space) check(fsys vfs.FS, n int) error {
	now := time.Now()
	if s.written += n; s.written <= spaceBytes && now.Sub(s.checked) <= spaceFor {
		return nil
	}
	// A file system that cannot tell is taken to have room.
	if usage, err := fsys.GetDiskUsage(s.dir); err == nil && usage.AvailBytes < s.keep+uint64(n) {
		s.checked = time.Time{}
		return fmt.Errorf("no space left: %d MB free under %s, of which %d MB are kept free",
			usage.AvailBytes>>20, s.dir, s.keep>>20)
	}
	s.checked, s.written = now, n
	return nil
}
