package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// ErrClosed is the answer of a Launcher that was closed.
var ErrClosed = errors.New("programs are shut down")

// CookieName is the environment variable that marks every process of one tree, so that a child which left its
// process group is found as well.
const CookieName = "STATELARK_PROCESS"

// drainLimit is how long the output of a process may stay open after the process and its children were killed.
const drainLimit = time.Second

// Process is a program that runs for a workflow, a function say, together with everything the program starts. Nothing of it
// outlives it: when the program ends, of itself or by kill, what it left behind is killed too.
type Process struct {
	cmd    *exec.Cmd
	cookie string
	Exited chan struct{}    // closed when the program was reaped
	Gone   chan struct{}    // closed when in addition nothing is left of it and its output was read to the end
	State  *os.ProcessState // set before Exited is closed

	killOnce sync.Once
}

// reapEvery is how often orphans that have ended are looked for.
const reapEvery = 10 * time.Second

// programs are those that this process has started and not seen the end of, by their number.
type programs struct {
	mu      sync.Mutex
	running map[int]bool
}

// started are those of all launchers.
var started = programs{running: make(map[int]bool)}

func (p *programs) remove(pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.running, pid)
}

func (p *programs) has(pid int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running[pid]
}

func (p *programs) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.running) == 0
}

// Launcher starts processes from one thread that it keeps for itself: a child's parent-death signal is bound
// to the thread that forked it, and Go is free to end any other thread.
type Launcher struct {
	as     *User // nil: the server's user
	starts chan func()
	stop   chan struct{}
	ended  chan struct{}
}

// NewLauncher makes a Launcher that starts programs as a user; nil: the server's own.
func NewLauncher(as *User) *Launcher {
	adopt()
	l := &Launcher{as: as, starts: make(chan func()), stop: make(chan struct{}), ended: make(chan struct{})}
	go l.run()
	return l
}

func (l *Launcher) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(l.ended)
	now := time.NewTicker(reapEvery)
	defer now.Stop()
	for {
		select {
		case <-now.C:
			reapOrphans()
		case start := <-l.starts:
			start()
		case <-l.stop:
			return
		}
	}
}

// Close ends the launcher's thread. Its children have to be gone by then.
func (l *Launcher) Close() {
	close(l.stop)
	<-l.ended
}

// Start runs cmd as the head of a process tree of its own. stdout and stderr take what the tree prints, stdout
// both where stderr is nil; the process is gone when they have seen the end.
func (l *Launcher) Start(cmd *exec.Cmd, stdout, stderr *Output) (*Process, error) {
	p := &Process{cmd: cmd, cookie: ServerMark() + uuid.NewString(), Exited: make(chan struct{}), Gone: make(chan struct{})}
	cmd.Env = append(cmd.Env, CookieName+"="+p.cookie)
	cmd.SysProcAttr = treeAttr()
	if l.as != nil {
		cmd.SysProcAttr.Credential = l.as.credential
	}

	outputs := []*Output{stdout}
	cmd.Stdout, cmd.Stderr = stdout.writeEnd, stdout.writeEnd
	if stderr != nil {
		outputs = append(outputs, stderr)
		cmd.Stderr = stderr.writeEnd
	}
	errc := make(chan error, 1)
	select {
	case l.starts <- func() { errc <- startProgram(cmd) }:
	case <-l.ended:
		errc <- ErrClosed
	}
	err := <-errc
	for _, o := range outputs {
		o.Started(err == nil)
	}
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	go p.watch(outputs)
	return p, nil
}

// startProgram starts a program that nobody takes for an orphan.
func startProgram(cmd *exec.Cmd) error {
	started.mu.Lock() // from before it is there
	defer started.mu.Unlock()
	err := cmd.Start()
	if err == nil {
		started.running[cmd.Process.Pid] = true
	}
	return err
}

// watch reaps the program, kills what it left behind and waits for the end of the output.
func (p *Process) watch(outputs []*Output) {
	defer close(p.Gone)
	p.State, _ = p.cmd.Process.Wait()
	started.remove(p.cmd.Process.Pid)
	close(p.Exited)
	killTree(p.cmd.Process.Pid, p.cookie)
	limit := time.Now().Add(drainLimit)
	for _, o := range outputs {
		o.finish(limit)
	}
}

// Kill ends the whole tree. It does not wait; Gone tells when it is done.
func (p *Process) Kill() {
	p.killOnce.Do(func() {
		select {
		case <-p.Exited: // the number may be another's by now
		default:
			killTree(p.cmd.Process.Pid, p.cookie)
		}
	})
}

// Terminate asks the program and what is in its process group to end. It does not wait.
func (p *Process) Terminate() {
	select {
	case <-p.Exited: // the number may be another's by now
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM) // ESRCH: nobody left
	}
}

// ExitText says how a process that is gone ended, in the words of Lambda: "exit status 1", "signal: killed".
func (p *Process) ExitText() string {
	if p.State == nil {
		return "unknown status"
	}
	return p.State.String()
}
