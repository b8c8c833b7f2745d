package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// dist holds the pages as Vite builds them from ../web. They are in the repository, so that Go alone builds the binary.
//
//go:embed all:dist
var dist embed.FS

// pages serves the files of dist. None is read before somebody asks for it.
type pages struct {
	files fs.FS

	mu   sync.Mutex
	kept map[string]*file // by path; the files of dist are few
}

// file is one that was asked for.
type file struct {
	kind   string // Content-Type
	tag    string // ETag
	text   []byte
	packed []byte // nil: it would not be smaller
}

func newPages(dist fs.FS) *pages { return &pages{files: dist, kept: map[string]*file{}} }

// ServeHTTP answers with a file or, for a path that is none, with the one page that there is: its scripts know the others.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), strings.TrimSuffix(Path, "/"))
	f := p.file("dist" + name)
	if f == nil && strings.HasPrefix(name, "/assets/") {
		http.NotFound(w, r)
		return
	}
	if f == nil {
		f = p.file("dist/index.html")
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "no-cache") // names are stable: a browser asks whether the file is still that one
	h.Set("Vary", "Accept-Encoding")
	text, tag := f.text, f.tag
	if f.packed != nil && takesGzip(r) {
		text, tag = f.packed, strings.TrimSuffix(f.tag, `"`)+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if known := r.Header.Get("If-None-Match"); strings.Contains(known, tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // the browser is gone: there is nobody to tell
	}
}

// file returns a file, nil when there is none.
func (p *pages) file(name string) *file {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.kept[name]; f != nil {
		return f
	}
	text, err := fs.ReadFile(p.files, name)
	if err != nil { // there is none, or it is a folder
		return nil
	}
	sum := sha256.Sum256(text)
	f := &file{kind: kinds[path.Ext(name)], tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, text: text}
	if f.kind == "" {
		f.kind = "application/octet-stream"
	}
	var packed bytes.Buffer
	if pack(&packed, text); packed.Len() < len(text)*9/10 {
		f.packed = bytes.Clone(packed.Bytes())
	}
	p.kept[name] = f
	return f
}

// kinds are the types of files by the ends of their names. (Those that package mime knows depend on the machine.)
var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon", ".js": "text/javascript; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json", ".woff2": "font/woff2",
}

// minPacked is the size from which an answer is packed, in bytes.
const minPacked = 1 << 10

// takesGzip reports whether a browser takes gzip. None says "gzip;q=0".
func takesGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

// packers are used again: each has tables of its own.
var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// pack appends text as gzip.
func pack(to *bytes.Buffer, text []byte) {
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(to)
	_, _ = w.Write(text) // a buffer takes everything
	_ = w.Close()
}
