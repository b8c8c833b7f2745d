package function

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// source tells one state of a declared directory's code from the next, so that an edit takes effect with the next
// invocation. Uploaded code does not change: its source is always the zero value.
type source struct {
	files  int
	newest time.Time
}

// codeSuffixes are the files that make up the code; what else lies there may be the function's own output.
var codeSuffixes = []string{".py", ".js", ".mjs", ".cjs", "bootstrap"}

// maxSource bounds how many entries are looked at for each invocation; in a larger tree the rest is not watched.
const maxSource = 2000

// sourceOf looks at the code of f.
func sourceOf(f *Function) source {
	var s source
	if f.Code.SHA256 != "" {
		return s
	}
	seen := 0
	_ = filepath.WalkDir(f.Code.Dir, func(path string, d fs.DirEntry, err error) error {
		seen++
		switch {
		case seen > maxSource:
			return fs.SkipAll
		case err != nil:
			return nil // a file that cannot be read says so when it is loaded
		case d.IsDir() && path != f.Code.Dir && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || !slices.ContainsFunc(codeSuffixes, func(suffix string) bool { return strings.HasSuffix(d.Name(), suffix) }):
			return nil
		}
		if info, err := d.Info(); err == nil {
			s.files++
			if info.ModTime().After(s.newest) {
				s.newest = info.ModTime()
			}
		}
		return nil
	})
	return s
}
