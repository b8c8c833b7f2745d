package items

import (
	"bytes"
	"context"
	"strconv"

	"github.com/statelark/statelark/s3"
)

// resultFile writes the records of one kind, one file after the other. Of a file the last part is held; one that is
// smaller than a part is put as a whole.
type resultFile struct {
	writer *Writer
	name   string // FAILED, PENDING or SUCCEEDED
	done   []writtenFile

	open   bool
	size   int64 // of the file so far
	held   []byte
	upload s3.Upload // when a part was written
	parts  []s3.Part
}

func (f *resultFile) key() string {
	return f.writer.folder(f.writer.run.Redrive) + f.name + "_" + strconv.Itoa(len(f.done)) + ".json"
}

// json reports whether the file is one array.
func (f *resultFile) json() bool { return f.writer.spec.OutputType != OutputJSONL }

// begin begins a file unless there is one. Records that write nothing make one, too.
func (f *resultFile) begin() {
	if f.open {
		return
	}
	f.open, f.size, f.held = true, 0, f.held[:0]
	if f.json() {
		f.append('[')
	}
}

func (f *resultFile) append(text ...byte) {
	f.held = append(f.held, text...)
	f.size += int64(len(text))
}

// add writes a value, in the next file if it does not go into this one.
func (f *resultFile) add(ctx context.Context, text []byte) error {
	if f.size > 1 && f.size+int64(len(text))+2 > f.writer.FileBytes {
		if err := f.end(ctx); err != nil {
			return err
		}
		f.begin()
	}
	if f.json() && f.size > 1 {
		f.append(',')
	}
	f.append(text...)
	if !f.json() {
		f.append('\n')
	}
	for len(f.held) >= f.writer.PartBytes {
		if err := f.part(ctx, f.writer.PartBytes); err != nil {
			return err
		}
	}
	return nil
}

// part uploads the first n bytes held.
func (f *resultFile) part(ctx context.Context, n int) error {
	w := f.writer
	if f.upload.ID == "" {
		upload, err := w.store.Begin(ctx, w.spec.Bucket, f.key())
		if err != nil {
			return w.blame(f.key(), err)
		}
		f.upload = upload
	}
	part, err := w.store.Part(ctx, f.upload, len(f.parts)+1, f.held[:n])
	if err != nil {
		return w.blame(f.key(), err)
	}
	f.parts = append(f.parts, part)
	f.held = append(f.held[:0], f.held[n:]...)
	return nil
}

// end completes the file, if there is one.
func (f *resultFile) end(ctx context.Context) error {
	if !f.open {
		return nil
	}
	if f.json() {
		f.append(']')
	}
	w := f.writer
	if f.upload.ID == "" {
		if _, err := w.store.Put(ctx, w.spec.Bucket, f.key(), bytes.NewReader(f.held)); err != nil {
			return w.blame(f.key(), err)
		}
	} else {
		if len(f.held) > 0 {
			if err := f.part(ctx, len(f.held)); err != nil {
				return err
			}
		}
		if _, err := w.store.Complete(ctx, f.upload, f.parts); err != nil {
			return w.blame(f.key(), err)
		}
	}
	f.done = append(f.done, writtenFile{f.key(), f.size})
	f.open, f.upload, f.parts = false, s3.Upload{}, nil
	return nil
}

// abort forgets a file that was not ended.
func (f *resultFile) abort(ctx context.Context) {
	if f.upload.ID != "" {
		// What cannot be aborted is left to the store, which forgets old uploads.
		_ = f.writer.store.Abort(ctx, f.upload)
	}
	f.open, f.upload, f.parts, f.held = false, s3.Upload{}, nil, nil
}
