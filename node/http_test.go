package node

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/gateway"
)

// noServices has none of the services that are built in.
var noServices = gateway.New(nil, func(string) bool { return false }, awswire.Places{}, gateway.Options{Anonymous: true})

// TestSlowBody sends a part of a body and then nothing more.
func TestSlowBody(t *testing.T) {
	read := make(chan error, 1)
	handler := &router{services: noServices, bodyTimeout: 20 * time.Millisecond, states: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
	})}
	server := httptest.NewServer(handler)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // nothing is read from it
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-read:
		if err == nil {
			t.Error("half a body was taken for a whole one")
		}
	case <-time.After(patience):
		t.Error("the handler waits for the rest of the body")
	}
}

// TestBodyTimeEndsWithBody has a handler work for longer than a body may take.
func TestBodyTimeEndsWithBody(t *testing.T) {
	const timeout = 20 * time.Millisecond
	handler := &router{services: noServices, bodyTimeout: timeout, states: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		select {
		case <-r.Context().Done():
			w.WriteHeader(http.StatusTeapot)
		case <-time.After(5 * timeout):
		}
	})}
	server := httptest.NewServer(handler)
	defer server.Close()
	answer, err := http.Post(server.URL, "text/plain", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // the status will do
	if answer.StatusCode != http.StatusOK {
		t.Errorf("answered %s", answer.Status)
	}
}
