package crash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// diskBytes is the size of the disk that runs full. The program keeps 256 MB of it free.
const diskBytes = 320 << 20

// newDisk mounts a small disk, which ends with the test. Servers on it are to be made after it.
func newDisk(t *testing.T) string {
	dir := t.TempDir()
	if err := syscall.Mount("statelark-crash", dir, "tmpfs", 0, fmt.Sprintf("size=%d", diskBytes)); err != nil {
		t.Skipf("mounting a small disk, which needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmounting: %v", err)
		}
	})
	return dir
}

// fillDisk writes n bytes to a file, or as many as there is room for.
func fillDisk(t *testing.T, file string, n int) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<20); n > 0 && err == nil; n -= len(block) {
		_, err = f.Write(block)
	}
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDiskNearlyFull lets the disk fall below what the program keeps free: it takes nothing new, says why, goes on
// reading, and goes on writing as soon as there is room, without a restart.
func TestDiskNearlyFull(t *testing.T) {
	l := newLedger(t)
	filler := filepath.Join(filepath.Dir(l.server.data), "filler")
	l.acknowledge(10)
	fillDisk(t, filler, diskBytes/4)
	l.refused()
	l.readable()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	l.acknowledge(10)
	l.allEnd()
}

// TestDiskFull fills the disk to the last byte while clients start executions. What was acknowledged is there, and
// the program works again, after a restart at the latest, when there is room.
func TestDiskFull(t *testing.T) {
	l := newLedger(t)
	filler := filepath.Join(filepath.Dir(l.server.data), "filler")
	l.acknowledge(10)
	filled := make(chan struct{})
	go func() {
		defer close(filled)
		fillDisk(t, filler, diskBytes)
	}()
	l.refused()
	<-filled
	l.refused()
	l.readable()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := insist(ctx, l.start); err != nil {
		expectAll(t, l.server.told(), "until it is opened again")
		l.server.kill()
		if _, err := l.server.run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	l.acknowledge(10)
	l.allEnd()
}

// ledger is a server on a small disk, and the names of the executions that it acknowledged: Waits of a second.
type ledger struct {
	t            *testing.T
	server       *server
	client       *sfn.Client
	n            int
	acknowledged []string // ARNs
	doubtful     []string // of those whose start was answered with an error
}

func newLedger(t *testing.T) *ledger {
	disk := newDisk(t)
	s := newServer(t)
	s.data = filepath.Join(disk, "data")
	return newLedgerOn(t, s)
}

// newLedgerOn starts a server that was prepared.
func newLedgerOn(t *testing.T, s *server) *ledger {
	t.Helper()
	l := &ledger{t: t, server: s, client: s.client}
	if _, err := l.server.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	makeMachines(t, l.client, "wait")
	return l
}

// start starts an execution, once.
func (l *ledger) start(ctx context.Context) error {
	l.n++
	name := fmt.Sprintf("wait-%d", l.n)
	arn := arnOf("execution:wait:" + name)
	_, err := l.client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(arnOf("stateMachine:wait")), Name: &name, Input: aws.String(fill(input, l.n, name, 1)),
	})
	if err == nil {
		l.acknowledged = append(l.acknowledged, arn)
	} else {
		l.doubtful = append(l.doubtful, arn)
	}
	return err
}

// acknowledge starts n executions, which have to be taken within seconds.
func (l *ledger) acknowledge(n int) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 10*time.Second)
	defer cancel()
	for range n {
		if _, err := insist(ctx, l.start); err != nil {
			l.t.Fatalf("no execution can be started: %v\n%s", err, l.server.told())
		}
	}
}

// refused starts executions until the server takes none, and checks how it says so, and that the log tells why.
func (l *ledger) refused() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	for {
		err := l.start(ctx)
		if ctx.Err() != nil {
			l.t.Fatalf("with a full disk it still takes executions: %v", err)
		}
		if codeOf(err) == "" { // it was taken, or the connection broke
			continue
		}
		if codeOf(err) != "ServiceUnavailable" {
			l.t.Errorf("it refuses with %v", err)
		}
		expectAll(l.t, l.server.told(), "no space left")
		return
	}
}

// readable checks that what was acknowledged can be read.
func (l *ledger) readable() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 10*time.Second)
	defer cancel()
	for _, arn := range l.acknowledged {
		if events, err := history(ctx, l.client, arn); err != nil || len(events) == 0 {
			l.t.Errorf("with a full disk, %s has %d events: %v", arn, len(events), err)
		}
	}
	if items, err := list(ctx, l.client, "wait", ""); err != nil || len(items) < len(l.acknowledged) {
		l.t.Errorf("with a full disk, %d executions are listed, %d were acknowledged: %v", len(items), len(l.acknowledged), err)
	}
}

// allEnd waits until everything has ended, and checks that it is what was asked for.
func (l *ledger) allEnd() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 30*time.Second)
	defer cancel()
	for running := 1; running > 0; {
		items, err := list(ctx, l.client, "wait", types.ExecutionStatusRunning)
		if err != nil || !pause(ctx, 20*time.Millisecond) {
			l.t.Fatalf("%d executions do not end: %v\n%s", running, err, l.server.told())
		}
		running = len(items)
	}
	items, err := list(ctx, l.client, "wait", "")
	if err != nil {
		l.t.Fatal(err)
	}
	ends := make(map[string]types.ExecutionStatus)
	for _, item := range items {
		ends[*item.ExecutionArn] = item.Status
		if !slices.Contains(l.acknowledged, *item.ExecutionArn) && !slices.Contains(l.doubtful, *item.ExecutionArn) {
			l.t.Errorf("%s was never asked for", *item.ExecutionArn)
		}
	}
	for _, arn := range l.acknowledged {
		if ends[arn] != types.ExecutionStatusSucceeded {
			l.t.Errorf("%s was acknowledged and ended as %q", arn, ends[arn])
		}
	}
	if len(ends) != len(items) {
		l.t.Errorf("the list has %d executions twice", len(items)-len(ends))
	}
}
