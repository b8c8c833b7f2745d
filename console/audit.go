package console

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxAuditBytes is how large the file of an audit log becomes before the next one is begun.
	maxAuditBytes = 16 << 20
	// auditFiles is how many files are kept beside the one that is written.
	auditFiles = 4
	// maxAuditEntries is how many entries are held in memory, for people to look at.
	maxAuditEntries = 5_000
	// maxAuditText bounds a text of an entry, in bytes.
	maxAuditText = 1_000
	// maxRefusals is how many refusals of one person are noted a minute: nobody can push what was done out of the log with what
	// was not.
	maxRefusals = 100
	// auditPage is how many entries an answer has when nobody asks for another number.
	auditPage = 100
)

var auditRoutes = []route{
	{"GET", "audit", Admin, (*Server).auditLog},
}

// AuditLog keeps who has changed what: a line of JSON each in a file, if it has one, and the last ones in memory.
type AuditLog struct {
	path string // "": in memory alone
	now  func() time.Time
	log  *slog.Logger

	mu      sync.Mutex
	file    *os.File // nil: there is none, or it could not be opened
	size    int64
	entries []AuditEntry // oldest first; twice maxAuditEntries at most
	last    int64        // id
	failed  error        // why the last entry was not written

	minute   time.Time
	refusals map[string]int // in that minute, by user
}

// OpenAudit opens the audit log in a file, which nobody else can read; path "" keeps it in memory. A log that cannot be
// written is told of with every entry, and keeps nobody from working.
func OpenAudit(path string, now func() time.Time, log *slog.Logger) (*AuditLog, error) {
	a := &AuditLog{path: path, now: now, log: log}
	if path == "" {
		return a, nil
	}
	if err := a.readTail(); err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	if err := a.open(); err != nil {
		return nil, fmt.Errorf("opening the audit log: %w", err)
	}
	return a, nil
}

// readTail reads the end of the file. A line that a crash has cut off is left out.
func (a *AuditLog) readTail() error {
	file, err := os.Open(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was read only
	info, err := file.Stat()
	if err != nil {
		return err
	}
	const tail = 4 << 20
	if info.Size() > tail {
		if _, err := file.Seek(-tail, io.SeekEnd); err != nil {
			return err
		}
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<10)
	for lines.Scan() {
		var e AuditEntry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.ID > a.last {
			a.last = e.ID
			a.remember(e)
		}
	}
	return lines.Err()
}

func (a *AuditLog) open() error {
	file, err := os.OpenFile(a.path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		err = file.Chmod(0o600) // somebody may have made it otherwise
	}
	if err == nil {
		err = endLine(file, info.Size())
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	a.file, a.size = file, info.Size()
	return nil
}

// endLine ends a line that a crash has cut off, so that the next entry has one of its own.
func endLine(file *os.File, size int64) error {
	last := make([]byte, 1)
	if size == 0 {
		return nil
	}
	if _, err := file.ReadAt(last, size-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err := file.WriteString("\n")
	return err
}

// remember keeps an entry in memory.
func (a *AuditLog) remember(e AuditEntry) {
	if len(a.entries) == 2*maxAuditEntries {
		a.entries = append(a.entries[:0], a.entries[maxAuditEntries:]...)
	}
	a.entries = append(a.entries, e)
}

// Add notes an entry, which gets its id and its time here.
func (a *AuditLog) Add(e AuditEntry) {
	for _, text := range []*string{&e.User, &e.Address, &e.Operation, &e.Resource, &e.Outcome} {
		if len(*text) > maxAuditText {
			*text = strings.ToValidUTF8((*text)[:maxAuditText], "") + "…"
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	e.At = a.now().UTC().Truncate(time.Millisecond)
	if e.Outcome == codeDenied && !a.admits(&e) {
		return
	}
	e.ID = max(a.last+1, e.At.UnixMilli())
	a.last = e.ID
	a.remember(e)
	if a.path == "" {
		return
	}
	if a.failed = a.write(&e); a.failed != nil {
		a.log.Error("writing the audit log", "file", a.path, "operation", e.Operation, "user", e.User, "resource", e.Resource, "error", a.failed)
	}
}

// admits reports whether a refusal is noted. The last one that is says that there may be more.
func (a *AuditLog) admits(e *AuditEntry) bool {
	if minute := e.At.Truncate(time.Minute); a.refusals == nil || !minute.Equal(a.minute) {
		a.minute, a.refusals = minute, map[string]int{}
	}
	a.refusals[e.User]++
	if a.refusals[e.User] == maxRefusals {
		e.Operation += " and more"
	}
	return a.refusals[e.User] <= maxRefusals
}

func (a *AuditLog) write(e *AuditEntry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if a.file == nil { // the last attempt has failed
		if err := a.open(); err != nil {
			return err
		}
	}
	if a.size+int64(len(line)) > maxAuditBytes {
		if err := a.rotate(); err != nil {
			return err
		}
	}
	n, err := a.file.Write(append(line, '\n'))
	a.size += int64(n)
	if err != nil { // what was written of the line is ended by the next open
		err = errors.Join(err, a.file.Close())
		a.file = nil
	}
	return err
}

// rotate begins the next file: audit.log becomes audit.log.1, and so on.
func (a *AuditLog) rotate() error {
	err := a.file.Close()
	a.file = nil
	if err != nil {
		return err
	}
	for i := auditFiles; i > 0; i-- {
		from := a.path
		if i > 1 {
			from += "." + strconv.Itoa(i-1)
		}
		if err := os.Rename(from, a.path+"."+strconv.Itoa(i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return a.open()
}

// Entries returns n entries at most with ids below before, the newest first, and why the last one was not written.
func (a *AuditLog) Entries(before int64, n int) ([]AuditEntry, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	page := []AuditEntry{}
	for i := len(a.entries) - 1; i >= 0 && len(page) < n; i-- {
		if a.entries[i].ID < before {
			page = append(page, a.entries[i])
		}
	}
	return page, a.failed
}

// Close closes the file.
func (a *AuditLog) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return nil
	}
	err := a.file.Close()
	a.file = nil
	return err
}

// auditLog is GET /api/audit?before=&n=.
func (s *Server) auditLog(c *call) (any, error) {
	before, err := strconv.ParseInt(c.FormValue("before"), 10, 64)
	if err != nil {
		before = math.MaxInt64
	}
	n, err := strconv.Atoi(c.FormValue("n"))
	if err != nil || n < 1 {
		n = auditPage
	}
	entries, failed := s.opts.Audit.Entries(before, min(n, maxAuditEntries))
	out := Audit{Entries: entries}
	if failed != nil {
		out.Failing = failed.Error()
	}
	return out, nil
}
