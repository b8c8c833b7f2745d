package jobs

import (
	"context"

	"os/exec"
	"syscall"
	"time"

	"github.com/statelark/statelark/local/process"
)

// tailBytes is how much of the end of its output is kept of a job, for the reason of its failure.
const tailBytes = 4 << 10

// run runs the program of a job to its end. ran is false when the Runner was closed before: then nobody is told.
func (run *Run) run() (end End, ran bool) {
	r := run.r
	select {
	case <-run.stop:
		return End{Stopped: true}, true
	default:
	}
	if run.job.Before != nil {
		if err := run.job.Before(r.ctx); err != nil {
			return End{Reason: err.Error()}, r.ctx.Err() == nil
		}
	}
	prog, err := r.resolve(&run.job)
	if err != nil {
		return End{Reason: err.Error()}, r.ctx.Err() == nil
	}
	defer prog.done()
	return run.program(prog)
}

// program starts a program and waits for it.
func (run *Run) program(prog *program) (end End, ran bool) {
	r := run.r
	lines := r.newLines(&run.job)
	out, err := process.NewOutput(tailBytes, true, lines.add)
	if err != nil {
		lines.close()
		return End{Reason: err.Error()}, true
	}
	cmd := exec.Command(prog.argv[0], prog.argv[1:]...)
	cmd.Dir, cmd.Env = prog.dir, r.environment(&run.job, prog)
	p, err := r.launch().Start(cmd, out, nil)
	if err != nil {
		lines.close()
		return End{Reason: err.Error()}, r.ctx.Err() == nil
	}
	end.Started = true
	run.await(p, prog, &end)
	lines.close()
	if r.ctx.Err() != nil && !end.Stopped && !end.TimedOut {
		return end, false
	}
	end.Code = code(p)
	if end.Code != 0 {
		text, _ := out.Text()
		end.Reason = lastLine(text)
	}
	return end, true
}

// await waits for the end of a program, and brings it about.
func (run *Run) await(p *process.Process, prog *program, end *End) {
	var timeout <-chan time.Time
	if run.job.Timeout > 0 {
		timer := time.NewTimer(run.job.Timeout)
		defer timer.Stop()
		timeout = timer.C
	}
	var kill <-chan time.Time
	stop := run.stop
	for {
		select {
		case <-p.Gone:
			return
		case <-run.r.ctx.Done():
			run.kill(p, prog)
			return
		case <-kill:
			run.kill(p, prog)
			return
		case <-stop:
			end.Stopped, stop, timeout = true, nil, nil
		case <-timeout:
			end.TimedOut, stop, timeout = true, nil, nil
		}
		p.Terminate()
		timer := time.NewTimer(run.r.o.Grace)
		defer timer.Stop()
		kill = timer.C
	}
}

// kill kills a program and returns when nothing is left of it.
func (run *Run) kill(p *process.Process, prog *program) {
	p.Kill()
	<-p.Gone
	if prog.kill == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := exec.CommandContext(ctx, prog.kill[0], prog.kill[1:]...).Run(); err != nil {
		run.r.log.Warn("container may still run", "command", prog.kill, "error", err)
	}
}

// code is the exit status of a program that is gone; of one that a signal killed as a shell counts it.
func code(p *process.Process) int {
	if p.State == nil {
		return -1
	}
	if status, ok := p.State.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return p.State.ExitCode()
}
