package console

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPages(t *testing.T) {
	script := strings.Repeat("let a = 1;\n", 1000)
	p := newPages(fstest.MapFS{
		"dist/index.html":    {Data: []byte("<title>here</title>")},
		"dist/assets/app.js": {Data: []byte(script)},
		"dist/other.bin":     {Data: []byte{1}},
	})
	get := func(method, path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w
	}
	for path, want := range map[string]string{
		"/console/": "here", "/console/executions/arn:aws:x": "here", "/console/machines/a%2Fb": "here", "/console/assets": "here",
		"/console/assets/app.js": script, "/console/assets/../index.html": "here", "/console/../../etc/passwd": "here", "/console/other.bin": "\x01",
	} {
		if w := get("GET", path); w.Code != 200 || !strings.Contains(w.Body.String(), want) || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v %.100s", path, w.Code, w.Header(), w.Body)
		}
	}
	if w := get("GET", "/console/assets/gone.js"); w.Code != 404 {
		t.Errorf("a script that is gone: %d", w.Code)
	}
	packed := get("GET", "/console/assets/app.js", "Accept-Encoding", "br, gzip")
	r, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != script || packed.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("packed: %v, %d bytes", err, len(text))
	}
	plain, tag := get("HEAD", "/console/assets/app.js"), packed.Header().Get("ETag")
	if plain.Body.Len() > 0 || plain.Header().Get("ETag") == tag || plain.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("HEAD: %v, %d bytes", plain.Header(), plain.Body.Len())
	}
	if again := get("GET", "/console/assets/app.js", "Accept-Encoding", "gzip", "If-None-Match", tag); again.Code != 304 || again.Body.Len() > 0 {
		t.Errorf("again: %d", again.Code)
	}
	if again := get("GET", "/console/assets/app.js", "If-None-Match", tag); again.Code != 200 {
		t.Errorf("again, and not packed: %d", again.Code)
	}
}

// TestDist wants the pages that are in the binary to be there, and none to be read before somebody asks.
func TestDist(t *testing.T) {
	p := newPages(dist)
	if len(p.kept) > 0 {
		t.Error("files are read at the start")
	}
	if f := p.file("dist/index.html"); f == nil || !strings.Contains(string(f.text), "<html") {
		t.Error("there is no index.html")
	}
}
