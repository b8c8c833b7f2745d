package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/batchrepr"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
)

// writes is what a store was told to write, as its log has it.
type writes struct {
	sets, deletes int
	bytes         int // of the batches
}

// writesOf reads the logs of the store under a directory. It is all that was written as long as the store has not
// given a log back, which it does after some megabytes.
func writesOf(dir string) (writes, error) {
	var w writes
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		logs, err := wal.Scan(wal.Dir{FS: vfs.Default, Dirname: path})
		for _, log := range logs {
			err = errors.Join(err, w.add(log.OpenForRead()))
		}
		return err
	})
	return w, err
}

// add counts a log, which ends with what is not written yet when it is in use.
func (w *writes) add(log wal.Reader) error {
	defer func() { _ = log.Close() }()
	for {
		next, _, err := log.NextRecord()
		if err != nil {
			return ended(err)
		}
		batch, err := io.ReadAll(next)
		if err != nil {
			return ended(err)
		}
		if err := w.count(batch); err != nil {
			return err
		}
	}
}

func ended(err error) error {
	if errors.Is(err, io.EOF) || record.IsInvalidRecord(err) {
		return nil
	}
	return err
}

func (w *writes) count(batch []byte) error {
	w.bytes += len(batch)
	for ops := batchrepr.Read(batch); ; {
		kind, _, _, more, err := ops.Next()
		if err != nil || !more {
			return err
		}
		switch kind {
		case pebble.InternalKeyKindSet, pebble.InternalKeyKindSetWithDelete:
			w.sets++
		case pebble.InternalKeyKindLogData:
		default:
			w.deletes++
		}
	}
}

// since returns what was written after before, for each of n executions.
func (w writes) since(before writes, n int) string {
	each := func(a, b int) float64 { return float64(a-b) / float64(n) }
	return fmt.Sprintf("%.1f keys set, %.1f deleted, %.0f bytes of the log", each(w.sets, before.sets), each(w.deletes, before.deletes), each(w.bytes, before.bytes))
}

// writtenBy is how many executions benchWrites counts.
const writtenBy = 1000

// benchWrites: what the store is told to write for an execution.
func benchWrites(settings) error {
	if err := writesOfFive(); err != nil {
		return err
	}
	functions, activities := &statelarkPeer{}, &statelarkPeer{workers: 16}
	if err := functions.writes("5 functions of 500 B, writes"); err != nil {
		return err
	}
	return activities.writes("5 activities of 500 B, writes")
}

// writesOfFive: of the five-state execution of the benchmark http.
func writesOfFive() error {
	srv, _, err := startServer("")
	if err != nil {
		return err
	}
	defer srv.stop(true)
	machine, err := srv.create("five", fiveStates)
	if err != nil {
		return err
	}
	before, err := writesOf(srv.dir)
	if err != nil {
		return err
	}
	body := fmt.Sprintf(`{"stateMachineArn":%q,"input":%q}`, machine, fiveInput)
	for range writtenBy {
		if err := srv.call("StartExecution", body, nil); err != nil {
			return err
		}
	}
	if err := srv.drained(machine); err != nil {
		return err
	}
	after, err := writesOf(srv.dir)
	if err == nil {
		fmt.Printf("%-34s %s\n", "5-state execution, writes", after.since(before, writtenBy))
	}
	return err
}

// writes: of the workflow of the peers' table.
func (p *statelarkPeer) writes(label string) error {
	c := &peerSettings{steps: 5}
	defer c.clean()
	if err := c.build(); err != nil {
		return err
	}
	defer p.stop()
	if err := p.start(c); err != nil {
		return err
	}
	before, err := writesOf(p.dir)
	if err != nil {
		return err
	}
	run, err := p.client(0)
	if err != nil {
		return err
	}
	for range writtenBy {
		if err := run(); err != nil {
			return err
		}
	}
	after, err := writesOf(p.dir)
	if err == nil {
		fmt.Printf("%-34s %s\n", label, after.since(before, writtenBy))
	}
	return err
}
