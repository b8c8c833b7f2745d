package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/pebblestore"
	"github.com/statelark/statelark/task"
)

// logFS counts what is written to Pebble's log.
type logFS struct {
	vfs.FS
	written *atomic.Int64
}

func (f logFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, category)
	if err == nil && strings.HasSuffix(name, ".log") {
		file = logFile{file, f.written}
	}
	return file, err
}

func (f logFS) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(from, to, category)
	if err == nil && strings.HasSuffix(to, ".log") {
		file = logFile{file, f.written}
	}
	return file, err
}

type logFile struct {
	vfs.File
	written *atomic.Int64
}

func (f logFile) Write(p []byte) (int, error) {
	f.written.Add(int64(len(p)))
	return f.File.Write(p)
}

// parts counts what the engine gives to the store.
type parts struct {
	statelark.Store
	commits, blocks, rows, work, blobs, keys int
	closed                                   chan struct{} // told when an execution has ended
}

func (p *parts) Commit(ctx context.Context, b *statelark.Batch) error {
	for _, c := range b.Changes {
		p.commits++
		p.blocks += len(c.Block)
		for _, t := range c.Threads {
			p.keys++
			p.rows += len(t.Data)
		}
		for _, w := range c.Work {
			p.keys++
			p.work += len(w.Data)
		}
		for _, b := range c.Blobs {
			p.keys++
			p.blobs += len(b.Data)
		}
	}
	err := p.Store.Commit(ctx, b)
	for _, c := range b.Changes {
		if c.Close {
			p.closed <- struct{}{}
		}
	}
	return err
}

// storedCases are executions and what each may cost: bytes of the log, and keys and their bytes that are left at the end.
var storedCases = []struct {
	name, definition string
	input, tasks     int
	log, keys, left  int // at most
}{
	{"five states", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNumeric":true,"Next":"D"}],"Default":"D"},"D":{"Type":"Pass","Next":"T"},"T":{` + lambda + `,"End":true}}}`, 20, 0, 1200, 6, 600},
	{"five states", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNumeric":true,"Next":"D"}],"Default":"D"},"D":{"Type":"Pass","Next":"T"},"T":{` + lambda + `,"End":true}}}`, 500, 0, 1350, 7, 820},
	{"no waiting", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}}`, 500, 0, 680, 5, 660},
	{"five activities", activityStates(5), 500, 5, 5150, 20, 2850},
	{"five activities", activityStates(5), 3500, 5, 11600, 20, 9300},
}

func activityStates(n int) string {
	states := ""
	for i := range n - 1 {
		states += fmt.Sprintf(`"S%d":{"Type":"Task","Resource":"%s","Next":"S%d"},`, i, here.ActivityARN("a"), i+1)
	}
	return fmt.Sprintf(`{"StartAt":"S0","States":{%s"S%d":{"Type":"Task","Resource":"%s","End":true}}}`, states, n-1, here.ActivityARN("a"))
}

// TestStoredBytes holds what an execution costs in the store, so that nothing grows unseen.
func TestStoredBytes(t *testing.T) {
	for _, c := range storedCases {
		t.Run(fmt.Sprintf("%s %d", c.name, c.input), func(t *testing.T) {
			fs := logFS{vfs.NewMem(), new(atomic.Int64)}
			store, err := pebblestore.Open("", pebblestore.Options{FS: fs, MinFree: -1})
			if err != nil {
				t.Fatal(err)
			}
			p := &parts{Store: store, closed: make(chan struct{}, 10)}
			e, m := storedEngine(t, p, c.definition)
			fs.written.Store(0) // p has counted nothing: there was no change
			const n = 20
			for i := range n {
				storedExecution(t, e, m, fmt.Sprintf("%036d", i), c.input, c.tasks)
				<-p.closed
			}
			if err := e.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			log := int(fs.written.Load()) / n
			keys, left := countKeys(t, fs.FS)
			keys, left = keys/n, left/n
			t.Logf("an execution: %d bytes of log; %d keys and %d bytes are left; %d commits, blocks %d, rows %d, work %d, blobs %d, %d rows written",
				log, keys, left, p.commits/n, p.blocks/n, p.rows/n, p.work/n, p.blobs/n, p.keys/n)
			if log > c.log || keys > c.keys || left > c.left {
				t.Errorf("an execution costs %d bytes of log and leaves %d keys with %d bytes; at most %d, %d and %d", log, keys, left, c.log, c.keys, c.left)
			}
		})
	}
}

// storedEngine returns an engine on s that has the activity a, and the ARN of a state machine.
func storedEngine(t *testing.T, s statelark.Store, definition string) (*Engine, string) {
	targets := &task.Registry{}
	targets.SetFunctions(function(echo))
	e, err := Open(t.Context(), s, targets, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := e.CreateStateMachine(t.Context(), &statelark.StateMachine{
		ARN: here.StateMachineARN("M"), Name: "M", Type: statelark.Standard, Definition: definition, RoleARN: role,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.CreateActivity(t.Context(), &statelark.Activity{ARN: here.ActivityARN("a"), Name: "a"}); err != nil {
		t.Fatal(err)
	}
	return e, m.ARN
}

// storedExecution runs an execution to its end; tasks is how many activity tasks it has.
func storedExecution(t *testing.T, e *Engine, machine, name string, input, tasks int) {
	payload := func(n int) string {
		return fmt.Sprintf(`{"n":%d,"text":"%s"}`, n, letters(max(0, input-len(`{"n":1,"text":""}`))))
	}
	if _, err := e.StartExecution(t.Context(), statelark.ExecutionStart{Machine: machine, Name: name, Input: payload(0)}); err != nil {
		t.Fatal(err)
	}
	for i := range tasks {
		got, err := e.ActivityTask(t.Context(), here.ActivityARN("a"), "w")
		if err != nil || got == nil {
			t.Fatalf("no task: %v", err)
		}
		if err := e.TaskSucceeded(t.Context(), got.Token, payload(i+1)); err != nil {
			t.Fatal(err)
		}
	}
}

// letters returns text that compresses about as the numbers and names in JSON do.
func letters(n int) string {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var text []byte
	for len(text) < n {
		text = fmt.Appendf(text, "orderId %d, state running, ", r.Uint32())
	}
	return string(text[:n])
}

// quiet is a log that nobody reads.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}

// countKeys counts what is in a closed store, keys and their bytes.
func countKeys(t *testing.T, fs vfs.FS) (keys, size int) {
	db, err := pebble.Open("", &pebble.Options{FS: fs, ReadOnly: true, Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	it, err := db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		keys++
		size += len(it.Key()) + len(it.Value())
	}
	return keys, size
}
