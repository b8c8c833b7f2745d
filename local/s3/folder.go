package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/statelark/statelark/local/kv"
)

// folder keeps bodies as files: DIR/ab/fabcdef..., each in one of 256 folders. A draft is in DIR/drafts until it is synced and renamed.
type folder struct {
	dir     string
	store   kv.Store
	log     *slog.Logger
	started time.Time
	space   *kv.Space
	ready   sync.Once
	broken  error // of making the folders

	stop context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	pending []string       // to be removed once the store is durable
	running bool           // somebody removes
	pinned  map[string]int // by how many readers
	late    map[string]bool
	young   map[string]bool // of this process, while its sweep goes on; nil after that
}

// maxPending bounds what waits to be removed. What does not fit is found at the next start.
const maxPending = 1 << 16

func newFolder(dir string, store kv.Store, log *slog.Logger) *folder {
	f := &folder{dir: dir, store: store, log: log, started: time.Now(), space: kv.NewSpace(dir), pinned: map[string]int{}, late: map[string]bool{}, young: map[string]bool{}}
	f.stop, f.end = context.WithCancel(context.Background())
	return f
}

func (f *folder) drafts() string { return filepath.Join(f.dir, "drafts") }

func (f *folder) shard(id string) string { return filepath.Join(f.dir, id[1:3]) }

func (f *folder) path(id string) string { return filepath.Join(f.shard(id), id) }

// prepare makes the folders before the first body, and has removed what an earlier process left.
func (f *folder) prepare() error {
	f.ready.Do(func() {
		if f.broken = os.MkdirAll(f.drafts(), 0o700); f.broken != nil {
			return
		}
		for i := range 256 {
			if err := os.Mkdir(filepath.Join(f.dir, fmt.Sprintf("%02x", i)), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
				f.broken = err
				return
			}
		}
		if f.broken = syncDir(f.dir); f.broken == nil {
			f.begin(f.sweep)
		}
	})
	if f.broken != nil {
		return fmt.Errorf("making the folders of bodies: %w", f.broken)
	}
	return nil
}

// begin runs something that close waits for.
func (f *folder) begin(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.work.Go(do)
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// newID names a body that the sweep must leave alone, however old its file looks.
func (f *folder) newID() string {
	id := newBodyID('f')
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.young != nil {
		f.young[id] = true
	}
	return id
}

func (f *folder) isYoung(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.young[id]
}

func (f *folder) create() (draft, error) {
	if err := f.prepare(); err != nil {
		return nil, err
	}
	id := f.newID()
	file, err := os.OpenFile(filepath.Join(f.drafts(), id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("creating a body: %w", err)
	}
	return &fileDraft{f: f, id: id, File: file}, nil
}

type fileDraft struct {
	*os.File
	f    *folder
	id   string
	kept bool
}

// Write leaves the disk what is to stay free of it.
func (d *fileDraft) Write(p []byte) (int, error) {
	if err := d.f.space.Check(len(p)); err != nil {
		return 0, err
	}
	return d.File.Write(p)
}

func (d *fileDraft) keep() (string, error) {
	err := errors.Join(d.Sync(), d.Close())
	if err == nil {
		if err = os.Rename(d.Name(), d.f.path(d.id)); err == nil {
			d.kept = true
			err = syncDir(d.f.shard(d.id))
		}
	}
	if err != nil {
		return "", fmt.Errorf("keeping a body: %w", err)
	}
	return d.id, nil
}

func (d *fileDraft) drop() {
	if !d.kept {
		_ = d.Close()
		_ = os.Remove(d.Name())
	}
}

func (f *folder) open(id string) (source, error) {
	file, err := os.Open(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errGone
	}
	if err != nil {
		return nil, fmt.Errorf("opening a body: %w", err)
	}
	return fileBody{file}, nil
}

// copy gives the file a second name, since it never changes.
func (f *folder) copy(id string) (string, error) {
	if err := f.prepare(); err != nil {
		return "", err
	}
	second := f.newID()
	err := os.Link(f.path(id), f.path(second))
	if errors.Is(err, fs.ErrNotExist) {
		return "", errGone
	}
	if err == nil {
		err = syncDir(f.shard(second))
	}
	if err != nil {
		return "", fmt.Errorf("copying a body: %w", err)
	}
	return second, nil
}

func (f *folder) remove(ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		switch {
		case f.pinned[id] > 0:
			f.late[id] = true
		case len(f.pending) < maxPending:
			f.pending = append(f.pending, id)
		}
	}
	f.startRemoving()
}

func (f *folder) startRemoving() {
	if len(f.pending) > 0 && !f.running && !f.closed {
		f.running = true
		f.work.Go(f.removePending)
	}
}

func (f *folder) removePending() {
	for {
		f.mu.Lock()
		ids := f.pending
		f.pending = nil
		f.running = len(ids) > 0
		f.mu.Unlock()
		if len(ids) == 0 {
			return
		}
		if err := f.store.Durable(f.stop); err != nil {
			return // the next start finds them
		}
		for _, id := range ids {
			if err := os.Remove(f.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				f.log.Warn("a body could not be removed", "error", err)
			}
		}
	}
}

func (f *folder) pin(ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		f.pinned[id]++
	}
}

func (f *folder) unpin(ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if f.pinned[id]--; f.pinned[id] > 0 {
			continue
		}
		delete(f.pinned, id)
		if f.late[id] {
			delete(f.late, id)
			f.pending = append(f.pending, id)
		}
	}
	f.startRemoving()
}

// sweep removes what was left by a process that ended: drafts, and bodies that no row names.
func (f *folder) sweep() {
	err := filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || f.stop.Err() != nil {
			return errors.Join(err, f.stop.Err())
		}
		if entry.IsDir() {
			return nil
		}
		info, err := entry.Info()
		if err != nil || !info.ModTime().Before(f.started) || f.isYoung(entry.Name()) {
			return nil // removed meanwhile, or of this process
		}
		if filepath.Dir(path) != f.drafts() {
			row, err := f.store.Get(fileKey(entry.Name()))
			if err != nil || row != nil {
				return err
			}
		}
		return os.Remove(path)
	})
	if err != nil && f.stop.Err() == nil {
		f.log.Warn("bodies that nobody names could not be removed", "error", err)
	}
	f.mu.Lock()
	f.young = nil
	f.mu.Unlock()
}

func (f *folder) close(context.Context) error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.end()
	f.work.Wait()
	return nil
}

// fileBody is a body on disk.
type fileBody struct{ *os.File }

func (b fileBody) reader(offset, length int64) io.ReadCloser {
	if _, err := b.Seek(offset, io.SeekStart); err != nil {
		return failing{b.File, err}
	}
	return &fileReader{io.LimitedReader{R: b.File, N: length}, b.File}
}

// fileReader reads a part of a file. It lets the system send the bytes where it can: a *LimitedReader over a file is what
// package net looks for.
type fileReader struct {
	limited io.LimitedReader
	file    *os.File
}

func (r *fileReader) Read(p []byte) (int, error) { return r.limited.Read(p) }

func (r *fileReader) WriteTo(w io.Writer) (int64, error) {
	if to, ok := w.(io.ReaderFrom); ok {
		return to.ReadFrom(&r.limited)
	}
	buffer := chunks.Get().(*[]byte)
	defer chunks.Put(buffer)
	return io.CopyBuffer(w, &r.limited, *buffer)
}

func (r *fileReader) Close() error { return r.file.Close() }

// failing is a body that cannot be read.
type failing struct {
	io.Closer
	err error
}

func (f failing) Read([]byte) (int, error) { return 0, f.err }
