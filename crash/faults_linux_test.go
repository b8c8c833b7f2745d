package crash

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// TestReadOnly: on a file system that cannot be written the program says so, and what is there stays as it is.
func TestReadOnly(t *testing.T) {
	disk := newDisk(t)
	s := newServer(t)
	s.data = filepath.Join(disk, "data")
	l := newLedgerOn(t, s)
	l.acknowledge(10)
	s.kill()
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("statelark-crash", disk, "tmpfs", syscall.MS_REMOUNT|flags, fmt.Sprintf("size=%d", diskBytes)); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	expectAll(t, refusal(t, s), "read-only file system", s.data, "--data")
	remount(0)
	if _, err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.acknowledge(10)
	l.allEnd()
}

// TestFewFiles: with too few files that it may open the program does not start, and says what to do; with the fewest
// that it takes it works.
func TestFewFiles(t *testing.T) {
	s := newServer(t)
	s.limits = "-n 64"
	expectAll(t, refusal(t, s), "open files is 64", "needs 256", "ulimit -n", "LimitNOFILE")
	s.limits = "-n 256"
	l := newLedgerOn(t, s)
	l.acknowledge(300)
	l.allEnd()
}

// TestManyConnections: connections at rest, many more than the files that the program may open, keep neither clients nor
// the store from theirs, and the log says which limit it is.
func TestManyConnections(t *testing.T) {
	s := newServer(t)
	s.limits = "-n 256"
	l := newLedgerOn(t, s)
	l.acknowledge(10)
	for i := range 1000 {
		c, err := net.DialTimeout("tcp", s.address, 10*time.Second)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer c.Close()                    //nolint:errcheck // the server has closed most of them
		_, _ = io.WriteString(c, []string{ // those that are closed already are no fault
			"", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
			"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\nContent-Length: 2\r\n\r\n{}",
		}[i%3])
	}
	l.acknowledge(300)
	l.allEnd()
	log, err := os.ReadFile(s.logFile())
	if err != nil {
		t.Fatal(err)
	}
	expectAll(t, string(log), "limit of open files", "openFiles=256")
	if strings.Contains(string(log), "too many open files") {
		t.Errorf("the log says\n%s", s.told())
	}
}

// TestLittleMemory: with a small limit of memory the program works; when the system refuses it memory it may die, and
// nothing is lost.
func TestLittleMemory(t *testing.T) {
	s := newServer(t)
	s.env = []string{"GOMEMLIMIT=48MiB"}
	l := newLedgerOn(t, s)
	l.acknowledge(500)
	l.allEnd()
	s.kill()
	s.env, s.limits = nil, "-v 400000" // KiB of addresses
	if _, err := s.run(t.Context()); err == nil {
		for l.start(t.Context()) == nil && l.n < 2000 {
		}
	} else {
		expectAll(t, s.told(), "memory")
	}
	s.kill()
	s.limits = ""
	if _, err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.allEnd()
}

// TestSuspended stops the program for a while, as a laptop does that sleeps, and lets it go on.
func TestSuspended(t *testing.T) {
	w := newWorld(t, *seed, 40)
	w.live()
	<-w.opened
	signal := func(s syscall.Signal) {
		if err := w.server.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	pause(w.ctx, *suspend)
	signal(syscall.SIGCONT)
	pause(w.ctx, time.Second)
	w.finish(t)
}

// TestClockSteps sets the clock of the program an hour forward and back, while executions run. Nothing is lost, and
// what starts after a step waits for as long as it says.
func TestClockSteps(t *testing.T) {
	s := newServer(t)
	s.binary = filepath.Join(s.base, "statelark")
	if out, err := exec.Command("go", "build", "-tags", "testclock", "-o", s.binary, "../cmd/statelark").CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	clock := filepath.Join(s.base, "clock")
	s.env = []string{"STATELARK_TEST_CLOCK=" + clock}
	set := func(wrong time.Duration) {
		t.Helper()
		if err := os.WriteFile(clock+".new", []byte(wrong.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(clock+".new", clock); err != nil {
			t.Fatal(err)
		}
	}
	set(0)
	l := newLedgerOn(t, s)
	for _, wrong := range []time.Duration{time.Hour, 0, -time.Hour, 0} {
		l.acknowledge(10)
		set(wrong)
		l.acknowledge(10)
		l.end(l.acknowledged[len(l.acknowledged)-10:])
		if wrong != 0 {
			s.kill()
			if _, err := s.run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	set(2 * time.Hour) // those that began before the clock was set back are due by now
	l.allEnd()
}

// end waits until executions have ended.
func (l *ledger) end(arns []string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	for _, arn := range arns {
		for {
			d, err := l.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
			if err == nil && d.Status != types.ExecutionStatusRunning {
				break
			}
			if !pause(ctx, 20*time.Millisecond) {
				l.t.Fatalf("%s does not end: %v\n%s", arn, err, l.server.told())
			}
		}
	}
}

// TestDamagedFiles flips bytes of the files that a killed program left, or cuts them off. The next process refuses the
// directory with the name of the file, or tells of it when it comes by what is damaged; else everything is there.
func TestDamagedFiles(t *testing.T) {
	s := newServer(t)
	l := newLedgerOn(t, s)
	for range 2 { // what was in the log is in a table then
		l.acknowledge(30)
		l.allEnd()
		awaitNoted(t, filepath.Join(s.data, "store"))
		s.kill()
		if err := s.start(); err != nil {
			t.Fatal(err)
		}
		if err := s.answered(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	l.acknowledge(30)
	l.allEnd()
	awaitNoted(t, filepath.Join(s.data, "store"))
	want := l.histories()
	s.kill()
	whole, rnd := filepath.Join(s.base, "whole"), rand.New(rand.NewPCG(*seed, 0))
	if err := os.Rename(s.data, whole); err != nil {
		t.Fatal(err)
	}
	found := 0
	for n := range *damages {
		if err := os.CopyFS(s.data, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		kind := []string{"*.sst", "MANIFEST-*", "*.log"}[n%3]
		file := damage(t, rnd, filepath.Join(s.data, "store", kind))
		if l.finds(file, want) {
			found++
		}
		s.kill()
		if err := os.RemoveAll(s.data); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d damages were found; of the others nothing was missing", found, *damages)
	if found == 0 {
		t.Error("no damage was ever found")
	}
}

// awaitNoted waits until the note of what was synced covers all of the log, of a server that does nothing.
func awaitNoted(t *testing.T, store string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		note, err := os.ReadFile(filepath.Join(store, "SYNCED"))
		if err != nil {
			t.Fatal(err)
		}
		logs, err := filepath.Glob(filepath.Join(store, "*.log"))
		if err != nil || len(logs) == 0 {
			t.Fatalf("there is no log: %v", err)
		}
		slices.Sort(logs)
		text, err := os.ReadFile(logs[len(logs)-1])
		if err != nil {
			t.Fatal(err)
		}
		written := len(bytes.TrimRight(text, "\x00"))
		_, claim, _ := strings.Cut(string(note), filepath.Base(logs[len(logs)-1])+" ")
		var n int
		// The last record may end in zeros.
		if _, err := fmt.Sscan(claim, &n); err == nil && n >= written {
			return
		}
		if !pause(ctx, 10*time.Millisecond) {
			t.Fatalf("of %d bytes of %s the note says %q", written, logs[len(logs)-1], note)
		}
	}
}

// histories returns what the server tells of all executions that were acknowledged.
func (l *ledger) histories() map[string][]uint64 {
	l.t.Helper()
	told := make(map[string][]uint64)
	for _, arn := range l.acknowledged {
		events, err := history(l.t.Context(), l.client, arn)
		if err != nil || len(events) == 0 {
			l.t.Fatalf("%s has %d events: %v", arn, len(events), err)
		}
		for i := range events {
			told[arn] = append(told[arn], fingerprint(&events[i]))
		}
	}
	return told
}

// finds starts the server on a directory with a damaged file, and reports whether it tells of that. It may refuse the
// directory, or some calls; what it answers has to be what was told before.
func (l *ledger) finds(file string, want map[string][]uint64) bool {
	l.t.Helper()
	before, err := os.ReadFile(l.server.logFile())
	if err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	if err := l.server.start(); err != nil {
		l.t.Fatal(err)
	}
	refused := l.server.answered(ctx)
	for arn, events := range want {
		if refused != nil {
			break
		}
		refused = l.sameHistory(ctx, arn, events)
	}
	if refused == nil {
		return false
	}
	text, err := os.ReadFile(l.server.logFile())
	if err != nil {
		l.t.Fatal(err)
	}
	expectAll(l.t, string(text[len(before):]), "damaged", strings.TrimSuffix(file, filepath.Ext(file)), "from a backup")
	return true
}

// sameHistory holds the history of an execution against what was told of it before. It returns the error of a call
// that the server refuses.
func (l *ledger) sameHistory(ctx context.Context, arn string, want []uint64) error {
	page, err := l.client.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: 1000})
	if err != nil {
		if settled(err) {
			l.t.Errorf("%s was acknowledged, and then: %v", arn, err)
		}
		return err
	}
	var got []uint64
	for i := range page.Events {
		got = append(got, fingerprint(&page.Events[i]))
	}
	if !slices.Equal(got, want) {
		l.t.Errorf("%s has another history than before:\n%s", arn, tell(page.Events))
	}
	return nil
}

// damage flips a byte of a file, or cuts the file off there, and returns the file's name.
func damage(t *testing.T, rnd *rand.Rand, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no %s: %v", pattern, err)
	}
	file := files[rnd.IntN(len(files))]
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := rnd.IntN(max(1, len(bytes.TrimRight(text, "\x00"))))
	if rnd.IntN(3) == 0 {
		text = text[:at]
	} else {
		text[at] ^= 1 << rnd.IntN(8)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, damaged at byte %d of %d", filepath.Base(file), at, len(text))
	return filepath.Base(file)
}
