package console

import (
	"mime"
	"net/http"
	"strings"
)

// document is an answer that is no JSON of ours: a picture, a report, a file to keep.
type document struct {
	kind string // the media type
	text []byte
	name string // that it is kept as; "": it is shown
}

// documentPolicy lets a document do nothing, and have its own style.
const documentPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"

func (s *Server) sendDocument(w http.ResponseWriter, r *http.Request, d *document) {
	h := w.Header()
	h.Set("Content-Type", d.kind)
	h.Set("Content-Security-Policy", documentPolicy)
	if d.name != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(d.name)}))
	}
	s.send(w, r, http.StatusOK, d.text)
}

// fileName leaves out of a name what file systems do not take.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
}
