package console

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func openAudit(t *testing.T, path string, log *bytes.Buffer) *AuditLog {
	t.Helper()
	a, err := OpenAudit(path, time.Now, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestAuditLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	a := openAudit(t, path, &bytes.Buffer{})
	for _, operation := range []string{"one", "two", "three"} {
		a.Add(AuditEntry{User: "ada", Role: Admin, Operation: operation, Outcome: "ok", Resource: strings.Repeat("é\n", 2000)})
	}
	page, failed := a.Entries(math.MaxInt64, 2)
	if failed != nil || len(page) != 2 || page[0].Operation != "three" || page[1].ID >= page[0].ID {
		t.Errorf("the newest two are %+v, %v", page, failed)
	}
	if page, _ = a.Entries(page[1].ID, 10); len(page) != 1 || page[0].Operation != "one" {
		t.Errorf("those before are %+v", page)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !json.Valid([]byte(line)) || len(line) > 3*maxAuditText {
			t.Errorf("a line of %d bytes: %.80s", len(line), line)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is open to others: %v %v", info, err)
	}
}

// A line that a crash has cut off is left out, and the next one has a line of its own. Ids go on.
func TestAuditLogGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	first := openAudit(t, path, &bytes.Buffer{})
	first.Add(AuditEntry{Operation: "before"})
	last := first.last
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(`{"id":9,"oper`)
	}
	if err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	a := openAudit(t, path, &bytes.Buffer{})
	a.Add(AuditEntry{Operation: "after"})
	page, _ := openAudit(t, path, &bytes.Buffer{}).Entries(math.MaxInt64, 10)
	if len(page) != 2 || page[0].Operation != "after" || page[1].Operation != "before" || page[0].ID <= last {
		t.Errorf("after a crash: %+v", page)
	}
}

// However much is written, what is kept is bounded.
func TestAuditLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	a := openAudit(t, path, &bytes.Buffer{})
	for i := range auditFiles + 2 {
		a.Add(AuditEntry{Operation: "fill"})
		a.size = maxAuditBytes // as if it were full
		if found, _ := filepath.Glob(path + "*"); len(found) != min(i, auditFiles)+1 {
			t.Errorf("after %d files there are %q", i+1, found)
		}
	}
	m := openAudit(t, "", &bytes.Buffer{})
	for range 3 * maxAuditEntries {
		m.Add(AuditEntry{Operation: "fill"})
	}
	if len(m.entries) > 2*maxAuditEntries {
		t.Errorf("%d entries are in memory", len(m.entries))
	}
}

// Refusals of one person do not push out what was done.
func TestAuditLogOfRefusals(t *testing.T) {
	now := time.Now().Truncate(time.Minute)
	a := &AuditLog{now: func() time.Time { return now }}
	a.Add(AuditEntry{User: "ada", Operation: "done", Outcome: "ok"})
	for range 3 * maxAuditEntries {
		a.Add(AuditEntry{User: "eve", Operation: "StopExecution", Outcome: codeDenied})
	}
	a.Add(AuditEntry{User: "vera", Operation: "StopExecution", Outcome: codeDenied})
	page, _ := a.Entries(math.MaxInt64, maxAuditEntries)
	if len(page) != maxRefusals+2 || page[1].Operation != "StopExecution and more" || page[len(page)-1].Operation != "done" {
		t.Errorf("%d entries, %+v", len(page), page[:min(2, len(page))])
	}
	now = now.Add(time.Minute)
	a.Add(AuditEntry{User: "eve", Operation: "StopExecution", Outcome: codeDenied})
	if page, _ := a.Entries(math.MaxInt64, 1); page[0].User != "eve" {
		t.Errorf("a minute later the newest is %+v", page[0])
	}
}

// A log that cannot be written is told of, and written again once it can be.
func TestAuditLogFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a := openAudit(t, filepath.Join(dir, "audit.log"), &log)
	if err := a.file.Close(); err != nil {
		t.Fatal(err)
	}
	a.Add(AuditEntry{Operation: "lost", User: "ada"})
	page, failed := a.Entries(math.MaxInt64, 1)
	if failed == nil || len(page) != 1 || !strings.Contains(log.String(), "lost") || !strings.Contains(log.String(), "ada") {
		t.Errorf("a failure is told as %v, and in the log as %q", failed, log.String())
	}
	a.Add(AuditEntry{Operation: "kept"})
	if _, failed := a.Entries(math.MaxInt64, 1); failed != nil {
		t.Errorf("and goes on: %v", failed)
	}
}
