package console

import (
	"net/http"
	"strings"
	"testing"
)

// readsByPost are routes that take a body and change nothing.
var readsByPost = map[string]bool{"validate": true, "convert": true, "eval": true, "layout": true}

// TestViewersChangeNothing walks all routes and all operations: what may change something refuses a viewer, each route refuses
// who has too low a role, and all of them whoever has not signed in.
func TestViewersChangeNothing(t *testing.T) {
	h := newHouse(t)
	for _, r := range routes {
		if r.method != http.MethodGet && r.role == Viewer && !readsByPost[r.path] {
			t.Errorf("%s /api/%s can be used by a viewer", r.method, r.path)
		}
		if status, text := h.request(r.method, "/api/"+r.path, "", "{}"); status != http.StatusUnauthorized {
			t.Errorf("%s /api/%s without signing in: %d %s", r.method, r.path, status, text)
		}
		if status, text := h.request(r.method, "/api/"+r.path, "vera", "{}"); (status == http.StatusForbidden && strings.Contains(text, "role")) != (r.role != Viewer) {
			t.Errorf("%s /api/%s for a viewer: %d %s", r.method, r.path, status, text)
		}
	}
	before := h.noted()
	for name, op := range operations {
		if status, text := h.request("POST", "/api/aws/"+name, "", "{}"); status != http.StatusUnauthorized {
			t.Errorf("%s without signing in: %d %s", name, status, text)
		}
		status, text := h.request("POST", "/api/aws/"+name, "vera", "{}")
		if op.write != (status == http.StatusForbidden) {
			t.Errorf("%s for a viewer: %d %s", name, status, text)
		}
		for _, method := range []string{"GET", "PUT", "DELETE", "PATCH"} {
			if status, text := h.request(method, "/api/aws/"+name, "vera", "{}"); status == http.StatusOK {
				t.Errorf("%s of %s: %s", method, name, text)
			}
		}
	}
	if status, _ := h.request("GET", "/api/stream?topics=overview", "", ""); status != http.StatusUnauthorized {
		t.Errorf("the stream without signing in: %d", status)
	}
	writes := 0
	for _, op := range operations {
		if op.write {
			writes++
		}
	}
	if refused := len(h.noted()) - len(before); refused != writes {
		t.Errorf("%d of %d refused writes are in the audit log", refused, writes)
	}
}
