package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/s3"
)

// A list goes through the folders in the order of the bytes of the keys, which is the order of their names when a
// folder counts as its name and a slash: "a-b" stands before "a/c". Of a folder no more than chunk names are held,
// the first ones after where the list stands; when they are used up the folder is read again. A list that waits for the
// request of its next page is parked under the token of that page; when it was dropped the token, which holds the
// last key, is where a new list begins.

const (
	chunk     = 16384 // names held of a folder
	maxParked = 8     // lists that wait
	batch     = 1024  // names read at a time
)

// walk is a list under way.
type walk struct {
	bucket *os.Root
	prefix string
	after  string   // the last key given, or the one to start after
	levels []*level // the folders that are open, the outermost first
}

// level is one folder of a walk.
type level struct {
	folder string   // "" or a path with a slash at the end
	names  []string // of files, and of folders with a slash at the end
	next   int      // the one of names that comes next
	more   bool     // the folder has names after these
}

// parked is a walk that waits.
type parked struct {
	token string
	walk  *walk
}

// List implements s3.Store. Links are listed when they lead to a regular file of the bucket; those to folders are not
// followed. Names that are no keys are left out.
func (d *Directory) List(ctx context.Context, request s3.ListRequest) (s3.Page, error) {
	if request.Max < 0 || request.Max > s3.MaxPage {
		return s3.Page{}, &s3.Error{Code: s3.InvalidArgument, Bucket: request.Bucket}
	}
	w, err := d.walk(request)
	if err != nil {
		return s3.Page{}, err
	}
	objects, err := w.page(ctx, cmp.Or(request.Max, s3.MaxPage)+1)
	if err != nil {
		_ = w.bucket.Close()
		return s3.Page{}, listFailure(request.Bucket, err)
	}
	if len(objects) <= cmp.Or(request.Max, s3.MaxPage) {
		_ = w.bucket.Close()
		return s3.Page{Objects: objects}, nil
	}
	// One more than asked for was read, to know that there is more: it is given back.
	w.levels[len(w.levels)-1].next--
	objects = objects[:len(objects)-1]
	w.after = objects[len(objects)-1].Key
	return s3.Page{Objects: objects, Next: d.park(w)}, nil
}

func listFailure(bucket string, err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case isHidden(err):
		return &s3.Error{Code: s3.AccessDenied, Bucket: bucket, Err: err}
	default:
		return fmt.Errorf("listing s3://%s: %w", bucket, err)
	}
}

// walk finds the parked list of a token, or begins one.
func (d *Directory) walk(request s3.ListRequest) (*walk, error) {
	after := request.StartAfter
	if request.Token != "" {
		if w := d.unpark(request); w != nil {
			return w, nil
		}
		_, key, ok := strings.Cut(request.Token, ":")
		if !ok {
			return nil, &s3.Error{Code: s3.InvalidArgument, Bucket: request.Bucket, Message: "The continuation token provided is incorrect"}
		}
		after = key
	}
	bucket, err := d.bucket(request.Bucket)
	if err != nil {
		return nil, err
	}
	return begin(bucket, request.Prefix, after), nil
}

// park keeps w for the request of its next page and returns the token of that.
func (d *Directory) park(w *walk) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.number++
	token := strconv.FormatUint(d.number, 36) + ":" + w.after
	d.parked = append(d.parked, &parked{token, w})
	if len(d.parked) > maxParked {
		_ = d.parked[0].walk.bucket.Close()
		d.parked = slices.Delete(d.parked, 0, 1)
	}
	return token
}

// unpark takes the list that waits under the token of request, if one does.
func (d *Directory) unpark(request s3.ListRequest) *walk {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, p := range d.parked {
		if p.token == request.Token && p.walk.prefix == request.Prefix && path.Base(p.walk.bucket.Name()) == request.Bucket {
			d.parked = slices.Delete(d.parked, i, i+1)
			return p.walk
		}
	}
	return nil
}

// begin starts a list in the innermost folder that the prefix names.
func begin(bucket *os.Root, prefix, after string) *walk {
	w := &walk{bucket: bucket, prefix: prefix, after: after}
	folder := prefix[:strings.LastIndexByte(prefix, '/')+1]
	if folder == "" || pathOf(strings.TrimSuffix(folder, "/")) != "" {
		w.levels = []*level{{folder: folder, more: true}}
	}
	return w
}

// page returns the next objects, up to max.
func (w *walk) page(ctx context.Context, limit int) ([]s3.Object, error) {
	var objects []s3.Object
	for len(objects) < limit && len(w.levels) > 0 {
		in := w.levels[len(w.levels)-1]
		if in.next == len(in.names) {
			if !in.more {
				w.levels = w.levels[:len(w.levels)-1]
			} else if err := w.fill(ctx, in); err != nil {
				return nil, err
			}
			continue
		}
		key := in.folder + in.names[in.next]
		in.next++
		if strings.HasSuffix(key, "/") {
			w.levels = append(w.levels, &level{folder: key, more: true})
			continue
		}
		// A name that is a file no more was removed meanwhile.
		if info, err := w.bucket.Stat(key); err == nil && info.Mode().IsRegular() {
			objects = append(objects, object(key, info))
		}
	}
	return objects, nil
}

// fill reads the names of a folder that come next.
func (w *walk) fill(ctx context.Context, in *level) error {
	last := ""
	if len(in.names) > 0 {
		last = in.names[len(in.names)-1]
	}
	in.names, in.next, in.more = nil, 0, false
	folder, err := w.open(cmp.Or(strings.TrimSuffix(in.folder, "/"), "."))
	if folder == nil || err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	next := newSmallest(chunk)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := folder.ReadDir(batch)
		for _, e := range entries {
			if name := w.wanted(in.folder, e); name > last {
				next.add(name)
			}
		}
		if errors.Is(err, io.EOF) {
			in.names, in.more = next.sorted()
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// open opens a folder; nil: it was never there, or was removed meanwhile.
func (w *walk) open(name string) (*os.File, error) {
	info, err := w.bucket.Lstat(name)
	if missing(err) || err == nil && !info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	folder, err := w.bucket.Open(name)
	if missing(err) {
		return nil, nil
	}
	return folder, err
}

// wanted returns the name of an entry that has keys which are still to come, else "".
func (w *walk) wanted(folder string, e fs.DirEntry) string {
	name := e.Name()
	if !utf8.ValidString(name) || pathOf(folder+name) == "" {
		return ""
	}
	switch key := folder + name; {
	case e.IsDir() && strings.HasPrefix(key+"/", w.prefix) && (key+"/" > w.after || strings.HasPrefix(w.after, key+"/")):
		return name + "/"
	case !e.IsDir() && e.Type()&^fs.ModeSymlink == 0 && strings.HasPrefix(key, w.prefix) && key > w.after:
		return name
	}
	return ""
}
