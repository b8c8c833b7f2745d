package pebblestore_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/pebblestore"
	"github.com/statelark/statelark/storetest"
)

// onDisk returns a store in a directory of the file system.
func onDisk(t testing.TB) *storetest.Subject {
	dir := t.TempDir()
	open := func() (statelark.Store, error) { return pebblestore.Open(dir, pebblestore.Options{}) }
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	subject := &storetest.Subject{Store: s}
	subject.Reopen = func() (statelark.Store, error) {
		if err := subject.Close(); err != nil {
			return nil, err
		}
		return open()
	}
	return subject
}

// inMemory returns a store on a file system that loses, in a crash, what was not synced.
func inMemory(t testing.TB) *storetest.Subject {
	const dir = "data"
	fs := vfs.NewCrashableMem()
	open := func() (statelark.Store, error) { return pebblestore.Open(dir, pebblestore.Options{FS: fs}) }
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	subject := &storetest.Subject{Store: s}
	subject.Reopen = func() (statelark.Store, error) {
		if err := subject.Close(); err != nil {
			return nil, err
		}
		return open()
	}
	subject.Crash = func() (statelark.Store, error) {
		left := fs.CrashClone(vfs.CrashCloneCfg{})
		if err := subject.Close(); err != nil {
			return nil, err
		}
		fs = left
		return open()
	}
	return subject
}

func TestLawOnDisk(t *testing.T)   { storetest.Run(t, onDisk) }
func TestLawInMemory(t *testing.T) { storetest.Run(t, inMemory) }

// TestLawWithFewNotes has most rows of a running execution found by their marks.
func TestLawWithFewNotes(t *testing.T) {
	if testing.Short() {
		t.Skip("it is the law once more")
	}
	defer pebblestore.SetMaxNoted(1)()
	storetest.Run(t, inMemory)
}
