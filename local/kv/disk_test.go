package kv

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// failing is a file system whose logs cannot be written once broken is set.
type failing struct {
	vfs.FS
	broken atomic.Bool
}

func (f *failing) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, category)
	if err == nil && category == categoryLog {
		file = &failingFile{file, f}
	}
	return file, err
}

type failingFile struct {
	vfs.File
	fs *failing
}

func (f *failingFile) Write(p []byte) (int, error) {
	if f.fs.broken.Load() {
		return 0, syscall.ENOSPC
	}
	return f.File.Write(p)
}

// TestLogFails: when the log cannot be written nothing is acknowledged any more, nothing ends the process, and what was
// acknowledged is there when the store is opened again.
func TestLogFails(t *testing.T) {
	disk := &failing{FS: vfs.NewMem()}
	db, err := Open("kv", Options{FS: disk})
	if err != nil {
		t.Fatal(err)
	}
	s := db.Part("s")
	put := func(key string) error {
		var b Batch
		b.Set([]byte(key), []byte("value"))
		return errors.Join(s.Apply(&b), s.Durable(context.Background()))
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	disk.broken.Store(true)
	if err := put("lost"); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("with a full disk a write says %v", err)
	}
	disk.broken.Store(false)
	if err := put("after"); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a store that failed says %v", err)
	}
	if err := db.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("closing says %v", err)
	}
	if db, err = Open("kv", Options{FS: disk}); err != nil {
		t.Fatal(err)
	}
	s = db.Part("s")
	if got := all(t, s, "", "", false); got != "before=value" {
		t.Errorf("opened again it has %q", got)
	}
	if err := put("again"); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// small is a file system with so many bytes free.
type small struct {
	vfs.FS
	free atomic.Uint64
}

func (s *small) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: s.free.Load()}, nil
}

// TestKeepsFree: a store takes nothing when its disk has less than is kept free, says so, and goes on when there is room.
func TestKeepsFree(t *testing.T) {
	disk := &small{FS: vfs.NewMem()}
	disk.free.Store(2 * KeepFree)
	db, err := Open("kv", Options{FS: disk})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // of the test's memory
	put := func() error {
		var b Batch
		b.Set([]byte("k"), make([]byte, spaceBytes+1)) // a look at the disk serves for less
		return db.Part("s").Apply(&b)
	}
	for _, step := range []struct {
		free  uint64
		taken bool
	}{{2 * KeepFree, true}, {KeepFree, false}, {0, false}, {2 * KeepFree, true}} {
		disk.free.Store(step.free)
		if err := put(); (err == nil) != step.taken {
			t.Errorf("with %d bytes free: %v", step.free, err)
		}
	}
}
