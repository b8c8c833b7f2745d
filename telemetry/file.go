package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Stream is a sink that writes lines to a stream, standard output say, which stays open.
type Stream struct {
	W      io.Writer
	buffer bytes.Buffer
}

// Write writes the entries in one piece.
func (s *Stream) Write(_ context.Context, entries []Entry) (int, error) {
	return writeLines(s.W, &s.buffer, entries)
}

// Close does nothing.
func (s *Stream) Close() error { return nil }

func writeLines(w io.Writer, buffer *bytes.Buffer, entries []Entry) (int, error) {
	buffer.Reset()
	for _, e := range entries {
		buffer.Write(e.Line)
		buffer.WriteByte('\n')
	}
	n, err := w.Write(buffer.Bytes())
	if buffer.Cap() > keepBuffer {
		*buffer = bytes.Buffer{}
	}
	if err == nil {
		return len(entries), nil
	}
	for i, e := range entries { // those that went out whole
		if n -= len(e.Line) + 1; n < 0 {
			return i, err
		}
	}
	return len(entries), err
}

// keepFiles is how many files a log has at most: PATH, PATH.1 (the one before) and so on.
const keepFiles = 5

// lookEvery is how often a File looks whether its path still names it.
const lookEvery = time.Second

// File is a sink that appends lines to a file. When the file would grow past its bound it becomes PATH.1, that one PATH.2, and a
// new one is begun; the oldest goes. A file that somebody else moved or removed, such as logrotate, is begun anew within
// a second, and needs no signal.
type File struct {
	path   string
	max    int64 // bytes; 0: no bound
	file   *os.File
	size   int64
	looked time.Time
	buffer bytes.Buffer
}

// OpenFile opens a file for appending, or makes one that only its owner can read: it may hold payloads.
func OpenFile(path string, maxBytes int64) (*File, error) {
	f := &File{path: path, max: maxBytes}
	if err := f.open(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening a log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("opening a log: %w", err), file.Close())
	}
	f.file, f.size, f.looked = file, info.Size(), time.Now()
	return nil
}

// Write appends the entries, in pieces that fit into a file.
func (f *File) Write(_ context.Context, entries []Entry) (written int, err error) {
	if err := f.look(); err != nil {
		return 0, err
	}
	for written < len(entries) {
		n, bytes := f.fitting(entries[written:])
		if n == 0 {
			if err := f.rotate(); err != nil {
				return written, err
			}
			continue
		}
		done, err := writeLines(f.file, &f.buffer, entries[written:written+n])
		written += done
		f.size += bytes
		if err != nil {
			return written, fmt.Errorf("writing a log: %w", err)
		}
	}
	return written, nil
}

// fitting returns how many of the entries fit into the file, and their bytes. An empty file takes any entry.
func (f *File) fitting(entries []Entry) (n int, bytes int64) {
	for _, e := range entries {
		size := int64(len(e.Line)) + 1
		if f.max > 0 && f.size+bytes+size > f.max && f.size+bytes > 0 {
			break
		}
		n, bytes = n+1, bytes+size
	}
	return n, bytes
}

// look opens the file anew when its path names another one, or none.
func (f *File) look() error {
	if f.file == nil {
		return f.open()
	}
	if time.Since(f.looked) < lookEvery {
		return nil
	}
	f.looked = time.Now()
	named, err := os.Stat(f.path)
	if err == nil {
		var own os.FileInfo
		if own, err = f.file.Stat(); err == nil && os.SameFile(named, own) {
			f.size = own.Size() // somebody may have cut it, as logrotate does with copytruncate
			return nil
		}
	}
	return errors.Join(f.Close(), f.open())
}

// rotate moves the files on and begins a new one.
func (f *File) rotate() error {
	if err := f.Close(); err != nil {
		return err
	}
	for i := keepFiles - 1; i > 0; i-- {
		from := f.path
		if i > 1 {
			from = fmt.Sprintf("%s.%d", f.path, i-1)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", f.path, i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("moving a log on: %w", err)
		}
	}
	return f.open()
}

// Close closes the file.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	if err != nil {
		return fmt.Errorf("closing a log: %w", err)
	}
	return nil
}
