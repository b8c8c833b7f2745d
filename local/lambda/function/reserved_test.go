package function

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestReserved has a function that may run once at a time, then not at all, then as it likes.
func TestReserved(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{})
	python(t, c, "import os, time\ndef handler(event, context):\n  open(event + '.begun', 'w').close()\n  while not os.path.exists(event): time.sleep(0.01)\n")
	exists := func(name string) func() bool {
		return func() bool { _, err := os.Stat(filepath.Join(dir, name)); return err == nil }
	}
	finish := func(name string) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Error(err)
		}
	}
	payload := func(name string) Invocation { return Invocation{Payload: []byte(`"` + filepath.Join(dir, name) + `"`)} }
	one, none := int64(1), int64(0)
	if err := c.Reserve(Ref{Name: "f"}, &one); err != nil {
		t.Fatal(err)
	}
	first := make(chan error, 1)
	go func() {
		_, err := c.Invoke(t.Context(), Ref{Name: "f"}, payload("a"))
		first <- err
	}()
	eventually(t, "the first invocation runs", exists("a.begun"))
	if _, err := c.Invoke(t.Context(), Ref{Name: "f"}, payload("b")); !errors.Is(err, errReserved) {
		t.Errorf("a second invocation: %v", err)
	}
	if err := c.CheckInvoke(Ref{Name: "f"}); !errors.Is(err, errReserved) {
		t.Errorf("a check: %v", err)
	}
	finish("c")
	if err := c.InvokeEvent(Ref{Name: "f"}, payload("c")); err != nil {
		t.Errorf("an event: %v", err)
	}
	finish("a")
	if err := <-first; err != nil {
		t.Error(err)
	}
	eventually(t, "the event is taken", exists("c.begun"))

	if err := c.Reserve(Ref{Name: "f"}, &none); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Invoke(t.Context(), Ref{Name: "f"}, payload("a")); !errors.Is(err, errReserved) {
		t.Errorf("an invocation of a function that may not run: %v", err)
	}
	if err := c.Reserve(Ref{Name: "f"}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Invoke(t.Context(), Ref{Name: "f"}, payload("a")); err != nil {
		t.Errorf("an invocation of a function without a reserve: %v", err)
	}
}

// TestReservedIsKept reads what is reserved after a restart.
func TestReservedIsKept(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	python(t, c, echo)
	seven := int64(7)
	if err := c.Reserve(Ref{Name: "f"}, &seven); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, err := open(t, Options{Dir: dir}).Reserved(Ref{Name: "f"})
	if err != nil || n == nil || *n != 7 {
		t.Errorf("after a restart %v is reserved, %v", n, err)
	}
}
